# What happened to messages: recorded once, whatever order it comes in, shown and summed up honestly.
load helper

setup() {
	msg_setup
	export TZ=UTC LC_ALL=C.UTF-8
	unset COLUMNS
}

# receipt MESSAGE STATUS [MEMBERS]: a line; MEMBERS is a piece of JSON such as ',"leg":1'.
receipt() {
	local time=',"time":"2026-11-24T09:00:00Z"'
	[[ ${3:-} != *'"time"'* ]] || time=
	printf '{"type":"receipt","message":"%s","status":"%s"%s%s}\n' "$1" "$2" "$time" "${3:-}"
}

record() {
	msg-receipts record >/dev/null
}

# leg ID FILTER: the receipts of a message, through jq.
leg() {
	msg-receipts show --json "$1" | jq -c "$2"
}

# status_of MESSAGE: as show says it, on the line of the leg.
status_of() {
	msg-receipts show "$1" | sed -n 's/^  leg .*  \([a-z]*\) .*[0-9].*$/\1/p'
}

# many FIRST COUNT: that many receipts of as many messages.
many() {
	awk -v first="$1" -v count="$2" 'BEGIN {
		for (i = first; i < first + count; i++)
			printf "{\"type\":\"receipt\",\"id\":\"r%d\",\"message\":\"m%d\",\"leg\":0,\"channel\":\"sms\",\"via\":\"sandbox\"," \
			    "\"address\":\"sms:+1555%07d\",\"status\":\"accepted\",\"time\":\"2026-11-24T09:00:00Z\"}\n", i, i, i
	}'
}

@test "record passes every line on, byte for byte" {
	cat >lines <<-'END'
		{ "type":"receipt", "id":"r1", "message":"m1", "status":"sent", "x": 1.50, "ü":"\u00fc" }
		{"to":"ana","text":"not mine"}
		{"type":"weather","sky":"blue"}
		{"type":"inbound","from":"sms:+15551230001"}
		{"type":"receipt","id":"r1","message":"m1","status":"sent"}
	END
	run_msg msg-receipts record lines
	[ "$status" -eq 0 ]
	[ "$output" = "$(<lines)" ]
	[ -z "$stderr" ]
	[ "$(leg m1 .id)" = '"r1"' ]
}

@test "record gives a receipt its id and leaves the rest as it is" {
	run_msg msg-receipts record <<-'END'
		{ "type":"receipt", "message":"m1", "status":"sent", "n":1.0 }
		{"type":"receipt","id":null,"message":"m2","status":"sent"}
	END
	[ "$status" -eq 0 ]
	[[ ${lines[0]} == '{ "type":"receipt", "message":"m1", "status":"sent", "n":1.0,"id":"'* ]]
	json 'select((.id | test("^[0-9A-HJKMNP-TV-Z]{26}$")) | not)'
	[ -z "$(json 'select((.id | test("^[0-9A-HJKMNP-TV-Z]{26}$")) | not)')" ]
	[ "$(msg-receipts show "$(jq -r .id <<<"${lines[0]}")" | head -n 1)" = "message m1" ]
}

@test "a repeated receipt without id gets the id of the first" {
	echo '{"type":"receipt","via":"twilio","provider_id":"SM1","status":"delivered"}' >line
	run_msg msg-receipts record line
	first=$(json .id)
	run_msg msg-receipts record line
	[ "$(json .id)" = "$first" ]
	[ "$(leg SM1 .id | wc -l)" -eq 1 ]
}

@test "receipts that arrive out of order end where they should" {
	{
		receipt m1 read ',"time":"2026-11-24T09:00:05Z"'
		receipt m1 accepted ',"time":"2026-11-24T09:00:00Z"'
		receipt m1 failed ',"time":"2026-11-24T09:00:01Z","error":{"class":"network"}'
		receipt m1 delivered ',"time":"2026-11-24T09:00:02Z"'
	} | record
	[ "$(status_of m1)" = read ]
	[ "$(leg m1 .status | tr '\n' ' ')" = '"accepted" "failed" "delivered" "read" ' ]
}

@test "a receipt that only has the provider's id finds its leg, even when it comes first" {
	echo '{"type":"receipt","provider_id":"SM1","via":"twilio","status":"delivered"}' | record
	run_msg msg-receipts show SM1
	[[ $output == "no message known"* ]]
	receipt m1 accepted ',"address":"sms:+15551230001","leg":0,"via":"twilio","provider_id":"SM1"' | record
	[ "$(status_of m1)" = delivered ]
	echo '{"type":"receipt","provider_id":"SM1","via":"twilio","status":"read"}' | record
	[ "$(status_of m1)" = read ]
	[ "$(leg SM1 .message | sort -u)" = '"m1"' ]
}

@test "what is invalid is said, kept in the rejects and not passed on; the rest goes on" {
	cat >lines <<-'END'
		{"type":"receipt","id":"r1","message":"m1","status":"sent"}
		{"type":"receipt","message":"m1","status":"gone"}
		{"type":"receipt","status":"sent"}
		{"type":"receipt","message":"m1","status":"sent","cost":{"amount":"a lot","currency":"EUR"}}
		not json
		{"type":"receipt","id":"r2","message":"m2","status":"sent"}
	END
	run_msg msg-receipts record --rejects rejects lines
	[ "$status" -eq 65 ]
	[ "${#lines[@]}" -eq 2 ]
	[ "$(sed -n '2,5p' lines)" = "$(<rejects)" ]
	[[ $stderr == *"lines: line 2: status: not a status: 'gone'"* ]]
	[[ $stderr == *"line 3: message: missing"* ]]
	[[ $stderr == *"line 4: cost.amount: not an amount"* ]]
	[[ $stderr == *"line 5: not JSON"* ]]
}

@test "what was printed is stored when the process is killed" {
	mkfifo in
	msg-receipts record <in >out 3>&- &
	pid=$!
	exec 9>in
	many 0 3000 >&9
	wait_for test -s out
	kill -9 "$pid"
	wait "$pid" || true
	exec 9>&-
	# A line that was cut off was not printed.
	sed -n '/}$/p' out | jq -r .message | sort >printed
	msg-receipts report --json | jq .legs >stored
	[ "$(wc -l <printed)" -gt 0 ]
	[ "$(head -n 1 stored)" -ge "$(wc -l <printed)" ]
	for message in $(sed -n '1p;$p' printed) $(shuf -n 20 --random-source=printed printed); do
		msg-receipts show "$message" >/dev/null
	done
	many 0 3000 | msg-receipts record >all
	[ "$(wc -l <all)" -eq 3000 ]
	[ "$(msg-receipts report --json | jq -s '.[0].legs')" -eq 3000 ]
}

@test "two recorders at once lose nothing and record nothing twice" {
	many 0 3000 >a
	many 1500 3000 >b
	msg-receipts record a >out-a 3>&- &
	pid=$!
	msg-receipts record b >out-b
	wait "$pid"
	cmp a out-a
	cmp b out-b
	[ "$(msg-receipts report --json --by via | jq -s 'map(.legs)' -c)" = '[4500,4500]' ]
}

@test "a full output, a closed one and a full disk are errors, and nothing printed is lost" {
	many 0 2000 >lines
	if [[ -e /dev/full ]]; then
		run --separate-stderr bash -c 'msg-receipts record lines >/dev/full'
		[ "$status" -eq 74 ]
		[[ $stderr == *"cannot write output"* ]]
	fi
	run --separate-stderr bash -c 'msg-receipts record lines >&-'
	[ "$status" -eq 74 ]
	run --separate-stderr bash -c 'msg-receipts record --rejects rejects lines >&-'
	[ "$status" -eq 74 ]
	[ ! -s rejects ]
	rm -r "$XDG_STATE_HOME"
	run --separate-stderr bash -c 'trap "" XFSZ; ulimit -f 300; msg-receipts record lines >out'
	[ "$status" -eq 73 ]
	[ -n "$stderr" ]
	for message in $(jq -r .message out | tail -n 3); do msg-receipts show "$message"; done
}

@test "a reader that goes away ends the run" {
	many 0 5000 >lines
	run --separate-stderr bash -o pipefail -c 'msg-receipts record lines | head -n 1 >/dev/null'
	[ "$status" -eq 74 ]
}

@test "show tells a person what happened, leg by leg" {
	{
		receipt ride-88 accepted ',"id":"r1","leg":0,"channel":"whatsapp","via":"meta","address":"whatsapp:+15551230001","contact":"ana","purpose":"transactional","topic":"rides","time":"2026-11-20T10:15:02.100Z","provider_id":"wamid.1"'
		receipt ride-88 undelivered ',"id":"r2","leg":0,"via":"meta","address":"whatsapp:+15551230001","contact":"ana","time":"2026-11-20T10:15:04Z","provider_id":"wamid.1","error":{"class":"unreachable","code":"131026","text":"not on \u001b[31mWhatsApp"}'
		receipt ride-88 accepted ',"id":"r3","leg":1,"channel":"sms","via":"twilio","address":"sms:+15551230001","contact":"ana","time":"2026-11-20T10:15:05Z","provider_id":"SM1","segments":2,"cost":{"amount":"0.0150","currency":"USD"}'
		receipt ride-88 delivered ',"id":"r4","leg":1,"address":"sms:+15551230001","contact":"ana","time":"2026-11-20T11:20:05Z"'
	} | record
	run_msg msg-receipts show ride-88
	[ "$status" -eq 0 ]
	echo "$output"
	[ "$(sed -E '/^  leg/s/(in )?[0-9.dhms]+( ago)?$/-/' <<<"$output")" = "$(cat <<-'END'
		message ride-88
		  purpose     transactional
		  topic       rides
		  contact     ana

		  leg 0  whatsapp via meta  undelivered -
		    whatsapp:+15551230001 · wamid.1
		    ○ accepted     2026-11-20 10:15:02.100
		    × undelivered  2026-11-20 10:15:04.000  +1.9s   unreachable 131026: not on ?[31mWhatsApp

		  leg 1  sms via twilio  delivered -
		    sms:+15551230001 · SM1 · 2 segments · 0.0150 USD
		    ○ accepted     2026-11-20 10:15:05.000
		    ● delivered    2026-11-20 11:20:05.000  +1h05m
	END
	)" ]
	[ "$(msg-receipts show SM1)" = "$(msg-receipts show r4)" ]
	[[ $(msg-receipts show wamid.1) != *"leg 1"* ]]
}

@test "show --json gives the receipts back as lines" {
	line='{"type":"receipt","id":"r1","message":"m1","leg":1,"channel":"sms","via":"twilio","address":"sms:+15551230001","contact":"ana","purpose":"otp","topic":"codes","status":"failed","time":"2026-11-24T09:00:00.000Z","provider_id":"SM1","error":{"class":"content","code":"30007","text":"filtered"},"segments":1,"cost":{"amount":"0.0075","currency":"USD"}}'
	record <<<"$line"
	run_msg msg-receipts show --json m1
	[ "$status" -eq 0 ]
	same_json "$output" "$line"
	run_msg msg-receipts record <<<"$output"
	[ "$(leg m1 .id | wc -l)" -eq 1 ]
}

@test "show of what nobody knows says so" {
	run_msg msg-receipts show nothing
	[ "$status" -eq 65 ]
	[ "$stderr" = "msg-receipts: no receipt of 'nothing'" ]
	receipt m1 sent | record
	run_msg msg-receipts show nothing m1
	[ "$status" -eq 65 ]
	[[ $output == *"message m1"* ]]
	run_msg msg-receipts show
	[ "$status" -eq 64 ]
}

# A small campaign: SMS reports delivery, WhatsApp reading too, mail nothing.
campaign() {
	local i
	for i in 1 2 3 4 5 6 7 8 9 10; do
		receipt "s$i" accepted ",\"channel\":\"sms\",\"via\":\"twilio\",\"purpose\":\"transactional\",\"address\":\"sms:+1555123000$i\",\"time\":\"2026-11-24T09:00:00Z\",\"cost\":{\"amount\":\"0.0075\",\"currency\":\"USD\"}"
		((i > 8)) || receipt "s$i" delivered ",\"address\":\"sms:+1555123000$i\",\"time\":\"2026-11-24T09:00:0${i}Z\""
	done
	receipt s9 undelivered ',"address":"sms:+15551230009","time":"2026-11-24T09:00:09Z","error":{"class":"unreachable","code":"30003"}'
	for i in 1 2 3 4; do
		receipt "w$i" accepted ",\"channel\":\"whatsapp\",\"via\":\"meta\",\"purpose\":\"marketing\",\"address\":\"whatsapp:+1555123000$i\",\"time\":\"2026-11-25T09:00:00Z\""
		receipt "w$i" delivered ",\"address\":\"whatsapp:+1555123000$i\",\"time\":\"2026-11-25T09:00:02Z\""
	done
	receipt w1 read ',"address":"whatsapp:+15551230001","time":"2026-11-25T09:05:00Z"'
	receipt w5 blocked ',"channel":"whatsapp","purpose":"marketing","contact":"bo","time":"2026-11-25T09:00:00Z","error":{"class":"opted-out","code":"opted-out"}'
	receipt e1 accepted ',"channel":"email","via":"smtp","purpose":"marketing","address":"mailto:a@example.org","time":"2026-11-25T09:00:00Z","cost":{"amount":"1","currency":"EUR"}'
	receipt e2 failed ',"channel":"email","via":"smtp","purpose":"marketing","address":"mailto:b@example.org","time":"2026-11-25T09:00:00Z","error":{"class":"invalid-address","code":"550"}'
	receipt s1 duplicate ',"channel":"sms","time":"2026-11-25T09:00:00Z"'
	receipt again duplicate ',"channel":"sms","time":"2026-11-25T09:00:00Z"'
}

@test "report counts, and takes rates only over legs that could have had them" {
	campaign | record
	run_msg msg-receipts report --json
	[ "$status" -eq 0 ]
	same_json "$(json 'select(.by == "all")')" '{"type":"report","by":"all","legs":17,"waiting":0,"under_way":2,
	    "delivered":12,"read":1,"failed":2,"expired":0,"blocked":1,"canceled":0,"duplicate":1,"segments":0,
	    "delivery":{"rate":0.8571,"count":12,"of":14},"reading":{"rate":0.25,"count":1,"of":4},
	    "to_delivered":{"median":"2s","p90":"7s","n":12},"to_read":{"median":"5m","p90":"5m","n":1},
	    "errors":[{"class":"invalid-address","code":"550","count":1},{"class":"opted-out","code":"opted-out","count":1},
	    {"class":"unreachable","code":"30003","count":1}],
	    "cost":[{"amount":"1.00","currency":"EUR"},{"amount":"0.075","currency":"USD"}]}'
	same_json "$(json 'select(.key == "sms") | [.legs, .delivery, .reading, .to_delivered]')" \
		'[10,{"rate":0.8,"count":8,"of":10},null,{"median":"4s","p90":"8s","n":8}]'
	same_json "$(json 'select(.key == "email") | [.legs, .failed, .under_way, .delivery]')" '[2,1,1,null]'
	same_json "$(json 'select(.key == "meta") | .reading.of')" 4
	[ "$(json 'select(.by == "purpose") | [.key, .legs]' | tr '\n' ' ')" = '["transactional",10] ["marketing",7] ["",0] ' ]
}

@test "report keeps to the time it is asked for" {
	campaign | record
	legs() { msg-receipts report --json "$@" | jq -s '.[0].legs'; }
	[ "$(legs)" -eq 17 ]
	[ "$(legs --since 2026-11-25)" -eq 7 ]
	[ "$(legs --until 2026-11-25)" -eq 10 ]
	[ "$(legs --since 2026-11-24T09:00:00Z --until 2026-11-24T10:00:00.001+01:00)" -eq 10 ]
	[ "$(legs --since 2026-11-24T09:00:00.001Z --until 2026-11-25T09:00:00Z)" -eq 0 ]
	# Midnight is that of the place: in Tokyo the second day began at 15:00.
	[ "$(TZ=JST-9 legs --since 2026-11-24 --until 2026-11-25)" -eq 10 ]
	[ "$(TZ=XXX+12 legs --since 2026-11-24 --until 2026-11-25)" -eq 7 ]
	printf '{"type":"receipt","message":"now","status":"sent"}\n' | record
	[ "$(legs --since 10m)" -ge 1 ]
	[ "$(msg-receipts report --json --since 10m --until 0s --by topic | jq -s '.[0].under_way')" -ge 1 ]
	campaign_days() { msg-receipts report --json --by day --since 2026-11-24 --until 2026-11-26 | jq -r 'select(.by == "day") | .key'; }
	[[ $(campaign_days | tr '\n' ' ') == "2026-11-24 2026-11-25 " ]]
}

@test "report draws itself" {
	campaign | record
	run_msg msg-receipts report --until 2026-11-25T12:00:00Z --by channel
	[ "$status" -eq 0 ]
	echo "$output"
	[ "$(sed -n '/^ channel/,$p' <<<"$output")" = "$(cat <<-'END'
	 channel   legs                                   delivered         median   90%
	 sms         10  ▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▒▒▒×××      80.0%  of 10    4.0s  8.0s
	 whatsapp     5  ███▓▓▓▓▓▓▓▓▓▓○○○                    100.0%  of 4     2.0s  2.0s
	 email        2  ▒▒▒×××

	 channel    read        median    90%  failed  blocked       cost
	 sms                                        1           0.075 USD
	 whatsapp  25.0%  of 4   5m00s  5m00s                1
	 email                                      1            1.00 EUR

	 not delivered    legs                                             codes
	 invalid-address     1  ×××××××××××××××××××××××××××××××××××××××××  550 (1)
	 opted-out           1  ○○○○○○○○○○○○○○○○○○○○○○○○○○○○○○○○○○○○○○○○○  opted-out (1)
	 unreachable         1  ×××××××××××××××××××××××××××××××××××××××××  30003 (1)
	END
	)" ]
	COLUMNS=130 run_msg msg-receipts report --by channel
	grep -q '^ channel .* delivered .* median .* read .* median .* cost$' <<<"$output"
	LC_ALL=C run_msg msg-receipts report --until 2026-11-25T12:00:00Z --by channel
	[ -z "$(tr -d '\n -~' <<<"$output")" ]
	local columns
	for columns in 40 50 60 80 100 130 200; do
		COLUMNS=$columns run_msg msg-receipts report
		[ "$status" -eq 0 ]
		[ "$(wc -L <<<"$output")" -le "$columns" ]
	done
}

@test "report --csv has a header and a row for each group" {
	campaign | record
	run_msg msg-receipts report --csv --by via
	[ "$status" -eq 0 ]
	[[ ${lines[0]} == by,key,legs,* ]]
	[ "${#lines[@]}" -eq 6 ]
	tr -d '\r' <<<"$output" >report.csv
	[ "$(cut -d, -f1-3 report.csv | tail -n +2 | tr '\n' ' ')" = "all,,17 via,twilio,10 via,meta,4 via,smtp,2 via,,1 " ]
	printf '{"type":"receipt","message":"m","status":"sent","topic":"a,\\"b\\""}\n' | record
	run_msg msg-receipts report --csv --by topic
	[[ $output == *'topic,"a,""b""",1,'* ]]
}

@test "report of an empty store says so" {
	run_msg msg-receipts report
	[ "$status" -eq 0 ]
	[ "$output" = "no receipts yet" ]
	[ ! -e "$XDG_STATE_HOME" ]
	receipt m1 sent | record
	run_msg msg-receipts report --until 2001-01-01
	[ "$output" = "no receipts in that time" ]
}

@test "wrong options are refused before anything is done" {
	local arguments
	for arguments in "--since someday" "--since 2026-13-01" "--until 5" "--by colour" "--by channel,channel" "--by ," \
		"--json --csv" "--since 1h --until 2h" "operand"; do
		run_msg msg-receipts report $arguments
		[ "$status" -eq 64 ]
		[ -z "$output" ]
		[ -n "$stderr" ]
	done
	run_msg msg-receipts record /no/such/file
	[ "$status" -eq 64 ]
	run_msg msg-receipts
	[ "$status" -eq 64 ]
	run_msg msg-receipts forget
	[ "$status" -eq 64 ]
}

@test "a store that cannot be used is one clear error" {
	mkdir -p "$XDG_STATE_HOME/msg"
	printf 'this is not a database, but long enough to look at as one could be' >"$XDG_STATE_HOME/msg/msg.db"
	receipt m1 sent >line
	run_msg msg-receipts record line
	[ "$status" -eq 73 ]
	[ -z "$output" ]
	[ "$(wc -l <<<"$stderr")" -eq 1 ]
	run_msg msg-receipts report
	[ "$status" -eq 73 ]
	XDG_STATE_HOME=/proc/nowhere run_msg msg-receipts record line
	[ "$status" -eq 73 ]
}

@test "colours only on a terminal, and not with NO_COLOR" {
	receipt m1 sent | record
	command -v script >/dev/null || skip "no script(1)"
	export TERM=xterm
	run script -qec "msg-receipts show m1" /dev/null
	[[ $output != *$'\e['* ]]
	unset NO_COLOR
	run script -qec "msg-receipts show m1" /dev/null
	[[ $output == *$'\e['* ]]
	run msg-receipts show m1
	[[ $output != *$'\e['* ]]
}
