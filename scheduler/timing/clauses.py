"""What each time of a text is for: a window, the period a figure covers, or neither."""

from typing import NamedTuple

from scheduler.timing.about import kind_of, stage_place
from scheduler.timing.lazily import Pattern
from scheduler.timing.lexer import Token
from scheduler.timing.manners import Manner, manner_of
from scheduler.timing.phrases import Phrase
from scheduler.timing.roles import DEFAULT, REACH, RECALLED, Role, asked_for, role_of


class Mention(NamedTuple):
    """One time of the text with its role, the words about its stage and kind, and its manner."""

    place: int
    token: Token
    role: str
    rule: str
    sentence: int
    stage: Token | None
    kind: Token | None
    manner: Manner

    @property
    def bare(self) -> bool:
        """Whether it only says how often."""
        return self.phrase.bare

    @property
    def phrase(self) -> Phrase:
        phrase: Phrase = self.token.value
        return phrase


def mentions(
    tokens: list[Token], codes: str, roles: tuple[Role, ...], plain: Pattern
) -> list[Mention]:
    """Every time of the text in order, with its role, stage and kind.

    `codes` are the letters of the tokens, `plain` texts with one time and no word that any role
    rule asks for.
    """
    teller = _Teller(tokens, codes, roles, plain)
    for at, code in enumerate(codes):
        if code in "!b":
            teller.sentence += 1
        elif code in "TL":
            teller.take(at)
    return teller.found


class _Teller:
    """Goes through the times in order; a stage that one has taken goes to no other."""

    def __init__(
        self, tokens: list[Token], codes: str, roles: tuple[Role, ...], plain: Pattern
    ) -> None:
        self.tokens, self.codes = tokens, codes
        self.roles = [] if plain.fullmatch(self.codes) else asked_for(roles, self.codes)
        self.found: list[Mention] = []
        self.sentence = self.taken = 0

    def take(self, at: int) -> None:
        tokens, codes = self.tokens, self.codes
        if _MOVED.match(codes, at):
            tokens[at] = _moved(tokens[at], until=codes[at - 1 : at] == "Z")
        role = self._role(at)
        place = stage_place(tokens, codes, at, self.taken)
        self._give(role, at, place)
        stage = tokens[place] if place >= 0 else None
        about = (self.sentence, stage, kind_of(tokens, codes, at), manner_of(codes, at, place))
        self.found.append(Mention(len(self.found), tokens[at], role.role, role.name, *about))

    def _role(self, at: int) -> Role:
        role = role_of(self.tokens[at].value, self.codes, at, self.roles)
        recalled = role is DEFAULT and self.found and _recalls(self.found[-1])
        return RECALLED if recalled else role

    def _give(self, role: Role, at: int, stage: int) -> None:
        """Mark its stage as taken; one before a verb of the past is its own: `改定値を公表した`."""
        if role.role in ("window", "covers"):
            self.taken = max(self.taken, stage + 1)
            if self.codes.startswith("t", at + 1) and role.role == "covers":
                self.taken = max(self.taken, at + 2)
        elif role.role == "past":
            self.taken = max(self.taken, self.codes.find("p", at, at + REACH))


def _recalls(earlier: Mention) -> bool:
    """Whether a time such as 昨年度は stands before, so that the next one is of that year."""
    return earlier.role == "frame" and earlier.phrase.first.anchor.number < 0


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


_MOVED = Pattern(r"Ti?Z|(?<=Z)T|(?<=Zi)T")
