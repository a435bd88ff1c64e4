"""The history of an entry as a page tells it, oldest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from notices import wording
from notices.web.languages import flowing
from notices.web.rows import value_about
from scheduler.history import Event, history
from scheduler.people import everybody

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from notices.web.site import Visit


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened. `sort` is the class its mark is coloured by; `mail` a mail's id."""

    at: datetime
    when: str
    sort: str
    title: str
    detail: str
    note: str
    mail: int | None


def life(session: Session, visit: Visit, entry_id: int) -> list[Moment]:
    """Everything that happened to the entry, in the words of the visit's language."""
    names = {person.email: person.name for person in everybody(session)}
    events = history(session, entry_id, visit.site.policy)
    return [_moment(event, visit, names) for event in events]


def _moment(event: Event, visit: Visit, names: dict[str, str]) -> Moment:
    zone = visit.site.policy.timezone
    return Moment(
        at=event.at,
        when=wording.moment(event.at, zone, visit.language),
        sort=event.what,
        title=_title(event, visit, names),
        detail=_detail(event, visit),
        note=flowing(event.note) if event.what == "edition" else event.note or "",
        mail=event.mail_id,
    )


def _title(event: Event, visit: Visit, names: dict[str, str]) -> str:
    who = names.get(event.person or "", visit.say("web.answer.by_unknown"))
    by_somebody = event.what in {"promise", "proposal"} and event.person
    what = f"{event.what}_by" if by_somebody else event.what
    if what == "confirm" and event.as_of:
        what = "confirm_by_edition"
    return visit.say(
        f"web.life.{what}",
        who=who,
        id=event.occurrence or "",
        day=wording.day(event.as_of, visit.language) if event.as_of else "",
        window=_window(event, visit),
        value=event.value or "",
    )


def _window(event: Event, visit: Visit) -> str:
    if event.earliest is None and event.latest is None:
        return ""
    hedged = bool(event.approx)
    policy = visit.site.policy
    return wording.window(event.earliest, event.latest, hedged, visit.language, policy)


def _detail(event: Event, visit: Visit) -> str:
    """What stands below the title: the sheet and its value, or what a confirmed value says."""
    about = value_about(event.value_asof, event.value_stage, visit.language)
    valued = event.value if event.what == "edition" else None
    said = f"{valued} ({about})" if valued and about else valued or about
    return " · ".join(part for part in (event.sheet, said, event.source) if part)
