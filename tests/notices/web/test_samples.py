"""The page of samples: every kind in words, and the mail that tries the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from notices.samples import KINDS
from tests.notices.web.conftest import ADMIN, SATO

if TYPE_CHECKING:
    from db.tables import MailKind
    from tests.notices.web.conftest import Office


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_shown_as_text_and_as_it_looks(
    office: Office, kind: MailKind, language: str
) -> None:
    office.sign_in(ADMIN, language)
    page = office.client.get(f"/samples?kind={kind}")
    html = office.client.get(f"/samples/html?kind={kind}")
    assert (page.status_code, html.status_code) == (200, 200)
    assert f'href="/samples?kind={kind}" aria-current="page"' in page.text
    assert f'<html lang="{language}"' in html.text
    assert "sandbox" in html.headers["content-security-policy"]


def test_an_admin_tries_the_way_out_to_the_own_address(office: Office) -> None:
    office.sign_in(ADMIN, "en")
    page = office.send("/samples").text
    assert "The test mail to" in page
    assert "was taken" in page
    [mail] = (office.site.settings.mail.maildir / "new").iterdir()
    assert "Subject" in mail.read_text("utf-8")


@pytest.mark.parametrize("path", ["/samples", "/samples?kind=reminder", "/samples/html"])
def test_samples_are_for_admins(office: Office, path: str) -> None:
    office.sign_in(SATO)
    assert office.client.get(path).status_code == 403
    assert office.send("/samples", "/mails").status_code == 403


@pytest.mark.parametrize("kind", ["channel", "nonsense", ""])
def test_there_is_no_sample_of_what_is_no_kind_of_mail(office: Office, kind: str) -> None:
    office.sign_in(ADMIN)
    assert office.client.get(f"/samples?kind={kind}").status_code == 404
