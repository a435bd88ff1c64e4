"""What subjects say: the most urgent figure, and where it stands, as one would say it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from db.engine import reading, writing
from db.tables import Occurrence, Scope
from notices.digest import digests, in_subject
from notices.reminded import HANDED_OVER, OWED, Concern, Reminded
from notices.settings import parse
from scheduler import lists
from scheduler.assignments import assign
from scheduler.occurrence import Window
from scheduler.proposals import decide, propose
from tests.builders import POLICY, Awaited, Row, morning, store_person, store_sheet

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from db.tables import Person, Proposal
    from scheduler.lists import Item

MARCH = Awaited("2018-03-01", "2018-03-31", True)
FISCAL = Awaited("2018-04-01", "2019-03-31")
UNTIL = Awaited(None, "2019-03-31")
ONWARD = Awaited("2018-04-01", None)
ONE_DAY = Awaited("2018-03-20", "2018-03-20")


def _subject(
    found: list[Item],
    person: Person,
    folder: Path,
    day: str,
    *proposals: Proposal,
    reason: str = OWED,
) -> str:
    items, ids = tuple(Concern(item, reason) for item in found), {item.id: 1 for item in found}
    reminded = Reminded(items, ids, proposals)
    settings, now = parse({}, folder / "config.toml"), morning(day)
    [said] = digests(reminded, person, settings, b"", policy=POLICY, now=now).values()
    return said.subject


@pytest.mark.parametrize(
    ("awaited", "day", "ja", "en"),
    [
        (MARCH, "2018-01-31", "【予告】X（2018年3月頃）", "Coming: X (around March 2018)"),
        (MARCH, "2018-02-15", "【予告】X（把握時期まであと14日）", "Coming: X (opens in 14 days)"),
        (MARCH, "2018-02-28", "【予告】X（明日から把握時期）", "Coming: X (opens tomorrow)"),
        (
            MARCH,
            "2018-03-01",
            "【把握時期】X（2018年3月頃）",
            "Expected now: X (around March 2018)",
        ),
        (MARCH, "2018-03-17", "【把握時期】X（あと14日）", "Due soon: X (14 days left)"),
        (MARCH, "2018-03-30", "【把握時期】X（あと1日）", "Due soon: X (1 day left)"),
        (MARCH, "2018-03-31", "【最終日】X（2018年3月頃）", "Last day: X (around March 2018)"),
        (
            MARCH,
            "2018-04-01",
            "【猶予中】X（把握時期を1日経過）",
            "Late, not yet overdue: X (1 day past the window)",
        ),
        (
            MARCH,
            "2018-04-14",
            "【猶予中】X（把握時期を14日経過）",
            "Late, not yet overdue: X (14 days past the window)",
        ),
        (MARCH, "2018-04-15", "【超過】X（15日超過）", "Overdue: X (15 days late)"),
        (MARCH, "2019-03-31", "【超過】X（365日超過）", "Overdue: X (365 days late)"),
        (MARCH, "2019-04-01", "【超過】X（1年以上超過）", "Overdue: X (more than a year late)"),
        (MARCH, "2021-04-30", "【超過】X（3年以上超過）", "Overdue: X (more than 3 years late)"),
        (ONE_DAY, "2018-03-20", "【最終日】X（2018年3月20日）", "Last day: X (20 March 2018)"),
        (ONE_DAY, "2018-03-21", "【超過】X（1日超過）", "Overdue: X (1 day late)"),
        (FISCAL, "2018-04-01", "【把握時期】X（2018年度中）", "Expected now: X (FY2018)"),
        (
            UNTIL,
            "2018-04-01",
            "【把握時期】X（2019年3月31日まで）",
            "Expected now: X (by 31 March 2019)",
        ),
        (UNTIL, "2019-03-24", "【把握時期】X（あと7日）", "Due soon: X (7 days left)"),
        (ONWARD, "2018-03-01", "【予告】X（2018年4月1日以降）", "Coming: X (from 1 April 2018 on)"),
        (
            ONWARD,
            "2019-04-01",
            "【把握時期】X（2018年4月1日以降）",
            "Expected now: X (from 1 April 2018 on)",
        ),
    ],
)
def test_a_subject_counts_days_where_they_are_few_and_else_names_the_window(
    sqlite_engine: Engine, tmp_path: Path, awaited: Awaited, day: str, ja: str, en: str
) -> None:
    for language, wanted in (("ja", ja), ("en", en)):
        item, person = _office(sqlite_engine, awaited, day, language)
        assert _subject([item], person, tmp_path, day) == wanted
        unowned = replace(item, owners=())
        how = wanted.partition("X")[2]
        if "Last day" not in en:
            nobody = {"ja": f"【担当者なし】X{how}", "en": f"Nobody owns: X{how}"}[language]
            assert _subject([unowned], person, tmp_path, day) == nobody
            passed_on = {"ja": f"【引継ぎ】X{how}", "en": f"Handed over: X{how}"}[language]
            assert _subject([item], person, tmp_path, day, reason=HANDED_OVER) == passed_on


def _office(engine: Engine, awaited: Awaited, day: str, language: str) -> tuple[Item, Person]:
    with writing(engine) as session:
        store_sheet(session, [Row("X", (awaited,))], reform_item=language)
        person = store_person(session, f"{language}@example.jp", language=language)
        now = morning("2017-10-01")
        assign(session, person, Scope.ALL, None, now=now, policy=POLICY)
    with reading(engine) as session:
        found = lists.entries(session, date.fromisoformat(day), POLICY)
        return found[-1], person


@pytest.mark.parametrize(
    ("others", "more"), [(1, " and 1 more"), (2, " and 2 more")], ids=["one", "two"]
)
def test_a_subject_says_how_many_more_there_are(
    sqlite_engine: Engine, tmp_path: Path, others: int, more: str
) -> None:
    item, person = _office(sqlite_engine, MARCH, "2018-03-24", "en")
    rest = [replace(item, id=f"{n}.1", text=f"text {n}", entry=f"Y{n}") for n in range(others)]
    subject = _subject([item, *rest], person, tmp_path, "2018-03-24")
    assert subject == f"Due soon: X (7 days left){more}"


@pytest.mark.parametrize(
    ("accepted", "decided"),
    [
        (True, "Accepted: X (June 2018)"),
        (False, "Not accepted: X (the promised time stays)"),
    ],
)
def test_a_proposal_is_named_with_its_window_and_its_end_in_a_word(
    sqlite_engine: Engine, tmp_path: Path, accepted: bool, decided: str
) -> None:
    day, june = "2018-03-24", Window(date(2018, 6, 1), date(2018, 6, 30))
    now = morning(day)
    _, person = _office(sqlite_engine, MARCH, day, "en")
    with writing(sqlite_engine) as session:
        admin, one = store_person(session, admin=True), session.get_one(Occurrence, 1)
        made = propose(session, one, june, "late", person=person, now=now, policy=POLICY)
        assert _subject([], person, tmp_path, day, made) == "To decide: X (June 2018)"
        decide(session, made, accepted, person=admin, now=now, policy=POLICY)
        assert _subject([], person, tmp_path, day, made) == decided


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("地方税の徴収率", "地方税の徴収率"),
        ("あ" * 24, "あ" * 24),
        ("あ" * 25, "あ" * 23 + "…"),
        ("a" * 48, "a" * 48),
        ("a" * 49, "a" * 47 + "…"),
        ("a" + "あ" * 24, "a" + "あ" * 22 + "…"),
        ("先進的な取組の\n実態を把握", "先進的な取組の 実態を把握"),
    ],
)
def test_a_name_leaves_a_list_of_mails_room_for_the_days(name: str, shown: str) -> None:
    assert in_subject(name) == shown
