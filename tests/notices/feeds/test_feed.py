"""Feeds: their tokens and addresses, finding one by its token, and the tag that tells a change."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import event, select, text

from db.engine import reading, writing
from db.tables import Feed, Person, Sheet, Stamp
from notices import feed
from scheduler.filters import Filter
from tests.notices.feeds.publishing import add

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

NOW = datetime(2017, 10, 1, tzinfo=UTC)


def _person(email: str = "owner@example.jp") -> Person:
    return Person(
        email=email,
        name="担当",
        language="ja",
        timezone="Asia/Tokyo",
        send_hour=None,
        admin=False,
        active=True,
        created_at=NOW,
    )


def _sheet() -> Sheet:
    return Sheet(policy_issue="地方行政", reform_item="⑰地方税", created_at=NOW)


def _add(session: Session, subject: Person | Sheet | None) -> str:
    if subject is not None:
        session.add(subject)
        session.flush()
    return add(session, subject, "ja", NOW)


def _found(engine: Engine, token: str) -> feed.Found:
    with reading(engine) as session:
        found = feed.find(session, token)
    assert found is not None
    return found


def test_a_token_is_long_random_and_kept_only_as_a_hash(engine: Engine) -> None:
    with writing(engine) as session:
        tokens = [_add(session, None) for _ in range(50)]
    assert len(set(tokens)) == 50
    assert all(len(token) * 6 >= 128 and token.isascii() for token in tokens)
    with engine.connect() as connection:
        stored = str(connection.execute(text("SELECT * FROM feed")).all())
    assert [token for token in tokens if token in stored] == []


@pytest.mark.parametrize("subject", [None, _person, _sheet])
def test_the_token_finds_its_feed_with_the_stamp_of_its_scope(
    engine: Engine, subject: object
) -> None:
    with writing(engine) as session:
        token = _add(session, subject() if callable(subject) else None)
        added = session.scalars(select(Feed)).one()
        kind = "person" if added.person_id else "sheet"
        own = f"{kind}:1" if subject else "all"
        for value, scope in enumerate(["all", "sheet:1", "person:1", "person:11"], 5):
            session.add(Stamp(scope=scope, value=value, changed_at=NOW + timedelta(days=value)))
    found = _found(engine, token)
    assert found.stamp == 5 + ["all", "sheet:1", "person:1"].index(own)
    assert found.changed_at == NOW + timedelta(days=found.stamp)
    assert not found.ended


def test_finding_is_one_query(engine: Engine) -> None:
    with writing(engine) as session:
        token = _add(session, _person())
    said: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *call: said.append(call[2]))
    with reading(engine) as session:
        found = feed.find(session, token)
        assert found is not None
        feed.tag(found, "x")
    assert len([statement for statement in said if statement.startswith("SELECT")]) == 1


@pytest.mark.parametrize("token", ["", "nonsense", "確報値", "\ud800", "a" * 5000, "' OR 1=1 --"])
def test_a_token_nobody_was_given_finds_nothing(engine: Engine, token: str) -> None:
    with writing(engine) as session:
        _add(session, None)
    with reading(engine) as session:
        assert feed.find(session, token) is None


def test_a_scope_where_nothing_ever_happened_has_its_feeds_beginning(engine: Engine) -> None:
    with writing(engine) as session:
        token = _add(session, None)
    found = _found(engine, token)
    assert (found.stamp, found.changed_at) == (0, NOW)


def test_revoking_ends_a_feed_once_and_its_farewell_lasts_thirty_days(engine: Engine) -> None:
    with writing(engine) as session:
        token = _add(session, None)
        feed.revoke(session, 1, NOW)
        feed.revoke(session, 1, NOW + timedelta(days=9))
    found = _found(engine, token)
    assert found.feed.revoked_at == NOW
    assert found.ended
    assert not found.gone(NOW + timedelta(days=30))
    assert found.gone(NOW + timedelta(days=30, seconds=1))


def test_revoking_what_is_not_there_says_where_to_look(engine: Engine) -> None:
    with writing(engine) as session, pytest.raises(feed.NoSuchFeedError, match="feed list"):
        feed.revoke(session, 99, NOW)


def test_the_feed_of_somebody_who_left_has_ended(engine: Engine) -> None:
    with writing(engine) as session:
        token = _add(session, _person())
    before = _found(engine, token)
    with writing(engine) as session:
        session.scalars(select(Person)).one().active = False
    after = _found(engine, token)
    assert (before.ended, after.ended) == (False, True)
    assert not after.gone(NOW + timedelta(days=4000))
    assert feed.tag(before, "x") != feed.tag(after, "x")


def test_a_feed_ends_with_who_made_it_unless_it_is_public(engine: Engine) -> None:
    with writing(engine) as session:
        session.add(_person())
        session.flush()
        tokens = [
            feed.add(session, Filter(), feed.Options("x", "ja", public=public), NOW, 1)[1]
            for public in (False, True)
        ]
    with writing(engine) as session:
        session.scalars(select(Person)).one().active = False
    assert [_found(engine, token).ended for token in tokens] == [True, False]


def test_a_person_is_nothing_for_a_public_feed(sqlite_engine: Engine) -> None:
    public = feed.Options("x", "ja", public=True)
    with writing(sqlite_engine) as session, pytest.raises(feed.PublicPersonError):
        feed.add(session, Filter(person_id=1), public, NOW)


@pytest.mark.parametrize(
    "options", [{"alarm_days": (7, 400)}, {"past_days": -1}, {"future_years": 0}]
)
def test_options_out_of_reach_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(feed.OptionError, match="must lie between"):
        feed.Options("x", "ja", **options)


def test_a_new_address_keeps_all_but_the_token(engine: Engine) -> None:
    options = feed.Options("暦", "en", True, (7, 0), 10, 3)
    with writing(engine) as session:
        _, old = feed.add(session, Filter(words="x", overdue_only=True), options, NOW)
        made, new = feed.rotate(session, 1, NOW)
        assert feed.wanted(made) == Filter(words="x", overdue_only=True)
        kept = (made.label, made.language, made.opens, feed.alarm_days(made), made.past_days)
        assert kept == ("暦", "en", True, (7, 0), 10)
    assert _found(engine, old).ended
    assert not _found(engine, new).ended
    with writing(engine) as session, pytest.raises(feed.EndedFeedError):
        feed.rotate(session, 1, NOW)


def test_feeds_are_listed_ended_ones_too(engine: Engine) -> None:
    with writing(engine) as session:
        _add(session, None)
        _add(session, _sheet())
        feed.revoke(session, 1, NOW)
    with reading(engine) as session:
        shown = [feed.wanted(row) for row in feed.listed(session)]
    assert shown == [Filter(), Filter(sheet_id=1)]


def test_the_tag_differs_with_everything_that_gives_other_bytes(sqlite_engine: Engine) -> None:
    with writing(sqlite_engine) as session:
        token = _add(session, None)
    found = _found(sqlite_engine, token)
    others = [
        feed.tag(found, "y"),
        feed.tag(replace(found, stamp=1), "x"),
        feed.tag(replace(found, changed_at=NOW + timedelta(microseconds=1)), "x"),
        feed.tag(replace(found, owner_left=True), "x"),
    ]
    for name, value in {"id": 2, "label": "z", "language": "en", "revoked_at": NOW}.items():
        changed = _found(sqlite_engine, token)
        setattr(changed.feed, name, value)
        others.append(feed.tag(changed, "x"))
    assert len({feed.tag(found, "x"), *others}) == 9
    assert feed.tag(found, "x") == feed.tag(_found(sqlite_engine, token), "x")


def test_addresses_for_browsers_calendar_programs_and_google() -> None:
    made = feed.addresses("https://jikai.example.jp/base/", "T0ken_-")
    assert made.https == "https://jikai.example.jp/base/feeds/T0ken_-.ics"
    assert made.webcal == "webcal://jikai.example.jp/base/feeds/T0ken_-.ics"
    assert parse_qs(urlsplit(made.google).query) == {"cid": [made.webcal]}


@pytest.mark.parametrize("base_url", ["https://" + "a" * 200 + ".example.jp", "https://次回.jp"])
def test_an_address_that_google_would_drop_is_refused(base_url: str) -> None:
    with pytest.raises(feed.AddressTooLongError, match="base_url"):
        feed.addresses(base_url, "T0ken")


def test_an_ordinary_address_is_short_enough_for_every_service(sqlite_engine: Engine) -> None:
    with writing(sqlite_engine) as session:
        token = _add(session, None)
    assert len(feed.addresses("https://jikai.shinchoku.soumu.example.jp", token).https) < 100
