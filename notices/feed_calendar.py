"""The calendar that a feed holds: the events of its entries that it shows, in order, as bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notices import feed, feed_copies, feed_events, feed_rows, ical
from notices.feed_copies import Made
from notices.feed_rows import Mark

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from db.tables import Feed
    from notices.feed import Found
    from notices.feed_rows import Horizon
    from notices.settings import Settings
    from scheduler.policy import Policy

AWAITED = {Mark.DUE, Mark.OPENS, Mark.OVERDUE, Mark.FORESEEN}


def calendar(session: Session, found: Found, settings: Settings, policy: Policy) -> bytes:
    """The bytes of a feed's calendar."""
    held = contents(session, found, settings, policy)
    return ical.calendar(found.feed.label, (each.content for each in held))


def contents(
    session: Session, found: Found, settings: Settings, policy: Policy, tasks: bool = False
) -> list[Made]:
    """What a feed holds, in order of day: its events, or its tasks, with their alarms.

    Never nothing, for some programs then keep what they had.
    """
    if found.ended:
        return [_notice("ended", found, settings, policy, tasks)]
    ringing = ical.alarms(found.feed.label, feed.alarm_days(found.feed), tasks)
    held = [_with_alarms(each, ringing) for each in shown(session, found, settings, policy, tasks)]
    return held or [_notice("nothing", found, settings, policy, tasks)]


def span_of(found: Found, settings: Settings, policy: Policy) -> Horizon:
    """The days a feed shows, by its own options or the office's."""
    past, years = found.feed.past_days, found.feed.future_years
    return feed_rows.horizon(
        found.changed_at,
        settings.feeds.past_days if past is None else past,
        years or settings.feeds.future_years,
        policy,
    )


def shown(
    session: Session, found: Found, settings: Settings, policy: Policy, tasks: bool = False
) -> list[Made]:
    """The events that a feed shows, or its tasks, in order of day, without its alarms."""
    opens = found.feed.opens and not tasks
    form = feed_events.Form(found.feed.language, found.feed.public, opens, tasks)
    span = span_of(found, settings, policy)
    maker = feed_copies.maker(form, settings, policy)
    made = feed_copies.events(session, maker, feed.wanted(found.feed), span)
    chosen = [each for each in made if _shows(found.feed, each, span)]
    return sorted(chosen, key=lambda each: (each.day, each.uid))


def _with_alarms(made: Made, ringing: bytes) -> Made:
    if not ringing or made.mark not in AWAITED or made.opening:
        return made
    return made._replace(content=ical.with_alarms(made.content, ringing))


def _notice(name: str, found: Found, settings: Settings, policy: Policy, tasks: bool) -> Made:
    """The one thing in a calendar that has nothing else to show; a task that is done already."""
    said = feed_events.notice(name, found, settings, policy)
    content = ical.task(said, True) if tasks else ical.event(said)
    return Made(0, said.uid, said.day, Mark.DONE, said.day, said.day, content)


def _shows(feed: Feed, made: Made, span: Horizon) -> bool:
    """Whether a feed with these options and days shows an event; copies are of more days."""
    due, mark, settled_on = made.due, made.mark, made.settled_on
    if feed.overdue_only and (mark != Mark.OVERDUE or made.opening):
        return False
    if mark == Mark.FORESEEN:
        return span.first <= due <= span.last
    if mark == Mark.CANCELLED:
        return settled_on is not None and settled_on >= span.cancelled_from
    return settled_on is None or max(due, settled_on) >= span.first
