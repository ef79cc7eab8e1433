# msg-route assign killed again and again: no task has two agents, nobody is over their capacity, and
# everybody who was given something is told.
load ../cli/helper

setup() { msg_setup; }

teardown() { [[ -z ${pids[*]:-} ]] || kill -9 "${pids[@]}" 2>/dev/null || true; }

# What got out whole: a kill may have cut the last line of a run.
whole() { jq -Rc 'fromjson? | select(type == "object")' out; }

# open: "task agent" of those that somebody has.
held() { msg-route queue --json | jq -r 'select(.agent) | "\(.id) \(.agent)"'; }

@test "kill -9 in the middle, two at a time" {
	for agent in a b c; do msg-route agent $agent --capacity 20 --to "sms:+1555123000$((++n))" >/dev/null; done
	local round tasks=0
	mkfifo one two
	for round in {1..20}; do
		pids=()
		for fifo in one two; do
			msg-route -q assign <$fifo >>out 3>&- & pids+=($!)
			exec {fd}>$fifo
			jq -nc --argjson from $tasks --argjson count $((RANDOM % 4 + 1)) \
				'range($from; $from + $count) | {type: "task", id: "t\(.)"}' >&$fd
			tasks=$((tasks + 4))
			# Some are killed at work, some before they read, some are let go on to their end.
			((RANDOM % 3)) || exec {fd}>&-
		done
		for pid in "${pids[@]}"; do
			((RANDOM % 4 == 0)) || for ((i = RANDOM % 2000; i > 0; i--)); do :; done
			kill -9 "$pid" 2>/dev/null || true
			wait "$pid" || true
		done
		exec {fd}>&-
		[ -z "$(msg-route agent --json | jq -c 'select(.tasks > .capacity)')" ]
		held | head -n 1 | cut -d' ' -f1 | xargs -r msg-route complete >>out 2>/dev/null
	done
	msg-route -q assign --due >>out
	# Each that is held now was told to the one who holds it; each was told to no more than one.
	whole | jq -r 'select(.type == "message") | "\(.context.task)"' | sort -u >told
	held | cut -d' ' -f1 | sort >now
	[ -s now ]
	[ -z "$(comm -23 now told)" ]
	whole | jq -r 'select(.type == "task" and .agent) | "\(.id) \(.agent)"' | sort -u | cut -d' ' -f1 | sort | uniq -d >twice
	[ ! -s twice ]
}

@test "kill -9 at each write of the store and of the lines" {
	[[ -e $MSG_BUILD/disk_shim.so ]] || skip "no disk_shim.so (it is for Linux)"
	[[ $MSG_BIN != *san* && -z ${MSG_VALGRIND:-} ]] || skip "not with sanitizers or valgrind"
	mkdir -p desk
	cd desk
	XDG_STATE_HOME=$PWD/state STEPS=${STEPS-8} run_msg /usr/bin/python3 "$ROOT/tests/faults/assign.py" "$MSG_BUILD/disk_shim.so"
	echo "$output$stderr"
	[ "$status" -eq 0 ]
	[[ $output == *"none held by two, none lost, all told" ]]
	[ -z "${MSG_SHOW:-}" ] || echo "# $output" >&3
}
