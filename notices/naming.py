"""Which figure of a mail each line of a reply is about, as far as only one can be meant."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from notices.digest import plain
from notices.own_words import MARK
from scheduler.timing import denied, unsure

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

# "③", "3." or "・" before a figure's name, as NFKC writes them.
BULLET = re.compile(r"[-・*■◆●○( ]*\d{0,2}[-.,):、 ]*")
# A short name stands at a line's beginning, before one of these.
JAPANESE_STOP = re.compile(
    r"$|[\s:：、,=＝→⇒はがも(「『0-9約△▲\-+±]|について|に関し|の件|に(?:は|つき)|とも"
)
ENGLISH_STOP = re.compile(
    r"$|\s*[:,=–(-]|\s+(?:is|are|was|were|will|has|have|not|no|still|final|prelim|provis|publish"
    r"|postpon|delay|due|expect|about|around|approx|[0-9△▲+-])"
)
ARTICLE = re.compile(r"(?:the|for|on|as for|re:?|regarding) ")
# Words of an answer, which name no figure though its name may have them too.
ANSWERING = re.compile(
    r"(?:公表|発表|公開|把握|確報|速報|確定|実績|暫定|見込み?|予定|時期|年度?|月|日|平成|令和|今回|前回|今年|昨年|"
    r"数値|数字|値|区分|対象|期間|日付|結果|回答|報告|連絡|担当|件名|件数?|合計|全体|全国|団体数?|人数|割合|率|数|最新|"
    r"現在|直近|当方|当課|本市|当市|本県|標記|延期|未|済み?|中)+"
    r"|(?:the|final|figure|value|number|rate|total|preliminary|published|released|stage|date|new|time|"
    r"known|latest|answer|result|not|will|for|with|and|due|is|was|are|were|it|this|that|now|about|at|"
    r"of|in|on|as|we|have|has|had|there|our| )+"
)
# Between a figure's name and what is said of it.
TOPIC = re.compile(r"(?:について|に関して|につきまして|の件|ですが|[はがも])+[、,]?\s*")
# What is said of these is said of nothing that was named.
THE_REST = re.compile(
    r"(?:その他|そのほか|残り|ほかは|他は|他の|(?:the )?(?:rest|others?)\b)", re.IGNORECASE
)
# Where the next figure may be named, but not in 1,012.
CLAUSE = re.compile(r"[、;。/]|,(?![0-9])|\. ")
# Something is said of a figure before the next one is named.
TELLING = re.compile(r"[0-9]|まだ|未|not")
SENTENCE = re.compile(r"[はがも]|に(?:は|つき)|\s+(?:is|are|was|were|will|has|have)\b")
SHORTEST_NAME, LONGEST_WORDS = 4, 40
# The name of something that no figure of the mail is called, before what is said of it.
STRANGE = re.compile(
    r"([A-Za-z][A-Za-z' -]+?|[^\s:：=＝→はがも、。(「0-9]{2,})"
    r"(?:\s*[:：=＝→は]|[ 　]+(?=[0-9約△▲]))"
)
SCRIPT = re.compile(r"[一-鿿ァ-ヺ]{2}|[A-Za-z]{4}")


class Told(NamedTuple):
    """The lines about each figure (by the number its name came with), and those about none.

    Figures named together in a line that cannot be taken apart are `muddled`; `elsewhere` is
    whether any line names a figure that is not of the mail.
    """

    lines: dict[int, list[str]]
    loose: list[str]
    muddled: set[int]
    elsewhere: bool


class _Named(NamedTuple):
    start: int
    end: int
    figures: frozenset[int]


class _Clause(NamedTuple):
    """A part of a line: which figures it names, and what it says of them."""

    figures: frozenset[int]
    words: str

    @property
    def says(self) -> bool:
        return bool(self.words.strip(" :：=→、,。.-"))


def plainly(text: str) -> str:
    """A text or a name on one line, in the signs and with the blanks that names are compared in."""
    return " ".join(unicodedata.normalize("NFKC", plain(text)).split())


def told(text: str, names: Mapping[int, str], others: Sequence[str]) -> Told:
    """The lines of a text by the figures they name, or stand below the name of.

    `names` are the figures of the mail, `others` those which its reader owns besides.
    """
    reader = _Reader(names, others)
    for line in text.splitlines():
        reader.take(line)
    return reader.told


def without(text: str, name: str) -> str:
    """A text without a figure's name, which may have numbers of its own."""
    found = re.compile(re.escape(plainly(name)), re.IGNORECASE)
    lines = text.splitlines()
    return "\n".join(found.sub(" ", plainly(x)) if found.search(plainly(x)) else x for x in lines)


class _Reader:
    def __init__(self, names: Mapping[int, str], others: Sequence[str]) -> None:
        self._names = {number: plainly(name).casefold() for number, name in names.items()}
        self._all = _by_name(self._names, others)
        self.told = Told({number: [] for number in names}, [], set(), elsewhere=False)
        self._subject: int | None = None
        self._said = self._named_before = False

    def take(self, line: str) -> None:
        """Take the next line: it names its figures, or goes on about the one named last."""
        words = plainly(line.removeprefix(MARK))
        clauses = self._clauses(words)
        figures = {figure for each in clauses for figure in each.figures}
        if figures and min(figures) < 0:
            self.told = self.told._replace(elsewhere=True)
        if not words:
            self._pause()
        elif line.startswith(MARK):
            self._turn(figures)
        elif not figures:
            self._go_on(words)
        elif len(clauses) > 1 or len(clauses[0].figures) > 1:
            self._take_several(words, clauses)
        else:
            self._take_one(clauses[0])

    def _pause(self) -> None:
        """An empty line ends what is said of a figure, if anything was."""
        self._subject = None if self._said else self._subject
        self._named_before = False

    def _turn(self, figures: Collection[int]) -> None:
        one = next(iter(figures)) if len(figures) == 1 else None
        self._subject, self._said = one if one in self._names else None, False

    def _take_one(self, clause: _Clause) -> None:
        in_a_row, self._named_before = self._named_before, not clause.says
        # Two names in a row: what stands below may be about both.
        self._turn(() if in_a_row and not clause.says else clause.figures)
        self._say(clause.words)

    def _take_several(self, words: str, clauses: Sequence[_Clause]) -> None:
        """A line of several figures, taken apart where something is said of each in turn."""
        single = all(len(each.figures) == 1 and TELLING.search(each.words) for each in clauses)
        if not single or denied(words) or unsure(words):
            self.told.muddled.update(*(each.figures for each in clauses))
            clauses = []
        for each in clauses:
            self._turn(each.figures)
            self._say(each.words)
        self._turn(())

    def _say(self, words: str) -> None:
        self._said = self._said or bool(words)
        if self._subject is not None and words:
            self.told.lines[self._subject].append(words)

    def _go_on(self, words: str) -> None:
        self._named_before = False
        if THE_REST.match(words) or _is_strange(words):
            self._turn(())
        if self._subject is None:
            self.told.loose.append(words)
        else:
            self._say(words)

    def _clauses(self, words: str) -> list[_Clause]:
        """The parts of a line that name figures, each with what follows; [] where it names none."""
        names = _full(words, self._all)
        cuts = [
            match.end()
            for match in CLAUSE.finditer(words)
            if not any(each.start < match.end() <= each.end for each in names)
        ]
        found: list[_Clause] = []
        for start, end in pairwise([0, *cuts, len(words)]):
            if THE_REST.match(words[start:end].lstrip()):
                break
            inside = [each for each in names if start <= each.start < end]
            named = inside or self._short(words[start:end], start)
            if named:
                found.append(_clause(words, start, end, named))
            elif found:
                found[-1] = found[-1]._replace(words=found[-1].words + words[start:end])
        return _joined(found)

    def _short(self, words: str, place: int) -> list[_Named]:
        """A part of a name at the beginning of a clause; with all the figures that it fits."""
        start = len(words) - len(_begun(words))
        heads = {number: _head(words[start:], name) for number, name in self._names.items()}
        longest = max(heads.values(), default=0)
        fits = frozenset(number for number, length in heads.items() if length == longest)
        start += place
        return [_Named(start, start + longest, fits)] if longest else []


def _is_strange(words: str) -> bool:
    """Whether a line says something of what no figure of the mail is called."""
    named = STRANGE.match(BULLET.sub("", words, count=1))
    if named is None or SCRIPT.search(named[1]) is None:
        return False
    return not _answers(named[1].lower())


def _answers(words: str) -> bool:
    """Whether these are words of an answer, of any figure; a long row of them is something else."""
    return len(words) <= LONGEST_WORDS and ANSWERING.fullmatch(words) is not None


def _begun(words: str) -> str:
    """A clause without its bullet and its article."""
    words = BULLET.sub("", words, count=1)
    article = ARTICLE.match(words.lower())
    return words[article.end() :] if article else words


def _clause(words: str, start: int, end: int, named: Sequence[_Named]) -> _Clause:
    """What a clause says of the figures it names, without their names."""
    ends = [*(each.start for each in named[1:]), end]
    behind = [words[each.end : last] for each, last in zip(named, ends, strict=True)]
    before = words[start : named[0].start]
    before = before if _begun(before) else ""
    figures = frozenset().union(*(each.figures for each in named))
    said = " ".join([before, *behind]).strip(" :：=→、,;-")
    return _Clause(figures, TOPIC.sub("", said, count=1) if TOPIC.match(said) else said)


def _joined(clauses: Sequence[_Clause]) -> list[_Clause]:
    """The clauses, with those in a row that are about the same figures as one."""
    found: list[_Clause] = []
    for each in clauses:
        if found and found[-1].figures == each.figures:
            found[-1] = _Clause(each.figures, f"{found[-1].words} {each.words}")
        else:
            found.append(each)
    return found


def _by_name(names: Mapping[int, str], others: Sequence[str]) -> dict[str, frozenset[int]]:
    """The figures of each name, the longest name first; those besides have negative numbers."""
    found: dict[str, set[int]] = {}
    for number, name in names.items():
        found.setdefault(name, set()).add(number)
    for number, other in enumerate(others, start=1):
        name = plainly(other).casefold()
        if len(name) > SHORTEST_NAME and name not in found:
            found[name] = {-number}
    longest = sorted(found, key=len, reverse=True)
    return {name: frozenset(found[name]) for name in longest}


def _full(words: str, names: Mapping[str, frozenset[int]]) -> list[_Named]:
    """Where a line has whole names, in order; a name within a longer one does not count."""
    found: list[_Named] = []
    low = words.casefold()
    if len(low) != len(words):
        return []
    for name, figures in names.items():
        for match in re.finditer(re.escape(name), low) if name else ():
            start, end = match.span()
            if not any(each.start < end and start < each.end for each in found):
                found.append(_Named(start, end, figures))
    return sorted(found)


def _head(words: str, name: str) -> int:
    """How long the part of a name is that a line begins with; 0 where it might be anything."""
    low = words.casefold()
    for length in range(min(len(low), len(name)), 1, -1):
        head = low[:length]
        if head in name and _stands_for(head, name) and _stops(low, head):
            return length
    return 0


def _stands_for(head: str, name: str) -> bool:
    """Whether a part of a name is enough of it: short ones only at its beginning."""
    if head.strip() != head or _answers(head) or head.isnumeric():
        return False
    if head.isascii():
        return len(head) >= SHORTEST_NAME and re.search(rf"\b{re.escape(head)}\b", name) is not None
    return (name.startswith(head) or len(head) >= SHORTEST_NAME) and SCRIPT.search(head) is not None


def _stops(low: str, head: str) -> bool:
    """Whether a name may end there; a single short word that a sentence goes on about is none."""
    stop = ENGLISH_STOP if head.isascii() else JAPANESE_STOP
    short = " " not in head if head.isascii() else len(head) < SHORTEST_NAME
    goes_on = short and SENTENCE.match(low, len(head)) is not None
    return stop.match(low, len(head)) is not None and not goes_on
