#!/bin/sh
# A file of appointments becomes reminders that are routed, held against consent, delivered and recorded. Each program
# reads JSON lines and writes JSON lines; here they run one after the other, so that the lines can be looked at.
# shellcheck source=examples/sandbox.sh
. "$(dirname "$0")/sandbox.sh"

say "1. The appointments, as a calendar exports them"
run 'cat appointments.csv'

say "2. A message line for each: for whom, about what, in the words of which template"
jq -Rcn '[inputs][1:][] | split(",") | {id: "reminder-\(.[0])", to: .[1], topic: "appointments",
	template: {name: "reminder", data: {doctor: .[2], day: .[3], time: .[4]}}}' appointments.csv >messages
run 'head -n 1 messages'

say "3. msg-route decides which channels, in which order: policy.yaml, and the addresses that people have"
run 'msg-route <messages >routed'
jq -r '"  \(.to): \([.plan[].channel] | join(", else "))"' routed

say "4. Carla has texted STOP. msg-optin check takes her out and leaves a receipt in her place"
run 'msg-optin out sms:+393331230001 --method keyword --evidence STOP >/dev/null'
run 'msg-optin check <routed >checked'
jq -c 'select(.type == "receipt")' checked

say "5. What Ana would get, who reads Spanish: -n shows what would go out and sends nothing"
run 'head -n 1 checked | msg-send -n'

say "6. msg-send delivers, waits until it knows how that went, and writes a receipt for every step"
run 'msg-send -w <checked >receipts'
jq -r '"  \(.contact): \(.status)\(if .via then " by \(.channel)" else "" end)\(if .error then " (\(.error.text))" else "" end)"' receipts

say "7. msg-receipts keeps what is known of each message"
run 'msg-receipts record <receipts >recorded'
run 'msg-receipts report'

say "All of it as one pipe:"
echo '  to-messages <appointments.csv | msg-route | msg-optin check | msg-send -w | msg-receipts record >/dev/null'
