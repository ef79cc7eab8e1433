# HTTP/2 as nginx speaks it: what it refuses it answers before it has read the body, and stops the rest of the stream.

load ../cli/helper

setup() {
	command -v nginx >/dev/null || skip "nginx is not installed"
	msg_setup
}

teardown() {
	[[ -z ${NGINX_PID:-} ]] || kill "$NGINX_PID" 2>/dev/null || true
}

# nginx_start ANSWER: a server of its own for this test, all below HOME; sets PORT.
nginx_start() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=127.0.0.1 \
		-addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out cert.pem 2>/dev/null
	for _ in {1..20}; do
		PORT=$((20000 + RANDOM % 12000))
		write_nginx "$1"
		nginx -p "$HOME" -c "$HOME/nginx.conf" </dev/null >nginx.out 2>&1 3>&- &
		NGINX_PID=$!
		wait_for nginx_is_settled
		! nginx_is_up || return 0
		kill "$NGINX_PID" 2>/dev/null || true
	done
	cat nginx.out nginx.log >&2
	return 1
}

write_nginx() {
	cat >nginx.conf <<-EOF
		daemon off;
		pid $HOME/nginx.pid;
		error_log $HOME/nginx.log;
		events { worker_connections 64; }
		http {
			log_format seen '\$server_protocol \$status \$http_user_agent';
			access_log $HOME/access.log seen;
			client_body_temp_path $HOME; proxy_temp_path $HOME; fastcgi_temp_path $HOME; uwsgi_temp_path $HOME; scgi_temp_path $HOME;
			server {
				listen 127.0.0.1:$PORT ssl http2;
				ssl_certificate $HOME/cert.pem;
				ssl_certificate_key $HOME/key.pem;
				location / { $1 }
			}
		}
	EOF
}

nginx_is_up() {
	kill -0 "$NGINX_PID" 2>/dev/null && (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null
}

nginx_is_settled() {
	! kill -0 "$NGINX_PID" 2>/dev/null || (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null
}

# nginx_has_seen COUNT: so many requests of msg-send, all by HTTP/2.
nginx_has_seen() {
	[[ $(grep -c '^HTTP/2.0 204 msg/' access.log) -eq $1 ]]
}

hook() {
	echo "{channels: {sms: {via: hook}}, accounts: {hook: {provider: webhook, url: \"https://127.0.0.1:$PORT/\", ca_file: $HOME/cert.pem}}}" >config.yaml
}

# Without care a fifth of them would be unknown; libcurl itself loses one in some hundreds.
@test "an answer that came before the request was read is an answer" {
	nginx_start 'return 204;'
	hook
	for n in {1..40}; do echo "{\"to\":\"sms:+155512300$((n + 10))\",\"text\":\"Your code is 123456\"}"; done >lines
	run_msg msg-send -c config.yaml -j 1 <lines
	[ "$(json 'select(.status == "accepted").status' | wc -l)" -ge 38 ]
	wait_for nginx_has_seen 40
}
