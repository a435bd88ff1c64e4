"""What a page that asks for an answer says about the occurrence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from db.tables import Occurrence, OccurrenceState
from notices import wording
from notices.web.rows import value_about, window_words
from scheduler import lists
from scheduler.occurrence import standing

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from notices.web.site import Visit


@dataclass(frozen=True, slots=True)
class About:
    """One occurrence in words: `sort` "figure" or "event", `state` a standing or how it ended."""

    name: str
    sheet: str
    awaited: str
    window: str
    text: str
    state: str
    standing: str
    sort: str
    target: str | None = None
    last: str | None = None
    last_about: str = ""


def about(session: Session, occurrence: Occurrence, visit: Visit) -> About:
    """What is awaited and where it stands; with the latest value while it is open."""
    item = _item(session, occurrence, visit)
    state, said = _standing(occurrence, visit)
    return About(
        name=occurrence.entry.name,
        sheet=item.sheet if item else occurrence.expectation.line.edition.sheet.reform_item,
        awaited=wording.awaited_words(occurrence, visit.language),
        window=window_words(occurrence, visit),
        text=occurrence.expectation.text,
        state=state,
        standing=said,
        sort=sort_of(occurrence.kind),
        target=item.target if item else None,
        last=item.value if item else None,
        last_about=value_about(item.value_asof, item.value_stage, visit.language) if item else "",
    )


def sort_of(kind: str) -> str:
    """Whether a figure is asked for, or what was decided or done."""
    return "figure" if kind == "figure" else "event"


def _item(session: Session, occurrence: Occurrence, visit: Visit) -> lists.Item | None:
    items = lists.entry(session, occurrence.entry_id, visit.today, visit.site.policy)
    return next((item for item in items if item.id == occurrence.public_id), None)


def _standing(occurrence: Occurrence, visit: Visit) -> tuple[str, str]:
    """The class of the badge, and its words."""
    if occurrence.state is not OccurrenceState.OPEN:
        return occurrence.state.value, visit.say(f"web.state.{occurrence.state}")
    earliest, latest = occurrence.earliest, occurrence.latest
    where = standing(earliest, latest, occurrence.overdue_on, visit.today).value
    days = wording.countdown(where, earliest, latest, visit.today)
    return where, wording.standing(where, days, visit.language)
