"""What mails remind of at the moment they are sent: by mail, with why each person hears of it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from db.inserts import ids_query
from db.tables import Mail, Occurrence, Proposal, Reminder, is_open
from scheduler import lists
from scheduler.absences import away, last_days
from scheduler.owners import owners, recipients
from scheduler.proposals import undecided
from scheduler.steps import HAND_OVER
from scheduler.telling import PROPOSAL

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from db.tables import Person
    from scheduler.lists import Item
    from scheduler.policy import Policy

OWED = "owed"
HANDED_OVER = "handed_over"


class Away(NamedTuple):
    """Somebody who owes an answer and is away, with the last day of it."""

    name: str
    until: date


class Concern(NamedTuple):
    """A figure, why this person hears of it, and for whom who is away; nobody for its owners."""

    item: Item
    reason: str
    stands_in_for: tuple[Away, ...] = ()


@dataclass(frozen=True, slots=True)
class Reminded:
    """What one mail reminds of at this moment: figures that concern its person, the row of each by
    the id people use, and proposals that wait for a yes or have had their answer.
    """

    items: tuple[Concern, ...]
    ids: dict[str, int]
    proposals: tuple[Proposal, ...] = ()


class _People(NamedTuple):
    """Who owns each entry, who hears of it on this day, and who is away, with whom in their place
    and until when.
    """

    owned: Mapping[int, list[Person]]
    told_to: Mapping[int, list[Person]]
    delegates: Mapping[int, Person | None]
    until: Mapping[int, date]

    def stood_in_for(self, person: Person, entry_id: int) -> tuple[Away, ...]:
        """Who owes the answer and is away while this person hears of it instead."""
        told_to = self.told_to[entry_id]
        owing = self.owned.get(entry_id) or [one for one in told_to if one.admin]
        if person.id in {one.id for one in owing}:
            return ()
        off = [one for one in owing if one.id in self.delegates]
        mine = [one for one in off if (to := self.delegates[one.id]) and to.id == person.id]
        return tuple(Away(one.name, self.until[one.id]) for one in mine or off)


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
    entry_ids = {each.entry_id for each in opened}
    owned = owners(session, entry_ids)
    told_to = recipients(session, entry_ids, today, owned)
    people = _People(owned, told_to, away(session, today), last_days(session, today))
    ids = {each.occurrence_id for each in opened}
    found = lists.of_occurrences(session, ids, today, policy, owned)
    places = {item.id: place for place, item in enumerate(found)}
    reminded = {}
    for mail in mails:
        mine = reminders.get(mail.id, {})
        here = [found[place] for place in sorted(places[name] for name in mine if name in places)]
        items = tuple(_concerning(mail.person, here, mine, people))
        asked = proposals.get(mail.id, ())
        if items or asked:
            rows = {name: each.occurrence_id for name, each in mine.items()}
            reminded[mail.id] = Reminded(items, rows, asked)
    return reminded


def _concerning(
    person: Person, here: Iterable[Item], mine: dict[str, _Open], people: _People
) -> Iterator[Concern]:
    """The items of one mail that this person still has to hear of, each with why."""
    for item in here:
        opened = mine[item.id]
        reason = _reason(person, people.told_to[opened.entry_id], opened.steps)
        if reason == OWED:
            yield Concern(item, reason, people.stood_in_for(person, opened.entry_id))
        elif reason:
            yield Concern(item, reason)


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
