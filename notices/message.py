"""A letter into the bytes of a mail: headers, a text part complete in itself, an HTML part.

The bytes are put together here because the standard library's message classes take milliseconds a
mail: what never changes is folded once, and encoded-words (RFC 2047) are written as they are laid
down. The tests have the standard library read every byte back.
"""

from __future__ import annotations

import re
import unicodedata
from binascii import b2a_base64
from dataclasses import dataclass
from email.header import Header
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

LONGEST_LINE = 120
WIDTH = 76  # RFC 2045, 6.8 for base64, RFC 2047, 2 for lines that hold an encoded-word
LONGEST_NAME = 60
# Marks that turn the direction of what follows could make a name pass for another.
DIRECTION_MARKS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
NOT_IN_A_LINE = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
# Neither blank, bracket nor control character: nothing that could end the address early.
PLAIN_ADDRESS = re.compile(r"[!-;=?-~]+@[!-;=?-~]+")
LINES = re.compile(f".{{1,{WIDTH}}}")
BEFORE_WORD, AFTER_WORD = "=?utf-8?b?", "?="
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
    """What a mail says, before it is a mail.

    `stream` names the list it belongs to, if any, and `unsubscribe` the page on which that ends.
    """

    subject: str
    text: str
    html: str
    stream: str | None = None
    unsubscribe: str = ""


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Who writes to whom, and what stays the same however often the mail is tried.

    `follows` are the Message-IDs of the mails that this one follows up, `unsubscribe` the addresses
    (https, mailto) that end the letter's stream (RFC 2369, 8058).
    """

    sender: str
    reply_to: str
    recipient_name: str
    recipient: str
    message_id: str
    date: datetime
    language: str
    follows: tuple[str, ...] = ()
    unsubscribe: tuple[str, ...] = ()


@lru_cache
def domain_of(mailbox: str) -> str:
    """The domain of an address such as `Jikai <jikai@example.jp>`."""
    return parseaddr(mailbox)[1].rpartition("@")[2]


@lru_cache
def address_of(mailbox: str) -> str:
    """The bare address of `Jikai <jikai@example.jp>`."""
    return parseaddr(mailbox)[1]


def one_line(text: str, longest: int) -> str:
    """`text` without line ends, control characters and direction marks, cut with … if longer."""
    if not text.isprintable():
        text = "".join(" " if _breaks_a_line(char) else char for char in text)
    line = " ".join(text.split())
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
        *_following(head.follows),
        f"Content-Language: {head.language}",
        *([f"List-Id: <{letter.stream}.{domain_of(head.sender)}>"] if letter.stream else []),
        *_unsubscribing(head.unsubscribe),
        *FIXED,
        f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"',
        "",
        *_part("plain", letter.text, boundary),
        *_part("html", letter.html, boundary),
        f"--{boundary}--",
        "",
    ]
    return "\r\n".join(lines).encode("ascii")


def _following(message_ids: tuple[str, ...]) -> tuple[str, ...]:
    """The headers by which mail programs find the thread (RFC 5322, 3.6.4)."""
    listed = "\r\n ".join(message_ids)
    return (f"In-Reply-To: {listed}", f"References: {listed}") if message_ids else ()


def _unsubscribing(addresses: tuple[str, ...]) -> tuple[str, ...]:
    if not addresses:
        return ()
    listed = ",\r\n ".join(f"<{address}>" for address in addresses)
    # One click is defined for https alone (RFC 8058).
    safe = any(address.startswith("https:") for address in addresses)
    one_click = ("List-Unsubscribe-Post: List-Unsubscribe=One-Click",) if safe else ()
    return (f"List-Unsubscribe: {listed}", *one_click)


def _part(kind: str, text: str, boundary: str) -> tuple[str, ...]:
    coded = b2a_base64(text.encode("utf-8"), newline=False).decode("ascii")
    return (
        f"--{boundary}",
        f"Content-Type: text/{kind}; charset=utf-8",
        "Content-Transfer-Encoding: base64",
        "",
        *LINES.findall(coded),
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
    """`text` as lines of at most `WIDTH` octets, in encoded-words (RFC 2047) where it must be."""
    if not _needs_encoding(text):
        return Header(text, "us-ascii", maxlinelen=WIDTH, header_name=header).encode(linesep="\r\n")
    return "\r\n ".join(_encoded_words(text, len(header) + 2))


def _encoded_words(text: str, taken: int) -> Iterator[str]:
    """`text` in encoded-words, one for each line; `taken` octets of the first line are gone.

    A character is never divided between two words (RFC 2047, 5).
    """
    octets, start = text.encode("utf-8"), 0
    while start < len(octets):
        end = start + (WIDTH - taken - len(BEFORE_WORD) - len(AFTER_WORD)) // 4 * 3
        while end < len(octets) and octets[end] & 0xC0 == 0x80:
            end -= 1
        coded = b2a_base64(octets[start:end], newline=False).decode("ascii")
        yield f"{BEFORE_WORD}{coded}{AFTER_WORD}"
        start, taken = end, 1


def _needs_encoding(text: str) -> bool:
    # Plain text that looks like an encoded-word would be read as one.
    return not text.isascii() or "=?" in text or any(len(word) > 60 for word in text.split())


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _breaks_a_line(char: str) -> bool:
    return char in DIRECTION_MARKS or unicodedata.category(char) in NOT_IN_A_LINE
