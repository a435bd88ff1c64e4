"""Whom nothing may reach: looked at when a mail is sent, whatever held when it was queued."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from db.engine import reading, writing
from db.tables import Mail, MailState, Occurrence, Person, Scope, Stream
from notices import bounces, passes
from notices.rehearsal import Kept
from notices.settings import parse
from notices.streams import mute
from scheduler.answer import Confirmation, confirm
from scheduler.assignments import assign
from scheduler.handover import add_absence
from scheduler.people import edit_person
from tests.builders import POLICY, Awaited, Row, morning, store_person, store_sheet

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from notices.settings import Settings

MARCH = Awaited("2018-03-01", "2018-03-31", True, covers="2017-04", stage="final")
MONDAY, LATER_MONDAY = "2018-03-05", "2018-03-19"
NOW, BACK = morning(MONDAY), morning(LATER_MONDAY)


def _disable(session: Session, person: Person) -> None:
    edit_person(session, person, active=False, now=NOW, policy=POLICY)


def _enable(session: Session, person: Person) -> None:
    edit_person(session, person, active=True, now=NOW, policy=POLICY)


def _suspend(_session: Session, person: Person) -> None:
    person.suspended_at = NOW


def _resume(_session: Session, person: Person) -> None:
    assert bounces.resume(person, BACK)


def _leave(session: Session, person: Person) -> None:
    days = date(2018, 3, 5), date(2018, 3, 9)
    delegate = session.scalars(select(Person).where(Person.email == "delegate@example.jp")).one()
    add_absence(session, person, *days, delegate, now=NOW, policy=POLICY)


def _mute(session: Session, person: Person) -> None:
    assert mute(session, person, Stream.REMINDERS, NOW)


def _answer(session: Session, person: Person) -> None:
    given = Confirmation(value="1,012")
    occurrence = session.scalars(select(Occurrence)).one()
    confirm(session, occurrence, given, person=person, now=NOW, policy=POLICY)


def _nothing(_session: Session, _person: Person) -> None:
    """Time alone brings it back."""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("JIKAI_SECRET", "a signing key for tests")
    return parse({}, tmp_path / "config.toml")


def _queue(engine: Engine, settings: Settings) -> int:
    """One owner's mail waits in the outbox; the owner's number."""
    with writing(engine) as session:
        store_sheet(session, [Row("figure", (MARCH,))])
        owner = store_person(session, "owner@example.jp", language="en")
        for name, admin in (("delegate", False), ("admin", True)):
            store_person(session, f"{name}@example.jp", language="en", admin=admin)
        assign(session, owner, Scope.ALL, None, now=morning(MONDAY, 0), policy=POLICY)
    passes.sweep_all(engine, settings, NOW)
    assert passes.post_some(engine, settings, NOW) == 1
    return owner.id


def _sent(engine: Engine, settings: Settings, now: datetime) -> list[tuple[str, str]]:
    way = Kept()
    passes.tick(engine, settings, now, way)
    return [(message.recipient, message.subject) for message in way.taken]


@pytest.mark.parametrize(
    ("since", "reason", "later"),
    [
        (_disable, "The person is disabled and gets no mail.", _enable),
        (_suspend, "The address is suspended: mail to it came back.", _resume),
        (_leave, "The person is away; what it told goes into the first mail after that.", _nothing),
    ],
)
def test_what_could_not_be_told_is_told_once_it_may_be(
    engine: Engine, settings: Settings, since: Callable[[Session, Person], None], reason: str,
    later: Callable[[Session, Person], None],
) -> None:  # fmt: skip
    owner_id = _queue(engine, settings)
    with writing(engine) as session:
        since(session, session.get_one(Person, owner_id))
    assert "owner@example.jp" not in dict(_sent(engine, settings, NOW))
    with reading(engine) as session:
        held = session.scalars(select(Mail).where(Mail.person_id == owner_id)).one()
        assert (held.state, held.reply) == (MailState.VOID, reason)
    with writing(engine) as session:
        later(session, session.get_one(Person, owner_id))
    told = dict(_sent(engine, settings, BACK))
    assert told["owner@example.jp"] == "[Jikai] Due soon: figure (12 days left)"


def test_the_delegate_hears_in_place_of_whoever_left_a_moment_ago(
    engine: Engine, settings: Settings
) -> None:
    owner_id = _queue(engine, settings)
    with writing(engine) as session:
        _leave(session, session.get_one(Person, owner_id))
    assert _sent(engine, settings, NOW) == [
        ("delegate@example.jp", "[Jikai] Expected now: figure (around March 2018)")
    ]


@pytest.mark.parametrize(
    ("since", "reason"),
    [
        (_mute, "The person muted these mails."),
        (_answer, "Everything in it was answered before it was sent."),
    ],
)
def test_what_nobody_wants_to_hear_any_more_is_void(
    engine: Engine, settings: Settings, since: Callable[[Session, Person], None], reason: str
) -> None:
    owner_id = _queue(engine, settings)
    with writing(engine) as session:
        since(session, session.get_one(Person, owner_id))
    assert "owner@example.jp" not in dict(_sent(engine, settings, NOW))
    with reading(engine) as session:
        held = session.scalars(select(Mail).where(Mail.person_id == owner_id)).one()
        assert (held.state, held.reply) == (MailState.VOID, reason)
    assert "owner@example.jp" not in dict(_sent(engine, settings, morning("2018-03-06")))
