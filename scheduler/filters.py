"""Which entries somebody asks for: a person's, a sheet's, a category's, those that hold words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, select, true

from db.inserts import ids_query
from db.tables import Edition, Entry, Line, Sheet
from scheduler.errors import SchedulerError
from scheduler.lists import newest_lines
from scheduler.owners import entries_of, entries_on

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Filter:
    """All that is set must fit; with nothing set it is everything.

    `person_id`: what that person owns. `sheet_id`, `policy_issue`: what such a sheet shows or is
    the home of. `category` and `words` are looked for in an entry's newest line. `overdue_only` is
    for occurrences, and so no matter of `within`.
    """

    person_id: int | None = None
    sheet_id: int | None = None
    entry_id: int | None = None
    policy_issue: str | None = None
    category: str | None = None
    words: str | None = None
    overdue_only: bool = False


class UnknownIssueError(SchedulerError):
    """No policy issue, or more than one, is meant by these words."""

    def __init__(self, words: str, known: list[str]) -> None:
        super().__init__(
            f"no single policy issue is meant by {words!r}; there are: {', '.join(known) or 'none'}"
        )
        self.words = words
        self.known = known


def find_issue(session: Session, words: str) -> str:
    """The policy issue that is called so, or whose name alone holds `words`.

    Raises `UnknownIssueError`.
    """
    known = list(
        session.scalars(select(Sheet.policy_issue).distinct().order_by(Sheet.policy_issue))
    )
    exact = [issue for issue in known if issue == words.strip()]
    found = exact or [issue for issue in known if words.strip() and holds([issue], words)]
    if len(found) != 1:
        raise UnknownIssueError(words, known)
    return found[0]


def within(session: Session, wanted: Filter, entry_id: Any) -> ColumnElement[bool]:
    """The condition that the column `entry_id` is of an entry that fits `wanted`.

    Who owns what is asked anew with each query that uses it.
    """
    return and_(true(), *_conditions(session, wanted, entry_id))


def holds(parts: Iterable[str | None], words: str) -> bool:
    """Whether the text made of `parts` holds each of `words`, whatever their case."""
    text = " ".join(part for part in parts if part).casefold()
    return all(word in text for word in words.casefold().split())


def _conditions(session: Session, wanted: Filter, entry_id: Any) -> Iterator[ColumnElement[bool]]:
    if wanted.person_id is not None:
        yield entry_id.in_(entries_of(wanted.person_id))
    if wanted.sheet_id is not None:
        yield entry_id.in_(entries_on([wanted.sheet_id]))
    if wanted.entry_id is not None:
        yield entry_id == wanted.entry_id
    if wanted.policy_issue is not None:
        sheets = select(Sheet.id).where(Sheet.policy_issue == wanted.policy_issue)
        yield entry_id.in_(entries_on(sheets))
    if wanted.category is not None or wanted.words is not None:
        yield entry_id.in_(ids_query(session, _by_newest_line(session, wanted)))


def _by_newest_line(session: Session, wanted: Filter) -> list[int]:
    newest = newest_lines(select(Entry.id))
    query = (
        select(Line.entry_id, Line.number, Line.name, Sheet.reform_item, Line.timing_text)
        .join(newest, newest.c.id == Line.id)
        .join(Edition, Edition.id == Line.edition_id)
        .join(Sheet, Sheet.id == Edition.sheet_id)
        .where(newest.c.rank == 1)
    )
    if wanted.category is not None:
        query = query.where(Line.category == wanted.category)
    lines = session.execute(query)
    return [entry_id for entry_id, *parts in lines if holds(parts, wanted.words or "")]
