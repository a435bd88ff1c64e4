"""Replies to mails: what their writers said, and of which figure, as far as that is certain."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from db.tables import Entry, Incoming, Occurrence, OccurrenceState, Person, Reminder
from notices.naming import THE_REST, told, without
from notices.own_words import LONGEST_TEXT, own_lines
from notices.passages import NOTHING, passage, unsigned
from scheduler.owners import entries_of, recipients
from scheduler.timing import PeriodError, doubtful, period_bounds

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy.orm import Session

    from scheduler.policy import Policy
    from scheduler.timing import Context, Stated

A_MONTH = timedelta(days=30)


class Heard(NamedTuple):
    """What a reply says of one figure of the mail it answers; unclear where nothing certain."""

    occurrence: Occurrence
    said: Stated


def heard(session: Session, incoming: Incoming, policy: Policy) -> list[Heard]:
    """What a reply says of each figure that its mail asked for and that is still open.

    Where the mail told of one figure, the reply is about it; else its lines must name the figure.
    """
    reminded = _reminded(session, incoming)
    asked = _asked(session, reminded, incoming, policy)
    context = policy.context(policy.today(incoming.at))
    said = _said(session, incoming, reminded, context)
    twice = [each.entry_id for each in asked]
    return [
        Heard(each, _fitting(said[each.entry_id], each, context))
        if twice.count(each.entry_id) == 1
        else Heard(each, NOTHING)
        for each in asked
    ]


def _reminded(session: Session, incoming: Incoming) -> Sequence[Occurrence]:
    """The occurrences that the mail told of which was replied to."""
    query = (
        select(Occurrence)
        .join(Reminder, Reminder.occurrence_id == Occurrence.id)
        .where(Reminder.mail_id == incoming.mail_id)
        .order_by(Occurrence.id)
        .distinct()
    )
    return session.scalars(query).all()


def _asked(
    session: Session, reminded: Sequence[Occurrence], incoming: Incoming, policy: Policy
) -> list[Occurrence]:
    """Those of them that are open, if they still concern the writer."""
    still = [each for each in reminded if each.state is OccurrenceState.OPEN]
    told_of = recipients(session, {each.entry_id for each in still}, policy.today(incoming.at))
    person = session.get(Person, incoming.person_id)
    return [each for each in still if person in told_of[each.entry_id]]


def _said(
    session: Session, incoming: Incoming, reminded: Sequence[Occurrence], context: Context
) -> dict[int, Stated]:
    """What a reply says of each entry that its mail told of."""
    names = {each.entry_id: each.entry.name for each in reminded}
    if len(incoming.text) >= LONGEST_TEXT:  # what was cut off may take back what is left
        return dict.fromkeys(names, NOTHING)
    found = told(unsigned(incoming.text), names, _besides(session, incoming, names))
    if len(names) == 1 and not found.elsewhere:
        [(entry, name)] = names.items()
        return {entry: passage(without(own_lines(incoming.text), name), context)}
    if any(doubtful(line, context) for line in found.loose if not THE_REST.match(line)):
        return dict.fromkeys(names, NOTHING)
    return {
        entry: NOTHING if entry in found.muddled else passage("\n".join(lines), context)
        for entry, lines in found.lines.items()
    }


def _besides(session: Session, incoming: Incoming, entries: Collection[int]) -> Sequence[str]:
    """The names of what the writer owns besides, which a reply may be about by mistake."""
    owned = entries_of(incoming.person_id or 0)
    query = select(Entry.name).where(Entry.id.in_(owned), Entry.id.not_in(entries))
    return session.scalars(query).all()


def _fitting(said: Stated, one: Occurrence, context: Context) -> Stated:
    """What was said, if it is about the period that is awaited, and known after that began."""
    try:
        first, last = period_bounds(one.covers or "", context)
        said_first, said_last = period_bounds(said.period or one.covers or "", context)
    except PeriodError:
        return said
    apart = said_last < first or last < said_first
    early = said.day is not None and said.day <= min(last, first + A_MONTH)
    return NOTHING if apart or early else said
