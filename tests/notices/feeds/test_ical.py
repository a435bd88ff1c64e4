"""Calendar bytes: sound octet by octet, and read back equal by readers of other hands."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
import recurring_ical_events
from hypothesis import example, given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from notices import ical
from tests.notices.feeds import readers
from tests.notices.feeds.lint import faults

if TYPE_CHECKING:
    from collections.abc import Callable

EVENT = ical.Event(
    uid="12-1@jikai",
    day=date(2018, 3, 31),
    summary="【期限】窓口業務の民間委託：2017年4月の確報値, 団体数",
    description="2017年4月の確報値\n把握時期：2018年3月頃",
    url="https://jikai.example.jp/entries/7#7.1",
    changed_at=datetime(2017, 10, 1, 0, 30, tzinfo=UTC),
    sequence=3,
)
READERS = [readers.by_icalendar, readers.by_vobject]

# What officials paste: both scripts, emoji joined by ZWJ, the characters RFC 5545 escapes, every
# kind of line end, right-to-left marks, control characters, and anything else Unicode has.
PIECES = st.sampled_from(
    [
        *["確報値", "①", "２０１８年", "ﾊﾝｶｸ", "髙﨑", "👩‍👩‍👧‍👦", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "é", "ا", "שלום"],
        *["\u202e", "\u200f", "\u2066", "\\", ";", ",", ":", '"', "\\n", "\\N", "\\,"],
        *["\n", "\r\n", "\r", "\v", "\f", "\x1c", "\x85", "\u2028", "\u2029", "\t", " ", "  "],
        *["\x00", "\x07", "\x1b", "\x7f", "\x9f", "\ufeff", "\ufffe", "\ud800", "%0A", "BEGIN:"],
    ]
)
TEXTS = st.lists(st.one_of(PIECES, st.text(max_size=12)), max_size=25).map("".join)
TITLES = TEXTS.filter(lambda text: ical.clean(text) != "")


def _calendar(*events: ical.Event) -> bytes:
    return ical.calendar("地方税", [ical.event(event) for event in events])


def test_the_bytes_are_exactly_these() -> None:
    assert _calendar(EVENT).decode().split("\r\n") == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Jikai//Calendar feed//EN",
        "CALSCALE:GREGORIAN",
        "NAME:地方税",
        "X-WR-CALNAME:地方税",
        "REFRESH-INTERVAL;VALUE=DURATION:PT4H",
        "X-PUBLISHED-TTL:PT4H",
        "BEGIN:VEVENT",
        "UID:12-1@jikai",
        "DTSTAMP:20171001T003000Z",
        "LAST-MODIFIED:20171001T003000Z",
        "SEQUENCE:3",
        "DTSTART;VALUE=DATE:20180331",
        "DTEND;VALUE=DATE:20180401",
        "SUMMARY:【期限】窓口業務の民間委託：2017年4月の確報値\\,",
        "  団体数",
        "DESCRIPTION:2017年4月の確報値\\n把握時期：2018年3月頃",
        "URL:https://jikai.example.jp/entries/7#7.1",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]


def test_the_lint_passes_what_is_sound_and_names_what_is_not() -> None:
    sound = _calendar(EVENT)
    assert faults(sound) == []
    spoiled = {
        "octets": sound.replace(b"\r\n  ", b" "),
        "CRLF": sound[:-2],
        "control": sound.replace(b"SUMMARY:", b"SUMMARY:\x07"),
        "parts a character": sound.replace("報".encode(), "報".encode()[:2] + b"\r\n "),
        "no UID": sound.replace(b"UID:12-1@jikai\r\n", b""),
        "METHOD": sound.replace(b"VERSION:2.0\r\n", b"VERSION:2.0\r\nMETHOD:PUBLISH\r\n"),
        "SUMMARY is": sound.replace(b"SUMMARY:", b"SUMMARY:a;b"),
        "2 times": _calendar(EVENT, EVENT),
        "empty": _calendar(),
    }
    for word, data in spoiled.items():
        assert any(word in fault for fault in faults(data)), (word, faults(data))


@pytest.mark.parametrize("read", READERS)
@settings(max_examples=20, deadline=None)
@given(texts=st.lists(st.tuples(TITLES, TEXTS), min_size=50, max_size=50))
@example(texts=[("x" * 67 + "\\" * 9, "確" * 400), ("a" * 66 + "\r\n b", " \n \n")])
def test_a_thousand_texts_come_back_equal(
    read: Callable[[bytes], list[readers.Seen]], texts: list[tuple[str, str]]
) -> None:
    data = _calendar(
        *(
            replace(EVENT, uid=f"{n}-1@jikai", url=f"{EVENT.url}{n}", summary=s, description=d)
            for n, (s, d) in enumerate(texts)
        )
    )
    assert faults(data) == []
    seen = [(each.summary, each.description) for each in read(data)]
    assert seen == [
        (ical.clean(summary), ical.clean(description)) for summary, description in texts
    ]


@pytest.mark.skipif(not readers.has_ical_js(), reason=readers.NO_NODE)
@settings(max_examples=5, deadline=None)
@given(
    texts=st.lists(TEXTS.filter(lambda text: ical.clean(text) != ""), min_size=100, max_size=100)
)
def test_any_text_comes_back_equal_from_thunderbirds_reader(texts: list[str]) -> None:
    events = [
        replace(EVENT, uid=f"{n}-1@jikai", url=f"{EVENT.url}{n}", summary=text, description=text)
        for n, text in enumerate(texts)
    ]
    seen = readers.by_ical_js(_calendar(*events))
    wanted = [ical.clean(text) for text in texts]
    assert [event.summary for event in seen] == wanted
    assert [event.description for event in seen] == wanted


def test_cleaning_keeps_words_and_turns_every_line_end_into_one() -> None:
    assert ical.clean("a\r\nb\rc\vd\fe\x85f\u2028g\u2029h\x1ci") == "a\nb\nc\nd\ne\nf\ng\nh\ni"
    assert ical.clean("確\x00報\x07値\x7f\x9f\t。") == "確報値\t。"
    assert ical.clean("a\ud800b\udfff") == "a\ufffdb\ufffd"


@pytest.mark.parametrize("read", [*READERS, readers.by_ical_js])
def test_every_reader_sees_the_same_event(read: Callable[[bytes], list[readers.Seen]]) -> None:
    if read is readers.by_ical_js and not readers.has_ical_js():
        pytest.skip(readers.NO_NODE)
    assert read(_calendar(EVENT)) == [
        readers.Seen(
            EVENT.uid,
            EVENT.summary,
            EVENT.description,
            date(2018, 3, 31),
            date(2018, 4, 1),
            3,
            EVENT.url,
        )
    ]


@pytest.mark.parametrize("day", [date(2018, 3, 31), date(2020, 2, 29), date(2017, 12, 31)])
def test_an_event_takes_its_day_and_no_other(day: date) -> None:
    calendar = Calendar.from_ical(_calendar(replace(EVENT, day=day)))
    found = recurring_ical_events.of(calendar)
    assert len(found.at(day)) == 1
    assert found.at(day - timedelta(days=1)) == found.at(day + timedelta(days=1)) == []


def test_the_last_day_there_is_can_be_written() -> None:
    assert b"DTSTART;VALUE=DATE:99991231\r\n" in ical.event(replace(EVENT, day=date.max))


def test_an_alarm_rings_at_nine_so_many_days_ahead() -> None:
    data = ical.with_alarms(ical.event(EVENT), ical.alarms("暦, 1", (30, 1, 0)))
    calendar = ical.calendar("地方税", [data])
    assert faults(calendar) == []
    read: Any = Calendar.from_ical(calendar)
    (event,) = read.walk("VEVENT")
    midnight = datetime(2018, 3, 31)  # noqa: DTZ001  # an all-day event has no zone
    rung = [midnight + alarm["TRIGGER"].dt for alarm in event.walk("VALARM")]
    assert [(day.month, day.day, day.hour) for day in rung] == [(3, 1, 9), (3, 30, 9), (3, 31, 9)]
    assert {str(alarm["DESCRIPTION"]) for alarm in event.walk("VALARM")} == {"暦, 1"}


def test_what_was_withdrawn_says_so_in_its_status() -> None:
    assert b"STATUS:CANCELLED\r\nEND" in ical.event(replace(EVENT, cancelled=True))
    assert b"STATUS" not in ical.event(EVENT)


def test_a_stamp_is_said_in_utc() -> None:
    tokyo = timezone(timedelta(hours=9))
    there = replace(EVENT, changed_at=EVENT.changed_at.astimezone(tokyo))
    assert ical.event(there) == ical.event(EVENT)
