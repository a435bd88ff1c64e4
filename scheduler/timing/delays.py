"""When a figure will be known, as somebody says it in passing: 延期 6月下旬, postponed to June."""

from datetime import timedelta

from scheduler.timing.denials import denied
from scheduler.timing.lazily import Pattern
from scheduler.timing.model import Context, Expectation
from scheduler.timing.reader import read

# A day named without its year is one of the last eleven months, or of the month to come.
LOOK_BACK = timedelta(days=330)
_PUT_OFF = Pattern("延期|延び|遅れ|ずれ込|先送り|postpone|delay|put off|pushed back")
# What was put off is told as past, though its new time is still to come.
_WAS_PUT_OFF = Pattern(
    r"(?P<ja>延期|先送り|後ろ倒し)(?:に|と)?(?:なり|なっ|され|し)[^、。\n]*|"
    r"(?i:\b(?:was|were|is|are|got|(?:has|have|had) been|had to be) "
    r"(?P<en>postponed|delayed|put off|pushed back)\b)"
)
# When its writer says more, not when the figure is known.
_ANSWERING = Pattern(
    r"回答|返信|返事|連絡|報告|お知らせ|お伝え|確認|調べ|"
    r"\banswer|\breply|\brespond|\bget back|\bcome back|\blet you know|\breport back|"
    r"\bcheck|\bsend you|\b(?:i am|i'm|we are|i will be) (?:away|back|out)\b"
)
# That something is not known yet takes nothing back of when it will be.
_STILL = Pattern(
    r"(?:まだ|未だ|現時点で)[^。\n]*?(?:ません|いない)|(?i:\bnot before\b|"
    r"(?:\bnot\b|n't\b)[^.]{0,40}\byet\b)"
)
# Said first of a figure whose time is told next.
_FIRST = Pattern(
    r"^\s*(?:(?:まだ|未だ|未公表|未定|集計中|調整中)[^、。\d]{0,14}[、。]"
    r"|(?i:(?:still|not) \w+[,;.]? [-–]?))\s*"
)
_STOP = Pattern(r"[。！!？?\n]|\. ")
_NAMED_YEAR = Pattern(r"[0-9０-９]年|元年|[来翌次]年|year|[12][0-9]{3}|(?i:[rh])[0-9]")
# Such a number is a year, or a value.
_YEAR_ALONE = Pattern(r"\D{0,2}\d{4}\D{0,2}")


def puts_off(text: str) -> bool:
    """Whether it tells of a delay as of something done."""
    return _WAS_PUT_OFF.search(text) is not None


def awaited(text: str, context: Context) -> Expectation | None:
    """The one window that a statement names for the figure; None where that is not certain."""
    text = _WAS_PUT_OFF.sub(lambda match: match["ja"] or match["en"], _FIRST.sub("", text))
    reading = read(text, context)
    if reading.outcome != "dated" or len(reading.expect) != 1:
        return None
    # Such a sentence may tell when its writer is back.
    strange = any(each.code == "unfamiliar" for each in reading.notes)
    if strange and not _PUT_OFF.search(text.lower()):
        return None
    one = reading.expect[0]
    if not _is_near(one, text, context) or _YEAR_ALONE.fullmatch(text.strip()):
        return None
    taken_back = denied(_STILL.sub("", text)) or _ANSWERING.search(_around(text, one).lower())
    return None if taken_back else one


def _is_near(one: Expectation, text: str, context: Context) -> bool:
    """Whether a window is not over, nor next year's for no more than that its day is over."""
    if one.latest is not None and one.latest < context.asof:
        return False
    begins = one.earliest or one.latest
    far = begins is not None and begins > context.asof + LOOK_BACK
    return not far or _NAMED_YEAR.search(text) is not None


def _around(text: str, one: Expectation) -> str:
    """The sentence in which a window stands."""
    places = [(each.start, each.end) for each in one.derivation]
    start, end = min(places, default=(0, 0))[0], max(places, default=(0, 0))[1]
    before, after = list(_STOP.finditer(text, 0, start)), _STOP.search(text, end)
    return text[before[-1].end() if before else 0 : after.start() if after else len(text)]
