# twilio, slack, ntfy, webhook and exec through msg-send and its engine, against the loopback carrier.

load ../cli/helper

SID=AC0123456789abcdef0123456789abcdef

setup() {
	msg_setup
	export TOKEN=verysecrettoken MSG_CONFIG="$HOME/config.yaml"
}

teardown() {
	carrier_stop
}

twilio() {
	cat >config.yaml <<-EOF
		channels:
		  sms: {via: [twilio], from: "+15550001111"}
		  voice: {via: [twilio], from: "+15550001111"}
		accounts:
		  twilio: {account_sid: $SID, auth_token: env:TOKEN, url: "$CARRIER"}
	EOF
}

form() {
	carrier_requests ".body" | jq -r . | tr '&' '\n'
}

@test "twilio: what goes over the wire" {
	carrier_start -a '{"path":"/2010-04-01*","status":201,"json":{"sid":"SM1","status":"queued","num_segments":"1"}}'
	twilio
	run_msg msg-send sms:+15551230001 "5 € & more"
	[ "$status" -eq 0 ]
	[ "$(json '[.status,.provider_id,.segments]')" = '["accepted","SM1",1]' ]
	[ "$(carrier_requests '[.method,.path]')" = "[\"POST\",\"/2010-04-01/Accounts/$SID/Messages.json\"]" ]
	[ "$(form)" = $'To=%2B15551230001\nFrom=%2B15550001111\nBody=5%20%E2%82%AC%20%26%20more' ]
	[ "$(carrier_requests '.headers|with_entries(.key|=ascii_downcase)|.authorization' | jq -r . | cut -d' ' -f2 | base64 -d)" = "$SID:$TOKEN" ]
}

@test "twilio: errors are told apart" {
	carrier_start \
		-a '{"contains":"15551230001","status":400,"json":{"code":21610,"message":"unsubscribed"}}' \
		-a '{"contains":"15551230002","status":400,"json":{"code":21211,"message":"bad number"}}' \
		-a '{"contains":"15551230003","status":429,"headers":{"Retry-After":"7"},"json":{"code":20429}}' \
		-a '{"contains":"15551230004","status":503,"body":"<html>busy</html>"}' \
		-a '{"contains":"15551230005","status":200,"body":"<html>log in</html>"}' \
		-a '{"contains":"15551230006","fault":"close"}' \
		-a '{"contains":"15551230007","status":201,"size":2000000,"json":{"sid":"SM1"}}' \
		-a '{"contains":"15551230008","fault":"garbage"}'
	twilio
	for n in 1 2 3 4 5 6 7 8; do printf '{"id":"%s","to":"sms:+1555123000%s","text":"x"}\n' $n $n; done >lines
	run_msg msg-send <lines
	[ "$status" -eq 75 ]
	same_json "$(jq -cs 'map({(.message):[.status,.error.class,.error.code]})|add' <<<"$output")" '{
		"1":["failed","opted-out","21610"],
		"2":["failed","invalid-address","21211"],
		"3":["queued","rate","20429"],
		"4":["queued","provider","503"],
		"5":["unknown","provider",null],
		"6":["unknown","network",null],
		"7":["unknown","provider",null],
		"8":["unknown","network",null]}'
}

@test "twilio: a refused token ends with 77 and is not shown" {
	carrier_start -a '{"path":"*","status":401,"json":{"code":20003,"message":"verysecrettoken is wrong"}}'
	twilio
	run_msg msg-send sms:+15551230001 x
	[ "$status" -eq 77 ]
	[ "$(json '[.status,.error.class,.error.text]')" = '["failed","auth","*** is wrong"]' ]
	[[ $stderr != *verysecrettoken* ]]
}

@test "twilio: an alert fails over to a call" {
	carrier_start \
		-a '{"path":"/2010-04-01/Accounts/'$SID'/Messages.json","status":400,"json":{"code":21614,"message":"not a mobile number"}}' \
		-a '{"path":"/2010-04-01/Accounts/'$SID'/Calls.json","status":201,"json":{"sid":"CA1","status":"queued"}}'
	twilio
	run_msg msg-send <<-'EOF'
		{"to":"ops","text":"disk <full>","plan":[{"channel":"sms","address":"sms:+15551230001","wait":"5m"},{"channel":"voice","address":"tel:+15551230001"}]}
	EOF
	[ "$status" -eq 0 ]
	[ "$(json '[.leg,.channel,.status]' | paste -sd' ')" = '[0,"sms","failed"] [1,"voice","accepted"]' ]
	[[ $(form | tail -n 1) == *'disk%20%26lt%3Bfull%26gt%3B'* ]]
}

@test "twilio: delivery is asked for, and told once" {
	carrier_start \
		-a '{"method":"POST","path":"/2010*","status":201,"json":{"sid":"SM1","status":"queued"},"times":1}' \
		-a '{"method":"GET","path":"/2010-04-01/Accounts/'$SID'/Messages/SM1.json","status":200,"json":{"sid":"SM1","status":"delivered","price":"-0.0075","price_unit":"USD"}}'
	twilio
	run_msg msg-send sms:+15551230001 x
	[ "$status" -eq 0 ]
	run_msg faketime -f '+1h' msg-send --flush
	[ "$status" -eq 0 ]
	[ "$(json '[.status,.provider_id,.cost.amount,.cost.currency]')" = '["delivered","SM1","0.0075","USD"]' ]
	run_msg faketime -f '+2h' msg-send --flush
	[ -z "$output" ]
}

@test "twilio: a file cannot go by MMS, and the message says so" {
	carrier_start
	twilio
	run_msg msg-send <<<'{"to":"sms:+15551230001","media":[{"path":"/etc/hosts"}]}'
	[ "$status" -eq 1 ]
	[ "$(json '[.status,.error.class]')" = '["failed","content"]' ]
	[[ "$(json .error.text)" == *"media[0].path: twilio takes media by URL alone"* ]]
	[ -z "$(carrier_requests)" ]
}

@test "slack: a bot's message and a webhook's" {
	carrier_start \
		-a '{"path":"/api/chat.postMessage","contains":"nosuch","status":200,"json":{"ok":false,"error":"channel_not_found"}}' \
		-a '{"path":"/api/chat.postMessage","status":200,"json":{"ok":true,"channel":"C1","ts":"1503435956.000247"}}' \
		-a '{"path":"/services/T0/B0/x","status":200,"body":"ok"}'
	export HOOK="$CARRIER/services/T0/B0/x"
	printf 'accounts: {slack: {token: env:TOKEN, url: "%s/api"}}\n' "$CARRIER" >config.yaml
	run_msg msg-send slack:C1 "build <passed>"
	[ "$status" -eq 0 ]
	[ "$(json .provider_id)" = '"C1/1503435956.000247"' ]
	[ "$(form)" = $'channel=C1\ntext=build%20%26lt%3Bpassed%26gt%3B' ]
	run_msg msg-send slack:nosuch "x"
	[ "$status" -eq 1 ]
	[ "$(json .error.class)" = '"invalid-address"' ]
	printf 'accounts: {slack: {webhook: env:HOOK}}\n' >config.yaml
	run_msg msg-send slack:#ops "build passed"
	[ "$status" -eq 0 ]
	[ "$(carrier_requests 'select(.path|startswith("/services")).body' | jq -r . | jq -c .)" = '{"text":"build passed"}' ]
	run_msg msg-send -n slack:#ops "build passed"
	[ "$status" -eq 0 ]
	[[ $output != *"/services/T0"* ]]
}

@test "slack: a message is edited where it stands, and blocks that it had are gone" {
	carrier_start \
		-a '{"path":"/api/chat.postMessage","status":200,"json":{"ok":true,"channel":"C1","ts":"1503435956.000247"}}' \
		-a '{"path":"/api/chat.update","contains":"late","status":200,"json":{"ok":false,"error":"edit_window_closed"}}' \
		-a '{"path":"/api/chat.update","status":200,"json":{"ok":true,"channel":"C1","ts":"1503435956.000247","text":"x"}}' \
		-a '{"path":"/services/T0/B0/x","status":200,"body":"ok"}'
	printf 'accounts: {slack: {token: env:TOKEN, url: "%s/api"}}\n' "$CARRIER" >config.yaml
	msg-send -q --id b1 slack:#ops "running"
	run_msg msg-send --replace b1 --id b2 slack:#ops "passed & done"
	[ "$status" -eq 0 ]
	[ "$(json '[.message,.status,.provider_id]')" = '["b2","accepted","C1/1503435956.000247"]' ]
	[ "$(carrier_requests 'select(.path == "/api/chat.update").body' | jq -r . | tr '&' '\n')" = \
		$'channel=C1\nts=1503435956.000247\ntext=passed%20%26amp%3B%20done\nblocks=%5B%5D' ]
	run_msg msg-send --replace b1 --id b3 slack:#ops "too late"
	[ "$status" -eq 1 ]
	[ "$(json '[.status,.error.class,.error.code]')" = '["failed","policy","edit_window_closed"]' ]
	# The one that failed has taken nobody's place.
	run_msg msg-send --replace b1 --id b4 slack:#ops "again"
	[ "$status" -eq 0 ]
	printf 'accounts: {slack: {webhook: env:HOOK}}\n' >config.yaml
	HOOK="$CARRIER/services/T0/B0/x" msg-send -q --id w1 slack:#ops "running"
	HOOK="$CARRIER/services/T0/B0/x" run_msg msg-send --replace w1 slack:#ops "passed"
	[ "$status" -eq 1 ]
	[ "$(json '[.error.class,.error.code]')" = '["policy","cannot-edit"]' ]
}

@test "ntfy: a topic on a server of one's own" {
	carrier_start -a '{"path":"/","status":200,"json":{"id":"n1","event":"message"}}'
	printf 'accounts: {ntfy: {token: env:TOKEN, url: "%s"}}\n' "$CARRIER" >config.yaml
	run_msg msg-send ntfy:alerts -s "web1" -u critical "disk full"
	[ "$status" -eq 0 ]
	[ "$(json .provider_id)" = '"n1"' ]
	same_json "$(carrier_requests .body | jq -r .)" '{"topic":"alerts","title":"web1","priority":5,"message":"disk full"}'
	[ "$(carrier_requests '.headers|with_entries(.key|=ascii_downcase)|.authorization')" = '"Bearer verysecrettoken"' ]
}

@test "ntfy: what an account adds to every message, as JSON and beside a file" {
	carrier_start -a '{"path":"/*","contains":"nowhere","status":400,"json":{"code":40010,"http":400,"error":"invalid request: topic name is not allowed"}}' \
		-a '{"path":"/*","contains":"calls","status":400,"json":{"code":40032,"http":400,"error":"invalid request: calling is disabled"}}' \
		-a '{"path":"/*","contains":"quota","status":429,"json":{"code":42908,"http":429,"error":"limit reached: daily message quota reached"}}' \
		-a '{"path":"/*","status":200,"json":{"id":"n1","event":"message"}}'
	cat >config.yaml <<-EOF
		accounts:
		  ntfy: {url: "$CARRIER", markdown: true, tags: "warning,disk", icon: "https://example.org/i.png", email: ops@example.org, call: "yes", cache: false, firebase: false}
	EOF
	echo 'a file' >f.txt
	run_msg msg-send <<<'{"to":"ntfy:alerts","topic":"web1","text":"**full**"}'
	[ "$status" -eq 0 ]
	same_json "$(carrier_requests .body | jq -r .)" '{"topic":"alerts","priority":3,"message":"**full**","tags":["warning","disk","web1"],
		"markdown":true,"icon":"https://example.org/i.png","email":"ops@example.org","call":"yes","cache":"no","firebase":"no"}'
	run_msg msg-send <<<'{"to":"ntfy:alerts","topic":"web1","text":"x","media":[{"path":"f.txt"}]}'
	[ "$status" -eq 0 ]
	same_json "$(carrier_requests 'select(.method == "PUT").query' | tail -n 1)" '{"filename":"f.txt","priority":"3","message":"x","tags":"warning,disk,web1",
		"markdown":"true","icon":"https://example.org/i.png","email":"ops@example.org","call":"yes","cache":"no","firebase":"no"}'
	for word in nowhere calls quota; do run_msg msg-send --id $word ntfy:$word x; json '[.message,.status,.error.class,.error.code]' >>errors; done
	same_json "$(jq -cs . errors)" '[["nowhere","failed","invalid-address","40010"],["calls","failed","provider","40032"],["quota","queued","rate","42908"]]'
}

@test "slack: a name and a picture of one's own, and links that stay as they are" {
	carrier_start -a '{"path":"/api/chat.postMessage","status":200,"json":{"ok":true,"channel":"C1","ts":"1503435956.000247"}}'
	printf 'accounts: {slack: {token: env:TOKEN, url: "%s/api", username: Deploy, icon: ":fire:", unfurl: false}}\n' "$CARRIER" >config.yaml
	run_msg msg-send slack:C1 x
	[ "$status" -eq 0 ]
	[ "$(form)" = $'channel=C1\ntext=x\nusername=Deploy\nicon_emoji=%3Afire%3A\nunfurl_links=false\nunfurl_media=false' ]
	printf 'accounts: {slack: {token: env:TOKEN, icon: fire}}\n' >config.yaml
	run_msg msg-send slack:C1 x
	[ "$status" -eq 78 ]
	[[ $stderr == *"icon: neither :emoji: nor an https URL"* ]]
}

@test "webhook: a gateway that nobody has heard of" {
	carrier_start -a '{"path":"/send*","status":200,"json":{"messages":[{"id":"g-7"}]}}'
	cat >config.yaml <<-EOF
		channels:
		  sms: {via: gate, from: Clinic}
		accounts:
		  gate:
		    provider: webhook
		    url: "$CARRIER/send?n={{to}}"
		    content_type: application/x-www-form-urlencoded
		    secrets: {key: env:TOKEN}
		    body: "key={{secrets.key}}&from={{from}}&text={{text}}&name={{contact.name?you}}"
		    provider_id: messages.0.id
	EOF
	run_msg msg-send sms:+15551230001 "a & b"
	[ "$status" -eq 0 ]
	[ "$(json .provider_id)" = '"g-7"' ]
	[ "$(carrier_requests '[.path,.query]')" = '["/send",{"n":"+15551230001"}]' ]
	[ "$(form)" = $'key=verysecrettoken\nfrom=Clinic\ntext=a%20%26%20b\nname=you' ]
	run_msg msg-send -n sms:+15551230001 x
	[[ $output != *verysecrettoken* && $output == *'key=%2A%2A%2A&'* ]]
}

@test "exec: a channel without a line of C" {
	cat >fax <<-'EOF'
		#!/bin/sh
		line=$(cat)
		printf '%s\n' "$line" >>seen
		case $line in
		*fax:busy*) exit 75 ;;
		*fax:silent*) exit 0 ;;
		*fax:wrong*) echo '{"status":"failed","error":{"class":"invalid-address","text":"no such fax"}}' ;;
		*) echo '{"status":"delivered","provider_id":"F1"}' ;;
		esac
	EOF
	chmod +x fax
	printf 'accounts: {fax: {provider: exec, command: ./fax}}\n' >config.yaml
	for n in 1 busy silent wrong; do printf '{"id":"%s","to":"fax:%s","text":"it'"'"'s $(date)"}\n' $n $n; done >lines
	run_msg msg-send -j 1 <lines
	[ "$status" -eq 75 ]
	same_json "$(jq -cs 'map({(.message):[.status,.provider_id,.error.class]})|add' <<<"$output")" '{
		"1":["delivered","F1",null],
		"busy":["queued",null,"provider"],
		"silent":["accepted",null,null],
		"wrong":["failed",null,"invalid-address"]}'
	[ "$(jq -r .text seen | sort -u)" = "it's \$(date)" ]
	[ "$(jq -r .to seen | paste -sd' ')" = "1 busy silent wrong" ]
}

@test "exec: a command that hangs is ended, and its outcome unknown" {
	printf 'accounts: {fax: {provider: exec, command: "cat >/dev/null; sleep 60", timeout: 300ms}}\n' >config.yaml
	run_msg msg-send fax:1 x
	[ "$status" -eq 75 ]
	[ "$(json '[.status,.error.class]')" = '["unknown","timeout"]' ]
}

@test "sandbox: the table of msg-providers(7), as it stands there" {
	printf 'accounts: {sandbox: {delivered: 1s, read: 2s}}\n' >config.yaml
	for n in 1 2 3 4 5 6 7 8 9; do printf '{"id":"%s","to":"whatsapp:+1555123000%s","text":"x"}\n' $n $n; done >lines
	run_msg msg-send <lines
	[ "$status" -eq 75 ]
	same_json "$(jq -cs 'map({(.message):[.status,.error.class]})|add' <<<"$output")" '{
		"1":["accepted",null],"2":["accepted",null],"3":["failed","invalid-address"],"4":["queued","provider"],
		"5":["queued","rate"],"6":["accepted",null],"7":["unknown","timeout"],"8":["accepted",null],
		"9":["failed","opted-out"]}'
	: >later
	for hours in 1 2 3 4 5 6; do
		run_msg faketime -f "+${hours}h" msg-send --flush
		printf '%s\n' "$output" >>later
	done
	same_json "$(jq -cs 'group_by(.message)|map({(.[0].message):map(.status)})|add' <later)" '{
		"1":["delivered","read"],"2":["undelivered"],"4":["queued","accepted","delivered","read"],
		"5":["accepted","delivered","read"],"8":["delivered"]}'
}

@test "the configuration in msg-providers(7) works as it stands there" {
	sed -n '/^\.Bd/,/^\.Ed/p' "$ROOT/man/msg-providers.7" | sed -n '2,/^\.Ed/p' | sed '$d' >config.yaml
	run_msg msg-send -n sms:+15551230001 "a & b"
	[ "$status" -eq 0 ]
	[[ $output == *"https://api.twilio.com/2010-04-01/Accounts/$SID/Messages.json"* ]]
	run_msg msg-send -n mailto:ana@example.org hello
	[ "$status" -eq 0 ]
	[[ $output == *"RCPT TO:<ana@example.org>"* ]]
	run_msg msg-send -n fax:+15551230001 hello
	[ "$status" -eq 0 ]
	[[ $output == *"/usr/local/libexec/msg-fax"* ]]
}

@test "webhook: no answer in time is unknown, or another try where repetitions are dropped" {
	carrier_start -a '{"path":"/*","fault":"hang"}'
	printf 'accounts: {sms: {provider: webhook, url: "%s/a", timeout: 300ms}}\n' "$CARRIER" >config.yaml
	run_msg msg-send sms:+15551230001 x
	[ "$status" -eq 75 ]
	[ "$(json '[.status,.error.class]')" = '["unknown","timeout"]' ]
	printf 'accounts: {sms: {provider: webhook, url: "%s/a", timeout: 300ms, idempotent: true}}\n' "$CARRIER" >config.yaml
	run_msg msg-send sms:+15551230001 x
	[ "$status" -eq 75 ]
	[ "$(json '[.status,.error.class]')" = '["unknown","timeout"]' ]
	run_msg faketime -f '+1h' msg-send --flush
	[ "$(carrier_requests '.headers|with_entries(.key|=ascii_downcase)|."idempotency-key"' | tail -n 2 | sort -u | wc -l)" -eq 1 ]
}
