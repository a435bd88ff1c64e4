"""The course of each awaited thing, as the database tells it, for `scheduler.punctuality`."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from db.inserts import ids_query
from db.tables import (
    Answer,
    Edition,
    Entry,
    Line,
    Occurrence,
    OccurrenceState,
    Promise,
    Sheet,
    Verb,
)
from scheduler.lists import newest_lines
from scheduler.occurrence import Window
from scheduler.owners import owners
from scheduler.punctuality import Course, Promised

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from scheduler.policy import Policy


def courses(
    session: Session, policy: Policy, entry_ids: Collection[int] | None = None
) -> list[Course]:
    """What became of all that was ever awaited, or of these entries; in the order it was opened.

    What was withdrawn is left out.
    """
    chains = _chains(session, entry_ids)
    wanted = {chain[-1].entry_id for chain in chains}
    named, owned = _names(session, wanted), owners(session, wanted)
    promises, known = _promises(session, wanted), _known(session, wanted, policy)
    begun = _first_figures(session, chains, known, policy)
    shown = _shown_before(session, chains, begun)
    made = []
    for chain in chains:
        last = chain[-1]
        made.append(
            Course(
                last.entry_id,
                *named[last.entry_id],
                tuple(person.email for person in owned.get(last.entry_id, [])),
                last.kind,
                last.covers,
                last.stage,
                tuple(promise for one in chain for promise in promises[one.id]),
                known.get(last.id),
                begun.get(last.id),
                (last.entry_id, last.covers) in shown,
            )
        )
    return made


def _chains(session: Session, entry_ids: Collection[int] | None) -> list[list[Occurrence]]:
    """The occurrences of each awaited thing: the first, and those that postponements made of it."""
    query = select(Occurrence).where(Occurrence.state != OccurrenceState.WITHDRAWN)
    if entry_ids is not None:
        query = query.where(Occurrence.entry_id.in_(ids_query(session, entry_ids)))
    found: dict[tuple[int, int], list[Occurrence]] = defaultdict(list)
    for occurrence in session.scalars(query.order_by(Occurrence.id)):
        found[occurrence.expectation_id, occurrence.repetition].append(occurrence)
    return list(found.values())


def _names(session: Session, entry_ids: Collection[int]) -> dict[int, tuple[str, str, str]]:
    """Each entry's name, with the sheet and policy issue of its home or else its newest line."""
    newest = newest_lines(ids_query(session, entry_ids))
    query = (
        select(Line.entry_id, Line.name, Sheet)
        .join(newest, newest.c.id == Line.id)
        .join(Edition, Edition.id == Line.edition_id)
        .join(Entry, Entry.id == Line.entry_id)
        .join(Sheet, Sheet.id == func.coalesce(Entry.sheet_id, Edition.sheet_id))
        .where(newest.c.rank == 1)
    )
    return {
        entry_id: (name, sheet.reform_item, sheet.policy_issue)
        for entry_id, name, sheet in session.execute(query)
    }


def _promises(session: Session, entry_ids: Collection[int]) -> dict[int, list[Promised]]:
    query = select(Promise).join(Occurrence, Occurrence.id == Promise.occurrence_id)
    query = query.where(Occurrence.entry_id.in_(ids_query(session, entry_ids)))
    found: dict[int, list[Promised]] = defaultdict(list)
    for promise in session.scalars(query.order_by(Promise.occurrence_id, Promise.ordinal)):
        window = Window(promise.earliest, promise.latest, promise.approx)
        found[promise.occurrence_id].append(Promised(window, promise.reason))
    return found


def _known(session: Session, entry_ids: Collection[int], policy: Policy) -> dict[int, date]:
    """The day on which each confirmed occurrence was known.

    An edition was written when it knew, however late it is imported.
    """
    query = (
        select(Answer.occurrence_id, Answer.at, Edition.as_of)
        .join(Occurrence, Occurrence.id == Answer.occurrence_id)
        .outerjoin(Edition, Edition.id == Answer.edition_id)
        .where(Answer.verb == Verb.CONFIRM, Occurrence.state == OccurrenceState.CONFIRMED)
        .where(Occurrence.entry_id.in_(ids_query(session, entry_ids)))
    )
    return {one: as_of or policy.today(at) for one, at, as_of in session.execute(query)}


def _first_figures(
    session: Session,
    chains: Sequence[Sequence[Occurrence]],
    known: dict[int, date],
    policy: Policy,
) -> dict[int, date]:
    """By each chain's last occurrence, the day of its period's first value: an interim one's too.

    An interim value that somebody gave before a postponement is one of what came of it.
    """
    ends = {one.id: chain[-1].id for chain in chains for one in chain}
    query = (
        select(Answer.occurrence_id, Answer.at)
        .join(Occurrence, Occurrence.id == Answer.occurrence_id)
        .where(Answer.verb == Verb.INTERIM, Answer.value_asof == Occurrence.covers)
        .where(Occurrence.id.in_(ids_query(session, ends)))
    )
    found = dict(known)
    for occurrence_id, at in session.execute(query):
        last, day = ends[occurrence_id], policy.today(at)
        found[last] = min(day, found.get(last, day))
    return found


def _shown_before(
    session: Session, chains: Sequence[Sequence[Occurrence]], begun: dict[int, date]
) -> set[tuple[int, str | None]]:
    """The entries and periods of which a sheet gave a figure before anybody else did."""
    first: dict[tuple[int, str | None], date] = {}
    for chain in chains:
        last, day = chain[-1], begun.get(chain[-1].id)
        if day is not None:
            key = last.entry_id, last.covers
            first[key] = min(day, first.get(key, day))
    query = select(Line.entry_id, Line.value_asof, Edition.as_of).join(Edition)
    ids = ids_query(session, {entry_id for entry_id, _ in first})
    query = query.where(Line.entry_id.in_(ids), Line.value_asof.is_not(None))
    return {
        (entry_id, asof)
        for entry_id, asof, as_of in session.execute(query)
        if (entry_id, asof) in first and as_of < first[entry_id, asof]
    }
