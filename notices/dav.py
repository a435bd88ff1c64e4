"""A feed as the CalDAV collections that Radicale serves (RFC 4791, RFC 6578): read, never written.

Radicale speaks the protocol; what it serves are the feed's events, byte for byte, at one moment:

    /                           where clients begin
    /calendars/                 the principal, and the home of
    /calendars/events/          the feed's events
    /calendars/tasks/           its tasks, where the feed has them
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from email.utils import format_datetime
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from radicale import config
from radicale.app import Application
from radicale.item import Item
from radicale.rights import BaseRights
from radicale.storage import BaseCollection, BaseStorage

from notices import feed, feed_calendar, feed_events, feed_listings, ical
from notices.locale import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy.orm import Session

    from notices.feed import Found
    from notices.feed_copies import Made
    from notices.settings import Settings
    from scheduler.policy import Policy

HOME = "calendars"
EVENTS = "events"
TASKS = "tasks"
COMPONENTS = {EVENTS: "VEVENT", TASKS: "VTODO"}
SYNC = "urn:jikai:sync:"
"""What a sync token, which must be a URI, has before the feed's tag."""

_CHANGED = re.compile(rb"\r\nLAST-MODIFIED:(\d{8}T\d{6})Z\r\n")
_DAY = timedelta(days=1)


def application(storage: Storage) -> Application:
    """The WSGI application that serves what `storage` holds to whoever asks.

    Expects `HOME` as REMOTE_USER, and what stands before the collections' paths as SCRIPT_NAME.
    """
    configuration = config.load()
    values: dict[str, dict[str, Any]] = {
        "auth": {"type": "remote_user", "delay": 0},
        "rights": {"type": ReadOnly},
        "storage": {"type": lambda _: storage},
        "server": {"delay_on_error": 0},
        "web": {"type": "none"},
        # All that is served is written out; there is nothing to expand.
        "reporting": {"max_expand_occurrence": 0},
    }
    configuration.update(values, "jikai", privileged=True)
    return Application(configuration)


class ReadOnly(BaseRights):
    """Whoever knows a feed's address reads all of it, and writes nothing."""

    def authorization(self, user: str, user_groups: set[str], path: str) -> str:
        """The rights to read collections, and calendars in them."""
        return "Rr"


class Storage(BaseStorage):
    """One feed, as `session` sees it."""

    _supports_unicode = True

    def __init__(self, session: Session, found: Found, settings: Settings, policy: Policy) -> None:
        """Nothing is read before it is asked for."""
        self.session = session
        self.found = found
        self.settings = settings
        self.policy = policy
        self.tag = feed.tag(found, feed_events.rendering(settings))
        kinds = [EVENTS, TASKS] if found.feed.tasks else [EVENTS]
        self._calendars = {kind: Calendar(self, kind) for kind in kinds}

    def listings(self) -> Iterator[tuple[str, dict[str, str]]]:
        """What was read of the feed and is not kept yet: by kind, each item's tag."""
        for kind, calendar in self._calendars.items():
            held = calendar.read
            if held and not feed_listings.is_kept(self.session, self.found.feed.id, kind, self.tag):
                yield kind, held

    def discover(
        self,
        path: str,
        depth: str = "0",
        child_context_manager: object = None,
        user_groups: object = None,
    ) -> Iterator[BaseCollection | Item]:
        """What stands at `path`, and with a depth other than "0" what it holds; nothing if none."""
        match path.strip("/").split("/"):
            case [""]:
                found, held = Place(""), [Place(HOME)]
            case [home] if home == HOME:
                found, held = Place(HOME), list(self._calendars.values())
            case [home, kind] if home == HOME and kind in self._calendars:
                yield from self._calendar(self._calendars[kind], depth)
                return
            case [home, kind, name] if home == HOME and kind in self._calendars:
                yield from filter(None, [self._calendars[kind].items.get(name)])
                return
            case _:
                return
        yield found
        if depth != "0":
            yield from held

    def _calendar(self, calendar: Calendar, depth: str) -> Iterator[BaseCollection | Item]:
        yield calendar
        if depth != "0":
            yield from calendar.get_all()

    @contextmanager
    def acquire_lock(self, mode: str, user: str = "", *args: Any, **kwargs: Any) -> Iterator[None]:
        """Nothing to wait for: all is read at one moment."""
        yield


class Place(BaseCollection):
    """A collection that only holds others."""

    def __init__(self, path: str) -> None:
        """`path` is without slashes around it."""
        self._path = path

    @property
    def path(self) -> str:
        """Its path."""
        return self._path

    def get_meta(self, key: str | None = None) -> Any:
        """It has no properties of its own."""
        return {} if key is None else None

    def get_all(self) -> Iterable[Item]:
        """It holds no events."""
        return ()


class Calendar(Place):
    """A feed's events, or its tasks."""

    def __init__(self, storage: Storage, kind: str) -> None:
        """`kind` is `EVENTS` or `TASKS`."""
        super().__init__(f"{HOME}/{kind}")
        self.kind = kind
        self._storage = storage

    @property
    def read(self) -> dict[str, str]:
        """The tag of each of its items, by name, where they were asked for."""
        return self._listing() if "items" in self.__dict__ else {}

    @property
    def etag(self) -> str:
        """The feed's own tag."""
        return f'"{self._storage.tag}"'

    @property
    def last_modified(self) -> str:
        """When the feed changed."""
        return _http_date(self._storage.found.changed_at)

    @cached_property
    def contents(self) -> list[Made]:
        """What it holds, in order of day."""
        own = self._storage
        tasks = self.kind == TASKS
        return feed_calendar.contents(own.session, own.found, own.settings, own.policy, tasks)

    @cached_property
    def items(self) -> dict[str, Item]:
        """The same as Radicale takes them, by their names."""
        items = (self._item(made) for made in self.contents)
        return {str(item.href): item for item in items}

    def get_all(self) -> Iterable[Item]:
        """All it holds."""
        return self.items.values()

    def get_multi(self, hrefs: Iterable[str]) -> Iterator[tuple[str, Item | None]]:
        """Each of these, or None in its place."""
        for name in hrefs:
            yield name, self.items.get(name)

    def get_meta(self, key: str | None = None) -> Any:
        """Its properties, or one of them."""
        label, language = self._storage.found.feed.label, self._storage.found.feed.language
        name = say(language, "feeds.tasks", label=label) if self.kind == TASKS else label
        said = {
            "tag": "VCALENDAR",
            "D:displayname": ical.clean(name),
            "C:supported-calendar-component-set": COMPONENTS[self.kind],
        }
        return said if key is None else said.get(key)

    def serialize(self, vcf_to_ics: bool = False, ShareActions: object = None) -> str:  # noqa: N803
        """The whole calendar, as the feed's own address serves it."""
        label = str(self.get_meta("D:displayname"))
        return ical.calendar(label, (made.content for made in self.contents)).decode()

    def sync(self, old_token: str = "") -> tuple[str, Iterable[str]]:
        """The token of now, and the names of what came, changed or went since `old_token`.

        Without one it is everything, read only when it is gone through. Raises `ValueError` for a
        token whose listing is not kept: the client then lists everything anew.
        """
        token = SYNC + self._storage.tag
        if not old_token:
            return token, self._names()
        if old_token == token:
            return token, ()
        before = self._before(old_token.removeprefix(SYNC))
        now = self._listing()
        names = sorted(before.keys() | now.keys())
        return token, [name for name in names if before.get(name) != now.get(name)]

    def _names(self) -> Iterator[str]:
        yield from self.items

    def _listing(self) -> dict[str, str]:
        return {name: item.etag.strip('"') for name, item in self.items.items()}

    def _before(self, tag: str) -> dict[str, str]:
        session, feed_id = self._storage.session, self._storage.found.feed.id
        before = feed_listings.find(session, feed_id, self.kind, tag)
        if before is None:
            raise ValueError("nothing is known of this token")
        return before

    def _item(self, made: Made) -> Item:
        begins = int(datetime.combine(made.day, time(), UTC).timestamp())
        return Item(
            collection=self,
            href=made.uid.partition("@")[0] + ".ics",
            text=ical.alone(made.content).decode(),
            etag=f'"{sha256(made.content).hexdigest()[:32]}"',
            uid=made.uid,
            name="VCALENDAR",
            component_name=COMPONENTS[self.kind],
            last_modified=_last_modified(made.content),
            time_range=(begins, begins + int(_DAY.total_seconds())),
        )


def _last_modified(content: bytes) -> str:
    found = _CHANGED.search(content)
    if found is None:
        raise ValueError("an event without LAST-MODIFIED")
    changed = datetime.strptime(found[1].decode(), "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    return _http_date(changed)


def _http_date(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC), usegmt=True)
