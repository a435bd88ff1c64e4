"""History comes in quietly: a sheet that is years old brings each person one mail at most."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from db.engine import writing
from db.tables import Scope
from notices import passes
from notices.settings import parse
from notices.smtp import SmtpTransport
from scheduler import intake
from scheduler.assignments import assign
from scheduler.sheets import read_sheets
from tests.builders import morning, store_person
from tests.notices.mail.servers import Sink, serving
from tests.scheduler.sheets.samples import sample

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

TODAY = morning("2031-06-02")
HALF_DAY = timedelta(hours=12)


@pytest.mark.parametrize("owned", [True, False])
def test_a_sheet_years_old_brings_each_person_one_mail(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owned: bool
) -> None:
    monkeypatch.setenv("JIKAI_SECRET", "a signing key for tests")
    web = {"base_url": "https://jikai.example.jp"}
    settings = parse({"web": web, "mail": {"connections": 1}}, tmp_path / "config.toml")
    policy = settings.policy()
    with writing(engine) as session:
        owner, _ = store_person(session), store_person(session, "admin@example.jp", admin=True)
        for year in (2024, 2025):  # two editions, one after the other
            text = sample().replace("2025年９月", f"{year + 1}年９月")
            plan = intake.plan(read_sheets(text.encode(), "a.txt"), date(year, 10, 1), policy)
            intake.store(session, plan, "a.txt", TODAY, policy)
        if owned:
            assign(session, owner, Scope.ALL, None, now=TODAY, policy=policy)
    sink = Sink()
    with serving(sink) as port:
        way = SmtpTransport("127.0.0.1", port, "none", timeout=5)
        for passed in range(120):
            passes.tick(engine, settings, TODAY + passed * HALF_DAY, way)
    # Beside these, the admin hears each Monday of the entries that have no date.
    reminding = [mail for mail in sink.mails if mail["List-Id"].startswith("<reminders.")]
    told = Counter(str(mail["To"]) for mail in reminding)
    handed_over = {"hanako@example.jp", "admin@example.jp"}
    assert set(told) == (handed_over if owned else {"admin@example.jp"})
    assert set(told.values()) == {1}
