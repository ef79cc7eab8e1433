"""HTTP answers, byte by byte, that the RFCs allow or that servers give all the same, on 127.0.0.1.

odd.py --port-file FILE --seen FILE

The path of a request names its answer in ANSWERS. Each request that was read is a line of FILE: its path. It ends with
its parent.
"""

import argparse
import gzip
import os
import socket
import struct
import threading
import time
import zlib

OK = b'{"id":"g-7"}'


def answer(status, body=OK, headers=b"", version=b"HTTP/1.1"):
    return b"%s %s\r\nContent-Length: %d\r\n%s\r\n%s" % (version, status, len(body), headers, body)


def coded(name, body):
    return answer(b"200 OK", body, b"Content-Encoding: %s\r\n" % name)


CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

ANSWERS = {
    # What RFC 9110 and 9112 allow.
    "plain": answer(b"200 OK"),
    "created": answer(b"201 Created"),
    "nobody": b"HTTP/1.1 204 No Content\r\n\r\n",
    "lower": b"HTTP/1.1 200 OK\r\ncontent-length: 12\r\ncontent-type: application/json\r\n\r\n" + OK,
    "noreason": answer(b"200 "),
    "barelf": b"HTTP/1.1 200 OK\nContent-Length: 12\n\n" + OK,
    "old": b"HTTP/1.0 200 OK\r\n\r\n" + OK,
    "oldkept": answer(b"200 OK", headers=b"Connection: keep-alive\r\n", version=b"HTTP/1.0"),
    "untilclose": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + OK,
    "chunked": CHUNKS + b"5\r\n" + OK[:5] + b"\r\n7;x=y\r\n" + OK[5:] + b"\r\n0\r\n\r\n",
    "trailers": CHUNKS + b"c\r\n" + OK + b"\r\n0\r\nServer-Timing: db;dur=53\r\n\r\n",
    "continue": b"HTTP/1.1 100 Continue\r\n\r\n" + answer(b"200 OK"),
    "hints": b"HTTP/1.1 103 Early Hints\r\nLink: </s.css>; rel=preload\r\n\r\n" + answer(b"200 OK"),
    "processing": b"HTTP/1.1 102 Processing\r\n\r\n" * 3 + answer(b"202 Accepted"),
    "gzip": coded(b"gzip", gzip.compress(OK)),
    "deflate": coded(b"deflate", zlib.compress(OK)),
    "bom": answer(b"200 OK", b"\xef\xbb\xbf" + OK),
    # Refusals, and those that say when to come again.
    "bad": answer(b"400 Bad Request", b'{"error":"no"}'),
    "denied": answer(b"401 Unauthorized", b"", b"WWW-Authenticate: Basic realm=x\r\n"),
    "proxyauth": answer(b"407 Proxy Authentication Required", b""),
    "gone": answer(b"410 Gone", b""),
    "moved": answer(b"302 Found", b"", b"Location: /plain\r\n"),
    "moved308": answer(b"308 Permanent Redirect", b"", b"Location: /plain\r\n"),
    "misdirected": answer(b"421 Misdirected Request", b""),
    "early": answer(b"425 Too Early", b""),
    "many": answer(b"429 Too Many Requests", b"", b"retry-after: 7\r\n"),
    "busy": answer(b"503 Service Unavailable", b"<html>", b"Retry-After: Fri, 01 Jan 2100 00:00:00 GMT\r\n"),
    "badgateway": answer(b"502 Bad Gateway", b"<html>"),
    "gatewaytime": answer(b"504 Gateway Timeout", b"<html>"),
    "reqtime": answer(b"408 Request Timeout", b"", b"Connection: close\r\n"),
    "http599": answer(b"599 Oh", b""),
    # The status has arrived; the rest never will. A refusal it is all the same, and a 2xx is not.
    "cutbad": b"HTTP/1.1 400 Bad Request\r\nContent-Length: 99\r\n\r\nno",
    "cutbusy": b"HTTP/1.1 503 Busy\r\nContent-Length: 99\r\n\r\n<h",
    "cutok": b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" + OK,
    "cutchunk": CHUNKS + b"5\r\n" + OK[:5] + b"\r\n",
    "badchunk": CHUNKS + b"zz\r\n",
    "cuthead": b"HTTP/1.1 200 OK\r\nContent-Le",
    "badgzip": coded(b"gzip", b"\x1f\x8bnot"),
    "bomb": coded(b"gzip", gzip.compress(b"x" * (8 << 20))),
    "hugebad": answer(b"400 Bad Request", b"x" * (2 << 20)),
    "hugehead": b"HTTP/1.1 200 OK\r\nX: %s\r\nContent-Length: 0\r\n\r\n" % (b"x" * 400000),
    # No answer at all.
    "close": b"",
    "reset": None,
    "garbage": b"\x00\xff\x13 nothing of HTTP\r\n\r\n",
    "smtp": b"220 mail.example.org ESMTP\r\n",
    "only100": b"HTTP/1.1 100 Continue\r\n\r\n",
}

# Answered before the request has been read, and closed with the rest of it unread.
EAGER = {
    "eagerlarge": answer(b"413 Content Too Large", b'{"error":"too large"}', b"Connection: close\r\n"),
    "eagerok": answer(b"200 OK", headers=b"Connection: close\r\n"),
}


class Server:
    def __init__(self, seen):
        self.seen = seen
        self.lock = threading.Lock()

    def note(self, text):
        with self.lock, open(self.seen, "a", encoding="ascii") as f:
            f.write(text + "\n")

    def reset(self, peer):
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def head(self, peer):
        data = b""
        while b"\r\n\r\n" not in data:
            more = peer.recv(65536)
            if not more:
                return None, b""
            data += more
        return data.split(b"\r\n\r\n", 1)

    def serve(self, peer):
        """One connection: whatever ends without a length of its own closes it."""
        kept = 0
        while True:
            head, body = self.head(peer)
            if head is None:
                break
            path = head.split(b" ")[1].decode().strip("/").split("?")[0]
            self.note(path)
            if path in EAGER:
                peer.sendall(EAGER[path])
                time.sleep(0.05)
                self.reset(peer)
                break
            length = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
            while length and len(body) < length[0]:
                body += peer.recv(65536)
            # The first on a connection is answered; the next finds it closing.
            if path.startswith("race"):
                kept += 1
                if kept == 2:
                    break
                peer.sendall(ANSWERS["plain"])
                continue
            said = ANSWERS[path]
            if said is None:
                self.reset(peer)
                break
            peer.sendall(said)
            if path not in ("plain", "created", "nobody", "lower", "chunked", "trailers", "oldkept"):
                break
        peer.close()


def work(server, peer):
    try:
        server.serve(peer)
    except OSError:
        peer.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port-file", required=True)
    parser.add_argument("--seen", required=True)
    args = parser.parse_args()
    server = Server(args.seen)
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    listener.settimeout(0.2)
    with open(args.port_file + ".new", "w", encoding="ascii") as f:
        f.write(str(listener.getsockname()[1]))
    os.rename(args.port_file + ".new", args.port_file)
    parent = os.getppid()
    while os.getppid() == parent:
        try:
            peer, _ = listener.accept()
        except TimeoutError:
            continue
        threading.Thread(target=work, args=(server, peer), daemon=True).start()


if __name__ == "__main__":
    main()
