# The disk fails, or the machine stops, at each write of a run. `make faults` plays all of them, STEPS=N about N.

load ../cli/helper

setup() {
	msg_setup
	[[ -e $MSG_BUILD/disk_shim.so ]] || skip "no disk_shim.so (it is for Linux)"
	[[ $MSG_BIN != *san* && -z ${MSG_VALGRIND:-} ]] || skip "not with sanitizers or valgrind"
}

teardown() {
	carrier_stop
}

# play KIND: of disk.py.
play() {
	carrier_start
	MESSAGES=25 STEPS=${STEPS-8} run_msg /usr/bin/python3 "$ROOT/tests/faults/disk.py" "$CARRIER" "$CARRIER_RECORD" "$MSG_BUILD/disk_shim.so" "$1"
	echo "$output$stderr"
	[ "$status" -eq 0 ]
	[[ $output == *"0 lost, 0 twice"* ]]
	[ -z "${MSG_SHOW:-}" ] || echo "# $output" >&3
}

@test "no space left from a write on: every message is in the outbox or in the rejects" {
	play enospc
}

@test "a write fails and the next ones do not: every message is in the outbox or in the rejects" {
	play eio
}

@test "half a write and then no space left: every message is in the outbox or in the rejects" {
	play short
}

@test "the machine stops at a write: what was taken is there, and what is in doubt is not sent again" {
	play kill
}
