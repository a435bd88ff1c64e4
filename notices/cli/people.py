"""Who owns what: `people add|list|edit`, `assign`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.table import Table

from db.engine import reading, writing
from db.tables import Assignment, Entry, Person, Scope, Sheet
from notices import bounces
from notices.cli import absences
from notices.cli.door import PEOPLE, Call, Email, Json, command, say
from notices.cli.output import cell, print_json, print_table
from scheduler import assignments, people

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

app = typer.Typer()
group = typer.Typer(help="Add, list and change the people who are reminded.", no_args_is_help=True)
app.add_typer(group, name="people", rich_help_panel=PEOPLE)
group.add_typer(absences.app)

Name = Annotated[str | None, typer.Option(help="The person's name.")]
Language = Annotated[
    str | None, typer.Option(help='The language of mails and pages: "ja" or "en".')
]
Timezone = Annotated[str | None, typer.Option(help="The person's time zone, such as Asia/Tokyo.")]
SendHour = Annotated[int | None, typer.Option(help="The hour at which mail goes out, 0 to 23.")]
Weekdays = Annotated[
    str | None, typer.Option(help="The days on which mail goes out: 12345 is Monday to Friday.")
]
Superior = Annotated[
    str | None, typer.Option(metavar="EMAIL", help="Who hears when the person does not answer.")
]
Unit = Annotated[
    str | None, typer.Option(metavar="EMAIL", help="The unit's mailbox, which hears after that.")
]


Chosen = tuple[Scope, str | None]


@command(group, "add")
def add(
    call: Call,
    email: Email,
    *,
    name: Name = None,
    language: Language = None,
    timezone: Timezone = None,
    send_hour: SendHour = None,
    weekdays: Weekdays = None,
    superior: Superior = None,
    unit: Unit = None,
    admin: Annotated[
        bool, typer.Option("--admin", help="Tell this person what nobody owns.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Add a person; language and time zone are the office's unless given."""
    office = call.settings.office
    with call.database() as engine, writing(engine) as session:
        person = people.add_person(
            session,
            email,
            name=name,
            language=language or office.language,
            timezone=timezone or office.timezone.key,
            admin=admin,
            send_hour=send_hour,
            weekdays=weekdays,
            superior=_found(session, superior),
            unit=_found(session, unit),
            now=call.now,
            policy=call.policy,
        )
        _tell(session, person, "added", as_json)


@command(group, "list")
def list_people(call: Call, as_json: Json = False) -> None:
    """List everybody with what they own."""
    with call.database() as engine, reading(engine) as session:
        rows = [_as_row(session, person) for person in people.everybody(session)]
    if as_json:
        print_json(rows)
    elif rows:
        print_table(_table(rows))
    else:
        say("Nobody yet: jikai people add EMAIL")


@command(group, "edit")
def edit(
    call: Call,
    email: Email,
    *,
    name: Name = None,
    language: Language = None,
    timezone: Timezone = None,
    send_hour: SendHour = None,
    weekdays: Weekdays = None,
    superior: Superior = None,
    unit: Unit = None,
    admin: Annotated[bool | None, typer.Option(help="Tell this person what nobody owns.")] = None,
    active: Annotated[
        bool | None, typer.Option("--enable/--disable", help="A disabled person gets no mail.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Send again to an address whose mail came back.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Change what is given of a person, leave the rest."""
    plain = (name, language, timezone, send_hour, weekdays, superior, unit, admin, active)
    if all(one is None for one in plain) and not resume:
        raise typer.BadParameter("name what to change: `jikai people edit --help` lists it")
    with call.database() as engine, writing(engine) as session:
        person = people.edit_person(
            session,
            people.find_person(session, email),
            name=name,
            language=language,
            timezone=timezone,
            admin=admin,
            active=active,
            send_hour=send_hour,
            weekdays=weekdays,
            superior=_found(session, superior),
            unit=_found(session, unit),
            now=call.now,
            policy=call.policy,
        )
        if resume and not bounces.resume(person, call.now):
            say(f"{person.email} was not suspended")
        _tell(session, person, "changed", as_json)


@command(app, "assign", panel=PEOPLE)
def assign(
    call: Call,
    email: Email,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Everything.")] = False,
    sheet: Annotated[
        str | None, typer.Option(help="A sheet, by its reform item or a part of it.")
    ] = None,
    entry: Annotated[str | None, typer.Option(help="An entry, by the id of a list.")] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take it away again.")] = False,
    as_json: Json = False,
) -> None:
    """Give a person an entry, a sheet or everything, now and in later editions."""
    scope, words = chosen_scope(everything, sheet, entry, "--entry", Scope.ENTRY)
    with call.database() as engine, writing(engine) as session:
        person = people.find_person(session, email)
        change = _take if remove else _give
        done = change(call, session, person, (scope, words))
        _tell(session, person, done, as_json)


def chosen_scope(
    everything: bool, sheet: str | None, other: str | None, other_option: str, other_scope: Scope
) -> Chosen:
    """The one scope chosen of `--all`, `--sheet` and another option; raises for none or several."""
    given: list[Chosen] = [(Scope.ALL, None)] if everything else []
    given += [(Scope.SHEET, sheet)] if sheet is not None else []
    given += [(other_scope, other)] if other is not None else []
    if len(given) != 1:
        raise typer.BadParameter(f"choose one of --all, --sheet and {other_option}")
    return given[0]


def _give(call: Call, session: Session, person: Person, what: Chosen) -> str:
    made = assignments.assign(session, person, *what, now=call.now, policy=call.policy)
    return "assigned" if made else "owned already"


def _take(call: Call, session: Session, person: Person, what: Chosen) -> str:
    taken = assignments.unassign(session, person, *what, now=call.now, policy=call.policy)
    return "taken away" if taken else "not owned before"


def _tell(session: Session, person: Person, done: str, as_json: bool) -> None:
    row = _as_row(session, person)
    if as_json:
        print_json(row)
    else:
        say(f"{row['email']}: {done}; owns {', '.join(row['owns']) or 'nothing yet'}")


def _found(session: Session, email: str | None) -> Person | None:
    return None if email is None else people.find_person(session, email)


def _as_row(session: Session, person: Person) -> dict[str, Any]:
    fields = ("email", "name", "language", "timezone", "send_hour", "admin", "active")
    owned = assignments.assignments_of(session, person)
    row = {name: getattr(person, name) for name in fields}
    row |= {"weekdays": person.weekdays}
    row |= {name: _email(session, getattr(person, f"{name}_id")) for name in ("superior", "unit")}
    row["suspended"] = person.suspended_at is not None
    return row | {"owns": [_name(session, one) for one in owned]}


def _email(session: Session, person_id: int | None) -> str | None:
    return None if person_id is None else session.get_one(Person, person_id).email


def _name(session: Session, assignment: Assignment) -> str:
    if assignment.scope is Scope.ALL:
        return "everything"
    if assignment.scope is Scope.SHEET:
        sheet = session.get_one(Sheet, assignment.sheet_id)
        return f"sheet {' '.join(sheet.reform_item.split())}"
    return f"entry {session.get_one(Entry, assignment.entry_id).id}"


def _condition(row: dict[str, Any]) -> str:
    if not row["active"]:
        return ", disabled"
    return ", mail came back" if row["suspended"] else ""


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading in ("address", "name", "language, zone, hour", "role", "owns"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        hour = "" if row["send_hour"] is None else f" {row['send_hour']}:00"
        role = "admin" if row["admin"] else "owner"
        table.add_row(
            cell(row["email"]),
            cell(row["name"]),
            cell(f"{row['language']} {row['timezone']}{hour}"),
            cell(f"{role}{_condition(row)}"),
            cell("\n".join(row["owns"]) or "-"),
        )
    return table
