"""Calendar addresses: whose they are, the token that opens them, the tag that tells a change."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from sqlalchemy import String, and_, bindparam, case, cast, literal, not_, or_, select, update
from sqlalchemy.orm import aliased

from db.rows import by_id
from db.tables import Feed, Person, Stamp
from scheduler.filters import Filter

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

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


class EndedFeedError(FeedError):
    """A feed that has ended gets no new address."""

    def __init__(self, feed_id: int) -> None:
        super().__init__(f"feed {feed_id} has ended: make a new one")
        self.feed_id = feed_id


class PublicPersonError(FeedError):
    """What a person owns is not for everybody."""

    def __init__(self) -> None:
        super().__init__("a public feed tells nothing of people: leave the person out")


class OptionError(FeedError):
    """An option of a feed lies outside what is taken."""

    def __init__(self, name: str, least: int, most: int) -> None:
        super().__init__(f"{name} must lie between {least} and {most}")
        self.name = name


LONGEST_LABEL = 200
LIMITS = {"alarm_days": (0, 366), "past_days": (0, 3660), "future_years": (1, 10)}


@dataclass(frozen=True, slots=True)
class Options:
    """How a feed says what it shows; see `db.tables.Feed`. `language` is "ja" or "en".

    Raises `OptionError` for numbers outside `LIMITS`.
    """

    label: str
    language: str
    opens: bool = False
    alarm_days: tuple[int, ...] = ()
    past_days: int | None = None
    future_years: int | None = None
    public: bool = False
    tasks: bool = False

    def __post_init__(self) -> None:
        numbers = {"past_days": (self.past_days,), "future_years": (self.future_years,)}
        for name, given in (numbers | {"alarm_days": self.alarm_days}).items():
            least, most = LIMITS[name]
            if not all(number is None or least <= number <= most for number in given):
                raise OptionError(name, least, most)


OPTIONS = tuple(field.name for field in fields(Options))
FILTER = tuple(field.name for field in fields(Filter))


SCOPE = case(
    (Feed.person_id.is_not(None), literal("person:") + cast(Feed.person_id, String)),
    (Feed.sheet_id.is_not(None), literal("sheet:") + cast(Feed.sheet_id, String)),
    (Feed.entry_id.is_not(None), literal("entry:") + cast(Feed.entry_id, String)),
    else_=literal("all"),
)
MAKER = aliased(Person)
# Built once: every poll of every calendar program runs it.
FIND = (
    select(
        Feed,
        Stamp.value,
        Stamp.changed_at,
        or_(Person.active.is_(False), and_(MAKER.active.is_(False), not_(Feed.public))),
    )
    .outerjoin(Stamp, Stamp.scope == SCOPE)
    .outerjoin(Person, Person.id == Feed.person_id)
    .outerjoin(MAKER, MAKER.id == Feed.maker_id)
    .where(Feed.token_hash.in_(bindparam("hashes", expanding=True)))
)


@dataclass(frozen=True, slots=True)
class Addresses:
    """One feed's address as programs, Google, Outlook and CalDAV take it, and people's page."""

    https: str
    webcal: str
    google: str
    outlook: str
    page: str
    caldav: str


@dataclass(frozen=True, slots=True)
class Found:
    """A feed as one query finds it: itself, the stamp of its scope, whether it may still be read.

    `stamp` is 0 and `changed_at` the feed's beginning where nothing of its scope ever changed.
    `owner_left` tells that the person it belongs to is no longer active, or who made it; a public
    one stays.
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
    session: Session, wanted: Filter, options: Options, now: datetime, maker_id: int | None = None
) -> tuple[Feed, str]:
    """A new feed of what fits `wanted`, and the token that opens it.

    The token is given this once; only its hash is kept. A feed made by a person ends with
    them, unless it is public. Raises `PublicPersonError`.
    """
    if options.public and wanted.person_id is not None:
        raise PublicPersonError
    fields = {name: getattr(options, name) for name in OPTIONS} | asdict(wanted)
    fields["alarm_days"] = ",".join(map(str, options.alarm_days)) or None
    return _store(session, fields, now, maker_id)


def listed(session: Session) -> Sequence[Feed]:
    """Every feed, ended ones too, oldest first."""
    return session.scalars(select(Feed).order_by(Feed.id)).all()


def get(session: Session, feed_id: int) -> Feed:
    """The feed with this id. Raises `NoSuchFeedError`."""
    feed = by_id(session, Feed, feed_id)
    if feed is None:
        raise NoSuchFeedError(feed_id)
    return feed


def revoke(session: Session, feed_id: int, now: datetime) -> Feed:
    """End a feed; one that has ended already keeps its day. Raises `NoSuchFeedError`."""
    feed = get(session, feed_id)
    feed.revoked_at = feed.revoked_at or now
    return feed


def rotate(session: Session, feed_id: int, now: datetime) -> tuple[Feed, str]:
    """The same feed at a new address; subscribers of the old one read that it has ended.

    Raises `NoSuchFeedError`, and `EndedFeedError` where it had ended before.
    """
    old = get(session, feed_id)
    if old.revoked_at is not None:
        raise EndedFeedError(feed_id)
    old.revoked_at = now
    fields = {name: getattr(old, name) for name in (*OPTIONS, *FILTER)}
    return _store(session, fields, now, old.maker_id)


def used(session: Session, feed_id: int, today: date) -> None:
    """Note that a program asked for the feed on `today` (the office's day)."""
    session.execute(update(Feed).where(Feed.id == feed_id).values(used_on=today))


def find(session: Session, token: str) -> Found | None:
    """The feed that `token` opens with the stamp of its scope, in one query; None if none does."""
    key = token_hash(token)
    return find_all(session, [key]).get(key)


def find_all(session: Session, hashes: Collection[str]) -> dict[str, Found]:
    """As `find`, for many tokens by their hashes; those that open nothing are left out."""
    return {
        feed.token_hash: Found(feed, value or 0, changed_at or feed.created_at, gone is True)
        for feed, value, changed_at, gone in session.execute(FIND, {"hashes": list(hashes)})
    }


def wanted(feed: Feed) -> Filter:
    """What a feed shows, as the filter it was made with."""
    return Filter(**{name: getattr(feed, name) for name in FILTER})


def alarm_days(feed: Feed) -> tuple[int, ...]:
    """How many days ahead a feed's alarms ring, in the order they were given in."""
    return tuple(map(int, feed.alarm_days.split(","))) if feed.alarm_days else ()


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
        *(getattr(feed, name) for name in (*OPTIONS, *FILTER)),
        found.stamp,
        found.changed_at.isoformat(),
        found.owner_left,
        feed.revoked_at and feed.revoked_at.isoformat(),
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def addresses(base_url: str, token: str, label: str = "Jikai") -> Addresses:
    """The addresses of the feed that `token` opens, below `base_url` (`https://host/path`).

    `label` is what Outlook calls it. Raises `AddressTooLongError` where calendar services would
    refuse them.
    """
    page = f"{base_url.rstrip('/')}/feeds/{token}"
    address = f"{page}.ics"
    if len(address) > ADDRESS_LENGTH or not address.isascii():
        raise AddressTooLongError(len(address))
    webcal = urlsplit(address)._replace(scheme="webcal").geturl()
    google = "https://calendar.google.com/calendar/render?" + urlencode({"cid": webcal})
    outlook = "https://outlook.office.com/calendar/0/addfromweb?" + urlencode(
        {"url": address, "name": label}
    )
    return Addresses(address, webcal, google, outlook, page, f"{page}/dav/")


def _store(
    session: Session, fields: dict[str, Any], now: datetime, maker_id: int | None
) -> tuple[Feed, str]:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    feed = Feed(token_hash=token_hash(token), created_at=now, maker_id=maker_id, **fields)
    session.add(feed)
    session.flush()
    return feed, token
