"""English dates, and times and amounts that are written with digits."""

import re

from scheduler.timing.lexer import Made, Number
from scheduler.timing.moments import FREE, Anchor, Lag, Moment, Step, day, month
from scheduler.timing.numerals import NUMBERS, named_year

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul",
            "august aug", "september sept sep", "october oct", "november nov", "december dec",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
_MONTHS = {"12": 12, "twelve": 12, "6": 6, "six": 6, "3": 3, "three": 3}
COUNTS = {
    name: number
    for number, names in enumerate(
        ("one a an", "two second", "three third", "four fourth", "five fifth", "six sixth",
         "seven", "eight", "nine", "ten tenth", "eleven", "twelve"),
        1,
    )
    for name in names.split()
}  # fmt: skip


def _month(match: re.Match[str]) -> Made:
    return "P", month(MONTHS[match["name"]])


def _day(match: re.Match[str]) -> Made:
    return "P", day(int(match["day"]))


def _month_day(match: re.Match[str]) -> Made:
    steps = (month(MONTHS[match["name"]]), _day_step(match))
    return "Y", Moment(FREE, steps)


def _day_step(match: re.Match[str]) -> Step:
    first = int(match["day"])
    last = match["last"]
    return Step(3, "from-to", first, int(last)) if last else day(first)


def _week_of(match: re.Match[str]) -> Made:
    """The week of 15 June: that day and the six after it."""
    name, number = match["name"] or match["name2"], match["day"] or match["day2"]
    return "Y", Moment(FREE, (month(MONTHS[name]), Step(3, "week", int(number))))


def _period_ended(match: re.Match[str]) -> Made:
    """The quarter ended 31 December 2020: the whole months up to that one."""
    months = {"q": 3, "h": 6, "y": 12, "m": 1}.get(match["unit"][0]) or _MONTHS[
        match["unit"].split()[0]
    ]
    steps = (month(MONTHS[match["name"]]), Step(2, "ended", months))
    return "Y", Moment(named_year(match["year"]), steps)


def _named(match: re.Match[str]) -> Made:
    return "Y", Moment(named_year(match["year"] or match["short"]))


def _era_year(match: re.Match[str]) -> Made:
    number = "1" if match["year"] == "gannen" else match["year"]
    fiscal = bool(match["fiscal"] or match["after"] or match["after2"])
    return "Y", Moment(named_year(number, match["era"], fiscal=fiscal))


def _split_year(match: re.Match[str]) -> Made:
    """2018/19 is the fiscal year that begins in the first and ends in the second."""
    first, last = int(match["year"]), int(match["last"])
    if (first + 1) % 100 != last % 100:
        return "Y", Moment(named_year(match["year"]), (Step(1, "impossible"),))
    return "Y", Moment(Anchor("named", first, "split", True))


def _fiscal(match: re.Match[str]) -> Made:
    return "Y", Moment(named_year(match["a"] or match["b"], fiscal=True))


def _quantity(match: re.Match[str]) -> Made:
    return ("n" if match[0].isdigit() else "N"), None


def _every(match: re.Match[str]) -> Made:
    word = match["number"]
    number = int(word) if word.isdigit() else COUNTS[word]
    unit = match["unit"][0].upper()
    if unit == "W":
        number, unit = 7 * number, "D"
    fixed = {(1, "Y"): "year", (3, "M"): "quarter", (6, "M"): "half", (1, "M"): "month"}
    return "R", (f"P{number}{unit}", fixed.get((number, unit), ""), False)


def _every_weekday(match: re.Match[str]) -> Made:
    names = ("mon", "tues", "wednes", "thurs", "fri", "satur", "sun")
    return "R", ("P7D", "week", False, Step(3, "weekday", names.index(match["day"])))


def _after_each_month(match: re.Match[str]) -> Made:
    if match["day"]:
        return "R", ("P1M", "month", False, day(int(match["day"])))
    part = (_PARTS["end"],) if match["end"] else (Step(3, "days", 0, 0),) if match["last"] else ()
    return "R", ("P1M", "month", False, *part)


def _part_of_every(match: re.Match[str]) -> Made:
    """Early in each month, the end of every fiscal year: that part, again and again."""
    unit = match["unit"] or match["unit2"]
    part = _PARTS[match["part"] or "end"]
    if unit in MONTHS:
        return "R", ("P1Y", "year", False, month(MONTHS[unit]), part)
    length = {"q": ("P3M", "quarter"), "h": ("P6M", "half"), "m": ("P1M", "month")}.get(unit[0])
    return "R", (*(length or ("P1Y", "year")), unit[0] == "f", part)


def _after_every_year(match: re.Match[str]) -> Made:
    return "R", ("P1Y", "year", bool(match["fiscal"]))


def _year_following(match: re.Match[str]) -> Made:
    return "Y", Moment(Anchor("before", 1, "year", bool(match["fiscal"])))


def _each(_: re.Match[str]) -> Made:
    return "R", ("P1Y", "year", False)


def _day_of_each_month(match: re.Match[str]) -> Made:
    return "R", ("P1M", "month", False, day(int(match["day"])))


def _lag(match: re.Match[str]) -> Made:
    # Without a number it is half a year.
    word = match["number"] or "6"
    number = int(word) if word.isdigit() else COUNTS[word]
    unit = match["unit"] or "month"
    months = number * {"year": 12, "month": 1}.get(unit, 0)
    days = number * {"week": 7, "day": 1}.get(unit, 0)
    return "L", Lag(months, days, bool(match["within"]), bool(match["then"]))


def _line(_: re.Match[str]) -> Made:
    return "b", None


def _stop(_: re.Match[str]) -> Made:
    return "!", None


def _name(_: re.Match[str]) -> Made:
    return "n", None


def _slashes(match: re.Match[str]) -> Made:
    """31/10/2019, 10/31/2019; the day comes first where both could be one (note `day-first`)."""
    first, second = int(match["a"]), int(match["b"])
    day_number, month_number = (second, first) if second > 12 else (first, second)
    both = first <= 12 and second <= 12 and first != second
    anchor = named_year(match["year"])._replace(note="day-first" if both else "")
    return "Y", Moment(anchor, (month(month_number), day(day_number)))


def _nothing(_: re.Match[str]) -> Made:
    return " ", None


_PARTS = {
    **dict.fromkeys(("end", "close", "last month"), Step(9, "edge", -1)),
    **dict.fromkeys(("beginning", "start"), Step(9, "edge", 0)),
    "early": Step(9, "third", 0),
    **dict.fromkeys(("mid", "middle", "mid-month"), Step(9, "third", 1)),
    "late": Step(9, "third", 2),
    "first half": Step(9, "half", 0),
    "second half": Step(9, "half", 1),
}
_PERIOD = "(?:fiscal |financial |calendar )?year|quarter|half-year|half|month"
_NAMES = "|".join(sorted(MONTHS, key=len, reverse=True))
_NOT_MODAL = "(?! (?:be|have|not|also|change|vary|differ|include|need|well|only|still|come|take|become|require)\\b)"
_NAME = rf"(?P<name>{_NAMES})\b(?:(?<=jan|feb|mar|apr|jun|jul|aug|sep|oct|nov|dec)\.|(?<=sept)\.)?{_NOT_MODAL}"
_TH = "(?:st|nd|rd|th)?"
_COUNT = rf"(?P<number>[0-9]{{1,2}}|{'|'.join(COUNTS)})"
_BEGIN = "(?<![a-z0-9.,])"
BEGIN = r"0-9a-z'.(/\n"
_PART = rf"(?:{_NAMES}|spring|summer|autumn|fall|winter|end|start|beginning|early|late|mid|first|second|third|fourth|last)\b"
# fmt: off
NUMBERS_IN_ENGLISH = (
    Number("name-with-year", r"\b(?:route|form|room|version|agenda|vision|act|iso|horizon|society|expo|olympics?|plan|strategy|roadmap|programme|program) (?:19|20)[0-9]{2}(?:-[0-9]+)?\b(?!-)", _name),
    Number("date-in-slashes", r"(?<![0-9/.])(?P<a>[0-9]{1,2})[/.](?P<b>[0-9]{1,2})[/.](?P<year>(?:19|20)[0-9]{2})(?![0-9/])", _slashes),
    Number("provisional-date", r"(?<=date )\((?:provisional|preliminary)\)", _nothing),
    Number("day-and-month", rf"{_BEGIN}(?P<day>[0-9]{{1,2}}){_TH}(?:(?:-| to | and )(?P<last>[0-9]{{1,2}}){_TH})? (?:of )?{_NAME}", _month_day),
    Number("month-and-day", rf"\b{_NAME} (?:the )?(?P<day>[0-9]{{1,2}}){_TH}(?:(?:-| to )(?P<last>[0-9]{{1,2}}){_TH})?(?![0-9:%]|,[0-9]{{3}}| ?%)", _month_day),
    Number("period-ended", rf"\b(?P<unit>quarter|half-year|half year|year|(?:12|twelve|6|six|3|three) months|month) (?:ended|ending|to) (?:on )?(?:(?P<day>[0-9]{{1,2}}){_TH} )?{_NAME}(?: (?P<day2>[0-9]{{1,2}}){_TH},?)? (?P<year>(?:19|20)[0-9]{{2}})\b", _period_ended),
    Number("following", rf"\bfollowing (?={_PART})", _nothing),
    Number("fall", r"\bfall(?= (?:of |19|20|'|or |and )|$)|(?<=in )fall\b|(?<=the )fall\b(?! in\b)", lambda _: ("P", Step(1, "season", 9))),
    Number("month", rf"\b{_NAME}", _month),
    Number("revised", rf"(?:^|(?<=[,;/-] )|(?<=\n))revised(?=:| (?:in |around |by )?(?:{_PART}|[12][0-9]{{3}}))", lambda _: ("t", "revised")),
    Number("revised-in-brackets", r"(?<=\()revised(?=\))", lambda _: ("t", "revised")),
    Number("all-of-them", r"(?<=\()(?:all|both|each)\b", lambda _: ("8", None)),
    Number("those", r"\b(?:those|that|the one|the ones)(?= (?:for|of|covering)\b)", lambda _: ("S", None)),
    Number("year-following", r"\b(?:(?P<fiscal>fiscal|financial) )?year (?:following|after)(?=$|[.,;)])", _year_following),
    Number("revised-heading", r"(?:^|(?<=[.;] ))revised(?= [a-z ]{2,30}: )", lambda _: ("t", "revised")),
    Number("estimated-figure", r"\bestimated(?= [a-z]+ (?:in|for|of|by|around) )(?! (?:date|time|completion|release|publication))", lambda _: ("t", "estimate")),
    Number("survey-figure", r"\b(?:survey|census|inquiry|poll) (?:tables?|reports?|figures?|statistics|totals|estimates|outcomes?)\b", lambda _: ("o", None)),
    Number("year-of-survey", r"\b(?:year|month) (?:following|after) (?:the |each )?(?:survey year|survey|census|fieldwork|reference year)\b", lambda _: ("Y", Moment(Anchor("before", 1, "")))),
    Number("revised-one", r"\brevised(?= one\b)", lambda _: ("t", "revised")),
    Number("revised-of", rf"\brevised(?= [a-z]+ (?:for|of) (?:{_PART}|q[1-4]|h[12]|fy|[12][0-9]{{3}}))", lambda _: ("t", "revised")),
    Number("month-after-survey", r"\b(?:(?P<end>end of )|(?P<last>last day of )|(?P<day>[0-9]{1,2})(?:st|nd|rd|th)? (?:day )?of )?(?:the )?month (?:following|after) (?:the |each |every )?(?:(?:reference|survey|data|target) (?:month|period)|month surveyed|month covered)\b", _after_each_month),
    Number("part-of-every", rf"(?:\b(?P<part>{'|'.join(_PARTS)})[- ](?:in |of )?(?:the )?(?:each|every|reference) (?P<unit>{_PERIOD}|{_NAMES})|\b(?:each|every) (?P<unit2>{_PERIOD})[- ]end)\b", _part_of_every),
    Number("after-every-year", r"\b(?:(?P<fiscal>fiscal|financial) |calendar )?year (?:following|after) (?:each|every|the reference) (?:(?:fiscal|financial|calendar|reference) )?year\b|\b(?:each|every) year (?:following|after) the (?:reference|survey) year\b", _after_every_year),
    Number("every-weekday", r"\b(?:every|each) (?P<day>mon|tues|wednes|thurs|fri|satur|sun)day\b", _every_weekday),
    Number("possessive", r"(?<=[a-z0-9])'s\b", _nothing),
    Number("by-the-year", r"\b(?:by|per) (?:calendar|fiscal|financial) year\b(?![- ]end)", _name),
    Number("no-year", r"\byear (?=in which|when|that |to which)", _name),
    Number("every-n-yearly", rf"\b(?P<number>{'|'.join(COUNTS)}|[0-9]{{1,2}})-(?P<unit>year|month)ly\b", _every),
    Number("era-year", r"(?P<fiscal>\b(?:fiscal year|financial year|fy) ?)?\b(?P<era>reiwa|heisei|showa) (?P<year>[0-9]{1,2}|gannen)\b(?P<after> fiscal year\b)?(?: \((?:fy ?)?(?:19|20)[0-9]{2}\))?(?P<after2> (?:fiscal|financial) year\b)?", _era_year),
    Number("era-letter", r"(?<![a-z0-9])(?P<fiscal>)(?P<era>[rhs])(?P<year>[0-9]{1,2}) \((?:19|20)[0-9]{2}\)(?P<after>)(?P<after2>)", _era_year),
    Number("era-again", r"(?<=[0-9] )\((?:reiwa|heisei|showa|[rhs]) ?[0-9]{1,2}\)", _nothing),
    Number("split-year", rf"{_BEGIN}(?:fy ?|(?:fiscal|financial) year )?(?P<year>(?:19|20)[0-9]{{2}})[/-](?P<last>(?:20)?(?:1[3-9]|[2-9][0-9]))(?![0-9/-])(?: (?:fiscal|financial) year\b)?", _split_year),
    Number("fiscal-year-named", rf"\b(?:fiscal|financial)(?: year)?(?: ending| ended)? (?P<a>(?:19|20)[0-9]{{2}})\b|{_BEGIN}(?P<b>(?:19|20)[0-9]{{2}}) (?:fiscal|financial) year\b", _fiscal),
    *NUMBERS,
    Number("every-so-often", rf"\b(?:once )?(?:every|each|once in) {_COUNT} (?P<unit>year|month|week|day)s?\b", _every),
    Number("day-alone", r"(?:(?<=on the )|(?<=by the )|(?<=around the )|(?<=about the ))(?P<day>[0-9]{1,2})(?:st|nd|rd|th)(?= of|$|[.,;)])", _day),
    Number("day-of-each-month", rf"{_BEGIN}(?P<day>[0-9]{{1,2}}){_TH} (?:day )?of (?:each|every) month\b", _day_of_each_month),
    Number("annual", r"\bannual(?=[,:;.]| \(|$)", _each),
    Number("weekly-on", r"\b(?:weekly|every week|each week),? (?:on )?(?P<day>mon|tues|wednes|thurs|fri|satur|sun)days?\b", _every_weekday),
    Number("or-between-months", rf"(?<=[a-z.])/(?=(?:{_NAMES})\b)", lambda _: ("O", None)),
    Number("week-of", rf"\bweek (?:of|commencing|beginning|starting|from) (?:monday,? )?(?:the )?(?:(?P<day>[0-9]{{1,2}}){_TH} (?:of )?{_NAME}|(?P<name2>{_NAMES})\.? (?P<day2>[0-9]{{1,2}}){_TH})", _week_of),
    Number("each", rf"\b(?:every|each)(?= (?:the )?{_PART})", _each),
    Number("lag", rf"\b(?P<within>within |no more than |no later than )?(?:{_COUNT} (?P<unit>year|month|week|day)s?|half a year|half-year)(?:(?P<then> later| after (?:that|this)(?: date| day)?(?=[.,;)]|$)| afterwards| thereafter)|(?= (?:after|of|from|following)))", _lag),
    Number("year", rf"(?:\b(?:calendar )?year )?{_BEGIN}(?:(?P<year>(?:19|20)[0-9]{{2}})|'(?P<short>[0-9]{{2}}))(?![0-9%]|[:,.][0-9]| ?%)", _named),
    Number("weekday", r"\(?\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b\)?,?", _nothing),
    Number("clock", r"(?<![0-9])[0-9]{1,2}(?:\.[0-9]{2} ?[ap]\.?m\.?|:[0-9]{2}(?: ?[ap]\.?m\.?)?| ?[ap]\.?m\.?)", _nothing),
    Number("stop", r"\.(?= |$|\n)", _stop),
    Number("line", r"\n|\([0-9]{1,2}\) |^[0-9]{1,2}[.)] ", _line),
    Number("amount-by", r"(?<![0-9a-z.,])[0-9][0-9,]*(?= by )", lambda _: ("N", None)),
    Number("quantity", r"[0-9][0-9,.]*[0-9](?: ?%| percent| per cent)?|[0-9]+ ?(?:%| percent| per cent)|[0-9]+(?= [a-z]+s\b)", _quantity),
)
# fmt: on
