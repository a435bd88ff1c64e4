"""Where a window stands on a day: by hand, and the same in Python as in SQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.tables import Occurrence, is_overdue
from scheduler.occurrence import Window, WindowError, days_late
from tests.builders import POLICY, Awaited, Row, stands, store_sheet

if TYPE_CHECKING:
    from sqlalchemy import Engine

NO_GRACE = replace(POLICY, grace_days=0)
MARCH_1, MARCH_31 = date(2018, 3, 1), date(2018, 3, 31)
DAYS = st.dates(date(2017, 1, 1), date(2019, 12, 31))


@st.composite
def windows(draw: st.DrawFn) -> Window:
    """Any window over three years, either end of which may be open."""
    earliest = draw(st.none() | DAYS)
    if earliest is None:
        return Window(None, draw(DAYS), draw(st.booleans()))
    length = draw(st.none() | st.integers(0, 400))
    latest = None if length is None else earliest + timedelta(days=length)
    return Window(earliest, latest, draw(st.booleans()))


@pytest.mark.parametrize(
    ("window", "today", "expected"),
    [
        ((MARCH_1, MARCH_31, False), "2018-02-28", "waiting"),
        ((MARCH_1, MARCH_31, False), "2018-03-01", "in_window"),
        ((MARCH_1, MARCH_31, False), "2018-03-31", "in_window"),
        ((MARCH_1, MARCH_31, False), "2018-04-01", "overdue"),
        ((MARCH_1, MARCH_31, True), "2018-03-31", "in_window"),
        ((MARCH_1, MARCH_31, True), "2018-04-01", "in_grace"),
        ((MARCH_1, MARCH_31, True), "2018-04-14", "in_grace"),
        ((MARCH_1, MARCH_31, True), "2018-04-15", "overdue"),
        ((None, MARCH_31, False), "1950-01-01", "in_window"),
        ((None, MARCH_31, False), "2018-04-01", "overdue"),
        ((MARCH_1, None, True), "2018-02-28", "waiting"),
        ((MARCH_1, None, True), "2099-01-01", "in_window"),
    ],
)
def test_a_window_stands_where_its_days_say(
    window: tuple[date | None, date | None, bool], today: str, expected: str
) -> None:
    assert stands(*window, date.fromisoformat(today)) == expected


def test_without_grace_a_hedged_window_is_overdue_the_next_day() -> None:
    assert stands(MARCH_1, MARCH_31, True, date(2018, 4, 1), NO_GRACE) == "overdue"


@pytest.mark.parametrize(
    ("latest", "today", "late"),
    [
        (MARCH_31, date(2018, 3, 30), None),
        (MARCH_31, MARCH_31, None),
        (MARCH_31, date(2018, 4, 1), 1),
        (MARCH_31, date(2019, 4, 1), 366),
        (None, date(2019, 4, 1), None),
    ],
)
def test_days_late_are_calendar_days_since_the_last_day(
    latest: date | None, today: date, late: int | None
) -> None:
    assert days_late(latest, today) == late


@pytest.mark.parametrize(
    ("earliest", "latest", "message"),
    [
        (None, None, "needs a first or a last day"),
        (MARCH_31, MARCH_1, "2018-03-01, lies before the first, 2018-03-31"),
        (date(218, 3, 1), None, "check the year"),
        (None, date(9999, 12, 31), "check the year"),
    ],
)
def test_an_impossible_window_is_refused(
    earliest: date | None, latest: date | None, message: str
) -> None:
    with pytest.raises(WindowError, match=message) as caught:
        Window(earliest, latest)
    assert (caught.value.earliest, caught.value.latest) == (earliest, latest)


@pytest.mark.parametrize(
    ("inner", "outer", "inside"),
    [
        ((MARCH_1, MARCH_31), (MARCH_1, MARCH_31), True),
        ((date(2018, 3, 5), date(2018, 3, 9)), (MARCH_1, MARCH_31), True),
        ((date(2018, 2, 28), MARCH_31), (MARCH_1, MARCH_31), False),
        ((MARCH_1, date(2018, 4, 1)), (MARCH_1, MARCH_31), False),
        ((MARCH_1, None), (MARCH_1, MARCH_31), False),
        ((None, MARCH_31), (MARCH_1, MARCH_31), False),
        ((MARCH_1, MARCH_31), (None, MARCH_31), True),
        ((MARCH_1, MARCH_31), (MARCH_1, None), True),
    ],
)
def test_a_window_lies_within_another(
    inner: tuple[date | None, date | None], outer: tuple[date | None, date | None], inside: bool
) -> None:
    assert Window(*inner).lies_within(Window(*outer)) is inside


def _awaited(window: Window) -> Awaited:
    earliest, latest = (
        day.isoformat() if day else None for day in (window.earliest, window.latest)
    )
    return Awaited(earliest, latest, window.approx)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(made=st.lists(windows(), min_size=1, max_size=20), today=DAYS, grace_days=st.integers(0, 40))
def test_sql_and_python_find_the_same_overdue(
    engine: Engine, made: list[Window], today: date, grace_days: int
) -> None:
    policy = replace(POLICY, grace_days=grace_days)
    with Session(engine) as session:
        rows = [Row("an entry", (_awaited(window),)) for window in made]
        store_sheet(session, rows, policy=policy)
        found = set(session.scalars(select(Occurrence.id).where(is_overdue(today))))
        by_days = {
            each.id
            for each in session.scalars(select(Occurrence))
            if stands(each.earliest, each.latest, each.approx, today, policy) == "overdue"
        }
        session.rollback()
    assert found == by_days
