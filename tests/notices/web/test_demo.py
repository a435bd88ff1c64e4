"""The clock of a demonstration: what happens on the days its buttons pass."""

from __future__ import annotations

import re
import time
from collections import Counter
from datetime import date
from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from db.engine import reading
from db.tables import Mail
from notices.maildir import MaildirTransport
from notices.web.app import create
from notices.web.demo import Demo
from tests.notices.web.conftest import ADMIN, Office

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@pytest.fixture
def demo(office: Office, tmp_path: Path) -> Demo:
    """The office as a demonstration; its client pushes the buttons."""
    transport = MaildirTransport(tmp_path / "maildir")
    settings = office.site.settings
    made = Demo(office.engine, settings, office.clock, transport, tmp_path / "clock")
    app = create(office.engine, settings, office.clock, made)
    office.site = app.state.site
    office.client = TestClient(app, follow_redirects=False)
    return made


def mails(office: Office) -> Sequence[Mail]:
    with reading(office.engine) as session:
        return session.scalars(select(Mail).order_by(Mail.id)).all()


def today(office: Office) -> date:
    return office.site.policy.today(office.clock.now())


def test_each_mail_arrives_on_its_own_day(office: Office, demo: Demo) -> None:
    for _ in range(7):
        demo.forward("month")
    sent = mails(office)
    zone = office.site.policy.timezone
    assert {mail.state.value for mail in sent} == {"sent"}
    assert all(mail.settled_at is not None for mail in sent)
    assert all(
        mail.day == mail.settled_at.astimezone(zone).date() for mail in sent if mail.settled_at
    )
    assert max(Counter((mail.person_id, mail.day) for mail in sent).values()) == 1
    assert len({mail.day for mail in sent}) > 5


@pytest.mark.parametrize(
    ("start", "step", "end"),
    [
        ("2017-10-01", "day", date(2017, 10, 2)),
        ("2017-10-01", "week", date(2017, 10, 8)),
        ("2017-10-01", "month", date(2017, 11, 1)),
        ("2018-01-31", "month", date(2018, 2, 28)),
        ("2018-12-31", "month", date(2019, 1, 31)),
    ],
)
def test_a_button_moves_to_nine_of_its_day(
    office: Office, demo: Demo, start: str, step: str, end: date
) -> None:
    office.on(start)
    demo.forward(step)
    assert today(office) == end
    assert office.clock.now().astimezone(office.site.policy.timezone).hour == 9


def test_the_buttons_tell_what_happened_and_lead_back(office: Office, demo: Demo) -> None:
    office.on("2017-12-10")
    office.sign_in(ADMIN, "en")
    pushed = office.send("/demo/forward", "/coming", step="week", back="/coming")
    assert (pushed.status_code, pushed.headers["location"]) == (303, "/coming")
    told = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", office.client.get("/coming").text))
    assert "Simulated day: 17 December 2017" in told
    count = len(mails(office))
    assert count > 1
    assert f"Since 10 December 2017: {count} mails sent, 1 became overdue." in told
    assert demo.last is not None


def test_the_session_outlives_the_flying_clock(office: Office, demo: Demo) -> None:
    office.sign_in(ADMIN)
    entered = office.send(f"/sign-in/{office.sign_in_link(ADMIN)}")
    assert entered.status_code == 303
    for _ in range(3):
        demo.forward("month")
    assert office.client.get("/").status_code == 200


def test_the_clock_moves_on_the_page_of_a_link_too(office: Office, demo: Demo) -> None:
    link = f"/sign-in/{office.sign_in_link(ADMIN)}"
    pushed = office.send("/demo/forward", link, step="day", back=link)
    assert (pushed.status_code, pushed.headers["location"]) == (303, link)
    assert today(office) == date(2017, 10, 2)
    assert demo.last is not None


def test_a_month_takes_less_than_two_seconds_of_work(office: Office, demo: Demo) -> None:
    began = time.process_time()
    demo.forward("month")
    assert time.process_time() - began < 2


def test_the_moment_is_kept_for_a_restart(office: Office, demo: Demo, tmp_path: Path) -> None:
    demo.forward("day")
    assert (tmp_path / "clock").read_text("utf-8").startswith("2017-10-02T00:00:0")


def test_an_unknown_step_moves_nothing(office: Office, demo: Demo) -> None:
    office.sign_in(ADMIN)
    assert office.send("/demo/forward", "/", step="year").status_code == 422
    assert today(office) == date(2017, 10, 1)
    assert demo.last is None


def test_without_a_demonstration_there_are_no_buttons(office: Office) -> None:
    office.sign_in(ADMIN)
    assert "demo" not in office.client.get("/").text
    assert office.client.post("/demo/forward", data={"step": "day"}).status_code == 404
