"""The values of a cell that may hold several, each with its as-of and stage."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from scheduler.sheets.wording import is_dash
from scheduler.timing import PeriodError, as_of, period_bounds

if TYPE_CHECKING:
    from scheduler.timing import Context

_LABELLED = re.compile(r"(?P<when>[^:、。;\s]*\d[^:、。;]{0,20}?):\s*")
_BRACKETED = re.compile(r"(?P<value>[^()]*)\((?P<when>[^()]*)\)")
_BETWEEN = " 、,;→⇒/\n"


class Figure(NamedTuple):
    """A value in the source's words; the period it describes and its stage, where named."""

    value: str | None
    asof: str | None
    stage: str | None


def latest_figure(text: str | None, context: Context) -> Figure:
    """The newest value of a values cell; None where it says there is none (`－`).

    `２０１４年度：98.9％ ２０１６年度（見込み）：99.2％` is 99.2％, FY2016, estimate.
    """
    figures = all_figures(text, context)
    if not figures:
        return Figure(None, None, None)
    return max(enumerate(figures), key=lambda pair: (_end(pair[1], context), pair[0]))[1]


def all_figures(text: str | None, context: Context) -> tuple[Figure, ...]:
    """Every value of a values cell, in the order of the cell; none where it says there is none."""
    if not text or is_dash(text.strip()):
        return ()
    figures = _labelled(text, context) or _bracketed(text, context)
    dated = tuple(figure for figure in figures if figure.asof)
    return dated or (Figure(text, *as_of(text, context)),)


def _even(text: str) -> str:
    """`text` with compatibility forms of one character replaced, so that places stay the same."""
    forms = (unicodedata.normalize("NFKC", character) for character in text)
    return "".join(form if len(form) == 1 else own for form, own in zip(forms, text, strict=True))


def _labelled(text: str, context: Context) -> list[Figure]:
    """`2016年度（見込み）：99.2％`, one after the other."""
    found = list(_LABELLED.finditer(_even(text)))
    labels = [_label(match["when"], context) for match in found]
    starts = [match.end("when") - len(label) for match, label in zip(found, labels, strict=True)]
    stops = [*starts, len(text)][1:]
    return [
        Figure(text[match.end() : stop].strip(_BETWEEN), *as_of(label, context))
        for match, label, stop in zip(found, labels, stops, strict=True)
    ]


def _label(text: str, context: Context) -> str:
    """The words at the end of `text` that say when, without the value that may stand before."""
    said = as_of(text, context)
    tails = [text[space.end() :] for space in re.finditer(r"\s+", text)]
    return next((tail for tail in reversed(tails) if as_of(tail, context) == said), text)


def _bracketed(text: str, context: Context) -> list[Figure]:
    """`301団体（2017年４月速報値）`, one after the other."""
    figures: list[Figure] = []
    start = 0
    for match in _BRACKETED.finditer(_even(text)):
        when = as_of(match["when"], context)
        if when.period:
            value = text[start : match.end("value")].strip(_BETWEEN)
            figures.append(Figure(value or text, *when))
            start = match.end()
    return figures


def _end(figure: Figure, context: Context) -> date:
    try:
        return period_bounds(figure.asof or "", context)[1]
    except PeriodError:
        return date.min
