"""Reads a mail as a mail program would (Python's email package) and prints what it found as JSON.

mail.py FILE            headers decoded, parts in order, and whatever is wrong with the bytes
mail.py FILE --part N   the decoded bytes of part N on standard output
"""

import email
import email.policy
import email.utils
import json
import sys


def faults(raw):
    """What RFC 5322 forbids and a parser forgives."""
    found = []
    lines = raw.split(b"\r\n")
    if lines[-1] != b"":
        found.append("does not end in CRLF")
    if any(b"\n" in line or b"\r" in line for line in lines):
        found.append("a bare CR or LF")
    if any(len(line) > 998 for line in lines):
        found.append("a line over 998 bytes")
    if any(byte >= 0x80 or byte == 0 for byte in raw):
        found.append("a byte that is not ASCII")
    for line in raw.split(b"\r\n\r\n")[0].split(b"\r\n"):
        if len(line) > 78:
            found.append("a header line over 78 bytes")
    return found


def main():
    raw = open(sys.argv[1], "rb").read()
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    parts = [p for p in mail.walk() if not p.is_multipart()]
    if len(sys.argv) > 2:
        sys.stdout.buffer.write(parts[int(sys.argv[3])].get_payload(decode=True))
        return
    defects = [repr(d) for p in mail.walk() for d in p.defects]
    json.dump(
        {
            "structure": [p.get_content_type() for p in mail.walk()],
            "headers": {name: str(mail[name]) for name in mail.keys()},
            "names": {
                name: [[a.display_name, a.addr_spec] for a in mail[name].addresses]
                for name in ("From", "To", "Reply-To")
                if mail[name]
            },
            "date": mail["Date"].datetime.isoformat() if mail["Date"] else None,
            "twice": sorted({n for n in mail.keys() if len(mail.get_all(n)) > 1}),
            "parts": [
                {
                    "type": p.get_content_type(),
                    "name": p.get_filename(),
                    "disposition": p.get_content_disposition(),
                    "id": p["Content-ID"],
                    "encoding": p["Content-Transfer-Encoding"],
                    "text": p.get_content().replace("\r\n", "\n") if p.get_content_maintype() == "text" and not p.get_filename() else None,
                }
                for p in parts
            ],
            "faults": faults(raw) + defects,
        },
        sys.stdout,
        ensure_ascii=False,
    )


if __name__ == "__main__":
    main()
