#!/bin/sh
# A flow hands over to people: who gets the conversation, how they are told, what becomes of it when they do not want
# it. The agents are in agents.yaml. Nothing runs in the background; cron does what has come due:
#
#   * * * * * msg-route -q assign --due | msg-send -q
# shellcheck source=examples/sandbox.sh
. "$(dirname "$0")/sandbox.sh"
flow=$(dirname "$MSG_CONFIG")/flow-support.yaml
count=0

# hear FROM TEXT: an inbound line. What agents answer is taken as that; all else goes through the
# flow, and what the flow hands over on to the agents.
hear() {
	count=$((count + 1))
	jq -cn --arg id "in-$count" --arg from "$1" --arg text "$2" '{type: "inbound", $id, $from, to: "sms:+15550001111", $text}' >heard
	printf '  %s\n' "$2"
	msg-route -q assign <heard | msg-bot -q "$flow" | msg-route -q assign | tee said | msg-send -q -w >receipts
	told
}

# What the person and the agents were told, and how the tasks stand.
told() {
	jq -r 'if .type == "task" then "        task \(.status)\(if .agent then " for " + .agent else "" end)"
		elif .topic == "tasks" then "        to \(.to): \(.text)"
		elif .type == "message" then "        > \(.text | split("\n")[0])" else empty end' said
}

say "Ana asks for a person. Of those who can help it is Bo who speaks Spanish"
hear whatsapp:+34612340001 "hola"
hear whatsapp:+34612340001 "3"
ana=$(jq -r 'select(.type == "task") | .id' said)

say "Ben asks for a person. Mia has had nothing to do so far"
hear sms:+447700900001 "hello"
hear sms:+447700900001 "person"
ben=$(jq -r 'select(.type == "task") | .id' said)

say "Bo takes Ana, at a terminal. Mia answers by 2 that she does not want Ben: he goes to Bo too, who has room for two"
run "msg-route accept $ana --agent bo >/dev/null"
hear sms:+447700900077 "2"
hear slack:@bo "accept $ben"

say "The queue"
run 'msg-route queue --table'

say "Bo is done with Ana, and the flow goes on with her"
run "msg-route complete $ana --agent bo | msg-bot -q $flow | tee said | msg-send -q -w >receipts"
told

say "She asks again: Bo has helped her before"
hear whatsapp:+34612340001 "yes"
hear whatsapp:+34612340001 "3"
