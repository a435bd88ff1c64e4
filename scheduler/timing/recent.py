"""Days as people write them in passing, 3/23 or yesterday, where only one can be meant."""

import re
from datetime import date, timedelta

from scheduler.timing.lazily import Pattern

_RELEASED = r"公表|発表|公開|把握|判明|リリース"
# The day of a release, not that of a mail which the writer answers.
_SOON = rf"(?=、?(?:(?!連絡|メール|依頼|照会|電話|いただ|頂)[^。、\n]){{0,15}}(?:{_RELEASED}))"
_BACK = {"一昨日": 2, "おととい": 2, "昨日": 1, "昨夕": 1, "昨晩": 1, "きのう": 1}
_DAY = Pattern(
    rf"(?P<word>一昨日|おととい|昨日|昨夕|昨晩|きのう|本日|今日|今朝|きょう){_SOON}"
    rf"|(?<![0-9０-９月.,])(?P<day>[12]?[0-9]|3[01])日(?!間|以内|後|前|目){_SOON}"
)
_ELSEWHERE = Pattern("[来翌先前同毎]月|予定|見込")
_SLASHES = Pattern(
    r"(?<![0-9０-９/／.,年])(?P<month>1[0-2]|0?[1-9])[/／](?P<day>3[01]|[12][0-9]|0?[1-9])"
    r"(?![0-9０-９/／.,])"
    rf"(?=[  ]?(?:[（(][月火水木金土日][）)])?[  ]?(?:に|付|、)?[  ]?(?:{_RELEASED}|更新))"
)
# Where blanks go, a number would run into the date behind it; 20日に1 would be once in 20 days.
_BESIDE = Pattern(
    r"(?<=[0-9０-９])[  　]+(?=[0-9０-９]{1,4}[年月/／])"
    r"|(?<=[日年度月]に)(?=[約0-9０-９])(?![0-9０-９]{1,2}[度回])"
)
_ENGLISH = Pattern(
    r"(?i:(?P<released>\b(?:published|released|announced|issued|out)(?: on)? )"
    r"(?:(?P<word>yesterday|today|this morning)\b"
    r"|(?P<a>[0-9]{1,2})/(?P<b>[0-9]{1,2})(?![0-9/.,])))"
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def spelled_out(text: str, today: date) -> str:
    """The text with such days of a release as 3月23日, or 23 March; written on `today`."""
    text = _BESIDE.sub("、", text)
    text = _DAY.sub(lambda match: _japanese(match, today), text)
    text = _SLASHES.sub(lambda match: f"{int(match['month'])}月{int(match['day'])}日", text)
    return _ENGLISH.sub(lambda match: _english(match, today), text)


def _japanese(match: re.Match[str], today: date) -> str:
    number = int(match["day"] or 0)
    if number and (number > today.day or _ELSEWHERE.search(match.string)):
        return match[0]  # of another month, or to come
    back = timedelta(days=_BACK.get(match["word"], 0))
    day = today.replace(day=number) if number else today - back
    return f"{day.year}年{day.month}月{day.day}日{'、' if match['word'] else ''}"


def _english(match: re.Match[str], today: date) -> str:
    if match["word"]:
        day = today - timedelta(days=match["word"].lower() == "yesterday")
        return f"{match['released']}{day.day} {_MONTHS[day.month - 1]} {day.year}"
    first, second = int(match["a"]), int(match["b"])
    # 3/4 is read in two ways; 3/23 and 23/3 are not.
    month, number = (first, second) if second > 12 else (second, first)
    if not 1 <= month <= 12 or number > 31 or (number <= 12 and first != second):
        return match[0]
    return f"{match['released']}{number} {_MONTHS[month - 1]}"
