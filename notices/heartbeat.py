"""That a job runs, noted where every node and `jikai doctor` can see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from db.inserts import insert_into
from db.tables import Heartbeat

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


def beat(session: Session, job: str, now: datetime) -> None:
    """Note that `job` was at work at `now` (aware)."""
    statement = insert_into(session, Heartbeat).values(job=job, at=now)
    session.execute(
        statement.on_conflict_do_update(index_elements=[Heartbeat.job], set_={"at": now})
    )
