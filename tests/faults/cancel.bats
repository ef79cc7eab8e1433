# Messages are taken back, replaced and answered while others send them.

load ../cli/helper

setup() {
	msg_setup
}

teardown() {
	carrier_stop
}

use_carrier() {
	cat >config.yaml <<-EOF
		channels: {sms: {via: [hook]}}
		accounts: {hook: {provider: webhook, url: "$CARRIER/send"}}
	EOF
	export MSG_CONFIG="$HOME/config.yaml"
}

@test "what is canceled while it is sent is sent or canceled: one of them, and not both" {
	carrier_start -a '{"path":"/send","latency_ms":20}'
	use_carrier
	seq -f '{"id":"m%04.0f","to":"sms:+15551230001","text":"x"}' 1 400 | msg-send -q --enqueue >/dev/null
	msg-send -q --flush -j 2 >sent &
	local pid=$! first
	wait_for test -s "$CARRIER_RECORD"
	# From the end, where it has not got to yet, and over where it is.
	for first in 381 341 301 201 101 1; do
		seq -f '--cancel=m%04.0f' "$first" $((first + 19)) | xargs msg-send -q >>canceled 2>>refused || true
	done
	wait "$pid"
	run_msg msg-send -q --flush
	carrier_requests '.body' | jq -r . | jq -r .id | sort >reached
	jq -r 'select(.status == "canceled").message' canceled sent - <<<"$output" | sort >back
	[ -s back ]
	[ -s refused ]
	[ -z "$(comm -12 reached back)" ]
	[ -z "$(uniq -d reached)$(uniq -d back)" ]
	[ "$(sort -u reached back | wc -l)" -eq 400 ]
}

@test "of many that replace the same message at once one is sent" {
	carrier_start -a '{"path":"/send"}'
	use_carrier
	msg-send -q --enqueue --id m0 sms:+15551230001 old >/dev/null
	local pids=() i
	for i in 1 2 3 4 5 6 7 8; do
		msg-send -q --enqueue --replace m0 --id "m$i" sms:+15551230001 "new $i" >"out$i" &
		pids+=($!)
	done
	wait "${pids[@]}"
	run_msg msg-send -q --flush
	[ "$status" -eq 0 ]
	[ "$(carrier_requests | wc -l)" -eq 1 ]
	[ "$(cat out? | jq -r 'select(.status == "canceled").message' | sort -u | wc -l)" -eq 8 ]
}

@test "an answer that comes while the next leg is about to leave: it leaves, or it is canceled" {
	carrier_start -a '{"path":"/send","latency_ms":5}'
	use_carrier
	local i
	for i in $(seq 1 30); do
		printf '{"id":"m%d","to":{"id":"p%d"},"text":"x","plan":[{"channel":"sms","address":"sms:+155512300%02d","wait":"150ms"},{"channel":"sms","address":"sms:+155512400%02d"}]}\n' \
			"$i" "$i" "$i" "$i"
	done >in
	msg-send -q --wait=5s -j 4 <in >sent &
	local pid=$!
	wait_for test -s "$CARRIER_RECORD"
	for i in $(seq 1 2 30); do
		printf '{"type":"inbound","from":"sms:+155512300%02d","text":"hm"}\n' "$i"
	done | msg-receipts record >answers
	wait "$pid" || true
	carrier_requests '.body' | jq -r . | jq -r 'select(.leg == 1).id' | sort >second
	jq -r 'select(.status == "canceled").message' answers sent | sort -u >canceled
	[ -s canceled ]
	[ -s second ]
	[ -z "$(comm -12 second canceled)" ]
	# Who has not answered is written to again; nothing is left to do.
	[ "$(grep -c 'm[0-9]*[02468]$' second)" -eq 15 ]
	[ -z "$(msg-send --queue | jq -r 'select(.why == "turn").message')" ]
}

@test "what goes with another's request is in flight with it" {
	command -v faketime >/dev/null || skip "faketime is not installed"
	carrier_start -a '{"path":"/send","latency_ms":1500}'
	use_carrier
	cat >>config.yaml <<-'EOF'
		contacts: contacts.yaml
		policy: policy.yaml
	EOF
	printf 'contacts: {fay: {addresses: {sms: "+13055550123"}}}\n' >contacts.yaml
	printf 'purposes: {marketing: {require: none, channels: [sms]}}\nrules: [{channels: [sms]}]\nhours: {digest: marketing}\n' >policy.yaml
	local i
	for i in 1 2 3; do
		TZ=UTC faketime -f '2026-12-01 02:00:00' msg-send -q <<<'{"id":"m'$i'","to":"fay","text":"Sale '$i'","purpose":"marketing"}' >/dev/null
	done
	TZ=UTC run_msg faketime -f '2026-12-01 03:00:00' msg-send --cancel m3
	[ "$(json '[.message,.status]')" = '["m3","canceled"]' ]
	TZ=UTC faketime -f '2026-12-01 13:00:00' msg-send -q --flush >sent &
	local pid=$!
	wait_for test -s "$CARRIER_RECORD"
	TZ=UTC run_msg faketime -f '2026-12-01 13:00:01' msg-send --queue
	[ "$(json '[.message,.why]' | paste -sd' ')" = '["m1","answer"] ["m2","answer"]' ]
	TZ=UTC run_msg faketime -f '2026-12-01 13:00:01' msg-send --cancel m2
	[ "$status" -eq 1 ]
	[ -z "$output" ]
	[[ $stderr == *"'m2' to 'fay': is in flight"* ]]
	wait "$pid"
	[ "$(jq -c '[.message,.status,.digest]' sent | paste -sd' ')" = '["m1","accepted",null] ["m2","accepted","m1"]' ]
	[[ "$(carrier_requests '.json.text')" == *"Sale 1"*"Sale 2"* ]]
	[[ "$(carrier_requests '.json.text')" != *"Sale 3"* ]]
}
