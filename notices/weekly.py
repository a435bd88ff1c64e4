"""A week in one view: what became known or moved last week, what is late, what comes next."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import ColumnElement, Select, or_, select, true
from sqlalchemy.orm import aliased

from db.tables import Answer, MailKind, Occurrence, Verb, is_open, is_overdue
from notices import wording
from notices.digest import plain
from notices.locale import say
from notices.parts import Line, Part, awaited_line, block, entry_line
from scheduler.owners import entries_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from db.tables import Person
    from notices.settings import Settings
    from scheduler.policy import Policy

LOOK_AHEAD = timedelta(days=14)
ONE_WEEK = timedelta(days=7)


class _Reader(NamedTuple):
    """For whom the week is told, at one moment."""

    person: Person
    settings: Settings
    policy: Policy
    now: datetime

    @property
    def language(self) -> str:
        return self.person.language

    @property
    def today(self) -> date:
        return self.policy.today(self.now)

    @property
    def of_interest(self) -> ColumnElement[bool]:
        """What the person owns; for an admin everything."""
        mine: ColumnElement[bool] = Occurrence.entry_id.in_(entries_of(self.person.id))
        return true() if self.person.admin else mine


def week(session: Session, person: Person, settings: Settings, now: datetime) -> Part | None:
    """A week's summary of what a person owns, for an admin of all; None where there is nothing."""
    reader = _Reader(person, settings, settings.policy(), now)
    groups = {
        "overdue": _late(session, reader),
        "grace": _in_grace(session, reader),
        "soon": _soon(session, reader),
        "known": _known(session, reader),
        "moved": _moved(session, reader),
    }
    told = {name: lines for name, lines in groups.items() if lines}
    if not told:
        return None
    return part(told, reader.language)


def part(told: Mapping[str, Sequence[Line]], language: str) -> Part:
    """The part of a mail that tells these lines, by the name of their group."""
    counts = [say(language, f"mail.week.{name}", count=len(told[name])) for name in told]
    joined = say(language, "mail.week.joint").join(counts)
    subject = say(language, "mail.subject.weekly", counts=joined)
    blocks = tuple(block(language, f"weekly.{name}", told[name]) for name in told)
    return Part(MailKind.WEEKLY, subject, blocks=blocks)


def _late(session: Session, reader: _Reader) -> list[Line]:
    return _opened(session, reader, is_overdue(reader.today))


def _in_grace(session: Session, reader: _Reader) -> list[Line]:
    past = Occurrence.latest < reader.today
    return _opened(session, reader, past, ~is_overdue(reader.today))


def _soon(session: Session, reader: _Reader) -> list[Line]:
    """In the window, and what opens or closes before long."""
    limit = reader.today + LOOK_AHEAD
    near = or_(Occurrence.earliest <= limit, Occurrence.latest <= limit)
    to_come = or_(Occurrence.latest.is_(None), Occurrence.latest >= reader.today)
    return _opened(session, reader, near, to_come)


def _opened(session: Session, reader: _Reader, *which: ColumnElement[bool]) -> list[Line]:
    query = select(Occurrence).where(is_open(), reader.of_interest, *which)
    order = (Occurrence.latest.is_(None), Occurrence.latest, Occurrence.id)
    return [_line(one, reader) for one in session.scalars(query.order_by(*order))]


def _line(one: Occurrence, reader: _Reader) -> Line:
    base_url = reader.settings.web.base_url
    return awaited_line(one, reader.language, base_url, reader.today, reader.policy)


def _known(session: Session, reader: _Reader) -> list[Line]:
    return [
        _named(one, reader, say(reader.language, "mail.known", value=answer.value))
        for answer, one in session.execute(_answers(Verb.CONFIRM, reader))
    ]


def _moved(session: Session, reader: _Reader) -> list[Line]:
    """What was put off, from when to when, and why."""
    language, new = reader.language, aliased(Occurrence)
    query = _answers(Verb.POSTPONE, reader).add_columns(new)
    lines = []
    for answer, one, then in session.execute(query.join(new, new.follows_id == Occurrence.id)):
        old, later = (
            wording.window(each.earliest, each.latest, each.approx, language, reader.policy)
            for each in (one, then)
        )
        moved = say(language, "mail.moved", old=old, new=later)
        reason = say(language, "mail.reason_words", text=plain(answer.note or ""))
        lines.append(_named(one, reader, moved, reason))
    return lines


def _answers(verb: Verb, reader: _Reader) -> Select[Answer, Occurrence]:
    return (
        select(Answer, Occurrence)
        .join(Occurrence, Occurrence.id == Answer.occurrence_id)
        .where(Answer.verb == verb, Answer.at > reader.now - ONE_WEEK, Answer.at <= reader.now)
        .where(reader.of_interest)
        .order_by(Answer.id)
    )


def _named(one: Occurrence, reader: _Reader, *facts: str) -> Line:
    said = (wording.awaited_words(one, reader.language), *facts)
    return entry_line(one.entry, reader.settings.web.base_url, said, one.public_id)
