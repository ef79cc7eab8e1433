# Answers and acknowledgements: what is read or answered on one channel is not sent on the others.
load helper

setup() {
	msg_setup
	PLAN='[{"channel":"sms","address":"sms:+15551230006","wait":"5m"},{"channel":"email","address":"mailto:ana@example.org","wait":"5m"},
		{"channel":"voice","address":"tel:+15551230006"}]'
}

# send ID [FILTER]: an alert to ana by three legs, of which the first has left; FILTER changes it.
send() {
	jq -cn --arg id "$1" --argjson plan "$PLAN" '{id:$id,to:{id:"ana"},text:"db down",plan:$plan} | '"${2:-.}" | msg-send -q >/dev/null
}

# from ADDRESS TEXT [FILTER]: an inbound line.
from() {
	jq -cn --arg from "$1" --arg text "$2" '{type:"inbound",from:$from,text:$text} | '"${3:-.}"
}

# later DURATION: what msg-send has to say by then.
later() {
	run_msg faketime -f "+$1" msg-send -q --flush
}

# what FILTER: the last run's receipts, sorted.
receipts() {
	json 'select(.type == "receipt") | [.message,.leg,.channel,.status]' | sort | paste -sd' '
}

@test "an answer cancels the legs that have not left; the bot still hears it" {
	send m1
	run_msg msg-receipts record <<<"$(from sms:+15551230006 "what db?")"
	[ "$status" -eq 0 ]
	[ "$(head -1 <<<"$output")" = '{"type":"inbound","from":"sms:+15551230006","text":"what db?"}' ]
	[ "$(receipts)" = '["m1",0,"sms","answered"] ["m1",1,"email","canceled"] ["m1",2,"voice","canceled"]' ]
	[ "$(json 'select(.status == "canceled") | [.address,.contact,.purpose]' | head -1)" = '["mailto:ana@example.org","ana","transactional"]' ]
	later 1h
	[ "$status" -eq 0 ]
	[ -z "$(json 'select(.leg > 0)')" ]
	run_msg msg-receipts show --json m1
	[ "$(receipts)" = '["m1",0,"sms","answered"] ["m1",1,"email","canceled"] ["m1",2,"voice","canceled"]' ]
}

@test "without an answer the legs go on" {
	send m1
	later 6m
	[ "$(receipts)" = '["m1",1,"email","accepted"]' ]
}

@test "ack required: only a keyword acknowledges, and the line says what it acknowledges" {
	send m1 '.ack = "required"'
	run_msg msg-receipts record <<<"$(from sms:+15551230006 "who is this?")"
	[ "$(receipts)" = "" ]
	later 6m
	[ "$(receipts)" = '["m1",1,"email","accepted"]' ]
	run_msg msg-receipts record <<<"$(from sms:+15551230006 " Ok!" '.id = "i1"')"
	[ "$(json 'select(.type == "inbound") | [.id,.text,.acknowledges]')" = '["i1"," Ok!",["m1"]]' ]
	[ "$(receipts)" = '["m1",0,"sms","answered"] ["m1",2,"voice","canceled"]' ]
	later 1h
	[ -z "$(json 'select(.leg == 2)')" ]
	# It is acknowledged: the next OK is about something else.
	run_msg msg-receipts record <<<"$(from sms:+15551230006 OK)"
	[ "$output" = "$(from sms:+15551230006 OK)" ]
}

@test "ack required: delivered is not enough" {
	PLAN='[{"channel":"sms","address":"sms:+15551230001","wait":"5m"},{"channel":"email","address":"mailto:ana@example.org"}]'
	send m1
	send m2 '.ack = "required"'
	later 1m
	[ "$(receipts)" = '["m1",0,"sms","delivered"] ["m2",0,"sms","delivered"]' ]
	later 6m
	[ "$(receipts)" = '["m2",1,"email","accepted"]' ]
}

@test "words of one's own acknowledge; a bad list is refused" {
	printf 'ack: {keywords: ["ya voy", "SÍ"]}\n' >config.yaml
	send m1 '.ack = "required"'
	run_msg msg-receipts record -c config.yaml <<<"$(from sms:+15551230006 "YA VOY")"
	[ "$(json 'select(.type == "inbound").acknowledges')" = '["m1"]' ]
	printf 'ack: {keywords: [5]}\n' >config.yaml
	run_msg msg-receipts record -c config.yaml <<<"$(from sms:+15551230006 x)"
	[ "$status" -eq 78 ]
	[[ $stderr == *"config.yaml:1: ack.keywords: item 1 must be a word"* ]]
	printf 'ack: {words: [a]}\n' >config.yaml
	run_msg msg-receipts record -c config.yaml <<<"$(from sms:+15551230006 x)"
	[ "$status" -eq 78 ]
	[[ $stderr == *"config.yaml:1: ack.words"* ]]
}

@test "the number of a button acknowledges when the button does" {
	PLAN='[{"channel":"sms","address":"sms:+15551230006","wait":"5m"},{"channel":"email","address":"mailto:ana@example.org"}]'
	send m1 '.ack = "required" | .buttons = [{text:"On it",reply:"ACK"},{text:"Not me",reply:"NOT ME"}]'
	run_msg msg-receipts record <<<"$(from sms:+15551230006 2)"
	[ "$(receipts)" = "" ]
	run_msg msg-receipts record <<<"$(from sms:+15551230006 1)"
	[ "$(receipts)" = '["m1",0,"sms","answered"] ["m1",1,"email","canceled"]' ]
}

@test "what is read on one channel is canceled on the others: by a receipt" {
	PLAN='[{"channel":"whatsapp","address":"whatsapp:+15551230006","wait":"5m"},{"channel":"email","address":"mailto:ana@example.org"}]'
	send m1 '.ack = "required"'
	send m2
	run_msg msg-receipts record <<-'EOF'
		{"type":"receipt","message":"m1","leg":0,"address":"whatsapp:+15551230006","contact":"ana","status":"delivered"}
		{"type":"receipt","message":"m1","leg":0,"address":"whatsapp:+15551230006","contact":"ana","status":"read","id":"r1"}
		{"type":"receipt","message":"m1","leg":0,"address":"whatsapp:+15551230006","contact":"ana","status":"read","id":"r1"}
	EOF
	[ "$(receipts)" = '["m1",0,null,"delivered"] ["m1",0,null,"read"] ["m1",0,null,"read"] ["m1",1,"email","canceled"]' ]
	later 1h
	[ "$(json 'select(.leg == 1).message')" = '"m2"' ]
}

@test "what is read on one channel is canceled on the others: as the provider tells when it is asked" {
	PLAN='[{"channel":"whatsapp","address":"whatsapp:+15551230001","wait":"5m","until":"read"},{"channel":"email","address":"mailto:ana@example.org"}]'
	send m1
	later 1m
	[ "$(receipts)" = '["m1",0,"whatsapp","delivered"] ["m1",0,"whatsapp","read"] ["m1",1,"email","canceled"]' ]
}

@test "each recipient acknowledges for themselves, or any for all" {
	for ack in required any; do
		jq -cn --arg ack $ack '{id:$ack,to:{id:"ana"},text:"x",ack:$ack,plan:[{channel:"sms",address:"sms:+15551230006",wait:"5m"},{channel:"email",address:"mailto:ana@example.org"}]},
			{id:$ack,to:{id:"bob"},text:"x",ack:$ack,plan:[{channel:"sms",address:"sms:+15551240006",wait:"5m"},{channel:"email",address:"mailto:bob@example.org"}]}' | msg-send -q >/dev/null
	done
	run_msg msg-receipts record <<<"$(from sms:+15551230006 ack)"
	[ "$(json 'select(.status == "canceled") | [.message,.contact]' | sort | paste -sd' ')" = '["any","ana"] ["any","bob"] ["required","ana"]' ]
	[ "$(json 'select(.type == "inbound").acknowledges | sort')" = '["any","required"]' ]
	later 1h
	[ "$(json 'select(.leg == 1) | [.message,.contact]')" = '["required","bob"]' ]
}

@test "an answer that names what it answers is about nothing else; one from before is none" {
	send m1 '.ack = "required" | .thread = "t1"'
	send m2 '.ack = "required" | .thread = "t2"'
	run_msg msg-receipts record <<<"$(from sms:+15551230006 ok '.time = "2020-01-01T00:00:00Z"')"
	[ "$(receipts)" = "" ]
	run_msg msg-receipts record <<<"$(from sms:+15551230006 ok '.thread = "t2"')"
	[ "$(json .message | sort -u | paste -sd' ')" = '"m2" null' ]
	run_msg msg-receipts record <<<"$(from sms:+15551230006 ok)"
	[ "$(json 'select(.type == "inbound").acknowledges')" = '["m1"]' ]
}

@test "in_reply_to names it, too" {
	send m1
	send m2
	id=$(sqlite3 "$XDG_STATE_HOME/msg/msg.db" "SELECT provider_id FROM outbox WHERE message = 'm1'")
	run_msg msg-receipts record <<<"$(from sms:+15551230006 hm ".in_reply_to = \"$id\"")"
	[ "$(json 'select(.status == "answered").message')" = '"m1"' ]
}

@test "msg-optin keywords sees answers, too: receipts follow, and the bot leaves acknowledgements alone" {
	cat >flow.yaml <<-'EOF'
		start: ask
		states:
		  ask: {say: Hello, end: true}
	EOF
	send m1 '.ack = "required"'
	run_msg bash -c 'msg-optin keywords | msg-bot flow.yaml | msg-send -q | msg-receipts record' <<<"$(from sms:+15551230006 OK '.id = "i1"')"
	[ "$status" -eq 0 ]
	[ "$(receipts)" = '["m1",0,"sms","answered"] ["m1",1,"email","canceled"] ["m1",2,"voice","canceled"]' ]
	[ "$(json 'select(.type == "inbound").acknowledges')" = '["m1"]' ]
	run_msg msg-receipts show --json m1
	[ "$(receipts)" = '["m1",0,"sms","answered"] ["m1",1,"email","canceled"] ["m1",2,"voice","canceled"]' ]
	# STOP is an answer as well, and none that acknowledges.
	send m2
	send m3 '.ack = "required"'
	run_msg msg-optin keywords <<<"$(from sms:+15551230006 STOP)"
	[ "$(json 'select(.type == "receipt") | [.message,.status]' | sort -u | paste -sd' ')" = '["m2","answered"] ["m2","canceled"]' ]
	[ "$(json 'select(.type == "consent").state')" = '"out"' ]
}

@test "msg-receipts ack: somebody says so" {
	send m1 '.ack = "required"'
	run_msg msg-receipts ack m1
	[ "$status" -eq 0 ]
	[ "$(receipts)" = '["m1",0,"sms","answered"] ["m1",1,"email","canceled"] ["m1",2,"voice","canceled"]' ]
	later 1h
	[ -z "$(json 'select(.leg > 0)')" ]
	run_msg msg-receipts ack --contact bob m1
	[ "$status" -eq 65 ]
	[ "$stderr" = "msg-receipts: no message 'm1' has been sent to 'bob'" ]
	msg-send -q --id m2 --enqueue sms:+15551230001 x
	run_msg msg-receipts ack m2
	[ "$status" -eq 65 ]
	[ "$stderr" = "msg-receipts: no message 'm2' has been sent" ]
}

@test "--ack: typed" {
	run_msg msg-send -q --ack required --id m1 sms:+15551230006 x
	[ "$status" -eq 0 ]
	run_msg msg-receipts record <<<"$(from sms:+15551230006 👍)"
	[ "$(receipts)" = '["m1",0,"sms","answered"]' ]
	run_msg msg-send --ack perhaps sms:+15551230006 x
	[ "$status" -eq 64 ]
	[ "$stderr" = "msg-send: --ack: neither required nor any: 'perhaps'" ]
}

@test "in a mail the first line answers" {
	PLAN='[{"channel":"email","address":"mailto:ana@example.org","wait":"5m"},{"channel":"sms","address":"sms:+15551230001"}]'
	send m1 '.ack = "required"'
	run_msg msg-receipts record <<<"$(from mailto:Ana@example.org $'\nI am not in.\n\n> database down\nok')"
	[ "$(receipts)" = "" ]
	run_msg msg-receipts record <<<"$(from mailto:Ana@example.org $'Ok.\r\n\r\nOn Monday you wrote:\r\n> database down')"
	[ "$(receipts)" = '["m1",0,"email","answered"] ["m1",1,"sms","canceled"]' ]
}

# book: contacts who know ana's addresses.
book() {
	mkdir -p "$XDG_CONFIG_HOME/msg"
	echo 'contacts: contacts.yaml' >"$XDG_CONFIG_HOME/msg/config.yaml"
	cat >"$XDG_CONFIG_HOME/msg/contacts.yaml" <<-'EOT'
		contacts:
		  ana: {addresses: {sms: "+15551230006", email: ana@example.org, whatsapp: "+15551230099"}}
		  bo: {addresses: {whatsapp: "+15551230098"}}
	EOT
}

@test "an answer from another address of the contact counts, by the contacts or by what the line says" {
	book
	send m1 '.ack = "required"'
	run_msg msg-receipts record <<<"$(from whatsapp:+15551230098 ok)"
	[ "$(receipts)" = "" ]
	run_msg msg-receipts record <<<"$(from whatsapp:+15551230099 "ok")"
	[ "$(receipts)" = '["m1",0,"sms","answered"] ["m1",1,"email","canceled"] ["m1",2,"voice","canceled"]' ]
	[ "$(json 'select(.type == "inbound") | .acknowledges')" = '["m1"]' ]
	send m2
	run_msg msg-optin keywords <<<"$(from mailto:ana@example.org "which db?")"
	[ "$(receipts)" = '["m2",0,"sms","answered"] ["m2",1,"email","canceled"] ["m2",2,"voice","canceled"]' ]
	send m3
	run_msg msg-receipts record <<<"$(from telegram:@ana "which db?" '.contact = "ana"')"
	[ "$(receipts)" = '["m3",0,"sms","answered"] ["m3",1,"email","canceled"] ["m3",2,"voice","canceled"]' ]
}

@test "what went to the address itself is answered first; what is named is meant wherever it went" {
	book
	send m1
	send m2 '.plan = [{channel:"whatsapp",address:"whatsapp:+15551230099",wait:"5m"},{channel:"email",address:"mailto:ana@example.org"}]'
	send m3 '.thread = "t3"'
	run_msg msg-receipts record <<<"$(from whatsapp:+15551230099 "which db?")"
	[ "$(receipts)" = '["m2",0,"whatsapp","answered"] ["m2",1,"email","canceled"]' ]
	send m4 '.plan = [{channel:"whatsapp",address:"whatsapp:+15551230099",wait:"5m"},{channel:"email",address:"mailto:ana@example.org"}]'
	run_msg msg-receipts record <<<"$(from whatsapp:+15551230099 "which db?" '.thread = "t3"')"
	[ "$(receipts)" = '["m3",0,"sms","answered"] ["m3",1,"email","canceled"] ["m3",2,"voice","canceled"]' ]
	# Without the contacts nobody knows.
	rm "$XDG_CONFIG_HOME/msg/config.yaml"
	run_msg msg-receipts record <<<"$(from mailto:ana@example.org "which db?")"
	[ "$(receipts)" = "" ]
}
