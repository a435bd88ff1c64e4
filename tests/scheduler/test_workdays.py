"""Working days of an office in Japan, and elsewhere."""

from __future__ import annotations

from calendar import isleap
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.workdays import (
    JAPAN,
    Calendar,
    Days,
    UnknownCountryError,
    Workdays,
    parse_days,
    write_days,
)

TABLE = Path(__file__).with_name("holidays_of_japan.txt")
YEAR_END = ["01-01", "01-02", "01-03", "12-29", "12-30", "12-31"]
YEARS = [line.split() for line in TABLE.read_text("utf-8").splitlines() if not line.startswith("#")]
DAYS = st.dates(date(1990, 1, 1), date(2080, 1, 1))


@pytest.mark.parametrize(("year", "published"), [(int(year), days) for year, *days in YEARS])
def test_japan_is_off_on_exactly_the_published_days(year: int, published: list[str]) -> None:
    days = [date(year, 1, 1) + timedelta(days=count) for count in range(365 + isleap(year))]
    off = {f"{day:%m-%d}" for day in days if not JAPAN.is_workday(day) and day.weekday() < 5}
    named = {*published, *YEAR_END}
    assert off == {day for day in named if date.fromisoformat(f"{year}-{day}").weekday() < 5}


def test_the_table_holds_every_year_from_2015_to_2030() -> None:
    assert [int(year) for year, *_ in YEARS] == list(range(2015, 2031))


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2019-04-30", False),  # the abdication, a holiday of that year alone
        ("2019-05-01", False),
        ("2019-05-02", False),
        ("2019-05-06", False),  # substitute for Sunday the 5th
        ("2019-05-07", True),
        ("2015-09-22", False),  # between two holidays
        ("2020-07-24", False),  # moved for the Olympics
        ("2020-10-12", True),
        ("2018-12-28", True),
        ("2018-12-29", False),
        ("2019-01-03", False),
        ("2019-01-04", True),
        ("2018-03-31", False),
    ],
)
def test_single_days_in_japan(day: str, works: bool) -> None:
    assert JAPAN.is_workday(date.fromisoformat(day)) is works


@pytest.mark.parametrize(
    ("day", "next_day"),
    [
        ("2018-03-01", "2018-03-01"),
        ("2018-03-31", "2018-04-02"),
        ("2018-12-29", "2019-01-04"),
        ("2019-04-27", "2019-05-07"),
    ],
)
def test_the_next_working_day_is_that_day_or_the_first_after_it(day: str, next_day: str) -> None:
    assert JAPAN.next_workday(date.fromisoformat(day)) == date.fromisoformat(next_day)


def test_another_country_has_its_own_holidays() -> None:
    assert not Calendar("DE").is_workday(date(2018, 10, 3))
    assert JAPAN.is_workday(date(2018, 10, 3))
    assert Calendar("DE").is_workday(date(2018, 12, 31))


def test_an_unknown_country_is_named() -> None:
    with pytest.raises(UnknownCountryError, match="'XX'"):
        Calendar("XX").is_workday(date(2018, 10, 3))


@given(DAYS)
def test_nobody_waits_longer_than_the_longest_holidays(day: date) -> None:
    found = JAPAN.next_workday(day)
    assert JAPAN.is_workday(found)
    assert timedelta(0) <= found - day <= timedelta(days=10)


def test_a_part_of_a_country_has_holidays_of_its_own() -> None:
    assert not Calendar("DE-BY").is_workday(date(2020, 1, 6))
    assert Calendar("DE-BE").is_workday(date(2020, 1, 6))
    with pytest.raises(UnknownCountryError, match="'DE-XX'"):
        Calendar("DE-XX").is_workday(date(2018, 8, 15))


def test_without_a_country_only_weekends_are_off() -> None:
    none = Calendar("")
    assert none.is_workday(date(2018, 1, 1))
    assert not none.is_workday(date(2018, 3, 31))


def test_an_office_closes_on_days_of_its_own() -> None:
    office = Calendar("JP", frozenset({date(2018, 8, 13), date(2018, 8, 14)}))
    assert office.next_workday(date(2018, 8, 13)) == date(2018, 8, 15)
    assert office.after(date(2018, 8, 10), Workdays(1)) == date(2018, 8, 15)
    assert office.before(date(2018, 8, 15), Workdays(1)) == date(2018, 8, 10)


@pytest.mark.parametrize(
    ("day", "days", "after", "before"),
    [
        ("2018-03-30", 3, "2018-04-02", "2018-03-27"),
        ("2018-03-30", Workdays(3), "2018-04-04", "2018-03-27"),
        ("2018-03-31", Workdays(1), "2018-04-02", "2018-03-30"),
        ("2018-12-28", Workdays(1), "2019-01-04", "2018-12-27"),
        ("2018-03-31", Workdays(0), "2018-03-31", "2018-03-31"),
        ("2019-04-26", Workdays(1), "2019-05-07", "2019-04-25"),
    ],
)
def test_working_days_are_counted_one_by_one(day: str, days: Days, after: str, before: str) -> None:
    start = date.fromisoformat(day)
    assert JAPAN.after(start, days) == date.fromisoformat(after)
    assert JAPAN.before(start, days) == date.fromisoformat(before)


@given(DAYS, st.integers(1, 60))
def test_so_many_working_days_lie_in_between(day: date, count: int) -> None:
    end = JAPAN.after(day, Workdays(count))
    passed = [day + timedelta(days=n) for n in range(1, (end - day).days + 1)]
    assert sum(map(JAPAN.is_workday, passed)) == count
    assert JAPAN.is_workday(end)
    if JAPAN.is_workday(day):
        assert JAPAN.before(end, Workdays(count)) == day


@given(st.one_of(st.integers(0, 999), st.integers(0, 999).map(Workdays)))
def test_days_are_written_as_they_are_read(days: Days) -> None:
    assert parse_days(write_days(days)) == days


@pytest.mark.parametrize("written", [True, -1, 1000, 1.5, "7", "w", "1000w", "7 w", "-7w", None])
def test_what_is_no_number_of_days_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="working days"):
        parse_days(written)
