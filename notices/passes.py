"""One pass over all that time brings: what `jikai tick`, the service and the demo run."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from threading import Event
from time import monotonic, sleep
from typing import TYPE_CHECKING

from sqlalchemy import select

from db.engine import reading, writing
from db.tables import Timer
from notices import announce, broken_templates, deliver, heartbeat, keys, outbox, post
from notices.compose import Sender
from notices.maildir import MaildirTransport
from notices.message import domain_of
from notices.office import Office
from notices.pace import Pace
from notices.smtp import SmtpTransport
from scheduler.handover import turn_absences, turning
from scheduler.missed import bring_next, freed
from scheduler.replanning import awaiting, is_basis, note_basis, replan
from scheduler.sweep import sweep

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import Engine

    from notices.settings import Settings
    from notices.wire import Transport

# Between two looks whether more has been posted, or whether another node has finished its batch.
LOOK_AGAIN_SECONDS = 0.05
# For how many people one transaction of posting is at most.
MOST_PEOPLE = 500
# Between two transactions of posting, for whoever wants to write too: SQLite's lock has no queue.
TURN_SECONDS = 0.005
# How long what another node sweeps is waited for.
OTHERS_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass did: timers taken, people whose reminders came up, mails sent, rescued."""

    swept: int
    posted: int
    sent: int
    rescued: int


def transport(settings: Settings) -> Transport:
    """The way out that the configuration names for mails. Raises `SettingsError`."""
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
    *,
    channels: Transport | None = None,
) -> Pass:
    """Sweep, post and deliver what is due at `now` (aware); run twice, it does nothing twice.

    Without a way to `channels` their copies wait.
    """
    sender = Sender(settings, keys.signing_key(settings))
    pace = Pace(settings.mail.mails_per_minute)
    office = Office(engine, sender, way, now, stop or Event(), pace)
    swept = come_due(engine, settings, now, stop)
    rescued = rescue(office)
    posted, sent = _post_and_send(office)
    if channels:
        sent += send(replace(office, transport=channels, copies=True, pace=Pace()))
    beat(engine, "tick", now)
    return Pass(swept, posted, sent, rescued)


def _post_and_send(office: Office) -> tuple[int, int]:
    """For how many people was posted, and how many mails were sent.

    The first mails leave while most are not posted yet.
    """
    posting, sent = post_all(office.engine, office.sender.settings, office.now, office.stop), 0
    first = next(posting, 0)
    if not first:
        return 0, send(office)
    with ThreadPoolExecutor(1, "post") as beside:
        rest = beside.submit(sum, posting)
        while not rest.done():
            sent += send(office)
            wait([rest], LOOK_AGAIN_SECONDS)
    return first + rest.result(), sent + send(office)


def come_due(engine: Engine, settings: Settings, now: datetime, stop: Event | None = None) -> int:
    """Let everything come due that does at `now`, by the policy of today; how many timers."""
    follow_policy(engine, settings, now)
    begin_all(engine, settings, now)
    swept = sweep_all(engine, settings, now, stop)
    announce_all(engine, settings, now)
    return swept


def follow_policy(engine: Engine, settings: Settings, now: datetime) -> None:
    """Plan what is to come anew where the configuration's policy is not the one last planned by."""
    policy = settings.policy()
    with reading(engine) as session:
        if is_basis(session, policy):
            return
        entry_ids = awaiting(session, after=0)
    while entry_ids:
        with writing(engine) as session:
            replan(session, entry_ids, now, policy)
            entry_ids = awaiting(session, after=entry_ids[-1])
    with writing(engine) as session:
        note_basis(session, now, policy)


def begin_all(engine: Engine, settings: Settings, now: datetime) -> None:
    """Turn the absences whose day has come, and bring the next of what holds nothing back."""
    policy = settings.policy()
    with reading(engine) as session:
        leaves = session.scalars(turning(policy.today(now))).first() is not None
        brings = bool(freed(session, policy.today(now), policy))
    if leaves:
        with writing(engine) as session:
            turn_absences(session, now, policy)
    while brings:
        with writing(engine) as session:
            brings = bring_next(session, now, policy) > 0


def sweep_all(engine: Engine, settings: Settings, now: datetime, stop: Event | None = None) -> int:
    """Sweep until nothing is due or `stop` is set, each batch a transaction; how many timers.

    What another node has in hand is waited for, if not for ever: a mail posted before it would tell
    its person a part of what has come due, and the rest a day later.
    """
    policy, total = settings.policy(), 0
    until = monotonic() + OTHERS_SECONDS
    while not (stop and stop.is_set()):
        with writing(engine) as session:
            taken = sweep(session, now, policy)
        total += taken
        if taken == 0 and not _others_sweep(engine, now, until):
            break
    return total


def _others_sweep(engine: Engine, now: datetime, until: float) -> bool:
    """Whether another node holds timers due at `now`, after a moment's wait; False past `until`."""
    with reading(engine) as session:
        is_due = session.scalars(select(Timer).where(Timer.due_at <= now).limit(1)).first()
    if is_due is None or monotonic() > until:
        return False
    sleep(LOOK_AGAIN_SECONDS)
    return True


def announce_all(engine: Engine, settings: Settings, now: datetime) -> None:
    """Note what people are to be told besides their windows, each batch a transaction."""
    policy = settings.policy()
    with reading(engine) as session:
        anything = announce.is_due(session, now, policy)
    if not anything:
        return
    with writing(engine) as session:
        announce.announce_day(session, now, settings)
    while True:
        with writing(engine) as session:
            if announce.announce_answers(session, now, policy) == 0:
                return


def post_all(engine: Engine, settings: Settings, now: datetime, stop: Event) -> Iterator[int]:
    """Post until nothing is due or `stop` is set; for how many people, after each transaction.

    They begin small, so that whoever sends can write its first marks soon, but with enough for all
    of its connections.
    """
    limit = deliver.FOR_A_LINE * settings.mail.connections
    while not stop.is_set() and (people := post_some(engine, settings, now, limit)):
        yield people
        stop.wait(TURN_SECONDS)
        limit = min(2 * limit, MOST_PEOPLE)


def post_some(engine: Engine, settings: Settings, now: datetime, limit: int = MOST_PEOPLE) -> int:
    """Post for up to `limit` people who have something due, in one transaction; for how many.

    Call it until that is 0.
    """
    with writing(engine) as session:
        return post.post(session, now, settings.policy(), domain_of(settings.mail.sender), limit)


def rescue(office: Office) -> int:
    """Take back claims that grew old, before anything is sent; how many mails go out again."""
    with writing(office.engine) as session:
        return outbox.rescue(session, office.now)


def send(office: Office) -> int:
    """Send what is due over the configured connections; how many mails, or copies, were sent."""
    sent = deliver.deliver(office, office.sender.settings.mail.connections)
    _note_templates(office)
    return sent


def _note_templates(office: Office) -> None:
    """Let the admins hear of templates that failed with what was just written."""
    with reading(office.engine) as session:
        met = broken_templates.unnoted(session, office.sender.settings)
    if met:
        with writing(office.engine) as session:
            broken_templates.note(session, met, office.now)


def beat(engine: Engine, job: str, now: datetime) -> None:
    """Note that a job ran to its end at `now`."""
    with writing(engine) as session:
        heartbeat.beat(session, job, now)
