"""What mails look like, and how an office changes that: `mail preview|templates`."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Annotated

import typer

from db.tables import MailKind
from notices.cli.door import Call, command, say
from notices.letters import faults
from notices.samples import KINDS, sample

if TYPE_CHECKING:
    from pathlib import Path

app = typer.Typer()

OWN = files("notices") / "templates" / "mail"
NAMES = ", ".join(kind.value for kind in KINDS)


def parse_kind(text: str) -> MailKind:
    """The name of a kind, with a hyphen or an underscore, in capitals or not."""
    name = text.lower().replace("-", "_")
    if name not in KINDS:
        raise typer.BadParameter(f"{text!r} is no kind of mail: choose one of {NAMES}")
    return MailKind(name)


@command(app, "preview")
def preview(
    call: Call,
    *,
    kind: Annotated[
        MailKind, typer.Option(parser=parse_kind, metavar="KIND", help=f"One of {NAMES}.")
    ] = MailKind.REMINDER,
    language: Annotated[
        str | None, typer.Option(help='"ja" or "en"; else the office\'s language.')
    ] = None,
    html: Annotated[bool, typer.Option("--html", help="The HTML part instead.")] = False,
) -> None:
    """Show a mail of this kind about made-up figures, in the office's templates."""
    chosen = language or call.settings.office.language
    if chosen not in {"ja", "en"}:
        raise typer.BadParameter('the language is "ja" or "en"', param_hint="--language")
    letter = sample(kind, chosen, call.settings)
    typer.echo(letter.html if html else f"{letter.subject}\n\n{letter.text}")
    folder = call.settings.mail.template_folder
    for fault in faults(folder) if folder else ():
        say(f"{fault.name} cannot be used, Jikai's own is shown: {fault.reason}")


@command(app, "templates")
def templates(
    call: Call,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="Templates to copy, to be changed.")
    ] = None,
) -> None:
    """List the templates of mails, or copy some into the office's folder."""
    folder = call.settings.mail.template_folder
    if not names:
        for name in _own():
            theirs = folder is not None and (folder / name).exists()
            typer.echo(f"{name}\tthe office's" if theirs else name)
        return
    if folder is None:
        raise typer.BadParameter("set [mail] templates to a folder first")
    for name in names:
        _copy(name, folder)


def _own() -> list[str]:
    return sorted(each.name for each in OWN.iterdir() if each.name.endswith(".j2"))


def _copy(name: str, folder: Path) -> None:
    if name not in _own():
        raise typer.BadParameter(
            f"there is no template {name!r}: `jikai mail templates` lists them"
        )
    target = folder / name
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with target.open("x", encoding="utf-8") as file:
            file.write((OWN / name).read_text("utf-8"))
    except FileExistsError:
        say(f"{target} is there already and was left as it is")
    else:
        say(f"{target} can be changed now")
