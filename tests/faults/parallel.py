#!/usr/bin/python3
"""Kills msg-send with SIGKILL while it sends messages by two channels at once, with a third behind them.

parallel.py CARRIER RECORD    the carrier's URL and the file of its requests; ROUNDS (8), MESSAGES (60) and SEED from the
                              environment; msg-send is found on PATH

The carrier refuses both legs of every third message. Each leg arrives once, or not more than once if it is unknown; the
leg behind them is used once where both were refused, and never where one was taken.
"""
import collections, json, os, random, shutil, signal, sqlite3, subprocess, sys

DONE, UNKNOWN = 5, 4
CARRIER, RECORD = sys.argv[1:3]
ROUNDS, MESSAGES = int(os.environ.get("ROUNDS") or 8), int(os.environ.get("MESSAGES") or 60)
SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(1 << 32))
CONFIG = "state: %s\nchannels: {sms: {via: [a]}, email: {via: [b]}, push: {via: [c]}}\naccounts:\n" + "".join(
    "  %s: {provider: webhook, url: %s/%s}\n" % (name, CARRIER, name) for name in "abc") + \
    "delivery: {on_unknown: {transactional: hold}, breaker: {failures: 0}}\n"
PLAN = [{"channel": "sms", "address": "+15551230001"}, {"channel": "email", "address": "a@example.org", "parallel": True},
        {"channel": "push", "address": "fcm:one"}]


def run(arguments, stdin, patience=None):
    """False: it was killed."""
    with open(stdin) as lines, open("out", "ab") as out:
        process = subprocess.Popen(["msg-send", "-q", "-c", "config.yaml", *arguments], stdin=lines, stdout=out)
        try:
            code = process.wait(patience)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            return False
    if code not in (0, 1, 75):
        sys.exit(f"msg-send {' '.join(arguments)}: status {code}")
    return True


def check(offset):
    came = collections.Counter()
    with open(RECORD) as lines:
        lines.seek(offset)
        for line in lines:
            request = json.loads(line)
            came[json.loads(request["body"])["id"], "abc".index(request["path"][1])] += 1
    rows = collections.defaultdict(list)
    for message, lane, leg, state in sqlite3.connect("state/msg.db").execute("SELECT message, lane, leg, state FROM outbox"):
        rows[message].append((lane, leg, state))
    wrong, doubts = [], 0
    for i in range(MESSAGES):
        name, refused = f"m{i}", i % 3 == 0
        lanes = rows[name]
        unknown = {leg for _, leg, state in lanes if state == UNKNOWN}
        doubts += len(unknown)
        if sorted(lane for lane, _, _ in lanes) != [0, 1]:
            wrong.append(f"{name}: has the lanes {lanes}")
        for leg in range(3):
            if came[name, leg] > 1:
                wrong.append(f"{name}: leg {leg} arrived {came[name, leg]} times")
            if leg < 2 and came[name, leg] == 0 and leg not in unknown:
                wrong.append(f"{name}: leg {leg} was lost")
        if not refused and came[name, 2]:
            wrong.append(f"{name}: the leg behind was used")
        if refused and not unknown and came[name, 2] != 1:
            wrong.append(f"{name}: the leg behind was not used")
    return wrong, doubts


rng = random.Random(SEED)
kills = doubts = 0
for number in range(ROUNDS):
    shutil.rmtree("state", ignore_errors=True)
    with open("config.yaml", "w") as f:
        f.write(CONFIG % os.path.abspath("state"))
    with open("in", "w") as f:
        for i in range(MESSAGES):
            text = "refuse" if i % 3 == 0 else "take"
            f.write(json.dumps({"id": f"m{i}", "to": {"id": "ana"}, "text": text, "plan": PLAN}) + "\n")
    offset = os.path.getsize(RECORD) if os.path.exists(RECORD) else 0
    jobs = ["-j", str(rng.choice([1, 2, 8]))]
    for _ in range(rng.randrange(1, 5)):
        if run(jobs, "in", 0.01 + rng.choice([0.05, 0.2]) * rng.random()):
            break
        kills += 1
    run(jobs, "in")
    run(jobs + ["--flush"], os.devnull)
    wrong, more = check(offset)
    doubts += more
    if wrong:
        sys.exit(f"round {number}, SEED={SEED}:\n" + "\n".join(wrong[:20]))
print(f"{ROUNDS} rounds of {MESSAGES}, {kills} kills: none lost, none twice, {doubts} legs unknown")
