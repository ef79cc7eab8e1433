#!/usr/bin/python3
"""Kills msg-send with SIGKILL at random moments, again and again, and counts what arrived.

kill.py CARRIER RECORD    the carrier's URL and the file of its requests, ROUNDS (30), MESSAGES (500) and SEED from the
                          environment; msg-send is found on PATH

Each round has a store of its own and one of four shapes: lines on stdin, lines on stdin with -w, a queue that --flush
empties, a queue that two --flush empty side by side. The runs are killed until one is left alone and ends by itself.
CARRIER_IS, from the environment, says what the carrier is and what must then hold of every message:

  plain   knows no keys: it arrived once, or not more than once if it is marked unknown
  keyed   drops what repeats a key: it arrived, and under one key
  resend  knows no keys, and what is in doubt is sent again: it arrived; what arrived more than once was marked unknown
          first, and of those there are no more than were in flight when a run was killed
"""
import collections, json, os, random, shutil, signal, sqlite3, subprocess, sys

DONE, UNKNOWN = 5, 4
CARRIER, RECORD = sys.argv[1:3]
ROUNDS = int(os.environ.get("ROUNDS") or 30)
MESSAGES = int(os.environ.get("MESSAGES") or 500)
SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(1 << 32))
KIND = os.environ.get("CARRIER_IS") or "plain"
EXTRA = {"plain": "", "keyed": ", idempotent: true", "resend": ", on_unknown: resend"}[KIND]
CONFIG = "state: %s\nchannels: {sms: {via: [hook]}}\naccounts: {hook: {provider: webhook, url: %s/send%s}}\n" \
    "delivery: {retry: {attempts: 30, first: 1ms, longest: 2ms}}\n"


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
    """How many runs were killed, and how many messages they may have had in flight."""
    connections = rng.choice([1, 8, 32, 200])
    jobs = ["-j", str(connections)]
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
    run_to_the_end(jobs + ["--flush", "--wait=5s"], os.devnull)
    return kills, kills * max(2 * connections, 256)


def arrived(offset):
    """For each message the keys that it came under, once for each arrival."""
    keys = collections.defaultdict(list)
    with open(RECORD) as lines:
        lines.seek(offset)
        for line in lines:
            request = json.loads(line)
            headers = {name.lower(): value for name, value in request["headers"].items()}
            keys[json.loads(request["body"])["id"]].append(headers["idempotency-key"])
    return keys


def were_unknown():
    """Messages whose receipts have said so; the last line of a killed run may be cut short."""
    names = set()
    with open("out") as lines:
        for line in lines:
            try:
                receipt = json.loads(line)
            except ValueError:
                continue
            if receipt["status"] == "unknown":
                names.add(receipt["message"])
    return names


def check(ids, keys, in_flight):
    rows = dict(sqlite3.connect("state/msg.db").execute("SELECT message, state FROM outbox"))
    doubted = were_unknown()
    wrong = [f"{i}: not in the outbox" for i in ids if i not in rows]
    twice = 0
    for i, state in rows.items():
        times = len(keys[i])
        if state not in (DONE, UNKNOWN) or (state == UNKNOWN and KIND != "plain"):
            wrong.append(f"{i}: left in state {state}")
        if state == DONE and times == 0:
            wrong.append(f"{i}: lost")
        if len(set(keys[i])) > 1:
            wrong.append(f"{i}: came under {len(set(keys[i]))} keys")
        if times > 1 and KIND == "plain":
            wrong.append(f"{i}: arrived {times} times")
        if times > 1 and KIND == "resend":
            twice += 1
            if i not in doubted:
                wrong.append(f"{i}: arrived {times} times and was never unknown")
    if twice > in_flight:
        wrong.append(f"{twice} arrived more than once, and no more than {in_flight} were in flight")
    return wrong, sum(state == UNKNOWN for state in rows.values()), twice


def main():
    rng = random.Random(SEED)
    kills = unknown = twice = 0
    with open("config.yaml", "w") as config:
        config.write(CONFIG % (os.path.abspath("state"), CARRIER, EXTRA))
    for number in range(ROUNDS):
        shape = ["lines", "flush", "two", "wait"][number % 4]
        ids = [f"r{number}-{i}" for i in range(MESSAGES)]
        shutil.rmtree("state", ignore_errors=True)
        with open("in", "w") as lines:
            lines.writelines(json.dumps({"to": "sms:+15551230001", "text": "x", "id": i}) + "\n" for i in ids)
        offset = os.path.getsize(RECORD) if os.path.exists(RECORD) else 0
        open("out", "w").close()
        killed, in_flight = play(rng, shape)
        wrong, doubtful, repeated = check(ids, arrived(offset), in_flight)
        kills += killed
        unknown += doubtful
        twice += repeated
        if wrong:
            sys.exit(f"seed {SEED}, round {number} ({shape}): {len(wrong)} wrong\n" + "\n".join(wrong[:20]))
    print(f"{ROUNDS} rounds, {kills} runs killed, {ROUNDS * MESSAGES} messages: 0 lost, {twice} twice, {unknown} unknown")


main()
