"""Rows of sheets → entries, lines, expectations and occurrences; a new edition against the old."""

from scheduler.intake.bounds import suggest_asof
from scheduler.intake.planning import Plan, Planned, PlannedSheet, plan
from scheduler.intake.storing import Stored, StoredSheet, store

__all__ = [
    "Plan",
    "Planned",
    "PlannedSheet",
    "Stored",
    "StoredSheet",
    "plan",
    "store",
    "suggest_asof",
]
