"""The words that mails, feeds, pages and commands share for figures, windows and days.

`language` is "ja" or "en" throughout. Days are inclusive. Nothing here is escaped for HTML.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from babel.dates import format_date, format_datetime

from notices.locale import say

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from db.tables import Occurrence
    from scheduler.lists import Item
    from scheduler.policy import Policy
    from scheduler.timing import Expectation

COVERED = re.compile(
    r"(?P<fiscal>FY)?(?P<year>\d{4})(?:-(?:Q(?P<quarter>[1-4])|H(?P<half>[12])|(?P<month>\d{2})"
    r"(?:-(?P<day>\d{2}))?))?"
)


def awaited(kind: str, covers: str | None, stage: str | None, language: str, count: int = 1) -> str:
    """What is awaited: 2017年4月の確報値 · final figure for April 2017 · three final figures for …

    `kind`, `covers` and `stage` are those of a reading; `count` figures are named together.
    """
    key = f"words.figure.{stage or 'none'}" if kind == "figure" else f"words.event.{kind}"
    what = say(language, key, count=count, number=_spelled(count, language))
    if covers is None:
        return what
    return say(language, "words.awaited.of_period", what=what, period=period(covers, language))


def awaited_words(one: Item | Occurrence | Expectation, language: str) -> str:
    """What is awaited, as the start of a line."""
    return sentence(awaited(one.kind, one.covers, one.stage, language))


def stage(name: str | None, language: str) -> str:
    """How final a figure is (速報 · preliminary); "" where nothing says so."""
    return say(language, f"words.stage.{name}") if name else ""


def kind(name: str, language: str) -> str:
    """What sort of thing is awaited: 数値 · figure, 検証 · evaluation, …"""
    return say(language, f"words.kind.{name}")


def period(covers: str, language: str) -> str:
    """The period a figure describes: `2017-04` → 2017年4月 · April 2017.

    Text that is no period of a reading is given back as it is.
    """
    first, interval, last = covers.partition("/")
    if interval:
        ends = {"first": period(first, language), "last": period(last, language)}
        return say(language, "words.period.interval", **ends)
    found = COVERED.fullmatch(covers)
    try:
        return covers if found is None else _period(found, language)
    except ValueError:  # 2017-13 looks like a month and is none
        return covers


def _period(found: re.Match[str], language: str) -> str:
    year, fiscal = int(found["year"]), "fiscal_" if found["fiscal"] else ""
    if found["quarter"]:
        key = f"words.period.{fiscal}quarter"
        return say(language, key, year=year, part=found["quarter"])
    if found["half"]:
        return say(language, f"words.period.{fiscal}half_{found['half']}", year=year)
    if found["day"]:
        return day(date(year, int(found["month"]), int(found["day"])), language)
    if found["month"]:
        return month(date(year, int(found["month"]), 1), language)
    return say(language, f"words.period.{'fiscal_year' if fiscal else 'year'}", year=year)


def day(value: date, language: str) -> str:
    """One day: 2018年3月1日 · 1 March 2018."""
    return _date(value, "day", language)


def month(value: date, language: str) -> str:
    """The month a day lies in: 2018年3月 · March 2018."""
    return _date(value, "month", language)


def moment(value: datetime, timezone: ZoneInfo, language: str) -> str:
    """A moment (aware) as clocks in `timezone` show it: 2018年3月1日 9:00 · 1 March 2018, 09:00."""
    pattern = say(language, "words.date.moment")
    return format_datetime(value, pattern, tzinfo=timezone, locale=language)


def window(
    earliest: date | None,
    latest: date | None,
    approx: bool,
    language: str,
    policy: Policy | None = None,
) -> str:
    """A window as people say it: 2018年3月頃 · around March 2018 · by 31 March 2019 · FY2017.

    A fiscal year is said only where the window is exactly one; without `policy` that is the year
    from April, named after its start.
    """
    if earliest is None or latest is None:
        return _open_window(earliest, latest, approx, language)
    _, span = _span(earliest, latest, language, policy)
    return say(language, "words.window.about", window=span) if approx else span


def expected(
    earliest: date | None,
    latest: date | None,
    approx: bool,
    language: str,
    policy: Policy | None = None,
) -> str:
    """The window as the end of a sentence: expected in March 2018 · 2018年3月の予定."""
    said = window(earliest, latest, approx, language, policy)
    if earliest is None and latest is None:
        return said
    if approx or earliest is None or latest is None:
        return say(language, "words.expected.plain", window=said)
    how, _ = _span(earliest, latest, language, policy)
    return say(language, f"words.expected.{how}", window=said)


def standing(name: str, days: int | None, language: str) -> str:
    """Where an occurrence stands, with the days of `countdown`: あと5日 · 15 days late.

    Without `days` the bare word: 期限超過 · overdue.
    """
    if days is None:
        return say(language, f"words.standing.{name}")
    if name == "in_window" and days == 0:
        return say(language, "words.days.last_day")
    keys = {"waiting": "to_opening", "in_window": "to_close", "in_grace": "past_grace"}
    return say(language, f"words.days.{keys.get(name, 'late')}", count=days)


def countdown(name: str, earliest: date | None, latest: date | None, today: date) -> int | None:
    """The days that matter where an occurrence stands `name` at `today`; None where none do.

    Waiting: until the window opens. In window: until its last day. Else: since its last day.
    """
    if name == "waiting":
        return None if earliest is None else (earliest - today).days
    if latest is None:
        return None
    return (latest - today).days if name == "in_window" else (today - latest).days


def sentence(text: str) -> str:
    """`text` with a capital first letter."""
    return text[:1].upper() + text[1:]


def _spelled(count: int, language: str) -> str | int:
    words = say(language, "words.spelled").split()
    return words[count] if 0 <= count < len(words) else count


# A feed says the same few days thousands of times, and Babel takes its time over each.
@lru_cache(maxsize=4096)
def _date(value: date, pattern: str, language: str) -> str:
    return format_date(value, say(language, f"words.date.{pattern}"), locale=language)


def _open_window(earliest: date | None, latest: date | None, approx: bool, language: str) -> str:
    hedge = "_about" if approx else ""
    if latest is not None:
        return say(language, f"words.window.by{hedge}", day=day(latest, language))
    if earliest is not None:
        return say(language, f"words.window.from{hedge}", day=day(earliest, language))
    return say(language, "words.window.none")


def _span(earliest: date, latest: date, language: str, policy: Policy | None) -> tuple[str, str]:
    """How the words follow "expected" (`on`, `within`, `plain`), and the words."""
    if earliest == latest:
        return "on", day(earliest, language)
    whole = _is_month_start(earliest) and _is_month_end(latest)
    if (earliest.year, earliest.month) == (latest.year, latest.month):
        named = month(earliest, language) if whole else _part(earliest, latest, language)
    else:
        named = _year(earliest, latest, language, policy) if whole else None
    if named is not None:
        return "within", named
    return "plain", _range(earliest, latest, "month" if whole else "day", language)


def _part(earliest: date, latest: date, language: str) -> str | None:
    end = monthrange(latest.year, latest.month)[1]
    parts = {(1, 10): "early", (11, 20): "middle", (21, end): "late"}
    part = parts.get((earliest.day, latest.day))
    named = month(earliest, language)
    return None if part is None else say(language, f"words.window.{part}", month=named)


def _year(earliest: date, latest: date, language: str, policy: Policy | None) -> str | None:
    if (earliest.month, latest.month, latest.year) == (1, 12, earliest.year):
        return say(language, "words.window.year", year=earliest.year)
    fiscal = _fiscal_year(earliest, latest, policy)
    return None if fiscal is None else say(language, "words.window.fiscal_year", year=fiscal)


def _range(earliest: date, latest: date, unit: str, language: str) -> str:
    # A year that both ends share is said once: at the end in English, at the start in Japanese.
    alone = f"{unit}_alone" if earliest.year == latest.year else unit
    first = _date(earliest, alone if language == "en" else unit, language)
    last = _date(latest, alone if language == "ja" else unit, language)
    return say(language, "words.window.range", first=first, last=last)


def _fiscal_year(earliest: date, latest: date, policy: Policy | None) -> int | None:
    starts = 4 if policy is None else policy.fiscal_year_starts
    if earliest.month != starts or latest != _year_end(earliest):
        return None
    after_end = policy is not None and policy.fiscal_year_named_after == "end"
    return latest.year if after_end else earliest.year


def _year_end(first: date) -> date:
    return first.replace(year=first.year + 1) - timedelta(days=1)


def _is_month_start(value: date) -> bool:
    return value.day == 1


def _is_month_end(value: date) -> bool:
    return value.day == monthrange(value.year, value.month)[1]
