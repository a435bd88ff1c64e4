"""What every command shares: its configuration, its moment, its database, and how it fails.

A command is a function whose first parameter is a `Call`; `command` adds `--config` and `--now`
behind its own options and turns the errors of every room into one sentence and an exit code.
"""

from __future__ import annotations

import inspect
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from sqlalchemy.exc import DatabaseError, IntegrityError, ProgrammingError

from db.engine import DatabaseUrlError, open_engine
from db.upgrade import SchemaError, newest_revision, require_newest
from notices.channels import ChannelError
from notices.clock import Clock, RealClock, SimulatedClock
from notices.feed import FeedError
from notices.inbox import InboxError
from notices.outbox import OutboxError
from notices.service import PagesError, PortError
from notices.settings import Settings, load
from notices.settings_faults import SettingsError
from scheduler.errors import SchedulerError
from scheduler.occurrence import FIRST_DAY, LAST_DAY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine

    from scheduler.policy import Policy

SHEETS = "Sheets and lists"
PEOPLE = "People and answers"
RUNNING = "Running the service"
MORNING = time(9)

# The families of errors whose sentence is for the person at the keyboard.
FAILURES = (
    SchemaError,
    DatabaseUrlError,
    SchedulerError,
    FeedError,
    ChannelError,
    OutboxError,
    PortError,
    PagesError,
    InboxError,
)

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The person's mail address.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


def parse_day(text: str) -> date:
    """A day given as an option, `2018-03-31`."""
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not a day: write it as 2018-03-31") from error
    _within_reach(day)
    return day


def _within_reach(day: date) -> None:
    """Refuse days that no sheet means and that leave no room to count from."""
    if not FIRST_DAY.year <= day.year <= LAST_DAY.year:
        raise typer.BadParameter(
            f"{day} cannot be meant: give a year from {FIRST_DAY.year} to {LAST_DAY.year}, "
            "as in 2018-03-31"
        )


def parse_moment(text: str) -> datetime | date:
    """A moment given as an option; a day stays a day until the office's zone is known."""
    moment = _day_or_instant(text)
    _within_reach(moment)
    return moment


def _day_or_instant(text: str) -> datetime | date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(
            f"{text!r} is not a moment: write it as 2018-03-31 or 2018-03-31T09:00"
        ) from error


@dataclass(frozen=True)
class Call:
    """One call of a command: where its configuration is, and at what moment it happens.

    `given` is what `--now` said: a moment without a zone is the office's, a day means 09:00 there.
    """

    config: Path
    given: datetime | date | None = None

    @cached_property
    def settings(self) -> Settings:
        """The configuration; raises `SettingsError`."""
        return load(self.config)

    @cached_property
    def policy(self) -> Policy:
        """The office's rules for days."""
        return self.settings.policy()

    @cached_property
    def now(self) -> datetime:
        """The moment of this call, aware, in UTC; the same however often it is asked."""
        if self.given is None:
            return RealClock().now()
        zone = self.settings.office.timezone
        moment = self.given
        if not isinstance(moment, datetime):
            moment = datetime.combine(moment, MORNING)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)

    @property
    def today(self) -> date:
        """The office's day at `now`."""
        return self.policy.today(self.now)

    def clock(self) -> Clock:
        """The machine's clock, or one that starts where `--now` says."""
        return RealClock() if self.given is None else SimulatedClock(self.now)

    @contextmanager
    def database(self) -> Iterator[Engine]:
        """The database, open while the block runs. Raises `SchemaError` unless it is up to date."""
        engine = open_engine(self.settings.database.url)
        try:
            require_database(engine)
            yield engine
        finally:
            engine.dispose()


def require_database(engine: Engine) -> None:
    """Raise `SchemaError` unless the database is there, with the newest schema; make no file."""
    file = engine.url.database
    if engine.dialect.name == "sqlite" and file and not Path(file).exists():
        raise SchemaError(None, newest_revision())
    require_newest(engine)


def command(
    app: typer.Typer, name: str | None = None, panel: str | None = None
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a function a command of `app`, with `--config` and `--now` behind its own options.

    Its first parameter is the `Call`; its docstring is the help text.
    """

    def register(function: Callable[..., None]) -> Callable[..., None]:
        app.command(name, rich_help_panel=panel)(_at_the_door(function))
        return function

    return register


def say(text: str) -> None:
    """Tell the person at the keyboard something, on standard error."""
    typer.echo(text, err=True)


def _config_and_now(
    config: Annotated[
        Path,
        typer.Option(metavar="FILE", help="The configuration.", rich_help_panel="Every command"),
    ] = Path("config.toml"),
    now: Annotated[
        datetime | None,
        typer.Option(
            parser=parse_moment,
            metavar="ISO",
            help="Act as if it were this day (09:00) or moment.",
            rich_help_panel="Every command",
        ),
    ] = None,
) -> Call:
    return Call(config, now)


def _at_the_door(function: Callable[..., None]) -> Callable[..., None]:
    _call, *own = inspect.signature(function, eval_str=True).parameters.values()
    shared = inspect.signature(_config_and_now, eval_str=True).parameters

    def run(**given: Any) -> None:
        call = _config_and_now(**{name: given.pop(name) for name in shared})
        with failing_clearly():
            function(call, **given)

    parameters = [one.replace(kind=one.KEYWORD_ONLY) for one in (*own, *shared.values())]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    run.__name__, run.__doc__ = function.__name__, function.__doc__
    return run


@contextmanager
def failing_clearly() -> Iterator[None]:
    """Turn the rooms' errors into their sentence and an exit code: 2 for wrong use, else 1."""
    try:
        yield
    except SettingsError as error:
        raise _stop(*error.faults, code=2) from error
    except FAILURES as error:
        raise _stop(str(error), code=1) from error
    except DatabaseError as error:
        if isinstance(error, IntegrityError | ProgrammingError):
            raise  # not the database's condition: a mistake in Jikai, which needs its traceback
        raise _stop(f"the database cannot be used: {_one_line(error.orig)}", code=1) from error


def _stop(*sentences: str, code: int) -> typer.Exit:
    for sentence in sentences:
        say(f"jikai: {sentence}")
    return typer.Exit(code)


def _one_line(error: object) -> str:
    return " ".join(str(error).split())
