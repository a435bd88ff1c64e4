"""What no sheet gives a window gets one from a person, once, with who, when and why."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from db.engine import reading, writing
from db.tables import Outcome, Promise
from scheduler import lists
from scheduler.answer import SeveralWindowsError, UnknownOccurrenceError
from scheduler.occurrence import Window
from scheduler.refusals import PastWindowError
from scheduler.undated import NoSourceError, NotUndatedError, find_undated, give_window
from tests.builders import POLICY, Awaited, Row, morning, store_person, store_sheet
from tests.scheduler.sweeping import steps_told, sweep_all

if TYPE_CHECKING:
    from sqlalchemy import Engine

UNDATED = Awaited(kind="continued", outcome=Outcome.UNDATED)
UNCLEAR = Awaited(outcome=Outcome.UNCLEAR)
AUTUMN = Window(date(2018, 9, 1), date(2018, 9, 30))
NOW = morning("2017-10-02")


def _store(engine: Engine, *awaited: Awaited) -> None:
    with writing(engine) as session:
        store_sheet(session, [Row("advice", awaited)])
        store_person(session, admin=True)


def _give(
    engine: Engine, item: str = "1", window: Window = AUTUMN, why: str | None = "a call"
) -> str:
    with writing(engine) as session:
        found = find_undated(session, item)
        given = give_window(session, found, window, why, person=None, now=NOW, policy=POLICY)
        return given.public_id


@pytest.mark.parametrize("awaited", [UNDATED, UNCLEAR])
def test_an_item_with_a_window_is_awaited_and_reminded_of(engine: Engine, awaited: Awaited) -> None:
    _store(engine, awaited)
    with writing(engine) as session:
        taro = store_person(session, "taro@example.jp")
        item, why = find_undated(session, "1"), "told on the telephone"
        give_window(session, item, AUTUMN, why, person=taro, now=NOW, policy=POLICY)
    with reading(engine) as session:
        [shown] = lists.entries(session, date(2017, 10, 2), POLICY)
        promise = session.scalars(select(Promise)).one()
    assert (shown.id, shown.latest, shown.in_source) == ("1.1", date(2018, 9, 30), False)
    assert (promise.person_id, promise.made_at, promise.reason) == (2, NOW, "told on the telephone")
    sweep_all(engine, NOW)
    assert steps_told(engine) == []
    sweep_all(engine, morning("2018-09-30"))
    assert steps_told(engine) == [("closes", "2018-09-30")]


def test_several_items_of_an_entry_are_told_apart(engine: Engine) -> None:
    _store(engine, UNDATED, UNCLEAR)
    with pytest.raises(SeveralWindowsError) as error:
        _give(engine)
    assert error.value.candidates == ["1/1", "1/2"]
    assert _give(engine, "１／２") == "1.1"
    assert _give(engine) == "1.2"


def test_what_has_a_window_or_is_unknown_is_refused(engine: Engine) -> None:
    _store(engine, UNDATED)
    for item, error in (("9", UnknownOccurrenceError), ("1.1", UnknownOccurrenceError)):
        with pytest.raises(error):
            _give(engine, item)
    with pytest.raises(NoSourceError):
        _give(engine, why=" ")
    with pytest.raises(PastWindowError):
        _give(engine, window=Window(None, date(2017, 10, 1)))
    _give(engine)
    with pytest.raises(NotUndatedError):
        _give(engine)
