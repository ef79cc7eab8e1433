# Windows: free words only after the person has written; then an approved template, or the next channel.
load helper

setup() {
	msg_setup
	stop_clock
	mkdir -p "$XDG_CONFIG_HOME/msg/templates"
	cat >"$XDG_CONFIG_HOME/msg/config.yaml" <<-'EOF'
		contacts: contacts.yaml
		policy: policy.yaml
		templates: templates
	EOF
	printf 'contacts:\n  ana: {addresses: {whatsapp: "+34612340001", sms: "+34612340001"}}\n' >"$XDG_CONFIG_HOME/msg/contacts.yaml"
	policy '{}'
	printf 'sandbox: {name: ride_update, parameters: ["{{text}}", "{{context.ride}}"]}\n' >"$XDG_CONFIG_HOME/msg/templates/ride.yaml"
	printf 'sandbox: {name: news, parameters: ["{{text}}"]}\n' >"$XDG_CONFIG_HOME/msg/templates/news.yaml"
	printf 'words\n' >"$XDG_CONFIG_HOME/msg/templates/words.txt"
	printf 'start: a\nstates: {a: {say: "Hello", end: true}}\n' >flow.yaml
}

# policy WINDOW: of WhatsApp.
policy() { printf 'rules: [{channels: [whatsapp, sms]}]\nwindows: {whatsapp: %s}\n' "$1" >"$XDG_CONFIG_HOME/msg/policy.yaml"; }


# ana writes at a time, as her provider says.
writes() {
	at "$1" msg-bot flow.yaml <<<'{"type":"inbound","id":"i1","from":"whatsapp:+34612340001","to":"whatsapp:+15550001111","text":"hi","time":"'"$2"'"}'
	[ "$status" -eq 0 ]
}

@test "who has never written gets nothing in free words: the next channel" {
	at '2026-12-01 12:00:00' msg-route <<<'{"id":"m1","to":"ana","text":"x"}'
	[ "$(json '[.plan[].channel]')" = '["sms"]' ]
	at '2026-12-01 12:00:00' msg-send <<<'{"id":"m1","to":"ana","text":"x","plan":[{"channel":"whatsapp","address":"whatsapp:+34612340001"},{"channel":"sms","address":"sms:+34612340001"}]}'
	[ "$status" -eq 0 ]
	[ "$(json '[.channel, .status, .error.class, .error.code]')" = '["whatsapp","blocked","policy","window"]
["sms","accepted",null,null]' ]
	[ "$(json 'select(.error) | .error.text')" = '"whatsapp is closed: they have never written, and no template is named for it"' ]
	at '2026-12-01 12:00:00' msg-send <<<'{"id":"m2","to":"whatsapp:+34612340001","text":"x"}'
	[ "$status" -eq 1 ]
}

@test "24 hours from when they wrote, as the provider says" {
	writes '2026-12-01 12:00:00' 2026-12-01T10:00:00Z
	at '2026-12-02 09:59:59' msg-send <<<'{"id":"m1","to":"ana","text":"x"}'
	[ "$(json '[.channel, .status]')" = '["whatsapp","accepted"]' ]
	at '2026-12-02 10:00:00' msg-route explain <<<'{"id":"m2","to":"ana","text":"x"}'
	[[ $output == *"whatsapp has been closed since 2026-12-02T10:00:00.000Z, and no template is named for it"* ]]
	at '2026-12-02 10:00:00' msg-send <<<'{"id":"m3","to":"ana","text":"x"}'
	[ "$(json '[.channel, .status]')" = '["sms","accepted"]' ]
	policy '{open: 72h}'
	at '2026-12-03 10:00:00' msg-send <<<'{"id":"m4","to":"ana","text":"x"}'
	[ "$(json '[.channel, .status]')" = '["whatsapp","accepted"]' ]
}

@test "outside of it goes the template of the topic, approved by the provider" {
	policy '{templates: {rides: ride}, template: news}'
	at '2026-12-01 12:00:00' msg-send <<<'{"id":"m1","to":"ana","text":"Outside","topic":"rides","context":{"ride":"88"}}
{"id":"m2","to":"ana","text":"Sale","topic":"offers"}'
	[ "$status" -eq 0 ]
	[ "$(json '[.message, .channel, .status, .changes]')" = '["m1","whatsapp","accepted",["provider-template"]]
["m2","whatsapp","accepted",["provider-template"]]' ]
	at '2026-12-01 12:00:00' msg-route explain <<<'{"id":"m1","to":"ana","text":"Outside","topic":"rides"}'
	[[ $output == *"as template 'ride': whatsapp is closed: they have never written"* ]]
	writes '2026-12-01 13:00:00' 2026-12-01T13:00:00Z
	at '2026-12-01 13:00:05' msg-send <<<'{"id":"m3","to":"ana","text":"Outside","topic":"rides","context":{"ride":"88"}}'
	[ "$(json '[.channel, .status, .changes]')" = '["whatsapp","accepted",null]' ]
}

@test "a dry run says how it would go" {
	policy '{templates: {rides: ride}}'
	plan='"plan":[{"channel":"whatsapp","address":"whatsapp:+34612340001"}]'
	at '2026-12-01 12:00:00' msg-send -n <<<'{"id":"m1","to":"ana","text":"Outside","topic":"rides","context":{"ride":"88"},'"$plan"'}
{"id":"m2","to":"ana","text":"Sale",'"$plan"'}'
	[[ $output == *"# as template 'ride'"*"ride_update"* ]]
	[[ $output == *"# would be blocked: whatsapp is closed: they have never written, and no template is named for it"* ]]
}

@test "a template that the account has not is no way out; the message's own may be" {
	policy '{template: words}'
	at '2026-12-01 12:00:00' msg-send <<<'{"id":"m1","to":"ana","text":"x"}'
	[ "$(json '[.channel, .status, .error.code]')" = '["whatsapp","blocked","window"]
["sms","accepted",null]' ]
	[ "$(json 'select(.error) | .error.text')" = '"whatsapp is closed: they have never written; template '"'words' is none of account 'sandbox'"'"' ]
	policy '{}'
	at '2026-12-01 12:00:00' msg-send <<<'{"id":"m2","to":"ana","template":{"name":"news","data":{"text":"hi"}}}'
	[ "$(json '[.channel, .status, .changes]')" = '["whatsapp","accepted",["provider-template"]]' ]
}

@test "what is wrong with windows is an error with its place" {
	for wrong in 'x|windows.whatsapp: not a map' '{open: soon}|windows.whatsapp.open: not a duration such as 24h' \
		'{templates: [a]}|windows.whatsapp.templates: not a map from topics to templates' '{opn: 24h}|windows.whatsapp.opn: unknown key'; do
		policy "${wrong%%|*}"
		run_msg msg-route check
		[ "$status" -eq 78 ]
		[[ $stderr == *"policy.yaml:2: ${wrong##*|}"* ]]
	done
}
