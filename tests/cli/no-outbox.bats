# --no-outbox: what cannot be delivered at once has failed, and nothing of it is kept.

load helper

setup() {
	msg_setup
}

teardown() {
	carrier_stop
}

config() {
	cat >config.yaml <<-EOF
		channels: {sms: {via: [hook]}, chat: {via: [other]}}
		accounts:
		  hook: {provider: webhook, url: "$CARRIER/hook"${1:+, $1}}
		  other: {provider: webhook, url: "$CARRIER/other"}
	EOF
	export MSG_CONFIG="$HOME/config.yaml"
}

rows() {
	python3 -c 'import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute("SELECT count(*) FROM outbox").fetchone()[0])' \
		"$XDG_STATE_HOME/msg/msg.db"
}

@test "what is delivered leaves no trace, and may be repeated" {
	carrier_start
	config
	for i in 1 2; do
		run_msg msg-send --no-outbox --id same sms:+15551230001 x
		[ "$status" -eq 0 ]
		[ "$(json .status)" = '"accepted"' ]
	done
	[ "$(rows)" -eq 0 ]
	[ "$(carrier_requests | wc -l)" -eq 2 ]
}

@test "what is refused now has failed; the next leg is tried at once" {
	carrier_start -a '{"path":"/hook","status":503}' -a '{"path":"/other","status":429,"headers":{"Retry-After":"1"}}'
	config
	run_msg msg-send --no-outbox sms:+15551230001 x
	[ "$status" -eq 1 ]
	[ "$(json '[.status,.error.class]')" = '["failed","provider"]' ]
	run_msg msg-send --no-outbox <<<'{"to":"x","text":"x","plan":[{"channel":"sms","address":"+15551230001"},{"channel":"chat","address":"ana"}]}'
	[ "$(json '[.channel,.status]' | paste -sd' ')" = '["sms","failed"] ["chat","failed"]' ]
	run_msg msg-send --no-outbox <<<'{"to":"sms:+15551230001","text":"x","at":"2099-01-01T00:00:00Z"}'
	[ "$(json '[.status,.error.code]')" = '["failed","no-outbox"]' ]
	[ "$(rows)" -eq 0 ]
}

@test "no answer stays unknown" {
	carrier_start -a '{"path":"/hook","fault":"close"}'
	config
	run_msg msg-send --no-outbox -p otp sms:+15551230001 x
	[ "$status" -eq 1 ]
	[ "$(json .status)" = '"unknown"' ]
	[ "$(carrier_requests | wc -l)" -eq 1 ]
}

@test "who said no is not written to" {
	carrier_start
	config
	run_msg msg-optin out sms:+15551230001
	run_msg msg-send --no-outbox sms:+15551230001 x
	[ "$status" -eq 1 ]
	[ "$(json .status)" = '"blocked"' ]
	[ "$(carrier_requests | wc -l)" -eq 0 ]
}

@test "a rate is kept, in memory" {
	carrier_start
	config 'rate: {messages: 5/s, burst: 1}'
	local start
	start=$(date +%s%3N)
	for i in 1 2 3 4 5 6; do echo '{"to":"sms:+15551230001","text":"x"}'; done >in
	run_msg msg-send --no-outbox <in
	[ "$status" -eq 0 ]
	[ "$(($(date +%s%3N) - start))" -ge 950 ]
	[ "$(json .status | sort | uniq -c | tr -s ' ')" = ' 6 "accepted"' ]
}

@test "a deadline ends it: what has not gone is said to be over" {
	carrier_start -a '{"path":"/hook","fault":"hang"}'
	config
	for ((i = 0; i < 100; i++)); do echo '{"to":"sms:+15551230001","text":"x"}'; done >in
	run_msg msg-send --no-outbox -j 2 --deadline 1s <in
	[[ $stderr == *"and what follows was not read: the deadline has come"* ]]
	[ "$(json .status | sort -u | paste -sd' ')" = '"expired" "unknown"' ]
	[ "$(json .status | wc -l)" -eq 100 ]
}

@test "it does not go with what needs an outbox" {
	for option in --enqueue --flush --watch --wait "--at=tomorrow"; do
		run_msg msg-send --no-outbox "$option" </dev/null
		[ "$status" -eq 64 ]
	done
}
