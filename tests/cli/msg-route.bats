# msg-route: messages get their plan, and everybody can see why.
load helper

setup() {
	msg_setup
	mkdir -p "$XDG_CONFIG_HOME/msg"
	cat >"$XDG_CONFIG_HOME/msg/config.yaml" <<-'END'
		contacts: contacts.yaml
		policy: policy.yaml
	END
	cat >"$XDG_CONFIG_HOME/msg/contacts.yaml" <<-'END'
		contacts:
		  ana:
		    lang: es
		    prefer: [whatsapp]
		    addresses: {sms: "+15551230001", whatsapp: "+15551230001", email: ana@example.org}
		  bo:
		    addresses: {sms: "+15551230002"}
		    attributes: {tier: gold}
		  cy:
		    addresses: {slack: "#cy"}
		groups:
		  all: [ana, bo]
	END
	policy '{}'
}

policy() { printf '%s\n' "$1" >"$XDG_CONFIG_HOME/msg/policy.yaml"; }

# route LINE ...: through the filter.
route() { run_msg bash -c 'printf "%s\n" "$@" | msg-route' - "$@"; }

explain() { run_msg bash -c 'printf "%s\n" "$@" | msg-route explain' - "$@"; }

plan() { jq -c '[.plan[] | .channel + (if .wait then "/" + .wait + ":" + .until else "" end)]' <<<"$output"; }

@test "a message gets its plan, and every other byte stays" {
	route '{ "to" : "bo", "id":"m1","text":"caf\u00e9 \/ x", "n":1.10 , "mine":{"z":1,"a":[ ]} } '
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	[ "$output" = '{ "to" : "bo", "id":"m1","text":"caf\u00e9 \/ x", "n":1.10 , "mine":{"z":1,"a":[ ]},"plan":[{"channel":"sms","address":"sms:+15551230002"}]}' ]
}

@test "a message without an id is given one" {
	route '{"to":"bo","text":"hi"}' '{"id":null,"to":"bo","text":"hi"}'
	[ "$status" -eq 0 ]
	[ "$(json 'select(.id | test("^[0-9A-HJKMNP-TV-Z]{26}$")) | .to')" = $'"bo"\n"bo"' ]
	[[ ${lines[1]} == '{"id":"'* ]]
	[ "$(jq -r .id <<<"$output" | sort -u | wc -l)" -eq 2 ]
}

@test "without a policy the purpose and the preference decide" {
	route '{"to":"ana","text":"x"}'
	[ "$(plan)" = '["whatsapp","sms","email"]' ]
	route '{"to":"ana","text":"x","urgency":"critical"}'
	[ "$(plan)" = '["whatsapp/1m:delivered","sms/1m:delivered","email"]' ]
	route '{"to":"ana","text":"x","purpose":"emergency"}'
	[ "$(plan)" = '["sms/2m:read","whatsapp/2m:read","email"]' ]
	route '{"to":"cy","text":"x"}'
	[ "$(plan)" = '["slack"]' ]
	rm "$XDG_CONFIG_HOME/msg/policy.yaml" && sed -i /policy/d "$XDG_CONFIG_HOME/msg/config.yaml"
	route '{"to":"ana","text":"x"}'
	[ "$(plan)" = '["whatsapp","sms","email"]' ]
}

@test "without any configuration an address is routed" {
	rm -r "$XDG_CONFIG_HOME/msg"
	route '{"to":"+1 (555) 123-0001","text":"x"}'
	[ "$status" -eq 0 ]
	[ "$(json .plan)" = '[{"channel":"sms","address":"sms:+15551230001"}]' ]
}

@test "rules: the first that matches, with waits, senders and accounts" {
	policy 'rules:
- name: rides
  match: {topic: rides, contact.lang: [es, ca], context.price: {from: 10, to: 20}, text: {regex: "car [0-9]+"}, at: {present: false}}
  channels: [email/5m:read, {channel: sms, via: sandbox, from: "+15550009999", wait: 90s}, whatsapp/2h]
- {match: {topic: rides}, channels: [sms]}'
	route '{"to":"ana","text":"car 7","topic":"rides","context":{"price":"12.50"}}'
	[ "$status" -eq 0 ]
	same_json "$(json .plan)" '[{"channel":"email","address":"mailto:ana@example.org","wait":"5m","until":"read"},
		{"channel":"sms","via":"sandbox","address":"sms:+15551230001","from":"+15550009999","wait":"1m30s","until":"delivered"},
		{"channel":"whatsapp","address":"whatsapp:+15551230001"}]'
	route '{"to":"ana","text":"car 7","topic":"rides","context":{"price":"22"}}'
	[ "$(plan)" = '["sms"]' ]
	route '{"to":"ana","text":"bus","topic":"rides","context":{"price":12}}'
	[ "$(plan)" = '["sms"]' ]
	route '{"to":"ana","text":"bus"}'
	[ "$(plan)" = '["whatsapp","sms","email"]' ]
}

@test "a rule that continues sets what later ones may replace" {
	policy 'rules:
- {match: {contact.attributes.tier: gold}, from: {sms: "+15550007777"}, continue: true}
- {channels: [email, sms]}'
	route '{"to":"bo","text":"x"}' '{"to":"ana","text":"x"}'
	[ "$(json '[.plan[] | [.channel, .from]]')" = $'[["sms","+15550007777"]]\n[["email",null],["sms",null]]' ]
}

@test "several recipients: a line for each, the same id, every other field as it was" {
	route '{"type":"message","n":1.10,"to":["ana","@all",{"name":"Di","addresses":{"email":"di@example.org"}},"sms:+15551230009"],"text":"x"}'
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 4 ]
	[ "$(json .to)" = $'"ana"\n"bo"\n{"name":"Di","addresses":{"email":"di@example.org"}}\n"sms:+15551230009"' ]
	[ "$(jq -r .id <<<"$output" | sort -u | wc -l)" -eq 1 ]
	[[ ${lines[1]} == '{"type":"message","n":1.10,"to":"bo","text":"x","id":"'*'","plan":[{"channel":"sms","address":"sms:+15551230002"}]}' ]]
}

@test "a group of one is one line for that one" {
	printf 'contacts: {bo: {addresses: {sms: "+15551230002"}}}\ngroups: {one: [bo]}\n' >"$XDG_CONFIG_HOME/msg/contacts.yaml"
	route '{"id":"m","to":"@one","text":"x"}'
	[ "$(json '[.to, .id]')" = '["bo","m"]' ]
}

@test "an address of somebody known: this one alone" {
	route '{"to":"mailto:ANA@example.org","text":"x"}'
	[ "$(json '[.to, [.plan[].address]]')" = '["mailto:ANA@example.org",["mailto:ANA@example.org"]]' ]
}

@test "what has a plan passes, and so do other types" {
	printf '%s\n' '{"to":"nobody","text":"x", "plan":[{"channel":"sms","address":"sms:+15551230001"}]}' \
		'{"type":"receipt","message":"m", "status":"read"}' '{"type":"weather"}' >in
	run_msg msg-route in
	[ "$status" -eq 0 ]
	diff in <(printf '%s\n' "$output")
	route '{"plan":null,"id":"m","to":"bo","text":"x"}'
	[ "$output" = '{"plan":[{"channel":"sms","address":"sms:+15551230002"}],"id":"m","to":"bo","text":"x"}' ]
}

@test "somebody unknown is a bad line; the others go on" {
	route '{"to":"bo","text":"1"}' '{"to":"eve","text":"2"}' '{"to":"@none","text":"3"}' '{"to":["bo","eve"],"text":"4"}' '{"to":"bo","text":"5"}'
	[ "$status" -eq 65 ]
	[ "$(json .text)" = $'"1"\n"5"' ]
	[[ $stderr == *"line 2: to: no contact 'eve'"*"line 3: to: no group '@none'"*"line 4: to[1]: no contact 'eve'"* ]]
}

@test "no address for the channels of the rule: a failed receipt, status 1" {
	policy 'rules: [{match: {topic: calls}, channels: [voice, push]}]'
	route '{"id":"m1","to":"bo","text":"x","topic":"calls"}' '{"id":"m2","to":"bo","text":"x"}'
	[ "$status" -eq 1 ]
	[ -z "$stderr" ]
	same_json "$(jq -c 'select(.type == "receipt") | del(.id, .time)' <<<"$output")" '{"type":"receipt","message":"m1","contact":"bo",
		"purpose":"transactional","topic":"calls","status":"failed",
		"error":{"class":"unreachable","code":"no-address","text":"no address for voice, push"}}'
	[ "$(json 'select(.plan) | .id')" = '"m2"' ]
}

@test "a rule without channels sends nothing" {
	policy 'rules: [{name: quiet, match: {topic: noise}, channels: []}]'
	route '{"id":"m1","to":"bo","text":"x","topic":"noise"}' '{"id":"m2","to":"sms:+15551230009","text":"x","topic":"noise"}'
	[ "$status" -eq 1 ]
	[ "$(json '[.message, .status, .error.class, .error.code, .address]')" = '["m1","blocked","policy","rule",null]
["m2","blocked","policy","rule","sms:+15551230009"]' ]
}

@test "who is out is left out, on each channel of their own" {
	msg-optin out sms:+15551230001 >/dev/null
	msg-optin out bo --topic news >/dev/null
	route '{"id":"m1","to":"ana","text":"x"}' '{"id":"m2","to":"bo","text":"x","topic":"news"}' '{"id":"m3","to":"bo","text":"x"}'
	[ "$status" -eq 1 ]
	[ "$(json 'if .plan then [.id, (.plan[] | .channel)] else [.message, .status, .error.class, .error.code, .channel, .address] end')" = '["m1","whatsapp","email"]
["m2","blocked","opted-out","opted-out","sms","sms:+15551230002"]
["m3","sms"]' ]
}

@test "marketing needs a yes, unless the policy says none" {
	route '{"to":"bo","text":"x","purpose":"marketing"}'
	[ "$status" -eq 1 ]
	[ "$(json '[.status, .error.class, .error.code]')" = '["blocked","policy","no-consent"]' ]
	msg-optin in bo >/dev/null
	route '{"to":"bo","text":"x","purpose":"marketing"}'
	[ "$(plan)" = '["sms"]' ]
	policy 'purposes: {marketing: {require: none}, service: {require: explicit, channels: [email, sms]}}'
	route '{"to":"ana","text":"x","purpose":"marketing"}'
	[ "$(plan)" = '["whatsapp","email","sms"]' ]
	route '{"to":"ana","text":"x","purpose":"service"}'
	[ "$status" -eq 1 ]
}

@test "an opt-out counts for a route that is running already" {
	mkfifo in out
	msg-route <in >out 3>&- &
	local pid=$!
	exec 8>in 9<out
	echo '{"to":"bo","text":"x"}' >&8
	read -r -u 9 first
	msg-optin out bo >/dev/null
	echo '{"to":"bo","text":"x"}' >&8
	read -r -u 9 second
	exec 8>&- 9<&-
	wait $pid || [ $? -eq 1 ]
	[[ $first == *'"plan"'* && $second == *'"blocked"'* ]]
}

@test "channels that no account serves are left out; none left is an error of the configuration" {
	cat >>"$XDG_CONFIG_HOME/msg/config.yaml" <<-'END'
		accounts: {mail: {provider: smtp, url: "smtp://127.0.0.1:1"}}
		channels: {email: {via: mail, from: "a@example.org"}}
	END
	route '{"id":"m1","to":"ana","text":"x"}'
	[ "$status" -eq 0 ]
	[ "$(plan)" = '["email"]' ]
	route '{"id":"m1","to":"bo","text":"x"}' '{"id":"m2","to":"ana","text":"x"}'
	[ "$status" -eq 78 ]
	[ "$stderr" = "msg-route: no account serves sms" ]
	[ "$(json '[.message // .id, .status, .error.class, .error.code]')" = '["m1","failed","policy","no-account"]
["m2",null,null,null]' ]
}

@test "explain: each channel, and why it was chosen or not" {
	msg-optin out mailto:ana@example.org >/dev/null
	policy 'rules: [{name: bills, match: {topic: bills}, channels: [push, sms/5m:read, email, whatsapp]}]'
	explain '{"id":"m1","to":"ana","text":"x","topic":"bills"}'
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "m1 to ana: transactional, normal, topic bills; rule 'bills'" ]
	[[ ${lines[1]} == *leg*channel*address*why* ]]
	[[ ${lines[2]} == *"-  push "*"the contact has no address for it" ]]
	[[ ${lines[3]} == *"1  sms "*"sms:+1555•••0001"*"5m until read"*"in the waterfall of 'bills'" || ${lines[3]} == *"sms:+1555???0001"* ]]
	[[ ${lines[4]} == *"-  email "*"out of email since "* ]]
	[[ ${lines[5]} == *"2  whatsapp "*"in the waterfall of 'bills'" ]]
	[[ $output != *+15551230001* && $output != *ana@example.org* ]]
	run_msg bash -c 'echo "{\"to\":\"ana\",\"text\":\"x\"}" | msg-route explain -v'
	[[ ${lines[0]} == "to ana: transactional, normal" ]]
	[[ $output == *+15551230001*"preferred by the contact"* ]]
}

@test "explain: nobody left, and a plan that is there already" {
	explain '{"id":"m1","to":"bo","text":"x","purpose":"marketing"}' '{"id":"m2","to":"bo","text":"x","plan":[{"channel":"sms","address":"sms:+15551230002"}]}' \
		'{"type":"receipt","message":"m","status":"read"}'
	[ "$status" -eq 1 ]
	[[ $output == *"  blocked: marketing needs consent, and none is recorded"* ]]
	[[ ${lines[-1]} == "  the message has a plan of its own, which stays" ]]
}

@test "explain --json says the same to programs" {
	run_msg bash -c 'echo "{\"id\":\"m1\",\"to\":[\"bo\",\"ana\"],\"text\":\"x\",\"purpose\":\"otp\"}" | msg-route explain --json'
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 2 ]
	same_json "$(jq -c 'select(.to == "bo")' <<<"$output")" '{"type":"explanation","to":"bo","message":"m1","purpose":"otp","planned":false,
		"plan":[{"channel":"sms","address":"sms:+15551230002"}],
		"why":[{"channel":"sms","address":"sms:+15551230002","chosen":true,"leg":0,"reason":"built-in for otp","score":77,
		"points":{"reach":23,"calm":22,"urgent":18,"reliable":13,"private":1}},
		{"channel":"whatsapp","chosen":false,"reason":"the contact has no address for it"},
		{"channel":"voice","chosen":false,"reason":"the contact has no address for it"},
		{"channel":"email","chosen":false,"reason":"the contact has no address for it"}]}'
	[ "$(jq -c 'select(.to == "ana") | [.why[] | .reason][0]' <<<"$output")" = '"preferred by the contact"' ]
}

@test "check: a policy without fault, and one with rules that are never reached" {
	policy 'rules: [{match: {topic: a}, channels: [sms]}, {channels: [email]}]'
	run_msg msg-route check
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[ "$stderr" = "msg-route: 2 rules, nothing to remark" ]
	policy 'rules: [{channels: [email]}]'
	run_msg msg-route check
	[ "$stderr" = "msg-route: 1 rule, nothing to remark" ]
	cat >other.yaml <<-'END'
		rules:
		- {name: rest, channels: [email]}
		- {name: late, match: {topic: a}, channels: [sms]}
	END
	run_msg msg-route check other.yaml
	[ "$status" -eq 78 ]
	[ "$stderr" = "msg-route: other.yaml:3: rules[1]: never reached: rule 'rest' takes whatever it matches" ]
}

@test "check: the contacts, and with --secrets whether this host has what its accounts need" {
	cat >>"$XDG_CONFIG_HOME/msg/config.yaml" <<-'END'
		channels: {sms: {via: twilio, from: "+15550001111"}, slack: {via: slack}}
		accounts:
		  twilio: {account_sid: AC00000000000000000000000000000001, auth_token: env:NO_SUCH_TOKEN}
		  slack: {token: file:slack.token}
	END
	policy 'rules: []'
	echo secret >"$XDG_CONFIG_HOME/msg/slack.token"
	chmod 644 "$XDG_CONFIG_HOME/msg/slack.token"
	run_msg msg-route check
	[[ $status -eq 0 && $stderr == "msg-route: 0 rules, nothing to remark" ]]
	run_msg msg-route check --secrets
	[ "$status" -eq 77 ]
	[[ $stderr == *"accounts.twilio.auth_token: secret 'env:NO_SUCH_TOKEN': not set"*"accounts.slack.token: "*"open to others (mode 0644): chmod 600 it" ]]
	chmod 600 "$XDG_CONFIG_HOME/msg/slack.token"
	NO_SUCH_TOKEN=x run_msg msg-route check --secrets
	[[ $status -eq 0 && $stderr == "msg-route: 0 rules, nothing to remark" && $stderr != *secret* ]]
	sed -i.old 's/^contacts: .*//' "$XDG_CONFIG_HOME/msg/config.yaml"
	echo 'contacts: gone.csv' >>"$XDG_CONFIG_HOME/msg/config.yaml"
	run_msg msg-route check
	[[ $status -eq 78 && $stderr == *"contacts: cannot open '"*"gone.csv': No such file or directory" ]]
}

@test "check: channels without a way" {
	cat >>"$XDG_CONFIG_HOME/msg/config.yaml" <<-'END'
		accounts: {mail: {provider: smtp, url: "smtp://127.0.0.1:1"}}
	END
	policy 'rules: [{channels: [email, sms]}]'
	run_msg msg-route check
	[ "$status" -eq 78 ]
	[[ $stderr == *"policy.yaml:1: rules[0].channels[1]: no account serves sms" ]]
}

@test "an error in the policy names file, line and key, and nothing is routed" {
	policy $'rules:\n- match: {purpose: marketting}\n  channels: [sms]'
	route '{"to":"bo","text":"x"}'
	[ "$status" -eq 78 ]
	[ -z "$output" ]
	[[ $stderr == "msg-route: "*"/policy.yaml:2: rules[0].match.purpose: not a purpose: 'marketting'" ]]
	policy $'rules:\n- channels: [smss]'
	run_msg msg-route check
	[ "$status" -eq 78 ]
	[[ $stderr == *"policy.yaml:2: rules[0].channels[0]: unknown channel: 'smss'" ]]
	policy $'rules:\n- chanels: [sms]'
	run_msg msg-route explain </dev/null
	[ "$status" -eq 78 ]
	[[ $stderr == *"policy.yaml:2: rules[0].chanels: unknown key (did you mean 'channels'?)" ]]
}

@test "commands: a name selects one, a file of that name is written with a path" {
	echo '{"to":"bo","text":"x"}' >explain
	run_msg msg-route ./explain
	[ "$(plan)" = '["sms"]' ]
	run_msg msg-route -- explain
	[ "$(plan)" = '["sms"]' ]
	run_msg msg-route -q explain --json ./explain
	[ "$(json .type)" = '"explanation"' ]
	run_msg msg-route check a b
	[ "$status" -eq 64 ]
	[[ $stderr == *"too many operands"*"usage: msg-route check "* ]]
	run_msg msg-route ./no-such-file
	[ "$status" -eq 64 ]
}

@test "output that cannot be written is an error" {
	[[ -e /dev/full ]] || skip "no /dev/full"
	echo '{"to":"bo","text":"x"}' >in
	for command in "" explain "explain --json"; do
		run --separate-stderr bash -c "msg-route $command in >/dev/full"
		[ "$status" -eq 74 ]
		[[ $stderr == "msg-route: cannot write output"* ]]
	done
}

@test "a large group does not need large memory, and a slow reader gets all of it" {
	{
		echo 'contacts:'
		for ((i = 0; i < 2000; i++)); do printf '  c%d: {addresses: {sms: "+1555%07d"}}\n' $i $((i + 2000000)); done
		printf 'groups: {big: [c0'
		for ((i = 1; i < 2000; i++)); do printf ', c%d' $i; done
		echo ']}'
	} >"$XDG_CONFIG_HOME/msg/contacts.yaml"
	printf '{"id":"m","to":"@big","text":"%s"}\n' "$(head -c 20000 /dev/zero | tr '\0' x)" >in
	run bash -c 'msg-route in | jq -r .to | sort -u | wc -l'
	[ "$output" -eq 2000 ]
}

@test "a plan that makes the line too long is refused as a bad line" {
	printf '{"id":"m","to":"bo","text":"%s"}\n' "$(head -c 1048540 /dev/zero | tr '\0' x)" >in
	run_msg msg-route in
	[ "$status" -eq 65 ]
	[ -z "$output" ]
	[[ $stderr == "msg-route: in: line 1: longer than 1048576 bytes with its plan" ]]
}

@test "the policies in the pages load" {
	local page="$ROOT/man/msg-policy.5" name
	awk '/^\.Bd -literal/ { n++; on = 1; next } /^\.Ed/ { on = 0 } on { print >("policy." n ".yaml") }' "$page"
	run bash -c 'grep -lE "^(rules|purposes):" policy.*.yaml | wc -l'
	[ "$output" -ge 4 ]
	while read -r name; do
		run_msg msg-route check "$name"
		[ "$status" -eq 0 ]
	done < <(grep -lE '^(rules|purposes):' policy.*.yaml)
}

@test "the order of the usual channels is that of the page" {
	local purpose channels last
	policy 'purposes: {marketing: {require: none}}'
	while read -r purpose channels; do
		channels=${channels%, others*}
		echo "{\"to\":{\"addresses\":{\"sms\":\"+3546123456\",\"whatsapp\":\"+3546123456\",\"voice\":\"+3546123456\",\"email\":\"a@example.org\",
			\"push\":\"fcm:t\",\"chat\":\"c\"}},\"text\":\"x\",\"purpose\":\"$purpose\"}" | tr -d '\n\t' >in
		run_msg msg-route in
		[ "$(jq -r --arg usual "$channels" '[.plan[].channel | select(IN($usual | split(", ")[]))] | join(", ")' <<<"$output")" = "$channels" ]
		last=$purpose
	done < <(sed -n '/^\.Ss Without a rule/,/^\.El/p' "$ROOT/man/msg-policy.5" | sed -n -e 's/\\&//' -e 's/^\.It Li \([a-z]*\) Ta Li /\1 /p')
	[ "$last" = marketing ]
}

@test "the answer to a STOP is routed for as long as its permit is valid" {
	faketime -f +6m msg-route -V >/dev/null 2>&1 || skip "no faketime, or a build that it cannot run (sanitizers)"
	echo '{"type":"inbound","id":"i","from":"sms:+15551230002","text":"STOP"}' | msg-optin keywords | tail -n 1 >answer
	run_msg msg-route answer
	[ "$status" -eq 0 ]
	[ "$(plan)" = '["sms"]' ]
	run_msg faketime -f +6m msg-route answer
	[ "$status" -eq 1 ]
	[ "$(json .error.code)" = '"opted-out"' ]
}

@test "a fallback stands behind whatever waterfall is in force" {
	policy 'fallback: [email, others]
rules:
- {name: calls, match: {topic: calls}, channels: [voice, sms]}
- {name: mail, match: {topic: mail}, channels: [email]}
- {name: own, match: {topic: own}, channels: [sms], fallback: [whatsapp]}
- {match: {topic: none}, channels: []}'
	route '{"to":"ana","text":"x","topic":"calls"}' '{"to":"ana","text":"x","topic":"mail"}' '{"to":"ana","text":"x","topic":"own"}' '{"to":"ana","text":"x","topic":"none"}'
	[ "$status" -eq 1 ]
	[ "$(jq -c 'select(.plan) | [.plan[].channel]' <<<"$output")" = '["sms","email","whatsapp"]
["email","sms","whatsapp"]
["sms","whatsapp"]' ]
	explain '{"to":"ana","text":"x","topic":"calls"}'
	[[ $output == *"2  email "*"the fallback"* ]]
}

@test "side by side only when it is asked for" {
	policy 'rules: [{match: {topic: fire}, channels: [sms/5m:read, whatsapp, email], parallel: true}]'
	route '{"id":"m","to":"ana","text":"x","topic":"fire"}'
	[ "$(jq -c '[.plan[] | [.channel,.wait,.parallel]]' <<<"$output")" = '[["sms",null,null],["whatsapp",null,true],["email",null,true]]' ]
	run_msg msg-send <<<"$output"
	[ "$status" -eq 0 ]
	[ "$(json '[.leg, .channel, .status]')" = '[0,"sms","accepted"]
[1,"whatsapp","accepted"]
[2,"email","accepted"]' ]
}

@test "a list within the waterfall is used at once, and what is behind it waits for all of it" {
	policy 'rules: [{match: {topic: fire}, channels: [[sms/5m:read, {channel: whatsapp, wait: 10m}], email/1h]}]'
	route '{"id":"m","to":"ana","text":"x","topic":"fire"}'
	[ "$(jq -c '[.plan[] | [.channel,.wait,.until,.parallel]]' <<<"$output")" = \
		'[["sms","5m","read",null],["whatsapp","10m","delivered",true],["email",null,null,null]]' ]
	run_msg msg-route explain <<<'{"id":"m","to":"ana","text":"x","topic":"fire"}'
	[[ $output == *"at once, 10m until delivered"* ]]
	# Of one that is left out the others keep their place.
	msg-optin out sms:+15551230009 >/dev/null
	policy 'rules: [{match: {topic: fire}, channels: [[sms, whatsapp], email]}]'
	route '{"id":"m","to":{"id":"bo","addresses":{"sms":"+15551230009","whatsapp":"+15551230009","email":"b@example.org"}},"text":"x","topic":"fire"}'
	[ "$(jq -c '[.plan[] | [.channel,.parallel]]' <<<"$output")" = '[["whatsapp",null],["email",null]]' ]
	# Who wants one channel at a time gets them one after the other.
	msg-optin prefs --one-channel yes ana >/dev/null
	policy 'rules: [{match: {topic: fire}, channels: [[sms/5m, whatsapp/5m], email]}]'
	route '{"id":"m","to":"ana","text":"x","topic":"fire"}'
	[ "$(jq -c '[.plan[] | [.channel,.wait,.parallel]]' <<<"$output")" = '[["sms",null,null],["whatsapp",null,null],["email",null,null]]' ]
}

@test "a list within the waterfall that is none is named" {
	policy 'rules: [{channels: [sms, []]}]'
	run_msg msg-route check
	[ "$status" -eq 78 ]
	[[ $stderr == *"rules[0].channels[1]: an empty list of channels" ]]
	policy 'rules: [{channels: [[sms, [email]]]}]'
	run_msg msg-route check
	[ "$status" -eq 78 ]
	[[ $stderr == *"rules[0].channels[0][1]: not a channel such as sms or push/5m:read"* ]]
}

sender() { jq -c '[.plan[] | .from]' <<<"$output"; }

@test "senders: the longest prefix, then the country, then what is left" {
	policy 'senders:
  sms:
  - {from: "+447700900001"}
  - {to: FR, from: ["+33700000001"]}
  - {to: ["+3361", "+346"], from: "+33700000061"}'
	route '{"to":"+33612345678","text":"x"}' '{"to":"+33622345678","text":"x"}' '{"to":"+34612345678","text":"x"}' \
		'{"to":"+4915112345678","text":"x"}' '{"to":"whatsapp:+33612345678","text":"x"}'
	[ "$(sender)" = '["+33700000061"]
["+33700000001"]
["+33700000061"]
["+447700900001"]
[null]' ]
}

@test "senders: from a pool the same area, the same country, and always the same one for the same person" {
	policy 'senders: {sms: [{from: ["+12125550100", "+13105550100", "+447700900001", "+447700900002", "+447700900003"]}]}'
	route '{"to":"+13105559999","text":"x"}' '{"to":"+12125559999","text":"x"}'
	[ "$(sender)" = $'["+13105550100"]\n["+12125550100"]' ]
	for ((i = 10000; i < 10300; i++)); do echo "{\"to\":\"+4477009$i\",\"text\":\"x\"}"; done >in
	run_msg msg-route in
	sender | sort | uniq -c >first
	[ "$(grep -c 447700900 first)" -eq 3 ]
	[ "$(awk '$1 < 60' first)" = "" ]
	sender >one
	run_msg msg-route in
	sender | diff one -
	explain '{"to":"+13105559999","text":"x"}'
	[[ $output == *"from +13105550100, of the same area"* ]]
}

@test "senders: a name where its country allows it" {
	policy 'senders:
  sms:
  - {from: CLINIC, registered: [ES]}
  - {to: [US, CA], from: "+12125550100"}
rules:
- {match: {topic: gold}, from: {sms: GOLD}, continue: true}'
	route '{"to":"+4915112345678","text":"x"}' '{"to":"+34612345678","text":"x"}' '{"to":"+12125559999","text":"x"}' \
		'{"to":"+12125559999","text":"x","topic":"gold"}' '{"to":"+4915112345678","text":"x","topic":"gold"}'
	[ "$(sender)" = '["CLINIC"]
["CLINIC"]
["+12125550100"]
["+12125550100"]
["GOLD"]' ]
	route '{"id":"m","to":"+61412345678","text":"x"}'
	[ "$status" -eq 1 ]
	[ "$(json '[.status, .error.class, .error.code]')" = '["blocked","policy","no-sender"]' ]
	[[ $(json .error.text) == *"no sender for AU: 'CLINIC' is none, the country wants names registered"* ]]
}

@test "senders: mistakes are named" {
	policy $'senders:\n  sms:\n  - {to: Spain, from: X}'
	run_msg msg-route check
	[ "$status" -eq 78 ]
	[[ $stderr == *"policy.yaml:3: senders.sms[0].to: not a country such as ES, nor a prefix such as +4477: 'Spain'" ]]
	policy $'senders:\n  sms:\n  - {to: ES}'
	run_msg msg-route check
	[[ $stderr == *"policy.yaml:3: senders.sms[0]: from is missing" ]]
	policy 'senders: {smss: []}'
	run_msg msg-route check
	[[ $stderr == *"policy.yaml:1: senders.smss: unknown channel" ]]
}

scored() {
	run_msg msg-route <<<"{\"to\":{\"id\":\"dana\",\"addresses\":{\"sms\":\"$1\",\"whatsapp\":\"$1\",\"push\":\"fcm:t\",\"chat\":\"u1\",\"email\":\"d@example.org\"}${3:+,$3}},\"text\":\"x\"${2:+,$2}}"
	jq -r '[.plan[].channel] | join(" ")' <<<"$output"
}

@test "without a rule: what the message needs, where the person is, what is on" {
	[ "$(scored +34612345678)" = "whatsapp push sms email chat" ]
	[ "$(scored +15551230001)" = "push sms whatsapp email chat" ]
	[ "$(scored +34612345678 '"context":{"app_active":true}')" = "chat whatsapp push sms email" ]
	[ "$(scored +34612345678 '"urgency":"critical"')" = "whatsapp sms push email chat" ]
	[ "$(scored +15551230001 '"media":[{"url":"https://media.example/a.png"}]' | cut -d ' ' -f 1-3)" = "push email whatsapp" ]
	[ "$(scored +34612345678 '' '"attributes":{"push_enabled":false}')" = "whatsapp sms email chat push" ]
	[ "$(scored +15551230001 '"needs":["private","two-way"]' | cut -d ' ' -f 1)" = whatsapp ]
	[ "$(scored +34612345678 '' '"prefer":["email","sms"]')" = "email sms whatsapp push chat" ]
}

@test "without a rule: weights of the policy, of a purpose, of a rule" {
	policy 'weights: {share: 0}
rules: [{match: {topic: cheap}, weights: {cheap: 10}}]'
	[ "$(scored +34612345678)" = "push whatsapp sms email chat" ]
	[ "$(scored +34612345678 '"topic":"cheap"' | cut -d ' ' -f 1-3)" = "push email whatsapp" ]
	policy $'weights:\n  shares: 2'
	run_msg msg-route check
	[ "$status" -eq 78 ]
	[[ $stderr == *"policy.yaml:2: weights.shares: unknown key (did you mean 'share'?)" ]]
	policy $'weights: {share: 11}'
	run_msg msg-route check
	[[ $stderr == *"policy.yaml:1: weights.share: not a factor from 0 to 10" ]]
}

@test "without a rule: where they read and answer, and what arrives at all" {
	[ "$(scored +15551230001)" = "push sms whatsapp email chat" ]
	echo '{"type":"receipt","message":"m1","leg":0,"channel":"email","contact":"dana","address":"mailto:d@example.org","status":"read"}
{"type":"receipt","message":"m2","leg":0,"channel":"sms","contact":"dana","address":"sms:+15551230001","status":"answered"}' | msg-receipts record >/dev/null
	[ "$(scored +15551230001 | cut -d ' ' -f 1)" = sms ]
	for ((i = 0; i < 100; i++)); do
		echo "{\"type\":\"receipt\",\"message\":\"p$i\",\"leg\":0,\"channel\":\"push\",\"address\":\"fcm:$i\",\"status\":\"accepted\"}"
		echo "{\"type\":\"receipt\",\"message\":\"p$i\",\"leg\":0,\"channel\":\"push\",\"address\":\"fcm:$i\",\"status\":\"undelivered\"}"
	done | msg-receipts record >/dev/null
	[ "$(scored +15551230001)" = "sms whatsapp email push chat" ]
	run_msg msg-route explain --json <<<'{"to":{"id":"dana","addresses":{"sms":"+15551230001","push":"fcm:t"}},"text":"x"}'
	[ "$(json '[.why[] | select(.score) | [.channel, .points.habit, .points.delivery]]')" = '[["sms",20,null],["push",null,-37]]' ]
	run_msg msg-route explain <<<'{"to":{"id":"dana","addresses":{"sms":"+15551230001","push":"fcm:t"}},"text":"x"}'
	[[ $output == *score*channel*points*sms*"habit 20"*push*"delivery -37"* ]]
}

@test "without a rule: the fallback stays behind, whatever it is worth" {
	policy 'fallback: [slack, email]'
	run_msg msg-route explain --json <<<'{"to":{"id":"dana","prefer":["slack"],"addresses":{"sms":"+15551230001","slack":"#d","email":"d@example.org"}},"text":"x","purpose":"otp"}'
	[ "$status" -eq 0 ]
	[ "$(jq -c '[.why[] | select(.leg != null) | [.channel, (.score > 0)]]' <<<"$output")" = '[["sms",true],["email",true],["slack",true]]' ]
	[ "$(jq -r '.why[] | select(.channel == "slack") | .reason' <<<"$output")" = "the fallback" ]
}
