"""When a person's mail goes out: zones, clocks that change, weekdays, days away."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from db.tables import Absence
from scheduler.sending import SendTimes
from scheduler.workdays import Calendar
from tests.builders import POLICY, morning, store_person

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from scheduler.policy import Policy

ZONES = (
    *("Pacific/Niue", "America/New_York", "UTC", "Europe/Berlin", "Asia/Tokyo"),
    *("Australia/Lord_Howe", "Pacific/Chatham", "Pacific/Kiritimati"),
)
EVERY_DAY = replace(POLICY, sending=Calendar(""))


def _first(
    engine: Engine,
    day: str,
    zone: str = "Asia/Tokyo",
    hour: int = 9,
    weekdays: str | None = None,
    away: tuple[str, str] | None = None,
    policy: Policy = POLICY,
) -> str:
    with Session(engine) as session:
        person = store_person(session, timezone=zone, send_hour=hour)
        person.weekdays = weekdays
        if away:
            first, last = map(date.fromisoformat, away)
            session.add(
                Absence(
                    person_id=person.id,
                    first=first,
                    last=last,
                    begun=False,
                    ended=False,
                    created_at=morning(first),
                )
            )
        session.flush()
        start = date.fromisoformat(day)
        found = SendTimes(session, [person], start, policy).first(person, start)
        session.rollback()
    return found.astimezone(UTC).isoformat(timespec="minutes").removesuffix("+00:00")


@pytest.mark.parametrize(
    ("zone", "utc"),
    [
        ("Pacific/Niue", "2018-03-01T20:00"),  # −11
        ("America/New_York", "2018-03-01T14:00"),
        ("Asia/Tokyo", "2018-03-01T00:00"),
        ("Pacific/Kiritimati", "2018-02-28T19:00"),  # +14
    ],
)
def test_the_hour_is_the_persons_own(sqlite_engine: Engine, zone: str, utc: str) -> None:
    assert _first(sqlite_engine, "2018-03-01", zone) == utc


@pytest.mark.parametrize(
    ("day", "hour", "utc"),
    [
        ("2018-03-12", 9, "2018-03-12T13:00"),  # the clock went forward the day before
        ("2018-03-09", 9, "2018-03-09T14:00"),
        ("2018-03-11", 2, "2018-03-11T07:00"),  # there is no 2:00 that night: 3:00 it is
        ("2018-11-04", 1, "2018-11-04T05:00"),  # there are two 1:00: the first
        ("2018-11-05", 9, "2018-11-05T14:00"),
    ],
)
def test_clocks_change_twice_a_year(sqlite_engine: Engine, day: str, hour: int, utc: str) -> None:
    zone = "America/New_York"
    assert _first(sqlite_engine, day, zone, hour, "1234567", policy=EVERY_DAY) == utc


@pytest.mark.parametrize(
    ("day", "weekdays", "sent_on"),
    [
        ("2018-03-30", "1234", "2018-04-02"),  # a Friday, for somebody with Fridays off
        ("2018-03-31", "6", "2018-03-31"),  # works on Saturdays
        ("2018-03-21", "3", "2018-03-28"),  # a Wednesday that is a holiday
        ("2018-12-29", "1234567", "2019-01-04"),
        ("2018-03-31", None, "2018-04-02"),
    ],
)
def test_mail_comes_on_a_persons_weekdays_and_on_no_holiday(
    sqlite_engine: Engine, day: str, weekdays: str | None, sent_on: str
) -> None:
    assert _first(sqlite_engine, day, weekdays=weekdays) == f"{sent_on}T00:00"


def test_days_on_which_the_office_sends_nothing(sqlite_engine: Engine) -> None:
    closed = Calendar("JP", frozenset({date(2018, 8, 13), date(2018, 8, 14)}))
    policy = replace(POLICY, sending=closed)
    assert _first(sqlite_engine, "2018-08-13", policy=policy) == "2018-08-15T00:00"


def test_whoever_is_away_gets_it_on_coming_back(sqlite_engine: Engine) -> None:
    away = ("2018-03-01", "2018-03-30")
    assert _first(sqlite_engine, "2018-03-05", away=away) == "2018-04-02T00:00"
    assert _first(sqlite_engine, "2018-02-28", away=away) == "2018-02-28T00:00"


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    day=st.dates(date(2000, 1, 1), date(2040, 12, 31)),
    zone=st.sampled_from(ZONES),
    hour=st.integers(0, 23),
    weekdays=st.none() | st.sets(st.sampled_from("1234567"), min_size=1).map(sorted).map("".join),
)
def test_mail_goes_out_at_the_first_hour_that_will_do(
    sqlite_engine: Engine, day: date, zone: str, hour: int, weekdays: str | None
) -> None:
    sent = datetime.fromisoformat(_first(sqlite_engine, day.isoformat(), zone, hour, weekdays))
    local = sent.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    assert day <= local.date() <= day + timedelta(days=40)
    assert weekdays is None or str(local.isoweekday()) in weekdays
    assert not POLICY.sending.is_holiday(local.date())
    # A clock that goes forward has no such hour on that day, and half an hour is the most it moves
    # at Lord Howe.
    assert local.hour in {hour, (hour + 1) % 24}
    assert local.minute in {0, 30}
