# What servers answer by HTTP that the RFCs allow, or that they give all the same: every outcome is the right one of
# accepted, failed, queued and unknown, and no request is made twice.

load ../cli/helper

PYTHON=/usr/bin/python3
[[ -x $PYTHON ]] || PYTHON=python3

setup() {
	"$PYTHON" -c '' 2>/dev/null || skip "python3 is not installed"
	msg_setup
	"$PYTHON" "$ROOT/tests/peers/odd.py" --port-file port --seen seen </dev/null >odd.out 2>&1 3>&- &
	ODD_PID=$!
	wait_for test -s port
	export MSG_CONFIG="$HOME/config.yaml"
	cat >config.yaml <<-YAML
		accounts: {hook: {provider: webhook, url: "http://127.0.0.1:$(<port)/{{to}}", provider_id: id, timeout: 20s}}
	YAML
}

teardown() {
	[[ -z ${ODD_PID:-} ]] || kill "$ODD_PID" 2>/dev/null || true
}

# outcomes NAME ...: a message for each answer, each in a run and a store of its own, as "NAME STATUS ID CLASS CODE".
outcomes() {
	local name
	for name; do
		jq -cn --arg n "$name" '{id:$n,to:("hook:" + $n),text:(if $n | startswith("eager") then "x" * 900000 else "x" end)}' |
			XDG_STATE_HOME="$HOME/state.$name" msg-send -q
	done | jq -r '[.message, .status, .provider_id // "-", .error.class // "-", .error.code // "-"] | join(" ")'
}

# asked_once NAME ...: whatever became of them.
asked_once() {
	diff <(sort seen) <(printf '%s\n' "$@" | sort) >&2
}

@test "answers in every form that HTTP/1 has" {
	names=(plain created nobody lower noreason barelf old oldkept untilclose chunked trailers continue hints processing gzip deflate bom)
	run outcomes "${names[@]}"
	echo "$output"
	[ "$status" -eq 0 ]
	asked_once "${names[@]}"
	[ "$output" = "$(for n in "${names[@]}"; do [[ $n = nobody ]] && echo "$n accepted - - -" || echo "$n accepted g-7 - -"; done)" ]
}

@test "a refusal is one however little of it arrives, and what was not done is tried again" {
	names=(bad denied proxyauth gone moved moved308 misdirected early many busy badgateway reqtime http599 cutbad cutbusy hugebad
		eagerlarge)
	run outcomes "${names[@]}"
	asked_once "${names[@]}"
	echo "$output"
	[ "$output" = "bad failed - content 400
denied failed - auth 401
proxyauth failed - auth 407
gone failed - provider 410
moved failed - provider 302
moved308 failed - provider 308
misdirected queued - provider 421
early queued - provider 425
many queued - rate 429
busy queued - provider 503
badgateway queued - provider 502
reqtime queued - provider 408
http599 queued - provider 599
cutbad failed - content 400
cutbusy queued - provider 503
hugebad failed - content 400
eagerlarge failed - content 413" ]
}

@test "no answer, half of one, or one that nobody can read: unknown, not sent again" {
	names=(gatewaytime cutok cutchunk badchunk badgzip bomb hugehead close reset garbage smtp only100)
	run outcomes "${names[@]}"
	echo "$output"
	asked_once "${names[@]}"
	[ "$(cut -d' ' -f1,2 <<<"$output")" = "$(printf '%s unknown\n' "${names[@]}")" ]
	[ "$(grep -c 'timeout 504$' <<<"$output")" -eq 1 ]
	for name in "${names[@]}"; do
		XDG_STATE_HOME="$HOME/state.$name" faketime -f +2d msg-send -q --flush >>again || true
	done
	[ ! -s again ]
	[ "$(wc -l <seen)" -eq "${#names[@]}" ]
}

@test "a server that closes a kept connection under a request loses one message's outcome, not every other's" {
	for n in {1..12}; do echo "{\"id\":\"race$n\",\"to\":\"hook:race$n\",\"text\":\"x\"}"; done >lines
	run_msg msg-send -j 1 <lines
	[ "$(json .status | sort | uniq -c | tr -s ' ' | paste -sd,)" = ' 11 "accepted", 1 "unknown"' ]
	[ "$(sort seen | uniq -d)" = "" ]
	[ "$(wc -l <seen)" -eq 12 ]
}

# What was refused was not acted upon, and may go again at once: curl does so five times.
@test "HTTP/2: streams that end as they may" {
	command -v node >/dev/null || skip "node is not installed"
	carrier_certificate || skip "openssl is not installed"
	kill "$ODD_PID"
	rm -f port
	: >seen
	node "$ROOT/tests/peers/http2.js" port seen "$CARRIER_CERT" "$CARRIER_KEY" </dev/null >node.out 2>&1 3>&- &
	ODD_PID=$!
	wait_for test -s port
	echo "accounts: {hook: {provider: webhook, url: \"https://127.0.0.1:$(<port)/{{to}}\", provider_id: id, ca_file: $CARRIER_CERT}}" >config.yaml
	run outcomes plain hints trailers busy once refused cancel internal gone
	echo "$output"
	[ "$output" = "plain accepted g-7 - -
hints accepted g-7 - -
trailers accepted g-7 - -
busy queued - provider 503
once accepted g-7 - -
refused queued - network -
cancel unknown - network -
internal unknown - network -
gone unknown - network -" ]
	[ "$(sort seen | uniq -c | tr -s ' ' | paste -sd,)" = " 1 busy, 1 cancel, 1 gone, 1 hints, 1 internal, 2 once, 1 plain, 6 refused, 1 trailers" ]
}
