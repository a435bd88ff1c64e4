"""The root of this room's errors: what somebody asked for cannot be done, and why."""

from __future__ import annotations


class SchedulerError(ValueError):
    """Raised with fields; `str()` is one sentence that says what to do. Nothing was stored."""
