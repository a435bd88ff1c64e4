"""Mails in words: Jikai's own templates, or an office's where its folder has one that works."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from functools import cache, partial
from hashlib import sha256
from threading import Lock
from traceback import extract_tb
from typing import TYPE_CHECKING

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    StrictUndefined,
    TemplateNotFound,
    TemplateSyntaxError,
    select_autoescape,
)

from notices import wording
from notices.locale import say
from notices.message import Letter, one_line
from notices.parts import fitted
from notices.streams import STREAM_OF

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from db.tables import Person
    from notices.parts import Part
    from notices.settings import Settings

LONGEST_SUBJECT = 110

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Fault:
    """An office's template that could not be used: its file, and why, with the line.

    `version` tells what the file holds from what it held before; "" where there is none.
    """

    name: str
    reason: str
    version: str


class UnreadableError(Exception):
    """A template of the office that cannot be read at all, mostly for not being UTF-8."""

    def __init__(self, name: str, error: Exception) -> None:
        super().__init__(f"{type(error).__name__}: {error}")
        self.name = name


_faults: dict[str, Fault] = {}
_lock = Lock()


def faults(folder: Path) -> list[Fault]:
    """The templates in `folder` that failed in this process and were not changed since, by name."""
    with _lock:
        found = [_faults[name] for name in sorted(_faults)]
    return [fault for fault in found if stands(fault, folder)]


def stands(fault: Fault, folder: Path) -> bool:
    """Whether what failed is what `folder` still holds."""
    return fault.version == _version(folder, fault.name)


def written(
    template: str, person: Person, settings: Settings, subject: str, **values: object
) -> Letter:
    """A letter to a person from the pair of templates `template`.{txt,html}.j2.

    `subject` gets the office's name in front. Where a template of the office fails, Jikai's own
    takes its place and the fault is kept for the admins.
    """
    line = one_line(f"[{settings.office.name}] {subject}", LONGEST_SUBJECT)
    shared = {
        "t": partial(say, person.language),
        "words": wording,
        "language": person.language,
        "person": person,
        "office": settings.office.name,
        "base_url": settings.web.base_url,
        "subject": line,
        **values,
    }
    text, html = (
        _rendered(f"{template}.{form}.j2", settings.mail.template_folder, shared)
        for form in ("txt", "html")
    )
    return Letter(line, text, html)


def day_letter(
    person: Person, parts: Sequence[Part], settings: Settings, unsubscribe: str = ""
) -> Letter:
    """The mail of a day that says these parts, at least one, in the stream of the first.

    `unsubscribe` is the page on which that stream can be ended.
    """
    stream = STREAM_OF[parts[0].kind]
    asked = any(part.digest and part.digest.asks for part in parts)
    may_reply = asked and bool(settings.inbox.address)
    said = fitted(parts, person.language)
    values = {"parts": said, "unsubscribe": unsubscribe, "may_reply": may_reply}
    letter = written("day", person, settings, parts[0].subject, **values)
    return replace(letter, stream=stream, unsubscribe=unsubscribe)


def _rendered(name: str, folder: Path | None, values: dict[str, object]) -> str:
    if folder is not None:
        try:
            return _templates(folder).get_template(name).render(values)
        except Exception as error:  # whatever an office writes, its people get their mail
            _note(_fault(name, folder, error))
    return _templates(None).get_template(name).render(values)


def _note(fault: Fault) -> None:
    with _lock:
        known = _faults.get(fault.name) == fault
        _faults[fault.name] = fault
    if not known:
        log.warning("template %s cannot be used: %s", fault.name, fault.reason)


def _fault(name: str, folder: Path, error: Exception) -> Fault:
    """Name the office's file and line at fault, where the error tells."""
    place, line = name, 0
    if isinstance(error, UnreadableError):
        return Fault(error.name, str(error), _version(folder, error.name))
    own = [frame for frame in extract_tb(error.__traceback__) if str(folder) in frame.filename]
    if isinstance(error, TemplateSyntaxError):
        place, line = error.name or name, error.lineno
    elif own:
        place = own[-1].filename.removeprefix(str(folder)).lstrip("/")
        line = own[-1].lineno or 0
    where = f"line {line}: " if line else ""
    return Fault(place, f"{where}{type(error).__name__}: {error}", _version(folder, place))


def _version(folder: Path, name: str) -> str:
    try:
        return sha256((folder / name).read_bytes()).hexdigest()
    except OSError:
        return ""


class _Own(FileSystemLoader):
    """The office's folder. What cannot be read there names itself, not the template that asked."""

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        try:
            return super().get_source(environment, template)
        except TemplateNotFound:
            raise
        except (OSError, UnicodeError) as error:
            raise UnreadableError(template, error) from error


@cache
def _templates(folder: Path | None) -> Environment:
    own: BaseLoader = PackageLoader("notices", "templates/mail")
    loader = ChoiceLoader([_Own(folder), own]) if folder else own
    return Environment(
        loader=loader,
        autoescape=select_autoescape(enabled_extensions=("html.j2",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # An office sees what it has mended with the next mail; Jikai's own do not change.
        auto_reload=folder is not None,
    )
