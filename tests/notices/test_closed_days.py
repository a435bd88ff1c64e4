"""An office's own closed days, from text and from calendars as they are exported."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from notices.closed_days import ClosedDaysError, read_closed_days
from notices.settings import parse
from notices.settings_faults import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

CALENDAR = """BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//Office//EN\r
BEGIN:VEVENT\r
UID:1\r
DTSTAMP:20180101T000000Z\r
DTSTART;VALUE=DATE:20180813\r
DTEND;VALUE=DATE:20180816\r
SUMMARY:夏季休業\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:2\r
DTSTAMP:20180101T000000Z\r
DTSTART;VALUE=DATE:20171001\r
RRULE:FREQ=YEARLY\r
EXDATE;VALUE=DATE:20191001\r
SUMMARY:創立記念日\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:3\r
DTSTAMP:20180101T000000Z\r
DTSTART:20180601T090000\r
DTEND:20180601T170000\r
SUMMARY:停電\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:4\r
DTSTAMP:20180101T000000Z\r
DTSTART;VALUE=DATE:20180604\r
SUMMARY:one day without an end\r
END:VEVENT\r
END:VCALENDAR\r
"""


def _read(folder: Path, text: str) -> frozenset[date]:
    file = folder / "closed"
    file.write_text(text, "utf-8")
    return read_closed_days(file)


def test_lines_name_days_stretches_and_days_of_every_year(tmp_path: Path) -> None:
    lines = ("# ours", "2018-08-13/2018-08-15 夏季休業", "", "10-01  創立記念日 # yearly", "02-29")
    days = _read(tmp_path, "\n".join(("\ufeff2018-06-01", *lines)))
    assert {date(2018, 8, 13), date(2018, 8, 14), date(2018, 8, 15), date(2018, 6, 1)} <= days
    assert {date(year, 10, 1) for year in (1990, 2018, 2100)} <= days
    assert date(2020, 2, 29) in days
    assert date(2018, 8, 16) not in days


def test_a_calendar_names_them_with_repetitions_and_exceptions(tmp_path: Path) -> None:
    days = _read(tmp_path, CALENDAR)
    in_2018 = {f"{day:%m-%d}" for day in days if day.year == 2018}
    assert in_2018 == {"08-13", "08-14", "08-15", "10-01", "06-01", "06-04"}
    assert date(2019, 10, 1) not in days
    assert date(2050, 10, 1) in days


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2018-08-13\nsummer\n", "line 2 is no day"),
        ("2018-02-30", "line 1 is no day"),
        ("2018-08-15/2018-08-13", "line 1 is no day"),
        ("13-01", "line 1 is no day"),
        ("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:nonsense\r\n", "no iCalendar"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(ClosedDaysError, match=reason):
        _read(tmp_path, text)


def test_the_two_files_go_to_counting_and_sending_apart(tmp_path: Path) -> None:
    (tmp_path / "counting.txt").write_text("2018-06-01", "utf-8")
    (tmp_path / "sending.ics").write_text(CALENDAR, "utf-8")
    calendar = {
        "country": "DE-BY",
        "closed_for_counting": "counting.txt",
        "closed_for_sending": "sending.ics",
    }
    policy = parse({"calendar": calendar}, tmp_path / "config.toml").policy()
    assert not policy.counting.is_workday(date(2018, 6, 1))
    assert policy.counting.is_workday(date(2018, 6, 4))
    assert not policy.sending.is_workday(date(2018, 6, 4))
    assert not policy.counting.is_workday(date(2020, 1, 6))


@pytest.mark.parametrize("key", ["closed_for_counting", "closed_for_sending"])
def test_a_missing_file_is_one_sentence_of_the_configuration(tmp_path: Path, key: str) -> None:
    path = tmp_path / "config.toml"
    with pytest.raises(SettingsError) as caught:
        parse({"calendar": {key: "gone.txt"}}, path)
    (fault,) = caught.value.faults
    assert fault == (
        f"{path}: [calendar] {key}: {tmp_path / 'gone.txt'}: cannot be read "
        "(No such file or directory)"
    )
