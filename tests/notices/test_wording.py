"""Figures, windows and days as people say them, in Japanese and in English."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notices import wording
from notices.locale import LANGUAGES
from scheduler.policy import Policy

DAYS = st.dates(min_value=date(1950, 1, 1), max_value=date(2150, 1, 1))
PLAIN = Policy(ZoneInfo("Asia/Tokyo"), (30, 7), (1,), 14, 9)
NAMED_AFTER_END = Policy(
    ZoneInfo("UTC"), (30,), (1,), 14, 9, fiscal_year_starts=7, fiscal_year_named_after="end"
)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


@pytest.mark.parametrize(
    ("covers", "ja", "en"),
    [
        ("2017", "2017年", "2017"),
        ("2017-Q2", "2017年第2四半期", "Q2 2017"),
        ("2017-H1", "2017年上半期", "the first half of 2017"),
        ("2017-04", "2017年4月", "April 2017"),
        ("2017-04-01", "2017年4月1日", "1 April 2017"),
        ("FY2016", "2016年度", "FY2016"),
        ("FY2016-Q3", "2016年度第3四半期", "Q3 FY2016"),
        ("FY2016-H2", "2016年度下半期", "the second half of FY2016"),
        ("2018-04/2018-09", "2018年4月～2018年9月", "April 2018 to September 2018"),
        ("the third survey", "the third survey", "the third survey"),
        ("2017-13", "2017-13", "2017-13"),
    ],
)
def test_periods(covers: str, ja: str, en: str) -> None:
    assert wording.period(covers, "ja") == ja
    assert wording.period(covers, "en") == en


@pytest.mark.parametrize(
    ("kind", "covers", "stage", "count", "ja", "en"),
    [
        ("figure", "2017-04", "final", 1, "2017年4月の確報値", "final figure for April 2017"),
        (
            "figure",
            "2017-04",
            "final",
            3,
            "2017年4月の確報値3件",
            "three final figures for April 2017",
        ),
        ("figure", "FY2016", "actual", 1, "2016年度の実績値", "actual figure for FY2016"),
        ("figure", None, None, 12, "数値12件", "12 figures"),
        ("decision", None, None, 1, "設定・決定", "decision"),
        ("continued", None, None, 3, "継続実施3件", "three pieces of continued work"),
    ],
)
def test_what_is_awaited(
    kind: str, covers: str | None, stage: str | None, count: int, ja: str, en: str
) -> None:
    assert wording.awaited(kind, covers, stage, "ja", count) == ja
    assert wording.awaited(kind, covers, stage, "en", count) == en


WINDOWS = [
    ("2018-03-01", "2018-03-31", True, "2018年3月頃", "around March 2018"),
    ("2018-03-01", "2018-03-31", False, "2018年3月", "March 2018"),
    ("2018-03-15", "2018-03-15", False, "2018年3月15日", "15 March 2018"),
    ("2018-03-01", "2018-03-10", False, "2018年3月上旬", "early March 2018"),
    ("2018-03-11", "2018-03-20", True, "2018年3月中旬頃", "around mid-March 2018"),
    ("2024-02-21", "2024-02-29", False, "2024年2月下旬", "late February 2024"),
    ("2018-03-02", "2018-03-09", False, "2018年3月2日～3月9日", "2 March to 9 March 2018"),
    ("2018-03-01", "2018-05-31", False, "2018年3月～5月", "March to May 2018"),
    (
        "2018-12-01",
        "2019-02-28",
        True,
        "2018年12月～2019年2月頃",
        "around December 2018 to February 2019",
    ),
    ("2018-01-01", "2018-12-31", False, "2018年中", "2018"),
    ("2017-04-01", "2018-03-31", False, "2017年度中", "FY2017"),
    (None, "2019-03-31", False, "2019年3月31日まで", "by 31 March 2019"),
    (None, "2019-03-31", True, "2019年3月31日頃まで", "by about 31 March 2019"),
    ("2018-04-01", None, False, "2018年4月1日以降", "from 1 April 2018 on"),
    (None, None, False, "時期の定めなし", "no date set"),
]


@pytest.mark.parametrize(("earliest", "latest", "approx", "ja", "en"), WINDOWS)
def test_windows(earliest: str | None, latest: str | None, approx: bool, ja: str, en: str) -> None:
    assert wording.window(_day(earliest), _day(latest), approx, "ja") == ja
    assert wording.window(_day(earliest), _day(latest), approx, "en") == en


@pytest.mark.parametrize(
    ("earliest", "latest", "approx", "en"),
    [
        ("2018-03-01", "2018-03-31", True, "expected around March 2018"),
        ("2018-03-01", "2018-03-31", False, "expected in March 2018"),
        ("2018-03-15", "2018-03-15", False, "expected on 15 March 2018"),
        ("2018-03-01", "2018-05-31", False, "expected March to May 2018"),
        ("2017-04-01", "2018-03-31", False, "expected in FY2017"),
        (None, "2019-03-31", False, "expected by 31 March 2019"),
        (None, None, False, "no date set"),
    ],
)
def test_a_window_ends_a_sentence(
    earliest: str | None, latest: str | None, approx: bool, en: str
) -> None:
    assert wording.expected(_day(earliest), _day(latest), approx, "en") == en


def test_a_fiscal_year_has_the_offices_name() -> None:
    first, last = date(2017, 7, 1), date(2018, 6, 30)
    assert wording.window(first, last, False, "en", NAMED_AFTER_END) == "FY2018"
    assert wording.window(first, last, False, "en", PLAIN) == "July 2017 to June 2018"


@pytest.mark.parametrize(
    ("name", "days", "ja", "en"),
    [
        ("waiting", 1, "明日から把握時期", "opens tomorrow"),
        ("waiting", 30, "把握時期まであと30日", "opens in 30 days"),
        ("in_window", 1, "あと1日", "1 day left"),
        ("in_window", 0, "本日まで", "last day"),
        ("in_grace", 14, "把握時期を14日経過", "14 days past the window"),
        ("overdue", 15, "15日超過", "15 days late"),
        ("overdue", None, "期限超過", "overdue"),
        ("undated", None, "時期の定めなし", "no date"),
    ],
)
def test_standing(name: str, days: int | None, ja: str, en: str) -> None:
    assert wording.standing(name, days, "ja") == ja
    assert wording.standing(name, days, "en") == en


def test_the_days_that_matter() -> None:
    first, last = date(2018, 3, 1), date(2018, 3, 31)
    assert wording.countdown("waiting", first, last, date(2018, 2, 26)) == 3
    assert wording.countdown("in_window", first, last, date(2018, 3, 30)) == 1
    assert wording.countdown("overdue", first, last, date(2018, 4, 15)) == 15
    assert wording.countdown("in_window", first, None, date(2018, 4, 15)) is None
    assert wording.countdown("waiting", None, last, date(2018, 4, 15)) is None


def test_a_moment_is_shown_on_the_readers_clock() -> None:
    at = datetime(2018, 2, 28, 15, 30, tzinfo=UTC)
    assert wording.moment(at, ZoneInfo("Asia/Tokyo"), "en") == "1 March 2018, 00:30"
    assert wording.moment(at, ZoneInfo("Asia/Tokyo"), "ja") == "2018年3月1日 0:30"


@given(DAYS, DAYS, st.booleans(), st.sampled_from(LANGUAGES))
def test_any_window_names_the_years_it_touches(
    one: date, other: date, approx: bool, language: str
) -> None:
    earliest, latest = sorted((one, other))
    said = wording.window(earliest, latest, approx, language, NAMED_AFTER_END)
    assert str(latest.year) in said
    assert "{" not in said
