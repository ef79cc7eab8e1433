# Requests held against the providers' own API descriptions: a mock server (prism) answers what fits the description and
# refuses what does not. The descriptions lie beside the project (../shared/specs); without them these cases are skipped.

load ../cli/helper

SPECS=${MSG_SPECS:-$ROOT/../shared/specs}
PRISM="$ROOT/build/prism"
PRISM_VERSION=5.14.2

setup_file() {
	[[ -f $SPECS/twilio-api.json && -f $SPECS/slack-web.json ]] || return 0
	command -v npm >/dev/null || return 0
	if [[ ! -x $PRISM/node_modules/.bin/prism ]]; then
		npm install --no-audit --no-fund --silent --prefix "$PRISM" "@stoplight/prism-cli@$PRISM_VERSION" >&2 </dev/null 3>&- || return 0
	fi
	prism_start twilio "$SPECS/twilio-api.json"
	prism_start slack "$SPECS/slack-web.json"
}

teardown_file() {
	local pid
	for pid in $TWILIO_PID $SLACK_PID; do
		kill "$pid" 2>/dev/null || true
	done
}

# prism_start NAME FILE: exports NAME_PID and NAME_URL.
prism_start() {
	local log="$BATS_FILE_TMPDIR/$1.log" pid
	node "$PRISM/node_modules/@stoplight/prism-cli/dist/index.js" mock -h 127.0.0.1 -p 0 "$2" </dev/null >"$log" 2>&1 3>&- &
	pid=$!
	wait_for prism_is_up "$log" "$pid"
	printf -v "${1^^}_PID" %s "$pid"
	printf -v "${1^^}_URL" %s "$(grep -o 'http://127.0.0.1:[0-9]*' "$log" | tail -n 1)"
	export "${1^^}_PID" "${1^^}_URL"
}

prism_is_up() {
	grep -q 'listening on' "$1" || ! kill -0 "$2" 2>/dev/null
	grep -q 'listening on' "$1"
}

setup() {
	[[ -f $SPECS/twilio-api.json ]] || skip "no API descriptions at $SPECS"
	[[ -n ${SLACK_URL:-} ]] || skip "prism is not installed (npm is missing, or its registry out of reach)"
	msg_setup
	export TWILIO_TOKEN=0123456789abcdef0123456789abcdef SLACK_TOKEN=xoxb-12-34 MSG_CONFIG="$HOME/config.yaml"
	cat >config.yaml <<-EOF
		channels:
		  sms: {via: twilio, from: "+15550001111"}
		  whatsapp: {via: twilio, from: "+15550001111"}
		  voice: {via: twilio, from: "+15550001111"}
		accounts:
		  twilio:
		    account_sid: AC0123456789abcdef0123456789abcdef
		    auth_token: env:TWILIO_TOKEN
		    status_callback: "https://example.org/twilio?a=b"
		    url: "$TWILIO_URL"
		  slack:
		    token: env:SLACK_TOKEN
		    url: "$SLACK_URL"
	EOF
}

# accepted ADDRESS [FIELDS]: a message with more fields, sent, fits the description.
accepted() {
	jq -cn --arg to "$1" "{to:\$to,text:\"Größe & Maß: 5 €\"} + ${2:-{\}}" >line
	run_msg msg-send <line
	echo "$output$stderr"
	[ "$status" -eq 0 ]
	[ "$(json .error)" = null ]
	[ "$(json '.provider_id|length > 2')" = true ]
}

@test "the mocks refuse what does not fit" {
	run curl -s -o /dev/null -w '%{http_code}' -u AC0123456789abcdef0123456789abcdef:x -d Body=hi \
		"$TWILIO_URL/2010-04-01/Accounts/AC0123456789abcdef0123456789abcdef/Messages.json"
	[ "$output" -ge 400 ]
	run curl -s -o /dev/null -w '%{http_code}' -d To=+15551230001 -d Body=hi \
		"$TWILIO_URL/2010-04-01/Accounts/AC0123456789abcdef0123456789abcdef/Messages.json"
	[ "$output" -eq 401 ]
	run curl -s -o /dev/null -w '%{http_code}' -H 'Authorization: Bearer x' -d text=hi "$SLACK_URL/chat.postMessage"
	[ "$output" -ge 400 ]
}

@test "twilio: a text message, with media, to WhatsApp, with an expiry" {
	accepted sms:+15551230001
	accepted sms:+15551230001 '{media:[{url:"https://example.org/a.png"},{url:"https://example.org/b.png"}]}'
	accepted whatsapp:+15551230001 '{buttons:[{text:"Yes",reply:"1"}]}'
	accepted sms:+15551230001 "{expires:\"$(date -u -d '+10 min' +%FT%TZ)\"}"
}

@test "twilio: every kind of sender and channel" {
	accepted sms:+15551230001 '{from:"CLINIC"}'
	accepted sms:+15551230001 '{from:"12345"}'
	accepted sms:+15551230001 '{from:"MG0123456789abcdef0123456789abcdef"}'
	accepted whatsapp:+15551230001 '{media:[{url:"https://example.org/a.png"}],text:""}'
	sed -i 's/^  whatsapp:/  rcs: {via: twilio, from: clinic_agent}\n  messenger: {via: twilio, from: "1234"}\n&/' config.yaml
	accepted rcs:+15551230001
	accepted messenger:5678
	accepted sms:+15551230001 "{expires:\"$(date -u -d '+9 hours' +%FT%TZ)\"}"
	grep -q 'ValidityPeriod' <<<"$(msg-send -n <line)"
}

@test "twilio: a template of its own" {
	mkdir -p templates
	echo 'templates: templates' >>config.yaml
	printf 'Your code is {{code}}\n' >templates/otp.txt
	printf 'twilio: {content_sid: HX0123456789abcdef0123456789abcdef, variables: {"1": "{{code}}"}, channels: [whatsapp, sms]}\n' >templates/otp.yaml
	accepted sms:+15551230001 '{text:null,template:{name:"otp",data:{code:"123456"}}} | del(.text)'
	[ "$(json .changes)" = '["provider-template"]' ]
	accepted whatsapp:+15551230001 '{template:{name:"otp",data:{code:"123456"}}} | del(.text)'
}

@test "twilio: an API key" {
	sed -i 's/auth_token: .*/api_key: SK0123456789abcdef0123456789abcdef\n    api_secret: env:TWILIO_TOKEN/' config.yaml
	accepted sms:+15551230001
}

@test "twilio: a telephone call" {
	accepted tel:+15551230001 '{lang:"de"}'
	[ "$(json '.channel')" = '"voice"' ]
}

@test "twilio: asking what became of a message" {
	accepted sms:+15551230001
	local id
	id=$(jq -r .provider_id <<<"$output")
	run_msg faketime -f '+1h' msg-send --flush
	[ "$status" -eq 0 ]
	grep -A 2 "get .*/Messages/$id.json" "$BATS_FILE_TMPDIR/twilio.log" | grep -q 'passed the validation'
}

@test "slack: plain, in a thread, with buttons and a picture" {
	accepted slack:C01234567
	accepted slack:C01234567 '{thread:"C01234567/1503435956.000247",subject:"Build"}'
	sed -i 's/^  slack:/&\n    username: Deploy\n    icon: "https:\/\/example.org\/i.png"\n    unfurl: false/' config.yaml
	accepted slack:C01234567
	accepted slack:C01234567 '{buttons:[{text:"Yes",reply:"1"},{text:"Open",url:"https://example.org/"}],media:[{url:"https://example.org/a.png",type:"image/png",alt:"graph"}]}'
}

@test "slack: a message is edited" {
	# The description's own example of an answer has no id that could be edited.
	carrier_start -a '{"path":"/chat.postMessage","status":200,"json":{"ok":true,"channel":"C01234567","ts":"1503435956.000247"}}'
	SLACK_URL=$CARRIER setup
	accepted slack:C01234567 '{id:"b1"}'
	carrier_stop
	setup
	accepted slack:C01234567 '{id:"b2",replace:"b1"}'
	grep -A 3 'post /chat.update' "$BATS_FILE_TMPDIR/slack.log" | grep -q 'passed the validation'
}
