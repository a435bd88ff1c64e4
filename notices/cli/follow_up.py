"""What follows an answer: `chain`, `missed`, `fill`, `snooze`, `proposals`, `decide`."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from db.engine import reading, writing
from notices import wording
from notices.cli.answers import By, Id
from notices.cli.door import PEOPLE, SHEETS, Call, Json, command, parse_day, say
from notices.cli.output import print_json, shortened
from scheduler import answer, chains, proposals
from scheduler.missed import fill as fill_missed
from scheduler.missed import missed as missed_periods
from scheduler.people import find_person

if TYPE_CHECKING:
    from db.tables import Proposal
    from scheduler.chains import Chain, Link
    from scheduler.repeats import Repetition

app = typer.Typer()


@command(app, "chain", panel=SHEETS)
def chain(call: Call, public_id: Id, as_json: Json = False) -> None:
    """Show one figure from its first value to its last: preliminary, revised, final."""
    with call.database() as engine, reading(engine) as session:
        found = chains.chain(session, answer.find(session, public_id), call.policy)
    if as_json:
        print_json(_chain(found))
        return
    language = call.settings.office.language
    what = wording.awaited(found.kind, found.covers, None, language)
    typer.echo(f"{shortened(found.entry)}: {what} ({'closed' if found.closed else 'open'})")
    for link in found.links:
        typer.echo(f"  {_told(call, link, language)}")


@command(app, "missed", panel=SHEETS)
def missed(call: Call, public_id: Id, as_json: Json = False) -> None:
    """List the periods of a repeated figure that have gone by without one."""
    with call.database() as engine, reading(engine) as session:
        occurrence = answer.find_open(session, public_id)
        periods = missed_periods(session, occurrence, call.today, call.policy)
    if as_json:
        print_json([_period(each) for each in periods])
        return
    for each in periods:
        earliest, latest, approx = each.window.earliest, each.window.latest, each.window.approx
        when = wording.window(earliest, latest, approx, call.settings.office.language, call.policy)
        typer.echo(f"{each.covers or '-'}: {when}")
    if not periods:
        say("No period was missed.")


@command(app, "fill", panel=PEOPLE)
def fill(
    call: Call,
    public_id: Id,
    values: Annotated[
        list[str], typer.Argument(metavar="VALUE", help="One for each, oldest first.")
    ],
    *,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Confirm missed periods in one go, the oldest first."""
    with call.database() as engine, writing(engine) as session:
        person = find_person(session, by) if by else None
        occurrence = answer.find_open(session, public_id)
        given = fill_missed(
            session, occurrence, values, person=person, now=call.now, policy=call.policy
        )
        filled = [{"covers": each.value_asof, "value": each.value} for each in given]
    if as_json:
        print_json(filled)
        return
    for row in filled:
        say(f"{row['covers'] or '-'}: {row['value']}")


@command(app, "snooze", panel=PEOPLE)
def snooze(
    call: Call,
    public_id: Id,
    *,
    until: Annotated[
        date,
        typer.Option(
            parser=parse_day, metavar="DATE", help="Ask me again on; a year ahead at most."
        ),
    ],
    by: Annotated[str, typer.Option(metavar="EMAIL", help="Who asks for silence.")],
    note: Annotated[str | None, typer.Option(help="Why.")] = None,
    as_json: Json = False,
) -> None:
    """Send one person no reminder of an occurrence before a day; it stays on every list."""
    with call.database() as engine, writing(engine) as session:
        occurrence = answer.find_open(session, public_id)
        person = find_person(session, by)
        answer.not_yet(
            session,
            occurrence,
            note,
            person=person,
            again_on=until,
            now=call.now,
            policy=call.policy,
        )
        row = {"id": occurrence.public_id, "person": person.email, "until": until.isoformat()}
    if as_json:
        print_json(row)
    else:
        say(f"{row['id']}: {row['person']} is asked again on {row['until']}")


@command(app, "proposals", panel=PEOPLE)
def list_proposals(call: Call, as_json: Json = False) -> None:
    """List the windows that wait for an admin's yes."""
    with call.database() as engine, reading(engine) as session:
        found = proposals.undecided(session)
        rows = [_proposal(each) for each in found]
    if as_json:
        print_json(rows)
        return
    language = call.settings.office.language
    for row, each in zip(rows, found, strict=True):
        days = (each.earliest, each.latest, each.approx)
        when = wording.window(*days, language, call.policy)
        who = row["by"] or "Jikai, not in the source"
        say(f"{row['number']}: {row['id']} {shortened(row['entry'])}: {when}, by {who}")
        say(f"   {row['reason']}")
    if not rows:
        say("Nothing waits for a decision.")


@command(app, "decide", panel=PEOPLE)
def decide(
    call: Call,
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="As `proposals` shows it.")],
    *,
    accept: Annotated[bool, typer.Option("--yes/--no", help="Accept it, or not.")],
    by: By = None,
    as_json: Json = False,
) -> None:
    """Say yes or no to a proposal."""
    with call.database() as engine, writing(engine) as session:
        person = find_person(session, by) if by else None
        result = proposals.decide(
            session,
            proposals.find(session, number),
            accept,
            person=person,
            now=call.now,
            policy=call.policy,
        )
        opened = result.public_id if result else None
    done = {"number": number, "accepted": accept, "open": opened}
    if as_json:
        print_json(done)
    else:
        say(
            f"{number}: {'accepted' if accept else 'not accepted'}{f', {opened}' if opened else ''}"
        )


def _chain(found: Chain) -> dict[str, Any]:
    return {
        "entry": found.entry_id,
        "name": found.entry,
        "kind": found.kind,
        "covers": found.covers,
        "closed": found.closed,
        "links": [_link(each) for each in found.links],
    }


def _link(link: Link) -> dict[str, Any]:
    change = link.revision.change if link.revision else None
    percent = link.revision.percent if link.revision else None
    return {
        "stage": link.stage,
        "value": link.value,
        "on": link.on.isoformat() if link.on else None,
        "id": link.occurrence,
        "state": link.state.value if link.state else None,
        "earliest": link.earliest.isoformat() if link.earliest else None,
        "latest": link.latest.isoformat() if link.latest else None,
        "change": f"{change:+f}" if change is not None else None,
        "percent": f"{percent:+f}" if percent is not None else None,
    }


def _told(call: Call, link: Link, language: str) -> str:
    stage = wording.stage(link.stage, language) or "-"
    if link.value is None:
        when = wording.window(link.earliest, link.latest, link.approx, language, call.policy)
        return f"{stage}: {link.occurrence}, {when}"
    known = wording.day(link.on, language) if link.on else ""
    row = _link(link)
    percent = f", {row['percent']} %" if row["percent"] else ""
    revised = f" ({row['change']}{percent})" if row["change"] else ""
    return f"{stage}: {link.value}{revised}, {known}"


def _period(each: Repetition) -> dict[str, Any]:
    earliest, latest = each.window.earliest, each.window.latest
    return {
        "covers": each.covers,
        "earliest": earliest.isoformat() if earliest else None,
        "latest": latest.isoformat() if latest else None,
        "approx": each.window.approx,
    }


def _proposal(each: Proposal) -> dict[str, Any]:
    return {
        "number": each.id,
        "kind": each.kind.value,
        "id": each.occurrence.public_id,
        "entry": each.occurrence.entry.name,
        "covers": each.covers or each.occurrence.covers,
        "earliest": each.earliest.isoformat() if each.earliest else None,
        "latest": each.latest.isoformat() if each.latest else None,
        "approx": each.approx,
        "in_source": each.proposer is not None,
        "reason": " ".join(each.reason.split()),
        "by": each.proposer.email if each.proposer else None,
    }
