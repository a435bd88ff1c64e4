"""What one reminder mail says: the figures it reminds of, grouped, the most urgent first."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from db.inserts import ids_query
from db.tables import Mail, Occurrence, Proposal, Reminder, is_open
from notices import links, wording
from notices.locale import say
from notices.message import one_line
from scheduler import lists
from scheduler.occurrence import Standing
from scheduler.owners import recipients
from scheduler.proposals import undecided
from scheduler.steps import HAND_OVER
from scheduler.telling import PROPOSAL

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from db.tables import Person
    from notices.settings import Settings
    from scheduler.lists import Item
    from scheduler.policy import Policy

URGENCY = (Standing.OVERDUE, Standing.IN_GRACE, Standing.IN_WINDOW, Standing.WAITING)
UNOWNED = "unowned"
OWED = "owed"
HANDED_OVER = "handed_over"
SECTIONS = (HANDED_OVER, *(standing.value for standing in URGENCY), UNOWNED)
LONGEST_NAME = 48
# Japanese has no blank where a line ends.
BROKEN_JAPANESE = re.compile(r"(?<=[^\x00-\x7f])[ \t]*\n[ \t]*(?=[^\x00-\x7f])")


@dataclass(frozen=True, slots=True)
class Figure:
    """One occurrence below its line: what is known of it, and the page where it is answered for.

    `id` is the one people use; `facts` are the latest value and the target, each a sentence.
    """

    id: str
    name: str
    facts: tuple[str, ...]
    link: str


@dataclass(frozen=True, slots=True)
class Group:
    """Figures that share what is awaited, their window and the source's words: one line.

    `quoted` names the sentence that brings in `text`: the source's words, or somebody's reason.
    """

    what: str
    when: str
    state: Standing
    standing: str
    text: str
    figures: tuple[Figure, ...]
    quoted: str = "source_words"


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the mail: what was handed over, overdue, in_grace, …, or what nobody owns."""

    name: str
    title: str
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Digest:
    """A reminder mail in words; `subject` names the most urgent thing."""

    subject: str
    sections: tuple[Section, ...]


class _Told(NamedTuple):
    """How one person is spoken to at one moment; `address` gives the page of an occurrence."""

    language: str
    today: date
    policy: Policy
    address: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Reminded:
    """What one mail reminds of at this moment: items, each with why this person hears of it, the
    row of each by the id people use, and proposals that wait for a yes or have had their answer.
    """

    items: tuple[tuple[Item, str], ...]
    ids: dict[str, int]
    proposals: tuple[Proposal, ...] = ()


class _Open(NamedTuple):
    """An open occurrence that a mail reminds of, with the steps it tells of."""

    occurrence_id: int
    entry_id: int
    steps: set[str]


def look_up(
    session: Session, mails: Collection[Mail], policy: Policy, now: datetime
) -> dict[int, Reminded]:
    """What these mails remind of, by mail; one that has nothing left to say is not there.

    Left out is what was answered since, and what has passed to another owner. The queries are the
    same few however many mails there are.
    """
    today = policy.today(now)
    reminders = _still_open(session, [mail.id for mail in mails])
    proposals = _proposals(session, mails)
    opened = [each for found in reminders.values() for each in found.values()]
    told_to = recipients(session, {each.entry_id for each in opened}, today)
    found = lists.of_occurrences(session, {each.occurrence_id for each in opened}, today, policy)
    places = {item.id: place for place, item in enumerate(found)}
    reminded = {}
    for mail in mails:
        mine = reminders.get(mail.id, {})
        here = [found[place] for place in sorted(places[name] for name in mine if name in places)]
        items = tuple(_concerning(mail.person, here, mine, told_to))
        asked = proposals.get(mail.id, ())
        if items or asked:
            ids = {name: each.occurrence_id for name, each in mine.items()}
            reminded[mail.id] = Reminded(items, ids, asked)
    return reminded


def _concerning(
    person: Person,
    here: Iterable[Item],
    mine: dict[str, _Open],
    told_to: dict[int, list[Person]],
) -> Iterator[tuple[Item, str]]:
    """The items of one mail that this person still has to hear of, each with why."""
    for item in here:
        opened = mine[item.id]
        reason = _reason(person, told_to[opened.entry_id], opened.steps)
        if reason:
            yield item, reason


def digest(
    found: Reminded, person: Person, settings: Settings, secret: bytes, now: datetime
) -> Digest:
    """What a reminder mail says to `person` at `now`."""
    policy = settings.policy()

    def address(public_id: str) -> str:
        base_url, occurrence_id = settings.web.base_url, found.ids[public_id]
        return links.answer_address(base_url, secret, occurrence_id, person.id, now)

    told = _Told(person.language, policy.today(now), policy, address)
    decisions = _decisions(found.proposals, settings, told)
    sections = (*decisions, *_sections(found.items, told))
    count = len(found.items) + len(found.proposals)
    return Digest(_subject(sections, count, told), sections)


def _still_open(session: Session, mail_ids: Collection[int]) -> dict[int, dict[str, _Open]]:
    """The open occurrences that mails remind of, by mail and by the id people use."""
    query = (
        select(Mail.id, Occurrence.entry_id, Occurrence.ordinal, Occurrence.id, Reminder.step)
        .join(Reminder, Reminder.mail_id == Mail.id)
        .join(Occurrence, Occurrence.id == Reminder.occurrence_id)
        .where(Mail.id.in_(ids_query(session, mail_ids)), is_open())
    )
    found: dict[int, dict[str, _Open]] = defaultdict(dict)
    for mail_id, entry_id, ordinal, occurrence_id, step in session.execute(query):
        name = f"{entry_id}.{ordinal}"
        opened = found[mail_id].setdefault(name, _Open(occurrence_id, entry_id, set()))
        opened.steps.add(step)
    return found


def _reason(person: Person, told_to: Sequence[Person], steps: Collection[str]) -> str | None:
    """Why this person hears of an occurrence; None where it has passed to somebody else."""
    if all(step.startswith(PROPOSAL) for step in steps):
        return None  # told apart
    if person.id in {each.id for each in told_to}:
        return OWED
    return HANDED_OVER if any(step.startswith(HAND_OVER) for step in steps) else None


def _proposals(session: Session, mails: Collection[Mail]) -> dict[int, tuple[Proposal, ...]]:
    """What each mail asks a yes for, or tells the decision of, by mail."""
    asked = _asked(session, [mail.id for mail in mails])
    if not asked:
        return {}
    numbers = {number for found in asked.values() for number in found}
    query = (
        select(Proposal)
        .where(Proposal.id.in_(ids_query(session, numbers)))
        .options(
            joinedload(Proposal.occurrence).joinedload(Occurrence.entry),
            joinedload(Proposal.proposer),
        )
    )
    found = {each.id: each for each in session.scalars(query)}
    waiting = {each.id for each in undecided(session)}
    return {
        mail.id: tuple(
            found[number]
            for number in sorted(asked.get(mail.id, ()))
            if number in waiting or _is_told(found[number], mail)
        )
        for mail in mails
    }


def _asked(session: Session, mail_ids: Collection[int]) -> dict[int, set[int]]:
    """The numbers of the proposals that mails tell of, by mail."""
    query = (
        select(Reminder.mail_id, Reminder.step)
        .where(Reminder.mail_id.in_(ids_query(session, mail_ids)))
        .where(Reminder.step.startswith(f"{PROPOSAL}-"))
    )
    asked: dict[int, set[int]] = defaultdict(set)
    for mail_id, step in session.execute(query):
        if mail_id is not None:
            asked[mail_id].add(int(step.partition("-")[2]))
    return asked


def _is_told(proposal: Proposal, mail: Mail) -> bool:
    """Whether the mail tells its own proposer how a proposal was decided."""
    return proposal.decided_at is not None and proposal.person_id == mail.person_id


def _decisions(proposals: Sequence[Proposal], settings: Settings, told: _Told) -> Iterator[Section]:
    of_section: dict[str, list[Proposal]] = {"proposed": [], "decided": []}
    for each in proposals:
        of_section["decided" if each.decided_at else "proposed"].append(each)
    for name, here in of_section.items():
        if here:
            title = say(told.language, f"mail.section.{name}", count=len(here))
            groups = tuple(_proposal(each, settings, told) for each in here)
            yield Section(name, title, groups)


def _proposal(proposal: Proposal, settings: Settings, told: _Told) -> Group:
    occurrence, language = proposal.occurrence, told.language
    covers = proposal.covers or occurrence.covers
    days = (proposal.earliest, proposal.latest, proposal.approx)
    who = proposal.proposer.name if proposal.proposer else ""
    answered = "accepted" if proposal.accepted else "refused"
    how = answered if proposal.decided_at else proposal.kind.value
    entry_page = f"{settings.web.base_url}/entries/{occurrence.entry_id}"
    return Group(
        what=wording.sentence(wording.awaited(occurrence.kind, covers, occurrence.stage, language)),
        when=wording.expected(*days, language, told.policy),
        state=Standing.WAITING,
        standing=say(language, f"mail.proposal.{how}", who=who, number=proposal.id),
        text=_plain(proposal.reason),
        figures=(Figure(occurrence.public_id, _plain(occurrence.entry.name), (), entry_page),),
        quoted="reason_words" if proposal.proposer else "source_words",
    )


def _sections(items: Iterable[tuple[Item, str]], told: _Told) -> Iterator[Section]:
    of_section: dict[str, list[Item]] = {name: [] for name in SECTIONS}
    for item, reason in items:
        of_section[_section_of(item, reason)].append(item)
    for name, here in of_section.items():
        if here:
            title = say(told.language, f"mail.section.{name}", count=len(here))
            yield Section(name, title, _groups(here, told))


def _section_of(item: Item, reason: str) -> str:
    if not item.owners:
        return UNOWNED
    return item.state.value if reason == OWED else reason


def _groups(items: list[Item], told: _Told) -> tuple[Group, ...]:
    """Items that share what is awaited, when, and the source's words, together; urgent first."""
    alike: dict[tuple[object, ...], list[Item]] = defaultdict(list)
    for item in sorted(items, key=_urgency):
        window = (item.earliest, item.latest, item.approx)
        alike[(*window, item.kind, item.covers, item.stage, _plain(item.text))].append(item)
    return tuple(_group(same, told) for same in alike.values())


def _urgency(item: Item) -> tuple[int, date]:
    return URGENCY.index(item.state), item.latest or item.earliest or date.max


def _group(items: list[Item], told: _Told) -> Group:
    item, language = items[0], told.language
    what = wording.awaited(item.kind, item.covers, item.stage, language, len(items))
    left = wording.countdown(item.state, item.earliest, item.latest, told.today)
    return Group(
        what=wording.sentence(what),
        when=wording.expected(item.earliest, item.latest, item.approx, language, told.policy),
        state=item.state,
        standing=wording.standing(item.state, left, language),
        text=_plain(item.text),
        figures=tuple(_figure(each, told) for each in items),
    )


def _figure(item: Item, told: _Told) -> Figure:
    facts = []
    if item.value:
        key = "mail.latest_of" if item.value_asof or item.value_stage else "mail.latest"
        about = _about(item.value_asof, item.value_stage, told.language)
        facts.append(say(told.language, key, value=_plain(item.value), about=about))
    if item.target:
        facts.append(say(told.language, "mail.target", target=_plain(item.target)))
    return Figure(item.id, _plain(item.entry), tuple(facts), told.address(item.id))


def _about(asof: str | None, stage: str | None, language: str) -> str:
    """Which period a value is of, and how final it is: 2017年4月、速報."""
    said = (wording.period(asof, language) if asof else "", wording.stage(stage, language))
    return say(language, "words.list_joint").join(part for part in said if part)


def _subject(sections: tuple[Section, ...], count: int, told: _Told) -> str:
    """The most urgent line, and how much else there is."""
    first = sections[0].groups[0]
    single = len(first.figures) == 1
    name = one_line(first.figures[0].name if single else first.what, LONGEST_NAME)
    key = f"mail.subject.{sections[0].name}"
    urgent = say(told.language, key, name=name, how=first.standing)
    rest = count - len(first.figures)
    return urgent + (say(told.language, "mail.subject.more", count=rest) if rest else "")


def _plain(text: str) -> str:
    """Cells of tables are broken anywhere; a mail breaks its lines itself."""
    return " ".join(BROKEN_JAPANESE.sub("", text).split())
