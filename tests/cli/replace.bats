# One message in the place of another.
load helper

setup() {
	msg_setup
}

teardown() {
	carrier_stop
}

# said: the last run's receipts.
said() {
	json '[.message,.leg,.channel,.status,.error.code,.replaced_by]' | paste -sd' '
}

@test "what is held is replaced in its place, at its time" {
	msg-send -q --id m1 --at "in 2h" sms:+15551230001 "see you at nine" >/dev/null
	run_msg msg-send --replace m1 --id m2 sms:+15551230001 "see you at ten"
	[ "$status" -eq 0 ]
	[ "$(said)" = '["m1",0,"sms","canceled",null,"m2"] ["m2",0,"sms","held",null,null]' ]
	[ "$(msg-send --queue | jq -c '[.message,.state,.why]')" = '["m2","held","at"]' ]
	run_msg faketime -f '+3h' msg-send -q --flush
	[ "$(said)" = '["m2",0,"sms","accepted",null,null]' ]
}

@test "a time of its own counts, and so does now" {
	msg-send -q --id m1 --at "in 2h" sms:+15551230001 x >/dev/null
	run_msg msg-send -q --replace m1 --id m2 --at "in 4h" sms:+15551230001 y
	[ "$(said)" = '["m1",0,"sms","canceled",null,"m2"] ["m2",0,"sms","held",null,null]' ]
	run_msg faketime -f '+3h' msg-send -q --flush
	[ -z "$output" ]
	run_msg msg-send -q --replace m1 --id m3 --at now sms:+15551230001 z
	[ "$(said)" = '["m2",0,"sms","canceled",null,"m3"] ["m3",0,"sms","accepted",null,null]' ]
}

@test "what is queued is replaced before it leaves, however often" {
	msg-send -q --enqueue --id m1 sms:+15551230001 x >/dev/null
	run_msg msg-send -q --enqueue --replace m1 --id m2 sms:+15551230001 y
	[ "$(said)" = '["m1",0,"sms","canceled",null,"m2"] ["m2",0,"sms","queued",null,null]' ]
	run_msg msg-send -q --enqueue --replace m1 --id m3 sms:+15551230001 z
	[ "$(said)" = '["m2",0,"sms","canceled",null,"m3"] ["m3",0,"sms","queued",null,null]' ]
	run_msg msg-send -q --flush
	[ "$(said)" = '["m3",0,"sms","accepted",null,null]' ]
	# The same line again does nothing again.
	run_msg msg-send -q --replace m1 --id m3 sms:+15551230001 z
	[ "$(json .status)" = '"duplicate"' ]
}

@test "each recipient's is replaced" {
	msg-send -q --enqueue --id m1 sms:+15551230001,mailto:ana@example.org x >/dev/null
	run_msg msg-send -q --replace m1 --id m2 mailto:ana@example.org y
	[ "$(said)" = '["m1",0,"email","canceled",null,"m2"] ["m2",0,"email","accepted",null,null]' ]
	run_msg msg-send -q --flush
	[ "$(said)" = '["m1",0,"sms","accepted",null,null]' ]
}

@test "what was sent is edited where the channel can, in one run as well" {
	run_msg msg-send -q <<-'EOF'
		{"id":"b1","to":"slack:#ops","text":"build: running"}
		{"id":"b2","to":"slack:#ops","text":"build: testing","replace":"b1"}
		{"id":"b3","to":"slack:#ops","text":"build: passed","replace":"b1"}
	EOF
	[ "$status" -eq 0 ]
	[ "$(said)" = '["b1",0,"slack","accepted",null,null] ["b2",0,"slack","accepted",null,null] ["b3",0,"slack","accepted",null,null]' ]
	[ "$(json .provider_id | sort -u | wc -l)" -eq 1 ]
}

@test "legs that were still to come go on with the new words" {
	jq -cn '{id:"m1",to:{id:"ana"},text:"db down",ack:"required",plan:[{channel:"slack",address:"slack:#ops0006",wait:"5m"},{channel:"sms",address:"sms:+15551230001"}]}' |
		msg-send -q >/dev/null
	run_msg msg-send -q <<<'{"id":"m2","to":{"id":"ana"},"text":"db and web down","ack":"required","replace":"m1",
		"plan":[{"channel":"slack","address":"slack:#ops0006"}]}'
	[ "$status" -eq 65 ]
	run_msg msg-send -q <<<'{"id":"m2","to":{"id":"ana"},"text":"db and web down","ack":"required","replace":"m1","plan":[{"channel":"slack","address":"slack:#ops0006"}]}'
	[ "$(said)" = '["m1",1,"sms","canceled",null,"m2"] ["m2",0,"slack","accepted",null,null]' ]
	run_msg faketime -f '+10m' msg-send -q --flush
	[ "$(json 'select(.status == "accepted") | [.message,.leg,.channel]')" = '["m2",1,"sms"]' ]
}

@test "what cannot be replaced is refused, and the old one stays" {
	msg-send -q --id s1 sms:+15551230001 x >/dev/null
	run_msg msg-send -q --replace s1 sms:+15551230001 y
	[ "$status" -eq 1 ]
	[ "$(json '[.status,.error]')" = '["failed",{"class":"policy","code":"cannot-edit","text":"'"'s1'"' has left, and sms via sandbox cannot edit what was sent"}]' ]
	run_msg msg-send -q --replace gone sms:+15551230001 y
	[ "$status" -eq 1 ]
	[ "$(json '.error.code')" = '"no-message"' ]
	run_msg msg-send -q --replace s1 mailto:ana@example.org y
	[ "$(json '.error.code')" = '"no-message"' ]
	msg-send -q --id s2 --enqueue sms:+15551230001 x >/dev/null
	msg-send -q --cancel s2 >/dev/null
	run_msg msg-send -q --replace s2 sms:+15551230001 y
	[ "$(json '[.error.class,.error.code,.error.text]')" = '["policy","not-sent","'"'s2'"' has ended: canceled"]' ]
	msg-send -q --id s3 slack:#0007 x >/dev/null || true
	run_msg msg-send -q --replace s3 slack:#0007 y
	[ "$(json .error.code)" = '"unknown"' ]
	run_msg msg-send -q --id s4 --replace s4 sms:+15551230001 y
	[ "$status" -eq 64 ]
	[ "$stderr" = "msg-send: --replace: the message's own id" ]
}

@test "what another process has in flight is waited for" {
	carrier_start -a '{"path":"/api/chat.postMessage","latency_ms":1500,"status":200,"json":{"ok":true,"channel":"C1","ts":"1503435956.000247"}}' \
		-a '{"path":"/api/chat.update","status":200,"json":{"ok":true,"channel":"C1","ts":"1503435956.000247"}}'
	printf 'accounts: {slack: {token: env:TOKEN, url: "%s/api"}}\n' "$CARRIER" >config.yaml
	export MSG_CONFIG="$HOME/config.yaml" TOKEN=xoxb-1
	msg-send -q --id b1 slack:#ops running >/dev/null &
	local sender=$!
	in_flight() {
		[ "$(sqlite3 "$XDG_STATE_HOME/msg/msg.db" "SELECT count(*) FROM outbox WHERE state = 2" 2>/dev/null)" = 1 ]
	}
	wait_for in_flight
	run_msg msg-send -q --wait=20s --replace b1 --id b2 slack:#ops passed
	[ "$status" -eq 0 ]
	[ "$(said)" = '["b2",0,"slack","accepted",null,null]' ]
	wait $sender
	[ "$(carrier_requests .path | paste -sd' ')" = '"/api/chat.postMessage" "/api/chat.update"' ]
}
