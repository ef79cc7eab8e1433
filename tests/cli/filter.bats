# What every filter owes to a pipeline, whichever it is.
load helper

setup() { msg_setup; }

filters=("msg-route" "msg-optin check" "msg-optin keywords" "msg-receipts record" "msg-send")

# each FUNCTION: calls it with each filter that is built, and names the one that failed.
each() {
	local filter failed=0
	for filter in "${filters[@]}"; do
		[[ -x $MSG_BIN/${filter%% *} ]] || continue
		rm -rf "${XDG_STATE_HOME:?}" rejects
		"$1" "$filter" || { echo "in $filter: status $status, stdout '$output', stderr '$stderr'"; failed=1; }
	done
	return $failed
}

# through FILTER [OPTION ...]: the file "in" through it.
through() {
	local filter=$1
	shift
	# shellcheck disable=SC2086 # a command and its name
	run_msg $filter "$@" <in
}

@test "a line of an unknown type passes byte for byte" {
	printf '%s\n' ' { "type":"weather" , "degrees":1.50,"note":"\u00e9 / \/" } ' '{"type":"x.y","a":[{}]}' >in
	printf '{"type":"last"}' >>in
	passes() {
		through "$1"
		[[ $status -eq 0 ]] && { printf '%s\n' "$(<in)"; } | cmp - <(printf '%s\n' "$output")
	}
	each passes
}

@test "a bad line is named, kept and left out; the rest goes on; the status tells" {
	printf '%s\n' '{"type":"a"}' 'not json' '' '{"type":7}' '[1]' '{"to":"sms:+15551230001","text":"x","urgency":"soon"}' \
		'{"type":"receipt","message":"m","status":"gone"}' '{"type":"z"}' >in
	goes_on() {
		through "$1" --rejects rejects
		[[ $status -eq 65 && $output == $'{"type":"a"}\n{"type":"z"}' ]] &&
			[[ $stderr == *"line 2: not JSON: "* && $stderr == *"line 4: type: "* && $stderr == *"line 5: not a JSON object"* ]] &&
			[[ $stderr == *"line 6: urgency: "*"'soon'"* && $stderr == *"line 7: status: "*"'gone'"* ]] &&
			diff rejects <(sed -n '2p;4,7p' in)
	}
	each goes_on
}

@test "a line over 1 MiB costs nothing but itself" {
	{ echo '{"type":"a"}'; head -c 1200000 /dev/zero | tr '\0' x; echo; echo '{"type":"z"}'; } >in
	goes_on() {
		through "$1" --rejects rejects
		[[ $status -eq 65 && $output == $'{"type":"a"}\n{"type":"z"}' && $stderr == *"line 2: longer than 1048576 bytes"* ]] &&
			cmp rejects <(sed -n 2p in)
	}
	each goes_on
}

@test "bytes that are not UTF-8, NUL, and a surrogate alone are refused" {
	printf '{"type":"a","x":"\xff"}\n{"type":"a","x":"\x00"}\n{"type":"a","x":"\\ud800"}\n{"type":"a","x":"\\u0000"}\n' >in
	refuses() {
		through "$1" --rejects rejects
		[[ $status -eq 65 && -z $output && $(grep -c 'not JSON' <<<"$stderr") -eq 4 ]] && cmp rejects in
	}
	each refuses
}

@test "an error shows neither the text nor a whole number" {
	printf '%s\n' '{"to":"sms:+15551230001","text":"the PIN is 4711","urgency":"soon"}' '{"to":"sms:+15551230001","text":"the PIN is 4711" x}' >in
	keeps_quiet() {
		through "$1"
		[[ $status -eq 65 && $stderr != *4711* && $stderr != *5551230001* ]]
	}
	each keeps_quiet
}

@test "a byte order mark before the first line is no matter" {
	run_msg bash -c 'printf "\xef\xbb\xbf%s\r\n" "{\"to\":\"sms:+15551230001\",\"text\":\"x\"}" | msg-route'
	[[ $status -eq 0 && $(json .to) == '"sms:+15551230001"' ]]
	run_msg bash -c 'printf "{\"to\":\"sms:+15551230001\",\"text\":\"x\"}\n\xef\xbb\xbf{}\n" | msg-route'
	[[ $status -eq 65 && $stderr == *"line 2: not JSON"* ]]
}

@test "carriage returns, blank lines and a missing last newline are no matter" {
	printf '{"type":"a"}\r\n\r\n  \n{"type":"b"}' >in
	takes() {
		through "$1"
		[[ $status -eq 0 && $output == $'{"type":"a"}\n{"type":"b"}' && -z $stderr ]]
	}
	each takes
}

@test "nothing in, nothing out" {
	: >in
	is_quiet() {
		through "$1"
		[[ $status -eq 0 && -z $output && -z $stderr ]]
	}
	each is_quiet
}

@test "a full disk behind stdout is status 74" {
	[[ -e /dev/full ]] || skip "no /dev/full"
	echo '{"type":"a"}' >in
	notices() {
		run --separate-stderr bash -c "$1 <in >/dev/full"
		[[ $status -eq 74 && $stderr == *"cannot write output"* ]]
	}
	each notices
}

@test "a closed stdout is status 74" {
	echo '{"type":"a"}' >in
	notices() {
		run --separate-stderr bash -c "$1 <in >&-"
		[[ $status -eq 74 && $stderr == *"cannot write output"* ]]
	}
	each notices
}

@test "a reader that goes away ends the run with status 74, not with a signal" {
	for ((i = 0; i < 20000; i++)); do echo '{"type":"filler","text":"0123456789012345678901234567890123456789"}'; done >in
	notices() {
		run --separate-stderr bash -c "$1 <in | head -n 1; exit \${PIPESTATUS[0]}"
		[[ $status -eq 74 && $stderr == *"cannot write output"* ]]
	}
	each notices
}

@test "with a terminal on stdin it says so and does not hang" {
	command -v script >/dev/null || skip "no script(1)"
	says() {
		run timeout 10 script -qec "$1" /dev/null </dev/null
		[[ $status -eq 64 && $output == *"no input"* ]]
	}
	each says
}

@test "a line that comes alone is answered before the next one" {
	answers() {
		local answer= pid
		# shellcheck disable=SC2086
		coproc $1 2>/dev/null
		pid=$COPROC_PID
		echo '{"type":"ping"}' >&"${COPROC[1]}"
		read -r -t 10 answer <&"${COPROC[0]}"
		exec {COPROC[1]}>&-
		wait "$pid"
		status=$? output=$answer stderr=
		[[ $status -eq 0 && $answer == '{"type":"ping"}' ]]
	}
	each answers
}

@test "a configuration that is wrong, or not there, is status 78" {
	echo '{"type":"a"}' >in
	echo 'chanels: {}' >bad.yaml
	refuses() {
		through "$1" -c bad.yaml
		[[ $status -eq 78 && -z $output && $stderr == *"bad.yaml:1: chanels: unknown key"*"channels"* ]] || return
		through "$1" -c missing.yaml
		[[ $status -eq 78 && -z $output && $stderr == *"missing.yaml"* ]]
	}
	each refuses
}

@test "a state directory that cannot be is status 73, where state is needed" {
	touch file
	refuses() {
		case $1 in
		"msg-optin keywords") echo '{"type":"inbound","from":"sms:+15551230001","to":"sms:+15550001111","channel":"sms","text":"STOP"}' ;;
		"msg-receipts record") echo '{"type":"receipt","message":"m","status":"sent"}' ;;
		msg-send) echo '{"to":"sms:+15551230001","text":"x"}' ;;
		*) return 0 ;;
		esac >in
		XDG_STATE_HOME=$HOME/file through "$1"
		[[ $status -eq 73 && -z $output && $stderr == *"/file/msg"* ]]
	}
	each refuses
}

@test "every filter takes -q, -v and -- as all others do" {
	echo '{"type":"a"}' >in
	takes() {
		through "$1" -qv
		[[ $status -eq 0 && $output == '{"type":"a"}' && -z $stderr ]]
	}
	each takes
}
