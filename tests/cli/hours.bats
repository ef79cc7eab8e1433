# Hours: what may not arrive now waits, wherever the message comes from, and everybody can see which row says so.
load helper

setup() {
	msg_setup
	stop_clock
	mkdir -p "$XDG_CONFIG_HOME/msg"
	printf 'contacts: contacts.yaml\npolicy: policy.yaml\n' >"$XDG_CONFIG_HOME/msg/config.yaml"
	cat >"$XDG_CONFIG_HOME/msg/contacts.yaml" <<-'EOF'
		contacts:
		  fay: {addresses: {sms: "+13055550123", email: fay@example.org}}
		  ana: {tz: Europe/Madrid, addresses: {sms: "+34612340001"}}
		  abe: {addresses: {sms: "+19155550123"}, attributes: {state: TX, country: US}}
		  ida: {addresses: {sms: "+12085550123"}}
		  zip: {addresses: {sms: "+12125550123"}, attributes: {country: US, postal_code: "32501"}}
	EOF
	policy ''
}

# policy TEXT: advertising needs no consent here, so that hours alone decide.
policy() { printf 'purposes: {marketing: {require: none, channels: [sms, email]}}\n%s\n' "$1" >"$XDG_CONFIG_HOME/msg/policy.yaml"; }


# offer ID TO [MEMBERS]
offer() { printf '{"id":"%s","to":"%s","text":"Sale","purpose":"marketing"%s}\n' "$1" "$2" "${3:+,$3}"; }

@test "msg-route says from when on, which row says so, and in which zone" {
	at '2026-12-01 02:00:00' msg-route < <(offer m1 fay)
	[ "$status" -eq 0 ]
	[ "$(json '[.at, (.plan[0].hours | del(.version))]')" = '["2026-12-01T13:00:00.000Z",{"row":"US-FL","zone":"America/New_York","by":"area-code","until":"2026-12-01T13:00:00.000Z"}]' ]
	[[ $(json '.plan[0].hours.version') == '"20'[0-9][0-9]-[01][0-9]', tzdata 20'* ]]
	[ "$(json '.plan[1] | has("hours")')" = false ]
	at '2026-12-01 13:00:00' msg-route < <(offer m1 fay)
	[ "$(json 'has("at")')" = false ]
	at '2026-12-01 00:59:59' msg-route < <(offer m1 fay)
	[ "$(json 'has("at")')" = false ]
	# A time that was asked for counts when it is later, and is moved when it is closed itself.
	at '2026-12-01 02:00:00' msg-route < <(offer m1 fay '"at":"2026-12-02T15:00:00Z"' && offer m2 fay '"at":"2026-12-03T03:00:00Z"')
	[ "$(json .at)" = $'"2026-12-02T15:00:00Z"\n"2026-12-03T13:00:00.000Z"' ]
}

@test "explain names the rows that hold, closed or not" {
	at '2026-12-01 02:00:00' msg-route explain < <(offer m1 fay)
	[[ $output == *"in the waterfall of 'marketing'; adds optout; held: quiet hours of US-FL (America/New_York) until 2026-12-01T13:00Z"* ]]
	at '2026-12-01 17:00:00' msg-route explain < <(offer m1 abe)
	[[ $output == *"in the hours of US-TX, US"* ]]
	at '2026-12-01 15:00:00' msg-route explain --json < <(offer m1 zip)
	[ "$(json '.why[0].reason')" = '"in the waterfall of '"'marketing'"'; adds optout; in the hours of US-FL, US-NY, US"' ]
}

@test "the zone is the best that is known, and of several all must be open" {
	# Texas by its state has two zones; the area code is El Paso's.
	at '2026-12-01 15:30:00' msg-route < <(offer m1 abe)
	[ "$(json .at)" = '"2026-12-01T16:00:00.000Z"' ]
	# Idaho: Boise at eight is Coeur d'Alene at seven.
	at '2026-12-01 15:30:00' msg-route < <(offer m1 ida)
	[ "$(json '[.at, .plan[0].hours.zone]')" = '["2026-12-01T16:00:00.000Z","America/Los_Angeles"]' ]
	# Pensacola by its postal code is on Central time, with a number of New York.
	at '2026-12-01 13:30:00' msg-route < <(offer m1 zip)
	[ "$(json '[.at, .plan[0].hours.zone]')" = '["2026-12-01T14:00:00.000Z","America/Chicago"]' ]
}

@test "what is closed is held in the outbox with its reason, and goes when it opens" {
	at '2026-12-01 02:00:00' msg-send < <(offer m1 fay)
	[ "$status" -eq 0 ]
	[ "$(json '[.status, .error.class, .error.code, .hours.row, .hours.until]')" = '["held","policy","quiet-hours","US-FL","2026-12-01T13:00:00.000Z"]' ]
	[[ $(json .error.text) == '"quiet hours of US-FL (America/New_York) until 2026-12-01T13:00Z"' ]]
	at '2026-12-01 12:59:59' msg-send --flush
	[ -z "$output" ]
	at '2026-12-01 13:00:00' msg-send --flush
	[ "$(json '[.message, .status]')" = '["m1","accepted"]' ]
}

@test "what msg-route has put off is held with the same reason" {
	at '2026-12-01 02:00:00' bash -c 'msg-route | msg-send' < <(offer m1 fay)
	[ "$(json '[.status, .error.code, .hours.row, .hours.by]')" = '["held","quiet-hours","US-FL","area-code"]' ]
	at '2026-12-01 13:00:00' msg-send --flush
	[ "$(json '[.message, .status]')" = '["m1","accepted"]' ]
}

@test "msg-send asks again, whatever the plan says" {
	at '2026-12-01 02:00:00' msg-send <<<'{"id":"m1","to":"fay","text":"x","purpose":"marketing","plan":[{"channel":"sms","address":"sms:+13055550123"}]}'
	[ "$(json '[.status, .hours.row]')" = '["held","US-FL"]' ]
	at '2026-12-01 02:00:00' msg-send --enqueue < <(offer m2 fay)
	[ "$(json .status)" = '"queued"' ]
	at '2026-12-01 02:00:05' msg-send --flush
	[ "$(json '[.message, .status]')" = '["m2","held"]' ]
	at '2026-12-01 15:00:00' msg-send --flush
	[ "$(json 'select(.status == "accepted") | [.message, .status]' | sort)" = $'["m1","accepted"]\n["m2","accepted"]' ]
}

@test "what would have expired goes by the next leg, or ends" {
	at '2026-12-01 02:00:00' msg-send < <(offer m1 fay '"expires":"2026-12-01T06:00:00Z"')
	[ "$(json '[.leg, .channel, .status, .error.class, .error.code]')" = '[0,"sms","failed","policy","quiet-hours"]
[1,"email","accepted",null,null]' ]
	policy 'rules: [{channels: [sms]}]'
	at '2026-12-01 02:00:00' msg-send < <(offer m2 fay '"expires":"2026-12-01T06:00:00Z"')
	[ "$status" -eq 1 ]
	[ "$(json '[.status, .error.class, .error.code]')" = '["expired","timeout","quiet-hours"]' ]
}

@test "only advertising is bound by the law, and not by mail" {
	at '2026-12-01 02:00:00' msg-route <<<'{"to":"fay","text":"x"}
{"to":"mailto:fay@example.org","text":"x","purpose":"marketing"}
{"to":"ana","text":"x","purpose":"marketing"}'
	[ "$status" -eq 0 ]
	[ "$(json 'has("at")' | sort -u)" = false ]
	at '2026-12-01 02:00:00' msg-route < <(offer m1 fay '"urgency":"critical"')
	[ "$(json .at)" = '"2026-12-01T13:00:00.000Z"' ]
}

@test "hours of the policy hold for what it says; what is urgent goes, and the receipt says that it did" {
	policy 'hours: {rules: [{name: office, in: ES, purpose: [transactional, otp], mon-fri: 09:00-13:00 16:00-20:00, holidays: closed}]}'
	at '2026-12-01 12:30:00' msg-send <<<'{"id":"m1","to":"ana","text":"x"}'
	[ "$(json '[.status, (.hours | del(.version))]')" = '["held",{"row":"office","zone":"Europe/Madrid","by":"tz","until":"2026-12-01T15:00:00.000Z"}]' ]
	# The 8th of December is a holiday.
	at '2026-12-07 19:30:00' msg-route <<<'{"id":"m1","to":"ana","text":"x"}'
	[ "$(json .at)" = '"2026-12-09T08:00:00.000Z"' ]
	at '2026-12-01 12:30:00' msg-send <<<'{"id":"m2","to":"ana","text":"x","purpose":"otp"}
{"id":"m3","to":"ana","text":"x","urgency":"critical"}'
	[ "$(json '[.message, .status, (.hours | del(.version))]')" = '["m2","accepted",{"row":"office","zone":"Europe/Madrid","by":"tz","bypass":"otp"}]
["m3","accepted",{"row":"office","zone":"Europe/Madrid","by":"tz","bypass":"critical"}]' ]
	at '2026-12-01 12:30:00' msg-route <<<'{"id":"m2","to":"ana","text":"x","purpose":"otp"}'
	[ "$(json '[has("at"), .plan[0].hours.bypass]')" = '[false,"otp"]' ]
}

@test "a policy overrides a row, lets the law go, heeds advice, and knows more holidays" {
	policy 'hours: {rules: [{name: agreed, in: US-FL, daily: 06:00-23:00, override: true}]}'
	at '2026-12-01 01:30:00' msg-route < <(offer m1 fay)
	[ "$(json 'has("at")')" = false ]
	policy 'hours: {law: false}'
	at '2026-12-01 02:00:00' msg-route < <(offer m1 fay)
	[ "$(json 'has("at")')" = false ]
	policy 'hours: {advice: true, holidays: fiestas.tsv}'
	printf 'ES\t12-03\tSan Francisco Javier\n' >"$XDG_CONFIG_HOME/msg/fiestas.tsv"
	at '2026-12-02 20:00:00' msg-route < <(offer m1 ana)
	[ "$(json '[.at, .plan[0].hours.row]')" = '["2026-12-04T08:00:00.000Z","ES"]' ]
	printf 'ES\tmañana\tx\n' >"$XDG_CONFIG_HOME/msg/fiestas.tsv"
	run_msg msg-route check
	[ "$status" -eq 78 ]
	[[ $stderr == *"fiestas.tsv:1: not a holiday such as ES, a tab, 12-08: 'ES' 'mañana'" ]]
}

@test "the quiet hours that somebody wants hold for all but what is urgent" {
	msg-optin prefs ana --quiet-hours 22:00-08:00 >/dev/null
	at '2026-12-01 02:00:00' msg-route <<<'{"id":"m1","to":"ana","text":"Your bill"}
{"id":"m2","to":"ana","text":"123456","purpose":"otp"}
{"id":"m3","to":"ana","text":"An answer","purpose":"service"}'
	[ "$(json '[.id, .at, .plan[0].hours.row, .plan[0].hours.bypass]')" = '["m1","2026-12-01T07:00:00.000Z","the person",null]
["m2",null,"the person","otp"]
["m3",null,null,null]' ]
	at '2026-12-01 02:00:00' msg-send <<<'{"id":"m4","to":"ana","text":"Your bill"}'
	[ "$(json '[.status, .hours.row, .hours.zone]')" = '["held","the person","Europe/Madrid"]' ]
	at '2026-12-01 07:00:00' msg-send --flush
	[ "$(json '[.message, .status]')" = '["m4","accepted"]' ]
}

@test "hours can end earlier, for what a carrier may take" {
	policy 'hours: {margin: 10m}'
	at '2026-12-02 00:49:59' msg-route < <(offer m1 fay)
	[ "$(json 'has("at")')" = false ]
	at '2026-12-02 00:50:00' msg-route < <(offer m1 fay)
	[ "$(json .at)" = '"2026-12-02T13:00:00.000Z"' ]
	policy 'hours: {margin: 10m, rules: [{name: always, in: ES, daily: any}]}'
	at '2026-12-01 22:55:00' msg-route < <(offer m1 ana)
	[ "$(json 'has("at")')" = false ]
	policy 'hours: {margin: 1d}'
	run_msg msg-route check
	[ "$status" -eq 78 ]
	[[ $stderr == *"hours.margin: not a duration such as 10m, of six hours at most" ]]
}

@test "nobody is written to when no hour is open" {
	policy 'hours: {rules: [{name: shut, in: ES, daily: closed}, {name: far, purpose: service, daily: 09:00-18:00}]}'
	at '2026-12-01 12:00:00' msg-route < <(offer m1 ana)
	[ "$status" -eq 1 ]
	[ "$(json '[.status, .error.class, .error.code, .error.text]')" = '["blocked","policy","quiet-hours","quiet hours of shut: no hour is open"]' ]
	at '2026-12-01 12:00:00' msg-send <<<'{"to":"fcm:abc","text":"x","purpose":"service"}'
	[ "$status" -eq 1 ]
	[[ $(json .error.text) == '"quiet hours of far: no hour is open everywhere, and nobody knows where they are"' ]]
}

@test "without the time zone database nothing is sent by guess, and it is said what is missing" {
	policy 'rules: [{channels: [sms]}]'
	export TZDIR=/nonexistent
	at '2026-12-01 15:00:00' msg-route < <(offer m1 fay)
	[ "$status" -eq 1 ]
	[ "$(json '[.status, .error.code]')" = '["blocked","quiet-hours"]' ]
	[[ $(json .error.text) == *": no hour is open everywhere, and this machine has no time zones (tzdata)\"" ]]
}

@test "the law counts: three in a day of one topic, and the fourth waits for its hour" {
	policy 'rules: [{channels: [sms]}]'
	for hour in 14 15 16; do
		at "2026-12-01 $hour:00:00" msg-send < <(offer "m$hour" fay '"topic":"shoes"')
		[ "$(json .status)" = '"accepted"' ]
	done
	at '2026-12-01 17:00:00' msg-send < <(offer m17 fay '"topic":"shoes"' && offer m18 fay '"topic":"hats"' && offer m19 ida '"topic":"shoes"')
	[ "$(json '[.message, .status, .error.code]')" = '["m17","held","cap"]
["m18","accepted",null]
["m19","accepted",null]' ]
	[[ $(json .error.text) == *"US-FL lets 3 in 1d through, until 2026-12-02T14:0"* ]]
	at '2026-12-01 23:00:00' msg-route explain < <(offer m20 fay '"topic":"shoes"')
	[[ $output == *"held: US-FL lets 3 in 1d through, until 2026-12-02T14:0"* ]]
	at '2026-12-02 14:01:00' msg-send --flush
	[ "$(json 'select(.message == "m17") | .status')" = '"accepted"' ]
}

@test "digest: what was held for somebody goes as one message when it opens" {
	policy $'rules: [{channels: [sms]}]\nhours: {digest: true}'
	at '2026-12-01 02:00:00' msg-send < <(offer m1 fay '"topic":"shoes"' && offer m2 fay '"topic":"hats"' && offer m3 zip)
	at '2026-12-01 03:00:00' bash -c 'msg-route | msg-send' < <(offer m4 fay '"topic":"bags"')
	[ "$(json '[.status, .hours.row]')" = '["held","US-FL"]' ]
	msg-optin out fay --topic hats >/dev/null
	at '2026-12-01 13:00:00' msg-send --flush
	[ "$(json '[.message, .status, .digest, .error.code]' | sort)" = '["m1","accepted",null,null]
["m2","blocked",null,"opted-out"]
["m4","accepted","m1",null]' ]
}

@test "digest: one request, with the words of all" {
	carrier_start -a '{"path":"/","status":200}'
	cat >>"$XDG_CONFIG_HOME/msg/config.yaml" <<-EOF
		channels: {sms: {via: [hook], overflow: split}}
		accounts: {hook: {provider: webhook, url: "$CARRIER/sms"}}
	EOF
	policy $'rules: [{channels: [sms]}]\nhours: {digest: marketing}'
	for i in 1 2 3; do
		at '2026-12-01 02:00:00' msg-send <<<'{"id":"m'$i'","to":"fay","text":"Sale '$i'","purpose":"marketing"}'
	done
	at '2026-12-01 13:00:00' msg-send --flush
	[ "$(json '[.message, .status, .digest]')" = '["m1","accepted",null]
["m2","accepted","m1"]
["m3","accepted","m1"]' ]
	[ "$(wc -l <"$CARRIER_RECORD")" -eq 1 ]
	[ "$(jq -r '.body | fromjson | .text' "$CARRIER_RECORD")" = $'Sale 1\n\nSale 2\n\nSale 3\nReply STOP to opt out' ]
	at '2026-12-01 14:00:00' msg-send --flush
	[ -z "$output" ]
	[ "$(wc -l <"$CARRIER_RECORD")" -eq 1 ]
}

@test "digest: each message has the news of the one that carried it, in whatever order they are heard" {
	carrier_start -a '{"path":"/","status":200}'
	cat >>"$XDG_CONFIG_HOME/msg/config.yaml" <<-EOF
		channels: {sms: {via: [hook], overflow: split}}
		accounts: {hook: {provider: webhook, url: "$CARRIER/sms"}}
	EOF
	policy $'rules: [{channels: [sms]}]\nhours: {digest: marketing}'
	at '2026-12-01 02:00:00' msg-send < <(offer m1 fay '"topic":"shoes"' && offer m2 fay '"topic":"hats"' && offer m3 fay)
	printf '%s\n' "$output" | msg-receipts record >/dev/null
	at '2026-12-01 13:00:00' msg-send --flush
	local sent=$output news='{"type":"receipt","message":"m1","leg":0,"channel":"sms","contact":"fay","address":"sms:+13055550123","status":"%s","time":"2026-12-01T13:0%d:00Z"}\n'
	# Of the third one is heard after the carrier has arrived.
	run_msg msg-receipts record < <(grep -v '"m3"' <<<"$sent" && printf "$news" delivered 1 && grep '"m3"' <<<"$sent")
	[ "$(json '[.message, .status, .digest, .topic]')" = '["m1","accepted",null,"shoes"]
["m2","accepted","m1","hats"]
["m1","delivered",null,null]
["m2","delivered","m1","hats"]
["m3","accepted","m1",null]
["m3","delivered","m1",null]' ]
	run_msg msg-receipts record < <(printf "$news" delivered 1; printf "$news" read 2)
	[ "$(json '[.message, .status]' | paste -sd' ')" = '["m1","delivered"] ["m1","read"] ["m2","read"] ["m3","read"]' ]
	run_msg msg-receipts show m2
	[[ $output == *"leg 0  sms via hook  read "* ]]
	[[ $output == *"went with m1"* ]]
	run_msg msg-receipts show --json m3
	[ "$(json '[.status, .digest]' | paste -sd' ')" = '["held",null] ["accepted","m1"] ["delivered","m1"] ["read","m1"]' ]
	run_msg msg-receipts report --json
	[ "$(json .read | head -1)" = 3 ]
}

@test "digest: whom the carrier's end leaves behind goes alone" {
	policy $'rules: [{channels: [sms]}]\nhours: {digest: true}'
	at '2026-12-01 02:00:00' msg-send < <(offer m1 fay && offer m2 fay '"expires":"2026-12-01T14:00:00Z"' && offer m3 fay)
	at '2026-12-01 02:30:00' msg-send --cancel m1
	at '2026-12-01 15:00:00' msg-send --flush
	[ "$(json '[.message, .status, .digest]' | sort)" = '["m2","expired",null]
["m3","accepted",null]' ]
	# Too long together: each for itself.
	long=$(printf 'x%.0s' {1..1000})
	at '2026-12-02 06:00:00' msg-send <<<'{"id":"n1","to":"ida","text":"'"$long"'","purpose":"marketing"}
{"id":"n2","to":"ida","text":"'"$long"'","purpose":"marketing"}'
	at '2026-12-02 17:00:00' msg-send --flush
	[ "$(json 'select(.message[0:1] == "n") | [.message, .status]' | sort | uniq)" = '["n1","accepted"]
["n2","accepted"]' ]
}

@test "digest: a transactional message of the policy's hours is not mixed with offers" {
	policy 'hours: {digest: true, rules: [{name: office, purpose: [transactional, marketing], mon-fri: 09:00-20:00}]}'
	at '2026-12-01 02:00:00' msg-send < <(offer m1 fay && echo '{"id":"m2","to":"sms:+13055550123","text":"x"}' && echo '{"id":"m3","to":"fay","text":"Bill","plan":[{"channel":"sms","address":"sms:+13055550123"}]}')
	[ "$(json .status | sort -u)" = '"held"' ]
	at '2026-12-01 14:00:00' msg-send --flush
	[ "$(json '[.message, .status, .digest]' | sort)" = '["m1","accepted",null]
["m2","accepted",null]
["m3","accepted","m2"]' ]
}

@test "nobody waits for hours that do not open in time; a dry run says what would be" {
	SECONDS=0
	at '2026-12-01 02:00:00' msg-send --wait=60s < <(offer m1 fay)
	[ "$(json .status)" = '"held"' ]
	[ "$SECONDS" -lt 20 ]
	at '2026-12-01 02:00:00' msg-send -n < <(offer m2 fay)
	[[ $output == *"# would be held: quiet hours of US-FL (America/New_York) until 2026-12-01T13:00Z"* ]]
	policy 'hours: {rules: [{name: shut, in: ES, daily: closed, purpose: [marketing, transactional]}]}'
	at '2026-12-01 02:00:00' msg-send -n < <(offer m3 ana && echo '{"to":"ana","text":"x","urgency":"critical"}')
	[[ $output == *"# would be blocked: quiet hours of shut: no hour is open"* || $output == *": no channel: quiet hours of shut: no hour is open"* ]]
	[[ $output == *"# critical goes in quiet hours of shut"* ]]
}
