"""When a person's mail goes out: the hour, in the person's own zone, of a day that will do."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from scheduler.absences import later_days_off

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from db.tables import Absence, Person
    from scheduler.policy import Policy

ONE_DAY = timedelta(days=1)
# No clock on Earth is further from another.
FURTHEST_APART = timedelta(days=2)


class SendTimes:
    """The send hours of some people, with their weekdays and the days on which they are away."""

    def __init__(
        self, session: Session, people: Collection[Person], today: date, policy: Policy
    ) -> None:
        """`today` is the office's day; nothing before it is asked for."""
        self._policy = policy
        ids = {person.id for person in people}
        self._off = later_days_off(session, ids, today - FURTHEST_APART) if ids else {}

    def first(self, person: Person, day: date) -> datetime:
        """The first send hour on or after `day`, which is the person's own; aware.

        An hour that a clock skips in spring is the one after it, one that comes twice in autumn the
        first of the two.
        """
        hour = self._policy.send_hour if person.send_hour is None else person.send_hour
        off = self._off.get(person.id, ())
        while not self._will_do(person, day, off):
            day += ONE_DAY
        return datetime.combine(day, time(hour), ZoneInfo(person.timezone))

    def _will_do(self, person: Person, day: date, off: Sequence[Absence]) -> bool:
        if any(absence.first <= day <= absence.last for absence in off):
            return False
        if person.weekdays is None:
            return self._policy.sending.is_workday(day)
        return str(day.isoweekday()) in person.weekdays and not self._policy.sending.is_holiday(day)
