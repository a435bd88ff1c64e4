"""Which characters of the raw text gave each field of an item, and by which rule."""

from scheduler.timing.binding import Item
from scheduler.timing.clauses import Mention
from scheduler.timing.lexer import Token
from scheduler.timing.model import Evidence
from scheduler.timing.spelling import Spelled


def derivation(item: Item, spelled: Spelled) -> tuple[Evidence, ...]:
    """The evidence of an item, field by field; a field that nothing in the text gave has none."""
    found = [*_window(item.window, spelled)]
    repeat = item.repeat or (item.window if item.window.phrase.repeat else None)
    if repeat:
        found += _tokens("repeat", repeat, "R", spelled)
    if item.covers:
        found.append(_evidence("covers", _rules(item.covers), item.covers.token, spelled))
    if item.stage:
        found.append(_evidence("stage", item.stage.rule, item.stage, spelled))
    if item.window.kind:
        found.append(_evidence("kind", item.window.kind.rule, item.window.kind, spelled))
    return tuple(found)


def _window(window: Mention, spelled: Spelled) -> list[Evidence]:
    rules = _rules(window)
    return [
        _evidence("earliest", rules, window.token, spelled),
        _evidence("latest", rules, window.token, spelled),
        *_tokens("approx", window, "A", spelled),
    ]


def _tokens(field: str, mention: Mention, codes: str, spelled: Spelled) -> list[Evidence]:
    tokens = [token for token in mention.phrase.tokens if token.code in codes]
    return [_evidence(field, token.rule, token, spelled) for token in tokens]


def _rules(mention: Mention) -> str:
    """The names of the rules that put a time together, in the order of its words."""
    names = [token.rule for token in mention.phrase.tokens if token.rule and token.code != "A"]
    return "+".join(dict.fromkeys(names))


def _evidence(field: str, rule: str, token: Token, spelled: Spelled) -> Evidence:
    start, end = spelled.raw(token.start, token.end)
    return Evidence(field, rule, start, end)
