"""Which mails a person wants: shown on GET, changed on POST; one click of a mail reader mutes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from db.engine import reading, writing
from db.tables import Person, Stream
from notices.links import LinkError, Purpose, open_link
from notices.streams import left_alone, muted, unmute
from notices.unsubscribe import stop
from notices.web.csrf import check_csrf, same_site
from notices.web.render import page
from notices.web.site import AnyVisit, CalmError, Visit, as_person

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

ONE_CLICK = "One-Click"
STREAMS = tuple(Stream)

router = APIRouter()


class Asked(BaseModel):
    """What is posted: by a mail reader the one click, by the page a stream and what is wanted."""

    model_config = ConfigDict(extra="ignore")

    one_click: str = Field(default="", alias="List-Unsubscribe")
    stream: str = ""
    wanted: str = ""
    csrf: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One stream, and whether its mails are muted."""

    name: str
    muted: bool


@router.get("/u/{token}")
def show(request: Request, visit: AnyVisit, token: str) -> Response:
    """The streams with a button for each; mail scanners open links, so looking changes nothing."""
    with reading(visit.site.engine) as session:
        person, _ = _reach(session, visit, token)
        return _page(session, as_person(request, visit, person), person, token)


@router.post("/u/{token}")
def choose(
    request: Request,
    visit: AnyVisit,
    token: str,
    asked: Annotated[Asked, Form()],
) -> Response:
    """Mute the link's stream in one click (RFC 8058), or change the stream of a button."""
    at_once = asked.one_click == ONE_CLICK
    if not at_once:
        same_site(request)
        check_csrf(visit.site.secret, token, asked.csrf)
    with writing(visit.site.engine) as session:
        person, signed = _reach(session, visit, token)
        chosen = signed if at_once else _named(asked.stream)
        seen = as_person(request, visit, person)
        done = _change(session, seen, person, chosen, asked.wanted == "yes")
        return _page(session, seen, person, token, done)


def _change(session: Session, visit: Visit, person: Person, stream: Stream, wanted: bool) -> str:
    if wanted:
        unmute(session, person, stream, visit.now)
    else:
        stop(session, person, stream, visit.now, visit.site.policy)
    name = visit.say(f"web.unsubscribe.stream.{stream}")
    return visit.say("web.unsubscribe.again" if wanted else "web.unsubscribe.done", stream=name)


def _named(name: str) -> Stream:
    if name not in STREAMS:
        raise CalmError(422, "bad")
    return Stream(name)


def _reach(session: Session, visit: Visit, token: str) -> tuple[Person, Stream]:
    """Whose mails the link is about, and which. Raises `CalmError`."""
    try:
        payload = open_link(visit.site.secret, Purpose.UNSUBSCRIBE, token, visit.now)
    except LinkError as error:
        key = "link_expired" if error.expired else "link_forged"
        raise CalmError(410 if error.expired else 404, key) from error
    person = session.get(Person, payload["person"])
    if person is None or not person.active:
        raise CalmError(403, "gone")
    return person, STREAMS[payload["stream"]]


def _is_weekly(visit: Visit) -> bool:
    return visit.site.settings.mail.summary == "weekly"


def _page(session: Session, visit: Visit, person: Person, token: str, done: str = "") -> Response:
    unwanted = muted(session, person.id)
    there = {Stream.ADMIN: person.admin, Stream.WEEKLY: _is_weekly(visit)}
    shown = [stream for stream in STREAMS if there.get(stream, True)]
    alone = Stream.REMINDERS not in unwanted and left_alone(session, person) > 0
    return page(
        visit,
        "unsubscribe.html",
        binding=token,
        email=person.email,
        streams=[Choice(stream.value, stream in unwanted) for stream in shown],
        done=done,
        alone=alone,
    )
