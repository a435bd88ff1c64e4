"""The office's rules for days: which day it is, when steps fall, how long grace lasts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Literal

from scheduler.timing import Context

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Policy:
    """What `config.toml` says about time, as the scheduler needs it.

    `ahead_days` count back from a window's last day; `chase_days` count on from the last day of
    grace, so 1 is the first day on which the occurrence is overdue. `country` names the public
    holidays (ISO 3166).
    """

    timezone: ZoneInfo
    ahead_days: tuple[int, ...]
    chase_days: tuple[int, ...]
    grace_days: int
    send_hour: int
    fiscal_year_starts: int = 4
    fiscal_year_named_after: Literal["start", "end"] = "start"
    country: str = "JP"

    def today(self, now: datetime) -> date:
        """The office's day at `now` (aware)."""
        return now.astimezone(self.timezone).date()

    def context(self, asof: date) -> Context:
        """What a text written on `asof` is read in."""
        return Context(asof, self.fiscal_year_starts, self.fiscal_year_named_after)

    def day_start(self, day: date) -> datetime:
        """The moment (UTC) at which `day` starts in the office's zone."""
        return datetime.combine(day, time(), self.timezone).astimezone(UTC)
