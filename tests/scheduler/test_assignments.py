"""Who owns what: entries, sheets, everything, named the way people name them."""

from __future__ import annotations

import threading
from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from db.engine import reading, writing
from db.tables import Assignment, Edition, Entry, Person, Scope, Stamp
from scheduler.assignments import (
    DisabledPersonError,
    SheetChoiceError,
    UnknownEntryError,
    assign,
    assignments_of,
    find_entry,
    find_sheet,
    unassign,
)
from scheduler.owners import entries_of, owners, recipients, sheet_ids, unowned
from scheduler.people import edit_person
from tests.builders import (
    AS_OF,
    POLICY,
    Awaited,
    Row,
    Stored,
    morning,
    store_line,
    store_person,
    store_sheet,
)

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

NOW = morning("2017-10-01")
ROW = Row("a figure", (Awaited("2018-03-01", "2018-03-31"),))
NAMES = ("⑯公共サービスイノベーションの全国展開", "⑰地方税における徴収対策", "16 Local taxes 徴収")


def _store(session: Session) -> list[Stored]:
    return [store_sheet(session, [ROW, ROW], reform_item=name) for name in NAMES]


def _assign(session: Session, person: Person, scope: Scope, words: str | None = None) -> bool:
    return assign(session, person, scope, words, now=NOW, policy=POLICY) is not None


def _owned(session: Session, person: Person) -> list[int]:
    return sorted(session.scalars(entries_of(person.id)))


def _emails(session: Session, entry_ids: list[int]) -> list[list[str]]:
    found = owners(session, entry_ids)
    return [[person.email for person in found.get(entry_id, [])] for entry_id in entry_ids]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("⑰地方税における徴収対策", 2),
        ("徴収対策", 2),
        (" ⑰ ", 2),
        ("⑯", 1),
        ("２", 2),
        ("LOCAL", 3),
        ("ｌｏｃａｌ　Ｔａｘ", 3),
        ("公共サービス", 1),
        ("1", 1),
        ("16", 3),
        ("17", 2),
        ("地", 2),
        ("徴収", None),
        ("", None),
        ("no such sheet", None),
        ("4", None),
    ],
)
def test_a_sheet_is_meant_by_its_name_a_part_of_it_or_its_id(
    sqlite_engine: Engine, words: str, found: int | None
) -> None:
    with writing(sqlite_engine) as session:
        _store(session)
        if found is not None:
            assert find_sheet(session, words).id == found
            return
        with pytest.raises(SheetChoiceError):
            find_sheet(session, words)


def test_words_for_several_sheets_list_them(engine: Engine) -> None:
    with writing(engine) as session:
        _store(session)
        with pytest.raises(SheetChoiceError) as caught:
            find_sheet(session, "徴収")
        assert caught.value.candidates == list(NAMES[1:])
        with pytest.raises(SheetChoiceError, match="\n  16 Local taxes 徴収") as caught:
            find_sheet(session, "nothing")
        assert caught.value.candidates == list(NAMES)


def test_without_a_sheet_importing_is_asked_for(engine: Engine) -> None:
    with reading(engine) as session, pytest.raises(SheetChoiceError, match="import one first"):
        find_sheet(session, "⑯")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("2", 2),
        ("2.1", 2),
        ("2/2", 2),
        (" ２ ", 2),
        ("9", None),
        ("x", None),
        ("", None),
        ("-1", None),
    ],
)
def test_an_entry_is_meant_by_its_id(sqlite_engine: Engine, words: str, found: int | None) -> None:
    with writing(sqlite_engine) as session:
        _store(session)
        if found is not None:
            assert find_entry(session, words).id == found
            return
        with pytest.raises(UnknownEntryError, match="jikai entries"):
            find_entry(session, words)


def test_owners_come_from_entries_sheets_and_everything(engine: Engine) -> None:
    with writing(engine) as session:
        _store(session)
        one, sheet, everything = (store_person(session, f"{n}@example.jp") for n in "abc")
        assert _assign(session, one, Scope.ENTRY, "1")
        assert _assign(session, sheet, Scope.SHEET, "⑯")
        assert _assign(session, sheet, Scope.ENTRY, "1")
        assert _emails(session, [1, 2, 3]) == [
            ["a@example.jp", "b@example.jp"],
            ["b@example.jp"],
            [],
        ]
        assert sorted(session.scalars(unowned())) == [3, 4, 5, 6]
        assert _assign(session, everything, Scope.ALL)
        assert _emails(session, [1, 3]) == [
            ["a@example.jp", "b@example.jp", "c@example.jp"],
            ["c@example.jp"],
        ]
        assert list(session.scalars(unowned())) == []
        assert _owned(session, one) == [1]
        assert _owned(session, sheet) == [1, 2]
        assert _owned(session, everything) == [1, 2, 3, 4, 5, 6]
        assert len(assignments_of(session, sheet)) == 2


def test_a_sheets_owner_owns_what_it_reposts_and_what_a_later_edition_brings(
    engine: Engine,
) -> None:
    with writing(engine) as session:
        first, second, _ = _store(session)
        owner = store_person(session)
        _assign(session, owner, Scope.SHEET, "⑰")
        edition = Edition(
            sheet_id=second.sheet.id,
            as_of=date(2018, 4, 1),
            source="built",
            digest="later",
            imported_at=NOW,
        )
        session.add(edition)
        session.flush()
        store_line(session, edition, first.entries[0], 1, ROW, NOW)
        shown = first.entries[0].id
        assert shown in _owned(session, owner)
        assert _emails(session, [shown]) == [["hanako@example.jp"]]
        assert sheet_ids(session, [shown]) == {first.sheet.id, second.sheet.id}


def test_the_same_assignment_twice_is_one(engine: Engine) -> None:
    with writing(engine) as session:
        _store(session)
        owner = store_person(session)
        for scope, words in ((Scope.ALL, None), (Scope.SHEET, "⑯"), (Scope.ENTRY, "1")):
            assert _assign(session, owner, scope, words) is True
            assert _assign(session, owner, scope, words) is False
        assert len(assignments_of(session, owner)) == 3


def test_assigning_at_the_same_time_gives_it_once(engine: Engine) -> None:
    with writing(engine) as session:
        _store(session)
        store_person(session)

    def work() -> None:
        with writing(engine) as session:
            person = session.get(Person, 1)
            assert person is not None
            _assign(session, person, Scope.SHEET, "⑯")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading(engine) as session:
        assert len(session.scalars(select(Assignment)).all()) == 1


def test_what_is_taken_away_is_told_to_the_admins(engine: Engine) -> None:
    with writing(engine) as session:
        _store(session)
        admin = store_person(session, "admin@example.jp", admin=True)
        owner = store_person(session)
        _assign(session, owner, Scope.SHEET, "⑯")
        assert unassign(session, owner, Scope.ENTRY, "1", now=NOW, policy=POLICY) is False
        assert recipients(session, [1, 3], AS_OF) == {1: [owner], 3: [admin]}
        assert unassign(session, owner, Scope.SHEET, "⑯", now=NOW, policy=POLICY) is True
        assert recipients(session, [1], AS_OF) == {1: [admin]}
        assert unassign(session, owner, Scope.SHEET, "⑯", now=NOW, policy=POLICY) is False


def test_an_assignment_moves_the_stamp_of_that_person_alone(engine: Engine) -> None:
    with writing(engine) as session:
        _store(session)
        owner = store_person(session)
    with reading(engine) as session:
        before = dict(session.execute(select(Stamp.scope, Stamp.value)).all())
    with writing(engine) as session:
        person = session.get(Person, owner.id)
        assert person is not None
        _assign(session, person, Scope.ENTRY, "1")
        _assign(session, person, Scope.ENTRY, "1")
    with reading(engine) as session:
        after = dict(session.execute(select(Stamp.scope, Stamp.value)).all())
    assert after == {**before, f"person:{owner.id}": 1}


def test_a_disabled_person_is_given_nothing(engine: Engine) -> None:
    with writing(engine) as session:
        _store(session)
        person = store_person(session)
        edit_person(session, person, active=False, now=NOW, policy=POLICY)
        with pytest.raises(DisabledPersonError, match="enable the person first"):
            _assign(session, person, Scope.ALL)


def test_an_unknown_entry_is_not_assigned(engine: Engine) -> None:
    with writing(engine) as session:
        person = store_person(session)
        with pytest.raises(UnknownEntryError):
            _assign(session, person, Scope.ENTRY, None)
    with reading(engine) as session:
        assert session.scalars(select(Entry)).all() == []
        assert session.scalars(select(Assignment)).all() == []
