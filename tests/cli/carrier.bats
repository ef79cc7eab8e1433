# The carrier itself: a test double that is wrong would make every other test lie.
load helper

setup() { msg_setup; }
teardown() { carrier_stop; }

ask() {
	run --separate-stderr curl -sS --max-time 5 "$@"
}

@test "carrier takes a message as Twilio does and writes the request down" {
	carrier_start
	ask -d 'To=%2B15551230001&Body=disk+full+%E2%9C%93&MediaUrl=a&MediaUrl=b' -u AC1:secret -w '%{http_code}' "$CARRIER/2010-04-01/Accounts/AC1/Messages.json?x=1"
	[ "$status" -eq 0 ]
	[[ $output == *'"status":"queued"'*201 ]]
	run carrier_requests '[.n, .method, .path, .query, .form, .headers.authorization, .rule]'
	same_json "$output" '[1,"POST","/2010-04-01/Accounts/AC1/Messages.json",{"x":"1"},
	    {"To":"+15551230001","Body":"disk full ✓","MediaUrl":["a","b"]},"Basic QUMxOnNlY3JldA==",0]'
}

@test "carrier answers by its rules, in order, as often as they say" {
	carrier_start -a '{"path":"/a","status":429,"headers":{"Retry-After":"1"},"times":1}' \
		-a '{"path":"/a*","method":"POST","contains":"ana","json":{"id":"m{n}"}}'
	ask -D headers -o body -d ana "$CARRIER/a"
	[[ $(head -n 1 headers) == *429* ]]
	grep -qi '^retry-after: 1' headers
	ask -d ana "$CARRIER/a/b"
	same_json "$output" '{"id":"m2"}'
	ask -d bob "$CARRIER/a/b"
	[[ $output == *sid* ]]
	run carrier_requests .rule
	[ "$output" = $'1\n2\n0' ]
}

@test "carrier reads its script again on SIGHUP" {
	echo '{"body":"one"}' >script
	carrier_start -s script
	ask "$CARRIER/"
	[ "$output" = one ]
	echo '{"body":"two"}' >script
	kill -HUP "$CARRIER_PID"
	is_two() { [[ $(curl -sS "$CARRIER/") == two ]]; }
	wait_for is_two
}

@test "carrier breaks an exchange as it is told" {
	carrier_start -a '{"path":"/close","fault":"close"}' -a '{"path":"/hang","fault":"hang"}' \
		-a '{"path":"/garbage","fault":"garbage"}' -a '{"path":"/truncate","fault":"truncate","body":"half"}' \
		-a '{"path":"/drip","fault":"drip","drip_ms":1,"body":"drop by drop"}' -a '{"path":"/size","size":3000000}'
	ask "$CARRIER/close"
	[ "$status" -eq 52 ]
	ask --max-time 0.3 "$CARRIER/hang"
	[ "$status" -eq 28 ]
	ask --http0.9 -o garbage "$CARRIER/garbage"
	[ "$(wc -c <garbage)" -eq 600 ]
	ask "$CARRIER/garbage"
	[ "$status" -eq 1 ]
	ask "$CARRIER/truncate"
	[ "$status" -eq 18 ]
	ask "$CARRIER/drip"
	[ "$output" = 'drop by drop' ]
	ask -o size "$CARRIER/size"
	[ "$(wc -c <size)" -eq 3000000 ]
	carrier_stop
	[ ! -s "$BATS_TEST_TMPDIR/carrier/stderr" ]
}

@test "carrier honours an Idempotency-Key and counts what it accepted" {
	carrier_start --idempotent
	ask -H 'Idempotency-Key: k' -d a "$CARRIER/"
	first=$output
	ask -H 'Idempotency-Key: k' -d a "$CARRIER/"
	[ "$output" = "$first" ]
	ask -H 'Idempotency-Key: l' -d a "$CARRIER/"
	[ "$output" != "$first" ]
	ask "$CARRIER/_stats"
	same_json "$output" '{"requests":3,"accepted":2}'
}

@test "carrier waits when told to, without holding up others" {
	carrier_start -a '{"path":"/late","latency_ms":400,"body":"late"}'
	curl -sS "$CARRIER/late" >late &
	late=$!
	wait_for test -s "$CARRIER_RECORD"
	ask -d x "$CARRIER/"
	[ ! -s late ]
	wait "$late"
	[ "$(<late)" = late ]
}

@test "carrier speaks TLS with a certificate of the test's own" {
	carrier_certificate || skip "no openssl(1)"
	carrier_start --cert "$CARRIER_CERT" --key "$CARRIER_KEY"
	ask --cacert "$CARRIER_CERT" -d x "$CARRIER/"
	[[ $status -eq 0 && $output == *sid* ]]
	ask -d x "$CARRIER/"
	[ "$status" -eq 60 ]
	run carrier_requests .n
	[ "$output" = 1 ]
}

@test "carrier ends with its parent" {
	(
		carrier_start
		echo "$CARRIER_PID" >pid
	)
	gone() { ! kill -0 "$(<pid)" 2>/dev/null; }
	wait_for gone
}

@test "carrier refuses a rule it does not understand" {
	run --separate-stderr "$MSG_BUILD/carrier" -a '{"pth":"/"}'
	[ "$status" -eq 78 ]
	[[ $stderr == *"pth: no such key"* ]]
	run --separate-stderr "$MSG_BUILD/carrier" -a '{"fault":"earthquake"}'
	[ "$status" -eq 78 ]
}

@test "a request that hangs keeps none of the others waiting" {
	carrier_start -a '{"path":"/hook","fault":"hang","times":1}'
	cat >config.yaml <<-EOF
		channels: {sms: {via: [hook]}}
		accounts: {hook: {provider: webhook, url: "$CARRIER/hook", timeout: 20s}}
	EOF
	for i in 1 2 3 4 5 6 7 8; do echo '{"to":"sms:+15551230001","text":"x"}'; done >in
	msg-send -c config.yaml -j 4 <in >out 2>err 3>&- &
	local pid=$!
	wait_for eval '[ "$(grep -c accepted out)" -eq 7 ]'
	kill "$pid"
	wait "$pid" || true
}

@test "one connection after the other request: each has its own login, headers, method and body" {
	carrier_start -a '{"method":"POST","path":"/2010*","status":201,"json":{"sid":"SM{n}","status":"queued"}}' \
		-a '{"method":"GET","json":{"sid":"SM1","status":"queued"}}'
	export ONE=secret-one TWO=secret-two
	cat >config.yaml <<-EOF
		channels: {sms: {via: [one], from: "+15550001111"}, chat: {via: [hook]}}
		accounts:
		  one: {provider: twilio, account_sid: AC00000000000000000000000000000001, auth_token: env:ONE, url: "$CARRIER"}
		  two: {provider: twilio, account_sid: AC00000000000000000000000000000001, auth_token: env:TWO, url: "$CARRIER"}
		  hook: {provider: webhook, url: "$CARRIER/hook", headers: {user-agent: ours}}
	EOF
	export MSG_CONFIG="$HOME/config.yaml"
	for ((i = 0; i < 12; i++)); do
		via=$([[ $((i % 2)) -eq 0 ]] && echo one || echo two)
		jq -cn --arg i "$i" --arg via "$via" '{id:("m"+$i),to:"x",text:("text "+$i),plan:[{channel:"sms",address:"+15551230001",via:$via}]}'
		jq -cn --arg i "$i" '{id:("c"+$i),to:"chat:ana",text:("x" * (if ($i|tonumber) % 3 == 0 then 3000 else 3 end))}'
	done >in
	run_msg msg-send -j 1 --wait=1500ms <in
	[ "$(json .status | sort | uniq -c | tr -s ' ')" = ' 24 "accepted"' ]
	[ "$(carrier_requests 'select(.form.Body) | [.headers.authorization, (.form.Body | ltrimstr("text ") | tonumber % 2)]' | sort | uniq -c | tr -s ' ')" = \
		" 6 [\"Basic $(printf 'AC00000000000000000000000000000001:secret-one' | base64 -w0)\",0]
 6 [\"Basic $(printf 'AC00000000000000000000000000000001:secret-two' | base64 -w0)\",1]" ]
	[ "$(carrier_requests 'select(.path == "/hook") | [.method, (.json.text | length), .headers.authorization, .headers.expect]' | sort | uniq -c | tr -s ' ')" = \
		' 8 ["POST",3,null,null]
 4 ["POST",3000,null,null]' ]
	[ "$(carrier_requests 'select(.method == "GET") | [.body, (.headers.authorization | length > 10)]' | sort -u)" = '["",true]' ]
	[ "$(carrier_requests '[.headers."user-agent"[0:4], .headers."accept-encoding"]' | sort -u)" = $'["msg/","identity"]\n["ours","identity"]' ]
	[ "$(carrier_requests .connection | sort -u | wc -l)" -eq 1 ]
}
