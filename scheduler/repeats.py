"""The repetitions of an expectation: what the next one is called, covers, and when it is due."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

from sqlalchemy import select

from db.tables import Occurrence, Promise
from scheduler.occurrence import Window
from scheduler.timing import PeriodError, shift_period, shift_window

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Select
    from sqlalchemy.orm import Session


MOST_REPEATS = 1_000


class Repetition(NamedTuple):
    """A repetition as the source promises it; `uid` is its occurrence's, made or to come."""

    uid: str
    number: int
    window: Window
    covers: str | None


def first_uid() -> str:
    """A new calendar name for a first occurrence; it tells nothing of anybody."""
    return f"{uuid4().hex}-1@jikai"


def uid_after(uid: str, number: int) -> str:
    """The calendar name of the repetition `number` of the same chain."""
    return f"{uid.rpartition('-')[0]}-{number}@jikai"


def following(current: Repetition, repeat: str) -> Repetition:
    """The repetition after `current`, one `repeat` (ISO 8601, such as P1Y) on.

    Its uid is known before its occurrence is made, so a calendar keeps the event. `covers` is None
    where the period has no name one repeat on. Raises `WindowError` and `PeriodError` where it
    would lie beyond the years that are taken.
    """
    number = current.number + 1
    days = shift_window(current.window.earliest, current.window.latest, repeat)
    return Repetition(
        uid=uid_after(current.uid, number),
        number=number,
        window=Window(*days, current.window.approx),
        covers=_covers_next(current.covers, repeat),
    )


def is_later(window: Window, than: Window, repeat: str) -> bool:
    """Whether a window is a later repetition of another one, by any number of repeats."""
    times = 1
    while times <= MOST_REPEATS:
        try:
            days = shift_window(than.earliest, than.latest, repeat, times)
        except PeriodError:
            return False
        if days == (window.earliest, window.latest):
            return True
        if (days[1] or days[0] or date.max) > (window.latest or window.earliest or date.min):
            return False
        times += 1
    return False


def promised(
    session: Session, expectation_ids: Collection[int] | Select[int]
) -> dict[tuple[int, int], Window]:
    """By expectation and repetition, what the newest edition promised, else the first promise."""
    query = (
        select(Occurrence.expectation_id, Occurrence.repetition, Promise)
        .join(Promise, Promise.occurrence_id == Occurrence.id)
        .where(Occurrence.expectation_id.in_(expectation_ids))
        .order_by(Occurrence.ordinal, Promise.ordinal)
    )
    found: dict[tuple[int, int], Window] = {}
    for expectation_id, number, promise in session.execute(query):
        place = (expectation_id, number)
        if place not in found or promise.edition_id is not None:
            found[place] = Window(promise.earliest, promise.latest, promise.approx)
    return found


def _covers_next(covers: str | None, repeat: str) -> str | None:
    try:
        return shift_period(covers, repeat) if covers else None
    except PeriodError:
        return None
