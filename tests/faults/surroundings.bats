# A program's surroundings: who started it, the clock, signals, a store that goes away, commands that misbehave.

load ../cli/helper

setup() {
	msg_setup
}

teardown() {
	carrier_stop
}

# use_command COMMAND [TIMEOUT]: an account of the exec provider, as the way to pager.
use_command() {
	cat >config.yaml <<-EOF
		channels: {pager: {via: [beep]}}
		accounts: {beep: {provider: exec, timeout: ${2:-30s}, command: "$1"}}
	EOF
	export MSG_CONFIG="$HOME/config.yaml"
}

@test "a parent that ignores its children's ends does not hide them from us" {
	use_command "cat >/dev/null; exit 0"
	run_msg /usr/bin/python3 -c 'import os, signal
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
os.execvp("msg-send", ["msg-send", "pager:1", "x"])'
	[ "$status" -eq 0 ]
	[ "$(json .status)" = '"accepted"' ]
}

@test "a command does not inherit our connections" {
	carrier_start -a '{"path":"/send","latency_ms":1000}'
	cat >config.yaml <<-EOF
		channels: {pager: {via: [beep]}, sms: {via: [hook]}}
		accounts:
		  beep: {provider: exec, command: "cat >/dev/null; readlink /proc/\$\$/fd/* | grep -c socket >sockets; true"}
		  hook: {provider: webhook, url: "$CARRIER/send"}
	EOF
	[ -e /proc/self/fd ] || skip "no /proc here"
	mkfifo lines
	msg-send -c config.yaml <lines >out &
	local pid=$!
	exec 7>lines
	echo '{"to":"sms:+15551230001","text":"x"}' >&7
	wait_for test -s "$CARRIER_RECORD"
	echo '{"to":"pager:1","text":"x"}' >&7
	exec 7>&-
	wait "$pid"
	[ "$(<sockets)" -le 2 ]     # a pair is libcurl's own, where it wakes itself through sockets
}

@test "a command that never stops talking is ended" {
	use_command "exec cat /dev/zero" 60s
	run_msg timeout 20 msg-send pager:1 x
	[ "$status" -eq 75 ]
	[ "$(json '.status')" = '"unknown"' ]
}

@test "a clock that is set back makes no time limit longer" {
	command -v faketime >/dev/null || skip "faketime is not installed"
	[[ $MSG_BIN != *san* ]] || skip "not with sanitizers"
	use_command "echo >started; exec sleep 60" 1s
	echo +0 >clock
	local library
	library=$(faketime -f +0 printenv LD_PRELOAD)
	LD_PRELOAD=$library FAKETIME_TIMESTAMP_FILE=$HOME/clock FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1 \
		timeout 20 msg-send pager:1 x >out &
	local pid=$! code=0
	wait_for test -s started
	echo -3600 >clock
	wait "$pid" || code=$?
	[ "$code" -eq 75 ]
	[ "$(jq -r .status out)" = unknown ]
}

@test "waiting for a text on stdin, a signal ends the program" {
	mkfifo text
	msg-send sms:+15551230001 - <text >out &
	local pid=$! code=0
	exec 7>text
	head -c 100000 /dev/zero | tr '\0' x >&7        # more than a pipe holds: it reads
	kill -TERM "$pid"
	wait "$pid" || code=$?
	exec 7>&-
	[ "$code" -gt 128 ]
	[ ! -s out ]
}

@test "a signal that was ignored stays ignored: nohup" {
	nohup msg-send --watch >out 2>err &
	local pid=$!
	msg-send -q --enqueue --id w1 sms:+15551230001 x >/dev/null
	wait_for grep -q '"message":"w1"' out
	kill -HUP "$pid"
	msg-send -q --enqueue --id w2 sms:+15551230001 x >/dev/null
	wait_for grep -q '"message":"w2"' out
	kill "$pid"
	wait "$pid"
}

@test "a store that is deleted underneath ends the run, and what comes after is not lost in it" {
	mkfifo lines
	msg-send --rejects rejects <lines >out 2>err &
	local pid=$! code=0
	exec 7>lines
	echo '{"to":"sms:+15551230001","text":"x","id":"one"}' >&7
	wait_for grep -q '"message":"one"' out
	rm -r "$XDG_STATE_HOME/msg"
	echo '{"to":"sms:+15551230001","text":"x","id":"two"}' >&7
	exec 7>&-
	wait "$pid" || code=$?
	[ "$code" -eq 73 ]
	grep -q "was moved or deleted" err
	[ "$(jq -r .id rejects)" = two ]
	[ "$(wc -l <out)" -eq 1 ]
}

@test "a provider that wants to be left alone for ages is asked again in a week" {
	carrier_start -a '{"path":"/send","status":429,"headers":{"Retry-After":"9000000000000000"},"times":1}'
	cat >config.yaml <<-EOF
		channels: {sms: {via: [hook]}}
		accounts: {hook: {provider: webhook, url: "$CARRIER/send"}}
	EOF
	run_msg msg-send -c config.yaml sms:+15551230001 x
	[ "$status" -eq 75 ]
	run_msg faketime -f '+6d' msg-send -c config.yaml --flush
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	run_msg faketime -f '+169h' msg-send -c config.yaml --flush
	[ "$status" -eq 0 ]
	[ "$(json .status)" = '"accepted"' ]
}
