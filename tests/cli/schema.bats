# schema/msg.schema.json against the tables that common/line/envelope.c is held against too (tests/unit/test_envelope.c).
load helper

setup() {
	msg_setup
	python=/usr/bin/python3
	[[ -x $python ]] || python=python3
	"$python" -c 'import jsonschema' 2>/dev/null || skip "python3's jsonschema is not installed"
}

validate() {
	"$python" "$ROOT/tests/schema/validate.py" "$@"
}

@test "the schema takes every good line, as published and by type" {
	run --separate-stderr validate "$ROOT/tests/schema/good.jsonl"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	run --separate-stderr validate --whole "$ROOT/tests/schema/good.jsonl"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "the schema refuses every bad line, where it is wrong" {
	run --separate-stderr validate --bad "$ROOT/tests/schema/bad.jsonl"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	run --separate-stderr validate --whole --bad "$ROOT/tests/schema/bad.jsonl"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "validate says file, line and place, and that a good line in the bad table is wrong" {
	printf '{"to":"ana","text":"hi"}\n\n{"to":"ana","text":5}\n' >lines
	run --separate-stderr validate lines
	[ "$status" -eq 1 ]
	[[ $output == "lines:3: text: "* ]]
	echo '{"at":"to","line":{"to":"ana","text":"hi"}}' >wrong
	run --separate-stderr validate --bad wrong
	[ "$status" -eq 1 ]
	[[ $output == "wrong:1: taken"* ]]
}

@test "validate reads JSON as strictly as the programs do" {
	local line
	while IFS= read -r line; do
		printf '%s\n' "$line" >line
		run --separate-stderr validate line
		[ "$status" -eq 1 ]
		[[ $output == line:1:* ]]
	done <<-'END'
		{"to":"a","to":"b","text":"x"}
		{"to":"a","text":"\u0000"}
		{"to":"a","text":"\ud800"}
		{"to":"a","text":"x","n":99999999999999999999}
		{"to":"a","text":"x","n":1e999}
		{"to":"a","text":"x","n":NaN}
		["to"]
		"to"
	END
	head -c 1100000 /dev/zero | tr '\0' x >long
	run --separate-stderr validate long
	[[ $status -eq 1 && $output == *"longer than 1 MiB"* ]]
}

@test "the lines that msg(5) shows are lines of msg(5)" {
	awk '
		/^\.Sh/ { inside = /^\.Sh EXAMPLES/; next }
		/^\.\\" file: .*\.jsonl?$/ { shown = 1; next }
		/^\.Bd/ { block = inside && shown; shown = 0; next }
		/^\.Ed/ { block = 0; next }
		block' "$ROOT/man/msg.5" | jq -c . >lines
	[ "$(wc -l <lines)" -ge 8 ]
	run --separate-stderr validate lines
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}
