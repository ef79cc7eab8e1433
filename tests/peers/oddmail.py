"""A mail server on 127.0.0.1 that says at each stage what it is told to.

oddmail.py --port-file FILE --script FILE --seen FILE

The script is read anew at each connection: lines of STAGE REPLY, where a stage is greeting, ehlo, helo, starttls, auth,
mail, rcpt, data, end (of the mail) or quit, or what a recipient is called; and a reply is a text in which "|" parts lines,
or close, reset, silent or garbage. "limit N" closes a connection after N mails, "slow SECONDS" takes them after a rest.
Each command is a line of --seen, and so is each mail that was taken: "taken". It ends with its parent.
"""

import argparse
import os
import socket
import struct
import threading
import time

USUAL = {
    "greeting": "220 mail.test ESMTP",
    "ehlo": "250-mail.test|250-SIZE 10000000|250 8BITMIME",
    "helo": "250 mail.test",
    "auth": "235 2.7.0 welcome",
    "data": "354 go on",
    "end": "250 2.0.0 taken",
    "quit": "221 bye",
}


class Session:
    def __init__(self, peer, said, note):
        self.peer, self.said, self.note = peer, said, note
        self.file = peer.makefile("rb")
        self.taken = 0
        self.nobody = False

    def reply(self, stage):
        """False when that was the end of the connection."""
        text = self.said.get(stage, USUAL.get(stage, "250 2.0.0 ok"))
        if stage == "data" and self.nobody and stage not in self.said:
            text = "503 5.5.1 nobody to send it to"
        self.nobody = text.startswith(("4", "5"))
        if text == "reset":
            self.peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if text == "silent":
            self.file.read()
        if text in ("close", "reset", "silent"):
            return False
        if text == "garbage":
            self.peer.sendall(b"\xff\x00 nothing of SMTP\r\n")
            return False
        self.peer.sendall((text.replace("|", "\r\n") + "\r\n").encode())
        if stage == "data":
            return not text.startswith("354") or self.take()
        return not text.startswith("421")

    def take(self):
        for line in self.file:
            if line == b".\r\n":
                time.sleep(float(self.said.get("slow", 0)))
                if self.said.get("end", "250").startswith("250"):
                    self.note("taken")
                    self.taken += 1
                return self.reply("end") and self.taken != int(self.said.get("limit", 0))
        return False

    def run(self):
        going = self.reply("greeting")
        while going:
            line = self.file.readline()
            if not line:
                break
            word = line.split()[0].decode().lower()
            self.note(line.decode(errors="replace").strip())
            if word == "auth" and len(line.split()) == 2:
                for _ in range(2 if line.upper().startswith(b"AUTH LOGIN") else 1):
                    self.peer.sendall(b"334 \r\n")
                    self.file.readline()
            who = line.split(b":<")[-1].split(b"@")[0].decode() if word == "rcpt" else word
            going = self.reply(who if who in self.said else word) and word != "quit"
        self.file.close()
        self.peer.close()


def work(peer, script, note):
    said = {}
    with open(script, encoding="utf-8") as f:
        for line in f:
            stage, _, text = line.strip().partition(" ")
            said[stage] = text
    try:
        Session(peer, said, note).run()
    except OSError:
        peer.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port-file", required=True)
    parser.add_argument("--script", required=True)
    parser.add_argument("--seen", required=True)
    args = parser.parse_args()
    lock = threading.Lock()

    def note(text):
        with lock, open(args.seen, "a", encoding="utf-8") as f:
            f.write(text + "\n")

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
        threading.Thread(target=work, args=(peer, args.script, note), daemon=True).start()


if __name__ == "__main__":
    main()
