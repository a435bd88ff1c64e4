"""Mail that comes in: replies are echoed, bounces counted, and nothing else changes anything."""

from __future__ import annotations

import imaplib
import random
import re
import smtplib
import time
from dataclasses import dataclass
from email import message_from_bytes, message_from_string, policy
from email.message import EmailMessage
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from db.engine import reading, writing
from db.tables import Answer, Incoming, Mail, MailKind, Mute, Occurrence, Person, Scope, Sort
from notices import addresses, lmtp, passes
from notices.addresses import End, opened
from notices.bounces import bounces, resume
from notices.clock import SimulatedClock
from notices.imap import Mailbox, MailboxError
from notices.inbox import Arrived, Desk, Took, take
from notices.locale import say
from notices.own_words import new_text
from notices.settings import parse
from notices.smtp import SmtpTransport
from notices.web.app import create
from scheduler.answer import Confirmation, confirm
from scheduler.assignments import assign
from tests.builders import POLICY, Awaited, Row, morning, store_person, store_sheet
from tests.notices.mail.relay import PASSWORD, missing, relaying
from tests.notices.mail.servers import Sink, free_port, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import Engine

    from notices.settings import Settings

KEY = b"a signing key for tests"
INBOX = "jikai@example.jp"
DAY = "2018-03-22"
MARCH = Awaited("2018-03-01", "2018-03-31", True, covers="2017-04", stage="final")


@dataclass
class House:
    """An office whose mails can be answered: one owner, reminded of `figures` on the day."""

    desk: Desk
    way: SmtpTransport
    sink: Sink

    def remind(self, *names: str, language: str = "en") -> None:
        with writing(self.desk.engine) as session:
            store_sheet(session, [Row(name, (MARCH,)) for name in names])
            person = store_person(session, "owner@example.jp", language=language)
            start = morning(DAY, 0)
            assign(session, person, Scope.ALL, None, now=start, policy=POLICY)
        self.tick(morning(DAY))

    def tick(self, now: datetime) -> None:
        passes.tick(self.desk.engine, self.desk.settings, now, self.way)

    def take(self, message: EmailMessage, sender: str | None = "owner@example.jp", day: str = DAY,
             to: str | None = None) -> Took:  # fmt: skip
        arrived = Arrived(sender, to or str(message["To"]), message.as_bytes())
        return take(self.desk, arrived, morning(day, 10))

    def reply_to(self, number: int = 0) -> str:
        return str(self.sink.mails[number]["Reply-To"])

    def rows(self, table: Any) -> list[Any]:
        with reading(self.desk.engine) as session:
            return list(session.scalars(select(table).order_by(table.id)))

    def echoes(self) -> list[EmailMessage]:
        before = len(self.sink.mails)
        self.tick(morning(DAY, 11))
        return self.sink.mails[before:]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("JIKAI_SECRET", KEY.decode())
    inbox = {"way": "lmtp", "address": INBOX, "host": "127.0.0.1", "port": free_port()}
    web = {"base_url": "https://jikai.example.jp"}
    mail = {"sender": "Jikai <sender@example.jp>"}
    return parse({"web": web, "inbox": inbox, "mail": mail}, tmp_path / "config.toml")


@pytest.fixture
def house(engine: Engine, settings: Settings) -> Iterator[House]:
    sink = Sink()
    with serving(sink) as port:
        way = SmtpTransport("127.0.0.1", port, "none", timeout=5)
        yield House(Desk(engine, settings, KEY), way, sink)


def _reply(to: str, text: str, sender: str = "Owner <Owner@example.jp>") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, "Re: a reminder"
    message["Message-ID"] = "<a.reply@client.example.jp>"
    message.set_content(text)
    return message


def _text(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


@given(st.integers(0, 10**9), st.sampled_from(End), st.integers(0, 30), st.sampled_from("abc7"))
def test_an_address_opens_for_its_own_end_alone_and_not_when_changed(
    mail_id: int, end: End, place: int, char: str
) -> None:
    made = addresses.address(INBOX, KEY, end, mail_id)
    assert opened(INBOX, KEY, made.upper()) == (end, mail_id)
    assert len(made.partition("@")[0]) <= 64
    changed = made[:place] + char + made[place + 1 :]
    if changed != made:
        assert opened(INBOX, KEY, changed) is None
    assert opened(INBOX, b"another key that is long", made) is None


@pytest.mark.parametrize(
    ("language", "text", "facts"),
    [
        (
            "ja",
            "確報値 1,012団体 3月23日公表",
            ["値：1,012団体", "区分：確報", "把握日：2018年3月23日"],
        ),
        (
            "en",
            "Final figure 1,012, published 23 March",
            ["Value: 1,012", "Stage: final", "Known on: 23 March 2018"],
        ),
        ("en", "Will be published in late April", ["New time: late April 2018"]),
        ("ja", "まだです。", ["まだ把握できていない"]),
    ],
)
def test_a_reply_is_echoed_and_one_click_answers(
    house: House, language: str, text: str, facts: list[str]
) -> None:
    house.remind("Bodies", language=language)
    quoted = "\n\nOn Thu, 22 Mar 2018 at 09:00, Jikai <sender@example.jp> wrote:\n> Overdue 999\n"
    assert house.take(_reply(house.reply_to(), text + quoted)) is Took.NOTED
    [echo] = house.echoes()
    assert [fact for fact in facts if fact not in _text(echo)] == []
    assert "999" not in _text(echo)
    assert house.rows(Answer) == []
    assert echo["To"].addresses[0].addr_spec == "owner@example.jp"
    assert "List-Unsubscribe" not in echo
    _press(house, _text(echo))
    [answer] = house.rows(Answer)
    if "1,012" in text:
        assert answer.value in {"1,012", "1,012団体"}
        assert answer.value_stage == "final"
        assert "23" in answer.note
    else:
        assert answer.value is None


def _press(house: House, text: str) -> None:
    """Follow the echo's link as a browser would, and press the button of the unfolded form."""
    link = next(word for word in text.split() if "?reply=" in word)
    app = create(house.desk.engine, house.desk.settings, SimulatedClock(morning(DAY, 12)))
    with TestClient(app, base_url="https://jikai.example.jp") as client:
        page = client.get(link).text
        assert house.rows(Answer) == []
        forms = page.split("<form ")[1:]
        opened_forms = [
            form
            for number, form in enumerate(forms)
            if "<details open>" in page.split("<form ")[number][-200:]
        ]
        verbs = [form for form in forms if 'name="verb" value="confirm"' in form]
        form = (opened_forms or verbs)[0]
        fields = dict(re.findall(r'name="([a-z_]+)"[^>]*value="([^"]*)"', form))
        for name, words in re.findall(r'<textarea[^>]*name="([a-z]+)"[^>]*>([^<]*)', form):
            fields[name] = words
        stage = re.search(r'<option value="(\w+)" selected', form)
        answered = client.post(link, data=fields | ({"stage": stage[1]} if stage else {}))
    assert answered.status_code == 200


SENT = """Dear Owner,

■ Final figure for April 2017, expected around March 2018
  ・Bodies
    Latest value: 301
"""
QUOTED = "".join(f"> {line}\n" for line in SENT.splitlines())


@pytest.mark.parametrize(
    ("above", "quoted"),
    [
        ("On Thu, 22 Mar 2018 at 09:00, Jikai <jikai@example.jp> wrote:\n\n", QUOTED),
        ("2018年3月22日(木) 9:00 Jikai <jikai@example.jp>:\n\n", QUOTED),
        ("2018年3月22日 9:00 Jikai <jikai@example.jp>:\n", QUOTED),
        ("2018/03/22 9:00、Jikai のメール：\n", QUOTED),
        ("> 2018/03/22 9:00、Jikai <jikai@example.jp>のメール:\n> \n", QUOTED),
        ("________________________________\n差出人: Jikai\n宛先: Owner\n件名: x\n\n", SENT),
        ("-----Original Message-----\nFrom: Jikai\n\n", SENT),
        ("From: Jikai <jikai@example.jp>\nSent: Thursday\nSubject: x\n\n", SENT),
        ("", SENT),
        ("", QUOTED),
    ],
)
def test_of_a_reply_only_its_writers_words_are_read(above: str, quoted: str) -> None:
    words = "確報値 1,012団体\n3月23日公表"
    assert new_text(_reply(INBOX, f"{words}\n\n{above}{quoted}"), SENT) == words


def test_words_between_quoted_lines_are_the_writers() -> None:
    text = "> ・Bodies\nBodies: 1,012\n> ・Others\nOthers: 98.6%\n"
    assert new_text(_reply(INBOX, text), SENT) == "Bodies: 1,012\nOthers: 98.6%"


@pytest.mark.parametrize(
    "html",
    [
        "<p>{}</p><blockquote><p>Bodies<br/>Latest value: 301<br/><p>999<ul><li>1</blockquote>",
        "<blockquote type=cite><p>Latest value: 301<ul><li>999</ul></blockquote><p>{}</p>",
        '<html><head><meta charset="utf-8"/><title>Re: 99</title></head><body>{}<br/></body>',
        "<head><style>p {{ margin: 1 }}</style><body>{}",
        '<div>{}</div><div class="gmail_quote"><div>On 3 May</div><div/>301</div></div>',
    ],
)
def test_of_a_page_only_what_its_writer_wrote_is_read(html: str) -> None:
    reply = _reply(INBOX, "")
    reply.set_content(html.format("確報値 1,012団体"), subtype="html")
    assert new_text(reply, SENT) == "確報値 1,012団体"
    reply = _reply(INBOX, " ")
    reply.add_alternative(html.format("確報値 1,012団体"), subtype="html")
    assert new_text(reply, SENT) == "確報値 1,012団体"


def test_a_signature_below_is_not_read() -> None:
    text = f"{QUOTED}\nFinal figure 1,012\n-- \nOwner, 03-1111-2222\n"
    assert new_text(_reply(INBOX, text), SENT) == "Final figure 1,012"


@pytest.mark.parametrize(
    ("content", "charset"),
    [
        ("① 窓口㈱～ 確報値 1,012団体".encode("cp932"), "; charset=Shift_JIS"),
        ("① 窓口㈱～ 確報値 1,012団体".encode("cp932"), ""),
        ("① 窓口㈱～ 確報値 1,012団体".encode(), ""),
        ("① 窓口㈱～ 確報値 1,012団体".encode(), "; charset=nonsense"),
        (
            b"\x1b$B-!\x1b(B \x1b$BAk8}-j!A\x1b(B \x1b$B3NJsCM\x1b(B 1,012\x1b$BCDBN\x1b(B",
            "; charset=ISO-2022-JP",
        ),
        (b"\x1b$B-!\x1b(B \x1b$BAk8}-j!A\x1b(B \x1b$B3NJsCM\x1b(B 1,012\x1b$BCDBN\x1b(B", ""),
    ],
)
def test_characters_are_read_as_programs_in_japan_mean_them(content: bytes, charset: str) -> None:
    head = f"Content-Type: text/plain{charset}\nContent-Transfer-Encoding: 8bit\n\n".encode()
    reply: Any = message_from_bytes(head + content, policy=policy.default)
    assert new_text(reply, SENT) == "① 窓口㈱～ 確報値 1,012団体"


def test_a_reply_to_the_echo_answers_the_same_mail_again(house: House) -> None:
    house.remind("Bodies")
    house.take(_reply(house.reply_to(), "perhaps"))
    [unclear] = house.echoes()
    assert house.take(_reply(str(unclear["Reply-To"]), "確報値 1,012団体")) is Took.NOTED
    [echo] = house.echoes()
    assert "Value: 1,012団体" in _text(echo)


def test_what_is_not_certain_is_not_read_and_nothing_is_recorded(house: House) -> None:
    house.remind("Bodies")
    house.take(_reply(house.reply_to(), "Of 1,012 bodies 416 have answered, I think."))
    [echo] = house.echoes()
    assert "could not be read" in _text(echo)
    assert "?reply=" not in _text(echo)
    assert house.rows(Answer) == []


def test_a_reply_that_is_too_long_to_keep_is_not_read(house: House) -> None:
    house.remind("Bodies")
    text = "Final figure 1,012\n\n" + "a line of talk\n" * 200 + "\nThe figure is wrong.\n"
    house.take(_reply(house.reply_to(), text))
    [echo] = house.echoes()
    assert "could not be read" in _text(echo)


def test_what_a_wrapped_line_denies_is_not_read(house: House) -> None:
    house.remind("Bodies")
    text = "The final figure 1,012 was published on 21 March,\nbut we have not verified it."
    house.take(_reply(house.reply_to(), text))
    [echo] = house.echoes()
    assert "could not be read" in _text(echo)
    assert "?reply=" not in _text(echo)


def test_a_reply_to_a_mail_of_several_figures_must_name_them(house: House) -> None:
    house.remind("Bodies", "Offices", "Offices in towns")
    text = "Offices: final figure 98.9%\nOffices in towns: not yet\nthe rest later"
    house.take(_reply(house.reply_to(), text))
    [echo] = house.echoes()
    said = _text(echo)
    places = [said.index(words) for words in ("Value: 98.9%", "Not yet known")]
    assert places == sorted(places)
    assert said.count("?reply=") == 2
    assert said.count("Answer on the page") == 1


def test_the_number_before_a_name_is_no_value(house: House) -> None:
    house.remind("Bodies", "Offices", "Towns", "Villages")
    text = "①Bodies 確報値 1,012団体\n② Offices まだです\n3. Towns: 98.9%\n(4) Villages\n"
    house.take(_reply(house.reply_to(), text))
    [echo] = house.echoes()
    said = _text(echo)
    assert re.findall("Value: .*|Not yet .*", said) == [
        "Value: 1,012団体",
        "Not yet known",
        "Value: 98.9%",
    ]


def _quoting(mail: EmailMessage, *answers: str) -> str:
    """A mail as it is quoted, with an answer below the link of each figure."""
    lines, left = ["On Thu, 22 Mar 2018 at 09:00, Jikai <sender@example.jp> wrote:"], list(answers)
    for line in _text(mail).splitlines():
        lines.append(f"> {line}")
        lines += [left.pop(0)] if "/a/" in line and left else []
    return "\n".join(lines)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_answers_between_the_quoted_figures_are_read_of_each(house: House, language: str) -> None:
    house.remind("見守り協定を結んだ団体数", "庁舎の耐震化率", "Waiting time", language=language)
    answers = ("確報値 1,012団体 3月21日公表", "", "not yet")
    house.take(_reply(house.reply_to(), _quoting(house.sink.mails[0], *answers)))
    [echo] = house.echoes()
    cards = _text(echo).split("■ ")[1:]
    assert [card.count("?reply=") for card in cards] == [1, 1, 0]
    assert "1,012団体" in cards[0]
    assert cards[0].startswith("見守り協定を結んだ団体数")
    assert cards[1].startswith("Waiting time")
    assert say(language, "mail.echo.nothing_read") in cards[2]
    # The figure's name stands above the answer, quoted once like that.
    assert "> 見守り協定を結んだ団体数" in _text(echo).splitlines()
    assert "> >" not in _text(echo)


def test_a_figure_may_be_named_in_short_on_the_line_above(house: House) -> None:
    house.remind("見守り協定を結んだ団体数", "庁舎の耐震化率", "窓口の待ち時間", language="ja")
    text = "・見守り協定\n　確報値 1,012団体\n\n・庁舎の耐震化率\n\n　95.1％\n\n待ち時間：まだです"
    house.take(_reply(house.reply_to(), text))
    [echo] = house.echoes()
    assert re.findall("値：.*|まだ把握.*", _text(echo)) == [
        "値：1,012団体",
        "値：95.1%",
        "まだ把握できていない",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "確報値 1,012団体",
        "庁舎：95.1%",
        "庁舎の耐震化率 95.1%\n庁舎の面積 1,012㎡\n\nいずれも未確定です。",
        "庁舎の耐震化率\n待機児童数 45人",
    ],
)
def test_where_two_figures_may_be_meant_nothing_is_read(house: House, text: str) -> None:
    house.remind("庁舎の耐震化率", "庁舎の面積", language="ja")
    house.take(_reply(house.reply_to(), text))
    [echo] = house.echoes()
    assert say("ja", "mail.echo.lead_unread") in _text(echo)
    assert say("ja", "mail.echo.name_them") in _text(echo)
    assert _text(echo).count(say("ja", "mail.echo.press_unclear")) == 2
    assert "?reply=" not in _text(echo)


def test_a_figure_answered_meanwhile_is_still_one_that_may_be_meant(house: House) -> None:
    house.remind("Bodies", "Offices")
    with writing(house.desk.engine) as session:
        occurrence, now = session.get_one(Occurrence, 1), morning(DAY, 10)
        confirm(session, occurrence, Confirmation(value="3"), person=None, now=now, policy=POLICY)
    house.take(_reply(house.reply_to(), "Final figure 1,012"))
    house.take(_reply(house.reply_to(), "Offices: 95.1%"))
    read = [_text(echo) for echo in house.echoes()]
    assert sorted("Value: 95.1%" in each for each in read) == [False, True]
    assert not any("1,012" in each.partition("■")[2] for each in read)


@pytest.mark.parametrize(
    "text",
    [
        "Offices in villages: 45",
        "The figure of March 2016 was 1,012",
        "There were 1,012 on 1 April 2017",
    ],
)
def test_what_is_of_another_figure_or_time_is_not_read(house: House, text: str) -> None:
    house.remind("Bodies")
    with writing(house.desk.engine) as session:
        store_sheet(session, [Row("Offices in villages", ())], reform_item="another")
    house.take(_reply(house.reply_to(), text))
    [echo] = house.echoes()
    assert "could not be read" in _text(echo)


def test_numbers_in_the_name_of_a_figure_are_not_its_value(house: House) -> None:
    house.remind("People over 75")
    house.take(_reply(house.reply_to(), "People over 75: 1,012"))
    [echo] = house.echoes()
    assert "Value: 1,012" in _text(echo)


def _with(message: EmailMessage, name: str, value: str) -> EmailMessage:
    message[name] = value
    return message


@pytest.mark.parametrize(
    ("header", "value", "sender"),
    [
        ("Auto-Submitted", "auto-replied", "owner@example.jp"),
        ("Auto-Submitted", "auto-generated; x=1", "owner@example.jp"),
        ("Precedence", "bulk", "owner@example.jp"),
        ("X-Autoreply", "yes", "owner@example.jp"),
        ("List-Id", "<somebody.else>", "owner@example.jp"),
        ("X-Auto-Response-Suppress", "All", "owner@example.jp"),
        ("X-Kind", "a notification", ""),
        ("Authentication-Results", "mx; dmarc=fail", "owner@example.jp"),
    ],
)
def test_automatic_and_doubted_mail_changes_nothing_and_is_not_answered(
    house: House, header: str, value: str, sender: str
) -> None:
    house.remind("Bodies")
    message = _with(_reply(house.reply_to(), "Final figure 1,012"), header, value)
    assert house.take(message, sender) is Took.NOTED
    assert house.echoes() == []
    assert {each.sort for each in house.rows(Incoming)} <= {Sort.AUTOMATIC, Sort.STRANGE}


@pytest.mark.parametrize(
    "subject",
    ["Automatic reply: a reminder", "自動応答: a reminder", "Out of Office: Re: a reminder"],
)
def test_a_program_that_marks_nothing_is_known_by_its_subject(house: House, subject: str) -> None:
    house.remind("Bodies")
    message = _reply(house.reply_to(), "Final figure 1,012")
    message.replace_header("Subject", subject)
    assert house.take(message) is Took.NOTED
    assert house.echoes() == []


def test_a_receipt_is_no_reply(house: House) -> None:
    house.remind("Bodies")
    message = _reply(house.reply_to(), "Your mail was read: Final figure 1,012")
    message.add_attachment(b"Disposition: displayed", "message", "disposition-notification")
    message.set_type("multipart/report")
    assert house.take(message) is Took.NOTED
    assert house.echoes() == []


@pytest.mark.parametrize(
    "sender",
    [
        "owner@example.jp, thief@example.com",
        "sender@example.jp",
        "MAILER-DAEMON@example.jp",
        "",
        "x y",
    ],
)
def test_forged_mail_and_our_own_changes_nothing(house: House, sender: str) -> None:
    house.remind("Bodies")
    house.take(_reply(house.reply_to(), "Final figure 1,012", sender=sender))
    assert house.echoes() == []


@pytest.mark.parametrize("to", ["jikai+r1-aaaaaaaaaaaaaaaa@example.jp", INBOX, "else@example.com"])
def test_an_address_without_the_secret_is_nobody(house: House, to: str) -> None:
    house.remind("Bodies")
    assert house.take(_reply(to, "Final figure 1,012")) is Took.UNKNOWN
    assert house.rows(Incoming) == []


def test_the_same_reply_twice_is_echoed_once(house: House) -> None:
    house.remind("Bodies")
    message = _reply(house.reply_to(), "Final figure 1,012")
    assert [house.take(message), house.take(message)] == [Took.NOTED, Took.AGAIN]
    assert len(house.echoes()) == 1


def _by_another_way(message: EmailMessage) -> EmailMessage:
    """The same mail as another server hands it over: with its trace, and encoded otherwise."""
    trace = b"Received: from a by b; Thu, 22 Mar 2018 10:00:00 +0900\r\nDelivered-To: jikai\r\n"
    again: EmailMessage = message_from_bytes(trace + message.as_bytes(), policy=policy.default)
    again.set_content(_text(message), cte="base64")
    return again


def test_the_same_reply_by_another_way_is_echoed_once(house: House) -> None:
    house.remind("Bodies")
    message = _reply(house.reply_to(), "確報値 1,012団体")
    again = _by_another_way(message)
    assert again.as_bytes() != message.as_bytes()
    assert [house.take(message), house.take(again)] == [Took.NOTED, Took.AGAIN]
    assert len(house.echoes()) == 1


def test_a_bounce_handed_over_again_a_day_later_counts_once(house: House) -> None:
    house.remind("Bodies")
    report = _report(house.sink.envelopes[0][0], "owner@example.jp")
    report["Message-ID"] = "<a.report@mx.example.jp>"
    again = _with(_report(house.sink.envelopes[0][0], "owner@example.jp"), "Received", "again")
    again["Message-ID"] = report["Message-ID"]
    assert [house.take(report, ""), house.take(again, "", "2018-03-24")] == [Took.NOTED, Took.AGAIN]
    [owner] = house.rows(Person)
    assert owner.suspended_at is None


@pytest.mark.parametrize(
    ("text", "header", "sort"),
    [
        ("Final figure 1,013", "X-Other", Sort.REPLY),
        ("Final figure 1,012", "Auto-Submitted", Sort.AUTOMATIC),
        ("Final figure 1,012", "Authentication-Results", Sort.STRANGE),
    ],
)
def test_a_stranger_with_the_same_message_id_hides_no_reply(
    house: House, text: str, header: str, sort: Sort
) -> None:
    house.remind("Bodies")
    stranger = _with(_reply(house.reply_to(), text), header, "dmarc=fail")
    mine = _reply(house.reply_to(), "Final figure 1,012")
    assert [house.take(stranger), house.take(mine)] == [Took.NOTED, Took.NOTED]
    assert [each.sort for each in house.rows(Incoming)] == [sort, Sort.REPLY]


def test_replies_without_a_message_id_are_told_apart_by_their_bytes(house: House) -> None:
    house.remind("Bodies")
    message = _reply(house.reply_to(), "Final figure 1,012")
    del message["Message-ID"]
    later = _with(message_from_bytes(message.as_bytes(), policy=policy.default), "Date", "later")
    taken = [house.take(each) for each in (message, message, later)]
    assert taken == [Took.NOTED, Took.AGAIN, Took.NOTED]


def test_two_machines_that_talk_to_each_other_fall_silent(house: House) -> None:
    house.remind("Bodies")
    for number in range(40):
        house.take(_reply(house.reply_to(), f"Thank you for mail {number}"))
    assert len(house.echoes()) == 20


def test_the_echo_of_a_figure_answered_meanwhile_is_not_sent(house: House) -> None:
    house.remind("Bodies")
    house.take(_reply(house.reply_to(), "Final figure 1,012"))
    with writing(house.desk.engine) as session:
        occurrence, now = session.get_one(Occurrence, 1), morning(DAY, 10)
        known = Confirmation(value="1,013")
        confirm(session, occurrence, known, person=None, now=now, policy=POLICY)
    assert house.echoes() == []


def _report(
    to: str, recipient: str, status: str = "5.1.1", action: str = "failed", message_id: str = ""
) -> EmailMessage:
    """A report as mail servers write them (RFC 3464)."""
    boundary = "report"
    raw = f"""From: MAILER-DAEMON@mx.example.jp
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="{boundary}"

--{boundary}
Content-Type: text/plain

I could not deliver it.

--{boundary}
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.jp

Final-Recipient: rfc822; {recipient}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} user unknown

--{boundary}
Content-Type: text/rfc822-headers

Message-ID: {message_id or "<nothing@example.jp>"}
Subject: a reminder

--{boundary}--
"""
    parsed: EmailMessage = message_from_string(raw, policy=policy.default)
    return parsed


def _bounce(house: House, day: str, status: str = "5.1.1", action: str = "failed") -> None:
    message = _report(house.sink.envelopes[0][0], "owner@example.jp", status, action)
    message["X-Day"] = day
    house.take(message, "", day)


def test_two_hard_bounces_a_day_apart_suspend_and_the_admin_is_told(house: House) -> None:
    house.remind("Bodies")
    with writing(house.desk.engine) as session:
        store_person(session, "admin@example.jp", language="en", admin=True)
    _bounce(house, DAY)
    [owner, _] = house.rows(Person)
    assert owner.suspended_at is None
    _bounce(house, "2018-03-23")
    [owner, _] = house.rows(Person)
    assert owner.suspended_at == morning("2018-03-23", 10)
    before = len(house.sink.mails)
    for day in range(26, 31):
        house.tick(morning(f"2018-03-{day}"))
    told = house.sink.mails[before:]
    assert {mail["To"].addresses[0].addr_spec for mail in told} == {"admin@example.jp"}
    assert "jikai people edit owner@example.jp --resume" in _text(told[0])
    with writing(house.desk.engine) as session:
        assert resume(session.get_one(Person, owner.id), morning("2018-04-02", 8))
    before = len(house.sink.mails)
    house.tick(morning("2018-04-02"))
    again = {mail["To"].addresses[0].addr_spec for mail in house.sink.mails[before:]}
    assert "owner@example.jp" in again


@pytest.mark.parametrize(
    ("days", "status", "action"),
    [
        ((DAY, DAY), "5.1.1", "failed"),
        ((DAY, "2018-03-24"), "5.2.2", "failed"),
        ((DAY, "2018-03-24"), "5.2.3", "failed"),
        ((DAY, "2018-03-24"), "5.1.8", "failed"),
        ((DAY, "2018-03-24"), "4.4.1", "delayed"),
        ((DAY, "2018-03-24"), "4.4.7", "failed"),
        ((DAY, "2018-03-24"), "5.1.1", "delivered"),
    ],
)
def test_what_passes_or_comes_at_once_suspends_nobody(
    house: House, days: tuple[str, str], status: str, action: str
) -> None:
    house.remind("Bodies")
    for day in days:
        _bounce(house, day, status, action)
    [owner] = house.rows(Person)
    assert owner.suspended_at is None


def test_a_report_without_our_address_counts_by_message_and_recipient_together(
    house: House,
) -> None:
    house.remind("Bodies")
    [mail] = house.rows(Mail)
    good = _report(INBOX, "owner@example.jp", message_id=mail.message_id)
    other = _report(INBOX, "else@example.jp", message_id=mail.message_id)
    forged = _report(INBOX, "owner@example.jp", message_id="<made.up@example.jp>")
    assert house.take(other, "") is Took.UNKNOWN
    assert house.take(forged, "") is Took.UNKNOWN
    assert house.take(good, "") is Took.NOTED
    [noted] = house.rows(Incoming)
    assert (noted.sort, noted.hard, noted.mail_id) == (Sort.BOUNCE, True, mail.id)
    assert noted.text == "550 5.1.1 user unknown"


def test_a_report_that_no_mail_server_sent_so_is_none(house: House) -> None:
    house.remind("Bodies")
    [mail] = house.rows(Mail)
    to_bounces = house.sink.envelopes[0][0]
    for sender, to in (("", house.reply_to()), ("evil@example.com", INBOX), ("e@e", to_bounces)):
        report = _report(INBOX, "owner@example.jp", message_id=mail.message_id)
        report["X-From"] = sender
        assert house.take(report, sender, to=to) is Took.NOTED
    assert [each.sort for each in house.rows(Incoming)] == [Sort.AUTOMATIC] * 3


@given(st.binary(max_size=400), st.integers(0, 900))
def test_a_report_in_pieces_is_read_or_is_none(noise: bytes, place: int) -> None:
    raw = _report(INBOX, "owner@example.jp").as_bytes()
    broken: Any = message_from_bytes(raw[:place] + noise + raw[place:], policy=policy.default)
    assert len(bounces(broken)) <= 3


def test_a_mail_to_the_unsubscribe_address_mutes_and_the_admin_hears(house: House) -> None:
    with writing(house.desk.engine) as session:
        store_person(session, "admin@example.jp", language="en", admin=True)
    house.remind("Bodies")
    mail = next(m for m in house.sink.mails if "owner@" in str(m["To"]))
    to = str(mail["List-Unsubscribe"]).partition("mailto:")[2].partition("?")[0]
    message = _reply(to, "unsubscribe")
    assert house.take(message, to=to) is Took.NOTED
    [muted] = house.rows(Mute)
    assert muted.stream == "reminders"
    before = len(house.sink.mails)
    for day in (23, 26, 27, 28, 29, 30):
        house.tick(morning(f"2018-03-{day}"))
    told = house.sink.mails[before:]
    assert {m["To"].addresses[0].addr_spec for m in told} == {"admin@example.jp"}
    assert "Stopped these mails." in _text(told[0])
    assert "1 entry has no other owner" in _text(told[0])


def test_mail_is_handed_over_by_lmtp(house: House) -> None:
    house.remind("Bodies")
    port = house.desk.settings.inbox.port
    clock = SimulatedClock(morning(DAY, 10))
    with lmtp.serving(house.desk, clock), smtplib.LMTP("127.0.0.1", port) as client:
        message = _reply(house.reply_to(), "確報値 1,012団体 3月23日公表")
        client.sendmail("owner@example.jp", [house.reply_to()], message.as_bytes())
        with pytest.raises(smtplib.SMTPException) as refused:
            client.sendmail("x@example.jp", ["jikai@example.jp"], message.as_bytes())
        message.replace_header("Message-ID", "<another@client.example.jp>")
        client.sendmail("", [house.reply_to()], message.as_bytes())
    assert "550" in str(refused.value)
    [noted, from_nobody] = house.rows(Incoming)
    assert (noted.sort, noted.text) == (Sort.REPLY, "確報値 1,012団体 3月23日公表")
    assert from_nobody.sort is Sort.AUTOMATIC
    with reading(house.desk.engine) as session:
        kinds = session.scalars(select(Mail.kind)).all()
    assert MailKind.ECHO in kinds


needs_relay = pytest.mark.skipif(bool(missing()), reason=missing() or "nothing is missing")


def _mailbox(port: int, password: str = PASSWORD) -> Mailbox:
    inbox = {"way": "imap", "address": INBOX, "host": "127.0.0.1", "port": port,
             "security": "none", "username": "jikai", "password_env": "INBOX_PASSWORD"}  # fmt: skip
    return Mailbox(parse({"inbox": inbox}, Path("config.toml")).inbox, password)


@pytest.mark.slow
@needs_relay
def test_mail_is_fetched_by_imap_once_and_marked(house: House) -> None:
    house.remind("Bodies")
    to = house.reply_to()
    with relaying() as relay, imaplib.IMAP4("127.0.0.1", relay.imap) as client:
        client.login("jikai", PASSWORD)
        for message, flags in (
            (_reply(to, "確報値 1,012団体"), r"(\Seen)"),  # somebody has looked into the mailbox
            (_reply(INBOX, "an advertisement"), ""),
        ):
            client.append("INBOX", flags, "", message.as_bytes())
        mailbox = _mailbox(relay.imap)
        taken = [mailbox.empty(house.desk, morning(DAY, 10), Event()) for _ in range(2)]
        with pytest.raises(MailboxError, match="cannot be looked into"):
            _mailbox(relay.imap, "a wrong one").empty(house.desk, morning(DAY, 10), Event())
    assert taken == [2, 0]
    [noted] = house.rows(Incoming)
    assert noted.text == "確報値 1,012団体"
    assert PASSWORD not in repr(mailbox)


@pytest.mark.slow
@needs_relay
def test_a_real_bounce_comes_back_and_the_second_a_day_later_suspends(house: House) -> None:
    with writing(house.desk.engine) as session:
        store_sheet(session, [Row("Bodies", (MARCH,))])
        person = store_person(session, "gone@example.jp", language="en")
        assign(session, person, Scope.ALL, None, now=morning(DAY, 0), policy=POLICY)
    with relaying() as relay:
        way = SmtpTransport("127.0.0.1", relay.smtp, "none")
        for count, day in enumerate((DAY, "2018-03-26"), start=1):
            passes.tick(house.desk.engine, house.desk.settings, morning(day), way)
            until = time.monotonic() + 20
            while len(relay.mails("jikai")) < count and time.monotonic() < until:
                time.sleep(0.1)
            assert _mailbox(relay.imap).empty(house.desk, morning(day, 10), Event()) == 1
    noted = house.rows(Incoming)
    assert [(each.sort, each.hard) for each in noted] == [(Sort.BOUNCE, True)] * 2
    assert "too many hops" in noted[0].text
    [owner] = house.rows(Person)
    assert owner.suspended_at == morning("2018-03-26", 10)


BROKEN_PIECES = (
    b"From: <@>, x: y;",
    b"From: (",
    b"\r\n",
    b"\0",
    b"\xff",
    b"charset=nonsense",
    b'"',
    b"=?",
    b"?=",
    b"Content-Type: message/rfc822",
    b"Message-ID: <[",
    b'Content-Type: multipart/mixed;boundary=""',
)


@pytest.mark.parametrize("seed", range(3))
def test_mail_in_pieces_is_taken_note_of_and_breaks_nothing(house: House, seed: int) -> None:
    house.remind("Bodies")
    chance, to = random.Random(seed), house.reply_to()
    whole = _reply(to, "確報値 1,012団体").as_bytes()
    for _ in range(60):
        broken = bytearray(whole)
        for _ in range(chance.randint(1, 5)):
            place = chance.randrange(len(broken))
            broken[place : place + chance.randint(0, 8)] = chance.choice(BROKEN_PIECES)
        arrived = Arrived("owner@example.jp", to, bytes(broken))
        assert take(house.desk, arrived, morning(DAY, 10)) in {Took.NOTED, Took.AGAIN}
    assert house.rows(Answer) == []
