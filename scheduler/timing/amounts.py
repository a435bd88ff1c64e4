"""The numbers of a statement that are no times, each whole: with its sign, hedge and unit."""

import re

from scheduler.timing.ja.numbers import UNITS
from scheduler.timing.lazily import Pattern
from scheduler.timing.parsing import Parsed

# A number with its sign, in as many pieces as 1億2,300万, and what stands before it: about, minus.
_NUMBER = Pattern(
    r"(?P<lead>(?:(?:約|およそ|おおよそ|凡そ|概ね|おおむね|ほぼ|少なくとも|最大|最低|延べ"
    r"|マイナス|プラス|[△▲▽▼]) ?"
    r"|(?i:\b(?:about|around|approximately|approx\.?|roughly|nearly|almost|over|under|minus|plus"
    r"|more than|less than|fewer than|at least|at most|up to|some|circa|ca?\.) ))*)"
    r"(?P<number>[△▲▽▼−\-+－＋±約]{0,2}"
    r"[0-9０-９]+(?:[,，][0-9０-９]{3})*(?:[.．][0-9０-９]+)?"
    r"(?:[兆億万千][0-9０-９]+(?:[,，][0-9０-９]{3})*)*)"
)
# The unit that clings to a number, or stands apart from it where nobody could take it for else.
_CLINGING = Pattern(
    r"[  　](?i:(?:(?:jpy|yen|usd|eur) )?(?:thousand|million|billion|trillion|bn|mn|tn|k"
    rf"|percentage points|per cent|percent|points|pp)\b|[%％‰]"
    rf"|[十百千万億兆]*(?:{UNITS}|分|秒|時間|点|回)(?![一-鿿ァ-ヺーa-z]))"
    r"|[^\s0-9０-９、。，．,.:：;；()（）「」/／~〜～]*"
)
_BEHIND = Pattern(r"[  　]?(?:程度|前後|ほど|余り?|以上|以下|未満|超|強|弱)")
# Only a part of what the number says: 345 千人, 1,012団体から, (3.2) for a loss, the 012 of 1,012.
_SCALED = Pattern(r"[  　]*(?:[百千万億兆]|(?i:hundreds?|dozens?|m)\b)")
_FROM = Pattern(
    r"[  　]*(?:から|より|まで|中(?:[、の。]|$)|のうち|を(?:超え|上回|下回)|に満た)|[~〜～/／]"
)
# The number of a table; what stands behind a point, a range's sign, or a long ー for a minus.
_NUMBERED = Pattern(
    r"(?i:(?:\b(?:no|nos|p|pp|page|table|annex|form|ref)[.:]?|№) ?|[.．~〜～ー‐–—―])$"
    r"|(?:(?<![公発])表|図|第|頁|別紙|様式|資料|問|注|番号)[  　]?$|[a-zA-Z]$"
)
_ZEROS = Pattern(r"[△▲▽▼−\-+－＋±約]*[0０][0-9０-９]")
# What may be part of a unit: other words, quantities, and 分, which is a share elsewhere.
_UNITS = frozenset("nNB")
_AFTER = frozenset("wogqampifkvtTA,:!<>b")
_TIMES = frozenset("TLRYP")


def amounts(text: str, parsed: Parsed) -> list[str]:
    """The numbers that are no times, as written with hedge, sign and unit; "" where unsure."""
    places = [(token.code, parsed.spelled.raw(token.start, token.end)) for token in parsed.tokens]
    times = [place for code, place in places if code in _TIMES]
    stops = {start: code for code, (start, _) in places if code not in _UNITS}
    found = []
    for match in _NUMBER.finditer(text):
        start, end = match.span("number")
        if not any(first < end and start < last for first, last in times):
            found.append(_whole(text, match, stops))
    return found


def _whole(text: str, match: re.Match[str], stops: dict[int, str]) -> str:
    start, end = match.span("number")
    unit = _CLINGING.match(text, end)
    stop = min((at for at in stops if at >= end), default=len(text))
    apart = unit is not None and unit[0][:1].isspace()
    last = unit.end() if unit and (apart or unit.end() <= stop) else stop
    behind = _BEHIND.match(text, last)
    last = behind.end() if behind else last
    numbered = _NUMBERED.search(text[max(0, match.start() - 8) : match.start()])
    lost = text[start - 1 : start] == "(" and text[last : last + 1] == ")"
    part = (_SCALED.match(text, end) and not apart and last == end) or _FROM.match(text, last)
    known = stop > end or stops.get(stop, ",") in _AFTER
    if numbered or lost or part or not known or _ZEROS.match(match["number"]):
        return ""
    return text[match.start() : last].strip()
