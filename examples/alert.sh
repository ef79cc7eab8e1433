#!/bin/sh
# A shell script finds a disk full and tells whoever is on call. Kim does not look at the notification, so after a
# second the message goes on to the telephone. Give a limit in percent; without one any disk is too full.
# shellcheck source=examples/sandbox.sh
. "$(dirname "$0")/sandbox.sh"
limit=${1:-0}

df -P / | awk -v limit="$limit" 'NR == 2 && $5 + 0 >= limit { print "disk " $6 " is " $5 " full" }' >alarm
[ -s alarm ] || exit 0

say "$(cat alarm): tell @oncall, and stay until that has worked"
msg-send -w -u critical --dedupe "disk-$(date +%F)" @oncall - <alarm >receipts
jq -r '"  \(.contact): \(.status)\(if .via then " by \(.channel)" else "" end)"' receipts

say "Five minutes later the disk is as full as before. One key is delivered once:"
msg-send -u critical --dedupe "disk-$(date +%F)" @oncall - <alarm >receipts
jq -r '"  \(.contact): \(.status)"' receipts
