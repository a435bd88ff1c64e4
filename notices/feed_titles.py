"""What a feed shows, in words: its title on pages and lists, and its name where nobody gave one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from db.tables import Entry, Person, Sheet
from notices.locale import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from scheduler.filters import Filter


def title(session: Session, wanted: Filter, language: str) -> str:
    """All that a filter asks for: 地方税 · 区分A · 超過のみ, or "everything"."""
    parts = list(_parts(session, wanted, language))
    return say(language, "feeds.title.joint").join(parts) or say(language, "feeds.title.everything")


def _parts(session: Session, wanted: Filter, language: str) -> Iterator[str]:
    if wanted.person_id is not None:
        yield session.get_one(Person, wanted.person_id).name
    if wanted.policy_issue is not None:
        yield wanted.policy_issue
    if wanted.sheet_id is not None:
        yield session.get_one(Sheet, wanted.sheet_id).reform_item
    if wanted.entry_id is not None:
        yield " ".join(session.get_one(Entry, wanted.entry_id).name.split())
    if wanted.category is not None:
        yield say(language, "feeds.title.category", category=wanted.category)
    if wanted.words is not None:
        yield say(language, "feeds.title.words", words=wanted.words)
    if wanted.overdue_only:
        yield say(language, "feeds.title.overdue_only")
