# Input that nobody would write on purpose, and a store that somebody has had in hands: chaos.py says what must hold.

load ../cli/helper

setup() {
	msg_setup
}

# play KIND ROUNDS: the long form has five times as many, and a seed of its own each time.
play() {
	unset MSG_EMITTED
	local rounds=$2 seed=${SEED:-}
	if [[ -n ${MSG_SHOW:-} ]]; then rounds=$((rounds * 5)); else seed=${seed:-7}; fi
	SEED=$seed ROUNDS=$rounds run_msg /usr/bin/python3 "$ROOT/tests/faults/chaos.py" "$1"
	echo "$output$stderr"
	[ "$status" -eq 0 ]
	[[ $output == "$rounds rounds"*" 0 failed" ]]
	[ -z "${MSG_SHOW:-}" ] || echo "# $1: $output" >&3
}

@test "spoilt lines: one error each, and the good ones between them pass" {
	play lines 25
}

@test "spoilt configurations, policies, flows and lists: an error with its place, or they work" {
	play files 40
}

@test "operands and options of all sorts" {
	play arguments 50
}

@test "a store with spoilt rows or bytes" {
	play store 12
}
