"""Which days an office works: weekends, public holidays with their substitutes, days of its own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import holidays

from scheduler.errors import SchedulerError

# Government offices in Japan close on these days by law (1988, no. 91), beside the holidays.
CLOSED_DAYS = {"JP": frozenset({(12, 29), (12, 30), (12, 31), (1, 1), (1, 2), (1, 3)})}
ONE_DAY = timedelta(days=1)


class UnknownCountryError(SchedulerError):
    """No holidays are known for this country code."""

    def __init__(self, country: str) -> None:
        super().__init__(
            f"no holidays are known for {country!r}: give a country code such as JP, or one with a "
            "part of the country such as DE-BY"
        )
        self.country = country


@dataclass(frozen=True, slots=True)
class Workdays:
    """A number of working days; a plain number of days counts every day of the calendar."""

    count: int

    def __str__(self) -> str:
        """As it is written in the configuration and in the names of steps."""
        return f"{self.count}w"


Days = int | Workdays
_WORKDAYS = re.compile(r"(\d{1,3})w")


def parse_days(written: object) -> Days:
    """A number of days as it is written: `7`, or `7w` for working days. Raises `ValueError`."""
    found = _WORKDAYS.fullmatch(written) if isinstance(written, str) else None
    if found:
        return Workdays(int(found.group(1)))
    if isinstance(written, int) and not isinstance(written, bool) and 0 <= written <= 999:
        return written
    raise ValueError('a whole number of days, or text such as "7w" for working days')


def write_days(days: Days) -> int | str:
    """The number of days as `parse_days` reads it."""
    return days if isinstance(days, int) else str(days)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The working days of a country (ISO 3166, perhaps with a part, `DE-BY`; "" has no holidays).

    `closed` are an office's own days off. Raises `UnknownCountryError` when it is first asked.
    """

    country: str = "JP"
    closed: frozenset[date] = frozenset()

    def is_holiday(self, day: date) -> bool:
        """Whether the office is closed on `day` for another reason than the weekend."""
        return day in self.closed or _is_holiday(day, self.country)

    def is_workday(self, day: date) -> bool:
        """Whether the office works on `day`."""
        return not self.is_holiday(day) and day.weekday() not in _country(self.country).weekend

    def next_workday(self, day: date) -> date:
        """`day` itself, or the first day after it on which the office works."""
        while not self.is_workday(day):
            day += ONE_DAY
        return day

    def after(self, day: date, days: Days) -> date:
        """The day that lies so many days after `day`; of working days, the last one counted."""
        return self._away(day, days, ONE_DAY)

    def before(self, day: date, days: Days) -> date:
        """The day that lies so many days before `day`; of working days, the last one counted."""
        return self._away(day, days, -ONE_DAY)

    def _away(self, day: date, days: Days, step: timedelta) -> date:
        if isinstance(days, int):
            return day + days * step
        for _ in range(days.count):
            day += step
            while not self.is_workday(day):
                day += step
        return day


JAPAN = Calendar("JP")


@lru_cache(maxsize=20_000)
def _is_holiday(day: date, country: str) -> bool:
    closed = CLOSED_DAYS.get(country, frozenset())
    return (day.month, day.day) in closed or day in _country(country)


@lru_cache
def _country(country: str) -> holidays.HolidayBase:
    if not country:
        return holidays.HolidayBase()
    code, _, part = country.partition("-")
    try:
        return holidays.country_holidays(code, subdiv=part or None)
    except NotImplementedError as error:
        raise UnknownCountryError(country) from error
