# shellcheck shell=sh
# Sourced by the examples: the programs of this tree (or of PATH), the configuration beside this file, and a store of
# its own that is gone afterwards. Nothing leaves this machine: the configuration knows the sandbox carrier only.
here=$(cd "$(dirname "$0")" && pwd)
[ -x "$here/../bin/msg-send" ] && PATH=$(cd "$here/../bin" && pwd):$PATH
for program in msg-send jq; do
	command -v $program >/dev/null || { echo "${0##*/}: $program is neither in ../bin nor in PATH" >&2; exit 69; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
MSG_CONFIG=$here/config.yaml XDG_STATE_HOME=$work/state
export PATH MSG_CONFIG XDG_STATE_HOME
cp "$here"/*.csv "$work"
cd "$work" || exit 73

bold='' dim='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
	bold=$(printf '\033[1m') dim=$(printf '\033[2m') plain=$(printf '\033[0m')
fi

# say TEXT: a heading. run COMMAND: shows it, then does it; status 1 only says that somebody could not be reached.
say() {
	printf '\n%s%s%s\n' "$bold" "$*" "$plain"
}

run() {
	printf '%s$ %s%s\n' "$dim" "$*" "$plain"
	eval "$*" || [ $? -eq 1 ] || exit
}
