"""What every calendar of Jikai must be, octet by octet (RFC 5545, and what clients choke on)."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

CALENDAR_NEEDS = {
    "VERSION",
    "PRODID",
    "CALSCALE",
    "NAME",
    "X-WR-CALNAME",
    "REFRESH-INTERVAL;VALUE=DURATION",
    "X-PUBLISHED-TTL",
}
EVENT_NEEDS = {
    "UID",
    "DTSTAMP",
    "LAST-MODIFIED",
    "SEQUENCE",
    "DTSTART;VALUE=DATE",
    "DTEND;VALUE=DATE",
    "SUMMARY",
    "DESCRIPTION",
    "URL",
    "TRANSP",
}
EVENT_MAY = {"STATUS"}
TASK_NEEDS = EVENT_NEEDS - {"DTSTART;VALUE=DATE", "DTEND;VALUE=DATE", "TRANSP"}
TASK_NEEDS |= {"DUE;VALUE=DATE", "STATUS"}
TASK_MAY = {"PERCENT-COMPLETE", "COMPLETED"}
ALARM_NEEDS = {"ACTION", "DESCRIPTION", "TRIGGER"}
TASK_ALARM_NEEDS = {"ACTION", "DESCRIPTION", "TRIGGER;RELATED=END"}
VALUES = {
    "VERSION": re.compile(r"2\.0"),
    "CALSCALE": re.compile("GREGORIAN"),
    "REFRESH-INTERVAL;VALUE=DURATION": re.compile(r"PT[1-9]\d*H"),
    "X-PUBLISHED-TTL": re.compile(r"PT[1-9]\d*H"),
    "UID": re.compile(r"[a-z0-9-]+@jikai"),
    "DTSTAMP": re.compile(r"\d{8}T\d{6}Z"),
    "LAST-MODIFIED": re.compile(r"\d{8}T\d{6}Z"),
    "SEQUENCE": re.compile(r"0|[1-9]\d*"),
    "DTSTART;VALUE=DATE": re.compile(r"\d{8}"),
    "DTEND;VALUE=DATE": re.compile(r"\d{8}"),
    "SUMMARY": re.compile(r"(?:[^\\;,]|\\[\\;,n])+"),
    "DESCRIPTION": re.compile(r"(?:[^\\;,]|\\[\\;,n])*"),
    "URL": re.compile(r"https?://[\x21-\x7e]+"),
    "TRANSP": re.compile("TRANSPARENT"),
    "STATUS": re.compile("CANCELLED|NEEDS-ACTION|COMPLETED"),
    "DUE;VALUE=DATE": re.compile(r"\d{8}"),
    "COMPLETED": re.compile(r"\d{8}T\d{6}Z"),
    "PERCENT-COMPLETE": re.compile("100"),
    "TRIGGER;RELATED=END": re.compile(r"-?P(?:\d+D)?T\d+H"),
    "ACTION": re.compile("DISPLAY"),
    "TRIGGER": re.compile(r"-?P(?:\d+D)?T\d+H"),
}


def faults(data: bytes) -> list[str]:
    """Everything wrong with a calendar's bytes, in words; an empty list for a sound one.

    It holds events or, as CalDAV has them, tasks.
    """
    return [*_octet_faults(data), *_content_faults(_unfold(data))]


def _octet_faults(data: bytes) -> list[str]:
    found = []
    if not data.endswith(b"\r\n"):
        found.append("the last line does not end in CRLF")
    for number, line in enumerate(data.removesuffix(b"\r\n").split(b"\r\n"), 1):
        if len(line) > 75:
            found.append(f"line {number} has {len(line)} octets")
        if re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", line):
            found.append(f"line {number} holds a control character")
        if line[:2] in {b"", b" "}:
            found.append(f"line {number} is empty")
        try:
            line.decode()
        except UnicodeDecodeError:
            found.append(f"line {number} parts a character")
    return found


def _unfold(data: bytes) -> list[str]:
    text = data.decode(errors="replace")
    return text.replace("\r\n ", "").removesuffix("\r\n").split("\r\n")


def _content_faults(lines: list[str]) -> list[str]:
    if (lines[0], lines[-1]) != ("BEGIN:VCALENDAR", "END:VCALENDAR"):
        return ["not one calendar"]
    head, parts = _components(lines[1:-1])
    tasks = bool(parts["VTODO"])
    events = parts["VTODO"] or parts["VEVENT"]
    found = _property_faults("calendar", head, CALENDAR_NEEDS)
    for number, alarm in enumerate(parts["VALARM"], 1):
        needs = TASK_ALARM_NEEDS if tasks else ALARM_NEEDS
        found += _property_faults(f"alarm {number}", alarm, needs)
    for number, event in enumerate(events, 1):
        needs, may = (TASK_NEEDS, TASK_MAY) if tasks else (EVENT_NEEDS, EVENT_MAY)
        found += _property_faults(f"event {number}", event, needs, may)
    if tasks and parts["VEVENT"]:
        found.append("events among tasks")
    if not events:
        found.append("the calendar is empty")
    for name in ("UID", "URL"):
        counted = Counter(value for event in events for key, value in event if key == name)
        found += [f"{name} {value} stands {n} times" for value, n in counted.items() if n > 1]
    return found


def _components(
    lines: list[str],
) -> tuple[list[tuple[str, str]], dict[str, list[list[tuple[str, str]]]]]:
    """The calendar's own properties, and those of its events, tasks and alarms."""
    head: list[tuple[str, str]] = []
    found: dict[str, list[list[tuple[str, str]]]] = {"VEVENT": [], "VTODO": [], "VALARM": []}
    open_ = [head]
    for line in lines:
        name, _, value = line.partition(":")
        if name == "BEGIN" and value in found:
            open_.append([])
            found[value].append(open_[-1])
        elif name == "END" and len(open_) > 1:
            open_.pop()
        else:
            open_[-1].append((name, value))
    return head, found


def _property_faults(
    where: str,
    properties: list[tuple[str, str]],
    needed: set[str],
    may: Collection[str] = (),
) -> list[str]:
    names = Counter(name for name, _ in properties)
    found = [f"{where}: no {name}" for name in sorted(needed - names.keys())]
    found += [
        f"{where}: {name} has no place here" for name in sorted(names.keys() - needed - set(may))
    ]
    found += [f"{where}: {name} stands {n} times" for name, n in names.items() if n > 1]
    for name, value in properties:
        if name in VALUES and not VALUES[name].fullmatch(value):
            found.append(f"{where}: {name} is {value!r}")
    return found
