"""The service's log on standard error: calm, one line per event, without addresses and secrets."""

from __future__ import annotations

import logging
import re
import sys

LINE = "%(asctime)s %(levelname)s %(name)s: %(message)s"
MOMENT = "%Y-%m-%dT%H:%M:%S%z"
MAILBOX = re.compile(r"[\w.+%-]+(?=@[\w-]+\.[\w.-]+)")
# Tokens stand in the pages' paths; elsewhere a long word with capitals and digits counts as one.
PATH_TOKEN = re.compile(r"(?<=/)(feeds|a|u|sign-in)/[^\s\"'<>]+")
LONG_TOKEN = re.compile(r"(?=[\w.-]*\d)(?=[\w.-]*[A-Z])[\w.-]{30,}", re.ASCII)


class RedactingFormatter(logging.Formatter):
    """Formats a record, its traceback too, and takes out who it is about and what opens doors."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as text."""
        return redacted(super().format(record))


def redacted(text: str) -> str:
    """`text` without the names of mailboxes and without tokens."""
    text = PATH_TOKEN.sub(r"\1/…", text)
    return MAILBOX.sub("…", LONG_TOKEN.sub("…", text))


def log_to_stderr() -> None:
    """Log to standard error: Jikai's own events from INFO on, of the libraries warnings alone."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(RedactingFormatter(LINE, MOMENT))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("notices").setLevel(logging.INFO)
    # That mail is still being sent when it is time to look again is nothing to warn of.
    logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)
    # Apprise names addresses with their secrets; what it says of a failure is kept with the mail.
    logging.getLogger("apprise").propagate = False
    # What clients ask for in error is theirs to know; each answer of theirs says it.
    logging.getLogger("radicale").setLevel(logging.ERROR)
    # `notices.ticks` reports failed jobs itself.
    logging.getLogger("apscheduler.executors").setLevel(logging.CRITICAL)
