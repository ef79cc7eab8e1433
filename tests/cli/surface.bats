# The surfaces of every program agree: page, help, completions, test; and what the pages show works.
#
# EXAMPLES: each ".Dl" line and each ".Bd -literal" block is run in a fresh home that holds a copy of
# examples/, with the programs on PATH. In a block with lines that begin with "$ " only those are commands (a backslash
# at the end continues one) and the rest is what they print; in a block without, all of it is one script. A comment
# before a block says what is different about it:
#   .\" file: NAME      the block is the text of that file, written there
#   .\" status: N       the commands end with that status, not 0
#   .\" not run: WHY    needs what a test has not (an account, a person)
# The Pipelines of README.md are run in the same way, with <!-- file: NAME --> and so on for the marks.
load helper

setup() { msg_setup; }

programs() {
	(cd "$ROOT/cmd" && ls msg-*.c) | sed 's/\.c$//'
}

# synopsis PAGE: its usage lines as -h prints them, white space collapsed.
synopsis() {
	mandoc -T ascii "$1" | sed 's|.'$'\b''||g' | awk '/^[A-Z]/ { inside = $0 == "SYNOPSIS"; next } inside' | tr -s ' \t\n' ' ' |
		sed -e 's/^ //' -e 's/ $//'
}

usage() {
	"$1" -h | awk 'NF == 0 { exit } { print }' | sed 's/^usage://' | tr -s ' \t\n' ' ' | sed -e 's/^ //' -e 's/ $//'
}

@test "every program has a page, a test and completions" {
	local failed=0 program
	for program in $(programs); do
		for path in "man/$program.1" "tests/cli/$program.bats"; do
			[[ -f $ROOT/$path ]] || { echo "missing: $path"; failed=1; }
		done
	done
	return $failed
}

@test "the SYNOPSIS of every page is what -h prints" {
	local failed=0 program
	for program in $(programs); do
		[[ -f $ROOT/man/$program.1 ]] || continue
		diff <(usage "$program") <(synopsis "$ROOT/man/$program.1") || { echo "in $program"; failed=1; }
	done
	return $failed
}

@test "-h stays within 80 columns" {
	local program command
	for program in $(programs); do
		while IFS= read -r command; do
			[ -z "$("$program" ${command:+"$command"} -h | awk 'length > 80')" ] || { echo "$program $command"; return 1; }
		done < <(commands "$program")
	done
}

@test "every page passes mandoc -T lint" {
	local pages=("$ROOT"/man/*.[157])
	[[ -f ${pages[0]} ]] || skip "no pages yet"
	# Whether a page that is referred to exists is the next test's question: here it need not be installed. Remarks are on
	# stdout; what comes on stderr is about the database of the pages that are installed.
	run bash -c 'mandoc -T lint -W style "$@" 2>/dev/null | grep -v "referenced manual not found"' - "${pages[@]}"
	echo "$output"
	[ -z "$output" ]
}

@test "every page that another one refers to exists" {
	local failed=0 name section
	while read -r name section; do
		[[ -f $ROOT/man/$name.$section ]] || { echo "no page $name($section)"; failed=1; }
	done < <(sed -n 's/^\.Xr \(msg[-a-z]*\) \([0-9]\).*/\1 \2/p' "$ROOT"/man/*.[157] | sort -u)
	return $failed
}

# The commands of a program that has several, else one empty line.
commands() {
	"$1" -h | awk -v program="$1" 'NF == 0 { exit } { sub(/^usage:/, "") } $1 == program { print $2 ~ /^\[/ ? "" : $2 }'
}

@test "the completions load in bash, zsh and fish, and offer the options" {
	local program command shell
	for program in $(programs); do
		for shell in bash zsh fish; do "$program" --completion $shell >completion.$shell; done
		. ./completion.bash
		complete -p "$program"
		while IFS= read -r command; do
			COMP_WORDS=("$program" ${command:+"$command"} --he)
			COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
			"_${program//-/_}"
			[[ " ${COMPREPLY[*]} " == *" --help "* ]]
			if command -v fish >/dev/null; then
				fish -c ". ./completion.fish; complete -C '$program $command --he'" | grep -q -- '--help'
			fi
		done < <(commands "$program")
		if command -v zsh >/dev/null; then zsh -n completion.zsh; fi
	done
}

@test "msg-route and msg-optin link neither libcurl nor libmicrohttpd" {
	command -v ldd >/dev/null || skip "no ldd"
	local program
	for program in msg-route msg-optin; do
		[[ -x $MSG_BIN/$program ]] || continue
		run ldd "$MSG_BIN/$program"
		[[ $output != *libcurl* && $output != *libmicrohttpd* ]]
	done
}

@test "every program says its version, and refuses an unknown option and an unknown shell" {
	local program
	for program in $(programs); do
		run_msg "$program" -V
		[[ $status -eq 0 && $output == "$program "[0-9]* ]]
		run_msg "$program" --no-such-option
		[[ $status -eq 64 && $stderr == *"unknown option"* && -z $output ]]
		run_msg "$program" --completion tcsh
		[ "$status" -eq 64 ]
	done
}

@test "-h that cannot be written is an error" {
	[[ -e /dev/full ]] || skip "no /dev/full"
	local program
	for program in $(programs); do
		run --separate-stderr bash -c '"$1" -h >/dev/full' - "$program"
		[ "$status" -eq 74 ]
	done
}

@test "the EXAMPLES of every page run as they stand" {
	local failed=0 page
	for page in "$ROOT"/man/*.[157]; do
		[[ -f $page ]] || continue
		"$ROOT/tests/surface/examples" "$page" || failed=1
	done
	return $failed
}

@test "the pipelines of README.md run as they stand" {
	"$ROOT/tests/surface/examples" "$ROOT/README.md"
}

@test "every shell script parses, and shellcheck has nothing to say" {
	local scripts=() path
	while IFS= read -r path; do scripts+=("$path"); done < <(
		cd "$ROOT" && grep -rlE '^#!(/bin/|/usr/bin/env )(ba)?sh' .ci tools examples tests
	)
	cd "$ROOT"
	for path in "${scripts[@]}"; do bash -n "$path"; done
	command -v shellcheck >/dev/null || skip "parsed; shellcheck is not installed"
	shellcheck -x -f gcc "${scripts[@]}"
}

@test "make install installs every surface, and make uninstall takes it all away" {
	[[ $MSG_BIN == "$ROOT/bin" ]] || skip "for bin/ only"
	local program section failed=0
	run make -C "$ROOT" -s install NO_DEPS=1 DESTDIR="$HOME/root" PREFIX=/opt/msg
	echo "$output"
	[ "$status" -eq 0 ]
	cd "$HOME/root/opt/msg"
	for program in $(programs); do
		for path in "bin/$program" "share/bash-completion/completions/$program" "share/zsh/site-functions/_$program" \
			"share/fish/vendor_completions.d/$program.fish" "share/man/man1/$program.1"; do
			[[ -s $path ]] || { echo "missing: $path"; failed=1; }
		done
		"bin/$program" -V
	done
	[ "$failed" -eq 0 ]
	[[ -x share/doc/msg/examples/reminders.sh && -s share/doc/msg/README.md ]]
	run make -C "$ROOT" -s uninstall DESTDIR="$HOME/root" PREFIX=/opt/msg
	[ "$status" -eq 0 ]
	cd "$HOME"
	[ -z "$(find root ! -type d)" ]
}

@test "the examples run as they are, and say that nothing left this machine" {
	[[ -x $MSG_BIN/msg-route && -x $MSG_BIN/msg-optin && -x $MSG_BIN/msg-send && -x $MSG_BIN/msg-receipts ]] || skip "not all programs yet"
	local failed=0 example
	for example in reminders alert oncall ci-notify cron-reminder desk; do
		run --separate-stderr "$ROOT/examples/$example.sh" </dev/null
		[[ $status -eq 0 && $output != *$'\e['* ]] || { echo "$example: status $status"; failed=1; }
		[[ $example != reminders || $output == *"Hola, Ana"*"carla: blocked"*"emi: failed by whatsapp"*"emi: delivered by sms"*"80.0% delivered"* ]] ||
			{ echo "reminders: $output"; failed=1; }
		[[ $example != oncall || $output == *"acknowledges db-1"*"db-1: answered by slack"*"db-1: canceled by voice"*"db-lee: canceled"*"db-2: accepted by slack"* ]] ||
			{ echo "oncall: $output"; failed=1; }
		[[ $example != desk || $output == *"task reserved for mia"*"task reserved for bo"*"Anything else?"*"task reserved for bo"* ]] ||
			{ echo "desk: $output"; failed=1; }
		[[ $example == cron-reminder || $example == desk || $stderr == *"nothing leaves this machine"* ]] || { echo "$example: $stderr"; failed=1; }
	done
	return $failed
}
