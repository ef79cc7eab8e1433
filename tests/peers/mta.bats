# Mail through servers that others wrote and run: Exim, where it is installed, and npm's smtp-server, where npm is at hand.

load ../cli/helper

PEERS="$ROOT/tests/peers"
MODULES="$ROOT/build/nodemail/node_modules"
SERVER_VERSION=3.21.6
PYTHON=/usr/bin/python3
[[ -x $PYTHON ]] || PYTHON=python3

setup_file() {
	command -v npm >/dev/null || return 0
	[[ -d $MODULES/smtp-server ]] ||
		npm install --no-audit --no-fund --silent --prefix "${MODULES%/*}" "smtp-server@$SERVER_VERSION" >&2 </dev/null 3>&- || return 0
}

setup() {
	"$PYTHON" -c '' 2>/dev/null || skip "python3 is not installed"
	command -v openssl >/dev/null || skip "openssl is not installed"
	msg_setup
	export SMTP_PASSWORD=correct-horse MSG_CONFIG="$HOME/config.yaml"
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout key.pem -out cert.pem -subj /CN=mail.test \
		-addext 'subjectAltName=IP:127.0.0.1' 2>/dev/null
	mkdir mails
}

teardown() {
	[[ -z ${MTA_PID:-} ]] || kill "$MTA_PID" 2>/dev/null || true
	[[ -z ${EXIM:-} ]] || rm -rf "$EXIM"
}

# account SETTING ...
account() {
	{
		echo 'channels: {email: {from: "Clínica <noreply@clinic.example>"}}'
		printf 'accounts:\n  mail:\n    provider: smtp\n    url: "smtp://127.0.0.1:%s"\n    ca_file: cert.pem\n' "$PORT"
		[[ $# -eq 0 ]] || printf '    %s\n' "$@"
	} >config.yaml
}

node_start() {
	[[ -d $MODULES/smtp-server ]] || skip "smtp-server is not installed (npm is missing, or its registry out of reach)"
	node "$PEERS/nodemail.js" "$MODULES" "$HOME/port" "$HOME/mails" cert.pem key.pem </dev/null >node.out 2>&1 3>&- &
	MTA_PID=$!
	wait_for test -s port || { cat node.out >&2; return 1; }
	PORT=$(<port)
}

mail() {
	"$PYTHON" "$PEERS/mail.py" "mails/$1.eml" | jq -c "${2:-.}"
}

@test "smtp-server: every login there is, behind STARTTLS" {
	node_start
	local n=0 auth
	for auth in PLAIN LOGIN CRAM-MD5; do
		account 'user: clinic' 'password: env:SMTP_PASSWORD' 'starttls: true' "auth: $auth"
		run_msg msg-send "mailto:$auth@example.org" x
		[ "$status" -eq 0 ]
		n=$((n + 1))
		[ "$(jq -c '[.secure,.login]' mails/$n.json)" = "[true,\"$auth\"]" ]
	done
	account 'user: clinic' 'token: env:SMTP_PASSWORD' 'starttls: true'
	run_msg msg-send mailto:token@example.org x
	[ "$status" -eq 0 ]
	[ "$(jq -c '[.secure,.login]' mails/4.json)" = '[true,"XOAUTH2"]' ]
	SMTP_PASSWORD=wrong run_msg msg-send mailto:ana@example.org x
	[ "$status" -eq 77 ]
	# It takes no password and no mail in the clear.
	account 'user: clinic' 'password: env:SMTP_PASSWORD' 'starttls: false'
	run_msg msg-send mailto:ana@example.org x
	[ "$status" -eq 77 ]
	account
	run_msg msg-send mailto:ana@example.org x
	[ "$(json '[.status,.error.class]')" = '["failed","auth"]' ]
	[ "$(ls mails/*.eml | wc -l)" -eq 4 ]
}

@test "smtp-server: addresses beyond ASCII, refusals, sizes" {
	node_start
	account 'user: clinic' 'password: env:SMTP_PASSWORD' 'starttls: true'
	head -c 200000 /dev/urandom >large.bin
	{
		jq -cn '{to:{name:"Ñandú",addresses:{email:"ñandú@bücher.example"}},text:"Größe\n.\n..x",subject:"日本語の件名です、とても長いので折り返されます。もう少し続きます"}'
		jq -cn '{id:"no",to:"mailto:nobody@example.org",text:"x"}'
		jq -cn '{id:"big",to:"mailto:ana@example.org",text:"x",media:[{path:"large.bin"}]}'
		jq -cn '{to:"mailto:bo@example.org",text:"x"}'
	} >lines
	run_msg msg-send -q -j 1 <lines
	[ "$status" -eq 1 ]
	same_json "$(jq -cs 'map([.status,.error.class,.error.code])' <<<"$output")" '[["accepted",null,null],
		["failed","invalid-address","5.1.1"],["failed","content","552"],["accepted",null,null]]'
	# It shows a domain as people do.
	[ "$(jq -r '.to[0].address' mails/1.json)" = "ñandú@bücher.example" ]
	[ "$(mail 1 .headers.Subject)" = '"日本語の件名です、とても長いので折り返されます。もう少し続きます"' ]
	[ "$(mail 1 '.parts[0].text')" = '"Größe\n.\n..x\n"' ]
	[ "$(mail 2 .faults)" = '[]' ]
}

exim_start() {
	command -v exim4 >/dev/null || skip "exim4 is not installed"
	local user
	user=$(id -un exim 2>/dev/null || id -un Debian-exim)
	# Its processes are that user's, who sees nothing of HOME.
	EXIM=$(mktemp -d /tmp/msg-exim.XXXXXX)
	mkdir "$EXIM/mails" "$EXIM/spool"
	cp key.pem cert.pem "$EXIM"
	chmod -R a+rX "$EXIM"
	chown -R "$user" "$EXIM"
	for _ in {1..10}; do
		PORT=$((20000 + RANDOM % 12000))
		cat >"$EXIM/exim.conf" <<-EOF
			primary_hostname = mail.test
			spool_directory = $EXIM/spool
			log_file_path = $EXIM/log.%s
			pid_file_path = $EXIM/pid
			local_interfaces = 127.0.0.1
			daemon_smtp_ports = $PORT
			tls_advertise_hosts = *
			tls_certificate = $EXIM/cert.pem
			tls_privatekey = $EXIM/key.pem
			keep_environment =
			smtp_accept_max_per_connection = 3
			smtputf8_advertise_hosts = *
			dsn_advertise_hosts = *
			acl_smtp_rcpt = rcpt
			acl_smtp_data = data
			begin acl
			rcpt:
			  deny local_parts = nobody
			       message = 5.1.1 no such user
			  defer local_parts = later
			        message = 4.2.0 greylisted
			  accept
			data:
			  deny condition = \${if match{\$message_body}{virus}}
			  accept
			begin routers
			all:
			  driver = accept
			  transport = keep
			begin transports
			keep:
			  driver = appendfile
			  directory = $EXIM/mails
			  maildir_format
			  user = $user
		EOF
		exim4 -C "$EXIM/exim.conf" -bdf -q1h </dev/null >exim.out 2>&1 3>&- &
		MTA_PID=$!
		wait_for exim_is_settled
		! kill -0 "$MTA_PID" 2>/dev/null || return 0
	done
	cat exim.out >&2
	return 1
}

exim_is_settled() {
	! kill -0 "$MTA_PID" 2>/dev/null || (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null
}

exim_has() {
	[[ $(find "$EXIM/mails/new" -type f 2>/dev/null | wc -l) -eq $1 ]]
}

@test "Exim: what it keeps, what it refuses, and three mails a connection" {
	[[ $(id -u) -eq 0 ]] || skip "Exim gives mail to its users, which takes root"
	exim_start
	account 'starttls: true' 'notify: never'
	for n in {1..10}; do jq -cn --arg n "$n" '{to:("mailto:ana" + $n + "@example.org"),text:"Größe\n.\nFrom here\n..\n"}'; done >lines
	jq -cn '{id:"nobody",to:"mailto:nobody@example.org",text:"x"},{id:"later",to:"mailto:later@example.org",text:"x"},
		{id:"virus",to:"mailto:bo@example.org",text:"virus"},{id:"utf8",to:"mailto:ñandú@bücher.example",text:"x"}' >>lines
	run_msg msg-send -q -j 2 <lines
	[ "$status" -eq 75 ]
	[ "$(json .status | sort | uniq -c | tr -s ' ' | paste -sd,)" = ' 11 "accepted", 2 "failed", 1 "queued"' ]
	same_json "$(jq -cs 'map(select(.error))|map({(.message):[.error.class,.error.code]})|add' <<<"$output")" \
		'{"nobody":["invalid-address","5.1.1"],"later":["unreachable","4.2.0"],"virus":["policy","550"]}'
	wait_for exim_has 11
	# Exim writes lines as the system has them.
	sed 's/$/\r/' "$(grep -l '^To: ana1@' "$EXIM"/mails/new/*)" >mails/1.eml
	[ "$(mail 1 '.parts[0].text')" = '"Größe\n.\nFrom here\n..\n"' ]
	[ "$(cat "$EXIM"/mails/new/* | grep -c 'esmtps')" -eq 11 ]
}
