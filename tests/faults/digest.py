#!/usr/bin/python3
"""Kills msg-send with SIGKILL at random moments while it sends what was held for its hours, several messages as one.

digest.py CARRIER RECORD    the carrier's URL and the file of its requests, ROUNDS (10), PEOPLE (40) and SEED from the
                            environment; msg-send and faketime are found on PATH

Each message must have arrived once, with others or alone, or be in doubt: marked unknown, or carried by one that is.
"""
import collections, json, os, random, shutil, signal, sqlite3, subprocess, sys

HELD, UNKNOWN, DONE = 1, 4, 5
CARRIER, RECORD = sys.argv[1:3]
ROUNDS = int(os.environ.get("ROUNDS") or 10)
PEOPLE = int(os.environ.get("PEOPLE") or 40)
EACH = 5
SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(1 << 32))


# faketime itself would stand between us and the process that is to be killed.
LIBRARY = subprocess.check_output(["faketime", "-f", "+0", "printenv", "LD_PRELOAD"], text=True).strip()


def start(clock, arguments, stdin=os.devnull):
    environment = {**os.environ, "TZ": "UTC", "LD_PRELOAD": LIBRARY, "FAKETIME": f"@2026-12-01 {clock}"}
    with open(stdin) as lines, open("out", "ab") as out, open("err", "ab") as err:
        command = ["msg-send", "-c", "config.yaml", *arguments]
        return subprocess.Popen(command, stdin=lines, stdout=out, stderr=err, env=environment)


def killed(rng, process):
    try:
        process.wait(0.01 + rng.choice([0.05, 0.1, 0.3]) * rng.random())
        return 0
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
        return 1


def to_the_end(clock, arguments, stdin=os.devnull):
    code = start(clock, arguments, stdin).wait(120)
    if code not in (0, 1, 75):
        sys.exit(f"msg-send {' '.join(arguments)}: status {code}\n{open('err').read()}")


def arrived(offset):
    count, requests = collections.Counter(), 0
    with open(RECORD) as lines:
        lines.seek(offset)
        for line in lines:
            requests += 1
            count.update(json.loads(json.loads(line)["body"])["message"].split())
    return count, requests


def check(count):
    store = sqlite3.connect("state/msg.db")
    rows = {message: (seq, state) for seq, message, state in store.execute("SELECT seq, message, state FROM outbox")}
    states = dict(rows.values())
    carriers = dict(store.execute("SELECT seq, carrier FROM digest"))
    wrong, doubtful = [], 0
    for person in range(PEOPLE):
        for number in range(EACH):
            seq, state = rows[f"m{person}.{number}"]
            doubt = UNKNOWN in (state, states.get(carriers.get(seq)))
            doubtful += doubt
            if count[f"m{person}.{number}"] not in ((0, 1) if doubt else (1,)) or state == HELD and not doubt:
                wrong.append(f"m{person}.{number}: state {state}, arrived {count[f'm{person}.{number}']} times")
    return wrong, doubtful


def play(rng):
    offset = os.path.getsize(RECORD) if os.path.exists(RECORD) else 0
    shutil.rmtree("state", ignore_errors=True)
    with open("config.yaml", "w") as config:
        config.write(f"state: state\npolicy: policy.yaml\naccounts: {{ntfy: {{url: '{CARRIER}'}}}}\n")
    with open("policy.yaml", "w") as policy:
        policy.write("hours: {digest: true, unknown: {zone: UTC}, rules: [{purpose: transactional, daily: 09:00-20:00}]}\n")
    with open("in", "w") as lines:
        for number in range(EACH):
            for person in range(PEOPLE):
                name = f"m{person}.{number}"
                lines.write(json.dumps({"id": name, "to": f"ntfy:t{person}", "text": name}) + "\n")
    jobs = ["-j", str(rng.choice([1, 4, 16]))]
    to_the_end("02:00:00", jobs, "in")
    kills = sum(killed(rng, start(f"09:0{i}:00", jobs + ["--flush"])) for i in range(rng.randrange(1, 5)))
    to_the_end("10:00:00", jobs + ["--flush"])
    to_the_end("10:30:00", jobs + ["--flush"])
    count, requests = arrived(offset)
    wrong, doubtful = check(count)
    if wrong:
        sys.exit(f"SEED={SEED}: {len(wrong)} wrong: {'; '.join(wrong[:5])}")
    return kills, doubtful, requests


def main():
    rng = random.Random(SEED)
    kills = doubtful = requests = 0
    for _ in range(ROUNDS):
        more, doubts, sent = play(rng)
        kills += more
        doubtful += doubts
        requests += sent
    print(f"{ROUNDS} rounds of {PEOPLE * EACH} messages, {kills} kills, {requests} requests: none lost, none twice, {doubtful} in doubt")


main()
