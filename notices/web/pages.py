"""The lists: what is overdue (the front page), what comes, everything, and what has no date."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from fastapi import APIRouter, Response
from sqlalchemy import select

from db.engine import reading
from db.tables import Entry
from notices.web.likely import with_likely
from notices.web.render import page
from notices.web.rows import Group, Row, entry_id, grouped, rows
from notices.web.site import SignedIn  # noqa: TC001  # FastAPI reads the annotations
from notices.web.strips import Axis, axis_around
from notices.web.targets import UNRESOLVED, targets
from scheduler import lists
from scheduler.filters import holds

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session


HORIZON = 90
LOOK_BACK = timedelta(days=30)
MOST_ROWS = 500

router = APIRouter()


@router.get("/")
def overdue(visit: SignedIn) -> Response:
    """The front page: what is overdue, longest first, by sheet."""
    policy = visit.site.policy
    with reading(visit.site.engine) as session:
        items = lists.overdue(session, visit.today, policy)
        axis = axis_around(items, visit.today)
        late = with_likely(session, rows(session, items[:MOST_ROWS], visit, axis), visit)
        coming = lists.upcoming(session, visit.today, policy, HORIZON)
        ahead = rows(session, _next(coming), visit)
    return page(
        visit,
        "overdue.html",
        groups=grouped(late, lambda line: line.item.sheet),
        axis=axis,
        total=len(items),
        more=len(items) - len(late),
        longest=late[0].days if late else 0,
        unowned=sum(not item.owners for item in items),
        in_grace=_count(coming, "in_grace"),
        in_window=_count(coming, "in_window"),
        next=ahead[0] if ahead else None,
    )


@router.get("/coming")
def coming(visit: SignedIn) -> Response:
    """What is in grace, in its window, or opens soon; and the days goals are to be reached."""
    policy = visit.site.policy
    axis = Axis(visit.today - LOOK_BACK, visit.today + timedelta(days=HORIZON))
    with reading(visit.site.engine) as session:
        ahead = rows(session, lists.upcoming(session, visit.today, policy, HORIZON), visit, axis)
        followed = rows(session, lists.entries(session, visit.today, policy), visit)
        goals = targets(session, followed, visit.today)
    groups = _in_order(ahead, ("in_grace", "in_window", "waiting"))
    return page(visit, "coming.html", groups=groups, axis=axis, targets=goals, horizon=HORIZON)


@router.get("/entries")
def entries(visit: SignedIn, q: str = "") -> Response:
    """Everything that is followed, by sheet; `q` narrows it to lines that hold all its words."""
    with reading(visit.site.engine) as session:
        items = lists.entries(session, visit.today, visit.site.policy)
        followed = rows(session, items, visit)
        settled = _settled(session, items)
    found = [line for line in followed if holds(_searched(line), q[:200])]
    resting = [entry for entry in settled if holds([entry.name], q[:200])]
    shown = found[:MOST_ROWS]
    return page(
        visit,
        "entries.html",
        groups=grouped(shown, lambda line: line.item.sheet),
        resting=resting,
        query=q[:200],
        shown=len(shown) + len(resting),
        total=len(followed) + len(settled),
        more=len(found) - len(shown),
    )


@router.get("/undated")
def undated(visit: SignedIn) -> Response:
    """What names no time, or no certain one: nobody is reminded of it, so it is shown here."""
    with reading(visit.site.engine) as session:
        items = lists.undated(session, visit.today, visit.site.policy)
        found = rows(session, items, visit)
    return page(visit, "undated.html", groups=_in_order(found, UNRESOLVED))


def _next(coming: Sequence[lists.Item]) -> list[lists.Item]:
    """The one that must be answered first, if any."""
    return [item for item in coming if item.latest is not None][:1]


def _count(items: Iterable[lists.Item], state: str) -> int:
    return sum(item.state == state for item in items)


def _in_order(lines: Sequence[Row], states: Sequence[str]) -> list[Group]:
    groups = [Group(state, [line for line in lines if line.state == state]) for state in states]
    return [group for group in groups if group.lines]


def _settled(session: Session, items: Iterable[lists.Item]) -> list[Entry]:
    """Entries of which nothing is awaited at present: they stay on the list."""
    awaited = {entry_id(item) for item in items}
    everything = session.scalars(select(Entry).order_by(Entry.id)).all()
    return [entry for entry in everything if entry.id not in awaited]


def _searched(line: Row) -> tuple[str | None, ...]:
    item = line.item
    return (item.id, item.number, line.name, item.sheet, item.text, line.awaited, *line.owners)
