"""Who is told which step of an occurrence whose day has come, and who has heard of it already."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete, func, select

from db.inserts import ids_query
from db.tables import Reminder, Snooze
from scheduler import steps
from scheduler.owners import handed_over, recipients
from scheduler.steps import LADDER

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from sqlalchemy.orm import Session

    from db.tables import Person
    from scheduler.steps import Audience, Step
    from scheduler.timers import Lives, Windowed

ASK_AGAIN = "again"
PROPOSAL = "proposal"
"""What a reminder's step starts with that asks an admin for a yes: no step of a window."""


class Telling(NamedTuple):
    """One person is to hear of one step, whose day it is or was."""

    occurrence_id: int
    person: Person
    step: str
    day: date


class _Heard(NamedTuple):
    """What people have heard of some occurrences so far, and until when they asked for silence."""

    newest: Mapping[tuple[int, int], date]
    snoozed: Mapping[tuple[int, int], date]


class _Audiences(NamedTuple):
    """Who is behind each entry: those who owe the answer, and each rung of the ladder."""

    owing: Mapping[int, Sequence[Person]]
    ladder: Mapping[Audience, Mapping[int, Sequence[Person]]]

    def of(self, step: Step, entry_id: int) -> Sequence[Person]:
        """Who hears of a step."""
        if step.audience in self.ladder:
            return self.ladder[step.audience].get(entry_id, ())
        return self.owing[entry_id]


def tellings(
    session: Session, due: Sequence[Windowed], today: date, lives: Lives
) -> Iterator[Telling]:
    """What is to be told on `today` (the office's day) of occurrences whose timers have come.

    Owners hear the newest step of theirs, and whoever it is handed over to the newest of the
    ladder. A person who has heard of the occurrence on that step's day or later hears nothing: so a
    policy that changes sends nothing again. Whoever asked for silence is asked again on the day
    they named.
    """
    come = {each.id: _come(lives[each.id], today) for each in due}
    audiences = _audiences(session, due, come, today)
    heard = _heard(session, [each.id for each in due])
    for each in due:
        people = [(step, p) for step in come[each.id] for p in audiences.of(step, each.entry_id)]
        listening = {p for _, p in people} | set(audiences.owing[each.entry_id])
        for person in sorted(listening, key=lambda person: person.email):
            steps_for = [step for step, one in people if one is person]
            yield from _for_person(each.id, person, steps_for, heard, today)


def forget_snoozes(session: Session, occurrence_ids: Collection[int], today: date) -> None:
    """Remove what was asked for until `today` or before: it has been told."""
    chosen = Snooze.occurrence_id.in_(ids_query(session, occurrence_ids))
    session.execute(delete(Snooze).where(chosen, Snooze.until <= today))


def _come(life: Sequence[Step], today: date) -> list[Step]:
    newest = (steps.current(life, today), steps.current(life, today, LADDER))
    return [step for step in newest if step is not None]


def _for_person(
    occurrence_id: int, person: Person, come: Sequence[Step], heard: _Heard, today: date
) -> Iterator[Telling]:
    key = (occurrence_id, person.id)
    silent_until, told = heard.snoozed.get(key), heard.newest.get(key, date.min)
    if silent_until is not None:
        if silent_until > today:
            return
        yield Telling(occurrence_id, person, f"{ASK_AGAIN}-{silent_until}", silent_until)
        told = max(told, silent_until)
    for step in come:
        if step.day > told:
            yield Telling(occurrence_id, person, step.name, step.day)


def _audiences(
    session: Session, due: Sequence[Windowed], come: Mapping[int, Sequence[Step]], today: date
) -> _Audiences:
    owing = recipients(session, {each.entry_id for each in due}, today)
    on_rung: dict[Audience, set[int]] = defaultdict(set)
    for each in due:
        for step in come[each.id]:
            if step.audience in LADDER:
                on_rung[step.audience].add(each.entry_id)
    ladder = {rung: handed_over(session, ids, rung) for rung, ids in on_rung.items()}
    return _Audiences(owing, ladder)


def _heard(session: Session, occurrence_ids: Collection[int]) -> _Heard:
    wanted = ids_query(session, occurrence_ids)
    told = (
        select(Reminder.occurrence_id, Reminder.person_id, func.max(Reminder.day))
        .where(Reminder.occurrence_id.in_(wanted), Reminder.step.not_like(f"{PROPOSAL}-%"))
        .group_by(Reminder.occurrence_id, Reminder.person_id)
    )
    silent = select(Snooze.occurrence_id, Snooze.person_id, Snooze.until)
    silent = silent.where(Snooze.occurrence_id.in_(wanted))
    return _Heard(
        {(occurrence, person): day for occurrence, person, day in session.execute(told)},
        {(occurrence, person): day for occurrence, person, day in session.execute(silent)},
    )
