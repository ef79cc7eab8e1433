# msg-route assign and its like: tasks go to people, once, and never to somebody who has no room for them.
load helper

setup() {
	msg_setup
	mkdir -p "$XDG_CONFIG_HOME/msg"
	printf 'contacts: contacts.yaml\nagents: agents.yaml\n' >"$XDG_CONFIG_HOME/msg/config.yaml"
	cat >"$XDG_CONFIG_HOME/msg/contacts.yaml" <<-'END'
		contacts:
		  ana: {name: Ana Gil, lang: es, addresses: {sms: "+34612340001"}, attributes: {tier: gold, orders: [{number: "7"}, {number: "1234"}]}}
		  ben: {name: Ben, lang: en, addresses: {sms: "+447700900001"}}
		  bo:  {addresses: {slack: "@bo"}, lang: es}
		  kim: {addresses: {sms: "+15551230002"}}
	END
	agents 'agents: {bo: {skills: [billing], capacity: 2}, kim: {skills: [orders]}}'
}

teardown() { [[ -z ${pid:-} ]] || kill -9 "$pid" 2>/dev/null || true; }

agents() { printf '%s\n' "$1" >"$XDG_CONFIG_HOME/msg/agents.yaml"; }

# assign LINE ...: through the filter.
assign() { run_msg bash -c 'printf "%s\n" "$@" | msg-route assign' - "$@"; }

task() { printf '{"type":"task","id":"%s","skills":["%s"]%s}' "$1" "$2" "${3:+,$3}"; }

# tasks: "id status agent" of each task line of the last run.
tasks() { jq -r 'select(.type == "task") | [.id, .status, .agent // "-"] | join(" ")' <<<"$output"; }

told() { jq -r 'select(.type == "message") | "\(.context.task) \(.to)"' <<<"$output"; }

# state TASK: its status and agent by `queue`.
state() { msg-route queue --json | jq -r --arg id "$1" 'select(.id == $id) | "\(.status) \(.agent // "-")"'; }

@test "a task goes to who can do it, and they are told" {
	assign "$(task t1 billing '"reason":"Invoice 12","n":1.10')"
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	[ "$(tasks)" = "t1 reserved bo" ]
	[[ ${lines[0]} == '{"type":"task","id":"t1","skills":["billing"],"reason":"Invoice 12","n":1.10,'* ]]
	[ "$(told)" = "t1 bo" ]
	[ "$(jq -r 'select(.type == "message") | .text' <<<"$output")" = "default: t1: Invoice 12 (reservado 2m)" ]
	run_msg msg-route accept t1 --agent bo
	[ "$(tasks)" = "t1 assigned bo" ]
	run_msg msg-route complete t1 --agent bo
	[ "$(tasks)" = "t1 completed bo" ]
	[ -z "$(state t1)" ]
}

@test "the message to the agent is one that msg-send takes" {
	task t1 billing '"reason":"x"' | msg-route assign | msg-send >receipts
	[ "$(jq -c 'select(.type == "receipt") | [.status, .channel, .contact]' receipts)" = '["accepted","slack","bo"]' ]
	[ "$(jq -c 'select(.type == "task") | .agent' receipts)" = '"bo"' ]
}

@test "who has no room gets nothing; the next task waits, and has a position" {
	assign "$(task a orders)" "$(task b orders)" "$(task c orders '"priority":"high"')"
	[ "$(tasks | sort)" = $'a queued -\nb queued -\nc reserved kim' ]
	[ "$(jq -c 'select(.status == "queued") | [.id, .position]' <<<"$output")" = $'["a",1]\n["b",2]' ]
	assign "$(task b orders)" "$(task d orders '"priority":"high"')" "$(task a orders)"
	[ "$(jq -c 'select(.status == "queued") | [.id, .position]' <<<"$output")" = $'["b",3]\n["d",1]\n["a",2]' ]
	assign '{"type":"task","id":"d","status":"canceled"}'
	msg-route complete c >/dev/null
	run_msg msg-route assign --due
	[ "$(tasks)" = "a reserved kim" ]
	[ "$(told)" = "a kim" ]
}

@test "a task that comes again is not given out again, nor told again" {
	assign "$(task t1 billing)"
	assign "$(task t1 billing)"
	[ "$(tasks)" = "t1 reserved bo" ]
	[ -z "$(told)" ]
	[ "$(msg-route queue --json | jq -c 'select(.type == "queue") | .reserved')" = 1 ]
}

@test "a task without an id is given one; other lines are passed on byte for byte" {
	assign '{ "type":"inbound","from":"sms:+447700900001", "text":"caf\u00e9"}' '{"type":"task","skills":["billing"]}' '{"type":"x","a":1.0}'
	[ "$status" -eq 0 ]
	[[ $output == *'{ "type":"inbound","from":"sms:+447700900001", "text":"caf\u00e9"}'* ]]
	[[ $output == *'{"type":"x","a":1.0}'* ]]
	[ "$(jq -r 'select(.type == "task") | .id | test("^[0-9A-HJKMNP-TV-Z]{26}$")' <<<"$output")" = true ]
}

@test "declined: to the next one, and not to the same again" {
	agents 'agents: {bo: {}, kim: {}}'
	assign "$(task t1 x)"
	[ "$(tasks)" = "t1 queued -" ]
	assign '{"type":"task","id":"t2"}'
	[ "$(tasks)" = "t2 reserved bo" ]
	run_msg bash -c 'msg-route decline t2 --agent bo | msg-route assign'
	[ "$(tasks)" = "t2 reserved kim" ]
	[ "$(told)" = "t2 kim" ]
	run_msg bash -c 'msg-route decline t2 --agent kim | msg-route assign'
	[ "$(tasks)" = "t2 queued -" ]
}

@test "an offer that lapses goes to the next, and who lets two lapse is away" {
	agents $'agents: {bo: {}, kim: {}}\nqueues: {default: {reserve: 1ms}}'
	assign '{"type":"task","id":"t1"}'
	[ "$(tasks)" = "t1 reserved bo" ]
	lapsed() { msg-route assign --due >out 2>err && grep -q "\"agent\":\"$1\"" out; }
	wait_for lapsed kim
	wait_for lapsed bo
	wait_for lapsed kim
	[[ $(cat err) == "msg-route: agent 'bo' is taken to be away: 2 offers in a row lapsed" ]]
	[ "$(msg-route agent bo --json | jq -r .status)" = away ]
	run_msg msg-route agent bo --status available
	[ "$(json .status)" = '"available"' ]
}

@test "accept: of another's, of one that is over, of none" {
	assign "$(task t1 billing)"
	run_msg msg-route accept t1 --agent kim
	[ "$status" -eq 1 ]
	[ "$stderr" = "msg-route: task 't1' is not kim's but bo's" ]
	[ -z "$output" ]
	run_msg msg-route accept t1 t1
	[ "$status" -eq 0 ]
	run_msg msg-route accept nope
	[ "$status" -eq 65 ]
	[ "$stderr" = "msg-route: no task 'nope'" ]
	msg-route complete t1 >/dev/null
	run_msg msg-route accept t1 --agent bo
	[ "$status" -eq 1 ]
	[ "$stderr" = "msg-route: task 't1' is completed" ]
	run_msg msg-route complete t1 --agent bo
	[ "$status" -eq 0 ]
	assign "$(task t2 nobody-can)"
	run_msg msg-route accept t2 --agent bo
	[ "$stderr" = "msg-route: task 't2' is nobody's: it waits in queue 'default'" ]
}

@test "agents who are in no file" {
	rm "$XDG_CONFIG_HOME/msg/config.yaml"
	run_msg msg-route agent bo --status available --skills es,billing --capacity 3 --to sms:+15551230009
	[ "$status" -eq 0 ]
	same_json "$output" '{"type":"agent","id":"bo","status":"available","capacity":3,"tasks":0,"skills":["es","billing"],"to":"sms:+15551230009"}'
	assign "$(task t1 billing)" "$(task t2 billing)"
	[ "$(told)" = $'t1 sms:+15551230009\nt2 sms:+15551230009' ]
	run_msg msg-route agent bo --status busy
	assign "$(task t3 billing)"
	[ "$(tasks)" = "t3 queued -" ]
	run_msg msg-route agent
	[ "$(json '[.id,.status,.tasks]')" = '["bo","busy",2]' ]
	run_msg msg-route agent zed
	[ "$status" -eq 65 ]
	[ "$stderr" = "msg-route: no agent 'zed'" ]
	run_msg msg-route agent bo --status asleep
	[ "$status" -eq 64 ]
	run_msg msg-route agent bo --langs 'not a language'
	[ "$status" -eq 64 ]
	run_msg msg-route agent zed --status available
	assign "$(task t4 '')"
	[[ $stderr == *"agent 'zed' is not told of tasks"* ]] || [ "$(tasks)" = "t4 queued -" ]
}

@test "what an agent says goes before the file, until it is reset" {
	run_msg msg-route agent bo --skills orders --capacity 5
	[ "$(json '[.skills,.capacity]')" = '[["orders"],5]' ]
	run_msg msg-route agent bo --reset
	run_msg msg-route agent bo
	[ "$(json '[.skills,.capacity]')" = '[["billing"],2]' ]
}

@test "workflows: the first that matches, step by step, and declined at the end" {
	agents 'agents: {bo: {skills: [billing], langs: [es]}, kim: {skills: [billing], langs: [en]}}
queues: {vip: {agents: {langs: es}}, all: {}}
workflows:
- name: gold
  match: {contact.attributes.tier: gold}
  steps: [{queue: vip, priority: critical, wait: 1h}, {queue: all}]
- name: short
  match: {skills: nobody-can}
  steps: [{queue: all, wait: 1ms}, {queue: vip, wait: 1ms}]'
	assign "$(task t1 billing '"context":{"from":"sms:+34612340001"}')"
	[ "$(json 'select(.type == "task") | [.agent, .queue, .priority, .context.contact.name]')" = '["bo","vip","critical","Ana Gil"]' ]
	assign "$(task t2 nobody-can '"thread":"th"')"
	over() { msg-route assign --due >out && grep -q declined out; }
	wait_for over
	[ "$(jq -c '[.id,.status,.thread]' out)" = '["t2","declined","th"]' ]
}

@test "a conversation that nobody takes comes back to its flow" {
	agents 'workflows: [{name: short, steps: [{wait: 1ms, skip: true}]}]'
	cat >flow.yaml <<-'END'
		start: person
		states:
		  person: {handoff: {skills: [support], reason: "{{text}}"}, on: {declined: nobody, completed: thanks}}
		  nobody: {say: "Nobody is there.", end: true}
		  thanks: {say: "Thank you.", end: true}
	END
	run_msg bash -c 'printf "%s\n" "$@" | msg-bot flow.yaml | msg-route assign | msg-bot flow.yaml' - \
		'{"type":"inbound","id":"i1","from":"sms:+447700900001","to":"sms:+15550001111","text":"Help me"}'
	[ "$(json 'select(.type == "message") | .text')" = '"Nobody is there."' ]
	[ "$(json 'select(.type == "task") | .status')" = '"declined"' ]
	agents 'agents: {bo: {skills: [support]}}'
	run_msg bash -c 'printf "%s\n" "$@" | msg-bot flow.yaml | msg-route assign' - \
		'{"type":"inbound","id":"i2","from":"sms:+447700900001","to":"sms:+15550001111","text":"Help me again"}'
	[ "$(json 'select(.type == "task") | [.status, .agent, .context.last_task.status, .context.last_task.reason, .context.history[0].text]')" = \
		'["reserved","bo","declined","Help me","Help me again"]' ]
	run_msg bash -c 'msg-route complete "$1" | msg-bot flow.yaml' - "$(json 'select(.type == "task") | .id' | tr -d '"')"
	[ "$(json 'select(.type == "message") | .text')" = '"Thank you."' ]
}

@test "the agent sees who writes, and about what" {
	agents $'agents: {bo: {}}\ncontext: {plan: [context.vars.plan, contact.attributes.tier]}\nnotice: {es: "{{name}} ({{context.plan}}), {{order}}: {{summary}}"}'
	assign "$(task t1 '' '"context":{"from":"sms:+34612340001","text":"¿Y?","vars":{}}' | sed 's/"skills":\[""\],//')"
	[ "$(json 'select(.type == "task") | .context | [.contact.id, .order.number, .plan]')" = '["ana","1234","gold"]' ]
	[ "$(jq -r 'select(.type == "message") | .text' <<<"$output")" = "Ana Gil (gold), 1234: ¿Y?" ]
	[ "$(json 'select(.type == "message") | [.lang, .context.contact.attributes.tier, .context.order.number]')" = '["es","gold","1234"]' ]
}

@test "a resolver that is down: the task goes on without the name, and the status tells" {
	printf 'contacts: ["contacts.yaml", "cmd:exit 1"]\nagents: agents.yaml\n' >"$XDG_CONFIG_HOME/msg/config.yaml"
	assign "$(task t1 billing '"context":{"from":"sms:+15557770000"}')"
	[ "$status" -eq 69 ]
	[ "$(tasks)" = "t1 reserved bo" ]
}

@test "a resolver that is down keeps nobody from what they can be told without it" {
	printf 'contacts: "cmd:exit 1"\nagents: agents.yaml\n' >"$XDG_CONFIG_HOME/msg/config.yaml"
	agents 'agents: {bo: {to: "slack:@bo", skills: [a]}, kim: {skills: [b]}}'
	assign "$(task t1 a)" "$(task t2 b)"
	[ "$status" -eq 69 ]
	[ "$(tasks)" = $'t1 reserved bo\nt2 reserved kim' ]
	[ "$(told)" = "t1 slack:@bo" ]
}

@test "who is taken out of the file is no agent any more" {
	agents 'agents: {bo: {}, kim: {}}'
	assign '{"type":"task","id":"t1"}'
	[ "$(tasks)" = "t1 reserved bo" ]
	msg-route complete t1 >/dev/null
	agents 'agents: {kim: {}}'
	[ "$(msg-route agent --json | jq -r .id)" = kim ]
	msg-route agent lee --status available >/dev/null
	[ "$(msg-route agent --json | jq -r .id | sort | tr '\n' ' ')" = "kim lee " ]
	run_msg msg-route agent lee --reset
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[ "$(msg-route agent --json | jq -r .id)" = kim ]
}

@test "a task that ends elsewhere frees its agent" {
	assign "$(task a orders)" "$(task b orders)"
	assign '{"type":"task","id":"a","status":"completed","agent":"kim"}'
	[[ ${lines[0]} == '{"type":"task","id":"a","status":"completed","agent":"kim"}' ]]
	[ "$(tasks)" = $'a completed kim\nb reserved kim' ]
}

# hear FROM TEXT: an inbound line through the filter.
hear() { assign "$(jq -nc --arg from "$1" --arg text "$2" '{type: "inbound", $from, to: "sms:+15550001111", $text}')"; }

@test "agents answer on the channel that they were told on" {
	agents 'agents: {kim: {capacity: 2}, bo: {langs: [es], capacity: 1, to: "sms:+34600000009"}}'
	assign '{"type":"task","id":"t1"}' '{"type":"task","id":"t2"}'
	[ "$(tasks)" = $'t1 reserved bo\nt2 reserved kim' ]
	[ "$(jq -c 'select(.to == "kim") | .buttons' <<<"$output")" = \
		'[{"text":"Accept","reply":"accept t2"},{"text":"Decline","reply":"decline t2"}]' ]
	hear sms:+15551230002 "Accept t2"
	[ "$(tasks)" = "t2 assigned kim" ]
	[ "$(json 'select(.type == "message") | [.to, .from, .text]')" = '["sms:+15551230002","+15550001111","t2: It is yours"]' ]
	hear "sms:+34 600 00 00 09" decline
	[ "$(tasks)" = "t1 reserved kim" ]
	[ "$(jq -r 'select(.to == "sms:+34600000009") | .text' <<<"$output")" = "t1: Pasa a otra persona" ]
	hear sms:+34600000009 "accept t1"
	[ "$(jq -r 'select(.type == "message") | .text' <<<"$output")" = "t1: Ya no es suya" ]
	[ "$(state t1)" = "reserved kim" ]
	hear sms:+15551230002 done
	[ "$(tasks)" = "t2 completed kim" ]
	hear sms:+15551230002 done
	[ "$(json .text)" = '"You have no such task"' ]
}

@test "who takes a task learns whom to write to; who has one that is canceled is told" {
	agents 'agents: {kim: {}}'
	assign "$(task t1 '' '"context":{"from":"sms:+34612340001"}' | sed 's/"skills":\[""\],//')"
	hear sms:+15551230002 accept
	[ "$(json 'select(.type == "message") | .text')" = '"t1: It is yours (Ana Gil, sms:+34612340001)"' ]
	assign '{"type":"task","id":"t1","status":"canceled"}'
	[ "$(json 'select(.type == "message") | [.to, .text]')" = '["kim","t1: It is no longer needed"]' ]
}

@test "agents come and go by what they write" {
	agents $'agents: {kim: {}}\nqueues: {default: {reserve: 1ms}}\nmisses: 1'
	hear sms:+15551230002 Busy
	[ "$(json .text)" = '"Status: busy"' ]
	assign '{"type":"task","id":"t1"}'
	[ "$(tasks)" = "t1 queued -" ]
	hear sms:+15551230002 available
	[ "$(tasks)" = "t1 reserved kim" ]
	lapsed() { msg-route -q assign --due >out && [ -s out ]; }
	wait_for lapsed
	[ "$(jq -c 'select(.type == "message") | [.to, .text]' out)" = \
		'["kim","You did not answer and count as away. Reply available when you are back"]' ]
	hear sms:+15551230002 "away until noon"
	[ "$(json .type)" = '"inbound"' ]
}

@test "what agents write otherwise, and what others write, is passed on" {
	assign "$(task t1 billing)"
	hear sms:+15551230002 "accept my apologies"
	[ "$(json .type)" = '"inbound"' ]
	hear sms:+447700900001 "accept"
	[ "$(json .type)" = '"inbound"' ]
	[ "$(state t1)" = "reserved bo" ]
}

@test "the number of a button, where the channel shows none" {
	agents 'agents: {kim: {}}'
	printf 'agents: agents.yaml\ncontacts: contacts.yaml\n' >"$XDG_CONFIG_HOME/msg/config.yaml"
	msg-route assign <<<'{"type":"task","id":"t1"}' | msg-send -q >receipts
	hear sms:+15551230002 "1"
	[ "$(tasks)" = "t1 assigned kim" ]
}

@test "queue: a table for a person, lines for a program" {
	agents $'agents: {bo: {}}\nqueues: {default: {sla: 1ms}}'
	assign '{"type":"task","id":"t1","context":{"from":"sms:+34612340001"},"reason":"Where is it"}' '{"type":"task","id":"t2"}'
	late() { msg-route queue --json | grep -q '"late":2'; }
	wait_for late
	run_msg msg-route queue
	[ "$(json 'select(.type == "queue") | [.name,.waiting,.reserved,.sla]')" = '["default",1,1,"1ms"]' ]
	[ "$(json 'select(.id == "t2") | [.status,.position,.late]')" = '["queued",1,true]' ]
	run_msg msg-route queue --table
	[[ $output == *"queue"*"waiting"*"late"*"default"*"Ana Gil"*"Where is it"* ]]
	agents 'queues: {default: {hours: {daily: closed, jan: 1}}}'
	run_msg msg-route queue
	[[ $status -eq 78 && $stderr == *"queues.default.hours.jan: unknown key"* ]]
	agents 'queues: {default: {hours: {daily: closed}}}'
	run_msg msg-route queue
	[ "$(json 'select(.type == "queue") | [.open, .opens]')" = '[false,null]' ]
	run_msg msg-route queue --table
	[[ ${lines[1]} == default*closed* ]]
	agents $'agents: {bo: {}}\nqueues: {default: {sla: 1ms}}'
	run_msg msg-route queue nope
	[ "$status" -eq 65 ]
	[ "$stderr" = "msg-route: no queue 'nope'" ]
	msg-route accept t1 >/dev/null
	run_msg msg-route queue default
	[ "$(json 'select(.type == "queue") | [.assigned,.answered,.in_time]')" = '[1,1,0]' ]
}

@test "before there is a store" {
	run_msg msg-route queue
	[ "$status" -eq 0 ]
	[ "$(json '[.name,.waiting]')" = '["default",0]' ]
	[ ! -e "$XDG_STATE_HOME" ]
	run_msg msg-route assign --due
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "mistakes in agents.yaml are named with file, line and key" {
	local text want
	while IFS='|' read -r text want; do
		agents "$text"
		run_msg msg-route assign --due
		[ "$status" -eq 78 ]
		[[ $stderr == "msg-route: "*"agents.yaml:1: $want"* ]] || { echo "$text: $stderr"; return 1; }
	done <<-'END'
		agents: {bo: {skils: [a]}}|agents.bo.skils: unknown key (did you mean 'skills'?)
		agents: {bo: {skills: a}}|agents.bo.skills: not a list of words
		agents: {bo: {capacity: -1}}|agents.bo.capacity: not a whole number from 0 to 1000
		agents: {bo: {status: asleep}}|agents.bo.status: not available, busy, away or offline
		agents: {bo: {langs: [x y]}}|agents.bo.langs: item 1 is not a language
		agents: {bo: {to: "sms:12ab"}}|agents.bo.to: not a
		agents: {bo: {to: {addresses: {sms: "12ab"}}}}|agents.bo.to: addresses.sms
		queues: {a: {agents: {skill: b}}}|queues.a.agents.skill: an agent has no such member
		queues: {a: {sla: soon}}|queues.a.sla: not a duration
		queues: {a: {share: 0}}|queues.a.share: not a whole number from 1 to 100
		workflows: [{steps: [{}]}]|workflows[0]: needs a name
		workflows: [{name: a}]|workflows[0]: needs steps
		workflows: [{name: a, steps: [{queue: q}]}]|workflows[0].steps[0].queue: no queue of that name
		{queues: {bills: {}}, workflows: [{name: a, steps: [{queue: bill}]}]}|workflows[0].steps[0].queue: no queue of that name (did you mean 'bills'?)
		workflows: [{name: a, steps: [{}, {}]}]|workflows[0].steps[0]: never ends
		workflows: [{name: a, steps: [{need: [luck]}]}]|workflows[0].steps[0].need: item 1 is not skills, lang or sticky
		workflows: [{name: default, steps: [{}]}]|workflows[0].name: that is the one
		queues: {a: {hours: {mon: 9-17}}}|queues.a.hours.mon: not hours such as
		queues: {a: {hours: {zone: Europe/Madrid}}}|queues.a.hours: no hours
		queues: {a: {hours: {daily: any, zone: Mars}}}|queues.a.hours.zone: not a time zone
		queues: {a: {hours: {daily: any, holidays: closed}}}|queues.a.hours.holidays: whose?
		agents: [bo, kim]|agents: not a map such as {bo: {skills: [billing]}}
		agents: {bo: {hours: 9-17}}|agents.bo.hours: not a map such as {mon-fri: 09:00-17:00}
		agents: {bo: {skills: {es: 0}}}|agents.bo.skills.es: not a whole number from 1 to 100
		agents: {bo: {capacity: {}}}|agents.bo.capacity: an empty map
		agents: {bo: {capacity: {voice: one}}}|agents.bo.capacity.voice: not a whole number
		agents: {bo: {hours: {mon: 9-17}}}|agents.bo.hours.mon: not hours such as
		queues: {a: {skills: {es: 101}}}|queues.a.skills.es: not a whole number from 1 to 100
		queues: {a: {agents: []}}|queues.a.agents: an empty list
		queues: {a: {agents: [{id: bo}, bo]}}|queues.a.agents: not a map of conditions
		queues: {a: {agents: [{id: bo}, {level.es: 1}]}}|queues.a.agents[1].level.es: an agent has no such member
		queues: {a: {wrap_up: long}}|queues.a.wrap_up: not a duration
		workflows: [{name: a, match: [], steps: [{}]}]|workflows[0].match: an empty list
		workflows: [{name: a, steps: [{order: [luck]}]}]|workflows[0].steps[0].order: not sticky, lang, skills, level, load, idle or attributes.NAME: 'luck'
		workflows: [{name: a, steps: [{order: [{level: 1}]}]}]|workflows[0].steps[0].order: not sticky, lang, skills, level, load, idle or attributes.NAME: ''
		workflows: [{name: a, steps: [{order: level}]}]|workflows[0].steps[0].order: not a list
		keep: 5|keep: not a duration
		notice: "{{#a}}"|notice: 
	END
	agents 'workflows: [{name: a, steps: [{queue: q}]}]'
	run_msg msg-route check
	[ "$status" -eq 78 ]
}

@test "levels, hours, breaks, wrap-up and capacity by channel, as the manual page has them" {
	agents 'agents:
  bo: {skills: {billing: 5, orders: 2}, capacity: {voice: 1, other: 2}, to: "slack:@bo"}
  kim: {skills: {billing: 2}, hours: {daily: closed}}
queues: {default: {reserve: 0s, wrap_up: 1h}}
workflows: [{name: w, steps: [{skills: {billing: 3}, order: [level, -load]}]}]'
	assign '{"type":"task","id":"v1","context":{"from":"tel:+34612340001"}}' '{"type":"task","id":"v2","channel":"voice"}' \
		'{"type":"task","id":"s1","context":{"from":"sms:+34612340001"},"levels":{"orders":2}}'
	[ "$(tasks)" = $'v1 assigned bo\nv2 queued -\ns1 assigned bo' ]
	run_msg msg-route agent --json
	[ "$(jq -c 'select(.id == "bo") | [.levels, .capacity, .tasks, .working]' <<<"$output")" = \
		'[{"billing":5,"orders":2},{"voice":1,"other":2},2,null]' ]
	[ "$(jq -c 'select(.id == "kim") | [.working, .begins]' <<<"$output")" = '[false,null]' ]
	run_msg msg-route complete v1
	run_msg msg-route assign --due
	[ -z "$output" ]
	run_msg msg-route agent bo --json
	[ "$(json '[.tasks, .wrapping]')" = '[2,1]' ]
	run_msg msg-route agent --table
	[[ $output == *"available, in wrap-up"*"2/3"*"billing 5, orders 2"* ]]
	[[ $output == *"available, never at work"* ]]
	msg-route agent bo --status available >/dev/null
	run_msg msg-route assign --due
	[ "$(tasks)" = "v2 assigned bo" ]
	run_msg msg-route agent kim --status available --for 2h --skills 'billing=4, es' --capacity voice=1,all=1
	[ "$(json '[.status, .working, .levels.billing, .skills[1], .capacity.all]')" = '["available",true,4,"es",1]' ]
	[ "$(date -d "$(json .until | tr -d '"')" +%s)" -gt "$(date -d '+118 minutes' +%s)" ]
	assign '{"type":"task","id":"v3","channel":"voice"}'
	[ "$(tasks)" = "v3 assigned kim" ]
	run_msg msg-route agent kim --table
	[[ $output == *"available until "* ]]
}

@test "figures of queues and agents" {
	agents $'agents: {bo: {capacity: 3}, kim: {status: away}}\nqueues: {default: {sla: 1h}, shut: {skills: [x]}}'
	assign '{"type":"task","id":"t1"}' '{"type":"task","id":"t2"}' '{"type":"task","id":"t3"}' '{"type":"task","id":"t4"}'
	msg-route accept t1 t2 >/dev/null
	msg-route complete t1 >/dev/null
	msg-route decline t3 >/dev/null
	assign '{"type":"task","id":"t3","status":"canceled"}'
	run_msg msg-route queue
	[ "$(jq -c 'select(.name == "default") | [.agents, .free, .answered, .in_time, .lost, .service_level, .completed]' <<<"$output")" = \
		'[1,1,2,2,1,67,1]' ]
	[ "$(jq -c 'select(.name == "default") | [.accepted, .declined, .lapsed, has("answer_time"), has("handle_time")]' <<<"$output")" = \
		'[2,1,0,true,true]' ]
	[ "$(jq -c 'select(.name == "shut") | [.agents, .free, .answered, .service_level]' <<<"$output")" = '[0,0,0,null]' ]
	run_msg msg-route agent --since 1h
	[ "$(jq -c '[.id, .accepted, .declined, .completed, has("handle_time")]' <<<"$output")" = $'["bo",2,1,1,true]\n["kim",0,0,0,false]' ]
	run_msg msg-route agent bo
	[ "$(json 'has("accepted")')" = false ]
	run_msg msg-route agent --since 1h --table
	[[ ${lines[0]} == *accepted*declined*lapsed*completed* ]]
	run_msg msg-route queue --table
	[[ ${lines[1]} == *"67 %"*"1 of 1"* ]]
	run_msg msg-route queue --since 1ms
	[ "$(jq -c 'select(.name == "default") | [.answered, .lost, .accepted]' <<<"$output")" = '[0,0,0]' ]
	run_msg msg-route queue --since yesterday
	[ "$status" -eq 64 ]
}

@test "an agent has a break, in their own words" {
	agents $'agents: {kim: {}}'
	hear sms:+15551230002 "away 45m"
	[ "$(json .text)" = '"Status: away (45m)"' ]
	[ "$(msg-route agent kim --json | jq -c '[.status, has("until")]')" = '["away",true]' ]
	hear sms:+15551230002 "away 45 minutes"
	[ "$(json .type)" = '"inbound"' ]
	hear sms:+15551230002 available
	[ "$(msg-route agent kim --json | jq -c '[.status, has("until")]')" = '["available",false]' ]
}

@test "what a newcomer gets wrong is said: a skill that nobody has, an agent who is new" {
	assign "$(task t1 biling)" '{"type":"task","id":"t2","levels":{"billing":4}}'
	[ "$status" -eq 0 ]
	[ "$stderr" = $'msg-route: task \'t1\' asks for \'biling\', which no agent can do\nmsg-route: task \'t2\' asks for \'billing\' at level 4, and no agent is that good' ]
	run_msg msg-route agent boo --status away
	[ "$status" -eq 0 ]
	[ "$stderr" = "msg-route: agent 'boo' is new: the file has none of that name (did you mean 'bo'?)" ]
	run_msg msg-route agent kin
	[ "$stderr" = "msg-route: no agent 'kin' (did you mean 'kim'?)" ]
	run_msg msg-route queue defalt
	[ "$stderr" = "msg-route: no queue 'defalt' (did you mean 'default'?)" ]
	run_msg msg-route agent boo --status available
	[ -z "$stderr" ]
	run_msg msg-route check
	[ "$stderr" = "msg-route: 0 rules, 2 agents, 1 queue, nothing to remark" ]
	agents $'agents: {bo: {}}\nworkflows: [{name: w, steps: [{wait: 1m}, {need: []}]}]'
	assign "$(task t3 anything)"
	[ -z "$stderr" ]
}

@test "transfer: from one to another, from the queue, and not to who cannot take it" {
	agents $'agents: {bo: {skills: [billing]}, kim: {skills: [orders]}, lee: {status: away}, max: {hours: {daily: closed}}}'
	assign "$(task t1 billing)" "$(task t2 billing)"
	msg-route accept t1 >/dev/null
	run_msg msg-route transfer t1 --to kim
	[ "$status" -eq 0 ]
	[ "$(tasks)" = "t1 reserved kim" ]
	[ "$(told)" = "t1 kim" ]
	[ "$(state t1)" = "reserved kim" ]
	run_msg msg-route transfer t1 --to kim
	[ "$status" -eq 0 ]
	[ -z "$(told)" ]
	run_msg msg-route transfer t2 --to kim
	[ "$status" -eq 1 ]
	[ "$stderr" = "msg-route: agent 'kim' has no room for it" ]
	run_msg msg-route transfer t2 --to bo
	[ "$(tasks)" = "t2 reserved bo" ]
	run_msg msg-route decline t1 --agent kim
	[ "$(state t1)" = "queued -" ]
	run_msg msg-route transfer t1 --to lee
	[ "$stderr" = "msg-route: agent 'lee' is away" ]
	run_msg msg-route transfer t1 --to max
	[ "$stderr" = "msg-route: agent 'max' is not at work" ]
	run_msg msg-route transfer t1 --to kin
	[ "$status" -eq 65 ]
	[ "$stderr" = "msg-route: no agent 'kin' (did you mean 'kim'?)" ]
	run_msg msg-route transfer t1
	[ "$status" -eq 64 ]
	run_msg msg-route transfer t2 --agent kim --to bo
	[ "$stderr" = "msg-route: task 't2' is not kim's but bo's" ]
	msg-route complete t2 >/dev/null
	run_msg msg-route transfer t2 --to kim
	[ "$stderr" = "msg-route: task 't2' is completed" ]
}

@test "an agent is set wrong" {
	local option value want
	while IFS='|' read -r option value want; do
		run_msg msg-route agent bo "$option" "$value"
		[ "$status" -eq 64 ]
		[[ $stderr == "msg-route: $want"* ]] || { echo "$option $value: $stderr"; return 1; }
	done <<-'END'
		--skills|es=0|--skills: not words such as billing or es=5: 'es=0'
		--skills|es=good|--skills: not words
		--skills|=5|--skills: not words
		--capacity|many|--capacity: not a number from 0 to 1000, nor such as voice=1,other=3: 'many'
		--capacity|voice=1,2|--capacity: not a number
		--capacity|1001|--capacity: not a number
		--capacity|-1|--capacity: not a number
		--for|30m|--for: how long a --status holds, and none is given
		--for|soon|--for: not a duration
	END
	assign '{"type":"task","id":"t1","levels":{"es":"good"}}'
	[ "$status" -eq 65 ]
	[[ $stderr == *"levels.es: not a whole number from 1 on" ]]
}

@test "check names workflows that are never reached and skills that nobody has" {
	agents 'agents: {bo: {skills: [billing]}}
queues:
  a: {skills: [billing]}
  b: {skills: [billing, bilingual]}
workflows:
- {name: all, steps: [{queue: a}]}
- {name: gold, match: {contact.attributes.tier: gold}, steps: [{queue: b}]}'
	run_msg msg-route check
	[ "$status" -eq 78 ]
	[[ $stderr == *"agents.yaml:7: workflows[1]: never reached: workflow 'all' takes whatever it matches"* ]]
	[[ $stderr == *"agents.yaml:4: queues.b.skills[1]: nobody in this file can do that: 'bilingual'"* ]]
	agents 'agents: {bo: {skills: {billing: 3}}}
queues: {a: {skills: {billing: 4}}}
workflows:
- {name: some, match: [{context.a: 1}, {context.b: 2}], steps: [{queue: a, skills: [nothing]}]}
- {name: one, match: {context.b: 2, context.c: 3}, steps: [{queue: a}]}'
	run_msg msg-route check
	[ "$status" -eq 78 ]
	[[ $stderr == *"agents.yaml:5: workflows[1]: never reached: workflow 'some' takes whatever it matches"* ]]
	[[ $stderr == *"agents.yaml:2: queues.a.skills.billing: nobody in this file is that good: 3 at most"* ]]
	[[ $stderr == *"agents.yaml:4: workflows[0].steps[0].skills[0]: nobody in this file can do that: 'nothing'"* ]]
	agents 'agents: {bo: {skills: [billing]}}
queues:
  a: {skills: [billing]}
  b: {skills: [billing, bilingual]}
workflows:
- {name: all, steps: [{queue: a}]}
- {name: gold, match: {contact.attributes.tier: gold}, steps: [{queue: b}]}'
	sed -i 's/, bilingual//; s/name: all/name: all, match: {skills: x}/' "$XDG_CONFIG_HOME/msg/agents.yaml"
	run_msg msg-route check
	[ "$status" -eq 0 ]
}

@test "wrong usage and output that cannot be written" {
	run_msg msg-route accept
	[ "$status" -eq 64 ]
	run_msg msg-route assign --due file
	[ "$status" -eq 64 ]
	assign '{"type":"task","skills":"x"}'
	[ "$status" -eq 65 ]
	[[ -e /dev/full ]] || return 0
	run --separate-stderr bash -c 'msg-route assign <<<"$1" >/dev/full' - "$(task t1 billing)"
	[ "$status" -eq 74 ]
	# Nobody has been told: the next run writes it.
	run_msg msg-route assign --due
	[ "$(tasks)" = "t1 reserved bo" ]
	[ "$(told)" = "t1 bo" ]
	run_msg msg-route assign --due
	[ -z "$output" ]
}

@test "many at once: no task twice, nobody over their capacity" {
	agents 'agents: {bo: {capacity: 7}, kim: {capacity: 5}, lee: {capacity: 1}}'
	seq 1 40 | jq -c '{type: "task", id: "t\(.)"}' >lines
	local pids=()
	for i in 1 2 3 4 5 6; do msg-route -q assign <lines >"out$i" & pids+=($!); done
	for i in "${pids[@]}"; do wait "$i"; done
	[ "$(cat out? | jq -r 'select(.type == "message") | .context.task' | sort | uniq -d)" = "" ]
	[ "$(msg-route queue --json | jq -r 'select(.agent) | .agent' | sort | uniq -c | tr -s ' ')" = $' 7 bo\n 5 kim\n 1 lee' ]
	# They finish theirs and take more, again from several processes.
	for round in 1 2 3 4 5; do
		msg-route queue --json | jq -r 'select(.agent) | .id' | xargs -r msg-route complete >/dev/null
		pids=()
		for i in 1 2 3; do msg-route -q assign --due >>"out$i" & pids+=($!); done
		for i in "${pids[@]}"; do wait "$i"; done
		[ "$(msg-route agent --json | jq -c 'select(.tasks > .capacity)')" = "" ]
	done
	[ "$(cat out? | jq -r 'select(.type == "task" and .status != "queued") | .id' | sort -u | wc -l)" -eq 40 ]
	[ "$(msg-route queue --json | jq -c 'select(.type == "queue") | [.waiting, .reserved]')" = '[0,0]' ]
}

@test "killed before it could write: the next run writes it" {
	agents 'agents: {bo: {capacity: 100}}'
	# More than a pipe holds that nobody reads.
	jq -nc 'range(60) | {type: "task", id: "t\(.)", reason: ("x" * 3000)}' >lines
	mkfifo nobody-reads
	exec {fd}<>nobody-reads
	msg-route assign <lines >nobody-reads 2>/dev/null 3>&- &
	pid=$!
	committed() { msg-route queue | grep -q '"reserved":[1-9]'; }
	wait_for committed
	kill -9 "$pid"
	wait "$pid" || true
	exec {fd}>&-
	held=$(msg-route queue | jq 'select(.type == "queue") | .reserved')
	run_msg msg-route assign --due
	[ "$status" -eq 0 ]
	[ "$(told | sort -u | wc -l)" -eq "$held" ]
	[ "$(tasks | sort -u | wc -l)" -eq "$held" ]
	run_msg msg-route assign --due
	[ -z "$output" ]
}
