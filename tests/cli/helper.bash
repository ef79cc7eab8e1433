# What every test file loads: a home of its own, the programs on PATH, stdout and stderr apart, a loopback carrier.
bats_require_minimum_version 1.5.0

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
MSG_BIN=${MSG_BIN:-$ROOT/bin}
MSG_BUILD=${MSG_BUILD:-$ROOT/build}

msg_setup() {
	export HOME="$BATS_TEST_TMPDIR/home"
	export XDG_CONFIG_HOME="$HOME/.config" XDG_STATE_HOME="$HOME/.local/state" NO_COLOR=1
	unset MSG_CONFIG MSG_HOST_KEY
	mkdir -p "$HOME"
	cd "$HOME" || return 1
	PATH="$MSG_BIN:$PATH"
}

# run_msg COMMAND [ARG ...]: sets status, output, stderr; a crash is never a refusal; the lines go to the schema check.
run_msg() {
	run --separate-stderr "$@"
	if ((status > 128)); then
		echo "crashed with status $status: $*" >&2
		echo "$stderr" >&2
		return 1
	fi
	# A dry run prints requests, which may be lines of somebody else's JSON.
	if [[ -n ${MSG_EMITTED:-} && -n $output && " $* " != *" -n "* ]]; then
		printf '%s\n' "$output" >>"$MSG_EMITTED"
	fi
}

# stop_clock: finds what `at` needs, or skips the test. The program faketime itself leaves semaphores behind when it is killed,
# and then refuses to work for whoever gets its process id.
stop_clock() {
	for CLOCK in /usr/lib/*/faketime/libfaketime.so.1 /usr/lib*/faketime/libfaketime.so.1; do
		[[ -e $CLOCK ]] && return
	done
	CLOCK=$(faketime -f +0 printenv LD_PRELOAD 2>/dev/null) || skip "faketime is not installed"
}

# at TIME COMMAND [ARG ...]: run_msg by a clock that stands at an instant, "2026-12-01 02:00:00" in UTC.
at() {
	local time=$1
	shift
	run_msg env TZ=UTC LD_PRELOAD="$CLOCK" FAKETIME="$time" "$@"
}

# json FILTER: the last run's lines through jq, compactly.
json() {
	jq -c "$1" <<<"$output"
}

# same_json A B: equal by meaning.
same_json() {
	diff <(jq -S . <<<"$1") <(jq -S . <<<"$2")
}

# wait_for COMMAND [ARG ...]: until it succeeds, at most 10 seconds.
wait_for() {
	local tries
	for ((tries = 0; tries < 1000; tries++)); do
		if "$@"; then return 0; fi
		sleep 0.01
	done
	echo "waited in vain for: $*" >&2
	return 1
}

# carrier_start [OPTION ...]: an HTTP carrier on 127.0.0.1 (build/carrier -h, tests/carrier/rules.h). Sets CARRIER
# (its URL), CARRIER_PID and CARRIER_RECORD (a JSON line for each request). It dies with the test.
#
#   carrier_start -a '{"path":"/a","status":429,"headers":{"Retry-After":"1"},"times":1}' -a '{"path":"/b","fault":"hang"}'
carrier_start() {
	local dir="$BATS_TEST_TMPDIR/carrier"
	mkdir -p "$dir"
	rm -f "$dir/port" "$dir/requests"
	"$MSG_BUILD/carrier" --die-with-parent -p "$dir/port" -r "$dir/requests" "$@" </dev/null >/dev/null 2>"$dir/stderr" 3>&- &
	CARRIER_PID=$!
	CARRIER_RECORD="$dir/requests"
	if ! wait_for carrier_is_up "$dir/port"; then
		cat "$dir/stderr" >&2
		return 1
	fi
	CARRIER="http://127.0.0.1:$(<"$dir/port")"
	[[ " $* " != *" --cert "* ]] || CARRIER="https${CARRIER#http}"
}

# carrier_certificate: sets CARRIER_CERT and CARRIER_KEY, for 127.0.0.1 alone, to files for --cert and --key. Fails
# where openssl(1) is not installed.
carrier_certificate() {
	CARRIER_CERT="$BATS_TEST_TMPDIR/cert.pem" CARRIER_KEY="$BATS_TEST_TMPDIR/key.pem"
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$CARRIER_KEY" -out "$CARRIER_CERT" -days 2 -subj /CN=carrier \
		-addext subjectAltName=IP:127.0.0.1 2>/dev/null
}

carrier_is_up() {
	[[ -s $1 ]] || ! kill -0 "$CARRIER_PID" 2>/dev/null
	[[ -s $1 ]]
}

# carrier_stop: for teardown; the requests stay readable.
carrier_stop() {
	[[ -n ${CARRIER_PID:-} ]] || return 0
	kill "$CARRIER_PID" 2>/dev/null || true
	wait "$CARRIER_PID" 2>/dev/null || true
	CARRIER_PID=
}

# carrier_requests [FILTER]: what the carrier was asked, a compact JSON line each, through a jq filter.
carrier_requests() {
	[[ -f $CARRIER_RECORD ]] || return 0
	jq -c "${1:-.}" "$CARRIER_RECORD"
}
