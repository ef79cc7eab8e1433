#!/bin/sh
# A message for later waits in the outbox until it is time. cron (or a systemd timer) delivers what is due:
#
#   * * * * * msg-send -q --flush | msg-receipts record >/dev/null
# shellcheck source=examples/sandbox.sh
. "$(dirname "$0")/sandbox.sh"
at=$(jq -rn 'now + 2 | todate')

say "At $at remind Ben. Until then the message is held:"
msg-send -q --at "$at" ben "Water the plants" | jq -r '"  \(.contact): \(.status)"'

say "cron comes by at once: nothing is due"
msg-send -q --flush | jq -r '"  \(.contact): \(.status)"'

say "cron comes by later"
sleep 3
msg-send -q --flush | jq -r '"  \(.contact): \(.status) by \(.channel)"'
