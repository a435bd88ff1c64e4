"""What a new edition of a sheet says otherwise than the one before it."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from scheduler.intake.planning import PROGRESS_CELL
from scheduler.sheets.wording import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from db.tables import Line
    from scheduler.intake.editions import Arrival, Arrived

What = Literal[
    "added",
    "gone",
    "moved",
    "number",
    "name",
    "reposted",
    "target",
    "value",
    "category",
    "progress",
    "verdict",
    "timing",
]
_CELLS: tuple[tuple[What, str], ...] = (
    ("name", "name"),
    ("target", "target"),
    ("value", "values_text"),
    ("category", "category"),
    ("verdict", "verdict"),
    ("timing", "timing_text"),
)
REPOSTED = "再掲"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs, in the sheets' own words; `entry` is the name that counts now.

    A line that "moved" has another place among those that stayed (`before` and `after` count from
    1), or another sheet (both name it). "number" is told where it does not just follow from the
    order. None stands for a cell that says nothing.
    """

    what: What
    entry: str
    number: str | None
    before: str | None
    after: str | None


def differences(arrival: Arrival) -> tuple[Change, ...]:
    """The changes against the newest edition before `arrival`, in the order of the sheet.

    Nothing where it is the first edition, or older than what is there. Line breaks, spaces and the
    width of characters are no change.
    """
    if arrival.newest is None or arrival.is_older:
        return ()
    standing = {line.id for line in arrival.standing}
    stayed = [row for row in arrival.rows if row.before and row.before.id in standing]
    moved, renumbered = _moved(stayed, arrival), _renumbered(stayed, arrival)
    promises = {id(row.planned.row): row for row in arrival.rows if _is_promise(row.line)}
    names = _names(row.line for row in arrival.rows)
    changes: list[Change] = []
    for row in arrival.rows:
        if row.before is None or not (row.has_moved or row.before.id in standing):
            changes += _added(row.line, names)
            continue
        changes += _shifted(row, moved)
        if row.entry.id in renumbered:
            changes.append(_change("number", row.line, row.before.number, row.line.number))
        if row.line.reposted != row.before.reposted:
            marks = [REPOSTED if line.reposted else None for line in (row.before, row.line)]
            changes.append(_change("reposted", row.line, *marks))
        changes += _cells(row.before, row.line, promises.get(id(row.planned.row)), names)
    return (*changes, *_gone(arrival))


def _change(what: What, line: Line, before: str | None, after: str | None) -> Change:
    return Change(what, line.name, line.number, before, after)


def _is_promise(line: Line) -> bool:
    return line.place.endswith(PROGRESS_CELL)


def _names(lines: Iterable[Line]) -> set[str]:
    """The names of lines that are no promise of a progress cell: theirs tell of both."""
    return {plain(line.name) for line in lines if not _is_promise(line)}


def _added(line: Line, names: set[str]) -> list[Change]:
    beside = _is_promise(line) and plain(line.name) in names
    return [] if beside else [_change("added", line, None, line.name)]


def _gone(arrival: Arrival) -> Iterator[Change]:
    names = _names(arrival.standing)
    for line in arrival.gone:
        if not (_is_promise(line) and plain(line.name) in names):
            yield _change("gone", line, line.name, None)


def _shifted(row: Arrived, moved: dict[int, tuple[int, int]]) -> Iterator[Change]:
    line, before = row.line, row.before
    if before is not None and row.has_moved:
        sheets = before.edition.sheet.reform_item, line.edition.sheet.reform_item
        yield _change("moved", line, *sheets)
    elif row.entry.id in moved:
        old, new = moved[row.entry.id]
        yield _change("moved", line, str(old), str(new))


def _cells(before: Line, line: Line, promise: Arrived | None, names: set[str]) -> Iterator[Change]:
    """What the cells say otherwise; `promise` is what the row's progress cell promises, if any."""
    if _is_promise(line) and plain(line.name) in names:
        yield from _differing("timing", line, before.timing_text, line.timing_text)
        return
    for what, cell in _CELLS:
        yield from _differing(what, line, getattr(before, cell), getattr(line, cell))
    if promise is None or not _only_the_promise_differs(before, line, promise):
        yield from _differing("progress", line, before.progress, line.progress)


def _only_the_promise_differs(before: Line, line: Line, promise: Arrived) -> bool:
    """Whether the progress cells are the same but for the promise, which is told as timing."""
    if promise.before is None:
        return False
    old = plain(before.progress or "").replace(plain(promise.before.timing_text), "")
    new = plain(line.progress or "").replace(plain(promise.line.timing_text), "")
    return old == new


def _differing(what: What, line: Line, before: str | None, after: str | None) -> Iterator[Change]:
    if plain(before or "") != plain(after or ""):
        yield _change(what, line, before or None, after or None)


def _moved(stayed: Sequence[Arrived], arrival: Arrival) -> dict[int, tuple[int, int]]:
    """The old and the new place of the fewest rows that must have moved to give this order."""
    old = _ranks(line for line in arrival.standing if not _is_promise(line))
    new = _ranks(row.line for row in arrival.rows if not _is_promise(row.line))
    ids = [row.entry.id for row in stayed if row.entry.id in old and row.entry.id in new]
    kept = _longest_rising([old[entry_id] for entry_id in ids])
    return {each: (old[each], new[each]) for each in ids if old[each] not in kept}


def _ranks(lines: Iterable[Line]) -> dict[int, int]:
    return {line.entry_id: rank for rank, line in enumerate(lines, 1)}


def _longest_rising(numbers: Sequence[int]) -> set[int]:
    """The most of `numbers`, which all differ, that stand in rising order."""
    ends: list[int] = []
    before: dict[int, int | None] = {}
    for number in numbers:
        at = bisect_left(ends, number)
        before[number] = ends[at - 1] if at else None
        ends[at : at + 1] = [number]
    kept: set[int] = set()
    last = ends[-1] if ends else None
    while last is not None:
        kept.add(last)
        last = before[last]
    return kept


def _renumbered(stayed: Sequence[Arrived], arrival: Arrival) -> set[int]:
    """The figures whose number changed otherwise than by lines coming, going and moving."""
    old, new = _counted(arrival.standing), _counted([row.line for row in arrival.rows])
    return {
        row.entry.id
        for row in stayed
        if row.planned.row.section == "kpi"
        and row.before is not None
        and plain(row.before.number or "") != plain(row.line.number or "")
        and not (row.entry.id in old and row.entry.id in new)
    }


def _counted(lines: Iterable[Line]) -> set[int]:
    """The entries whose number is but their place among the numbered lines of their tier."""
    counts: Counter[int | None] = Counter()
    found = set()
    for line in lines:
        if line.number and not _is_promise(line):
            counts[line.tier] += 1
            if plain(line.number).strip("().") == str(counts[line.tier]):
                found.add(line.entry_id)
    return found
