"""The mails that were sent or wait to be sent: all for admins, one's own for everybody else.

Admins decide here about what failed, waits or is in doubt.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Form, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy import func, select

from db.engine import reading, writing
from db.rows import by_id
from db.tables import Mail, MailCopy, MailState
from notices import outbox, wording
from notices.locale import say
from notices.outbox import MailStateError, UnknownMailError
from notices.web.csrf import AdminForm  # noqa: TC001  # FastAPI reads the annotations
from notices.web.render import PRIVATE, page
from notices.web.site import CalmError, SignedIn, Visit

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

PAGE_ROWS = 100
TROUBLE = (MailState.DOUBTFUL, MailState.FAILED)
PERSONAL_LINK = re.compile(r"(/(?:a|u|sign-in)/)[A-Za-z0-9_.\-]+")
LETTER_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self';"
    " sandbox allow-popups allow-popups-to-escape-sandbox"
)
Decision = Annotated[Literal["retry", "void"], Form()]

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Sent:
    """One mail of the outbox, in words."""

    id: int
    day: date
    kind: str
    state: str
    person: str
    subject: str
    settled: str
    reply: str


@dataclass(frozen=True, slots=True)
class Letter:
    """What was handed to the server; `hushed` where personal links were taken out."""

    text: str
    html: str
    hushed: bool


@router.get("/mails")
def mails(visit: SignedIn, state: MailState | None = None, before: int | None = None) -> Response:
    """The newest mails in any state or in one, or those before the one with the id `before`."""
    everyone = visit.known.admin
    person_id = None if everyone else visit.known.id
    with reading(visit.site.engine) as session:
        found = outbox.mails(session, person_id, state, PAGE_ROWS, before)
        subjects = outbox.subjects(session, [each.id for each in found])
        troubled = _troubled(session, person_id)
        asks = outbox.count_undecided(session, state, visit.now) if state and everyone else 0
    return page(
        visit,
        "mails.html",
        mails=[_sent(mail, subjects.get(mail.id, ""), visit) for mail in found],
        everyone=everyone,
        state=state,
        asks=asks,
        troubled=troubled,
        older=found[-1].id if len(found) == PAGE_ROWS else None,
    )


@router.post("/mails")
def decide_all(
    visit: AdminForm, state: Annotated[MailState, Form()], decision: Decision
) -> Response:
    """Take an admin's word on all mails in one state."""
    with writing(visit.site.engine) as session:
        if decision == "retry":
            outbox.retry_all(session, state, visit.now)
        else:
            outbox.give_up_all(session, state, _by_hand(visit), visit.now)
    return RedirectResponse("/mails", 303)


@router.get("/mails/{mail_id}")
def mail(visit: SignedIn, mail_id: int) -> Response:
    """One mail with the exact text that was sent, once it was."""
    with reading(visit.site.engine) as session:
        found = _find(session, visit, mail_id)
        copy = session.get(MailCopy, found.id)
        shown = _sent(found, copy.subject if copy else "", visit)
    letter = _letter(copy, _may_see_links(found, visit)) if copy else None
    asks = visit.known.admin and found.state in outbox.UNDECIDED
    return page(visit, "mail.html", mail=shown, letter=letter, asks=asks)


@router.post("/mails/{mail_id}")
def decide(visit: AdminForm, mail_id: int, decision: Decision) -> Response:
    """Take an admin's word on a mail that failed, waits or is in doubt."""
    try:
        with writing(visit.site.engine) as session:
            if decision == "retry":
                outbox.retry(session, mail_id, visit.now)
            else:
                outbox.give_up(session, mail_id, _by_hand(visit), visit.now)
    except UnknownMailError as error:
        raise CalmError(404, "not_found") from error
    except MailStateError as error:
        raise CalmError(409, "mail_decided") from error
    return RedirectResponse(f"/mails/{mail_id}", 303)


@router.get("/mails/{mail_id}/html")
def mail_html(visit: SignedIn, mail_id: int) -> Response:
    """The HTML part alone, for the frame on the mail's page: no script, nothing from outside."""
    with reading(visit.site.engine) as session:
        found = _find(session, visit, mail_id)
        copy = session.get(MailCopy, found.id)
    if copy is None:
        raise CalmError(404, "not_found")
    letter = _letter(copy, _may_see_links(found, visit))
    # Links open outside the frame, which may not be left.
    html = letter.html.replace("<head>", '<head><base target="_blank">', 1)
    return HTMLResponse(html, headers=PRIVATE | {"Content-Security-Policy": LETTER_POLICY})


def _by_hand(visit: Visit) -> str:
    return say(visit.site.settings.office.language, "mail.void.by_hand")


def _find(session: Session, visit: Visit, mail_id: int) -> Mail:
    found = by_id(session, Mail, mail_id)
    if found is None or (found.person_id != visit.known.id and not visit.known.admin):
        raise CalmError(404, "not_found")
    return found


def _may_see_links(found: Mail, visit: Visit) -> bool:
    """Whoever holds a link acts as its person: nobody else sees it, but in a demonstration."""
    return found.person_id == visit.known.id or visit.site.demo is not None


def _sent(found: Mail, subject: str, visit: Visit) -> Sent:
    zone = visit.site.policy.timezone
    settled = found.settled_at
    return Sent(
        id=found.id,
        day=found.day,
        kind=found.kind.value,
        state=found.state.value,
        person=found.person.name,
        subject=subject,
        settled=wording.moment(settled, zone, visit.language) if settled else "",
        reply=found.reply or "",
    )


def _troubled(session: Session, person_id: int | None) -> dict[MailState, int]:
    """How many mails failed or are in doubt, the more pressing first."""
    query = select(Mail.state, func.count(Mail.id)).where(Mail.state.in_(TROUBLE))
    if person_id is not None:
        query = query.where(Mail.person_id == person_id)
    counts = dict(session.execute(query.group_by(Mail.state)).all())
    return {state: counts[state] for state in TROUBLE if state in counts}


def _letter(copy: MailCopy, links: bool) -> Letter:
    message = message_from_bytes(copy.content, policy=policy.default)
    parts = [message.get_body((kind,)) for kind in ("plain", "html")]
    text, html = (str(part.get_content()) if part else "" for part in parts)
    hushed = not links and bool(PERSONAL_LINK.search(text))
    if links:
        return Letter(text, html, hushed=False)
    return Letter(PERSONAL_LINK.sub(r"\1…", text), PERSONAL_LINK.sub(r"\1…", html), hushed)
