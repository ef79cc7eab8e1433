# msg-optin: what people said, and that it holds.
load helper

setup() { msg_setup; }

A=sms:+15551230001
B=sms:+15551230002

db() {
	/usr/bin/python3 -c 'import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
for row in db.execute(sys.argv[2]): print(*row, sep="|")' "$XDG_STATE_HOME/msg/msg.db" "$1"
}

# Whoever alters the ledger has to drop its triggers first.
drop_triggers() {
	for name in event_insert event_update event_delete checkpoint_update checkpoint_delete; do
		db "DROP TRIGGER consent_$name"
	done
}

message() {
	printf '{"id":"%s","to":"%s","text":"Hello"%s}\n' "$1" "$2" "${3:-}"
}

inbound() {
	printf '{"type":"inbound","id":"%s","from":"%s","text":"%s"%s}\n' "$1" "$2" "$3" "${4:-}"
}

# allowed TO [FIELDS]: does a message to them get through?
allowed() {
	message m "$1" "${2:-}" | msg-optin check | jq -e '.to' >/dev/null
}

blocked() {
	message m "$1" "${2:-}" | msg-optin check | jq -e '.status == "blocked"' >/dev/null
}

keywords() {
	run_msg bash -c 'msg-optin keywords' <<<"$1"
}

check() {
	run_msg bash -c 'msg-optin check' <<<"$1"
}

@test "out and in print a consent line, and show tells the history" {
	run_msg msg-optin out $A --evidence "by phone"
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	same_json "$(json 'del(.id, .time, .recorded)')" \
		'{"type":"consent","address":"sms:+15551230001","channel":"sms","state":"out","method":"cli","evidence":"by phone"}'
	run_msg msg-optin in ana bo --channel email --topic news --method paper --time 2026-01-02T03:04:05+01:00
	[ "$status" -eq 0 ]
	[ "$(json '[.contact, .channel, .topic, .state, .method, .time]')" = '["ana","email","news","in","paper","2026-01-02T02:04:05.000Z"]
["bo","email","news","in","paper","2026-01-02T02:04:05.000Z"]' ]
	run_msg msg-optin show ana
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "contact:ana" ]
	[[ ${lines[1]} == "  2026-01-02 02:04:05Z  said yes to email, topic news, by paper, recorded 20"* ]]
	[ "${lines[2]}" = "  now: yes to email, topic news since 2026-01-02 02:04:05Z" ]
	[ "${#lines[@]}" -eq 3 ]
	run_msg msg-optin show
	[[ ${lines[0]} == TIME*STATE*WHO*CHANNEL*TOPIC*METHOD*EVIDENCE* ]]
	[[ ${lines[2]} == "2026-01-02 02:04:05Z  in "*contact:ana*email*news*paper* ]]
	run_msg msg-optin show --json
	[ "$(json .state)" = $'"out"\n"in"\n"in"' ]
	run_msg msg-optin show --json $A
	[ "$(json .evidence)" = '"by phone"' ]
}

@test "what proves a yes is kept with it, and the history tells it" {
	run_msg msg-optin in $A --topic news --strength double --method web --form https://shop.example/f --ip 2001:db8::7 \
		--jurisdiction US-FL --basis consent --evidence "I want news" --time 2026-01-02T03:04:05Z
	[ "$status" -eq 0 ]
	same_json "$(json 'del(.id, .recorded)')" '{"type":"consent","address":"sms:+15551230001","channel":"sms","topic":"news","state":"in",
		"strength":"double","method":"web","evidence":"I want news","form":"https://shop.example/f","ip":"2001:db8::7",
		"jurisdiction":"US-FL","basis":"consent","time":"2026-01-02T03:04:05.000Z"}'
	run_msg msg-optin show $A
	[[ ${lines[1]} == "  2026-01-02 03:04:05Z  said yes to sms, topic news (confirmed), by web, on the form https://shop.example/f, from 2001:db8::7, under the law of US-FL, basis: consent, recorded 20"*": \"I want news\"" ]]
	[ "$(msg-optin verify)" = "whole: 1 event, 0 checkpoints" ]
	local option
	for option in strength=strong ip=1.2.3 ip=x jurisdiction=Germany jurisdiction=de basis=$'a\nb' form=$'\x01'; do
		run_msg msg-optin in $B "--$option"
		[ "$status" -eq 64 ]
		[[ $stderr == "msg-optin: --${option%%=*}: "* ]]
	done
}

@test "the history of a contact is that of their addresses too, and says what still counts" {
	echo 'contacts: contacts.yaml' >config.yaml
	echo 'contacts: {ana: {addresses: {sms: "+15551230001", email: Ana@example.org}}}' >contacts.yaml
	msg-optin in $A --topic news >/dev/null
	msg-optin out $A ana@example.org >/dev/null
	msg-optin in ana >/dev/null
	run_msg msg-optin show -c config.yaml ana
	[ "$status" -eq 0 ]
	[ "$(grep -v '^ ' <<<"$output")" = "contact:ana
$A
mailto:ana@example.org" ]
	[ "$(grep -c 'now: ' <<<"$output")" -eq 3 ]
	[[ $output != *"now: yes to sms"* ]]
	run_msg msg-optin show -c config.yaml --json ana
	[ "$(json .state)" = $'"in"\n"in"\n"out"\n"out"' ]
	run_msg msg-optin show ana
	[ "${#lines[@]}" -eq 3 ]
}

@test "a yes after a no needs a proof of its own, and an implied one is none" {
	msg-optin out $A --time 2026-03-01T00:00:00Z >/dev/null
	run_msg msg-optin in $A
	[ "$status" -eq 65 ]
	[ "$stderr" = "msg-optin: sms:+1555•••0001: out since 2026-03-01T00:00:00.000Z: a yes after a no needs its own proof (evidence, form or code)" ]
	[ -z "$output" ]
	run_msg msg-optin in $A --strength implied --evidence "order 7"
	[ "$status" -eq 65 ]
	[[ $stderr == *"an implied yes does not lift a no" ]]
	# What is older than the no is history: it is kept and changes nothing.
	run_msg msg-optin in $A --time 2026-02-01T00:00:00Z
	[ "$status" -eq 0 ]
	blocked $A
	run_msg msg-optin in $A --evidence "call 4711"
	[ "$status" -eq 0 ]
	allowed $A
}

@test "one address is one subject however it is written" {
	msg-optin out '+1 (555) 123-0001' 'mailto:Ana@Example.ORG' >/dev/null
	blocked sms:+1-555-123-0001
	blocked ana@example.org
	blocked email:ana@example.org
	blocked MAILTO:ana@example.org
	allowed $B
	msg-optin out voice:+15551230001 >/dev/null
	blocked tel:+15551230001
	blocked Voice:+15551230001
	for to in email:ana@example.org voice:+15551230001 SMS:+15551230001; do
		run_msg msg-send -q "$to" hello
		[[ $status -eq 1 && $(json .status) == '"blocked"' ]]
		run_msg bash -c 'jq -cn --arg to "$1" "{\$to, text: \"x\"}" | msg-route -q' - "$to"
		[[ $status -eq 1 && $(json .status) == '"blocked"' ]]
	done
	for channel in email voice sms; do
		run_msg bash -c 'jq -cn --arg c "$1" --arg v "$2" "{to: {addresses: {(\$c): \"\(\$c):\(\$v)\"}}, text: \"x\"}" | msg-send -q' - \
			"$channel" "$([[ $channel == email ]] && echo ana@example.org || echo +15551230001)"
		[[ $status -eq 1 && $(json .status) == '"blocked"' ]]
	done
}

@test "a list of addresses on standard input is recorded, bad ones are named" {
	run_msg bash -c 'printf "%s\n" sms:+15551230001 "" "not an@ address" " ana " | msg-optin out -'
	[ "$status" -eq 65 ]
	[[ $stderr == "msg-optin: line 3: not an address"* ]]
	[ "$(json '.address // .contact')" = $'"sms:+15551230001"\n"ana"' ]
	run_msg msg-optin out @team
	[ "$status" -eq 65 ]
	[[ $stderr == *"a group cannot say"* ]]
}

@test "a no covers what is below it, and only an equal or narrower yes lifts it" {
	msg-optin out $A --topic news >/dev/null
	allowed $A
	blocked $A ',"topic":"news"'
	msg-optin in $A >/dev/null
	blocked $A ',"topic":"news"'
	msg-optin in $A --topic news --evidence "yes please" >/dev/null
	allowed $A ',"topic":"news"'
	msg-optin out $A >/dev/null
	blocked $A ',"topic":"news"'
	blocked $A
	msg-optin in $A --topic rides --evidence "rides again" >/dev/null
	allowed $A ',"topic":"rides"'
	blocked $A ',"topic":"news"'
}

@test "what was said earlier does not undo what was said later" {
	msg-optin out $A --time 2026-03-01T00:00:00Z >/dev/null
	msg-optin in $A --time 2026-02-01T00:00:00Z >/dev/null
	blocked $A
	msg-optin in $A --time 2026-03-02T00:00:00Z --form https://shop.example/again >/dev/null
	allowed $A
	run_msg msg-optin verify
	[ "$status" -eq 0 ]
}

@test "check passes a message on byte for byte and leaves other types alone" {
	msg-optin out $B >/dev/null
	cat >in <<-'END'
		{ "to" : "sms:+15551230001",  "text":"caf\u00e9 \/ 1.10", "x": {"b":1.10,"a":[]} }
		{"type":"receipt","message":"m","status":"sent"}
		{"type":"inbound","from":"sms:+15551230002","text":"STOP"}
		{"type":"consent","address":"sms:+15551230001","state":"out"}
		{"type":"weather","to":"sms:+15551230002"}
	END
	run_msg bash -c 'msg-optin check in >out && cmp in out'
	[ "$status" -eq 0 ]
	[ "$(msg-optin show --json | wc -l)" -eq 1 ]
}

@test "check blocks with a receipt, for every purpose, and says so in its status" {
	msg-optin out $A >/dev/null
	for purpose in otp transactional service marketing emergency; do
		check "$(message m1 $A ",\"purpose\":\"$purpose\",\"topic\":\"rides\"")"
		[ "$status" -eq 1 ]
		[ -z "$stderr" ]
		same_json "$(json 'del(.id, .time) | .error.text |= sub("since .*"; "since")')" '{"type":"receipt","message":"m1","channel":"sms",
			"address":"sms:+15551230001","purpose":"'$purpose'","topic":"rides","status":"blocked",
			"error":{"class":"opted-out","code":"opted-out","text":"out of sms since"}}'
	done
}

@test "marketing needs a yes, of the address or of the contact" {
	check "$(message m1 $A ',"purpose":"marketing"')"
	[ "$status" -eq 1 ]
	[ "$(json '[.error.class, .error.code]')" = '["policy","no-consent"]' ]
	msg-optin ask $A >/dev/null
	check "$(message m1 $A ',"purpose":"marketing"')"
	[ "$(json .error.code)" = '"consent-pending"' ]
	msg-optin in $A >/dev/null
	allowed $A ',"purpose":"marketing"'
	msg-optin in ana --topic offers >/dev/null
	allowed ana ',"purpose":"marketing","topic":"offers"'
	blocked ana ',"purpose":"marketing","topic":"other"'
}

@test "the policy says which purposes need a yes" {
	cat >policy.yaml <<-END
		purposes:
		  marketing: {require: none}
		  service: {require: explicit}
	END
	echo 'policy: policy.yaml' >config.yaml
	export MSG_CONFIG=$PWD/config.yaml
	allowed $A ',"purpose":"marketing"'
	blocked $A ',"purpose":"service"'
}

@test "what marketing needs depends on where the person lives, and the receipt names the row" {
	local german=sms:+491711234567
	msg-optin in $german --evidence "signed" >/dev/null
	check "$(message m1 $german ',"purpose":"marketing"')"
	[ "$status" -eq 1 ]
	[ "$(json '[.error.class, .error.code, .error.text]')" = '["policy","consent-weak","marketing needs a double opt-in, and an explicit yes is recorded (consent/DE/marketing)"]' ]
	run_msg msg-send -q <<<"$(message m2 $german ',"purpose":"marketing"')"
	[ "$status" -eq 1 ]
	[ "$(json '[.status, .error.code]')" = '["blocked","consent-weak"]' ]
	msg-optin in $german --strength double --evidence "signed" >/dev/null
	allowed $german ',"purpose":"marketing"'
	run_msg msg-send -q <<<"$(message m3 $german ',"purpose":"marketing"')"
	[ "$(json .status)" = '"accepted"' ]
	# A contact's country counts before the number's, and a plan asks about it too.
	echo 'contacts: {ana: {addresses: {sms: "+491711234568", email: ana@example.org}, attributes: {country: AU}}}' >contacts.yaml
	printf 'contacts: contacts.yaml\npolicy: policy.yaml\n' >config.yaml
	echo 'purposes: {}' >policy.yaml
	export MSG_CONFIG=$PWD/config.yaml
	msg-optin in ana --strength implied >/dev/null
	allowed ana ',"purpose":"marketing"'
	allowed ana ',"purpose":"marketing","plan":[{"channel":"sms","address":"+491711234568"}]'
	allowed sms:+491711234568 ',"purpose":"marketing","plan":[{"channel":"sms","address":"+491711234568"}]'
	run_msg msg-send -q <<<"$(message m4 ana ',"purpose":"marketing"')"
	[ "$(json .status)" = '"accepted"' ]
	run_msg msg-route explain <<<"$(message m5 ana ',"purpose":"marketing"')"
	[[ $output == *"an implied yes since "*", for consent/AU/marketing"* ]]
	echo 'purposes: {marketing: {require: {AU: {sms: double}}}}' >policy.yaml
	check "$(message m6 ana ',"purpose":"marketing","plan":[{"channel":"sms","address":"+491711234568"},{"channel":"email","address":"ana@example.org"}]')"
	[ "$(json '[.plan[].channel]')" = '["email"]' ]
	run_msg msg-route explain <<<"$(message m7 ana ',"purpose":"marketing"')"
	[[ $output == *"marketing needs a double opt-in"*"(purposes.marketing.require.AU"* ]]
	# Nothing overrides a no.
	echo 'purposes: {marketing: {require: none}}' >policy.yaml
	msg-optin out ana >/dev/null
	blocked ana ',"purpose":"marketing"'
}

@test "an implied yes lasts as long as what it follows from, and show, check and explain name the row" {
	local bought=sms:+16135550123 asked=sms:+16135550124 year=$(($(date +%Y) - 1)) now
	run_msg msg-optin in $bought --strength implied --basis purchase --time "$year-12-15T00:00:00Z"
	[ -z "$stderr" ]
	run_msg msg-optin in $B --strength implied --basis enquiry
	[ "$status" -eq 0 ]
	[ "$stderr" = "msg-optin: --basis: none of purchase, contract, inquiry, donation, ...: counts for the shortest time where the law sets one" ]
	msg-optin in $bought $asked --strength implied --basis inquiry --time "$year-12-20T00:00:00Z" >/dev/null
	run_msg msg-optin show $bought $asked
	[[ ${lines[1]} == "  $year-12-15 00:00:00Z  gave an implied yes to sms, by cli, basis: purchase"* ]]
	[ "${lines[3]}" = "  now: yes to sms since $year-12-20 00:00:00Z: counts for marketing until $((year + 2))-12-15 00:00:00Z (implied/CA/purchase)" ]
	[[ ${lines[6]} == "  now: yes to sms since $year-12-20 00:00:00Z: count"*" for marketing until $((year + 1))-06-20 00:00:00Z (implied/CA/inquiry)" ]]
	# Eight months after the inquiry, and thirteen: by a clock of the test's own.
	cat >policy.yaml <<<'purposes: {}'
	cat >cases.yaml <<-END
		cases:
		- name: a purchase of last year
		  now: 2026-11-15T12:00:00-05:00
		  message: {to: "$bought", text: Sale, purpose: marketing}
		  consent: [{address: "$bought", state: in, strength: implied, basis: purchase, time: "2025-12-15T00:00:00Z"}]
		  expect: [sms]
		- name: an inquiry of last year
		  now: 2026-11-15T12:00:00-05:00
		  message: {to: "$bought", text: Sale, purpose: marketing}
		  consent: [{address: "$bought", state: in, strength: implied, basis: inquiry, time: "2025-12-15T00:00:00Z"}]
		  expect: {blocked: consent-lapsed}
	END
	run_msg msg-route test policy.yaml cases.yaml
	[ "$status" -eq 0 ]
	allowed $bought ',"purpose":"marketing"'
	now=$(msg-route explain <<<"$(message m $bought ',"purpose":"marketing"')")
	[[ $now == *"an implied yes since $year-12-15, for consent/CA/marketing, until $((year + 2))-12-15 (implied/CA/purchase)"* ]]
	msg-optin in sms:+16135550125 --strength implied --basis inquiry --time 2020-01-01T00:00:00Z >/dev/null
	check "$(message m sms:+16135550125 ',"purpose":"marketing"')"
	[ "$(json '[.error.code, .error.text]')" = '["consent-lapsed","marketing needs consent, even if implied, and an implied yes of 2020-01-01 has lapsed (implied/CA/inquiry)"]' ]
}

@test "check takes blocked recipients out, and names a message that had no id" {
	msg-optin out $A >/dev/null
	check "{\"to\":[\"$A\",\"$B\"],\"text\":\"Hi\"}"
	[ "$status" -eq 1 ]
	[ "${#lines[@]}" -eq 2 ]
	[ "$(json 'select(.type) | [.status, .address]')" = "[\"blocked\",\"$A\"]" ]
	[ "$(json 'select(.type | not) | .to')" = "[\"$B\"]" ]
	[ "$(json 'select(.type | not) | .id')" = "$(json 'select(.type) | .message')" ]
	check "{\"to\":[\"$A\",\"mailto:x@example.org\",\"$A\"],\"id\":\"m7\",\"text\":\"Hi\"}"
	[ "$(json 'select(.to) | [.id, .to]')" = '["m7",["mailto:x@example.org"]]' ]
}

@test "check takes blocked legs out of a plan; without any left there is a receipt" {
	msg-optin out $A >/dev/null
	check '{"id":"m1","to":"ana","text":"Hi","plan":[{"channel":"sms","address":"+15551230001","wait":"5m","until":"read"},{"channel":"email","address":"ana@example.org"}]}'
	[ "$status" -eq 0 ]
	same_json "$output" '{"id":"m1","to":"ana","text":"Hi","plan":[{"channel":"email","address":"ana@example.org"}]}'
	msg-optin out ana --channel email >/dev/null
	check "$output"
	[ "$status" -eq 1 ]
	[ "$(json '[.message, .contact, .channel, .status, .error.text[0:23]]')" = '["m1","ana","email","blocked","contact is out of email"]' ]
}

@test "a contact is asked about as a whole, with each of their addresses" {
	cat >contacts.yaml <<-END
		contacts:
		  ana: {addresses: {sms: "+15551230001", email: ana@example.org}}
		  bo: {addresses: {sms: "+15551230002"}}
		groups:
		  all: [ana, bo]
	END
	echo 'contacts: contacts.yaml' >config.yaml
	export MSG_CONFIG=$PWD/config.yaml
	msg-optin out $A >/dev/null
	allowed ana
	msg-optin out ana@example.org >/dev/null
	blocked ana
	check "$(message g @all)"
	[ "$status" -eq 1 ]
	[ "$(json 'select(.to) | .to')" = '["bo"]' ]
	[ "$(json 'select(.status) | .contact')" = '"ana"' ]
	# A no of the contact holds for an address of theirs that a message names.
	msg-optin out bo >/dev/null
	blocked $B
	check "$(message g @all)"
	[ "$(json .status)" = $'"blocked"\n"blocked"' ]
	check "$(message g @nobody)"
	[ "$status" -eq 65 ]
	run_msg msg-optin out anna
	[ "$status" -eq 0 ]
	[[ $stderr == *"no contact is called 'anna'"* ]]
	blocked anna
}

@test "a name that nobody knows is recorded with a notice, contacts or none" {
	run_msg msg-optin out sms+15551230001
	[ "$status" -eq 0 ]
	[ "$stderr" = "msg-optin: no contact is called 'sms+15551230001'; recorded all the same" ]
	[ "$(json .contact)" = '"sms+15551230001"' ]
	run_msg msg-optin out -q sms+15551230001
	[ -z "$stderr" ]
}

@test "an inline contact is asked about by id and by address" {
	msg-optin out $A ana >/dev/null
	check '{"id":"m","text":"x","to":{"id":"zoe","addresses":{"sms":["+15551230001","+15551230002"]}}}'
	[ "$status" -eq 0 ]
	check '{"id":"m","text":"x","to":{"id":"zoe","addresses":{"sms":"+15551230001"}}}'
	[ "$(json '[.status, .contact]')" = '["blocked","zoe"]' ]
	check '{"id":"m","text":"x","to":{"id":"ana","addresses":{"sms":"+15551230002"}}}'
	[ "$(json '[.status, .contact]')" = '["blocked","ana"]' ]
}

@test "check makes no store, and needs none" {
	check "$(message m $A)"
	[ "$status" -eq 0 ]
	[ ! -e "$XDG_STATE_HOME" ]
	run_msg msg-optin show
	[ "$status" -eq 0 ]
	[ "$stderr" = "msg-optin: nothing recorded yet" ]
	run_msg msg-optin verify
	[ "$status" -eq 0 ]
	[ ! -e "$XDG_STATE_HOME" ]
}

@test "a no that another process records counts from the next lines on" {
	mkfifo lines
	msg-optin check <lines >out 3>&- &
	local pid=$!
	exec 7>lines
	message first $A >&7
	wait_for grep -q first out
	msg-optin out $A >/dev/null
	message second $A >&7
	wait_for grep -q second out
	msg-optin in $A --evidence "by phone" >/dev/null
	message third $A >&7
	wait_for grep -q third out
	# Nor does it matter that so much has been asked that the noes are kept in memory.
	for ((n = 0; n < 5000; n++)); do message "many$n" $B; done >&7
	wait_for grep -q many4999 out
	msg-optin out $A >/dev/null
	message fourth $A >&7
	wait_for grep -q '"fourth","channel' out
	msg-optin out $B >/dev/null
	message fifth $B >&7
	wait_for grep -q '"fifth","channel' out
	exec 7>&-
	wait $pid || [ $? -eq 1 ]
	[ "$(grep -v '"many\|"fourth\|"fifth' out | jq -c '[.id // .message, .status]' | sed 's/"01[^"]*"/"r"/')" = '["first",null]
["r","blocked"]
["third",null]' ]
}

@test "STOP goes into the ledger and is confirmed once" {
	keywords "$(inbound i1 $A ' Stop! ' ',"to":"sms:+15550001111","thread":"t1"')"
	[ "$status" -eq 0 ]
	[ "$(json '[.type, .address, .channel, .state, .method, .evidence] | select(.[0] == "consent")')" = \
		"[\"consent\",\"$A\",\"sms\",\"out\",\"keyword\",\" Stop! \"]" ]
	[ "$(json 'select(.type == "message") | [.to, .from, .purpose, .thread, .lang]')" = "[\"$A\",\"+15550001111\",\"service\",\"t1\",\"en\"]" ]
	[[ $(json 'select(.type == "message") | .text') == *unsubscribed*START* ]]
	[ "${#lines[@]}" -eq 2 ]
	blocked $A
	keywords "$(inbound i2 $A stop)"
	[ "$(json .type)" = '"consent"' ]
	[ "$(msg-optin show --json | wc -l)" -eq 2 ]
}

@test "everything that is no keyword passes unchanged" {
	cat >in <<-'END'
		{"type":"inbound", "from":"sms:+15551230001","text":"Can I cancel my appointment?"}
		{"type":"inbound","from":"sms:+15551230001"}
		{"type":"inbound","from":"sms:+15551230001","text":"yes"}
		{"type":"message","to":"sms:+15551230001","text":"STOP"}
		{"type":"other","text":"STOP"}
	END
	run_msg bash -c 'msg-optin keywords in >out && cmp in out'
	[ "$status" -eq 0 ]
}

@test "the confirmation gets through to somebody who is out, and nothing else does" {
	keywords "$(inbound i1 $A STOP)"
	grep '"message"' <<<"$output" >reply
	run_msg bash -c 'msg-optin check reply | cmp - reply'
	[ "$status" -eq 0 ]
	check "$(jq -c '.text = "Buy now!"' reply)"
	[ "$(json .error.code)" = '"opted-out"' ]
	check "$(jq -c '.id = "other"' reply)"
	[ "$(json .error.code)" = '"opted-out"' ]
	check "$(jq -c '.to = "sms:+15551230002"' reply)"
	[ "$status" -eq 0 ]
	db "UPDATE consent_permit SET until_ms = 1"
	check "$(cat reply)"
	[ "$(json .error.code)" = '"opted-out"' ]
}

@test "msg-send delivers the confirmation, once, and nothing else to somebody who is out" {
	inbound i1 $A STOP >in
	run_msg bash -c 'msg-optin keywords in | tee answer | msg-send -q'
	[ "$status" -eq 0 ]
	[ "$(json 'select(.type == "receipt") | .status')" = '"accepted"' ]
	run_msg msg-send -q <answer
	[ "$(json 'select(.type == "receipt") | .status')" = '"duplicate"' ]
	run_msg msg-send -q <<<"$(message m2 $A)"
	[ "$status" -eq 1 ]
	[ "$(json '[.status, .error.class]')" = '["blocked","opted-out"]' ]
	run_msg bash -c "msg-optin keywords | msg-send -q" <<<"$(inbound i2 $A help)"
	[ "$(json .status)" = '"accepted"' ]
}

@test "two that read the same line, and one that died before it was heard, make one confirmation" {
	inbound i1 $A STOP >in
	inbound i2 $B 'too many texts' >>in
	run_msg bash -c 'msg-optin keywords in >/dev/full'
	[ "$status" -eq 74 ]
	blocked $A
	# The ledger knew before anybody could: the confirmation still goes out.
	(msg-optin keywords in | msg-send -q >one) &
	(msg-optin keywords in | msg-send -q >two) &
	wait
	[ "$(jq -r 'select(.type == "receipt") | .status' one two | sort | uniq -c | xargs)" = "2 accepted 2 duplicate" ]
	[ "$(jq -r 'select(.status == "accepted") | .address' one two | sort | xargs)" = "$A $B" ]
	# Another line is no second chance, and neither is this one when its time is over.
	keywords "$(inbound i3 $A STOP)"
	[ "$(json .type)" = '"consent"' ]
	keywords "$(inbound i4 $B 'too many texts')"
	[ "$(json .type)" = '"inbound"' ]
	db "UPDATE consent_permit SET until_ms = 1"
	run_msg msg-optin keywords in
	[ "$(json .type)" = $'"consent"\n"inbound"' ]
}

@test "lines that change nothing do not wait for whoever writes" {
	inbound i1 $A 'what time do you open' >in
	inbound i2 $A yes >>in
	inbound i3 $A "don't stop" >>in
	run_msg bash -c 'msg-optin keywords in | cmp - in'
	[ "$status" -eq 0 ]
	[ ! -e "$XDG_STATE_HOME/msg/msg.db" ]
	msg-optin out $B >/dev/null
	mkfifo go
	/usr/bin/python3 -c 'import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN IMMEDIATE")
open("locked", "w").close()
open("go").read()' "$XDG_STATE_HOME/msg/msg.db" &
	wait_for test -e locked
	run_msg timeout 5 bash -c 'msg-optin keywords in | cmp - in'
	echo >go
	wait
	[ "$status" -eq 0 ]
}

@test "the answer has the language of the keyword" {
	local n=1000 word lang
	while read -r word lang; do
		n=$((n + 1))
		keywords "$(inbound i "sms:+1555123$n" "$word")"
		[ "$(json 'select(.type == "message") | .lang')" = "\"$lang\"" ] || { echo "$word: $output"; false; }
	done <<-END
		stop en
		BAJA es
		Arrêt fr
		Abmelden de
		sair pt
		annulla it
		afmelden nl
		退订 zh
		退訂 zh-TW
		STOPP de
		ΣΤΟΠ el
		إيقاف ar
		수신거부 ko
	END
	keywords "$(inbound x $A stop ',"contact":{"id":"ana","lang":"fr-CA"}')"
	[ "$(json 'select(.type == "message") | .lang')" = '"fr"' ]
	[ "$(json 'select(.type == "consent") | .contact')" = '"ana"' ]
	keywords "$(inbound y sms:+15551230002 'Ayuda, por favor')"
	[ "$(json '[.type, .lang]')" = '["message","es"]' ]
	keywords "$(inbound x $B hilfe)"
	[[ $(json .text) == *Abmelden* ]]
}

@test "START lifts the no, and YES does where there is one" {
	keywords "$(inbound i1 $A yes)"
	[ "$(json .type)" = '"inbound"' ]
	msg-optin out $A >/dev/null
	keywords "$(inbound i1 $A YES)"
	[ "$(json .type)" = $'"consent"\n"message"' ]
	allowed $A
	msg-optin out $B ana >/dev/null
	keywords "$(inbound i1 $B start ',"contact":"ana"')"
	[ "$(json 'select(.type == "consent") | [.address, .contact, .channel, .state]')" = "[\"$B\",\"ana\",\"sms\",\"in\"]
[null,\"ana\",\"sms\",\"in\"]" ]
	check "{\"id\":\"m\",\"to\":\"ana\",\"text\":\"x\",\"plan\":[{\"channel\":\"sms\",\"address\":\"$B\"}]}"
	[ "$status" -eq 0 ]
	check '{"id":"m","to":"ana","text":"x","plan":[{"channel":"voice","address":"+15551230002"}]}'
	[ "$status" -eq 1 ]
}

@test "HELP is answered, also to somebody who is out" {
	msg-optin out $A >/dev/null
	keywords "$(inbound i1 $A 'help?')"
	[ "$(json '[.type, .purpose, .dedupe]')" = '["message","service","optin-i1"]' ]
	[ "$(msg-optin show --json | wc -l)" -eq 1 ]
	run_msg msg-optin check <<<"$output"
	[ "$status" -eq 0 ]
}

@test "what the carrier has answered is recorded and not answered again" {
	keywords "$(inbound i1 $A 'Tyvärr inte' ',"optout_type":"STOP"')"
	[ "$(json '[.type, .state, .method, .evidence]')" = '["consent","out","carrier","Tyvärr inte"]' ]
	keywords "$(inbound i1 $A START ',"optout_type":"START"')"
	[ "$(json '[.type, .state]')" = '["consent","in"]' ]
	keywords "$(inbound i1 $A HELP ',"optout_type":"HELP"')"
	[ -z "$output" ]
	allowed $A
}

@test "what the carrier answers by itself is not answered again, by account and by number" {
	cat >config.yaml <<-END
		accounts:
		  twilio: {account_sid: AC00000000000000000000000000000001, auth_token: "env:TOKEN"}
		  own: {provider: twilio, account_sid: AC00000000000000000000000000000001, auth_token: "env:TOKEN", keywords: none}
		  gateway: {provider: webhook, url: "http://127.0.0.1:1/", keywords: [telnyx, toll-free]}
	END
	export MSG_CONFIG=$PWD/config.yaml
	keywords "$(inbound i1 $A ' stop ' ',"via":"twilio"')"
	[ "$(json '[.type, .state, .method]')" = '["consent","out","carrier"]' ]
	keywords "$(inbound i2 $A Unstop ',"via":"twilio"')"
	[ "$(json '[.type, .state]')" = '["consent","in"]' ]
	# The carrier wants the bare word: all else is ours.
	keywords "$(inbound i3 $A 'please stop texting me' ',"via":"twilio"')"
	[ "$(json .type)" = $'"consent"\n"message"' ]
	keywords "$(inbound i4 $B 'Stop.' ',"via":"twilio"')"
	[ "$(json .type)" = $'"consent"\n"message"' ]
	keywords "$(inbound i5 sms:+15551230003 stop ',"via":"own"')"
	[ "$(json .type)" = $'"consent"\n"message"' ]
	keywords "$(inbound i6 sms:+15551230004 'stop all' ',"via":"gateway"')"
	[ "$(json .type)" = '"consent"' ]
	keywords "$(inbound i7 sms:+15551230005 help ',"via":"gateway"')"
	[ "$(json .type)" = '"message"' ]
	keywords "$(inbound i8 sms:+15551230005 STOP ',"to":"sms:+18885550100"')"
	[ "$(json '[.type, .method]')" = '["consent","carrier"]' ]
	keywords "$(inbound i9 sms:+15551230006 STOP ',"to":"sms:+15555550100","OptOutType":"STOP"')"
	[ "$(json '[.type, .method]')" = '["consent","carrier"]' ]
	sed -i 's/keywords: none/keywords: sometimes/' config.yaml
	keywords "$(inbound i1 $A stop)"
	[ "$status" -eq 78 ]
	[[ $stderr == *"config.yaml:3: "*"keywords"* ]]
}

@test "STOP in other words is a STOP, and what only sounds like it is passed on" {
	keywords "$(inbound i1 $A "please don't text me anymore")"
	[ "$(json 'select(.type == "consent") | [.state, .method, .evidence]')" = '["out","plain-language","please don'"'"'t text me anymore"]' ]
	[ "$(json 'select(.type == "message") | .lang')" = '"en"' ]
	keywords "$(inbound i2 $B 'dejen de mandarme mensajes, por favor')"
	[ "$(json 'select(.type == "message") | .lang')" = '"es"' ]
	blocked $A
	blocked $B
	local n=0 text
	while IFS= read -r text; do
		n=$((n + 1))
		inbound "h$n" sms:+15551230009 "$text"
	done <<-'END' >in
		don't stop
		cancel my 3pm appointment
		stop by the store
		can you stop the delivery
		I can't stop laughing
		END of the month works
	END
	run_msg bash -c 'msg-optin keywords in | cmp - in'
	[ "$status" -eq 0 ]
	run_msg bash -c 'msg-optin keywords -v' <<<"$(inbound v1 sms:+15551230008 'lose my number')"
	[[ $stderr == *"v1: stop, by the rule 'en-lose-number' (en)"* ]]
	keywords "$(inbound i3 mailto:ana@example.org 'Hello,\nplease remove me from your list.\n\nOn Monday you wrote:\n> Offers!')"
	[ "$(json 'select(.type == "consent") | .state')" = '"out"' ]
}

@test "who may have meant STOP is asked once, and the line goes on" {
	keywords "$(inbound i1 $A 'too many texts' ',"to":"sms:+15550001111","thread":"t1"')"
	[ "$status" -eq 0 ]
	[ "$(json .type)" = $'"consent"\n"message"\n"inbound"' ]
	[ "$(json 'select(.type == "consent") | [.state, .method, .evidence]')" = '["pending","doubt","too many texts"]' ]
	[ "$(json 'select(.type == "message") | [.to, .from, .purpose, .thread]')" = "[\"$A\",\"+15550001111\",\"service\",\"t1\"]" ]
	[[ $(json 'select(.type == "message") | .text') == *STOP*START* ]]
	[ "${lines[2]}" = "$(inbound i1 $A 'too many texts' ',"to":"sms:+15550001111","thread":"t1"')" ]
	# Once; and a yes to something else is no answer.
	keywords "$(inbound i2 $A 'you text too much')"
	[ "$(json .type)" = '"inbound"' ]
	keywords "$(inbound i3 $A yes)"
	[ "$(json .type)" = '"inbound"' ]
	allowed $A
	blocked $A ',"purpose":"marketing"'
	keywords "$(inbound i4 $A start)"
	[ "$(json .type)" = $'"consent"\n"message"' ]
	db "UPDATE consent_doubt SET due_ms = 1"
	allowed $A
	# Asked again later, the answer STOP has its one confirmation.
	keywords "$(inbound i5 $A 'these texts are annoying')"
	[ "$(json .type)" = $'"consent"\n"message"\n"inbound"' ]
	keywords "$(inbound i6 $A stop)"
	[ "$(json .type)" = $'"consent"\n"message"' ]
	[ "$(db "SELECT COUNT(*) FROM consent_doubt")" = 0 ]
	keywords "$(inbound i7 $A 'too many texts')"
	[ "$(json .type)" = '"inbound"' ]
}

@test "who does not answer is out of everything, for every program at once" {
	cat >contacts.yaml <<-END
		contacts:
		  ana: {addresses: {sms: "+15551230001", email: ana@example.org}}
	END
	echo 'contacts: contacts.yaml' >config.yaml
	export MSG_CONFIG=$PWD/config.yaml
	msg-optin in ana >/dev/null
	keywords "$(inbound i1 $A 'too many texts')"
	allowed ana
	(($(db "SELECT (due_ms - asked_ms + 500) / 1000 FROM consent_doubt") == 86400))
	db "UPDATE consent_doubt SET due_ms = asked_ms + 1"
	# Nothing has been written since: a look is enough.
	blocked $A
	blocked mailto:ana@example.org
	blocked ana
	run_msg msg-send -q <<<"$(message m2 $A)"
	[ "$status" -eq 1 ]
	[ "$(json '[.status, .error.class]')" = '["blocked","opted-out"]' ]
	[ "$(db "SELECT COUNT(*) FROM consent_event WHERE state = 3")" = 0 ]
	for ((n = 0; n < 5000; n++)); do message "many$n" $B; done >in
	message last $A >>in
	run_msg bash -c 'msg-optin check in | tail -n 1 | jq -r .status'
	[ "$output" = blocked ]
	# The next writer puts it into the ledger.
	run_msg msg-optin show ana
	[[ $output == *"said no to all channels, by no-answer: \"too many texts\""* ]]
	run_msg msg-optin verify
	[ "$status" -eq 0 ]
	[ "$(db "SELECT COUNT(*) FROM consent_doubt")" = 0 ]
	keywords "$(inbound i2 $A start)"
	allowed $A
}

@test "how long the question waits is configured, and it need not be asked" {
	echo 'optin: {doubt_wait: 2h, doubt: "Stop it all? STOP or START."}' >config.yaml
	export MSG_CONFIG=$PWD/config.yaml
	keywords "$(inbound i1 $A 'too many texts')"
	[ "$(json 'select(.type == "message") | .text')" = '"Stop it all? STOP or START."' ]
	(($(db "SELECT due_ms - asked_ms FROM consent_doubt") == 7200000))
	echo 'optin: {doubt_wait: off}' >config.yaml
	keywords "$(inbound i2 $B 'too many texts')"
	[ "$(json .type)" = '"inbound"' ]
	echo 'optin: {doubt_wait: 30d}' >config.yaml
	keywords "$(inbound i2 $B stop)"
	[ "$status" -eq 78 ]
	[[ $stderr == *"config.yaml:1: "*"doubt_wait"* ]]
}

@test "of who is forgotten no open question is left" {
	keywords "$(inbound i1 $A 'too many texts')"
	msg-optin forget $A >/dev/null
	[ "$(db "SELECT COUNT(*) FROM consent_doubt")" = 0 ]
	blocked $A
}

@test "a STOP by mail, WhatsApp or voice counts for that channel" {
	keywords "$(inbound i1 mailto:Ana@example.org 'Unsubscribe\n\n> quoted')"
	[ "$(json 'select(.type == "consent") | [.address, .channel]')" = '["mailto:ana@example.org","email"]' ]
	keywords "$(inbound i2 whatsapp:+15551230001 stop)"
	[ "$(json 'select(.type == "consent") | .channel')" = '"whatsapp"' ]
	keywords "$(inbound i3 tel:+15551230001 stop)"
	[ "$(json 'select(.type == "consent") | .channel')" = '"voice"' ]
	allowed $A
	blocked tel:+15551230001
}

@test "a STOP that comes late does not undo a START, and is not confirmed" {
	msg-optin in $A --time 2026-03-02T00:00:00Z >/dev/null
	keywords "$(inbound i1 $A stop ',"time":"2026-03-01T00:00:00Z"')"
	[ "$(json .type)" = '"consent"' ]
	allowed $A
}

@test "ask asks once, and the answer counts" {
	run_msg msg-optin ask $A --topic news --lang es --evidence "fair 2026"
	[ "$status" -eq 0 ]
	[ "$(json '[.type, .state, .topic, .to, .purpose, .lang]')" = "[\"consent\",\"pending\",\"news\",null,null,null]
[\"message\",null,\"news\",\"$A\",\"service\",\"es\"]" ]
	[[ $output == *ALTA*news*BAJA* ]]
	run_msg msg-optin ask $A --topic news
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[[ $stderr == *"asked already"* ]]
	[[ $stderr != *+15551230001* ]]
	blocked $A ',"purpose":"marketing","topic":"news"'
	keywords "$(inbound i1 $A 'Sí')"
	[ "$(json 'select(.type == "consent") | [.state, .topic]')" = '["in","news"]' ]
	allowed $A ',"purpose":"marketing","topic":"news"'
	blocked $A ',"purpose":"marketing","topic":"other"'
	msg-optin out $B >/dev/null
	run_msg msg-optin ask $B
	[ "$status" -eq 1 ]
	[ -z "$output" ]
	run_msg msg-optin ask ana
	[ "$status" -eq 65 ]
}

@test "brand, words and texts of your own" {
	cat >config.yaml <<-'END'
		optin:
		  brand: Clinic & Sons
		  words: {stop: [N], start: [Again]}
		  stop: {en: "{{brand}}: bye", sv: "{{brand}}: hej då"}
		  help: "Call us"
	END
	export MSG_CONFIG=$PWD/config.yaml
	keywords "$(inbound i1 $A n)"
	[ "$(json 'select(.type == "message") | .text')" = '"Clinic & Sons: bye"' ]
	keywords "$(inbound i1 $B AVSLUTA)"
	[ "$(json 'select(.type == "message") | [.lang, .text]')" = '["sv","Clinic & Sons: hej då"]' ]
	keywords "$(inbound i1 $A 'AGAIN!')"
	[[ $(json 'select(.type == "message") | .text') == '"Clinic & Sons: You are subscribed'* ]]
	keywords "$(inbound i1 $A ayuda)"
	[ "$(json .text)" = '"Call us"' ]
}

@test "mistakes in the configuration are named with their line" {
	printf 'optin:\n  brnd: x\n' >config.yaml
	run_msg msg-optin keywords -c config.yaml </dev/null
	[ "$status" -eq 78 ]
	[[ $stderr == *"config.yaml:2"*"brnd"*"brand"* ]]
	printf 'optin:\n  brand: x\n  stop: {en: "{{#brand}}"}\n' >config.yaml
	run_msg msg-optin keywords -c config.yaml </dev/null
	[ "$status" -eq 78 ]
	[[ $stderr == *"config.yaml:3"* ]]
	printf 'optin: {words: {stop: ["!"]}}\n' >config.yaml
	run_msg msg-optin keywords -c config.yaml </dev/null
	[ "$status" -eq 78 ]
}

@test "verify proves the ledger, and names what was altered" {
	msg-optin out $A $B ana >/dev/null
	run_msg msg-optin verify
	[ "$status" -eq 0 ]
	[ "$output" = "whole: 3 events, 0 checkpoints" ]
	local id
	id=$(msg-optin show --json | jq -r '.id' | sed -n 2p)
	run db "UPDATE consent_event SET state = 2 WHERE seq = 2"
	[ "$status" -ne 0 ]
	[[ $output == *append-only* ]]
	drop_triggers
	db "UPDATE consent_event SET state = 2 WHERE seq = 2"
	run_msg msg-optin verify
	[ "$status" -eq 1 ]
	[ "$output" = "altered: $id: its content does not fit its hash" ]
}

@test "verify sees a state that does not follow from the events" {
	msg-optin out $A >/dev/null
	db "UPDATE consent_state SET state = 2"
	run_msg msg-optin verify
	[ "$status" -eq 1 ]
	[[ $output == altered:*"what stands"* ]]
}

@test "a checkpoint shows what was cut off, and on another host what was written anew" {
	msg-optin out $A >/dev/null
	run_msg bash -c 'msg-optin checkpoint >kept'
	[ "$status" -eq 0 ]
	[ "$(jq -c '[.type, .events]' kept)" = '["checkpoint",1]' ]
	[ "$(stat -c %a "$XDG_STATE_HOME/msg/ledger.key")" = 600 ]
	msg-optin in $A --evidence "by phone" >/dev/null
	msg-optin checkpoint >>kept
	run_msg msg-optin verify --against kept
	[ "$status" -eq 0 ]
	[ "$output" = "whole: 2 events, 2 checkpoints (the last over 2 events), 2 kept elsewhere" ]
	drop_triggers
	db "DELETE FROM consent_event WHERE seq = 2"
	db "UPDATE consent_state SET state = 3, seq = 1, time_ms = (SELECT time_ms FROM consent_event)"
	run_msg msg-optin verify
	[ "$status" -eq 1 ]
	[[ $output == *"ends after 1 events, a checkpoint was signed over 2"* ]]
	# All of it anew, key and all: only the lines kept elsewhere know.
	rm -r "$XDG_STATE_HOME/msg"
	msg-optin in $A $A >/dev/null
	msg-optin checkpoint >/dev/null
	run_msg msg-optin verify
	[ "$status" -eq 0 ]
	run_msg msg-optin verify --against kept
	[ "$status" -eq 1 ]
	[[ $output == *"are not those of the checkpoint"* ]]
	rm "$XDG_STATE_HOME"/msg/msg.db*
	run_msg msg-optin verify
	[ "$status" -eq 1 ]
	[[ $output == *"the store is gone"* ]]
}

@test "an older copy of the store shows when a checkpoint was signed since" {
	local state=$XDG_STATE_HOME/msg
	msg-optin in $A --evidence "form 7" >/dev/null
	msg-optin checkpoint >kept
	cp -r "$state" whole
	mkdir store
	cp "$state"/msg.db* store
	msg-optin out $A >/dev/null
	msg-optin checkpoint >>kept
	[ "$(msg-optin verify)" = "whole: 2 events, 2 checkpoints (the last over 2 events)" ]
	# The store alone comes back from a backup: ledger.last remembers.
	rm "$state"/msg.db*
	cp store/* "$state"
	run_msg msg-optin verify
	[ "$status" -eq 1 ]
	[[ $output == "altered: the ledger has fewer than the 2 events of the checkpoint of 20"*": an older copy" ]]
	# All of the directory does: only what was kept elsewhere does.
	rm -r "$state"
	cp -r whole "$state"
	[ "$(msg-optin verify)" = "whole: 1 event, 1 checkpoint (the last over 1 event)" ]
	run_msg msg-optin verify --against kept
	[ "$status" -eq 1 ]
	[[ $output == *"fewer than the 2 events"*": an older copy" ]]
	# What is kept is worth what its signature is.
	head -n 1 kept | sed 's/"time":"20/"time":"19/' >changed
	run_msg msg-optin verify --against changed
	[ "$status" -eq 1 ]
	[[ $output == "altered: the checkpoint line over 1 events of 19"*" is not as it was signed" ]]
	echo 'not json' >"$state/ledger.last"
	run_msg msg-optin verify
	[ "$status" -eq 65 ]
	[[ $stderr == *"ledger.last: line 1: "* ]]
}

@test "a checkpoint is not signed with a key that others can read" {
	msg-optin checkpoint >/dev/null
	chmod 644 "$XDG_STATE_HOME/msg/ledger.key"
	run_msg msg-optin checkpoint
	[ "$status" -eq 77 ]
	[[ $stderr == *"can be read by others"* ]]
	rm "$XDG_STATE_HOME/msg/ledger.key"
	run_msg msg-optin checkpoint
	[ "$status" -eq 77 ]
	[ "$(msg-optin verify)" = "whole: 0 events, 1 checkpoint (the last over 0 events)" ]
}

@test "after kill -9 the ledger is whole and holds at least what was printed" {
	local i printed
	for ((i = 0; i < 20000; i++)); do printf 'sms:+1555%07d\n' $((2000000 + i)); done >list
	msg-optin out - <list >out 3>&- &
	local pid=$!
	wait_for test -s out
	kill -9 $pid
	wait $pid 2>/dev/null || true
	printed=$(grep -c '}$' out)
	((printed > 0 && printed < 20000))
	run_msg msg-optin verify
	[ "$status" -eq 0 ]
	msg-optin show --json | jq -r .address >recorded
	(($(wc -l <recorded) >= printed))
	cmp <(head -n "$(wc -l <recorded)" list) recorded
	cmp <(grep '}$' out | jq -r .address) <(head -n "$printed" recorded)
}

@test "after kill -9 every STOP that was answered is in the ledger" {
	local i
	for ((i = 0; i < 5000; i++)); do inbound "i$i" "sms:+1555$((2000000 + i))" stop; done >in
	msg-optin keywords in >out 3>&- &
	local pid=$!
	wait_for test -s out
	kill -9 $pid
	wait $pid 2>/dev/null || true
	msg-optin verify
	grep '}$' out | jq -r 'select(.type == "message") | .to' | sort >answered
	[ -s answered ]
	[ -z "$(comm -23 answered <(msg-optin show --json | jq -r .address | sort))" ]
}

@test "double opt-in by a code: on a page or by an answer, once, not by guessing, not too late" {
	run_msg msg-optin ask $A --topic news --code --evidence "form 7"
	[ "$status" -eq 0 ]
	local code
	code=$(json 'select(.type == "message") | .text' | grep -o '[0-9]\{6\}"$' | tr -d '"')
	[ -n "$code" ]
	run grep -c "$code" "$XDG_STATE_HOME"/msg/msg.db "$XDG_STATE_HOME"/msg/msg.db-wal
	[[ $output != *:[1-9]* ]]
	blocked $A ',"purpose":"marketing","topic":"news"'
	run_msg msg-optin confirm "$code"
	[ "$status" -eq 64 ]
	[[ $stderr == *"--to is missing"* ]]
	run_msg msg-optin confirm --to $B "$code"
	[ "$status" -eq 1 ]
	[ "$stderr" = "msg-optin: no open question has this code" ]
	run_msg msg-optin confirm --to "+1 555 123 0001" "$code" --ip 203.0.113.7 --form https://shop.example/c
	[ "$status" -eq 0 ]
	same_json "$(json 'del(.id, .time, .recorded)')" '{"type":"consent","address":"sms:+15551230001","channel":"sms","topic":"news","state":"in",
		"strength":"double","method":"code","form":"https://shop.example/c","ip":"203.0.113.7","code":"'"$code"'","basis":"consent"}'
	allowed $A ',"purpose":"marketing","topic":"news"'
	run_msg msg-optin confirm --to $A "$code"
	[ "$status" -eq 1 ]
	# By an answer that is nothing but the code.
	code=$(msg-optin ask $B --code | jq -r 'select(.type == "message") | .text' | grep -o '[0-9]\{6\}$')
	keywords "$(inbound i1 sms:+15551230009 "$code")"
	[ "$(json .type)" = '"inbound"' ]
	keywords "$(inbound i2 $B "my code is $code")"
	[ "$(json .type)" = '"inbound"' ]
	keywords "$(inbound i3 $B " $code. ")"
	[ "$(json '[.state, .strength, .method, .code]')" = "[\"in\",\"double\",\"code\",\"$code\"]" ]
	# Five wrong ones close it, and so do time and a no.
	local other=sms:+15551230003 n
	code=$(msg-optin ask $other --code | jq -r 'select(.type == "message") | .text' | grep -o '[0-9]\{6\}$')
	for n in 1 2 3 4 5; do
		run_msg msg-optin confirm --to $other "$(printf '%06d' $(((10#$code + n) % 1000000)))"
		[ "$status" -eq 1 ]
	done
	run_msg msg-optin confirm --to $other "$code"
	[ "$status" -eq 1 ]
	other=sms:+15551230004
	code=$(msg-optin ask $other --code | jq -r 'select(.type == "message") | .text' | grep -o '[0-9]\{6\}$')
	msg-optin out $other >/dev/null
	run_msg msg-optin confirm --to $other "$code"
	[ "$status" -eq 1 ]
	blocked $other
	other=sms:+15551230005
	code=$(msg-optin ask $other --code --within 1ms | jq -r 'select(.type == "message") | .text' | grep -o '[0-9]\{6\}$')
	wait_for eval "! msg-optin confirm --to $other $code 2>/dev/null" || true
	run_msg msg-optin confirm --to $other "$code"
	[ "$status" -eq 1 ]
	[ "$(msg-optin show --json $other | jq -r .state)" = pending ]
	msg-optin verify
}

@test "double opt-in by a link: the token alone says who it was" {
	run_msg msg-optin ask ana@example.org --link 'https://shop.example/c?k={{code}}&x=1'
	[ "$status" -eq 0 ]
	local token
	token=$(json 'select(.type == "message") | .text' | sed 's/.*k=\([0-9a-f]*\)&.*/\1/')
	[ "${#token}" -eq 32 ]
	run_msg msg-optin confirm "${token%?}0$token"
	[ "$status" -eq 1 ]
	run_msg msg-optin confirm "$token"
	[ "$(json '[.address, .state, .strength, .code]')" = "[\"mailto:ana@example.org\",\"in\",\"double\",\"$token\"]" ]
	run_msg msg-optin confirm "$token"
	[ "$status" -eq 1 ]
	run_msg msg-optin ask $B --link https://shop.example/c
	[ "$status" -eq 64 ]
	run_msg msg-optin ask $B --code --link 'https://shop.example/{{code}}'
	[ "$status" -eq 64 ]
	echo 'optin: {ask: "{{#link}}Click {{{link}}} please{{/link}}{{^link}}Reply YES{{/link}}"}' >config.yaml
	run_msg msg-optin ask -c config.yaml $B --link 'https://shop.example/{{code}}'
	[[ $(json 'select(.type == "message") | .text') =~ ^\"Click\ https://shop.example/[0-9a-f]{32}\ please\"$ ]]
}

@test "a YES to a question is worth a double opt-in, one without a question is said" {
	local german=sms:+491711234567
	msg-optin ask $german >/dev/null
	keywords "$(inbound i1 $german JA)"
	[ "$(json 'select(.type == "consent") | [.state, .strength, .jurisdiction, .basis]')" = '["in","double","DE","consent"]' ]
	allowed $german ',"purpose":"marketing"'
	keywords "$(inbound i2 $A START)"
	[ "$(json 'select(.type == "consent") | [.state, .strength]')" = '["in","explicit"]' ]
}

@test "a no is effective for every running process at once" {
	mkfifo lines messages later
	msg-optin check <lines >checked 3>&- &
	local check=$!
	msg-route <messages >routed 3>&- &
	local route=$!
	msg-send -q --watch >sent 2>/dev/null 3>&- &
	local watch=$!
	msg-send -q <later >typed 3>&- &
	local send=$!
	exec 6>lines 7>messages 8>later
	message a1 $A >&6
	message a2 $A >&7
	message a3 $A >&8
	msg-send -q --enqueue --id a4 $A x >/dev/null
	wait_for grep -q '"a1"' checked
	wait_for grep -q '"a2"' routed
	wait_for grep -q '"a3".*accepted' typed
	wait_for grep -q '"a4".*accepted' sent
	# What waits for its hour is asked about again when it has come.
	msg-send -q --id held --at "$(date -u -d '+2 seconds' +%Y-%m-%dT%H:%M:%SZ)" $A x >/dev/null || true
	msg-optin out $A >/dev/null
	message b1 $A >&6
	message b2 $A >&7
	message b3 $A >&8
	run_msg msg-send -q --enqueue --id b4 $A x
	[ "$(json .status)" = '"blocked"' ]
	wait_for grep -q '"b1".*blocked' checked
	wait_for grep -q '"b2".*blocked' routed
	wait_for grep -q '"b3".*blocked' typed
	wait_for grep -q '"held".*blocked' sent
	exec 6>&- 7>&- 8>&-
	wait $check || true
	wait $route || true
	wait $send || true
	kill $watch
	wait $watch || true
	run grep -c 'accepted' typed
	[ "$output" -eq 1 ]
}

@test "prefs records how somebody wants to be written to, changes parts of it, and shows it" {
	run_msg msg-optin prefs ana --channels 'sms, email' --quiet-hours 22:00-08:00 --lang es --zone Europe/Madrid --topics news,rides \
		--frequency 3/7d --one-channel yes --method phone --evidence "call 4711"
	[ "$status" -eq 0 ]
	same_json "$(json 'del(.id, .time, .recorded)')" '{"type":"consent","contact":"ana","state":"preference","method":"phone","evidence":"call 4711",
		"preferences":{"channels":["sms","email"],"quiet_hours":"22:00-08:00","lang":"es","zone":"Europe/Madrid","topics":["news","rides"],
		"frequency":"3/7d","one_channel":true}}'
	run_msg msg-optin prefs ana --lang '' --one-channel no --topics news
	[ "$(json .preferences)" = '{"lang":null,"one_channel":false,"topics":["news"]}' ]
	run_msg msg-optin prefs ana
	[ "$output" = "contact:ana
  channels: sms, email
  one channel at a time: no
  quiet hours: 22:00-08:00
  time zone: Europe/Madrid
  topics: news
  frequency: 3/7d" ]
	run_msg msg-optin prefs --json ana bo
	[ "$(json .preferences.frequency)" = '"3/7d"' ]
	[ "$stderr" = "msg-optin: nothing recorded of what contact:bo wants" ]
	run_msg msg-optin show ana
	[[ ${lines[1]} == *"wants: channels: sms, email; one channel at a time: yes; quiet hours: "*", by phone: \"call 4711\"" ]]
	[[ ${lines[2]} == *"wants: one channel at a time: no; language: no longer said; topics: news, by cli" ]]
	msg-optin export --format csv >out.csv
	XDG_STATE_HOME=$HOME/other msg-optin import -q out.csv
	same_json "$(msg-optin prefs --json ana)" "$(XDG_STATE_HOME=$HOME/other msg-optin prefs --json ana)"
	[ "$(msg-optin import -q out.csv | jq -c '[.recorded, .known]')" = '[0,2]' ]
	# What somebody changes in the store without an event shows, and who is forgotten has no wishes.
	run_msg msg-optin verify
	[ "$output" = "whole: 2 events, 0 checkpoints" ]
	db "UPDATE consent_preference SET value = '{}'"
	run_msg msg-optin verify
	[ "$status" -eq 1 ]
	[[ $output == "altered: 01"*": the preferences that stand do not follow from the events" ]]
	msg-optin forget ana >/dev/null
	run_msg msg-optin verify
	[ "$output" = "whole: 3 events (2 forgotten), 0 checkpoints" ]
	run_msg msg-optin prefs ana
	[ -z "$output" ]
	run_msg msg-optin prefs ana --lang es
	[ "$status" -eq 65 ]
	[[ $stderr == *"forgotten since"* ]]
}

@test "prefs: slips are named" {
	local option
	for option in channels=smss quiet-hours=22 quiet-hours=08:00-08:00 lang=e! zone=Mars/Base topics=$'a\x01' frequency=3 frequency=0/7d one-channel=maybe; do
		run_msg msg-optin prefs ana "--$option"
		[ "$status" -eq 64 ]
		[[ $stderr == "msg-optin: --${option%%=*}"*": "* ]]
	done
	run_msg msg-optin prefs ana
	[ "$status" -eq 0 ]
	[ ! -e "$XDG_STATE_HOME" ]
	run_msg msg-optin prefs @all --lang es
	[ "$status" -eq 65 ]
}

@test "msg-route and msg-send go by what people want" {
	echo 'contacts: {ana: {addresses: {sms: "+34612345678", email: ana@example.org, whatsapp: "+34612345678"}, lang: en}}' >contacts.yaml
	echo 'contacts: contacts.yaml' >config.yaml
	export MSG_CONFIG=$PWD/config.yaml
	msg-optin in ana --evidence "form 7" >/dev/null
	msg-optin prefs ana --channels sms,email --one-channel yes --topics news --quiet-hours 22:00-08:00 --zone Europe/Madrid --frequency 1/7d --lang es >/dev/null
	run_msg msg-route <<<"$(message m1 ana ',"urgency":"high","purpose":"service"')"
	[ "$(json '[.plan[].channel]')" = '["sms","email","whatsapp"]' ]
	[ "$(json '[.plan[].wait]')" = '[null,null,null]' ]
	# Not at night, by their clock; a code comes through.
	run_msg msg-route <<<"$(message m2 ana ',"at":"2027-01-10T23:30:00+01:00"')"
	[ "$(json .at)" = '"2027-01-11T07:00:00.000Z"' ]
	run_msg msg-route <<<"$(message m3 ana ',"at":"2027-01-10T23:30:00+01:00","purpose":"otp"')"
	[ "$(json .at)" = '"2027-01-10T23:30:00+01:00"' ]
	run_msg msg-route <<<"$(message m4 ana ',"at":"2027-01-10T21:30:00+01:00"')"
	[ "$(json .at)" = '"2027-01-10T21:30:00+01:00"' ]
	# Offers about what they have not named are blocked, wherever they are asked about.
	run_msg msg-route <<<"$(message m5 ana ',"purpose":"marketing","topic":"rides"')"
	[ "$(json '[.status, .error.class, .error.code]')" = '["blocked","policy","unwanted-topic"]' ]
	blocked ana ',"purpose":"marketing","topic":"rides"'
	blocked ana ',"purpose":"marketing"'
	allowed ana ',"topic":"rides"'
	run_msg msg-send -q <<<"$(message m6 ana ',"purpose":"marketing","topic":"rides"')"
	[ "$(json '[.status, .error.code]')" = '["blocked","unwanted-topic"]' ]
	# One offer a week; more of them wait.
	msg-optin prefs ana --quiet-hours '' >/dev/null
	run_msg msg-send -q <<<"$(message m7 ana ',"purpose":"marketing","topic":"news"')"
	[ "$(json .status)" = '"accepted"' ]
	run_msg msg-send -q <<<"$(message m8 ana ',"purpose":"marketing","topic":"news"')"
	[ "$(json .status)" = '"held"' ]
	run_msg msg-route explain <<<"$(message m9 ana ',"purpose":"marketing","topic":"news"')"
	[[ $output == *"held: the frequency that they want is used up"* || $output == *"held: the frequency"* ]]
	run_msg msg-send -q <<<"$(message m10 ana)"
	[ "$(json .status)" = '"accepted"' ]
}

@test "import records what can be, tells what was refused and why, and knows what it knows" {
	cat >list.csv <<-'END'
		address,contact,channel,topic,state,strength,time,evidence,form,ip,jurisdiction,basis
		+1 (555) 123-0001,,,news,in,double,2026-01-01T00:00:00Z,"form 7, ""blue"" and
		two lines",https://shop.example/f,203.0.113.7,US-FL,consent
		,ana,email,,out,,,,,,,
		sms:12,,,,in,,2026-01-01T00:00:00Z,x,,,,
		+15551230003,,,,in,,,x,,,,
		+15551230004,,,,in,,2026-01-01T00:00:00Z,,,,,
		+15551230005,,,,in,,2999-01-01T00:00:00Z,x,,,,
		+15551230006,,email,,in,,2026-01-01T00:00:00Z,x,,,,
		+15551230007,,,,yes,,2026-01-01T00:00:00Z,x,,,,
		+15551230008,,,,in,,2026-01-01T00:00:00Z,x,,1.2.3,,
		,,,,in,,2026-01-01T00:00:00Z,x,,,,
		+15551230009,,,,erase,,2026-01-01T00:00:00Z,x,,,,
	END
	run_msg msg-optin import --rejects bad list.csv
	[ "$status" -eq 65 ]
	[ "$(json 'select(.type == "refused") | [.line, .reason]')" = "[5,\"address: not a phone number such as +15551230001: '12'\"]
[6,\"time: missing (a yes needs the time when it was given)\"]
[7,\"evidence: missing (a yes needs evidence, a form or a code)\"]
[8,\"time: is yet to come: '2999-01-01T00:00:00Z'\"]
[9,\"channel: the address is none of email\"]
[10,\"state: not in, out, pending, preference or erase: 'yes'\"]
[11,\"ip: not an IP address: '1.2.3'\"]
[12,\"address: missing (a consent needs address or contact)\"]
[13,\"state: an erasure stays in the ledger that it was made in (forget them here too)\"]" ]
	same_json "$(json 'select(.type == "import")')" '{"type":"import","file":"list.csv","line":13,"recorded":2,"known":0,"refused":9,"done":true}'
	[ "$(head -n 1 bad)" = "sms:12,,,,in,,2026-01-01T00:00:00Z,x,,,," ]
	[ "$(wc -l <bad)" -eq 9 ]
	[[ $stderr == "msg-optin: list.csv: line 5: address: "*"msg-optin: list.csv: 2 recorded, 0 known already, 9 refused" ]]
	same_json "$(msg-optin export $A | jq 'del(.id, .recorded, .source)')" '{"type":"consent","address":"sms:+15551230001","channel":"sms",
		"topic":"news","state":"in","strength":"double","method":"import","evidence":"form 7, \"blue\" and\ntwo lines",
		"form":"https://shop.example/f","ip":"203.0.113.7","jurisdiction":"US-FL","basis":"consent","time":"2026-01-01T00:00:00.000Z"}'
	[ "$(msg-optin export ana | jq -r .source)" = "$(sed -n 4p list.csv | tr -d '\n' | b2sum -l 256 | cut -d ' ' -f 1)" ]
	run_msg msg-optin import -q list.csv
	[ "$(json 'select(.type == "import") | [.recorded, .known, .refused]')" = '[0,2,9]' ]
	msg-optin verify
}

@test "export and import are each other's, as lines and as CSV, and into another ledger" {
	msg-optin in $A --topic news --evidence 'a "b", c
	d' --form https://shop.example/f --jurisdiction DE >/dev/null
	msg-optin out ana $B --evidence ' x ' >/dev/null
	msg-optin ask sms:+15551230003 >/dev/null
	local format
	for format in jsonl csv; do
		msg-optin export --format $format >"out.$format"
		run_msg msg-optin import -q "out.$format"
		[ "$status" -eq 0 ]
		[ "$(json '[.recorded, .known, .refused]')" = '[0,4,0]' ]
		export XDG_STATE_HOME=$HOME/other.$format
		run_msg bash -c "msg-optin import -q - <out.$format"
		[ "$status" -eq 0 ]
		[ "$(json '[.file, .recorded, .known, .refused]')" = '["-",4,0,0]' ]
		msg-optin verify
		same_json "$(msg-optin export | jq 'del(.id, .recorded, .source)')" "$(jq 'del(.id, .recorded, .source)' out.jsonl)"
		export XDG_STATE_HOME=$HOME/.local/state
	done
	run_msg msg-optin export ana
	[ "$(json .contact)" = '"ana"' ]
}

@test "what is said back is proved by the hash of its line, and a line that proved a yes before a no proves none after it" {
	local line=$(inbound i1 $A STOP)
	keywords "$line"
	[ "$(json 'select(.type == "consent") | .source')" = "\"$(printf %s "$line" | b2sum -l 256 | cut -d' ' -f1)\"" ]
	line=$(inbound i2 $A START)
	keywords "$line"
	[ "$(json 'select(.type == "consent") | [.state, .source]')" = "[\"in\",\"$(printf %s "$line" | b2sum -l 256 | cut -d' ' -f1)\"]" ]
	allowed $A
	keywords "$(inbound i3 $A STOP)"
	# A web hook that delivers twice lifts no no.
	keywords "$line"
	[ "$status" -eq 65 ]
	[[ $stderr == *"what proves the yes was said before that already" ]]
	blocked $A
	keywords "$(inbound i4 $A START)"
	[ "$status" -eq 0 ]
	allowed $A
	# A clock that was never set does not make it older than the yes.
	keywords "$(inbound i5 $A stop ',"time":"1904-01-01T00:00:00Z"')"
	blocked $A
	# Lines without id and time are alike, and each was said.
	line="{\"type\":\"inbound\",\"from\":\"$B\",\"text\":\"start\"}"
	for _ in 1 2; do
		keywords "{\"type\":\"inbound\",\"from\":\"$B\",\"text\":\"stop\"}"
		keywords "$line"
		[ "$status" -eq 0 ]
		allowed $B
	done
	# A code as well.
	msg-optin ask sms:+15551230003 --code >asked
	line=$(inbound i5 sms:+15551230003 "$(jq -r 'select(.type == "message").text' asked | grep -o '[0-9]\{6\}')")
	keywords "$line"
	[ "$(json '[.method, .jurisdiction, .source]')" = "[\"code\",\"US\",\"$(printf %s "$line" | b2sum -l 256 | cut -d' ' -f1)\"]" ]
	[ "$(msg-optin verify | cut -d: -f1)" = whole ]
}

@test "the question whether it was a STOP is an event of the ledger: shown, proved, kept and forgotten like any" {
	echo 'contacts: contacts.yaml' >config.yaml
	echo 'contacts: {ana: {addresses: {sms: "+15551230001", email: ana@example.org}}}' >contacts.yaml
	export MSG_CONFIG=$PWD/config.yaml
	msg-optin in $A --topic news --evidence "form 7" >/dev/null
	msg-optin in ana@example.org --evidence "form 8" >/dev/null
	keywords "$(inbound i1 $A 'too many texts')"
	[ "$(json 'select(.type == "consent") | [.address, .contact, .state, .method, .evidence, (.source | length), (.until > .time)]')" = "[\"$A\",\"ana\",\"pending\",\"doubt\",\"too many texts\",64,true]" ]
	# Until they answer no yes of theirs counts, and everything else goes on.
	blocked $A ',"purpose":"marketing","topic":"news"'
	blocked ana@example.org ',"purpose":"marketing"'
	allowed $A ',"topic":"news"'
	run_msg msg-optin show $A
	[[ $output == *"was asked whether this was a no to sms, to be answered by "*", for contact:ana as well, by doubt"*": \"too many texts\""* ]]
	[[ $output == *"now: asked whether it was a no, and has not answered: no offers; without an answer a no to everything from "* ]]
	[[ $output != *"now: yes"* ]]
	msg-optin export $A >kept.jsonl
	msg-optin export --format csv $A >kept.csv
	msg-optin checkpoint >point
	[ "$(msg-optin verify)" = "whole: 3 events, 1 checkpoint (the last over 3 events)" ]
	# Nobody moves its end or takes it away.
	local change undo
	while IFS='|' read -r change undo; do
		db "$change"
		run_msg msg-optin verify
		[ "$status" -eq 1 ]
		[[ $output == "altered: "*"the questions that are open do not follow from the events" ]]
		db "$undo"
		msg-optin verify
	done <<-'END'
		UPDATE consent_doubt SET due_ms = due_ms + 1|UPDATE consent_doubt SET due_ms = due_ms - 1
		UPDATE consent_doubt SET contact = NULL|UPDATE consent_doubt SET contact = 'contact:ana'
		UPDATE consent_doubt SET seq = 2|UPDATE consent_doubt SET seq = 3
		INSERT INTO consent_doubt VALUES (9, 'sms:+15551230001', NULL, 1, 2)|DELETE FROM consent_doubt WHERE seq = 9
	END
	drop_triggers
	db "UPDATE consent_event SET until_ms = until_ms + 1 WHERE seq = 3"
	run_msg msg-optin verify
	[[ $output == "altered: "*"its content does not fit its hash" ]]
	db "UPDATE consent_event SET until_ms = until_ms - 1 WHERE seq = 3"
	# With its answer all of it counts again.
	keywords "$(inbound i2 $A start)"
	allowed $A ',"purpose":"marketing","topic":"news"'
	allowed ana@example.org ',"purpose":"marketing"'
	[ "$(msg-optin verify | cut -d: -f1)" = whole ]
	# Elsewhere it is open again, by lines or by CSV, and nobody answers it.
	local file
	for file in kept.jsonl kept.csv; do
		XDG_STATE_HOME=$PWD/other.$file
		msg-optin import -q $file >/dev/null
		blocked $A ',"purpose":"marketing","topic":"news"'
		[ "$(msg-optin export $A | jq -c 'select(.until) | [.contact, .evidence, .until]')" = "$(jq -c 'select(.until) | [.contact, .evidence, .until]' kept.jsonl)" ]
		[ "$(msg-optin verify | cut -d: -f1)" = whole ]
		msg-optin forget $A >/dev/null
		# It was asked about the person too, who can no longer answer.
		blocked ana@example.org
		[ "$(msg-optin verify | cut -d: -f1)" = whole ]
		run grep -c "5551230001" "$XDG_STATE_HOME/msg/msg.db"
		[ "$output" = 0 ]
	done
}

@test "what export prints import reads, and export prints it again, by lines and by CSV" {
	msg-optin in $A --topic news --form 'https://x.example/?a=1,2;b="3"' --ip 2001:db8::1 --jurisdiction US-FL --basis consent \
		--evidence $'a "quoted", text;\nof lines\r\nand\ttabs  ' --time 2026-01-02T03:04:05.678+02:00 >/dev/null
	msg-optin in ana --strength double --evidence " =1+1" >/dev/null 2>&1
	msg-optin in 'contact:sms:+1' --evidence 'ünï' >/dev/null 2>&1
	msg-optin in sms:+16135550123 --strength implied --basis inquiry --evidence "mail" >/dev/null
	msg-optin out $A --method 'by "phone"' >/dev/null
	msg-optin in $A --topic news --evidence again >/dev/null
	msg-optin prefs ana --channels sms,email --quiet-hours 22:00-08:00 >/dev/null 2>&1
	msg-optin prefs ana --channels '' >/dev/null 2>&1
	msg-optin ask sms:+491711234567 --code >/dev/null
	keywords "$(inbound i1 $B 'too many texts')"
	msg-optin out telegram:@Ana Ana+x@Example.org slack:#ops --topic a,b >/dev/null
	msg-optin export >1.jsonl
	msg-optin export --format csv >1.csv
	local from to state=$XDG_STATE_HOME
	for from in jsonl csv; do
		XDG_STATE_HOME=$PWD/$from
		msg-optin import -q "1.$from" >/dev/null
		[ "$(msg-optin verify)" = "whole: 13 events, 0 checkpoints" ]
		# But for the ids, and for the source that a line without one has from then on.
		cmp <(jq -cS 'del(.id, .recorded, .source)' 1.jsonl) <(msg-optin export | jq -cS 'del(.id, .recorded, .source)')
		msg-optin export >"2.$from"
		cmp <(XDG_STATE_HOME=$state msg-optin show $A ana $B sms:+16135550123 | grep now:) \
			<(msg-optin show $A ana $B sms:+16135550123 | grep now:)
	done
	XDG_STATE_HOME=$PWD/csv
	msg-optin export --format csv >2.csv
	for from in jsonl csv; do
		XDG_STATE_HOME=$PWD/again.$from
		msg-optin import -q "2.$from" >/dev/null
		msg-optin export --format $from >"3.$from"
	done
	cmp <(jq -cS 'del(.id, .recorded)' 2.jsonl) <(jq -cS 'del(.id, .recorded)' 3.jsonl)
	# CSV to the byte, line ends within a text too.
	cmp <(/usr/bin/python3 -c 'import csv, sys
for row in csv.reader(open("2.csv", newline="")): print(row[1:-1])') <(/usr/bin/python3 -c 'import csv, sys
for row in csv.reader(open("3.csv", newline="")): print(row[1:-1])')
	/usr/bin/python3 -c 'import csv, json
lines = [json.loads(l) for l in open("1.jsonl")]
for row, line in zip(csv.DictReader(open("1.csv", newline="")), lines):
    assert row["evidence"] == line.get("evidence", ""), (row["evidence"], line)'
}

@test "import: a question that is over by now is a no, unless the list has its answer" {
	local when='"time":"2026-01-01T10:00:00Z","until":"2026-01-02T10:00:00Z"' question
	question="\"state\":\"pending\",\"method\":\"doubt\",\"evidence\":\"too many texts\",$when"
	echo "{\"address\":\"$A\",\"contact\":\"ana\",$question}" >one
	echo "{\"address\":\"$A\",\"state\":\"in\",\"evidence\":\"START\",\"time\":\"2026-01-01T11:00:00Z\"}" >two
	run_msg msg-optin import -q one two
	[ "$status" -eq 0 ]
	allowed $A ',"purpose":"marketing"'
	run_msg msg-optin import -q one
	[ "$(json '[.recorded, .known]')" = '[0,1]' ]
	allowed $A ',"purpose":"marketing"'
	XDG_STATE_HOME=$PWD/other
	msg-optin import -q one >/dev/null
	blocked $A
	blocked ana
	[ "$(msg-optin export | jq -c '[.address // .contact, .state, .method, .time]')" = "[\"$A\",\"pending\",\"doubt\",\"2026-01-01T10:00:00.000Z\"]
[\"$A\",\"out\",\"no-answer\",\"2026-01-02T10:00:00.000Z\"]
[\"ana\",\"out\",\"no-answer\",\"2026-01-02T10:00:00.000Z\"]" ]
	msg-optin import -q one >/dev/null
	[ "$(msg-optin verify)" = "whole: 3 events, 0 checkpoints" ]
	echo "{\"address\":\"$B\",\"state\":\"out\",$when}" >bad
	echo "{\"address\":\"$B\",\"state\":\"pending\",\"until\":\"2026-01-01T10:00:00Z\"}" >>bad
	echo "{\"address\":\"$B\",\"state\":\"pending\",\"time\":\"2026-01-01T10:00:00Z\",\"until\":\"2026-01-01T10:00:00Z\"}" >>bad
	echo "{\"address\":\"$B\",\"state\":\"in\",\"evidence\":\"x\",\"time\":\"1346-01-01T10:00:00Z\"}" >>bad
	run_msg msg-optin import -q bad
	[ "$status" -eq 65 ]
	[ "$(json 'select(.type == "refused") | .reason')" = "\"until: only a question has one\"
\"time: missing (a question that lapses needs the time when it was asked)\"
\"until: is before it was asked\"
\"time: is before 1970: '1346-01-01T10:00:00Z'\"" ]
}

@test "whoever said yes where a double opt-in is needed is asked once to confirm it, and the yes stands meanwhile" {
	local german=sms:+491711234567
	msg-optin in $german $B --evidence signed >/dev/null
	blocked $german ',"purpose":"marketing"'
	run_msg msg-optin ask $german --code
	[ "$status" -eq 0 ]
	[ "$(json 'select(.type == "consent") | [.state, .strength, .method]')" = '["pending","double","ask"]' ]
	local code=$(json 'select(.type == "message") | .text' | grep -o '[0-9]\{6\}')
	# It takes nothing back: what is content with a yes goes on.
	check "$(message m $german ',"purpose":"marketing"')"
	[ "$(json .error.code)" = '"consent-weak"' ]
	echo 'purposes: {marketing: {require: explicit}}' >policy.yaml
	echo 'policy: policy.yaml' >config.yaml
	message m $german ',"purpose":"marketing"' | msg-optin check -c config.yaml | jq -e .to >/dev/null
	run_msg msg-optin show $german
	[[ ${lines[2]} == *"was asked to confirm the yes to sms, by ask" ]]
	[[ ${lines[3]} == "  now: yes to sms since "* ]]
	[[ ${lines[4]} == "  now: asked, and has not answered, to confirm the yes to sms since "* ]]
	[ "$(msg-optin verify)" = "whole: 3 events, 0 checkpoints" ]
	# Once.
	run_msg msg-optin ask $german
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[[ $stderr == *"asked already" ]]
	# Nobody else: where a yes is enough, or the policy is content with it.
	run_msg msg-optin ask $B
	[[ $stderr == "msg-optin: not asked: "*" is in" ]]
	msg-optin in sms:+491711234568 --evidence signed >/dev/null
	run_msg msg-optin ask -c config.yaml sms:+491711234568
	[[ $stderr == *" is in" ]]
	run_msg msg-optin confirm "$code" --to $german
	[ "$(json .strength)" = '"double"' ]
	allowed $german ',"purpose":"marketing"'
	run_msg msg-optin show $german
	[[ $output != *"has not answered"* ]]
	# YES is an answer too, about a topic and about everything; and STOP.
	msg-optin ask sms:+491711234568 --topic news >/dev/null
	msg-optin ask sms:+491711234568 >/dev/null
	keywords "$(inbound i1 sms:+491711234568 ja ',"lang":"de"')"
	[ "$(json 'select(.type == "consent") | [.topic, .strength]')" = '[null,"double"]
["news","double"]' ]
	allowed sms:+491711234568 ',"purpose":"marketing"'
	keywords "$(inbound i2 sms:+491711234568 ja ',"lang":"de"')"
	[ "$(json .type)" = '"inbound"' ]
	msg-optin in sms:+491711234569 --evidence signed >/dev/null
	msg-optin ask sms:+491711234569 >/dev/null
	keywords "$(inbound i3 sms:+491711234569 stop)"
	blocked sms:+491711234569
	# A purchase in between is no answer, and YES still is.
	msg-optin ask sms:+491711234560 >/dev/null
	msg-optin in sms:+491711234560 --strength implied --basis purchase --evidence "order 7" >/dev/null
	keywords "$(inbound i4 sms:+491711234560 ja ',"lang":"de"')"
	[ "$(json 'select(.type == "consent") | .strength')" = '"double"' ]
	keywords "$(inbound i5 sms:+491711234560 ja ',"lang":"de"')"
	[ "$(json .type)" = '"inbound"' ]
	# By mail the contacts say where somebody lives.
	echo 'contacts: {eva: {addresses: {email: eva@example.org}, attributes: {country: DE}}}' >contacts.yaml
	echo 'contacts: contacts.yaml' >config.yaml
	msg-optin in eva@example.org bo@example.org --evidence signed >/dev/null
	run_msg msg-optin ask -c config.yaml eva@example.org bo@example.org
	[ "$(json 'select(.type == "consent") | .address')" = '"mailto:eva@example.org"' ]
	[ "$(msg-optin verify | cut -d: -f1)" = whole ]
	msg-optin export | XDG_STATE_HOME=$PWD/other msg-optin import -q >/dev/null
	[ "$(XDG_STATE_HOME=$PWD/other msg-optin verify | cut -d: -f1)" = whole ]
	[ "$(XDG_STATE_HOME=$PWD/other msg-optin show eva@example.org | grep now:)" = "$(msg-optin show eva@example.org | grep now:)" ]
}

@test "import: what holds for the whole file, and a yes after a no" {
	msg-optin out $B --time 2026-02-01T00:00:00Z >/dev/null
	printf '{"address":"%s","state":"in","time":"2026-03-01T00:00:00Z"}\n' $A $B >list
	printf '{"type":"receipt","message":"m","status":"sent"}\nnot json\n' >>list
	run_msg msg-optin import --evidence "forms of the fair" --method paper --strength double --basis consent --jurisdiction DE list
	[ "$status" -eq 65 ]
	[ "$(json 'select(.type == "refused") | .line')" = $'2\n3\n4' ]
	[[ $(json 'select(.line == 2) | .reason') == *"a yes after a no needs its own proof"* ]]
	[[ $(json 'select(.line == 3) | .reason') == *"not a consent"* ]]
	[ "$(msg-optin export $A | jq -c '[.method, .evidence, .strength, .basis, .jurisdiction]')" = '["paper","forms of the fair","double","consent","DE"]' ]
	blocked $B
	echo "{\"address\":\"$B\",\"state\":\"in\",\"time\":\"2026-03-01T00:00:00Z\",\"form\":\"https://shop.example/f\"}" | msg-optin import -q
	allowed $B
	# What was forgotten is not brought back by an old list.
	msg-optin forget $A >/dev/null
	run_msg msg-optin import -q --evidence "forms of the fair" list
	[[ $(json 'select(.line == 1) | .reason') == "\"forgotten since "* ]]
	# A no without a time is said now, once.
	printf 'address,state\n%s,out\n' sms:+15551230003 >no.csv
	msg-optin import -q no.csv
	[ "$(msg-optin import -q no.csv | jq -c '[.recorded, .known]')" = '[0,1]' ]
	blocked sms:+15551230003
}

@test "import: files that cannot be used" {
	printf 'address,date\n' >list.csv
	run_msg msg-optin import list.csv
	[ "$status" -eq 65 ]
	[[ $stderr == *"list.csv: line 1: no member of a consent is called like the column 'date'"* ]]
	printf 'address,state,state\n' >list.csv
	run_msg msg-optin import list.csv
	[[ $stderr == *"column 'state' is there twice"* ]]
	printf 'address,state\n%s,out\n"%s,out\n%s,out\n' $A $B $A >list.csv
	run_msg msg-optin import list.csv
	[ "$status" -eq 65 ]
	[ "$(json '[.line, .recorded, .refused, .done] | select(.[1] != null)')" = '[3,1,1,true]' ]
	[[ $stderr == *"line 3: the quote of line 3 is never closed"* ]]
	printf 'address,state\n%s,out,more\n' $B >list.csv
	run_msg msg-optin import list.csv
	[[ $stderr == *"line 2: more fields than the header has (2)"* ]]
	run_msg msg-optin import --format csv /dev/null
	[ "$status" -eq 65 ]
	run_msg msg-optin import --format jsonl /dev/null
	[ "$status" -eq 0 ]
	run_msg msg-optin import --format xml list.csv
	[ "$status" -eq 64 ]
	run_msg msg-optin import nowhere.csv
	[ "$status" -eq 64 ]
	run_msg bash -c 'printf "\n\n address" | tr a "\357" | msg-optin import'
	[ "$status" -eq 65 ]
	run_msg bash -c "msg-optin import no.csv >/dev/full"
	[ "$status" -ne 0 ]
	printf '%s,out\n' address,state sms:+15551230008 | sed 's/address,state,out/address,state/' >good.csv
	run_msg bash -c "msg-optin import -q good.csv >/dev/full"
	[ "$status" -eq 74 ]
	run_msg bash -c "msg-optin export >/dev/full"
	[ "$status" -eq 74 ]
	[ "$(msg-optin export sms:+15551230008 | jq -r .state)" = out ]
}

@test "who is forgotten leaves no words behind, is never written to again, and the ledger stays whole" {
	msg-optin in $A --evidence "Karenina signed form 7" --form https://shop.example/karenina >/dev/null
	msg-optin out whatsapp:+15551230001 $B >/dev/null
	inbound i1 $A help | msg-optin keywords >/dev/null
	msg-optin checkpoint >kept
	run_msg msg-optin forget $A --method letter --jurisdiction DE --basis "GDPR 17"
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	same_json "$(json 'del(.id, .time, .recorded, .address)')" \
		'{"type":"consent","state":"erase","method":"letter","evidence":"2 events","jurisdiction":"DE","basis":"GDPR 17"}'
	[[ $(json .address) =~ ^\"forgotten:[0-9a-f]{32}\"$ ]]
	[ "$(stat -c %a "$XDG_STATE_HOME/msg/forget.key")" = 600 ]
	run grep -c "5551230001\|arenina" "$XDG_STATE_HOME"/msg/*
	[ "$status" -eq 1 ]
	run_msg msg-optin verify --against kept
	[ "$status" -eq 0 ]
	[ "$output" = "whole: 4 events (2 forgotten), 1 checkpoint (the last over 3 events), 1 kept elsewhere" ]
	# On every channel of the number, for every purpose, also for a program that has asked a lot.
	blocked $A
	blocked whatsapp:+15551230001 ',"purpose":"emergency"'
	blocked tel:+15551230001
	allowed sms:+15551230009
	{ for ((n = 0; n < 5000; n++)); do message "many$n" sms:+15551230009; done; message last voice:+15551230001; message other $B; } |
		msg-optin check >out || true
	[ "$(tail -n 2 out | jq -c '[.message, .status]')" = '["last","blocked"]
["other","blocked"]' ]
	run_msg msg-send -q <<<"$(message m2 $A)"
	[ "$(json '[.status, .error.class]')" = '["blocked","opted-out"]' ]
	run_msg msg-optin show $A
	[[ ${lines[1]} == *"was forgotten, by letter, under the law of DE, basis: GDPR 17: \"2 events\"" ]]
	[[ ${lines[2]} == "  now: no to all channels since "* ]]
	run_msg msg-optin ask $A
	[ "$status" -eq 1 ]
	run_msg msg-optin show --json
	[ "$(json .state)" = $'"out"\n"erase"' ]
}

@test "who is forgotten is out of the outbox, the receipts, the conversations and the tasks as well" {
	cat >flow.yaml <<-'EOF'
		start: hello
		states:
		  hello: {ask: "Hello, what is it about?", on: {sales: desk}, else: {say: "Please say sales."}}
		  desk: {handoff: {reason: sales}}
	EOF
	msg-send -q --id sent $A "Dear Karenina" | msg-receipts record >/dev/null
	msg-send -q --id other $B "somebody else" | msg-receipts record >/dev/null
	inbound i1 $A "Karenina here" | msg-bot flow.yaml >said
	grep -q '"type":"message"' said
	{ inbound i2 $A "Karenina again"; inbound i3 $A sales; } | msg-bot flow.yaml >said
	echo 'agents: agents.yaml' >config.yaml
	printf 'agents: {bo: {to: "slack:@bo"}}\nqueues: {q: {}}\nworkflows: [{name: w, steps: [{queue: q}]}]\n' >agents.yaml
	grep '"type":"task"' said | msg-route assign -c config.yaml >tasks
	grep -q reserved tasks
	grep -q "arenina" "$XDG_STATE_HOME"/msg/*
	run_msg msg-optin forget $A
	[ "$status" -eq 0 ]
	run grep -c "5551230001\|arenina" "$XDG_STATE_HOME"/msg/*
	[ "$status" -eq 1 ]
	run_msg msg-receipts report --json
	[ "$(json 'select(.by == "all").legs')" = 2 ]
	run_msg msg-receipts show other
	[ "$status" -eq 0 ]
	run_msg msg-optin verify
	[ "$status" -eq 0 ]
}

@test "what comes in of somebody forgotten: a no without its words, and only a new yes of their own" {
	msg-optin in $A --evidence "form 7" --time 2026-01-01T00:00:00Z >/dev/null
	msg-optin forget $A >/dev/null
	run_msg msg-optin in $A
	[ "$status" -eq 65 ]
	run_msg msg-optin in $A --evidence "form 7" --time 2026-01-01T00:00:00Z
	[ "$status" -eq 65 ]
	[[ $stderr == "msg-optin: sms:+1555•••0001: forgotten since "*": only a later yes with its own proof is recorded" ]]
	run_msg msg-optin in $A --evidence "order 9" --strength implied
	[ "$status" -eq 65 ]
	run_msg msg-optin out $A --evidence "Karenina called"
	[ "$status" -eq 0 ]
	keywords "$(inbound i1 $A 'stop it, Karenina')"
	msg-optin forget bo >/dev/null
	run grep -c "5551230001\|arenina" "$XDG_STATE_HOME"/msg/*
	[ "$status" -eq 1 ]
	blocked $A
	run_msg msg-optin in $A --evidence "signed up again"
	[ "$status" -eq 0 ]
	allowed $A
	blocked whatsapp:+15551230001
	msg-optin out $A >/dev/null
	blocked $A
	run_msg msg-optin forget $A
	[ "$(json .evidence)" = '"2 events"' ]
	blocked $A
	msg-optin verify
}

@test "who is forgotten is forgotten in the whole store, and nobody else is" {
	echo 'contacts: {ana: {addresses: {sms: "+15551230001", email: Anna.K_x@example.org}}, bo: {addresses: {sms: "+15551230002", email: Annazkzx@example.org}}}' >contacts.yaml
	printf 'contacts: contacts.yaml\npolicy: policy.yaml\n' >config.yaml
	echo 'caps: [{limit: 100/1d}]' >policy.yaml
	export MSG_CONFIG=$PWD/config.yaml
	local to n=0
	for to in ana bo $A +15551230002 Anna.K_x@example.org Annazkzx@example.org whatsapp:+15551230001; do
		message "m$n" "$to" ',"subject":"s"' | msg-send -q >sent
		n=$((n + 1))
		msg-receipts record <sent >/dev/null
	done
	cp "$ROOT/examples/flow-support.yaml" .
	inbound i1 $A "it is me" | msg-bot flow-support.yaml >talk
	grep -q '"to":"sms:+15551230001"' talk
	run_msg msg-optin forget ana
	[ "$status" -eq 0 ]
	run grep -ciE "5551230001|Anna\\.K_x" "$XDG_STATE_HOME/msg/msg.db"
	[ "$output" = 0 ]
	# The others are known still: what was sent to them is not sent again.
	for to in m1=bo m3=+15551230002 m5=Annazkzx@example.org; do
		run_msg msg-send -q <<<"$(message "${to%%=*}" "${to#*=}" ',"subject":"s"')"
		[ "$(json .status)" = '"duplicate"' ]
	done
	for to in m0=ana m2=$A m4=Anna.K_x@example.org; do
		run_msg msg-send -q <<<"$(message "${to%%=*}" "${to#*=}" ',"subject":"s"')"
		[ "$(json .status)" = '"blocked"' ]
	done
	[ "$(msg-receipts report --json | jq 'select(.by == "all").legs')" -eq 7 ]
}

@test "a contact is forgotten with the addresses that are known of them" {
	echo 'contacts: contacts.yaml' >config.yaml
	echo 'contacts: {ana: {addresses: {sms: "+15551230001", email: Ana@example.org}}}' >contacts.yaml
	msg-optin in ana ana@example.org --evidence x >/dev/null
	run_msg msg-optin forget -c config.yaml ana
	[ "$status" -eq 0 ]
	[ "$(json '[.state, .evidence]')" = '["erase","1 event"]
["erase","0 events"]
["erase","1 event"]' ]
	[ "$stderr" = "msg-optin: 'ana' still stands in the contacts: take them out there" ]
	blocked ana
	blocked ANA@example.org
	blocked $A
	run_msg msg-optin forget - <<<$'bo\n\n+15551230005\n@all'
	[ "$status" -eq 65 ]
	[ "$(json .state)" = $'"erase"\n"erase"' ]
	blocked tel:+15551230005
}

@test "without the key of the forgotten nobody is written to" {
	msg-optin forget $A >/dev/null
	local key=$XDG_STATE_HOME/msg/forget.key
	chmod 644 "$key"
	run_msg msg-optin check <<<"$(message m $B)"
	[ "$status" -eq 77 ]
	[ -z "$output" ]
	[[ $stderr == *"can be read by others"* ]]
	rm "$key"
	run_msg msg-optin check <<<"$(message m $B)"
	[ "$status" -eq 77 ]
	[[ $stderr == *"forget.key' is gone, by which the forgotten are known: put it back"* ]]
	run_msg msg-send -q <<<"$(message m $B)"
	[ "$status" -eq 77 ]
	[ -z "$output" ]
	run_msg msg-optin forget $B
	[ "$status" -eq 77 ]
	[ ! -e "$key" ]
}

@test "events that somebody takes the words of are not taken for forgotten" {
	msg-optin out $A $B bo >/dev/null
	msg-optin forget $A >/dev/null
	drop_triggers
	db "UPDATE consent_event SET erased = 4, format = 0, id = '', subject = '', channel = '', topic = '', state = 0, time_ms = 0, recorded_ms = 0, method = NULL WHERE seq = 2"
	db "DELETE FROM consent_state WHERE subject = '$B'"
	run_msg msg-optin verify
	[ "$status" -eq 1 ]
	[ "$output" = "altered: event 2: the hash of what it said is gone" ]
	db "UPDATE consent_event SET body = '$(printf '%064d' 0)' WHERE seq = 2"
	run_msg msg-optin verify
	[ "$output" = "altered: event 2: its content does not fit its hash" ]
	db "UPDATE consent_event SET erased = 1 WHERE seq = 2"
	run_msg msg-optin verify
	[ "$output" = "altered: event 2: it is neither whole nor erased" ]
}

@test "two writers at once keep one chain" {
	local i
	for ((i = 0; i < 3000; i++)); do printf 'sms:+1555%07d\n' $((2000000 + i)); done >list
	msg-optin out - <list >out1 3>&- &
	local one=$!
	msg-optin in --evidence 'signed again' - <list >out2 3>&- &
	local two=$!
	wait $one
	wait $two
	run_msg msg-optin verify
	[ "$status" -eq 0 ]
	[ "$output" = "whole: 6000 events, 0 checkpoints" ]
	[ "$(cat out1 out2 | wc -l)" -eq 6000 ]
}

@test "bad lines are named and kept, the others go on" {
	msg-optin out $A >/dev/null
	printf '%s\n' 'not json' '{"to":"sms:12","text":"x"}' '{"to":[],"text":"x"}' "$(message ok $B)" >in
	run_msg msg-optin check --rejects bad in
	[ "$status" -eq 65 ]
	[ "$(json .id)" = '"ok"' ]
	[ "$(wc -l <bad)" -eq 3 ]
	[[ $stderr == *"line 1"*"line 2: to: "*"line 3"* ]]
	run_msg bash -c 'echo "{\"type\":\"inbound\",\"from\":\"sms:12\",\"text\":\"stop\"}" | msg-optin keywords'
	[ "$status" -eq 65 ]
	[[ $stderr == *"from: "* ]]
}

@test "bad options are refused" {
	run_msg msg-optin
	[ "$status" -eq 64 ]
	run_msg msg-optin forget
	[ "$status" -eq 64 ]
	run_msg msg-optin remember ana
	[ "$status" -eq 64 ]
	run_msg msg-optin out
	[ "$status" -eq 64 ]
	run_msg msg-optin out ana --channel smss
	[ "$status" -eq 64 ]
	[[ $stderr == *"no such channel: 'smss'"* ]]
	run_msg msg-optin out ana --time tomorrow
	[ "$status" -eq 64 ]
	run_msg msg-optin out ana --time 2999-01-01T00:00:00Z
	[ "$status" -eq 64 ]
	run_msg msg-optin out ana --evidence $'\xff'
	[ "$status" -eq 64 ]
	run_msg msg-optin out $A --channel email
	[ "$status" -eq 65 ]
	[[ $stderr != *+15551230001* ]]
	run_msg msg-optin check no-such-file
	[ "$status" -eq 64 ]
	[ ! -e "$XDG_STATE_HOME/msg/msg.db" ] || [ "$(msg-optin show --json)" = "" ]
}

@test "output that cannot be written is an error, and what was recorded stays" {
	[[ -e /dev/full ]] || skip "no /dev/full"
	run_msg bash -c "msg-optin out $A >/dev/full"
	[ "$status" -eq 74 ]
	run_msg bash -c "msg-optin check >/dev/full <<<'$(message m $B)'"
	[ "$status" -eq 74 ]
	run_msg bash -c "msg-optin keywords >/dev/full <<<'$(inbound i $B stop)'"
	[ "$status" -eq 74 ]
	run_msg bash -c "msg-optin verify >/dev/full"
	[ "$status" -eq 74 ]
	run_msg bash -c "msg-optin show >/dev/full"
	[ "$status" -eq 74 ]
	run_msg bash -c "msg-optin check >&- <<<'$(message m $B)'"
	[ "$status" -eq 74 ]
}

@test "a store that cannot be written is an error, and nothing is said" {
	mkdir -p "$XDG_STATE_HOME"
	echo "in the way" >"$XDG_STATE_HOME/msg"
	run_msg msg-optin out $A
	[ "$status" -eq 73 ]
	[ -z "$output" ]
	keywords "$(inbound i $A stop)"
	[ "$status" -eq 73 ]
	[ -z "$output" ]
}

@test "a damaged store stops check: nobody is let through unasked" {
	mkdir -p "$XDG_STATE_HOME/msg"
	head -c 8192 /dev/zero | tr '\0' x >"$XDG_STATE_HOME/msg/msg.db"
	check "$(message m $A)"
	[ "$status" -eq 73 ]
	[ -z "$output" ]
}
