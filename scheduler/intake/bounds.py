"""When a sheet without an edition date can have been written, by what it says itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scheduler.intake.figures import latest_figure
from scheduler.timing import PeriodError, period_bounds, read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from scheduler.policy import Policy
    from scheduler.sheets import Row, SheetRows
    from scheduler.timing import Context

LONG_AGO = 1990


def suggest_asof(
    sheets: Iterable[SheetRows], policy: Policy, today: date
) -> tuple[date | None, date | None]:
    """The days between which the text was written: after its newest value, before what it awaits.

    Either is None where the text does not bound it; `today` only helps to read years of two digits.
    """
    rows = [row for sheet in sheets for row in sheet.rows]
    after = max(_values_end(rows, policy.context(today)), default=None)
    if after is None:
        return None, None
    windows = _announced(rows, policy.context(after))
    before = min((day for day in windows if day >= after), default=None)
    return after, before


def _values_end(rows: Sequence[Row], context: Context) -> Iterator[date]:
    for row in rows:
        period = latest_figure(row.values_text, context).asof
        try:
            end = period_bounds(period, context)[1] if period else None
        except PeriodError:
            end = None
        if end is not None and end.year > LONG_AGO:
            yield end


def _announced(rows: Sequence[Row], context: Context) -> Iterator[date]:
    """The last days of the figures that the rows await."""
    for row in rows:
        for item in read(row.timing_text or "", context).expect:
            if item.latest is not None and item.kind == "figure":
                yield item.latest
