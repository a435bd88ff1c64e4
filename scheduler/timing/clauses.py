"""What each time of a text is for: a window, the period a figure covers, or neither.

Each time is judged by the letters around it, by the first of the language's role rules that fits.
"""

from typing import NamedTuple

from scheduler.timing.lazily import Pattern
from scheduler.timing.lexer import Token
from scheduler.timing.phrases import Phrase

REACH = 40


class Role(NamedTuple):
    """A rule that tells what a time is for.

    In `pattern` the time stands as @; as # where it is an end, = where it repeats, & where it is
    a lag from something named elsewhere, % where it is hedged, 9 where it is a start.
    """

    name: str
    role: str
    pattern: Pattern


class Mention(NamedTuple):
    """One time of the text with its role, and the words about its stage and kind."""

    place: int
    token: Token
    role: str
    rule: str
    sentence: int
    stage: Token | None
    kind: Token | None
    next: bool
    alone: bool
    respectively: bool
    all_of_them: bool
    listed: bool
    headed: bool

    @property
    def bare(self) -> bool:
        """Whether it only says how often."""
        return self.phrase.bare

    @property
    def phrase(self) -> Phrase:
        phrase: Phrase = self.token.value
        return phrase


def mentions(tokens: list[Token], roles: tuple[Role, ...], plain: Pattern) -> list[Mention]:
    """Every time of the text in order, with its role, stage and kind.

    `plain` are texts with one time and no word that any role rule asks for.
    """
    codes = "".join([token.code for token in tokens])
    found: list[Mention] = []
    sentence = taken = 0
    undoubted = plain.fullmatch(codes) is not None
    for i, code in enumerate(codes):
        if code in "!b":
            sentence += 1
        elif code in "TL":
            if _MOVED.match(codes, i):
                tokens[i] = _moved(tokens[i], until=codes[i - 1 : i] == "Z")
            at = _stage_place(tokens, codes, i, taken)
            rule = DEFAULT if undoubted else _role(tokens[i].value, codes, i, roles)
            if rule.role in _AWAITED:
                taken = max(taken, at + 1)
            stage = tokens[at] if at >= 0 else None
            about = (sentence, stage, _kind(tokens, codes, i), *_manner(codes, i, at))
            found.append(Mention(len(found), tokens[i], rule.role, rule.name, *about))
    return found


def _manner(codes: str, at: int, stage: int) -> tuple[bool, ...]:
    """How a time stands: after 次回, alone in its sentence, with それぞれ, with いずれも, in a list.

    いずれも stands before the time, or between it and its stage; listed is a time with nothing
    but a comma after the one before. Last, whether its stage heads it: 速報値は３月.
    """
    after = _NEXT.search(codes, max(0, at - 8), at) is not None
    alone = _ALONE.match(codes, at) is not None
    pairwise = "r" in codes and (
        _PAIRED_AFTER.match(codes, at, at + REACH) is not None
        or _PAIRED_BEFORE.search(codes, max(0, at - REACH), at) is not None
    )
    every = "8" in codes[max(at, 0) : max(stage, 0)] or _EVERY.search(codes, 0, at) is not None
    listed = _LISTED.search(codes, max(0, at - 4), at) is not None
    headed = 0 <= stage < at and _HEADS.search(codes, stage, at) is not None
    return after, alone, pairwise, every, listed, headed


def _moved(token: Token, *, until: bool) -> Token:
    """`6月から9月に延期` names an old time and the new one, not a range.

    `until` where the bound of `postponed until March` is part of the verb.
    """
    phrase: Phrase = token.value
    if until and phrase.bound == "until":
        phrase = phrase._replace(bound="")
        token = token._replace(value=phrase)
    if phrase.last is None:
        return token
    return token._replace(value=phrase._replace(first=phrase.last, last=None))


def _role(phrase: Phrase, codes: str, at: int, roles: tuple[Role, ...]) -> Role:
    if phrase.frames and _FRAME.match(codes, at):
        return FRAME
    around = f"{codes[max(0, at - REACH) : at]}{_mark(phrase)}{codes[at + 1 : at + REACH]}"
    for role in roles:
        if role.pattern.search(around):
            return role
    return DEFAULT


def _mark(phrase: Phrase) -> str:
    """How a time stands in the patterns of the role rules."""
    if phrase.lag and not phrase.lag.then:
        return "&"
    if phrase.repeat:
        return "="
    if phrase.bound == "until":
        return "#"
    if phrase.bound:
        return "9"
    return "%" if phrase.approx else "@"


_AWAITED = {"window", "covers"}
_MOVED = Pattern(r"Ti?Z|(?<=Z)T|(?<=Zi)T")
_FRAME = Pattern(r"Tw,?[^T!bvzdec]*T")
FRAME = Role("frame", "frame", Pattern(""))
_EVERY = Pattern(r"8[^T!b]*$")
_LISTED = Pattern(r"T[,aOm]{0,2}$")
_HEADS = Pattern("[w:g]")
_PAIRED_AFTER = Pattern(r"T[^!b]*r")
_PAIRED_BEFORE = Pattern(r"r[^!b]*$")
_NEXT = Pattern(r"x[^T!b,]*$")
_ALONE = Pattern(r"(?<![^!b])T[^T!b]?[^T!b]?(?:[!b>]|$)")
DEFAULT = Role("window", "window", Pattern(""))
_STAGE_AFTER = Pattern(r"[TL](?:<[^<>T]*(t)|[k:]?(t)|i[^T,!b]*?(t))")
_STAGE_ANYWHERE = Pattern(r"T[^T!b]*?(t)(?![wgk:])[^T!b]*(?:[!b]|$)")
_KIND = Pattern(r"[TL][^T!b]*?([vzdec])")
_KIND_LATER = Pattern(r"[TL][^!b]*?([vzdec])")
_KIND_BEFORE = Pattern(r"([vzdec])[^vzdecT!b]*[TL]$")


def _stage_place(tokens: list[Token], codes: str, at: int, taken: int) -> int:
    """The place of the stage a time goes with, -1 if none.

    It heads the time (【速報】３月), stands right after it, before it, then anywhere.
    """
    if codes.startswith(":", at + 1) and tokens[at].value.bare:
        return -1
    if codes.endswith("<t>", max(0, at - 3), at) and at - 2 >= taken:
        return at - 2
    after = _STAGE_AFTER.match(codes, at, at + REACH)
    if after:
        return after.start(after.lastindex or 0)
    before = _stage_before(tokens, codes, at, taken)
    if before >= 0:
        return before
    anywhere = _STAGE_ANYWHERE.match(codes, at, at + REACH)
    return anywhere.start(1) if anywhere else -1


def _stage_before(tokens: list[Token], codes: str, at: int, taken: int) -> int:
    """The stage named between the time before this one and it; a word about finality wins."""
    best = -1
    for i in range(max(taken, at - REACH), at):
        if codes[i] in "T!b":
            best = -1
        elif codes[i] == "t" and (best < 0 or tokens[best].value == "actual"):
            best = i
    return best


def _kind(tokens: list[Token], codes: str, at: int) -> Token | None:
    before = _KIND_BEFORE.search(codes, max(0, at - REACH), at + 1)
    match = _KIND.match(codes, at, at + REACH) or before or _KIND_LATER.match(codes, at, at + REACH)
    return tokens[match.start(1)] if match else None
