"""Which steps a window has, and on which days."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.occurrence import Standing, Window
from scheduler.steps import Step, current, following, plan
from scheduler.workdays import Workdays
from tests.builders import POLICY, overdue_day, stands
from tests.scheduler.test_occurrence import windows

if TYPE_CHECKING:
    from scheduler.policy import Policy

MARCH = (date(2018, 3, 1), date(2018, 3, 31))
SOME_DAYS = st.dates(date(2016, 1, 1), date(2021, 12, 31))
CHASES = st.lists(st.integers(1, 60), unique=True, max_size=4).map(tuple)


def life(
    earliest: date | None, latest: date | None, approx: bool, policy: Policy
) -> tuple[Step, ...]:
    return plan(earliest, latest, overdue_day(latest, approx, policy), policy)


def _plan(
    earliest: date | None, latest: date | None, approx: bool, chase_days: tuple[int, ...] = (1, 7)
) -> list[str]:
    policy = replace(POLICY, chase_days=chase_days)
    return [f"{step.name} {step.day}" for step in life(earliest, latest, approx, policy)]


def test_a_hedged_month_is_chased_after_its_grace() -> None:
    assert _plan(*MARCH, True) == [
        "opens 2018-03-01",
        "ahead-7 2018-03-24",
        "closes 2018-03-31",
        "chase-1 2018-04-15",
        "chase-7 2018-04-21",
    ]


def test_an_exact_month_is_chased_from_the_day_after() -> None:
    assert _plan(*MARCH, False)[-2:] == ["chase-1 2018-04-01", "chase-7 2018-04-07"]


def test_a_long_window_opens_before_its_first_warning() -> None:
    assert _plan(date(2017, 4, 1), date(2018, 3, 31), False)[:3] == [
        "opens 2017-04-01",
        "ahead-30 2018-03-01",
        "ahead-7 2018-03-24",
    ]


def test_a_window_with_only_an_end_never_opens() -> None:
    assert _plan(None, date(2019, 3, 31), False) == [
        "ahead-30 2019-03-01",
        "ahead-7 2019-03-24",
        "closes 2019-03-31",
        "chase-1 2019-04-01",
        "chase-7 2019-04-07",
    ]


def test_a_window_with_only_a_start_is_announced_and_opened_and_no_more() -> None:
    assert _plan(date(2018, 4, 1), None, False) == [
        "opening-30 2018-03-02",
        "opening-7 2018-03-25",
        "opens 2018-04-01",
    ]


def test_a_single_day_closes_as_it_opens() -> None:
    day = date(2018, 3, 15)
    assert "closes 2018-03-15" in _plan(day, day, False)
    assert "opens 2018-03-15" not in _plan(day, day, False)


def test_the_first_overdue_day_is_marked_where_no_chase_falls_on_it() -> None:
    steps = life(*MARCH, False, replace(POLICY, chase_days=(7, 14)))
    assert [(step.name, step.reminds) for step in steps[-3:]] == [
        ("overdue", False),
        ("chase-7", True),
        ("chase-14", True),
    ]
    assert steps[-3].day == date(2018, 4, 1)


LADDER = replace(
    POLICY,
    chase_days=(1, Workdays(7), Workdays(14), Workdays(28)),
    superior_after=Workdays(10),
    unit_after=5,
    admin_after=Workdays(10),
)


def test_chases_in_working_days_end_in_a_hand_over_from_rung_to_rung() -> None:
    steps = life(*MARCH, False, LADDER)
    assert [(f"{step.name} {step.day}", step.audience.value) for step in steps[2:]] == [
        ("closes 2018-03-31", "owners"),
        ("chase-1 2018-04-01", "owners"),
        ("chase-7w 2018-04-10", "owners"),
        ("chase-14w 2018-04-19", "owners"),
        ("chase-28w 2018-05-14", "owners"),
        ("hand-over-superior 2018-05-28", "superior"),
        ("hand-over-unit 2018-06-02", "unit"),
        ("hand-over-admin 2018-06-15", "admin"),
    ]


def test_a_rung_may_be_left_out_and_the_next_counts_from_the_one_before() -> None:
    steps = life(*MARCH, False, replace(LADDER, unit_after=None))
    assert [f"{step.name} {step.day}" for step in steps[-2:]] == [
        "hand-over-superior 2018-05-28",
        "hand-over-admin 2018-06-11",
    ]


def test_without_chases_the_ladder_counts_from_the_end_of_grace() -> None:
    steps = life(*MARCH, True, replace(LADDER, chase_days=(), superior_after=5))
    assert [f"{step.name} {step.day}" for step in steps[-4:-2]] == [
        "overdue 2018-04-15",
        "hand-over-superior 2018-04-19",
    ]


def test_an_opening_may_be_announced_in_working_days() -> None:
    steps = life(*MARCH, False, replace(POLICY, opening_days=(Workdays(3), 14)))
    assert [f"{step.name} {step.day}" for step in steps[:3]] == [
        "opening-14 2018-02-15",
        "opening-3w 2018-02-26",
        "opens 2018-03-01",
    ]


@pytest.mark.parametrize(
    ("approx", "hedge", "day"),
    [
        (False, None, "2018-04-03"),
        (True, None, "2018-04-11"),
        (True, "aim", "2018-04-28"),
        (False, "aim", "2018-04-03"),
    ],
)
def test_grace_depends_on_how_the_time_is_hedged(approx: bool, hedge: str | None, day: str) -> None:
    policy = replace(POLICY, grace_exact_days=2, grace_days=10, grace_aim_days=Workdays(20))
    assert overdue_day(MARCH[1], approx, policy, hedge) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("today", "now_at", "next_at"),
    [
        ("2018-02-28", None, "opens"),
        ("2018-03-01", "opens", "ahead-7"),
        ("2018-03-25", "ahead-7", "closes"),
        ("2018-04-01", "closes", "overdue"),
        ("2018-04-16", "closes", "chase-7"),
        ("2018-04-21", "chase-7", None),
        ("2030-01-01", "chase-7", None),
    ],
)
def test_where_a_day_falls_between_steps(
    today: str, now_at: str | None, next_at: str | None
) -> None:
    steps = life(*MARCH, True, replace(POLICY, chase_days=(7,)))
    day = date.fromisoformat(today)
    at, after = current(steps, day), following(steps, day)
    assert (at and at.name) == now_at
    assert (after and after.name) == next_at


def test_a_later_grace_moves_the_first_overdue_day() -> None:
    assert overdue_day(date(2018, 3, 31), True) == date(2018, 4, 15)
    assert overdue_day(date(2018, 3, 31), True, replace(POLICY, grace_days=0)) == date(2018, 4, 1)
    assert overdue_day(date(2018, 3, 31), False) == date(2018, 4, 1)
    assert overdue_day(None, True) is None


@given(window=windows(), today=SOME_DAYS, chase_days=CHASES)
def test_steps_follow_each_other_and_the_standing(
    window: Window, today: date, chase_days: tuple[int, ...]
) -> None:
    policy = replace(POLICY, chase_days=chase_days)
    steps = life(window.earliest, window.latest, window.approx, policy)
    days = [step.day for step in steps]
    assert days == sorted(set(days))
    assert len({step.name for step in steps}) == len(steps)
    now_at = stands(window.earliest, window.latest, window.approx, today)
    late_from = overdue_day(window.latest, window.approx)
    assert (now_at is Standing.OVERDUE) == (late_from is not None and late_from <= today)
    assert late_from is None or late_from in days
    if now_at is Standing.WAITING:
        assert following(steps, today) is not None
