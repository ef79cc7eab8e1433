# Messages that their channel cannot carry as they are: what becomes of them, and that the receipt says so.

load helper

setup() {
	msg_setup
	export MSG_CONFIG="$HOME/config.yaml"
	cat >config.yaml <<-EOF
		accounts: {sandbox: {price: {amount: "0.0079", currency: USD, prefixes: {"+34": "0.065"}}}}
	EOF
}

teardown() {
	carrier_stop
}

# words N: so many bytes of words.
words() {
	printf 'word %.0s' $(seq 1000) | head -c "$1"
}

# ntfy_carrier [RULE ...]: ntfy at the carrier, with a text of three parts of at most 4096 bytes.
ntfy_carrier() {
	local rules=() rule
	for rule in "$@" '{"path":"/","status":200,"json":{"id":"N{n}"}}'; do rules+=(-a "$rule"); done
	carrier_start "${rules[@]}"
	echo "accounts: {ntfy: {url: \"$CARRIER\"}}" >config.yaml
	printf '%s' "$(printf 'aaaa %.0s' $(seq 819))$(printf 'bbbb %.0s' $(seq 819))$(printf 'cccc %.0s' $(seq 200))" >text
}

# What the carrier got, the first letter of each message.
letters() {
	carrier_requests '.body|fromjson|.message[0:1]' | tr -d '"\n'
}

@test "-n shows alphabet, segments, where they end, what forced UCS-2, and the cost" {
	run_msg msg-send -n --id p sms:+15551230001 "It’s nine – or ten… А long text needs two segments here, doesn’t it?  Да"
	[ "$status" -eq 0 ]
	[ "$output" = "# message p leg 0: sms via sandbox to sms:+15551230001
# UCS-2, 72 of 134 units, 2 segments
# UCS-2 because of ’ U+2019 at 3, 63; – U+2013 at 11; … U+2026 at 19; А U+0410 (looks like A) at 21; Д U+0414 at 71; а U+0430 (looks like A) at 72
# segment 1: 67 units, ends '…egments here, doesn’t it'
# segment 2: 5 units, ends '?  Да'
# cost: about 0.0158 USD
(sandbox: nothing leaves this machine)
It’s nine – or ten… А long text needs two segments here, doesn’t it?  Да" ]
}

@test "-n says what smart encoding would save, and --smart saves it" {
	local text="It’s “nine” – or ten… of a text that is just too long for one segment of UCS-2"
	run_msg msg-send -n sms:+34911230001 "$text"
	[[ $output == *"# UCS-2, "*" 2 segments"*"# smart encoding would make it GSM-7: 1 segment"*"# cost: about 0.130 USD"* ]]
	run_msg msg-send -n --smart sms:+34911230001 "$text"
	[[ $output == *"# changes: smart"*"# GSM-7, "*" 1 segment"*"# cost: about 0.065 USD"*"It's \"nine\" - or ten... of"* ]]
	run_msg msg-send --smart sms:+34911230001 "$text"
	same_json "$(json '[.status,.changes,.segments,.cost]')" \
		'["accepted",["smart"],1,{"amount":"0.065","currency":"USD","estimated":true}]'
	run_msg msg-send sms:+34911230001 "$text"
	same_json "$(json '[.status,.changes,.segments,.cost.amount]')" '["accepted",null,2,"0.130"]'
}

@test "smart encoding by the configuration, by the line, and never in a code" {
	printf '%s\n' 'channels: {sms: {smart: true}}' 'accounts: {sandbox: {}}' >config.yaml
	run_msg msg-send <<-EOF
		{"to":"sms:+15551230001","text":"it’s"}
		{"to":"sms:+15551230001","text":"it’s","smart":false}
		{"to":"sms:+15551230001","text":"it’s A–1","purpose":"otp"}
		{"to":"slack:#x","text":"it’s","smart":true}
	EOF
	[ "$status" -eq 0 ]
	[ "$(json .changes)" = $'["smart"]\nnull\nnull\nnull' ]
}

@test "a runaway text is refused with its length and the limit, and costs nothing" {
	run_msg msg-send sms:+15551230001 "$(words 1531)"
	[ "$status" -eq 1 ]
	same_json "$(json '[.status,.error,.cost]')" '["failed",{"class":"content","code":"too-long",
		"text":"text: 11 segments (1531 septets of GSM-7), at most 10 (channels.sms.max_segments)"},null]'
	run_msg msg-send sms:+15551230001 "$(words 1530)"
	[ "$(json '[.status,.segments]')" = '["accepted",10]' ]
	printf '%s\n' 'channels: {sms: {max_segments: 2}}' 'accounts: {sandbox: {}}' >config.yaml
	run_msg msg-send -n sms:+15551230001 "$(words 307)"
	[ "$status" -eq 1 ]
	[[ $output == *"# would fail: text: 3 segments (307 septets of GSM-7), at most 2"* ]]
	run_msg msg-send --overflow truncate sms:+15551230001 "$(words 307)"
	[ "$(json '[.status,.changes,.segments]')" = '["accepted",["truncated"],2]' ]
	run_msg msg-send --overflow cut sms:+15551230001 x
	[ "$status" -eq 64 ]
	[ "$stderr" = "msg-send: --overflow: not split, truncate or refuse: 'cut'" ]
}

@test "national tables and wide references count only when they are configured" {
	local text
	text=$(printf 'ığş%.0s' $(seq 40))
	run_msg msg-send sms:+15551230001 "$text"
	[ "$(json .segments)" = 2 ]
	printf '%s\n' 'channels: {sms: {national: tr, reference: 16}}' 'accounts: {sandbox: {}}' >config.yaml
	run_msg msg-send sms:+15551230001 "$text"
	[ "$(json .segments)" = 1 ]
	run_msg msg-send -n sms:+15551230001 "$text"
	[[ $output == *"# GSM-7, 120 of 155 units, 1 segment, a national table"* ]]
	run_msg msg-send sms:+15551230001 "$(words 306)"
	[ "$(json .segments)" = 3 ]
}

@test "what a channel cannot show is put into words, and a plan goes on where that is of no use" {
	run_msg msg-send <<-EOF
		{"to":"sms:+15551230001","text":"Come?","subject":"Party","buttons":[{"text":"Yes"},{"text":"No"}]}
		{"to":"mailto:ana@example.org","text":"x","buttons":[{"text":"Yes"}]}
		{"to":"bo","text":"x","media":[{"path":"/etc/hosts"}],"plan":[{"channel":"voice","address":"+15551230002"},{"channel":"slack","address":"#x"}]}
	EOF
	[ "$status" -eq 0 ]
	[ "$(json '[.channel,.status,.changes,.error.code]' | sort)" = '["email","accepted",["buttons-to-text"],null]
["slack","accepted",null,null]
["sms","accepted",["subject-to-text","buttons-to-text"],null]
["voice","failed",null,"media"]' ]
	run_msg msg-send -n <<<'{"to":"bo","text":"x","media":[{"path":"/etc/hosts"}],"plan":[{"channel":"voice","address":"+15551230002"},{"channel":"email","address":"a@b.example"}]}'
	[ "$status" -eq 0 ]
	[[ $output == *"# would fail: media[0]: a call can show nothing"*"leg 1: email"*"Media: /etc/hosts"* ]]
	run_msg msg-send -n sms:+15551230001 -s Party hello
	[[ $output == *"# changes: subject-to-text"*$'Party\nhello' ]]
}

@test "a split text arrives whole and in order, one receipt a part" {
	ntfy_carrier
	run_msg msg-send --id m ntfy:a - <text
	[ "$status" -eq 0 ]
	[ "$(json '[.status,.part,.parts,.provider_id,.changes]')" = '["accepted",1,3,"N1",["split"]]
["accepted",2,3,"N2",["split"]]
["accepted",3,3,"N3",["split"]]' ]
	[ "$(carrier_requests '.body|fromjson|.message' | jq -rj .)" = "$(<text)" ]
	run_msg msg-send --id m ntfy:a - <text
	[ "$(json .status)" = '"duplicate"' ]
	[ "$(letters)" = abc ]
	run_msg msg-send --overflow refuse ntfy:a - <text
	[ "$(json '[.status,.error.code,.error.text]')" = '["failed","too-long","text: 9190 bytes, ntfy takes at most 4096 on ntfy"]' ]
	run_msg msg-send --overflow truncate ntfy:a - <text
	[ "$(json '[.status,.changes]')" = '["accepted",["truncated"]]' ]
	[[ $(carrier_requests 'select(.body|contains("…"))|.body|fromjson|.message' | jq -r . | wc -c) -le 4097 ]]
}

@test "segments and cost of a split text are those of all its parts, once" {
	carrier_start -a '{"status":201,"json":{"sid":"SM{n}","status":"queued","num_segments":"11"}}'
	cat >config.yaml <<-EOF
		channels: {sms: {max_segments: 30, overflow: split, from: "+15550001111"}}
		accounts:
		  twilio: {account_sid: AC0123456789abcdef0123456789abcdef, auth_token: env:TOKEN, url: "$CARRIER", price: {amount: "0.01", currency: USD}}
	EOF
	export TOKEN=0123456789abcdef0123456789abcdef
	run_msg bash -c 'msg-send --id m sms:+15551230001 "$1" | msg-receipts record' - "$(words 3000)"
	[ "$status" -eq 0 ]
	[ "$(json '[.part,.segments,.cost.amount]')" = $'[1,null,null]\n[2,21,"0.21"]' ]
	[ "$(carrier_requests .path | wc -l)" -eq 2 ]
	run_msg msg-receipts show --json m
	[[ $output == *'"segments":21'*'"amount":"0.21"'* ]]
	run_msg msg-send -n sms:+15551230001 "$(words 3000)"
	[ "$(grep -c '^# part [12] of 2$' <<<"$output")" -eq 2 ]
	[ "$(grep '^# cost' <<<"$output")" = "# cost: about 0.21 USD" ]
}

@test "a part that was refused for now is tried again, by whichever process, and the others are not repeated" {
	ntfy_carrier '{"contains":"bbbb","times":1,"status":503}'
	run_msg msg-send --id m ntfy:a - <text
	[ "$status" -eq 75 ]
	[ "$(json '[.status,.part]')" = $'["accepted",1]\n["queued",2]' ]
	run_msg faketime -f '+1h' msg-send --flush
	[ "$status" -eq 0 ]
	[ "$(json '[.status,.part]')" = $'["accepted",2]\n["accepted",3]' ]
	[ "$(letters)" = abbc ]
}

@test "a part that was refused for good ends the leg" {
	ntfy_carrier '{"contains":"bbbb","status":400,"json":{"error":"no"}}'
	run_msg msg-send --id m ntfy:a - <text
	[ "$status" -eq 1 ]
	[ "$(json '[.status,.part]')" = $'["accepted",1]\n["failed",2]' ]
	[ "$(letters)" = ab ]
}

@test "killed with a part under way: nothing is repeated, and the receipt says which part is in doubt" {
	ntfy_carrier '{"contains":"bbbb","times":1,"fault":"hang"}'
	msg-send --id m ntfy:a - <text >out 2>err &
	local pid=$!
	wait_for eval '[ "$(letters)" = ab ]'
	kill -9 "$pid"
	wait "$pid" || true
	[ "$(jq -c '[.status,.part]' out)" = '["accepted",1]' ]
	run_msg msg-send --flush
	[ "$(json '[.status,.part,.parts]')" = '["unknown",2,3]' ]
	run_msg msg-send --flush
	[ -z "$output" ]
	[ "$(letters)" = ab ]
}

@test "news of one part is not news of the whole" {
	ntfy_carrier '{"contains":"bbbb","times":1,"status":503}'
	msg-send --id m ntfy:a - <text >out || [ $? -eq 75 ]
	msg-receipts record <out >/dev/null
	echo '{"type":"receipt","provider_id":"N1","via":"ntfy","status":"delivered"}' | msg-receipts record >/dev/null
	run_msg faketime -f '+1h' msg-send --flush
	[ "$(json '[.status,.part]')" = $'["accepted",2]\n["accepted",3]' ]
	[ "$(letters)" = abbc ]
}

@test "a text that has changed since its first part is not gone on with" {
	ntfy_carrier '{"contains":"bbbb","times":1,"status":503}'
	mkdir templates
	echo 'templates: templates' >>config.yaml
	cp text templates/t.txt
	run_msg msg-send --id m --template t ntfy:a
	[ "$status" -eq 75 ]
	echo short >templates/t.txt
	run_msg faketime -f '+1h' msg-send --flush
	[ "$status" -eq 1 ]
	[ "$(json '[.status,.error.text]')" = '["failed","text: not the one whose first part was sent"]' ]
	[ "$(letters)" = ab ]
}
