"""Punctuality of forty entries, computed by hand beside them, and the parts it is made of."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.engine import reading, writing
from db.tables import Answer, Scope
from scheduler import punctuality
from scheduler.answer import Confirmation, confirm, find_open, postpone
from scheduler.assignments import assign
from scheduler.courses import courses
from scheduler.occurrence import Window
from scheduler.punctuality import Course, Promised, Reason, deviation, size_of, slips, usual_lags
from tests.builders import POLICY, Awaited, Row, morning, store_person, store_sheet

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from scheduler.punctuality import Punctuality, Spread

D = date.fromisoformat
MADE = "2017-10-01"

# What is computed by hand: days to the first window, to the last one, TP1, TP2 and TP3.
# Occurrence, the window first promised, another one with its reason, the day it was known.
FORTY = """
1.1   2018-03-01..2018-03-31  -                                  2018-03-10    0   0    -  314  -21
2.1   2018-03-01..2018-03-31  -                                  2018-03-31    0   0    -  335    0
3.1   2018-03-01..2018-03-31  -                                  2018-03-01    0   0    -  305  -30
4.1   2018-03-01..2018-03-31  -                                  2018-02-20   -9  -9    -  296  -39
5.1   2018-03-01..2018-03-31  -                                  2018-04-05    5   5    -  340    5
6.1   2018-03-01..2018-03-31  -                                  2018-04-30   30  30    -  365   30
7.1   2018-03-01..2018-03-31  -                                  2018-05-30   60  60    -  395   60
8.1   2018-03-01..2018-03-31  -                                  -             -   -    -    -    -
9.1   2018-03-01..2018-03-31  -                                  2018-03-20    0   0    -  324  -11
10.1  2018-03-01..2018-03-31  -                                  2018-04-10   10  10    -  345   10
11.1  2017-11-01..2017-11-30  -                                  2017-11-15    0   0  229  229  -15
12.1  2017-11-01..2017-11-30  -                                  2017-11-30    0   0  244  244    0
13.1  2017-11-01..2017-11-30  -                                  2017-12-10   10  10  254  254   10
14.1  2017-11-01..2017-11-30  2017-12-01..2018-01-31=集計の遅れ  2018-01-10   41   0  285  285   41
15.1  2017-11-01..2017-11-30  2017-12-01..2018-01-31=集計の遅れ  2018-02-05   67   5  311  311   67
16.1  2017-11-01..2017-11-30  2017-12-01..2017-12-31=改修        2017-12-20   20   0  264  264   20
17.1  2017-11-01..2017-11-30  2018-04-01..2018-04-30=集計の遅れ  -             -   -    -    -    -
18.1  2017-11-01..2017-11-30  2017-11-10..2017-11-20=見通し      2017-11-25    0   5  239  239   -5
19.1  2017-11-01..2017-11-30  -                                  2017-10-20  -12 -12  203  203  -41
20.1  2017-11-01..2017-11-30  2017-10-01..2017-10-31=前倒し      2017-10-25   -7   0  208  208  -36
21.1  2017-04-01..2018-03-31  -                                  2018-03-15    0   0    -    -    -
22.1  2017-04-01..2018-03-31  -                                  2018-03-15    0   0    -    -    -
23.1  2017-04-01..2018-03-31  -                                  2018-03-15    0   0    -    -    -
24.1  2017-04-01..2018-03-31  -                                  2018-03-15    0   0    -    -    -
25.1  2017-04-01..2018-03-31  -                                  2018-03-15    0   0    -    -    -
26.1  2017-04-01..2018-03-31  -                                  2018-04-15   15  15    -    -    -
27.1  2017-04-01..2018-03-31  -                                  2019-03-31  365 365    -    -    -
28.1  2017-04-01..2018-03-31  -                                  -             -   -    -    -    -
29.1  2017-04-01..2018-03-31  -                                  -             -   -    -    -    -
30.1  2017-04-01..2018-03-31  -                                  -             -   -    -    -    -
31.1  2018-05-15..2018-05-15  -                                  2018-05-15    0   0   45    -    0
31.2  2018-08-01..2018-08-31  -                                  2018-08-20    0   0    -  142  -11
32.1  2018-05-15..2018-05-15  -                                  2018-05-15    0   0   45    -    0
32.2  2018-08-01..2018-08-31  -                                  2018-08-20    0   0    -  142  -11
33.1  2018-05-15..2018-05-15  -                                  2018-05-15    0   0   45    -    0
33.2  2018-08-01..2018-08-31  -                                  2018-08-20    0   0    -  142  -11
34.1  2018-05-15..2018-05-15  -                                  2018-05-15    0   0   45    -    0
34.2  2018-08-01..2018-08-31  -                                  2018-08-20    0   0    -  142  -11
35.1  2018-05-15..2018-05-15  -                                  2018-05-15    0   0   45    -    0
35.2  2018-08-01..2018-08-31  -                                  2018-08-20    0   0    -  142  -11
36.1  2018-05-15..2018-05-15  -                                  2018-05-25   10  10   55    -   10
36.2  2018-08-01..2018-08-31  -                                  2018-09-10   10  10    -  163   10
37.1  2018-05-15..2018-05-15  -                                  2018-05-25   10  10   55    -   10
37.2  2018-08-01..2018-08-31  -                                  2018-09-10   10  10    -  163   10
38.1  2018-05-15..2018-05-15  -                                  2018-05-25   10  10   55    -   10
38.2  2018-08-01..2018-08-31  -                                  2018-09-10   10  10    -  163   10
39.1  2018-05-15..2018-05-15  -                                  2018-05-15    0   0   45    -    0
39.2  2018-08-01..2018-08-31  -                                  -             -   -    -    -    -
40.1  2018-05-15..2018-05-15  -                                  -             -   -    -    -    -
40.2  2018-08-01..2018-08-31  -                                  -             -   -    -    -    -
"""
LINES = [line.split() for line in FORTY.split("\n") if line]
SHEETS = {  # item: issue, owners, how its entries differ
    "①": (range(1, 11), ("a@example.jp",)),
    "②": (range(11, 21), ("b@example.jp",)),
    "③": (range(21, 31), ("a@example.jp", "c@example.jp")),
    "④": (range(31, 41), ()),
}
ABOUT: dict[str, tuple[str, str | None, str | None]] = {
    "①": ("figure", "2017-04", "final"),
    "②": ("figure", "FY2016", "actual"),
    "③": ("evaluation", None, None),
}


def _awaits(item: str, number: int) -> tuple[Awaited, ...]:
    windows = [line[1].split("..") for line in LINES if line[0].startswith(f"{number}.")]
    if item == "④":
        stages = ("preliminary", "final")
        return tuple(
            Awaited(earliest, latest, covers="2018-Q1", stage=stage)
            for (earliest, latest), stage in zip(windows, stages, strict=True)
        )
    kind, covers, stage = ABOUT[item]
    earliest, latest = windows[0]
    return (Awaited(earliest, latest, kind=kind, covers=covers, stage=stage),)


def store_forty(session: Session) -> None:
    """Forty entries on four sheets, promised, postponed and confirmed as the table says."""
    people = {}
    for address in ("a@example.jp", "b@example.jp", "c@example.jp"):
        people[address] = store_person(session, address)
    for item, (numbers, owners) in SHEETS.items():
        # The first sheet gives a preliminary value of the very period whose final one is awaited.
        shown = ("301", "2017-04") if item == "①" else (None, None)
        rows = [
            Row(f"entry {n}", _awaits(item, n), value=shown[0], value_asof=shown[1])
            for n in numbers
        ]
        stored = store_sheet(session, rows, reform_item=item)
        stored.sheet.policy_issue = "税" if item in "①②" else "行政"
        session.flush()
        for address in owners:
            now = morning(MADE)
            assign(session, people[address], Scope.SHEET, item, now=now, policy=POLICY)
    _live(session)


def _window(days: str) -> Window:
    first, last = days.split("..")
    return Window(D(first), D(last))


def _live(session: Session) -> None:
    for name, _, moved, known, *_ in LINES:
        occurrence = find_open(session, name)
        if moved != "-":
            days, reason = moved.split("=")
            window, now = _window(days), morning("2017-10-02")
            occurrence = postpone(
                session, occurrence, window, reason, person=None, now=now, policy=POLICY
            )
        if known != "-":
            given, now = Confirmation("1"), morning(known)
            confirm(session, occurrence, given, person=None, now=now, policy=POLICY)


@pytest.fixture
def forty(engine: Engine) -> list[Course]:
    with writing(engine) as session:
        store_forty(session)
    with reading(engine) as session:
        return courses(session, POLICY)


def test_each_of_the_forty_is_as_computed_by_hand(forty: list[Course]) -> None:
    by_hand = [
        (int(name.split(".")[0]), *(None if day == "-" else int(day) for day in days))
        for name, _, _, _, *days in LINES
    ]
    found = []
    for course in forty:
        day, figures = course.known_on, punctuality.punctuality([course], POLICY)
        first = None if day is None else deviation(day, course.first)
        last = None if day is None else deviation(day, course.last)
        # The first figure of a period is its preliminary one, where it has both.
        tp1 = None if course.stage == "final" else _mean(figures.tp1)
        times = tp1, _mean(figures.tp2), _mean(figures.tp3)
        found.append((course.entry_id, first, last, *times))
    assert sorted(found, key=str) == sorted(by_hand, key=str)


def _mean(spread: Spread | None) -> float | None:
    return round(spread.mean, 3) if spread else None


def test_all_together_are_as_computed_by_hand(forty: list[Course]) -> None:
    found = punctuality.punctuality(forty, POLICY)
    assert (found.awaited, found.known, found.inside, found.inside_first) == (50, 42, 25, 23)
    assert found.share == 25 / 42
    assert found.first is not None
    assert (found.first.mean, found.first.median) == (655 / 42, 0)
    assert (found.first.least, found.first.most) == (-12, 365)
    assert found.last is not None
    assert (found.last.mean, found.last.median) == (544 / 42, 0)
    assert found.tp1 is not None
    assert (found.tp1.count, found.tp1.mean) == (18, 2672 / 18)
    # In order: six of 45, three of 55, then 203, 208 …: the ninth and the tenth are 55 and 203.
    assert (found.tp1.median, found.tp1.least, found.tp1.most) == (129, 45, 311)
    assert found.tp2 is not None
    assert (found.tp2.count, found.tp2.mean) == (26, 6455 / 26)
    assert found.tp3 is not None
    assert (found.tp3.count, found.tp3.mean) == (35, 50 / 35)
    assert (found.tp3.least, found.tp3.most) == (-41, 67)
    assert found.slips == {"earlier": 1, "month": 1, "quarter": 2, "half": 1, "longer": 0}
    assert found.reasons == (
        Reason("集計の遅れ", 3, 275),
        Reason("改修", 1, 31),
        Reason("前倒し", 1, -30),
    )


def _told(groups: dict[str, list[Course]]) -> dict[str, tuple[int, int, int, float | None]]:
    found = {name: punctuality.punctuality(each, POLICY) for name, each in groups.items()}
    return {name: _row(each) for name, each in found.items()}


def _row(found: Punctuality) -> tuple[int, int, int, float | None]:
    return found.awaited, found.known, found.inside, _mean(found.tp3)


def test_each_sheet_issue_owner_and_year_has_its_own(forty: list[Course]) -> None:
    assert _told(punctuality.by_sheet(forty)) == {
        "①": (10, 9, 4, round(4 / 9, 3)),
        "②": (10, 9, 5, round(41 / 9, 3)),
        "③": (10, 7, 5, None),
        "④": (20, 17, 11, round(5 / 17, 3)),
    }
    assert _told(punctuality.by_issue(forty)) == {
        "税": (20, 18, 9, 2.5),
        "行政": (30, 24, 16, round(5 / 17, 3)),
    }
    assert _told(punctuality.by_owner(forty)) == {
        "a@example.jp": (20, 16, 9, round(4 / 9, 3)),
        "b@example.jp": (10, 9, 5, round(41 / 9, 3)),
        "c@example.jp": (10, 7, 5, None),
        "": (20, 17, 11, round(5 / 17, 3)),
    }
    assert _told(punctuality.by_fiscal_year(forty, POLICY)) == {
        "FY2017": (30, 25, 14, 2.5),
        "FY2018": (20, 17, 11, round(5 / 17, 3)),
    }


def test_an_answer_of_an_edition_counts_from_the_day_it_was_written(engine: Engine) -> None:
    march = Awaited("2018-03-01", "2018-03-31", covers="2017-04", stage="final")
    with writing(engine) as session:
        stored = store_sheet(session, [Row("a", (march,))], as_of=D("2018-04-02"))
        given = confirm(
            session,
            find_open(session, "1.1"),
            Confirmation("305"),
            person=None,
            now=morning("2026-11-24"),
            policy=POLICY,
        )
        given.edition_id = stored.edition.id
        assert isinstance(given, Answer)
    with reading(engine) as session:
        assert [course.known_on for course in courses(session, POLICY)] == [D("2018-04-02")]


def test_an_interim_value_is_the_first_figure_of_its_period(engine: Engine) -> None:
    march = Awaited("2018-03-01", "2018-03-31", covers="2017-04", stage="final")
    with writing(engine) as session:
        store_sheet(session, [Row("a", (march,))])
        said = (
            ("2017-10-20", "1.1", Confirmation("301", stage="preliminary")),
            ("2017-10-25", "1.1", Confirmation("9", asof="2017-03", stage="preliminary")),
            ("2018-04-10", "1.2", Confirmation("305")),
        )
        for day, name, given in said:
            now = morning(day)
            if name == "1.2":
                moved = Window(D("2018-04-01"), D("2018-04-30"))
                postpone(
                    session,
                    find_open(session, "1.1"),
                    moved,
                    "集計",
                    person=None,
                    now=morning("2018-03-01"),
                    policy=POLICY,
                )
            waiting = find_open(session, name)
            confirm(session, waiting, given, person=None, now=now, policy=POLICY)
    with reading(engine) as session:
        found = punctuality.punctuality(courses(session, POLICY), POLICY)
    assert (found.known, _mean(found.tp1), _mean(found.tp2)) == (1, 173, 345)


def test_nothing_awaited_has_no_figures(engine: Engine) -> None:
    with reading(engine) as session:
        found = punctuality.punctuality(courses(session, POLICY), POLICY)
    assert (found.awaited, found.known, found.share, found.tp3) == (0, 0, None, None)


def course(known: str | None, *windows: tuple[str, str], entry_id: int = 1) -> Course:
    promises = tuple(Promised(Window(D(first), D(last))) for first, last in windows)
    day = D(known) if known else None
    return Course(entry_id, "a", "s", "i", (), "figure", None, None, promises, day, day)


MARCH = ("2018-03-01", "2018-03-31")


def test_the_usual_lag_is_the_median_of_at_least_two_answers() -> None:
    seen = [course(day, MARCH) for day in ("2018-04-10", "2018-04-02", "2018-06-30")]
    assert usual_lags(seen[:1]) == {}
    assert usual_lags(seen) == {1: punctuality.Lag(10, 3)}
    assert usual_lags([*seen, course(None, MARCH), course("2018-04-01", MARCH, entry_id=2)]) == {
        1: punctuality.Lag(10, 3)
    }


def test_a_narrower_window_is_no_slip() -> None:
    inside = course(None, MARCH, ("2018-03-10", "2018-03-20"), ("2018-03-10", "2018-03-25"))
    assert [slip.days for slip in slips(inside)] == [5]


@pytest.mark.parametrize(
    ("days", "size"),
    [
        (-1, "earlier"),
        (0, "earlier"),
        (1, "month"),
        (31, "month"),
        (32, "quarter"),
        (92, "quarter"),
        (93, "half"),
        (184, "half"),
        (185, "longer"),
    ],
)
def test_slips_have_sizes(days: int, size: str) -> None:
    assert size_of(days) == size


@given(st.integers(-400, 400), st.integers(0, 100))
def test_a_day_deviates_exactly_where_it_lies_outside(offset: int, length: int) -> None:
    first = D("2018-01-01")
    window = Window(first, first + timedelta(days=length))
    found = deviation(first + timedelta(days=offset), window)
    assert (found == 0) is (0 <= offset <= length)
    assert abs(found) == max(-offset, offset - length, 0)
