"""Replies to mails: what their writers said, and of which figure, as far as that is certain."""

from __future__ import annotations

import re
import unicodedata
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any, NamedTuple

from mailparser_reply import EmailReplyParser
from sqlalchemy import select

from db.tables import Incoming, Occurrence, Person, Reminder, is_open
from notices.charsets import decoded
from notices.passages import passage
from scheduler.owners import recipients

if TYPE_CHECKING:
    from collections.abc import Sequence
    from email.message import EmailMessage

    from sqlalchemy.orm import Session

    from scheduler.policy import Policy
    from scheduler.timing import Stated

LONGEST_TEXT = 2000
LONGEST_LINE = 300
QUOTED = re.compile(r"\s*[>＞|]")
# What stands above the mail that was replied to, where its lines are not marked.
HEADER = re.compile(
    r"\s*(\*?(From|差出人|送信者|送信元)\*?\s*[:：]|-{3,}.*(Original|元のメッセージ|転送)|_{10,}\s*$)"
)
SIGNATURE = re.compile(r"-- ?")
# "On 2 December, 9:00, Jikai <…> wrote:", with an hour or an address.
ATTRIBUTION = re.compile(r"(\d[:：]\d\d|@).*[:：]\s*$")
# "③", "3." or "・" before a figure's name, as NFKC writes them.
MARK = re.compile(r"[-・*■◆●○( ]*\d{0,2}[-.,):、 ]*")
BLOCKS = frozenset({"br", "p", "div", "tr", "li"})


class Heard(NamedTuple):
    """What a reply says of one figure of the mail it answers; unclear where nothing certain."""

    occurrence: Occurrence
    said: Stated


def new_text(message: EmailMessage, sent: str) -> str:
    """What the writer added, without what was quoted and the signature; "" where there is none.

    `sent` is the text that was replied to: of its lines none is the writer's, however their mail
    program quotes them.
    """
    bodies: list[Any] = [message.get_body((kind,)) for kind in ("plain", "html")]
    contents = [_content(body) for body in bodies if body is not None]
    # Some programs leave the plain part empty.
    content = next((each for each in contents if each.strip()), "")
    text = EmailReplyParser(languages=["en", "ja"]).parse_reply(text=content) or ""
    return "\n".join(_own(text, sent)).strip()[:LONGEST_TEXT]


def _own(text: str, sent: str) -> list[str]:
    """The lines that are neither marked as quoted, nor of the mail that was replied to."""
    known = {_bare(line) for line in sent.splitlines()}
    kept: list[str] = []
    for line in text.splitlines():
        if HEADER.match(line) or SIGNATURE.fullmatch(line):
            break
        if line.strip() and (QUOTED.match(line) or _bare(line) in known):
            _drop_attribution(kept)
        else:
            kept.append(line)
    return kept


def _drop_attribution(kept: list[str]) -> None:
    """Take the line away that says whose words come next; `kept` ends before those."""
    while kept and not kept[-1].strip():
        kept.pop()
    if kept and ATTRIBUTION.search(kept[-1]):
        kept.pop()


def _bare(line: str) -> str:
    return "".join(line.split()).strip(">・■*")


def _content(body: Any) -> str:
    """The words of a part, also where it names a character set that nobody knows, or none."""
    content = bytes(body.get_payload(decode=True) or b"")
    text = decoded(content, str(body.get_content_charset() or ""))
    return _words(text) if body.get_content_subtype() == "html" else text


def heard(session: Session, incoming: Incoming, policy: Policy) -> list[Heard]:
    """What a reply says of each figure that its mail asked for and that is still open.

    Where the mail asked for one, the reply is about it; else a line must name the figure.
    """
    asked = _asked(session, incoming, policy)
    context = policy.context(policy.today(incoming.at))
    if len(asked) == 1:
        return [Heard(asked[0], passage(incoming.text, context))]
    named = {each.id: _of_figure(each, asked, incoming.text) for each in asked}
    return [Heard(each, passage("\n".join(named[each.id]), context)) for each in asked]


def _asked(session: Session, incoming: Incoming, policy: Policy) -> list[Occurrence]:
    """The open occurrences of the mail that was replied to, if they still concern the writer."""
    query = (
        select(Occurrence)
        .join(Reminder, Reminder.occurrence_id == Occurrence.id)
        .where(Reminder.mail_id == incoming.mail_id, is_open())
        .order_by(Occurrence.id)
        .distinct()
    )
    found = session.scalars(query).all()
    told = recipients(session, {each.entry_id for each in found}, policy.today(incoming.at))
    person = session.get(Person, incoming.person_id)
    return [each for each in found if person in told[each.entry_id]]


def _of_figure(one: Occurrence, asked: Sequence[Occurrence], text: str) -> list[str]:
    """The lines that name this figure and no other, without the name."""
    name, others = _plain(one.entry.name), [_plain(o.entry.name) for o in asked if o is not one]
    lines = []
    for line in text.splitlines():
        plain = _plain(line)
        longer = [other for other in others if other in plain and len(other) >= len(name)]
        if name in plain and not longer and len(line) <= LONGEST_LINE:
            before, _, after = plain.partition(name)
            before = "" if MARK.fullmatch(before) else before
            lines.append(f"{before} {after}".replace(name, " "))
    return lines


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split())


class _Words(HTMLParser):
    """The words of a page without what is quoted or not shown; blocks become lines.

    What is hidden ends with the element that began it: others may be left open, as `<p>` often is.
    """

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self._hides, self._depth = "", 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        quoted = tag == "blockquote" or "gmail_quote" in (dict(attrs).get("class") or "")
        if self._hides:
            self._depth += tag == self._hides
        elif quoted or tag in {"style", "script", "title"}:
            self._hides, self._depth = tag, 1
        elif tag in BLOCKS:
            self.pieces.append("\n")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in BLOCKS:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag == self._hides:
            self._depth -= 1
            self._hides = self._hides if self._depth else ""

    def handle_data(self, data: str) -> None:
        if not self._hides:
            self.pieces.append(data)


def _words(html: str) -> str:
    reader = _Words()
    reader.feed(html)
    return "".join(reader.pieces)
