# The configuration as programs meet it: found, refused with file, line and key; secrets that reach the provider and
# nobody else; contacts from files and from a resolver.
load helper

setup() {
	msg_setup
	LINE='{"id":"m1","to":"+15551230001","text":"hi"}'
}

teardown() { carrier_stop; }

# send TO: one message, as lines.
send() { run_msg msg-send "${@:2}" <<<"{\"to\":$1,\"text\":\"hi\"}"; }

# recipients: address of every receipt, once, in order.
recipients() { jq -r .address <<<"$output" | awk '!seen[$0]++' | paste -sd' '; }

@test "without a configuration everything goes to the sandbox, and the state below the home" {
	[ ! -e /etc/msg/config.yaml ] || skip "this machine has a configuration"
	run_msg msg-send <<<"$LINE"
	[ "$status" -eq 0 ]
	[ "$(jq -r .via <<<"${lines[0]}")" = sandbox ]
	[ -d "$HOME/.local/state/msg" ]
}

@test "-c, then MSG_CONFIG, then the home's" {
	mkdir -p .config/msg
	echo 'state: from-home' >.config/msg/config.yaml
	echo 'state: from-variable' >variable.yaml
	echo 'state: from-option' >option.yaml
	run_msg msg-send <<<"$LINE"
	[ -d .config/msg/from-home ]
	MSG_CONFIG=variable.yaml run_msg msg-send <<<"$LINE"
	[ -d from-variable ]
	MSG_CONFIG=variable.yaml run_msg msg-send -c option.yaml <<<"$LINE"
	[ -d from-option ]
}

@test "a configuration that was asked for must be there" {
	run_msg msg-send -c none.yaml <<<"$LINE"
	[ "$status" -eq 78 ]
	[ "$stderr" = "msg-send: cannot open 'none.yaml': No such file or directory" ]
	[ -z "$output" ]
	MSG_CONFIG=none.yaml run_msg msg-send <<<"$LINE"
	[ "$status" -eq 78 ]
}

# refused CONFIGURATION MESSAGE: nothing is sent, and that is why.
refused() {
	printf '%b' "$1" >c.yaml
	run_msg msg-send -c c.yaml <<<"$LINE"
	echo "$stderr"
	[ "$status" -eq 78 ] && [ -z "$output" ] && [ "$stderr" = "msg-send: $2" ]
}

@test "mistakes are named by file, line and key" {
	refused 'chanels: {}\n' "c.yaml:1: chanels: unknown key (did you mean 'channels'?)"
	refused '\nchannels:\n  sms: {via: [nobody]}\n' "c.yaml:3: channels.sms.via[0]: no account is called 'nobody'"
	refused 'channels:\n  sms:\n    from: 12345\n' "c.yaml:3: channels.sms.from: must be text: put the number in quotes"
	refused 'accounts:\n  smtp:\n' "c.yaml:2: accounts.smtp: must be a map ({} when there is nothing to set)"
	refused 'state: a\nstate: b\n' "c.yaml:2: key given twice: 'state'"
	refused 'state: &a x\npolicy: *a\n' "c.yaml:2: policy: aliases are not supported: '*a'"
	refused 'state: a: b\n' "c.yaml:1: not YAML: mapping values are not allowed in this context"
	refused 'contacts: people.yaml\n' "c.yaml:1: contacts: cannot open 'people.yaml': No such file or directory"
}

@test "a mistake in a contacts file is named there" {
	echo 'contacts: people.csv' >c.yaml
	printf 'id,name,sms\nana,Ana,+15551230001\nben,Ben,555\n' >people.csv
	run_msg msg-send -c c.yaml <<<"$LINE"
	[ "$status" -eq 78 ]
	[[ $stderr == "msg-send: people.csv:3: sms: not a phone number"* ]]
}

@test "each kind of secret reaches the provider, and nothing that is kept or shown" {
	carrier_start
	msg-seal -q --init
	export TOKEN=s3cret-env
	(umask 077; echo s3cret-file >token)
	sealed=$(printf s3cret-sealed | msg-seal)
	for reference in env:TOKEN file:token "cmd:echo s3cret-cmd; echo user x" "$sealed"; do
		cat >c.yaml <<-END
			channels: {ntfy: {via: n}}
			accounts: {n: {provider: ntfy, url: "$CARRIER", token: "$reference"}}
		END
		run_msg msg-send -v -c c.yaml <<<'{"to":"ntfy:ops","text":"hi"}'
		[[ "$output$stderr" != *s3cret* ]]
	done
	[ "$(carrier_requests '.headers.Authorization // .headers.authorization' | tr -d '"' | paste -sd,)" = \
		"Bearer s3cret-env,Bearer s3cret-file,Bearer s3cret-cmd,Bearer s3cret-sealed" ]
	run grep -rl s3cret "$XDG_STATE_HOME"
	[ "$status" -eq 1 ]
}

@test "a secret that cannot be read is refused by kind and name, never by value" {
	carrier_start
	unset NOT_SET
	echo s3cret >loose
	chmod 644 loose
	cannot() {
		printf 'channels: {ntfy: {via: n}}\naccounts: {n: {provider: ntfy, url: "%s", token: "%s"}}\n' "$CARRIER" "$1" >c.yaml
		run_msg msg-send -c c.yaml <<<'{"to":"ntfy:ops","text":"hi"}'
		echo "$stderr"
		[ "$status" -eq 77 ] && [[ "$output$stderr" == *"$2"* ]] && [[ "$output$stderr" != *s3cret* ]]
	}
	cannot env:NOT_SET "secret 'env:NOT_SET': not set"
	cannot file:loose "secret 'file:loose': 'loose' is open to others (mode 0644): chmod 600 it"
	cannot file:none "secret 'file:none': cannot open 'none': No such file or directory"
	cannot "cmd:exit 3" "secret 'cmd:exit 3': ended with status 3"
	cannot sealed:AAAA "secret 'sealed:…': not what msg-seal writes"
	[ -z "$(carrier_requests)" ]
}

@test "a secret in plain sight is a mistake in the configuration" {
	printf 'accounts:\n  ntfy: {token: tk_s3cret}\n' >c.yaml
	run_msg msg-send -c c.yaml <<<'{"to":"ntfy:ops","text":"hi"}'
	[ "$status" -eq 78 ]
	[[ $stderr == "msg-send: c.yaml:2: accounts.ntfy.token: "* ]]
	[[ $stderr != *s3cret* ]]
}

@test "a dry run reads no secret" {
	printf 'accounts:\n  ntfy: {token: "cmd:touch was-run; echo x"}\n' >c.yaml
	run_msg msg-send -n -c c.yaml <<<'{"to":"ntfy:ops","text":"hi"}'
	[ "$status" -eq 0 ]
	[[ $output == *'***'* ]]
	[ ! -e was-run ]
}

@test "contacts, groups, addresses and arrays; nobody twice" {
	cat >people.yaml <<-'END'
		contacts:
		  ana: {addresses: {sms: +1 555 123 0001}}
		  ben: {addresses: {sms: +1 555 123 0101}}
		groups:
		  oncall: [ana, ben]
		  all: ["@oncall", ana, sms:+15551230201]
	END
	echo 'contacts: people.yaml' >c.yaml
	send '"ana"' -c c.yaml
	[ "$(recipients)" = sms:+15551230001 ]
	[ "$(jq -r .contact <<<"${lines[0]}")" = ana ]
	send '"@all"' -c c.yaml
	[ "$(recipients)" = "sms:+15551230001 sms:+15551230101 sms:+15551230201" ]
	send '["ben","@oncall","+1-555-123-0001"]' -c c.yaml
	[ "$(recipients)" = "sms:+15551230101 sms:+15551230001" ]
	send '"sms:+15551230101"' -c c.yaml
	[ "$(jq -r .contact <<<"${lines[0]}")" = ben ]
}

@test "whom nobody knows is a bad line; the others go on" {
	printf 'id,sms\nana,+15551230001\n' >people.csv
	echo 'contacts: people.csv' >c.yaml
	run_msg msg-send -c c.yaml --rejects bad <<-'END'
		{"to":"bob","text":"hi"}
		{"to":"@nobody","text":"hi"}
		{"to":"ana","text":"hi"}
	END
	[ "$status" -eq 65 ]
	[ "$(recipients)" = sms:+15551230001 ]
	[[ $stderr == *"line 1: to: no contact 'bob'"*"line 2: to: no group '@nobody'"* ]]
	[ "$(wc -l <bad)" -eq 2 ]
}

@test "a resolver is one process for all questions, and ends with the program" {
	cat >crm <<-'END'
		echo "$$" >>starts
		while read -r who; do
		  case $who in
		  ana) echo '{"id":"ana","addresses":{"sms":"+1 555 123 0001"}}' ;;
		  *) echo '{}' ;;
		  esac
		done
		echo end >>starts
	END
	echo 'contacts: "cmd:. ./crm"' >c.yaml
	run_msg msg-send -c c.yaml <<-'END'
		{"to":"ana","text":"one"}
		{"to":"zoe","text":"two"}
		{"to":"sms:+15551230101","text":"three"}
	END
	[ "$status" -eq 65 ]
	[ "$(recipients)" = "sms:+15551230001 sms:+15551230101" ]
	[[ $stderr == *"line 2: to: no contact 'zoe'"* ]]
	[ "$(wc -l <starts)" -eq 2 ]
	[ "$(tail -n 1 starts)" = end ]
}

@test "a resolver that dies is started once more; a lasting failure is not sent around" {
	cat >crm <<-'END'
		echo start >>starts
		read -r who
		echo '{"id":"ana","addresses":{"sms":"+15551230001"}}'
	END
	echo 'contacts: "cmd:. ./crm"' >c.yaml
	run_msg msg-send -c c.yaml <<-'END'
		{"to":"ana","text":"one"}
		{"to":"ana","text":"two"}
	END
	[ "$status" -eq 0 ]
	[ "$(wc -l <starts)" -eq 2 ]
	echo 'contacts: "cmd:exit 4"' >c.yaml
	send '"ana"' -c c.yaml
	[ "$status" -eq 69 ]
	[[ $stderr == *"contacts: 'exit 4' ended with status 4 before it answered" ]]
	[ -z "$output" ]
}

@test "the examples of msg-config(5) run as they stand" {
	"$ROOT/tests/surface/examples" "$ROOT/man/msg-config.5"
}
