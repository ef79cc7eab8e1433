# When messages leave: times that people say, and what becomes of what waits.
load helper

setup() {
	msg_setup
	export TZ=Europe/Madrid
}

teardown() {
	carrier_stop
}

# at_of ARG ...: the time that the line in the outbox has.
at_of() {
	run_msg msg-send -q "$@" || return
	((status == 0)) || return
	[ "$(json .status)" = '"held"' ] || return
	sqlite3 "$XDG_STATE_HOME/msg/msg.db" "SELECT json_extract(line, '\$.at') FROM outbox ORDER BY seq DESC LIMIT 1"
}

@test "--at takes what people say, in the zone they say" {
	[ "$(at_of --at "2099-12-01 09:00" sms:+15551230001 hi)" = "2099-12-01T09:00:00+01:00" ]
	[ "$(at_of --at "2099-07-01T09:00 America/New_York" sms:+15551230001 hi)" = "2099-07-01T09:00:00-04:00" ]
	[ "$(at_of --at "9am 1 july 2099 Asia/Kathmandu" sms:+15551230001 hi)" = "2099-07-01T09:00:00+05:45" ]
	[ "$(at_of --at "2099-12-01T09:00:00+01:00" sms:+15551230001 hi)" = "2099-12-01T09:00:00+01:00" ]
	[ "$(TZ=UTC at_of --at "tomorrow 09:00 Europe/Madrid" sms:+15551230001 hi | cut -c 11-16)" = "T09:00" ]
	[ "$(at_of --at "tomorrow 09:00" sms:+15551230001 hi | cut -c 1-16)" = "$(date -d "tomorrow 09:00" +%FT%H:%M)" ]
	[ "$(at_of --at "monday 8:30" sms:+15551230001 hi | cut -c 11-16)" = "T08:30" ]
}

@test "--at: what was said is held, and sent when its time has come" {
	run_msg msg-send --at "in 2 hours" sms:+15551230001 hi
	[ "$(json .status)" = '"held"' ]
	run_msg msg-send --flush
	[ -z "$output" ]
	run_msg faketime -f '+3h' msg-send --flush
	[ "$status" -eq 0 ]
	[ "$(json .status)" = '"accepted"' ]
	run_msg msg-send -q --at now sms:+15551230001 hi
	[ "$(json .status)" = '"accepted"' ]
}

@test "--at: what is not understood is named; what has passed is refused" {
	run_msg msg-send --at "tomorow 09:00" sms:+15551230001 hi
	[ "$status" -eq 64 ]
	[ "$stderr" = "msg-send: --at: not understood: 'tomorow' in 'tomorow 09:00'" ]
	run_msg msg-send --at "tomorrow 09:00 Europe/Nowhere" sms:+15551230001 hi
	[ "$status" -eq 64 ]
	[[ $stderr == "msg-send: --at: no time zone 'Europe/Nowhere'"* ]]
	run_msg msg-send --at "2020-01-01 09:00" sms:+15551230001 hi
	[ "$status" -eq 64 ]
	[ "$stderr" = "msg-send: --at: has passed: '2020-01-01 09:00' is 2020-01-01T09:00:00+01:00" ]
	run_msg msg-send --expires soon sms:+15551230001 hi
	[ "$status" -eq 64 ]
	[ "$stderr" = "msg-send: --expires: not understood: 'soon' in 'soon'" ]
	[ "$(sqlite3 "$XDG_STATE_HOME/msg/msg.db" "SELECT count(*) FROM outbox")" -eq 0 ]
}

@test "--at: a clock that is changed is told of" {
	run_msg msg-send --at "2099-03-29 02:30" sms:+15551230001 hi
	[ "$status" -eq 0 ]
	[[ $stderr == *"the clock is moved forward at '2099-03-29 02:30': 2099-03-29T03:30:00+02:00 is meant"* ]]
}

@test "at of a line is RFC 3339, and one that has passed means at once" {
	run_msg msg-send -q <<<'{"to":"sms:+15551230001","text":"hi","at":"tomorrow 09:00"}'
	[ "$status" -eq 65 ]
	[[ $stderr == "msg-send: line 1: at: not a time such as "*": 'tomorrow 09:00'" ]]
	run_msg msg-send -q <<<'{"to":"sms:+15551230001","text":"hi","at":"2020-01-01T09:00:00Z"}'
	[ "$status" -eq 0 ]
	[ "$(json .status)" = '"accepted"' ]
}

@test "--expires takes the same words" {
	run_msg msg-send -q --at "in 2h" --expires "in 1h" sms:+15551230001 hi
	[ "$(json .status)" = '"held"' ]
	run_msg faketime -f '+3h' msg-send --flush
	[ "$status" -eq 1 ]
	[ "$(json .status)" = '"expired"' ]
}
