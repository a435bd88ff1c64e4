"""Rows of sheets → entries, lines, expectations and occurrences; a new edition against the old."""

from scheduler.intake.bounds import suggest_asof
from scheduler.intake.comparing import Change
from scheduler.intake.effects import Effect
from scheduler.intake.planning import Plan, Planned, PlannedSheet, plan
from scheduler.intake.storing import ChangedMeanwhileError, Stored, StoredSheet, compare, store

__all__ = [
    "Change",
    "ChangedMeanwhileError",
    "Effect",
    "Plan",
    "Planned",
    "PlannedSheet",
    "Stored",
    "StoredSheet",
    "compare",
    "plan",
    "store",
    "suggest_asof",
]
