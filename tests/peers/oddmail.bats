# What a mail server may say at each stage, and what becomes of the mail: never twice, never lost.

load ../cli/helper

PYTHON=/usr/bin/python3
[[ -x $PYTHON ]] || PYTHON=python3

setup() {
	"$PYTHON" -c '' 2>/dev/null || skip "python3 is not installed"
	msg_setup
	: >script
	: >seen
	"$PYTHON" "$ROOT/tests/peers/oddmail.py" --port-file port --script script --seen seen </dev/null >odd.out 2>&1 3>&- &
	ODD_PID=$!
	wait_for test -s port
	export MSG_CONFIG="$HOME/config.yaml" SMTP_PASSWORD=correct-horse
	account
}

teardown() {
	[[ -z ${ODD_PID:-} ]] || kill "$ODD_PID" 2>/dev/null || true
}

# account [SETTING ...]
account() {
	{
		echo 'channels: {email: {from: desk@clinic.example}}'
		printf 'accounts:\n  mail:\n    provider: smtp\n    url: "smtp://127.0.0.1:%s"\n' "$(<port)"
		[[ $# -eq 0 ]] || printf '    %s\n' "$@"
	} >config.yaml
}

# says SCRIPT ...: what is sent then becomes "STATUS CLASS CODE TAKEN", in a store of its own.
says() {
	printf '%s\n' "$@" >script
	: >seen
	XDG_STATE_HOME=$(mktemp -d "$HOME/state.XXXXXX") msg-send -q --id m1 mailto:ana@example.org hi >out 2>err || true
	jq -r --arg taken "$(grep -c '^taken$' seen)" '[.status, .error.class // "-", .error.code // "-", $taken] | join(" ")' out
}

# becomes OUTCOME SCRIPT ...
becomes() {
	local wanted=$1 got
	shift
	got=$(says "$@")
	[[ $got == "$wanted" ]] || { echo "$*: $got, not $wanted" >&2; return 1; }
}

@test "greeting and EHLO" {
	becomes "accepted - - 1" 'greeting 220-mail.test|220-no spam|220 here'
	becomes "accepted - - 1" 'ehlo 502 what'
	becomes "queued provider 4.3.2 0" 'greeting 421 4.3.2 too busy'
	becomes "queued provider 5.7.1 0" 'greeting 554 5.7.1 your address is blocked'
	becomes "queued network - 0" 'greeting close'
	becomes "queued network - 0" 'ehlo close'
	becomes "queued provider 550 0" 'ehlo 550 go away' 'helo 550 go away'
	account 'timeout: 300ms'
	becomes "queued network - 0" 'greeting silent'
}

@test "the login" {
	account 'user: clinic' 'password: env:SMTP_PASSWORD'
	becomes "accepted - - 1" 'ehlo 250-x|250 AUTH PLAIN'
	becomes "failed auth 5.7.8 0" 'ehlo 250-x|250 AUTH PLAIN' 'auth 535 5.7.8 wrong'
	becomes "failed auth 550 0" 'ehlo 250-x|250 AUTH PLAIN' 'auth 550 who are you'
	becomes "queued rate 4.7.0 0" 'ehlo 250-x|250 AUTH PLAIN' 'auth 454 4.7.0 later'
	becomes "queued network - 0" 'ehlo 250-x|250 AUTH PLAIN' 'auth close'
	becomes "failed auth - 0" 'ehlo 250 x'
	account 'user: clinic' 'password: env:SMTP_PASSWORD' 'starttls: true'
	becomes "failed auth - 0" 'ehlo 250-x|250 AUTH PLAIN'
	becomes "queued rate 4.7.0 0" 'ehlo 250-x|250-STARTTLS|250 AUTH PLAIN' 'starttls 454 4.7.0 no TLS now'
	! grep -q AUTH seen
}

@test "the envelope, one command at a time and all in one piece" {
	local ehlo
	for ehlo in 'ehlo 250 mail.test' 'ehlo 250-mail.test|250 PIPELINING'; do
		becomes "accepted - - 1" "$ehlo" 'rcpt 251 will forward'
		becomes "accepted - - 1" "$ehlo" 'rcpt 252 cannot say'
		becomes "queued provider 4.3.0 0" "$ehlo" 'mail 451 4.3.0 later'
		becomes "failed policy 550 0" "$ehlo" 'mail 550 not you'
		becomes "failed auth 5.7.0 0" "$ehlo" 'mail 530 5.7.0 log in first'
		becomes "failed content 5.3.4 0" "$ehlo" 'mail 552 5.3.4 too large'
		becomes "queued rate 4.7.0 0" "$ehlo" 'mail 421 4.7.0 too many'
		becomes "queued unreachable 4.2.0 0" "$ehlo" 'rcpt 450 4.2.0 greylisted'
		becomes "failed invalid-address 5.1.1 0" "$ehlo" 'rcpt 550-5.1.1 The account|550 5.1.1 does not exist'
		[ "$(jq -r .error.text out)" = "The account does not exist" ]
		becomes "queued provider 4.3.0 0" "$ehlo" 'rcpt 421 4.3.0 down'
		becomes "queued provider 451 0" "$ehlo" 'data 451 no'
		becomes "failed policy 554 0" "$ehlo" 'data 554 no valid recipients'
		# A server that wants a mail for nobody gets none.
		becomes "failed invalid-address 550 0" "$ehlo" 'rcpt 550 nobody' 'data 354 go on'
		for what in close reset garbage; do
			becomes "queued network - 0" "$ehlo" "mail $what"
			becomes "queued network - 0" "$ehlo" "rcpt $what"
			becomes "queued network - 0" "$ehlo" "data $what"
		done
	done
}

@test "the mail itself: a verdict counts, and none is unknown" {
	becomes "accepted - - 1" 'end 250-2.0.0 taken|250 as 7'
	becomes "queued provider 4.3.0 0" 'end 451 4.3.0 disk'
	becomes "queued provider 4.3.2 0" 'end 421 4.3.2 down'
	becomes "queued unreachable 5.2.2 0" 'end 552 5.2.2 full'
	becomes "failed policy 550 0" 'end 550 virus'
	becomes "failed content 5.6.0 0" 'end 554 5.6.0 bad'
	becomes "unknown network - 0" 'end close'
	becomes "unknown network - 0" 'end reset'
	becomes "unknown network - 0" 'end garbage'
	becomes "accepted - - 1" 'quit silent'
	account 'timeout: 300ms'
	becomes "unknown timeout - 0" 'end silent'
}

@test "a connection that the server closes between two mails is replaced, at once and without a second copy" {
	echo 'limit 3' >script
	for n in {1..10}; do echo "{\"to\":\"mailto:a$n@example.org\",\"text\":\"x\"}"; done >lines
	run_msg msg-send -j 1 <lines
	[ "$status" -eq 0 ]
	[ "$(json .status | sort | uniq -c | tr -s ' ')" = ' 10 "accepted"' ]
	[ "$(grep -c '^taken$' seen)" -eq 10 ]
	[ "$(grep -ci '^ehlo' seen)" -eq 4 ]
}

@test "a refused recipient costs no connection" {
	printf '%s\n' 'ehlo 250-mail.test|250 PIPELINING' 'nobody 550 5.1.1 no' >script
	for n in 1 nobody 2 nobody 3; do echo "{\"to\":\"mailto:$n@example.org\",\"text\":\"x\"}"; done >lines
	run_msg msg-send -j 1 <lines
	[ "$status" -eq 1 ]
	[ "$(json .status | paste -sd' ')" = '"accepted" "failed" "accepted" "failed" "accepted"' ]
	[ "$(grep -ci '^ehlo' seen)" -eq 1 ]
	[ "$(grep -c '^RSET$' seen)" -eq 2 ]
}

@test "servers that take their time with a mail do not stand in each other's way" {
	echo 'slow 1' >script
	for n in {1..8}; do echo "{\"to\":\"mailto:a$n@example.org\",\"text\":\"x\"}"; done >lines
	# One after the other they would need eight seconds.
	run_msg timeout 5 msg-send -q -j 8 <lines
	[ "$status" -eq 0 ]
	[ "$(grep -c '^taken$' seen)" -eq 8 ]
}

@test "sizes, delivery notices, names: what is said where the server knows it, and nowhere else" {
	account 'helo: cron.clinic.example' 'notify: failure,delay' 'envelope_from: bounces+x@clinic.example' \
		'headers: {X-Campaign: Größe, Feedback-ID: "a:b:c"}'
	becomes "accepted - - 1" 'ehlo 250-mail.test|250-SIZE 1000000|250-8BITMIME|250-PIPELINING|250-SMTPUTF8|250 DSN'
	[ "$(sed -n 1p seen)" = "EHLO cron.clinic.example" ]
	sed -n 2p seen | grep -Eqx 'MAIL FROM:<bounces\+x@clinic.example> SIZE=[0-9]+ RET=HDRS ENVID=m1\.[^ ]+'
	[ "$(sed -n 3p seen)" = "RCPT TO:<ana@example.org> NOTIFY=failure,delay ORCPT=rfc822;ana@example.org" ]
	becomes "accepted - - 1" 'ehlo 250 mail.test'
	[ "$(sed -n 2,3p seen | paste -sd' ')" = "MAIL FROM:<bounces+x@clinic.example> RCPT TO:<ana@example.org>" ]
	run_msg msg-send -n mailto:ana@example.org hi
	[[ $output == *"X-Campaign: =?UTF-8?Q?Gr=C3=B6=C3=9Fe?="* && $output == *"Feedback-ID: a:b:c"* ]]
	account 'headers: {Subject: mine}'
	run_msg msg-send mailto:ana@example.org hi
	[ "$status" -eq 78 ]
	[[ $stderr == *"headers: made from the message: 'Subject'"* ]]
	account 'notify: sometimes'
	run_msg msg-send mailto:ana@example.org hi
	[ "$status" -eq 78 ]
}

@test "a token logs in where the server takes one, and a mechanism can be chosen" {
	account 'user: clinic' 'token: env:SMTP_PASSWORD'
	becomes "accepted - - 1" 'ehlo 250-x|250 AUTH PLAIN XOAUTH2'
	[ "$(grep -c '^AUTH XOAUTH2$' seen)" -eq 1 ]
	becomes "accepted - - 1" 'ehlo 250-x|250 AUTH PLAIN OAUTHBEARER'
	[ "$(grep -c '^AUTH OAUTHBEARER$' seen)" -eq 1 ]
	becomes "failed auth - 0" 'ehlo 250-x|250 AUTH PLAIN LOGIN'
	! grep -q '^AUTH' seen
	account 'user: clinic' 'password: env:SMTP_PASSWORD' 'auth: login'
	becomes "accepted - - 1" 'ehlo 250-x|250 AUTH PLAIN LOGIN'
	grep -q '^AUTH LOGIN$' seen
	account 'user: clinic' 'password: env:SMTP_PASSWORD' 'auth: rot13'
	run_msg msg-send mailto:ana@example.org hi
	[ "$status" -eq 78 ]
	[[ $stderr == *"config.yaml:"*"auth: not a mechanism"* ]]
	account 'user: clinic'
	run_msg msg-send mailto:ana@example.org hi
	[ "$status" -eq 78 ]
}
