"""The awaited items of a text: bound, paired, alike where the text says so, with their cycles."""

from itertools import groupby

from scheduler.timing.binding import Binder, Item
from scheduler.timing.clauses import Mention


def items(found: list[Mention]) -> list[Item]:
    """The awaited items in the order of the text."""
    binder = Binder()
    for mention in found:
        binder.take(mention)
    binder.settle()
    return shared_cycles(_paired(_alike(binder.items)))


def _alike(found: list[Item]) -> list[Item]:
    """The items of `（いずれも2022年度分）`, where the last period or stage named is everyone's."""
    for last in found:
        all_of_them = last.window.manner.all_of_them or (
            last.covers and last.covers.manner.all_of_them
        )
        if all_of_them and (last.covers or last.stage):
            beside = [item for item in found if item.window.sentence == last.window.sentence]
            alike = beside if len(beside) > 1 else found
            found = [_likened(item, last) if item in alike else item for item in found]
    return found


def _likened(item: Item, last: Item) -> Item:
    covers = last.covers if last.covers and last.covers.manner.all_of_them else item.covers
    stage = item.stage
    named = last.window.manner.all_of_them or (covers and covers.stage is last.stage)
    if named and (stage is None or stage.value == "actual"):
        stage = last.stage
    return item._replace(covers=item.covers or covers, stage=stage)


def _paired(found: list[Item]) -> list[Item]:
    """The items that それぞれ leaves: the first period goes with the first window."""
    out: list[Item] = []
    for _, group in groupby(found, key=lambda item: item.window.sentence):
        out += _one_to_one(list(group))
    return out


def _one_to_one(group: list[Item]) -> list[Item]:
    windows = list(dict.fromkeys(item.window.place for item in group))
    periods = list(dict.fromkeys(item.covers.place for item in group if item.covers))
    if not group[0].window.manner.respectively or len(windows) != len(periods):
        return group
    pairs = set(zip(windows, periods, strict=True))
    return [i for i in group if i.covers and (i.window.place, i.covers.place) in pairs]


def shared_cycles(found: list[Item]) -> list[Item]:
    """The items with how often each comes again: two months named for 年2回 are each yearly."""
    sharing: dict[int, set[int]] = {}
    for item in found:
        source = item.repeat or item.window
        if source.phrase.repeat:
            sharing.setdefault(source.place, set()).add(item.window.place)
    return [_in_general(item._replace(cycle=_cycle(item, sharing))) for item in found]


def _in_general(item: Item) -> Item:
    """A figure of every year is of no year: `前年度実績は毎年８月` covers none by name."""
    if item.cycle and item.covers and item.covers.phrase.first.anchor.how in ("asof", "free"):
        return item._replace(covers=None)
    return item


def _cycle(item: Item, sharing: dict[int, set[int]]) -> str | None:
    source = item.repeat or item.window
    cycle = source.phrase.repeat
    several = cycle in ("P6M", "P3M") and len(sharing[source.place]) > 1
    return "P1Y" if several else cycle
