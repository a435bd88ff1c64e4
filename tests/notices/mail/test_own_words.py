"""Of an answer between the quoted lines of a mail, the figure above it is known."""

from __future__ import annotations

import time
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notices.own_words import new_text

SENT = """Dear Owner,

■ Three final figures for April 2017, expected around March 2018
  9 days left
  Source: “2017年4月確報値は、2018年3月頃に公表”

  ・Bodies with a watch agreement
    Latest value: 301
    Answer: https://jikai.example.jp/a/WzE1MzcyMjg4MDAseyJvY2N1cnJlbmNlIjoxLCJwZXJzb24iOjF9XQ.egs

  ・庁舎の耐震化率
    Answer: https://jikai.example.jp/a/WzE1MzcyMjg4MDAseyJvY2N1cnJlbmNlIjoyLCJwZXJzb24iOjF9XQ.Jpp


You may also reply to this mail: “Final figure 1,012, published 23 March”, with its name before it.


RULE
Jikai sends you one such mail a day at most, and none when there is nothing to say.
""".replace("RULE", "-- ")
BODIES, RATE = "> Bodies with a watch agreement\n", "> 庁舎の耐震化率\n"


def _read(text: str, sent: str = SENT) -> str:
    message = EmailMessage()
    message.set_content(text)
    return new_text(message, sent)


def _quoted(mark: str = "> ", *answers: str) -> str:
    """The mail, quoted line by line, with answers below the links of the figures."""
    lines, left = [], list(answers)
    for line in SENT.splitlines():
        lines.append((mark + line).rstrip())
        lines += [left.pop(0)] if "/a/" in line and left else []
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("above", "kept"),
    [
        ("", ""),
        ("On Thu, 22 Mar 2018 at 09:00, Jikai <sender@example.jp> wrote:\n\n", ""),
        (
            "Hello, see below.\n\nOn 22 Mar 2018, at 9:00, Jikai <sender@example.jp> wrote:\n\n",
            "Hello, see below.\n",
        ),
        ("2018年3月22日(木) 9:00 Jikai <sender@example.jp>:\n\n", ""),
        ("下記です。\n\n2018年3月22日(木) 9:00 Jikai <sender@example.jp>:\n", "下記です。\n"),
        ("On 22/03/2018 09:00, Jikai wrote:\n", ""),
    ],
)
def test_answers_between_quoted_lines_keep_the_names_above_them(above: str, kept: str) -> None:
    text = above + _quoted("> ", "1,012", "まだです")
    assert _read(text) == f"{kept}{BODIES}1,012\n{RATE}まだです"


def test_lines_that_are_not_marked_are_known_by_what_was_sent() -> None:
    assert _read(_quoted("", "1,012", "まだです")) == f"{BODIES}1,012\n{RATE}まだです"


@pytest.mark.parametrize(
    "quoted",
    [
        "> ・庁舎の耐震化率\n",
        "> 庁舎の耐震化率\n> Answer <https://jikai.example.jp/a/x>\n\n",
        "> 庁舎の耐震化率 Answer: https://jikai.example.jp/a/x\n",
        "> >   ・庁舎の耐震化率\n",
        "庁舎の耐震化率\n",
    ],
)
def test_a_name_is_known_however_it_is_quoted(quoted: str) -> None:
    assert _read(f"{quoted}95.1%") == f"{RATE}95.1%"


@pytest.mark.parametrize(
    "quoted",
    [
        _quoted(),
        "> ・Bodies with a watch agreement\n> ・庁舎の耐震化率\n",
        "> ■ Three final figures for April 2017, expected around March 2018\n",
        "> ・庁舎の耐震化率\n> something else\n",
    ],
)
def test_below_other_lines_no_figure_is_taken_for_meant(quoted: str) -> None:
    assert _read(f"{quoted}\nFinal figure 95.1%") == "Final figure 95.1%"


@pytest.mark.parametrize("sent", [SENT, SENT.replace("・庁舎の耐震化率", "")])
def test_a_footer_below_all_that_was_quoted_is_no_answer(sent: str) -> None:
    wrote = "On 22 Mar 2018, at 9:00, Jikai <sender@example.jp> wrote:\n\n"
    quoted = "".join(f"> {line}\n" for line in sent.splitlines())
    footer = "Company 1234567, registered in Tokyo\n"
    assert _read(f"Thank you.\n\n{wrote}{quoted}\n{footer}", sent) == "Thank you."
    assert _read(f"{wrote}{quoted}\n1,012\n", sent) == "1,012"


def test_pieces_of_a_wrapped_line_are_not_the_writers() -> None:
    hint = "> You may also reply to this mail: “Final figure 1,012,\npublished 23 March”, with"
    assert _read(f"still out\n\n{hint} its name before it.\n") == "still out"


def test_what_stands_below_other_lines_does_not_go_on_about_the_last_figure() -> None:
    text = f"{RATE}see below\n> 9 days left\n95.1%"
    assert _read(text) == f"{RATE}see below\n> …\n95.1%"


def test_what_a_mail_gives_as_an_example_may_be_written() -> None:
    example = "Final figure 1,012, published 23 March"
    assert _read(f"{example}\n\n{_quoted()}") == example


def test_below_the_one_figure_of_a_mail_its_name_is_not_kept() -> None:
    single = "Dear Owner,\n\n■ Final figure\n\n  ・Bodies\n    Answer: https://x\n"
    assert _read("> ・Bodies\n1,012\n", single) == "1,012"


LINES = st.sampled_from(
    [*SENT.splitlines(), "On 22 Mar 2018, Jikai wrote:", "From: x", "1,012", ""]
)


@given(st.lists(st.tuples(st.sampled_from(["", "> ", ">> "]), LINES | st.text(max_size=20))))
def test_any_lines_are_taken_apart_and_raise_nothing(lines: list[tuple[str, str]]) -> None:
    text = "\n".join(mark + line for mark, line in lines)
    message = EmailMessage()
    message.set_payload(text.encode("utf-8", "replace").decode("utf-8"), "utf-8")
    assert len(new_text(message, SENT)) <= 2000


@pytest.mark.parametrize("piece", ["On ", "-", "\n", "\t", "On a\n", "> a\n"])
def test_a_very_long_reply_is_taken_apart_in_time(piece: str) -> None:
    message = EmailMessage()
    message["Content-Type"] = "text/plain; charset=utf-8"
    message.set_payload("still out\n" + piece * (1_000_000 // len(piece)))
    began = time.process_time()
    assert new_text(message, SENT).startswith("still out")
    assert time.process_time() - began < 15
