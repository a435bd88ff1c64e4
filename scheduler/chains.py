"""The chain of one figure: preliminary, revised, final; how it ends, how its value was revised."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING
from unicodedata import normalize

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from db.inserts import ids_query
from db.tables import Answer, Edition, Line, Occurrence, OccurrenceState, is_open
from scheduler.known import VALUED, is_earlier, rank
from scheduler.lifecycle import settle

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from scheduler.policy import Policy

_NUMBER = re.compile(r"[-−△▲]?\s*\d[\d,]*(?:\.\d+)?")
_TENTH = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class Revision:
    """By how much a value differs from the one before: `+4`, `+1.3`; `percent` None from zero."""

    change: Decimal
    percent: Decimal | None


@dataclass(frozen=True, slots=True)
class Link:
    """One value of a chain that is known, or one that is awaited (`value` None).

    `occurrence` is the id people use, None for a value that stands in an edition. `on` is the day
    it became known, the edition's as-of day or the answer's. `revision` compares with the value
    before.
    """

    stage: str | None
    value: str | None
    on: date | None
    occurrence: str | None
    state: OccurrenceState | None
    earliest: date | None
    latest: date | None
    approx: bool
    revision: Revision | None = None


@dataclass(frozen=True, slots=True)
class Chain:
    """All that is said of one figure of one period; `closed` once nothing of it is awaited."""

    entry_id: int
    entry: str
    kind: str
    covers: str | None
    links: tuple[Link, ...]
    closed: bool


def close(session: Session, confirmed: Sequence[Occurrence], now: datetime) -> list[Occurrence]:
    """Withdraw what is open of earlier stages of figures that are confirmed; gives what it ended.

    The preliminary figure of a period is not asked for once its final one is known.
    """
    entry_ids = {each.entry_id for each in confirmed if each.covers and each.stage}
    if not entry_ids:
        return []
    entries = Occurrence.entry_id.in_(ids_query(session, entry_ids))
    query = select(Occurrence).where(is_open(), entries).order_by(Occurrence.id)
    by_entry: dict[int, list[Occurrence]] = defaultdict(list)
    for each in confirmed:
        by_entry[each.entry_id].append(each)
    ended = [
        each
        for each in session.scalars(query.options(joinedload(Occurrence.expectation)))
        if any(is_before(each, known) for known in by_entry[each.entry_id])
    ]
    if ended:
        settle(session, ended, OccurrenceState.WITHDRAWN, now)
    return ended


def is_before(occurrence: Occurrence, other: Occurrence) -> bool:
    """Whether it awaits an earlier stage of the very figure that the other one awaits."""
    figure = (occurrence.entry_id, occurrence.kind, occurrence.covers)
    same = figure == (other.entry_id, other.kind, other.covers)
    return same and other.covers is not None and is_earlier(occurrence.stage, other.stage)


def chain(session: Session, occurrence: Occurrence, policy: Policy) -> Chain:
    """The chain that an occurrence belongs to: what is known by stage, then what is awaited."""
    members = list(session.scalars(_of_chain(occurrence).order_by(Occurrence.ordinal)))
    answered = _answered(session, members, policy)
    shown = {(link.stage, link.value): link.on for link in _in_editions(session, occurrence)}
    answered = [_as_early(each, shown.pop((each.stage, each.value), None)) for each in answered]
    editions = [_link(stage, value, on) for (stage, value), on in shown.items()]
    opened = [each for each in members if each.state is OccurrenceState.OPEN]
    links = [*editions, *answered, *(_link(each.stage, None, None, each) for each in opened)]
    ordered = sorted(links, key=lambda each: (each.on is None, rank(each.stage), each.on))
    return Chain(
        entry_id=occurrence.entry_id,
        entry=occurrence.entry.name,
        kind=occurrence.kind,
        covers=occurrence.covers,
        links=tuple(_revised(ordered)),
        closed=not opened,
    )


def number_in(value: str | None) -> Decimal | None:
    """The first number of a value (`301団体`, `98.9％`, `△4`); None where there is none."""
    found = _NUMBER.search(normalize("NFKC", value or ""))
    if found is None:
        return None
    plain = re.sub(r"[\s,]", "", found.group())
    return Decimal(re.sub("[−△▲]", "-", plain))


def _of_chain(occurrence: Occurrence) -> Select[Occurrence]:
    """A figure's occurrences of one period; without a period, those of its own expectation."""
    query = select(Occurrence).where(
        Occurrence.entry_id == occurrence.entry_id, Occurrence.kind == occurrence.kind
    )
    if occurrence.covers is not None:
        return query.where(Occurrence.covers == occurrence.covers)
    return query.where(
        Occurrence.expectation_id == occurrence.expectation_id,
        Occurrence.repetition == occurrence.repetition,
    )


def _as_early(link: Link, shown_on: date | None) -> Link:
    """A value that was answered, known from the day on which an edition showed it, if earlier."""
    return replace(link, on=min(day for day in (link.on, shown_on) if day is not None))


def _in_editions(session: Session, occurrence: Occurrence) -> list[Link]:
    """The values of the same period that editions name, each value once."""
    if occurrence.covers is None:
        return []
    query = (
        select(Line, Edition.as_of)
        .join(Edition, Edition.id == Line.edition_id)
        .where(Line.entry_id == occurrence.entry_id, Line.value_asof == occurrence.covers)
        .where(Line.value.is_not(None))
        .order_by(Edition.as_of, Line.id)
    )
    found: dict[tuple[str | None, str | None], Link] = {}
    for line, as_of in session.execute(query):
        key = (line.value_stage, line.value)
        found.setdefault(key, _link(line.value_stage, line.value, as_of))
    return list(found.values())


def _answered(session: Session, members: Sequence[Occurrence], policy: Policy) -> list[Link]:
    by_id = {each.id: each for each in members}
    query = select(Answer).where(Answer.verb.in_(VALUED), Answer.occurrence_id.in_(by_id))
    return [
        _link(
            answer.value_stage,
            answer.value,
            policy.today(answer.at),
            by_id[answer.occurrence_id],
        )
        for answer in session.scalars(query.order_by(Answer.id))
    ]


def _link(
    stage: str | None, value: str | None, on: date | None, occurrence: Occurrence | None = None
) -> Link:
    return Link(
        stage=stage,
        value=value,
        on=on,
        occurrence=occurrence.public_id if occurrence else None,
        state=occurrence.state if occurrence else None,
        earliest=occurrence.earliest if occurrence else None,
        latest=occurrence.latest if occurrence else None,
        approx=occurrence.approx if occurrence else False,
    )


def _revised(links: Sequence[Link]) -> Iterator[Link]:
    """The links, each with what it changed of the value before it."""
    before: Decimal | None = None
    for link in links:
        number = number_in(link.value)
        if number is None or before is None:
            yield link
        else:
            yield replace(link, revision=_revision(before, number))
        before = before if number is None else number


def _revision(before: Decimal, number: Decimal) -> Revision:
    change = number - before
    percent = (change / abs(before) * 100).quantize(_TENTH) if before else None
    return Revision(change, percent)
