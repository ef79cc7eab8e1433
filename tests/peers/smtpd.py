"""A real mail server (aiosmtpd) on 127.0.0.1 that keeps what it gets.

smtpd.py --port-file FILE --dir DIR [--cert FILE --key FILE] [--tls starttls|implicit] [--auth USER:PASSWORD] [--utf8]

Every mail becomes DIR/N.eml (the bytes as they were after un-stuffing) and DIR/N.json (envelope and session). What the
recipient is called decides what happens to it: see REFUSED_AT_RCPT and REFUSED_AT_DATA. It ends with its parent.
"""

import argparse
import asyncio
import json
import os
import ssl

from aiosmtpd.smtp import SMTP, AuthResult

REFUSED_AT_RCPT = {
    "nobody": "550 5.1.1 no such mailbox here",
    "full": "552 5.2.2 mailbox full",
    "busy": "451 4.3.0 try again later",
    "grey": "450 4.7.1 greylisted",
}
REFUSED_AT_DATA = {
    "spam": "554 5.7.1 looks like spam",
    "large": "552 5.3.4 too large for this mailbox",
}


class Keeper:
    def __init__(self, directory):
        self.directory = directory
        self.count = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        word = REFUSED_AT_RCPT.get(address.split("@")[0])
        if word:
            return word
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server, session, envelope):
        name = envelope.rcpt_tos[0].split("@")[0]
        if name in REFUSED_AT_DATA:
            return REFUSED_AT_DATA[name]
        self.count += 1
        base = os.path.join(self.directory, str(self.count))
        with open(base + ".eml", "wb") as f:
            f.write(envelope.original_content)
        with open(base + ".json.new", "w", encoding="utf-8") as f:
            json.dump(
                {
                    "from": envelope.mail_from,
                    "to": envelope.rcpt_tos,
                    "tls": session.ssl is not None or server.transport.get_extra_info("sslcontext") is not None,
                    "options": [o for o in envelope.mail_options if not o.startswith("SIZE=")],
                    "user": session.auth_data.login.decode() if session.auth_data else None,
                    "peer": list(session.peer[:2]),
                },
                f,
            )
        os.rename(base + ".json.new", base + ".json")
        if name == "drop":
            server.transport.abort()
        return "250 2.0.0 kept as %d" % self.count


def authenticator(wanted):
    user, password = wanted.split(":", 1)

    def check(server, session, envelope, mechanism, data):
        good = data.login.decode() == user and data.password.decode() == password
        return AuthResult(success=good, handled=False, auth_data=data if good else None)

    return check


async def serve(args):
    context = None
    if args.cert:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(args.cert, args.key)
    keeper = Keeper(args.dir)

    def session():
        extra = {}
        if args.auth:
            extra.update(authenticator=authenticator(args.auth), auth_required=True, auth_require_tls=args.tls == "starttls")
        if args.tls == "starttls":
            extra.update(tls_context=context, require_starttls=True)
        return SMTP(keeper, hostname="mail.test", enable_SMTPUTF8=args.utf8, loop=asyncio.get_running_loop(), **extra)

    server = await asyncio.get_running_loop().create_server(
        session, "127.0.0.1", 0, ssl=context if args.tls == "implicit" else None
    )
    with open(args.port_file + ".new", "w", encoding="ascii") as f:
        f.write(str(server.sockets[0].getsockname()[1]))
    os.rename(args.port_file + ".new", args.port_file)
    parent = os.getppid()
    while os.getppid() == parent:
        await asyncio.sleep(0.2)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port-file", required=True)
    parser.add_argument("--dir", required=True)
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--tls", choices=["starttls", "implicit"])
    parser.add_argument("--auth")
    parser.add_argument("--utf8", action="store_true")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
