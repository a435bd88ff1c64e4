"""`timing`: try a phrase and see how it is read, or read one JSON object per line."""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.console import Console
from rich.text import Text

from notices.cli.door import SHEETS, Call, Json, command, parse_day
from notices.cli.output import print_json
from scheduler.timing import (
    Alternative,
    Context,
    Expectation,
    Note,
    Reading,
    explain,
    note_text,
    read,
    summary,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

app = typer.Typer()

STYLES = {
    "earliest": "bold green",
    "latest": "bold green",
    "approx": "yellow",
    "repeat": "magenta",
    "covers": "cyan",
    "stage": "blue",
    "kind": "dim",
}
STANDARD_INPUT = "-"


class LineError(ValueError):
    """One line of JSON that cannot be read, with the reason as its sentence."""


@command(app, "timing", panel=SHEETS)
def timing(
    call: Call,
    text: Annotated[str | None, typer.Argument(help="The words about when.")] = None,
    *,
    asof: Annotated[
        str | None, typer.Option(metavar="DATE", help="The day the words were written.")
    ] = None,
    explained: Annotated[
        bool, typer.Option("--explain", help="Show which words gave what, and by which rule.")
    ] = False,
    as_json: Json = False,
    jsonl: Annotated[
        bool,
        typer.Option(
            "--jsonl", help="Read one JSON object per line, from TEXT as a file or standard input."
        ),
    ] = False,
) -> None:
    """Read a phrase about when the next figure comes, or many of them as JSON lines."""
    if jsonl:
        _read_lines(text or STANDARD_INPUT)
        return
    if text is None or asof is None:
        raise typer.BadParameter("give the words and the day they were written: --asof 2018-03-31")
    context = _context(call, parse_day(asof))
    reading = read(text, context)
    if as_json:
        print_json(as_document(reading, derived=True))
    else:
        _print_reading(call, reading, text, explained)


def _context(call: Call, asof: date) -> Context:
    """The office's fiscal year where there is a configuration, else April to March."""
    if not call.config.exists():
        return Context(asof)
    office = call.settings.office
    return Context(asof, office.fiscal_year_starts, office.fiscal_year_named_after)


def _print_reading(call: Call, reading: Reading, text: str, explained: bool) -> None:
    japanese = any("\u3041" <= sign <= "\u9fff" for sign in text)
    if call.config.exists():
        japanese = call.settings.office.language == "ja"
    if sys.stdout.isatty():
        Console().print(marked(reading, text))
    language: Literal["ja", "en"] = "ja" if japanese else "en"
    lines = explain(reading, text, language) if explained else summary(reading, language)
    typer.echo("\n".join(lines))


def marked(reading: Reading, text: str) -> Text:
    """The text with the characters coloured that gave each field."""
    shown = Text(text)
    for item in reading.expect:
        for evidence in reversed(item.derivation):
            shown.stylize(STYLES[evidence.field], evidence.start, evidence.end)
    return shown


def as_document(reading: Reading, *, derived: bool = False) -> dict[str, Any]:
    """A reading as plain JSON values: days as ISO dates, notes with their sentences."""
    return {
        "outcome": reading.outcome,
        "expect": [_item(item, derived) for item in reading.expect],
        "notes": [_note(note) for note in reading.notes],
        "alternatives": [_alternative(other) for other in reading.alternatives],
    }


def _item(item: Expectation, derived: bool) -> dict[str, Any]:
    document: dict[str, Any] = {
        "earliest": item.earliest.isoformat() if item.earliest else None,
        "latest": item.latest.isoformat() if item.latest else None,
        "approx": item.approx,
        "repeat": item.repeat,
        "covers": item.covers,
        "stage": item.stage,
        "kind": item.kind,
    }
    if derived:
        document["derivation"] = [evidence._asdict() for evidence in item.derivation]
    return document


def _note(note: Note) -> dict[str, str]:
    return {"code": note.code, "ja": note_text(note, "ja"), "en": note_text(note, "en")}


def _alternative(other: Alternative) -> dict[str, Any]:
    item = _item(other.expectation, derived=False) if other.expectation else None
    return {"item": other.item, "expect": item, "reason": _note(other.reason)}


def _read_lines(file: str) -> None:
    """Answer each line as it comes, in order; nothing is kept."""
    out = typer.get_binary_stream("stdout")
    for answer in answers(_lines(file)):
        out.write(json.dumps(answer, ensure_ascii=False).encode() + b"\n")
        out.flush()


def _lines(file: str) -> Iterator[bytes]:
    if file == STANDARD_INPUT:
        yield from typer.get_binary_stream("stdin")
        return
    try:
        with Path(file).open("rb") as stream:
            yield from stream
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be read: {error.strerror}") from error


def answers(lines: Iterator[bytes]) -> Iterator[dict[str, Any]]:
    """One answer per line that is not blank; a line that cannot be read gives its error."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        request: dict[str, Any] = {}
        try:
            request = _request(line)
            reading = read(request["text"], _context_of(request))
        except LineError as error:
            yield {"id": request.get("id"), "line": number, "error": str(error)}
        else:
            yield {"id": request.get("id"), **as_document(reading)}


def _request(line: bytes) -> dict[str, Any]:
    try:
        request = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise LineError("not a JSON object in UTF-8") from error
    if not isinstance(request, dict):
        raise LineError('not a JSON object: write {"text": …, "asof": "2018-03-31"}')
    return request


def _context_of(request: dict[str, Any]) -> Context:
    """What a line says of the day and the fiscal year; raises LineError with what is wrong."""
    if not isinstance(request.get("text"), str):
        raise LineError('"text" is missing or not a string')
    try:
        asof = date.fromisoformat(request.get("asof", ""))
    except (TypeError, ValueError) as error:
        raise LineError('"asof" is missing or not a day such as 2018-03-31') from error
    starts = request.get("fiscal_year_starts", 4)
    if type(starts) is not int or not 1 <= starts <= 12:
        raise LineError('"fiscal_year_starts" is not a month from 1 to 12')
    named = request.get("fiscal_year_named_after", "start")
    if named not in ("start", "end"):
        raise LineError('"fiscal_year_named_after" is neither "start" nor "end"')
    return Context(asof, starts, named)
