#!/usr/bin/python3
"""Servers that never come to an end: headers, lines, replies, bodies. msg-send must leave them in time and in bounds.

endless.py [NAME ...]    of SERVERS (all of them without); msg-send is found on PATH; one line a server: its name, the
                         status of the message, seconds, and MiB that msg-send took at most
"""
import json, os, resource, socket, subprocess, sys, tempfile, threading, time

HTTP = b"HTTP/1.1 200 OK\r\n"
MANY = 4096

# What is said once, and what is said for ever after; of SMTP, at which command.
SERVERS = {
    "headers": (None, HTTP, b"X-More: and more\r\n" * MANY),
    "header": (None, HTTP + b"X-More: ", b"and more " * MANY),
    "hints": (None, b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * MANY),
    "body": (None, HTTP + b"Transfer-Encoding: chunked\r\n\r\n", b"a\r\n0123456789\r\n" * MANY),
    "chunk": (None, HTTP + b"Transfer-Encoding: chunked\r\n\r\n1", b"0" * MANY),
    "gzip": (None, HTTP + b"Content-Encoding: gzip\r\n\r\n", b"\0" * MANY),
    "trailer": (None, HTTP + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-More: and more\r\n" * MANY),
    "greeting": ("", b"", b"220-and more\r\n" * MANY),
    "ehlo": ("EHLO", b"", b"250-AND MORE\r\n" * MANY),
    "mail": ("MAIL", b"", b"250-and more\r\n" * MANY),
    "mail-line": ("MAIL", b"250 ", b"and more " * MANY),
    "rcpt": ("RCPT", b"", b"250 and more\r\n" * MANY),
    "data": ("DATA", b"", b"354-and more\r\n" * MANY),
    "end": (".", b"", b"250-and more\r\n" * MANY),
    "end-line": (".", b"250 ", b"and more " * MANY),
    "drip": (".", b"250-", b"."),
}
USUAL = {"DATA": b"354 go on\r\n", "EHLO": b"250 x\r\n"}


def serve(peer, when, first, more):
    try:
        file = peer.makefile("rb")
        in_mail = False
        if when is None:
            peer.recv(65536)
        elif when:
            peer.sendall(b"220 x\r\n")
            for line in file:
                word = "." if line == b".\r\n" else "" if in_mail else line[:4].decode().upper()
                if word == when:
                    break
                if word:
                    in_mail = word == "DATA"
                    peer.sendall(USUAL.get(word, b"250 ok\r\n"))
        peer.sendall(first)
        while True:
            peer.sendall(more)
            if len(more) == 1:
                time.sleep(0.2)
    except OSError:
        peer.close()


def listen(listener, *how):
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0], *how), daemon=True).start()


def play(name):
    when, first, more = SERVERS[name]
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=listen, args=(listener, when, first, more), daemon=True).start()
    port = listener.getsockname()[1]
    with tempfile.TemporaryDirectory() as home:
        with open(home + "/config.yaml", "w") as file:
            file.write("channels: {email: {from: a@x.example}, hook: {via: [hook]}}\naccounts:\n")
            file.write(f"  smtp: {{url: 'smtp://127.0.0.1:{port}', timeout: 3s, connect_timeout: 3s}}\n"
                       f"  hook: {{provider: webhook, url: 'http://127.0.0.1:{port}/', timeout: 3s}}\n")
        began = time.monotonic()
        run = subprocess.Popen(["msg-send", "-q", "-c", "config.yaml", "--no-outbox", "mailto:b@x.example" if when is not None else "hook:1",
                                "hi"], cwd=home, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, "XDG_STATE_HOME": home})
        timer = threading.Timer(30, run.kill)
        timer.start()
        out = run.stdout.read()
        _, status, usage = os.wait4(run.pid, 0)
        timer.cancel()
        seconds = time.monotonic() - began
        memory = usage.ru_maxrss >> 10
        print(name, json.loads(out)["status"] if out else f"ended by {status}", round(seconds), memory, flush=True)
        return out and seconds < 20 and memory < 200


sys.exit(not all([play(name) for name in sys.argv[1:] or SERVERS]))
