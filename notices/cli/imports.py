"""`import`, `sheets compare`: read a progress sheet, tell what it says and changes, store it."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from db.engine import writing
from db.upgrade import SchemaError
from notices import wording
from notices.cli.comparison import comparison, print_comparison
from notices.cli.door import SHEETS, Call, Json, command, parse_day
from notices.cli.door import say as tell
from notices.cli.import_report import as_document, print_report, print_stored
from notices.cli.output import print_json
from notices.locale import say
from scheduler import intake
from scheduler.sheets import LARGEST_FILE, SheetError, SheetRows, read_sheets, too_large

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

app = typer.Typer()
group = typer.Typer(help="See what a new edition of a sheet changes.", no_args_is_help=True)
app.add_typer(group, name="sheets", rich_help_panel=SHEETS)

SheetFile = Annotated[Path, typer.Argument(help="Text layout, CSV, XLSX or PDF.")]
AsOf = Annotated[
    date | None,
    typer.Option(parser=parse_day, metavar="DATE", help="The day the sheet was written."),
]


@command(app, "import", panel=SHEETS)
def import_sheet(
    call: Call,
    file: SheetFile,
    *,
    asof: AsOf = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell what would be read and changed; store nothing.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Store a next edition without asking.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Read a progress sheet and store it; the same sheet twice changes nothing.

    At a terminal the next edition of a stored sheet is compared first, and you are asked. Without
    one, and with --json, it is stored at once.
    """
    if not dry_run:
        _require_database(call)
    plan = _read(call, file, asof)
    compares = dry_run or (not (yes or as_json) and _asks())
    shown = _compared(call, plan, file.name) if compares else None
    if not as_json:
        print_report(call, plan)
        if shown is not None and (dry_run or _is_next(shown)):
            print_comparison(call, plan, shown)
    stores = not dry_run and (shown is None or not _is_next(shown) or _agrees(call))
    stored = _store(call, plan, file.name, shown) if stores else None
    if as_json:
        language = call.settings.office.language
        print_json(as_document(plan, stored, shown, file.name, language))
    else:
        print_stored(call, plan, stored, told_before=shown is not None)


@command(group, "compare")
def compare(
    call: Call,
    file: SheetFile,
    *,
    asof: AsOf = None,
    as_json: Json = False,
) -> None:
    """Tell what a new edition changes against the stored one, and what follows; store nothing."""
    _require_database(call)
    plan = _read(call, file, asof)
    with call.database() as engine, writing(engine) as session:
        found = intake.compare(session, plan, file.name, call.now, call.policy)
    if as_json:
        print_json(comparison(plan, found, file.name))
    else:
        print_comparison(call, plan, found)
        typer.echo(say(call.settings.office.language, "import.dry_run"))


def _read(call: Call, file: Path, asof: date | None) -> intake.Plan:
    """What the file says, as of the day given or asked for."""
    data = _bytes(file)
    with _bar(say(call.settings.office.language, "import.reading")) as progress:
        sheets = read_sheets(data, file.name, progress)
    bounds = intake.suggest_asof(sheets, call.policy, call.today)
    day = asof or _ask(call, bounds)
    _warn(call, day, bounds)
    return _plan(call, sheets, day)


def _require_database(call: Call) -> None:
    """Stop before anything is read or asked where nothing could be stored."""
    with call.database():
        pass


def _bytes(file: Path) -> bytes:
    """The file's content. Raises `SheetError` where it cannot be had."""
    try:
        if file.is_dir():
            raise SheetError(str(file), None, "is a folder; name one file in it")
        size = file.stat().st_size
        if size > LARGEST_FILE:
            raise SheetError(str(file), None, too_large(size))
        return file.read_bytes()
    except FileNotFoundError as error:
        reason = "there is no such file; check the name"
        raise SheetError(str(file), None, reason) from error
    except OSError as error:
        reason = f"cannot be read ({error.strerror}); check its permissions"
        raise SheetError(str(file), None, reason) from error


@contextmanager
def _bar(label: str) -> Iterator[Callable[[int, int], None] | None]:
    """A progress bar on a terminal's standard error; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _plan(call: Call, sheets: Sequence[SheetRows], day: date) -> intake.Plan:
    with _bar(say(call.settings.office.language, "import.planning")) as progress:
        return intake.plan(sheets, day, call.policy, progress)


def _asks() -> bool:
    """Whether somebody sits there who can answer."""
    return sys.stdin.isatty()


def _compared(call: Call, plan: intake.Plan, source: str) -> intake.Stored | None:
    """What the import would do; None where there is no database to compare with."""
    try:
        with call.database() as engine, writing(engine) as session:
            return intake.compare(session, plan, source, call.now, call.policy)
    except SchemaError:
        return None


def _is_next(found: intake.Stored) -> bool:
    """Whether any sheet is a further edition of one that is stored, later or earlier."""
    return any(sheet.since is not None for sheet in found.sheets)


def _agrees(call: Call) -> bool:
    return typer.confirm(say(call.settings.office.language, "import.agree"), err=True)


def _store(
    call: Call, plan: intake.Plan, source: str, shown: intake.Stored | None
) -> intake.Stored:
    """Store it; raises `ChangedMeanwhileError` where that would do otherwise than was shown."""
    with call.database() as engine, writing(engine) as session:
        stored = intake.store(session, plan, source, call.now, call.policy)
        if shown is not None and stored != shown:
            raise intake.ChangedMeanwhileError(source)
    return stored


def _ask(call: Call, bounds: tuple[date | None, date | None]) -> date:
    """The as-of day from the person at the terminal; nobody there is wrong use."""
    language = call.settings.office.language
    told = _bounds(bounds, language)
    if not sys.stdin.isatty():
        tell(f"jikai: {say(language, 'import.needs_asof', bounds=told)}")
        raise typer.Exit(2)
    question = say(language, "import.ask", bounds=told)
    day: date = typer.prompt(question, value_proc=parse_day, err=True)
    return day


def _bounds(bounds: tuple[date | None, date | None], language: str) -> str:
    after, before = bounds
    if after is None:
        return say(language, "import.unbounded")
    if before is None:
        return say(language, "import.since", after=after.isoformat())
    days = {"after": after.isoformat(), "before": before.isoformat()}
    return say(language, "import.between", **days)


def _warn(call: Call, day: date, bounds: tuple[date | None, date | None]) -> None:
    """Tell of an as-of day that the text or the calendar speaks against; it may still be right."""
    language = call.settings.office.language
    told = wording.day(day, language)
    if day > call.today:
        tell(say(language, "import.late", day=told))
    elif bounds[0] is not None and bounds[0] > day:
        after = wording.day(bounds[0], language)
        tell(say(language, "import.early", day=told, after=after))
