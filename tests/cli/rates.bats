# How fast messages leave, whose turn it is, and when a run ends.

load helper

setup() {
	msg_setup
}

teardown() {
	carrier_stop
}

# config RATES [CHANNEL RATES]
config() {
	cat >config.yaml <<-EOF
		channels: {sms: {via: [hook], from: "+15550001111"${2:+, rate: $2}}, chat: {via: [other]}}
		accounts:
		  hook: {provider: webhook, url: "$CARRIER/hook"${1:+, rate: $1}}
		  other: {provider: webhook, url: "$CARRIER/other"}
	EOF
	export MSG_CONFIG="$HOME/config.yaml"
}

# lines COUNT [MEMBERS]: as many messages to one number.
lines() {
	local i
	for ((i = 1; i <= $1; i++)); do printf '{"to":"sms:+15551230001","text":"%d"%s}\n' "$i" "${2:-}"; done
}

ms() { date +%s%3N; }

# took COMMAND ...: how many milliseconds it ran.
took() {
	local start
	start=$(ms)
	run_msg "$@"
	TOOK=$(($(ms) - start))
}

paths() {
	carrier_requests .path | sort | uniq -c | tr -s ' ' | paste -sd,
}

@test "-r: no faster than that, and the run stays until all have gone" {
	carrier_start
	config
	lines 10 >in
	took msg-send -r 20/s --rejects rejects <in
	[ "$status" -eq 0 ]
	[ "$(json .status | sort | uniq -c | tr -s ' ')" = ' 10 "accepted"' ]
	# The burst is one second's worth: all ten go at once.
	[ "$TOOK" -lt 1500 ]
	took msg-send -r 2/s <<<"$(lines 5)"
	[ "$status" -eq 0 ]
	[ "$TOOK" -ge 1400 ]
	[ "$(carrier_requests | wc -l)" -eq 15 ]
}

@test "rate: of an account, shared by all who send" {
	carrier_start
	config '{messages: 10/s, burst: 1}'
	local start
	start=$(ms)
	for i in 1 2; do lines 8 | msg-send >"out$i" 3>&- & pids+=($!); done
	for p in "${pids[@]}"; do wait "$p"; done
	TOOK=$(($(ms) - start))
	[ "$(carrier_requests | wc -l)" -eq 16 ]
	[ "$TOOK" -ge 1450 ]
}

@test "rate: a slow account holds nobody else up" {
	carrier_start
	config '{messages: 1/m, burst: 1}'
	{ lines 3; echo '{"to":"chat:ana","text":"x"}'; } >in
	msg-send <in >out 2>err 3>&- &
	local pid=$!
	wait_for grep -q '"channel":"chat"' out
	wait_for grep -q '"channel":"sms"' out
	kill "$pid"
	local code=0
	wait "$pid" || code=$?
	[ "$code" -eq 75 ]
	[ "$(paths)" = ' 1 "/hook", 1 "/other"' ]
	# What was left is anybody's, when its time comes.
	run_msg faketime -f +5m msg-send --flush --deadline 20m
	[ "$(paths)" != ' 1 "/hook", 1 "/other"' ]
}

@test "rate: segments count where they are paid for, and each sender has its own" {
	carrier_start
	config '{sender_segments: 4/s, burst: 4}'
	local long
	long=$(printf 'x%.0s' {1..600})
	took msg-send <<-EOF
		{"to":"sms:+15551230001","text":"$long"}
		{"to":"sms:+15551230002","text":"$long","from":"+15550002222"}
		{"to":"sms:+15551230003","text":"$long"}
	EOF
	[ "$status" -eq 0 ]
	[ "$TOOK" -ge 900 ]
	[ "$TOOK" -lt 2500 ]
}

@test "rate: of a channel, and of each address" {
	carrier_start
	config '' '{address: 1/s, burst: 1}'
	took msg-send <<<'{"to":["sms:+15551230001","sms:+15551230002","sms:+15551230003"],"text":"x"}'
	[ "$TOOK" -lt 900 ]
	took msg-send <<<"$(lines 2)"
	[ "$TOOK" -ge 900 ]
	[ "$(carrier_requests | wc -l)" -eq 5 ]
}

@test "a one-time code overtakes a campaign" {
	carrier_start
	config '{messages: 4/s, burst: 1}'
	lines 500 ',"purpose":"service"' | msg-send --enqueue >/dev/null
	msg-send --watch >watched 2>&1 3>&- &
	local pid=$!
	wait_for eval '[ "$(carrier_requests | wc -l)" -ge 2 ]'
	took msg-send -p otp sms:+15551230009 123456
	[ "$status" -eq 0 ]
	[ "$TOOK" -lt 1000 ]
	[ "$(json .status)" = '"accepted"' ]
	kill "$pid"
	wait "$pid" || true
	[ "$(carrier_requests | wc -l)" -lt 50 ]
}

@test "tenants take turns" {
	carrier_start
	config
	lines 2000 ',"account":"big"' | msg-send --enqueue >/dev/null
	lines 5 ',"account":"small"' | msg-send --enqueue >/dev/null
	run_msg msg-send -j 4 --flush
	[ "$status" -eq 0 ]
	[ "$(carrier_requests | wc -l)" -eq 2005 ]
	[ "$(carrier_requests .body | head -200 | grep -c small)" -eq 5 ]
}

@test "throttled: the rest of an account's messages waits too" {
	lines 300 >in
	carrier_start -a '{"path":"/hook","status":429,"headers":{"Retry-After":"600"}}'
	config
	run_msg msg-send -j 1 <in
	[ "$status" -eq 75 ]
	[ "$(carrier_requests | wc -l)" -lt 100 ]
	[[ $output == *'"code":"throttled"'* ]]
}

@test "throttled: other processes know of it at once" {
	carrier_start -a '{"path":"/hook","contains":"busy","status":429,"headers":{"Retry-After":"2"},"times":1}'
	config
	mkfifo pipe
	msg-send <pipe >out 2>err 3>&- &
	local pid=$!
	exec 4>pipe
	lines 1 >&4
	wait_for grep -q accepted out
	run_msg msg-send sms:+15551230001 busy
	[ "$status" -eq 75 ]
	[ "$(json '[.status,.error.class]')" = '["queued","rate"]' ]
	lines 1 >&4
	wait_for grep -q throttled out
	# One that starts now knows it too.
	run_msg msg-send sms:+15551230001 later
	[ "$(json '[.status,.error.code]')" = '["queued","throttled"]' ]
	[ "$(carrier_requests | wc -l)" -eq 2 ]
	exec 4>&-
	wait "$pid" || [ $? -eq 75 ]
	gone() { msg-send -q --flush >>gone; [ "$(grep -c accepted gone)" -eq 3 ]; }
	wait_for gone
}

@test "throttled: the channel's next account takes over, and the first is left alone" {
	carrier_start -a '{"path":"/hook","status":429,"headers":{"Retry-After":"600"}}'
	config
	sed -i 's/via: .hook./via: [hook, other]/' config.yaml
	for i in 1 2 3; do
		run_msg msg-send sms:+15551230001 "$i"
		[ "$status" -eq 0 ]
	done
	[ "$(paths)" = ' 1 "/hook", 3 "/other"' ]
}

@test "--deadline: a run ends when it says, and what is left is queued" {
	carrier_start -a '{"path":"/hook","fault":"hang"}'
	config
	lines 500 >in
	took msg-send -j 4 --deadline 1s <in
	[ "$status" -eq 75 ]
	[ "$TOOK" -ge 900 ]
	[ "$TOOK" -lt 2500 ]
	carrier_stop
	carrier_start
	config
	run_msg msg-send --flush --deadline 30s
	[ "$(carrier_requests | wc -l)" -ge 496 ]
	took msg-send --watch --deadline 1s
	[ "$TOOK" -lt 2500 ]
}

@test "--deadline: input that does not end is left behind, and the line is named" {
	carrier_start
	config
	mkfifo endless
	exec 7<>endless
	lines 3 >&7
	took msg-send --deadline 1s <endless
	exec 7>&-
	[ "$status" -eq 75 ]
	[ "$TOOK" -lt 2500 ]
	[ "$(json .status | wc -l)" -eq 3 ]
	[[ $stderr == *"line 4 and what follows was not read"* ]]
}

@test "--deadline and a rate: the rest is there for the next run" {
	carrier_start
	config '{messages: 5/s, burst: 1}'
	lines 20 >in
	took msg-send --deadline 1s <in
	[ "$status" -eq 75 ]
	[ "$TOOK" -lt 2500 ]
	local sent
	sent=$(carrier_requests | wc -l)
	[ "$sent" -ge 3 ] && [ "$sent" -le 8 ]
	[[ $stderr == *"queued for another try"* ]]
	sed -i 's/rate: {[^}]*}/rate: 1000\/s/' config.yaml
	run_msg faketime -f +1m msg-send --flush
	[ "$status" -eq 0 ]
	[ "$(carrier_requests | wc -l)" -eq 20 ]
}

@test "time-outs: of an account, to connect and in all" {
	carrier_start -a '{"path":"/hook","fault":"hang"}'
	config
	sed -i 's/hook"}/hook", timeout: 200ms, connect_timeout: 100ms}/' config.yaml
	took msg-send sms:+15551230001 x
	[ "$(json '[.status,.error.class]')" = '["unknown","timeout"]' ]
	[ "$TOOK" -lt 1500 ]
}

@test "rates that are none, and deadlines that are none, are said with their place" {
	carrier_start
	config '10'
	run_msg msg-send sms:+15551230001 x
	[ "$status" -eq 78 ]
	[[ $stderr == *"config.yaml:3: accounts.hook.rate: not a rate such as 10/s, nor a map of rates"* ]]
	config '{messages: fast}'
	run_msg msg-send sms:+15551230001 x
	[[ $stderr == *"accounts.hook.rate.messages: not a rate such as 10/s or 30/m"* ]]
	config '{message: 1/s}'
	run_msg msg-send sms:+15551230001 x
	[[ $stderr == *"unknown key (did you mean 'messages'?)"* ]]
	config '' '{burst: 0}'
	run_msg msg-send sms:+15551230001 x
	[[ $stderr == *"channels.sms.rate.burst: not a whole number from 1"* ]]
	config
	for bad in 10 10/x /s 0/s 1.2.3/s -1/s 99999999/s; do
		run_msg msg-send -r "$bad" sms:+15551230001 x
		[ "$status" -eq 64 ]
	done
	run_msg msg-send --deadline never sms:+15551230001 x
	[ "$status" -eq 64 ]
	run_msg msg-send --deadline "2020-01-01 00:00 UTC" sms:+15551230001 x
	[ "$status" -eq 64 ]
	[[ $stderr == *"has passed"* ]]
	run_msg msg-send -r 0.5/s --deadline 10s sms:+15551230001 x
	[ "$status" -eq 0 ]
}
