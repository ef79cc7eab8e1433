# msg-seal: a secret on stdin, a reference on stdout, and a key that only its owner can read.
load helper

setup() {
	msg_setup
	KEY=$XDG_CONFIG_HOME/msg/host.key
}

@test "--init makes the key, with its directory, for its owner alone" {
	umask 000
	run_msg msg-seal --init
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[ "$stderr" = "msg-seal: made the key '$KEY'; keep a copy in a safe place" ]
	[ "$(stat -c %a "$KEY")" = 600 ]
	[ "$(wc -l <"$KEY")" -eq 1 ]
	[ "$(ls -A "$XDG_CONFIG_HOME/msg")" = host.key ]
}

@test "--init never replaces a key" {
	msg-seal -q --init
	before=$(cat "$KEY")
	run_msg msg-seal --init
	[ "$status" -eq 73 ]
	[ "$stderr" = "msg-seal: '$KEY' exists: a new key could not open what was sealed with it" ]
	[ "$(cat "$KEY")" = "$before" ]
}

@test "of two that make the key at once, one does" {
	for _ in 1 2 3 4 5 6; do
		msg-seal -q --init 2>/dev/null && echo made &
	done >made
	wait
	[ "$(wc -l <made)" -eq 1 ]
	run_msg msg-seal <<<x
	[ "$status" -eq 0 ]
	[ "$(ls -A "$XDG_CONFIG_HOME/msg")" = host.key ]
}

@test "a secret becomes a reference that does not show it, another one each time" {
	msg-seal -q --init
	run_msg msg-seal <<<"s3cret value"
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	[[ $output =~ ^sealed:[A-Za-z0-9+/]+=*$ ]]
	[[ $output != *"$(printf 's3cret value' | base64)"* ]]
	first=$output
	run_msg msg-seal <<<"s3cret value"
	[ "$output" != "$first" ]
}

@test "one newline at the end does not count, others do" {
	msg-seal -q --init
	bytes() { msg-seal | sed 's/^sealed://' | base64 -d | wc -c; }
	[ "$(printf 'abc' | bytes)" -eq 51 ]
	[ "$(printf 'abc\n' | bytes)" -eq 51 ]
	[ "$(printf 'abc\r\n' | bytes)" -eq 51 ]
	[ "$(printf 'a\nb\n\n' | bytes)" -eq 52 ]
}

@test "--key names another key, MSG_HOST_KEY too" {
	msg-seal -q --init --key here.key
	[ -f here.key ]
	[ ! -e "$KEY" ]
	run_msg msg-seal --key here.key <<<x
	[ "$status" -eq 0 ]
	MSG_HOST_KEY=here.key run_msg msg-seal <<<x
	[ "$status" -eq 0 ]
	[[ $output == sealed:* ]]
}

@test "secrets that cannot be: empty, too long, with a NUL byte" {
	msg-seal -q --init
	run_msg msg-seal </dev/null
	[ "$status" -eq 65 ]
	[ "$stderr" = "msg-seal: the secret is empty" ]
	[ -z "$output" ]
	run_msg msg-seal <<<""
	[ "$status" -eq 65 ]
	run_msg msg-seal < <(head -c 8193 /dev/zero | tr '\0' x)
	[ "$status" -eq 65 ]
	[ "$stderr" = "msg-seal: the secret is longer than 8192 bytes" ]
	run_msg msg-seal < <(printf 's3cret\0')
	[ "$status" -eq 65 ]
	[ "$stderr" = "msg-seal: the secret has a NUL byte" ]
	run_msg msg-seal < <(head -c 8192 /dev/zero | tr '\0' x; echo)
	[ "$status" -eq 0 ]
}

@test "a key that is missing, loose or no key is refused" {
	run_msg msg-seal <<<x
	[ "$status" -eq 77 ]
	[ "$stderr" = "msg-seal: no host key '$KEY': make it with msg-seal --init" ]
	msg-seal -q --init
	chmod 644 "$KEY"
	run_msg msg-seal <<<x
	[ "$status" -eq 77 ]
	[ "$stderr" = "msg-seal: '$KEY' is open to others (mode 0644): chmod 600 it" ]
	[ -z "$output" ]
	(umask 077; echo "msg-host-key-1:short" >bad.key)
	run_msg msg-seal --key bad.key <<<x
	[ "$status" -eq 77 ]
	[ "$stderr" = "msg-seal: 'bad.key' is not a host key" ]
}

@test "a key that cannot be written leaves nothing behind" {
	mkdir file
	run_msg sh -c '(trap "" XFSZ; ulimit -f 0; msg-seal --init --key k; echo "status $?") 2>&1 | cat'
	[ "$output" = $'msg-seal: cannot create \'k\': File too large\nstatus 73' ]
	run_msg msg-seal --init --key file
	[ "$status" -eq 73 ]
	run_msg msg-seal --init --key /dev/null/x
	[ "$status" -eq 73 ]
	[ "$stderr" = "msg-seal: cannot create '/dev/null/x': Not a directory" ]
	[ "$(ls)" = file ]
}

@test "bad options, operands" {
	run_msg msg-seal --nope </dev/null
	[ "$status" -eq 64 ]
	run_msg msg-seal s3cret </dev/null
	[ "$status" -eq 64 ]
	[[ $stderr != *s3cret* ]]
}

@test "output that does not get out is an error" {
	msg-seal -q --init
	run_msg sh -c 'echo x | msg-seal >/dev/full'
	[ "$status" -eq 74 ]
	[ "$stderr" = "msg-seal: cannot write output: No space left on device" ]
	run_msg sh -c 'echo x | msg-seal >&-'
	[ "$status" -eq 74 ]
}

@test "at a terminal it prompts, and nothing typed is shown" {
	msg-seal -q --init
	cat >terminal.py <<-'PY'
		import os, pty, sys, termios
		pid, fd = pty.fork()
		if pid == 0:
		    os.execvp("sh", ["sh", "-c", "trap : INT; msg-seal >out; echo status $?; stty -a | grep -ow -e '-*echo'"])
		seen = b""
		while b"not shown" not in seen:
		    seen += os.read(fd, 100)
		os.write(fd, sys.argv[1].encode().decode("unicode_escape").encode())
		try:
		    while True:
		        more = os.read(fd, 100)
		        if not more:
		            break
		        seen += more
		except OSError:
		    pass
		print(seen.decode().replace("\r", ""), end="")
		sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) % 256)
	PY
	run_msg /usr/bin/python3 terminal.py 's3cret\n'
	[ "$status" -eq 0 ]
	[ "$output" = $'secret (not shown): \nstatus 0\necho' ]
	[[ $(cat out) == sealed:* ]]
	# An interrupt ends it; the terminal has its echo back.
	run_msg /usr/bin/python3 terminal.py 's3\x03'
	[ "$output" = $'secret (not shown): \nstatus 130\necho' ]
	[ ! -s out ]
}
