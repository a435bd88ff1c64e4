"""Neighbouring tokens of time into phrases: a moment or a range of them, with its bounds."""

import re
from typing import NamedTuple

from scheduler.timing.lexer import Token
from scheduler.timing.moments import FREE, Anchor, Moment, Step, narrows


class Phrase(NamedTuple):
    """One time as it is named; `last` where it is a range, `lag` where it counts from another."""

    first: Moment
    last: Moment | None = None
    bound: str = ""
    approx: bool = False
    repeat: str | None = None
    lag: tuple[int, int, bool] | None = None
    tokens: tuple[Token, ...] = ()


class Grammar(NamedTuple):
    """How a language puts times together: `phrase` finds them in the letters of the tokens."""

    phrase: re.Pattern[str]
    coarse_first: bool


class _Builder:
    """Takes the tokens of one run in order and gives the phrases they make."""

    __slots__ = ("coarse_first", "done", "fields", "floor", "linked", "moments", "steps", "tokens")

    def __init__(self, grammar: Grammar) -> None:
        self.coarse_first = grammar.coarse_first
        self.done: list[Token] = []
        self._clear()

    def _clear(self) -> None:
        self.moments: list[Moment] = []
        self.steps: list[Step] = []
        self.fields: dict[str, object] = {}
        self.tokens: list[Token] = []
        self.floor = 0
        self.linked = False

    def add(self, token: Token) -> None:
        """Take one token; one that fits nothing said so far begins the next phrase."""
        take = _TAKE.get(token.code)
        if take is not None:
            take(self, token)
        self.tokens.append(token)

    def anchor(self, token: Token) -> None:
        moment: Moment = token.value
        if self.moments and not self._joins(moment):
            self._next()
        if self.moments and not self.linked:
            steps = (
                moment.steps + self.moments[-1].steps
                if self.coarse_first
                else self.moments[-1].steps
            )
            self.moments[-1] = Moment(moment.anchor, steps)
        else:
            self.moments.append(moment)
        self.linked = False
        self.floor = max((step.level for step in moment.steps), default=0) % 9

    def _joins(self, moment: Moment) -> bool:
        """Whether an anchor belongs to what came before it: linked, or the year of a bare month."""
        if self.linked:
            return True
        last = self.moments[-1]
        if self.coarse_first:
            return last.anchor.how == "every" and moment.anchor.how == "free"
        return last.anchor == FREE

    def step(self, token: Token) -> None:
        step: Step = token.value
        level = narrows(self.floor, step) if self.coarse_first else 1
        if self.linked or not self.moments:
            self.moments.append(Moment(FREE, (step,)))
            level = narrows(0, step)
        elif level:
            last = self.moments[-1]
            steps = (*last.steps, step) if self.coarse_first else (step, *last.steps)
            self.moments[-1] = Moment(_opened(last.anchor), steps)
        else:
            self._next()
            self.moments.append(Moment(FREE, (step,)))
            level = narrows(0, step)
        self.floor = level
        self.linked = False

    def months(self, token: Token) -> None:
        """`3~4月`: the first month narrows what came before, the last one links to it."""
        first, last = token.value
        self.step(token._replace(value=first))
        self.linked = True
        self.step(token._replace(value=last))

    def repeat(self, token: Token) -> None:
        if self.moments:
            self._next()
        every, unit, fiscal = token.value
        self.moments.append(Moment(Anchor("every", 0, unit, fiscal)))
        self.fields["repeat"] = every
        self.floor = {"half": 1, "quarter": 1, "month": 2, "week": 3}.get(unit, 0)

    def link(self, _: Token) -> None:
        self.linked = bool(self.moments)

    def hedge(self, _: Token) -> None:
        self.fields["approx"] = True

    def bound(self, token: Token) -> None:
        self.fields["bound"] = _BOUNDS[token.code]

    def lag(self, token: Token) -> None:
        if self.moments:
            self._next()
        self.fields["lag"] = token.value
        self.moments.append(Moment(Anchor("before")))

    def _next(self) -> None:
        """Close the phrase; a hedge or bound said before it stays with it."""
        tokens = tuple(self.tokens)
        if self.moments:
            first, *rest = self.moments
            last = rest[-1] if rest else None
            fields = self.fields
            if last is not None and fields.get("bound") == "from":
                fields.pop("bound")
            phrase = Phrase(first, last, tokens=tokens, **fields)  # type: ignore[arg-type]
            self.done.append(Token("T", phrase, "", tokens[0].start, tokens[-1].end))
        self._clear()

    def close(self) -> list[Token]:
        self._next()
        return self.done


def _opened(anchor: Anchor) -> Anchor:
    """The anchor of a repeat that is narrowed: the first such part not before the day read on."""
    return anchor._replace(how="free") if anchor.how == "every" else anchor


_BOUNDS = {"U": "until", "W": "until", "F": "from", "V": "from", "G": "after", "J": "before"}
_TAKE = {
    "Y": _Builder.anchor,
    "P": _Builder.step,
    "M": _Builder.months,
    "R": _Builder.repeat,
    "~": _Builder.link,
    "O": _Builder.link,
    "A": _Builder.hedge,
    "L": _Builder.lag,
    "U": _Builder.bound,
    "W": _Builder.bound,
    "F": _Builder.bound,
    "V": _Builder.bound,
    "G": _Builder.bound,
    "J": _Builder.bound,
    "X": _Builder.link,
}


def phrases(tokens: list[Token], grammar: Grammar) -> list[Token]:
    """The tokens with every run that names a time replaced by `T` tokens that hold phrases."""
    codes = "".join([token.code for token in tokens])
    out: list[Token] = []
    done = 0
    for match in grammar.phrase.finditer(codes):
        start, end = match.span()
        out += tokens[done:start]
        out += _built(tokens[start:end], grammar)
        done = end
    out += tokens[done:]
    return out


def _built(run: list[Token], grammar: Grammar) -> list[Token]:
    builder = _Builder(grammar)
    for i, token in enumerate(run):
        if token.code == "F" and i + 1 < len(run) and run[i + 1].code in "YPMR":
            builder.link(token)
            builder.tokens.append(token)
        else:
            builder.add(token)
    return builder.close()
