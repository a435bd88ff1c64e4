"""The office's rules for days: which day it is, when steps fall, how long grace lasts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Literal

from scheduler.timing import Context
from scheduler.workdays import JAPAN, Calendar, Days

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Policy:
    """What `config.toml` says about time, as the scheduler needs it.

    `Days` are days of the calendar, or `Workdays` of `counting`; mail goes out on days of
    `sending`.
    `ahead_days` count back from a window's last day, `opening_days` from its first; `chase_days`
    count on from the last day of grace, so 1 is the first day on which the occurrence is overdue.
    Grace is `grace_days` after a window that is hedged (頃, around), `grace_aim_days` where the
    source only aims at it (目途), `grace_exact_days` where it is exact. After the last chase come
    the hand-overs, each so many days after the one before it; None leaves one out. While
    `hold_back`, the next repetition waits until this one is answered. With `approve_postponements`
    an owner's window outside the promised one waits for an admin's yes.
    """

    timezone: ZoneInfo
    ahead_days: tuple[Days, ...]
    chase_days: tuple[Days, ...]
    grace_days: Days
    send_hour: int
    fiscal_year_starts: int = 4
    fiscal_year_named_after: Literal["start", "end"] = "start"
    opening_days: tuple[Days, ...] = ()
    grace_aim_days: Days = 14
    grace_exact_days: Days = 0
    superior_after: Days | None = None
    unit_after: Days | None = None
    admin_after: Days | None = None
    hold_back: bool = True
    approve_postponements: bool = False
    counting: Calendar = JAPAN
    sending: Calendar = JAPAN

    def grace(self, approx: bool, hedge: str | None) -> Days:
        """How long after its last day a window may go unanswered; `hedge` is "aim" or None."""
        if not approx:
            return self.grace_exact_days
        return self.grace_aim_days if hedge == "aim" else self.grace_days

    def today(self, now: datetime) -> date:
        """The office's day at `now` (aware)."""
        return now.astimezone(self.timezone).date()

    def context(self, asof: date) -> Context:
        """What a text written on `asof` is read in."""
        return Context(asof, self.fiscal_year_starts, self.fiscal_year_named_after)

    def day_start(self, day: date) -> datetime:
        """The moment (UTC) at which `day` starts in the office's zone."""
        return datetime.combine(day, time(), self.timezone).astimezone(UTC)
