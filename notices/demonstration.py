"""A demonstration in a folder of its own: configuration, database, sample sheet, people, feeds."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from importlib.resources import files
from typing import TYPE_CHECKING

from sqlalchemy import select

from db.engine import open_engine, reading, writing
from db.tables import Person, Scope, Sheet
from db.upgrade import upgrade
from notices import feed
from notices.clock import SimulatedClock
from notices.keys import signing_key
from notices.links import Purpose, sign
from notices.settings import load
from scheduler.assignments import assign
from scheduler.filters import Filter
from scheduler.intake import plan, store
from scheduler.owners import entries_on
from scheduler.people import add_person, everybody, find_person
from scheduler.sheets import read_sheets

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from notices.settings import Settings
    from scheduler.policy import Policy

SAMPLE = "progress-sheet.txt"
AS_OF = date(2024, 10, 1)
"""The day the sample sheet was written, on which the clock starts."""
MORNING = time(9)
MARK = "# Written by `jikai demo` at each of its starts."
"""The first line of a demonstration's configuration, by which its folder is known."""
TOKENS = "feeds.json"
ADMIN = "hana.kanri@example.org"
JAPANESE_OWNER = "taro.sato@example.org"
ENGLISH_OWNER = "emma.brown@example.org"
UNOWNED = 2
"""The entry that nobody owns, so that its mails reach the admin."""
FOR_EVER = timedelta(days=36_500)
CONFIG = """\
{mark}
[office]
name = "見本市役所 企画課"

[database]
url = "sqlite:///jikai.db"

[mail]
transport = "maildir"
maildir = "maildir"

[web]
port = {port}
base_url = "http://127.0.0.1:{port}"
secret_file = "secret"
"""


class FolderTakenError(ValueError):
    """The folder holds something else."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"{folder} is no demonstration and not empty: name another one with --folder"
        )
        self.folder = folder


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A folder ready to be served: `feeds` are addresses by label, `sign_in` one link."""

    settings: Settings
    engine: Engine
    clock: SimulatedClock
    kept: Path
    sign_in: str
    feeds: dict[str, str]


def prepare(folder: Path, port: int, start: date, *, fresh: bool) -> Demonstration:
    """Make the demonstration in `folder`, or go on with the one that is there unless `fresh`.

    A new clock starts at 09:00 of `start`; one that is there goes on, and is put forward to it.
    Raises `FolderTakenError` where the folder holds anything else.
    """
    _claim(folder, fresh=fresh)
    config, tokens, kept = folder / "config.toml", folder / TOKENS, folder / "clock"
    config.write_text(CONFIG.format(mark=MARK, port=port), "utf-8")
    settings = load(config)
    engine = open_engine(settings.database.url)
    upgrade(engine)
    policy = settings.policy()
    clock = SimulatedClock(_moment(kept, start, policy))
    with writing(engine) as session:
        if not everybody(session):
            given = _fill(session, policy, clock.now())
            # Tokens are kept nowhere else: they are on disk before what they open is.
            tokens.write_text(json.dumps(given, ensure_ascii=False, indent=2), "utf-8")
    return Demonstration(
        settings=settings,
        engine=engine,
        clock=clock,
        kept=kept,
        sign_in=_sign_in_link(engine, settings, clock.now()),
        feeds=_addresses(settings, json.loads(tokens.read_text("utf-8"))),
    )


def _claim(folder: Path, *, fresh: bool) -> None:
    """Make sure that the folder is the demonstration's own; empty it where it starts anew."""
    if folder.exists() and any(folder.iterdir()):
        config = folder / "config.toml"
        if not config.exists() or not config.read_text("utf-8").startswith(MARK):
            raise FolderTakenError(folder)
        if fresh:
            shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)


def _moment(kept: Path, start: date, policy: Policy) -> datetime:
    """Where the clock stood when it was last stopped, but not before the morning of `start`."""
    morning = datetime.combine(start, MORNING, policy.timezone).astimezone(UTC)
    if not kept.exists():
        return morning
    return max(morning, datetime.fromisoformat(kept.read_text("utf-8")))


def _fill(session: Session, policy: Policy, now: datetime) -> dict[str, str]:
    """Import the sample, add people and feeds; the feeds' tokens by label."""
    content = (files("notices") / "sample" / SAMPLE).read_bytes()
    store(session, plan(read_sheets(content, SAMPLE), AS_OF, policy), SAMPLE, now, policy)
    people = _people(session, policy, now)
    _assign(session, people, policy, now)
    return _feeds(session, people, now)


def _people(session: Session, policy: Policy, now: datetime) -> dict[str, Person]:
    wanted = (
        (ADMIN, "管理 花子", "ja", True),
        (JAPANESE_OWNER, "佐藤 太郎", "ja", False),
        (ENGLISH_OWNER, "Emma Brown", "en", False),
    )
    return {
        email: add_person(
            session,
            email,
            name=name,
            language=language,
            timezone=policy.timezone.key,
            admin=admin,
            now=now,
            policy=policy,
        )
        for email, name, language, admin in wanted
    }


def _assign(session: Session, people: dict[str, Person], policy: Policy, now: datetime) -> None:
    """The first sheet goes to one owner, the others to the other; one entry is left to nobody."""
    sheets = session.scalars(select(Sheet.id).order_by(Sheet.id)).all()
    for sheet_ids, email in ((sheets[:1], JAPANESE_OWNER), (sheets[1:], ENGLISH_OWNER)):
        for entry_id in session.scalars(entries_on(sheet_ids)).all():
            if entry_id != UNOWNED:
                owner, words = people[email], str(entry_id)
                assign(session, owner, Scope.ENTRY, words, now=now, policy=policy)


def _feeds(session: Session, people: dict[str, Person], now: datetime) -> dict[str, str]:
    sheet = session.scalars(select(Sheet).order_by(Sheet.id)).first()
    owner = people[JAPANESE_OWNER]
    wanted = {owner.name: Filter(person_id=owner.id), "すべて": Filter()}
    if sheet is not None:
        wanted[sheet.reform_item] = Filter(sheet_id=sheet.id)
    return {
        label: feed.add(session, each, feed.Options(label, "ja"), now)[1]
        for label, each in wanted.items()
    }


def _addresses(settings: Settings, tokens: dict[str, str]) -> dict[str, str]:
    base = settings.web.base_url
    return {label: feed.addresses(base, token).https for label, token in tokens.items()}


def _sign_in_link(engine: Engine, settings: Settings, now: datetime) -> str:
    """A link for the admin that the flying clock does not outlive."""
    with reading(engine) as session:
        admin = find_person(session, ADMIN)
    token = sign(signing_key(settings), Purpose.SIGN_IN, {"person": admin.id}, now, FOR_EVER)
    return f"{settings.web.base_url}/sign-in/{token}"
