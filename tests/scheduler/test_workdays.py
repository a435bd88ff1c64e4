"""Working days of an office in Japan, and elsewhere."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.workdays import UnknownCountryError, is_workday, next_workday

# Days off beside weekends, from the Cabinet Office's published table.
OFF_2018 = """
    01-01 01-08 02-12 03-21 04-30 05-03 05-04 07-16 08-11 09-17 09-24 10-08 11-23 12-24
"""
YEAR_END = "01-01 01-02 01-03 12-29 12-30 12-31"


def test_japan_2018_is_off_on_exactly_the_published_days() -> None:
    days = [date(2018, 1, 1) + timedelta(days=count) for count in range(365)]
    off = {f"{day:%m-%d}" for day in days if not is_workday(day, "JP") and day.weekday() < 5}
    named = {*OFF_2018.split(), *YEAR_END.split()}
    expected = {day for day in named if date.fromisoformat(f"2018-{day}").weekday() < 5}
    assert off == expected


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
    assert is_workday(date.fromisoformat(day), "JP") is works


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
    assert next_workday(date.fromisoformat(day), "JP") == date.fromisoformat(next_day)


def test_another_country_has_its_own_holidays() -> None:
    assert not is_workday(date(2018, 10, 3), "DE")
    assert is_workday(date(2018, 10, 3), "JP")
    assert is_workday(date(2018, 12, 31), "DE")


def test_an_unknown_country_is_named() -> None:
    with pytest.raises(UnknownCountryError, match="'XX'"):
        is_workday(date(2018, 10, 3), "XX")


@given(st.dates(date(1990, 1, 1), date(2080, 1, 1)))
def test_nobody_waits_longer_than_the_longest_holidays(day: date) -> None:
    found = next_workday(day, "JP")
    assert is_workday(found, "JP")
    assert timedelta(0) <= found - day <= timedelta(days=10)
