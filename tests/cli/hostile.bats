# Names, keys and answers that somebody else chose: what they may not do to a terminal, a log, a line or the ledger.

load helper

setup() {
	msg_setup
}

# one_line: stderr is a single line without anything that steers a terminal or turns text around.
one_line() {
	[ "$(wc -l <<<"$stderr")" -eq 1 ]
	! LC_ALL=C.UTF-8 grep -qP '[\x00-\x09\x0b-\x1f\x7f\x{80}-\x{9f}\x{202a}-\x{202e}\x{2066}-\x{2069}\x{2028}\x{2029}]' <<<"$stderr"
}

@test "an error is one line, whatever a key is called" {
	run_msg msg-send <<<'{"to":{"id":"a","addresses":{"x\u001b[31m\nmsg-send: line 9: all well\u009b0m\u202e":5}},"text":"x"}'
	[ "$status" -eq 65 ]
	one_line
	[[ $stderr == 'msg-send: line 1: to.addresses.x\x1b[31m\x0amsg-send:'* ]]
}

@test "an error is one line, whatever a file is called" {
	local name=$'x\e]0;owned\a\nmsg-route: all well \xff'
	run_msg msg-route "$name"
	[ "$status" -eq 64 ]
	one_line
	run_msg msg-send -c "$name" sms:+15551230001 x
	[ "$status" -eq 78 ]
	one_line
	echo '{' >"$name"
	run_msg msg-route "$name"
	[ "$status" -eq 65 ]
	one_line
}

@test "an import's report is lines, whatever its file is called" {
	local name=$'people\xff.jsonl'
	echo '{"state":"in","address":"sms:+1555"}' >"$name"
	run_msg msg-optin import "$name"
	[ "$status" -eq 65 ]
	[ "$(json .type)" = $'"refused"\n"import"' ]
	[ "$(json .file | sort -u)" = '"people�.jsonl"' ]
}

@test "an option's value that is not UTF-8 is refused, not dropped" {
	run_msg msg-optin prefs --lang $'\xff' sms:+15551230001
	[ "$status" -eq 64 ]
	[ "$stderr" = "msg-optin: --lang: not UTF-8: '\xff'" ]
	run_msg msg-optin ask --link $'https://x.example/\xff?c={{code}}' sms:+15551230001
	[ "$status" -eq 64 ]
	run_msg msg-send --subject $'\xff' sms:+15551230001 x
	[ "$status" -eq 64 ]
}

@test "an answer that is not UTF-8 makes a receipt that is" {
	cat >config.yaml <<-'EOF'
		channels: {beep: {via: [beeper]}}
		accounts: {beeper: {provider: exec, command: "cat >/dev/null; printf 'no \\377\\302\\233 \\342\\202'; exit 65"}}
	EOF
	run_msg msg-send -c config.yaml beep:1 x
	[ "$status" -eq 1 ]
	[ "$(json .error.text)" = '"no ?   ??"' ]
}

@test "the database of another program stays as it is" {
	mkdir -p "$XDG_STATE_HOME/msg"
	sqlite3 "$XDG_STATE_HOME/msg/msg.db" 'CREATE TABLE bookmarks (url TEXT); PRAGMA user_version=2'
	for command in "msg-send sms:+15551230001 x" "msg-optin in sms:+15551230001" "msg-receipts report" "msg-optin show ana"; do
		run_msg $command
		[ "$status" -eq 73 ]
		[[ $stderr == "${command%% *}: '$XDG_STATE_HOME/msg/msg.db' is a database of another program" ]]
	done
	[ "$(sqlite3 "$XDG_STATE_HOME/msg/msg.db" .tables)" = bookmarks ]
	sqlite3 "$XDG_STATE_HOME/msg/msg.db" 'PRAGMA user_version=0'
	run_msg msg-send sms:+15551230001 x
	[ "$status" -eq 73 ]
}

# poison SQL: what is queued, one row of it spoilt.
poison() {
	local n
	for n in 1 2 3; do echo "{\"to\":\"sms:+15551230001\",\"text\":\"x\",\"id\":\"m$n\"}"; done >in
	run_msg msg-send --enqueue <in
	[ "$status" -eq 0 ]
	sqlite3 "$XDG_STATE_HOME/msg/msg.db" "$1"
	run_msg msg-send --flush
}

@test "a row of the outbox that is damaged ends alone, and the others go" {
	local column value
	for column in line plan recipient state leg reached; do
		for value in "'{'" "x'ff00'" -1; do
			rm -rf "$XDG_STATE_HOME"
			poison "UPDATE OR IGNORE outbox SET $column = $value WHERE message = 'm2'"
			[ "$(json 'select(.message != "m2") | .status' | sort | uniq -c | tr -s ' ')" = ' 2 "accepted"' ]
			[[ $status -ne 73 || $stderr == *"msg-send: outbox row 2 is damaged"* ]]
		done
	done
}

@test "a state in the store that nobody knows is shown as unknown" {
	msg-send sms:+15551230001 x --id m1 | msg-receipts record >/dev/null
	sqlite3 "$XDG_STATE_HOME/msg/msg.db" "UPDATE receipt_event SET status = 'melted'; UPDATE receipt_leg SET status = 'melted'"
	run_msg msg-receipts show m1
	[ "$status" -eq 0 ]
	[[ $output == *unknown* ]]
	run_msg msg-receipts report
	[ "$status" -eq 0 ]
}

@test "a line with thousands of recipients is kept once, not once for each of them" {
	jq -nc '{text: "x", to: [range(4000) | "sms:+346123\(. + 10000)"]}' >in
	run_msg timeout 60 msg-route in
	[ "$status" -eq 0 ]
	[ "$(wc -l <<<"$output")" -eq 4000 ]
	[ "${#output}" -lt 1000000 ]
	run_msg timeout 60 msg-send --enqueue <in
	[ "$status" -eq 0 ]
	[ "$(sqlite3 "$XDG_STATE_HOME/msg/msg.db" "SELECT count(*), count(DISTINCT recipient), max(length(line)) < 100 FROM outbox")" = "4000|4000|1" ]
	[ "$(sqlite3 "$XDG_STATE_HOME/msg/msg.db" "SELECT line FROM outbox LIMIT 1")" = '{"text":"x","to":"sms:+34612310000"}' ]
	run_msg msg-send --flush
	[ "$(json .address | sort -u | wc -l)" -eq 4000 ]
}

@test "somebody who said no is not reached through a long list of others" {
	cat >contacts.yaml <<-'EOF'
		contacts: {ana: {addresses: {sms: "+34612340001"}}}
	EOF
	echo 'contacts: contacts.yaml' >config.yaml
	export MSG_CONFIG=config.yaml
	run_msg msg-optin out ana
	[ "$status" -eq 0 ]
	# As herself, as somebody else who has her number, and as her number alone.
	jq -nc '{text: "x", id: "m", to: ([range(50) | "sms:+346123\(. + 10000)"] +
		["ana", {id: "eva", addresses: {sms: "+34612340001"}}, "sms:+34612340001"])}' >in
	for more in "" --enqueue; do
		rm -rf out
		msg-send $more <in >>out || true
		msg-send --flush >>out || true
		jq -r 'select(.address == "sms:+34612340001" or .contact == "ana" or .contact == "eva") | .status' out | sort -u >statuses
		grep -qx blocked statuses
		[ -z "$(grep -vx 'blocked\|queued' statuses)" ]
		sqlite3 "$XDG_STATE_HOME/msg/msg.db" "DELETE FROM outbox; DELETE FROM outbox_dedupe"
	done
}

@test "what a provider says of its price is taken when it is one" {
	cat >config.yaml <<-'EOF'
		channels: {beep: {via: [beeper]}}
		accounts:
		  beeper: {provider: exec, command: "cat >/dev/null; echo '{\"status\":\"sent\",\"cost\":{\"amount\":\"1.2.3\",\"currency\":\"EUR\"}}'"}
	EOF
	run_msg msg-send -c config.yaml beep:1 x
	[ "$(json '[.status, .cost]')" = '["unknown",null]' ]
}

@test "nobody who holds a secret leaves a core" {
	cat >config.yaml <<-'EOF'
		channels: {beep: {via: [beeper]}}
		accounts:
		  beeper: {provider: exec, command: "cat >/dev/null; ulimit -c >cores"}
		  chat: {provider: slack, token: env:TOKEN}
	EOF
	ulimit -S -c unlimited || skip "no cores here"
	run_msg msg-send -c config.yaml beep:1 x
	[ "$(<cores)" = unlimited ]
	sed -i 's|slack, token|slack, url: "http://127.0.0.1:9", token|' config.yaml
	printf '%s\n' '{"to":"slack:#ops","text":"x"}' '{"to":"beep:1","text":"x"}' >in
	TOKEN=xoxb-1 run_msg msg-send -c config.yaml --no-outbox <in
	[ "$(<cores)" = 0 ]
}

@test "a consent that is damaged is a no" {
	run_msg msg-optin in sms:+15551230001
	[ "$status" -eq 0 ]
	sqlite3 "$XDG_STATE_HOME/msg/msg.db" "UPDATE consent_state SET state = 99, strength = -7"
	run_msg msg-send sms:+15551230001 x
	[ "$(json .status)" = '"blocked"' ]
	run_msg msg-optin show sms:+15551230001
	[ "$status" -le 1 ]
}

@test "a dry run shows what would go out, and does not do it to the terminal" {
	run_msg msg-send -n <<<'{"to":{"id":"eva\u009b2J","addresses":{"sms":"+15551230001"}},"id":"m\u202e","text":"hi\u001b]0;owned\u0007\nthere"}'
	[ "$status" -eq 0 ]
	[[ $output == *$'hi\\x1b]0;owned\\x07\nthere'* ]]
	! LC_ALL=C.UTF-8 grep -qP '[\x00-\x08\x0b-\x1f\x7f\x{80}-\x{9f}\x{202a}-\x{202e}]' <<<"$output"
}
