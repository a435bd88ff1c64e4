"""Persons: how addresses are written, what is refused, and that an admin always stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from db.engine import reading, writing
from db.tables import Person, Scope, Stamp
from scheduler.assignments import assign
from scheduler.owners import admins, owners, recipients
from scheduler.people import (
    EmailError,
    LastAdminError,
    PersonExistsError,
    PersonFieldError,
    UnknownPersonError,
    add_person,
    edit_person,
    everybody,
    find_person,
    normal_email,
)
from tests.builders import AS_OF, POLICY, Awaited, Row, morning, store_person, store_sheet

if TYPE_CHECKING:
    from sqlalchemy import Engine

NOW = morning("2017-10-01")
ROW = Row("a figure", (Awaited("2018-03-01", "2018-03-31"),))


@pytest.mark.parametrize(
    ("text", "email"),
    [
        ("Hanako@Example.JP", "hanako@example.jp"),
        ("  hanako@example.jp\n", "hanako@example.jp"),
        ("ｈａｎａｋｏ＠ｅｘａｍｐｌｅ．ｊｐ", "hanako@example.jp"),
        ("hanako@例え.jp", "hanako@xn--r8jz45g.jp"),
        ("hanako+kpi@example.jp", "hanako+kpi@example.jp"),
        ("o'hara@example.org", "o'hara@example.org"),
        ("hanako@mail.kikaku.local", "hanako@mail.kikaku.local"),
    ],
)
def test_an_address_is_written_in_one_way(text: str, email: str) -> None:
    assert normal_email(text) == email


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("花子@example.jp", "before the @-sign"),
        ("hanako", "must have an @-sign"),
        ("", "must have an @-sign"),
        ("hanako@@example.jp", "@"),
        ("hana ko@example.jp", "SPACE"),
        ("花子 <hanako@example.jp>", "display name"),
        ("hanako@example.jp\r\nBcc: taro@example.jp", "invalid characters"),
        ("hanako@example", "not valid"),
        (f"{'x' * 70}@example.jp", "too long"),
        ("hanako@example.jp,taro@example.jp", "invalid characters"),
    ],
)
def test_what_mail_cannot_reach_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(EmailError, match=reason) as caught:
        normal_email(text)
    assert caught.value.email == text


def test_a_person_without_a_name_is_called_by_the_address(engine: Engine) -> None:
    with writing(engine) as session:
        store_person(session, "Hanako@example.jp")
    with reading(engine) as session:
        person = find_person(session, "HANAKO@example.jp")
        assert (person.name, person.active, person.created_at) == (person.email, True, NOW)


def test_a_name_is_one_line(engine: Engine) -> None:
    with writing(engine) as session:
        person = add_person(
            session,
            "a@example.jp",
            name=" 山田\r\nBcc:\x00 花子 ",
            language="ja",
            timezone="Asia/Tokyo",
            now=NOW,
            policy=POLICY,
        )
        assert person.name == "山田 Bcc: 花子"


def test_the_same_address_is_added_once(engine: Engine) -> None:
    with writing(engine) as session:
        store_person(session, "hanako@example.jp")
    with writing(engine) as session, pytest.raises(PersonExistsError, match="people edit"):
        store_person(session, "Hanako@EXAMPLE.jp")


@pytest.mark.parametrize(
    "zone", ["Tokyo", "", "../../etc/passwd", "Asia", "Asia/Tokyo\0", "JST+9x"]
)
def test_a_time_zone_that_does_not_exist_is_refused(sqlite_engine: Engine, zone: str) -> None:
    with (
        writing(sqlite_engine) as session,
        pytest.raises(PersonFieldError, match="timezone cannot be"),
    ):
        store_person(session, timezone=zone)


def test_a_language_without_words_is_refused(sqlite_engine: Engine) -> None:
    with (
        writing(sqlite_engine) as session,
        pytest.raises(PersonFieldError, match="language cannot be 'fr': give ja or en"),
    ):
        store_person(session, language="fr")


@pytest.mark.parametrize("hour", [-1, 24])
def test_an_hour_outside_the_day_is_refused(sqlite_engine: Engine, hour: int) -> None:
    with writing(sqlite_engine) as session, pytest.raises(PersonFieldError, match="from 0 to 23"):
        store_person(session, send_hour=hour)


def test_only_what_is_given_is_changed(engine: Engine) -> None:
    with writing(engine) as session:
        person = store_person(session, send_hour=7)
        edit_person(session, person, name="花子", language="en", now=NOW, policy=POLICY)
    with reading(engine) as session:
        found = find_person(session, "hanako@example.jp")
        assert (found.name, found.language, found.timezone) == ("花子", "en", "Asia/Tokyo")
        assert (found.send_hour, found.admin, found.active) == (7, False, True)


def test_nobody_found_names_those_who_resemble(engine: Engine) -> None:
    with writing(engine) as session:
        store_person(session, "hanako@example.jp")
    with (
        reading(engine) as session,
        pytest.raises(UnknownPersonError, match=r"did you mean hanako@example\.jp") as caught,
    ):
        find_person(session, "hanakp@example.jp")
    assert caught.value.near == ["hanako@example.jp"]
    for words in ("花子", "", "hanako\x00@example.jp", "x" * 10_000):
        with reading(engine) as session, pytest.raises(UnknownPersonError, match="people list"):
            find_person(session, words)


@pytest.mark.parametrize("change", [{"admin": False}, {"active": False}])
def test_the_last_admin_stays(engine: Engine, change: dict[str, bool]) -> None:
    with writing(engine) as session:
        last = store_person(session, "a@example.jp", admin=True)
        other = store_person(session, "b@example.jp", admin=True)
        edit_person(session, other, now=NOW, policy=POLICY, **change)  # type: ignore[arg-type]
        with pytest.raises(LastAdminError, match="is the last admin"):
            edit_person(session, last, now=NOW, policy=POLICY, **change)  # type: ignore[arg-type]
        assert (last.admin, last.active) == (True, True)


def test_a_disabled_person_owns_nothing_but_is_still_known(engine: Engine) -> None:
    with writing(engine) as session:
        store_sheet(session, [ROW])
        admin = store_person(session, "admin@example.jp", admin=True)
        person = store_person(session)
        assign(session, person, Scope.ALL, None, now=NOW, policy=POLICY)
        assert owners(session, [1]) == {1: [person]}
        before = session.get(Stamp, f"person:{person.id}")
        assert before is not None
        value = before.value
        edit_person(session, person, active=False, now=NOW, policy=POLICY)
        session.expire_all()
        assert owners(session, [1]) == {}
        assert recipients(session, [1], AS_OF) == {1: [admin]}
        assert everybody(session) == [admin, person]
        assert admins(session) == [admin]
        assert before.value == value + 1
        edit_person(session, person, active=True, now=NOW, policy=POLICY)
        assert recipients(session, [1], AS_OF) == {1: [person]}
    with reading(engine) as session:
        assert session.get(Person, person.id) is not None
