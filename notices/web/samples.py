"""What mails of each kind look like in the office's templates, and a mail to try the way out."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from db.tables import MailKind
from notices.samples import KINDS, sample
from notices.settings_faults import SettingsError
from notices.trial import try_way
from notices.web.csrf import AdminForm  # noqa: TC001  # FastAPI reads the annotations
from notices.web.mails import LETTER_POLICY
from notices.web.render import PRIVATE, page
from notices.web.site import ByAdmin, CalmError, Visit
from notices.wire import Outcome, Verdict

router = APIRouter()


@router.get("/samples")
def samples(visit: ByAdmin, kind: str = MailKind.REMINDER) -> Response:
    """A mail of one kind about made-up figures, as text and as it looks."""
    return _page(visit, _kind(kind))


@router.get("/samples/html")
def sample_html(visit: ByAdmin, kind: str = MailKind.REMINDER) -> Response:
    """Its HTML part alone, for the frame on the page."""
    letter = sample(_kind(kind), visit.language, visit.site.settings)
    return HTMLResponse(letter.html, headers=PRIVATE | {"Content-Security-Policy": LETTER_POLICY})


@router.post("/samples")
def send_trial(visit: AdminForm) -> Response:
    """Send a mail to the admin who asks for it, at once, and show the server's answer."""
    try:
        done = try_way(visit.site.settings, visit.known.email, visit.now)
    except SettingsError as error:
        done = Outcome(Verdict.LATER, str(error))
    return _page(visit, MailKind.REMINDER, done)


def _page(visit: Visit, kind: MailKind, tried: Outcome | None = None) -> Response:
    letter = sample(kind, visit.language, visit.site.settings)
    return page(visit, "samples.html", kind=kind, kinds=KINDS, letter=letter, tried=tried)


def _kind(name: str) -> MailKind:
    if name not in KINDS:
        raise CalmError(404, "not_found")
    return MailKind(name)
