# A store that an earlier version wrote is brought up to date by whoever writes to it first, with all that is in it.

load helper

setup() {
	msg_setup
	mkdir -p "$XDG_STATE_HOME/msg"
	python3 - "$XDG_STATE_HOME/msg/msg.db" "$ROOT/tests/cli/store-1.sql" <<-'EOF'
		import sqlite3, sys
		db = sqlite3.connect(sys.argv[1])
		db.execute("PRAGMA journal_mode=WAL")
		db.executescript(open(sys.argv[2]).read())
	EOF
	# What an earlier version queued says nothing of a sandbox: it waits for a configuration with accounts.
	echo 'accounts: {carrier: {provider: sandbox}}' >config.yaml
	export MSG_CONFIG=$PWD/config.yaml
}

@test "version 1: what waits is delivered, what was delivered is known, who said no is not written to" {
	run_msg msg-send --flush
	[ "$status" -eq 0 ]
	[ "$(json '[.message,.status]')" = '["waits","accepted"]' ]
	run_msg msg-send --id taken sms:+15551230006 x
	[ "$(json .status)" = '"duplicate"' ]
	run_msg msg-send --dedupe k mailto:ana@example.org x
	[ "$(json .status)" = '"duplicate"' ]
	run_msg msg-send sms:+15551230002 x
	[ "$status" -eq 1 ]
	[ "$(json '[.status,.error.class]')" = '["blocked","opted-out"]' ]
	run_msg msg-optin verify
	[ "$status" -eq 0 ]
}

@test "version 1: who is in its ledger can be forgotten, and the chain goes on through it" {
	local before
	before=$(msg-optin export | wc -l)
	run_msg msg-optin forget sms:+15551230002
	[ "$status" -eq 0 ]
	[ "$(json .evidence)" = '"1 event"' ]
	run_msg msg-optin verify
	[ "$output" = "whole: $((before + 1)) events (1 forgotten), 0 checkpoints" ]
	run grep -c 5551230002 "$XDG_STATE_HOME/msg/msg.db"
	[ "$output" = 0 ]
	run_msg msg-send sms:+15551230002 x
	[ "$(json '[.status,.error.class]')" = '["blocked","opted-out"]' ]
}

@test "version 1: news settles what was unknown" {
	run_msg msg-receipts record <<<'{"type":"receipt","message":"lost","address":"sms:+15551230007","leg":0,"status":"delivered"}'
	[ "$status" -eq 0 ]
	run_msg msg-send --flush
	[ "$status" -eq 0 ]
	run_msg msg-receipts show lost
	[[ $output == *delivered* ]]
}

@test "two who find an old store at once bring it up to date once" {
	for i in 1 2 3 4; do msg-send --id "new$i" sms:+15551230001 x >"out$i" 2>"err$i" & done
	wait
	[ "$(cat out? | jq -c .status | sort | uniq -c | tr -s ' ')" = ' 4 "accepted"' ]
}
