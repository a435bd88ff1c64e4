"""Calendar addresses: whose they are, the token that opens them, the tag that tells a change."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from sqlalchemy import String, case, cast, literal, select

from db.tables import Feed, Person, Scope, Sheet, Stamp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

TOKEN_BYTES = 24
ADDRESS_LENGTH = 200
"""Google drops a longer address without a word."""
FAREWELL = timedelta(days=30)
"""How long a revoked feed still says that it has ended."""


class FeedError(ValueError):
    """The feed cannot be made, shown or ended as asked."""


class AddressTooLongError(FeedError):
    """Calendar services would not take the address."""

    def __init__(self, length: int) -> None:
        super().__init__(
            f"the feed's address would have {length} characters and calendar services take"
            f" {ADDRESS_LENGTH} ASCII ones: shorten [web] base_url"
        )
        self.length = length


class NoSuchFeedError(FeedError):
    """No feed has this id."""

    def __init__(self, feed_id: int) -> None:
        super().__init__(f"there is no feed {feed_id}: `jikai feed list` shows them")
        self.feed_id = feed_id


@dataclass(frozen=True, slots=True)
class Addresses:
    """One feed's address as a browser, a calendar program and Google Calendar take it."""

    https: str
    webcal: str
    google: str


@dataclass(frozen=True, slots=True)
class Found:
    """A feed as one query finds it: itself, the stamp of its scope, whether it may still be read.

    `stamp` is 0 and `changed_at` the feed's beginning where nothing of its scope ever changed.
    `owner_left` tells that the person it belongs to is no longer active.
    """

    feed: Feed
    stamp: int
    changed_at: datetime
    owner_left: bool

    @property
    def ended(self) -> bool:
        """Whether the feed only has a farewell left to say."""
        return self.owner_left or self.feed.revoked_at is not None

    def gone(self, now: datetime) -> bool:
        """Whether even the farewell is over at `now` (aware)."""
        revoked = self.feed.revoked_at
        return revoked is not None and now - revoked > FAREWELL


def add(
    session: Session, subject: Person | Sheet | None, label: str, language: str, now: datetime
) -> tuple[Feed, str]:
    """A new feed of what `subject` owns or shows (None: everything) and the token that opens it.

    The token is given this once; only its hash is kept. `label` is the calendar's name in
    subscribers' programs, `language` "ja" or "en".
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    feed = Feed(
        token_hash=token_hash(token),
        scope=_scope(subject),
        person_id=subject.id if isinstance(subject, Person) else None,
        sheet_id=subject.id if isinstance(subject, Sheet) else None,
        label=label,
        language=language,
        created_at=now,
    )
    session.add(feed)
    session.flush()
    return feed, token


def listed(session: Session) -> Sequence[Feed]:
    """Every feed, ended ones too, oldest first."""
    return session.scalars(select(Feed).order_by(Feed.id)).all()


def revoke(session: Session, feed_id: int, now: datetime) -> Feed:
    """End a feed; one that has ended already keeps its day. Raises `NoSuchFeedError`."""
    feed = session.get(Feed, feed_id)
    if feed is None:
        raise NoSuchFeedError(feed_id)
    feed.revoked_at = feed.revoked_at or now
    return feed


def find(session: Session, token: str) -> Found | None:
    """The feed that `token` opens with the stamp of its scope, in one query; None if none does."""
    feed_scope = case(
        (Feed.scope == Scope.SHEET, literal("sheet:") + cast(Feed.sheet_id, String)),
        (Feed.scope == Scope.PERSON, literal("person:") + cast(Feed.person_id, String)),
        else_=literal("all"),
    )
    query = (
        select(Feed, Stamp.value, Stamp.changed_at, Person.active)
        .outerjoin(Stamp, Stamp.scope == feed_scope)
        .outerjoin(Person, Person.id == Feed.person_id)
        .where(Feed.token_hash == token_hash(token))
    )
    row = session.execute(query).one_or_none()
    if row is None:
        return None
    feed, value, changed_at, active = row
    return Found(feed, value or 0, changed_at or feed.created_at, active is False)


def token_hash(token: str) -> str:
    """What is stored of a token. It is random enough (192 bits) to need no salt."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def tag(found: Found, rendering: str) -> str:
    """The strong tag of what the feed holds now, without quotes.

    `rendering` names all that gives the same rows other bytes. The stamp's moment is in it because
    a database brought back from a copy counts through the same values again.
    """
    feed = found.feed
    parts = (
        rendering,
        feed.id,
        feed.label,
        feed.language,
        found.stamp,
        found.changed_at.isoformat(),
        found.owner_left,
        feed.revoked_at and feed.revoked_at.isoformat(),
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def addresses(base_url: str, token: str) -> Addresses:
    """The addresses of the feed that `token` opens, below `base_url` (`https://host/path`).

    Raises `AddressTooLongError` where calendar services would refuse them.
    """
    address = f"{base_url.rstrip('/')}/feeds/{token}.ics"
    if len(address) > ADDRESS_LENGTH or not address.isascii():
        raise AddressTooLongError(len(address))
    webcal = urlsplit(address)._replace(scheme="webcal").geturl()
    google = "https://calendar.google.com/calendar/render?cid=" + quote(webcal, safe="")
    return Addresses(address, webcal, google)


def _scope(subject: Person | Sheet | None) -> Scope:
    if subject is None:
        return Scope.ALL
    return Scope.PERSON if isinstance(subject, Person) else Scope.SHEET
