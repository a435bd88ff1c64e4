"""A pass in a process of its own that is killed (SIGKILL) at a chosen step."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from db.engine import keeping, open_engine, writing
from notices import books, passes, tray
from notices.compose import compose
from notices.settings import parse
from notices.smtp import SmtpTransport

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from notices.wire import Conversation, Message, Outcome


class Steps:
    """Counts the steps of a pass, and dies at the one it was told."""

    def __init__(self, die_at: int, log: Path) -> None:
        self._left = die_at
        self._log = log
        self._lock = Lock()

    def reached(self, name: str) -> None:
        with self._lock:
            self._left -= 1
            if self._left == 0:
                self._log.write_text(name)
                os.kill(os.getpid(), signal.SIGKILL)

    @contextmanager
    def writing(self, engine: Engine) -> Iterator[Session]:
        with writing(engine) as session:
            yield session
            self.reached("before a commit")
        self.reached("after a commit")

    @contextmanager
    def keeping(self, engine: Engine) -> Iterator[Any]:
        with keeping(engine) as transaction:

            @contextmanager
            def watched() -> Iterator[Session]:
                with transaction() as session:
                    yield session
                    self.reached("before a commit")
                self.reached("after a commit")

            yield watched

    def compose(self, *arguments: Any) -> Message | None:
        message = compose(*arguments)
        self.reached("after composing")
        return message


class CountedTransport:
    """The real way over SMTP, with a step before and after each part of it."""

    def __init__(self, way: SmtpTransport, steps: Steps) -> None:
        self._way = way
        self._steps = steps

    def open(self) -> Conversation:
        conversation = _Counted(self._way.open(), self._steps)
        self._steps.reached("after connecting")
        return conversation


class _Counted:
    def __init__(self, inner: Conversation, steps: Steps) -> None:
        self._inner = inner
        self._steps = steps

    def begin(self, message: Message) -> None:
        self._inner.begin(message)
        self._steps.reached("before the mark")

    def finish(self) -> Outcome:
        self._steps.reached("marked, before the dot")
        outcome = self._inner.finish()
        self._steps.reached("after the dot")
        return outcome

    def close(self) -> None:
        self._inner.close()


def tick_and_die(url: str, folder: str, port: int, now: datetime, die_at: int) -> None:
    """Run one pass that dies at its step number `die_at` and writes down where that was."""
    engine = open_engine(url)
    steps = Steps(die_at, Path(folder) / "died")
    way = CountedTransport(SmtpTransport("127.0.0.1", port, "none"), steps)
    settings = parse({"database": {"url": url}, "mail": {"connections": 1}}, Path(folder) / "c")
    with (
        patch.object(passes, "writing", steps.writing),
        patch.object(books, "keeping", steps.keeping),
        patch.object(tray, "compose", steps.compose),
    ):
        passes.tick(engine, settings, now, way)
    engine.dispose()


def tick(url: str, folder: str, port: int, now: datetime, connections: int) -> None:
    """Run one pass to its end, unless somebody kills it."""
    engine = open_engine(url)
    values = {"database": {"url": url}, "mail": {"connections": connections}}
    settings = parse(values, Path(folder) / "c")
    passes.tick(engine, settings, now, SmtpTransport("127.0.0.1", port, "none"))
    engine.dispose()
