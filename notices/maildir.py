"""Mail into a Maildir on this machine: written to `tmp`, delivered by one rename into `new`."""

from __future__ import annotations

import os
from hashlib import sha256
from typing import TYPE_CHECKING

from notices.wire import Conversation, Message, Outcome, RefusedError, UnreachableError, Verdict

if TYPE_CHECKING:
    from pathlib import Path


class MaildirTransport:
    """A Maildir; its folders are made when the first mail comes."""

    def __init__(self, path: Path) -> None:
        """Deliver into `path`."""
        self._path = path

    def open(self) -> Conversation:
        """Make the folders where they are missing. Raises `UnreachableError`."""
        try:
            for name in ("tmp", "new", "cur"):
                (self._path / name).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UnreachableError(f"{self._path}: {error.strerror}") from error
        return _MaildirConversation(self._path)


class _MaildirConversation:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._begun: str | None = None

    def begin(self, message: Message) -> None:
        # Named after the Message-ID: the same mail a second time replaces itself.
        name = f"{sha256(message.message_id.encode()).hexdigest()[:32]}.jikai"
        try:
            with (self._path / "tmp" / name).open("wb") as file:
                file.write(message.content.replace(b"\r\n", b"\n"))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            (self._path / "tmp" / name).unlink(missing_ok=True)
            reply = f"{self._path}: {error.strerror}"
            raise RefusedError(Outcome(Verdict.LATER, reply)) from error
        self._begun = name

    def finish(self) -> Outcome:
        name = self._taken()
        try:
            (self._path / "tmp" / name).rename(self._path / "new" / name)
        except OSError as error:
            return Outcome(Verdict.LATER, f"{self._path}: {error.strerror}")
        try:
            _sync_folder(self._path / "new")
        except OSError as error:
            return Outcome(Verdict.UNKNOWN, f"new/{name}: {error.strerror}")
        return Outcome(Verdict.ACCEPTED, f"new/{name}")

    def close(self) -> None:
        if self._begun is not None:
            (self._path / "tmp" / self._taken()).unlink(missing_ok=True)

    def _taken(self) -> str:
        if self._begun is None:
            raise RuntimeError("nothing was begun")
        name, self._begun = self._begun, None
        return name


def _sync_folder(path: Path) -> None:
    """Make the rename itself last through a power cut."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
