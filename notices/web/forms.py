"""What somebody typed into a form, and one sentence for each field that cannot be taken."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict

from notices import wording
from scheduler.answer import (
    STAGES,
    AskAgainError,
    Confirmation,
    NoReasonError,
    PastWindowError,
    confirm,
    find_open,
    not_yet,
    postpone,
    was_confirmed_so,
    was_postponed_so,
)
from scheduler.occurrence import Window, WindowError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from db.tables import Occurrence, Person
    from notices.web.site import Visit
    from scheduler.timing import Stated

LIMITS = {"value": 500, "asof": 60, "source": 500, "note": 4000, "reason": 4000}


class Typed(BaseModel):
    """The fields of the three answers as they were sent; `verb` says which answer it is."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)

    csrf: str = ""
    verb: str = ""
    value: str = ""
    asof: str = ""
    stage: str = ""
    source: str = ""
    note: str = ""
    earliest: str = ""
    latest: str = ""
    approx: str = ""
    again_on: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """A form as a template shows it: what stands in its fields, what is wrong with which.

    `prefix` keeps the fields of several forms on one page apart; `open` unfolds it.
    """

    prefix: str = ""
    typed: Mapping[str, str] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)
    open: bool = False


class Fault(Exception):  # noqa: N818  # it leaves a parser and never this module
    """One field cannot be taken: `key` names the sentence (`web.form.KEY`)."""

    def __init__(self, name: str, key: str, **values: object) -> None:
        super().__init__(key)
        self.name = name
        self.key = key
        self.values_said = values


def blank_forms(occurrence: Occurrence) -> dict[str, Form]:
    """The three answers, with period and stage filled in from what is awaited."""
    awaited = {"asof": occurrence.covers or "", "stage": occurrence.stage or ""}
    return {
        "confirm": Form(_prefix("confirm", occurrence), awaited),
        "not_yet": Form(_prefix("not_yet", occurrence)),
        "postpone": Form(
            _prefix("postpone", occurrence), {"approx": "yes" if occurrence.approx else ""}
        ),
    }


def read_forms(
    occurrence: Occurrence, said: Stated, text: str, visit: Visit
) -> dict[str, Form] | None:
    """The same, with what was read in the text of a reply; None where nothing certain was."""
    if said.sort == "unclear":
        return None
    verb = {"known": "confirm", "later": "postpone", "not_yet": "not_yet"}[said.sort]
    blank = blank_forms(occurrence)
    typed = {**blank[verb].typed, **_read(said, text, visit)}
    return blank | {verb: Form(_prefix(verb, occurrence), typed, open=True)}


def _read(said: Stated, text: str, visit: Visit) -> dict[str, str]:
    if said.sort == "later":
        days = {"earliest": said.earliest, "latest": said.latest}
        typed = {name: day.isoformat() for name, day in days.items() if day}
        return typed | {"approx": "yes" if said.approx else "", "reason": text[: LIMITS["reason"]]}
    if said.sort == "not_yet":
        return {"note": text[: LIMITS["note"]]}
    known = {"value": said.value, "stage": said.stage, "asof": said.period}
    day = wording.day(said.day, visit.language) if said.day else ""
    known["note"] = visit.say("mail.echo.known_on", day=day) if day else None
    return {name: words for name, words in known.items() if words}


def returned_forms(
    occurrence: Occurrence, typed: Typed, wrong: Mapping[str, str]
) -> dict[str, Form]:
    """The same, with what was typed and what is wrong with it in the form it was typed into."""
    forms = blank_forms(occurrence)
    verb = typed.verb if typed.verb in forms else "confirm"
    return forms | {verb: Form(_prefix(verb, occurrence), typed.model_dump(), wrong, open=True)}


def take(
    session: Session, occurrence: Occurrence, typed: Typed, person: Person, visit: Visit
) -> dict[str, str]:
    """Record the answer; returns a sentence per field that keeps it from being taken, else {}.

    Raises `AlreadyConfirmedError` or `NotOpenError` where somebody was faster: nobody is asked to
    mend what can no longer be taken.
    """
    find_open(session, occurrence.public_id)
    try:
        _check_lengths(typed)
        _record(session, occurrence, typed, person, visit)
    except Fault as fault:
        sentence = visit.say(f"web.form.{fault.key}", **fault.values_said)
        return {fault.name: sentence}
    return {}


def was_given(
    session: Session, occurrence: Occurrence, typed: Typed, person: Person, visit: Visit
) -> bool:
    """Whether a settled occurrence has this very answer of this person: a button pressed twice."""
    try:
        if typed.verb == "postpone":
            window = _window(typed)
            return was_postponed_so(session, occurrence, window, typed.reason, person=person)
        given, policy = _confirmation(typed), visit.site.policy
    except Fault:
        return False
    return typed.verb != "not_yet" and was_confirmed_so(
        session, occurrence, given, person=person, now=visit.now, policy=policy
    )


def _record(
    session: Session, occurrence: Occurrence, typed: Typed, person: Person, visit: Visit
) -> None:
    policy = visit.site.policy
    if typed.verb == "not_yet":
        _not_yet(session, occurrence, typed, person, visit)
    elif typed.verb == "postpone":
        _postpone(session, occurrence, typed, person, visit)
    else:
        given = _confirmation(typed)
        confirm(session, occurrence, given, person=person, now=visit.now, policy=policy)


def _not_yet(
    session: Session, occurrence: Occurrence, typed: Typed, person: Person, visit: Visit
) -> None:
    again_on, policy = _day(typed, "again_on"), visit.site.policy
    try:
        not_yet(
            session,
            occurrence,
            typed.note,
            person=person,
            again_on=again_on,
            now=visit.now,
            policy=policy,
        )
    except AskAgainError as error:
        if error.again_on < error.first:
            raise Fault("again_on", "not_a_day_to_come") from error
        until = wording.day(error.last, visit.language)
        raise Fault("again_on", "again_within_a_year", day=until) from error


def _confirmation(typed: Typed) -> Confirmation:
    if not typed.value:
        raise Fault("value", "required")
    if typed.stage and typed.stage not in STAGES:
        raise Fault("stage", "not_a_stage")
    if typed.source and not _is_web_address(typed.source):
        raise Fault("source", "not_a_link")
    return Confirmation(typed.value, typed.asof, typed.stage, typed.source, typed.note)


def _postpone(
    session: Session, occurrence: Occurrence, typed: Typed, person: Person, visit: Visit
) -> None:
    window = _window(typed)
    now, policy = visit.now, visit.site.policy
    try:
        postpone(session, occurrence, window, typed.reason, person=person, now=now, policy=policy)
    except PastWindowError as error:
        raise Fault("latest", "gone_by") from error
    except NoReasonError as error:
        raise Fault("reason", "reason_needed") from error


def _window(typed: Typed) -> Window:
    earliest, latest = _day(typed, "earliest"), _day(typed, "latest")
    if earliest is None and latest is None:
        raise Fault("latest", "no_window")
    if earliest is not None and latest is not None and latest < earliest:
        raise Fault("latest", "wrong_order")
    try:
        return Window(earliest, latest, typed.approx == "yes")
    except WindowError as error:
        raise Fault("latest", "far_off") from error


def _day(typed: Typed, name: str) -> date | None:
    text = getattr(typed, name)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise Fault(name, "not_a_day") from error


def _check_lengths(typed: Typed) -> None:
    for name, limit in LIMITS.items():
        if len(getattr(typed, name)) > limit:
            raise Fault(name, "too_long", limit=limit)


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc)


def _prefix(verb: str, occurrence: Occurrence) -> str:
    return f"{verb}-{occurrence.id}-"
