"""When late things are likely to be known, by how late they were before: told, never promised."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from notices import wording
from scheduler.courses import courses
from scheduler.punctuality import usual_lags

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from notices.web.rows import Row
    from notices.web.site import Visit
    from scheduler.punctuality import Lag


def with_likely(session: Session, lines: Sequence[Row], visit: Visit) -> list[Row]:
    """The rows, each with its likely day where its entry is usually late."""
    known = courses(session, visit.site.policy, {line.entry_id for line in lines})
    lags = usual_lags(known)
    return [replace(line, likely=_likely(line, lags.get(line.entry_id), visit)) for line in lines]


def _likely(line: Row, lag: Lag | None, visit: Visit) -> str:
    latest = line.item.latest
    if lag is None or lag.days <= 0 or latest is None:
        return ""
    day = latest + timedelta(days=lag.days)
    key = "web.likely.ahead" if day >= visit.today else "web.likely.past"
    told = {"day": wording.day(day, visit.language), "answers": lag.answers}
    return visit.say(key, count=lag.days, **told)
