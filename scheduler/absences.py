"""Days on which people read no mail, and who hears in their place."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from db.inserts import ids_query
from db.tables import Absence, Person

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime

    from sqlalchemy.orm import Session

# No clock on Earth is further behind.
A_DAY = timedelta(days=1)


def away(session: Session, today: date) -> dict[int, Person | None]:
    """Who is away on `today`, by person, with whoever hears in their place on that day.

    A delegate who is away too hands on to the next; None where that ends nowhere.
    """
    query = select(Absence).where(Absence.first <= today, Absence.last >= today)
    delegates = {
        each.person_id: each.delegate_id for each in session.scalars(query.order_by(Absence.id))
    }
    wanted = ids_query(session, [each for each in delegates.values() if each is not None])
    query_people = select(Person).where(Person.id.in_(wanted), Person.active)
    people = {person.id: person for person in session.scalars(query_people)} if delegates else {}
    return {person_id: people.get(_end(delegates, person_id) or 0) for person_id in delegates}


def last_days(session: Session, today: date) -> dict[int, date]:
    """Who is away on `today`, by person, with the last day of it."""
    query = select(Absence.person_id, func.max(Absence.last)).group_by(Absence.person_id)
    return dict(session.execute(query.where(Absence.first <= today, Absence.last >= today)).all())


def later_days_off(
    session: Session, person_ids: Collection[int], day: date
) -> dict[int, list[Absence]]:
    """The absences of these persons that have not ended before `day`."""
    found: dict[int, list[Absence]] = defaultdict(list)
    query = select(Absence).where(
        Absence.last >= day, Absence.person_id.in_(ids_query(session, person_ids))
    )
    for each in session.scalars(query):
        found[each.person_id].append(each)
    return found


def off_now(session: Session, people: Collection[Person], now: datetime) -> frozenset[int]:
    """Which of these persons are away on the day that it is for each of them at `now` (aware)."""
    off = later_days_off(session, [person.id for person in people], (now - A_DAY).date())
    days = {person.id: now.astimezone(ZoneInfo(person.timezone)).date() for person in people}
    return frozenset(
        person_id
        for person_id, absences in off.items()
        if any(each.first <= days[person_id] <= each.last for each in absences)
    )


def _end(delegates: dict[int, int | None], person_id: int) -> int | None:
    """Where a row of delegates ends: somebody who is there, None where there is nobody."""
    seen: set[int] = set()
    at: int | None = person_id
    while at in delegates and at not in seen:
        seen.add(at)
        at = delegates[at]
    return at if at not in seen else None
