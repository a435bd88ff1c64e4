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
# Of its writer, or of when that says more; not of when the figure is known.
_OF_ITS_WRITER = Pattern(
    r"回答|返信|返事|連絡|報告|お知らせ|お伝え|確認|調べ|送付|送り|送る|提出|対応|戻り|戻る|休[みむ暇]|不在|出張|"
    r"異動|担当|後任|引き?継|移管|着任|転出|退職|会議|打合せ|"
    r"\banswer|\breply|\brespond|\bget back|\bcome back|\blet you know|\breport back|\bcheck|"
    r"\bsen[dt]\b|\bask\b|\bcontact|\bleav|\btake over|\bmeeting|\bsubmit|\bholiday|\bvacation|"
    r"\b(?:i am|i'm|we are|i will be) (?:away|back|out)\b"
)
# Of the figure.
_OF_ITS_RELEASE = Pattern(
    r"公表|発表|公開|把握|確定|判明|まとま|取りまとめ|集計|[分わ]か[りるれ]|出[るそせ]|出ます|更新|数値|[確速]報|"
    r"延期|延び|遅れ|ずれ込|先送り|後ろ倒し|繰り延べ|"
    r"\bpublish|\brelease|\bpostpon|\bdelay|\bput off|\bpushed back|\bannounc|\bissue|\bavailable|"
    r"\bknown\b|\bfigures?\b|\bresults?\b|\bdata\b|\bout\b|\bready\b|\bfinal|\bprelim|\bexpect|\bdue\b"
)
# What a time alone may be told in.
_PLAIN = Pattern(
    r"(?:[\s、,，・.:：;()（）「」\-–~はがのをにもでへと]|です|ます|でしょう|なり|なる|そう|とい|予定|見込み?|見通し|"
    r"ころ|ごろ|頃|以降|以後|まで|から|中|くらい|ぐらい|あたり|現時点|今のところ|時期|新しい|次回|可能性|高い|早くて|遅くとも|"
    r"(?:the|it|it's|will|be|is|by|in|on|at|of|until|till|probably|hopefully|likely|about|around|new|"
    r"date|time|now|to|then|should|not|yet|before|after|sometime|some|or|and|from|this|that|we)\b)*"
)
# That something is not known yet takes nothing back of when it will be.
_STILL = Pattern(
    r"(?:まだ|未だ|現時点で)[^。\n]*?(?:ません|いない)|(?i:\bnot before\b|"
    r"(?:\bnot\b|n't\b)[^.]{0,40}\byet\b)"
)
# Said first of a figure whose time is told next.
_FIRST = Pattern(
    r"^\s*(?:(?:まだ|未だ|未公表|未定|集計中|調整中)[^、。\d]{0,14}[、。]"
    r"|(?i:(?:not yet|still \w+)[,;.]? [-–]?))\s*"
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
    if denied(_STILL.sub("", text)) or not _is_of_the_figure(text, one):
        return None
    return one


def _is_near(one: Expectation, text: str, context: Context) -> bool:
    """Whether a window is not over, nor next year's for no more than that its day is over."""
    if one.latest is not None and one.latest < context.asof:
        return False
    begins = one.earliest or one.latest
    far = begins is not None and begins > context.asof + LOOK_BACK
    return not far or _NAMED_YEAR.search(text) is not None


def _is_of_the_figure(text: str, one: Expectation) -> bool:
    """Whether the sentence of a window is about the figure, and not about its writer."""
    places = [(each.start, each.end) for each in one.derivation]
    start, end = min(places, default=(0, 0))[0], max(places, default=(0, 0))[1]
    before, after = list(_STOP.finditer(text, 0, start)), _STOP.search(text, end)
    begin, stop = before[-1].end() if before else 0, after.start() if after else len(text)
    words = text[begin:stop].lower()
    if _OF_ITS_WRITER.search(words):
        return False
    beside = "".join(
        " " if any(first <= place < last for first, last in places) else text[place]
        for place in range(begin, stop)
    )
    plain = _PLAIN.fullmatch(beside.lower()) is not None
    return plain or _OF_ITS_RELEASE.search(words) is not None
