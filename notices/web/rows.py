"""One line of a list page: an item of `scheduler.lists` in the words of the page's language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from notices import wording
from notices.locale import say
from notices.web.strips import Axis, Strip, axis_around, strip
from scheduler.people import everybody

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy.orm import Session

    from db.tables import Occurrence, Promise
    from notices.web.site import Visit
    from scheduler.lists import Item
    from scheduler.timing import Expectation


@dataclass(frozen=True, slots=True)
class Row:
    """What a template shows of one item. `days` are those that matter where it stands.

    `likely` says when it is usually known, "" where nothing tells.
    """

    item: Item
    entry_id: int
    name: str
    awaited: str
    window: str
    state: str
    standing: str
    days: int | None
    value_about: str
    owners: tuple[str, ...]
    strip: Strip | None
    likely: str = ""

    @property
    def number(self) -> str | None:
        """The number the sheet gives the entry, such as ①."""
        return self.item.number

    @property
    def text(self) -> str:
        """The source's own words about the timing."""
        return self.item.text


@dataclass(frozen=True, slots=True)
class Group:
    """Rows under one heading."""

    name: str
    lines: list[Row]


def rows(
    session: Session, items: Iterable[Item], visit: Visit, axis: Axis | None = None
) -> list[Row]:
    """The rows of `items`, in their order, on one axis, with the names of their owners."""
    listed = list(items)
    shared = axis or axis_around(listed, visit.today)
    names = {person.email: person.name for person in everybody(session)}
    return [_row(item, visit, shared, names) for item in listed]


def entry_id(item: Item) -> int:
    """The id of the item's entry: 7 for `7.1`, 12 for `12` and `12/2`."""
    return int(re.split(r"[./]", item.id)[0])


def grouped(lines: Iterable[Row], name: Callable[[Row], str]) -> list[Group]:
    """The rows under their names; groups stand in the order of their first row."""
    groups: dict[str, list[Row]] = {}
    for line in lines:
        groups.setdefault(name(line), []).append(line)
    return [Group(title, members) for title, members in groups.items()]


def value_about(asof: str | None, stage: str | None, language: str) -> str:
    """What a value says of itself: 2017年4月・速報 · April 2017, preliminary; "" where nothing."""
    period = wording.period(asof, language) if asof else ""
    finality = wording.stage(stage, language)
    if period and finality:
        return say(language, "web.value_about", asof=period, stage=finality)
    return period or finality


def window_words(windowed: Item | Occurrence | Promise | Expectation, visit: Visit) -> str:
    """The window as people say it, in the language of the visit."""
    earliest, latest, approx = windowed.earliest, windowed.latest, windowed.approx
    return wording.window(earliest, latest, approx, visit.language, visit.site.policy)


def _row(item: Item, visit: Visit, axis: Axis, names: dict[str, str]) -> Row:
    language = visit.language
    days = wording.countdown(item.state, item.earliest, item.latest, visit.today)
    has_window = item.earliest is not None or item.latest is not None
    return Row(
        item=item,
        entry_id=entry_id(item),
        name=item.entry,
        awaited=wording.awaited_words(item, visit.language),
        window=window_words(item, visit) if has_window else "",
        state=item.state,
        standing=wording.standing(item.state, days, language),
        days=days,
        value_about=value_about(item.value_asof, item.value_stage, language),
        owners=tuple(names[email] for email in item.owners),
        strip=strip(item, axis, visit.today),
    )
