# What an advertisement must have in it, and must not: put in, or refused for that leg.
load helper

setup() {
	msg_setup
	mkdir -p "$XDG_CONFIG_HOME/msg"
	printf 'policy: policy.yaml\naccounts: {show: {provider: exec, command: "cat >>%s/sent; echo >>%s/sent"}}\nchannels: {sms: {via: show, from: "+15550001111"}, email: {via: show, from: "a@example.org"}, kakao: {via: show, from: shop}}\n' "$HOME" "$HOME" \
		>"$XDG_CONFIG_HOME/msg/config.yaml"
	policy ''
}

# Nobody is asked for consent here, and every hour is open.
policy() { printf 'purposes: {marketing: {require: none}}\nhours: {law: false}\n%s\n' "$1" >"$XDG_CONFIG_HOME/msg/policy.yaml"; }

# offer TO TEXT [MEMBERS]: an advertisement; what was sent is in $sent.
offer() {
	rm -f sent
	jq -cn --arg to "$1" --arg text "$2" "{id: \"m$RANDOM$RANDOM\", to: \$to, text: \$text, purpose: \"marketing\"} + {${3:-}}" >in
	run_msg msg-send <in
	sent=$([[ ! -e sent ]] || jq -r .text sent)
}

@test "how to opt out is put below, in the message's language, unless it is there" {
	offer sms:+447700900001 "20 % off today"
	[ "$status" -eq 0 ]
	[ "$sent" = $'20 % off today\nReply STOP to opt out' ]
	[ "$(json .changes)" = '["content-added"]' ]
	offer sms:+34612345678 "Hoy 20 % menos" 'lang: "es"'
	[ "$sent" = $'Hoy 20 % menos\nResponde BAJA para no recibir más' ]
	for text in "20 % off. STOP to end" "Offer! To unsubscribe go to shop.example/u" "Oferta. Para darte de baja, responde BAJA"; do
		offer sms:+447700900001 "$text"
		[ "$sent" = "$text" ]
	done
	offer sms:+447700900001 "Don't miss it, stop by today"
	[ "$sent" = $'Don\'t miss it, stop by today\nReply STOP to opt out' ]
}

@test "only advertising, and only where it is asked for" {
	rm -f sent
	run_msg msg-send sms:+447700900001 "Your ride is outside"
	[ "$(jq -r .text sent)" = "Your ride is outside" ]
	offer mailto:ana@example.org "20 % off" 'subject: "Offer"'
	[ "$sent" = "20 % off" ]
	policy 'content: {law: false}'
	offer sms:+447700900001 "20 % off today"
	[ "$sent" = "20 % off today" ]
	policy 'content: {allow: [optout]}'
	offer sms:+447700900001 "20 % off today"
	[ "$sent" = "20 % off today" ]
}

@test "labels: in front of a text, and of a mail's subject" {
	policy 'content: {optout: "080-123-4567"}'
	offer sms:+821012345678 "오늘만 20 % 할인" 'lang: "ko"'
	[ "$sent" = $'(광고) 오늘만 20 % 할인\n080-123-4567' ]
	offer sms:+821012345678 "(광고) 오늘만 20 % 할인 080-123-4567"
	[ "$sent" = "(광고) 오늘만 20 % 할인 080-123-4567" ]
	offer sms:+6591234567 "20 % off"
	[ "$sent" = $'<ADV> 20 % off\n080-123-4567' ]
	offer sms:+84912345678 "[QC] 20 % off 080-123-4567"
	[ "$sent" = "[QC] 20 % off 080-123-4567" ]
	rm -f sent
	run_msg msg-send <<<'{"id":"k","to":{"id":"a","addresses":{"email":"a@example.kr"},"attributes":{"country":"KR"}},"subject":"할인","text":"오늘만","purpose":"marketing"}'
	[ "$(jq -r '[.subject, .text] | join("|")' sent)" = "(광고) 할인|오늘만" ]
}

@test "who writes is said, unless a name is the sender; a name takes no STOP" {
	policy 'content: {sender: Corner Shop}'
	offer sms:+447700900001 "20 % off. STOP to end"
	[ "$sent" = "Corner Shop: 20 % off. STOP to end" ]
	offer sms:+447700900001 "corner-shop has 20 % off. STOP to end"
	[ "$sent" = "corner-shop has 20 % off. STOP to end" ]
	offer sms:+447700900001 "20 % off. STOP to end" 'from: "CORNER"'
	[ "$status" -eq 1 ]
	[ "$(json '[.status, .error.class, .error.code, .error.text]')" = '["failed","content","optout","optout: the sender is a name, which takes no STOP: content.optout must say how to opt out"]' ]
	policy 'content: {sender: Corner Shop, optout: {en: "Out: shop.example/o", es: "Baja: shop.example/b"}}'
	offer sms:+447700900001 "20 % off" 'from: "CORNER"'
	[ "$sent" = $'20 % off\nOut: shop.example/o' ]
	offer sms:+8613812345678 "八折"
	[ "$sent" = $'【Corner Shop】八折\nOut: shop.example/o' ]
}

@test "links that are not let through, and links that hide where they lead" {
	offer sms:+971501234567 "20 % off https://shop.example/x STOP"
	[ "$status" -eq 1 ]
	[ "$(json '[.error.class, .error.code, .error.text]')" = "[\"content\",\"url\",\"AE/no-url: has a link to 'shop.example'\"]" ]
	offer sms:+12125550123 "20 % off bit.ly/abc Reply STOP"
	[ "$(json '[.error.code, .error.text]')" = "[\"shortener\",\"US/no-shortener: hides a link behind 'bit.ly'\"]" ]
	offer sms:+12125550123 "20 % off, 3.50 each, at shop.example/x Reply STOP"
	[ "$status" -eq 0 ]
	policy 'content: {allow: AE/no-url}'
	offer sms:+971501234567 "20 % off https://shop.example/x STOP"
	[ "$status" -eq 0 ]
}

@test "the next leg may be another matter" {
	policy 'rules: [{channels: [sms, email]}]'
	rm -f sent
	run_msg msg-send <<<'{"id":"m","to":{"id":"a","addresses":{"sms":"+971501234567","email":"a@example.org"}},"text":"see https://shop.example/x STOP","purpose":"marketing"}'
	[ "$status" -eq 0 ]
	[ "$(jq -r .channel sent)" = email ]
}

@test "rules of the policy: words that are banned and words that must be there" {
	policy 'content:
  rules:
  - {name: no hype, ban: [free money, "100 % safe"], purpose: [marketing, transactional]}
  - {name: no shouting, regex: "!{3}"}
  - {name: terms, in: GB, need: [terms apply, T&Cs apply], add: "T&Cs apply"}
  - {name: age, topic: drinks, need: "18+"}
  - {name: short, channel: sms, shorteners: false, purpose: transactional}'
	offer sms:+447700900001 "Free MONEY for you STOP"
	[ "$(json '[.error.class, .error.code, .error.text]')" = "[\"content\",\"banned\",\"no hype: has 'free money'\"]" ]
	offer sms:+447700900001 "Now!!! STOP"
	[ "$(json .error.code)" = '"banned"' ]
	offer sms:+447700900001 "20 % off STOP"
	[ "$sent" = $'20 % off STOP\nT&Cs apply' ]
	offer sms:+447700900001 "20 % off, terms apply. STOP"
	[ "$sent" = "20 % off, terms apply. STOP" ]
	offer sms:+34612345678 "Vino STOP" 'topic: "drinks"'
	[ "$(json '[.error.code, .error.text]')" = '["need","age: what it must say is missing"]' ]
	run_msg msg-send sms:+447700900001 "see tinyurl.com/x"
	[ "$(json .error.code)" = '"shortener"' ]
}

@test "msg-route says so beforehand, and explain what will be added" {
	run_msg msg-route <<<'{"id":"m","to":"sms:+971501234567","text":"20 % off https://shop.example/x STOP","purpose":"marketing"}'
	[ "$status" -eq 1 ]
	[ "$(json '[.status, .error.class, .error.code]')" = '["failed","content","url"]' ]
	run_msg msg-route explain <<<'{"to":"sms:+6591234567","text":"20 % off","purpose":"marketing"}'
	[[ $output == *"adds optout, SG/label"* ]]
	run_msg msg-route <<<'{"id":"m","to":"sms:+6591234567","text":"20 % off","purpose":"marketing"}'
	[ "$(json .text)" = '"20 % off"' ]
}

@test "a dry run shows the words as they would go" {
	run_msg msg-send -n --purpose marketing sms:+447700900001 "20 % off"
	[[ $output == *"Reply STOP to opt out"* ]]
}

@test "mistakes are named" {
	policy $'content:\n  rules:\n  - {need: x, ban: y}'
	run_msg msg-route check
	[ "$status" -eq 78 ]
	[[ $stderr == *"policy.yaml:5: content.rules[0]: wants one of need, ban (or regex), links: false and shorteners: false" ]]
	policy 'content: {allow: [XX/label]}'
	run_msg msg-route check
	[[ $stderr == *"content.allow[0]: not a row of the table such as AE/no-url: 'XX/label'" ]]
	policy 'content: {rules: [{regex: "("}]}'
	run_msg msg-route check
	[[ $stderr == *"content.rules[0].regex: not a regular expression: "* ]]
}
