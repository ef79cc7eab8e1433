#!/usr/bin/python3
"""Edits a copy of the consent ledger in every way that one row can be, and asks `msg-optin verify` each time.

tamper.py MSG_OPTIN STORE CHECKPOINTS     exits 1 for an edit that is not found, or found elsewhere
"""
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile

program, store, kept = sys.argv[1:4]
TRIGGERS = ("event_insert", "event_update", "event_delete", "checkpoint_update", "checkpoint_delete")


def verify(home):
    env = dict(os.environ, XDG_STATE_HOME=home)
    done = subprocess.run([program, "verify", "--against", kept], env=env, capture_output=True, text=True)
    return done.returncode, done.stdout.strip()


NUMBERS = ("state", "strength", "time_ms", "recorded_ms", "until_ms")
TEXTS = ("id", "subject", "channel", "topic", "method", "evidence", "source", "form", "ip", "code", "jurisdiction", "basis",
         "preference", "contact")


def hash_of(*values):
    """Of numbers and texts, as THE CHAIN in msg-optin(1) has it."""
    h = hashlib.blake2b(digest_size=32)
    for value in values:
        data = value.encode() if isinstance(value, str) else b""
        number = len(data) if isinstance(value, str) else -1 if value is None else value
        h.update(number.to_bytes(8, "little", signed=True) + data)
    return h.hexdigest()


def body_of(row):
    return row["body"] if row["erased"] else hash_of("msg consent body 2", *[row[name] for name in NUMBERS + TEXTS])


def row_hash(row):
    return hash_of("msg consent event 2", row["prev"], row["seq"], body_of(row))


def erase(db, seq, by):
    """Takes the words of an event, as forgetting does, and what stands by it."""
    db.row_factory = sqlite3.Row
    row = dict(db.execute("SELECT * FROM consent_event WHERE seq = ?", (seq,)).fetchone())
    db.row_factory = None
    db.execute("UPDATE consent_event SET erased = ?, body = ?, format = 0, id = '', subject = '', channel = '', topic = '', state = 0,"
               " strength = 0, time_ms = 0, recorded_ms = 0, method = NULL, evidence = NULL, source = NULL WHERE seq = ?",
               (by, body_of(row), seq))
    db.execute("DELETE FROM consent_state WHERE seq = ?", (seq,))


def chain(db, write, stop=None):
    """Follows the chain with a program of its own, or writes it anew (up to a row's prev); how many rows did not fit."""
    db.row_factory = sqlite3.Row
    prev, bad = "0" * 64, 0
    for row in db.execute("SELECT * FROM consent_event ORDER BY seq").fetchall():
        row = dict(row)
        if write:
            row["prev"] = prev
        if row["seq"] == stop:
            db.execute("UPDATE consent_event SET prev = ? WHERE seq = ?", (prev, stop))
            break
        known = row_hash(row)
        bad += row["prev"] != prev or known != row["hash"]
        if write:
            db.execute("UPDATE consent_event SET prev = ?, hash = ? WHERE seq = ?", (prev, known, row["seq"]))
        prev = known
    db.row_factory = None
    return bad


def edited(sqls):
    """What verify says of a copy with these edits."""
    with tempfile.TemporaryDirectory() as home:
        directory = os.path.join(home, "msg")
        shutil.copytree(os.path.dirname(store), directory)
        db = sqlite3.connect(os.path.join(directory, "msg.db"), isolation_level=None)
        for name in TRIGGERS:
            db.execute("DROP TRIGGER consent_" + name)
        for sql in sqls:
            if sql.startswith("ERASE"):
                erase(db, *map(int, sql.split()[1:]))
            elif sql.startswith("REWRITE"):
                chain(db, True, int(sql.split()[-1]) if " " in sql else None)
            else:
                db.execute(sql)
        db.close()
        return verify(home)


def main():
    db = sqlite3.connect(store)
    columns = [row[1] for row in db.execute("PRAGMA table_info(consent_event)")]
    rows = dict(db.execute("SELECT seq, id FROM consent_event"))
    gone = [seq for seq, text in rows.items() if not text]
    open_question = db.execute("SELECT seq FROM consent_doubt").fetchone()[0]
    erasure = db.execute("SELECT seq FROM consent_event WHERE state = 5").fetchone()[0]
    misfits = chain(db, False)
    db.close()
    assert misfits == 0, "%d rows do not fit the documented chain" % misfits
    assert len(gone) == 1 and verify(os.path.dirname(os.path.dirname(store)))[0] == 0
    cases = []
    for column in columns:
        for seq in (2, 101, gone[0]):
            value = "x'00'" if column in ("prev", "hash") else "COALESCE(%s, 0) + 1000" % column
            name = "event %d" % seq if seq == gone[0] else rows[seq]
            if column == "id":
                name = "1000" if seq == gone[0] else None
            if column in ("seq", "erased"):
                name = None
            cases.append((["UPDATE consent_event SET %s = %s WHERE seq = %d" % (column, value, seq)], name))
    cases.append((["DELETE FROM consent_event WHERE seq = 50"], rows[51]))
    cases.append((["DELETE FROM consent_event WHERE seq > 150"], None))
    cases.append((["DELETE FROM consent_event WHERE seq = %d" % gone[0]], rows[gone[0] + 1]))
    cases.append((["UPDATE consent_event SET seq = 9999 WHERE seq = 60", "UPDATE consent_event SET seq = 60 WHERE seq = 61",
                   "UPDATE consent_event SET seq = 61 WHERE seq = 9999"], rows[61]))
    values = ["seq + 500" if column == "seq" else "2" if column == "state" else column for column in columns]
    cases.append((["INSERT INTO consent_event (%s) SELECT %s FROM consent_event WHERE seq = 10" % (", ".join(columns), ", ".join(values))],
                  rows[10]))
    cases.append((["UPDATE consent_state SET state = 2 WHERE seq = 1"], rows[1]))
    cases.append((["DELETE FROM consent_state WHERE seq = 1"], None))
    # A yes made of a no, with everything that follows from it; and the same behind the back of the last checkpoint's row.
    lie = ["UPDATE consent_event SET state = 2, strength = 2 WHERE seq = 4", "UPDATE consent_state SET state = 2, strength = 2 WHERE seq = 4",
           "REWRITE"]
    cases.append((lie, None))
    cases.append((lie + ["DELETE FROM consent_checkpoint"], None))
    # Up to the words that are gone, whose hash is left as it was: what came before must not come loose.
    # Somebody's no, taken away as if they had been forgotten, with somebody else or with nobody.
    cases.append((["ERASE 4 %d" % erasure], rows[erasure]))
    cases.append((["ERASE 4 203"], None))
    cases.append((["UPDATE consent_event SET body = NULL WHERE seq = %d" % gone[0]], "event %d" % gone[0]))
    cases.append((lie[:2] + ["REWRITE TO %d" % gone[0]], rows[gone[0]] or "event %d" % gone[0]))
    cases.append((["DELETE FROM consent_checkpoint"], None))
    cases.append((["UPDATE consent_checkpoint SET events = events - 1"], None))
    # The tail, with what stands by it and the checkpoint that covers it.
    cases.append((["DELETE FROM consent_event WHERE seq > 150", "DELETE FROM consent_state WHERE seq > 150", "DELETE FROM consent_doubt",
                   "DELETE FROM consent_preference", "DELETE FROM consent_checkpoint"], None))
    # A question that is made to last, or to go away.
    cases.append((["UPDATE consent_doubt SET due_ms = due_ms + 1000"], rows[open_question]))
    cases.append((["DELETE FROM consent_doubt"], rows[open_question]))
    cases.append((["INSERT INTO consent_doubt (seq, subject, asked_ms, due_ms) VALUES (5, 'sms:+15552000004', 1, 2)"], None))
    cases.append((["UPDATE consent_preference SET value = '{}'"], None))
    cases.append((["DELETE FROM consent_preference"], None))
    bad = 0
    for sqls, name in cases:
        status, said = edited(sqls)
        if status != 1 or not said.startswith("altered: ") or (name and not said.startswith("altered: " + name)):
            print("not found where it was made (%s): %s: %s" % (name, "; ".join(sqls), said))
            bad += 1
    print("%d edits, %s" % (len(cases), "%d not found" % bad if bad else "each found where it was made"))
    return bad > 0


sys.exit(main())
