#!/usr/bin/python3
"""Feeds every program spoilt lines, configurations, policies, flows, lists and stores, and looks at how it behaves.

chaos.py [KIND ...]     KIND: lines, files, arguments, store (all of them without); ROUNDS (10) of each, and SEED, from the
                        environment; the programs are found on PATH

Whatever the input: the exit status is one that msg(7) has, stdout is JSON lines, stderr is one line of plain text an
error, and it ends in time. Of lines, each that cannot be read has its one error, --rejects has exactly the lines that
have one, and the good ones between them go through.
"""
import copy
import json, os, random, re, shutil, sqlite3, string, subprocess, sys

ROUNDS = int(os.environ.get("ROUNDS") or 10)
SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(1 << 32))
STATUSES = {0, 1, 64, 65, 69, 73, 74, 75, 77, 78}
SECONDS = 60
rng = random.Random(SEED)

PEOPLE = """contacts:
  ana: {name: Ana, lang: es, tz: Europe/Madrid, prefer: [whatsapp, sms], groups: [vip], attributes: {tier: gold, n: 3},
        addresses: {sms: "+34612340001", whatsapp: "+34612340001", email: ana@example.org}}
  ben: {name: Ben, addresses: {sms: "+447700900001", email: [ben@example.org, b@example.org]}}
groups: {all: [ana, ben, "slack:#ops"]}
"""
CONFIG = """state: state
contacts: people.yaml
policy: policy.yaml
agents: agents.yaml
templates: templates
channels:
  sms: {via: [sandbox], from: "+15550001111", rate: 100/s, max_segments: 5, smart: true, overflow: split}
  email: {via: [sandbox], from: "Clinic <noreply@clinic.example>"}
  slack: {via: [chat]}
accounts:
  sandbox: {delivered: 1ms, read: 1ms, price: {amount: "0.01", currency: EUR, prefixes: {"+34": "0.065"}}}
  chat: {provider: slack, url: "http://127.0.0.1:9/api", token: env:CHAOS_TOKEN, timeout: 1s}
  beep: {provider: exec, command: "cat >/dev/null", keywords: [twilio, toll-free]}
media: {allow: [127.0.0.0/8], max_bytes: 1000}
track: https://go.example.org/
delivery: {dedupe_window: 3d, on_unknown: {marketing: hold}, retry: {attempts: {network: 1}, first: 100ms, longest: 1s}}
optin: {brand: Clinic, words: {stop: [basta ya]}, stop: {en: "Out. {{brand}}"}, doubt_wait: 24h}
ack: {keywords: [on it, vale]}
"""
POLICY = """purposes: {marketing: {channels: [email], require: {DE: double, US: {email: none}, "*": implied}}}
caps: [{limit: 3/7d, per: [channel, topic]}, {limit: "50 EUR/30d", per: all, over: hold}]
senders: {sms: [{from: CLINIC, registered: [ES]}, {to: [US, "+4477"], from: ["+15550001111", "+15550002222"]}]}
content:
  sender: Corner Shop
  optout: {en: "Out: shop.example/o"}
  allow: [AE/no-url]
  rules: [{name: hype, ban: [free money, "100 % safe"]}, {in: GB, need: [terms], add: "T&Cs"}, {regex: "free +money"}, {links: false, topic: x}]
hours:
  advice: true
  unknown: {in: ES, zone: Europe/Madrid}
  margin: 10m
  rules: [{name: office, in: [ES, US-FL], purpose: transactional, mon-fri: "09:00-14:00 16:00-20:00", sat: any, holidays: closed}]
windows: {whatsapp: {templates: {rides: hello}, template: hello}, messenger: {open: 24h}}
rules:
- name: watch
  match: {topic: alarms, contact.groups: vip, contact.region: ES, text: {regex: "fire|water"}, at: {from: 2026-01-01T00:00:00Z}}
  channels: [push/2m:read, sms/5m, voice]
- {name: gold, match: {contact.attributes.tier: [gold, silver]}, from: {sms: GOLD}, cost: 0.08 EUR, continue: true}
- {match: {purpose: marketing}, channels: [email, whatsapp], prefer: true, fallback: [sms]}
- {name: closed, match: {topic: {not: sale}, context.n: {from: 1, to: 5}}, channels: []}
- {match: {lang: {same: contact.lang}}, parallel: true, channels: [{channel: sms, from: "+15550001111", wait: 1m, until: read}, others]}
weights: {cheap: 2}
"""
AGENTS = """agents:
  bo:  {name: Bo, to: "slack:@bo", skills: [support, orders], langs: [en, es], capacity: 2}
  mia: {name: Mia, to: "sms:+447700900077", skills: [support], langs: [en]}
queues: {support: {skills: [support], reserve: 2m, sla: 1m}}
workflows:
- name: support
  match: {skills: support}
  steps: [{queue: support, need: [skills, sticky], wait: 30s}, {queue: support, priority: high, wait: 10m}]
"""
FLOW = """name: chaos
start: greet
lang: en
vars: {clinic: Sunrise}
states:
  greet:
    say: {en: "Hi {{contact.name?there}}, {{vars.clinic}}.", es: "Hola {{contact.name?}}"}
    ask: "1 or 2?"
    on: {"1|yes": done, "/^(no+) *(.*)$/": {set: {no: "{{1}}"}, to: look}}
    else: {say: "1 or 2, please.", tries: 2, to: desk}
    timeout: {after: 4h, to: done}
  look: {run: "cat >/dev/null; echo '{\\"slot\\":1}'", on: {ok: done, fail: desk}}
  done: {say: "Thanks {{#vars.no}}{{vars.no}}{{/vars.no}}", end: true}
  desk: {handoff: {skills: [support], priority: high, reason: "{{text}}"}, on: {declined: done}}
"""
CASES = """contacts: {ana: {addresses: {sms: "+34612340001", email: ana@example.org}}}
cases:
- {message: {to: ana, text: x, topic: alarms}, expect: [sms/5m, email]}
- {name: night, now: 2026-03-02T03:00:00+01:00, message: {to: ana, text: x, purpose: marketing}, consent: none, expect: {blocked: no-consent}}
"""
CONSENTS = '''address,state,channel,topic,time,evidence,ip,jurisdiction
sms:+34612340001,in,,news,2026-01-02T03:04:05Z,form 7,192.0.2.1,ES
mailto:ben@example.org,out,email,,2026-01-02T03:04:05Z,"said ""no""",,
'''
FILES = {"config.yaml": CONFIG, "people.yaml": PEOPLE, "policy.yaml": POLICY, "agents.yaml": AGENTS, "flow.yaml": FLOW,
         "cases.yaml": CASES, "consents.csv": CONSENTS,
         "people.csv": "id,name,email,sms,groups,tier\nana,Ana,ana@example.org,+34612340001,vip;all,gold\n",
         "templates/hello.txt": "Hello {{name}}{{#list}}, {{.}}{{/list}}{{>foot}}\n", "templates/foot.txt": "bye {{x?}}\n"}
LINES = [
    {"to": "ana", "text": "Your ride is outside", "purpose": "transactional", "topic": "rides", "urgency": "high",
     "context": {"ride": "88", "n": 2}, "lang": "es"},
    {"to": {"id": "eva", "name": "Eva", "addresses": {"sms": "+34612340001", "email": ["eva@example.org"]},
            "tz": "Europe/Madrid", "prefer": ["sms"]}, "text": "¿Qué tal?", "purpose": "marketing", "topic": "news",
     "unsubscribe": "https://x.example/u"},
    {"to": ["mailto:a@example.org", "@all"], "text": "x" * 300, "subject": "Hi", "html": "<b>x</b>",
     "buttons": [{"text": "Yes", "reply": "yes"}, {"text": "Site", "url": "https://example.org"}],
     "link": {"url": "https://example.org/ride", "app": "clinic://ride"}, "track": True},
    {"to": "sms:+34612340001", "template": {"name": "hello", "data": {"name": "Ana", "list": [1, "b"]}}},
    {"to": "ana", "text": "later", "at": "2036-11-24T09:00:00+01:00", "expires": "2036-11-25T09:00:00+01:00", "dedupe": "k",
     "plan": [{"channel": "sms", "via": "sandbox", "address": "+34612340001", "wait": "5m", "until": "read"},
              {"channel": "email", "address": "ana@example.org"}]},
    {"type": "inbound", "from": "sms:+34612340001", "to": "sms:+15550001111", "channel": "sms", "text": "STOP please",
     "time": "2026-11-24T09:00:00Z"},
    {"type": "inbound", "from": "mailto:ben@example.org", "text": "no no thanks", "channel": "email", "thread": "t1",
     "insight": {"lang": "en", "intent": "x", "confidence": 0.5}},
    {"type": "receipt", "message": "m1", "leg": 0, "channel": "sms", "via": "sandbox", "address": "sms:+34612340001",
     "status": "delivered", "time": "2026-11-24T09:00:01Z", "provider_id": "SB1", "segments": 2,
     "cost": {"amount": "0.0150", "currency": "EUR"}},
    {"type": "receipt", "message": "m1", "status": "failed", "error": {"class": "rate", "code": "429", "text": "no"}},
    {"type": "consent", "address": "sms:+34612340001", "state": "in", "topic": "news", "method": "web", "evidence": "form",
     "time": "2026-11-24T09:00:00Z", "ip": "192.0.2.1", "strength": "explicit"},
    {"type": "consent", "contact": "ana", "state": "preference",
     "preferences": {"channels": ["sms"], "quiet_hours": "22:00-08:00", "zone": "Europe/Madrid", "frequency": "3/7d"}},
    {"type": "task", "thread": "t1", "skills": ["support"], "priority": "high", "reason": "wrote", "context": {"a": 1}},
    {"type": "other", "a": [1, 2, {"b": None}]},
]
FILTERS = [
    ["msg-send"], ["msg-send", "--enqueue"], ["msg-send", "--no-outbox"], ["msg-send", "-n"], ["msg-route"],
    ["msg-route", "explain"], ["msg-route", "explain", "--json"], ["msg-route", "assign"], ["msg-optin", "check"],
    ["msg-optin", "keywords"], ["msg-receipts", "record"], ["msg-bot", "flow.yaml"],
]
# The types that a filter takes in: other lines come out instead.
TAKEN = {"msg-optin check": ["consent"], "msg-optin keywords": ["consent", "inbound"], "msg-route assign": ["task"]}
# What a program prints that is not lines.
REPORTS = {"msg-send -n", "msg-route explain", "msg-route check", "msg-route test", "msg-receipts show", "msg-receipts report",
           "msg-optin show", "msg-optin prefs", "msg-optin verify", "msg-optin export --format csv", "msg-seal"}
PIECES = [b"\0", b"\xff", b"\xc2", b"\xe2\x80\xae", b"\xc2\x9b31m", b"\x1b[2J", b"\r", b"\n", b"\r\n", b"\"", b"\\", b"\\u0000",
          b"\\ud800", b"{", b"}", b"[", b"]", b",", b":", b"null", b"true", b"-0", b"1e999", b"9" * 30, b"0.1e-400", b"'", b"%s%n",
          b"{{", b"}}", b"{{#a}}", b"../../etc/passwd", b"&a ", b"*a", b"!!x ", b"- ", b"? ", b"| ", b"\t", b"#", b"@", b"+",
          b"sms:", b"mailto:", b"slack:", b"javascript:", b"file:///etc/passwd", b"http://127.0.0.1/", b"cmd:", b"env:HOME",
          b"\xef\xbb\xbf", b"a" * 300, b"(" * 40, b"[[:alpha:]]{9}", b"*" * 20, b"3/7d", b"9999999999d", b"2026-02-30", b";DROP",
          b"\xf0\x9f\x98\x80", b"\xef\xbf\xbd", "ｅ".encode(), "İ".encode(), "\u200b".encode(), "\u2028".encode()]
VALUES = [None, True, False, 0, -1, 1e308, 10**18, -10**18, "", "x", "\u202e", "\x1b[31m", "a\nb", "\u0085", [], {}, [[]], [None], {"": ""},
          {"a": {"a": {"a": {}}}}, "😀" * 50, "x" * 5000, ["x"] * 50, "+1", "sms:", "@all", "2026-11-24T09:00:00Z", "9999-12-31T23:59:59Z",
          "0000-01-01T00:00:00Z", "36525d", "1ms", "\U000e0041", "\ufdfa" * 30, "ﬀ", 0.1]


def spoil_bytes(data):
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 1, 2, 5, 20])):
        at = rng.randrange(len(data) + 1)
        kind = rng.randrange(7)
        if kind == 0 and at < len(data):
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del data[at:at + rng.choice([1, 1, 4, 30])]
        elif kind == 2 and at < len(data):
            data[at] = rng.randrange(256)
        elif kind == 3:
            other = rng.randrange(len(data) + 1)
            data[at:at] = data[other:other + rng.randrange(40)]
        elif kind == 4:
            del data[at:]
        else:
            data[at:at] = rng.choice(PIECES)
    return bytes(data)


def places(value, path=()):
    yield path
    for key, inner in (value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()):
        yield from places(inner, path + (key,))


def spoil_value(line):
    """Another value in the place of one, a member more or one less."""
    line = json.loads(json.dumps(line))
    for _ in range(rng.choice([1, 1, 2, 3])):
        path = rng.choice(list(places(line)))
        if not path:
            line[rng.choice(list(line) + ["from", "plan", "media", "smart", "ack", "replace", "account"])] = copy.deepcopy(rng.choice(VALUES))
            continue
        inner = line
        for key in path[:-1]:
            inner = inner[key]
        if rng.random() < 0.15:
            del inner[path[-1]]
        elif rng.random() < 0.3 and isinstance(inner[path[-1]], str):
            inner[path[-1]] = spoil_bytes(inner[path[-1]].encode()).decode("utf-8", "replace")
        else:
            inner[path[-1]] = copy.deepcopy(rng.choice(VALUES))
    return line


def deep(levels):
    return b'{"to":"ana","text":"x","context":' + b'{"a":' * levels + b"1" + b"}" * levels + b"}"


def bad_line():
    """(bytes, whether it is certainly no line)"""
    kind = rng.randrange(12)
    if kind < 5:
        return json.dumps(spoil_value(rng.choice(LINES)), ensure_ascii=rng.random() < 0.5).encode("utf-8", "replace"), False
    if kind < 9:
        return spoil_bytes(json.dumps(rng.choice(LINES), ensure_ascii=False).encode()).replace(b"\n", b" "), False
    if kind == 9:
        return rng.choice([deep(30), deep(100), deep(3000), b"[" * 100000, b'{"a":' * 50000]), False
    if kind == 10:
        return b'{"to":"ana","text":"' + rng.choice([b"x", "é".encode(), b"\\n"]) * rng.choice([70000, 1 << 20]) + b'"}', False
    return rng.choice([b"nonsense", b"{", b'{"to":"ana","to":"ben","text":"x"}', b'{"to":"ana","text":"\xff"}', b"[]", b"1", b'"x"',
                       b'{"to":"ana","text":"a\x00b"}', b'{"type":7}', b'{"to":"ana","text":"\\u0000"}', b"\x1b]0;x\x07"]), True


def good_line(number):
    line = dict(rng.choice(LINES))
    line["id"] = f"good-{number}"
    return line


class Failed(Exception):
    pass


def must(condition, what):
    if not condition:
        raise Failed(what)


def run(arguments, stdin=b"", spoilt=False):
    try:
        return run_quietly(arguments, stdin, spoilt)
    except (Failed, UnicodeDecodeError) as why:
        raise Failed(f"{' '.join(arguments)}: {why}")


def run_quietly(arguments, stdin, spoilt):
    name = " ".join(arguments)
    report = "--json" not in arguments and any(name == r or name.startswith(r + " ") for r in REPORTS)
    try:
        done = subprocess.run(arguments, input=stdin, capture_output=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        raise Failed(f"not done after {SECONDS} s")
    told = done.stderr.decode("utf-8", "backslashreplace")
    must(b"Sanitizer" not in done.stderr and b"runtime error:" not in done.stderr, told[-6000:])
    must(done.returncode in STATUSES, f"status {done.returncode}\n{told[-2000:]}")
    must(not re.search(r"[\0-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", told), "stderr steers the terminal: " + ascii(told))
    usage = done.returncode == 64
    for line in told.splitlines():
        must(line.startswith(arguments[0] + ": ") or (usage and re.match("usage: |       ", line)) or spoilt, "stderr: " + ascii(line))
    must(done.returncode in (0, 1, 75) or told, f"status {done.returncode} without a word")
    for line in [] if report else done.stdout.decode("utf-8", "strict").split("\n")[:-1]:
        must(isinstance(json.loads(line), dict), "stdout: " + ascii(line[:200]))
    must(report or not done.stdout or done.stdout.endswith(b"\n"), "stdout is cut short")
    return done, told


def write_files(skip=()):
    os.makedirs("templates", exist_ok=True)
    for name, text in FILES.items():
        if name not in skip:
            with open(name, "w") as file:
                file.write(text)


def fresh():
    for name in ("state", "rejects"):
        shutil.rmtree(name, ignore_errors=True) if os.path.isdir(name) else os.path.exists(name) and os.unlink(name)


def play_lines():
    command = rng.choice(FILTERS)
    if rng.random() < 0.7:
        fresh()
    if os.path.exists("rejects"):
        os.unlink("rejects")
    lines, certain = [], set()
    for number in range(1, rng.choice([3, 10, 40]) + 1):
        if rng.random() < 0.6:
            lines.append(json.dumps(good_line(number), ensure_ascii=False).encode())
        else:
            line, sure = bad_line()
            lines.append(line)
            if sure:
                certain.add(number)
    with open("in", "wb") as file:
        file.write(b"\n".join(lines) + (b"\n" if rng.random() < 0.9 else b""))
    with open("in", "rb") as file:
        data = file.read()
    done, told = run([*command, *([] if "-n" in command else ["--rejects", "rejects"])], data)
    errors = [int(n) for n in re.findall(r"^[a-z-]+: line (\d+): ", told, re.M)]
    must(len(errors) == len(set(errors)), f"two errors for one line: {told}")
    must(certain <= set(errors), f"no error for line {sorted(certain - set(errors))[:3]}: {told}")
    must((done.returncode in (65, 74, 73, 78, 77, 64)) if errors else done.returncode not in (64, 65), f"status {done.returncode}: {told}")
    if "-n" in command:
        return
    # What cannot be read is in --rejects, as it came; so is all that the run did not come to.
    rejected = open("rejects", "rb").read().split(b"\n")[:-1] if os.path.exists("rejects") else []
    wanted = [lines[n - 1] for n in sorted(errors)]
    must(sorted(line.rstrip(b"\r") for line in rejected) == sorted(line.rstrip(b"\r") for line in wanted), f"rejects: {len(rejected)} lines, not {len(wanted)}: {told}")
    good = [n for n, line in enumerate(lines, 1) if b'"id": "good-' in line and not certain & {n}]
    for number in good:
        must(number not in errors or json.loads(lines[number - 1])["id"] != f"good-{number}", f"good line {number} refused: {told}")
    if command[0] in ("msg-route", "msg-optin", "msg-receipts") and command[1:] not in (["explain"], ["explain", "--json"]):
        for number in good:
            kind = json.loads(lines[number - 1]).get("type", "message")
            must(f'"good-{number}"'.encode() in done.stdout or kind in TAKEN.get(" ".join(command), ()),
                 f"{' '.join(command)}: good line {number} is gone: {lines[number - 1][:200]}\n{told}")


def play_files():
    name = rng.choice(list(FILES))
    write_files()
    text = FILES[name].encode()
    with open(name, "wb") as file:
        file.write(spoil_bytes(text))
    if name == "people.csv":
        config = open("config.yaml").read().replace("people.yaml", "people.csv")
        open("config.yaml", "w").write(config)
    commands = {
        "policy.yaml": [["msg-route", "check"], ["msg-route"], ["msg-route", "test", "policy.yaml", "cases.yaml"], ["msg-send"], ["msg-optin", "check"],
                        ["msg-route", "explain"]],
        "cases.yaml": [["msg-route", "test", "policy.yaml", "cases.yaml"]],
        "agents.yaml": [["msg-route", "assign"], ["msg-route", "agent"], ["msg-route", "queue"], ["msg-route", "check"]],
        "flow.yaml": [["msg-bot", "flow.yaml", "--check"], ["msg-bot", "flow.yaml"], ["msg-bot", "flow.yaml", "--due"]],
        "consents.csv": [["msg-optin", "import", "consents.csv"], ["msg-optin", "import", "--format", "csv", "-"],
                         ["msg-optin", "import", "--format", "jsonl", "consents.csv"]],
    }.get(name, FILTERS + [["msg-send", "-n"], ["msg-optin", "in", "ana"], ["msg-receipts", "report"], ["msg-send", "--queue"]])
    lines = b"".join(json.dumps(good_line(n)).encode() + b"\n" for n in range(5))
    run(rng.choice(commands), open(name, "rb").read() if name == "consents.csv" else lines)
    write_files()


WORDS = ["ana", "@all", "sms:+34612340001", "mailto:a@example.org", "good-1", "t1", "support", "bo", "x", "", "-", "--", "-n", "a,b", "2026-11-24",
         "10m", "9" * 25, "-1", "\u202e", "\x1b[31m", "a\nb", "../..", "/dev/null", "flow.yaml", "policy.yaml", "in", "x" * 2000, "{{code}}",
         "https://x.example/{{code}}", "tomorrow 09:00 Europe/Madrid", "in 2h", "monday", "10/s", "es-MX", "3/7d", "22:00-08:00", "sms,email"]
COMMANDS = ["msg-send", "msg-send", "msg-route", "msg-route explain", "msg-route check", "msg-route test", "msg-route assign", "msg-route accept",
            "msg-route decline", "msg-route complete", "msg-route agent", "msg-route queue", "msg-optin in", "msg-optin out", "msg-optin forget",
            "msg-optin prefs", "msg-optin ask", "msg-optin confirm", "msg-optin import", "msg-optin export", "msg-optin show", "msg-optin verify",
            "msg-optin checkpoint", "msg-optin check", "msg-optin keywords", "msg-receipts record", "msg-receipts ack", "msg-receipts show",
            "msg-receipts link", "msg-receipts report", "msg-bot", "msg-seal"]
options = {}


def options_of(command):
    if command not in options:
        text = subprocess.run([*command, "-h"], capture_output=True, text=True).stdout
        options[command] = [o for o in re.findall(r"--([a-z-]+)", text) if o not in ("watch", "wait", "help", "version", "init", "key")]
    return options[command]


def play_arguments():
    command = rng.choice(COMMANDS).split()
    arguments = []
    for _ in range(rng.randrange(4)):
        arguments.append("--" + rng.choice(options_of(tuple(command)) or ["quiet"]))
        if rng.random() < 0.6:
            arguments.append(rng.choice(WORDS))
    arguments += [rng.choice(WORDS) for _ in range(rng.randrange(4))]
    arguments = [a.encode() + (b"\xff" if rng.random() < 0.02 else b"") for a in arguments]
    if b"--watch" in arguments or b"--config" in arguments and b"in" in arguments:
        return
    name = " ".join(command)
    lines = b"".join(json.dumps(good_line(n)).encode() + b"\n" for n in range(3))
    done = subprocess.run([*command, *arguments], input=lines, capture_output=True, timeout=SECONDS)
    told = done.stderr.decode("utf-8", "backslashreplace")
    must(b"Sanitizer" not in done.stderr and b"runtime error:" not in done.stderr, f"{arguments}\n{told[-6000:]}")
    must(done.returncode in STATUSES, f"{arguments}: status {done.returncode}\n{told[-2000:]}")
    must(not re.search(r"[\0-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", told), f"{arguments}: stderr steers the terminal: {ascii(told)}")
    if name not in REPORTS and not {b"--completion", b"-n", b"--dry-run", b"--table", b"--format", b"--csv"} & set(arguments):
        try:
            for line in done.stdout.decode("utf-8", "strict").split("\n")[:-1]:
                must(isinstance(json.loads(line), dict), f"{arguments}: stdout: {ascii(line[:200])}")
        except ValueError as why:
            raise Failed(f"{arguments}: stdout: {why}")


LOOKS = [["msg-send", "--flush"], ["msg-send", "--queue"], ["msg-send"], ["msg-route"], ["msg-route", "assign", "--due"], ["msg-route", "queue"],
         ["msg-route", "agent"], ["msg-optin", "check"], ["msg-optin", "keywords"], ["msg-optin", "show", "ana"], ["msg-optin", "verify"],
         ["msg-optin", "export"], ["msg-optin", "checkpoint"], ["msg-optin", "prefs", "ana"], ["msg-optin", "out", "ana"],
         ["msg-optin", "forget", "ana"], ["msg-receipts", "record"], ["msg-receipts", "report"], ["msg-receipts", "report", "--json"],
         ["msg-receipts", "show", "m1"], ["msg-receipts", "show", "--json", "m1"], ["msg-bot", "flow.yaml"], ["msg-bot", "flow.yaml", "--due"]]


def make_store():
    fresh()
    lines = b"".join(json.dumps(good_line(n)).encode() + b"\n" for n in range(60))
    for command in (["msg-optin", "in", "ana", "ben"], ["msg-optin", "import", "consents.csv"], ["msg-send"], ["msg-receipts", "record"],
                    ["msg-route", "assign"], ["msg-bot", "flow.yaml"], ["msg-optin", "keywords"], ["msg-optin", "checkpoint"]):
        subprocess.run(command, input=lines, capture_output=True, timeout=SECONDS)
    db = sqlite3.connect("state/msg.db")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    shutil.rmtree("kept", ignore_errors=True)
    shutil.copytree("state", "kept")


CELLS = [None, -1, 0, 1, 2**62, -2**62, 1.5, "", "x", "\x1b[31m", "\u202e", b"\xff\xfe", b"", b"a\0b", "x" * 70000, "{", "[]", "{}", "null", '{"to":7}',
         "sms:", "sms:+34612340001", "@", "9" * 40, "2026"]


def spoil_cells():
    """Values that nobody of us has written, in any column."""
    db = sqlite3.connect("state/msg.db")
    db.text_factory = bytes
    tables = [t.decode() for t, in db.execute("SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite%'")]
    for _ in range(rng.choice([1, 3, 10])):
        table = rng.choice(tables)
        columns = [r[1].decode() for r in db.execute(f"PRAGMA table_info({table})")]
        try:
            db.execute(f"UPDATE {table} SET {rng.choice(columns)} = ? {rng.choice(['', 'WHERE random() % 3 = 0'])}", (rng.choice(CELLS),))
        except sqlite3.Error:
            pass
    db.commit()
    db.close()


def play_store():
    if not os.path.isdir("kept") or rng.random() < 0.02:
        make_store()
    shutil.rmtree("state")
    shutil.copytree("kept", "state")
    if rng.random() < 0.7:
        spoil_cells()
    else:
        data = bytearray(open("state/msg.db", "rb").read())
        for _ in range(rng.choice([1, 10, 200])):
            at = rng.randrange(len(data))
            data[at:at + 1] = bytes([rng.randrange(256)])
        if rng.random() < 0.2:
            del data[rng.randrange(len(data)):]
        open("state/msg.db", "wb").write(data)
    lines = b"".join(json.dumps(good_line(n)).encode() + b"\n" for n in range(5))
    for command in rng.sample(LOOKS, 4):
        run(command, lines)


PLAYS = {"lines": play_lines, "files": play_files, "arguments": play_arguments, "store": play_store}


def main():
    os.environ.update(MSG_CONFIG="config.yaml", CHAOS_TOKEN="xoxb-secret", TZ="UTC")
    failed = 0
    for kind in sys.argv[1:] or PLAYS:
        write_files()
        for count in range(ROUNDS):
            try:
                PLAYS[kind]()
            except Failed as why:
                failed += 1
                print(f"{kind}, round {count} of seed {SEED}: {why}", file=sys.stderr)
                if os.environ.get("KEEP"):
                    shutil.copytree(".", f"{os.environ['KEEP']}/{kind}-{count}", dirs_exist_ok=True)
                if failed > int(os.environ.get("MOST_FAILURES") or 3):
                    return 1
    print(f"{ROUNDS} rounds of each, {failed} failed")
    return failed > 0


sys.exit(main())
