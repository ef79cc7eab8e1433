# Legs in parallel: each goes its own way, and the message has arrived when one of them has.

load helper

setup() {
	msg_setup
	PUSH='{"channel":"push","address":"fcm:one"}'
	MAIL='{"channel":"email","address":"mailto:ana@example.org","parallel":true}'
	SMS='{"channel":"sms","address":"sms:+15551230001"}'
}

teardown() {
	carrier_stop
}

# config [LINES]: a hook on the carrier for each channel, with a second one for mail.
config() {
	cat >config.yaml <<-EOF
		channels: {push: {via: [p]}, email: {via: [e, e2]}, sms: {via: [s]}}
		accounts:
		  p: {provider: webhook, url: "$CARRIER/p", timeout: 2s}
		  e: {provider: webhook, url: "$CARRIER/e", timeout: 2s}
		  e2: {provider: webhook, url: "$CARRIER/e2", timeout: 2s}
		  s: {provider: webhook, url: "$CARRIER/s", timeout: 2s}
		delivery:
		  retry: {first: 5ms, longest: 20ms}
		$(printf '%s\n' "$@")
	EOF
	export MSG_CONFIG="$HOME/config.yaml"
}

# message LEG ... : a line for ana by these legs; FILTER, if set, changes it.
message() {
	printf '%s\n' "$@" | jq -cs '{id:"m",to:{id:"ana"},text:"db down",plan:.} | '"${FILTER:-.}"
}

receipts() {
	json 'select(.type == "receipt") | [.leg,.channel,.status]' | sort | paste -sd' '
}

asked() {
	carrier_requests .path | sort | paste -sd' '
}

# waited WAIT LEG: the same leg with a wait, until it is read.
waited() {
	jq -c --arg wait "$1" '. + {wait:$wait,until:"read"}' <<<"$2"
}

@test "all go out at once, none waits for another's answer" {
	carrier_start -a '{"path":"/p","latency_ms":400}' -a '{"path":"/e","latency_ms":400}'
	config
	message "$PUSH" "$MAIL" >in
	run_msg msg-send <in
	[ "$status" -eq 0 ]
	[ "$(receipts)" = '[0,"push","accepted"] [1,"email","accepted"]' ]
	[ "$(asked)" = '"/e" "/p"' ]
}

@test "each has its own tries and accounts; one that arrives is enough" {
	carrier_start -a '{"path":"/p","status":503,"times":2}' -a '{"path":"/e","status":503}'
	config
	message "$PUSH" "$MAIL" "$SMS" >in
	run_msg msg-send --wait=5s <in
	[ "$status" -eq 0 ]
	[ "$(receipts)" = '[0,"push","accepted"] [0,"push","queued"] [0,"push","queued"] [1,"email","accepted"] [1,"email","queued"]' ]
	[ "$(json 'select(.status == "accepted") | .via' | sort | paste -sd' ')" = '"e2" "p"' ]
}

@test "a leg that fails for good does not fail the message; when all do it has" {
	carrier_start -a '{"path":"/p","status":400}' -a '{"path":"/e","status":400,"contains":"two"}'
	config
	message "$PUSH" "$MAIL" >in
	run_msg msg-send <in
	[ "$status" -eq 0 ]
	[ "$(receipts)" = '[0,"push","failed"] [1,"email","accepted"]' ]
	FILTER='.id = "n" | .text = "two"' message "$PUSH" "$MAIL" >in
	run_msg msg-send <in
	[ "$status" -eq 1 ]
	[ "$(receipts)" = '[0,"push","failed"] [1,"email","failed"]' ]
}

@test "the next leg has its turn once, when all of the group have failed" {
	carrier_start -a '{"path":"/p","status":400}' -a '{"path":"/e*","status":400,"latency_ms":200}'
	config
	message "$PUSH" "$MAIL" "$SMS" >in
	run_msg msg-send <in
	[ "$status" -eq 0 ]
	[ "$(receipts)" = '[0,"push","failed"] [1,"email","failed"] [2,"sms","accepted"]' ]
	[ "$(asked)" = '"/e" "/p" "/s"' ]
}

@test "a group behind a group: what has failed together goes on together" {
	carrier_start -a '{"path":"/p","status":400}' -a '{"path":"/e","status":400,"times":1}'
	config
	message "$PUSH" "$MAIL" "$SMS" "$MAIL" >in
	run_msg msg-send <in
	[ "$status" -eq 0 ]
	[ "$(receipts)" = '[0,"push","failed"] [1,"email","failed"] [2,"sms","accepted"] [3,"email","accepted"]' ]
	[ "$(asked)" = '"/e" "/e" "/p" "/s"' ]
}

# sandbox LEG ...: with the clock at a time after the message was sent.
later() {
	run_msg faketime -f "+$1" msg-send -q --flush
}

@test "[[push, email]/5m:read, sms]: nobody has read either, so the next channel is used once" {
	PUSH=$(waited 5m '{"channel":"push","address":"fcm:token0008"}') MAIL=$(waited 5m "$MAIL")
	message "$PUSH" "$(jq -c '.address = "mailto:ana0008@example.org"' <<<"$MAIL")" "$SMS" >in
	run_msg msg-send -q <in
	[ "$(receipts)" = '[0,"push","accepted"] [1,"email","accepted"]' ]
	later 4m
	[ -z "$(json 'select(.leg == 2)')" ]
	later 6m
	[ "$(json 'select(.leg == 2) | .status' | paste -sd' ')" = '"accepted"' ]
	later 20m
	[ "$(json 'select(.leg < 2)')" = "" ]
	[ "$status" -eq 0 ]
	run_msg msg-send --queue
	[ -z "$output" ]
}

@test "[[push, email]/5m:read, sms]: one that was read keeps the next channel from being used" {
	PUSH=$(waited 5m '{"channel":"push","address":"fcm:token0008"}') MAIL=$(waited 10m "$MAIL")
	message "$PUSH" "$(jq -c '.address = "mailto:ana0008@example.org"' <<<"$MAIL")" "$SMS" >in
	run_msg msg-send -q <in
	later 6m
	[ -z "$(json 'select(.leg == 2)')" ]
	# Past its own wait, and before the other's.
	run_msg msg-receipts record <<<'{"type":"receipt","message":"m","leg":0,"channel":"push","contact":"ana","status":"read"}'
	[ "$(receipts)" = '[0,"push","read"] [2,"sms","canceled"]' ]
	later 30m
	[ -z "$(json 'select(.leg == 2)')" ]
	run_msg msg-send --queue
	[ -z "$output" ]
}

@test "a leg that failed leaves the others their wait" {
	PUSH=$(waited 5m '{"channel":"push","address":"fcm:token0003"}') MAIL=$(waited 5m "$MAIL")
	message "$PUSH" "$(jq -c '.address = "mailto:ana0008@example.org"' <<<"$MAIL")" "$SMS" >in
	run_msg msg-send -q <in
	[ "$status" -eq 0 ]
	[ "$(receipts)" = '[0,"push","failed"] [1,"email","accepted"]' ]
	later 4m
	[ -z "$(json 'select(.leg == 2)')" ]
	later 6m
	[ "$(json 'select(.leg == 2) | .status')" = '"accepted"' ]
}

@test "an answer cancels what has not left, of the group and behind it, once" {
	carrier_start -a '{"path":"/e*","status":503}'
	config
	message "$PUSH" "$MAIL" "$SMS" >in
	run_msg msg-send -q <in
	[ "$status" -eq 75 ]
	run_msg msg-receipts record <<<'{"type":"inbound","from":"fcm:one","text":"on it"}'
	[ "$(receipts)" = '[0,"push","answered"] [1,"email","canceled"] [2,"sms","canceled"]' ]
	run_msg msg-send --flush --wait=1s
	[ -z "$output" ]
	run_msg msg-receipts show --json m
	[ "$(receipts)" = '[0,"push","answered"] [1,"email","canceled"] [2,"sms","canceled"]' ]
}

@test "--cancel takes back the legs that have not left, and says which have" {
	carrier_start -a '{"path":"/e*","status":503}'
	config
	message "$PUSH" "$MAIL" "$SMS" >in
	run_msg msg-send -q <in
	run_msg msg-send --cancel m
	[ "$status" -eq 0 ]
	[ "$(receipts)" = '[1,"email","canceled"] [2,"sms","canceled"]' ]
	[ "$stderr" = "msg-send: 'm' to 'ana': leg 0 has left; 1 after it canceled" ]
	run_msg msg-send --flush --wait=1s
	[ -z "$output" ]
	run_msg msg-send --cancel m
	[ "$status" -eq 1 ]
}

@test "held: each leg is listed, canceled and sent by itself" {
	message "$PUSH" "$MAIL" "$SMS" >in
	FILTER=".at = \"$(date -u -d '+2 hours' +%FT%TZ)\"" message "$PUSH" "$MAIL" "$SMS" >in
	run_msg msg-send -q <in
	[ "$(receipts)" = '[0,"push","held"] [1,"email","held"]' ]
	run_msg msg-send --queue
	[ "$(json '[.message,.leg,.channel,.state]' | sort | paste -sd' ')" = '["m",0,"push","held"] ["m",1,"email","held"]' ]
	later 3h
	[ "$(receipts)" = '[0,"push","accepted"] [1,"email","accepted"]' ]
	FILTER='.id = "n" | .at = "2099-01-01T00:00:00Z"' message "$PUSH" "$MAIL" "$SMS" >in
	run_msg msg-send -q <in
	run_msg msg-send --cancel n
	[ "$status" -eq 0 ]
	[ "$(receipts)" = '[0,"push","canceled"] [1,"email","canceled"] [2,"sms","canceled"]' ]
	run_msg msg-send --queue
	[ -z "$(json 'select(.message == "n")')" ]
}

@test "the same id again is one duplicate, and nothing is sent twice" {
	carrier_start
	config
	message "$PUSH" "$MAIL" >in
	cat in in >both
	run_msg msg-send <both
	[ "$(json .status | sort | paste -sd' ')" = '"accepted" "accepted" "duplicate"' ]
	run_msg msg-send <in
	[ "$(json .status)" = '"duplicate"' ]
	[ "$(asked)" = '"/e" "/p"' ]
}

@test "what has expired is not tried again, leg by leg" {
	carrier_start -a '{"path":"/e*","status":503}'
	config '  breaker: {failures: 0}'
	sed -i 's/first: 5ms/attempts: {provider: 99}, first: 50ms/; s/longest: 20ms/longest: 99ms/' config.yaml
	FILTER=".expires = \"$(date -u -d '+1 second' +%FT%T.%3NZ)\"" message "$PUSH" "$MAIL" "$SMS" >in
	run_msg msg-send --wait=8s <in
	[ "$status" -eq 0 ]
	[ "$(json 'select(.leg == 0) | .status')" = '"accepted"' ]
	[ "$(json 'select(.leg == 1) | .status' | tail -1)" = '"expired"' ]
	[ -z "$(json 'select(.leg == 2)')" ]
}

@test "without an outbox they go out at once too, and one is enough" {
	carrier_start -a '{"path":"/p","status":400}' -a '{"path":"/e*","status":400,"contains":"two"}'
	config
	message "$PUSH" "$MAIL" "$SMS" >in
	run_msg msg-send --no-outbox <in
	[ "$status" -eq 0 ]
	[ "$(receipts)" = '[0,"push","failed"] [1,"email","accepted"]' ]
	FILTER='.text = "two"' message "$PUSH" "$MAIL" "$SMS" >in
	run_msg msg-send --no-outbox <in
	[ "$status" -eq 0 ]
	[ "$(receipts)" = '[0,"push","failed"] [1,"email","failed"] [2,"sms","accepted"]' ]
	FILTER='.text = "two"' message "$PUSH" "$MAIL" >in
	run_msg msg-send --no-outbox <in
	[ "$status" -eq 1 ]
}

@test "a sender that dies with all of them on their way leaves a question for each" {
	carrier_start -a '{"path":"/p","fault":"hang"}' -a '{"path":"/e","fault":"hang"}'
	config '  on_unknown: {transactional: hold}'
	message "$PUSH" "$MAIL" "$SMS" >in
	msg-send <in >out 2>err 3>&- &
	both() { [ "$(carrier_requests . | wc -l)" -eq 2 ]; }
	wait_for both
	kill -9 $!
	wait $! || true
	run_msg msg-send --flush
	[ "$(receipts)" = '[0,"push","unknown"] [1,"email","unknown"]' ]
	[ "$(asked)" = '"/e" "/p"' ]
}

@test "replace: what has left by several channels at once is not edited; what has not is replaced" {
	FILTER=".at = \"$(date -u -d '+2 hours' +%FT%TZ)\"" message "$PUSH" "$MAIL" "$SMS" >in
	run_msg msg-send -q <in
	FILTER='.id = "n" | .replace = "m" | .text = "db up"' message "$PUSH" "$MAIL" "$SMS" >in
	run_msg msg-send -q <in
	[ "$(json '[.message,.leg,.status]' | sort | paste -sd' ')" = '["m",0,"canceled"] ["m",1,"canceled"] ["m",2,"canceled"] ["n",0,"held"] ["n",1,"held"]' ]
	later 3h
	[ "$(json '[.message,.leg,.status]' | sort | paste -sd' ')" = '["n",0,"accepted"] ["n",1,"accepted"]' ]
	FILTER='.id = "o" | .replace = "n" | .text = "db down again"' message "$PUSH" >in
	run_msg msg-send -q <in
	[ "$status" -eq 1 ]
	[ "$(json '[.message,.status,.error.code]')" = '["o","failed","cannot-edit"]' ]
}

@test "a dry run says which go together" {
	message "$PUSH" "$MAIL" "$SMS" >in
	run_msg msg-send -n <in
	[ "$(grep '^# message' <<<"$output" | cut -d: -f2-)" = " push via sandbox to fcm:one
 email via sandbox to mailto:ana@example.org, with leg 0
 sms via sandbox to sms:+15551230001" ]
}
