#!/usr/bin/python3
"""Runs a program under a pseudo-terminal and talks with it.

    terminal.py PROGRAM [ARG ...] <SCRIPT

A line of the script is one of
    send TEXT       types the text and Enter
    type TEXT       types the text alone; \\t is the Tab key
    expect TEXT     waits until the text has been printed behind what was expected last, at most 20 seconds
    never TEXT      what has been printed so far must not contain it
    eof             types Ctrl-D
What the program printed goes to stdout. The exit status is the program's, or 199 when something was waited for in vain.
"""
import os
import pty
import select
import signal
import sys
import time

LIMIT = 20


class Terminal:
    def __init__(self, argv):
        self.seen = ""
        self.at = 0
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                os.execvp(argv[0], argv)
            finally:
                os._exit(127)

    def read(self, seconds):
        """Takes what comes within that time; False at the end."""
        ready, _, _ = select.select([self.fd], [], [], seconds)
        if not ready:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return False
        self.seen += data.decode("utf-8", "replace").replace("\r\n", "\n")
        return bool(data)

    def expect(self, text):
        until = time.monotonic() + LIMIT
        while True:
            at = self.seen.find(text, self.at)
            if at >= 0:
                self.at = at + len(text)
                return True
            left = until - time.monotonic()
            if left <= 0 or not self.read(left):
                return self.seen.find(text, self.at) >= 0

    def finish(self):
        until = time.monotonic() + LIMIT
        while time.monotonic() < until and self.read(until - time.monotonic()):
            pass
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        while pid == 0 and time.monotonic() < until:
            time.sleep(0.01)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
        if pid == 0:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            return 199
        return os.waitstatus_to_exitcode(status) % 256


def main():
    terminal = Terminal(sys.argv[1:])
    failed = None
    for line in sys.stdin.read().splitlines():
        verb, _, text = line.strip().partition(" ")
        if verb == "send":
            os.write(terminal.fd, text.encode() + b"\r")
        elif verb == "type":
            os.write(terminal.fd, text.replace("\\t", "\t").encode())
        elif verb == "eof":
            os.write(terminal.fd, b"\x04")
        elif verb == "never":
            failed = None if text not in terminal.seen else line
        elif verb == "expect":
            failed = None if terminal.expect(text) else line
        elif verb:
            failed = "not a line of a script: " + line
        if failed:
            os.kill(terminal.pid, signal.SIGKILL)
            break
    status = terminal.finish()
    sys.stdout.write(terminal.seen)
    if failed:
        sys.stderr.write("in vain: %s\n" % failed)
        status = 199
    sys.exit(status)


main()
