#!/usr/bin/python3
"""Holds JSON lines against schema/msg.schema.json, as strictly as the programs read them.

validate.py [--whole] [--bad] [file ...]     without a file: standard input

Prints "file:line: place: reason" for each line at fault and exits 1 when there was one. --bad reads lines
{"at": PLACE, "line": LINE} instead and wants each LINE refused at PLACE. --whole goes through the schema as it is
published; otherwise the part for a line's type is looked up beforehand, which is many times faster.
"""
import datetime
import ipaddress
import json
import os
import re
import sys
import zoneinfo

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.validators import extend

SCHEMA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "schema", "msg.schema.json")
KINDS = ("message", "receipt", "inbound", "consent", "task")
LINE_BYTES = 1 << 20
UNITS = {"w": 604800000, "d": 86400000, "h": 3600000, "m": 60000, "s": 1000, "ms": 1}
LONGEST_MS = 36525 * UNITS["d"]

formats = FormatChecker(formats=())


@formats.checks("msg-id")
def is_id(value):
    return not isinstance(value, str) or len(value.encode()) <= 64 and is_line(value)


@formats.checks("msg-line")
def is_line(value):
    return not isinstance(value, str) or not value.endswith("\n")


@formats.checks("msg-zone", raises=(ValueError, KeyError, OSError))
def is_zone(value):
    return not isinstance(value, str) or bool(zoneinfo.ZoneInfo(value))


@formats.checks("msg-ip", raises=ValueError)
def is_ip(value):
    return not isinstance(value, str) or (is_line(value) and bool(ipaddress.ip_address(value)))


@formats.checks("msg-duration")
def is_duration(value):
    if not isinstance(value, str):
        return True
    parts = re.findall(r"([0-9]+)([wdhms]+)", value)
    total = sum(int(count) * UNITS.get(unit, 0) for count, unit in parts)
    return is_line(value) and total <= LONGEST_MS and all(int(count) <= LONGEST_MS for count, _ in parts)


@formats.checks("msg-time", raises=ValueError)
def is_time(value):
    if not isinstance(value, str):
        return True
    parts = re.fullmatch(r"(....)-(..)-(..).(..):(..):(..)(?:\.[0-9]+)?(?:[Zz]|([+-])(..):(..))", value)
    if not parts:
        return False
    year, month, day, hour, minute, second = (int(part) for part in parts.groups()[:6])
    offset_hour, offset_minute = int(parts[8] or 0), int(parts[9] or 0)
    if hour > 23 or minute > 59 or second > 60 or offset_hour > 23 or offset_minute > 59:
        return False
    # Days since 0000-01-01; Python's own calendar begins a year later, and repeats itself after 400.
    days = datetime.date(2000 + year % 400, month, day).toordinal() - datetime.date(2000, 1, 1).toordinal()
    days += year // 400 * 146097
    offset = (offset_hour * 60 + offset_minute) * (-1 if parts[7] == "-" else 1)
    return 0 <= ((days * 24 + hour) * 60 + minute - offset) * 60 + second < 3652425 * 86400


def is_integer(_, value):
    return isinstance(value, int) and not isinstance(value, bool)


Validator = extend(
    Draft202012Validator, type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", is_integer))


def inline(part, defs):
    """The part with every reference replaced by what it means; the schema does not refer to itself."""
    if isinstance(part, list):
        return [inline(item, defs) for item in part]
    if not isinstance(part, dict):
        return part
    rest = {key: inline(item, defs) for key, item in part.items() if key not in ("$ref", "description")}
    if "$ref" not in part:
        return rest
    meant = inline(defs[part["$ref"].rsplit("/", 1)[1]], defs)
    return {**meant, **rest} if not meant.keys() & rest.keys() else {"allOf": [meant], **rest}


class Checker:
    def __init__(self, whole):
        with open(SCHEMA, encoding="utf-8") as file:
            schema = json.load(file)
        Validator.check_schema(schema)
        self.whole = Validator(schema, format_checker=formats) if whole else None
        self.kinds = {kind: Validator(inline(schema["$defs"][kind], schema["$defs"]), format_checker=formats)
                      for kind in KINDS}

    def fault(self, value):
        """None, or (place, reason)."""
        if not isinstance(value, dict):
            return "", "not an object"
        kind = value.get("type", "message")
        if not isinstance(kind, str):
            return "type", "not a string"
        if self.whole:
            error = first(self.whole.iter_errors(value))
        else:
            error = kind in self.kinds and first(self.kinds[kind].iter_errors(value))
        return (place_of(error), error.message[:200]) if error else None


def first(errors):
    """The error that stands earliest and deepest, as a reader of the line would meet it."""
    found = None
    for error in errors:
        while error.context and error.validator in ("allOf", "if", "$ref"):
            error = error.context[0]
        if error.validator in ("anyOf", "oneOf"):
            deeper = [inner for inner in error.context if inner.validator not in ("type", "required")]
            deeper.sort(key=lambda inner: -len(inner.absolute_path))
            error = deeper[0] if deeper else error
        if found is None or len(error.absolute_path) > len(found.absolute_path):
            found = error
    return found


def place_of(error):
    place = ""
    for step in error.absolute_path:
        place += f"[{step}]" if isinstance(step, int) else f".{step}" if place else step
    return place


def no_duplicates(pairs):
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("the same member twice")
    for key in value:
        if "\0" in key:
            raise ValueError("a NUL in a member's name")
    return value


def strict_int(text):
    value = int(text)
    if not -(1 << 63) <= value < 1 << 63:
        raise ValueError("too large a number")
    return value


def strict_float(text):
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError("too large a number")
    return value


def refuse(text):
    raise ValueError(f"not JSON: {text}")


decoder = json.JSONDecoder(object_pairs_hook=no_duplicates, parse_int=strict_int, parse_float=strict_float,
                           parse_constant=refuse)
odd = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")


def parse(raw):
    if len(raw) > LINE_BYTES:
        raise ValueError("longer than 1 MiB")
    value = decoder.decode(raw.decode("utf-8"))
    if odd.search(raw):     # a NUL, or half a surrogate pair
        text = json.dumps(value, ensure_ascii=False)
        text.encode("utf-8")
        if "\\u0000" in text.replace("\\\\", ""):
            raise ValueError("a NUL in a text")
    return value


def check_line(checker, raw, bad):
    """None or what is wrong with it."""
    try:
        value = parse(raw)
    except (ValueError, RecursionError) as error:
        return str(error)
    if not bad:
        fault = checker.fault(value)
        return fault and f"{fault[0]}: {fault[1]}"
    fault = checker.fault(value["line"])
    if not fault:
        return f"taken, but {value['at']} is wrong"
    # A member that is missing is the fault of what it is missing from.
    return None if value["at"].startswith(fault[0]) else f"refused for {fault[0]}, not for {value['at']}"


def check_file(checker, name, lines, bad):
    faults = 0
    for number, raw in enumerate(lines, 1):
        raw = raw.rstrip(b"\r\n")
        if not raw.strip():
            continue
        fault = check_line(checker, raw, bad)
        if fault:
            faults += 1
            print(f"{name}:{number}: {fault}")
    return faults


def main(arguments):
    flags = {word for word in arguments if word in ("--bad", "--whole")}
    files = [word for word in arguments if word not in flags]
    checker = Checker("--whole" in flags)
    faults = 0
    for path in files or ["-"]:
        if path == "-":
            faults += check_file(checker, "-", sys.stdin.buffer, "--bad" in flags)
            continue
        with open(path, "rb") as file:
            faults += check_file(checker, path, file, "--bad" in flags)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
