"""Which days an office works: weekends, public holidays with their substitutes, year's end."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

import holidays

from scheduler.errors import SchedulerError

# Government offices in Japan close on these days by law (1988, no. 91), beside the holidays.
CLOSED_DAYS = {"JP": frozenset({(12, 29), (12, 30), (12, 31), (1, 1), (1, 2), (1, 3)})}


class UnknownCountryError(SchedulerError):
    """No holidays are known for this country code."""

    def __init__(self, country: str) -> None:
        super().__init__(f"no holidays are known for {country!r}: give a country code such as JP")
        self.country = country


@lru_cache(maxsize=20_000)
def is_workday(day: date, country: str) -> bool:
    """Whether offices in `country` (ISO 3166, two letters) work on `day`.

    Raises `UnknownCountryError`.
    """
    closed = CLOSED_DAYS.get(country, frozenset())
    return (day.month, day.day) not in closed and _calendar(country).is_working_day(day)


def next_workday(day: date, country: str) -> date:
    """`day` itself, or the first day after it on which offices in `country` work."""
    while not is_workday(day, country):
        day += timedelta(days=1)
    return day


@lru_cache
def _calendar(country: str) -> holidays.HolidayBase:
    try:
        return holidays.country_holidays(country)
    except NotImplementedError as error:
        raise UnknownCountryError(country) from error
