"""Calendar readers by other hands, each giving the same plain picture of a calendar."""

from __future__ import annotations

import ctypes
import ctypes.util
import json
import shutil
import subprocess
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import icalendar
import vobject

LIBICAL = ctypes.util.find_library("ical")
NODE_READERS = Path(__file__).parent / "node"
NO_NODE = (
    "ical.js is missing: install node and npm, then run"
    " `npm ci --omit-lockfile-registry-resolved --prefix tests/notices/feeds/node`"
)


@dataclass(frozen=True)
class Seen:
    """What a reader made of one event; `end` is exclusive."""

    uid: str
    summary: str
    description: str
    start: date
    end: date
    sequence: int
    url: str


def by_icalendar(data: bytes) -> list[Seen]:
    """Read with icalendar, which has no strict mode: what it forgave is an error here."""
    calendar: Any = icalendar.Calendar.from_ical(data)
    events = calendar.walk("VEVENT")
    assert [fault for part in [calendar, *events] for fault in part.errors] == []
    return [
        Seen(
            str(event["UID"]),
            str(event["SUMMARY"]),
            str(event["DESCRIPTION"]),
            event["DTSTART"].dt,
            event["DTEND"].dt,
            int(event["SEQUENCE"]),
            str(event["URL"]),
        )
        for event in events
    ]


def by_vobject(data: bytes) -> list[Seen]:
    """Read with vobject, every component validated."""
    calendar: Any = vobject.readOne(data.decode())
    calendar.validate(raiseException=True)
    return [
        Seen(
            event.uid.value,
            event.summary.value,
            event.description.value,
            event.dtstart.value,
            event.dtend.value,
            int(event.sequence.value),
            event.url.value,
        )
        for event in calendar.vevent_list
    ]


def by_libical(data: bytes) -> tuple[bool, int]:
    """Whether libical's restriction check lets the calendar pass, and the errors it read over."""
    library = ctypes.CDLL(LIBICAL)
    library.icalparser_parse_string.restype = ctypes.c_void_p
    library.icalparser_parse_string.argtypes = [ctypes.c_char_p]
    for check in (library.icalrestriction_check, library.icalcomponent_count_errors):
        check.argtypes = [ctypes.c_void_p]
    parsed = library.icalparser_parse_string(data)
    legal = bool(library.icalrestriction_check(parsed))
    return legal, library.icalcomponent_count_errors(parsed)


def has_ical_js() -> bool:
    """Whether node and the reader that Thunderbird uses are installed."""
    return shutil.which("node") is not None and (NODE_READERS / "node_modules").is_dir()


def by_ical_js(data: bytes) -> list[Seen]:
    """Read with ical.js in strict mode, as Thunderbird would."""
    run = subprocess.run(
        ["node", "strict.mjs"],
        cwd=NODE_READERS,
        input=data,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr.decode()
    return [
        Seen(
            event["uid"],
            event["summary"],
            event["description"],
            date.fromisoformat(event["start"]),
            date.fromisoformat(event["end"]),
            event["sequence"],
            event["url"],
        )
        for event in json.loads(run.stdout)["events"]
    ]
