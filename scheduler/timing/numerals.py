"""Dates written in digits, the same in every language: 2018-03, 2018/3/15, H30.3, FY2018, Q3."""

import re

from scheduler.timing.lexer import Made, Number
from scheduler.timing.moments import Anchor, Moment, Step, day, month

ERAS = {
    "明治": 1867, "大正": 1911, "昭和": 1925, "平成": 1988, "令和": 2018,
    "明": 1867, "大": 1911, "昭": 1925, "平": 1988, "令": 2018,
    "reiwa": 2018, "heisei": 1988, "showa": 1925,
    "m": 1867, "t": 1911, "s": 1925, "h": 1988, "r": 2018,
}  # fmt: skip
_LAST_YEARS = {1988: 31, 1925: 64}
ERA_NAMES = "令和|平成|昭和|大正|明治|[令平昭]|(?<![a-z])[rhs]"
ERA = f"(?P<era>{ERA_NAMES})"


def named_year(number: str, era: str | None = None, *, fiscal: bool = False) -> Anchor:
    """A year that is named in full; era years run on past the era's end, with a note."""
    value = 1 if number == "元" else int(number)
    if era is None:
        return Anchor("named", value + 2000 if len(number) == 2 else value, fiscal=fiscal)
    begins = ERAS[era.strip(".")]
    if value == 0:
        return Anchor("named", 0, fiscal=fiscal)
    last = _LAST_YEARS.get(begins, 999)
    edge = {1: "era-first", last: "era-last"}.get(value, "era-overrun" if value > last else "")
    return Anchor("named", begins + value, fiscal=fiscal, note=edge)


def _dotted(match: re.Match[str]) -> Made:
    year = named_year(match["year"], match["era"])
    steps: tuple[Step, ...] = (month(int(match["month"])),)
    if match["day"]:
        steps += (day(int(match["day"])),)
    return "Y", Moment(year, steps)


def _fiscal(match: re.Match[str]) -> Made:
    number = match["year"] or match["year2"]
    return "Y", Moment(named_year(number, fiscal=True))


def _quarter(match: re.Match[str]) -> Made:
    number = int(match["a"] or match["b"])
    return "P", Step(1, "slice", 3 * number - 3, 3) if 1 <= number <= 4 else Step(1, "impossible")


def _half(match: re.Match[str]) -> Made:
    return "P", Step(1, "slice", 6 * int(match["a"] or match["b"]) - 6, 6)


NUMBERS = (
    Number(
        "date-in-digits",
        rf"(?:{ERA}\.?(?=[0-9元])|(?=[0-9]{{4}}))(?P<year>[0-9]{{1,4}}|元)[./-]"
        r"(?P<month>[0-9]{1,2})(?:[./-](?P<day>[0-9]{1,2}))?(?![0-9%])(?:月(?!間))?",
        _dotted,
    ),
    Number("fiscal-year", r"(?<![a-z])fy ?'?(?P<year>[0-9]{4}|[0-9]{2})(?![0-9])", _fiscal),
    Number(
        "quarter",
        r"(?<![a-z])q(?P<a>[1-9])(?![0-9a-z])|(?<![0-9a-z])(?P<b>[1-9])q(?![a-z0-9])",
        _quarter,
    ),
    Number(
        "half", r"(?<![a-z])h(?P<a>[12])(?![0-9a-z.])|(?<![0-9a-z])(?P<b>[12])h(?![a-z0-9])", _half
    ),
)
