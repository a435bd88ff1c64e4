"""The way out for mails: what became of one, and what every transport can do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Verdict(StrEnum):
    """What a try came to. `UNKNOWN` alone is doubtful: the mail may or may not have arrived."""

    ACCEPTED = "accepted"
    LATER = "later"
    NEVER = "never"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A verdict with the server's own words."""

    verdict: Verdict
    reply: str


@dataclass(frozen=True, slots=True)
class Message:
    """A mail ready to go: envelope addresses (ASCII), subject for lists, and its exact bytes.

    Where `channel` is there, its `text` goes to that address of Apprise instead.
    """

    sender: str
    recipient: str
    message_id: str
    subject: str
    content: bytes
    channel: str = ""
    text: str = ""

    @property
    def destination(self) -> str:
        """Where it goes, as far as one place may keep all its mails waiting."""
        return self.channel or self.recipient.rpartition("@")[2]


class RefusedError(Exception):
    """This mail was not taken, and never had its final dot; the outcome is LATER or NEVER."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.reply)
        self.outcome = outcome


class UnreachableError(Exception):
    """No mail can be handed over now: the server is away, or it refuses us, not this mail."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Conversation(Protocol):
    """A connection over which mails go one after another. One thread uses it at a time."""

    def begin(self, message: Message) -> None:
        """Hand over everything but the final dot. Raises `RefusedError`, `UnreachableError`."""

    def finish(self) -> Outcome:
        """Give the dot to what was begun, and say what became of it."""

    def close(self) -> None:
        """End the conversation; what was begun and not finished is not delivered."""


class Transport(Protocol):
    """Where mails go. Threads may share it; each opens a conversation of its own."""

    def open(self) -> Conversation:
        """Start a conversation. Raises `UnreachableError`."""
