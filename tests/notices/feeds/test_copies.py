"""Stored bytes of events change nothing but the time a calendar takes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, update

from db.engine import open_engine, reading, writing
from db.tables import EventCopy, OccurrenceState, Scope
from db.upgrade import upgrade
from notices import feed, feed_copies, feed_events
from notices.settings import parse
from scheduler import changes
from scheduler.answer import Confirmation, confirm, find, postpone
from scheduler.assignments import assign
from scheduler.lifecycle import settle
from scheduler.occurrence import Window
from scheduler.sweep import sweep
from tests.builders import POLICY, Awaited, Row, morning, store_person, store_sheet
from tests.notices.feeds.publishing import SETTINGS, add, render

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

NOW = morning("2017-10-01")
ONCE = Row("団体数", (Awaited("2018-03-01", "2018-03-31", True),), text="2018年３月頃")
YEARLY = Row("収納率", (Awaited("2017-11-01", "2017-11-30", repeat="P1Y"),), text="毎年11月")
OPTIONS: list[dict[str, Any]] = [
    {},
    {"language": "en"},
    {"opens": True},
    {"public": True, "past_days": 0},
    {"overdue_only": True},
    {"alarm_days": (7, 0), "future_years": 4},
]


def store(engine: Engine) -> list[str]:
    with writing(engine) as session:
        store_sheet(session, [ONCE, YEARLY, replace(ONCE, name="other")], now=NOW)
        person = store_person(session)
        mine = add(session, person)
        return [mine, *(add(session, None, **options) for options in OPTIONS)]


def _refresh(engine: Engine, now: Any = NOW) -> int:
    return feed_copies.refresh(engine, SETTINGS, now)


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The uids of the events that are rendered while the test runs."""
    uids = []
    event = feed_events.event

    def counted(row: Any, style: Any) -> Any:
        uids.append(row.uid)
        return event(row, style)

    monkeypatch.setattr(feed_events, "event", counted)
    return uids


def test_what_has_a_copy_is_not_rendered_and_one_change_renders_one(
    engine: Engine, rendered: list[str]
) -> None:
    token = store(engine)[1]
    without = render(engine, token)
    assert _refresh(engine) == 3 * 4
    assert _refresh(engine) == 0
    rendered.clear()
    assert render(engine, token) == without
    assert rendered == []
    with writing(engine) as session:
        changes.record(session, [1], NOW + timedelta(days=1))
    assert render(engine, token) != without
    assert len(rendered) == 1
    assert _refresh(engine, NOW + timedelta(days=1)) == 4


def test_copies_are_stored_once_a_day_at_most_where_nothing_changes(engine: Engine) -> None:
    store(engine)
    _refresh(engine)
    days = [_refresh(engine, NOW + timedelta(days=day)) for day in (1, 30, 300)]
    assert days == [0, 0, 0]
    assert _refresh(engine, NOW + timedelta(days=370)) > 0


def test_copies_of_other_settings_are_not_taken(sqlite_engine: Engine, tmp_path: Path) -> None:
    token = store(sqlite_engine)[1]
    other = parse({"web": {"base_url": "https://other.example.jp"}}, tmp_path / "config.toml")
    wanted = render(sqlite_engine, token, other)
    _refresh(sqlite_engine)
    assert render(sqlite_engine, token, other) == wanted
    assert b"https://other.example.jp" in wanted[1]


def test_a_copy_that_is_stored_late_never_hides_a_change(engine: Engine) -> None:
    """Whoever stores copies reads the stamps before all else."""
    token = store(engine)[1]
    _refresh(engine)
    with writing(engine) as session:
        changes.record(session, [1], NOW + timedelta(days=1))
    wanted = render(engine, token)
    with writing(engine) as session:
        session.execute(update(EventCopy).values(content=b"BEGIN:VEVENT\r\nold\r\n"))
        session.execute(delete(EventCopy).where(EventCopy.entry_id != 1))
    assert render(engine, token) == wanted


def test_two_processes_that_store_copies_at_once_store_the_same(engine: Engine) -> None:
    store(engine)
    _refresh(engine)
    with reading(engine) as session:
        before = session.scalars(select(func.count()).select_from(EventCopy)).one()
    with writing(engine) as session:
        session.execute(update(EventCopy).values(rendering="old"))
    _refresh(engine)
    _refresh(engine)
    with reading(engine) as session:
        assert session.scalars(select(func.count()).select_from(EventCopy)).one() == before


def test_copies_in_a_form_that_is_no_longer_served_are_deleted(engine: Engine) -> None:
    store(engine)
    _refresh(engine)
    with writing(engine) as session:
        for one in feed.listed(session):
            if one.language == "en":
                feed.revoke(session, one.id, NOW)
    _refresh(engine)
    with reading(engine) as session:
        assert set(session.scalars(select(EventCopy.form))) == {"ja", "ja-opens", "ja-public"}


CHANGES = st.sampled_from(
    ["confirm", "postpone", "withdraw", "sweep", "line", "assign", "refresh", "wait"]
)


def change(session: Session, what: str, now: Any) -> None:
    firsts = [find(session, f"{entry}.1") for entry in (1, 2, 3)]
    open_ = [one for one in firsts if one.state == "open"]
    if what == "confirm" and open_:
        confirm(session, open_[0], Confirmation("1"), person=None, now=now, policy=POLICY)
    elif what == "postpone" and open_:
        later = Window(None, now.date() + timedelta(days=400))
        postpone(session, open_[-1], later, "遅れ", person=None, now=now, policy=POLICY)
    elif what == "withdraw" and open_:
        settle(session, [open_[-1]], OccurrenceState.WITHDRAWN, now)
    elif what == "sweep":
        sweep(session, now, POLICY)
    elif what == "line":
        store_sheet(session, [ONCE], reform_item=f"sheet {now}", now=now)
    elif what == "assign":
        person = store_person(session, f"p{now:%Y%m%d}@example.jp")
        assign(session, person, Scope.ALL, None, now=now, policy=POLICY)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(st.tuples(CHANGES, st.integers(1, 400)), min_size=1, max_size=7))
# The day a window opens may lie within a feed's years, and its last day beyond them.
@example(steps=[("confirm", 31)])
def test_with_copies_and_without_every_calendar_is_the_same(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('copies') / 'x.db'}")
    upgrade(engine)
    tokens = store(engine)
    _refresh(engine)
    day = date(2017, 10, 1)
    for what, days in steps:
        day += timedelta(days=days)
        if what == "refresh":
            _refresh(engine, morning(day))
        else:
            with writing(engine) as session:
                change(session, what, morning(day))
    with_copies = [render(engine, token) for token in tokens]
    with writing(engine) as session:
        session.execute(delete(EventCopy))
    assert [render(engine, token) for token in tokens] == with_copies
    engine.dispose()
