"""What somebody says of a figure in passing: its value, how final it is, of when, known since when.

「確報値 1,012団体 3月23日公表」 is 1,012団体, final, 23 March. The words are those of the timing
texts, read as of a day one can look back from; nothing is guessed where two readings are possible.
"""

from datetime import date, timedelta
from typing import Literal, NamedTuple, TypeVar

from scheduler.timing.days import described
from scheduler.timing.lazily import Pattern
from scheduler.timing.model import Context
from scheduler.timing.parsing import Parsed, parse
from scheduler.timing.reader import read

T = TypeVar("T")
Sort = Literal["known", "not_yet", "later", "unclear"]

# A day named without its year is one of the last eleven months, or of the month to come.
LOOK_BACK = timedelta(days=330)
# Elsewhere it may be tomorrow already; nothing is known of a later day.
AHEAD = timedelta(days=1)
# A number with its sign, in as many pieces as 1億2,300万; and the unit that clings to it.
_NUMBER = Pattern(
    r"[△▲−\-+－＋±約]{0,2}"
    r"[0-9０-９]+(?:[,，][0-9０-９]{3})*(?:[.．][0-9０-９]+)?"
    r"(?:[兆億万千][0-9０-９]+(?:[,，][0-9０-９]{3})*)*"
)
_CLINGING = Pattern(
    r" ?(?:thousand|million|billion|trillion|per cent|percent|percentage points|points)\b"
    r"|[^\s0-9０-９、。，．,.:：;；()（）「」/／~〜～]*"
)
_NOT_YET = Pattern(r"まだ|未(?:公表|把握|集計|定|確定)|not yet|unpublished|still (?:waiting|open)")
# Asked, denied, or no figure at all but where its writer is reached.
_DOUBTED = Pattern(
    r"[?？]|\bnot\b|n't\b|\bexpect|でしょうか|(?:です|でした|ます|ました)か|"
    r"(?:では|じゃ)(?:な|ありません)|でな[いく]|(?:間)?違[いうっ]|誤[りっ]|"
    r"内線|直通|号室|〒|\btel\b|\bfax\b|\bext\b|\broom\b|@|https?:"
)
_PUT_OFF = Pattern("延期|延び|遅れ|ずれ込|先送り|postpone|delay|put off")
_TO_COME = frozenset("fuZj")
_TIMES = frozenset("TLRYP")
# What may be part of a unit: other words, quantities, and 分, which is a share elsewhere.
_UNITS = frozenset("nNB")
_AFTER = frozenset("wogqampifkvtT,:!<>b")


class Stated(NamedTuple):
    """What was said: `sort` "known" has a value, "later" a window, and "unclear" neither.

    `value` is in the writer's words, `period` named as in `AsOf`, `day` the day it became known.
    """

    sort: Sort
    value: str | None = None
    stage: str | None = None
    period: str | None = None
    day: date | None = None
    earliest: date | None = None
    latest: date | None = None
    approx: bool = False


def stated(text: str, context: Context) -> Stated:
    """Read one statement, written on `context.asof`."""
    parsed = parse(text, context._replace(asof=context.asof - LOOK_BACK))
    codes = {token.code for token in parsed.tokens}
    values = _values(text, parsed)
    doubted = codes & _TO_COME or _DOUBTED.search(text.lower()) or _NOT_YET.search(text.lower())
    if len(values) == 1 and values[0] and not doubted:
        return _known(values[0], parsed, context)
    if values or "p" in codes:
        return Stated("unclear")
    return _later(text, context) or _not_yet(parsed)


def _known(value: str, parsed: Parsed, context: Context) -> Stated:
    stages: set[str] = {token.value for token in parsed.tokens if token.code == "t"}
    pairs = zip(parsed.found, parsed.days, strict=True)
    dated = [(mention, days) for mention, days in pairs if days]
    single = {days.earliest for _, days in dated if days.earliest == days.latest}
    periods = {described(m, days, context) for m, days in dated if days.earliest != days.latest}
    ahead = any(day and day > context.asof + AHEAD for day in single)
    if ahead or max(len(stages), len(single), len(periods)) > 1:
        return Stated("unclear")
    return Stated("known", value, _one(stages), _one(periods), _one(single))


def _one(found: set[T]) -> T | None:
    return next(iter(found), None)


def _values(text: str, parsed: Parsed) -> list[str]:
    """The numbers that are no times, as written with sign and unit; "" where that is unsure."""
    places = [(token.code, parsed.spelled.raw(token.start, token.end)) for token in parsed.tokens]
    times = [place for code, place in places if code in _TIMES]
    stops = {start: code for code, (start, _) in places if code not in _UNITS}
    found = []
    for match in _NUMBER.finditer(text):
        start, end = match.span()
        if any(first < end and start < last for first, last in times):
            continue
        unit = _CLINGING.match(text, end)
        stop = min((at for at in stops if at >= end), default=len(text))
        glued = text[start - 1 : start].isascii() and text[start - 1 : start].isalpha()
        sure = not glued and (stop > end or stops.get(stop, ",") in _AFTER)
        found.append(text[start : min(unit.end() if unit else end, stop)].strip() if sure else "")
    return found


def _later(text: str, context: Context) -> Stated | None:
    reading = read(text, context)
    if reading.outcome != "dated" or len(reading.expect) != 1:
        return None
    # Such a sentence may tell when its writer is back.
    strange = any(each.code == "unfamiliar" for each in reading.notes)
    if strange and not _PUT_OFF.search(text.lower()):
        return None
    one = reading.expect[0]
    if one.latest is not None and one.latest < context.asof:
        return None
    window = (one.earliest, one.latest, one.approx)
    return Stated("later", None, one.stage, one.covers, None, *window)


def _not_yet(parsed: Parsed) -> Stated:
    told = any(token.code == "u" for token in parsed.tokens) or _NOT_YET.search(parsed.spelled.text)
    return Stated("not_yet" if told and not parsed.found else "unclear")
