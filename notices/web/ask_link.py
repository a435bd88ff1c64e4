"""Ask for a link that signs in: the answer is the same whether the address is known or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Form, Response
from sqlalchemy import select

from db.engine import writing
from db.tables import MailKind, Person
from notices import outbox
from notices.compose import Sender
from notices.web import forms
from notices.web.csrf import own_form
from notices.web.render import page
from notices.web.site import AnyVisit, Visit  # noqa: TC001  # FastAPI reads the annotations
from scheduler.people import EmailError, normal_email

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

EVERY_MINUTES = 5
"""Whoever asks again within this time gets no second mail."""

router = APIRouter()


@router.get("/sign-in")
def sign_in_form(visit: AnyVisit) -> Response:
    """Ask for the address."""
    return page(visit, "sign_in.html", form=forms.Form())


@router.post("/sign-in")
def send_link(
    visit: Annotated[Visit, Depends(own_form)], email: Annotated[str, Form()] = ""
) -> Response:
    """Mail a link to a known address; the page says the same for every other."""
    address = email.strip()
    try:
        known_as = normal_email(address)
    except EmailError:
        wrong = {"email": visit.say("web.form.not_an_address")}
        return page(visit, "sign_in.html", 422, form=forms.Form("", {"email": address}, wrong))
    with writing(visit.site.engine) as session:
        _enqueue(session, known_as, visit)
    return page(visit, "sign_in_sent.html", email=address)


def _enqueue(session: Session, email: str, visit: Visit) -> None:
    person = session.scalars(select(Person).where(Person.email == email)).one_or_none()
    if person is None or not person.active:
        return
    key = f"sign-in/{person.id}/{_slot(visit.now)}"
    mail = outbox.NewMail(MailKind.SIGN_IN, person.id, key, visit.today)
    outbox.enqueue(
        session, [mail], Sender(visit.site.settings, visit.site.secret).domain, visit.now
    )


def _slot(now: datetime) -> int:
    return int(now.timestamp()) // (EVERY_MINUTES * 60)
