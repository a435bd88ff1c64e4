"""A relay's signature over our bytes still holds after they have been through SMTP."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from notices.message import Letter, Letterhead, build
from notices.smtp import SmtpTransport
from notices.wire import Message, Verdict
from tests.notices.mail.servers import Sink, serving

HEAD = Letterhead(
    sender="次回 <jikai@example.jp>",
    reply_to="係 <kakari@example.jp>",
    recipient_name="山田 花子",
    recipient="hanako@example.jp",
    message_id="<reminder.20180301.abc@example.jp>",
    date=datetime(2018, 3, 1, tzinfo=UTC),
    language="ja",
    follows=("<reminder.20180201.abc@example.jp>",),
)
TEXTS = ["本文\n.\n..\n", ".", "", "行\r\n末の空白 \n\n\n"]


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def _record(key: rsa.RSAPrivateKey) -> bytes:
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return b"v=DKIM1; k=rsa; p=" + b"".join(public.splitlines()[1:-1])


@pytest.mark.parametrize("canonical", [(b"simple", b"simple"), (b"relaxed", b"relaxed")])
@pytest.mark.parametrize("text", TEXTS)
def test_a_signed_mail_verifies_on_the_other_side(
    key: rsa.RSAPrivateKey, text: str, canonical: tuple[bytes, bytes]
) -> None:
    content = build(Letter("2017年4月の確報値" * 5, text, f"<p>{text}</p>", "reminders"), HEAD)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    signed = dkim.sign(content, b"s", b"example.jp", private, canonicalize=canonical) + content
    sink = Sink()
    with serving(sink) as port:
        conversation = SmtpTransport("127.0.0.1", port, "none").open()
        conversation.begin(Message("a@example.jp", "b@example.jp", "<1@b>", "x", signed))
        assert conversation.finish().verdict is Verdict.ACCEPTED
        conversation.close()
    [received] = sink.contents
    assert received == signed

    def answer(_name: bytes, timeout: int = 5) -> Any:
        return _record(key)

    assert dkim.verify(received, dnsfunc=answer)
    assert not dkim.verify(received.replace(b"kakari", b"kakar1"), dnsfunc=answer)
