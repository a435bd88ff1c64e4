"""Which stored entry a row means: by name, by 再掲, or by place, number and wording together."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from db.inserts import ids_query
from db.tables import Edition, Entry, Line
from scheduler.intake.planning import PROGRESS_CELL
from scheduler.intake.rewording import Described, pair_up
from scheduler.sheets.wording import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from scheduler.intake.planning import Planned


class Key(NamedTuple):
    """What an entry is known by: its normalised name, and whether a progress cell promises it."""

    name: str
    from_progress: bool


class Placed(NamedTuple):
    """A row of a new edition, and the sheet it stands on."""

    sheet_id: int
    planned: Planned


@dataclass(slots=True)
class Index:
    """The entries there are, by key: what each sheet shows, and all that could be reposted.

    `shown` holds the newest line of each entry on each sheet, `newest` each sheet's newest edition,
    `moved` the last line on its old sheet of each entry that has gone to another one.
    """

    on_sheet: dict[tuple[int, Key], list[Entry]] = field(default_factory=lambda: defaultdict(list))
    everywhere: dict[Key, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    shown: dict[int, dict[Entry, Line]] = field(default_factory=lambda: defaultdict(dict))
    newest: dict[int, int] = field(default_factory=dict)
    moved: dict[Entry, Line] = field(default_factory=dict)

    def add(self, entry: Entry, key: Key) -> None:
        """Note an entry that any sheet may repost."""
        if entry not in self.everywhere[key]:
            self.everywhere[key].append(entry)

    def show(self, entry: Entry, sheet_id: int, line: Line) -> None:
        """Note what a sheet says of an entry; editions come oldest first."""
        key = key_of_line(line)
        self.add(entry, key)
        if entry not in self.on_sheet[sheet_id, key]:
            self.on_sheet[sheet_id, key].append(entry)
        self.shown[sheet_id][entry] = line
        self.newest[sheet_id] = line.edition_id

    def standing(self, sheet_id: int) -> dict[Entry, Line]:
        """What the newest edition of a sheet shows, in its order."""
        newest = self.newest.get(sheet_id)
        found = [pair for pair in self.shown[sheet_id].items() if pair[1].edition_id == newest]
        return dict(sorted(found, key=lambda pair: pair[1].position))


def match(
    rows: Sequence[Placed], index: Index, current: Collection[int], now: datetime
) -> list[Entry]:
    """The entry of each row: a stored one, or a new one that is not in the session yet.

    An entry stands for one row of a sheet. First come rows of the same name on the same sheet, of
    several the one with its number; then names that have gone from one sheet to another in this
    import (`current` are the sheets whose newest edition it brings); then reposts (再掲); then what
    was reworded. What is left is new.
    """
    matching = _Matching(rows, index)
    matching.search(_of_that_number)
    matching.search(_of_that_name)
    matching.search_gone(current)
    matching.search(_elsewhere)
    matching.pair_reworded()
    matching.make_new(now)
    return [matching.found[at] for at in range(len(rows))]


class _Matching:
    """The rows of an import, and the entries found for them so far."""

    def __init__(self, rows: Sequence[Placed], index: Index) -> None:
        self.rows = rows
        self.index = index
        self.found: dict[int, Entry] = {}
        self.taken: dict[int, set[Entry]] = defaultdict(set)

    def search(self, find: Callable[[Placed, Index], Iterable[Entry]]) -> None:
        """Give each row without an entry the only or the first that no other row has."""
        for at in self._left():
            row = self.rows[at]
            free = [each for each in find(row, self.index) if each not in self.taken[row.sheet_id]]
            if free:
                self._take(at, free[0])

    def search_gone(self, current: Collection[int]) -> None:
        """Give rows the entries of their name that another sheet showed last and shows no more."""
        gone: dict[Key, list[tuple[Entry, Line]]] = defaultdict(list)
        for sheet_id in current:
            for entry, line in self.index.standing(sheet_id).items():
                if entry.sheet_id == sheet_id and entry not in self.taken[sheet_id]:
                    gone[key_of_line(line)].append((entry, line))
        for at in self._left():
            row = self.rows[at]
            found = gone[key_of(row.planned)]
            if found and row.sheet_id in current and not row.planned.row.reposted:
                entry, line = found.pop(0)
                entry.sheet_id, self.index.moved[entry] = row.sheet_id, line
                self._take(at, entry)

    def pair_reworded(self) -> None:
        """Give rows the entries of their own sheet that they are most like."""
        places: dict[int, list[int]] = defaultdict(list)
        for at in range(len(self.rows)):
            places[self.rows[at].sheet_id].append(at)
        for sheet_id, own in places.items():
            old = [
                (entry, _described_line(place, line))
                for place, (entry, line) in enumerate(self.index.standing(sheet_id).items())
                if entry not in self.taken[sheet_id]
            ]
            new = [
                (at, _described(place, self.rows[at].planned))
                for place, at in enumerate(own)
                if at not in self.found
            ]
            for one, other in pair_up([each[1] for each in new], [each[1] for each in old]):
                self._take(new[one][0], old[other][0])

    def make_new(self, now: datetime) -> None:
        """Make an entry for each row that is left; a repost finds one that another row has made."""
        for at in self._left():
            row = self.rows[at]
            others = (e for e in _elsewhere(row, self.index) if e not in self.taken[row.sheet_id])
            entry = next(others, None) or Entry(name=row.planned.row.name, created_at=now)
            self.index.add(entry, key_of(row.planned))
            self._take(at, entry)

    def _left(self) -> list[int]:
        return [at for at in range(len(self.rows)) if at not in self.found]

    def _take(self, at: int, entry: Entry) -> None:
        row = self.rows[at]
        self.found[at] = entry
        self.taken[row.sheet_id].add(entry)
        if entry.sheet_id is None and not row.planned.row.reposted:
            entry.sheet_id = row.sheet_id


def _of_that_name(row: Placed, index: Index) -> list[Entry]:
    return index.on_sheet[row.sheet_id, key_of(row.planned)]


def _of_that_number(row: Placed, index: Index) -> Iterable[Entry]:
    shown, number = index.shown[row.sheet_id], row.planned.row.number
    return (entry for entry in _of_that_name(row, index) if shown[entry].number == number)


def _elsewhere(row: Placed, index: Index) -> list[Entry]:
    """What this row reposts where that is certain, or what others have reposted from it so far."""
    key = key_of(row.planned)
    if row.planned.row.section != "kpi" or key.from_progress:
        return []
    others = index.everywhere[key]
    if row.planned.row.reposted and len(others) == 1:
        return others
    return [entry for entry in others if entry.sheet_id is None]


def _described(place: int, planned: Planned) -> Described:
    row = planned.row
    key = key_of(planned)
    return Described(place, row.number, row.name, row.target, planned.text, key.from_progress)


def _described_line(place: int, line: Line) -> Described:
    key = key_of_line(line)
    return Described(
        place, line.number, line.name, line.target, line.timing_text, key.from_progress
    )


def key_of(planned: Planned) -> Key:
    """What the entry of a row is known by."""
    return Key(plain(planned.row.name), planned.from_progress)


def key_of_line(line: Line) -> Key:
    """What the entry of a stored line is known by."""
    return Key(plain(line.name), line.place.endswith(PROGRESS_CELL))


def load_index(session: Session, sheet_ids: Iterable[int]) -> Index:
    """All that is needed to match the rows of some sheets."""
    index = Index()
    query = (
        select(Entry, Line, Edition.sheet_id)
        .join(Line, Line.entry_id == Entry.id)
        .join(Edition, Edition.id == Line.edition_id)
        .where(Edition.sheet_id.in_(ids_query(session, set(sheet_ids))))
        .order_by(Edition.as_of, Edition.id, Line.position)
    )
    known: set[Entry] = set()
    for entry, line, sheet_id in session.execute(query):
        known.add(entry)
        index.show(entry, sheet_id, line)
    for entry in session.scalars(select(Entry).order_by(Entry.id)):
        if entry not in known:
            index.add(entry, Key(plain(entry.name), False))
    return index
