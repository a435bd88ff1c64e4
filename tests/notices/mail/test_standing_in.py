"""Whoever hears of a figure for somebody who is away is told for whom, and until when."""

from __future__ import annotations

from datetime import date
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

import pytest

from db.engine import writing
from db.tables import Person, Scope
from notices import passes
from notices.rehearsal import Kept
from notices.settings import parse
from scheduler.assignments import assign
from scheduler.handover import add_absence
from tests.builders import POLICY, Awaited, Row, morning, store_person, store_sheet

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from notices.settings import Settings

THURSDAY, FRIDAY = "2018-03-01", "2018-03-02"
MARCH = Awaited("2018-03-01", "2018-03-31", True, covers="2017-04", stage="final")
NOTE = {
    "ja": "佐藤さん（2018年4月5日まで）のご不在のあいだ、代わりにお送りしています。",
    "en": "You receive this for 佐藤, who is away until 5 April 2018.",
}


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("JIKAI_SECRET", "a signing key for tests")
    return parse({}, tmp_path / "config.toml")


def _office(engine: Engine, language: str = "ja") -> None:
    """Sato owns two figures of the same time, Suzuki one of it; Tanaka is an admin."""
    with writing(engine) as session:
        rows = [Row(f"sato {number}", (MARCH,)) for number in (1, 2)]
        sheet = store_sheet(session, rows).sheet
        other = store_sheet(session, [Row("suzuki", (MARCH,))], reform_item="other").sheet
        for name in ("sato", "suzuki", "tanaka"):
            email, admin = f"{name}@example.jp", name == "tanaka"
            store_person(session, email, language=language, admin=admin)
        names = {"sato": "佐藤", "suzuki": "鈴木", "tanaka": "田中"}
        for name, called in names.items():
            _named(session, name).name = called
    _own(engine, "sato", sheet.id)
    _own(engine, "suzuki", other.id)


def _named(session: Session, name: str) -> Person:
    numbers = {"sato": 1, "suzuki": 2, "tanaka": 3}
    return session.get_one(Person, numbers[name])


def _own(engine: Engine, name: str, sheet_id: int) -> None:
    with writing(engine) as session:
        now, who = morning(THURSDAY, 0), _named(session, name)
        assign(session, who, Scope.SHEET, str(sheet_id), now=now, policy=POLICY)


def _away(engine: Engine, name: str, delegate: str = "", until: str = "2018-04-05") -> None:
    with writing(engine) as session:
        days = date(2018, 2, 26), date.fromisoformat(until)
        stand_in = _named(session, delegate) if delegate else None
        now = morning(THURSDAY, 1)
        add_absence(session, _named(session, name), *days, stand_in, now=now, policy=POLICY)


def _told(engine: Engine, settings: Settings, day: str = THURSDAY) -> dict[str, tuple[str, str]]:
    """The text and the HTML of each mail of `day`, by recipient."""
    way = Kept()
    passes.tick(engine, settings, morning(day), way)
    found = {}
    for message in way.taken:
        mail = message_from_bytes(message.content, policy=policy.default)
        bodies = [mail.get_body((form,)) for form in ("plain", "html")]
        text, html = (str(body.get_content()) for body in bodies if body)
        found[message.recipient.partition("@")[0]] = (text, html)
    return found


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_delegate_is_told_for_whom_once_where_figures_share_a_line(
    engine: Engine, settings: Settings, language: str
) -> None:
    _office(engine, language)
    _away(engine, "sato", "suzuki")
    told = _told(engine, settings)
    assert told.keys() == {"suzuki"}
    for said in told["suzuki"]:
        assert said.count(NOTE[language]) == 1
    text = told["suzuki"][0]
    groups = text.split("■")[1:]
    of_sato = [NOTE[language] in group for group in groups]
    assert of_sato == ["sato 1" in group for group in groups]
    assert len(groups) == 2


def test_whoever_owns_it_too_hears_of_it_as_an_owner(
    sqlite_engine: Engine, settings: Settings
) -> None:
    _office(sqlite_engine)
    _own(sqlite_engine, "suzuki", 1)
    _away(sqlite_engine, "sato", "suzuki")
    told = _told(sqlite_engine, settings)
    assert "sato 1" in told["suzuki"][0]
    assert "代わりに" not in told["suzuki"][0]


def test_two_who_are_away_are_both_named(sqlite_engine: Engine, settings: Settings) -> None:
    _office(sqlite_engine)
    _own(sqlite_engine, "suzuki", 1)
    _away(sqlite_engine, "sato", "suzuki")
    _away(sqlite_engine, "suzuki", "tanaka", "2018-03-09")
    told = _told(sqlite_engine, settings)
    both = "佐藤さん（2018年4月5日まで）、鈴木さん（2018年3月9日まで）のご不在のあいだ"
    alone = "\n  鈴木さん（2018年3月9日まで）のご不在のあいだ"
    assert (both in told["tanaka"][0], alone in told["tanaka"][0]) == (True, True)


def test_an_admin_hears_for_an_owner_who_named_nobody(
    sqlite_engine: Engine, settings: Settings
) -> None:
    _office(sqlite_engine)
    _away(sqlite_engine, "sato")
    told = _told(sqlite_engine, settings)
    assert told["tanaka"][0].count(NOTE["ja"]) == 1
    assert "代わりに" not in told["suzuki"][0]


def test_a_delegate_of_an_admin_hears_of_what_nobody_owns(
    sqlite_engine: Engine, settings: Settings
) -> None:
    _office(sqlite_engine)
    with writing(sqlite_engine) as session:
        rows = [Row("nobody's", (MARCH,))]
        store_sheet(session, rows, reform_item="unowned", now=morning(THURSDAY, 1))
    _away(sqlite_engine, "tanaka", "suzuki")
    text = _told(sqlite_engine, settings)["suzuki"][0]
    assert text.count("田中さん（2018年4月5日まで）のご不在のあいだ") == 1
    assert text.index("nobody's") > text.index("田中さん") > text.index("担当者が決まっていない")


def test_whoever_is_back_is_told_nothing_of_it(sqlite_engine: Engine, settings: Settings) -> None:
    _office(sqlite_engine)
    _away(sqlite_engine, "sato", "suzuki", until="2018-03-01")
    _told(sqlite_engine, settings)
    told = _told(sqlite_engine, settings, FRIDAY)
    assert "sato 1" in told["sato"][0]
    assert "代わりに" not in told["sato"][0]
