"""What one reminder mail says: the figures it reminds of, grouped, the most urgent first."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from db.tables import Occurrence, Reminder, is_open
from notices import links, wording
from notices.locale import say
from scheduler import lists
from scheduler.occurrence import Standing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from db.tables import Mail, Person
    from notices.settings import Settings
    from scheduler.lists import Item
    from scheduler.policy import Policy

URGENCY = (Standing.OVERDUE, Standing.IN_GRACE, Standing.IN_WINDOW, Standing.WAITING)


@dataclass(frozen=True, slots=True)
class Figure:
    """One occurrence on its line, with the page where this person answers for it."""

    item: Item
    link: str


@dataclass(frozen=True, slots=True)
class Group:
    """Figures that share what is awaited, their window and the source's words: one line."""

    headline: str
    standing: str
    text: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the mail: overdue, in_grace, in_window, waiting, or what nobody owns."""

    name: str
    title: str
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Digest:
    """A reminder mail in words; `subject` names the most urgent thing."""

    subject: str
    sections: tuple[Section, ...]


class _Told(NamedTuple):
    """How one person is spoken to at one moment."""

    language: str
    today: date
    policy: Policy


def digest(
    session: Session, mail: Mail, settings: Settings, secret: bytes, now: datetime
) -> Digest | None:
    """What the reminders of this mail come to at `now`; None where all of them are answered."""
    policy = settings.policy()
    told = _Told(mail.person.language, policy.today(now), policy)
    ids = _still_open(session, mail)
    items = lists.of_occurrences(session, ids.values(), told.today, policy)
    figures = [
        Figure(item, links.answer_address(settings.web.base_url, secret, *who, now))
        for item in items
        if _concerns(item, mail.person)
        for who in [(ids[item.id], mail.person_id)]
    ]
    sections = tuple(_sections(figures, told))
    return Digest(_subject(sections, len(figures), told), sections) if sections else None


def _still_open(session: Session, mail: Mail) -> dict[str, int]:
    """The open occurrences this mail reminds of: their row by the id people use."""
    query = select(Occurrence).join(Reminder, Reminder.occurrence_id == Occurrence.id)
    found = session.scalars(query.where(Reminder.mail_id == mail.id, is_open()))
    return {each.public_id: each.id for each in found}


def _concerns(item: Item, person: Person) -> bool:
    """Whether the person still has to hear of it: its owner, or an admin where there is none."""
    return person.email in item.owners if item.owners else person.admin


def _sections(figures: Iterable[Figure], told: _Told) -> Iterator[Section]:
    owned = [each for each in figures if each.item.owners]
    for standing in URGENCY:
        here = [each for each in owned if each.item.state is standing]
        if here:
            yield _section(standing.value, here, told)
    nobodys = [each for each in figures if not each.item.owners]
    if nobodys:
        yield _section("unowned", nobodys, told)


def _section(name: str, figures: list[Figure], told: _Told) -> Section:
    title = say(told.language, f"mail.section.{name}", count=len(figures))
    ordered = sorted(figures, key=_line_order)
    groups = (_group(tuple(same), told) for _, same in groupby(ordered, key=_line_order))
    return Section(name, title, tuple(groups))


def _line_order(figure: Figure) -> tuple[str, ...]:
    """What makes one line of several figures, and in which order the lines come."""
    item = figure.item
    last = item.latest or item.earliest
    shared = (last, item.earliest, item.approx, item.kind, item.covers, item.stage, item.text)
    return tuple(str(each or "") for each in (*shared, item.state))


def _group(figures: tuple[Figure, ...], told: _Told) -> Group:
    item, language = figures[0].item, told.language
    what = wording.awaited(item.kind, item.covers, item.stage, language, len(figures))
    when = wording.expected(item.earliest, item.latest, item.approx, language, told.policy)
    left = wording.countdown(item.state, item.earliest, item.latest, told.today)
    return Group(
        headline=wording.sentence(say(language, "mail.headline", what=what, when=when)),
        standing=wording.standing(item.state, left, language),
        text=" ".join(item.text.split()),
        figures=figures,
    )


def _subject(sections: tuple[Section, ...], count: int, told: _Told) -> str:
    if not sections:
        return ""
    first = sections[0].groups[0]
    name = first.figures[0].item.entry
    rest = count - 1
    urgent = say(told.language, f"mail.subject.{sections[0].name}", name=name, how=first.standing)
    more = say(told.language, "mail.subject.more", count=rest) if rest else ""
    return f"{urgent}{more}"
