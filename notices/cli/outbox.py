"""The mails that were sent or wait: `mail list|show|retry|void|test …`; `letters` has the rest."""

from __future__ import annotations

import sys
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.table import Table

from db.engine import reading, writing
from db.tables import Mail, MailState
from notices import outbox
from notices.cli import letters
from notices.cli.door import RUNNING, Call, Json, command, say
from notices.cli.output import cell, print_json, print_table, printable, shortened
from notices.locale import say as worded
from notices.message import one_line
from notices.trial import try_way
from notices.web.mails import PERSONAL_LINK
from notices.wire import Verdict
from scheduler.people import find_person, normal_email

if TYPE_CHECKING:
    from email.message import EmailMessage

    from sqlalchemy.orm import Session

    from db.tables import MailCopy

app = typer.Typer()
group = typer.Typer(
    help="See what was sent or waits, decide what nobody but you can, and change the words.",
    no_args_is_help=True,
)
app.add_typer(group, name="mail", rich_help_panel=RUNNING)
group.add_typer(letters.app)

MailId = Annotated[int, typer.Argument(metavar="ID", help="The mail's number in the list.")]


def _undecided(text: str) -> MailState:
    if text not in outbox.UNDECIDED:
        states = ", ".join(state.value for state in outbox.UNDECIDED)
        raise typer.BadParameter(f"{text!r} is none of {states}")
    return MailState(text)


Undecided = Annotated[
    MailState, typer.Argument(metavar="STATE", parser=_undecided, help="Queued, doubtful, failed.")
]
Reason = Annotated[str, typer.Option(help="Why; it stands on the mail.")]


@command(group, "list")
def list_mails(
    call: Call,
    *,
    state: Annotated[
        MailState | None, typer.Option(case_sensitive=False, help="Only those in this state.")
    ] = None,
    person: Annotated[str | None, typer.Option(metavar="EMAIL", help="Only to this one.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")] = 50,
    as_json: Json = False,
) -> None:
    """List mails, newest first, with what became of each and the server's words."""
    with call.database() as engine, reading(engine) as session:
        person_id = find_person(session, person).id if person is not None else None
        found = outbox.mails(session, person_id, state, limit)
        subjects = outbox.subjects(session, [mail.id for mail in found])
        rows = [_as_row(mail, subjects.get(mail.id)) for mail in found]
    if as_json:
        print_json(rows)
    elif rows:
        print_table(_table(rows))
    else:
        is_narrowed = state is not None or person is not None
        say("No such mail." if is_narrowed else "No mail was queued yet.")


@command(group, "show")
def show(
    call: Call,
    mail_id: MailId,
    *,
    raw: Annotated[
        bool, typer.Option("--raw", help="The exact bytes handed over, personal links and all.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show one mail: its state, the server's words, and the text that was handed over."""
    with call.database() as engine, reading(engine) as session:
        mail, copy = outbox.find(session, mail_id), outbox.mail_copy(session, mail_id)
        row = _as_row(mail, copy.subject if copy else None)
    if raw:
        _print_raw(mail_id, copy)
        return
    content = _content(copy)
    if as_json:
        print_json(row | content)
        return
    for name, value in row.items():
        typer.echo(f"{name}: {'-' if value is None else printable(str(value))}")
    typer.echo(f"\n{printable(content['text'] or 'It was not handed over yet.')}")


@command(group, "retry")
def retry(call: Call, mail_id: MailId, as_json: Json = False) -> None:
    """Send a mail again that failed, waits or is in doubt, under its own Message-ID."""
    with call.database() as engine, writing(engine) as session:
        row = _settled(session, outbox.retry(session, mail_id, call.now))
    _tell(row, as_json, f"Mail {mail_id} to {row['person']} goes out with the next pass.")


@command(group, "void")
def void(
    call: Call,
    mail_id: MailId,
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Decide that a mail is not sent (again): what failed, waits or is in doubt."""
    why = _why(call, reason)
    with call.database() as engine, writing(engine) as session:
        row = _settled(session, outbox.give_up(session, mail_id, why, call.now))
    _tell(row, as_json, f"Mail {mail_id} to {row['person']} is void: {why}")


@command(group, "retry-all")
def retry_all(call: Call, state: Undecided, as_json: Json = False) -> None:
    """Send all mails again that failed, wait or are in doubt; in doubt: most may have arrived."""
    with call.database() as engine, writing(engine) as session:
        count = outbox.retry_all(session, state, call.now)
    _tell({"mails": count}, as_json, f"{_mails(count)} to go out with the next pass.")


@command(group, "void-all")
def void_all(call: Call, state: Undecided, reason: Reason = "", as_json: Json = False) -> None:
    """Decide that no mail is sent (again) that failed, waits or is in doubt."""
    why = _why(call, reason)
    with call.database() as engine, writing(engine) as session:
        count = outbox.give_up_all(session, state, why, call.now)
    _tell({"mails": count}, as_json, f"{_mails(count)} void: {why}")


@command(group, "test")
def send_test(
    call: Call,
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="Where it goes.")],
    as_json: Json = False,
) -> None:
    """Send a mail at once, past the outbox, to try the way out; say what the server answered."""
    done = try_way(call.settings, normal_email(email), call.now)
    if as_json:
        print_json({"outcome": done.verdict.value, "reply": done.reply})
    else:
        say(f"{done.verdict.value}: {done.reply}")
    if done.verdict is not Verdict.ACCEPTED:
        raise typer.Exit(1)


def _why(call: Call, reason: str) -> str:
    words = one_line(reason, outbox.LONGEST_REPLY)
    return words or worded(call.settings.office.language, "mail.void.by_hand")


def _mails(count: int) -> str:
    return "1 mail is" if count == 1 else f"{count} mails are"


def _settled(session: Session, mail: Mail) -> dict[str, Any]:
    return _as_row(mail, outbox.subjects(session, [mail.id]).get(mail.id))


def _tell(row: dict[str, Any], as_json: bool, sentence: str) -> None:
    if as_json:
        print_json(row)
    else:
        say(sentence)


def _as_row(mail: Mail, subject: str | None) -> dict[str, Any]:
    settled = mail.settled_at
    return {
        "id": mail.id,
        "kind": mail.kind.value,
        "person": mail.person.email,
        "day": mail.day.isoformat(),
        "state": mail.state.value,
        "attempts": mail.attempts,
        "subject": subject,
        "reply": mail.reply,
        "message_id": mail.message_id,
        "run_at": mail.run_at.isoformat(timespec="seconds"),
        "settled": settled.isoformat(timespec="seconds") if settled else None,
    }


def _content(copy: MailCopy | None) -> dict[str, str | None]:
    """The text part; whoever holds a personal link acts as its person, so none is shown."""
    if copy is None:
        return {"text": None}
    message: EmailMessage = message_from_bytes(copy.content, policy=policy.default)
    part = message.get_body(("plain",))
    return {"text": PERSONAL_LINK.sub(r"\1…", str(part.get_content())) if part else None}


def _print_raw(mail_id: int, copy: MailCopy | None) -> None:
    if copy is None:
        say(f"jikai: mail {mail_id} was not handed over yet")
        raise typer.Exit(1)
    sys.stdout.flush()
    stream = typer.get_binary_stream("stdout")
    stream.write(copy.content)
    stream.flush()


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading in ("id", "day", "state", "to", "subject and the server's words"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        said = [shortened(row["subject"] or row["kind"]), row["reply"] or ""]
        told = "\n".join(text for text in said if text)
        cells = (str(row["id"]), row["day"], row["state"], row["person"], told)
        table.add_row(*map(cell, cells))
    return table
