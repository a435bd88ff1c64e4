"""A feed's rows in the words of its language, as the events and the calendar that are served."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from notices import feed_rows, ical, wording
from notices.locale import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from notices.feed import Found
    from notices.feed_rows import Figure, Row
    from notices.settings import Settings
    from scheduler.policy import Policy


def rendering(settings: Settings) -> str:
    """A name for everything but the rows that a calendar's bytes depend on; part of every tag."""
    office, feeds = settings.office, settings.feeds
    parts = (
        ical.RENDERER,
        settings.web.base_url,
        feeds.past_days,
        feeds.future_years,
        office.timezone.key,
        office.fiscal_year_starts,
        office.fiscal_year_named_after,
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def calendar(session: Session, found: Found, settings: Settings, policy: Policy) -> bytes:
    """The calendar that a feed holds now, never an empty one: some programs keep what they had."""
    if found.ended:
        events = [_notice("ended", found, settings, policy)]
    else:
        events = list(_events(session, found, settings, policy))
    shown = events or [_notice("nothing", found, settings, policy)]
    return ical.calendar(found.feed.label, map(ical.event, shown))


def event(row: Row, language: str, base_url: str, policy: Policy) -> ical.Event:
    """The event of a row, the same in every feed of the same language."""
    url = f"{base_url}/entries/{row.entry_id}#{row.place}"
    return ical.Event(
        uid=row.uid,
        day=row.day,
        summary=_summary(row, language),
        description="\n".join([*_lines(row, language, policy), url]),
        url=url,
        changed_at=row.changed_at,
        sequence=row.sequence,
    )


def _events(
    session: Session, found: Found, settings: Settings, policy: Policy
) -> Iterator[ical.Event]:
    feeds = settings.feeds
    span = feed_rows.horizon(found.changed_at, feeds.past_days, feeds.future_years, policy)
    for row in feed_rows.rows(session, found.feed, span, policy):
        yield event(row, found.feed.language, settings.web.base_url, policy)


def _summary(row: Row, language: str) -> str:
    name = " ".join(row.name.split())
    what = wording.awaited(row.kind, row.covers, row.stage, language)
    value = row.done.value if row.done else ""
    key = f"feeds.summary.{_mark(row)}"
    return say(language, key, name=name, what=what, value=" ".join(value.split()))


def _mark(row: Row) -> str:
    if row.done:
        return "done"
    if row.overdue:
        return "overdue"
    return "opens" if row.window.latest is None else "due"


def _lines(row: Row, language: str, policy: Policy) -> Iterator[str]:
    earliest, latest, approx = row.window.earliest, row.window.latest, row.window.approx
    said = {
        "done": row.done and _value(row.done, language),
        "awaited": wording.awaited(row.kind, row.covers, row.stage, language),
        "window": wording.window(earliest, latest, approx, language, policy),
        "source": row.text.strip(),
        "sheet": row.sheet,
        "last": row.last and _value(row.last, language),
    }
    for name, words in said.items():
        if words:
            yield say(language, f"feeds.description.{name}", words=words)
    if row.foreseen:
        yield say(language, "feeds.description.foreseen")


def _value(figure: Figure, language: str) -> str:
    period = wording.period(figure.asof, language) if figure.asof else ""
    about = [part for part in (period, wording.stage(figure.stage, language)) if part]
    if not about:
        return figure.value
    joined = say(language, "feeds.value.joint").join(about)
    return say(language, "feeds.value.qualified", value=figure.value, about=joined)


def _notice(name: str, found: Found, settings: Settings, policy: Policy) -> ical.Event:
    """The one event of a calendar that has nothing else to show, on the day that came to be."""
    language, at = found.feed.language, found.feed.revoked_at or found.changed_at
    return ical.Event(
        uid=f"{name}-{found.feed.id}@jikai",
        day=policy.today(at),
        summary=say(language, f"feeds.summary.{name}"),
        description=say(language, f"feeds.description.{name}"),
        url=f"{settings.web.base_url}/",
        changed_at=at,
        sequence=found.stamp,
    )
