"""What has been done, in sentences: to one occurrence, and to an entry over its life."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from db.tables import Answer, Occurrence, OccurrenceState, Person, Promise, Verb
from notices import wording
from notices.web.rows import value_about, window_words

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from notices.web.site import Visit


@dataclass(frozen=True, slots=True)
class Told:
    """One notice: `tone` is "good", "warn" or ""; `detail` and `note` may be empty."""

    tone: str
    title: str
    detail: str = ""
    note: str = ""


def told(session: Session, occurrence: Occurrence, visit: Visit) -> list[Told]:
    """What was answered to this occurrence so far; empty where nothing was."""
    if occurrence.state is OccurrenceState.CONFIRMED:
        return _confirmed(session, occurrence, visit)
    if occurrence.state is OccurrenceState.POSTPONED:
        return [_postponed(session, occurrence, visit)]
    if occurrence.state is OccurrenceState.WITHDRAWN:
        when = _when(occurrence.settled_at or visit.now, visit)
        return [Told("", visit.say("web.told.withdrawn", when=when))]
    return [
        *_refined(session, occurrence, visit),
        *_interim(session, occurrence, visit),
        *_not_yet(session, occurrence, visit),
    ]


def not_taken(occurrence: Occurrence, visit: Visit) -> Told:
    """Why an answer to a settled occurrence changed nothing: somebody or an edition was faster."""
    withdrawn = occurrence.state is OccurrenceState.WITHDRAWN
    return Told("warn", visit.say(f"web.told.{'withdrawn_before' if withdrawn else 'already'}"))


def successor(session: Session, occurrence: Occurrence) -> Occurrence | None:
    """The open occurrence that stands in place of this one, or comes after it."""
    query = select(Occurrence).where(
        Occurrence.expectation_id == occurrence.expectation_id,
        Occurrence.repetition >= occurrence.repetition,
        Occurrence.state == OccurrenceState.OPEN,
        Occurrence.id != occurrence.id,
    )
    return session.scalars(query.order_by(Occurrence.repetition).limit(1)).first()


def person_name(session: Session, person_id: int | None, visit: Visit) -> str:
    """The name of who did it, or "somebody"."""
    person = session.get(Person, person_id) if person_id else None
    return person.name if person else visit.say("web.answer.by_unknown")


def _confirmed(session: Session, occurrence: Occurrence, visit: Visit) -> list[Told]:
    answer = _newest(session, occurrence, Verb.CONFIRM)
    if answer is None:
        return []
    title = _who_confirmed(session, answer, visit)
    about = value_about(answer.value_asof, answer.value_stage, visit.language)
    detail = " · ".join(part for part in (about, answer.source) if part)
    return [Told("good", title, detail, answer.note or "")]


def _who_confirmed(session: Session, answer: Answer, visit: Visit) -> str:
    if answer.edition is not None:
        day = wording.day(answer.edition.as_of, visit.language)
        return visit.say("web.told.confirm_by_edition", day=day, value=answer.value)
    return visit.say(
        "web.told.confirm",
        who=person_name(session, answer.person_id, visit),
        when=_when(answer.at, visit),
        value=answer.value,
    )


def _postponed(session: Session, occurrence: Occurrence, visit: Visit) -> Told:
    answer = _newest(session, occurrence, Verb.POSTPONE)
    now_open = successor(session, occurrence)
    when = _when(answer.at if answer else occurrence.settled_at or visit.now, visit)
    who = person_name(session, answer.person_id if answer else None, visit)
    note = (answer.note if answer else None) or ""
    if now_open is None:
        return Told("", visit.say("web.told.postponed", who=who, when=when), note=note)
    window = window_words(now_open, visit)
    title = visit.say("web.told.postpone", who=who, when=when, window=window)
    return Told("good", title, note=note)


def _interim(session: Session, occurrence: Occurrence, visit: Visit) -> list[Told]:
    """A figure of an earlier stage than the one that is still awaited."""
    answer = _newest(session, occurrence, Verb.INTERIM)
    if answer is None:
        return []
    who, when = person_name(session, answer.person_id, visit), _when(answer.at, visit)
    title = visit.say("web.told.interim", who=who, when=when, value=answer.value)
    return [Told("good", title, note=answer.note or "")]


def _not_yet(session: Session, occurrence: Occurrence, visit: Visit) -> list[Told]:
    answer = _newest(session, occurrence, Verb.NOT_YET)
    if answer is None:
        return []
    who, when = person_name(session, answer.person_id, visit), _when(answer.at, visit)
    title = visit.say("web.told.not_yet", who=who, when=when)
    detail = ""
    if answer.again_on:
        day = wording.day(answer.again_on, visit.language)
        detail = visit.say("web.told.again_on", who=who, day=day)
    return [Told("", title, detail, answer.note or "")]


def _refined(session: Session, occurrence: Occurrence, visit: Visit) -> list[Told]:
    """A person's narrower promise inside the window that an edition announced."""
    query = select(Promise).where(
        Promise.occurrence_id == occurrence.id, Promise.person_id.is_not(None)
    )
    promise = session.scalars(query.order_by(Promise.ordinal.desc()).limit(1)).first()
    if promise is None:
        return []
    title = visit.say(
        "web.told.promise",
        who=person_name(session, promise.person_id, visit),
        when=_when(promise.made_at, visit),
        window=window_words(promise, visit),
    )
    return [Told("good", title, note=promise.reason or "")]


def next_words(occurrence: Occurrence, visit: Visit) -> str:
    """That the next one is already waiting."""
    what = wording.awaited_words(occurrence, visit.language)
    return visit.say("web.told.next", what=what, window=window_words(occurrence, visit))


def _newest(session: Session, occurrence: Occurrence, verb: Verb) -> Answer | None:
    query = select(Answer).where(Answer.occurrence_id == occurrence.id, Answer.verb == verb)
    return session.scalars(query.order_by(Answer.id.desc()).limit(1)).first()


def _when(moment: datetime, visit: Visit) -> str:
    return wording.moment(moment, visit.site.policy.timezone, visit.language)
