#!/usr/bin/python3
"""Edits a copy of the consent ledger in every way that one row can be, and asks `msg-optin verify` each time.

tamper.py MSG_OPTIN STORE CHECKPOINTS     exits 1 for an edit that is not found, or found elsewhere
"""
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


def edited(sqls):
    """What verify says of a copy with these edits."""
    with tempfile.TemporaryDirectory() as home:
        directory = os.path.join(home, "msg")
        shutil.copytree(os.path.dirname(store), directory)
        db = sqlite3.connect(os.path.join(directory, "msg.db"), isolation_level=None)
        for name in TRIGGERS:
            db.execute("DROP TRIGGER consent_" + name)
        for sql in sqls:
            db.execute(sql)
        db.close()
        return verify(home)


def main():
    db = sqlite3.connect(store)
    columns = [row[1] for row in db.execute("PRAGMA table_info(consent_event)")]
    rows = dict(db.execute("SELECT seq, id FROM consent_event"))
    gone = [seq for seq, text in rows.items() if not text]
    db.close()
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
    cases.append((["INSERT INTO consent_event SELECT seq + 500, id, subject, channel, topic, 2, method, evidence, time_ms, recorded_ms,"
                   " prev, hash, format, strength, source, form, ip, code, jurisdiction, basis, preference, erased"
                   " FROM consent_event WHERE seq = 10"], rows[10]))
    cases.append((["UPDATE consent_state SET state = 2 WHERE seq = 1"], rows[1]))
    cases.append((["DELETE FROM consent_state WHERE seq = 1"], None))
    bad = 0
    for sqls, name in cases:
        status, said = edited(sqls)
        if status != 1 or not said.startswith("altered: ") or (name and not said.startswith("altered: " + name)):
            print("not found where it was made (%s): %s: %s" % (name, "; ".join(sqls), said))
            bad += 1
    print("%d edits, %s" % (len(cases), "%d not found" % bad if bad else "each found where it was made"))
    return bad > 0


sys.exit(main())
