"""The lists people look at: one item for each open occurrence and each entry without a window."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard

from sqlalchemy import and_, false, func, null, or_, select, true

from db.inserts import ids_query
from db.tables import (
    Edition,
    Expectation,
    Line,
    Occurrence,
    Outcome,
    Sheet,
    is_open,
    is_overdue,
    is_unresolved,
)
from scheduler.known import latest_answers
from scheduler.occurrence import Standing, days_late, standing
from scheduler.owners import owners

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy import ColumnElement, Select, Subquery
    from sqlalchemy.orm import Session

    from db.tables import Answer, Person
    from scheduler.policy import Policy


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a list, with the fields of `jikai entries --json` but `awaited`, and two more.

    `id` is `7.1` for an occurrence; for an item without a window its entry, `12`, and `12/2` for
    the entry's second. `entry` is its name, `sheet` the reform item where its newest line stands.
    The value is that of the newest line, or of a confirmation made on or after its as-of day.
    `days_late` counts calendar days since `latest`, None up to that day; `overdue_on` is the first
    day that is overdue. What is not `in_source` was worked out from the wording and accepted.
    """

    id: str
    entry: str
    sheet: str
    tier: int | None
    number: str | None
    reposted: bool
    category: str | None
    target: str | None
    target_by: date | None
    value: str | None
    value_asof: str | None
    value_stage: str | None
    kind: str
    covers: str | None
    stage: str | None
    earliest: date | None
    latest: date | None
    approx: bool
    overdue_on: date | None
    in_source: bool
    repeat: str | None
    text: str
    state: Standing
    days_late: int | None
    owners: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """The fields in order, ready for JSON: days as ISO text, owners as a list of addresses."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}


class _Found(NamedTuple):
    """What one list needs of an item; without an ordinal it has no window.

    Plain columns, because a mail's share of loading five mapped objects for each of its figures
    would be most of what the mail costs.
    """

    entry_id: int
    ordinal: int | None
    earliest: date | None
    latest: date | None
    approx: bool
    overdue_on: date | None
    in_source: bool
    kind: str
    covers: str | None
    stage: str | None
    outcome: Outcome
    expectation_id: int
    repeat: str | None
    text: str
    name: str
    position: int
    tier: int | None
    number: str | None
    reposted: bool
    target: str | None
    target_by: date | None
    value: str | None
    value_asof: str | None
    value_stage: str | None
    category: str | None
    as_of: date
    sheet_id: int
    sheet: str


_OF_WINDOW: tuple[Any, ...] = (
    Occurrence.entry_id,
    Occurrence.ordinal,
    Occurrence.earliest,
    Occurrence.latest,
    Occurrence.approx,
    Occurrence.overdue_on,
    Occurrence.in_source,
    Occurrence.kind,
    Occurrence.covers,
    Occurrence.stage,
)
_OF_NO_WINDOW: tuple[Any, ...] = (
    Expectation.entry_id,
    null(),
    null(),
    null(),
    false(),
    null(),
    true(),
    Expectation.kind,
    Expectation.covers,
    Expectation.stage,
)
_OF_BOTH: tuple[Any, ...] = (
    Expectation.outcome,
    Expectation.id,
    Expectation.repeat,
    Expectation.text,
    Line.name,
    Line.position,
    Line.tier,
    Line.number,
    Line.reposted,
    Line.target,
    Line.target_by,
    Line.value,
    Line.value_asof,
    Line.value_stage,
    Line.category,
    Edition.as_of,
    Sheet.id,
    Sheet.reform_item,
)


def entries(session: Session, today: date, policy: Policy) -> list[Item]:
    """Everything that is awaited, in the order of the sheets."""
    dated = _dated(session, is_open())
    waiting = _windowless(session, is_unresolved())
    return _items(session, sorted([*dated, *waiting], key=_in_sheet_order), today, policy)


def overdue(session: Session, today: date, policy: Policy) -> list[Item]:
    """What is overdue on `today` (the office's day), longest first."""
    found = _dated(session, is_overdue(today))
    items = _items(session, sorted(found, key=_in_sheet_order), today, policy)
    return sorted(items, key=lambda item: -(item.days_late or 0))


def upcoming(session: Session, today: date, policy: Policy, days: int = 90) -> list[Item]:
    """What is in its window or in grace on `today`, or will open within `days`; by last day.

    Windows without a last day come after those with one, by their first day.
    """
    horizon = today + timedelta(days=days)
    near = or_(Occurrence.earliest.is_(None), Occurrence.earliest <= horizon)
    in_time = or_(Occurrence.latest.is_(None), ~is_overdue(today))
    found = _dated(session, and_(is_open(), near, in_time))
    items = _items(session, sorted(found, key=_in_sheet_order), today, policy)
    return sorted(items, key=lambda item: (item.latest or date.max, item.earliest or date.min))


def undated(session: Session, today: date, policy: Policy) -> list[Item]:
    """What has no window: the text names no time, or does not determine one; in sheet order."""
    found = _windowless(session, is_unresolved())
    return _items(session, sorted(found, key=_in_sheet_order), today, policy)


def entry(session: Session, entry_id: int, today: date, policy: Policy) -> list[Item]:
    """All that is awaited of one entry: its open occurrences, then what has no window."""
    dated = _dated(session, and_(is_open(), Occurrence.entry_id == entry_id))
    waiting = _windowless(session, and_(is_unresolved(), Expectation.entry_id == entry_id))
    return _items(session, sorted([*dated, *waiting], key=_in_sheet_order), today, policy)


def of_occurrences(
    session: Session,
    occurrence_ids: Collection[int],
    today: date,
    policy: Policy,
    owned: Mapping[int, list[Person]] | None = None,
) -> list[Item]:
    """The items of these occurrences, open or not, in the order of the sheets.

    `owned` is what `owners` says of their entries, from somebody who has asked for it already.
    """
    found = _dated(session, Occurrence.id.in_(ids_query(session, occurrence_ids)))
    return _items(session, sorted(found, key=_in_sheet_order), today, policy, owned)


def _dated(session: Session, which: ColumnElement[bool]) -> list[_Found]:
    newest = newest_lines(select(Occurrence.entry_id).where(which))
    query = (
        select(*_OF_WINDOW, *_OF_BOTH)
        .select_from(Occurrence)
        .join(Expectation, Expectation.id == Occurrence.expectation_id)
        .join(newest, newest.c.entry_id == Occurrence.entry_id)
    )
    return _with_lines(session, query, newest, which)


def _windowless(session: Session, which: ColumnElement[bool]) -> list[_Found]:
    newest = newest_lines(select(Expectation.entry_id).where(which))
    query = (
        select(*_OF_NO_WINDOW, *_OF_BOTH)
        .select_from(Expectation)
        .join(newest, newest.c.entry_id == Expectation.entry_id)
    )
    return _with_lines(session, query, newest, which)


def _with_lines(
    session: Session, query: Select[Any], newest: Subquery, which: ColumnElement[bool]
) -> list[_Found]:
    """The rows of a query over items, each with the newest line of its entry."""
    joined = (
        query.join(Line, Line.id == newest.c.id)
        .join(Edition, Edition.id == Line.edition_id)
        .join(Sheet, Sheet.id == Edition.sheet_id)
        .where(newest.c.rank == 1, which)
    )
    return [_Found(*row) for row in session.execute(joined)]


def newest_lines(entry_ids: Select[int]) -> Subquery:
    """The lines of some entries, ranked: 1 is the newest, a sheet of their own before a repost.

    Each says how many its entry has.
    """
    newest_first = (Edition.as_of.desc(), Line.reposted, Edition.id.desc(), Line.id.desc())
    rank = func.row_number().over(partition_by=Line.entry_id, order_by=newest_first)
    count = func.count().over(partition_by=Line.entry_id)
    lines = select(Line.id, Line.entry_id, rank.label("rank"), count.label("count")).join(Edition)
    return lines.where(Line.entry_id.in_(entry_ids)).subquery()


def _items(
    session: Session,
    found: Sequence[_Found],
    today: date,
    policy: Policy,
    owned: Mapping[int, list[Person]] | None = None,
) -> list[Item]:
    entry_ids = {each.entry_id for each in found}
    owned = owners(session, entry_ids) if owned is None else owned
    confirmed = latest_answers(session, entry_ids, policy)
    names = _windowless_names(found)
    return [
        Item(
            id=names.get(each.expectation_id) or f"{each.entry_id}.{each.ordinal}",
            entry=each.name,
            sheet=each.sheet,
            tier=each.tier,
            number=each.number,
            reposted=each.reposted,
            category=each.category,
            target=each.target,
            target_by=each.target_by,
            **_value(each, confirmed.get(each.entry_id), policy),
            kind=each.kind,
            covers=each.covers,
            stage=each.stage,
            earliest=each.earliest,
            latest=each.latest,
            approx=each.approx,
            overdue_on=each.overdue_on,
            in_source=each.in_source,
            repeat=each.repeat,
            text=each.text,
            state=_standing(each, today),
            days_late=None if each.ordinal is None else days_late(each.latest, today),
            owners=tuple(person.email for person in owned.get(each.entry_id, [])),
        )
        for each in found
    ]


def confirmed_since(given: Answer | None, as_of: date, policy: Policy) -> TypeGuard[Answer]:
    """Whether a confirmation is there and no older than a line written on `as_of`.

    An edition that confirms is as old as it says, however late it was imported.
    """
    if given is None:
        return False
    known_on = given.edition.as_of if given.edition else policy.today(given.at)
    return known_on >= as_of


def _value(found: _Found, given: Answer | None, policy: Policy) -> dict[str, str | None]:
    source = given if confirmed_since(given, found.as_of, policy) else found
    return {
        "value": source.value,
        "value_asof": source.value_asof,
        "value_stage": source.value_stage,
    }


def _standing(found: _Found, today: date) -> Standing:
    if found.ordinal is None:
        return Standing(found.outcome.value)
    return standing(found.earliest, found.latest, found.overdue_on, today)


def _windowless_names(found: Sequence[_Found]) -> dict[int, str]:
    """What people call items without a window: their entry, and from its second on a count."""
    of_entry: dict[int, list[int]] = defaultdict(list)
    for expectation_id, entry_id in sorted(
        (each.expectation_id, each.entry_id) for each in found if each.ordinal is None
    ):
        of_entry[entry_id].append(expectation_id)
    return {
        expectation_id: str(entry_id) if count == 1 else f"{entry_id}/{count}"
        for entry_id, ids in of_entry.items()
        for count, expectation_id in enumerate(ids, start=1)
    }


def _in_sheet_order(found: _Found) -> tuple[int, ...]:
    ordinal = found.ordinal or 0
    place = (found.sheet_id, found.position, found.entry_id)
    return (*place, ordinal == 0, ordinal, found.expectation_id)


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
