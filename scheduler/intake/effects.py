"""What becomes of the awaited when a new edition is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from scheduler.occurrence import Window

Happened = Literal["opened", "answered", "refined", "moved", "differing", "vanished"]


@dataclass(frozen=True, slots=True)
class Effect:
    """One awaited thing that opened, was answered, got another window, or is said no longer.

    "answered": the edition shows its figure, in `value`. "refined": a narrower window inside the
    one before; "moved": one outside it. "differing": this sheet says `after`, but `before` of the
    home sheet stays. "vanished": no longer said, still open.
    """

    what: Happened
    entry: str
    kind: str
    covers: str | None
    stage: str | None
    before: Window | None = None
    after: Window | None = None
    value: str | None = None

    @property
    def days(self) -> int | None:
        """By how many days the last day has moved, later is positive; None where one has none."""
        old = self.before.latest if self.before else None
        new = self.after.latest if self.after else None
        return None if old is None or new is None else (new - old).days
