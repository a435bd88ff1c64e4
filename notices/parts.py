"""The parts of the mail of a day, each with what its templates say; the most urgent part first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from db.tables import MailKind
from notices import wording
from notices.digest import plain
from notices.locale import say
from notices.message import one_line
from scheduler.occurrence import standing

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date

    from db.tables import Entry, Occurrence
    from notices.digest import Digest
    from scheduler.policy import Policy

# The kinds of parts; a mail's kind is that of the most urgent thing in it.
URGENCY = tuple(MailKind)
MOST_LINES = 12
# Names as long as a paragraph stand in full on the entry's page, and where it is answered for.
LONGEST_NAME = 64


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is told: its name, what there is to say of it, and a page of it if any.

    `of` is the occurrence (`7.1`) or the entry (`7`) that all of it is about, "" for anything else.
    """

    name: str
    facts: tuple[str, ...] = ()
    link: str = ""
    of: str = ""


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
    """A block titled `mail.KEY.title` with its hint if any."""
    return Block(
        title=say(language, f"mail.{key}.title", count=len(lines)),
        lines=tuple(lines),
        hint=say(language, f"mail.{key}.hint", count=len(lines)) if hinted else "",
    )


def entry_line(entry: Entry, base_url: str, facts: Sequence[str] = (), of: str = "") -> Line:
    """What is told of an entry, with its page."""
    name, page = one_line(plain(entry.name), LONGEST_NAME), f"{base_url}/entries/{entry.id}"
    return Line(name, tuple(facts), page, of)


def awaited_line(
    one: Occurrence, language: str, base_url: str, today: date, policy: Policy, *facts: str
) -> Line:
    """What is told of an open occurrence: what is awaited, when, where it stands, and `facts`."""
    window = (one.earliest, one.latest)
    state = standing(*window, one.overdue_on, today).value
    days = wording.countdown(state, *window, today)
    when = wording.expected(*window, one.approx, language, policy)
    awaited = say(language, "mail.headline", what=wording.awaited_words(one, language), when=when)
    said = (awaited, wording.standing(state, days, language), *facts)
    return entry_line(one.entry, base_url, said, one.public_id)


def fitted(parts: Iterable[Part], language: str) -> list[Part]:
    """The parts as one mail holds them: nothing is told twice, and of a long list its beginning.

    What a part above tells is counted and referred to; a part of nothing else is left out.
    """
    above: set[str] = set()
    found = []
    for part in parts:
        if part.digest:
            found.append(part)
            above |= part.digest.told
            continue
        lines = {line.of for block in part.blocks for line in block.lines}
        if not lines <= above:
            blocks = tuple(_fitted(each, above, language) for each in part.blocks)
            found.append(replace(part, blocks=blocks))
        above |= lines - {""}
    return found


def _fitted(block: Block, above: Collection[str], language: str) -> Block:
    lines = [line for line in block.lines if line.of not in above]
    counts = {"above": len(block.lines) - len(lines), "more": len(lines) - MOST_LINES}
    more = [say(language, f"mail.{key}", count=count) for key, count in counts.items() if count > 0]
    if not lines:
        return replace(block, lines=(), hint="", more=say(language, "mail.all_above"))
    return replace(block, lines=tuple(lines[:MOST_LINES]), more=" ".join(more))
