# msg-send as its users meet it: typed, as a filter, from cron, against carriers that misbehave.

load helper

setup() {
	msg_setup
}

teardown() {
	carrier_stop
	if mountpoint -q tiny 2>/dev/null; then umount tiny; fi
}

# The statuses of the receipts, in order.
statuses() {
	jq -r .status <<<"$output" | paste -sd' '
}

# use_carrier [SETTING ...]: an account "hook" of the webhook provider at the carrier, as the way to sms.
use_carrier() {
	cat >config.yaml <<-EOF
		channels:
		  sms: {via: [hook]}
		accounts:
		  hook:
		    provider: webhook
		    url: $CARRIER/send
	EOF
	export MSG_CONFIG="$HOME/config.yaml"
}

# store_says SQL [DIRECTORY]: rows of the store, columns with | between.
store_says() {
	/usr/bin/python3 - "${2:-$XDG_STATE_HOME/msg}/msg.db" "$1" <<-'EOF'
		import sqlite3, sys
		for row in sqlite3.connect(sys.argv[1]).execute(sys.argv[2]):
		    print("|".join(str(x) for x in row))
	EOF
}

@test "what a person types goes out, and a notice says that nothing left this machine" {
	run_msg msg-send sms:+15551230001 "disk full on" web1
	[ "$status" -eq 0 ]
	[ "$(json '[.type,.status,.channel,.via,.address,.purpose,.leg]')" = '["receipt","accepted","sms","sandbox","sms:+15551230001","transactional",0]' ]
	[[ $stderr == *"sandbox: nothing leaves this machine"* ]]
	run_msg msg-send -q sms:+15551230001 again
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
}

@test "the text comes from a pipe with - and without" {
	run_msg bash -c 'printf "a\nb\n" | msg-send mailto:ops@example.org -s disks -'
	[ "$status" -eq 0 ]
	[ "$(json .channel)" = '"email"' ]
	run_msg bash -c 'printf "a\nb\n" | msg-send -n mailto:ops@example.org'
	[ "$status" -eq 0 ]
	run_msg bash -c ': | msg-send mailto:ops@example.org'
	[ "$status" -eq 65 ]
	[ "$stderr" = "msg-send: text: empty" ]
}

@test "what a person types must say something" {
	run_msg msg-send sms:+15551230001 "$(true)"
	[ "$status" -eq 65 ]
	[ "$stderr" = "msg-send: text: empty" ]
	run_msg msg-send -s "subject says it all" mailto:ops@example.org ""
	[ "$status" -eq 0 ]
}

@test "several recipients get one receipt each" {
	run_msg msg-send sms:+15551230001,mailto:ops@example.org hello
	[ "$status" -eq 0 ]
	[ "$(json .address | sort | paste -sd' ')" = '"mailto:ops@example.org" "sms:+15551230001"' ]
	[ "$(json .message | sort -u | wc -l)" -eq 1 ]
}

@test "a filter: messages become receipts, other types pass, bad lines are kept" {
	cat >in <<-'EOF'
		{"to":"sms:+15551230001","text":"one","id":"m1"}
		{"type":"weather","sky":"blue"}
		{"to":"sms:+15551230001"}
		not json
		{"to":"sms:12ab","text":"x"}
		{"to":"sms:+15551230003","text":"two","id":"m2"}
	EOF
	run_msg bash -c 'msg-send --rejects bad <in'
	[ "$status" -eq 65 ]
	[ "$(json 'select(.type=="weather")')" = '{"type":"weather","sky":"blue"}' ]
	[ "$(json 'select(.message=="m1").status')" = '"accepted"' ]
	[ "$(json 'select(.message=="m2")|[.status,.error.class]')" = '["failed","invalid-address"]' ]
	[[ $stderr == *"line 3: text: missing"* ]]
	[[ $stderr == *"line 4: not JSON"* ]]
	[[ $stderr == *"line 5: to: "* ]]
	diff bad <(sed -n 3,5p in)
}

@test "the same id or dedupe key is delivered once, in one run and in two" {
	run_msg bash -c 'for i in 1 2; do echo "{\"to\":\"sms:+15551230001\",\"text\":\"x\",\"id\":\"a\"}"; done | msg-send'
	[ "$status" -eq 0 ]
	[ "$(statuses)" = "duplicate accepted" ] || [ "$(statuses)" = "accepted duplicate" ]
	run_msg msg-send --id a sms:+15551230001 x
	[ "$status" -eq 0 ]
	[ "$(statuses)" = duplicate ]
	run_msg msg-send --dedupe k sms:+15551230001 x
	[ "$(statuses)" = accepted ]
	run_msg msg-send --dedupe k sms:+15551230001 x
	[ "$status" -eq 0 ]
	[ "$(statuses)" = duplicate ]
	# The same id under another key is still the same message; another recipient is not.
	run_msg msg-send --id a --dedupe other sms:+15551230001 x
	[ "$(statuses)" = duplicate ]
	run_msg msg-send --id a sms:+15551230012 x
	[ "$(statuses)" = accepted ]
}

@test "two processes with the same ids deliver each once" {
	carrier_start
	use_carrier
	for i in {1..200}; do echo "{\"to\":\"sms:+15551230001\",\"text\":\"x\",\"id\":\"m$i\"}"; done >in
	msg-send <in >out1 &
	local first=$!
	msg-send <in >out2
	wait "$first"
	[ "$(cat out1 out2 | jq -r .status | sort | uniq -c | xargs)" = "200 accepted 200 duplicate" ]
	[ "$(carrier_requests | wc -l)" -eq 200 ]
}

@test "-n prints the request, sends and stores nothing, and shows no secret" {
	carrier_start
	cat >config.yaml <<-EOF
		channels:
		  sms: {via: [twilio], from: "+15550001111"}
		accounts:
		  twilio:
		    account_sid: ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
		    auth_token: env:TOKEN
		    url: $CARRIER
	EOF
	TOKEN=topsecret run_msg msg-send -c config.yaml -n sms:+15551230001 "hi there"
	[ "$status" -eq 0 ]
	[[ $output == *"/2010-04-01/Accounts/ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/Messages.json"* ]]
	[[ $output == *"To=%2B15551230001"* ]]
	[[ $output != *topsecret* ]]
	[[ $output == *"***"* ]]
	[ -z "$(carrier_requests)" ]
	[ ! -e "$XDG_STATE_HOME/msg/msg.db" ]
}

@test "-n with the sandbox shows subject, media and text" {
	echo content >report.txt
	run_msg msg-send -n --id p1 -s Disks -a report.txt mailto:ops@example.org "all full"
	[ "$status" -eq 0 ]
	[ "$output" = "# message p1 leg 0: email via sandbox to mailto:ops@example.org
(sandbox: nothing leaves this machine)
Subject: Disks
Media: report.txt

all full" ]
}

@test "nobody who said no is written to, whatever the line says" {
	run_msg msg-optin out sms:+15551230001
	[ "$status" -eq 0 ]
	run_msg msg-send --purpose emergency sms:+15551230001 x
	[ "$status" -eq 1 ]
	[ "$(json '[.status,.error.class]')" = '["blocked","opted-out"]' ]
	run_msg bash -c "echo '{\"to\":\"bob\",\"text\":\"x\",\"plan\":[{\"channel\":\"sms\",\"address\":\"+1 (555) 123-0001\"}]}' | msg-send"
	[ "$status" -eq 1 ]
	[ "$(json .status)" = '"blocked"' ]
}

@test "a contact who said no is not written to by an address in a plan, in the line, or when the contacts are gone" {
	local sms='{"channel":"sms","address":"sms:+15551230011"}' to
	echo 'contacts: people.jsonl' >config.yaml
	echo '{"id":"eve","addresses":{"sms":"+15551230011"}}' >people.jsonl
	msg-send -q -c config.yaml --at "$(date -u -d '+1 hour' +%FT%TZ)" eve later >/dev/null
	msg-optin out -q eve >/dev/null
	for to in '"eve"' '["eve"]' '"bob"' '"sms:+15551230001"' '{"id":"q"}'; do
		run_msg bash -c "echo '{\"to\":$to,\"text\":\"x\",\"plan\":[$sms]}' | msg-send -c config.yaml"
		[ "$status" -eq 1 ]
		[ "$(json '[.status,.error.class]')" = '["blocked","opted-out"]' ]
	done
	run_msg bash -c "echo '{\"to\":{\"id\":\"q\",\"addresses\":{\"sms\":\"+1 555 123 0011\"}},\"text\":\"x\"}' | msg-send -c config.yaml"
	[ "$(json .status)" = '"blocked"' ]
	# Nobody is known here but by the ledger.
	: >people.jsonl
	run_msg bash -c "echo '{\"to\":\"eve\",\"text\":\"x\",\"plan\":[$sms]}' | msg-send"
	[ "$(json '[.status,.contact]')" = '["blocked","eve"]' ]
	run_msg bash -c "echo '{\"to\":\"eve\",\"text\":\"x\",\"plan\":[$sms]}' | msg-send -n"
	[[ $output == *"would be blocked: contact is out"* ]]
	run_msg faketime '2 hours' msg-send --flush -c config.yaml
	[ "$(json .status)" = '"blocked"' ]
}

@test "a resolver that is down: whom a message is for is not guessed" {
	echo 'contacts: ["cmd:sh crm"]' >config.yaml
	echo 'while read -r who; do echo "{\"id\":\"eve\",\"addresses\":{\"sms\":\"+15551230011\"}}"; done' >crm
	msg-send -q -c config.yaml --at "$(date -u -d '+1 hour' +%FT%TZ)" eve later >/dev/null
	msg-optin out -q eve >/dev/null
	mv crm gone
	run_msg bash -c 'echo "{\"to\":\"sms:+15551230011\",\"text\":\"x\",\"plan\":[{\"channel\":\"sms\",\"address\":\"+15551230011\"}]}" |
		msg-send -c config.yaml 2>&1'
	[ "$status" -eq 69 ]
	[[ $output == *"line 1: to: contacts: "* ]]
	run_msg faketime '2 hours' msg-send --flush -c config.yaml
	[ "$status" -eq 69 ]
	[ -z "$output" ]
	mv gone crm
	run_msg faketime '3 hours' msg-send --flush -c config.yaml
	[ "$status" -eq 1 ]
	[ "$(json '[.status,.contact]')" = '["blocked","eve"]' ]
}

@test "an opt-out between queueing and sending counts" {
	msg-send -q --enqueue sms:+15551230001 later >/dev/null
	msg-optin out sms:+15551230001 >/dev/null
	run_msg msg-send --flush
	[ "$status" -eq 1 ]
	[ "$(json .status)" = '"blocked"' ]
}

@test "legs fail over in order, and a leg that was blocked gives way to the next" {
	local plan='[{"channel":"sms","address":"sms:+15551230003"},{"channel":"email","address":"ops@example.org"}]'
	run_msg bash -c "echo '{\"to\":\"x\",\"text\":\"t\",\"plan\":$plan}' | msg-send"
	[ "$status" -eq 0 ]
	[ "$(json '[.leg,.channel,.status]' | paste -sd' ')" = '[0,"sms","failed"] [1,"email","accepted"]' ]
	msg-optin out sms:+15551230001 >/dev/null
	run_msg bash -c "echo '{\"to\":\"y\",\"text\":\"t\",\"plan\":${plan/0003/0001}}' | msg-send"
	[ "$status" -eq 0 ]
	[ "$(json '[.leg,.status]' | paste -sd' ')" = '[0,"blocked"] [1,"accepted"]' ]
}

@test "-w waits for delivery, goes on to the next leg when a wait is over, and stops when it was read" {
	cat >config.yaml <<-'EOF'
		accounts:
		  sandbox: {delivered: 50ms, read: 100ms}
	EOF
	run_msg msg-send -c config.yaml -w sms:+15551230001 x
	[ "$status" -eq 0 ]
	[ "$(statuses)" = "accepted delivered" ]
	# 0006 is accepted and never delivered.
	local plan='[{"channel":"chat","address":"chat:0006","wait":"200ms","until":"read"},{"channel":"voice","address":"tel:+15551230001"}]'
	run_msg bash -c "echo '{\"to\":\"x\",\"text\":\"t\",\"plan\":$plan}' | msg-send -c config.yaml -w"
	[ "$status" -eq 0 ]
	[ "$(json '[.leg,.status]' | paste -sd' ')" = '[0,"accepted"] [1,"accepted"] [1,"delivered"]' ]
	# 0001 is read before the wait is over: no call.
	plan='[{"channel":"chat","address":"chat:0001","wait":"20s","until":"read"},{"channel":"voice","address":"tel:+15551230001"}]'
	run_msg bash -c "echo '{\"to\":\"x\",\"text\":\"t\",\"plan\":$plan}' | msg-send -c config.yaml -w"
	[ "$status" -eq 0 ]
	[ "$(json '[.leg,.status]' | paste -sd' ')" = '[0,"accepted"] [0,"delivered"] [0,"read"] [1,"canceled"]' ]
}

@test "-w gives up after its time and says that something is left" {
	run_msg msg-send --wait=300ms sms:+15551230006 x
	[ "$status" -eq 75 ]
	[ "$(statuses)" = accepted ]
}

@test "at: held, then sent by --flush when its time has come" {
	run_msg msg-send --at 2999-01-01T00:00:00Z --id h1 sms:+15551230001 x
	[ "$status" -eq 0 ]
	[ "$(statuses)" = held ]
	run_msg msg-send --flush
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	run_msg msg-send --at "$(date -u -d '+3 seconds' +%FT%TZ)" --id h2 sms:+15551230001 x
	flush_sends() {
		run_msg msg-send -q --flush
		[ "$status" -eq 0 ] && [ "$(jq -r 'select(.message=="h2").status' <<<"$output" | head -1)" = accepted ]
	}
	wait_for flush_sends
}

@test "expires: not sent after its time" {
	run_msg msg-send --expires 2020-01-01T00:00:00Z sms:+15551230001 x
	[ "$status" -eq 1 ]
	[ "$(statuses)" = expired ]
}

@test "a carrier that is down: queued, exit 69; it comes back: --flush delivers" {
	carrier_start
	use_carrier
	carrier_stop
	run_msg msg-send sms:+15551230001 x
	[ "$status" -eq 69 ]
	[ "$(json '[.status,.error.class]')" = '["queued","network"]' ]
	[[ $stderr == *"1 queued for another try"* ]]
	carrier_start
	use_carrier
	flush_sends() {
		run_msg msg-send -q --flush
		[ "$(statuses)" = accepted ]
	}
	wait_for flush_sends
	[ "$status" -eq 0 ]
	[ "$(carrier_requests | wc -l)" -eq 1 ]
}

@test "429 waits as long as it was asked to and costs no attempt" {
	carrier_start -a '{"path":"/send","status":429,"headers":{"Retry-After":"1"},"times":2}'
	use_carrier
	run_msg msg-send --wait=20s sms:+15551230001 x
	[ "$status" -eq 0 ]
	[ "$(statuses)" = "queued queued accepted" ]
	[ "$(json 'select(.status=="queued").error.class' | sort -u)" = '"rate"' ]
}

@test "a request without an answer is unknown, and is not sent again blindly" {
	carrier_start -a '{"path":"/send","fault":"close"}'
	use_carrier
	run_msg msg-send --id u1 sms:+15551230001 x
	[ "$status" -eq 75 ]
	[ "$(statuses)" = unknown ]
	run_msg msg-send --flush
	[ -z "$output" ]
	[ "$(carrier_requests | wc -l)" -eq 1 ]
	# A late receipt settles it.
	run_msg bash -c 'echo "{\"type\":\"receipt\",\"message\":\"u1\",\"leg\":0,\"address\":\"sms:+15551230001\",\"status\":\"delivered\"}" | msg-receipts record'
	[ "$status" -eq 0 ]
	run_msg msg-send --flush
	[ "$status" -eq 0 ]
	[ "$(store_says "SELECT state FROM outbox WHERE message='u1'")" = 5 ]
}

@test "500 is tried again, 400 is not; answers out of all bounds harm nobody" {
	carrier_start -a '{"path":"/send","status":500,"times":1}' -a '{"path":"/send","status":400,"times":1}' \
		-a '{"path":"/send","fault":"garbage","times":1}' -a '{"path":"/send","size":3000000,"times":1}'
	use_carrier
	run_msg msg-send --id a sms:+15551230001 x
	[ "$status" -eq 75 ]
	run_msg msg-send --id b sms:+15551230001 x
	[ "$status" -eq 1 ]
	[ "$(json '[.status,.error.class]')" = '["failed","content"]' ]
	run_msg msg-send --id c sms:+15551230001 x
	[ "$(json .status)" = '"unknown"' ]
	run_msg msg-send --id d sms:+15551230001 x
	[[ $(json .status) =~ unknown|failed|queued ]]
}

@test "a redirect is not followed" {
	carrier_start -a '{"path":"/send","status":301,"headers":{"Location":"/elsewhere"}}'
	use_carrier
	run_msg msg-send sms:+15551230001 x
	[ "$status" -eq 1 ]
	[ "$(carrier_requests .path | sort -u)" = '"/send"' ]
}

@test "kill -9 in the middle: every message is delivered or accounted for, none twice unnoticed" {
	carrier_start -a '{"path":"/send","latency_ms":5}'
	use_carrier
	for i in {1..500}; do echo "{\"to\":\"sms:+15551230001\",\"text\":\"x\",\"id\":\"m$i\"}"; done >in
	msg-send <in >out &
	local pid=$!
	wait_for test -s "$CARRIER_RECORD"
	kill -9 "$pid"
	wait "$pid" || true
	# What had not been read yet comes again, as it would from a queue; what had is known.
	run_msg bash -c 'msg-send <in; msg-send --flush; true'
	carrier_stop
	[ "$(store_says 'SELECT count(*) FROM outbox')" -eq 500 ]
	[ "$(store_says 'SELECT count(*) FROM outbox WHERE state NOT IN (4, 5)')" -eq 0 ]
	# Each that was sent twice, or not at all, must be one of those marked unknown.
	local unknown
	unknown=$(store_says 'SELECT count(*) FROM outbox WHERE state = 4')
	[ "$(wc -l <"$CARRIER_RECORD")" -le 500 ]
	[ $(($(wc -l <"$CARRIER_RECORD") + unknown)) -ge 500 ]
}

@test "SIGTERM: what was read is queued, and the run ends" {
	carrier_start -a '{"path":"/send","latency_ms":100}'
	use_carrier
	for i in {1..300}; do echo "{\"to\":\"sms:+15551230001\",\"text\":\"x\",\"id\":\"m$i\"}"; done >in
	msg-send -j 4 <in >out 2>err &
	local pid=$!
	wait_for test -s out
	kill -TERM "$pid"
	local code=0
	wait "$pid" || code=$?
	[ "$code" -eq 75 ]
	run_msg msg-send -j 100 --flush
	[ "$(store_says 'SELECT count(*) FROM outbox WHERE state = 5')" -eq 300 ]
	[ "$(carrier_requests | wc -l)" -eq 300 ]
}

@test "an account that fails gives way to the channel's next" {
	carrier_start -a '{"path":"/one","status":401}'
	cat >config.yaml <<-EOF
		channels:
		  sms: {via: [one, two]}
		accounts:
		  one: {provider: webhook, url: "$CARRIER/one"}
		  two: {provider: webhook, url: "$CARRIER/two"}
	EOF
	run_msg msg-send -c config.yaml sms:+15551230001 x
	[ "$(json '[.via,.status]' | paste -sd' ')" = '["one","queued"] ["two","accepted"]' ]
	[ "$status" -eq 77 ]
}

@test "a channel without a way refuses its message alone" {
	carrier_start
	use_carrier
	run_msg bash -c 'printf "%s\n" "{\"to\":\"telegram:@ana\",\"text\":\"x\"}" "{\"to\":\"sms:+15551230001\",\"text\":\"y\"}" | msg-send'
	[ "$status" -eq 78 ]
	[[ $stderr == "msg-send: line 1: to: no account for channel 'telegram' in '"*"config.yaml' (msg-providers(7) tells how to set one up)" ]]
	[ "$(json .status)" = '"accepted"' ]
	run_msg msg-send pager:7 hello
	[ "$status" -eq 65 ]
	[ "$stderr" = "msg-send: to: unknown channel 'pager'" ]
	run_msg msg-send -n telegram:@ana hello
	[[ $status -eq 78 && -z $output ]]
}

@test "what is queued for accounts is not for the sandbox, and what was tried out stays with it" {
	carrier_start -a '{"status":503,"times":1}'
	use_carrier
	run_msg msg-send -q --id real sms:+15551230001 x
	[ "$status" -eq 75 ]
	unset MSG_CONFIG
	# Whoever forgets -c: nothing is taken from the queue, and that is said.
	sqlite3 "$XDG_STATE_HOME/msg/msg.db" "UPDATE outbox SET due_ms = 0"
	run_msg msg-send -q --flush
	[[ $status -eq 78 && -z $output ]]
	[ "$stderr" = "msg-send: what is queued is for the accounts of another configuration: say which with -c" ]
	[ "$(msg-send --queue | jq -r '[.message, .state] | @tsv')" = $'real\tqueued' ]
	# Before there was a configuration: plain, with a plan of its own, and for later.
	run_msg msg-send -q --enqueue --id plain sms:+15551230001 x
	run_msg bash -c 'echo "{\"id\":\"planned\",\"to\":\"sms:+15551230001\",\"text\":\"x\"}" | msg-route | msg-send -q --enqueue'
	[ "$status" -eq 0 ]
	sqlite3 "$XDG_STATE_HOME/msg/msg.db" "UPDATE outbox SET due_ms = 0"
	run_msg msg-send -q -c config.yaml --flush
	[ "$status" -eq 0 ]
	[ "$(json 'select(.status == "accepted") | [.message, .via]' | sort | tr '\n' ' ')" = '["plain","sandbox"] ["planned","sandbox"] ["real","hook"] ' ]
	[ "$(carrier_requests .path | wc -l)" -eq 2 ]
}

@test "whom it may mean instead is said" {
	local case
	msg_contacts() { printf '%s\n' 'contacts: people.yaml' >config.yaml && printf '%s\n' 'contacts: {ana: {addresses: {sms: "+15551230001"}}}' \
		'groups: {oncall: [ana]}' >people.yaml; }
	msg_contacts
	for case in "snms:+15551230001|unknown channel 'snms' (did you mean 'sms'?)" \
		"https://example.org/x|unknown channel 'https' (a web hook is written 'webhook:https://example.org/x')" \
		"15551230001|no contact '15551230001' (a telephone number begins with + and its country's code)" \
		"#ops|no contact '#ops' (an address names its channel: 'slack:#ops')" \
		"an|no contact 'an' (did you mean 'ana'?)" "@oncal|no group '@oncal' (did you mean '@oncall'?)" "zoe|no contact 'zoe'"; do
		for dry in -n -q; do
			run_msg msg-send -c config.yaml $dry "${case%%|*}" hello
			[[ $status -eq 65 && $stderr == "msg-send: to: ${case#*|}" ]] || { echo "${case%%|*}: $stderr"; return 1; }
		done
	done
	run_msg msg-send ana hello
	[ "$stderr" = "msg-send: to: no contact 'ana' (the configuration names no contacts)" ]
}

@test "what becomes of a message that was typed is said, also to whoever looks at no receipt" {
	run_msg bash -c 'msg-send sms:+15551230003 x >/dev/null'
	[[ $status -eq 1 && $stderr == *$'\nmsg-send: sms:+1555•••0003: failed (sandbox): no such recipient' ]]
	run_msg bash -c 'msg-send -q sms:+15551230003 x >/dev/null'
	[[ $status -eq 1 && $stderr == "msg-send: sms:+1555•••0003: failed (sandbox): no such recipient" ]]
	run_msg bash -c 'msg-send -q -v -p marketing sms:+15551230001 x >/dev/null'
	[[ $status -eq 1 && $stderr == "msg-send: sms:+15551230001: blocked: marketing needs consent, and none is recorded (consent/US/marketing)" ]]
	run_msg bash -c 'msg-send sms:+15551230004 x >/dev/null'
	[[ $status -eq 75 && $stderr == *"sms:+1555•••0004: queued (sandbox): the carrier is busy"*"1 queued for another try"* ]]
	run_msg bash -c 'msg-send -q sms:+15551230004 x >/dev/null'
	[[ $status -eq 75 && -z $stderr ]]
	run_msg bash -c 'msg-send --id twice sms:+15551230001 x; msg-send --id twice sms:+15551230001 x'
	[[ $status -eq 0 && $stderr == *"sms:+1555•••0001: duplicate: a message with this id or dedupe key is known already" ]]
	# A leg that another one follows has not ended the message.
	echo '{"id":"emi","addresses":{"whatsapp":"+447700900003","sms":"+447700900008"},"prefer":["whatsapp"]}' >people.jsonl
	echo 'contacts: people.jsonl' >config.yaml
	run_msg bash -c 'msg-send -c config.yaml emi x >/dev/null'
	[[ $status -eq 0 && $stderr == *"emi: failed (whatsapp): no such recipient"* ]]
	run_msg bash -c 'msg-send -q -c config.yaml --id again emi x >/dev/null'
	[[ $status -eq 0 && -z $stderr ]]
	# Of lines the receipts tell, one by one.
	run_msg bash -c 'printf "{\"to\":\"sms:+1555123000%s\",\"text\":\"x\"}\n" 1 3 | msg-send >/dev/null'
	[[ $status -eq 1 && $stderr == *"1 failed (the receipts say why)"* && $stderr != *0003* && $stderr != *blocked* ]]
}

@test "wrong use says so" {
	run_msg msg-send --flush sms:+15551230001
	[ "$status" -eq 64 ]
	# A dry run must not deliver what is due.
	msg-send -q --enqueue sms:+15551230001 x >/dev/null
	for option in --flush --watch; do
		run_msg msg-send -n "$option"
		[ "$status" -eq 64 ]
		[ -z "$output" ]
	done
	[ "$(store_says 'SELECT count(*) FROM outbox WHERE attempt > 0')" -eq 0 ]
	run_msg msg-send -j 0 sms:+15551230001 x
	[ "$status" -eq 64 ]
	run_msg msg-send -w 5m sms:+15551230001 x
	[[ $status -eq 64 && $stderr == "msg-send: a duration belongs to the option: --wait=5m" ]]
	run_msg msg-send sms:+15551230001 -5 degrees
	[[ $status -eq 64 && $stderr == *"unknown option '-5' (-h for help; what begins with - and is no option goes behind --)" ]]
	run_msg msg-send --subjct x sms:+15551230001 x
	[[ $status -eq 64 && $stderr == *"unknown option '--subjct' (did you mean '--subject'? -h for help)" ]]
	run_msg msg-send --re 1 sms:+15551230001 x
	[[ $status -eq 64 && $stderr == *"option '--re' may be '--replace' or '--rejects' (-h for help)" ]]
	run_msg msg-send --queue=all
	[[ $status -eq 64 && $stderr == *"option '--queue' takes no value (-h for help)" ]]
	run_msg msg-receipts reprot
	[[ $status -eq 64 && $stderr == *"unknown command 'reprot' (did you mean 'report'? -h for help)" ]]
	run_msg msg-send --purpose fun sms:+15551230001 x
	[ "$status" -eq 64 ]
	[ "$stderr" = "msg-send: --purpose: not otp, transactional, service, marketing or emergency: 'fun'" ]
	run_msg msg-send --at someday sms:+15551230001 x
	[ "$status" -eq 64 ]
	[ "$stderr" = "msg-send: --at: not understood: 'someday' in 'someday'" ]
	run_msg msg-send -a gone.pdf mailto:ana@example.org x
	[ "$status" -eq 65 ]
	[ "$stderr" = "msg-send: --attach: cannot read 'gone.pdf': No such file or directory" ]
	run_msg msg-send nobody hello
	[ "$status" -eq 65 ]
}

@test "closed and full outputs are errors, the message is not lost" {
	run_msg bash -c 'msg-send sms:+15551230001 x >/dev/full'
	[ "$status" -eq 74 ]
	run_msg bash -c 'msg-send --id c sms:+15551230001 x >&-'
	[ "$status" -eq 74 ]
	[ "$(store_says 'SELECT count(*) FROM outbox')" -eq 2 ]
}

@test "a store that cannot be written keeps the lines in the rejects" {
	mkdir -p state
	: >state/msg.db
	echo "not a database, and long enough not to be taken for an empty one ........................................" >state/msg.db
	printf 'state: state\n' >config.yaml
	run_msg bash -c 'echo "{\"to\":\"sms:+15551230001\",\"text\":\"x\"}" | msg-send -c config.yaml'
	[ "$status" -eq 73 ]
	[[ $stderr == *"damaged"* ]]
}

@test "a secret that cannot be read: said once, exit 77, the message waits" {
	cat >config.yaml <<-'EOF'
		channels:
		  sms: {via: [twilio], from: "+15550001111"}
		accounts:
		  twilio: {account_sid: ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, auth_token: "env:NOT_SET"}
	EOF
	run_msg bash -c 'printf "%s\n" "{\"to\":\"sms:+15551230001\",\"text\":\"x\"}" "{\"to\":\"sms:+15551230008\",\"text\":\"y\"}" |
		msg-send -q -c config.yaml'
	[ "$status" -eq 77 ]
	[ "$stderr" = "msg-send: accounts.twilio.auth_token: secret 'env:NOT_SET': not set" ]
	[ "$(json '[.status,.error.class]' | sort -u)" = '["queued","auth"]' ]
	carrier_start -a '{"status":201,"body":"{\"sid\":\"SM1\",\"status\":\"queued\"}"}'
	sed -i "s|NOT_SET\"|NOT_SET\", url: \"$CARRIER\"|" config.yaml
	NOT_SET=token run_msg faketime '1 hour' msg-send --flush -c config.yaml
	[ "$status" -eq 0 ]
	[ "$(json '[.status,.provider_id]' | sort -u)" = '["accepted","SM1"]' ]
	[ "$(wc -l <<<"$output")" -eq 2 ]
}

@test "a secret that cannot be read does not keep a plan from its next leg" {
	cat >config.yaml <<-'EOF'
		channels:
		  sms: {via: twilio, from: "+15550001111"}
		  voice: {via: sandbox}
		accounts:
		  twilio: {account_sid: ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, auth_token: "env:NOT_SET"}
		  sandbox: {}
	EOF
	run_msg bash -c 'echo "{\"to\":\"kim\",\"text\":\"x\",\"plan\":[{\"channel\":\"sms\",\"address\":\"+15551230001\"},
		{\"channel\":\"voice\",\"address\":\"+15551230001\"}]}" | tr -d "\n" | msg-send -c config.yaml'
	[ "$status" -eq 77 ]
	[ "$(json '[.channel,.status]' | paste -sd' ')" = '["sms","failed"] ["voice","accepted"]' ]
}

@test "exec: any command is a channel" {
	cat >config.yaml <<-'EOF'
		channels:
		  pager: {via: [beep]}
		accounts:
		  beep: {provider: exec, command: "cat >> beeped"}
	EOF
	run_msg msg-send -c config.yaml pager:7 wake up
	[ "$status" -eq 0 ]
	[ "$(json .status)" = '"accepted"' ]
	[ "$(jq -r .text beeped)" = "wake up" ]
}

@test "--watch delivers what another process queues, until it is stopped" {
	msg-send --watch >out 2>err &
	local pid=$!
	msg-send -q --enqueue --id w1 sms:+15551230001 x >/dev/null
	wait_for grep -q '"status":"accepted"' out
	kill "$pid"
	wait "$pid"
}

@test "templates: the language falls back, a missing value is an error" {
	mkdir -p t
	printf 'Hi {{contact.name?you}}, {{what}}\n' >t/hello.txt
	printf 'Hola, {{what}}\n' >t/hello.es.txt
	printf 'templates: t\n' >config.yaml
	run_msg msg-send -c config.yaml -n --template hello --data what=lunch --lang es-MX mailto:a@example.org
	[ "$status" -eq 0 ]
	run_msg msg-send -c config.yaml --template hello sms:+15551230001
	[ "$status" -eq 1 ]
	[ "$(json '[.status,.error.class]')" = '["failed","content"]' ]
}

@test "a full disk: every line is in the outbox or in the rejects" {
	mkdir tiny
	mount -t tmpfs -o size=800k tmpfs tiny 2>/dev/null || skip "cannot mount a small file system here"
	printf 'state: tiny\n' >config.yaml
	for i in {1..5000}; do echo "{\"to\":\"sms:+15551230001\",\"text\":\"x\",\"id\":\"m$i\"}"; done >in
	run_msg bash -c 'msg-send -q -c config.yaml --rejects rejects <in'
	local code=$status
	local kept
	kept=$(store_says 'SELECT count(*) FROM outbox' tiny)
	umount tiny
	[ "$code" -eq 73 ]
	[[ $stderr == *"no space left"* ]]
	[ $((kept + $(wc -l <rejects))) -eq 5000 ]
}
