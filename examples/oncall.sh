#!/bin/sh
# An alert goes from channel to channel until somebody acknowledges it; then the channels that are left keep quiet. The
# words are changed on the way, and a reminder that is not needed any more is taken back.
# shellcheck source=examples/sandbox.sh
. "$(dirname "$0")/sandbox.sh"

tell() {
	jq -r 'select(.type == "receipt") | "  \(.message): \(.status) by \(.channel)\(if .replaced_by then ", now " + .replaced_by else "" end)"'
}

say "The database is down. Kim has a phone on silent, and is called after that:"
msg-send --id db-1 --ack required -t oncall kim "database down, since $(date +%H:%M)" | tell
msg-send --queue | jq -r '"  \(.message): leg \(.leg + 2) of \(.legs) has its turn at \(.due[11:16]) UTC"'

say "In half an hour Lee would hear of it:"
msg-send -q --id db-lee --at "in 30 minutes" mailto:lee@example.org "the database is still down" | tell

say "Kim wakes up and answers:"
echo '{"type":"inbound","from":"slack:@kim","text":"on it"}' | msg-receipts record | tell
echo '{"type":"inbound","from":"slack:@kim","text":"Ok!"}' | msg-receipts record >answer
jq -r 'select(.acknowledges) | "  \"\(.text)\" acknowledges \(.acknowledges[0])"' answer
tell <answer

say "Lee need not hear of it, and the first message may say how things stand:"
msg-send -q --cancel db-lee | tell
msg-send -q --replace db-1 --id db-2 -t oncall kim "database up again, since $(date +%H:%M)" | tell
