# Caps and costs: what has really been sent decides what may still be sent.
load helper

setup() {
	msg_setup
	mkdir -p "$XDG_CONFIG_HOME/msg"
	printf 'contacts: contacts.yaml\npolicy: policy.yaml\n' >"$XDG_CONFIG_HOME/msg/config.yaml"
	cat >"$XDG_CONFIG_HOME/msg/contacts.yaml" <<-'END'
		contacts:
		  ana: {addresses: {sms: "+34612340001", email: ana@example.org}}
		  bo: {addresses: {sms: "+447700900001"}}
	END
}

policy() { printf '%s\n' "$1" >"$XDG_CONFIG_HOME/msg/policy.yaml"; }

# send ID TO [MEMBERS]: one message through msg-send.
send() { run_msg msg-send <<<"{\"id\":\"$1\",\"to\":\"$2\",\"text\":\"x\"${3:+,$3}}"; }

route() { run_msg msg-route <<<"{\"id\":\"$1\",\"to\":\"$2\",\"text\":\"x\"${3:+,$3}}"; }

@test "over the cap is blocked, by msg-route and by msg-send; others are not" {
	policy $'caps: [{limit: 2/7d}]\nrules: [{channels: [sms]}]'
	send m1 ana
	send m2 ana
	[ "$status" -eq 0 ]
	send m3 ana
	[ "$status" -eq 1 ]
	[ "$(json '[.status, .error.class, .error.code]')" = '["blocked","policy","cap"]' ]
	[[ $(json .error.text) == '"2/7d is used up until 20'* ]]
	route m4 ana
	[ "$status" -eq 1 ]
	[ "$(json '[.message, .status, .error.code]')" = '["m4","blocked","cap"]' ]
	send m5 bo
	[ "$status" -eq 0 ]
	send m6 ana '"purpose":"otp"'
	[ "$status" -eq 0 ]
	run_msg msg-route explain <<<'{"to":"ana","text":"x"}'
	[[ $output == *"2/7d is used up until"* ]]
}

@test "many at once for one person: only so many leave" {
	policy $'caps: [{limit: 3/1d}]\nrules: [{channels: [sms]}]'
	for ((i = 0; i < 10; i++)); do echo "{\"id\":\"m$i\",\"to\":\"ana\",\"text\":\"x\"}"; done >in
	run_msg bash -c 'msg-route in | msg-send'
	[ "$(jq -r .status <<<"$output" | sort | uniq -c | tr -s ' ')" = $' 3 accepted\n 7 blocked' ]
}

@test "held until there is room: the line says when, and msg-send holds it too" {
	policy $'caps: [{name: calm, limit: 1/1h, over: hold}]\nrules: [{channels: [sms]}]'
	send m1 ana
	route m2 ana
	[ "$status" -eq 0 ]
	[[ $(jq -r .at <<<"$output") == 20*Z ]]
	[ "$(jq -r '(.at | sub("\\.[0-9]+Z"; "Z") | fromdate) - now | . > 3500 and . <= 3600' <<<"$output")" = true ]
	send m3 ana
	[ "$(json '[.status, .error.class, .error.code]')" = '["held","policy","cap"]' ]
	[[ $(json .error.text) == '"calm is used up until '* ]]
	[ "$(sqlite3 "$XDG_STATE_HOME/msg/msg.db" "SELECT count(*) FROM outbox WHERE message = 'm3' AND state = 1")" -eq 1 ]
	faketime -f +6m msg-send -V >/dev/null 2>&1 || skip "no faketime, or a build that it cannot run (sanitizers)"
	run_msg faketime -f +61m msg-send --flush
	[ "$(json 'select(.message == "m3") | .status')" = '"accepted"' ]
}

@test "per channel and per topic" {
	policy $'caps: [{limit: 1/1d, per: topic}, {limit: 2/1d, channel: sms}]\nrules: [{channels: [sms, email]}]'
	send m1 ana '"topic":"a"'
	[ "$(json .channel)" = '"sms"' ]
	send m2 ana '"topic":"a"'
	[ "$status" -eq 1 ]
	send m3 ana '"topic":"b"'
	[ "$(json .channel)" = '"sms"' ]
	send m4 ana '"topic":"c"'
	[ "$(json .channel)" = '"email"' ]
}

@test "what failed does not count" {
	policy $'caps: [{limit: 1/1d}]\nrules: [{channels: [sms]}]'
	run_msg msg-send <<<'{"id":"m1","to":{"id":"cy","addresses":{"sms":"+447700900003"}},"text":"x"}'
	[ "$(json .status)" = '"failed"' ]
	run_msg msg-send <<<'{"id":"m2","to":{"id":"cy","addresses":{"sms":"+447700900001"}},"text":"x"}'
	[ "$(json .status)" = '"accepted"' ]
}

@test "a leg that costs too much is left out, and a budget that is spent stops all" {
	cat >>"$XDG_CONFIG_HOME/msg/config.yaml" <<-'END'
		accounts: {sandbox: {price: {currency: EUR, prefixes: {"+34": "0.05", "+44": "0.20"}}}}
	END
	policy $'rules: [{match: {purpose: service}, channels: [sms], cost: "0.10 EUR"}, {channels: [sms]}]\ncaps: [{limit: "0.12 EUR/30d", per: all}]'
	route m1 bo '"purpose":"service"'
	[ "$status" -eq 1 ]
	[ "$(json '[.status, .error.code, .error.text]')" = '["blocked","cost","would cost 0.20 EUR, which is more than 0.10 EUR"]' ]
	route m2 ana '"purpose":"service"'
	[ "$status" -eq 0 ]
	send m3 ana
	send m4 ana
	[ "$status" -eq 0 ]
	send m5 ana
	[ "$status" -eq 1 ]
	[ "$(json '[.error.code, .error.text]')" = '["cap","0.12 EUR/30d is used up: 0.10 EUR are spent"]' ]
}

@test "the sender that reached somebody last stays, when the pool grows" {
	policy $'senders: {sms: [{from: ["+447700900011", "+447700900012"]}]}\nrules: [{channels: [sms]}]'
	route m1 bo
	first=$(jq -r '.plan[0].from' <<<"$output")
	other=$(printf '+447700900011\n+447700900012\n' | grep -vF -- "$first")
	run_msg msg-send <<<"{\"id\":\"m1\",\"to\":\"bo\",\"text\":\"x\",\"plan\":[{\"channel\":\"sms\",\"address\":\"sms:+447700900001\",\"from\":\"$other\"}]}"
	[ "$status" -eq 0 ]
	route m2 bo
	[ "$(jq -r '.plan[0].from' <<<"$output")" = "$other" ]
	run_msg msg-route explain <<<'{"to":"bo","text":"x"}'
	[[ $output == *"from $other, as before"* ]]
}

@test "mistakes are named" {
	policy $'caps:\n- {limit: 3 a week}'
	run_msg msg-route check
	[ "$status" -eq 78 ]
	[[ $stderr == *'policy.yaml:2: caps[0].limit: not a limit such as 3/7d or "50 EUR/30d"' ]]
	policy $'caps:\n- {limit: 3/7d, per: [person, chanel]}'
	run_msg msg-route check
	[[ $stderr == *"policy.yaml:2: caps[0].per[1]: not person, channel, topic or all: 'chanel'" ]]
	policy $'rules:\n- {channels: [sms], cost: 0.10}'
	run_msg msg-route check
	[[ $stderr == *'policy.yaml:2: rules[0].cost: not an amount such as "0.08 EUR"' ]]
}

@test "a store of an earlier version is brought up to date where the policy counts" {
	policy $'caps: [{limit: 1/1d}]\nrules: [{channels: [sms]}]'
	mkdir -p "$XDG_STATE_HOME/msg"
	sqlite3 "$XDG_STATE_HOME/msg/msg.db" <"$ROOT/tests/cli/store-1.sql" >/dev/null
	route m1 ana
	[ "$status" -eq 0 ]
}
