#!/usr/bin/python3
"""Lets the disk fail, or the machine stop, at each write of a run of msg-send, and asks where the messages are.

disk.py CARRIER RECORD SHIM KIND    KIND: enospc, eio, short, kill; STEPS (all) of the run's writes and MESSAGES (25)
                                    from the environment; msg-send is found on PATH

After each broken run another one, on a disk that works, delivers what is due. Then every message must be in one of
two places: delivered (in the carrier's record, once) or, when the state could not be written, in --rejects; a message
that got no answer is asked about and not sent again, and its receipt said unknown.
"""
import collections, json, os, shutil, subprocess, sys

CARRIER, RECORD, SHIM, KIND = sys.argv[1:5]
MESSAGES = int(os.environ.get("MESSAGES") or 25)
STEPS = int(os.environ.get("STEPS") or 0)
CONFIG = "state: %s\nchannels: {sms: {via: [hook]}}\naccounts: {hook: {provider: webhook, url: %s/send}}\n"


def send(arguments, stdin, **variables):
    environment = {**os.environ, **variables}
    with open(stdin) as lines:
        run = subprocess.run(["msg-send", "-c", "config.yaml", "-q", *arguments], stdin=lines, capture_output=True,
                             text=True, env=environment, timeout=60)
    if run.returncode < 0 and not (KIND == "kill" and run.returncode == -9):
        sys.exit(f"msg-send {arguments} {variables}: signal {-run.returncode}\n{run.stderr}")
    return run


def faulty(fault):
    return {"LD_PRELOAD": SHIM, "DISK_DIR": os.path.abspath("state"), "DISK_FAULT": fault}


def receipts(*runs):
    status = collections.defaultdict(list)
    for run in runs:
        for line in run.stdout.splitlines():
            try:
                receipt = json.loads(line)
            except ValueError:      # cut short by the kill
                continue
            status[receipt["message"]].append(receipt["status"])
    return status


def arrived(offset):
    count = collections.Counter()
    if os.path.exists(RECORD):
        with open(RECORD) as lines:
            lines.seek(offset)
            for line in lines:
                count[json.loads(json.loads(line)["body"])["id"]] += 1
    return count


def rejected():
    if not os.path.exists("rejects"):
        return set()
    return {json.loads(line)["id"] for line in open("rejects")}


def play(step, fresh):
    """One broken run and its repair; what is wrong afterwards."""
    ids = [f"{KIND}{step}-{i}" for i in range(MESSAGES)]
    shutil.rmtree("state", ignore_errors=True)
    if os.path.exists("rejects"):
        os.unlink("rejects")
    if not fresh:
        send(["--enqueue"], "one")      # the store is there already
    with open("in", "w") as lines:
        lines.writelines(json.dumps({"to": "sms:+15551230001", "text": "x", "id": i}) + "\n" for i in ids)
    offset = os.path.getsize(RECORD) if os.path.exists(RECORD) else 0
    broken = send(["--rejects", "rejects"], "in", **faulty(f"{step}:{KIND}"))
    repair = send(["--flush"], os.devnull)
    if KIND == "kill":
        # What the process had not taken in when it died is the caller's, who repeats the lines.
        repair2 = send([], "in")
    else:
        repair2 = send(["--flush"], os.devnull)
    count, status, thrown = arrived(offset), receipts(broken, repair, repair2), rejected()
    wrong = []
    for i in ids:
        if count[i] > 1:
            wrong.append(f"{i}: arrived {count[i]} times")
        elif count[i] and i in thrown:
            wrong.append(f"{i}: arrived, and is in the rejects")
        elif not count[i] and i not in thrown and "unknown" not in status[i]:
            wrong.append(f"{i}: lost ({status[i]})")
        if "accepted" in status[i] and not count[i]:
            wrong.append(f"{i}: said to be accepted, and has not arrived")
    if KIND != "kill" and broken.returncode == 0 and thrown:
        wrong.append("status 0 with rejects")
    return broken.returncode, wrong


def count_writes(fresh):
    shutil.rmtree("state", ignore_errors=True)
    if not fresh:
        send(["--enqueue"], "one")
    send([], "in", LD_PRELOAD=SHIM, DISK_DIR=os.path.abspath("state"), DISK_COUNT=os.path.abspath("count"))
    return int(open("count").read())


def main():
    with open("config.yaml", "w") as config:
        config.write(CONFIG % (os.path.abspath("state"), CARRIER))
    with open("one", "w") as line:
        line.write('{"to":"sms:+15551230001","text":"x","id":"one","at":"2099-01-01T00:00:00Z"}\n')
    with open("in", "w") as lines:
        lines.writelines(json.dumps({"to": "sms:+15551230001", "text": "x", "id": f"count{i}"}) + "\n" for i in range(MESSAGES))
    played, codes = 0, collections.Counter()
    for fresh in (False, True):
        writes = count_writes(fresh)
        stride = max(1, writes // STEPS) if STEPS else 1
        for step in range(1, writes + 1, stride):
            code, wrong = play(step, fresh)
            codes[code] += 1
            played += 1
            if wrong:
                sys.exit(f"{KIND} at write {step} of {writes} ({'new' if fresh else 'old'} store), status {code}:\n" + "\n".join(wrong[:20]))
    print(f"{KIND}: {played} writes, {played * MESSAGES} messages: 0 lost, 0 twice; statuses {dict(sorted(codes.items()))}")


main()
