"""What a feed shows as a list: the items of its scope as JSON, CSV, XLSX and Atom."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.etree import ElementTree as ET

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from sqlalchemy import select

from db.inserts import ids_query
from db.tables import Entry, Stamp
from notices import feed, ical, wording
from notices.listing import COLUMNS, as_row, csv_text
from notices.locale import say
from scheduler import changes, lists
from scheduler.filters import within

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy.orm import Session

    from db.tables import Feed
    from notices.feed import Found
    from scheduler.lists import Item
    from scheduler.policy import Policy

ATOM = "http://www.w3.org/2005/Atom"
DAYS = {"target_by", "earliest", "latest"}


class Listed(NamedTuple):
    """A feed's items on one day, with the moment each one's entry last changed."""

    feed: Feed
    items: list[Item]
    changed: dict[int, datetime]
    changed_at: datetime
    base_url: str
    policy: Policy

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The items as rows, as `jikai entries --json` gives them."""
        return [as_row(item, self.feed.language) for item in self.items]


def listed(session: Session, found: Found, today: date, policy: Policy, base_url: str) -> Listed:
    """The items of a feed's scope on `today` (the office's day), in the order of the list."""
    items = items_of(session, found.feed, today, policy)
    changed = _changed(session, [_entry_id(item) for item in items])
    return Listed(found.feed, items, changed, found.changed_at, base_url, policy)


def items_of(session: Session, feed_: Feed, today: date, policy: Policy) -> list[Item]:
    """What the list shows of a feed's scope; a public feed's items name no owners."""
    wanted = feed.wanted(feed_)
    every = lists.overdue if wanted.overdue_only else lists.entries
    fitting = set(session.scalars(select(Entry.id).where(within(session, wanted, Entry.id))))
    items = [item for item in every(session, today, policy) if _entry_id(item) in fitting]
    return [replace(item, owners=()) for item in items] if feed_.public else items


def as_json(listed: Listed) -> bytes:
    """One array of rows."""
    return json.dumps(listed.rows, ensure_ascii=False, indent=1).encode() + b"\n"


def as_csv(listed: Listed) -> bytes:
    """CSV in UTF-8 for a spreadsheet."""
    return csv_text(COLUMNS, listed.rows).encode()


def as_xlsx(listed: Listed) -> bytes:
    """A workbook of one sheet; days are days, and no text is a formula."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(ical.clean(listed.feed.label)[:31].translate(SHEET_NAME) or "Jikai")
    sheet.freeze_panes = "A2"
    sheet.append(COLUMNS)
    for row in listed.rows:
        sheet.append([_cell(sheet, name, row[name]) for name in COLUMNS])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def as_atom(listed: Listed) -> bytes:
    """An Atom feed (RFC 4287), newest change first."""
    language, home = listed.feed.language, f"{listed.base_url}/"
    root = ET.Element("feed", {"xmlns": ATOM, "xml:lang": language})
    _text(root, "title", listed.feed.label)
    _text(root, "id", f"{home}#feed-{listed.feed.id}")
    _text(root, "updated", _moment(listed.changed_at))
    ET.SubElement(ET.SubElement(root, "author"), "name").text = "Jikai"
    ET.SubElement(root, "link", {"href": home})
    newest = sorted(listed.items, key=lambda item: _when(listed, item), reverse=True)
    for item in newest:
        _atom_entry(root, item, listed)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


WRITERS: dict[str, tuple[str, Callable[[Listed], bytes]]] = {
    "json": ("application/json", as_json),
    "csv": ("text/csv; charset=utf-8", as_csv),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", as_xlsx),
    "atom": ("application/atom+xml; charset=utf-8", as_atom),
}
# What a workbook does not take in the name of a sheet.
SHEET_NAME = str.maketrans(dict.fromkeys("[]:*?/\\'\n\t", " "))


def _atom_entry(root: ET.Element, item: Item, listed: Listed) -> None:
    entry = ET.SubElement(root, "entry")
    what = wording.awaited(item.kind, item.covers, item.stage, listed.feed.language)
    key = f"feeds.summary.{'overdue' if item.state == 'overdue' else 'awaited'}"
    _text(entry, "title", say(listed.feed.language, key, name=item.entry, what=what))
    url = f"{listed.base_url}/entries/{_entry_id(item)}#{item.id}"
    _text(entry, "id", url)
    _text(entry, "updated", _moment(_when(listed, item)))
    ET.SubElement(entry, "link", {"href": url})
    _text(entry, "summary", "\n".join(_said(item, listed)))


def _said(item: Item, listed: Listed) -> Iterator[str]:
    language = listed.feed.language
    days = item.earliest, item.latest, item.approx
    said = {
        "window": wording.window(*days, language, listed.policy),
        "source": item.text.strip(),
        "sheet": item.sheet,
        "last": item.value,
    }
    for name, words in said.items():
        if words:
            yield say(language, f"feeds.description.{name}", words=words)


def _changed(session: Session, entry_ids: Sequence[int]) -> dict[int, datetime]:
    chosen = select(changes.scope_of_entry(Entry.id)).where(
        Entry.id.in_(ids_query(session, entry_ids))
    )
    query = select(Stamp.scope, Stamp.changed_at).where(Stamp.scope.in_(chosen))
    return {int(scope.partition(":")[2]): at for scope, at in session.execute(query)}


def _when(listed: Listed, item: Item) -> datetime:
    return listed.changed.get(_entry_id(item), listed.changed_at)


def _entry_id(item: Item) -> int:
    return int(item.id.replace("/", ".").partition(".")[0])


def _text(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = ical.clean(text)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")


def _cell(sheet: Any, name: str, value: Any) -> Any:
    if isinstance(value, list):
        value = "; ".join(value)
    if name in DAYS and value:
        value = date.fromisoformat(value)
    text = isinstance(value, str)
    cell = WriteOnlyCell(sheet, ical.clean(value)[:32_767] if text else value)
    if text:
        cell.data_type = "s"
    return cell
