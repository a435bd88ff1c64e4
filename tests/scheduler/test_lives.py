"""Laws that hold over any life: imports, answers, owners coming and going, days without a sweep."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from db.engine import open_engine, writing
from db.tables import (
    Occurrence,
    OccurrenceState,
    Person,
    Promise,
    Reminder,
    Scope,
    Sheet,
    Snooze,
    Timer,
)
from db.upgrade import upgrade
from scheduler import intake, lists, rules
from scheduler.answer import Confirmation, confirm, not_yet, postpone
from scheduler.assignments import assign, unassign
from scheduler.handover import add_absence, end_absence, leave, turn_absences
from scheduler.missed import bring_next
from scheduler.occurrence import Standing, Window, standing, window_of
from scheduler.owners import recipients
from scheduler.people import LastAdminError, PersonError, edit_person
from scheduler.replanning import awaiting, replan
from scheduler.sheets import Row as SheetRow
from scheduler.sheets import SheetRows
from scheduler.steps import current, plan
from scheduler.sweep import sweep
from tests.builders import (
    POLICY,
    Awaited,
    Row,
    morning,
    overdue_day,
    store_person,
    store_sheet,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scheduler.policy import Policy

FIRST_DAY = date(2017, 10, 1)
TEN_YEARS = 3_653
CHECKS = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@st.composite
def awaited(draw: st.DrawFn) -> Awaited:
    """A window that begins within half a year before or after the first day."""
    first = FIRST_DAY + timedelta(days=draw(st.integers(-180, 180)))
    last = first + timedelta(days=draw(st.integers(0, 120)))
    shape = draw(st.sampled_from(["both", "both", "both", "end", "start"]))
    return Awaited(
        None if shape == "end" else first.isoformat(),
        None if shape == "start" else last.isoformat(),
        draw(st.booleans()),
        covers=draw(st.sampled_from([None, "2017-04", "FY2016"])),
        repeat=draw(st.sampled_from([None, None, "P1Y", "P1M", "P7D"])),
    )


class Deed(NamedTuple):
    """Something done in a life: what, to which of those that are there, and by how many days."""

    what: str
    which: int
    days: int


ANSWERS = ("confirm", "not_yet", "postpone", "refine")
MOVES = ("assign", "assign_all", "unassign", "disable", "enable")
RULES = ("snooze", "absence", "back", "policy", "leave")
FACTS = ("import", "import", "restart")
DEEDS = st.builds(
    Deed,
    st.sampled_from(("wait", "wait", "wait", *ANSWERS, *MOVES, *RULES, *FACTS)),
    st.integers(0, 7),
    st.integers(1, 45),
)


CHANGES: tuple[dict[str, Any], ...] = (
    {"grace_days": 0},
    {"grace_days": 30, "grace_exact_days": "2w"},
    {"chase_days": [3, "5w"], "superior_after": 3, "unit_after": "2w", "admin_after": 5},
    {"chase_days": []},
    {"ahead_days": [9], "opening_days": [4]},
    {"hold_back": False},
    dict.fromkeys(("grace_days", "chase_days", "ahead_days", "hold_back")),
)


@dataclass
class World:
    """A database within one transaction, and the day it is there."""

    session: Session
    day: date
    ruled_on: date = date.min

    def restart(self) -> None:
        """Forget whatever a process holds in its memory."""
        self.session.flush()
        self.session.expunge_all()
        plan.cache_clear()

    def take_in(self, deed: Deed) -> None:
        """Import an edition of another sheet, whose two rows say now this and now that."""
        month = self.day + timedelta(days=(deed.which - 3) * 30)
        texts = (f"{month:%Y年%-m月}に公表", ("毎年11月に公表", "今後検討する")[deed.days % 2])
        values = f"{deed.days}（{self.day - timedelta(days=40):%Y年%-m月}）"
        rows = [
            SheetRow("line", "kpi", name, 1, None, False, None, values, "A", timing_text=text)
            for name, text in zip(("甲", "乙"), texts, strict=True)
        ]
        sheets = [SheetRows("an issue", "②", tuple(rows), ())]
        asof = self.day - timedelta(days=deed.days if deed.which == 7 else 0)
        now = morning(self.day)
        intake.store(self.session, intake.plan(sheets, asof, POLICY), "x", now, POLICY)

    def sweep(self) -> None:
        """Sweep until nothing is due, in small batches."""
        now = morning(self.day)
        turn_absences(self.session, now, POLICY)
        while bring_next(self.session, now, POLICY):
            pass
        while sweep(self.session, now, POLICY, limit=3):
            self.session.expire_all()
        self.session.expire_all()

    def opened(self) -> Sequence[Occurrence]:
        query = select(Occurrence).where(Occurrence.state == OccurrenceState.OPEN)
        return self.session.scalars(query.order_by(Occurrence.id)).all()

    def people(self) -> Sequence[Person]:
        return self.session.scalars(select(Person).order_by(Person.id)).all()

    def do(self, deed: Deed) -> None:
        """Do it where it makes sense now, or let it be."""
        if deed.what == "wait":
            self.day += timedelta(days=deed.days)
        elif deed.what == "restart":
            self.restart()
        elif deed.what == "import":
            self.take_in(deed)
        else:
            self._do_to_one(deed)

    def _do_to_one(self, deed: Deed) -> None:
        people = self.people()
        person = people[deed.which % len(people)]
        opened = self.opened()
        if not opened:
            return
        chosen = opened[deed.which % len(opened)]
        if deed.what in ANSWERS:
            self._answer(deed, chosen, person)
        elif deed.what in RULES:
            self._rule(deed, chosen, person)
        else:
            self._reorganise(deed, chosen, person)

    def _answer(self, deed: Deed, chosen: Occurrence, person: Person) -> None:
        now, session = morning(self.day), self.session
        if deed.what == "confirm":
            confirm(session, chosen, Confirmation("1"), person=person, now=now, policy=POLICY)
        elif deed.what == "not_yet":
            not_yet(session, chosen, None, person=person, now=now, policy=POLICY)
        elif deed.what == "postpone":
            last = self.day + timedelta(days=deed.days)
            first = last - timedelta(days=deed.which)
            window = Window(first, last, approx=deed.which % 2 == 0)
            postpone(session, chosen, window, "why", person=person, now=now, policy=POLICY)
        elif chosen.latest is not None and chosen.latest >= self.day:
            window = Window(chosen.latest, chosen.latest)
            postpone(session, chosen, window, None, person=person, now=now, policy=POLICY)

    def _reorganise(self, deed: Deed, chosen: Occurrence, person: Person) -> None:
        now, entry = morning(self.day), str(chosen.entry_id)
        if deed.what == "assign" and person.active:
            assign(self.session, person, Scope.ENTRY, entry, now=now, policy=POLICY)
        elif deed.what == "assign_all" and person.active:
            assign(self.session, person, Scope.ALL, None, now=now, policy=POLICY)
        elif deed.what == "unassign":
            unassign(self.session, person, Scope.ENTRY, entry, now=now, policy=POLICY)
            unassign(self.session, person, Scope.ALL, None, now=now, policy=POLICY)
        elif deed.what in {"disable", "enable"}:
            try:
                active = deed.what == "enable"
                edit_person(self.session, person, active=active, now=now, policy=POLICY)
            except LastAdminError:
                return

    def _rule(self, deed: Deed, chosen: Occurrence, person: Person) -> None:
        now, session = morning(self.day), self.session
        people = self.people()
        other = people[(deed.which + deed.days) % len(people)]
        until = self.day + timedelta(days=deed.days)
        try:
            if deed.what == "snooze":
                not_yet(
                    session, chosen, None, person=person, again_on=until, now=now, policy=POLICY
                )
            elif deed.what == "absence":
                first = self.day + timedelta(days=deed.which)
                delegate = other if deed.days % 2 else None
                add_absence(session, person, first, until, delegate, now=now, policy=POLICY)
            elif deed.what == "back":
                end_absence(session, person, now=now, policy=POLICY)
            elif deed.what == "leave" and person.active:
                leave(session, person, other, now=now, policy=POLICY)
            elif deed.what == "policy":
                sheet = session.scalars(select(Sheet).order_by(Sheet.id)).first()
                assert sheet is not None
                subject = chosen.entry if deed.days % 2 else sheet
                rules.change(session, subject, CHANGES[deed.which % len(CHANGES)], now)
                replan(session, awaiting(session, after=0), now, POLICY)
                self.ruled_on = self.day
        except PersonError:
            return

    def policies(self, opened: Sequence[Occurrence]) -> dict[int, Policy]:
        return rules.of_entries(self.session, {each.entry_id for each in opened}, POLICY)

    def standing(self, occurrence: Occurrence) -> Standing:
        return standing(occurrence.earliest, occurrence.latest, occurrence.overdue_on, self.day)


def _check_timers(world: World) -> None:
    """Every open occurrence has a step to come, or stands on a list that a person sees."""
    timers = {timer.occurrence_id: timer for timer in world.session.scalars(select(Timer))}
    opened = {occurrence.id: occurrence for occurrence in world.opened()}
    assert set(timers) <= set(opened)
    assert all(timer.due_at > morning(world.day) for timer in timers.values())
    overdue = {item.id for item in lists.overdue(world.session, world.day, POLICY)}
    upcoming = {item.id for item in lists.upcoming(world.session, world.day, POLICY)}
    for occurrence in opened.values():
        if world.standing(occurrence) is Standing.OVERDUE:
            assert occurrence.public_id in overdue
        elif occurrence.id not in timers:
            assert occurrence.latest is None
            assert occurrence.public_id in upcoming


def _check_marks(world: World) -> None:
    """The overdue mark is there exactly when the dates say so, with the day they say."""
    opened = world.opened()
    policies = world.policies(opened)
    for occurrence in opened:
        day = overdue_day(occurrence.latest, occurrence.approx, policies[occurrence.entry_id])
        assert occurrence.overdue_on == day
        late = world.standing(occurrence) is Standing.OVERDUE
        assert occurrence.overdue_since == (day if late else None)


def _check_nobody_is_told_too_much(world: World) -> None:
    """No step twice, no step ahead of its day, nothing about what is settled."""
    told = world.session.scalars(select(Reminder)).all()
    keys = [(each.occurrence_id, each.person_id, each.step) for each in told]
    assert len(keys) == len(set(keys))
    for each in told:
        assert each.day <= POLICY.today(each.created_at)
        assert each.send_from >= morning(POLICY.today(each.created_at), 0)
        settled = each.occurrence.settled_at
        assert settled is None or each.created_at <= settled


def _check_nobody_misses_anything(world: World) -> None:
    """Whoever answers for an open occurrence has heard the step where it stands.

    A step that was told is not told again, whatever moves its day. A window that a person has made
    or moved is known to stand where it did on that day.
    """
    opened = world.opened()
    told_to = recipients(world.session, {each.entry_id for each in opened}, world.day)
    told = world.session.scalars(select(Reminder).order_by(Reminder.day)).all()
    heard = {(each.occurrence_id, each.person_id): each.day for each in told}
    steps = {(each.occurrence_id, each.person_id, each.step) for each in told}
    silent_ones = select(Snooze.occurrence_id, Snooze.person_id)
    snoozed = {(which, who) for which, who in world.session.execute(silent_ones)}
    policies, promises = world.policies(opened), select(Promise).order_by(Promise.ordinal)
    promised = {each.occurrence_id: each for each in world.session.scalars(promises)}
    for occurrence in opened:
        window = window_of(occurrence)
        policy = policies[occurrence.entry_id]
        life = plan(window.earliest, window.latest, occurrence.overdue_on, policy)
        step = current(life, world.day)
        newest = promised[occurrence.id]
        known = None if newest.edition_id else POLICY.today(newest.made_at)
        if step is None or (known is not None and step.day <= known):
            continue
        if step.day <= world.ruled_on:
            continue  # a new policy tells what is to come
        for person in told_to[occurrence.entry_id]:
            key = (occurrence.id, person.id)
            silent = key in snoozed or (*key, step.name) in steps
            assert silent or heard.get(key, date.min) >= step.day, (key, step)


@dataclass
class TwoNodes(World):
    """A world that is committed after each deed, in which two nodes sweep at the same time."""

    def sweep(self) -> None:
        self.session.commit()
        engine = self.session.get_bind()
        assert isinstance(engine, Engine)
        with ThreadPoolExecutor(2) as both:
            list(both.map(self._sweep_on, [engine, engine]))
        self.session.expire_all()

    def _sweep_on(self, engine: Engine) -> None:
        now = morning(self.day)
        with writing(engine) as session:
            turn_absences(session, now, POLICY)
        for verb in (bring_next, partial(sweep, limit=3)):
            done = 1
            while done:
                with writing(engine) as session:
                    done = verb(session, now, POLICY)


def _live(
    session: Session,
    windows: list[Awaited],
    deeds: list[Deed],
    kind: type[World] = World,
) -> World:
    """A life of these windows and deeds, in which every law is checked after every deed."""
    store_sheet(session, [Row("an entry", (window,)) for window in windows])
    store_person(session, "admin@example.jp", admin=True)
    store_person(session, "hanako@example.jp")
    store_person(session, "taro@example.jp", timezone="America/New_York")
    world = kind(session, FIRST_DAY)
    world.sweep()
    for deed in deeds:
        world.do(deed)
        world.sweep()
        _check_timers(world)
        _check_marks(world)
        _check_nobody_is_told_too_much(world)
        _check_nobody_misses_anything(world)
    return world


def _state(session: Session) -> list[object]:
    """All that is kept of a life but the random names in calendars."""
    whole = (Occurrence, Promise, Reminder, Timer, Snooze)
    columns = [[c for c in table.__table__.columns if c.name != "uid"] for table in whole]
    return [session.execute(select(*each).order_by(*each)).all() for each in columns]


@pytest.mark.timeout(600)
@settings(max_examples=60, deadline=None, suppress_health_check=CHECKS)
@given(
    windows=st.lists(awaited(), min_size=1, max_size=6),
    deeds=st.lists(DEEDS, min_size=8, max_size=20),
)
def test_the_laws_hold_over_any_life(
    engine: Engine, windows: list[Awaited], deeds: list[Deed]
) -> None:
    with Session(engine) as session:
        _live(session, windows, deeds)
        session.rollback()


@settings(max_examples=10, deadline=None, suppress_health_check=CHECKS)
@given(windows=st.lists(awaited(), min_size=1, max_size=4), deeds=st.lists(DEEDS, max_size=15))
def test_the_same_log_comes_to_the_same_state(
    sqlite_engine: Engine, windows: list[Awaited], deeds: list[Deed]
) -> None:
    states = []
    for _ in range(2):
        with Session(sqlite_engine) as session:
            _live(session, windows, deeds)
            states.append(_state(session))
            session.rollback()
    assert states[0] == states[1]


@pytest.mark.slow
@pytest.mark.timeout(600)
@settings(max_examples=6, deadline=None, suppress_health_check=CHECKS)
@given(
    windows=st.lists(awaited(), min_size=2, max_size=6),
    deeds=st.lists(DEEDS, min_size=8, max_size=12),
)
def test_two_nodes_lead_a_life_as_one_does(
    postgres_url: str, windows: list[Awaited], deeds: list[Deed]
) -> None:
    engine = open_engine(postgres_url)
    upgrade(engine)
    with Session(engine) as session:
        _live(session, windows, deeds)
        alone = _told(session)
        session.rollback()
    _empty(engine)
    try:
        with Session(engine) as session:
            _live(session, windows, deeds, TwoNodes)
            assert _told(session) == alone
    finally:
        _empty(engine)
        engine.dispose()


def _told(session: Session) -> list[tuple[object, ...]]:
    """Who heard which step of what."""
    what = (Occurrence.entry_id, Occurrence.ordinal, Person.email, Reminder.step, Reminder.day)
    joined = (
        select(*what)
        .join(Reminder, Reminder.occurrence_id == Occurrence.id)
        .join(Person, Person.id == Reminder.person_id)
    )
    return sorted(tuple(row) for row in session.execute(joined))


def _empty(engine: Engine) -> None:
    names = ", ".join(table.name for table in Sheet.metadata.sorted_tables)
    with writing(engine) as session:
        session.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))


@pytest.mark.slow
@pytest.mark.timeout(600)
@settings(max_examples=100, deadline=None, suppress_health_check=CHECKS)
@given(
    windows=st.lists(awaited(), min_size=1, max_size=3),
    deeds=st.lists(DEEDS, min_size=15, max_size=25),
)
def test_the_laws_hold_over_a_thousand_years(
    sqlite_engine: Engine, windows: list[Awaited], deeds: list[Deed]
) -> None:
    """A hundred lives of ten years, with as long before each deed."""
    yearly = [replace(w, repeat=w.repeat and "P1Y") for w in windows]
    wait = Deed("wait", 0, -(-TEN_YEARS // len(deeds)))
    with Session(sqlite_engine) as session:
        world = _live(session, yearly, [each for deed in deeds for each in (wait, deed)])
        assert (world.day - FIRST_DAY).days >= TEN_YEARS
        session.rollback()


@settings(max_examples=15, deadline=None, suppress_health_check=CHECKS)
@given(windows=st.lists(awaited(), min_size=1, max_size=6), gap=st.integers(2, 40))
def test_days_without_a_sweep_change_no_mark(
    engine: Engine, windows: list[Awaited], gap: int
) -> None:
    lives = []
    for step in (1, gap):
        with Session(engine) as session:
            store_sheet(session, [Row("an entry", (window,)) for window in windows])
            store_person(session, admin=True)
            for days in [*range(0, 200, step), 200]:
                World(session, FIRST_DAY + timedelta(days=days)).sweep()
            marks = select(Occurrence.overdue_since).order_by(Occurrence.id)
            newest = select(Reminder.occurrence_id).order_by(Reminder.occurrence_id).distinct()
            lives.append((session.scalars(marks).all(), len(session.scalars(newest).all())))
            session.rollback()
    assert lives[0] == lives[1]
