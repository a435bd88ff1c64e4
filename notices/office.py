"""What the senders of mails in one process work with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING

from notices.pace import Pace

if TYPE_CHECKING:
    from datetime import datetime
    from threading import Event

    from sqlalchemy import Engine

    from notices.compose import Sender
    from notices.wire import Transport


@dataclass(frozen=True, slots=True)
class Office:
    """What a sender of mails works with; shared by its threads.

    `now` is the moment the pass began; `pace` lives on from one pass to the next. `copies` are sent
    instead of mails where the transport leads to other channels.
    """

    engine: Engine
    sender: Sender
    transport: Transport
    now: datetime
    stop: Event
    pace: Pace = field(default_factory=Pace)
    copies: bool = False
    _began: float = field(default_factory=monotonic)

    @property
    def moment(self) -> datetime:
        """`now`, moved on by as long as the pass has taken: leases count from when they are."""
        return self.now + timedelta(seconds=monotonic() - self._began)
