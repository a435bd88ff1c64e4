"""The steps of a window's life, and the day of each."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from scheduler.policy import Policy
    from scheduler.workdays import Days

OVERDUE = "overdue"
HAND_OVER = "hand-over"


class Audience(StrEnum):
    """Who hears of a step: those who owe the answer, or those it is handed over to in turn."""

    OWNERS = "owners"
    SUPERIOR = "superior"
    UNIT = "unit"
    ADMIN = "admin"


LADDER = (Audience.SUPERIOR, Audience.UNIT, Audience.ADMIN)


class Step(NamedTuple):
    """A named day in a window's life. `reminds` is false where the day only marks the overdue."""

    name: str
    day: date
    reminds: bool = True
    audience: Audience = Audience.OWNERS


@lru_cache(maxsize=20_000)
def plan(
    earliest: date | None, latest: date | None, overdue: date | None, policy: Policy
) -> tuple[Step, ...]:
    """The steps of a window that is overdue from `overdue` on, in order of day, one for each day.

    `ahead-N` is N days before the last day, `opening-N` N days before the first, `opens` the first
    day, `closes` the last, `chase-N` the Nth day after grace has ended; Nw counts working days.
    Where no last day is known, the first is told of as early as a last one would be. `hand-over-…`
    come after the last chase. Where no chase falls on the first overdue day, `overdue` marks it and
    reminds nobody. Of two steps on one day the one that comes later in a window's life stays.
    """
    life = [*_up_to_the_last_day(earliest, latest, policy)]
    if overdue is not None:
        life += _after_grace(overdue, policy)
    by_day = {step.day: step for step in life}
    return tuple(by_day[day] for day in sorted(by_day))


def overdue_on(latest: date | None, approx: bool, hedge: str | None, policy: Policy) -> date | None:
    """The first day on which a window with this last day is overdue; None where it has none."""
    if latest is None:
        return None
    return policy.counting.after(latest, policy.grace(approx, hedge)) + timedelta(days=1)


def current(
    steps: Sequence[Step], today: date, audiences: Collection[Audience] = (Audience.OWNERS,)
) -> Step | None:
    """The newest step that these should have heard of by `today`; None before their first."""
    come = [s for s in steps if s.reminds and s.day <= today and s.audience in audiences]
    return come[-1] if come else None


def following(steps: Sequence[Step], today: date) -> Step | None:
    """The first step after `today`; None after the last."""
    return next((step for step in steps if step.day > today), None)


def _up_to_the_last_day(
    earliest: date | None, latest: date | None, policy: Policy
) -> Iterator[Step]:
    if latest is not None:
        yield from _before("ahead", latest, policy.ahead_days, policy)
    if earliest is not None:
        if latest is None:
            # Not `ahead`: a last day may become known, and its own steps are still to be told then.
            yield from _before("opening", earliest, policy.ahead_days, policy)
        yield from _before("opening", earliest, policy.opening_days, policy)
        yield Step("opens", earliest)
    if latest is not None:
        yield Step("closes", latest)


def _before(name: str, day: date, ahead: Sequence[Days], policy: Policy) -> Iterator[Step]:
    for days in ahead:
        yield Step(f"{name}-{days}", policy.counting.before(day, days))


def _after_grace(overdue: date, policy: Policy) -> Iterator[Step]:
    counting, grace_end = policy.counting, overdue - timedelta(days=1)
    yield Step(OVERDUE, overdue, reminds=False)
    chases = [(counting.after(grace_end, days), days) for days in policy.chase_days]
    for day, days in sorted(chases, key=lambda chase: chase[0]):
        yield Step(f"chase-{days}", day)
    day = max((day for day, _ in chases), default=grace_end)
    waits = (policy.superior_after, policy.unit_after, policy.admin_after)
    for audience, wait in zip(LADDER, waits, strict=True):
        if wait is not None:
            day = counting.after(day, wait)
            yield Step(f"{HAND_OVER}-{audience}", day, audience=audience)
