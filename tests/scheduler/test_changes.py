"""Stamps move with each recorded change, in the scopes that show it, and never hide one."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from sqlalchemy import select

from db.engine import reading, writing
from db.tables import Occurrence, Scope, Stamp
from scheduler import changes
from scheduler.assignments import assign
from tests.builders import (
    POLICY,
    Awaited,
    Row,
    morning,
    store_line,
    store_person,
    store_sheet,
)

if TYPE_CHECKING:
    from sqlalchemy import Engine

NOW = morning("2018-03-01")
ROW = Row("a figure", (Awaited("2018-03-01", "2018-03-31"),))


def _stamps(engine: Engine) -> dict[str, int]:
    with reading(engine) as session:
        return dict(session.execute(select(Stamp.scope, Stamp.value)).all())


def _moved(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    return {
        scope: after[scope] - before.get(scope, 0)
        for scope in after
        if after[scope] != before.get(scope)
    }


def test_a_change_moves_everything_its_sheets_and_its_owners(engine: Engine) -> None:
    with writing(engine) as session:
        first = store_sheet(session, [ROW, ROW], reform_item="first")
        second = store_sheet(session, [ROW], reform_item="second")
        store_sheet(session, [ROW], reform_item="third")
        store_line(session, second.edition, first.entries[0], 2, ROW, NOW)
        for email, scope, words in (
            ("a@example.jp", Scope.ENTRY, "1"),
            ("b@example.jp", Scope.SHEET, "second"),
            ("c@example.jp", Scope.ALL, None),
            ("d@example.jp", Scope.ENTRY, "2"),
            ("e@example.jp", Scope.SHEET, "third"),
        ):
            person = store_person(session, email)
            assign(session, person, scope, words, now=NOW, policy=POLICY)
    before = _stamps(engine)
    with writing(engine) as session:
        changes.record(session, [first.occurrences[0].id], NOW)
    assert _moved(before, _stamps(engine)) == {
        "all": 1,
        "sheet:1": 1,
        "sheet:2": 1,
        "person:1": 1,
        "person:2": 1,
        "person:3": 1,
        "entry:1": 1,
    }
    with reading(engine) as session:
        sequences = session.scalars(select(Occurrence.sequence).order_by(Occurrence.id)).all()
        assert sequences == [1, 0, 0, 0]


def test_an_occurrence_at_hand_sees_its_own_new_sequence(engine: Engine) -> None:
    with writing(engine) as session:
        (occurrence,) = store_sheet(session, [ROW]).occurrences
        changes.record(session, [occurrence.id], NOW)
        assert (occurrence.sequence, occurrence.changed_at) == (1, NOW)


def test_nothing_changed_moves_nothing(engine: Engine) -> None:
    with writing(engine) as session:
        store_sheet(session, [ROW])
    before = _stamps(engine)
    with writing(engine) as session:
        changes.record(session, [], NOW)
        changes.touch_scopes(session, [], NOW)
    assert _stamps(engine) == before


def test_writers_of_the_same_scopes_wait_for_each_other(engine: Engine) -> None:
    with writing(engine) as session:
        store_sheet(session, [ROW], reform_item="first")
        store_sheet(session, [ROW], reform_item="second")
        for name in "ab":
            person = store_person(session, f"{name}@example.jp")
            assign(session, person, Scope.ALL, None, now=NOW, policy=POLICY)
    before = _stamps(engine)
    failed: list[BaseException] = []

    def work(occurrence_ids: list[int]) -> None:
        try:
            for _ in range(10):
                with writing(engine) as session:
                    changes.record(session, occurrence_ids, NOW)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(ids,)) for ids in ([1], [2], [2, 1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert _moved(before, _stamps(engine)) == {
        "all": 30,
        "sheet:1": 20,
        "sheet:2": 20,
        "person:1": 30,
        "person:2": 30,
        "entry:1": 20,
        "entry:2": 20,
    }
