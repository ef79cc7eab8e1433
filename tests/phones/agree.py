#!/usr/bin/env python3
"""20,000 telephone numbers, judged by msg-route and by python3-phonenumbers: region and whether they can be dialled.

agree.py DIRECTORY [COUNT]: works in DIRECTORY with the msg-route of PATH. Prints where the two differ without a reason in
known.tsv, and reasons there that no number has any more; exits 1 when there is any.
"""
import collections
import json
import os
import random
import subprocess
import sys

import phonenumbers as pn

KNOWN_FOR = "8.12.57"
HERE = os.path.dirname(os.path.abspath(__file__))


def digits(count):
    return "".join(random.choice("0123456789") for _ in range(count))


def generate(count):
    """Like each region's examples, of each possible length, of any length, and of any calling code at all."""
    random.seed(20261128)
    numbers = []
    regions = sorted(pn.SUPPORTED_REGIONS)
    for region in regions:
        meta = pn.PhoneMetadata.metadata_for_region(region, None)
        kinds = (meta.fixed_line, meta.mobile, meta.toll_free, meta.premium_rate, meta.shared_cost, meta.personal_number,
                 meta.voip, meta.pager, meta.uan)
        examples = [k.example_number for k in kinds if k and k.example_number]
        room = 15 - len(str(meta.country_code))
        for _ in range(40):
            example, last = random.choice(examples), random.randint(1, 4)
            numbers.append("+%d%s%s" % (meta.country_code, example[:-last], digits(last)))
        for _ in range(25):
            length = random.choice(meta.general_desc.possible_length)
            numbers.append("+%d%s" % (meta.country_code, digits(min(length, room))))
        for _ in range(15):
            numbers.append("+%d%s" % (meta.country_code, digits(random.randint(3, room))))
    while len(numbers) < count:
        numbers.append("+" + digits(random.randint(6, 15)))
    return numbers[:count]


def ours(directory, numbers):
    """Region by number; those that are refused are not there."""
    with open(os.path.join(directory, "policy.yaml"), "w") as f:
        f.write("rules:\n")
        for region in sorted(pn.SUPPORTED_REGIONS):
            f.write('- {match: {contact.region: "%s"}, channels: [{channel: sms, from: "in:%s"}]}\n' % (region, region))
        f.write('- {channels: [{channel: sms, from: "in:001"}]}\n')
    with open(os.path.join(directory, "config.yaml"), "w") as f:
        f.write("policy: policy.yaml\nstate: state\n")
    lines = "".join(json.dumps({"id": str(i), "to": "sms:" + n, "text": "x"}) + "\n" for i, n in enumerate(numbers))
    run = subprocess.run(["msg-route", "-c", "config.yaml"], cwd=directory, input=lines, text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    if run.returncode not in (0, 65):
        sys.exit("msg-route ended with status %d" % run.returncode)
    found = {}
    for line in run.stdout.splitlines():
        planned = json.loads(line)
        found[numbers[int(planned["id"])]] = planned["plan"][0]["from"][3:]
    return found


def theirs(number):
    """(can be dialled from abroad, region or None when they do not say, calling code)"""
    try:
        parsed = pn.parse(number, None)
    except pn.NumberParseException:
        return False, None, 0
    possible = pn.is_possible_number_with_reason(parsed) == pn.ValidationResult.IS_POSSIBLE
    region = pn.region_code_for_number(parsed) if pn.is_valid_number(parsed) else None
    return possible, region, parsed.country_code


def main():
    directory, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 20000
    numbers = generate(count)
    found = ours(directory, numbers)
    known = {}
    with open(os.path.join(HERE, "known.tsv"), encoding="utf-8") as f:
        for line in f:
            if not line.startswith("#") and not line.startswith("code\t"):
                code, kind, reason = line.rstrip("\n").split("\t")
                known[(code, kind)] = reason
    differ, explained, examples = collections.Counter(), collections.Counter(), {}
    for number in numbers:
        possible, region, code = theirs(number)
        if (number in found) != possible:
            kind = "more" if number in found else "fewer"
        elif possible and region and found[number] != region:
            kind = "region"
        else:
            continue
        for key in ((str(code), kind), ("*", kind)):
            if key in known:
                explained[key] += 1
                break
        else:
            differ[(code, kind)] += 1
            examples.setdefault((code, kind), []).append("%s (%s, not %s)" % (number, found.get(number, "refused"), region))
    for key, times in sorted(differ.items()):
        print("+%d %s: %d times, such as %s" % (key[0], key[1], times, ", ".join(examples[key][:3])))
    # Another release of the package has other plans, and other reasons are idle then.
    stale = [key for key in known if not explained[key]] if count >= 20000 and pn.__version__ == KNOWN_FOR else []
    for code, kind in stale:
        print("known.tsv: %s %s: no number differs for this reason any more" % (code, kind))
    print("%d numbers, %d taken by both or neither and of the same region, %d for reasons in known.tsv, %d without (phonenumbers %s)"
          % (len(numbers), len(numbers) - sum(differ.values()) - sum(explained.values()), sum(explained.values()),
             sum(differ.values()), pn.__version__))
    return 1 if differ or stale else 0


sys.exit(main())
