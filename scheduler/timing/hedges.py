"""What sort of hedge stands beside a time: a guess (頃, around), or an aim (目途)."""

from scheduler.timing.model import Expectation

AIMS = ("目途", "めど", "目処", "メド", "目安", "tentative")


def aims(item: Expectation, text: str) -> bool:
    """Whether the source only aims at the time of this item of the reading of `text`."""
    hedges = (text[e.start : e.end] for e in item.derivation if e.field == "approx")
    return any(aim in hedge.lower() for hedge in hedges for aim in AIMS)
