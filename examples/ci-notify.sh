#!/bin/sh
# The last step of a pipeline: tells the team how the build went. In a group everybody gets it where they read.
#
#   ci-notify.sh [RESULT [BRANCH [NUMBER]]]
# shellcheck source=examples/sandbox.sh
. "$(dirname "$0")/sandbox.sh"
result=${1:-failed} branch=${2:-main} number=${3:-4711}

case $result in
passed) urgency=low ;;
*) urgency=high ;;
esac

say "Build $number of $branch has $result: tell @builders"
msg-send -w -t ci -u "$urgency" -s "$branch: $result" --dedupe "build-$number" @builders \
	"Build $number of $branch: https://ci.example.org/builds/$number" >receipts
jq -r '"  \(.contact // .address): \(.status)\(if .via then " by \(.channel)" else "" end)"' receipts
