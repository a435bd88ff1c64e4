"""The echo of a reply: what was read in it, for one click of confirmation."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from db.tables import Incoming
from notices import links, wording
from notices.digest import in_subject, plain
from notices.letters import written
from notices.locale import say
from notices.own_words import unmarked
from notices.replies import heard

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from db.tables import Mail, Person
    from notices.message import Letter
    from notices.replies import Heard
    from notices.settings import Settings
    from scheduler.timing import Stated


class Echoed(NamedTuple):
    """One figure of the echo: what was read of it, a sentence each, and where to confirm that."""

    name: str
    awaited: str
    facts: tuple[str, ...]
    sort: str
    link: str


class Echo(NamedTuple):
    """What is echoed: the lines, those in which something was read first, and the reply's text.

    `mail_id` is the mail that was replied to; a reply to the echo answers it once more.
    """

    lines: list[Echoed]
    text: str
    mail_id: int


def look_up(
    session: Session, mail: Mail, settings: Settings, secret: bytes, now: datetime
) -> Echo | None:
    """What an echo says of its reply; None where nothing of what that answers is open any more."""
    incoming = session.get(Incoming, int(mail.key.partition("/")[2]))
    found = heard(session, incoming, settings.policy()) if incoming else []
    if incoming is None or not found:
        return None
    lines = [_line(each, mail, settings, secret, now) for each in found]
    lines = [
        line._replace(link=f"{line.link}?reply={incoming.id}") if line.facts else line
        for line in lines
    ]
    lines.sort(key=lambda line: not line.facts)
    return Echo(lines, unmarked(incoming.text), incoming.mail_id or mail.id)


def echo_letter(person: Person, read: Echo, settings: Settings) -> Letter:
    """The letter that echoes a reply to the person who wrote it."""
    lines, text = read.lines, read.text
    understood = "read" if lines[0].facts else "unread"
    name = in_subject(lines[0].name)
    subject = say(person.language, f"mail.echo.subject_{understood}", name=name)
    return written("echo", person, settings, subject, lines=lines, text=text, understood=understood)


def read_facts(said: Stated, language: str) -> tuple[str, ...]:
    """What was read in a reply, a sentence for each part; () where nothing certain."""
    if said.sort == "not_yet":
        return (say(language, "mail.echo.not_yet"),)
    if said.sort == "later":
        window = wording.window(said.earliest, said.latest, said.approx, language)
        return (say(language, "mail.echo.window", window=window),)
    parts = {
        "value": said.value,
        "stage": wording.stage(said.stage, language),
        "period": wording.period(said.period, language) if said.period else "",
        "day": wording.day(said.day, language) if said.day else "",
    }
    return tuple(
        say(language, f"mail.echo.{name}", said=part) for name, part in parts.items() if part
    )


def _line(each: Heard, mail: Mail, settings: Settings, secret: bytes, now: datetime) -> Echoed:
    one, language = each.occurrence, mail.person.language
    base_url = settings.web.base_url
    link = links.answer_address(base_url, secret, one.id, mail.person_id, now)
    awaited = wording.awaited_words(one, language)
    return Echoed(
        plain(one.entry.name), awaited, read_facts(each.said, language), each.said.sort, link
    )
