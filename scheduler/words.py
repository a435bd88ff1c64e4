"""What people type, made fit to be kept and shown: no control characters, no stray blanks."""

from __future__ import annotations

import unicodedata

# Control characters, lone surrogates, line and paragraph separators: no database takes all of them.
UNFIT = frozenset({"Cc", "Cs", "Zl", "Zp"})


def one_line(text: str | None) -> str | None:
    """The text on one line with single blanks between its words; None where nothing was said."""
    return " ".join(_fit(text or "").split()) or None


def lines(text: str | None) -> str | None:
    """The text with its line breaks, no blanks around it; None where nothing was said."""
    kept = (_fit(line).rstrip() for line in (text or "").splitlines())
    return "\n".join(kept).strip() or None


def _fit(text: str) -> str:
    return "".join(" " if unicodedata.category(each) in UNFIT else each for each in text)
