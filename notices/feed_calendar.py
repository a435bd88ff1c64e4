"""The calendar that a feed holds: the events of its entries that it shows, in order, as bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notices import feed, feed_copies, feed_events, feed_rows, ical
from notices.feed_rows import Mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from db.tables import Feed
    from notices.feed import Found
    from notices.feed_copies import Made
    from notices.feed_rows import Horizon
    from notices.settings import Settings
    from scheduler.policy import Policy

AWAITED = {Mark.DUE, Mark.OPENS, Mark.OVERDUE, Mark.FORESEEN}


def calendar(session: Session, found: Found, settings: Settings, policy: Policy) -> bytes:
    """The bytes of a feed's calendar, never an empty one: some programs keep what they had."""
    if found.ended:
        shown = [ical.event(feed_events.notice("ended", found, settings, policy))]
    else:
        shown = list(_contents(session, found, settings, policy))
    if not shown:
        shown = [ical.event(feed_events.notice("nothing", found, settings, policy))]
    return ical.calendar(found.feed.label, shown)


def span_of(found: Found, settings: Settings, policy: Policy) -> Horizon:
    """The days a feed shows, by its own options or the office's."""
    past, years = found.feed.past_days, found.feed.future_years
    return feed_rows.horizon(
        found.changed_at,
        settings.feeds.past_days if past is None else past,
        years or settings.feeds.future_years,
        policy,
    )


def shown(session: Session, found: Found, settings: Settings, policy: Policy) -> list[Made]:
    """The events that a feed shows, in order of day, without its alarms."""
    form = feed_events.Form(found.feed.language, found.feed.public, found.feed.opens)
    span = span_of(found, settings, policy)
    maker = feed_copies.maker(form, settings, policy)
    made = feed_copies.events(session, maker, feed.wanted(found.feed), span)
    chosen = [each for each in made if _shows(found.feed, each, span)]
    return sorted(chosen, key=lambda each: (each.day, each.uid))


def _contents(
    session: Session, found: Found, settings: Settings, policy: Policy
) -> Iterator[bytes]:
    ringing = ical.alarms(found.feed.label, feed.alarm_days(found.feed))
    for each in shown(session, found, settings, policy):
        rings = ringing and each.mark in AWAITED and not each.opening
        yield ical.with_alarms(each.content, ringing) if rings else each.content


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
