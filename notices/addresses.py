"""Mail addresses with a secret: each is for one end and one mail, and nobody can make one up.

`jikai+r12-abcdefghijklmnop@example.jp` takes the reply to mail 12. The part behind the plus is what
servers call detail (RFC 5233): they deliver it to the mailbox before the plus.
"""

from __future__ import annotations

import hmac
import re
from base64 import b32encode
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple

from notices.message import address_of

# 80 bits, in letters and digits that survive a server which lowers or raises them.
SECRET_BYTES = 10
_DETAIL = re.compile(r"([rbu])(\d{1,12})-([a-z2-7]{16})")


class End(StrEnum):
    """What an address is for."""

    REPLY = "r"
    BOUNCE = "b"
    UNSUBSCRIBE = "u"


class Opened(NamedTuple):
    """What an address turned out to be for, and the mail it belongs to."""

    end: End
    mail_id: int


def address(inbox: str, secret: bytes, end: End, mail_id: int) -> str:
    """The address for this end of this mail, at the mailbox `inbox`; "" where there is none."""
    if not inbox:
        return ""
    mailbox, _, domain = address_of(inbox).rpartition("@")
    return f"{mailbox}+{end}{mail_id}-{_mark(secret, end, mail_id)}@{domain}"


def opened(inbox: str, secret: bytes, recipient: str) -> Opened | None:
    """What a recipient's address is for; None where it is not one of ours."""
    mailbox, _, domain = address_of(inbox).lower().rpartition("@")
    local, _, their_domain = recipient.lower().rpartition("@")
    found = _DETAIL.fullmatch(local.removeprefix(f"{mailbox}+"))
    if found is None or their_domain != domain:
        return None
    end, mail_id = End(found[1]), int(found[2])
    return (
        Opened(end, mail_id) if hmac.compare_digest(_mark(secret, end, mail_id), found[3]) else None
    )


def _mark(secret: bytes, end: End, mail_id: int) -> str:
    digest = hmac.new(secret, f"address:{end}{mail_id}".encode(), sha256).digest()
    return b32encode(digest[:SECRET_BYTES]).decode("ascii").lower()
