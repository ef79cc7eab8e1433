# Servers that never come to an end.

load ../cli/helper

@test "headers, lines, replies and bodies without an end are left in time, and take no more memory than they may" {
	msg_setup
	unset MSG_EMITTED
	[[ -z ${MSG_VALGRIND:-} ]] || skip "not under valgrind"
	run_msg /usr/bin/python3 "$ROOT/tests/faults/endless.py"
	echo "$output$stderr"
	[ "$status" -eq 0 ]
	# What had no answer to the mail itself is not known to have failed, and what was not sent is not unknown.
	[ "$(grep -cE '^(end|end-line|drip) unknown' <<<"$output")" -eq 3 ]
	[ "$(grep -cE '^(greeting|ehlo|mail|mail-line|rcpt|data) unknown' <<<"$output")" -eq 0 ]
}
