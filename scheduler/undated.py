"""Items without a window, to which a person gives one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from unicodedata import normalize

from sqlalchemy import select

from db.tables import Entry, Expectation, is_unresolved
from scheduler import timers
from scheduler.lifecycle import Opening, hold, open_first
from scheduler.refusals import (
    AnswerError,
    PastWindowError,
    SeveralWindowsError,
    UnknownOccurrenceError,
)
from scheduler.words import lines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from db.tables import Occurrence, Person
    from scheduler.occurrence import Window
    from scheduler.policy import Policy

_ITEM = re.compile(r"(\d{1,9})(?:/(\d{1,9}))?")


class NotUndatedError(AnswerError):
    """The entry has no item that waits for a window."""

    def __init__(self, public_id: str) -> None:
        super().__init__(
            f"{public_id} has nothing without a window: `jikai undated` lists what has none; "
            "`jikai postpone` moves a window"
        )
        self.public_id = public_id


class NoSourceError(AnswerError):
    """A window that no sheet names needs a word on where it comes from."""

    def __init__(self, public_id: str) -> None:
        super().__init__(f"{public_id}: say where the window comes from, for no sheet names it")
        self.public_id = public_id


def find_undated(session: Session, public_id: str) -> Expectation:
    """The item that lists call `12`, or `12/2` where its entry has several.

    Raises `UnknownOccurrenceError`, `NotUndatedError`, `SeveralWindowsError`.
    """
    match = _ITEM.fullmatch(normalize("NFKC", public_id).strip())
    if match is None or session.get(Entry, int(match[1])) is None:
        raise UnknownOccurrenceError(public_id)
    waiting = _waiting(session, int(match[1]))
    count = int(match[2] or 1)
    if not 0 < count <= len(waiting):
        raise NotUndatedError(public_id)
    if match[2] is None and len(waiting) > 1:
        names = [f"{match[1]}/{place}" for place in range(2, len(waiting) + 1)]
        raise SeveralWindowsError(public_id, [f"{match[1]}/1", *names])
    return waiting[count - 1]


def give_window(
    session: Session,
    item: Expectation,
    window: Window,
    reason: str | None,
    *,
    person: Person | None,
    now: datetime,
    policy: Policy,
) -> Occurrence:
    """Open an occurrence for an item without a window; who, when and why stay with its promise.

    It is marked as not in the source, and the item leaves the list of the undated. Raises
    `NoSourceError`, `PastWindowError`, and `NotUndatedError` where somebody was faster.
    """
    name, today = str(item.entry_id), policy.today(now)
    why = lines(reason)
    if why is None:
        raise NoSourceError(name)
    if window.latest is not None and window.latest < today:
        raise PastWindowError(name, window.latest, today)
    hold(session, [item.entry_id])
    session.refresh(item)
    if item.resolved_at is not None:
        raise NotUndatedError(name)
    item.resolved_at = now
    opening = Opening(item, window, None, person, why)
    [opened] = open_first(session, [opening], now, policy)
    timers.plan_ahead(session, [opened], now, policy)
    return opened


def _waiting(session: Session, entry_id: int) -> Sequence[Expectation]:
    query = select(Expectation).where(is_unresolved(), Expectation.entry_id == entry_id)
    return session.scalars(query.order_by(Expectation.id)).all()
