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
