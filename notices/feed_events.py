"""A feed's rows in the words of its language, as the events and the calendar that are served."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from notices import ical, wording
from notices.feed_rows import Mark
from notices.locale import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notices.feed import Found
    from notices.feed_rows import Figure, Postponement, Row
    from notices.settings import Settings
    from scheduler.occurrence import Window
    from scheduler.policy import Policy


class Form(NamedTuple):
    """All of a feed that makes other events of a row; see `db.tables.Feed`."""

    language: str
    public: bool
    opens: bool = False
    tasks: bool = False

    @property
    def name(self) -> str:
        """What copies in this form are stored under."""
        said = {"public": self.public, "opens": self.opens, "tasks": self.tasks}
        return "-".join([self.language, *(name for name, so in said.items() if so)])


class Style(NamedTuple):
    """A form, and what is the same in all events of an installation."""

    form: Form
    base_url: str
    policy: Policy


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


def event(row: Row, style: Style) -> ical.Event:
    """The event of a row, the same in every feed of the same form."""
    url = f"{style.base_url}/entries/{row.entry_id}#{row.place}"
    return ical.Event(
        uid=row.uid,
        day=row.day,
        summary=_summary(row, f"feeds.summary.{_said(row)}", style),
        description="\n".join([*_lines(row, style), url]),
        url=url,
        changed_at=row.changed_at,
        sequence=row.sequence,
        cancelled=row.mark is Mark.CANCELLED,
    )


def task(row: Row, style: Style) -> ical.Event:
    """What a row's task says. Only the page it names takes an answer, and its form stands open."""
    url = f"{style.base_url}/entries/{row.entry_id}?answer={row.place}#{row.place}"
    how = say(style.form.language, "feeds.description.task")
    lines = [*_lines(row, style), *(() if row.settled_on else (how,)), url]
    return replace(
        event(row, style),
        uid=row.uid.replace("@", "-task@"),
        description="\n".join(lines),
        url=url,
    )


def opening(row: Row, style: Style) -> ical.Event | None:
    """The event of the day a row's window opens; None where the row's own event stands there."""
    first = row.window.earliest
    if row.settled_on or first is None or first >= row.day:
        return None
    url = f"{style.base_url}/entries/{row.entry_id}?opens#{row.place}"
    return ical.Event(
        uid=row.uid.replace("@", "-opens@"),
        day=first,
        summary=_summary(row, "feeds.summary.opens", style),
        description="\n".join([*_lines(row, style), url]),
        url=url,
        changed_at=row.changed_at,
        sequence=row.sequence,
    )


def notice(name: str, found: Found, settings: Settings, policy: Policy) -> ical.Event:
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


def _said(row: Row) -> Mark:
    if row.mark is Mark.FORESEEN:
        return Mark.OPENS if row.window.latest is None else Mark.DUE
    return row.mark


def _summary(row: Row, key: str, style: Style) -> str:
    language = style.form.language
    name = " ".join(row.name.split())
    what = wording.awaited(row.kind, row.covers, row.stage, language)
    value = row.done.value if row.done else ""
    return say(language, key, name=name, what=what, value=" ".join(value.split())).rstrip()


def _lines(row: Row, style: Style) -> Iterator[str]:
    language = style.form.language
    said = {
        "done": row.done and _value(row.done, language),
        "awaited": wording.awaited(row.kind, row.covers, row.stage, language),
        "window": _window(row.window, style),
        "postponed": row.postponed and _postponed(row.postponed, row, style),
        "source": row.text.strip(),
        "sheet": row.sheet,
        "last": row.last and _value(row.last, language),
    }
    for name, words in said.items():
        if words:
            yield say(language, f"feeds.description.{name}", words=words)
    if row.mark in {Mark.FORESEEN, Mark.CANCELLED}:
        yield say(language, f"feeds.description.{row.mark}")


def _window(window: Window, style: Style) -> str:
    days = window.earliest, window.latest, window.approx
    return wording.window(*days, style.form.language, style.policy)


def _postponed(postponed: Postponement, row: Row, style: Style) -> str:
    """The old window and the new one; the first of all where it was another; why."""
    language = style.form.language
    before, now = _window(postponed.before, style), _window(row.window, style)
    words = say(language, "feeds.postponed.moved", before=before, now=now)
    if postponed.first != postponed.before:
        first = _window(postponed.first, style)
        words = say(language, "feeds.postponed.first", words=words, first=first)
    # A reason is somebody's own words and may name people.
    if postponed.reason is None or style.form.public:
        return words
    return say(language, "feeds.postponed.reason", words=words, reason=postponed.reason.strip())


def _value(figure: Figure, language: str) -> str:
    period = wording.period(figure.asof, language) if figure.asof else ""
    about = [part for part in (period, wording.stage(figure.stage, language)) if part]
    if not about:
        return figure.value
    joined = say(language, "feeds.value.joint").join(about)
    return say(language, "feeds.value.qualified", value=figure.value, about=joined)
