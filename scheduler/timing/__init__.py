"""What a timing text means: officials' wording about when, read into windows of days."""

from scheduler.timing.cells import as_of, deadline
from scheduler.timing.denials import denied, unsure, where_reached
from scheduler.timing.explain import explain, summary
from scheduler.timing.hedges import aims
from scheduler.timing.model import (
    Alternative,
    AsOf,
    Context,
    Evidence,
    Expectation,
    Language,
    Note,
    Reading,
)
from scheduler.timing.notes import note_text
from scheduler.timing.reader import read
from scheduler.timing.shifts import (
    PeriodError,
    period_bounds,
    shift_day,
    shift_period,
    shift_window,
)
from scheduler.timing.statements import Stated, doubtful, stated

__all__ = [
    "Alternative",
    "AsOf",
    "Context",
    "Evidence",
    "Expectation",
    "Language",
    "Note",
    "PeriodError",
    "Reading",
    "Stated",
    "aims",
    "as_of",
    "deadline",
    "denied",
    "doubtful",
    "explain",
    "note_text",
    "period_bounds",
    "read",
    "shift_day",
    "shift_period",
    "shift_window",
    "stated",
    "summary",
    "unsure",
    "where_reached",
]
