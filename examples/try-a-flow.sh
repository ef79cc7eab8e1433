#!/bin/sh
# People write in, a flow answers. Whatever takes the providers' webhooks makes the lines; here they are made by
# hand, one by one, and go through the whole pipe each time: where every conversation stands is in the store.
# shellcheck source=examples/sandbox.sh
. "$(dirname "$0")/sandbox.sh"
flow=$(dirname "$MSG_CONFIG")/flow-appointment.yaml
count=0

# hear FROM TEXT: an inbound line, through the pipe.
hear() {
	count=$((count + 1))
	jq -cn --arg id "in-$count" --arg from "$1" --arg text "$2" \
		'{type: "inbound", $id, $from, $text, context: {day: "24/11"}}' >heard
	printf '  %s\n' "$2"
	answer
}

# What comes out of the flow is kept in a file on its way, to be shown.
answer() {
	msg-optin -q keywords <heard | msg-bot -q "$flow" | tee said | msg-send -q -w | msg-receipts record >receipts
	jq -r 'if .type == "message" then "        > \(.text)" elif .type == "task" then "        task for \(.skills[0]): \(.reason)" else empty end' said
}

say "Ana reads Spanish, as contacts.yaml says. She cannot come"
hear whatsapp:+34612340001 "Hola"
hear whatsapp:+34612340001 "2"
hear whatsapp:+34612340001 "domingo"
hear whatsapp:+34612340001 "martes"

say "Her last text is delivered a second time: nothing more is said"
answer

say "She agrees"
hear whatsapp:+34612340001 "Sí!"

say "Ben is not understood three times: the conversation goes to a person, and the flow keeps still"
hear sms:+447700900001 "hello"
hear sms:+447700900001 "is it far"
hear sms:+447700900001 "by bus I mean"
hear sms:+447700900001 "anybody there"
hear sms:+447700900001 "hello??"

say "Carla writes STOP: msg-optin answers once, as it must, and the flow does not hear of it"
hear sms:+393331230001 "STOP"

say "What was delivered"
run 'msg-receipts report'

say "Now you: /help lists commands, Ctrl-D ends it"
printf '  msg-bot %s\n' "$flow"
