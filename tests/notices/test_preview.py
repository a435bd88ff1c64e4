"""What a preview says is what the clock then brings: the same mails, line for line."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st

from db.engine import open_engine, reading, writing
from db.tables import Scope
from db.upgrade import upgrade
from notices import passes
from notices.preview import Previewed, preview, previewed
from notices.rehearsal import Kept
from notices.settings import parse
from scheduler import rules
from scheduler.answer import not_yet
from scheduler.assignments import assign
from scheduler.handover import add_absence
from scheduler.people import edit_person
from tests.builders import (
    POLICY,
    Awaited,
    Row,
    morning,
    store_first_sheet,
    store_person,
    store_sheet,
)
from tests.notices.test_replay import counts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Engine

    from notices.settings import Settings

NOW = morning("2018-02-28")
AN_HOUR = timedelta(hours=1)
TOKEN = re.compile(r"/[au]/\S+")
ZONES = ("Asia/Tokyo", "America/New_York", "Pacific/Kiritimati", "Europe/Berlin", "Pacific/Niue")
CHECKS = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("JIKAI_SECRET", "a signing key for tests")
    return parse({}, tmp_path / "config.toml")


def _without_signatures(mails: Iterable[Previewed]) -> list[Previewed]:
    """Mails as people see them: the signature in a link holds the moment it was made."""
    return [replace(mail, text=TOKEN.sub("/…", mail.text)) for mail in mails]


def _lived(engine: Engine, settings: Settings, now: datetime, days: int) -> Iterator[Previewed]:
    """What goes out where a pass is made every full hour."""
    policy = settings.policy()
    end = policy.day_start(policy.today(now) + timedelta(days=days + 1))
    while now < end:
        way = Kept()
        passes.tick(engine, settings, now, way)
        with reading(engine) as session:
            mails = [previewed(session, message, now) for message in way.taken]
        yield from sorted(mails, key=lambda mail: mail.to)
        now += AN_HOUR


def _compare(engine: Engine, settings: Settings, now: datetime, days: int) -> list[Previewed]:
    before = counts(engine)
    foreseen = _without_signatures(preview(engine, settings, now, days))
    assert counts(engine) == before
    assert foreseen == _without_signatures(_lived(engine, settings, now, days))
    return foreseen


@pytest.mark.slow
def test_a_preview_is_what_the_clock_then_sends(sqlite_engine: Engine, settings: Settings) -> None:
    with writing(sqlite_engine) as session:
        store_first_sheet(session)
        for zone in ZONES:
            name = zone.split("/")[1].lower()
            person = store_person(session, f"{name}@example.jp", timezone=zone)
            assign(session, person, Scope.ALL, None, now=morning("2018-02-01"), policy=POLICY)
        store_person(session, "admin@example.jp", admin=True)
    foreseen = _compare(sqlite_engine, settings, morning("2018-03-29"), 5)
    assert {mail.to for mail in foreseen} >= {"tokyo@example.jp", "niue@example.jp"}
    assert len(foreseen) > 5


@st.composite
def _windows(draw: st.DrawFn) -> Awaited:
    first = date(2018, 3, 1) + timedelta(days=draw(st.integers(-60, 40)))
    last = first + timedelta(days=draw(st.integers(0, 30)))
    repeat = draw(st.sampled_from([None, "P1M"]))
    return Awaited(first.isoformat(), last.isoformat(), draw(st.booleans()), repeat=repeat)


@pytest.mark.slow
@pytest.mark.timeout(300)
@trying(max_examples=4, deadline=None, suppress_health_check=CHECKS)
@given(
    windows=st.lists(_windows(), min_size=1, max_size=4),
    zones=st.lists(st.sampled_from(ZONES), min_size=2, max_size=3),
    away=st.none() | st.tuples(st.integers(1, 10), st.integers(0, 10)),
    asked_again=st.none() | st.integers(1, 12),
    changes=st.sampled_from([{}, {"hold_back": False}, {"chase_days": [1, "2w"]}]),
)
def test_a_preview_of_any_office_is_what_it_then_sends(
    settings: Settings,
    windows: list[Awaited],
    zones: list[str],
    away: tuple[int, int] | None,
    asked_again: int | None,
    changes: dict[str, Any],
) -> None:
    now = morning("2018-03-05")
    with TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{folder}/jikai.db")
        upgrade(engine)
        with writing(engine) as session:
            stored = store_sheet(session, [Row("a figure", (window,)) for window in windows])
            people = [
                store_person(session, f"{count}@example.jp", timezone=zone, admin=count == 0)
                for count, zone in enumerate(zones)
            ]
            assign(session, people[1], Scope.ALL, None, now=now, policy=POLICY)
            rules.change(session, stored.sheet, changes, now)
            if away:
                first = date(2018, 3, 5) + timedelta(days=away[0])
                days = (first, first + timedelta(days=away[1]))
                add_absence(session, people[1], *days, people[0], now=now, policy=POLICY)
            if asked_again:
                again_on = date(2018, 3, 5) + timedelta(days=asked_again)
                which, who = stored.occurrences[0], people[1]
                not_yet(session, which, None, person=who, again_on=again_on, now=now, policy=POLICY)
        _compare(engine, settings, now, 6)
        engine.dispose()


def test_two_nodes_send_what_was_foreseen_and_nothing_twice(
    postgres_url: str, settings: Settings
) -> None:
    nodes = [open_engine(postgres_url) for _ in range(2)]
    upgrade(nodes[0])
    with writing(nodes[0]) as session:
        store_first_sheet(session)
        boss = store_person(session, "boss@example.jp", admin=True)
        for name in ("hanako", "taro"):
            person = store_person(session, f"{name}@example.jp")
            edit_person(session, person, superior=boss, now=NOW, policy=POLICY)
            assign(session, person, Scope.ALL, None, now=NOW, policy=POLICY)
        away = (date(2018, 3, 20), date(2018, 4, 5))
        add_absence(session, person, *away, boss, now=NOW, policy=POLICY)
    foreseen = list(preview(nodes[0], settings, NOW, 100))
    sent = []
    for at in sorted({mail.at for mail in foreseen}):
        ways = [Kept(), Kept()]
        with ThreadPoolExecutor(2) as both:
            list(both.map(lambda node, way: passes.tick(node, settings, at, way), nodes, ways))  # noqa: B023
        sent += [(at, mail.recipient, mail.subject) for way in ways for mail in way.taken]
    for node in nodes:
        node.dispose()
    assert sorted(sent) == sorted((mail.at, mail.to, mail.subject) for mail in foreseen)
    assert len({mail.to for mail in foreseen}) == 3


def test_a_preview_is_for_the_days_asked(sqlite_engine: Engine, settings: Settings) -> None:
    with writing(sqlite_engine) as session:
        store_first_sheet(session)
        person = store_person(session)
        assign(session, person, Scope.ALL, None, now=morning("2018-02-01"), policy=POLICY)
    days = {
        count: [mail.at.date().isoformat() for mail in preview(sqlite_engine, settings, NOW, count)]
        for count in (0, 4, 9)
    }
    assert days == {
        0: ["2018-02-28"],
        4: ["2018-02-28", "2018-03-01"],
        9: ["2018-02-28", "2018-03-01"],
    }
