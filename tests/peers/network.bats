# The way to a provider's server: proxies, certificates, pinned keys, sockets. tinyproxy, microsocks and nginx are others'.

load ../cli/helper

setup() {
	msg_setup
	export MSG_CONFIG="$HOME/config.yaml" PROXY_PASSWORD=correct-horse
	unset http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY
}

teardown() {
	carrier_stop
	[[ -z ${PEER_PID:-} ]] || kill "$PEER_PID" 2>/dev/null || true
}

# hook URL SETTING ...
hook() {
	local url=$1
	shift
	printf 'accounts:\n  hook:\n    provider: webhook\n    url: "%s"\n' "$url" >config.yaml
	[[ $# -eq 0 ]] || printf '    %s\n' "$@" >>config.yaml
}

# becomes STATUS CLASS: of one message, in a store of its own.
becomes() {
	XDG_STATE_HOME=$(mktemp -d "$HOME/state.XXXXXX") run_msg msg-send -q hook:1 x
	echo "$output$stderr"
	[ "$(json '.status + " " + (.error.class // "-")' | tr -d '"')" = "$*" ]
}

# peer COMMAND ...: a server that listens on $PORT once it is up; tried with another port when that one is taken.
peer() {
	for _ in {1..10}; do
		PORT=$((20000 + RANDOM % 12000))
		"$@" </dev/null >peer.out 2>&1 3>&- &
		PEER_PID=$!
		wait_for peer_is_settled
		! kill -0 "$PEER_PID" 2>/dev/null || return 0
	done
	cat peer.out >&2
	return 1
}

peer_is_settled() {
	! kill -0 "$PEER_PID" 2>/dev/null || (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null
}

http_proxy_start() {
	command -v tinyproxy >/dev/null || skip "tinyproxy is not installed"
	with_port() {
		printf 'Port %s\nListen 127.0.0.1\nAllow 127.0.0.1\nLogFile "%s"\nLogLevel Connect\n' "$PORT" "$HOME/proxy.log" >proxy.conf
		[[ -z ${1:-} ]] || echo "BasicAuth msg $1" >>proxy.conf
		exec tinyproxy -d -c proxy.conf
	}
	peer with_port "$@"
}

@test "an HTTP proxy, for http, for https through a tunnel, and with a login" {
	carrier_certificate || skip "openssl is not installed"
	http_proxy_start
	carrier_start
	hook "$CARRIER/" "proxy: \"http://127.0.0.1:$PORT\""
	becomes accepted -
	carrier_stop
	carrier_start --cert "$CARRIER_CERT" --key "$CARRIER_KEY"
	hook "$CARRIER/" "proxy: \"http://127.0.0.1:$PORT\"" "ca_file: $CARRIER_CERT"
	becomes accepted -
	[ "$(carrier_requests .method)" = '"POST"' ]
	[ "$(grep -c 'Request' proxy.log)" -eq 2 ]
	kill "$PEER_PID"
	http_proxy_start correct-horse
	hook "$CARRIER/" "proxy: \"http://127.0.0.1:$PORT\"" "ca_file: $CARRIER_CERT"
	becomes failed auth
	hook "$CARRIER/" "proxy: \"http://127.0.0.1:$PORT\"" "ca_file: $CARRIER_CERT" 'proxy_user: msg' 'proxy_password: env:PROXY_PASSWORD'
	becomes accepted -
	PROXY_PASSWORD=wrong becomes failed auth
	[[ $output$stderr != *wrong* ]]
}

@test "what the environment says of proxies counts, and the account's word more" {
	carrier_start
	hook "$CARRIER/"
	http_proxy=http://127.0.0.1:1 becomes queued network
	http_proxy=http://127.0.0.1:1 no_proxy=127.0.0.1 becomes accepted -
	hook "$CARRIER/" 'proxy: none'
	http_proxy=http://127.0.0.1:1 becomes accepted -
	hook "$CARRIER/" 'proxy: "http://127.0.0.1:1"'
	no_proxy=127.0.0.1 becomes queued network
}

@test "a SOCKS proxy, with a login" {
	command -v microsocks >/dev/null || skip "microsocks is not installed"
	with_port() { exec microsocks -i 127.0.0.1 -p "$PORT" -u msg -P correct-horse; }
	peer with_port
	carrier_start
	hook "$CARRIER/" "proxy: \"socks5h://127.0.0.1:$PORT\"" 'proxy_user: msg' 'proxy_password: env:PROXY_PASSWORD'
	becomes accepted -
	[ "$(carrier_requests .method)" = '"POST"' ]
	PROXY_PASSWORD=wrong becomes failed auth
	hook "$CARRIER/" 'proxy: "socks5://127.0.0.1:1"'
	becomes queued network
}

@test "certificates: the client's own, and a pinned one" {
	command -v nginx >/dev/null || skip "nginx is not installed"
	carrier_certificate || skip "openssl is not installed"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -days 2 -subj /CN=client -passout pass:correct-horse \
		-keyout client.key -out client.pem 2>/dev/null
	with_port() {
		cat >nginx.conf <<-CONF
			daemon off; pid $HOME/nginx.pid; error_log $HOME/nginx.log; events { worker_connections 64; }
			http {
				access_log off; client_body_temp_path $HOME; proxy_temp_path $HOME; fastcgi_temp_path $HOME;
				uwsgi_temp_path $HOME; scgi_temp_path $HOME;
				server {
					listen 127.0.0.1:$PORT ssl; listen unix:$HOME/web.sock;
					ssl_certificate $CARRIER_CERT; ssl_certificate_key $CARRIER_KEY;
					ssl_client_certificate $HOME/client.pem; ssl_verify_client optional_no_ca;
					location / { if (\$ssl_client_s_dn != "CN=client") { return 403; } return 204; }
					location /open { return 204; }
				}
			}
		CONF
		exec nginx -p "$HOME" -c "$HOME/nginx.conf"
	}
	peer with_port
	hook "https://127.0.0.1:$PORT/" "ca_file: $CARRIER_CERT"
	becomes failed auth
	hook "https://127.0.0.1:$PORT/" "ca_file: $CARRIER_CERT" 'client_cert: client.pem' 'client_key: client.key' \
		'client_key_password: env:PROXY_PASSWORD'
	becomes accepted -
	local pin
	pin="sha256//$(openssl x509 -in "$CARRIER_CERT" -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64)"
	hook "https://127.0.0.1:$PORT/open" "ca_file: $CARRIER_CERT" "pinned_key: \"$pin\""
	becomes accepted -
	hook "https://127.0.0.1:$PORT/open" "ca_file: $CARRIER_CERT" "pinned_key: \"sha256//$(printf %044d 0 | tr 0 A)\""
	becomes failed auth
	# TLS checks the name of the URL, wherever the connection leads.
	hook "https://127.0.0.1/open" "ca_file: $CARRIER_CERT" "connect_to: \"127.0.0.1:$PORT\""
	becomes accepted -
	hook "https://gateway.example/open" "ca_file: $CARRIER_CERT" "connect_to: \"127.0.0.1:$PORT\""
	becomes failed auth
	hook "http://gateway.example/open" 'unix_socket: web.sock' 'source: 127.0.0.1'
	becomes accepted -
}

@test "settings that cannot be are named with their place" {
	hook "https://gateway.example/" 'proxy: "ftp://127.0.0.1:1"'
	run_msg msg-send hook:1 x
	[ "$status" -eq 78 ]
	[[ $stderr == *"config.yaml:"*"proxy: neither none nor http"* ]]
	hook "https://gateway.example/" 'proxy: "http://a:b@127.0.0.1:1"'
	run_msg msg-send hook:1 x
	[ "$status" -eq 78 ]
	hook "https://gateway.example/" 'connect_to: "127.0.0.1"'
	run_msg msg-send hook:1 x
	[ "$status" -eq 78 ]
	[[ $stderr == *"connect_to: not HOST:PORT"* ]]
	hook "https://gateway.example/" 'client_key: a.pem'
	run_msg msg-send hook:1 x
	[ "$status" -eq 78 ]
	hook "https://gateway.example/" 'proxy_password: correct-horse'
	run_msg msg-send hook:1 x
	[ "$status" -eq 78 ]
	[[ $stderr != *correct-horse* ]]
}
