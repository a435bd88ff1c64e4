"""Who is away and who leaves: `people absence`, `people leave`, `people suggest`."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from db.engine import reading, writing
from db.tables import Person
from notices.cli.door import Call, Email, Json, command, parse_day, say
from notices.cli.output import print_json, shortened
from scheduler import handover
from scheduler.people import find_person
from scheduler.suggestions import suggestions

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from db.tables import Absence
    from scheduler.suggestions import Suggestion

app = typer.Typer()


@command(app, "absence")
def absence(
    call: Call,
    email: Annotated[str | None, typer.Argument(metavar="EMAIL", help="Who is away.")] = None,
    *,
    first: Annotated[
        date | None, typer.Option("--from", parser=parse_day, metavar="DATE", help="First day.")
    ] = None,
    last: Annotated[
        date | None, typer.Option("--to", parser=parse_day, metavar="DATE", help="Last day.")
    ] = None,
    delegate: Annotated[
        str | None, typer.Option(metavar="EMAIL", help="Who hears in the meantime.")
    ] = None,
    back: Annotated[
        bool, typer.Option("--back", help="The person is back or does not go.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Note that somebody is away, or list who is and will be."""
    if (first is None) != (last is None) or (back and first is not None):
        raise typer.BadParameter("give --from and --to together, or --back")
    if email is None and (first is not None or back):
        raise typer.BadParameter("say who: people absence EMAIL --from DATE --to DATE")
    with call.database() as engine, writing(engine) as session:
        if email is not None and first is not None and last is not None:
            _add(call, session, email, (first, last), delegate)
        elif email is not None and back:
            count = _end(call, session, email)
            say(f"{email}: {count or 'no'} absence{'' if count == 1 else 's'} removed")
        rows = [_row(session, each) for each in handover.absences(session, call.today)]
    _tell([row for row in rows if email is None or row["email"] == email.lower()], as_json)


@command(app, "leave")
def leave(
    call: Call,
    email: Email,
    *,
    to: Annotated[str, typer.Option("--to", metavar="EMAIL", help="Who takes everything over.")],
    as_json: Json = False,
) -> None:
    """Hand over everything that a person owns, and send that person no more mail."""
    with call.database() as engine, writing(engine) as session:
        person, successor = find_person(session, email), find_person(session, to)
        handover.leave(session, person, successor, now=call.now, policy=call.policy)
        done = {"left": person.email, "successor": successor.email}
    if as_json:
        print_json(done)
    else:
        say(f"{done['left']}: everything handed over to {done['successor']}, disabled")


@command(app, "suggest")
def suggest(call: Call, as_json: Json = False) -> None:
    """Suggest an owner for every entry that has none."""
    with call.database() as engine, reading(engine) as session:
        rows = [_suggested(each) for each in suggestions(session)]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        say(f"{row['entry']} {shortened(row['name'])}: {row['person']} ({row['why']})")
        say(f"  jikai assign {row['person']} --entry {row['entry']}")
    if not rows:
        say("No suggestions: every entry has an owner, or nothing resembles those that have none.")


def _add(
    call: Call, session: Session, email: str, days: tuple[date, date], delegate: str | None
) -> None:
    handover.add_absence(
        session,
        find_person(session, email),
        *days,
        find_person(session, delegate) if delegate else None,
        now=call.now,
        policy=call.policy,
    )


def _end(call: Call, session: Session, email: str) -> int:
    person = find_person(session, email)
    return handover.end_absence(session, person, now=call.now, policy=call.policy)


def _row(session: Session, each: Absence) -> dict[str, Any]:
    delegate = session.get(Person, each.delegate_id) if each.delegate_id else None
    return {
        "email": session.get_one(Person, each.person_id).email,
        "from": each.first.isoformat(),
        "to": each.last.isoformat(),
        "delegate": delegate.email if delegate else None,
    }


def _suggested(each: Suggestion) -> dict[str, Any]:
    why = {"name": "owned it under the same name", "sheet": "owns most of the same sheet"}
    return {
        "entry": each.entry.id,
        "name": each.entry.name,
        "person": each.person.email,
        "why": why[each.why],
    }


def _tell(rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print_json(rows)
        return
    for row in rows:
        instead = (
            f", {row['delegate']} hears instead" if row["delegate"] else ", without a delegate"
        )
        say(f"{row['email']}: away from {row['from']} to {row['to']}{instead}")
    if not rows:
        say("Nobody is away.")
