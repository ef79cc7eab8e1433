# Templates: files by name and language, what they say when something is missing, and those that lie with a provider.

load helper

setup() {
	msg_setup
	export MSG_CONFIG="$HOME/config.yaml"
	mkdir templates
	echo 'templates: templates' >config.yaml
}

teardown() {
	carrier_stop
}

# put FILE: a template from standard input.
put() {
	mkdir -p "$(dirname "templates/$1")"
	cat >"templates/$1"
}

# shown ARG ...: what a dry run sends by text message, without the remarks.
shown() {
	run_msg msg-send -n sms:+15551230001 "$@"
	[ "$status" -eq 0 ]
	grep -v '^#\|^(sandbox\|^$' <<<"$output"
}

@test "the language falls back: es-MX, es, none; in whatever case it is given" {
	echo 'default' | put t.txt
	echo 'español' | put t.es.txt
	echo '繁體' | put t.zh-Hant.txt
	[ "$(shown --template t)" = default ]
	[ "$(shown --template t --lang es)" = español ]
	[ "$(shown --template t --lang es-MX)" = español ]
	[ "$(shown --template t --lang fr-CA)" = default ]
	[ "$(shown --template t --lang ZH-hant-tw)" = 繁體 ]
	echo 'mexicano' | put t.es-MX.txt
	[ "$(shown --template t --lang es-mx)" = mexicano ]
	[ "$(shown --template t --lang es)" = español ]
	run_msg msg-send -n <<<'{"to":{"addresses":{"sms":"+15551230001"},"lang":"zh-Hant"},"template":{"name":"t"}}'
	[[ $output == *"# template: t.zh-Hant.txt"*繁體* ]]
}

@test "a message is never in two languages at once" {
	echo 'default' | put t.txt
	echo '<p>default</p>' | put t.html
	echo 'español' | put t.es.txt
	printf '%s\n' 'channels: {email: {from: a@b.example}}' 'accounts: {smtp: {url: "smtp://127.0.0.1:1"}}' >>config.yaml
	run_msg msg-send -n --template t mailto:ana@example.org
	[[ $output == *text/html* ]]
	run_msg msg-send -n --template t --lang es mailto:ana@example.org
	[ "$status" -eq 0 ]
	[[ $output != *text/html* ]]
}

@test "each kind escapes in its own way" {
	local data=(--data "x=\"a\" <b> & 'c'
d")
	echo '{{x}}' | put t.txt
	echo '<p title="{{x}}">{{x}}</p>' | put t.html
	echo '{"subject":"{{subject}}","text":"{{x}}","buttons":[{"text":"{{b}}"}]}' | put j.json
	[ "$(shown --template t "${data[@]}")" = "\"a\" <b> & 'c'
d" ]
	printf '%s\n' 'channels: {email: {from: a@b.example}, chat: {via: cat}}' 'accounts:' '  smtp: {url: "smtp://127.0.0.1:1"}' \
		'  cat: {provider: exec, command: "cat >/dev/null"}' >>config.yaml
	run_msg msg-send -n --template t "${data[@]}" mailto:ana@example.org
	[[ $output == *'<p title="&quot;a&quot; &lt;b&gt; &amp; &#39;c&#39;'* ]]
	run_msg msg-send -n --template j "${data[@]}" --data 'subject=A "title"' --data 'b=<yes>' chat:x
	[ "$status" -eq 0 ]
	same_json "$(grep '^{' <<<"$output" | jq '[.subject,.text,.buttons]')" \
		"[\"A \\\"title\\\"\",\"\\\"a\\\" <b> & 'c'\\nd\",[{\"text\":\"<yes>\"}]]"
}

@test "a missing value names the template, the line and the value; optional and default ones are declared" {
	printf 'Hi {{contact.name?you}}{{?comma}}\nYour code: {{code}}\n' | put t.es.txt
	run_msg msg-send --template t --lang es-MX sms:+15551230001
	[ "$status" -eq 1 ]
	same_json "$(json '[.status,.error]')" '["failed",{"class":"content","code":"template","text":"template '"'t.es.txt'"': line 2: code: no value"}]'
	run_msg msg-send -n --template t --lang es-MX sms:+15551230001
	[ "$status" -eq 65 ]
	[ "$stderr" = "msg-send: template 't.es.txt': line 2: code: no value" ]
	[ "$(shown --template t --lang es --data code=7)" = "Hi you
Your code: 7" ]
	[ "$(shown --template t --lang es --data code=7 --data comma=!)" = "Hi you!
Your code: 7" ]
}

@test "what is wrong with a template is said with its place" {
	printf 'a\n{{#open}}\n' | put t.txt
	run_msg msg-send -n --template t sms:+15551230001
	[ "$stderr" = "msg-send: template 't.txt': line 2: section 'open' is not closed" ]
	printf '{"text": {{x}}}' | put j.json
	run_msg msg-send -n --template j --data x=y sms:+15551230001
	[[ $stderr == "msg-send: template 'j.json': gives no JSON: line 1: "* ]]
	printf '{"to":"sms:+15551230009"}' | put to.json
	run_msg msg-send -n --template to sms:+15551230001
	[ "$stderr" = "msg-send: template 'to.json': to: not a member that a template can set" ]
	printf '{"text":"x","buttons":[{}]}' | put b.json
	run_msg msg-send -n --template b sms:+15551230001
	[ "$stderr" = "msg-send: template 'b.json': buttons[0].text: missing" ]
	printf '\xff\n' | put latin.txt
	run_msg msg-send -n --template latin sms:+15551230001
	[ "$status" -eq 78 ]
	[ "$stderr" = "msg-send: cannot read template '$PWD/templates/latin.txt': not UTF-8" ]
	mkfifo templates/pipe.txt
	run_msg msg-send -n --template pipe sms:+15551230001
	[ "$stderr" = "msg-send: cannot read template '$PWD/templates/pipe.txt': not a regular file" ]
	run_msg msg-send -n --template ../secret sms:+15551230001
	[ "$stderr" = "msg-send: template.name: not a template's name: '../secret'" ]
	run_msg msg-send -n --template nowhere sms:+15551230001
	[ "$stderr" = "msg-send: template.name: no template 'nowhere' in '$PWD/templates'" ]
}

@test "partials come from the template's own directory, in its language and of its kind" {
	printf 'Sale!\n{{> footer}}\n' | put spring/offer.txt
	echo 'stop: {{stop?STOP}}' | put spring/footer.txt
	echo 'baja: {{stop?BAJA}}' | put spring/footer.es.txt
	echo 'no' | put footer.txt
	echo '<i>no</i>' | put spring/footer.html
	[ "$(shown --template spring/offer)" = "Sale!
stop: STOP" ]
	[ "$(shown --template spring/offer --lang es)" = "Sale!
baja: BAJA" ]
	printf 'x {{> ../footer}}' | put spring/out.txt
	run_msg msg-send -n --template spring/out sms:+15551230001
	[ "$stderr" = "msg-send: template 'spring/out.txt': not a template's name: '../footer'" ]
	printf 'x\n{{> gone}}' | put asks.txt
	run_msg msg-send -n --template asks sms:+15551230001
	[ "$stderr" = "msg-send: template 'asks.txt': line 2: gone: no such partial" ]
	printf '{{> self}}' | put self.txt
	run_msg msg-send -n --template self sms:+15551230001
	[[ $stderr == "msg-send: template 'self.txt': partial 'self': "*"nested deeper than 32" ]]
	printf '\n{{who}}' | put asks.txt
	printf '{{> asks}}' | put outer.txt
	run_msg msg-send -n --template outer sms:+15551230001
	[ "$stderr" = "msg-send: template 'outer.txt': partial 'asks': line 2: who: no value" ]
}

@test "a .json brings subject, buttons and media along, and the message's own go first" {
	printf '{"subject":"From the template","buttons":[{"text":"Yes"}],"media":[{"path":"map.png"}]}' | put t.json
	echo 'Come?' | put t.txt
	printf '\x89PNG\r\n\x1a\n' >templates/map.png
	run_msg msg-send -n --template t mailto:ana@example.org
	[[ $output == *"Subject: From the template"*"Media: $PWD/templates/map.png"*"Come?"* ]]
	run_msg msg-send -n --template t -s Mine mailto:ana@example.org
	[[ $output == *"Subject: Mine"* ]]
}

@test "the examples of msg-template(5) run as they stand" {
	"$ROOT/tests/surface/examples" "$ROOT/man/msg-template.5"
}

twilio_config() {
	export TOKEN=0123456789abcdef0123456789abcdef
	cat >>config.yaml <<-END
		channels: {whatsapp: {from: "+15550001111"}, sms: {from: "+15550001111"}}
		accounts:
		  twilio: {account_sid: AC0123456789abcdef0123456789abcdef, auth_token: env:TOKEN, url: "$CARRIER"}
	END
}

# The fields of a form, as JSON.
form() {
	carrier_requests .body | tail -n 1 | jq -c 'split("&") | map(split("=") | {(.[0]): .[1]}) | add'
}

@test "twilio: a template of Twilio's by its ContentSid, with the variables filled in" {
	carrier_start
	twilio_config
	echo 'Hi {{contact.name?you}}, at {{hour}}' | put t.txt
	put t.yaml <<-END
		twilio:
		  content_sid: HX0123456789abcdef0123456789abcdef
		  variables: {"1": "{{contact.name}}", hour: "{{hour}}", note: "{{?note}}"}
	END
	run_msg msg-send <<-END
		{"to":{"name":"Ana & Bo","addresses":{"whatsapp":"+15551230001"}},"template":{"name":"t","data":{"hour":"9:00"}}}
	END
	[ "$status" -eq 0 ]
	[ "$(json '[.status,.changes]')" = '["accepted",["provider-template"]]' ]
	same_json "$(form)" '{"To":"whatsapp%3A%2B15551230001","From":"whatsapp%3A%2B15550001111",
		"ContentSid":"HX0123456789abcdef0123456789abcdef",
		"ContentVariables":"%7B%221%22%3A%22Ana%20%26%20Bo%22%2C%22hour%22%3A%229%3A00%22%7D"}'
	# A text message goes in our own words.
	run_msg msg-send --template t --data hour=9:00 sms:+15551230001
	[ "$(json '[.status,.changes]')" = '["accepted",null]' ]
	[[ $(form) == *'"Body":"Hi%20you%2C%20at%209%3A00"'* ]]
}

@test "twilio: variables by their numbers, by channel, by account and in their language" {
	carrier_start
	twilio_config
	echo '  second: {provider: twilio, account_sid: AC0123456789abcdef0123456789abcdef, auth_token: env:TOKEN, url: "'"$CARRIER"'"}' >>config.yaml
	put t.es.yaml <<-END
		twilio: {content_sid: HX1111111111111111111111111111111e, variables: ["{{a}}", "{{b}}"], channels: [whatsapp, sms]}
		second: {content_sid: HX2222222222222222222222222222222e}
	END
	put t.yaml <<-END
		twilio: {content_sid: HX3333333333333333333333333333333e}
	END
	run_msg msg-send --template t --lang es --data a=1 --data b=2 sms:+15551230001
	[ "$status" -eq 0 ]
	[[ $(form) == *HX1111*'"ContentVariables":"%7B%221%22%3A%221%22%2C%222%22%3A%222%22%7D"'* ]]
	run_msg msg-send <<<'{"to":"x","lang":"es","template":{"name":"t"},"plan":[{"channel":"whatsapp","via":"second","address":"+15551230001"}]}'
	[[ $(form) == *HX2222* ]]
	[[ $(form) != *ContentVariables* ]]
	run_msg msg-send --template t --lang fr whatsapp:+15551230001
	[[ $(form) == *HX3333* ]]
}

@test "a template that cannot go by one leg leaves it to the next" {
	carrier_start
	twilio_config
	put t.yaml <<<'twilio: {content_sid: HX0123456789abcdef0123456789abcdef, variables: ["{{a}}"]}'
	run_msg msg-send --template t --data a=x sms:+15551230001
	[ "$status" -eq 1 ]
	[ "$(json .error.text)" = "\"template 't' has no words for sms via twilio\"" ]
	echo 'words' | put t.txt
	run_msg msg-send <<<'{"to":"x","template":{"name":"t","data":{"a":"two\nlines"}},"plan":[{"channel":"whatsapp","address":"+15551230001"},{"channel":"sms","address":"+15551230001"}]}'
	[ "$status" -eq 0 ]
	[ "$(json '[.channel,.status,.error.code,.error.text]')" = '["whatsapp","failed","template","template: variable 1: a line break, a tab or more than four spaces"]
["sms","accepted",null,null]' ]
}

@test "mistakes in the names that providers give templates are said with file, line and key" {
	carrier_start
	twilio_config
	echo 'words' | put t.txt
	put t.yaml <<<'twilo: {content_sid: HX0123456789abcdef0123456789abcdef}'
	run_msg msg-send -n --template t whatsapp:+15551230001
	[ "$status" -eq 1 ]
	[[ $output == *"# would fail: $PWD/templates/t.yaml:1: twilo: neither an account nor a provider"* ]]
	put t.yaml <<-END
		twilio:
		  content_sid: HX123
	END
	run_msg msg-send --template t whatsapp:+15551230001
	[ "$(json '[.error.class,.error.code,.error.text]')" = \
		"[\"content\",\"template\",\"$PWD/templates/t.yaml:1: twilio: content_sid: not HX and 32 hexadecimal digits: 'HX123'\"]" ]
	put t.yaml <<-END
		twilio:
		  content_sid: HX0123456789abcdef0123456789abcdef
		  variables:
		    hour: "{{hour}}"
	END
	run_msg msg-send --template t whatsapp:+15551230001
	[ "$(json .error.text)" = "\"$PWD/templates/t.yaml:4: twilio.variables.hour: line 1: hour: no value\"" ]
}

@test "any other provider's template goes to a web hook or a command as it is" {
	carrier_start
	cat >>config.yaml <<-END
		channels: {whatsapp: {via: whatsapp}}
		accounts:
		  whatsapp:
		    provider: webhook
		    url: "$CARRIER/messages"
		    body: '{"to":"{{to}}","type":"template","template":{"name":"{{template.name}}","language":{"code":"{{template.language}}"},"first":"{{template.variables.0?none}}{{#template.variables}}{{.}};{{/template.variables}}"}}'
	END
	put t.es.yaml <<<'whatsapp: {name: reminder_2, language: es_MX, variables: ["{{hour}}", "{{place}}"]}'
	run_msg msg-send --template t --lang es-MX --data hour=9 --data 'place=the "Roma"' whatsapp:+15551230001
	[ "$status" -eq 0 ]
	same_json "$(carrier_requests '.body|fromjson')" '{"to":"+15551230001","type":"template","template":{"name":"reminder_2",
		"language":{"code":"es_MX"},"first":"none9;the \"Roma\";"}}'
}
