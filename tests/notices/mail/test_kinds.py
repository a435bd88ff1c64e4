"""What else people are told in the mail of a day: news, state of affairs, the week, hand-overs."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from db.engine import reading, writing
from db.tables import Mail, MailKind, MailState, Occurrence, Outcome, Person, Reminder, Scope
from notices import broken_templates, letters, outbox, passes
from notices.samples import KINDS, sample
from notices.settings import parse
from notices.smtp import SmtpTransport
from scheduler.answer import Confirmation, confirm, not_yet, postpone
from scheduler.assignments import assign
from scheduler.occurrence import Window
from tests.builders import POLICY, Awaited, Row, morning, store_person, store_sheet
from tests.notices.mail.servers import Sink, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage
    from pathlib import Path

    from sqlalchemy import Engine

    from notices.settings import Settings

MONDAY, TUESDAY, WEDNESDAY = "2018-03-05", "2018-03-06", "2018-03-07"
MARCH = Awaited("2018-03-01", "2018-03-31", True, covers="2017-04", stage="final", repeat="P1M")
LATE = Awaited("2018-01-01", "2018-01-31", covers="2017-04", stage="final")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("JIKAI_SECRET", "a signing key for tests")
    return _settings(tmp_path)


def _settings(folder: Path, **mail: Any) -> Settings:
    web = {"base_url": "https://jikai.example.jp"}
    return parse({"web": web, "mail": mail}, folder / "config.toml")


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
def way(sink: Sink) -> Iterator[SmtpTransport]:
    with serving(sink) as port:
        yield SmtpTransport("127.0.0.1", port, "none", timeout=5)


def _office(engine: Engine, *people: dict[str, Any], row: Awaited = MARCH) -> list[Person]:
    """People, of whom all but admins own a sheet with one figure."""
    with writing(engine) as session:
        sheet = store_sheet(session, [Row("figure 0", (row,))]).sheet
        made = []
        for number, person in enumerate(people):
            each = store_person(session, f"p{number}@example.jp", language="en", **person)
            made.append(each)
            if not each.admin:
                start = morning(MONDAY, 0)
                assign(session, each, Scope.SHEET, str(sheet.id), now=start, policy=POLICY)
        return made


def _text(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def _to(mail: EmailMessage) -> str:
    return str(mail["To"].addresses[0].addr_spec)


def test_whoever_was_asked_hears_that_it_is_known_but_not_who_answered(
    engine: Engine, settings: Settings, sink: Sink, way: SmtpTransport
) -> None:
    answering, _other = _office(engine, {}, {})
    passes.tick(engine, settings, morning(MONDAY), way)
    with writing(engine) as session:
        given = Confirmation(value="1,012", source="https://example.jp/")
        occurrence = session.get_one(Occurrence, 1)
        who = session.merge(answering)
        now = morning(MONDAY, 11)
        confirm(session, occurrence, given, person=who, now=now, policy=POLICY)
    for hour in range(11, 40):
        now = morning(MONDAY, 0) + timedelta(hours=hour)
        passes.tick(engine, settings, now, way)
    [told] = sink.mails[2:]
    assert _to(told) == "p1@example.jp"
    assert told["Subject"] == "[Jikai] Now known: figure 0"
    assert told["List-Id"] == "<news.example.jp>"
    for words in (
        "Now known: 1,012 (April 2017, final)",
        "Answered by p0@example.jp, 5 March 2018",
    ):
        assert words in _text(told)
    assert told["Date"].datetime == morning(TUESDAY)


def test_a_postponement_is_told_with_both_windows_and_the_reason(
    engine: Engine, settings: Settings, sink: Sink, way: SmtpTransport
) -> None:
    answering, _other = _office(engine, {}, {})
    window = Window(date(2018, 6, 1), date(2018, 6, 30), False)
    with writing(engine) as session:
        postpone(
            session,
            session.get_one(Occurrence, 1),
            window,
            "late returns\n\n━━━━\nOverdue (1)",
            person=session.merge(answering),
            now=morning(MONDAY, 3),
            policy=POLICY,
        )
    passes.tick(engine, settings, morning(MONDAY), way)
    [told] = sink.mails
    assert _to(told) == "p1@example.jp"
    assert "Changed: around March 2018 → June 2018" in _text(told)
    assert "Reason: “late returns ━━━━ Overdue (1)”" in _text(told)


def test_when_somebody_answered_is_told_by_the_readers_own_clock(
    engine: Engine, settings: Settings, sink: Sink, way: SmtpTransport
) -> None:
    answering, _other = _office(engine, {}, {"timezone": "America/New_York"})
    with writing(engine) as session:
        figure, who = session.get_one(Occurrence, 1), session.merge(answering)
        june, at = Window(date(2018, 6, 1), date(2018, 6, 30), False), morning(MONDAY, 3)
        postpone(session, figure, june, "late returns", person=who, now=at, policy=POLICY)
    for moment in (morning(TUESDAY, 1), morning(TUESDAY, 23)):
        passes.tick(engine, settings, moment, way)
    assert "Answered by p0@example.jp, 4 March 2018, 13:00" in _text(sink.mails[-1])


def test_an_admin_hears_on_mondays_of_all_that_stands_and_else_of_what_is_new(
    engine: Engine, settings: Settings, sink: Sink, way: SmtpTransport
) -> None:
    unclear = Awaited(outcome=Outcome.UNCLEAR)
    _office(engine, {"admin": True}, {})
    with writing(engine) as session:
        rows = [Row("unreadable", (unclear,), text="in due course, perhaps")]
        store_sheet(session, rows, reform_item="unclear", now=morning("2018-02-01"))
    _live(engine, settings, way, MONDAY, 9)
    _fail_a_mail(engine)
    _live(engine, settings, way, "2018-03-15", 5)
    told = [mail for mail in sink.mails if _to(mail) == "p0@example.jp"]
    days = [mail["Date"].datetime.date().isoformat() for mail in told]
    assert days == [MONDAY, "2018-03-12", "2018-03-15", "2018-03-19"]
    assert "Entry" not in told[0]["Subject"]
    assert "in due course, perhaps" in _text(told[0])
    assert "A mail that failed" in _text(told[2])
    assert "550 5.1.1 nobody here" in _text(told[2])


def test_what_nobody_is_reminded_of_any_more_comes_to_the_admins_each_week(
    engine: Engine, settings: Settings, sink: Sink, way: SmtpTransport
) -> None:
    _, owner = _office(engine, {"admin": True}, {}, row=LATE)
    for day in ("2018-09-03", "2018-09-04", "2018-09-10", "2018-09-18"):  # the 17th is a holiday
        passes.tick(engine, settings, morning(day), way)
    with writing(engine) as session:
        one, who, now = session.get_one(Occurrence, 1), session.merge(owner), morning("2018-09-19")
        confirm(session, one, Confirmation("1"), person=who, now=now, policy=POLICY)
    passes.tick(engine, settings, morning("2018-09-25"), way)
    first, *rest, last = [mail for mail in sink.mails if _to(mail) == "p0@example.jp"]
    assert last["Subject"] == "[Jikai] Now known: figure 0"
    assert "reminded of any more" not in _text(last)
    assert first["Subject"] == "[Jikai] Handed over: figure 0 (215 days late)"
    assert "reminded of any more" not in _text(first)
    days = [mail["Date"].datetime.date().isoformat() for mail in rest]
    assert days == ["2018-09-10", "2018-09-18"]
    subject = "[Jikai] For the admins: A figure that nobody is reminded of any more"
    assert {mail["Subject"] for mail in rest} == {subject}
    for words in (
        "■ figure 0",
        "expected in January 2018",
        "222 days late",
        "Owner: p1@example.jp",
    ):
        assert words in _text(rest[0])


def test_a_window_without_an_end_comes_to_the_admins_once_it_is_long_open(
    engine: Engine, settings: Settings, sink: Sink, way: SmtpTransport
) -> None:
    _office(engine, {"admin": True}, {}, row=Awaited("2018-03-01", None))
    for day in ("2018-03-01", "2018-03-26", "2018-04-02"):
        passes.tick(engine, settings, morning(day), way)
    told = [mail for mail in sink.mails if _to(mail) == "p0@example.jp"]
    assert [mail["Date"].datetime.date().isoformat() for mail in told] == ["2018-04-02"]
    assert "expected from 1 March 2018 on" in _text(told[0])


def _live(engine: Engine, settings: Settings, way: SmtpTransport, start: str, days: int) -> None:
    for hours in range(0, days * 24, 3):
        passes.tick(engine, settings, morning(start, 0) + timedelta(hours=hours), way)


def _fail_a_mail(engine: Engine) -> None:
    with writing(engine) as session:
        mail = outbox.NewMail(MailKind.SIGN_IN, 2, "sign-in/9", date(2018, 3, 14))
        now = morning("2018-03-14", 20)
        outbox.enqueue(session, [mail], "example.jp", now)
        failed = session.scalars(select(Mail).where(Mail.key == "sign-in/9")).one()
        failed.state, failed.reply = MailState.FAILED, "550 5.1.1 nobody here"
        failed.settled_at = now


def test_everything_a_person_is_told_on_a_day_is_one_mail(
    engine: Engine, tmp_path: Path, settings: Settings, sink: Sink, way: SmtpTransport
) -> None:
    summing_up = _settings(tmp_path, summary="weekly")
    undated = Awaited(outcome=Outcome.UNDATED)
    with writing(engine) as session:
        sheet = store_sheet(session, [Row("figure 0", (LATE,))]).sheet
        rows = [Row("nobody's", (MARCH,)), Row("nobody's either", (undated,))]
        store_sheet(session, rows, reform_item="other")
        admin = store_person(session, language="en", admin=True)
        now = morning(MONDAY, 0)
        assign(session, admin, Scope.SHEET, str(sheet.id), now=now, policy=POLICY)
    _live(engine, summing_up, way, MONDAY, 1)
    [mail] = sink.mails
    text = _text(mail)
    wanted = ["Overdue", "Nobody owns this yet", "Entries without owner (2)", "An entry without a"]
    places = [text.index(words) for words in wanted]
    assert places == sorted(places)
    assert "\n\n\n\nYou get this as an admin" in text.replace("\r\n", "\n")
    assert [line.strip() for line in text.splitlines() if "nobody's" in line] == [
        "・nobody's",
        "■ nobody's either",
        "■ nobody's either",
    ]
    assert text.count("1 more is told above.") == 1
    assert mail["Subject"].startswith("[Jikai] Overdue: figure 0")
    with reading(engine) as session:
        assert session.scalars(select(Mail.kind)).all() == [MailKind.CHASE]


def test_a_weeks_summary_says_what_is_late_what_comes_and_what_became_known(
    engine: Engine, tmp_path: Path, settings: Settings, sink: Sink, way: SmtpTransport
) -> None:
    summing_up = _settings(tmp_path, summary="weekly")
    [owner] = _office(engine, {}, row=LATE)
    with writing(engine) as session:
        more = [Row("soon", (MARCH,)), Row("known", (MARCH,)), Row("moved", (MARCH,))]
        stored = store_sheet(session, more, reform_item="more")
        who = session.merge(owner)
        now = morning("2018-03-01")
        assign(session, who, Scope.ALL, None, now=now, policy=POLICY)
        given = Confirmation(value="98.9％")
        known = stored.occurrences[1]
        confirm(session, known, given, person=who, now=now, policy=POLICY)
        moved, june = stored.occurrences[2], Window(date(2018, 6, 1), date(2018, 6, 30), False)
        postpone(session, moved, june, "late\n\n━━━━", person=who, now=now, policy=POLICY)
    _live(engine, summing_up, way, MONDAY, 2)
    text = _text(sink.mails[0])
    week = text[text.index("The week in one view") :]
    assert "  Told above in this mail." in week[week.index("Overdue (1)") :]
    for words in ("in the next two weeks (1)", "Now known: 98.9％", "“late ━━━━”"):
        assert words in week
    assert text.count("33 days late") == 1


def test_what_a_mail_tells_above_its_summary_only_counts(
    engine: Engine, tmp_path: Path, settings: Settings, sink: Sink, way: SmtpTransport
) -> None:
    summing_up = _settings(tmp_path, summary="weekly")
    rows = [Row(name, (LATE,)) for name in ("late", "waiting", "asked again")]
    grace = Row("in grace", (Awaited("2018-02-01", "2018-02-28", True),))
    with writing(engine) as session:
        stored = store_sheet(session, [*rows, grace, Row("soon", (MARCH,))])
        owner = store_person(session, language="en")
        now = morning("2018-02-01")
        assign(session, owner, Scope.ALL, None, now=now, policy=POLICY)
    for day in ("2018-02-01", "2018-03-01"):
        passes.tick(engine, settings, morning(day), way)
    with writing(engine) as session:
        last, who = stored.occurrences[2], session.merge(owner)
        last, again = session.merge(last), date(2018, 3, 5)
        at = morning("2018-03-01", 12)
        not_yet(session, last, None, person=who, again_on=again, now=at, policy=POLICY)
    _live(engine, summing_up, way, MONDAY, 1)
    text = _text(sink.mails[-1])
    assert sink.mails[-1]["Subject"] == "[Jikai] Overdue: asked again (33 days late)"
    week = text[text.index("The week in one view") :].replace("\r\n", "\n")
    late, _, rest = week.partition("Past the window, not yet overdue (1)")
    assert ("Overdue (3)" in late, "\n  1 more is told above.\n" in late) == (True, True)
    assert late.count("33 days late") == 2
    assert text.count("■ asked again") == 0
    past, _, soon = rest.partition("Now and in the next two weeks (1)")
    assert "5 days past the window" in past
    assert "■ soon" in soon


def test_a_summary_that_would_say_nothing_new_is_left_out(
    engine: Engine, tmp_path: Path, settings: Settings, sink: Sink, way: SmtpTransport
) -> None:
    _office(engine, {}, row=LATE)
    _live(engine, _settings(tmp_path, summary="weekly"), way, MONDAY, 1)
    [mail] = sink.mails
    assert "33 days late" in _text(mail)
    assert "The week" not in _text(mail)


def test_the_subject_of_a_week_names_what_there_is(
    engine: Engine, tmp_path: Path, settings: Settings, sink: Sink, way: SmtpTransport
) -> None:
    [answering, _] = _office(engine, {}, {}, row=LATE)
    june = Window(date(2018, 6, 1), date(2018, 6, 30), False)
    with writing(engine) as session:
        figure, who = session.get_one(Occurrence, 1), session.merge(answering)
        at = morning(TUESDAY, 8)
        postpone(session, figure, june, "late", person=who, now=at, policy=POLICY)
    passes.tick(engine, settings, morning(TUESDAY), way)
    passes.tick(engine, _settings(tmp_path, summary="weekly"), morning("2018-03-12"), way)
    subjects = [mail["Subject"] for mail in sink.mails if _to(mail) == "p1@example.jp"]
    assert subjects[-1] == "[Jikai] The week: 1 put off"
    week = _text(sink.mails[-1])
    for words in ("Changed: January 2018 → June 2018", "Reason: “late”"):
        assert words in week


def test_nothing_is_asked_of_what_is_still_to_come(
    engine: Engine, settings: Settings, sink: Sink, way: SmtpTransport
) -> None:
    _office(engine, {}, row=Awaited("2018-03-20", "2018-03-31"))
    for day in ("2018-03-01", "2018-03-20"):
        passes.tick(engine, settings, morning(day), way)
    ahead, opened = sink.mails
    assert ahead["Subject"] == "[Jikai] Coming: figure 0 (20 March to 31 March 2018)"
    assert "Nothing is asked of you before its time" in _text(ahead)
    assert opened["Subject"] == "[Jikai] Due soon: figure 0 (11 days left)"
    assert "Please say for each figure below" in _text(opened)


def test_what_is_handed_over_comes_apart_with_its_owner(
    engine: Engine, settings: Settings, sink: Sink, way: SmtpTransport
) -> None:
    _office(engine, {}, row=LATE)
    with writing(engine) as session:
        superior = store_person(session, "boss@example.jp", language="en")
        session.add(
            Reminder(
                occurrence_id=1,
                person_id=superior.id,
                step="hand-over-superior",
                day=date(2018, 3, 5),
                send_from=morning(MONDAY),
                created_at=morning(MONDAY, 0),
            )
        )
    passes.tick(engine, settings, morning(MONDAY), way)
    told = next(mail for mail in sink.mails if _to(mail) == "boss@example.jp")
    assert told["Subject"] == "[Jikai] Handed over: figure 0 (33 days late)"
    assert "Owner: p0@example.jp" in _text(told)
    assert "they pass to you" in _text(told)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("chase.txt.j2", "{{ nonsense.there }}", "'nonsense' is undefined"),
        ("day.html.j2", "{% for x in %}", "line 1: TemplateSyntaxError"),
        ("figures.txt.j2", "{{ 1 / 0 }}", "ZeroDivisionError"),
    ],
)
def test_a_broken_template_is_passed_over_and_the_admin_is_told(
    engine: Engine, tmp_path: Path, settings: Settings, sink: Sink, way: SmtpTransport,
    name: str, content: str, reason: str,
) -> None:  # fmt: skip
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / name).write_text(content, "utf-8")
    changed = _settings(tmp_path, templates="own")
    _office(engine, {"admin": True}, {}, row=LATE)
    passes.tick(engine, changed, morning(TUESDAY, 1), way)
    passes.tick(engine, changed, morning(TUESDAY), way)
    told = {_to(mail): _text(mail) for mail in sink.mails}
    assert "Final figure for April 2017" in told["p1@example.jp"]
    assert name in told["p0@example.jp"]
    assert reason in told["p0@example.jp"]


def test_a_template_that_fails_with_some_figures_alone_is_told_as_well(
    engine: Engine, tmp_path: Path, settings: Settings, sink: Sink, way: SmtpTransport,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    (tmp_path / "own").mkdir()
    mine = tmp_path / "own" / "reminder.txt.j2"
    mine.write_text("{{ 1 / 0 if 'figure 0' in part.subject else 1 }}", "utf-8")
    changed = _settings(tmp_path, templates="own")
    _office(engine, {"admin": True}, {})
    for day in (TUESDAY, WEDNESDAY):
        passes.tick(engine, changed, morning(day), way)
        monkeypatch.setattr(letters, "_faults", {})  # as if it had been another process
    told = {_to(mail): _text(mail) for mail in sink.mails}
    assert "Final figure for April 2017" in told["p1@example.jp"]
    assert "line 1: ZeroDivisionError" in told["p0@example.jp"]
    mine.write_text("{{ part.subject }}", "utf-8")
    with reading(engine) as session:
        assert broken_templates.known(session, changed) == []


def test_a_template_that_is_not_utf_8_is_named_itself_until_it_is_mended(
    sqlite_engine: Engine, tmp_path: Path, settings: Settings
) -> None:
    (tmp_path / "own").mkdir()
    mine = tmp_path / "own" / "figures.txt.j2"
    mine.write_text("次の項目", "cp932")
    changed = _settings(tmp_path, templates="own")
    assert "Two final figures for FY2017" in sample(MailKind.REMINDER, "en", changed).text
    with reading(sqlite_engine) as session:
        [fault] = broken_templates.known(session, changed)
    assert (fault.name, "UnicodeDecodeError" in fault.reason) == ("figures.txt.j2", True)
    mine.write_text("次の項目", "utf-8")
    with reading(sqlite_engine) as session:
        assert broken_templates.known(session, changed) == []


def test_a_template_of_the_office_is_used_and_shapes_that_kind_alone(
    engine: Engine, tmp_path: Path, settings: Settings, sink: Sink, way: SmtpTransport
) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "reminder.txt.j2").write_text("本文は別に。{{ part.subject }}", "utf-8")
    _office(engine, {})
    passes.tick(engine, _settings(tmp_path, templates="own"), morning(TUESDAY), way)
    [mail] = sink.mails
    assert "本文は別に。Expected now: figure 0" in _text(mail)


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_text_of_every_kind_is_complete_without_the_html(
    kind: MailKind, language: str, settings: Settings
) -> None:
    letter = sample(kind, language, settings)
    body = letter.html[letter.html.index("<body") :]
    said = [" ".join(unescape(words).split()) for words in re.findall(r">([^<]+)<", body)]
    text = " ".join(letter.text.split()).casefold()
    missing = [words for words in said if words and words.casefold() not in text]
    assert [words for words in missing if words != "・"] == []
    assert "src=" not in letter.html
