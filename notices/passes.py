"""One pass over all that time brings: what `jikai tick`, the service and the demo run."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING

from db.engine import writing
from db.inserts import insert_into
from db.tables import Heartbeat
from notices import deliver, keys, outbox, post
from notices.compose import Sender
from notices.maildir import MaildirTransport
from notices.message import domain_of
from notices.pace import Pace
from notices.smtp import SmtpTransport
from scheduler.sweep import sweep

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Engine

    from notices.settings import Settings
    from notices.wire import Transport


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass did: timers taken, people whose reminders came up, mails sent, rescued."""

    swept: int
    posted: int
    sent: int
    rescued: int


def transport(settings: Settings) -> Transport:
    """The way out for mails that the configuration names. Raises `SettingsError` (no password)."""
    mail = settings.mail
    if mail.transport == "maildir":
        return MaildirTransport(mail.maildir)
    password = keys.mail_password(settings)
    return SmtpTransport(mail.host, mail.port, mail.security, mail.username, password)


def tick(
    engine: Engine,
    settings: Settings,
    now: datetime,
    way: Transport,
    stop: Event | None = None,
) -> Pass:
    """Sweep, post and deliver what is due at `now` (aware); run twice, it does nothing twice."""
    sender = Sender(settings, keys.signing_key(settings))
    pace = Pace(settings.mail.mails_per_minute)
    office = deliver.Office(engine, sender, way, now, stop or Event(), pace)
    swept = sweep_all(engine, settings, now, stop)
    rescued = rescue(office)
    posted = people = post_some(engine, settings, now)
    sent = send(office)
    # The first mails leave while most are not posted yet.
    while people and not office.stop.is_set():
        people = post_some(engine, settings, now)
        posted += people
        sent += send(office)
    beat(engine, "tick", now)
    return Pass(swept, posted, sent, rescued)


def sweep_all(engine: Engine, settings: Settings, now: datetime, stop: Event | None = None) -> int:
    """Sweep until nothing is due or `stop` is set, each batch a transaction; how many timers."""
    policy, total = settings.policy(), 0
    while not (stop and stop.is_set()):
        with writing(engine) as session:
            taken = sweep(session, now, policy)
        if taken == 0:
            break
        total += taken
    return total


def post_some(engine: Engine, settings: Settings, now: datetime) -> int:
    """Post for some of the people who have something due, in one transaction; for how many.

    Call it until that is 0.
    """
    with writing(engine) as session:
        return post.post(session, now, settings.policy(), domain_of(settings.mail.sender))


def rescue(office: deliver.Office) -> int:
    """Take back claims that grew old, before anything is sent; how many mails go out again."""
    with writing(office.engine) as session:
        return outbox.rescue(session, office.now)


def send(office: deliver.Office) -> int:
    """Send what is due over the configured connections; how many mails were sent."""
    return deliver.deliver(office, office.sender.settings.mail.connections)


def beat(engine: Engine, job: str, now: datetime) -> None:
    """Note that a job ran to its end at `now`."""
    with writing(engine) as session:
        statement = insert_into(session, Heartbeat).values(job=job, at=now)
        session.execute(
            statement.on_conflict_do_update(index_elements=[Heartbeat.job], set_={"at": now})
        )
