"""Signed addresses: each good for one purpose, until one moment, and for nothing else.

A token says what it is for and until when, in the open; the signature only keeps it from being
changed. What it allows is decided anew by whoever opens it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from typing import Any

from itsdangerous import BadData, URLSafeSerializer

Payload = dict[str, int]

ANSWER_LIFETIME = timedelta(days=180)
SIGN_IN_LIFETIME = timedelta(minutes=30)


class Purpose(StrEnum):
    """What a link is for; a token of one purpose is worthless for another."""

    ANSWER = "answer"
    SIGN_IN = "sign-in"
    SESSION = "session"


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
    return str(_serializer(secret, purpose).dumps([expires, payload]))


def open_link(secret: bytes, purpose: Purpose, token: str, now: datetime) -> Payload:
    """What `sign` was given for this token.

    Raises `LinkError` where it was changed, signed for another purpose, or has expired at `now`.
    """
    try:
        content: Any = _serializer(secret, purpose).loads(token)
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


# A mail signs a link for each of its figures: the key of each purpose is made ready once.
@lru_cache
def _serializer(secret: bytes, purpose: Purpose) -> URLSafeSerializer:
    return URLSafeSerializer(
        secret,
        salt=f"jikai.{purpose}",
        signer_kwargs={"key_derivation": "hmac", "digest_method": sha256},
    )
