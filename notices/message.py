"""A letter into the bytes of a mail: headers, a text part complete in itself, an HTML part.

The bytes are put together here because the standard library's message classes take milliseconds a
mail; its `Header` still folds what needs folding, and readers of the library check every byte.
"""

from __future__ import annotations

import re
import unicodedata
from base64 import encodebytes
from dataclasses import dataclass
from email.header import Header
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

LONGEST_LINE = 120
LONGEST_NAME = 60
# Marks that turn the direction of what follows could make a name pass for another.
DIRECTION_MARKS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
NOT_IN_A_LINE = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
# Neither blank, bracket nor control character: nothing that could end the address early.
PLAIN_ADDRESS = re.compile(r"[!-;=?-~]+@[!-;=?-~]+")
FIXED = (
    "Auto-Submitted: auto-generated",
    # `All` would hold back bounces too.
    "X-Auto-Response-Suppress: DR, RN, NRN, OOF, AutoReply",
    "MIME-Version: 1.0",
)


class AddressError(ValueError):
    """No mail can be addressed to this."""

    def __init__(self, address: str) -> None:
        super().__init__(f"{address!r} is no mail address in ASCII")
        self.address = address


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says, before it is a mail. `stream` names the list it belongs to, if any."""

    subject: str
    text: str
    html: str
    stream: str | None = None


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Who writes to whom, and what stays the same however often the mail is tried."""

    sender: str
    reply_to: str
    recipient_name: str
    recipient: str
    message_id: str
    date: datetime
    language: str


def domain_of(mailbox: str) -> str:
    """The domain of an address such as `Jikai <jikai@example.jp>`."""
    return parseaddr(mailbox)[1].rpartition("@")[2]


def address_of(mailbox: str) -> str:
    """The bare address of `Jikai <jikai@example.jp>`."""
    return parseaddr(mailbox)[1]


def one_line(text: str, longest: int) -> str:
    """`text` without line ends, control characters and direction marks, cut with … if longer."""
    kept = (" " if _breaks_a_line(char) else char for char in text)
    line = " ".join("".join(kept).split())
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"


def build(letter: Letter, head: Letterhead) -> bytes:
    """The mail's bytes (RFC 5322, CRLF, 7 bit): the same letter and head give the same bytes.

    Raises `AddressError` where the recipient's address cannot stand in a mail.
    """
    boundary = f"=_{sha256(head.message_id.encode()).hexdigest()[:40]}"
    lines = [
        f"From: {_mailbox(head.sender)}",
        f"To: {_named_address('To', head.recipient_name, head.recipient)}",
        *([f"Reply-To: {_mailbox(head.reply_to)}"] if head.reply_to else []),
        f"Subject: {_folded('Subject', one_line(letter.subject, LONGEST_LINE))}",
        f"Date: {format_datetime(head.date)}",
        f"Message-ID: {head.message_id}",
        f"Content-Language: {head.language}",
        *([f"List-Id: <{letter.stream}.{domain_of(head.sender)}>"] if letter.stream else []),
        *FIXED,
        f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"',
        "",
        *_part("plain", letter.text, boundary),
        *_part("html", letter.html, boundary),
        f"--{boundary}--",
        "",
    ]
    return "\r\n".join(lines).encode("ascii")


def _part(kind: str, text: str, boundary: str) -> tuple[str, ...]:
    coded = encodebytes(text.encode("utf-8")).decode("ascii")
    return (
        f"--{boundary}",
        f"Content-Type: text/{kind}; charset=utf-8",
        "Content-Transfer-Encoding: base64",
        "",
        coded.rstrip("\n").replace("\n", "\r\n"),
    )


@lru_cache
def _mailbox(mailbox: str) -> str:
    name, address = parseaddr(mailbox)
    return _named_address("Reply-To", name, address)


def _named_address(header: str, name: str, address: str) -> str:
    if not PLAIN_ADDRESS.fullmatch(address):
        raise AddressError(address)
    shown = one_line(name, LONGEST_NAME)
    if not shown:
        return address
    phrase = _folded(header, shown) if _needs_encoding(shown) else f'"{_escaped(shown)}"'
    return f"{phrase}\r\n <{address}>"


def _folded(header: str, text: str) -> str:
    """`text` as lines of at most 76 octets, in encoded-words (RFC 2047) where it must be."""
    charset = "utf-8" if _needs_encoding(text) else "us-ascii"
    return Header(text, charset, maxlinelen=76, header_name=header).encode(linesep="\r\n")


def _needs_encoding(text: str) -> bool:
    # Plain text that looks like an encoded-word would be read as one.
    return not text.isascii() or "=?" in text or any(len(word) > 60 for word in text.split())


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _breaks_a_line(char: str) -> bool:
    return char in DIRECTION_MARKS or unicodedata.category(char) in NOT_IN_A_LINE
