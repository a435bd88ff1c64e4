"""What the pages must never do: change anything on a GET, run foreign text, leak an address."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import select

from db.engine import reading, writing
from db.tables import Table
from notices.links import Purpose
from notices.web.app import ROUTERS
from tests.builders import Awaited, Row, store_sheet
from tests.notices.feeds.publishing import add
from tests.notices.web.conftest import ADMIN, SATO
from tests.notices.web.test_mails import put

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from tests.notices.web.conftest import Office

# The HTML of a mail, shown in a frame: styled in place, under a policy of its own.
LETTERS = ("/mails/1/html", "/samples/html")
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}&amp;\u202e\x07"


def dump(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    """Everything that is stored."""
    with reading(engine) as session:
        return {
            table.name: [tuple(row) for row in session.execute(select(table))]
            for table in Table.metadata.sorted_tables
        }


def addresses(office: Office) -> list[str]:
    """An address for every route that answers GET, with things that exist."""
    with writing(office.engine) as session:
        feed = add(session)
    filled = {
        "/feeds/": feed,
        "/a/": office.link(Purpose.ANSWER, occurrence=1, person=SATO),
        "/sign-in/": office.link(Purpose.SIGN_IN, person=SATO),
    }
    known = {"entry_id": "1", "mail_id": "1", "public_id": "1.1", "digest": "x", "name": "site.css"}
    known |= {"form": "json"}
    found = []
    for route in (route for router in ROUTERS for route in router.routes):
        if isinstance(route, APIRoute) and "GET" in (route.methods or ()):
            token = next((v for k, v in filled.items() if route.path.startswith(k)), "none")
            found.append(route.path.format_map({**known, "token": token}))
    return found


def test_looking_changes_nothing(office_on_either: Office) -> None:
    office = office_on_either
    office.on("2018-12-10")
    visited = addresses(office)
    before = dump(office.engine)
    assert len(visited) >= 12
    for person in (ADMIN, SATO):
        office.sign_in(person)
        for address in visited:
            assert office.client.get(address).status_code < 500, address
            assert office.client.head(address).status_code < 500, address
    assert dump(office.engine) == before


def test_text_of_a_sheet_is_shown_and_never_run(office: Office) -> None:
    awaits = (Awaited("2018-03-01", "2018-03-31"), Awaited())
    row = Row(HOSTILE, awaits, number=HOSTILE, target=HOSTILE, target_by="2018-03-31")
    row = Row(**{**vars(row), "value": HOSTILE, "value_asof": HOSTILE, "text": HOSTILE})
    with writing(office.engine) as session:
        stored = store_sheet(session, [row], reform_item=HOSTILE)
    office.on("2018-12-10")
    office.sign_in(ADMIN)
    entry = stored.entries[0].id
    answer = office.link(Purpose.ANSWER, occurrence=stored.occurrences[0].id, person=ADMIN)
    for path in ("/", "/coming", "/entries", "/undated", f"/entries/{entry}", f"/a/{answer}"):
        page = office.client.get(path).text
        assert "&lt;script&gt;" in page, path
        assert "<script" not in page
        assert "<img" not in page
        assert "49&amp;amp;" not in page


def test_what_is_searched_for_is_never_run(office: Office) -> None:
    office.sign_in(ADMIN)
    page = office.client.get("/entries", params={"q": HOSTILE}).text
    assert "<script" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("path", ["/", "/sign-in/none", "/nowhere", "/health", "/entries"])
def test_every_answer_guards_itself(office: Office, path: str) -> None:
    headers = office.client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-inline" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_no_page_has_a_script_or_a_style_of_its_own(office: Office) -> None:
    office.on("2018-12-10")
    office.sign_in(ADMIN)
    for path in set(addresses(office)) - set(LETTERS):
        page = office.client.get(path).text
        assert "<script" not in page, path
        assert " style=" not in page, path
        assert "http://" not in page.replace("http://www.w3.org/2000/svg", "").replace(
            "http://testserver", ""
        ), path


@pytest.mark.parametrize("path", LETTERS)
def test_a_letter_in_its_frame_runs_nothing_and_fetches_nothing(office: Office, path: str) -> None:
    put(office, 1)
    office.sign_in(ADMIN)
    answer = office.client.get(path)
    assert answer.status_code == 200
    assert "<script" not in answer.text
    assert "url(" not in answer.text
    assert " src=" not in answer.text
    policy = answer.headers["content-security-policy"].split("; ")
    assert "default-src 'none'" in policy
    assert "img-src data:" in policy
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in policy


@pytest.mark.parametrize("path", ["/occurrences/1.1", "/language", "/sign-out"])
def test_a_form_of_another_site_is_refused(office: Office, path: str) -> None:
    office.sign_in(ADMIN)
    before = dump(office.engine)
    fields = {"verb": "confirm", "value": "1", "language": "en", "back": "/"}
    if path != "/language":
        assert office.client.post(path, data=fields).status_code == 403
        assert office.client.post(path, data={**fields, "csrf": "0" * 64}).status_code == 403
    foreign = {"sec-fetch-site": "cross-site"}
    assert office.client.post(path, data=fields, headers=foreign).status_code == 403
    assert dump(office.engine) == before


def test_a_form_of_another_session_is_refused(office: Office) -> None:
    office.sign_in(SATO)
    page = office.client.get("/entries/1").text
    token = page.partition('name="csrf" value="')[2].partition('"')[0]
    office.sign_in(ADMIN)
    fields = {"csrf": token, "verb": "confirm", "value": "1"}
    assert office.client.post("/occurrences/1.1", data=fields).status_code == 403


def test_a_form_without_end_is_refused(office: Office) -> None:
    office.sign_in(ADMIN)
    answer = office.client.post("/occurrences/1.1", data={"value": "9" * 1_000_000})
    assert answer.status_code == 413


def test_an_error_within_is_said_without_a_word_of_it(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    token = office.link(Purpose.ANSWER, occurrence=1, person=SATO)
    monkeypatch.setattr("notices.web.answers.about", lambda *_: 1 / 0)
    answer = office.client.get(f"/a/{token}")
    assert answer.status_code == 500
    assert "division" not in answer.text
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "ZeroDivisionError" in caplog.text
    assert token not in caplog.text
