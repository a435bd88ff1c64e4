"""The bytes of entries' events: stored ones that still hold good, and the rest made anew.

The copies in `event_copy` are derived: without them every calendar is the same, only slower.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete, func, insert, select, true

from db.engine import reading, writing
from db.inserts import ids_query
from db.tables import EventCopy, Feed, Occurrence, Stamp
from notices import feed_events, feed_rows, ical
from notices.feed_events import Form, Style
from notices.feed_rows import Mark
from scheduler import filters
from scheduler.changes import ALL, scope_of_entry

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import date, datetime

    from sqlalchemy import ColumnElement, Engine
    from sqlalchemy.orm import Session

    from notices.feed_rows import Horizon, Row
    from notices.settings import Settings
    from scheduler.filters import Filter
    from scheduler.policy import Policy

BATCH = 500
# What of a feed makes other bytes of its events, and of its tasks, which have no openings.
EVENTS = "language", "public", "opens"
TASKS = "language", "public"
STORING = 0x6A696B04
"""The advisory lock that keeps two processes from storing the same copies at once."""


class Made(NamedTuple):
    """An event's bytes, and what tells whether a feed shows it.

    `day` is where it stands, `due` where its row does, which is later for a window's opening.
    """

    entry_id: int
    uid: str
    day: date
    mark: str
    due: date
    settled_on: date | None
    content: bytes

    @property
    def opening(self) -> bool:
        """Whether it tells that a window opens."""
        return self.day != self.due


class State(NamedTuple):
    """Stands still while no copy can have become void: the changes so far, and the feeds."""

    changes: int | None
    feeds: int


class Maker(NamedTuple):
    """Makes events of one form; `rendering` names all that their bytes depend on but the rows."""

    style: Style
    rendering: str
    policy: Policy


def maker(form: Form, settings: Settings, policy: Policy) -> Maker:
    """What makes events of `form` in this installation."""
    style = Style(form, settings.web.base_url, policy)
    return Maker(style, feed_events.rendering(settings), policy)


def events(session: Session, maker: Maker, wanted: Filter, span: Horizon) -> list[Made]:
    """The events of all entries that fit `wanted`, in no order, perhaps more than `span` holds."""
    entry_id = Occurrence.entry_id
    shown = feed_rows.shown_in(span, maker.policy), filters.within(session, wanted, entry_id)
    copies = _stored(session, maker, wanted, span)
    missing = set(session.scalars(select(entry_id).where(*shown)))
    missing -= {copy.entry_id for copy in copies}
    if missing:
        copies += _fresh(session, maker, missing, span)
    return copies


def state(session: Session) -> State:
    """How far the changes have come by now."""
    changed = select(Stamp.value).where(Stamp.scope == ALL).scalar_subquery()
    feeds = select(func.count(Feed.id)).scalar_subquery()
    return State(*session.execute(select(changed, feeds)).one())


def refresh(engine: Engine, settings: Settings, now: datetime) -> int:
    """Store copies of what has none that holds good, for every form that a feed is served in.

    Returns for how many entries. Twice, or in two processes at once, it stores the same.
    """
    policy, total = settings.policy(), 0
    with reading(engine) as session:
        spans = dict(_spans(session, settings, policy, now))
        stale = {
            form: _stale(session, maker(form, settings, policy), span)
            for form, span in spans.items()
        }
    for form, entry_ids in stale.items():
        for start in range(0, len(entry_ids), BATCH):
            batch = entry_ids[start : start + BATCH]
            with writing(engine) as session:
                _store(session, maker(form, settings, policy), batch, spans[form].widened())
        total += len(entry_ids)
    _forget_others(engine, [form.name for form in spans])
    return total


def _forget_others(engine: Engine, served: list[str]) -> None:
    """Delete the copies in forms that no feed is served in any more."""
    others = EventCopy.form.not_in(served)
    with reading(engine) as session:
        if session.scalars(select(EventCopy.form).where(others).limit(1)).first() is None:
            return
    with writing(engine) as session:
        session.execute(delete(EventCopy).where(others))


def _stored(session: Session, maker: Maker, wanted: Filter, span: Horizon) -> list[Made]:
    columns = [getattr(EventCopy, name) for name in Made._fields]
    query = select(*columns).join(Stamp, Stamp.scope == scope_of_entry(EventCopy.entry_id))
    within = filters.within(session, wanted, EventCopy.entry_id)
    return list(map(Made._make, session.execute(query.where(_hold(maker, span), within))))


def _hold(maker: Maker, span: Horizon) -> ColumnElement[bool]:
    """Which copies, joined with their entry's stamp, hold good for feeds of these days."""
    return (
        (EventCopy.form == maker.style.form.name)
        & (EventCopy.rendering == maker.rendering)
        & (EventCopy.stamp == Stamp.value)
        & (EventCopy.since <= min(span.first, span.cancelled_from))
        & (EventCopy.until >= span.last)
    )


def _stale(session: Session, maker: Maker, span: Horizon) -> list[int]:
    held = select(EventCopy.entry_id).join(Stamp, Stamp.scope == scope_of_entry(EventCopy.entry_id))
    query = (
        select(Occurrence.entry_id)
        .where(
            feed_rows.shown_in(span, maker.policy),
            Occurrence.entry_id.not_in(held.where(_hold(maker, span))),
        )
        .distinct()
        .order_by(Occurrence.entry_id)
    )
    return list(session.scalars(query))


def _fresh(session: Session, maker: Maker, entry_ids: Collection[int], span: Horizon) -> list[Made]:
    within = Occurrence.entry_id.in_(ids_query(session, entry_ids))
    rows = feed_rows.rows(session, within, span, maker.policy)
    return [made for row in rows for made in _made(row, maker.style)]


def _made(row: Row, style: Style) -> Iterator[Made]:
    if style.form.tasks:
        yield from _task(row, style)
        return
    own = feed_events.event(row, style)
    yield Made(row.entry_id, own.uid, own.day, row.mark, row.day, row.settled_on, ical.event(own))
    opens = feed_events.opening(row, style) if style.form.opens else None
    if opens is not None:
        content = ical.event(opens)
        yield Made(row.entry_id, opens.uid, opens.day, row.mark, row.day, None, content)


def _task(row: Row, style: Style) -> Iterator[Made]:
    """A row's task; what is only foreseen is nobody's task yet."""
    if row.mark is not Mark.FORESEEN:
        own = feed_events.task(row, style)
        content = ical.task(own, row.mark is Mark.DONE)
        yield Made(row.entry_id, own.uid, own.day, row.mark, row.day, row.settled_on, content)


def _store(session: Session, maker: Maker, entry_ids: list[int], span: Horizon) -> None:
    """Store anew the copies of these entries, which hold good for feeds of up to `span`."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(STORING)))
    # The stamps are read first: what changes meanwhile moves them, and the copies are void.
    stamps = _stamps(session, entry_ids)
    form, chosen = maker.style.form.name, ids_query(session, entry_ids)
    session.execute(delete(EventCopy).where(EventCopy.form == form, EventCopy.entry_id.in_(chosen)))
    made = _fresh(session, maker, entry_ids, span)
    about = {
        "form": form,
        "rendering": maker.rendering,
        "since": max(span.first, span.cancelled_from),
        "until": span.last,
    }
    rows = [
        each._asdict() | about | {"position": position, "stamp": stamps[each.entry_id]}
        for position, each in enumerate(made)
        if each.entry_id in stamps
    ]
    if rows:
        session.execute(insert(EventCopy), rows)


def _stamps(session: Session, entry_ids: list[int]) -> dict[int, int]:
    scopes = select(scope_of_entry(Occurrence.entry_id)).where(
        Occurrence.entry_id.in_(ids_query(session, entry_ids))
    )
    query = select(Stamp.scope, Stamp.value).where(Stamp.scope.in_(scopes))
    return {int(scope.partition(":")[2]): value for scope, value in session.execute(query)}


def _spans(
    session: Session, settings: Settings, policy: Policy, now: datetime
) -> Iterator[tuple[Form, Horizon]]:
    """Each form that is served, with the widest days of its feeds as of `now`."""
    past = func.max(func.coalesce(Feed.past_days, settings.feeds.past_days))
    future = func.max(func.coalesce(Feed.future_years, settings.feeds.future_years))
    for form, served in ((EVENTS, true()), (TASKS, Feed.tasks)):
        columns = [getattr(Feed, name) for name in form]
        query = select(*columns, past, future).where(Feed.revoked_at.is_(None), served)
        for *said, days, years in session.execute(query.group_by(*columns)):
            yield (
                Form(**dict(zip(form, said, strict=True)), tasks=form is TASKS),
                feed_rows.horizon(now, days, years, policy),
            )
