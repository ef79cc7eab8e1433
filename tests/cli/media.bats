# Media by URL for mail: what is fetched, from where, and what becomes of the mail when it cannot be.

load helper

setup() {
	msg_setup
	export MSG_CONFIG="$HOME/config.yaml"
}

teardown() {
	carrier_stop
}

# config [ALLOW [MAX]]: mail through a port where nobody listens, so that what is fetched ends up queued.
config() {
	cat >config.yaml <<-END
		media: {allow: [${1:-}]${2:+, max_bytes: $2}}
		channels: {email: {from: a@clinic.example}}
		accounts: {smtp: {url: "smtp://127.0.0.1:1"}}
	END
}

# send URL [TYPE]
send() {
	run_msg msg-send <<<"{\"id\":\"m\",\"to\":\"mailto:ana@example.org\",\"text\":\"x\",\"media\":[{\"url\":\"$1\"${2:+,\"type\":\"$2\"}}]}"
}

fetched() {
	carrier_requests .path | wc -l
}

@test "addresses that are not the internet's are refused before anything is sent to them, however they are written" {
	carrier_start
	config
	local port=${CARRIER##*:} host
	for host in 127.0.0.1 localhost 2130706433 0x7f.1 '[::1]' '[::ffff:127.0.0.1]' '[64:ff9b::7f00:1]' 10.0.0.1 169.254.169.254 0.0.0.0; do
		run_msg msg-send <<<"{\"to\":\"mailto:ana@example.org\",\"text\":\"x\",\"media\":[{\"url\":\"http://$host:$port/a.pdf?secret\"}]}"
		[ "$status" -eq 1 ]
		same_json "$(json '[.status,.error]')" "[\"failed\",{\"class\":\"content\",\"code\":\"media\",\"text\":\"media: cannot fetch 'http://$host:$port/a.pdf': a private address\"}]"
	done
	[ "$(fetched)" -eq 0 ]
}

@test "no proxy is asked in its place" {
	carrier_start -a '{"status":200,"body":"%PDF-1.4"}'
	config
	export http_proxy=$CARRIER ALL_PROXY=$CARRIER
	send http://127.0.0.9:1/a.pdf
	[ "$(json .error.text)" = "\"media: cannot fetch 'http://127.0.0.9:1/a.pdf': a private address\"" ]
	[ "$(fetched)" -eq 0 ]
}

@test "every redirection is judged like the first URL" {
	carrier_start -a '{"path":"/private","status":302,"headers":{"Location":"http://127.0.0.2:9/a.pdf"}}' \
		-a '{"path":"/file","status":301,"headers":{"Location":"file:///etc/passwd"}}' \
		-a '{"path":"/round","status":307,"headers":{"Location":"/round"}}' \
		-a '{"path":"/once","status":308,"headers":{"Location":"/a.pdf"}}' \
		-a '{"path":"/a.pdf","status":200,"body":"%PDF-1.4"}'
	config 127.0.0.1
	local path
	for path in private file round; do
		run_msg msg-send <<<"{\"to\":\"mailto:ana@example.org\",\"text\":\"x\",\"media\":[{\"url\":\"$CARRIER/$path\"}]}"
		[ "$(json '[.status,.error.code]')" = '["failed","media"]' ]
	done
	[[ $(carrier_requests .path | grep -c round) -eq 6 ]]
	send "$CARRIER/once"
	[ "$(json '[.status,.error.class]')" = '["queued","network"]' ]
	[ "$(carrier_requests .path | tail -n 1)" = '"/a.pdf"' ]
}

@test "the size has a ceiling, whether it was announced or not" {
	carrier_start -a '{"path":"/ok.pdf","status":200,"body":"%PDF-1.4","size":1000}' -a '{"status":200,"body":"%PDF-1.4","size":1001}'
	config 127.0.0.1 1000
	send "$CARRIER/ok.pdf"
	[ "$(json .status)" = '"queued"' ]
	run_msg msg-send <<<"{\"to\":\"mailto:ana@example.org\",\"text\":\"x\",\"media\":[{\"url\":\"$CARRIER/large.pdf\"}]}"
	[ "$(json '[.status,.error.text]')" = "[\"failed\",\"media: cannot fetch '$CARRIER/large.pdf': larger than 1000 bytes\"]" ]
}

@test "what cannot be had fails the leg, what may be had later is tried again" {
	carrier_start -a '{"path":"/gone","status":404}' -a '{"path":"/empty","status":200,"body":""}' \
		-a '{"path":"/login.png","status":200,"body":"<html>Please log in"}' \
		-a '{"path":"/busy","status":503,"headers":{"Retry-After":"60"},"times":1}' -a '{"path":"/busy","status":200,"body":"GIF89a"}'
	config 127.0.0.1
	run_msg msg-send <<<"{\"to\":\"ana\",\"text\":\"x\",\"media\":[{\"url\":\"$CARRIER/gone\"}],\"plan\":[{\"channel\":\"email\",\"address\":\"a@b.example\"},{\"channel\":\"slack\",\"via\":\"sandbox\",\"address\":\"#x\"}]}"
	[ "$status" -eq 0 ]
	[ "$(json '[.channel,.status]')" = $'["email","failed"]\n["slack","accepted"]' ]
	[ "$(json 'select(.status=="failed").error.text')" = "\"media: cannot fetch '$CARRIER/gone': status 404\"" ]
	run_msg msg-send <<<"{\"to\":\"mailto:ana@example.org\",\"text\":\"x\",\"media\":[{\"url\":\"$CARRIER/empty\"}]}"
	[[ $(json .error.text) == *"empty"* ]]
	run_msg msg-send <<<"{\"to\":\"mailto:ana@example.org\",\"text\":\"x\",\"media\":[{\"url\":\"$CARRIER/login.png\"}]}"
	[ "$(json '[.status,.error.text]')" = "[\"failed\",\"media: 'login.png' is text/html, not image/png\"]" ]
	run_msg msg-send --id busy -a "$CARRIER/busy" mailto:ana@example.org
	[ "$status" -eq 75 ]
	[ "$(json '[.status,.error.text]')" = "[\"queued\",\"media: cannot fetch '$CARRIER/busy': status 503\"]" ]
	run_msg faketime -f '+50s' msg-send --flush
	[ -z "$(json 'select(.message=="busy")')" ]
	run_msg faketime -f '+70s' msg-send --flush
	[ "$(json 'select(.message=="busy")|[.status,.error.class]')" = '["queued","network"]' ]
}

@test "one fetch serves all that name the URL" {
	carrier_start -a '{"status":200,"body":"%PDF-1.4","latency_ms":50}'
	config 127.0.0.1
	for i in {1..40}; do
		echo "{\"to\":\"mailto:p$i@example.org\",\"text\":\"x\",\"media\":[{\"url\":\"$CARRIER/a.pdf\"},{\"url\":\"$CARRIER/$((i % 2)).pdf\"}]}"
	done >lines
	run_msg msg-send <lines
	[ "$(json .status | sort | uniq -c | tr -s ' ')" = ' 40 "queued"' ]
	[ "$(carrier_requests .path | sort)" = $'"/0.pdf"\n"/1.pdf"\n"/a.pdf"' ]
}

@test "there is room for a few large ones at a time, and everybody gets a turn" {
	carrier_start -a '{"status":200,"body":"%PDF-1.4","latency_ms":20}'
	config 127.0.0.1
	local i
	for i in {1..40}; do
		echo "{\"to\":\"mailto:p$i@example.org\",\"text\":\"x\",\"media\":[{\"url\":\"$CARRIER/$i.pdf\"},{\"url\":\"$CARRIER/all.pdf\"}]}"
	done >lines
	run_msg msg-send <lines
	[ "$(json .status | sort | uniq -c | tr -s ' ')" = ' 40 "queued"' ]
	[ "$(carrier_requests .path | sort -u | wc -l)" -eq 41 ]
	[ "$(fetched)" -eq 41 ]
}

@test "killed while it fetches: nothing has left, nothing is in doubt, and it goes out later" {
	carrier_start -a '{"times":1,"fault":"hang"}' -a '{"status":200,"body":"%PDF-1.4"}'
	config 127.0.0.1
	msg-send --id m -a "$CARRIER/a.pdf" mailto:ana@example.org </dev/null >out 2>err &
	local pid=$!
	wait_for eval '[ "$(fetched)" -eq 1 ]'
	kill -9 "$pid"
	wait "$pid" || true
	[ ! -s out ]
	run_msg faketime -f '+11m' msg-send --flush
	[ "$(json '[.message,.status,.error.class]')" = '["m","queued","network"]' ]
	[ "$(fetched)" -eq 2 ]
}

@test "told to stop while it fetches: what waits is queued for the next run" {
	carrier_start -a '{"times":1,"fault":"drip","status":200,"body":"%PDF-1.4","size":100,"drip_ms":10}' -a '{"status":200,"body":"%PDF-1.4"}'
	config 127.0.0.1
	msg-send --id m -a "$CARRIER/a.pdf" mailto:ana@example.org </dev/null >out 2>err &
	local pid=$! code=0
	wait_for eval '[ "$(fetched)" -eq 1 ]'
	kill "$pid"
	wait "$pid" || code=$?
	[ "$code" -eq 75 ]
	run_msg msg-send --flush
	[ "$(json '[.message,.status,.error.class]')" = '["m","queued","network"]' ]
}

@test "a dry run fetches nothing and says what it would fetch" {
	carrier_start
	config 127.0.0.1
	run_msg msg-send -n -a "$CARRIER/plan.pdf" mailto:ana@example.org </dev/null
	[ "$status" -eq 0 ]
	[[ $output == *"# media: $CARRIER/plan.pdf is fetched when it is sent"*'name="plan.pdf"'* ]]
	[ "$(fetched)" -eq 0 ]
}

@test "who takes URLs gets the URL" {
	carrier_start -a '{"status":201,"json":{"sid":"SM{n}","status":"queued"}}'
	cat >config.yaml <<-END
		channels: {sms: {from: "+15550001111"}}
		accounts:
		  twilio: {account_sid: AC0123456789abcdef0123456789abcdef, auth_token: env:TOKEN, url: "$CARRIER"}
	END
	export TOKEN=0123456789abcdef0123456789abcdef
	run_msg msg-send -a http://127.0.0.1:1/a.png -a https://example.org/b.png sms:+15551230001 picture
	[ "$status" -eq 0 ]
	[[ $(carrier_requests .body) == *'&MediaUrl=http%3A%2F%2F127.0.0.1%3A1%2Fa.png&MediaUrl=https%3A%2F%2Fexample.org%2Fb.png'* ]]
	run_msg msg-send -a config.yaml sms:+15551230001 picture
	[ "$(json '[.status,.error.text]')" = '["failed","media[0].path: twilio takes media by URL alone"]' ]
}

@test "ntfy: a file is uploaded, with all else in the query" {
	carrier_start -a '{"status":200,"json":{"id":"N{n}"}}'
	echo "accounts: {ntfy: {url: \"$CARRIER\"}}" >config.yaml
	printf '%%PDF-1.4\n' >'plan & co.pdf'
	run_msg msg-send -s 'Title: ä' -u high -t plans -a 'plan & co.pdf' ntfy:docs $'two\nlines'
	[ "$status" -eq 0 ]
	[ "$(json '[.status,.provider_id,.changes]')" = '["accepted","N1",null]' ]
	same_json "$(carrier_requests '[.method,.path,.query,.headers["content-type"],.body]' | tail -n 1)" '["PUT","/docs",
		{"filename":"plan & co.pdf","message":"two\nlines","priority":"4","tags":"plans","title":"Title: ä"},"application/pdf","%PDF-1.4\n"]'
	run_msg msg-send -a 'plan & co.pdf' ntfy:docs "$(printf 'ä%.0s' {1..2000})"
	[ "$(json '[.status,.error.code,.error.text]')" = '["failed","request","text: too long to go with a file"]' ]
	head -c 100 /dev/urandom >noise.bin
	run_msg msg-send -n -a noise.bin ntfy:docs </dev/null
	[[ $output == *"PUT $CARRIER/docs?filename=noise.bin"*"(100 bytes)"* ]]
}

@test "mistakes in what the configuration allows are said with their place" {
	config 10.0.0.1/8
	send http://x.example/
	[ "$status" -eq 78 ]
	[ "$stderr" = "msg-send: $HOME/config.yaml:1: media.allow[0]: has bits behind its prefix: '10.0.0.1/8'" ]
	config '' 0
	send http://x.example/
	[ "$stderr" = "msg-send: $HOME/config.yaml:1: media.max_bytes: not a whole number from 1 to 20971520" ]
}
