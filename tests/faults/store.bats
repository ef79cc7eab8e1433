# A store that is busy, or not ours to write, and clocks that jump.

load ../cli/helper

setup() {
	msg_setup
}

teardown() {
	carrier_stop
	[[ -z ${SHARED:-} ]] || rm -r "$SHARED"
	[[ -z ${LOCKER:-} ]] || { kill "$LOCKER" 2>/dev/null; wait "$LOCKER" || true; } 2>/dev/null
}

# lock_store: another process holds the store's write lock until it is killed.
lock_store() {
	msg-send -q --enqueue --at "in 9h" sms:+15551230001 there >/dev/null
	/usr/bin/python3 -c '
import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN IMMEDIATE")
open("locked", "w").close()
time.sleep(60)' "$XDG_STATE_HOME/msg/msg.db" 3>&- &
	LOCKER=$!
	wait_for test -e locked
}

@test "locked for a while by another process: it waits" {
	lock_store
	msg-send sms:+15551230001 x >out 2>err 3>&- &
	local pid=$!
	kill -0 "$pid"
	kill -9 "$LOCKER"
	wait "$pid"
	[ "$(jq -r .status out)" = accepted ]
}

@test "locked for good: exit 75 after ten seconds, and the lines are in the rejects" {
	lock_store
	printf '{"id":"m%s","to":"sms:+15551230001","text":"x"}\n' 1 2 3 >in
	run_msg msg-send --rejects rejects <in
	[ "$status" -eq 75 ] || [ "$status" -eq 73 ]
	[[ $stderr == *"is locked by another process"* ]]
	[ "$(jq -r .id rejects | paste -sd' ')" = "m1 m2 m3" ]
}

@test "read-only: exit 73, and the lines are in the rejects" {
	command -v setpriv >/dev/null && ((EUID == 0)) || skip "needs root and setpriv(1)"
	local as="setpriv --reuid=65534 --regid=65534 --clear-groups"
	$as test -x "$MSG_BIN/msg-send" || skip "the programs are out of others' reach"
	SHARED=$(mktemp -d)
	export HOME=$SHARED XDG_CONFIG_HOME=$SHARED/config XDG_STATE_HOME=$SHARED/state
	cd "$SHARED"
	msg-send -q --enqueue --at "in 9h" sms:+15551230001 there >/dev/null
	chmod -R a+rX,go-w "$SHARED"
	install -m 666 /dev/null rejects
	printf '{"id":"m%s","to":"sms:+15551230001","text":"x"}\n' 1 2 >in
	# shellcheck disable=SC2086
	run --separate-stderr $as "$MSG_BIN/msg-send" --rejects rejects <in
	[ "$status" -eq 73 ]
	[[ $stderr == *"is read-only"* ]] || { echo "$stderr"; false; }
	[ "$(jq -r .id rejects | paste -sd' ')" = "m1 m2" ]
}

@test "the clock jumps forward: what was sent is not sent again, what was due is" {
	carrier_start
	printf 'channels: {sms: {via: [hook]}}\naccounts: {hook: {provider: webhook, url: "%s"}}\n' "$CARRIER" >config.yaml
	export MSG_CONFIG="$HOME/config.yaml"
	run_msg msg-send --id a sms:+15551230001 x
	run_msg msg-send --id b --at "in 5h" sms:+15551230001 x
	run_msg faketime -f +400d msg-send --flush
	[ "$status" -eq 0 ]
	[ "$(json '[.message,.status]')" = '["b","accepted"]' ]
	run_msg msg-send --flush
	[ "$(carrier_requests | wc -l)" -eq 2 ]
}

@test "the clock jumps back: nothing is sent twice, and what is new is delivered" {
	carrier_start
	printf 'channels: {sms: {via: [hook]}}\naccounts: {hook: {provider: webhook, url: "%s", rate: 1000/s}}\n' "$CARRIER" >config.yaml
	export MSG_CONFIG="$HOME/config.yaml"
	run_msg msg-send --id a sms:+15551230001 x
	run_msg faketime -f -400d msg-send --id a sms:+15551230001 x
	[ "$(json .status)" = '"duplicate"' ]
	run_msg faketime -f -400d msg-send --id b sms:+15551230001 x
	[ "$(json .status)" = '"accepted"' ]
	run_msg faketime -f -400d msg-send --flush
	run_msg msg-send --flush
	[ "$(carrier_requests | wc -l)" -eq 2 ]
}
