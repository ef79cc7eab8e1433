# Circumstances in which a program could believe twice that a message is its to send.

load ../cli/helper

setup() {
	msg_setup
}

teardown() {
	carrier_stop
}

@test "a leg whose question is slow to be answered gives way to the next leg once" {
	carrier_start -a '{"method":"POST","path":"/2010-04-01*","status":201,"json":{"sid":"SM{n}","status":"queued"}}' \
		-a '{"method":"GET","path":"/2010-04-01/*","latency_ms":700,"json":{"sid":"SM1","status":"failed","error_code":30003}}'
	cat >config.yaml <<-EOF
		channels: {sms: {via: twilio, from: "+15550001111"}, pager: {via: hook}}
		accounts:
		  twilio: {account_sid: AC0123456789abcdef0123456789abcdef, auth_token: env:TOKEN, url: "$CARRIER"}
		  hook: {provider: webhook, url: "$CARRIER/second"}
	EOF
	export TOKEN=0123456789abcdef0123456789abcdef
	local plan='[{"channel":"sms","address":"+15551230001","wait":"1h","until":"delivered"},{"channel":"pager","address":"7"}]'
	local other='[{"channel":"pager","address":"8","wait":"1h","until":"delivered"},{"channel":"pager","address":"9"}]'
	printf '{"to":"sms:+1555123000%s","text":"x","id":"%s","plan":%s}\n' 1 a "$plan" 2 b "$other" >in
	run_msg msg-send -c config.yaml --wait=3s <in
	[ "$(carrier_requests 'select(.path=="/second")' | wc -l)" -eq 2 ]
	[ "$(json 'select(.status=="failed")' | wc -l)" -eq 1 ]
	[ "$(carrier_requests 'select(.method=="GET" and (.path|contains("SM1.json")))' | wc -l)" -eq 1 ]
}

@test "who lives keeps what it has in hand, whatever the clock says" {
	carrier_start -a '{"path":"/send","latency_ms":2000,"times":1}'
	cat >config.yaml <<-EOF
		channels: {sms: {via: [hook]}}
		accounts: {hook: {provider: webhook, url: "$CARRIER/send"}}
	EOF
	msg-send -c config.yaml --id slow sms:+15551230001 x >out 2>err &
	local pid=$!
	wait_for test -s "$CARRIER_RECORD"
	msg-send -c config.yaml --enqueue --id behind sms:+15551230002 x >/dev/null
	run_msg faketime -f '+20m' msg-send -c config.yaml -j 1 --flush
	[ "$status" -eq 0 ]
	[ "$(json '[.message,.status]')" = '["behind","accepted"]' ]
	wait "$pid"
	[ "$(jq -c '[.message,.status]' out)" = '["slow","accepted"]' ]
}
