"""Brackets behind a time: a narrower time, a hedge, or the bound that belongs to it."""

from scheduler.timing.lazily import Pattern
from scheduler.timing.lexer import Token, codes_of
from scheduler.timing.moments import Moment, Step, month
from scheduler.timing.phrases import BOUNDS, Phrase


def with_brackets(tokens: list[Token]) -> list[Token]:
    """The tokens with what stands in brackets behind a time joined to it."""
    codes = codes_of(tokens)
    if "<" not in codes:
        return tokens
    return _bracketed(_bounded(_hedged(tokens, codes), codes), codes)


_IN_BRACKETS = Pattern(r"T<[nf,i]{0,3}(T)(?:o?f|[vz]f?|,[^<>T]*)?>([AIUF]*)")


def _by_month(moment: Moment) -> tuple[Step, ...]:
    """年明け and 年末 by their month, which they keep inside a fiscal year."""
    first, *rest = moment.steps or (None,)
    edge = first is not None and first.kind == "edge" and not moment.anchor.fiscal
    if first is None or not edge or first.a == 1:
        return moment.steps
    return (month(1 if first.a == 0 else 12), *rest)


_HEDGE_IN_BRACKETS = Pattern(r"T[ivzdef]{0,4}<n?w?(A)>")


def _bracketed(tokens: list[Token], codes: str) -> list[Token]:
    """A time in brackets after a time joins it, with the bounds that follow the brackets."""
    out: list[Token] = []
    done = 0
    for match in _IN_BRACKETS.finditer(codes):
        start, end = match.span()
        released = match.start(2) - match.end(1) > 1 and codes[match.end(1)] in "vz"
        if released and not _says_inside(tokens[start]):
            continue
        out += tokens[done:start]
        out.append(_joined(tokens[start], tokens[match.start(1)], tokens[match.start(2) : end]))
        done = end
    return out + tokens[done:]


def _says_inside(token: Token) -> bool:
    """年度内, 2018年度中: a time within which something happens, never the period of a figure."""
    phrase: Phrase = token.value
    return phrase.tokens[-1].code == "I" or phrase.first.anchor.how == "asof"


def _hedged(tokens: list[Token], codes: str) -> list[Token]:
    """`2018年３月（目途）`, `2018年３月に公表予定（時期は目安）`, `March 2018 (approx.)`."""
    out = list(tokens)
    for match in _HEDGE_IN_BRACKETS.finditer(codes):
        phrase: Phrase = tokens[match.start()].value
        hedge = tokens[match.start(1)]
        phrase = phrase._replace(approx=True, tokens=(*phrase.tokens, hedge))
        out[match.start()] = out[match.start()]._replace(value=phrase)
    return out


_BOUND_BEHIND = Pattern(r"[^T]<(T)>([UF])")


def _bounded(tokens: list[Token], codes: str) -> list[Token]:
    """`計画の終期（2025年度末）までに`: a bound behind the brackets is the time's in them."""
    out = list(tokens)
    for match in _BOUND_BEHIND.finditer(codes):
        at, bound = match.start(1), tokens[match.start(2)]
        phrase: Phrase = tokens[at].value
        phrase = phrase._replace(bound=BOUNDS[bound.code], tokens=(*phrase.tokens, bound))
        out[at] = tokens[at]._replace(value=phrase)
    return out


def _joined(outer: Token, inner: Token, bounds: list[Token]) -> Token:
    whole: Phrase = outer.value
    narrow: Phrase = inner.value
    if narrow.repeat and narrow.first.anchor.how == "every":
        phrase = whole._replace(repeat=narrow.repeat, tokens=(*whole.tokens, *narrow.tokens))
        return Token(outer.code, phrase, "", outer.start, inner.end + 1)
    if narrow.first.anchor.how == "free" and whole.first.anchor.how != "free" and not whole.last:
        moment = Moment(whole.first.anchor, whole.first.steps + _by_month(narrow.first))
        narrow = narrow._replace(first=moment)
    hedged = any(token.code == "A" for token in bounds)
    bound = next((BOUNDS[token.code] for token in bounds if token.code in "UF"), "")
    tokens = (*whole.tokens, *narrow.tokens, *bounds)
    narrow = narrow._replace(
        approx=narrow.approx or hedged,
        bound=bound or narrow.bound,
        repeat=narrow.repeat or whole.repeat,
    )
    phrase = whole._replace(
        inner=narrow, bound=bound or whole.bound, approx=whole.approx or hedged, tokens=tokens
    )
    end = bounds[-1].end if bounds else inner.end + 1
    return Token(outer.code, phrase, "", outer.start, end)
