"""What a mail says of the figures it reminds of: in groups, the most urgent first."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, NamedTuple
from unicodedata import east_asian_width

from db.tables import MailKind
from notices import links, wording
from notices.locale import say
from notices.message import one_line
from notices.reminded import HANDED_OVER, OWED
from scheduler.occurrence import Standing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from db.tables import Person, Proposal
    from notices.reminded import Away, Concern, Reminded
    from notices.settings import Settings
    from scheduler.lists import Item
    from scheduler.policy import Policy

URGENCY = (Standing.OVERDUE, Standing.IN_GRACE, Standing.IN_WINDOW, Standing.WAITING)
UNOWNED = "unowned"
SECTIONS = (HANDED_OVER, *(standing.value for standing in URGENCY), UNOWNED)
PROPOSED, DECIDED = "proposed", "decided"
# Columns of a name in a subject, of which a Japanese sign takes two.
LONGEST_NAME = 48
# As many days a subject counts; of more it names the window, which says it better.
SOON = 14
MORE_THAN_A_YEAR = 366
# Japanese has no blank where a line ends.
BROKEN_JAPANESE = re.compile(r"(?<=[^\x00-\x7f])[ \t]*\n[ \t]*(?=[^\x00-\x7f])")


@dataclass(frozen=True, slots=True)
class Figure:
    """One occurrence below its line: what is known of it, and the page where it is answered for.

    `id` is the one people use; `facts` are the latest value and the target, each a sentence;
    `owners` are addresses.
    """

    id: str
    name: str
    facts: tuple[str, ...]
    link: str
    owners: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Figures that share what is awaited, their window and the source's words: one line.

    `quoted` names the sentence that brings in `text`: the source's words, or somebody's reason.
    `subject` names the sentence that a subject says of it, `how` is what that says in brackets.
    `in_place` says for whom the person hears of them who is away; "" for their owners.
    """

    what: str
    when: str
    state: Standing
    standing: str
    text: str
    figures: tuple[Figure, ...]
    subject: str
    how: str
    quoted: str = "source_words"
    in_place: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the mail: what was handed over, overdue, in_grace, …, or what nobody owns."""

    name: str
    title: str
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Digest:
    """Figures to be answered for, in words; `subject` names the most urgent thing."""

    subject: str
    sections: tuple[Section, ...]

    @property
    def asks(self) -> bool:
        """Whether any figure in it waits for an answer, not for a decision alone."""
        return any(section.name not in {PROPOSED, DECIDED} for section in self.sections)

    @property
    def lead(self) -> str:
        """What is asked for, as the name of its sentence (`mail.lead.NAME`); not of what is late.

        Nothing is asked of what is still to come.
        """
        if not self.asks:
            return "decision"
        is_to_come = all(section.name == Standing.WAITING for section in self.sections)
        return "ahead" if is_to_come else "reminder"

    @property
    def told(self) -> set[str]:
        """The occurrences it tells where they stand, and the entries it tells that nobody owns."""
        told = set()
        for section in self.sections:
            ids = {figure.id for group in section.groups for figure in group.figures}
            if section.name not in {PROPOSED, DECIDED}:
                told |= ids
            if section.name == UNOWNED:
                told |= {id_.partition(".")[0] for id_ in ids}
        return told


class _Told(NamedTuple):
    """How one person is spoken to at one moment; `address` gives the page of an occurrence."""

    language: str
    today: date
    policy: Policy
    address: Callable[[str], str]


def digests(
    found: Reminded,
    person: Person,
    settings: Settings,
    secret: bytes,
    *,
    policy: Policy,
    now: datetime,
) -> dict[MailKind, Digest]:
    """What a mail says to `person` at `now`: what was handed over, then the rest.

    The rest is a chase where anything in it is overdue, else a reminder.
    """

    def address(public_id: str) -> str:
        base_url, occurrence_id = settings.web.base_url, found.ids[public_id]
        return links.answer_address(base_url, secret, occurrence_id, person.id, now)

    told = _Told(person.language, policy.today(now), policy, address)
    handed = [each for each in found.items if each.reason == HANDED_OVER]
    owed = [each for each in found.items if each.reason != HANDED_OVER]
    is_late = any(each.item.state is Standing.OVERDUE for each in owed)
    decisions = _decisions(found.proposals, settings, told)
    said = {
        MailKind.HAND_OVER: tuple(_sections(handed, told)),
        MailKind.CHASE if is_late else MailKind.REMINDER: (*decisions, *_sections(owed, told)),
    }
    return {kind: _digest(sections, told) for kind, sections in said.items() if sections}


def _digest(sections: tuple[Section, ...], told: _Told) -> Digest:
    count = sum(len(group.figures) for section in sections for group in section.groups)
    return Digest(_subject(sections, count, told), sections)


def _decisions(proposals: Sequence[Proposal], settings: Settings, told: _Told) -> Iterator[Section]:
    of_section: dict[str, list[Proposal]] = {PROPOSED: [], DECIDED: []}
    for each in proposals:
        of_section[DECIDED if each.decided_at else PROPOSED].append(each)
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
    window = wording.window(*days, language, told.policy)
    entry_page = f"{settings.web.base_url}/entries/{occurrence.entry_id}"
    return Group(
        what=wording.sentence(wording.awaited(occurrence.kind, covers, occurrence.stage, language)),
        when=wording.expected(*days, language, told.policy),
        state=Standing.WAITING,
        standing=say(language, f"mail.proposal.{how}", who=who, number=proposal.id),
        text=plain(proposal.reason),
        figures=(Figure(occurrence.public_id, plain(occurrence.entry.name), (), entry_page),),
        subject=f"mail.subject.{answered if proposal.decided_at else PROPOSED}",
        how=window,
        quoted="reason_words" if proposal.proposer else "source_words",
    )


def _sections(items: Iterable[Concern], told: _Told) -> Iterator[Section]:
    of_section: dict[str, list[Concern]] = {name: [] for name in SECTIONS}
    for each in items:
        of_section[_section_of(each.item, each.reason)].append(each)
    for name, here in of_section.items():
        if here:
            title = say(told.language, f"mail.section.{name}", count=len(here))
            yield Section(name, title, _groups(here, told))


def _section_of(item: Item, reason: str) -> str:
    if not item.owners:
        return UNOWNED
    return item.state.value if reason == OWED else reason


def _groups(items: list[Concern], told: _Told) -> tuple[Group, ...]:
    """Items that share what is awaited, when, the source's words, and in whose place one hears of
    them, together; urgent first.
    """
    alike: dict[tuple[object, ...], list[Concern]] = defaultdict(list)
    for each in sorted(items, key=_urgency):
        item, away = each.item, each.stands_in_for
        window = (item.earliest, item.latest, item.approx)
        alike[(away, *window, item.kind, item.covers, item.stage, plain(item.text))].append(each)
    return tuple(_group(same, told) for same in alike.values())


def _in_place(away: Sequence[Away], language: str) -> str:
    if not away:
        return ""
    each = [
        say(language, "mail.in_place.one", name=one.name, day=wording.day(one.until, language))
        for one in away
    ]
    return say(language, "mail.in_place.of", who=say(language, "mail.in_place.joint").join(each))


def _urgency(concern: Concern) -> tuple[int, date]:
    item = concern.item
    return URGENCY.index(item.state), item.latest or item.earliest or date.max


def _group(alike: list[Concern], told: _Told) -> Group:
    item, language = alike[0].item, told.language
    what = wording.awaited(item.kind, item.covers, item.stage, language, len(alike))
    left = wording.countdown(item.state, item.earliest, item.latest, told.today)
    subject, how = _in_short(item, left, told)
    return Group(
        what=wording.sentence(what),
        when=wording.expected(item.earliest, item.latest, item.approx, language, told.policy),
        state=item.state,
        standing=wording.standing(item.state, left, language),
        text=plain(item.text),
        figures=tuple(_figure(each.item, told) for each in alike),
        subject=f"mail.subject.{subject}",
        how=how,
        in_place=_in_place(alike[0].stands_in_for, language),
    )


def _in_short(item: Item, days: int | None, told: _Told) -> tuple[str, str]:
    """The sentence of a subject and its words in brackets: the days where they are few.

    Else a window that is to come or open is named; of what is long overdue the years are told.
    """
    language, state = told.language, item.state
    years = (days or 0) // MORE_THAN_A_YEAR
    if state is Standing.OVERDUE and years:
        return state.value, say(language, "mail.subject.years_late", count=years)
    if state in {Standing.OVERDUE, Standing.IN_GRACE}:
        return state.value, wording.standing(state, days, language)
    window = wording.window(item.earliest, item.latest, item.approx, language, told.policy)
    if days is None or days > SOON:
        return state.value, window
    if state is Standing.IN_WINDOW and days == 0:
        return "last_day", window
    name = "closing" if state is Standing.IN_WINDOW else state.value
    return name, wording.standing(state, days, language)


def _figure(item: Item, told: _Told) -> Figure:
    facts = []
    if item.value:
        key = "mail.latest_of" if item.value_asof or item.value_stage else "mail.latest"
        which = about(item.value_asof, item.value_stage, told.language)
        facts.append(say(told.language, key, value=plain(item.value), about=which))
    if item.target:
        facts.append(say(told.language, "mail.target", target=plain(item.target)))
    return Figure(item.id, plain(item.entry), tuple(facts), told.address(item.id), item.owners)


def about(asof: str | None, stage: str | None, language: str) -> str:
    """Which period a value is of, and how final it is: 2017年4月、速報."""
    said = (wording.period(asof, language) if asof else "", wording.stage(stage, language))
    return say(language, "words.list_joint").join(part for part in said if part)


def _subject(sections: tuple[Section, ...], count: int, told: _Told) -> str:
    """The most urgent line, and how much else there is."""
    first = sections[0].groups[0]
    single = len(first.figures) == 1
    name = in_subject(first.figures[0].name if single else first.what)
    section = sections[0].name
    key = f"mail.subject.{section}" if section in {HANDED_OVER, UNOWNED} else first.subject
    urgent = say(told.language, key, name=name, how=first.how)
    rest = count - len(first.figures)
    return urgent + (say(told.language, "mail.subject.more", count=rest) if rest else "")


def in_subject(name: str) -> str:
    """A name so short that a list of mails shows what the subject says after it, too."""
    line, columns = one_line(name, LONGEST_NAME), 0
    for at, sign in enumerate(line):
        columns += 2 if east_asian_width(sign) in "WF" else 1
        if columns > LONGEST_NAME:
            return f"{line[: at - 1].rstrip()}…"
    return line


def plain(text: str) -> str:
    """Cells of tables are broken anywhere; a mail breaks its lines itself."""
    return " ".join(BROKEN_JAPANESE.sub("", text).split())
