#!/usr/bin/python3
"""Kills msg-send with SIGKILL at random moments while it sends texts of three parts, and looks at what arrived.

parts.py CARRIER RECORD    the carrier's URL and the file of its requests, ROUNDS (10), MESSAGES (60) and SEED from the
                           environment; msg-send is found on PATH

Of each message the parts must have arrived in order, each once: all of them when it is done, the first few when it is
marked unknown, and then the next process does not go on with it.
"""
import collections, json, os, random, shutil, signal, sqlite3, subprocess, sys

DONE, UNKNOWN = 5, 4
CARRIER, RECORD = sys.argv[1:3]
ROUNDS = int(os.environ.get("ROUNDS") or 10)
MESSAGES = int(os.environ.get("MESSAGES") or 60)
SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(1 << 32))
PARTS = "abc"


def text_of(number):
    """Three parts of at most 4096 bytes; each word says which message and part it is of."""
    return "".join(f"{number:03}{part} " * (819 if part != "c" else 100) for part in PARTS)


def start(arguments, stdin):
    with open(stdin) as lines, open("out", "ab") as out, open("err", "ab") as err:
        return subprocess.Popen(["msg-send", "-c", "config.yaml", *arguments], stdin=lines, stdout=out, stderr=err)


def killed(rng, process):
    try:
        process.wait(rng.choice([0.01, 0.05, 0.2]) * rng.random())
        return 0
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
        return 1


def to_the_end(arguments, stdin):
    code = start(arguments, stdin).wait(120)
    if code not in (0, 1, 75):
        sys.exit(f"msg-send {' '.join(arguments)}: status {code}\n{open('err').read()}")


def arrived(offset):
    parts = collections.defaultdict(str)
    with open(RECORD) as lines:
        lines.seek(offset)
        for line in lines:
            word = json.loads(json.loads(line)["body"])["message"].split(" ")[0]
            parts[int(word[:3])] += word[3]
    return parts


def check(parts):
    rows = dict(sqlite3.connect("state/msg.db").execute("SELECT message, state FROM outbox"))
    wrong, unknown = [], 0
    for number in range(MESSAGES):
        state, got = rows.get(f"m{number}"), parts[number]
        unknown += state == UNKNOWN
        if not (got == PARTS if state == DONE else state == UNKNOWN and PARTS.startswith(got)):
            wrong.append(f"m{number}: state {state}, parts '{got}'")
    return wrong, unknown


def play(rng):
    offset = os.path.getsize(RECORD) if os.path.exists(RECORD) else 0
    shutil.rmtree("state", ignore_errors=True)
    with open("config.yaml", "w") as config:
        config.write(f"state: state\naccounts: {{ntfy: {{url: '{CARRIER}'}}}}\n")
    with open("in", "w") as lines:
        for number in range(MESSAGES):
            lines.write(json.dumps({"id": f"m{number}", "to": "ntfy:t", "text": text_of(number)}) + "\n")
    jobs = ["-j", str(rng.choice([1, 4, 16]))]
    kills = sum(killed(rng, start(jobs, "in")) for _ in range(rng.randrange(1, 4)))
    kills += sum(killed(rng, start(jobs + ["--flush"], os.devnull)) for _ in range(rng.randrange(3)))
    to_the_end(jobs, "in")
    to_the_end(jobs + ["--flush"], os.devnull)
    wrong, unknown = check(arrived(offset))
    if wrong:
        sys.exit(f"SEED={SEED}: {len(wrong)} wrong: {'; '.join(wrong[:5])}")
    return kills, unknown


def main():
    rng = random.Random(SEED)
    kills = unknown = 0
    for _ in range(ROUNDS):
        more, doubtful = play(rng)
        kills += more
        unknown += doubtful
    print(f"{ROUNDS} rounds of {MESSAGES} messages in three parts, {kills} kills: none twice, none out of order, {unknown} unknown")


main()
