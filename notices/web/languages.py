"""Which language a page is shown in, and which one a piece of source text is written in."""

from __future__ import annotations

import re

from babel import negotiate_locale

from notices.locale import LANGUAGES

KANA_OR_KANJI = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]")


def choose(cookie: str | None, own: str | None, accepted: str, office: str) -> str:
    """The language of a page, "ja" or "en".

    First counts what was chosen in this browser, then the person's own language, then what the
    browser accepts (an Accept-Language header), then the office's.
    """
    for wish in (cookie, own):
        if wish in LANGUAGES:
            return wish
    return negotiate_locale(_wishes(accepted), LANGUAGES, sep="-") or office


def tongue(text: str | None) -> str:
    """The language tag of a piece of source text: "ja" where it has kana or kanji, else "en"."""
    return "ja" if text and KANA_OR_KANJI.search(text) else "en"


def flowing(text: str | None) -> str:
    """Source text on one line: a break beside Japanese is dropped, elsewhere it is a space."""
    lines = [line.strip() for line in (text or "").splitlines() if line.strip()]
    joined = lines[0] if lines else ""
    for line in lines[1:]:
        japanese = KANA_OR_KANJI.search(joined[-1] + line[0])
        joined += line if japanese else f" {line}"
    return joined


def _wishes(accepted: str) -> list[str]:
    """The languages of an Accept-Language header, the most wanted first, without regions."""
    weighted = []
    for part in accepted[:500].split(","):
        tag, _, weight = part.strip().partition(";q=")
        weighted.append((-_weight(weight), tag.partition("-")[0].lower()))
    return [tag for weight, tag in sorted(weighted, key=lambda pair: pair[0]) if weight < 0]


def _weight(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0
