"""Assignment stops at each write: of the store, and of the lines that go out.

assign.py SHIM: some agents and tasks; then each step of a day at the desk (tasks come, one is accepted, completed,
declined, passed on, and what is due is done) is killed at each of its writes (STEPS=N: at about N of them) and done again, as
whoever started it would. Nothing may be held by two, nobody may hold too much, and whatever is so must have been said.
"""

import json
import os
import shutil
import subprocess
import sys

SHIM = sys.argv[1]
STEPS = int(os.environ.get("STEPS") or 0)
HERE = os.getcwd()
STATE = os.path.join(os.environ["XDG_STATE_HOME"], "msg")
OUT = os.path.join(HERE, "out")
AGENTS = {"a": 1, "b": 2, "c": 1, "d": 1}
TASKS = "".join(json.dumps({"type": "task", "id": f"t{i}", "reason": "x" * 300}) + "\n" for i in range(8))


def run(arguments, stdin="", **variables):
    """Its status. Its lines go to a file, so that writing them is one of the moments."""
    with open(OUT, "ab") as out:
        return subprocess.run(["msg-route", "-q", *arguments], input=stdin.encode(), stdout=out, stderr=subprocess.DEVNULL,
                              env={**os.environ, **variables}, check=False).returncode


def faulty(**variables):
    return {"LD_PRELOAD": SHIM, "DISK_DIR": HERE, **variables}


def lines(path):
    """Whole ones alone."""
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f if line.endswith("\n")]


def report(command):
    text = subprocess.run(["msg-route", command, "--json"], stdout=subprocess.PIPE, check=True).stdout
    return [json.loads(line) for line in text.splitlines()]


def held():
    return {t["id"]: (t["agent"], t["status"]) for t in report("queue") if t["type"] == "task" and "agent" in t}


def check(step, at):
    """After all was done again."""
    said = lines(OUT)
    told, ids = {}, {}
    for line in said:
        if line["type"] == "message" and "context" in line:
            told.setdefault(line["context"]["task"], []).append(line["to"])
            ids.setdefault((line["context"]["task"], line["to"]), set()).add(line["id"])
    where = f"{step}, killed at write {at}: "
    for agent in report("agent"):
        assert agent["tasks"] <= AGENTS[agent["id"]], where + f"{agent['id']} has {agent['tasks']}"
    for task, (agent, status) in held().items():
        assert f"slack:@{agent}" in told.get(task, []), where + f"{agent} was not told of {task}"
        assert status == "assigned" or told[task][-1] == f"slack:@{agent}", where + f"{task} was told to another last"
    for pair, found in ids.items():
        assert len(found) == 1, where + f"{pair} was told twice, as two messages"
    seen = {line["id"] for line in said if line["type"] == "task"}
    assert len(seen) == 8, where + f"of {8 - len(seen)} tasks nothing was said"


def freeze(name):
    shutil.rmtree(name, ignore_errors=True)
    shutil.copytree(STATE, name + "/state")
    shutil.copy(OUT, name + "/out")


def thaw(name):
    shutil.rmtree(STATE)
    shutil.copytree(name + "/state", STATE)
    shutil.copy(name + "/out", OUT)


def play(step, arguments, stdin, wanted):
    """Returns how many moments there were."""
    frozen = os.path.join(os.path.dirname(HERE), os.path.basename(HERE) + ".before")
    freeze(frozen)
    before = len(lines(OUT))
    assert run(arguments, stdin, **faulty(DISK_COUNT=frozen + ".count")) in (0, 1), step
    count = int(open(frozen + ".count", encoding="ascii").read())
    stride = max(1, count // STEPS) if STEPS else 1
    for at in range(1, count + 1, stride):
        thaw(frozen)
        status = run(arguments, stdin, **faulty(DISK_FAULT=f"{at}:kill"))
        assert status == -9, f"{step}: not killed at write {at} but {status}"
        assert run(arguments, stdin) in (0, 1), f"{step}: after write {at}"
        assert run(["assign", "--due"]) == 0
        check(step, at)
        said = lines(OUT)[before:]
        assert any(wanted(line) for line in said), f"{step}, killed at write {at}: nothing says that it was done"
        size = os.path.getsize(OUT)
        run(["assign", "--due"])
        assert os.path.getsize(OUT) == size, f"{step}, killed at write {at}: said once more"
    shutil.rmtree(frozen)
    os.remove(frozen + ".count")
    return len(range(1, count + 1, stride))


def main():
    open(OUT, "wb").close()
    for agent, capacity in AGENTS.items():
        run(["agent", agent, "--capacity", str(capacity), "--to", f"slack:@{agent}"])
    run(["agent", "d", "--status", "busy"])
    open(OUT, "wb").close()
    moments = play("assign", ["assign"], TASKS, lambda line: line.get("status") == "reserved")
    holder = {task: agent for task, (agent, _) in held().items()}
    mine, given, passed = sorted(holder)[:3]

    def say(word, task, wanted, *more):
        return play(word, [word, task, "--agent", holder[task], *more], "",
                    lambda line: line["type"] == "task" and line["id"] == task and wanted(line))

    moments += say("accept", mine, lambda line: line["status"] == "assigned")
    moments += say("complete", mine, lambda line: line["status"] == "completed")
    moments += say("decline", given, lambda line: line.get("agent") != holder[given])
    assert held().get(given, [""])[0] != holder[given], "a declined task is with whoever declined it"
    run(["agent", "d", "--status", "available"])
    moments += say("transfer", passed, lambda line: line.get("agent") == "d", "--to", "d")
    print(f"{moments} moments: none held by two, none lost, all told")


main()
