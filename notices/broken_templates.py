"""The office's templates that do not work: tried with samples, or met when a mail was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from db.inserts import insert_into, insert_rows
from db.tables import TemplateFault
from notices.letters import Fault, faults, stands
from notices.locale import LANGUAGES
from notices.samples import KINDS, sample

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy.orm import Session

    from notices.settings import Settings


def known(session: Session, settings: Settings) -> list[Fault]:
    """Those that failed in any process and were not changed since, by name.

    Each is tried with every kind of mail in every language first.
    """
    folder = settings.mail.template_folder
    if folder is None:
        return []
    for language in LANGUAGES:
        for kind in KINDS:
            sample(kind, language, settings)
    found = {fault.name: fault for fault in (*_noted(session, folder), *faults(folder))}
    return [found[name] for name in sorted(found)]


def unnoted(session: Session, settings: Settings) -> list[Fault]:
    """What this process has met and nobody has noted yet."""
    folder = settings.mail.template_folder
    met = faults(folder) if folder else []
    if folder is None or not met:
        return []
    noted = {fault.name for fault in _noted(session, folder)}
    return [fault for fault in met if fault.name not in noted]


def note(session: Session, met: list[Fault], now: datetime) -> None:
    """Let every process know of these, for the admins."""
    statement = insert_into(session, TemplateFault)
    newest = {name: statement.excluded[name] for name in ("reason", "version", "seen_at")}
    rows = [
        {"name": one.name, "reason": one.reason, "version": one.version, "seen_at": now}
        for one in met
    ]
    replacing = statement.on_conflict_do_update(index_elements=[TemplateFault.name], set_=newest)
    insert_rows(session, replacing, rows)


def _noted(session: Session, folder: Path) -> list[Fault]:
    query = select(TemplateFault.name, TemplateFault.reason, TemplateFault.version)
    found = [Fault(*row) for row in session.execute(query)]
    return [fault for fault in found if stands(fault, folder)]
