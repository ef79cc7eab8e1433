# msg-bot: flows as a filter and at a terminal.
load helper

setup() {
	msg_setup
	cat >flow.yaml <<'YAML'
start: hello
states:
  hello:
    say: "Hi {{contact.name?there}}!"
    ask: {en: "Monday? (yes/no)", es: "¿Lunes? (sí/no)"}
    on:
      yes|y|sí: thanks
      no|n: day
      help: person
    else: {say: "Yes or no?"}
    timeout: {after: 10m, say: "Still there?", to: gone}
  day:
    ask: "Which day, then?"
    save: day
    to: thanks
  person:
    handoff: {skills: [desk], priority: high, reason: "{{text}}"}
    on: {declined: hello}
    to: thanks
  thanks: {say: "See you{{#vars.day}} on {{vars.day}}{{/vars.day}}.", end: true}
  gone: {say: "Bye.", end: true}
YAML
}

US=sms:+15550001111
ANA=sms:+15551230001
BEN=sms:+15551230002

# from WHO ID TEXT [MEMBERS]: an inbound line.
from() {
	jq -cn --arg from "$1" --arg id "$2" --arg text "$3" --arg to $US \
		'{type: "inbound", $id, $from, $to, $text} + ('"${4:-null}"' // {})'
}

# bot_hears LINE ...: msg-bot flow.yaml, with these lines on its stdin.
bot_hears() {
	printf '%s\n' "$@" >in
	run_msg msg-bot flow.yaml in
}

texts() {
	jq -r 'select(.type == "message").text' <<<"$output"
}

@test "the number of a button that was put into words is understood, after what the flow itself understands" {
	local ask='{"to":"sms:+15551230001","text":"Monday?","buttons":[{"text":"Yes"},{"text":"Not that day","reply":"no"}]}'
	run_msg msg-send <<<"$ask"
	[ "$(json .changes)" = '["buttons-to-text"]' ]
	bot_hears "$(from $ANA i1 hello)" "$(from $ANA i2 ' 2. ')"
	[ "$(texts | tail -n 1)" = "Which day, then?" ]
	bot_hears "$(from $ANA i3 1)"
	[ "$(texts)" = "See you on 1." ]
	bot_hears "$(from $BEN i4 hello)" "$(from $BEN i5 1)"
	[[ $(texts) == *"Yes or no?"* ]]
	bot_hears "$(from $ANA i6 hello)" "$(from $ANA i7 3)"
	[[ $(texts) == *"Yes or no?"* ]]
	run_msg faketime -f '+8d' msg-bot flow.yaml <<<"$(from $ANA i8 1)"
	[[ $(texts) == *"Yes or no?"* ]]
}

@test "a person is answered, state by state, across runs" {
	bot_hears "$(from $ANA i1 hello)"
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	[ "$(texts)" = $'Hi there!\nMonday? (yes/no)' ]
	same_json "$(json 'del(.thread)' | head -n 1)" \
		'{"type":"message","id":"i1.1","to":"sms:+15551230001","from":"+15550001111","text":"Hi there!","purpose":"service"}'
	[ "$(json .thread | sort -u | wc -l)" -eq 1 ]
	bot_hears "$(from $ANA i2 'No.')"
	[ "$(texts)" = "Which day, then?" ]
	bot_hears "$(from $ANA i3 ' Tuesday ')"
	[ "$(texts)" = "See you on Tuesday." ]
	bot_hears "$(from $ANA i4 'hello again')"
	[ "$(texts)" = $'Hi there!\nMonday? (yes/no)' ]
}

@test "two people have a conversation each" {
	bot_hears "$(from $ANA i1 hello)" "$(from $BEN i2 hello)" "$(from $ANA i3 no)" "$(from $BEN i4 yes)"
	[ "$(json 'select(.id == "i3.1").text')" = '"Which day, then?"' ]
	[ "$(json 'select(.id == "i4.1").text')" = '"See you."' ]
	[ "$(json .thread | sort -u | wc -l)" -eq 2 ]
}

@test "what is not understood is asked again, and restart begins anew" {
	bot_hears "$(from $ANA i1 hello)" "$(from $ANA i2 perhaps)" "$(from $ANA i3 no)" "$(from $ANA i4 RESTART!)"
	[ "$(json 'select(.id | startswith("i2")).text')" = $'"Yes or no?"\n"Monday? (yes/no)"' ]
	[ "$(json 'select(.id | startswith("i4")).text')" = $'"Hi there!"\n"Monday? (yes/no)"' ]
	[ "$(json .thread | sort -u | wc -l)" -eq 2 ]
}

@test "the same line twice is answered once, in one run or in two" {
	bot_hears "$(from $ANA i1 hello)" "$(from $ANA i1 hello)" "$(from $ANA i2 no)" "$(from $ANA i2 no)"
	[ "$(json .id)" = $'"i1.1"\n"i1.2"\n"i2.1"' ]
	bot_hears "$(from $ANA i2 no)" "$(from $ANA i1 hello)"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "a provider's id tells a repetition too" {
	local line='{"type":"inbound","from":"sms:+15551230001","text":"hi","via":"twilio","provider_id":"SM1"}'
	bot_hears "$line" "$line" "${line/twilio/vonage}"
	[ "$(texts)" = $'Hi there!\nMonday? (yes/no)\nYes or no?\nMonday? (yes/no)' ]
	[ "$(json .id | sort -u | wc -l)" -eq 4 ]
	bot_hears "$line"
	[ -z "$output" ]
}

@test "without any id a line is a line of its own" {
	local line='{"type":"inbound","from":"sms:+15551230001","text":"hi"}'
	bot_hears "$line" "$line"
	[ "$(json .id | sort -u | wc -l)" -eq 4 ]
}

@test "who it is and in which language" {
	cat >contacts.yaml <<-'YAML'
		contacts:
		  ana: {name: Ana, lang: es-MX, addresses: {sms: "+15551230001"}}
	YAML
	echo 'contacts: contacts.yaml' >config.yaml
	export MSG_CONFIG=$PWD/config.yaml
	bot_hears "$(from $ANA i1 hola)" "$(from $BEN i2 hi)" "$(from $BEN i3 restart '{contact: "ana"}')" \
		"$(from sms:+15551230003 i4 hi '{contact: {name: "Cy", lang: "es"}}')"
	[ "$status" -eq 0 ]
	[ "$(json 'select(.id | startswith("i1")) | [.text, .lang]')" = $'["Hi Ana!","es-MX"]\n["¿Lunes? (sí/no)","es-MX"]' ]
	[ "$(json 'select(.id == "i2.1").text')" = '"Hi there!"' ]
	[ "$(json 'select(.id == "i3.1").text')" = '"Hi Ana!"' ]
	[ "$(json 'select(.id == "i4.2").text')" = '"¿Lunes? (sí/no)"' ]
}

@test "a resolver that is down costs the name, not the answer" {
	echo 'contacts: "cmd:exit 3"' >config.yaml
	export MSG_CONFIG=$PWD/config.yaml
	bot_hears "$(from $ANA i1 hello)"
	[ "$status" -eq 69 ]
	[ "$(texts)" = $'Hi there!\nMonday? (yes/no)' ]
	[[ $stderr == "msg-bot: "* ]]
}

@test "a person takes over: a task, silence, and back" {
	bot_hears "$(from $ANA i1 hello)" "$(from $ANA i2 Help)" "$(from $ANA i3 'are you there')" "$(from $ANA i4 restart)"
	[ "$status" -eq 0 ]
	task=$(json 'select(.type == "task")')
	same_json "$(jq 'del(.thread, .context.state, .context.flow, .context.vars)' <<<"$task")" '{"type":"task","id":"i2.1",
		"status":"open","skills":["desk"],"priority":"high","reason":"Help",
		"context":{"from":"sms:+15551230001","to":"sms:+15550001111","text":"Help"}}'
	thread=$(jq -r .thread <<<"$task")
	# The lines of a conversation that a person has go on to them.
	[ "$(json 'select(.type == "inbound") | [.id, .text, .thread]')" = \
		"[\"i3\",\"are you there\",\"$thread\"]"$'\n'"[\"i4\",\"restart\",\"$thread\"]" ]
	bot_hears '{"type":"task","id":"i2.1","thread":"'"$thread"'","status":"open"}' \
		'{"type":"task","id":"i2.1","thread":"'"$thread"'","status":"declined"}' "$(from $ANA i5 no)"
	[ "$(json '[.type, .text // .status]')" = $'["task","open"]\n["task","declined"]\n["message","Hi there!"]
["message","Monday? (yes/no)"]\n["message","Which day, then?"]' ]
}

@test "--resume gives a conversation back" {
	bot_hears "$(from $ANA i1 hello)" "$(from $ANA i2 help)"
	thread=$(json 'select(.type == "task").thread' | jq -r .)
	run_msg msg-bot --resume "$thread" flow.yaml
	[ "$status" -eq 0 ]
	[ "$(texts)" = "See you." ]
	run_msg msg-bot --resume "$thread" flow.yaml
	[ "$status" -eq 64 ]
	[ -z "$output" ]
	[[ $stderr == *"no conversation of thread '$thread' is handed off in flow 'flow'"* ]]
}

# due: what msg-bot --due says, and whether it said anything.
due() {
	run_msg msg-bot --due flow.yaml
	[[ $status -eq 0 && -n $output ]]
}

@test "--due says what those say who waited too long" {
	bot_hears "$(from $BEN i1 hello)"
	run_msg msg-bot --due flow.yaml
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	sed -i 's/after: 10m/after: 1s/' flow.yaml
	bot_hears "$(from $ANA i2 hello)"
	wait_for due
	[ "$(json '[.to, .text]')" = $'["sms:+15551230001","Still there?"]\n["sms:+15551230001","Bye."]' ]
	[ "$(json .id | sort -u | wc -l)" -eq 2 ]
	run_msg msg-bot --due flow.yaml
	[ -z "$output" ]
	bot_hears "$(from $ANA i3 hello)" "$(from $BEN i4 no)"
	[ "$(texts)" = $'Hi there!\nMonday? (yes/no)\nWhich day, then?' ]
}

@test "a no to everything ends the conversation; other consents and lines pass" {
	bot_hears "$(from $ANA i1 hello)" \
		'{"type":"consent","address":"sms:+15551230001","topic":"offers","state":"out"}' "$(from $ANA i2 no)" \
		'{"type":"consent","address":"sms:+15551230001","channel":"sms","state":"out"}' \
		'{"type":"message","id":"m1","to":"ana","text":"You are out.","mine":1}' \
		'{"type":"weather","sun":true}' '{"type":"receipt","message":"m0","status":"read"}'
	[ "$status" -eq 0 ]
	[ "$(json 'select(.id == "i2.1").text')" = '"Which day, then?"' ]
	[ "$(json 'select(.type == "consent")' | wc -l)" -eq 2 ]
	[ "$(tail -n 3 <<<"$output")" = "$(tail -n 3 in)" ]
	bot_hears "$(from $ANA i3 Friday)"
	[ "$(texts)" = $'Hi there!\nMonday? (yes/no)' ]
}

@test "a command decides, and gets no pasted value" {
	cat >look.sh <<-'SH'
		read -r line
		printf '%s\n' "$line" >>asked
		case $line in *Sunday*) exit 7 ;; esac
		echo '{"slot":"10:30"}'
	SH
	mkdir flows
	mv look.sh flows
	cat >flow.yaml <<-'YAML'
		start: q
		states:
		  q: {ask: When?, save: day, to: look}
		  look: {run: "sh ./look.sh", on: {ok: free, 7: closed, fail: broken}}
		  free: {say: "{{vars.day}} {{vars.slot}}", to: q}
		  closed: {say: closed, to: q}
		  broken: {say: broken, end: true}
	YAML
	mv flow.yaml flows
	printf '%s\n' "$(from $ANA i1 hi)" "$(from $ANA i2 "\$(touch pasted) '\";touch pasted;'")" "$(from $ANA i3 Sunday)" >in
	run_msg msg-bot flows/flow.yaml in
	[ "$status" -eq 0 ]
	[ "$(texts)" = $'When?\n$(touch pasted) \'";touch pasted;\' 10:30\nWhen?\nclosed\nWhen?' ]
	[ ! -e flows/pasted ]
	[ "$(jq -c '[.id, .state, .from, .vars.day]' flows/asked | tail -n 1)" = '["i3.1","look","sms:+15551230001","Sunday"]' ]
}

@test "a bad line is named and kept, the others are answered" {
	printf '%s\n' 'not json' '{"type":"inbound","text":"no from"}' '{"type":"inbound","id":"b","from":"nobody","text":"x"}' \
		"$(from $ANA i1 hello)" >in
	run_msg msg-bot --rejects bad flow.yaml in
	[ "$status" -eq 65 ]
	[ "$(texts)" = $'Hi there!\nMonday? (yes/no)' ]
	[[ $stderr == *"in: line 1: not JSON"* ]]
	[[ $stderr == *"in: line 2: from: missing"* ]]
	[[ $stderr == *"in: line 3: from: "*"'nobody'"* ]]
	[ "$(wc -l <bad)" -eq 3 ]
}

@test "a wrong flow is named by file, line and key" {
	echo 'state: {}' >>flow.yaml
	bot_hears "$(from $ANA i1 hello)"
	[ "$status" -eq 78 ]
	[ -z "$output" ]
	[ "$stderr" = "msg-bot: flow.yaml:22: state: unknown key (did you mean 'states'?)" ]
	run_msg msg-bot --check flow.yaml
	[ "$status" -eq 78 ]
	run_msg msg-bot --check nothing.yaml
	[ "$status" -eq 78 ]
	[ "$stderr" = "msg-bot: cannot open 'nothing.yaml': No such file or directory" ]
}

@test "--check says what it saw and touches nothing" {
	run_msg msg-bot --check flow.yaml
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[ "$stderr" = "msg-bot: flow.yaml: 5 states, nothing wrong" ]
	[ ! -e "$XDG_STATE_HOME" ]
}

@test "usage" {
	run_msg msg-bot
	[ "$status" -eq 64 ]
	run_msg msg-bot --nonsense flow.yaml
	[ "$status" -eq 64 ]
	[ "$stderr" = "msg-bot: unknown option '--nonsense' (-h for help)" ]
	run_msg msg-bot --due flow.yaml in
	[ "$status" -eq 64 ]
	[ "$stderr" = "msg-bot: --check, --due and --resume take no file" ]
	run_msg msg-bot flow.yaml nothing
	[ "$status" -eq 64 ]
	[ -z "$output" ]
}

@test "a flow that was changed meanwhile begins anew" {
	bot_hears "$(from $ANA i1 hello)" "$(from $ANA i2 no)" "$(from $BEN i3 hello)" "$(from $BEN i4 help)"
	thread=$(json 'select(.type == "task").thread' | jq -r .)
	cat >flow.yaml <<-'YAML'
		start: other
		states:
		  other: {ask: New?, to: end}
		  end: {say: End., end: true}
	YAML
	bot_hears "$(from $ANA i5 Friday)" '{"type":"task","id":"t","thread":"'"$thread"'","status":"completed"}' "$(from $BEN i6 hm)"
	[ "$status" -eq 0 ]
	[ "$(texts)" = $'New?\nNew?' ]
}

@test "an output that is full ends the run, and the next one says it" {
	from $ANA i1 hello >in
	run --separate-stderr bash -c 'msg-bot flow.yaml in >/dev/full'
	[ "$status" -eq 74 ]
	[[ $stderr == *"cannot write output"* ]]
	run --separate-stderr bash -c 'msg-bot flow.yaml in >&-'
	[ "$status" -eq 74 ]
	bot_hears "$(cat in)"
	[ "$status" -eq 0 ]
	[ "$(texts)" = $'Hi there!\nMonday? (yes/no)' ]
	[ "$(json .id)" = $'"i1.1"\n"i1.2"' ]
	bot_hears "$(cat in)"
	[ -z "$output" ]
}

@test "--due writes what a run was stopped before it wrote" {
	from $ANA i1 hello >in
	run bash -c 'msg-bot flow.yaml in >/dev/full'
	run_msg msg-bot --due flow.yaml
	[ "$status" -eq 0 ]
	[ "$(json .id)" = $'"i1.1"\n"i1.2"' ]
	run_msg msg-bot --due flow.yaml
	[ -z "$output" ]
}

@test "killed in the middle, nothing is answered twice and nothing is lost" {
	local i
	for i in {1..300}; do from "sms:+1555123$((1000 + i))" "k$i" hello; done >in
	mkfifo slow
	msg-bot flow.yaml slow >first 3>&- &
	pid=$!
	exec 4>slow
	head -n 100 in >&4
	wait_for test -s first
	tail -n 200 in | head -n 100 >&4
	kill -9 $pid
	exec 4>&-
	wait $pid || true
	run_msg msg-bot flow.yaml in
	[ "$status" -eq 0 ]
	# Every answer came out at least once, with the ids that it always has.
	[ "$({ cat first; echo "$output"; } | jq -R 'fromjson? | .id' | sort -u | wc -l)" -eq 600 ]
	run_msg msg-bot flow.yaml in
	[ -z "$output" ]
}

@test "a store that cannot be written is said" {
	mkdir -p "$XDG_STATE_HOME"
	echo 'this is not a directory' >"$XDG_STATE_HOME/msg"
	bot_hears "$(from $ANA i1 hello)"
	[ "$status" -eq 73 ]
	[ -z "$output" ]
}

@test "many at once on one store do not answer anybody twice" {
	local i
	for i in {1..50}; do from "sms:+1555123$((1000 + i))" "k$i" hello; done >in
	cat >flow.yaml <<-'YAML'
		start: a
		states:
		  a: {run: "cat >/dev/null", to: b}
		  b: {ask: Well?, to: c}
		  c: {end: true}
	YAML
	for i in 1 2 3 4; do msg-bot flow.yaml in >out$i 2>err$i 3>&- & done
	wait
	[ -z "$(cat err*)" ]
	[ "$(cat out* | jq -r .id | sort | uniq -d | wc -l)" -eq 0 ]
	[ "$(cat out* | wc -l)" -eq 50 ]
}

# ---- at a terminal ----

# terminal SCRIPT [ARG ...]: msg-bot under a pseudo-terminal; output is what it printed.
terminal() {
	local script=$1
	shift
	run env TERM=dumb "$ROOT/tests/cli/terminal.py" msg-bot "${@:-flow.yaml}" <<<"$script"
	echo "$output"
}

@test "terminal: a conversation" {
	terminal '
		expect you>
		send hello
		expect bot> Hi there!
		expect bot> Monday? (yes/no)
		expect you>
		send no
		expect bot> Which day, then?
		send Friday
		expect bot> See you on Friday.
		expect -- the conversation has ended
		send hello
		expect bot> Hi there!
		expect you>
		eof'
	[ "$status" -eq 0 ]
	[ ! -e "$XDG_STATE_HOME/msg/msg.db" ]
	[ "$(grep -c '^Friday$' "$XDG_STATE_HOME/msg/bot_history")" -eq 1 ]
	[ "$(stat -c %a "$XDG_STATE_HOME/msg/bot_history")" = 600 ]
}

@test "terminal: /why shows what was weighed" {
	terminal '
		expect you>
		send /why
		expect no rule has been asked
		send hello
		expect Monday?
		send N!
		expect Which day
		send /why
		expect in '"'hello'"', answer:
		expect   yes|y|sí                -> thanks
		expect * no|n                     -> day
		expect by '"'no|n'"' to '"'day'"'
		send /quit'
	[ "$status" -eq 0 ]
}

@test "terminal: a saved conversation says the same as a filter" {
	terminal '
		expect you>
		send /context ride=88
		expect {"ride":88}
		send /context {"stop": "harbour"}
		expect "stop":"harbour"
		send hello
		expect Monday?
		send help
		expect task> a person is asked to take over, skills ["desk"], priority high: help
		send anybody?
		expect /return gives it back
		send /return declined
		expect Monday?
		send no
		expect Which day
		send /restart
		expect Monday?
		send //perhaps
		expect Yes or no?
		send yes
		expect See you.
		send /save talk.jsonl
		expect lines in '"'talk.jsonl'"'
		send /save talk.jsonl
		expect File exists
		send /quit'
	[ "$status" -eq 0 ]
	[ "$(stat -c %a talk.jsonl)" = 600 ]
	[ "$(jq -c 'select(.type == "inbound").context' talk.jsonl | sort -u)" = '{"ride":88,"stop":"harbour"}' ]
	run_msg msg-bot flow.yaml <(jq -c 'select(.type != "message" and (.type != "task" or .status != "open"))' talk.jsonl)
	[ "$status" -eq 0 ]
	[ "$(texts)" = "$(jq -r 'select(.type == "message").text' talk.jsonl)" ]
	# The same ids: who sends what a transcript says does not say it twice.
	[ "$(json 'select(.type == "message" and (.id | endswith(".1"))).id' | grep -c .)" -gt 3 ]
	run_msg msg-bot flow.yaml talk.jsonl
	[ "$status" -eq 0 ]
}

@test "terminal: as somebody else, with the time up, after a slip" {
	cat >contacts.yaml <<-'YAML'
		contacts:
		  ana: {name: Ana, lang: es, prefer: [sms], addresses: {email: ana@example.org, sms: "+15551230001"}}
	YAML
	echo 'contacts: contacts.yaml' >config.yaml
	sed -i 's/See you/See you {{vars.nmae}}/' flow.yaml
	terminal '
		expect you>
		send /as nobody
		expect no such contact: '"'nobody'"'
		send /as ana
		expect sms:+15551230001, contact ana
		expect Ana>
		send hola
		expect Hi Ana!
		expect ¿Lunes?
		send /state
		expect state    hello (open)
		expect language es
		expect timeout  in
		send /timeout
		expect Still there?
		expect Bye.
		send /timeout
		expect nothing here waits
		send hola
		expect ¿Lunes?
		send sí
		expect no value for {{vars.nmae}}
		send /as sms:+15551230009
		expect you>
		send /nonsense
		expect no such command
		send /help
		expect /context
		send /quit' -c config.yaml flow.yaml
	[ "$status" -eq 0 ]
}

@test "terminal: the Tab key completes commands and expected answers" {
	terminal '
		expect you>
		send hello
		expect Monday?
		expect you>
		type /sta\t
		expect /state
		send
		expect state    hello
		expect you>
		type hel\t
		expect help
		send
		expect task>
		send /quit'
	[ "$status" -eq 0 ]
}

@test "terminal: colours when there are some, none when asked" {
	unset NO_COLOR
	terminal '
		send hello
		expect Monday?
		expect >
		eof'
	[[ $output == *$'\e[36m'* ]]
	NO_COLOR=1 terminal '
		send hello
		expect Monday?
		expect >
		eof'
	[[ $output != *$'\e[36m'* ]]
}

@test "terminal: what a text would order the terminal to do is shown instead" {
	cat >flow.yaml <<-'YAML'
		start: a
		states:
		  a: {say: "\e[31mred\a \u009b31m", end: true}
	YAML
	terminal '
		send hello
		expect ^[[31mred^G <U+009B>31m
		expect you>
		eof'
	[ "$status" -eq 0 ]
}

@test "terminal: with a file it is a filter" {
	from $ANA i1 hello >in
	terminal 'expect Monday?' flow.yaml in
	[[ $output == *'"id":"i1.2"'* ]]
	[[ $output != *'you>'* ]]
}
