"""Why an answer is not taken: one error for each reason, with what a page or a command needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scheduler.errors import SchedulerError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from db.tables import OccurrenceState
    from scheduler.occurrence import Window


class AnswerError(SchedulerError):
    """The answer cannot be taken."""


class UnknownOccurrenceError(AnswerError):
    """No occurrence has this id."""

    def __init__(self, public_id: str) -> None:
        super().__init__(f"there is no occurrence {public_id!r}: `jikai entries` shows their ids")
        self.public_id = public_id


class NoWindowError(AnswerError):
    """The entry awaits nothing that has a window."""

    def __init__(self, public_id: str) -> None:
        super().__init__(
            f"{public_id} has no open window, so there is nothing to answer; what no sheet gives a "
            "window gets one by `jikai window`"
        )
        self.public_id = public_id


class SeveralWindowsError(AnswerError):
    """The entry awaits several things. `candidates` are their ids."""

    def __init__(self, public_id: str, candidates: Sequence[str]) -> None:
        super().__init__(f"{public_id} awaits several things: say which of {', '.join(candidates)}")
        self.public_id = public_id
        self.candidates = candidates


class AlreadyConfirmedError(AnswerError):
    """Somebody has confirmed it before. `by` is the e-mail address, None where it is not known."""

    def __init__(self, public_id: str, by: str | None, at: datetime, value: str) -> None:
        whom = f" by {by}" if by else ""
        super().__init__(f"{public_id} is already confirmed{whom} on {at:%Y-%m-%d}: {value}")
        self.public_id = public_id
        self.by = by
        self.at = at
        self.value = value


class NotOpenError(AnswerError):
    """It was postponed or withdrawn. `successor` is the occurrence that stands in its place."""

    def __init__(self, public_id: str, state: OccurrenceState, successor: str | None) -> None:
        onward = f", answer {successor} instead" if successor else ""
        super().__init__(f"{public_id} was {state.value}{onward}")
        self.public_id = public_id
        self.state = state
        self.successor = successor


class EmptyValueError(AnswerError):
    """A confirmation says what the figure is, or what was done."""

    def __init__(self, public_id: str) -> None:
        super().__init__(f"{public_id}: give the value, or in a few words what was done")
        self.public_id = public_id


class UnknownStageError(AnswerError):
    """The figure's stage is none of those that Jikai knows."""

    def __init__(self, stage: str, known: Sequence[str]) -> None:
        super().__init__(f"{stage!r} is no stage: give one of {', '.join(known)}")
        self.stage = stage
        self.known = known


class NoReasonError(AnswerError):
    """A window outside the promised one needs a reason."""

    def __init__(self, public_id: str, old: Window, new: Window) -> None:
        super().__init__(
            f"{public_id}: the new window lies outside the promised one, so it needs a reason"
        )
        self.public_id = public_id
        self.old = old
        self.new = new


class AskAgainError(AnswerError):
    """Nobody can be asked again on this day, but on one from `first` to `last`."""

    def __init__(self, public_id: str, again_on: date, first: date, last: date) -> None:
        super().__init__(
            f"{public_id}: nobody can be asked again on {again_on}: say who asks, and a day from "
            f"{first} to {last}"
        )
        self.public_id = public_id
        self.again_on = again_on
        self.first = first
        self.last = last


class PastWindowError(AnswerError):
    """A postponement to a day gone by."""

    def __init__(self, public_id: str, latest: date, today: date) -> None:
        super().__init__(f"{public_id}: {latest} has passed, give a last day from {today} on")
        self.public_id = public_id
        self.latest = latest
        self.today = today
