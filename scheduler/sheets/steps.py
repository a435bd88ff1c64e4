"""Steps and the cells beside them, one of which can stand for several steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scheduler.sheets.rows import Fault, Row
from scheduler.sheets.wording import take_name_apart, take_verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

BETWEEN_NAMES = "／"


@dataclass(frozen=True, slots=True)
class StepCells:
    """One step; `progress` and `timing_text` are None where a neighbour's cell reaches over it."""

    place: str
    name: str
    progress: str | None = None
    timing_text: str | None = None


def step_rows(steps: Sequence[StepCells]) -> tuple[list[Row], list[Fault]]:
    """One row for each "next" cell, and one for a progress cell that reaches further than it.

    A cell stands for its own step and for those after it that have none; the first one also for
    those before it.
    """
    progress = _spans([step.progress for step in steps])
    following = _spans([step.timing_text for step in steps])
    rows = [_row(steps, span, progress) for span in following]
    rows += [_shared(steps, span) for span in progress if not _inside_any(span, following)]
    return rows, _unsure(steps)


def _spans(cells: Sequence[str | None]) -> list[range]:
    starts = [at for at, cell in enumerate(cells) if cell is not None]
    firsts = [0, *starts[1:]] if cells else []
    return [range(a, b) for a, b in zip(firsts, [*firsts[1:], len(cells)], strict=True)]


def _inside_any(span: range, wider: Sequence[range]) -> bool:
    return any(other.start <= span.start and span.stop <= other.stop for other in wider)


def _row(steps: Sequence[StepCells], span: range, progress: Sequence[range]) -> Row:
    inside = [other for other in progress if _inside_any(other, [span])]
    cells = [_cell(steps[other.start : other.stop], "progress") for other in inside]
    text, verdict = _progress([cell for cell in cells if cell])
    number, name = _named(steps, span)
    timing = _cell(steps[span.start : span.stop], "timing_text")
    return Row(
        place=steps[span.start].place,
        section="step",
        name=name,
        number=number,
        progress=text,
        verdict=verdict,
        timing_text=timing or "",
    )


def _shared(steps: Sequence[StepCells], span: range) -> Row:
    number, name = _named(steps, span)
    text, verdict = _progress([_cell(steps[span.start : span.stop], "progress") or ""])
    return Row(
        place=steps[span.start].place,
        section="progress",
        name=name,
        number=number,
        progress=text,
        verdict=verdict,
    )


def _cell(steps: Sequence[StepCells], column: str) -> str | None:
    cells: list[str | None] = [getattr(step, column) for step in steps]
    return next((cell for cell in cells if cell is not None), None)


def _progress(cells: Sequence[str]) -> tuple[str | None, str | None]:
    """Several steps' progress as one text, with the verdicts they agree or differ in."""
    parts = [take_verdict(cell) for cell in cells]
    texts = [text for text, _ in parts if text]
    verdicts = dict.fromkeys(verdict for _, verdict in parts if verdict)
    return "\n".join(texts) or None, "・".join(verdicts) or None


def _named(steps: Sequence[StepCells], span: range) -> tuple[str, str]:
    parts = [take_name_apart(steps[at].name) for at in span]
    numbers = [part.number or str(at + 1) for at, part in zip(span, parts, strict=True)]
    number = numbers[0] if len(span) == 1 else f"{numbers[0]}-{numbers[-1]}"
    return number, BETWEEN_NAMES.join(part.name for part in parts)


def _unsure(steps: Sequence[StepCells]) -> list[Fault]:
    """A step without cells of its own between two that have some could belong to either."""
    own = [step.progress is not None or step.timing_text is not None for step in steps]
    return [
        Fault(step.place, f"“{step.name}” has no cells of its own: read as sharing those above it")
        for at, step in enumerate(steps)
        if not own[at] and any(own[:at]) and any(own[at:])
    ]
