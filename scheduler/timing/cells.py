"""The neighbouring cells of a sheet: what a value's brackets say, and a target's deadline."""

from datetime import date

from scheduler.timing.clauses import Mention
from scheduler.timing.days import Days, described
from scheduler.timing.lazily import Pattern
from scheduler.timing.model import AsOf, Context
from scheduler.timing.parsing import Parsed, parse

_BEING_SET = Pattern(r"d[fvp]?(?:>|!|$)")


def _dated(parsed: Parsed) -> list[tuple[Mention, Days]]:
    pairs = zip(parsed.found, parsed.days, strict=True)
    return [(mention, days) for mention, days in pairs if days]


def as_of(text: str, context: Context) -> AsOf:
    """The period and stage of a value cell: `（2017年４月速報値）` is 2017-04, preliminary.

    Where a cell holds several values, the last one named is the newest and counts.
    """
    parsed = parse(text, context)
    tokens, dated = parsed.tokens, _dated(parsed)
    if not dated:
        return AsOf(None, None)
    mention, days = dated[-1]
    at = tokens.index(mention.token)
    stage = next((token.value for token in tokens[at + 1 : at + 4] if token.code == "t"), None)
    hoped = next((True for token in tokens[at + 1 : at + 3] if token.rule == "estimated"), False)
    return AsOf(described(mention, days, context), stage or ("estimate" if hoped else None))


def deadline(text: str, context: Context) -> date | None:
    """The last day of a target cell's deadline: `2020年度までに416団体` is 2021-03-31.

    None where the cell names none, or says that the deadline is still to be set.
    """
    parsed = parse(text, context)
    dated = _dated(parsed)
    if _BEING_SET.search(parsed.codes):
        return None
    bounded = [days for mention, days in dated if mention.phrase.bound == "until"]
    last = bounded or [days for _, days in dated]
    return last[-1].latest if last else None
