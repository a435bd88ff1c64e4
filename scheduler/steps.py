"""The steps of a window's life, and the day of each."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scheduler.policy import Policy

OVERDUE = "overdue"


class Step(NamedTuple):
    """A named day in a window's life. `reminds` is false where the day only marks the overdue."""

    name: str
    day: date
    reminds: bool = True


@lru_cache(maxsize=20_000)
def plan(
    earliest: date | None, latest: date | None, approx: bool, policy: Policy
) -> tuple[Step, ...]:
    """The steps of a window, in order of day, one for each day.

    `ahead-N` is N days before the last day (before the first, where no last day is known), `opens`
    the first day, `closes` the last, `chase-N` the Nth day after grace has ended. Where no chase
    falls on the first overdue day, `overdue` marks it and reminds nobody. Of two steps on one day
    the one that comes later in a window's life stays.
    """
    by_day = {step.day: step for step in _in_order_of_life(earliest, latest, approx, policy)}
    return tuple(by_day[day] for day in sorted(by_day))


def overdue_on(latest: date | None, approx: bool, grace_days: int) -> date | None:
    """The first day on which a window with this last day is overdue; None where it has none."""
    if latest is None:
        return None
    return latest + timedelta(days=1 + (grace_days if approx else 0))


def current(steps: Sequence[Step], today: date) -> Step | None:
    """The newest step that somebody should have heard of by `today`; None before the first."""
    come = [step for step in steps if step.reminds and step.day <= today]
    return come[-1] if come else None


def following(steps: Sequence[Step], today: date) -> Step | None:
    """The first step after `today`; None after the last."""
    return next((step for step in steps if step.day > today), None)


def _in_order_of_life(
    earliest: date | None, latest: date | None, approx: bool, policy: Policy
) -> Iterator[Step]:
    counted_from = latest or earliest
    if counted_from is not None:
        for days in sorted(policy.ahead_days, reverse=True):
            yield Step(f"ahead-{days}", counted_from - timedelta(days=days))
    if earliest is not None:
        yield Step("opens", earliest)
    if latest is not None:
        yield Step("closes", latest)
    overdue = overdue_on(latest, approx, policy.grace_days)
    if overdue is not None:
        yield Step(OVERDUE, overdue, reminds=False)
        for days in sorted(policy.chase_days):
            yield Step(f"chase-{days}", overdue + timedelta(days=days - 1))
