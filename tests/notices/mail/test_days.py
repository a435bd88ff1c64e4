"""What people get from day to day: one mail a day, as things stand at that moment."""

from __future__ import annotations

from datetime import date, timedelta
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from db.engine import reading, writing
from db.tables import Mail, MailKind, MailState, Occurrence, Person, Reminder, Scope
from notices import links, outbox, passes
from notices.links import Purpose, open_link
from notices.maildir import MaildirTransport
from notices.settings import parse
from notices.smtp import SmtpTransport
from notices.wire import Conversation, Message, Outcome, UnreachableError, Verdict
from scheduler.answer import Confirmation, confirm
from scheduler.assignments import assign, unassign
from scheduler.people import edit_person
from tests.builders import (
    POLICY,
    Awaited,
    Row,
    morning,
    store_first_sheet,
    store_person,
    store_sheet,
)
from tests.notices.mail.servers import Sink, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from email.message import EmailMessage
    from pathlib import Path

    from sqlalchemy import Engine

    from notices.settings import Settings
    from notices.wire import Transport

THURSDAY = "2018-03-01"
MARCH = Awaited("2018-03-01", "2018-03-31", True, covers="2017-04", stage="final")
KEY = "a signing key for tests"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("JIKAI_SECRET", KEY)
    web = {"base_url": "https://jikai.example.jp"}
    return parse({"web": web, "mail": {"connections": 2}}, tmp_path / "config.toml")


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
def way(sink: Sink) -> Iterator[SmtpTransport]:
    with serving(sink) as port:
        yield SmtpTransport("127.0.0.1", port, "none", timeout=5)


class Away:
    """A server that is down."""

    def __init__(self) -> None:
        self.tries = 0

    def open(self) -> Conversation:
        self.tries += 1
        raise UnreachableError("mail.example.jp:587: connection refused")


def _people(engine: Engine, *people: dict[str, Any], rows: int = 1) -> list[Person]:
    """People who each own a sheet of `rows` figures due in March 2018."""
    with writing(engine) as session:
        sheet = store_sheet(session, [Row(f"figure {i}", (MARCH,)) for i in range(rows)]).sheet
        made = [store_person(session, f"p{i}@example.jp", **p) for i, p in enumerate(people)]
        for person in made:
            _own(session, person, sheet.id)
        return made


def _own(session: Any, person: Person, sheet_id: int) -> None:
    start = morning(THURSDAY, 0)
    assign(session, person, Scope.SHEET, str(sheet_id), now=start, policy=POLICY)


def _text(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def _states(engine: Engine) -> list[MailState]:
    with reading(engine) as session:
        return list(session.scalars(select(Mail.state).order_by(Mail.id)))


def test_each_person_is_mailed_at_their_own_hour(
    engine: Engine, settings: Settings, sink: Sink, way: SmtpTransport
) -> None:
    _people(engine, {}, {"send_hour": 7}, {"timezone": "Europe/London"})
    seen = []
    for hour in range(24):
        before = len(sink.contents)
        passes.tick(engine, settings, morning(THURSDAY, 0) + timedelta(hours=hour), way)
        seen += [(hour, mail["To"].addresses[0].username) for mail in sink.mails[before:]]
    assert seen == [(7, "p1"), (9, "p0"), (18, "p2")]


def test_a_reminder_that_comes_after_the_days_mail_waits_for_the_next_working_day(
    engine: Engine, settings: Settings, sink: Sink, way: SmtpTransport
) -> None:
    friday = "2018-03-02"
    [person] = _people(engine, {})
    passes.tick(engine, settings, morning(friday), way)
    with writing(engine) as session:
        late = store_sheet(session, [Row("late figure", (MARCH,))], reform_item="late").sheet
        _own(session, session.merge(person), late.id)
    for hours in range(10, 24 * 3 + 9):
        passes.tick(engine, settings, morning(friday, 0) + timedelta(hours=hours), way)
    assert len(sink.contents) == 1
    passes.tick(engine, settings, morning("2018-03-05"), way)
    assert "late figure" in _text(sink.mails[1])


def test_reminders_join_the_days_mail_while_it_waits(
    engine: Engine, settings: Settings, sink: Sink, way: SmtpTransport
) -> None:
    [person] = _people(engine, {})
    away = Away()
    passes.tick(engine, settings, morning(THURSDAY), away)
    with writing(engine) as session:
        more = store_sheet(session, [Row("one more", (MARCH,))], reform_item="more").sheet
        _own(session, session.merge(person), more.id)
    passes.tick(engine, settings, morning(THURSDAY, 10), way)
    [mail] = sink.mails
    assert "one more" in _text(mail)
    assert "figure 0" in _text(mail)


def test_a_server_down_for_days_loses_nothing_and_floods_nobody(
    engine: Engine, settings: Settings, sink: Sink, way: SmtpTransport
) -> None:
    _people(engine, *[{}] * 30)
    away, now = Away(), morning(THURSDAY)
    while now < morning("2018-03-06", 8):
        passes.tick(engine, settings, now, away)
        now += timedelta(hours=1)
    hours = (now - morning(THURSDAY)) // timedelta(hours=1)
    assert away.tries <= hours * settings.mail.connections
    with reading(engine) as session:
        waiting = outbox.mails(session, state=MailState.QUEUED)
        assert {mail.reply for mail in waiting} <= {None, "mail.example.jp:587: connection refused"}
    for hour in range(8, 24):
        passes.tick(engine, settings, morning("2018-03-06", hour), way)
    assert len(sink.contents) == 30
    assert len({str(mail["To"]) for mail in sink.mails}) == 30


def test_what_was_confirmed_meanwhile_is_left_out(
    engine: Engine, settings: Settings, sink: Sink, way: SmtpTransport
) -> None:
    [person] = _people(engine, {"language": "en"}, rows=2)
    now = morning(THURSDAY)
    passes.tick(engine, settings, now, Away())
    _confirm(engine, 1, person)
    passes.tick(engine, settings, now + timedelta(hours=1), way)
    [mail] = sink.mails
    assert "figure 0" not in _text(mail)
    assert "figure 1" in _text(mail)
    assert "Final figure for April 2017, expected around March 2018" in _text(mail)


def test_nothing_left_to_say_is_no_mail(
    engine: Engine, settings: Settings, sink: Sink, way: SmtpTransport
) -> None:
    [person] = _people(engine, {})
    passes.tick(engine, settings, morning(THURSDAY), Away())
    _confirm(engine, 1, person)
    passes.tick(engine, settings, morning(THURSDAY, 10), way)
    assert sink.contents == []
    assert _states(engine) == [MailState.VOID]


def _confirm(engine: Engine, occurrence_id: int, person: Person) -> None:
    now = morning(THURSDAY, 9) + timedelta(minutes=5)
    with writing(engine) as session:
        occurrence = session.get_one(Occurrence, occurrence_id)
        given = Confirmation(value="416")
        confirm(session, occurrence, given, person=session.merge(person), now=now, policy=POLICY)


def test_what_passed_to_somebody_else_is_left_out(
    engine: Engine, settings: Settings, sink: Sink, way: SmtpTransport
) -> None:
    first, second = _people(engine, {}, {})
    now = morning(THURSDAY)
    passes.tick(engine, settings, now, Away())
    with writing(engine) as session:
        unassign(session, session.merge(first), Scope.SHEET, "1", now=now, policy=POLICY)
    passes.tick(engine, settings, now + timedelta(hours=1), way)
    assert [mail["To"].addresses[0].addr_spec for mail in sink.mails] == [second.email]


def test_nobody_is_mailed_who_is_disabled(
    engine: Engine, settings: Settings, sink: Sink, way: SmtpTransport
) -> None:
    now = morning(THURSDAY)
    with writing(engine) as session:
        store_person(session, "admin@example.jp", admin=True)
    [person] = _people(engine, {})
    passes.tick(engine, settings, now, Away())
    with writing(engine) as session:
        edit_person(session, session.merge(person), active=False, now=now, policy=POLICY)
    passes.tick(engine, settings, now + timedelta(hours=1), way)
    [mail] = sink.mails
    assert mail["To"].addresses[0].addr_spec == "admin@example.jp"


def test_entries_nobody_owns_come_to_the_admins_with_the_way_to_assign_them(
    engine: Engine, settings: Settings, sink: Sink, way: SmtpTransport
) -> None:
    with writing(engine) as session:
        store_first_sheet(session)
        store_person(session, "admin@example.jp", admin=True, language="en")
    passes.tick(engine, settings, morning("2018-04-16"), way)
    [mail] = sink.mails
    assert "Nobody owns these yet" in _text(mail)
    assert "jikai assign EMAIL --entry 1" in _text(mail)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_mail_says_everything_in_order_of_urgency(
    engine: Engine, settings: Settings, sink: Sink, way: SmtpTransport, language: str
) -> None:
    with writing(engine) as session:
        store_first_sheet(session)
        person = store_person(session, language=language)
        assign(session, person, Scope.ALL, None, now=morning("2018-04-02", 8), policy=POLICY)
    passes.tick(engine, settings, morning("2018-04-02"), way)
    [mail] = sink.mails
    text = _text(mail)
    wanted = {
        "ja": [
            "期限を超過",
            "2016年度の実績値",
            "猶予中",
            "2017年4月の確報値3件（2018年3月頃の予定）",
            "把握時期に入って",
        ],
        "en": [
            "Overdue",
            "FY2016",
            "Past the window",
            "Three final figures for April 2017",
            "In the window",
        ],
    }[language]
    places = [text.index(words) for words in wanted]
    assert places == sorted(places)
    assert "301" in text
    subject = {"ja": "【超過】E7（123日超過）", "en": "Overdue: E7 (123 days late)"}[language]
    assert subject in mail["Subject"]
    html = mail.get_body(("html",))
    assert html is not None
    page = str(html.get_content())
    assert f'<html lang="{language}">' in page
    assert "src=" not in page
    assert page.count("https://jikai.example.jp/a/") == text.count("https://jikai.example.jp/a/")


def test_each_figure_has_a_link_of_its_own_that_opens(
    engine: Engine, settings: Settings, sink: Sink, way: SmtpTransport
) -> None:
    [person] = _people(engine, {}, rows=3)
    now = morning(THURSDAY)
    passes.tick(engine, settings, now, way)
    text = _text(sink.mails[0])
    tokens = [word.rpartition("/a/")[2] for word in text.split() if "/a/" in word]
    found = [open_link(KEY.encode(), Purpose.ANSWER, token, now) for token in tokens]
    assert [each["occurrence"] for each in found] == [1, 2, 3]
    assert {each["person"] for each in found} == {person.id}


def test_one_refused_address_does_not_stop_the_others(
    engine: Engine, settings: Settings, sink: Sink, way: SmtpTransport
) -> None:
    _people(engine, *[{}] * 25)
    sink.replies["p7@example.jp"] = "550 5.1.1 nobody here"
    sink.replies["p9@example.jp"] = "451 4.2.1 mailbox is busy"
    passes.tick(engine, settings, morning(THURSDAY), way)
    assert len(sink.contents) == 23
    assert sorted(set(_states(engine))) == [MailState.FAILED, MailState.QUEUED, MailState.SENT]
    del sink.replies["p9@example.jp"]
    passes.tick(engine, settings, morning(THURSDAY, 10), way)
    assert len(sink.contents) == 24
    with reading(engine) as session:
        [failed] = outbox.mails(session, state=MailState.FAILED)
    assert failed.reply == "550 5.1.1 nobody here"


def test_a_mail_that_cannot_be_written_stops_no_other_and_is_kept(
    engine: Engine,
    settings: Settings,
    sink: Sink,
    way: SmtpTransport,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken, *_ = _people(engine, {}, {}, {})
    real = links.answer_address

    def address(base_url: str, secret: bytes, occurrence_id: int, person_id: int, now: Any) -> str:
        if person_id == broken.id:
            raise KeyError("a template that names what is not there")
        return real(base_url, secret, occurrence_id, person_id, now)

    with monkeypatch.context() as patched:
        patched.setattr(links, "answer_address", address)
        passes.tick(engine, settings, morning(THURSDAY), way)
    assert len(sink.contents) == 2
    with reading(engine) as session:
        [kept] = outbox.mails(session, state=MailState.QUEUED)
    assert kept.person_id == broken.id
    assert "could not be written: KeyError" in (kept.reply or "")
    passes.tick(engine, settings, morning(THURSDAY, 10), way)
    assert len(sink.contents) == 3


def test_a_mail_that_breaks_its_connection_is_put_off_alone(
    engine: Engine, settings: Settings, tmp_path: Path
) -> None:
    _people(engine, *[{}] * 12)
    way = Poisoned(MaildirTransport(tmp_path / "mails"), "p3@example.jp")
    passes.tick(engine, settings, morning(THURSDAY), way)
    assert len(list((tmp_path / "mails" / "new").iterdir())) == 11
    assert _states(engine).count(MailState.QUEUED) == 1


class Poisoned:
    """A way on which one recipient's mail makes the server hang up."""

    def __init__(self, way: Transport, address: str) -> None:
        self._way = way
        self._address = address

    def open(self) -> Conversation:
        inner = self._way.open()
        begin, address = inner.begin, self._address

        def poisoned(message: Message) -> None:
            if message.recipient == address:
                raise UnreachableError("connection reset")
            begin(message)

        inner.begin = poisoned  # type: ignore[method-assign]
        return inner


class Stopping:
    """A way on which the service is told to stop while the first mail is in hand."""

    def __init__(self, way: Transport, stop: Event) -> None:
        self._way = way
        self._stop = stop

    def open(self) -> Conversation:
        inner = self._way.open()
        begin = inner.begin

        def begun(message: Message) -> None:
            begin(message)
            self._stop.set()

        inner.begin = begun  # type: ignore[method-assign]
        return inner


def test_a_stop_finishes_the_mail_in_hand_and_leaves_the_rest_due(
    engine: Engine, settings: Settings, tmp_path: Path
) -> None:
    _people(engine, *[{}] * 8)
    stop, way = Event(), MaildirTransport(tmp_path / "mails")
    passes.tick(engine, settings, morning(THURSDAY), Stopping(way, stop), stop)
    states = _states(engine)
    assert (states.count(MailState.SENT), states.count(MailState.QUEUED)) == (1, 7)
    passes.tick(engine, settings, morning(THURSDAY), way)
    assert _states(engine) == [MailState.SENT] * 8


def test_doubt_stays_and_the_next_day_has_its_own_mail(
    engine: Engine, settings: Settings, sink: Sink, way: SmtpTransport
) -> None:
    _people(engine, {})
    sink.drop = "END"
    passes.tick(engine, settings, morning(THURSDAY), way)
    sink.drop = ""
    now = morning(THURSDAY, 10)
    while now < morning("2018-03-24", 12):
        passes.tick(engine, settings, now, way)
        now += timedelta(hours=6)
    assert _states(engine)[0] is MailState.DOUBTFUL
    assert len(sink.contents) == 1
    passes.tick(engine, settings, morning("2018-03-26"), way)
    assert _states(engine) == [MailState.DOUBTFUL, MailState.SENT]


def test_later_mails_of_a_figure_follow_up_its_first(
    engine: Engine, settings: Settings, sink: Sink, way: SmtpTransport
) -> None:
    _people(engine, {}, {})
    for day in (THURSDAY, "2018-03-26", "2018-04-02", "2018-04-16"):
        passes.tick(engine, settings, morning(day), way)
    by_person: dict[str, list[Any]] = {}
    for mail in sink.mails:
        by_person.setdefault(str(mail["To"]), []).append(mail)
    assert len(by_person) == 2
    for first, *later in by_person.values():
        assert "References" not in first
        assert len(later) >= 2
        for mail in later:
            assert mail["In-Reply-To"] == mail["References"] == first["Message-ID"]


def test_a_sign_in_mail_carries_its_link(
    engine: Engine, settings: Settings, sink: Sink, way: SmtpTransport
) -> None:
    now = morning(THURSDAY, 3)
    with writing(engine) as session:
        person = store_person(session, language="en")
        mail = outbox.NewMail(MailKind.SIGN_IN, person.id, "sign-in/1", date(2018, 3, 1))
        outbox.enqueue(session, [mail], "example.jp", now)
    passes.tick(engine, settings, now, way)
    [sent] = sink.mails
    assert "List-Id" not in sent
    token = next(word for word in _text(sent).split() if "/sign-in/" in word).rpartition("/")[2]
    assert open_link(KEY.encode(), Purpose.SIGN_IN, token, now) == {"person": person.id}


def test_no_reminder_is_ever_without_a_mail_or_a_later_hour(
    engine: Engine, settings: Settings, sink: Sink, way: SmtpTransport
) -> None:
    """Two years on the first sheet, day by day: one mail a day at most, on working days."""
    with writing(engine) as session:
        store_first_sheet(session)
        person = store_person(session)
        assign(session, person, Scope.ALL, None, now=morning("2017-10-01", 8), policy=POLICY)
    day: datetime = morning("2017-10-01")
    while day < morning("2019-06-30"):
        passes.tick(engine, settings, day, way)
        day += timedelta(days=1)
    days = [mail["Date"].datetime.date() for mail in sink.mails]
    assert len(days) == len(set(days))
    assert all(each.weekday() < 5 for each in days)
    with reading(engine) as session:
        assert session.scalars(select(Reminder).where(Reminder.mail_id.is_(None))).all() == []
    assert set(_states(engine)) == {MailState.SENT}


class Silent:
    """A server that takes a mail and hangs up instead of saying so."""

    def __init__(self, way: SmtpTransport) -> None:
        self._way = way

    def open(self) -> Conversation:
        self._inner = self._way.open()
        return self

    def begin(self, message: Message) -> None:
        self._inner.begin(message)

    def finish(self) -> Outcome:
        self._inner.finish()
        return Outcome(Verdict.UNKNOWN, "no answer to the final dot")

    def close(self) -> None:
        self._inner.close()


def test_a_chase_in_doubt_goes_out_again_as_itself_on_the_next_day_too(
    engine: Engine, settings: Settings, sink: Sink, way: SmtpTransport
) -> None:
    _people(engine, {})
    passes.tick(engine, settings, morning("2018-04-16"), Silent(way))
    assert _states(engine) == [MailState.DOUBTFUL]
    passes.tick(engine, settings, morning("2018-04-17"), way)
    assert _states(engine) == [MailState.SENT]
    first, again = sink.mails
    assert first["Message-ID"] == again["Message-ID"]


def test_what_somebody_sends_again_goes_out_as_itself_on_the_next_day_too(
    engine: Engine, settings: Settings, sink: Sink, way: SmtpTransport
) -> None:
    _people(engine, {})
    passes.tick(engine, settings, morning(THURSDAY), Silent(way))
    passes.tick(engine, settings, morning(THURSDAY, 10), way)
    assert _states(engine) == [MailState.DOUBTFUL]
    with writing(engine) as session:
        outbox.retry(session, 1, morning("2018-03-02", 8))
    passes.tick(engine, settings, morning("2018-03-02"), way)
    assert _states(engine) == [MailState.SENT]
    first, again = sink.mails
    assert first["Message-ID"] == again["Message-ID"]
