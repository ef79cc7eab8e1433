# Links: where a message leads, on each channel; and links that lead over a host of one's own.

load helper

setup() {
	msg_setup
	export MSG_CONFIG="$HOME/config.yaml"
	: >config.yaml
}

teardown() {
	carrier_stop
}

LINK='"link":{"url":"https://clinic.example/ride/88?a=1&b=2","app":"clinic://ride/88","fallback":"https://clinic.example/app"}'

# store_says SQL
store_says() {
	sqlite3 .local/state/msg/msg.db "$1"
}

# sent [CHANNEL]: what the sandbox would carry, without the remarks.
sent() {
	grep -v '^#\|^(sandbox\|^$' <<<"$output"
}

@test "a text has the page, a notification opens the app, a call does without" {
	run_msg msg-send -n <<<"{\"to\":\"sms:+15551230001\",\"text\":\"Your ride\",$LINK}"
	[[ $output == *"# changes: link-to-text"* ]]
	[ "$(sent)" = $'Your ride\nhttps://clinic.example/ride/88?a=1&b=2' ]
	run_msg msg-send -n <<<"{\"to\":\"ntfy:rides\",\"text\":\"Your ride\",$LINK}"
	[ "$(sent)" = $'Link: clinic://ride/88\nYour ride' ]
	run_msg msg-send <<<"{\"to\":\"tel:+15551230001\",\"text\":\"Your ride\",$LINK}"
	[ "$(json '[.status,.changes]')" = '["accepted",["link-left-out"]]' ]
}

@test "without a page there is the fallback; an app alone goes where a tap opens it" {
	run_msg msg-send -n <<<'{"to":"sms:+15551230001","text":"x","link":{"app":"clinic://x","fallback":"https://clinic.example/app"}}'
	[ "$(sent)" = $'x\nhttps://clinic.example/app' ]
	run_msg msg-send <<<'{"to":"x","text":"x","link":{"app":"clinic://x"},"plan":[{"channel":"sms","address":"+15551230001"},{"channel":"ntfy","address":"x"}]}'
	[ "$(json '[.channel,.status,.error.code,.error.text]')" = '["sms","failed","link","link: leads into an app alone, which sandbox on sms cannot open"]
["ntfy","accepted",null,null]' ]
}

@test "a link that the words have already is not said twice, in HTML neither" {
	mkdir templates
	echo 'templates: templates' >config.yaml
	echo 'See {{link.url}} now' >templates/t.txt
	run_msg msg-send -n <<<"{\"to\":\"sms:+15551230001\",\"template\":{\"name\":\"t\"},$LINK}"
	[ "$(sent)" = 'See https://clinic.example/ride/88?a=1&b=2 now' ]
	printf '%s\n' 'channels: {email: {from: a@b.example}}' 'accounts: {smtp: {url: "smtp://127.0.0.1:1"}}' >config.yaml
	run_msg msg-send -n <<<"{\"to\":\"mailto:ana@example.org\",\"text\":\"Ride\",\"html\":\"<body><p>Ride</body>\",$LINK}"
	[[ $output == *$'Ride\r\nhttps://clinic.example/ride/88?a=1&b=2\r\n'* ]]
	[[ $(tr -d '\r' <<<"$output" | sed -z 's/=\n//g') == *'<p><a href=3D"https://clinic.example/ride/88?a=3D1&amp;b=3D2">'*'</body>'* ]]
	run_msg msg-send -n <<<"{\"to\":\"mailto:ana@example.org\",\"text\":\"Ride\",\"html\":\"<a href='https://clinic.example/ride/88?a=1&amp;b=2'>Ride</a>\",$LINK}"
	[ "$(grep -c 'clinic.example/ride' <<<"$output")" -eq 1 ]
}

@test "bad links are said with their place" {
	local line
	while IFS='|' read -r line want; do
		run_msg msg-send <<<"{\"to\":\"sms:+15551230001\",\"text\":\"x\",\"link\":$line}"
		[ "$status" -eq 65 ]
		[ "$stderr" = "msg-send: line 1: $want" ]
	done <<-'END'
		{"url":"ftp://x.example/"}|link.url: not an http or https URL: 'ftp://x.example/'
		{"app":"javascript:alert(1)"}|link.app: not a URL that opens an app: 'javascript:alert(1)'
		{"fallback":"https://x.example/"}|link: needs url or app
		"https://x.example/"|link: not an object
	END
	echo 'track: "https://go.example.org/?x"' >config.yaml
	run_msg msg-send sms:+15551230001 x
	[ "$status" -eq 78 ]
	[ "$stderr" = "msg-send: $HOME/config.yaml:1: track: not an http or https URL such as https://go.example.org/: 'https://go.example.org/?x'" ]
}

@test "track: links of the text, the buttons and the message lead over the host, and the store knows where to" {
	echo 'track: https://go.example.org' >config.yaml
	run_msg msg-send <<<"{\"id\":\"m\",\"to\":\"sms:+15551230001\",\"text\":\"See https://clinic.example/a, or https://go.example.org/own.\",\"buttons\":[{\"text\":\"Map\",\"url\":\"https://clinic.example/map\"}],$LINK}"
	[ "$(json '[.status,.changes]')" = '["accepted",["links-tracked","link-to-text","buttons-to-text"]]' ]
	[ "$(store_says "SELECT url, app, fallback, message, address, leg FROM link ORDER BY url")" = "https://clinic.example/a|||m|sms:+15551230001|0
https://clinic.example/map|||m|sms:+15551230001|0
https://clinic.example/ride/88?a=1&b=2|clinic://ride/88|https://clinic.example/app|m|sms:+15551230001|0" ]
}

@test "track: what is sent has the codes, the same at every attempt, others for everybody else" {
	carrier_start -a '{"times":1,"status":503}' -a '{"status":201,"json":{"sid":"SM{n}","status":"queued"}}'
	cat >config.yaml <<-END
		track: https://go.example.org/
		channels: {sms: {from: "+15550001111"}}
		accounts: {twilio: {account_sid: AC0123456789abcdef0123456789abcdef, auth_token: env:TOKEN, url: "$CARRIER"}}
	END
	export TOKEN=0123456789abcdef0123456789abcdef
	run_msg msg-send --id m sms:+15551230001 'https://clinic.example/a https://clinic.example/a'
	run_msg faketime -f '+10m' msg-send --flush
	run_msg msg-send --id m sms:+15551230002 'https://clinic.example/a'
	carrier_requests .body | sed 's/.*Body=//; s/[&"].*//; s/%2F/\//g; s/%3A/:/g; s/%20/ /g' >bodies
	[ "$(sed -n 1p bodies)" = "$(sed -n 2p bodies)" ]
	[[ $(sed -n 1p bodies) =~ ^https://go.example.org/([0-9A-Za-z]{10})\ https://go.example.org/([0-9A-Za-z]{10})$ ]]
	[ "${BASH_REMATCH[1]}" = "${BASH_REMATCH[2]}" ]
	[ "$(store_says "SELECT url FROM link WHERE code = '${BASH_REMATCH[1]}'")" = https://clinic.example/a ]
	[[ $(sed -n 3p bodies) =~ ^https://go.example.org/([0-9A-Za-z]{10})$ ]]
	[ "$(store_says "SELECT address FROM link WHERE code = '${BASH_REMATCH[1]}'")" = sms:+15551230002 ]
}

@test "track: from a code to where it leads, and back as a click" {
	echo 'track: https://go.example.org/' >config.yaml
	run_msg msg-receipts link nothing
	[ "$status" -eq 65 ]
	[ "$stderr" = "msg-receipts: no link 'nothing'" ]
	run_msg msg-send -n sms:+15551230001 https://clinic.example/
	msg-send --id m sms:+15551230001 https://clinic.example/a | msg-receipts record
	local code
	code=$(store_says 'SELECT code FROM link')
	run_msg msg-receipts link "$code" x
	[ "$status" -eq 65 ]
	same_json "$(json 'del(.time)')" "{\"type\":\"link\",\"code\":\"$code\",\"url\":\"https://clinic.example/a\",\"message\":\"m\",\"leg\":0,\"channel\":\"sms\",\"address\":\"sms:+15551230001\"}"
	jq -c '{type: "receipt", message, leg, channel, address, status: "clicked"}' <<<"$output" | msg-receipts record
	run_msg msg-receipts show m
	[[ $output == *clicked* ]]
	run_msg bash -c 'msg-receipts link "$1" >/dev/full' - "$code"
	[ "$status" -eq 74 ]
}

@test "track: HTML keeps what is seen, and changes where it leads" {
	printf '%s\n' 'track: https://go.example.org/' 'channels: {email: {from: a@b.example}}' 'accounts: {smtp: {url: "smtp://127.0.0.1:1"}}' >config.yaml
	run_msg msg-send -n <<<'{"to":"mailto:ana@example.org","text":"t","html":"<a href=\"https://clinic.example/\">https://clinic.example/</a>","unsubscribe":"https://clinic.example/out"}'
	[ "$status" -eq 0 ]
	[[ $output =~ "# link: https://go.example.org/"[0-9A-Za-z]{10}" to https://clinic.example/" ]]
	[[ $(sed -z 's/=\r\n//g' <<<"$output") =~ \<a\ href=3D\"https://go.example.org/[0-9A-Za-z]{10}\"\>https://clinic.example/\</a\> ]] ||
		[[ $output =~ \<a\ href=\"https://go.example.org/[0-9A-Za-z]{10}\"\>https://clinic.example/\</a\> ]]
	[ ! -e .local/state/msg/msg.db ]
}

@test "track: not in codes, emergencies, calls and messages that say no" {
	echo 'track: https://go.example.org/' >config.yaml
	run_msg msg-send <<-END
		{"to":"sms:+15551230001","text":"https://clinic.example/","purpose":"otp"}
		{"to":"sms:+15551230001","text":"https://clinic.example/","purpose":"emergency"}
		{"to":"sms:+15551230001","text":"https://clinic.example/","track":false}
		{"to":"tel:+15551230001","text":"https://clinic.example/"}
	END
	[ "$status" -eq 0 ]
	[ "$(json .changes | sort -u)" = null ]
	[ "$(store_says 'SELECT count(*) FROM link')" = 0 ]
}
