"""Which stored entry a row means: the same name on the same sheet, or one reposted (再掲)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from db.inserts import ids_query
from db.tables import Edition, Entry, Line
from scheduler.intake.planning import PROGRESS_CELL
from scheduler.sheets.wording import plain

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sqlalchemy.orm import Session

    from scheduler.intake.planning import Planned


class Key(NamedTuple):
    """What an entry is known by: its normalised name, and whether a progress cell promises it."""

    name: str
    from_progress: bool


class Shown(NamedTuple):
    """What the newest edition that shows an entry on a sheet says of it."""

    edition_id: int | None
    number: str | None
    text: str


@dataclass(slots=True)
class Index:
    """The entries there are, by key: what each sheet shows, and all that could be reposted."""

    on_sheet: dict[tuple[int, Key], list[Entry]] = field(default_factory=lambda: defaultdict(list))
    everywhere: dict[Key, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    shown: dict[int, dict[Entry, Shown]] = field(default_factory=lambda: defaultdict(dict))

    def add(self, entry: Entry, key: Key) -> None:
        """Note an entry that any sheet may repost."""
        if entry not in self.everywhere[key]:
            self.everywhere[key].append(entry)

    def show(self, entry: Entry, key: Key, sheet_id: int, shown: Shown) -> None:
        """Note what a sheet says of an entry; editions come oldest first."""
        self.add(entry, key)
        if entry not in self.on_sheet[sheet_id, key]:
            self.on_sheet[sheet_id, key].append(entry)
        self.shown[sheet_id][entry] = shown

    def find(self, planned: Planned, sheet_id: int, taken: Collection[Entry]) -> Entry | None:
        """The entry of this row, or None where it is new. `taken` are those of other rows."""
        key = key_of(planned)
        here = [entry for entry in self.on_sheet[sheet_id, key] if entry not in taken]
        if here:
            shown = self.shown[sheet_id]
            same = [entry for entry in here if shown[entry].number == planned.row.number]
            return (same or here)[0]
        if planned.row.section != "kpi" or key.from_progress:
            return None
        others = [entry for entry in self.everywhere[key] if entry not in taken]
        if planned.row.reposted and len(others) == 1:
            return others[0]
        return next((entry for entry in others if entry.sheet_id is None), None)


def key_of(planned: Planned) -> Key:
    """What the entry of a row is known by."""
    return Key(plain(planned.row.name), planned.from_progress)


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
        key = Key(plain(line.name), line.place.endswith(PROGRESS_CELL))
        shown = Shown(line.edition_id, line.number, line.timing_text)
        index.show(entry, key, sheet_id, shown)
    for entry in session.scalars(select(Entry).order_by(Entry.id)):
        if entry not in known:
            index.add(entry, Key(plain(entry.name), False))
    return index
