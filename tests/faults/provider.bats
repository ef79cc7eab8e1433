# Providers at their worst. After each case the carrier's own record says how often it was really asked.

load ../cli/helper

setup() {
	msg_setup
}

teardown() {
	carrier_stop
}

# hook [SETTINGS]: an account on the carrier.
hook() {
	cat >config.yaml <<-EOF
		channels: {sms: {via: [hook]}}
		accounts: {hook: {provider: webhook, url: "$CARRIER/send"${1:+, $1}}}
		delivery: {retry: {first: 1ms, longest: 2ms}}
	EOF
	export MSG_CONFIG="$HOME/config.yaml"
}

# asked COUNT: the carrier got so many requests, and flushing an hour later makes no more of them.
asked() {
	[ "$(carrier_requests | wc -l)" -eq "$1" ]
	run_msg faketime -f +1h msg-send --flush
	[ "$(carrier_requests | wc -l)" -eq "$1" ]
}

@test "refuses connections: queued, exit 69, and delivered when it is back" {
	carrier_start
	hook
	local port=${CARRIER##*:}
	carrier_stop
	run_msg msg-send sms:+15551230001 x
	[ "$status" -eq 69 ]
	[ "$(json '[.status,.error.class]')" = '["queued","network"]' ]
	carrier_start
	sed -i "s/:$port/:${CARRIER##*:}/" config.yaml
	run_msg faketime -f +1h msg-send --flush
	[ "$status" -eq 0 ]
	[ "$(carrier_requests | wc -l)" -eq 1 ]
}

@test "hangs: unknown after the time-out, never sent again by itself" {
	carrier_start -a '{"fault":"hang"}'
	hook 'timeout: 300ms'
	run_msg msg-send sms:+15551230001 x
	[ "$status" -eq 75 ]
	[ "$(json '[.status,.error.class]')" = '["unknown","timeout"]' ]
	asked 1
}

@test "drips a byte a second: the time-out is for the whole answer" {
	carrier_start -a '{"fault":"drip","drip_ms":1000,"json":{"id":"a long way down the line"}}'
	hook 'timeout: 1500ms'
	local start=$SECONDS
	run_msg msg-send sms:+15551230001 x
	[ "$((SECONDS - start))" -le 5 ]
	[ "$(json '[.status,.error.class]')" = '["unknown","timeout"]' ]
	asked 1
}

@test "closes without a word, and in the middle of the answer: unknown" {
	for fault in close truncate; do
		carrier_start -a "{\"fault\":\"$fault\",\"body\":\"half of it\"}"
		hook
		run_msg msg-send --id "$fault" sms:+15551230001 x
		[ "$status" -eq 75 ]
		[ "$(json .status)" = '"unknown"' ]
		asked 1
		carrier_stop
	done
}

@test "answers what is no HTTP: unknown, and nothing of it is shown as it came" {
	carrier_start -a '{"fault":"garbage"}'
	hook
	run_msg msg-send sms:+15551230001 x
	[ "$(json .status)" = '"unknown"' ]
	[[ $output$stderr != *[$'\001'-$'\010']* ]]
	asked 1
}

@test "answers a gigabyte: it is not taken in" {
	carrier_start -a "{\"status\":200,\"size\":${MSG_SHOW:+10}$((100 * 1000 * 1000))}"
	hook
	[[ $MSG_BIN == *san* ]] || limit='ulimit -v 600000;'
	run_msg bash -c "${limit:-} exec msg-send sms:+15551230001 x"
	[ "$(json .status)" = '"accepted"' ]      # it did say 200
	asked 1
}

@test "sends elsewhere (301): it is not followed, and the secret stays here" {
	carrier_start -a '{"path":"/send","status":301,"headers":{"Location":"/elsewhere"}}'
	hook 'headers: {Authorization: "Bearer env:TOKEN"}'
	TOKEN=s3cret run_msg msg-send sms:+15551230001 x
	[ "$status" -eq 1 ]
	[ "$(json '[.status,.error.class,.error.code]')" = '["failed","provider","301"]' ]
	[ "$(carrier_requests .path)" = '"/send"' ]
}

@test "shows a wrong certificate: refused before anything is said" {
	carrier_certificate || skip "openssl is not installed"
	carrier_start --cert "$CARRIER_CERT" --key "$CARRIER_KEY"
	hook
	run_msg msg-send sms:+15551230001 x
	[ "$(json '.error.class')" = '"auth"' ]
	[ "$status" -eq 77 ]
	[ "$(carrier_requests | wc -l)" -eq 0 ]
	hook "ca_file: $CARRIER_CERT"
	run_msg msg-send sms:+15551230001 x
	[ "$status" -eq 0 ]
}

@test "has no name in the DNS: queued, exit 69" {
	CARRIER=http://nobody.invalid
	hook
	run_msg msg-send sms:+15551230001 x
	[ "$status" -eq 69 ]
	[ "$(json '[.status,.error.class]')" = '["queued","network"]' ]
}

@test "no descriptors are left (EMFILE): what cannot leave is queued, and nothing is lost" {
	carrier_start -a '{"latency_ms":20}'
	hook
	sed -i 's/^delivery: .*/delivery: {breaker: {failures: 0}, retry: {first: 1ms, longest: 2ms}}/' config.yaml
	for ((i = 0; i < 200; i++)); do echo "{\"id\":\"m$i\",\"to\":\"sms:+15551230001\",\"text\":\"x\"}"; done >in
	run_msg bash -c 'ulimit -n 24; exec msg-send -j 100 <in'
	[ "$status" -eq 0 ] || [ "$status" -eq 75 ] || [ "$status" -eq 69 ]
	run_msg faketime -f +1h msg-send --flush
	[ "$(carrier_requests .body | grep -o '"id\\":\\"m[0-9]*' | sort | uniq -c | awk '{print $1}' | sort -u)" = 1 ]
	[ "$(carrier_requests | wc -l)" -eq 200 ]
}
