"""Neighbouring tokens of time into phrases: a moment or a range of them, with its bounds."""

from typing import NamedTuple

from scheduler.timing.lazily import Pattern
from scheduler.timing.lexer import Token, codes_of
from scheduler.timing.moments import FREE, Anchor, Lag, Moment, Step, narrows


class Phrase(NamedTuple):
    """One time as it is named; `last` where it is a range, `lag` where it counts from another.

    `inner` is a time in brackets right after it, which replaces it where it is the narrower one.
    """

    first: Moment
    last: Moment | None = None
    bound: str = ""
    approx: bool = False
    repeat: str | None = None
    lag: Lag | None = None
    tokens: tuple[Token, ...] = ()
    inner: "Phrase | None" = None

    @property
    def bare(self) -> bool:
        """Whether it only says how often."""
        return self.repeat is not None and self.first.anchor.how == "every"

    @property
    def frames(self) -> bool:
        """Whether it is a whole year such as 今年度, within which other times may be named."""
        anchor = self.first.anchor
        whole = not (self.first.steps or self.last or self.bound)
        return whole and anchor.how in ("asof", "before") and anchor.unit == "year"


class Grammar(NamedTuple):
    """How a language puts times together: `phrase` finds them in the letters of the tokens."""

    phrase: Pattern
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
            self.moments[-1] = self._merged(self.moments[-1], moment)
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
            return moment.anchor.how == "free" and not last.steps and last.anchor.unit == "year"
        return last.anchor == FREE or (last.anchor.how == "every" and moment.anchor == FREE)

    def _merged(self, last: Moment, moment: Moment) -> Moment:
        """A year and what narrows it: `2018年の年末`, `毎年` and `年度末`, `March 15`, 2018."""
        if not self.coarse_first:
            every = last.anchor.how == "every"
            return (
                Moment(_opened(last.anchor), moment.steps)
                if every
                else Moment(moment.anchor, last.steps)
            )
        anchor = moment.anchor if last.anchor.how == "every" else last.anchor
        return Moment(anchor, moment.steps)

    def step(self, token: Token) -> None:
        step: Step = token.value
        level = narrows(self.floor, step) if self.coarse_first else 1
        if self.linked or not self.moments:
            self.moments.append(Moment(self._free(step), (step,)))
            level = narrows(0, step)
        elif level:
            last = self.moments[-1]
            steps = (*last.steps, step) if self.coarse_first else (step, *last.steps)
            self.moments[-1] = Moment(_opened(last.anchor), steps)
        else:
            self._next()
            self.moments.append(Moment(self._free(step), (step,)))
            level = narrows(0, step)
        self.floor = level
        self.linked = False

    def _free(self, step: Step) -> Anchor:
        """A half or quarter without a year divides the fiscal year in Japanese."""
        return FREE._replace(fiscal=True) if self.coarse_first and step.kind == "slice" else FREE

    def months(self, token: Token) -> None:
        """`3~4月`: the first month narrows what came before, the last one links to it."""
        first, last = token.value
        self.step(token._replace(value=first))
        self.linked = True
        self.step(token._replace(value=last))

    def repeat(self, token: Token) -> None:
        every, unit, fiscal, *steps = token.value
        if self.moments:
            self._next()
        anchor = Anchor("free" if steps else "every", 0, unit, fiscal)
        self.moments.append(Moment(anchor, tuple(steps)))
        self.fields["repeat"] = every
        self.floor = {"half": 1, "quarter": 1, "month": 2, "week": 2}.get(unit, 0)

    def link(self, _: Token) -> None:
        self.linked = bool(self.moments)

    def hedge(self, _: Token) -> None:
        self.fields["approx"] = True

    def bound(self, token: Token) -> None:
        if token.code == "U" or "lag" not in self.fields:
            self.fields["bound"] = BOUNDS[token.code]

    def lag(self, token: Token) -> None:
        if self.moments:
            self._next()
        self.fields["lag"] = token.value
        self.moments.append(Moment(Anchor("before")))

    def _next(self) -> None:
        """Close the phrase; a hedge or bound said before it stays with it."""
        if len(self.moments) > 1 and not self.coarse_first and _heads(*self.moments[:2]):
            self._split()
        elif self.moments:
            self._close(self.moments, tuple(self.tokens))
        self._clear()

    def _split(self) -> None:
        """`Calendar 2020 - June 2021`: the dash parts a period from its time."""
        first, *rest = self.moments
        fields, self.fields = self.fields, {}
        at = next(i for i, token in enumerate(self.tokens) if token.code in "~O")
        dash = self.tokens[at]
        self._close([first], tuple(self.tokens[:at]))
        self.done.append(Token(":", None, "", dash.start, dash.end))
        self.fields = fields
        self._close(rest, tuple(self.tokens[at + 1 :]))

    def _close(self, moments: list[Moment], tokens: tuple[Token, ...]) -> None:
        first, *rest = moments
        last = rest[-1] if rest else None
        fields = self.fields
        if self.linked and last is None:
            fields["bound"] = "from"
        ranges = last is not None or any(step.kind == "from-to" for step in first.steps)
        if ranges and fields.get("bound") in ("from", "until"):
            fields.pop("bound")
        if last and not self.coarse_first:
            first = _with_year_of(last, first)
        phrase = Phrase(first, last, tokens=tokens, **fields)  # type: ignore[arg-type]
        code = "L" if phrase.lag else "n" if _is_adverb(phrase) else "T"
        self.done.append(Token(code, phrase, "", tokens[0].start, tokens[-1].end))

    def close(self) -> list[Token]:
        self._next()
        return self.done


def _is_adverb(phrase: Phrase) -> bool:
    """`came in late`: early and late without a month or a year are no time."""
    first = phrase.first
    vague = first.anchor == FREE and bool(first.steps) and first.steps[0].kind == "third"
    return vague and len(first.steps) == 1 and phrase.last is None


def _heads(first: Moment, last: Moment) -> bool:
    """Whether a dash stands between a whole year and a time: a heading, not a range."""
    whole = first.anchor.how in ("named", "asof") and not first.steps
    return whole and (last.anchor.how == "before" or bool(last.steps))


def _with_year_of(last: Moment, first: Moment) -> Moment:
    """`autumn or winter 2020`: the last one's year is the first one's too, or the next."""
    if (
        first.anchor != FREE
        or last.anchor.how not in ("named", "asof", "before")
        or last.anchor.unit != "year"
    ):
        return first
    back = not last.anchor.fiscal and _place(first) > _place(last)
    return Moment(last.anchor._replace(number=last.anchor.number - back), first.steps)


def _place(moment: Moment) -> int:
    """Where in the year a moment begins, to tell whether one comes before another."""
    step = moment.steps[0] if moment.steps else None
    return step.a if step and step.kind in ("month", "season") else 0


def _opened(anchor: Anchor) -> Anchor:
    """The anchor of a repeat that is narrowed: the first such part not before the day read on."""
    return anchor._replace(how="free") if anchor.how == "every" else anchor


BOUNDS = {
    "U": "until",
    "W": "until",
    "F": "from",
    "V": "from",
    "G": "after",
    "B": "before",
    "7": "before",
}
_TAKE = {
    "Y": _Builder.anchor,
    "P": _Builder.step,
    "C": _Builder.step,
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
    "B": _Builder.bound,
    "7": _Builder.bound,
    "X": _Builder.link,
}


def phrases(tokens: list[Token], grammar: Grammar) -> list[Token]:
    """The tokens with every run that names a time replaced by `T` tokens that hold phrases."""
    codes = codes_of(tokens)
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
        if (
            builder.moments
            and token.code in "Fa"
            and i + 1 < len(run)
            and run[i + 1].code in "YPMR"
        ):
            builder.link(token)
            builder.tokens.append(token)
        else:
            builder.add(token)
    return builder.close()
