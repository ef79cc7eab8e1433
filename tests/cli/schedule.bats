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

# wait_state STATE: until a row of the outbox is in it (0 queued, 1 held, 2 in flight, 3 accepted, 4 unknown, 5 done).
wait_state() {
	in_state() {
		[ "$(sqlite3 "$XDG_STATE_HOME/msg/msg.db" "SELECT count(*) FROM outbox WHERE state = $1" 2>/dev/null)" -gt 0 ]
	}
	wait_for in_state "$1"
}

# use_carrier: an account "hook" of the webhook provider at the carrier, as the way to sms.
use_carrier() {
	cat >config.yaml <<-EOF
		channels:
		  sms: {via: [hook]}
		  email: {via: [sandbox]}
		accounts:
		  hook:
		    provider: webhook
		    url: $CARRIER/send
	EOF
	export MSG_CONFIG="$HOME/config.yaml"
}

@test "--cancel takes back what is held; it is never sent, and its id stays known" {
	msg-send -q --id m1 --at "in 2h" sms:+15551230001 hi
	run_msg msg-send --cancel m1
	[ "$status" -eq 0 ]
	[ "$(json '[.type,.message,.leg,.channel,.address,.purpose,.status]')" = \
		'["receipt","m1",0,"sms","sms:+15551230001","transactional","canceled"]' ]
	run_msg faketime -f '+3h' msg-send --flush
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	run_msg msg-send --cancel m1
	[ "$status" -eq 1 ]
	[ -z "$output" ]
	[ "$stderr" = "msg-send: 'm1' to 'sms:+1555•••0001': has ended: canceled" ]
	run_msg msg-send --id m1 sms:+15551230001 hi
	[ "$(json .status)" = '"duplicate"' ]
}

@test "--cancel: several recipients, several ids, and what is not there" {
	msg-send -q --id m1 --enqueue sms:+15551230001,mailto:ana@example.org hi
	msg-send -q --id m2 --enqueue sms:+15551230001 hi
	run_msg msg-send --cancel m1 --cancel m2 --cancel m3
	[ "$status" -eq 1 ]
	[ "$(json .message | sort | paste -sd' ')" = '"m1" "m1" "m2"' ]
	[ "$stderr" = "msg-send: nothing to cancel: no message of id 'm3' is in the outbox" ]
	run_msg msg-send --flush
	[ -z "$output" ]
}

@test "--cancel-dedupe finds the message of a key" {
	msg-send -q --dedupe ride-88 --enqueue sms:+15551230001 hi
	run_msg msg-send --cancel-dedupe ride-88
	[ "$status" -eq 0 ]
	[ "$(json .status)" = '"canceled"' ]
	run_msg msg-send --cancel-dedupe ride-89
	[ "$status" -eq 1 ]
	[ "$stderr" = "msg-send: nothing to cancel: no message of dedupe key 'ride-89' is in the outbox" ]
}

@test "--cancel: legs of a plan that have not had their turn" {
	echo '{"id":"m1","to":{"id":"ana","addresses":{"sms":"+15551230006","email":"ana@example.org"}},"text":"hi","topic":"rides",
		"plan":[{"channel":"sms","address":"sms:+15551230006","wait":"1h"},{"channel":"email","address":"mailto:ana@example.org","wait":"1h"},
		{"channel":"voice","address":"tel:+15551230006"}]}' | jq -c . | msg-send -q
	run_msg msg-send --cancel m1
	[ "$status" -eq 0 ]
	[ "$(json '[.leg,.channel,.address,.contact,.topic,.status]' | paste -sd' ')" = \
		'[1,"email","mailto:ana@example.org","ana","rides","canceled"] [2,"voice","tel:+15551230006","ana","rides","canceled"]' ]
	[ "$stderr" = "msg-send: 'm1' to 'ana': leg 0 has left; 2 after it canceled" ]
	run_msg faketime -f '+3h' msg-send --flush
	[ "$status" -eq 0 ]
	[ -z "$(json 'select(.leg > 0)')" ]
}

@test "--cancel does not touch what is in flight, says so, and keeps it from another try" {
	carrier_start -a '{"path":"/send","status":503,"latency_ms":2000}'
	use_carrier
	msg-send -q --id m1 sms:+15551230001 hi >sent &
	local sender=$!
	wait_state 2
	run_msg msg-send --cancel m1
	[ "$status" -eq 1 ]
	[ -z "$output" ]
	[ "$stderr" = "msg-send: 'm1' to 'sms:+1555•••0001': is in flight and cannot be called back; if this try fails there is no other" ]
	wait $sender || true
	run_msg faketime -f '+1h' msg-send --flush
	[ "$status" -eq 0 ]
	[ "$(json .status)" = '"canceled"' ]
	[ "$(carrier_requests | wc -l)" -eq 1 ]
}

@test "--cancel while another process waits with the message: that one ends it" {
	carrier_start -a '{"path":"/send","status":429,"headers":{"Retry-After":"3"}}'
	use_carrier
	msg-send -q --id m1 --wait=30s sms:+15551230001 hi >sent &
	local sender=$!
	waits() {
		[ "$(sqlite3 "$XDG_STATE_HOME/msg/msg.db" "SELECT count(*) FROM outbox WHERE state = 0 AND owner IS NOT NULL" 2>/dev/null)" -eq 1 ]
	}
	wait_for waits
	run_msg msg-send --cancel m1
	[ "$status" -eq 0 ]
	[ "$(json .status)" = '"canceled"' ]
	[ -z "$(msg-send --queue)" ]
	wait $sender || true
	[ "$(sqlite3 "$XDG_STATE_HOME/msg/msg.db" "SELECT state FROM outbox")" = 5 ]
	[ "$(carrier_requests | wc -l)" -eq 1 ]
}

@test "--queue says what waits and why" {
	carrier_start -a '{"path":"/send","status":503}'
	use_carrier
	run_msg msg-send --queue
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	msg-send -q --id held --at "2099-01-01 09:00" sms:+15551230001 hi
	msg-send -q --id ready --enqueue mailto:ana@example.org hi
	msg-send -q --id again sms:+15551230001 hi || true
	msg-send -q --id doubt mailto:0007@example.org hi || true
	echo '{"id":"legs","to":{"id":"ana"},"text":"hi","plan":[{"channel":"email","address":"mailto:0006@example.org","wait":"1h"},
		{"channel":"voice","address":"tel:+15551230006","via":"sandbox"}]}' | jq -c . | msg-send -q
	run_msg msg-send --queue
	[ "$status" -eq 0 ]
	[ "$(json '[.message,.state,.why,.channel,.leg,.legs,.attempts]' | sort | paste -sd' ')" = \
		'["again","queued","retry","sms",0,1,1] ["doubt","unknown","unknown","email",0,1,1] ["held","held","at","sms",0,1,0] ["legs","accepted","turn","email",0,2,1] ["ready","queued","ready","email",0,1,0]' ]
	[ "$(json 'select(.message == "held") | [.to,.due,.contact]')" = '["sms:+1555•••0001","2099-01-01T08:00:00.000Z",null]' ]
	[ "$(json 'select(.message == "again") | .error')" = '{"class":"provider","code":"503"}' ]
	[ "$(json 'select(.message == "legs") | .contact')" = '"ana"' ]
	[ "$(msg-send -v --queue | jq -r 'select(.message == "held").to')" = "sms:+15551230001" ]
	run_msg msg-send --queue sms:+15551230001
	[ "$status" -eq 64 ]
	run_msg msg-send --queue --cancel m1
	[ "$status" -eq 64 ]
}

@test "--queue is a table on a terminal" {
	msg-send -q --id held --at "in 2h" sms:+15551230001 hi
	run script -qec "COLUMNS=100 msg-send --queue" /dev/null
	[ "$status" -eq 0 ]
	[[ $output == *message*to*channel*state*since*due*why* ]]
	[[ $output == *held*sms:+1555*0001*sms*held*"in 1h59m"*at* ]]
}
