# What happens to messages when msg-send dies at any moment. `make faults` plays ROUNDS=200 of them.

load ../cli/helper

setup() {
	msg_setup
}

teardown() {
	carrier_stop
}

# play KIND: what the carrier is, as kill.py has it.
play() {
	carrier_start -a '{"path":"/send","latency_ms":2}'
	CARRIER_IS=$1 ROUNDS=${ROUNDS:-8} MESSAGES=${MESSAGES:-200} run_msg /usr/bin/python3 "$ROOT/tests/faults/kill.py" "$CARRIER" \
		"$CARRIER_RECORD"
	echo "$output$stderr"
	[ "$status" -eq 0 ]
	[ -z "${MSG_SHOW:-}" ] || echo "# $1: $output" >&3
}

@test "kill -9 at random moments: nothing is lost, nothing arrives twice" {
	play plain
	[[ $output == *"0 lost, 0 twice"* ]]
}

@test "kill -9 where the carrier drops repetitions: everything arrives, under one key each" {
	ROUNDS=$(((${ROUNDS:-12} + 2) / 3)) MESSAGES=${MESSAGES:+$((MESSAGES / 4))} play keyed
	[[ $output == *"0 lost, 0 twice, 0 unknown"* ]]
}

@test "kill -9 where what is in doubt is sent again: only that arrives twice" {
	ROUNDS=$(((${ROUNDS:-12} + 2) / 3)) MESSAGES=${MESSAGES:+$((MESSAGES / 4))} play resend
	[[ $output == *"0 lost"*" 0 unknown"* ]]
}

@test "kill -9 amid texts of several parts: each part arrives once, in order, and what is in doubt is not gone on with" {
	carrier_start -a '{"path":"/","status":200,"latency_ms":2,"json":{"id":"N{n}"}}'
	ROUNDS=$((${ROUNDS:-80} / 10)) run_msg /usr/bin/python3 "$ROOT/tests/faults/parts.py" "$CARRIER" "$CARRIER_RECORD"
	echo "$output$stderr"
	[ "$status" -eq 0 ]
	[[ $output == *"none twice, none out of order"* ]]
	[ -z "${MSG_SHOW:-}" ] || echo "# $output" >&3
}

@test "kill -9 amid digests: each message arrives once, with others or alone, or is in doubt" {
	command -v faketime >/dev/null || skip "faketime is not installed"
	carrier_start -a '{"path":"/","status":200,"latency_ms":20,"json":{"id":"N{n}"}}'
	ROUNDS=$((${ROUNDS:-80} / 10)) run_msg /usr/bin/python3 "$ROOT/tests/faults/digest.py" "$CARRIER" "$CARRIER_RECORD"
	echo "$output$stderr"
	[ "$status" -eq 0 ]
	[[ $output == *"none lost, none twice"* ]]
	[ -z "${MSG_SHOW:-}" ] || echo "# $output" >&3
}

@test "kill -9 amid legs in parallel: each arrives once, and what is behind them only where both were refused" {
	carrier_start -a '{"path":"/c","status":200,"latency_ms":2}' -a '{"path":"/*","contains":"refuse","status":400,"latency_ms":2}' \
		-a '{"path":"/*","status":200,"latency_ms":2}'
	ROUNDS=$((${ROUNDS:-80} / 10)) MESSAGES=60 run_msg /usr/bin/python3 "$ROOT/tests/faults/parallel.py" "$CARRIER" "$CARRIER_RECORD"
	echo "$output$stderr"
	[ "$status" -eq 0 ]
	[[ $output == *"none lost, none twice"* ]]
	[ -z "${MSG_SHOW:-}" ] || echo "# $output" >&3
}
