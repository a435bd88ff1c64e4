"""History comes in quietly: a sheet that is years old brings each person one mail at most."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from db.engine import reading, writing
from db.tables import Mail, MailState, Notice, Person, Reminder, Scope
from notices import passes
from notices.post import post
from notices.settings import parse
from notices.smtp import SmtpTransport
from scheduler import intake
from scheduler.assignments import assign
from scheduler.sheets import read_sheets
from scheduler.sweep import sweep
from tests.builders import POLICY, Awaited, Row, morning, store_person, store_sheet
from tests.notices.mail.servers import Sink, serving
from tests.scheduler.sheets.samples import sample

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Engine

TODAY = morning("2031-06-02")
TOLD = {"hanako@example.jp", "admin@example.jp"}
HALF_DAY, MONTH = timedelta(hours=12), timedelta(days=30)


@pytest.mark.parametrize("owned", [True, False])
def test_sheets_years_old_bring_each_person_one_mail_however_far_apart_in_a_day(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owned: bool
) -> None:
    monkeypatch.setenv("JIKAI_SECRET", "a signing key for tests")
    web = {"base_url": "https://jikai.example.jp"}
    office = parse({"web": web, "mail": {"connections": 1}}, tmp_path / "config.toml")
    policy, sink = office.policy(), Sink()
    with writing(engine) as session:
        owner, _ = store_person(session), store_person(session, "admin@example.jp", admin=True)
        if owned:
            assign(session, owner, Scope.ALL, None, now=TODAY, policy=policy)
    with serving(sink) as port:
        way = SmtpTransport("127.0.0.1", port, "none", timeout=5)
        for hours, year in enumerate((2024, 2025, 2026)):
            now = TODAY + timedelta(hours=hours)
            text = sample().replace("2025年９月", f"{year + 1}年９月")
            with writing(engine) as session:
                plan = intake.plan(read_sheets(text.encode(), "a.txt"), date(year, 10, 1), policy)
                intake.store(session, plan, "a.txt", now, policy)
            passes.tick(engine, office, now, way)
        for passed in range(1, 120):
            passes.tick(engine, office, TODAY + passed * HALF_DAY, way)
    assert all(mail["To"] in TOLD for mail in sink.mails)
    told = select(Person.email, Mail.id).join(Mail).join(Reminder, Reminder.mail_id == Mail.id)
    # What the admin hears on a Monday besides is a mail anyhow, and takes history along.
    besides = exists().where(Notice.mail_id == Mail.id)
    with reading(engine) as session:
        everybody = {address for address, _ in session.execute(told)}
        alone = Counter(address for address, _ in session.execute(told.where(~besides).distinct()))
    assert everybody == (TOLD if owned else {"admin@example.jp"})
    assert set(alone.values()) <= {1}


class Window(NamedTuple):
    """What an edition brings: a window by its first and last day, counted from the import."""

    first: int
    last: int


OLD = st.builds(
    lambda end, days: Window(end - days, end), st.integers(-4000, -200), st.integers(0, 90)
)
LIVE = st.builds(
    lambda end, days: Window(end - days, end), st.integers(-20, 40), st.integers(0, 30)
)
IMPORTS = st.lists(
    st.tuples(
        st.sampled_from((0, 1, 3, 30, 100, 200, 400, 700)),
        st.lists(st.one_of(OLD, OLD, LIVE), min_size=1, max_size=3),
    ),
    min_size=1,
    max_size=5,
)
DAYS = 80


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(imports=IMPORTS)
def test_history_makes_one_mail_in_thirty_days_and_loses_nothing(
    sqlite_engine: Engine, imports: list[tuple[int, list[Window]]]
) -> None:
    with Session(sqlite_engine) as session:
        store_person(session, admin=True)
        at = sorted(imports, key=lambda each: each[0])
        for hour in range(0, DAYS * 24, 12):
            now = TODAY + timedelta(hours=hour)
            while at and at[0][0] <= hour:
                bring_in(session, at.pop(0)[1], now, f"item {len(at)}")
            while sweep(session, now, POLICY):
                session.expire_all()
            while post(session, now, POLICY, "example.jp", 500):
                session.expire_all()
            session.execute(update(Mail).values(state=MailState.SENT))
        mails = session.scalars(select(Mail).order_by(Mail.day)).all()
        mine = [[each.quiet for each in mail.reminders] for mail in mails]
        assert all(mine)
        alone = [mail.day for mail, quiet in zip(mails, mine, strict=True) if all(quiet)]
        history = [mail.day for mail, quiet in zip(mails, mine, strict=True) if any(quiet)]
        for day in alone:
            assert not [other for other in history if timedelta(0) < day - other < MONTH]
        check_nothing_is_late(session)
        session.rollback()


def bring_in(session: Session, windows: list[Window], now: datetime, item: str) -> None:
    """Store an edition with these windows, as its import does."""
    today = POLICY.today(now)
    days = [[(today + timedelta(days=n)).isoformat() for n in window] for window in windows]
    awaits = tuple(Awaited(first, last) for first, last in days)
    store_sheet(session, [Row("an entry", awaits)], reform_item=item, now=now)


def check_nothing_is_late(session: Session) -> None:
    """What is due today goes today, or on the next working day; history within its month."""
    made = session.scalars(select(Mail.created_at)).all()
    for each in session.scalars(select(Reminder)):
        assert each.mail_id is not None, each.step
        mail = session.get_one(Mail, each.mail_id)
        waited = (mail.day - POLICY.today(each.created_at)).days
        first = POLICY.sending.next_workday(POLICY.today(each.created_at))
        assert each.quiet or mail.day <= POLICY.sending.next_workday(first + timedelta(days=1))
        assert waited <= MONTH.days + 10
        assert not any(each.created_at < at < mail.created_at for at in made if each.quiet)
        overdue_on = each.occurrence.overdue_on
        assert not each.quiet or (overdue_on and overdue_on < POLICY.today(each.created_at))
