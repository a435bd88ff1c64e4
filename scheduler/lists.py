"""The lists people look at: one item for each open occurrence and each entry without a window."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard

from sqlalchemy import and_, func, or_, select

from db.inserts import ids_query
from db.tables import (
    Edition,
    Expectation,
    Line,
    Occurrence,
    Sheet,
    is_open,
    is_overdue,
    is_unresolved,
)
from scheduler.known import latest_answers
from scheduler.occurrence import Standing, days_late, standing
from scheduler.owners import owners

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import ColumnElement, Select, Subquery
    from sqlalchemy.orm import Session

    from db.tables import Answer
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
    """What one list needs of an item: an occurrence, or None where there is no window."""

    occurrence: Occurrence | None
    expectation: Expectation
    line: Line
    edition: Edition
    sheet: Sheet


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
    session: Session, occurrence_ids: Collection[int], today: date, policy: Policy
) -> list[Item]:
    """The items of these occurrences, open or not, in the order of the sheets."""
    found = _dated(session, Occurrence.id.in_(ids_query(session, occurrence_ids)))
    return _items(session, sorted(found, key=_in_sheet_order), today, policy)


def _dated(session: Session, which: ColumnElement[bool]) -> list[_Found]:
    newest = newest_lines(select(Occurrence.entry_id).where(which))
    query = (
        select(Occurrence, Expectation, Line, Edition, Sheet)
        .join(Expectation, Expectation.id == Occurrence.expectation_id)
        .join(newest, newest.c.entry_id == Occurrence.entry_id)
        .join(Line, Line.id == newest.c.id)
        .join(Edition, Edition.id == Line.edition_id)
        .join(Sheet, Sheet.id == Edition.sheet_id)
        .where(newest.c.rank == 1, which)
    )
    return [_Found(*row) for row in session.execute(query)]


def _windowless(session: Session, which: ColumnElement[bool]) -> list[_Found]:
    newest = newest_lines(select(Expectation.entry_id).where(which))
    query = (
        select(Expectation, Line, Edition, Sheet)
        .join(newest, newest.c.entry_id == Expectation.entry_id)
        .join(Line, Line.id == newest.c.id)
        .join(Edition, Edition.id == Line.edition_id)
        .join(Sheet, Sheet.id == Edition.sheet_id)
        .where(newest.c.rank == 1, which)
    )
    return [_Found(None, *row) for row in session.execute(query)]


def newest_lines(entry_ids: Select[int]) -> Subquery:
    """The lines of some entries, ranked: 1 is the newest, a sheet of their own before a repost.

    Each says how many its entry has.
    """
    newest_first = (Edition.as_of.desc(), Line.reposted, Edition.id.desc(), Line.id.desc())
    rank = func.row_number().over(partition_by=Line.entry_id, order_by=newest_first)
    count = func.count().over(partition_by=Line.entry_id)
    lines = select(Line.id, Line.entry_id, rank.label("rank"), count.label("count")).join(Edition)
    return lines.where(Line.entry_id.in_(entry_ids)).subquery()


def _items(session: Session, found: Sequence[_Found], today: date, policy: Policy) -> list[Item]:
    entry_ids = {each.expectation.entry_id for each in found}
    owned = owners(session, entry_ids)
    confirmed = latest_answers(session, entry_ids, policy)
    names = _windowless_names(found)
    items = []
    for each in found:
        entry_id = each.expectation.entry_id
        occurrence = each.occurrence
        items.append(
            Item(
                id=occurrence.public_id if occurrence else names[each.expectation.id],
                **_of_line(each),
                **_value(each, confirmed.get(entry_id), policy),
                **_of_window(each, today),
                in_source=occurrence.in_source if occurrence else True,
                repeat=each.expectation.repeat,
                text=each.expectation.text,
                owners=tuple(person.email for person in owned.get(entry_id, [])),
            )
        )
    return items


def _of_line(found: _Found) -> dict[str, Any]:
    line = found.line
    return {
        "entry": line.name,
        "sheet": found.sheet.reform_item,
        "tier": line.tier,
        "number": line.number,
        "reposted": line.reposted,
        "category": line.category,
        "target": line.target,
        "target_by": line.target_by,
    }


def confirmed_since(given: Answer | None, as_of: date, policy: Policy) -> TypeGuard[Answer]:
    """Whether a confirmation is there and no older than a line written on `as_of`.

    An edition that confirms is as old as it says, however late it was imported.
    """
    if given is None:
        return False
    known_on = given.edition.as_of if given.edition else policy.today(given.at)
    return known_on >= as_of


def _value(found: _Found, given: Answer | None, policy: Policy) -> dict[str, Any]:
    source = given if confirmed_since(given, found.edition.as_of, policy) else found.line
    return {name: getattr(source, name) for name in ("value", "value_asof", "value_stage")}


def _of_window(found: _Found, today: date) -> dict[str, Any]:
    window = found.occurrence
    if window is None:
        awaited = found.expectation
        return {
            "kind": awaited.kind,
            "covers": awaited.covers,
            "stage": awaited.stage,
            "earliest": None,
            "latest": None,
            "approx": False,
            "overdue_on": None,
            "state": Standing(awaited.outcome.value),
            "days_late": None,
        }
    earliest, latest, approx = window.earliest, window.latest, window.approx
    return {
        "kind": window.kind,
        "covers": window.covers,
        "stage": window.stage,
        "earliest": earliest,
        "latest": latest,
        "approx": approx,
        "overdue_on": window.overdue_on,
        "state": standing(earliest, latest, window.overdue_on, today),
        "days_late": days_late(latest, today),
    }


def _windowless_names(found: Sequence[_Found]) -> dict[int, str]:
    """What people call items without a window: their entry, and from its second on a count."""
    of_entry: dict[int, list[int]] = defaultdict(list)
    for expectation_id, entry_id in sorted(
        (each.expectation.id, each.expectation.entry_id)
        for each in found
        if each.occurrence is None
    ):
        of_entry[entry_id].append(expectation_id)
    return {
        expectation_id: str(entry_id) if count == 1 else f"{entry_id}/{count}"
        for entry_id, ids in of_entry.items()
        for count, expectation_id in enumerate(ids, start=1)
    }


def _in_sheet_order(found: _Found) -> tuple[int, ...]:
    ordinal = found.occurrence.ordinal if found.occurrence else 0
    place = (found.sheet.id, found.line.position, found.expectation.entry_id)
    return (*place, ordinal == 0, ordinal, found.expectation.id)


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
