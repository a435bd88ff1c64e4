"""What feeds held under their tags, so that whoever comes back is told what changed and what went.

A tag says that something changed; what was there before cannot be told from stamps, for owners,
days and filters move too. A listing is derived: without it a client lists everything anew.
"""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from db.inserts import insert_into
from db.tables import Feed, FeedListing
from notices.feed import FAREWELL

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

KEPT = 30
"""How many listings of a feed and kind are kept: a client that missed more lists it anew."""


def find(session: Session, feed_id: int, kind: str, tag: str) -> dict[str, str] | None:
    """What the feed held under `tag`: the name of each event (or task) with its own tag."""
    query = select(FeedListing.held).where(*_of(feed_id, kind), FeedListing.tag == tag)
    held = session.scalars(query).first()
    return None if held is None else json.loads(zlib.decompress(held))


def is_kept(session: Session, feed_id: int, kind: str, tag: str) -> bool:
    """Whether there is a listing of this tag already."""
    query = select(FeedListing.id).where(*_of(feed_id, kind), FeedListing.tag == tag)
    return session.scalars(query).first() is not None


def keep(session: Session, feed_id: int, kind: str, tag: str, held: Mapping[str, str]) -> None:
    """Keep what the feed held, once, and forget its oldest listings."""
    packed = zlib.compress(json.dumps(held).encode())
    row = {"feed_id": feed_id, "kind": kind, "tag": tag, "held": packed}
    session.execute(insert_into(session, FeedListing).values(row).on_conflict_do_nothing())
    newest = select(FeedListing.id).where(*_of(feed_id, kind)).order_by(FeedListing.id.desc())
    old = session.scalars(newest.offset(KEPT)).all()
    session.execute(delete(FeedListing).where(FeedListing.id.in_(old)))


def forget(session: Session, now: datetime) -> None:
    """Forget the listings of feeds whose farewell is over at `now` (aware)."""
    gone = select(Feed.id).where(Feed.revoked_at < now - FAREWELL)
    session.execute(delete(FeedListing).where(FeedListing.feed_id.in_(gone)))


def _of(feed_id: int, kind: str) -> tuple[ColumnElement[bool], ...]:
    return FeedListing.feed_id == feed_id, FeedListing.kind == kind
