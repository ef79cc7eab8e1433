# What msg-send does when delivery does not go well: outcomes that nobody knows, refusals that tell something about the
# address, providers that fail as a whole, and what is remembered for how long.

load helper

setup() {
	msg_setup
	export TOKEN=secret-token
}

teardown() {
	carrier_stop
}

# config [LINES of delivery]: an account of Twilio's on the carrier, and one that is any URL's.
config() {
	cat >config.yaml <<-EOF
		channels: {sms: {via: [twilio], from: "+15550001111"}, chat: {via: [hook]}}
		accounts:
		  twilio: {account_sid: AC00000000000000000000000000000001, auth_token: env:TOKEN, url: "$CARRIER"}
		  hook: {provider: webhook, url: "$CARRIER/hook", timeout: 300ms}
		delivery:
		  retry: {first: 5ms, longest: 20ms}
		$(printf '%s\n' "$@")
	EOF
	export MSG_CONFIG="$HOME/config.yaml"
}

posts() {
	carrier_requests 'select(.method == "POST")' | wc -l
}

# flush: with what becomes due in a moment.
flush() {
	run_msg msg-send --flush --wait=5s
}

now_rfc2822() {
	LC_ALL=C date -u '+%a, %d %b %Y %H:%M:%S +0000'
}

# listed TEXT [SID]: Twilio's list with one message of these words.
listed() {
	jq -cn --arg body "$1" --arg sid "${2:-SM00000000000000000000000000000001}" --arg date "$(now_rfc2822)" \
		'{path: "/2010-04-01*", method: "GET", json: {messages: [{sid: $sid, to: "+15551230001", from: "+15550001111",
		 body: $body, status: "delivered", direction: "outbound-api", date_created: $date}]}}'
}

@test "unknown: what the provider has is not sent again" {
	carrier_start -a '{"method":"POST","fault":"close","times":1}' -a "$(listed 'disk “full”')"
	config
	run_msg msg-send sms:+15551230001 'disk "full"'
	[ "$status" -eq 75 ]
	[ "$(json '[.status,.error.class]')" = '["unknown","network"]' ]
	flush
	[ "$status" -eq 0 ]
	[ "$(json '[.status,.provider_id]')" = '["delivered","SM00000000000000000000000000000001"]' ]
	[ "$(posts)" -eq 1 ]
	[ "$(carrier_requests 'select(.method == "GET") | .path' | head -1)" != "" ]
}

@test "unknown: what the provider does not have after three questions is sent again" {
	carrier_start -a '{"method":"POST","fault":"close","times":1}' -a '{"method":"GET","json":{"messages":[]}}'
	config
	run_msg msg-send --wait=5s sms:+15551230001 hello
	[ "$(json .status | head -3 | paste -sd' ')" = '"unknown" "queued" "accepted"' ]
	[ "$(posts)" -eq 2 ]
	[ "$(carrier_requests 'select(.method == "GET") | select(.path | test("Messages.json"))' | wc -l)" -eq 3 ]
}

@test "unknown: other words, another number, another time are another message" {
	other=$(jq -cn --arg date "$(now_rfc2822)" '{path: "/2010-04-01*", method: "GET", json: {messages: [
		{sid: "SM1", to: "+15551230001", from: "+15550001111", body: "goodbye", status: "sent", direction: "outbound-api", date_created: $date},
		{sid: "SM2", to: "+15551230002", from: "+15550001111", body: "hello", status: "sent", direction: "outbound-api", date_created: $date},
		{sid: "SM3", to: "+15551230001", from: "+15550009999", body: "hello", status: "sent", direction: "outbound-api", date_created: $date},
		{sid: "SM4", to: "+15551230001", from: "+15550001111", body: "hello", status: "sent", direction: "inbound", date_created: $date},
		{sid: "SM5", to: "+15551230001", from: "+15550001111", body: "hello", status: "sent", direction: "outbound-api",
		 date_created: "Tue, 24 Nov 2020 08:00:00 +0000"}]}}')
	carrier_start -a '{"method":"POST","fault":"close","times":1}' -a "$other"
	config
	run_msg msg-send --wait=5s sms:+15551230001 hello
	[ "$(posts)" -eq 2 ]
}

@test "unknown: the same words sent before under another id do not count" {
	carrier_start -a '{"method":"POST","times":1,"status":201,"json":{"sid":"SM00000000000000000000000000000007","status":"delivered"}}' \
		-a '{"method":"POST","fault":"close","times":1}' -a "$(listed hello SM00000000000000000000000000000007)"
	config
	run_msg msg-send --id first sms:+15551230001 hello
	[ "$status" -eq 0 ]
	run_msg msg-send --id second --wait=5s sms:+15551230001 hello
	[ "$(posts)" -eq 3 ]
}

@test "unknown: a provider that cannot say is asked eight times, then the message is left, and a receipt settles it" {
	carrier_start -a '{"method":"POST","fault":"close","times":1}' -a '{"method":"GET","status":500}'
	config
	run_msg msg-send --id m --wait=5s sms:+15551230001 hello
	[ "$status" -eq 75 ]
	[ "$(json .status | paste -sd' ')" = '"unknown"' ]
	[ "$(carrier_requests 'select(.method == "GET")' | wc -l)" -eq 8 ]
	run_msg msg-receipts record <<<'{"type":"receipt","message":"m","leg":0,"status":"delivered"}'
	flush
	[ "$status" -eq 0 ]
	[ "$(posts)" -eq 1 ]
}

@test "unknown: a one-time code is sent again where nobody can be asked, a notice is left" {
	carrier_start -a '{"path":"/hook","fault":"close","times":2}'
	config
	run_msg msg-send --purpose otp --wait=5s chat:ana 123456
	[ "$(json .status | paste -sd' ')" = '"unknown" "unknown" "accepted"' ]
	carrier_stop
	carrier_start -a '{"path":"/hook","fault":"close"}'
	config
	run_msg msg-send --wait=1s chat:ana hello
	[ "$status" -eq 75 ]
	[ "$(json .status)" = '"unknown"' ]
	[ "$(posts)" -eq 1 ]
}

@test "unknown: the line, the account and the configuration say what to do, in this order" {
	carrier_start -a '{"path":"/hook","fault":"close"}'
	config '  on_unknown: {transactional: resend}' '  breaker: {failures: 0}'
	sed -i 's/first: 5ms/attempts: {timeout: 2}, first: 5ms/' config.yaml
	run_msg msg-send --wait=5s chat:ana hello
	[ "$(posts)" -eq 2 ]
	run_msg msg-send --wait=5s <<<'{"to":"chat:ana","text":"x","on_unknown":"hold"}'
	[ "$(posts)" -eq 3 ]
	sed -i 's/timeout: 300ms/timeout: 300ms, on_unknown: hold/' config.yaml
	run_msg msg-send --wait=5s chat:ana hello
	[ "$(posts)" -eq 4 ]
	run_msg msg-send --wait=5s <<<'{"to":"chat:ana","text":"x","on_unknown":"resend"}'
	[ "$(posts)" -eq 6 ]
}

@test "unknown: a sender that dies with a request on its way leaves a question, not a second message" {
	carrier_start -a '{"method":"POST","fault":"hang"}' -a "$(listed hello)"
	config
	msg-send sms:+15551230001 hello >out 2>err 3>&- &
	local pid=$!
	wait_for eval '[ "$(posts)" -eq 1 ]'
	kill -9 "$pid"
	wait "$pid" || true
	run_msg msg-send --flush --wait=5s
	[ "$status" -eq 0 ]
	[ "$(json .status | paste -sd' ')" = '"unknown" "delivered"' ]
	[ "$(posts)" -eq 1 ]
}

@test "unknown: a receipt that overtakes the answer settles it" {
	carrier_start -a '{"path":"/hook","fault":"hang"}'
	config
	msg-send --id early chat:ana hello >out 2>err 3>&- &
	local pid=$!
	wait_for eval '[ "$(posts)" -eq 1 ]'
	run_msg msg-receipts record <<<'{"type":"receipt","message":"early","leg":0,"status":"delivered"}'
	[ "$status" -eq 0 ]
	wait "$pid"
	[ ! -s out ]
	flush
	[ "$status" -eq 0 ]
	[ "$(posts)" -eq 1 ]
}

@test "unknown: where repetitions are dropped the same account is asked again with the same key" {
	carrier_start -a '{"path":"/a","fault":"close","times":3}'
	cat >config.yaml <<-EOF
		channels: {sms: {via: [a, b]}}
		accounts:
		  a: {provider: webhook, url: "$CARRIER/a", idempotent: true}
		  b: {provider: webhook, url: "$CARRIER/b", idempotent: true}
		delivery: {retry: {first: 5ms, longest: 20ms}, breaker: {failures: 0}}
	EOF
	run_msg msg-send -c config.yaml --wait=5s sms:+15551230001 x
	[ "$status" -eq 0 ]
	[ "$(carrier_requests .path | sort | uniq -c | tr -s ' ')" = ' 4 "/a"' ]
	[ "$(carrier_requests '.headers["Idempotency-Key"] // .headers["idempotency-key"]' | sort -u | wc -l)" -eq 1 ]
}

@test "refused: whom the provider calls opted out is out here too" {
	carrier_start -a '{"method":"POST","status":400,"json":{"code":21610,"message":"Attempt to send to unsubscribed recipient"}}'
	config
	run_msg msg-send sms:+15551230001 hello
	[ "$status" -eq 1 ]
	[ "$(json '[.status,.error.class,.error.code]')" = '["failed","opted-out","21610"]' ]
	run_msg msg-send sms:+15551230001 again
	[ "$(json '[.status,.error.class]')" = '["blocked","opted-out"]' ]
	[ "$(posts)" -eq 1 ]
	run_msg msg-optin show sms:+15551230001
	[[ $output == *provider* && $output == *21610* ]]
	run_msg msg-optin verify
	[ "$status" -eq 0 ]
}

@test "refused: an invalid address is not tried again until its person agrees, or the time is over" {
	carrier_start -a '{"method":"POST","status":400,"times":1,"json":{"code":21211,"message":"Invalid To number"}}'
	config
	run_msg msg-send sms:+15551230001 hello
	[ "$(json '[.status,.error.class,.error.code]')" = '["failed","invalid-address","21211"]' ]
	run_msg msg-send sms:+15551230001 again
	[ "$status" -eq 1 ]
	[ "$(json '[.status,.error.class,.error.code]')" = '["failed","invalid-address","dead"]' ]
	[ "$(posts)" -eq 1 ]
	run_msg msg-optin show sms:+15551230001
	[[ $output == *"out of use: the provider called the address invalid (21211)"* ]]
	run_msg msg-route <<<'{"to":{"addresses":{"sms":"+15551230001","chat":"ana"}},"text":"x"}'
	[ "$(json '[.plan[].channel]')" = '["chat"]' ]
	run_msg msg-optin check <<<'{"to":"sms:+15551230001","text":"x"}'
	[ "$(json '[.status,.error.code]')" = '["failed","dead"]' ]
	# An old list, or a purchase, does not show that somebody is there.
	msg-optin in sms:+15551230001 --evidence "form 7" --time 2026-01-01T00:00:00Z
	msg-optin in sms:+15551230001 --strength implied --basis purchase
	run_msg msg-optin check <<<'{"to":"sms:+15551230001","text":"x"}'
	[ "$(json .error.code)" = '"dead"' ]
	run_msg faketime -f +91d msg-send sms:+15551230001 later
	[ "$status" -eq 0 ]
	run_msg msg-optin in sms:+15551230001
	run_msg msg-send sms:+15551230001 now
	[ "$status" -eq 0 ]
	[ "$(posts)" -eq 3 ]
}

@test "refused: dead_for 0 does not remember" {
	carrier_start -a '{"method":"POST","status":400,"json":{"code":21211,"message":"Invalid To number"}}'
	config '  dead_for: 0s'
	run_msg msg-send sms:+15551230001 hello
	run_msg msg-send sms:+15551230001 hello
	[ "$(json '.error.code')" = '"21211"' ]
}

two_hooks() {
	cat >config.yaml <<-EOF
		channels: {sms: {via: [$1]}}
		accounts:
		  one: {provider: webhook, url: "$CARRIER/one"}
		  two: {provider: webhook, url: "$CARRIER/two"}
		delivery: {retry: {first: 5ms, longest: 20ms}, breaker: {failures: 3, pause: ${2:-1h}, longest: 2h}}
	EOF
	export MSG_CONFIG="$HOME/config.yaml"
}

@test "breaker: after some failures in a row everything goes to the channel's next account" {
	carrier_start -a '{"path":"/one","status":503}'
	two_hooks "one, two"
	for i in 1 2 3 4 5 6; do
		run_msg msg-send sms:+15551230001 "$i"
		[ "$status" -eq 0 ]
	done
	[ "$(carrier_requests 'select(.path == "/one")' | wc -l)" -eq 3 ]
	[ "$(carrier_requests 'select(.path == "/two")' | wc -l)" -eq 6 ]
	[ "$(json '[.via,.status]')" = '["two","accepted"]' ]
}

@test "breaker: without another account the message waits, and one tries when the pause is over" {
	carrier_start -a '{"path":"/one","status":503,"times":4}'
	two_hooks one
	for i in 1 2 3; do
		run_msg msg-send --id "$i" sms:+15551230001 "$i"
		[ "$status" -eq 75 ]
	done
	run_msg msg-send --id 4 sms:+15551230001 4
	[ "$status" -eq 75 ]
	[ "$(json '[.status,.error.code]')" = '["queued","breaker-open"]' ]
	[ "$(posts)" -eq 3 ]
	# The first one after the pause fails: the others stay away, for longer.
	run_msg faketime -f +61m msg-send --flush
	[ "$status" -eq 75 ]
	[ "$(posts)" -eq 4 ]
	run_msg faketime -f +100m msg-send --flush
	[ "$(posts)" -eq 4 ]
	run_msg faketime -f +5h msg-send --flush
	[ "$status" -eq 75 ]
	[ "$(posts)" -eq 5 ]
	run_msg faketime -f +6h msg-send --flush
	[ "$status" -eq 0 ]
	[ "$(posts)" -eq 8 ]
}

@test "breaker: a refusal of the message says nothing against the provider" {
	carrier_start -a '{"path":"/one","status":400}'
	two_hooks "one, two"
	for i in 1 2 3 4 5; do run_msg msg-send sms:+15551230001 "$i"; done
	[ "$(carrier_requests 'select(.path == "/one")' | wc -l)" -eq 5 ]
}

@test "breaker: an urgent message takes its next leg instead of waiting" {
	carrier_start -a '{"path":"/one","status":503}'
	two_hooks one
	sed -i 's/^channels: .*/channels: {sms: {via: [one]}, email: {via: [two]}}/' config.yaml
	for i in 1 2 3; do run_msg msg-send sms:+15551230001 "$i"; done
	run_msg msg-send <<<'{"to":"x","text":"up","urgency":"high","plan":[{"channel":"sms","address":"+15551230001"},{"channel":"email","address":"ana@example.org"}]}'
	[ "$(json '[.channel,.status]' | paste -sd' ')" = '["sms","failed"] ["email","accepted"]' ]
}

@test "retry: the limit of attempts is by class, and a permanent error is never tried again" {
	carrier_start -a '{"path":"/one","status":503}'
	two_hooks one
	sed -i 's/retry: {/retry: {attempts: {provider: 2}, /; s/failures: 3/failures: 0/' config.yaml
	run_msg msg-send --wait=5s sms:+15551230001 x
	[ "$status" -eq 1 ]
	[ "$(json .status | paste -sd' ')" = '"queued" "failed"' ]
	[ "$(posts)" -eq 2 ]
}

@test "retry: being throttled costs no attempt, and a date to come back at is kept" {
	local date
	date=$(LC_ALL=C date -u -d '+2 seconds' '+%a, %d %b %Y %H:%M:%S GMT')
	carrier_start -a '{"path":"/one","status":429,"headers":{"Retry-After":"0"},"times":3}' \
		-a "{\"path\":\"/one\",\"status\":429,\"headers\":{\"Retry-After\":\"$date\"},\"times\":1}"
	two_hooks one
	sed -i 's/retry: {/retry: {attempts: 1, /' config.yaml
	run_msg msg-send --wait=9s sms:+15551230001 x
	[ "$status" -eq 0 ]
	[ "$(json .status | paste -sd' ')" = '"queued" "queued" "queued" "queued" "accepted"' ]
	[ "$(date +%s)" -ge "$(date -d "$date" +%s)" ]
}

@test "dedupe_window: an id is known for so long, in flight or not" {
	carrier_start
	config '  dedupe_window: 1h'
	run_msg msg-send --id a chat:ana x
	run_msg faketime -f +59m msg-send --id a chat:ana x
	[ "$(json .status)" = '"duplicate"' ]
	run_msg faketime -f +61m msg-send --id a chat:ana x
	[ "$(json .status)" = '"accepted"' ]
	run_msg msg-send --dedupe k chat:ana x
	run_msg faketime -f +59m msg-send --dedupe k chat:ana x
	[ "$(json .status)" = '"duplicate"' ]
	run_msg faketime -f +61m msg-send --dedupe k chat:ana x
	[ "$(json .status)" = '"accepted"' ]
	[ "$(posts)" -eq 4 ]
}

@test "the same messages from four processes at once are delivered once" {
	carrier_start -a '{"path":"/hook","latency_ms":2}'
	config
	for i in $(seq 200); do echo "{\"id\":\"m$i\",\"to\":\"chat:ana\",\"text\":\"$i\"}"; done >lines
	for i in 1 2 3 4; do msg-send <lines >"out$i" 2>"err$i" 3>&- & pids+=($!); done
	for p in "${pids[@]}"; do wait "$p"; done
	[ "$(posts)" -eq 200 ]
	[ "$(cat out? | jq -r .status | sort | uniq -c | tr -s ' ' | paste -sd,)" = ' 200 accepted, 600 duplicate' ]
}

@test "delivery: what is wrong in the configuration is said with its place" {
	carrier_start
	while IFS='|' read -r lines text; do
		config "  $lines"
		run_msg msg-send chat:ana x
		[ "$status" -eq 78 ]
		[[ $stderr == "msg-send: $HOME/config.yaml:"*"$text"* ]] || { echo "$stderr"; false; }
	done <<-'EOF'
		dedupe_window: yesterday|delivery.dedupe_window: not a duration
		on_unknown: pray|delivery.on_unknown: not ask, resend or hold
		on_unknown: {otp: pray}|on_unknown.otp: not ask, resend or hold
		on_unknown: {spam: ask}|on_unknown.spam: not a purpose
		breaker: {failures: -1}|delivery.breaker.failures: not a whole number
		breaker: {pause: 1h, longest: 1m}|delivery.breaker.longest: shorter than the first one
		breakers: 3d|delivery.breakers: unknown key (did you mean 'breaker'?)
		breaker: 5|delivery.breaker: must be a map
	EOF
}
