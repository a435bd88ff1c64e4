"""What somebody says of a figure in passing: its value, how final it is, of when, known since when.

「確報値 1,012団体 3月23日公表」 is 1,012団体, final, 23 March. The words are those of the timing
texts, read as of a day one can look back from; nothing is guessed where two readings are possible.
"""

from datetime import date, timedelta
from typing import Literal, NamedTuple, TypeVar

from scheduler.timing.amounts import amounts
from scheduler.timing.clauses import Mention
from scheduler.timing.days import Days, described
from scheduler.timing.delays import LOOK_BACK, awaited, puts_off
from scheduler.timing.denials import asked, denied, still_out, unsure, where_reached
from scheduler.timing.lazily import Pattern
from scheduler.timing.model import Context
from scheduler.timing.parsing import Parsed, parse
from scheduler.timing.recent import spelled_out

T = TypeVar("T")
Sort = Literal["known", "not_yet", "later", "unclear"]

MONTH, DAY = 2, 3  # the levels of steps
# Elsewhere it may be tomorrow already; nothing is known of a later day.
AHEAD = timedelta(days=1)
# A day that somebody wrote or asked on is no day of a release.
_WRITTEN_ON = Pattern(
    r"日[^、。\n]{0,12}(?:メール|連絡|依頼|照会|問い?合わ?せ|電話)|"
    r"\b(?:mail|e-mail|email|message|request|letter|call)s? (?:of|on|from|dated)\b|"
    r"\b(?:asked|wrote|requested) on\b"
)
_AS_OF = Pattern(r"時点|現在")
_AS_AT = Pattern(r"\bas (?:of|at) (?:the )?$")
_TO_COME = frozenset("fuZj")
# Not there, or not applicable: neither is "not yet" for certain.
_NONE = frozenset({"n/a", "none"})


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


UNCLEAR = Stated("unclear")


def stated(text: str, context: Context) -> Stated:
    """Read one statement, written on `context.asof`."""
    if asked(text):
        return UNCLEAR
    text = spelled_out(text, context.asof)
    parsed = parse(text, _looking_back(context))
    values = amounts(text, parsed)
    if len(values) == 1 and values[0] and not (where_reached(text) or _is_doubtful(text, parsed)):
        return _known(values[0], text, parsed, context)
    if values or ("p" in parsed.codes and not puts_off(text)):
        return UNCLEAR
    return _later(text, context) or _not_yet(text, parsed)


def doubtful(text: str, context: Context) -> bool:
    """Whether a value told beside this may be none: asked for, taken back, unsure, still ahead."""
    return _is_doubtful(text, parse(text, _looking_back(context)))


def _looking_back(context: Context) -> Context:
    return context._replace(asof=context.asof - LOOK_BACK)


def _is_doubtful(text: str, parsed: Parsed) -> bool:
    doubts = (asked, denied, unsure, still_out)
    return any(doubt(text) for doubt in doubts) or _is_to_come(parsed)


def _is_to_come(parsed: Parsed) -> bool:
    """Whether something is still ahead; what is so, is so already."""
    return any(
        token.code in _TO_COME and parsed.words(token) not in {"is", "are"}
        for token in parsed.tokens
    )


def _known(value: str, text: str, parsed: Parsed, context: Context) -> Stated:
    stages: set[str] = {token.value for token in parsed.tokens if token.code == "t"}
    dated = _dated(text, parsed, context)
    single = {days.earliest for m, days in dated if _is_release(m, days, parsed)}
    periods = {described(m, days, context) for m, days in dated if not _is_release(m, days, parsed)}
    ahead = any(days.earliest > context.asof + AHEAD for _, days in dated)
    loose = any(_is_loose(mention, value, text, parsed) for mention, _ in dated)
    written = single and _WRITTEN_ON.search(text.lower())
    if ahead or loose or written or max(len(stages), len(single), len(periods)) > 1:
        return UNCLEAR
    return Stated("known", value, _one(stages), _one(periods), _one(single))


def _is_loose(mention: Mention, value: str, text: str, parsed: Parsed) -> bool:
    """Whether a time may be of something else: 1,012, final figure in June; by June; the 20th."""
    first = mention.phrase.first
    if mention.phrase.bound:
        return True
    if first.anchor.how != "free":
        return False
    start, _ = parsed.spelled.raw(mention.token.start, mention.token.end)
    levels = {step.level for step in first.steps}
    in_brackets = sum(text.count(sign, 0, start) for sign in "(（") > sum(
        text.count(sign, 0, start) for sign in ")）"
    )
    behind = start > text.rfind(value) and not in_brackets
    return MONTH not in levels if DAY in levels else behind


def _dated(text: str, parsed: Parsed, context: Context) -> list[tuple[Mention, Days]]:
    """The times with their days: 先月 counts from the day of writing, 3月 is the last one."""
    now = parse(text, context)
    every = zip(parsed.found, parsed.days, now.days, strict=True)
    chosen = [
        (mention, at if mention.phrase.first.anchor.how == "asof" else back)
        for mention, back, at in every
    ]
    return [(mention, days) for mention, days in chosen if days]


def _is_release(mention: Mention, days: Days, parsed: Parsed) -> bool:
    """Whether a time is the day of a release: 4月1日現在 is that of the figure itself."""
    token, words = mention.token, parsed.spelled.text
    behind, before = words[token.start : token.end + 4], words[: token.start]
    stands = _AS_OF.search(behind) or _AS_AT.search(before)
    return days.earliest == days.latest and stands is None


def _one(found: set[T]) -> T | None:
    return next(iter(found), None)


def _later(text: str, context: Context) -> Stated | None:
    one = awaited(text, context)
    if one is None:
        return None
    window = (one.earliest, one.latest, one.approx)
    return Stated("later", None, one.stage, one.covers, None, *window)


def _not_yet(text: str, parsed: Parsed) -> Stated:
    words = {parsed.words(token) for token in parsed.tokens if token.code == "u"}
    told = words - _NONE or still_out(text)
    return Stated("not_yet") if told and not parsed.found else UNCLEAR
