# What happens to messages when msg-send dies at any moment. `make faults` plays ROUNDS=200 of them.

load ../cli/helper

setup() {
	msg_setup
}

teardown() {
	carrier_stop
}

@test "kill -9 at random moments: nothing is lost, nothing arrives twice" {
	carrier_start -a '{"path":"/send","latency_ms":2}'
	ROUNDS=${ROUNDS:-8} MESSAGES=${MESSAGES:-200} run_msg /usr/bin/python3 "$ROOT/tests/faults/kill.py" "$CARRIER" "$CARRIER_RECORD"
	echo "$output$stderr"
	[ "$status" -eq 0 ]
	[[ $output == *"0 lost, 0 twice"* ]]
	[ -z "${MSG_SHOW:-}" ] || echo "# $output" >&3
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
