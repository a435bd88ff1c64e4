"""The parts of the mail of a day, each with what its templates say; the most urgent part first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from db.tables import MailKind
from notices.digest import plain
from notices.locale import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from db.tables import Entry
    from notices.digest import Digest

# The kinds of parts; a mail's kind is that of the most urgent thing in it.
URGENCY = tuple(MailKind)
MOST_LINES = 12


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is told: its name, what there is to say of it, and a page of it if any."""

    name: str
    facts: tuple[str, ...] = ()
    link: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """Things told together under one title; `hint` says what to do, `more` what is left out."""

    title: str
    lines: tuple[Line, ...]
    hint: str = ""
    more: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """What one mail says of one kind: figures to be answered for (`digest`), or news (`blocks`)."""

    kind: MailKind
    subject: str
    digest: Digest | None = None
    blocks: tuple[Block, ...] = ()


def block(language: str, key: str, lines: Sequence[Line], *, hinted: bool = True) -> Block:
    """A block titled `mail.KEY.title` with its hint if any, of as many lines as a mail can hold."""
    left_out = len(lines) - MOST_LINES
    return Block(
        title=say(language, f"mail.{key}.title", count=len(lines)),
        lines=tuple(lines[:MOST_LINES]),
        hint=say(language, f"mail.{key}.hint") if hinted else "",
        more=say(language, "mail.more", count=left_out) if left_out > 0 else "",
    )


def entry_line(entry: Entry, base_url: str, facts: Sequence[str] = ()) -> Line:
    """What is told of an entry, with its page."""
    return Line(plain(entry.name), tuple(facts), f"{base_url}/entries/{entry.id}")
