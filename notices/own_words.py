"""The words of a reply that are its writer's own, and the figures that they stand below.

Of what was quoted only this is kept: a figure's name, right above what was written below it.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any, NamedTuple

from mailparser_reply import EmailReplyParser

from notices.charsets import decoded
from notices.locale import say

if TYPE_CHECKING:
    from collections.abc import Sequence
    from email.message import EmailMessage

LONGEST_TEXT = 2000
# What is longer is no answer; and the time of some patterns grows with a line's square.
LONGEST_CONTENT = 100_000
LONG_LINE = re.compile(r"([^\n]{1000})(?=[^\n])")
EMPTY_LINES = re.compile(r"(?:[^\S\n]*\n){3,}")
# Begins a line that was quoted and tells which figure the words below it are about.
MARK = "> "
LEFT_OUT = "…"
QUOTED = re.compile(r"\s*[>＞|]")
# What stands above the mail that was replied to, where its lines are not marked.
HEADER = re.compile(
    r"\s*(\*?(From|差出人|送信者|送信元)\*?\s*[:：]|-{3,}.*(Original|元のメッセージ|転送)|_{10,}\s*$)"
)
SIGNATURE = re.compile(r"-- ?")
# "On 2 December, 9:00, Jikai <…> wrote:", with an hour or an address.
ATTRIBUTION = re.compile(r"(\d[:：]\d\d|@).*[:：]\s*$")
BLOCKS = frozenset({"br", "p", "div", "tr", "li"})
HEADS = ("・", "■")
LINK = re.compile(r"<?https?:\S*")
# A piece of a wrapped line is longer than what somebody else would write in the same words.
SHORTEST_PIECE = 12
EXAMPLE = re.compile("[「“](.+?)[」”]")


class _Figure(NamedTuple):
    """A figure of the mail replied to: its name, and its lines without blanks and marks."""

    name: str
    head: str
    text: str


def new_text(message: EmailMessage, sent: str) -> str:
    """What the writer added, without what was quoted and the signature; "" where there is none.

    `sent` is the text that was replied to: of its lines none is the writer's, however their mail
    program quotes them. Where it told of several figures, the name of that right above the
    writer's words stays, behind `MARK`.
    """
    bodies: list[Any] = [message.get_body((kind,)) for kind in ("plain", "html")]
    contents = [_content(body) for body in bodies if body is not None]
    # Some programs leave the plain part empty.
    content = next((each for each in contents if each.strip()), "")[:LONGEST_CONTENT]
    content = EMPTY_LINES.sub("\n\n", LONG_LINE.sub(r"\1\n", content))
    return "\n".join(_Own(sent).lines(*_answer(content))).strip()[:LONGEST_TEXT]


def own_lines(text: str) -> str:
    """A reply's text without the names that its words stood below."""
    return "\n".join(line for line in text.splitlines() if not line.startswith(MARK))


def unmarked(text: str) -> str:
    """A reply's text as people are shown it: names that its words stood below as plain lines."""
    return "\n".join(line.removeprefix(MARK) for line in text.splitlines())


def _answer(content: str) -> tuple[str, str]:
    """The text above what was replied to, and that with answers between its lines if marked."""
    first, *rest = EmailReplyParser(languages=["en", "ja"]).read(content).replies
    parts: list[str] = []
    for each in rest:
        body = _body(each)
        if HEADER.match(each.headers.strip()) or not QUOTED.match(body.lstrip()):
            break
        parts.append(body)
    return _body(first), "\n".join(parts)


def _body(part: Any) -> str:
    """A part without the line that says whose words come next."""
    header = part.headers.strip()
    attributed = header and not HEADER.match(header)
    # Of a Japanese one the colon is not counted in.
    behind = part.content.removeprefix(header).removeprefix(":")
    return str(behind if attributed else part.content)


class _Own:
    """Tells a writer's lines from those of the mail that was replied to."""

    def __init__(self, sent: str) -> None:
        self._known = {_bare(line) for line in sent.splitlines()}
        self._all = "".join(_bare(line) for line in sent.splitlines())
        self._figures = _figures(sent)
        self._examples = _examples()
        self._kept: list[str] = []
        self._quoted: list[str] = []
        self._behind: int | None = None

    def lines(self, above: str, below: str) -> list[str]:
        """The lines that are neither marked as quoted, nor of the mail that was replied to.

        What stands at the very end, below all that was quoted below an answer, is no part of it:
        a footer of its server, but for words below a figure's name.
        """
        self._take(above)
        answered = any(line.strip() for line in self._kept)
        self._behind = None
        self._take(below)
        return self._kept[: self._behind if answered else None]

    def _take(self, text: str) -> None:
        for line in text.splitlines():
            if HEADER.match(line) or SIGNATURE.fullmatch(line):
                break
            if line.strip() and (QUOTED.match(line) or self._is_sent(_bare(line))):
                self._quote(line)
            else:
                self._keep(line)

    def _is_sent(self, bare: str) -> bool:
        """Whether a line is one that was sent, or a piece of one that was wrapped on its way."""
        if bare in self._known:
            return True
        named = any(bare in each.head for each in self._figures)
        piece = len(bare) >= SHORTEST_PIECE and bare in self._all
        return piece and not named and not any(bare in each for each in self._examples)

    def _quote(self, line: str) -> None:
        self._behind = None
        if not self._quoted:
            _drop_attribution(self._kept)
        self._quoted.append(_bare(LINK.sub("", line)))

    def _keep(self, line: str) -> None:
        if line.strip() and self._quoted:
            self._kept += self._above()
            self._quoted = []
        self._kept.append(line)

    def _above(self) -> list[str]:
        """What is kept of quoted lines: the figure's name, or that it is no longer the last one."""
        name = _named(self._quoted, self._figures)
        self._behind = None if name else len(self._kept)
        goes_on = bool(self._figures) and any(line.strip() for line in self._kept)
        return [MARK + (name or LEFT_OUT)] if name or goes_on else []


def _examples() -> list[str]:
    """What the mails give as an example of a reply: whoever writes the same has written it."""
    hints = [say(language, "mail.may_reply") for language in ("en", "ja")]
    return [_bare(found) for hint in hints for found in EXAMPLE.findall(hint)]


def _figures(sent: str) -> list[_Figure]:
    """The figures of a mail that tells of several, as paragraphs below their names."""
    blocks = [block.strip().splitlines() for block in re.split(r"\n\s*\n", sent)]
    for mark in HEADS:
        found = [
            _Figure(
                " ".join(block[0].strip(mark).split()),
                _bare(block[0]),
                "".join(_bare(LINK.sub("", line)) for line in block),
            )
            for block in blocks
            if block and block[0].startswith(mark)
        ]
        if len(found) > 1:
            return found
    return []


def _named(quoted: Sequence[str], figures: Sequence[_Figure]) -> str:
    """The figure whose lines end some quoted ones; "" where those end with anything else."""
    found = {each.name for each in figures if _ends_with(quoted, each, figures)}
    return next(iter(found)) if len(found) == 1 else ""


def _ends_with(quoted: Sequence[str], figure: _Figure, figures: Sequence[_Figure]) -> bool:
    lines = [line for line in quoted if line]
    while lines and not _begins(lines[-1], figure) and lines[-1] in figure.text:
        lines.pop()
    if not lines or not _begins(lines[-1], figure):
        return False
    # Two names in a row: what stands below may be about both.
    return len(lines) == 1 or all(lines[-2] != each.head for each in figures)


def _begins(line: str, figure: _Figure) -> bool:
    behind = line.removeprefix(figure.head)
    return line.startswith(figure.head) and behind in figure.text


def _drop_attribution(kept: list[str]) -> None:
    """Take the line away that says whose words come next; `kept` ends before those."""
    while kept and not kept[-1].strip():
        kept.pop()
    if kept and ATTRIBUTION.search(kept[-1]):
        kept.pop()


def _bare(line: str) -> str:
    return "".join(line.split()).strip(">＞|・■*")


def _content(body: Any) -> str:
    """The words of a part, also where it names a character set that nobody knows, or none."""
    content = bytes(body.get_payload(decode=True) or b"")
    text = decoded(content, str(body.get_content_charset() or ""))
    return _words(text) if body.get_content_subtype() == "html" else text


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
