"""Periods by name, and days, windows and periods moved on by a repeat."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.timing import (
    Context,
    PeriodError,
    period_bounds,
    read,
    shift_day,
    shift_period,
    shift_window,
)

APRIL = Context(date(2018, 5, 10))
OCTOBER = Context(date(2018, 5, 10), 10, "end")


@pytest.mark.parametrize(
    ("period", "context", "first", "last"),
    [
        ("2017", APRIL, "2017-01-01", "2017-12-31"),
        ("2017-Q2", APRIL, "2017-04-01", "2017-06-30"),
        ("2017-H1", APRIL, "2017-01-01", "2017-06-30"),
        ("2020-02", APRIL, "2020-02-01", "2020-02-29"),
        ("2017-04-01", APRIL, "2017-04-01", "2017-04-01"),
        ("FY2016", APRIL, "2016-04-01", "2017-03-31"),
        ("FY2016-Q4", APRIL, "2017-01-01", "2017-03-31"),
        ("FY2016-H2", APRIL, "2016-10-01", "2017-03-31"),
        ("2018-04/2018-09", APRIL, "2018-04-01", "2018-09-30"),
        ("FY2016", OCTOBER, "2015-10-01", "2016-09-30"),
        ("FY2016-Q1", OCTOBER, "2015-10-01", "2015-12-31"),
    ],
)
def test_period_bounds(period: str, context: Context, first: str, last: str) -> None:
    found = period_bounds(period, context)
    assert [day.isoformat() for day in found] == [first, last]


@pytest.mark.parametrize("period", ["", "soon", "2018-13", "2018-02-30", "FY2018-04", "2018-Q5"])
def test_what_is_no_period_is_refused(period: str) -> None:
    with pytest.raises(PeriodError):
        period_bounds(period, APRIL)


@pytest.mark.parametrize(
    ("period", "repeat", "moved"),
    [
        ("FY2016", "P1Y", "FY2017"),
        ("2017", "P5Y", "2022"),
        ("2017-Q4", "P3M", "2018-Q1"),
        ("FY2016-H2", "P6M", "FY2017-H1"),
        ("2017-12", "P1M", "2018-01"),
        ("2017-04-01", "P1Y", "2018-04-01"),
        ("2017-04-01", "P7D", "2017-04-08"),
        ("2018-04/2018-09", "P1Y", "2019-04/2019-09"),
    ],
)
def test_shift_period(period: str, repeat: str, moved: str) -> None:
    assert shift_period(period, repeat) == moved


@pytest.mark.parametrize(("period", "repeat"), [("FY2016", "P1M"), ("2017", "P7D"), ("2017", "P")])
def test_a_period_that_cannot_be_moved_is_refused(period: str, repeat: str) -> None:
    with pytest.raises(PeriodError):
        shift_period(period, repeat)


@pytest.mark.parametrize(
    ("day", "repeat", "times", "moved"),
    [
        (date(2019, 2, 28), "P1Y", 1, date(2020, 2, 29)),
        (date(2020, 2, 29), "P1Y", 1, date(2021, 2, 28)),
        (date(2018, 1, 31), "P1M", 1, date(2018, 2, 28)),
        (date(2018, 4, 30), "P1M", 1, date(2018, 5, 31)),
        (date(2018, 1, 15), "P1M", 13, date(2019, 2, 15)),
        (date(2018, 12, 31), "P7D", 1, date(2019, 1, 7)),
        (date(2018, 9, 10), "P1Y", -1, date(2017, 9, 10)),
    ],
)
def test_shift_day(day: date, repeat: str, times: int, moved: date) -> None:
    assert shift_day(day, repeat, times) == moved


def test_open_ends_stay_open() -> None:
    assert shift_window(None, date(2019, 2, 28), "P1Y") == (None, date(2020, 2, 29))
    assert shift_window(date(2019, 2, 21), None, "P1Y") == (date(2020, 2, 21), None)
    assert shift_window(date(2019, 2, 21), date(2019, 2, 28), "P1Y") == (
        date(2020, 2, 21),
        date(2020, 2, 29),
    )


@given(
    st.dates(date(1950, 1, 1), date(2100, 12, 31)),
    st.sampled_from(["P1Y", "P6M", "P3M", "P1M", "P7D", "P5Y"]),
    st.integers(1, 20),
)
def test_a_month_end_stays_one_and_days_never_pass_it(day: date, repeat: str, times: int) -> None:
    moved = shift_day(day, repeat, times)
    assert moved > day
    if repeat != "P7D":
        assert moved.day <= day.day or shift_day(day, "P1M").day >= day.day


@pytest.mark.parametrize(
    ("text", "earliest", "latest"),
    [
        ("2018年度に公表", date(2017, 10, 1), date(2018, 9, 30)),
        ("2018年度末に公表", date(2018, 9, 1), date(2018, 9, 30)),
        ("今年度第４四半期に公表", date(2018, 7, 1), date(2018, 9, 30)),
        ("in the second half of FY2018", date(2018, 4, 1), date(2018, 9, 30)),
        ("FY2018/19", date(2018, 10, 1), date(2019, 9, 30)),
    ],
)
def test_a_fiscal_year_that_starts_in_october_and_is_named_after_its_end(
    text: str, earliest: date, latest: date
) -> None:
    (item,) = read(text, OCTOBER).expect
    assert (item.earliest, item.latest) == (earliest, latest)


@pytest.mark.parametrize("words", ["29 February 2024", "2024年２月29日", "31 January 2024"])
def test_days_that_a_later_month_does_not_have_end_with_it(words: str) -> None:
    for asof in (date(2020, 1, 1), date(2024, 6, 1), date(2031, 5, 31)):
        for text in (
            f"Every year (last: {words})",
            f"毎年公表（前回は{words}）",
            f"{words}の実績は翌年２月",
        ):
            for item in read(text, Context(asof)).expect:
                assert item.latest is not None
