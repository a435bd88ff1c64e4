"""What a feed shows, in which words, and that it changes only with a recorded change."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from db.engine import open_engine, reading, writing
from db.tables import Entry, Feed, Occurrence, OccurrenceState, Person, Scope, Sheet, Stamp
from db.upgrade import upgrade
from notices import feed
from notices.settings import parse
from scheduler import changes
from scheduler.answer import Confirmation, confirm, find, find_open, postpone
from scheduler.assignments import assign
from scheduler.filters import Filter
from scheduler.lifecycle import settle
from scheduler.occurrence import Window
from scheduler.sweep import sweep
from tests.builders import (
    POLICY,
    Awaited,
    Row,
    morning,
    store_first_sheet,
    store_line,
    store_person,
    store_sheet,
)
from tests.notices.feeds import readers
from tests.notices.feeds.lint import faults
from tests.notices.feeds.publishing import SETTINGS, add, render

if TYPE_CHECKING:
    from sqlalchemy import Engine

NOW = morning("2017-10-01")
GOLDEN = Path(__file__).parent / "golden"
WINDOW = Awaited("2018-03-01", "2018-03-31", True, covers="2017-04", stage="final")
FIGURE = Row("団体数", (WINDOW,), value="301", value_asof="2017-04", text="2018年３月頃に公表")
YEARLY = Row(
    "収納率",
    (Awaited("2017-11-01", "2017-11-30", True, covers="FY2016", stage="actual", repeat="P1Y"),),
    text="毎年11月頃",
)


def _feed(engine: Engine, subject: Person | Sheet | None = None, language: str = "ja") -> str:
    with writing(engine) as session:
        return add(session, subject, language, NOW)


def _store(engine: Engine, *rows: Row, language: str = "ja") -> str:
    with writing(engine) as session:
        store_sheet(session, rows, reform_item="⑯民間委託")
    return _feed(engine, language=language)


def _seen(engine: Engine, token: str) -> list[readers.Seen]:
    data = render(engine, token)[1]
    assert faults(data) == []
    seen = readers.by_icalendar(data)
    assert readers.by_vobject(data) == seen
    return seen


def _confirm(engine: Engine, public_id: str, value: str, day: str) -> None:
    with writing(engine) as session:
        occurrence = find_open(session, public_id)
        confirm(
            session, occurrence, Confirmation(value), person=None, now=morning(day), policy=POLICY
        )


def _sweep(engine: Engine, day: str) -> None:
    with writing(engine) as session:
        assert sweep(session, morning(day), POLICY)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_bytes_of_the_first_sheet_are_pinned(sqlite_engine: Engine, language: str) -> None:
    """Where this fails and the change is meant: raise `ical.RENDERER`, then store the new bytes."""
    with writing(sqlite_engine) as session:
        store_first_sheet(session)
        store_sheet(session, [YEARLY, Row("x", (Awaited("2018-04-01"),))], reform_item="⑱ x")
    token = _feed(sqlite_engine, language=language)
    _sweep(sqlite_engine, "2017-12-20")
    _confirm(sqlite_engine, "7.1", "99.3", "2017-12-21")
    # The random part of a uid is the only thing that differs from run to run.
    with writing(sqlite_engine) as session:
        for one in session.scalars(select(Occurrence)):
            one.uid = f"{one.entry_id:032x}" + one.uid[32:].replace("@", f"{one.ordinal}@")
    data = render(sqlite_engine, token)[1]
    assert faults(data) == []
    assert data == (GOLDEN / f"first-sheet-{language}.ics").read_bytes()


def test_an_event_stands_on_the_last_day_and_tells_all_that_is_known(engine: Engine) -> None:
    (event,) = _seen(engine, _store(engine, FIGURE))
    assert (event.start, event.end) == (date(2018, 3, 31), date(2018, 4, 1))
    assert event.summary == "【期限】団体数：2017年4月の確報値"
    assert event.url == "https://jikai.example.jp/entries/1#1.1"
    assert event.description.split("\n") == [
        "把握するもの：2017年4月の確報値",
        "把握時期：2018年3月頃",
        "原文：2018年３月頃に公表",
        "改革項目：⑯民間委託",
        "直近の値：301（2017年4月）",
        "https://jikai.example.jp/entries/1#1.1",
    ]


def test_an_event_speaks_the_feeds_language(engine: Engine) -> None:
    (event,) = _seen(engine, _store(engine, FIGURE, language="en"))
    assert event.summary == "[Due] 団体数: final figure for April 2017"
    assert "Window: around March 2018\n" in event.description


def test_a_window_without_an_end_stands_on_its_first_day(engine: Engine) -> None:
    (event,) = _seen(engine, _store(engine, Row("x", (Awaited("2018-04-01"),))))
    assert (event.start, event.summary) == (date(2018, 4, 1), "【開始】x：数値")


def test_overdue_shows_once_it_is_recorded(engine: Engine) -> None:
    token = _store(engine, FIGURE)
    _sweep(engine, "2018-04-14")
    assert "【期限】" in _seen(engine, token)[0].summary
    tag = render(engine, token)[0]
    _sweep(engine, "2018-04-15")
    (event,) = _seen(engine, token)
    assert "【超過】" in event.summary
    assert (event.sequence, render(engine, token)[0] != tag) == (1, True)


def test_a_confirmed_figure_shows_its_value_and_leaves_after_ninety_days(engine: Engine) -> None:
    token = _store(engine, FIGURE, replace(FIGURE, name="other"))
    _confirm(engine, "1.1", "416, あるいは 417", "2018-06-01")
    (done,) = [seen for seen in _seen(engine, token) if "other" not in seen.summary]
    assert done.summary == "【済】団体数：2017年4月の確報値 416, あるいは 417"
    assert done.description.startswith("把握した値：416, あるいは 417（2017年4月、確報）\n")
    with writing(engine) as session:
        changes.record(session, [2], morning("2018-08-30"))
    assert len(_seen(engine, token)) == 2
    with writing(engine) as session:
        changes.record(session, [2], morning("2018-08-31"))
    assert len(_seen(engine, token)) == 1


def test_the_last_value_of_an_entry_moves_the_stamps_of_what_it_still_awaits(
    engine: Engine,
) -> None:
    later = replace(WINDOW, earliest="2019-03-01", latest="2019-03-31", covers="2018-04")
    token = _store(engine, replace(FIGURE, awaits=(WINDOW, later)))
    before = _seen(engine, token)[1]
    _confirm(engine, "1.1", "416", "2018-03-20")
    after = _seen(engine, token)[1]
    assert "直近の値：416（2017年4月、確報）" in after.description
    assert after.sequence > before.sequence
    assert b"LAST-MODIFIED:20180320T000000Z" in render(engine, token)[1].split(b"BEGIN:VEVENT")[2]


def test_a_postponed_window_is_one_event_that_moved(engine: Engine) -> None:
    token = _store(engine, FIGURE)
    before = _seen(engine, token)[0]
    with writing(engine) as session:
        window = Window(date(2018, 9, 1), date(2018, 9, 30))
        postpone(
            session, find_open(session, "1.1"), window, "遅れ", person=None, now=NOW, policy=POLICY
        )
    (after,) = _seen(engine, token)
    assert (after.uid, after.start) == (before.uid, date(2018, 9, 30))
    assert after.sequence > before.sequence


def test_a_postponement_tells_the_old_and_the_new_window_and_why(engine: Engine) -> None:
    token = _store(engine, FIGURE)
    moves = [("2018-09-01", "2018-09-30", "調査の遅れ"), ("2018-12-01", "2018-12-31", "再集計")]
    for earliest, latest, reason in moves:
        with writing(engine) as session:
            given = Window(date.fromisoformat(earliest), date.fromisoformat(latest))
            open_ = session.scalars(select(Occurrence).where(Occurrence.state == "open")).one()
            postpone(session, open_, given, reason, person=None, now=NOW, policy=POLICY)
    (event,) = _seen(engine, token)
    told = "延期：2018年9月 → 2018年12月（当初：2018年3月頃）　理由：再集計"
    assert told in event.description.split("\n")
    with writing(engine) as session:
        public = add(session, public=True)
    assert "理由" not in _seen(engine, public)[0].description
    assert "延期：" in _seen(engine, public)[0].description


def test_what_was_withdrawn_is_shown_cancelled_for_thirty_days(engine: Engine) -> None:
    token = _store(engine, FIGURE, replace(FIGURE, name="other"))
    (before,) = [seen for seen in _seen(engine, token) if "団体数" in seen.summary]
    with writing(engine) as session:
        settle(session, [find(session, "1.1")], OccurrenceState.WITHDRAWN, NOW + timedelta(days=1))
    data = render(engine, token)[1]
    (gone,) = [seen for seen in _seen(engine, token) if seen.uid == before.uid]
    assert gone.summary == "【取消】団体数：2017年4月の確報値"
    assert gone.sequence > before.sequence
    assert data.count(b"STATUS:CANCELLED") == 1
    for day, count in ((31, 2), (32, 1)):
        with writing(engine) as session:
            changes.record(session, [2], NOW + timedelta(days=day))
        assert len(_seen(engine, token)) == count


def test_the_day_a_window_opens_has_its_event_where_it_is_asked_for(engine: Engine) -> None:
    single = Row("即日", (Awaited("2018-05-01", "2018-05-01"),))
    with_end_only = Row("期限のみ", (Awaited(None, "2018-06-30"),))
    with writing(engine) as session:
        store_sheet(session, [FIGURE, single, with_end_only])
        token = add(session, opens=True, alarm_days=(7,))
    seen = _seen(engine, token)
    (opens,) = [each for each in seen if "-opens@" in each.uid]
    assert (opens.start, opens.summary) == (date(2018, 3, 1), "【開始】団体数：2017年4月の確報値")
    assert len(seen) == 4
    assert render(engine, token)[1].count(b"BEGIN:VALARM") == 3


FILTERS = st.fixed_dictionaries(
    {
        "person_id": st.sampled_from([None, 1, 2]),
        "sheet_id": st.sampled_from([None, 1, 2]),
        "entry_id": st.sampled_from([None, 1, 12]),
        "policy_issue": st.sampled_from([None, "an issue", "another"]),
        "category": st.sampled_from([None, "A", "B"]),
        "words": st.sampled_from([None, "E1", "e PUBLIC", "tax", "%", "\ud800"]),
        "overdue_only": st.booleans(),
    }
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(chosen=FILTERS)
def test_no_feed_holds_an_entry_outside_its_scope(
    filtered_engine: Engine, chosen: dict[str, Any]
) -> None:
    """Against the scopes spelled out once more, entry by entry."""
    with writing(filtered_engine) as session:
        wanted = Filter(**chosen)
        if wanted.words == "\ud800":
            wanted = replace(wanted, words="\ufffd")
        token = feed.add(session, wanted, feed.Options("x", "ja"), NOW)[1]
        session.flush()
        named = {entry.id: entry.name for entry in session.scalars(select(Entry))}
    seen = readers.by_icalendar(render(filtered_engine, token)[1])
    shown = {
        int(one.url.rpartition("/")[2].partition("#")[0]) for one in seen if "entries" in one.url
    }
    assert shown <= {entry_id for entry_id in named if _fits(entry_id, named[entry_id], wanted)}
    everything = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}
    if not wanted.overdue_only:
        assert shown == {e for e in everything if _fits(e, named[e], wanted)}


DATED = range(1, 12)
OWNED = {1: {1, 2}, 2: set(range(10, 13))}


def _fits(entry_id: int, name: str, wanted: Filter) -> bool:
    sheet = 1 if entry_id <= 9 else 2
    text = f"{name} {'⑯ public services' if sheet == 1 else '⑰ local taxes'}".casefold()
    numbers = dict(zip(range(1, 6), "①②③④⑤", strict=True))
    return all(
        (
            wanted.person_id is None or entry_id in OWNED[wanted.person_id],
            wanted.sheet_id in {None, sheet},
            wanted.entry_id in {None, entry_id},
            wanted.policy_issue in {None, "an issue"},
            wanted.category is None or (wanted.category == "A" and entry_id <= 4),
            all(
                word in f"{numbers.get(entry_id, '')} {text}"
                for word in (wanted.words or "").casefold().split()
            ),
        )
    )


@pytest.fixture
def filtered_engine(sqlite_engine: Engine) -> Engine:
    """The first sheet, two owners, some of it overdue."""
    with writing(sqlite_engine) as session:
        store_first_sheet(session)
        for number, words in enumerate(("1", "⑰"), 1):
            person = store_person(session, f"p{number}@example.jp")
            scope = Scope.SHEET if words == "⑰" else Scope.ENTRY
            assign(session, person, scope, words, now=NOW, policy=POLICY)
        first = session.get_one(Person, 1)
        assign(session, first, Scope.ENTRY, "2", now=NOW, policy=POLICY)
        sweep(session, morning("2018-04-20"), POLICY)
    return sqlite_engine


def test_repeats_are_written_out_and_keep_their_events_when_they_come(engine: Engine) -> None:
    token = _store(engine, YEARLY)
    foreseen = _seen(engine, token)
    assert [event.start for event in foreseen] == [date(y, 11, 30) for y in (2017, 2018)]
    assert "2017年度の実績値" in foreseen[1].summary
    assert "繰り返し" in foreseen[1].description
    _confirm(engine, "1.1", "99", "2017-11-30")
    real = _seen(engine, token)
    assert [event.start for event in real] == [date(y, 11, 30) for y in (2017, 2018, 2019)]
    assert [event.uid for event in real[:2]] == [event.uid for event in foreseen]
    assert all(a.sequence > b.sequence for a, b in zip(real[:2], foreseen, strict=True))
    assert real[1].url.endswith("#1.2")


def test_undated_items_do_not_appear_and_no_calendar_is_ever_empty(engine: Engine) -> None:
    token = _store(engine, Row("x", (Awaited(),)))
    (only,) = _seen(engine, token)
    assert (only.uid, only.start) == ("nothing-1@jikai", NOW.date())
    assert render(engine, token) == render(engine, token)


def test_a_reposted_entry_is_one_event_on_each_sheet_that_shows_it(engine: Engine) -> None:
    with writing(engine) as session:
        first = store_sheet(session, [FIGURE], reform_item="⑯")
        second = store_sheet(session, [replace(FIGURE, name="own")], reform_item="⑰")
        reposted = replace(FIGURE, reposted=True, awaits=())
        store_line(session, second.edition, first.entries[0], 2, reposted, NOW)
        person = store_person(session)
        assign(session, person, Scope.ALL, None, now=NOW, policy=POLICY)
    sheets = [first.sheet, second.sheet]
    of = {len(_seen(engine, _feed(engine, subject))) for subject in (None, person)}
    assert of == {2}
    on_first, on_second = (_seen(engine, _feed(engine, sheet)) for sheet in sheets)
    assert len(on_first) == 1
    assert on_first[0] in on_second


def _in_other_places(engine: Engine, token: str) -> set[bytes]:
    code = (
        "import sys; from db.engine import open_engine;"
        "from tests.notices.feeds.publishing import render;"
        "tag, data = render(open_engine(sys.argv[1]), sys.argv[2]);"
        "sys.stdout.buffer.write(tag.encode() + data)"
    )
    url = engine.url.render_as_string(hide_password=False)
    return {
        subprocess.run(
            [sys.executable, "-c", code, url, token],
            env=os.environ | {"TZ": zone, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for zone, seed in [("UTC", "1"), ("Asia/Tokyo", "2"), ("America/New_York", "3")]
    }


def test_every_process_in_every_time_zone_gives_the_same_tag_and_bytes(engine: Engine) -> None:
    with writing(engine) as session:
        store_first_sheet(session)
    token = _feed(engine)
    tag, data = render(engine, token)
    assert _in_other_places(engine, token) == {tag.encode() + data}


def test_other_settings_are_another_tag(sqlite_engine: Engine) -> None:
    token = _store(sqlite_engine, FIGURE)
    base = {"web": {"base_url": SETTINGS.web.base_url}}
    others: list[dict[str, Any]] = [
        {},
        base | {"feeds": {"past_days": 91}},
        base | {"feeds": {"future_years": 3}},
        base | {"office": {"timezone": "UTC"}},
        base | {"office": {"fiscal_year_starts": 1}},
        base | {"office": {"fiscal_year_named_after": "end"}},
    ]
    tags = {render(sqlite_engine, token, parse(one, Path("x")))[0] for one in [base, *others]}
    assert len(tags) == 7


CHANGES = st.sampled_from(["confirm", "postpone", "sweep", "line", "assign", "nothing"])


def _change(engine: Engine, what: str, step: int) -> bool:
    """Do something on the `step`th month; tell whether it is a recorded change."""
    now = morning(date(2017, 10, 2) + timedelta(days=31 * step))
    with writing(engine) as session:
        query = select(Occurrence).where(Occurrence.state == "open").order_by(Occurrence.id)
        open_ = session.scalars(query).all()
        stamp = session.get_one(Stamp, "all").value
        if what == "confirm" and open_:
            confirm(session, open_[0], Confirmation("1"), person=None, now=now, policy=POLICY)
        elif what == "postpone" and open_:
            window = Window(None, now.date() + timedelta(days=400 + step))
            postpone(session, open_[-1], window, "遅れ", person=None, now=now, policy=POLICY)
        elif what == "sweep":
            sweep(session, now, POLICY)
        elif what == "line":
            row = replace(FIGURE, name=f"figure {step}")
            made = store_sheet(session, [row], reform_item=f"sheet {step}", now=now)
            assert made.occurrences
        elif what == "assign":
            person = store_person(session, f"p{step}@example.jp")
            assign(session, person, Scope.ALL, None, now=now, policy=POLICY)
        session.flush()
        session.expire_all()
        return session.get_one(Stamp, "all").value != stamp


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(CHANGES, min_size=1, max_size=8))
def test_a_feed_changes_only_with_a_recorded_change(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('law') / 'x.db'}")
    upgrade(engine)
    token = _store(engine, FIGURE, YEARLY)
    before = render(engine, token)
    served = {before[0]: before[1]}
    for number, what in enumerate(steps):
        recorded = _change(engine, what, number)
        tag, data = render(engine, token)
        assert (tag != before[0]) is recorded
        # The same tag never means other bytes, and no event goes back in its count of changes.
        assert served.setdefault(tag, data) == data
        _no_step_back(before[1], data)
        before = tag, data
    engine.dispose()


def _no_step_back(before: bytes, after: bytes) -> None:
    old = {seen.uid: seen for seen in readers.by_icalendar(before)}
    for seen in readers.by_icalendar(after):
        if seen.uid in old and seen != old[seen.uid]:
            told = replace(old[seen.uid], sequence=seen.sequence)
            assert seen.sequence > old[seen.uid].sequence or seen == told, seen


def test_two_writers_that_commit_out_of_order_hide_nothing(engine: Engine) -> None:
    token = _store(engine, FIGURE, replace(FIGURE, name="other"))
    served = dict([render(engine, token)])
    started = threading.Event()

    def second() -> None:
        started.set()
        with writing(engine) as session:
            changes.record(session, [2], NOW + timedelta(days=2))

    with writing(engine) as session:
        changes.record(session, [1], NOW + timedelta(days=1))
        late = threading.Thread(target=second)
        late.start()
        started.wait()
        late.join(0.5)
        assert late.is_alive()
        served |= dict([render(engine, token)])
        assert len(served) == 1
    late.join()
    tag, data = render(engine, token)
    assert tag not in served
    assert [seen.sequence for seen in readers.by_icalendar(data)] == [1, 1]


def test_a_new_owner_sees_a_change_that_was_under_way_when_the_entry_came(
    engine: Engine,
) -> None:
    token = ""
    with writing(engine) as session:
        store_sheet(session, [FIGURE])
        person = store_person(session)
    token = _feed(engine, person)
    served: dict[str, bytes] = {}

    def hand_over() -> None:
        with writing(engine) as session:
            mine = session.get_one(Person, 1)
            assign(session, mine, Scope.ENTRY, "1", now=NOW, policy=POLICY)
        served.update([render(engine, token)])

    with writing(engine) as session:
        changes.record(session, [1], NOW + timedelta(days=1))
        giving = threading.Thread(target=hand_over)
        giving.start()
        giving.join(0.5)
        session.execute(text("UPDATE line SET name = 'renamed'"))
    giving.join()
    tag, data = render(engine, token)
    assert served.get(tag, data) == data
    assert "renamed" in readers.by_icalendar(data)[0].summary


def test_a_feed_that_was_given_away_is_listed_with_no_secret(sqlite_engine: Engine) -> None:
    token = _store(sqlite_engine, FIGURE)
    with reading(sqlite_engine) as session:
        stored = session.scalars(select(Feed)).one()
        assert token not in repr(vars(stored))
        assert re.fullmatch(r"[0-9a-f]{64}", stored.token_hash)
