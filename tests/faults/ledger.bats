# What becomes of the consent ledger when a writer dies, when somebody edits the store, and when two write at once.

load ../cli/helper

setup() {
	msg_setup
}

# consents COUNT: a CSV file of as many.
consents() {
	awk -v n="$1" 'BEGIN {
		print "address,state,time,evidence"
		for (i = 0; i < n; i++) printf "sms:+1555%07d,%s,2026-01-01T00:00:%02dZ,form %d\n", 2000000 + i, i % 3 ? "in" : "out", i % 60, i
	}'
}

addresses() {
	tail -n +2 "$1" | cut -d, -f1
}

@test "kill -9 while 100,000 consents are imported: a beginning of the file, at least as long as the report says, and it goes on" {
	consents 100000 >list.csv
	addresses list.csv >all
	local round reported stored pid before=0
	for round in 1 2 3 4 5 6; do
		: >report
		msg-optin import -q list.csv >report 2>errors 3>&- &
		pid=$!
		# At another place each time.
		wait_for eval "[[ \$(wc -l <report) -ge $((round * 3)) ]]"
		kill -9 $pid
		wait $pid 2>/dev/null || true
		[ ! -s errors ]
		run_msg msg-optin verify
		[ "$status" -eq 0 ]
		msg-optin export | jq -r .address >stored
		stored=$(wc -l <stored)
		cmp <(head -n "$stored" all) stored
		reported=$(grep '}$' report | tail -n 1 | jq '.recorded + .known')
		((reported > 0 && stored >= reported && stored >= before))
		before=$stored
	done
	((before < 100000))
	run_msg msg-optin import -q list.csv
	[ "$status" -eq 0 ]
	[ "$(tail -n 1 <<<"$output" | jq -c '[.line, .recorded + .known, .refused, .done]')" = '[100001,100000,0,true]' ]
	[ "$(msg-optin verify)" = "whole: 100000 events, 0 checkpoints" ]
	cmp all <(msg-optin export | jq -r .address)
}

@test "rows that somebody alters, removes, adds or swaps: verify names the first of them" {
	consents 200 >list.csv
	msg-optin import -q list.csv >/dev/null
	msg-optin forget sms:+15552000007 >/dev/null
	msg-optin prefs sms:+15552000008 --lang es >/dev/null
	echo '{"type":"inbound","id":"i","from":"sms:+15552000010","text":"too many texts"}' | msg-optin keywords >/dev/null
	msg-optin in sms:+16135550123 --strength implied --basis inquiry >/dev/null
	msg-optin checkpoint >kept
	run_msg /usr/bin/python3 "$ROOT/tests/faults/tamper.py" msg-optin "$XDG_STATE_HOME/msg/msg.db" kept
	echo "$output$stderr"
	[ "$status" -eq 0 ]
	[[ $output == *" edits, each found where it was made" ]]
	[ -z "${MSG_SHOW:-}" ] || echo "# $output" >&3
}

@test "two who import at once, and one who forgets meanwhile: one chain, nothing twice, nothing lost" {
	consents 6000 >list.csv
	msg-optin import -q list.csv >one 3>&- &
	local first=$!
	msg-optin import -q list.csv >two 3>&- &
	local second=$!
	wait_for test -s one
	msg-optin forget -q sms:+15552000000 >/dev/null
	wait $first || [ $? -eq 65 ]
	wait $second || [ $? -eq 65 ]
	run_msg msg-optin verify
	[ "$status" -eq 0 ]
	[ "$(msg-optin export | jq -r .address | grep -c sms:)" -eq 5999 ]
	[ "$(msg-optin export | jq -r .address | grep sms: | sort | uniq -d | wc -l)" -eq 0 ]
	[ "$(jq -s 'map(select(.done)) | length' one two)" -eq 2 ]
}

@test "a full disk while importing: what is reported is there, and the rest comes later" {
	consents 20000 >list.csv
	# 512-byte blocks: room for some of it.
	run --separate-stderr bash -c 'ulimit -f 3000; trap "" XFSZ; msg-optin import -q list.csv >report; s=$?; cat report; exit $s'
	[ "$status" -eq 73 ]
	local reported
	reported=$(tail -n 1 <<<"$output" | jq .recorded)
	run_msg msg-optin verify
	[ "$status" -eq 0 ]
	(($(msg-optin export | wc -l) >= reported))
	run_msg msg-optin import -q list.csv
	[ "$status" -eq 0 ]
	[ "$(msg-optin export | wc -l)" -eq 20000 ]
}
