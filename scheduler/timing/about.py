"""What a time is about: the stage of its figure and what is done then."""

from scheduler.timing.lazily import Pattern
from scheduler.timing.lexer import Token
from scheduler.timing.roles import REACH

_STAGE_AFTER = Pattern(r"[TL](?:k?n{0,2}<[^<>T]*(t)[^<>T]*>|B?[k:]?(t)|i[^T,!b]*?(t))")
_STAGE_LIST = Pattern(r"(t(?:[,a]t)+)[^tT!b]*(?:T[^tT!b]{0,3})*$")
_LIST_AFTER = Pattern(r"T[^t!b]*r(t(?:[,a]t)+)")
_STAGE_ANYWHERE = Pattern(r"T(?:(?!,a)[^T!b])*?(t)(?![wgk:])[^T!b]*(?:[!b]|$)")
_KIND = Pattern(r"[TL][^T!b]*?([vzdec])")
_KIND_LATER = Pattern(r"[TL][^!b]*?([vzdec])")
_KIND_BEFORE = Pattern(r"([vzdec])[^vzdecT!b]*[TL]$")


def stage_place(tokens: list[Token], codes: str, at: int, taken: int) -> int:
    """The place of the stage a time goes with, -1 if none.

    It heads the time (【速報】３月, 速報：３月), stands right after it, before it, then anywhere.
    """
    if codes.startswith(":", at + 1) and tokens[at].value.bare:
        return -1
    for heading in ("t:", "<t>"):
        if codes.endswith(heading, max(taken, at - len(heading)), at):
            return at - 2
    after = _STAGE_AFTER.match(codes, at, at + REACH)
    place = after.start(after.lastindex or 0) if after else -1
    if after and tokens[place].value != "actual":
        return place
    before = _stage_of_list(codes, at)
    if before < 0:
        before = _stage_before(tokens, codes, at, taken)
    if after:
        return before if 0 <= before == at - 1 else place
    anywhere = _STAGE_ANYWHERE.match(codes, at, at + REACH) if before < 0 else None
    return anywhere.start(1) if anywhere else before


def _stage_of_list(codes: str, at: int) -> int:
    """The stage of a time in `速報、確報は、それぞれ４月、２月`: the first goes with the first."""
    if "r" not in codes:
        return -1
    before = _STAGE_LIST.search(codes, max(0, at - REACH), at)
    stages = before or _LIST_AFTER.match(codes, at, at + REACH)
    if stages is None:
        return -1
    since = stages.end(1) if before else max(codes.rfind("!", 0, at), codes.rfind("b", 0, at)) + 1
    place = stages.start(1) + 2 * codes.count("T", since, at)
    return place if place < stages.end(1) else -1


def _stage_before(tokens: list[Token], codes: str, at: int, taken: int) -> int:
    """The stage named between the time before this one and it; a word about finality wins."""
    best = -1
    for i in range(max(taken, at - REACH), at):
        if codes[i] in "T!b":
            best = -1
        elif codes[i] == "t" and (best < 0 or tokens[best].value == "actual"):
            best = i
    return best


def kind_of(tokens: list[Token], codes: str, at: int) -> Token | None:
    """The word for what is awaited at the time at `at`: the next one, else the one before."""
    before = _KIND_BEFORE.search(codes, max(0, at - REACH), at + 1)
    match = _KIND.match(codes, at, at + REACH) or before or _KIND_LATER.match(codes, at, at + REACH)
    return tokens[match.start(1)] if match else None
