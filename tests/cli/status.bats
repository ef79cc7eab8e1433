# The exit statuses of DESIGN's table, each by its plainest cause; what else was in the run is not lost.
load helper

setup() { msg_setup; }
teardown() {
	carrier_stop
	rm -rf "${home:-}"
}

good='{"id":"good","to":"sms:+15551230001","text":"hi"}'

# send LINE ...: through msg-send.
send() {
	printf '%s\n' "$@" >in
	run_msg msg-send -q <in
}

statuses() {
	json '[.message, .status]'
}

# twilio [SETTING ...]: a configuration whose sms go to the carrier.
twilio() {
	printf '%s\n' 'channels: {sms: {via: twilio, from: "+15550001111"}}' \
		"accounts: {twilio: {account_sid: AC00000000000000000000000000000001, auth_token: \"${2:-env:TOKEN}\", url: \"$1\"}}" >config.yaml
	export MSG_CONFIG=$HOME/config.yaml TOKEN=secret
}

@test "0: all done, and a second time too" {
	send "$good"
	[ "$status" -eq 0 ]
	[ "$(statuses)" = '["good","accepted"]' ]
	send "$good"
	[ "$status" -eq 0 ]
	[ "$(statuses)" = '["good","duplicate"]' ]
}

@test "1: somebody could not be reached, or has said no" {
	send "$good" '{"id":"gone","to":"sms:+15551230003","text":"hi"}'
	[ "$status" -eq 1 ]
	[ "$(statuses | sort)" = $'["gone","failed"]\n["good","accepted"]' ]
	msg-optin out sms:+15551230008 >out
	send '{"id":"no","to":"sms:+15551230008","text":"hi"}'
	[ "$status" -eq 1 ]
	[ "$(statuses)" = '["no","blocked"]' ]
}

@test "64: used wrongly" {
	run_msg msg-send --no-such-option
	[ "$status" -eq 64 ]
	run_msg msg-route no-such-file
	[ "$status" -eq 64 ]
	run_msg msg-optin
	[ "$status" -eq 64 ]
}

@test "65: a bad line; the rest goes on" {
	send '{"to":"sms:12ab","text":"hi"}' '{"to":"pigeon:coop","text":"hi"}' '{"to":"nobody","text":"hi"}' '{"text":"hi"}' "$good"
	[ "$status" -eq 65 ]
	[ "$(statuses)" = '["good","accepted"]' ]
	[[ $stderr == *"line 1: to: "*"line 2: to: "*"pigeon"*"line 3: to: "*"nobody"*"line 4: to: "* ]]
}

@test "69 or 75: no provider reachable; what could not be sent stays queued" {
	carrier_start
	twilio "$CARRIER"
	carrier_stop
	send "$good"
	[[ $status -eq 69 || $status -eq 75 ]]
	[ "$(statuses)" = '["good","queued"]' ]
}

@test "73: no state can be written" {
	touch file
	XDG_STATE_HOME=$HOME/file send "$good"
	[[ $status -eq 73 && -z $output && $stderr == *"file/msg"* ]]
	mkdir -p "$XDG_STATE_HOME/msg"
	echo 'this is not a database, whatever its name says; and it is longer than a header would be' >"$XDG_STATE_HOME/msg/msg.db"
	send "$good"
	[[ $status -eq 73 && -z $output ]]
	run_msg msg-receipts report
	[ "$status" -eq 73 ]
}

@test "73: a store that may not be written, for one who is not root" {
	command -v setpriv >/dev/null && ((EUID == 0)) || skip "needs root and setpriv(1)"
	local as="setpriv --reuid=65534 --regid=65534 --clear-groups"
	$as test -x "$MSG_BIN/msg-send" || skip "the programs are out of others' reach"
	home=$(mktemp -d)
	export HOME=$home XDG_CONFIG_HOME=$home/config XDG_STATE_HOME=$home/state
	cd "$home"
	send "$good"
	chmod -R a+rX,go-w "$home"
	# shellcheck disable=SC2086
	run --separate-stderr $as "$MSG_BIN/msg-send" -q sms:+15551230001 hi
	[[ $status -eq 73 && -z $output && -n $stderr ]]
}

@test "73: a full disk; what was not queued is kept in the rejects" {
	local i
	for ((i = 0; i < 3000; i++)); do echo "{\"id\":\"m$i\",\"to\":\"sms:+15551230001\",\"text\":\"0123456789012345678901234567890123456789\"}"; done >in
	run --separate-stderr bash -c 'trap "" XFSZ; ulimit -f 700; exec msg-send -q --rejects rejects <in'
	[[ $status -eq 73 && $stderr == *"msg-send: "* ]]
	# Everybody is either in the outbox, and is heard of once there is room again, or in the rejects.
	msg-send -q --flush >>receipts || true
	{ jq -r .message <<<"$output"; jq -r .message receipts; } | sort -u >heard
	jq -r .id rejects | sort >rejected
	[[ -s heard && -s rejected ]]
	[ "$(sort -m heard rejected | uniq -u | wc -l)" -eq 3000 ]
}

@test "73: the same where lines are only queued, or put back at once" {
	local how i
	for ((i = 0; i < 3000; i++)); do echo "{\"id\":\"m$i\",\"to\":\"sms:+15551230005\",\"text\":\"0123456789012345678901234567890123456789\"}"; done >in
	for how in --enqueue --jobs=32; do
		rm -rf "$XDG_STATE_HOME" rejects
		run --separate-stderr bash -c 'trap "" XFSZ; ulimit -f 700; exec msg-send -q "$1" --rejects rejects <in' - "$how"
		[ "$status" -eq 73 ]
		jq -r .message <<<"$output" | sort >heard
		jq -r .id rejects | sort >rejected
		[[ -s heard && -s rejected ]]
		[ "$(sort -m heard rejected | uniq -u | wc -l)" -eq 3000 ]
	done
}

@test "73: the same at a deadline, when all that is left is put into the outbox" {
	local i
	send "$good"
	for ((i = 0; i < 700; i++)); do echo "{\"id\":\"m$i\",\"to\":\"sms:+15551230001\",\"text\":\"0123456789012345678901234567890123456789\"}"; done >in
	run --separate-stderr bash -c 'trap "" XFSZ; ulimit -f 100; exec msg-send -q --deadline 1ms --rejects rejects <in'
	[[ $status -eq 73 && -z $output ]]
	[[ $stderr == *"700 messages were not queued, they are in rejects"* ]]
	[ "$(jq -r .id rejects | sort -u | wc -l)" -eq 700 ]
}

@test "74: output that cannot be written" {
	[[ -e /dev/full ]] || skip "no /dev/full"
	echo "$good" >in
	run --separate-stderr bash -c 'msg-send -q <in >/dev/full'
	[ "$status" -eq 74 ]
	send "$good"
	[ "$(statuses)" = '["good","duplicate"]' ]
}

@test "75: something is queued for another try" {
	send "$good" '{"id":"busy","to":"sms:+15551230004","text":"hi"}'
	[ "$status" -eq 75 ]
	[ "$(statuses | sort)" = $'["busy","queued"]\n["good","accepted"]' ]
}

@test "77: credentials refused, or a secret that cannot be read" {
	carrier_start -a '{"status":401,"json":{"code":20003,"message":"Authenticate"}}'
	twilio "$CARRIER"
	send "$good"
	[ "$status" -eq 77 ]
	unset TOKEN
	send '{"id":"next","to":"sms:+15551230001","text":"hi"}'
	[[ $status -eq 77 && $stderr == *TOKEN* ]]
	echo s3cret >token
	chmod 644 token
	twilio "$CARRIER" file:token
	send '{"id":"loose","to":"sms:+15551230001","text":"hi"}'
	[[ $status -eq 77 && $stderr == *token* && $stderr != *s3cret* && $output != *s3cret* ]]
}

@test "78: a configuration that is wrong" {
	echo 'accounts: {twilio: {acount_sid: x}}' >config.yaml
	export MSG_CONFIG=$HOME/config.yaml
	send "$good"
	[[ $status -eq 78 && -z $output && $stderr == *"config.yaml:1: accounts.twilio.acount_sid: "* ]]
	echo 'channels: {sms: {via: carrier-pigeon}}' >config.yaml
	send "$good"
	[[ $status -eq 78 && -z $output && $stderr == *"config.yaml:1: "*carrier-pigeon* ]]
	printf 'contacts: [\n' >config.yaml
	send "$good"
	[[ $status -eq 78 && -z $output && $stderr == *"config.yaml:"* ]]
}

@test "the worst of a run is what it ends with" {
	send "$good" '{"to":"sms:+15551230003","text":"hi"}' '{"to":"sms:+15551230004","text":"hi"}' 'not json'
	[ "$status" -eq 65 ]
}
