"""Look an installation over: what is well, what is not, and what to do about it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from importlib.metadata import version
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sqlalchemy import func, make_url, select
from sqlalchemy.exc import SQLAlchemyError

from db.engine import DatabaseUrlError, open_engine, reading
from db.tables import Entry, Heartbeat, Mail, MailState, Person
from db.upgrade import SchemaError, require_newest
from notices import broken_templates, keys, passes
from notices.settings_faults import SettingsError
from notices.settings_sources import variable
from notices.wire import UnreachableError
from scheduler.owners import admins, unowned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from notices.settings import Settings

QUIET_FOR = timedelta(hours=1)
SILENT_FOR = timedelta(hours=26)  # a pass a day, with a little room, is the least that works
AHEAD_BY = timedelta(minutes=5)
HERE = {"127.0.0.1", "localhost", "::1"}


class State(StrEnum):
    """How a check came out."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at; `advice` says what to do where it is not well."""

    name: str
    state: State
    text: str
    advice: str = ""


def examine(settings: Settings, now: datetime) -> Iterator[Check]:
    """Every check of an installation whose configuration can be read, one after another.

    Nothing is sent; a Maildir's folders are made where they are missing.
    """
    yield Check("configuration", State.OK, "every key is understood")
    yield _time_zones(settings)
    yield _signing_key(settings)
    yield from _addresses(settings)
    yield _mail_way(settings)
    yield from _database(settings, now)


def _time_zones(settings: Settings) -> Check:
    zone = settings.office.timezone.key
    return Check("time zone", State.OK, f"{zone}, time zone data {version('tzdata')}")


def _signing_key(settings: Settings) -> Check:
    name, path = "signing key", settings.web.secret_file
    given = keys.SIGNING_VARIABLE in os.environ
    if not given and not path.exists():
        return Check(name, State.OK, f"{path} is made on first use")
    try:
        keys.signing_key(settings)
    except SettingsError as error:
        return Check(name, State.FAIL, str(error), f"set {keys.SIGNING_VARIABLE} or mend the file")
    if not given and path.stat().st_mode & 0o077:
        return Check(name, State.WARN, f"others may read {path}", f"run: chmod 600 {path}")
    return Check(name, State.OK, f"from {keys.SIGNING_VARIABLE if given else path}")


def _addresses(settings: Settings) -> Iterator[Check]:
    name, web = "addresses", settings.web
    base = urlsplit(web.base_url)
    if web.host not in HERE and base.hostname in HERE:
        text = f"pages listen on {web.host}, but links name {web.base_url}"
        yield Check(name, State.WARN, text, "set [web] base_url to the address people use")
    elif base.scheme == "http" and base.hostname not in HERE:
        text = f"{web.base_url} is not encrypted, and links in mails open without a password"
        yield Check(name, State.WARN, text, "put the pages behind https and set [web] base_url")
    else:
        yield Check(name, State.OK, f"links name {web.base_url}")
    if make_url(settings.database.url).password and variable("database", "url") not in os.environ:
        text = "the database's password stands in the configuration file"
        advice = f"set {variable('database', 'url')} instead"
        yield Check("database password", State.WARN, text, advice)


def _mail_way(settings: Settings) -> Check:
    mail = settings.mail
    place = str(mail.maildir) if mail.transport == "maildir" else f"{mail.host}:{mail.port}"
    try:
        passes.transport(settings).open().close()
    except (UnreachableError, SettingsError) as error:
        return Check("mail", State.FAIL, str(error), "see [mail] in the configuration")
    if mail.transport == "smtp" and mail.security == "none" and mail.host not in HERE:
        text = f"{place} is spoken to without encryption"
        return Check("mail", State.WARN, text, 'set [mail] security to "starttls" or "tls"')
    return Check("mail", State.OK, f"{mail.transport}, {place} answers")


def _templates(session: Session, settings: Settings) -> Check:
    name, folder = "templates", settings.mail.template_folder
    if folder is None:
        return Check(name, State.OK, "Jikai's own")
    broken = broken_templates.known(session, settings)
    if broken:
        text = "; ".join(f"{folder / fault.name}: {fault.reason}" for fault in broken)
        return Check(name, State.WARN, text, "until they are mended, Jikai's own are used")
    count = len(list(folder.glob("*.j2")))
    if count == 0:
        return Check(name, State.WARN, f"there are none in {folder}", "run: jikai mail templates")
    return Check(name, State.OK, f"{count} of the office's in {folder}, all of them work")


def _database(settings: Settings, now: datetime) -> Iterator[Check]:
    place = make_url(settings.database.url).render_as_string(hide_password=True)
    try:
        engine = open_engine(settings.database.url)
    except DatabaseUrlError as error:
        yield Check("database", State.FAIL, str(error), "see [database] in the configuration")
        return
    try:
        yield from _inside(engine, place, settings, now)
    except SQLAlchemyError as error:
        reason = " ".join(str(getattr(error, "orig", error)).split())
        yield Check("database", State.FAIL, f"{place}: {reason}", "is it there, and is it running?")
    finally:
        engine.dispose()


def _inside(engine: Engine, place: str, settings: Settings, now: datetime) -> Iterator[Check]:
    file = engine.url.database or ""
    if engine.dialect.name == "sqlite" and not os.path.exists(file):  # noqa: PTH110
        yield Check("database", State.FAIL, f"{place} is not there", "run: jikai upgrade")
        return
    try:
        require_newest(engine)
    except SchemaError as error:
        yield Check("schema", State.FAIL, str(error), "run: jikai upgrade")
        return
    yield Check("database", State.OK, f"{place} answers, its schema is the newest")
    looks: tuple[Callable[[Session, datetime], Check], ...] = (_ticks, _mails, _owners)
    with reading(engine) as session:
        yield _templates(session, settings)
        for look in looks:
            yield look(session, now)


def _ticks(session: Session, now: datetime) -> Check:
    """A pass sweeps and sends; the service's two jobs do it apart, and the older one counts."""
    beats = {beat.job: beat.at for beat in session.scalars(select(Heartbeat))}
    halves = [
        max((beats[job] for job in ("tick", half) if job in beats), default=None)
        for half in ("scheduler", "mail")
    ]
    ran = [moment for moment in halves if moment is not None]
    advice = "run: jikai serve, or jikai tick once an hour"
    if len(ran) < len(halves):
        return Check("last tick", State.WARN, "there was none yet", advice)
    age = now - min(ran)
    text = f"{_spoken(age)} ago"
    if age > SILENT_FOR:
        return Check("last tick", State.FAIL, f"{text}: nobody is reminded", advice)
    if age < -AHEAD_BY:
        text = f"{_spoken(-age)} in the future"
        return Check("last tick", State.WARN, text, "check the clock of this machine")
    if age > QUIET_FOR:
        return Check("last tick", State.WARN, text, advice)
    return Check("last tick", State.OK, text)


def _mails(session: Session, _now: datetime) -> Check:
    query = select(Mail.state, func.count()).group_by(Mail.state)
    counts = dict(session.execute(query).all())
    doubtful, failed = (counts.get(state, 0) for state in (MailState.DOUBTFUL, MailState.FAILED))
    waiting = counts.get(MailState.QUEUED, 0) + counts.get(MailState.SENDING, 0)
    text = f"{counts.get(MailState.SENT, 0)} sent, {waiting} waiting"
    if doubtful or failed:
        text += f", {doubtful} in doubt, {failed} failed"
        return Check("mails", State.WARN, text, "the page Mails shows them with the reasons")
    return Check("mails", State.OK, text)


def _owners(session: Session, _now: datetime) -> Check:
    people = session.scalars(select(func.count(Person.id)).where(Person.active)).one()
    entries = session.scalars(select(func.count(Entry.id))).one()
    alone = session.scalars(select(func.count(Entry.id)).where(Entry.id.in_(unowned()))).one()
    if alone and not admins(session):
        text = f"{alone} entries have no owner, and there is no admin to hear of them"
        advice = "run: jikai people add EMAIL --admin"
        return Check("owners", State.FAIL, text, advice)
    if alone:
        text = f"{alone} of {entries} entries have no owner; the admins hear of them"
        return Check("owners", State.WARN, text, "run: jikai assign EMAIL --entry ID")
    if not admins(session):
        text = f"{people} people, {entries} entries, no admin"
        return Check("owners", State.WARN, text, "run: jikai people add EMAIL --admin")
    return Check("owners", State.OK, f"{people} people own {entries} entries")


def _spoken(age: timedelta) -> str:
    seconds = int(age.total_seconds())
    if seconds < 120:
        return f"{seconds} seconds"
    minutes = seconds // 60
    return f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"
