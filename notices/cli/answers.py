"""What somebody says of what is awaited: `confirm`, `postpone`, `window`."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from db.engine import writing
from db.tables import Verb
from notices import wording
from notices.cli.door import PEOPLE, Call, Json, command, parse_day, say
from notices.cli.output import print_json
from notices.listing import as_row
from scheduler import answer, lists
from scheduler.occurrence import Window, window_of
from scheduler.people import find_person
from scheduler.undated import find_undated, give_window

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from db.tables import Person
    from scheduler.lists import Item

app = typer.Typer()

Id = Annotated[str, typer.Argument(metavar="ID", help="An occurrence, as the lists name it: 7.1")]
By = Annotated[str | None, typer.Option(metavar="EMAIL", help="Who says so.")]
Day = Annotated[date | None, typer.Option(parser=parse_day, metavar="DATE")]


@command(app, "confirm", panel=PEOPLE)
def confirm(
    call: Call,
    public_id: Id,
    *,
    value: Annotated[str, typer.Option(help="The figure, or in a few words what was done.")],
    asof: Annotated[
        str | None, typer.Option(metavar="PERIOD", help="What it describes: 2017-04, FY2017.")
    ] = None,
    stage: Annotated[str | None, typer.Option(help=f"One of {', '.join(answer.STAGES)}.")] = None,
    source: Annotated[str | None, typer.Option(metavar="URL", help="Where it stands.")] = None,
    note: Annotated[str | None, typer.Option(help="Anything worth keeping with it.")] = None,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Confirm that a figure is known; a repeated one brings its next occurrence."""
    with call.database() as engine, writing(engine) as session:
        occurrence = answer.find_open(session, public_id)
        given = answer.confirm(
            session,
            occurrence,
            answer.Confirmation(value, asof, stage, source, note),
            person=_person(session, by),
            now=call.now,
            policy=call.policy,
        )
        open_now = lists.entry(session, occurrence.entry_id, call.today, call.policy)
        answered = occurrence.public_id
    interim = "noted; the figure promised is still awaited"
    done = "confirmed" if given.verb is Verb.CONFIRM else interim
    _tell(call, answered, done, open_now, as_json)


@command(app, "postpone", panel=PEOPLE)
def postpone(
    call: Call,
    public_id: Id,
    *,
    earliest: Day = None,
    latest: Day = None,
    approx: Annotated[bool, typer.Option("--approx", help="The days are not exact.")] = False,
    reason: Annotated[str | None, typer.Option(help="Why; needed outside the old window.")] = None,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Promise another window for an occurrence, from --earliest to --latest (both inclusive)."""
    window = Window(earliest, latest, approx)
    with call.database() as engine, writing(engine) as session:
        occurrence = answer.find_open(session, public_id)
        answered = occurrence.public_id
        done = "unchanged" if window_of(occurrence) == window else "moved"
        open_after = answer.postpone(
            session,
            occurrence,
            window,
            reason,
            person=_person(session, by),
            now=call.now,
            policy=call.policy,
        )
        if done == "moved" and window_of(open_after) != window:
            done = "proposed, an admin has to say yes"
        open_now = lists.entry(session, occurrence.entry_id, call.today, call.policy)
    _tell(call, answered, done, open_now, as_json)


@command(app, "window", panel=PEOPLE)
def window(
    call: Call,
    item: Annotated[str, typer.Argument(metavar="ID", help="As `undated` names it: 12, or 12/2.")],
    *,
    earliest: Day = None,
    latest: Day = None,
    approx: Annotated[bool, typer.Option("--approx", help="The days are not exact.")] = False,
    reason: Annotated[str, typer.Option(help="Where the window comes from.")],
    by: By = None,
    as_json: Json = False,
) -> None:
    """Give an item without one a window, from --earliest to --latest (both inclusive)."""
    days = Window(earliest, latest, approx)
    with call.database() as engine, writing(engine) as session:
        found, who = find_undated(session, item), _person(session, by)
        opened = give_window(
            session, found, days, reason, person=who, now=call.now, policy=call.policy
        )
        open_now = lists.entry(session, opened.entry_id, call.today, call.policy)
        answered = opened.public_id
    _tell(call, answered, "awaited", open_now, as_json)


def _person(session: Session, email: str | None) -> Person | None:
    return None if email is None else find_person(session, email)


def _tell(call: Call, public_id: str, done: str, open_now: list[Item], as_json: bool) -> None:
    """Say what was done, and what is awaited of the entry from now on."""
    language = call.settings.office.language
    if as_json:
        rows: list[dict[str, Any]] = [as_row(item, language) for item in open_now]
        print_json({"id": public_id, "done": done, "open": rows})
        return
    say(f"{public_id}: {done}.")
    for item in open_now:
        what = wording.awaited(item.kind, item.covers, item.stage, language)
        when = wording.window(item.earliest, item.latest, item.approx, language, call.policy)
        say(f"  {item.id}: {what}, {when if item.earliest or item.latest else item.state}")
