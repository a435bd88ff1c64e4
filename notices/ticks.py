"""The service's clock ticks: APScheduler says "look again" and holds no state."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from math import inf
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any

from apscheduler.events import EVENT_JOB_ERROR
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.exc import OperationalError

from db.engine import reading
from notices import feed_copies, keys, passes
from notices.channels import Channels
from notices.coming import next_due
from notices.compose import Sender
from notices.imap import MailboxError
from notices.office import Office
from notices.pace import Pace

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

    from notices.clock import Clock
    from notices.imap import Mailbox
    from notices.inbox import Desk
    from notices.settings import Settings

SWEEP_SECONDS = 30
# A look at an outbox with nothing due is one read; taking back claims and the heartbeat write.
LOOK_SECONDS = 1
MAIL_SECONDS = 5
FETCH_SECONDS = 60
JITTER_SECONDS = 1
JITTER_PART = 0.2
SOON_SECONDS = 0.1

log = logging.getLogger(__name__)


class Ticks:
    """The jobs of one process: sweeping and posting, sending mail, or both.

    Each job works until nothing is due; a tick that was missed or came twice changes nothing.
    `errors` counts jobs that failed; the next tick tries again.
    """

    def __init__(self, engine: Engine, settings: Settings, clock: Clock, stop: Event) -> None:
        """`stop` is the flag that ends the work after the batch or the mail in hand."""
        self.errors = 0
        self._copied: feed_copies.State | None = None
        self._sending: list[Any] = []
        self._sweep: Any = None
        self._engine, self._settings, self._clock, self._stop = engine, settings, clock, stop
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._scheduler.add_listener(self._failed, EVENT_JOB_ERROR)

    def sweep_and_post(self) -> None:
        """Have reminders written and mails queued: now, when they come due, every half minute."""
        self._sweep = self._every(SWEEP_SECONDS, self._sweep_and_post)

    def send_mail(self) -> None:
        """Have what is queued sent, now and every second. Raises `SettingsError`.

        Copies for other channels go beside the mails: neither waits for the other.
        """
        sender = Sender(self._settings, keys.signing_key(self._settings))
        way = passes.transport(self._settings)
        pace = Pace(self._settings.mail.mails_per_minute)
        tended = -inf

        def send() -> None:
            nonlocal tended
            now = self._clock.now()
            office = Office(self._engine, sender, way, now, self._stop, pace)
            is_time = monotonic() - tended >= MAIL_SECONDS
            rescued = passes.rescue(office) if is_time else 0
            sent = passes.send(office)
            if is_time:
                passes.beat(self._engine, "mail", now)
                tended = monotonic()
            if rescued or sent:
                log.info(
                    "mail: %d sent, %d taken back from a sender that fell silent", sent, rescued
                )

        def copy() -> None:
            office = Office(
                self._engine, sender, Channels(), self._clock.now(), self._stop, copies=True
            )
            if copied := passes.send(office):
                log.info("mail: %d copied to other channels", copied)

        self._sending = [self._every(LOOK_SECONDS, work) for work in (send, copy)]

    def fetch_mail(self, mailbox: Mailbox, desk: Desk) -> None:
        """Have the mailbox emptied into the inbox, now and every minute."""

        def fetch() -> None:
            taken = mailbox.empty(desk, self._clock.now(), self._stop)
            if taken:
                log.info("inbox: %d mails taken note of", taken)

        self._every(FETCH_SECONDS, fetch)

    def start(self) -> None:
        """Start ticking, in threads of its own."""
        self._scheduler.start()

    def finish(self, seconds: float) -> bool:
        """After the flag was set: wait for the work in hand; whether it ended within `seconds`."""
        ending = Thread(target=self._scheduler.shutdown, daemon=True)
        ending.start()
        ending.join(seconds)
        return not ending.is_alive()

    def _every(self, seconds: int, work: Callable[[], None]) -> Any:
        def unless_stopping() -> None:
            # The scheduler looks once more while it shuts down.
            if not self._stop.is_set():
                work()

        return self._scheduler.add_job(
            unless_stopping,
            "interval",
            seconds=seconds,
            jitter=min(JITTER_SECONDS, seconds * JITTER_PART),
            next_run_time=datetime.now(UTC),
        )

    def _sweep_and_post(self) -> None:
        now = self._clock.now()
        swept = passes.come_due(self._engine, self._settings, now, self._stop)
        posted = 0
        for people in passes.post_all(self._engine, self._settings, now, self._stop):
            posted += people
            self._send_at_once()
        self._copy_events(now)
        passes.beat(self._engine, "scheduler", now)
        if swept or posted:
            log.info("scheduler: %d steps came due, %d mails queued", swept, posted)
        self._look_in_time(now)

    def _copy_events(self, now: datetime) -> None:
        """Have feeds find the bytes of what has changed since this process last looked."""
        with reading(self._engine) as session:
            state = feed_copies.state(session)
        if state != self._copied:
            feed_copies.refresh(self._engine, self._settings, now)
            self._copied = state

    def _look_in_time(self, now: datetime) -> None:
        """Look again once the next thing comes due, where that is before the usual turn."""
        due = next_due(self._engine, self._settings.policy(), now)
        wait = (due - self._clock.now()).total_seconds() if due else SWEEP_SECONDS
        if wait < SWEEP_SECONDS:
            # Not before this job has ended: it would be taken for running still, and left out.
            soon = timedelta(seconds=max(wait, SOON_SECONDS))
            self._sweep.modify(next_run_time=datetime.now(UTC) + soon)

    def _send_at_once(self) -> None:
        """Let the first mails go while others are still being posted, if this process sends any."""
        for job in self._sending:
            job.modify(next_run_time=datetime.now(UTC))

    def _failed(self, event: Any) -> None:
        self.errors += 1
        for job in self._sending:
            # What failed is not mended within a second.
            if job.id == event.job_id:
                job.modify(next_run_time=datetime.now(UTC) + timedelta(seconds=MAIL_SECONDS))
        error = event.exception
        if isinstance(error, MailboxError):
            log.warning("%s", error)
        elif isinstance(error, OperationalError):
            log.warning("the database cannot be used now, trying again: %s", error.orig)
        else:
            log.error("a tick failed, trying again", exc_info=error)
