"""Headers that no name or subject can break, and bytes that readers read back exactly."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import parseaddr
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from notices.message import (
    LONGEST_LINE,
    LONGEST_NAME,
    AddressError,
    Letter,
    Letterhead,
    address_of,
    build,
    domain_of,
    one_line,
)

HEADERS = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Content-Language",
    "List-Id",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "MIME-Version",
    "Content-Type",
]


def _build(
    subject: str = "件名", name: str = "山田 花子", text: str = "本文", **head: Any
) -> bytes:
    values: dict[str, Any] = {
        "sender": "次回 <jikai@example.jp>",
        "reply_to": "",
        "recipient_name": name,
        "recipient": "hanako@example.jp",
        "message_id": "<reminder.20180301.abc@example.jp>",
        "date": datetime(2018, 3, 1, tzinfo=UTC),
        "language": "ja",
    }
    letter = Letter(subject, text, f"<p>{text}</p>", "reminders")
    return build(letter, Letterhead(**(values | head)))


def _head(content: bytes) -> list[bytes]:
    return content.split(b"\r\n\r\n", 1)[0].split(b"\r\n")


def _decoded(value: str) -> str:
    return str(make_header(decode_header(value.replace("\r\n", ""))))


HOSTILE = st.one_of(
    st.text(max_size=500),
    st.text(alphabet="確報値の公表\r\n\0\t,;:<>@\"'()\\=?_ 😀é", max_size=500),
    st.sampled_from(["x\r\nBcc: eve@example.jp", "=?utf-8?b?eA==?=", "a" * 500, "\u202egpj.exe"]),
)


@given(HOSTILE, HOSTILE)
@settings(max_examples=1_000, deadline=None)
@example("", "")
def test_no_name_or_subject_breaks_a_header(name: str, subject: str) -> None:
    content = _build(subject, name)
    found = message_from_bytes(content)
    assert found.keys() == HEADERS
    assert _decoded(found["Subject"]) == one_line(subject, LONGEST_LINE)
    shown, address = parseaddr(found["To"].replace("\r\n", ""))
    assert address == "hanako@example.jp"
    assert _decoded(shown) == one_line(name, LONGEST_NAME)
    for line in _head(content):
        assert len(line) <= 78
        assert line.isascii()
        assert line == b"".join(re.findall(rb"[\x20-\x7e]", line))
    for word in re.findall(rb"=\?\S+\?=", b"\n".join(_head(content))):
        assert len(word) <= 75


@given(st.text(st.characters(codec="utf-8"), max_size=2_000))
@settings(max_examples=100, deadline=None)
def test_a_body_comes_back_as_it_was_written(text: str) -> None:
    found: Any = message_from_bytes(_build(text=text), policy=policy.default)
    assert found.defects == []
    for kind, wanted in (("plain", text), ("html", f"<p>{text}</p>")):
        part = found.get_body((kind,))
        assert part["Content-Transfer-Encoding"] == "base64"
        assert part.get_payload(decode=True).decode() == wanted


def test_the_same_letter_has_the_same_bytes() -> None:
    assert _build() == _build()


def test_the_headers_say_what_kind_of_mail_it_is() -> None:
    found = message_from_bytes(_build(reply_to="係 <kakari@example.jp>"), policy=policy.default)
    assert found["From"].addresses[0].display_name == "次回"
    assert found["Reply-To"].addresses[0].addr_spec == "kakari@example.jp"
    assert found["Auto-Submitted"] == "auto-generated"
    assert found["X-Auto-Response-Suppress"] == "DR, RN, NRN, OOF, AutoReply"
    assert found["List-Id"] == "<reminders.example.jp>"
    assert found["Date"].datetime == datetime(2018, 3, 1, tzinfo=UTC)
    assert found["Content-Type"].content_type == "multipart/alternative"
    assert "Precedence" not in found


def test_a_follow_up_names_the_mails_before_it() -> None:
    before = ("<reminder.1@example.jp>", "<reminder.2@example.jp>")
    found = message_from_bytes(_build(follows=before), policy=policy.default)
    assert found["References"] == found["In-Reply-To"] == " ".join(before)


@pytest.mark.parametrize(
    "address", ["太郎@example.jp", "a b@example.jp", "a@b>\r\nBcc: x@y", "nobody", "<a@example.jp>"]
)
def test_an_address_that_could_break_out_is_refused(address: str) -> None:
    with pytest.raises(AddressError):
        _build(recipient=address)


def test_the_parts_of_a_mailbox() -> None:
    assert domain_of("次回 <jikai@mail.example.jp>") == "mail.example.jp"
    assert address_of("jikai@example.jp") == "jikai@example.jp"
