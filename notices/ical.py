"""Events → the bytes of a calendar (RFC 5545, RFC 7986): the same events are the same bytes.

An event's bytes depend on that event alone, so they can be kept and joined again later.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

RENDERER = 3
"""Part of every feed's tag: raise it with any change that gives the same rows other bytes."""

PRODUCT = "-//Jikai//Calendar feed//EN"
POLL_AGAIN = "PT4H"
LINE_OCTETS = 75
ALARM_HOUR = 9
HEAD = "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:" + PRODUCT, "CALSCALE:GREGORIAN"
TAIL = b"END:VCALENDAR\r\n"

# What readers take for the end of a line although RFC 5545 knows CRLF alone.
_LINE_ENDS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
# No calendar may hold a control character but the tab; a lone surrogate has no UTF-8 form, and the
# last two characters of the plane no place in the XML that CalDAV wraps events in.
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_UNCLEAN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Event:
    """One all-day event, or task. `changed_at` (aware) is when its published text last changed.

    `uid` and `url` are ASCII; `sequence` rises with each change. One that is `cancelled` says so,
    that calendars take it off.
    """

    uid: str
    day: date
    summary: str
    description: str
    url: str
    changed_at: datetime
    sequence: int
    cancelled: bool = False


def event(item: Event) -> bytes:
    """The VEVENT of `item`, which blocks no time and ends with its day (DTEND is exclusive)."""
    days = (
        "DTSTART;VALUE=DATE:" + _day(item.day),
        "DTEND;VALUE=DATE:" + _day(_day_after(item.day)),
    )
    status = ("STATUS:CANCELLED",) if item.cancelled else ()
    return _component("VEVENT", item, days, ("TRANSP:TRANSPARENT", *status))


def task(item: Event, done: bool) -> bytes:
    """The VTODO of `item`, due on its day; `done` says that nothing is left to do."""
    status: tuple[str, ...] = ("STATUS:NEEDS-ACTION",)
    if item.cancelled:
        status = ("STATUS:CANCELLED",)
    elif done:
        status = "STATUS:COMPLETED", "PERCENT-COMPLETE:100", "COMPLETED:" + _stamp(item.changed_at)
    return _component("VTODO", item, ("DUE;VALUE=DATE:" + _day(item.day),), status)


def alarms(text: str, days: Iterable[int], of_tasks: bool = False) -> bytes:
    """VALARMs that show `text` in the morning, so many days before an event's day, or a task's.

    A task has no start, so its alarms count from its end (RFC 5545, 3.8.6.3).
    """
    trigger = "TRIGGER;RELATED=END:" if of_tasks else "TRIGGER:"
    lines = [
        line
        for ahead in days
        for line in (
            "BEGIN:VALARM",
            "ACTION:DISPLAY",
            "DESCRIPTION:" + escape(text),
            trigger + _trigger(ahead),
            "END:VALARM",
        )
    ]
    return _lines(lines)


def with_alarms(made: bytes, ringing: bytes) -> bytes:
    """What `event` or `task` made, with what `alarms` made inside."""
    end = made.rindex(b"END:")
    return made[:end] + ringing + made[end:]


def alone(made: bytes) -> bytes:
    """A VCALENDAR around one thing that `event` or `task` made, as CalDAV hands them out."""
    return b"".join((_lines(HEAD), made, TAIL))


def calendar(name: str, events: Iterable[bytes]) -> bytes:
    """A VCALENDAR called `name` around events that `event` made."""
    title = escape(name)
    more = (
        "NAME:" + title,
        "X-WR-CALNAME:" + title,
        "REFRESH-INTERVAL;VALUE=DURATION:" + POLL_AGAIN,
        "X-PUBLISHED-TTL:" + POLL_AGAIN,
    )
    return b"".join((_lines(HEAD), _lines(more), *events, TAIL))


def clean(text: str) -> str:
    r"""`text` as a calendar can carry it: every line end is `\n`, no control character but the tab.

    A lone surrogate becomes U+FFFD.
    """
    if not _UNCLEAN.search(text):
        return text
    return _FORBIDDEN.sub(_replacement, _LINE_ENDS.sub("\n", text))


def escape(text: str) -> str:
    """`text` as a TEXT value (RFC 5545, 3.3.11)."""
    plain = clean(text).replace("\\", "\\\\").replace(";", "\\;")
    return plain.replace(",", "\\,").replace("\n", "\\n")


def fold(line: str) -> bytes:
    """`line` in UTF-8, in pieces of at most 75 octets that part no character (RFC 5545, 3.1)."""
    raw = line.encode()
    if len(raw) <= LINE_OCTETS:
        return raw
    pieces, start, room = [], 0, LINE_OCTETS
    while len(raw) - start > room:
        end = start + room
        while raw[end] & 0xC0 == 0x80:
            end -= 1
        pieces.append(raw[start:end])
        start, room = end, LINE_OCTETS - 1
    pieces.append(raw[start:])
    return b"\r\n ".join(pieces)


def _component(name: str, item: Event, days: Iterable[str], status: Iterable[str]) -> bytes:
    stamp = _stamp(item.changed_at)
    lines = (
        "BEGIN:" + name,
        "UID:" + item.uid,
        "DTSTAMP:" + stamp,
        "LAST-MODIFIED:" + stamp,
        f"SEQUENCE:{item.sequence}",
        *days,
        "SUMMARY:" + escape(item.summary),
        "DESCRIPTION:" + escape(item.description),
        "URL:" + item.url,
        *status,
        "END:" + name,
    )
    return _lines(lines)


def _lines(lines: Iterable[str]) -> bytes:
    return b"".join([fold(line) + b"\r\n" for line in lines])


def _replacement(found: re.Match[str]) -> str:
    return "\ufffd" if "\ud800" <= found[0] <= "\udfff" else ""


def _trigger(days: int) -> str:
    """The morning `days` before an all-day event, which starts at midnight (RFC 5545, 3.8.6.3)."""
    if days == 0:
        return f"PT{ALARM_HOUR}H"
    return f"-P{days - 1}DT{24 - ALARM_HOUR}H" if days > 1 else f"-PT{24 - ALARM_HOUR}H"


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _day(day: date) -> str:
    return day.isoformat().replace("-", "")


def _day_after(day: date) -> date:
    return day + timedelta(days=1) if day < date.max else day
