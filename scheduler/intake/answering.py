"""Figures that a new edition shows answer what was awaited."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from db.inserts import ids_query
from db.tables import Expectation, Occurrence, is_open
from scheduler.answer import Confirmation, Shown, confirm_shown
from scheduler.chains import is_before
from scheduler.intake.effects import Effect
from scheduler.intake.figures import Figure, all_figures
from scheduler.known import is_earlier
from scheduler.occurrence import window_of
from scheduler.sheets.wording import plain
from scheduler.timing import PeriodError, period_bounds
from scheduler.words import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from db.tables import Edition
    from scheduler.intake.editions import Arrival, Arrived
    from scheduler.policy import Policy
    from scheduler.timing import Context

_FINALITY = {"estimate": 0, "preliminary": 1, "revised": 2, "final": 3, "actual": 3}
_UNMARKED = 3
"""A figure without a stage is as final as any; what awaits none is content with a preliminary."""


class _Found(NamedTuple):
    """An open occurrence, and the row with the figure that answers it."""

    row: Arrived
    occurrence: Occurrence
    figure: Figure

    def confirmation(self, edition: Edition) -> Confirmation:
        figure = self.figure
        return Confirmation(figure.value or "", figure.asof, figure.stage, source=edition.source)

    def effect(self) -> Effect:
        one, name = self.occurrence, self.row.line.name
        effect = Effect("answered", name, one.kind, one.covers, one.stage)
        return replace(effect, before=window_of(one), value=one_line(self.figure.value))


def take_answers(
    session: Session, arrivals: Sequence[Arrival], now: datetime, policy: Policy
) -> list[list[Effect]]:
    """Confirm what the figures of new editions answer; the effects of each edition, in order.

    A figure answers the open occurrence of its period if it is as final as what is awaited, and
    what awaits no period once its window has begun. What the sheet showed before answers nothing:
    the window was promised beside it. The caller holds the entries.
    """
    rows = [row for arrival in arrivals for row in arrival.rows if _may_answer(row)]
    awaited = _awaited(session, {row.entry.id for row in rows})
    found = [list(_find(arrival, awaited, policy)) for arrival in arrivals]
    shown = [
        Shown(each.occurrence, each.confirmation(arrival.edition), arrival.edition.id)
        for arrival, some in zip(arrivals, found, strict=True)
        for each in some
    ]
    if shown:
        confirm_shown(session, shown, now, policy)
    return [[each.effect() for each in some] for some in found]


def _may_answer(row: Arrived) -> bool:
    return not row.is_new and not row.planned.from_progress and bool(row.planned.figures)


def _awaited(session: Session, entry_ids: set[int]) -> dict[int, list[Occurrence]]:
    query = (
        select(Occurrence)
        .join(Expectation)
        .where(is_open(), Occurrence.kind == "figure")
        .where(Occurrence.entry_id.in_(ids_query(session, entry_ids)))
        .order_by(Occurrence.latest, Occurrence.id)
        .options(contains_eager(Occurrence.expectation))
    )
    found: dict[int, list[Occurrence]] = defaultdict(list)
    for occurrence in session.scalars(query):
        found[occurrence.entry_id].append(occurrence)
    return found


def _find(
    arrival: Arrival, awaited: dict[int, list[Occurrence]], policy: Policy
) -> Iterator[_Found]:
    """What the figures of an edition answer; that, and what goes with it, is awaited no more."""
    for row in filter(_may_answer, arrival.rows):
        opened = awaited[row.entry.id]
        for found in _answered(row, opened, arrival.edition.as_of, policy):
            yield found
            known = found.occurrence
            opened[:] = [e for e in opened if e is not known and not is_before(e, known)]


def _answered(
    row: Arrived, opened: Sequence[Occurrence], as_of: date, policy: Policy
) -> Iterator[_Found]:
    """Each figure of a row that is new, with the occurrence it answers, if any; oldest first."""
    context = policy.context(as_of)
    before = all_figures(row.before.values_text, context) if row.before else ()
    known = {_told(figure) for figure in before}
    for figure in sorted(row.planned.figures, key=lambda each: _end(each, context)):
        if not _is_known(figure) or _told(figure) in known:
            continue
        newer = all(_end(figure, context) > _end(other, context) for other in before)
        # Whoever takes an answer removes from `opened` what it settles.
        answered = (each for each in opened if _answers(figure, each, context, newer=newer))
        occurrence = next(answered, None)
        if occurrence is not None:
            yield _Found(row, occurrence, figure)


def _is_known(figure: Figure) -> bool:
    """Whether there is a number; `－` or 集計中 beside a period says that there is none yet."""
    return any(character.isnumeric() for character in figure.value or "")


def _told(figure: Figure) -> tuple[str, str | None, str | None]:
    return plain(figure.value or ""), figure.asof, figure.stage


def _answers(figure: Figure, occurrence: Occurrence, context: Context, *, newer: bool) -> bool:
    if is_earlier(figure.stage, occurrence.stage):
        return False
    if _finality(figure.stage, _UNMARKED) < _finality(occurrence.stage, _FINALITY["preliminary"]):
        return False
    if occurrence.covers is None:
        begun = occurrence.earliest is None or occurrence.earliest <= context.asof
        return begun and newer
    return figure.asof is not None and _describes(figure.asof, occurrence.covers, context)


def _finality(stage: str | None, otherwise: int) -> int:
    return _FINALITY[stage] if stage else otherwise


def _describes(asof: str, covers: str, context: Context) -> bool:
    """Whether a figure as of `asof` is one of the period: that very one, a day in its month, or
    its last day.
    """
    if asof == covers:
        return True
    try:
        first, last = period_bounds(asof, context)
        begins, ends = period_bounds(covers, context)
    except PeriodError:
        return False
    inside = begins <= first and last <= ends
    month = (ends - begins).days < 31
    return inside and first == last and (month or last == ends)


def _end(figure: Figure, context: Context) -> date:
    try:
        return period_bounds(figure.asof or "", context)[1]
    except PeriodError:
        return date.min
