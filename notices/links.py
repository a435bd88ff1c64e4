"""Signed addresses: each good for one purpose, until one moment, and for nothing else.

A token says what it is for and until when, in the open; the signature only keeps it from being
changed. What it allows is decided anew by whoever opens it.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from typing import Any

from itsdangerous import BadData, Signer
from itsdangerous.encoding import base64_decode, base64_encode

from db.tables import Stream

Payload = dict[str, int]

WRITER = json.JSONEncoder(separators=(",", ":"))
ANSWER_LIFETIME = timedelta(days=180)
UNSUBSCRIBE_LIFETIME = timedelta(days=730)
SIGN_IN_LIFETIME = timedelta(minutes=30)


class Purpose(StrEnum):
    """What a link is for; a token of one purpose is worthless for another."""

    ANSWER = "answer"
    SIGN_IN = "sign-in"
    SESSION = "session"
    UNSUBSCRIBE = "unsubscribe"


class LinkError(ValueError):
    """A token that opens nothing. `expired` tells an old one from one that was never ours."""

    def __init__(self, *, expired: bool) -> None:
        super().__init__("the link has expired" if expired else "the link is not valid")
        self.expired = expired


def sign(
    secret: bytes, purpose: Purpose, payload: Payload, now: datetime, lifetime: timedelta
) -> str:
    """A token of URL-safe ASCII that carries `payload` and ends `lifetime` after `now` (aware)."""
    expires = int((now + lifetime).timestamp())
    content = base64_encode(WRITER.encode([expires, payload]))
    return _signer(secret, purpose).sign(content).decode("ascii")


def open_link(secret: bytes, purpose: Purpose, token: str, now: datetime) -> Payload:
    """What `sign` was given for this token.

    Raises `LinkError` where it was changed, signed for another purpose, or has expired at `now`.
    """
    try:
        content: Any = json.loads(base64_decode(_signer(secret, purpose).unsign(token)))
        expires, payload = content
    except (BadData, ValueError, TypeError) as error:
        raise LinkError(expired=False) from error
    if now >= datetime.fromtimestamp(expires, UTC):
        raise LinkError(expired=True)
    return dict(payload)


def answer_address(
    base_url: str, secret: bytes, occurrence_id: int, person_id: int, now: datetime
) -> str:
    """The page on which one person answers for one occurrence, without signing in."""
    payload = {"occurrence": occurrence_id, "person": person_id}
    return f"{base_url}/a/{sign(secret, Purpose.ANSWER, payload, now, ANSWER_LIFETIME)}"


def sign_in_address(base_url: str, secret: bytes, person_id: int, now: datetime) -> str:
    """The page on which one person signs in, for half an hour."""
    token = sign(secret, Purpose.SIGN_IN, {"person": person_id}, now, SIGN_IN_LIFETIME)
    return f"{base_url}/sign-in/{token}"


def unsubscribe_address(
    base_url: str, secret: bytes, person_id: int, stream: Stream, now: datetime
) -> str:
    """The page on which one person mutes or wants a stream again, and one click mutes it."""
    payload = {"person": person_id, "stream": tuple(Stream).index(stream)}
    return f"{base_url}/u/{sign(secret, Purpose.UNSUBSCRIBE, payload, now, UNSUBSCRIBE_LIFETIME)}"


# A mail signs a link for each of its figures: the key of each purpose is made ready once.
@lru_cache
def _signer(secret: bytes, purpose: Purpose) -> Signer:
    salt = f"jikai.{purpose}"
    key = Signer(secret, salt, key_derivation="hmac", digest_method=sha256).derive_key()
    return Signer(key, salt, key_derivation="none", digest_method=sha256)
