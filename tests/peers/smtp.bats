# Mail through a real server: what msg-send hands over is read back with Python's email package.

load ../cli/helper

PEERS="$ROOT/tests/peers"
PYTHON=/usr/bin/python3
[[ -x $PYTHON ]] || PYTHON=python3

setup() {
	"$PYTHON" -c 'import aiosmtpd' 2>/dev/null || skip "aiosmtpd is not installed"
	msg_setup
	export SMTP_PASSWORD=correct-horse
}

teardown() {
	carrier_stop
	[[ -z ${SMTPD_PID:-} ]] || kill "$SMTPD_PID" 2>/dev/null || true
}

# smtpd [OPTION ...]: a server of its own for this test; sets PORT.
smtpd() {
	mkdir -p mails
	"$PYTHON" "$PEERS/smtpd.py" --port-file port --dir mails "$@" </dev/null >smtpd.out 2>&1 3>&- &
	SMTPD_PID=$!
	if ! wait_for smtpd_is_up; then
		cat smtpd.out >&2
		return 1
	fi
	PORT=$(<port)
	export MSG_CONFIG="$HOME/config.yaml"
	account "url: \"smtp://127.0.0.1:$PORT\""
}

smtpd_is_up() {
	[[ -s port ]] || ! kill -0 "$SMTPD_PID" 2>/dev/null
	[[ -s port ]]
}

# account SETTING ...: the account that mail goes through.
account() {
	{
		printf 'channels:\n  email: {from: "Clínica Ñu, S.A. <noreply@clinic.example>"}\n'
		printf 'accounts:\n  mail:\n    provider: smtp\n'
		printf '    %s\n' "$@"
	} >config.yaml
}

certificate() {
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout key.pem -out cert.pem -subj /CN=localhost \
		-addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' 2>/dev/null
}

# send LINE: a message line through msg-send.
send() {
	printf '%s\n' "$1" >line
	run_msg msg-send <line
}

# mail N [FILTER]: the Nth mail as read back.
mail() {
	"$PYTHON" "$PEERS/mail.py" "mails/$1.eml" | jq -c "${2:-.}"
}

@test "subject, names and text arrive in any language" {
	smtpd
	send '{"id":"m1","to":{"id":"ana","name":"Núñez, Ana 明日","addresses":{"email":"ana@example.org"}},"subject":"Mañana a las 9: ¿está bien? Дякую. 明日の予約についてのお知らせです","text":"Hasta mañana.\nΩ 😀","lang":"es"}'
	[ "$status" -eq 0 ]
	[ "$(json '[.status,.via,.provider_id|tostring]|.[0:2]')" = '["accepted","mail"]' ]
	same_json "$(cat mails/1.json | jq '{from,to,tls,user}')" '{"from":"noreply@clinic.example","to":["ana@example.org"],"tls":false,"user":null}'
	same_json "$(mail 1 .names)" '{"From":[["Clínica Ñu, S.A.","noreply@clinic.example"]],"To":[["Núñez, Ana 明日","ana@example.org"]]}'
	[ "$(mail 1 .headers.Subject)" = '"Mañana a las 9: ¿está bien? Дякую. 明日の予約についてのお知らせです"' ]
	[ "$(mail 1 '.parts[0].text')" = '"Hasta mañana.\nΩ 😀"' ]
	[ "$(mail 1 '.headers["Auto-Submitted","Content-Language","MIME-Version"]' | paste -sd' ')" = '"auto-generated" "es" "1.0"' ]
	[ "$(mail 1 '.headers["Message-ID"]')" = "\"<$(jq -r .provider_id <<<"$output")>\"" ]
	# The Date is now, to a minute.
	"$PYTHON" -c 'import sys, datetime as d; t = d.datetime.fromisoformat(sys.argv[1]); sys.exit(abs((d.datetime.now(d.timezone.utc) - t).total_seconds()) > 60)' "$(mail 1 .date | tr -d '"')"
	[ "$(mail 1 '[.faults,.twice]')" = '[[],[]]' ]
}

@test "text, HTML and attachments: every byte as it was" {
	smtpd
	carrier_start -a '{"status":200,"body":"%PDF-1.4 more"}'
	echo 'media: {allow: [127.0.0.1]}' >>config.yaml
	head -c 300001 /dev/urandom >blob.bin
	printf '\x89PNG\r\n\x1a\n.\r\n..\r\n' >'Größe & Maß „1“ – eine wirklich lange Beschreibung des Bildes.png'
	: >empty.txt
	printf 'BEGIN:VCALENDAR\nEND:VCALENDAR\n' >termin.ics
	send '{"to":"mailto:ana@example.org","text":"plain","html":"<p>Größe</p>","media":[{"path":"blob.bin"},{"path":"Größe & Maß „1“ – eine wirklich lange Beschreibung des Bildes.png"},{"path":"empty.txt"},{"path":"termin.ics"},{"url":"'"$CARRIER"'/more"},{"path":"blob.bin","type":"application/x-blob"}]}'
	[ "$status" -eq 0 ]
	[ "$(mail 1 .structure)" = '["multipart/mixed","multipart/alternative","text/plain","text/html","application/octet-stream","image/png","text/plain","text/calendar","application/pdf","application/x-blob"]' ]
	[ "$(mail 1 '[.parts[].name]')" = '[null,null,"blob.bin","Größe & Maß „1“ – eine wirklich lange Beschreibung des Bildes.png","empty.txt","termin.ics","more.pdf","blob.bin"]' ]
	[ "$(mail 1 '[.parts[2:][].disposition]|unique')" = '["attachment"]' ]
	[ "$(mail 1 '[.parts[0,1].text]')" = '["plain\n","<p>Größe</p>\n"]' ]
	[ "$("$PYTHON" "$PEERS/mail.py" mails/1.eml --part 6)" = '%PDF-1.4 more' ]
	"$PYTHON" "$PEERS/mail.py" mails/1.eml --part 2 | cmp - blob.bin
	"$PYTHON" "$PEERS/mail.py" mails/1.eml --part 3 | cmp - "$(ls ./*.png)"
	"$PYTHON" "$PEERS/mail.py" mails/1.eml --part 4 | cmp - empty.txt
	"$PYTHON" "$PEERS/mail.py" mails/1.eml --part 5 | cmp - termin.ics
	[ "$(mail 1 .faults)" = '[]' ]
}

@test "a picture that the HTML shows is part of it, and a text for those who see none stands beside" {
	smtpd
	printf '\x89PNG\r\n\x1a\n' >logo.png
	printf '%%PDF-1.4' >plan.pdf
	send '{"to":"mailto:ana@example.org","text":"plain","html":"<img src=\"cid:logo.png\"><img src=cid:again>","media":[{"path":"logo.png"},{"path":"plan.pdf"},{"path":"logo.png","cid":"again"}]}'
	[ "$status" -eq 0 ]
	[ "$(mail 1 .structure)" = '["multipart/mixed","multipart/alternative","text/plain","multipart/related","text/html","image/png","image/png","application/pdf"]' ]
	[ "$(mail 1 '[.parts[].disposition]')" = '[null,null,"inline","inline","attachment"]' ]
	# What the HTML names is what the parts are called.
	"$PYTHON" "$PEERS/mail.py" mails/1.eml --part 1 | grep -o 'cid:[^">]*' | sed 's/cid:/</; s/$/>/' >named
	[ "$(wc -l <named)" -eq 2 ]
	[ "$(mail 1 '[.parts[2,3].id]')" = "$(jq -Rcs 'split("\n")[:2]' named)" ]
	[ "$(mail 1 .faults)" = '[]' ]
}

@test "dots at the start of a line, long lines, blanks at the end, foreign line ends" {
	smtpd
	long=$(printf 'x%.0s' {1..5000})
	{
		jq -cn '{to:"mailto:a@example.org",text:".\n..\n.hidden\n\n.\nend"}'
		jq -cn '{to:"mailto:b@example.org",text:"ñ\n.\n..\n.hidden\n\n.\nend"}'
		jq -cn --arg long "$long" '{to:"mailto:c@example.org",subject:$long,text:($long + "\n" + $long)}'
		jq -cn '{to:"mailto:d@example.org",text:"a \nb\t\r\nc\rd\n\nFrom here = there\n--\n"}'
		jq -cn --arg long "明日$long" '{to:"mailto:e@example.org",text:($long + "明日" * 3000)}'
	} >lines
	run_msg msg-send -j 1 <lines
	[ "$status" -eq 0 ]
	[ "$(json .status | sort | uniq -c | tr -s ' ')" = ' 5 "accepted"' ]
	for n in 1 2 3 4 5; do
		[ "$(mail $n .faults)" = '[]' ]
		mail $n >"$(jq -r '.to[0][0:1]' mails/$n.json)"
	done
	[ "$(jq -c '.parts[0].text' a)" = '".\n..\n.hidden\n\n.\nend\n"' ]
	[ "$(jq -c '.parts[0].encoding' a)" = '"7bit"' ]
	[ "$(jq -c '.parts[0].text' b)" = '"ñ\n.\n..\n.hidden\n\n.\nend\n"' ]
	[ "$(jq -r '.parts[0].text' c)" = "$long"$'\n'"$long" ]
	[ "$(jq -r '.headers.Subject' c)" = "$long" ]
	[ "$(jq -c '.parts[0].text' d)" = '"a \nb\t\nc\nd\n\nFrom here = there\n--\n"' ]
	[ "$(jq -r '.parts[0].text' e)" = "$(jq -r 'select(.to=="mailto:e@example.org").text' lines)" ]
}

@test "marketing carries the way out, one click away" {
	smtpd
	account "url: \"smtp://127.0.0.1:$PORT\"" 'unsubscribe: "https://clinic.example/u?who={{address}}&what={{topic}}"'
	run_msg msg-optin in mailto:ana+x@example.org --topic news
	send '{"to":"mailto:ana+x@example.org","text":"New hours","purpose":"marketing","topic":"news"}'
	[ "$status" -eq 0 ]
	[ "$(mail 1 '.headers["List-Unsubscribe","List-Unsubscribe-Post"]' | paste -sd' ')" = '"<https://clinic.example/u?who=ana%2Bx%40example.org&what=news>" "List-Unsubscribe=One-Click"' ]
	send '{"to":"mailto:ana+x@example.org","text":"Your bill"}'
	[ "$(mail 2 '.headers["List-Unsubscribe"]')" = null ]
	# Without a place to unsubscribe it does not go out at all.
	account "url: \"smtp://127.0.0.1:$PORT\""
	send '{"to":"mailto:ana+x@example.org","text":"New hours","purpose":"marketing","topic":"news"}'
	[ "$status" -eq 1 ]
	[ "$(json '[.status,.error.class]')" = '["failed","content"]' ]
	[[ "$(json .error.text)" == *"marketing mail needs an https URL"* ]]
	[ ! -e mails/3.eml ]
}

@test "what the server says becomes the class of the receipt" {
	smtpd
	for name in nobody full busy grey spam large; do
		printf '{"id":"%s","to":"mailto:%s@example.org","text":"x"}\n' $name $name
	done >lines
	run_msg msg-send -j 1 <lines
	[ "$status" -eq 75 ]
	same_json "$(jq -cs 'map({(.message):[.status,.error.class,.error.code,.error.text]})|add' <<<"$output")" '{
		"nobody":["failed","invalid-address","5.1.1","no such mailbox here"],
		"full":["queued","unreachable","5.2.2","mailbox full"],
		"busy":["queued","provider","4.3.0","try again later"],
		"grey":["queued","rate","4.7.1","greylisted"],
		"spam":["failed","policy","5.7.1","looks like spam"],
		"large":["failed","content","5.3.4","too large for this mailbox"]}'
	# The connection is still good for the next one.
	send '{"to":"mailto:ana@example.org","text":"x"}'
	[ "$status" -eq 0 ]
}

@test "addresses beyond ASCII: a domain goes everywhere, a name before the @ where the server takes it" {
	smtpd
	send '{"to":"mailto:ana@Bücher.example","text":"x","reply_to":"Ñu <desk@例子.测试>"}'
	[ "$status" -eq 0 ]
	[ "$(jq -c '[.to,.options]' mails/1.json)" = '[["ana@xn--bcher-kva.example"],[]]' ]
	same_json "$(mail 1 '.names')" '{"From":[["Clínica Ñu, S.A.","noreply@clinic.example"]],"To":[["","ana@xn--bcher-kva.example"]],"Reply-To":[["Ñu","desk@xn--fsqu00a.xn--0zwm56d"]]}'
	[ "$(mail 1 .faults)" = '[]' ]
	send '{"to":"mailto:ñandú@example.org","text":"x"}'
	[ "$status" -eq 1 ]
	[ "$(json '[.status,.error.class,.error.text]')" = '["failed","provider","the server takes no addresses beyond ASCII (SMTPUTF8)"]' ]
	[ ! -e mails/2.eml ]
	kill "$SMTPD_PID"
	rm -r mails port
	smtpd --utf8
	send '{"to":{"name":"Ñandú","addresses":{"email":"ñandú@bücher.example"}},"text":"x"}'
	[ "$status" -eq 0 ]
	[ "$(jq -c '[.to,.options]' mails/1.json)" = '[["ñandú@xn--bcher-kva.example"],["BODY=8BITMIME","SMTPUTF8"]]' ]
	grep -q '<ñandú@xn--bcher-kva.example>' mails/1.eml
	[ "$(mail 1 .faults)" = '["a byte that is not ASCII"]' ]
	send '{"to":"mailto:ana@example.org","text":"x"}'
	[ "$(jq -c .options mails/2.json)" = '[]' ]
}

@test "one connection carries many mails" {
	smtpd
	for n in {1..20}; do printf '{"to":"mailto:a%s@example.org","text":"%s"}\n' $n $n; done >lines
	run_msg msg-send -j 1 <lines
	[ "$status" -eq 0 ]
	[ "$(cat mails/*.json | jq -r .to[0] | sort -u | wc -l)" -eq 20 ]
	[ "$(cat mails/*.json | jq -r '.peer[1]' | sort -u | wc -l)" -eq 1 ]
}

@test "STARTTLS and a login, with a certificate of one's own" {
	certificate
	smtpd --tls starttls --cert cert.pem --key key.pem --auth clinic:correct-horse
	account "url: \"smtp://127.0.0.1:$PORT\"" 'user: clinic' 'password: env:SMTP_PASSWORD' 'starttls: true' 'ca_file: cert.pem'
	send '{"to":"mailto:ana@example.org","text":"x"}'
	[ "$status" -eq 0 ]
	[ "$(jq -c '[.tls,.user]' mails/1.json)" = '[true,"clinic"]' ]
	[ "$(mail 1 .faults)" = '[]' ]
	! grep -rq correct-horse mails

	SMTP_PASSWORD=wrong send '{"to":"mailto:ana@example.org","text":"x"}'
	[ "$status" -eq 77 ]
	[ "$(json '[.status,.error.class]')" = '["failed","auth"]' ]
	[[ $output != *wrong* && $stderr != *wrong* ]]

	account "url: \"smtp://127.0.0.1:$PORT\"" 'user: clinic' 'password: env:SMTP_PASSWORD' 'starttls: true'
	send '{"to":"mailto:ana@example.org","text":"x"}'
	[ "$status" -eq 77 ]
	[ "$(json '[.status,.error.class]')" = '["failed","auth"]' ]
	[ ! -e mails/2.eml ]
}

@test "TLS from the first byte" {
	certificate
	smtpd --tls implicit --cert cert.pem --key key.pem --auth clinic:correct-horse
	account "url: \"smtps://127.0.0.1:$PORT\"" 'user: clinic' 'password: env:SMTP_PASSWORD' 'ca_file: cert.pem'
	send '{"to":"mailto:ana@example.org","text":"x"}'
	[ "$status" -eq 0 ]
	[ "$(jq -c '[.tls,.user]' mails/1.json)" = '[true,"clinic"]' ]
}

@test "no TLS, no password: it never leaves in the clear" {
	smtpd
	account "url: \"smtp://127.0.0.1:$PORT\"" 'user: clinic' 'password: env:SMTP_PASSWORD' 'starttls: true'
	send '{"to":"mailto:ana@example.org","text":"x"}'
	[ "$status" -eq 77 ]
	[ "$(json '[.status,.error.class]')" = '["failed","auth"]' ]
	[ ! -e mails/1.eml ]
}

@test "a server that is gone before its answer leaves the outcome unknown" {
	smtpd
	send '{"id":"u1","to":"mailto:drop@example.org","text":"x"}'
	[ "$status" -eq 75 ]
	[ "$(json '[.status,.error.class]')" = '["unknown","network"]' ]
	run_msg faketime -f '+1d' msg-send --flush
	[ -z "$output" ]
	[ "$(ls mails/*.eml | wc -l)" -eq 1 ]
}

@test "a server that is not there is tried again later" {
	smtpd
	kill "$SMTPD_PID"
	wait "$SMTPD_PID" 2>/dev/null || true
	send '{"to":"mailto:ana@example.org","text":"x"}'
	[ "$status" -eq 69 ]
	[ "$(json '[.status,.error.class]')" = '["queued","network"]' ]
}

@test "no header can be smuggled in by a message" {
	smtpd
	send '{"to":{"name":"Ana\r\nBcc: eve@example.net","addresses":{"email":"ana@example.org"}},"text":"x"}'
	[ "$status" -eq 65 ]
	send '{"to":"mailto:ana@example.org","subject":"a\r\nBcc: eve@example.net","text":"x"}'
	[ "$status" -eq 65 ]
	send '{"to":"mailto:ana@example.org","subject":"a","text":"x","thread":"<a@b>\r\nBcc: eve@example.net"}'
	[ "$status" -eq 65 ]
	send '{"to":"mailto:ana@example.org","text":"\r\n.\r\nRCPT TO:<eve@example.net>\r\n.\r\n"}'
	[ "$status" -eq 0 ]
	[ "$(ls mails/*.eml | wc -l)" -eq 1 ]
	[ "$(jq -c .to mails/1.json)" = '["ana@example.org"]' ]
	[ "$(mail 1 '[.faults,.parts[0].text]')" = '[[],"\n.\nRCPT TO:<eve@example.net>\n.\n"]' ]
}

@test "a dry run prints the mail and says nothing to the server" {
	smtpd
	account "url: \"smtp://127.0.0.1:$PORT\"" 'user: clinic' 'password: env:SMTP_PASSWORD'
	run_msg msg-send -n mailto:ana@example.org -s Tomorrow "See you"
	[ "$status" -eq 0 ]
	[[ $output == *"RCPT TO:<ana@example.org>"* && $output == *"Subject: Tomorrow"* && $output == *"See you"* ]]
	[[ $output != *correct-horse* ]]
	[ -z "$(ls mails)" ]
}

@test "large mails are not made far ahead of their turn" {
	[[ -z ${MSG_SAN:-}${MSG_VALGRIND:-} ]] || skip "they need memory of their own"
	smtpd
	head -c 6000000 /dev/zero >large.bin
	local i
	for i in {1..40}; do
		echo "{\"to\":\"mailto:p$i@example.org\",\"text\":\"x\",\"media\":[{\"path\":\"large.bin\"}]}"
	done >lines
	# All forty at once would take 320 MB.
	run_msg bash -c 'ulimit -v 330000 && msg-send -q <lines'
	[ "$status" -eq 0 ]
	[ "$(json .status | sort | uniq -c | tr -s ' ')" = ' 40 "accepted"' ]
}
