#!/usr/bin/python3
"""Kills msg-send with SIGKILL at random moments, again and again, and counts what arrived.

kill.py CARRIER RECORD    the carrier's URL and the file of its requests, ROUNDS (30), MESSAGES (500) and SEED from the
                          environment; msg-send is found on PATH

Each round has a store of its own and one of four shapes: lines on stdin, lines on stdin with -w, a queue that --flush
empties, a queue that two --flush empty side by side. The runs are killed until one is left alone and ends by itself.
Then every message must have arrived once, or not more than once if it is marked unknown.
"""
import collections, json, os, random, shutil, signal, sqlite3, subprocess, sys

DONE, UNKNOWN = 5, 4
CARRIER, RECORD = sys.argv[1:3]
ROUNDS = int(os.environ.get("ROUNDS") or 30)
MESSAGES = int(os.environ.get("MESSAGES") or 500)
SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(1 << 32))
CONFIG = "state: %s\nchannels: {sms: {via: [hook]}}\naccounts: {hook: {provider: webhook, url: %s/send}}\n"


def start(arguments, stdin):
    with open(stdin) as lines, open("out", "ab") as out, open("err", "ab") as err:
        return subprocess.Popen(["msg-send", "-c", "config.yaml", *arguments], stdin=lines, stdout=out, stderr=err)


def run_killed(rng, runs):
    """Kills each process after a while of its own; True when one of them was faster."""
    ended = False
    for process in runs:
        try:
            process.wait(rng.choice([0.01, 0.05, 0.2, 0.6]) * rng.random())
            ended = True
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
    return ended


def run_to_the_end(arguments, stdin):
    process = start(arguments, stdin)
    code = process.wait(120)
    if code not in (0, 1, 75):
        sys.exit(f"msg-send {' '.join(arguments)}: status {code}\n{open('err').read()}")


def play(rng, shape):
    jobs = ["-j", str(rng.choice([1, 8, 32, 200]))]
    first, stdin, side_by_side = {
        "lines": (jobs, "in", 1),
        "wait": (jobs + ["--wait=1s"], "in", 1),
        "flush": (jobs + ["--flush"], os.devnull, 1),
        "two": (jobs + ["--flush"], os.devnull, 2),
    }[shape]
    if stdin != "in":
        run_to_the_end(["--enqueue"], "in")
    kills = 0
    for _ in range(rng.randrange(1, 6)):
        runs = [start(first, stdin) for _ in range(side_by_side)]
        kills += len(runs)
        if run_killed(rng, runs):
            break
    if stdin == "in":
        run_to_the_end(jobs, "in")
    run_to_the_end(jobs + ["--flush"], os.devnull)
    return kills


def arrived(offset):
    count = collections.Counter()
    with open(RECORD) as lines:
        lines.seek(offset)
        for line in lines:
            count[json.loads(json.loads(line)["body"])["id"]] += 1
    return count


def check(ids, count):
    rows = dict(sqlite3.connect("state/msg.db").execute("SELECT message, state FROM outbox"))
    wrong = [f"{i}: not in the outbox" for i in ids if i not in rows]
    for i, state in rows.items():
        if state not in (DONE, UNKNOWN):
            wrong.append(f"{i}: left in state {state}")
        if count[i] > 1:
            wrong.append(f"{i}: arrived {count[i]} times")
        if state == DONE and count[i] == 0:
            wrong.append(f"{i}: lost")
    return wrong, sum(state == UNKNOWN for state in rows.values())


def main():
    rng = random.Random(SEED)
    kills = unknown = 0
    with open("config.yaml", "w") as config:
        config.write(CONFIG % (os.path.abspath("state"), CARRIER))
    for number in range(ROUNDS):
        shape = ["lines", "flush", "two", "wait"][number % 4]
        ids = [f"r{number}-{i}" for i in range(MESSAGES)]
        shutil.rmtree("state", ignore_errors=True)
        with open("in", "w") as lines:
            lines.writelines(json.dumps({"to": "sms:+15551230001", "text": "x", "id": i}) + "\n" for i in ids)
        offset = os.path.getsize(RECORD) if os.path.exists(RECORD) else 0
        kills += play(rng, shape)
        wrong, doubtful = check(ids, arrived(offset))
        unknown += doubtful
        if wrong:
            sys.exit(f"seed {SEED}, round {number} ({shape}): {len(wrong)} wrong\n" + "\n".join(wrong[:20]))
    print(f"{ROUNDS} rounds, {kills} runs killed, {ROUNDS * MESSAGES} messages: 0 lost, 0 twice, {unknown} unknown")


main()
