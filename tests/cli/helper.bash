# What every test file loads: a home of its own, the programs on PATH, stdout and stderr apart.
bats_require_minimum_version 1.5.0

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

msg_setup() {
	export HOME="$BATS_TEST_TMPDIR/home"
	export XDG_CONFIG_HOME="$HOME/.config" XDG_STATE_HOME="$HOME/.local/state" NO_COLOR=1
	unset MSG_CONFIG MSG_HOST_KEY
	mkdir -p "$HOME"
	cd "$HOME" || return 1
	PATH="${MSG_BIN:-$ROOT/bin}:$PATH"
}

# run_msg COMMAND [ARG ...]: sets status, output, stderr; a crash is never a refusal; the lines go to the schema check.
run_msg() {
	run --separate-stderr "$@"
	if ((status > 128)); then
		echo "crashed with status $status: $*" >&2
		echo "$stderr" >&2
		return 1
	fi
	if [[ -n ${MSG_EMITTED:-} && -n $output ]]; then
		printf '%s\n' "$output" >>"$MSG_EMITTED"
	fi
}

# json FILTER: the last run's lines through jq, compactly.
json() {
	jq -c "$1" <<<"$output"
}

# same_json A B: equal by meaning.
same_json() {
	diff <(jq -S . <<<"$1") <(jq -S . <<<"$2")
}
