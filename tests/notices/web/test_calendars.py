"""Calendars made, shown, given a new address and ended on pages; and the other forms of a feed."""

from __future__ import annotations

import csv
import io
import json
import re
import time
import zipfile
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import icalendar
import openpyxl
import pytest
from sqlalchemy import select

from db.engine import reading, writing
from db.tables import Feed, Scope
from notices import feed
from notices.listing import COLUMNS, as_row, csv_cell
from scheduler import lists
from scheduler.assignments import assign, unassign
from scheduler.filters import Filter
from scheduler.people import everybody, find_person
from tests.builders import POLICY, Awaited, Row, store_sheet
from tests.notices.feeds import readers
from tests.notices.feeds.lint import faults
from tests.notices.web.conftest import ADMIN, BROWN, SATO

if TYPE_CHECKING:
    from tests.notices.web.conftest import Office

ATOM = "{http://www.w3.org/2005/Atom}"


def _make(office: Office, **fields: str) -> str:
    """The path of the page that a new calendar leads to."""
    answer = office.send("/calendars", **fields)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def _seen(office: Office, page: str) -> list[readers.Seen]:
    data = office.client.get(f"{page}.ics").content
    assert faults(data) == []
    return readers.by_icalendar(data)


def _feeds(office: Office) -> list[Feed]:
    with reading(office.engine) as session:
        return list(session.scalars(select(Feed).order_by(Feed.id)))


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_calendar_is_made_and_its_page_tells_how_to_subscribe(
    office: Office, language: str
) -> None:
    office.sign_in(SATO, language)
    page = _make(office, sheet="1", label="私の暦", alarms="7、1, 0")
    text = office.client.get(page).text
    assert f"http://testserver{page}.ics" in text
    assert f"webcal://testserver{page}.ics" in text
    assert "calendar.google.com" in text
    assert "<svg" in text
    assert "Thunderbird" in text
    assert "Nextcloud" in text
    assert "私の暦" in text
    data = office.client.get(f"{page}.ics").content
    assert data.count(b"BEGIN:VALARM") == 3 * len(_seen(office, page))
    assert b"TRIGGER:-P6DT15H" in data
    (made,) = _feeds(office)
    assert (made.sheet_id, made.maker_id, made.language) == (1, SATO, language)


def test_whoever_holds_the_address_reads_its_page_without_signing_in(office: Office) -> None:
    office.sign_in(SATO)
    page = _make(office)
    office.client.cookies.clear()
    answer = office.client.get(page)
    assert answer.status_code == 200
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "no-store" in answer.headers["cache-control"]
    assert office.client.get("/feeds/nonsense").status_code == 404


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({}, Filter()),
        ({"person": str(BROWN)}, Filter(person_id=BROWN)),
        ({"sheet": "2"}, Filter(sheet_id=2)),
        ({"entry": "3"}, Filter(entry_id=3)),
        ({"category": "A", "overdue": "yes"}, Filter(category="A", overdue_only=True)),
        ({"words": " 公表 年 "}, Filter(words="公表 年")),
    ],
)
def test_a_calendar_shows_what_its_filter_shows_on_the_list(
    office: Office, fields: dict[str, str], wanted: Filter
) -> None:
    office.on("2018-12-10")
    office.sign_in(ADMIN)
    page = _make(office, **fields)
    assert feed.wanted(_feeds(office)[0]) == wanted
    rows = office.client.get(f"{page}.json").json()
    dated = {row["id"] for row in rows if row["earliest"] or row["latest"]}
    events = {seen.url.partition("#")[2] for seen in _seen(office, page)}
    if wanted.overdue_only:
        assert events == dated
    assert dated <= events | {""}


def test_the_other_forms_equal_the_list_row_for_row(office: Office) -> None:
    hostile = Row("=1+1", (Awaited("2018-03-01", "2018-03-31"),), value="-3", text="改\x0b行\n二")
    with writing(office.engine) as session:
        store_sheet(session, [hostile], reform_item="a/b*")
    office.on("2018-04-10")
    office.sign_in(ADMIN, "ja")
    page = _make(office)
    with reading(office.engine) as session:
        items = lists.entries(session, date(2018, 4, 10), POLICY)
    wanted = [as_row(item, "ja") for item in items]
    assert len(wanted) > 5
    assert office.client.get(f"{page}.json").json() == json.loads(json.dumps(wanted))
    text = office.client.get(f"{page}.csv").content.decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text))) == [
        list(COLUMNS),
        *([str(csv_cell(row[name])) for name in COLUMNS] for row in wanted),
    ]
    book = openpyxl.load_workbook(io.BytesIO(office.client.get(f"{page}.xlsx").content))
    sheet = book.worksheets[0]
    cells = [[_plain(cell.value) for cell in row] for row in sheet.iter_rows()]
    assert cells[1:] == [[_as_cell(row[name]) for name in COLUMNS] for row in wanted]
    assert not any(cell.data_type == "f" for row in sheet.iter_rows() for cell in row)
    root = ET.fromstring(office.client.get(f"{page}.atom").content)
    ids = {entry.findtext(f"{ATOM}id", "").partition("#")[2] for entry in root.iter(f"{ATOM}entry")}
    assert ids == {row["id"] for row in wanted}
    for entry in root.iter(f"{ATOM}entry"):
        assert re.fullmatch(
            r"\d{4}-\d\d-\d\dT[\d:]{8}\+00:00", entry.findtext(f"{ATOM}updated", "")
        )
        assert entry.findtext(f"{ATOM}title")


def _plain(value: Any) -> Any:
    return value.date().isoformat() if hasattr(value, "date") else value


def _as_cell(value: Any) -> Any:
    if isinstance(value, list):
        value = "; ".join(value)
    return value.replace("\x0b", "\n") or None if isinstance(value, str) else value


@pytest.mark.parametrize("form", ["json", "csv", "xlsx", "atom"])
def test_a_list_that_is_known_is_not_sent_again_that_day(office: Office, form: str) -> None:
    office.sign_in(SATO)
    page = f"{_make(office)}.{form}"
    first = office.client.get(page)
    assert first.status_code == 200
    assert office.client.head(page).headers["etag"] == first.headers["etag"]
    headers = {"If-None-Match": first.headers["etag"]}
    assert office.client.get(page, headers=headers).status_code == 304
    office.clock.forward(timedelta(days=1))
    again = office.client.get(page, headers=headers)
    assert again.status_code == 200
    assert again.headers["etag"] != first.headers["etag"]


def test_a_public_calendar_tells_nothing_of_people(office: Office) -> None:
    office.sign_in(SATO)
    refused = office.send("/calendars", public="yes")
    assert refused.status_code == 422
    office.sign_in(ADMIN)
    assert office.send("/calendars", public="yes", person=str(SATO)).status_code == 422
    page = _make(office, public="yes", sheet="1", language="ja", label="公開")
    office.on("2018-12-10")
    office.send(
        "/occurrences/1.1",
        shown_at="/entries/1",
        verb="postpone",
        latest="2019-03-31",
        reason="佐藤さんの調査が遅れた",
    )
    office.client.cookies.clear()
    for form in ("ics", "json", "csv", "atom"):
        text = office.client.get(f"{page}.{form}").text.replace("\r\n ", "")
        assert "佐藤" not in text
        assert "@" not in text.replace("@jikai", ""), form
    unfolded = office.client.get(f"{page}.ics").text.replace("\r\n ", "")
    assert "延期：" in unfolded
    book = zipfile.ZipFile(io.BytesIO(office.client.get(f"{page}.xlsx").content))
    assert "@" not in book.read("xl/worksheets/sheet1.xml").decode()


def test_a_new_address_ends_the_old_one_at_once(office: Office) -> None:
    office.sign_in(SATO)
    old = _make(office, sheet="1")
    before = _seen(office, old)
    new = office.send("/calendars/1/rotate", shown_at="/calendars").headers["location"]
    assert _seen(office, new) == before
    assert [seen.uid for seen in _seen(office, old)] == ["ended-1@jikai"]
    assert office.client.get(f"{old}.json").status_code == 410
    assert office.client.get(old).status_code == 410
    assert office.send("/calendars/1/rotate", shown_at="/calendars").status_code == 410


def test_people_end_their_own_calendars_and_admins_any(office: Office) -> None:
    office.sign_in(SATO)
    page = _make(office, sheet="1", label="佐藤の暦")
    office.sign_in(BROWN)
    assert "佐藤の暦" not in office.client.get("/calendars").text
    assert office.send("/calendars/1/revoke", shown_at="/calendars").status_code == 404
    assert office.send("/calendars/1/rotate", shown_at="/calendars").status_code == 404
    assert _feeds(office)[0].revoked_at is None
    office.sign_in(ADMIN)
    assert "佐藤の暦" in office.client.get("/calendars").text
    assert office.send("/calendars/1/revoke", shown_at="/calendars").status_code == 303
    assert _seen(office, page)[0].uid == "ended-1@jikai"


@pytest.mark.parametrize(
    "fields",
    [
        {"sheet": "99"},
        {"entry": "x"},
        {"person": "9" * 40},
        {"alarms": "7, soon"},
        {"alarms": "367"},
        {"past_days": "-1"},
        {"future_years": "0"},
        {"future_years": "２０"},
    ],
)
def test_what_cannot_be_made_is_said_and_what_was_typed_stays(
    office: Office, fields: dict[str, str]
) -> None:
    office.sign_in(SATO)
    answer = office.send("/calendars", label="残る", **fields)
    assert answer.status_code == 422
    assert 'class="wrong"' in answer.text
    assert 'value="残る"' in answer.text
    assert _feeds(office) == []


def test_a_list_leads_to_a_calendar_of_the_same(office: Office) -> None:
    office.sign_in(SATO)
    assert 'href="/calendars?words=%E5%B9%B4"' in office.client.get("/entries?q=年").text
    assert 'value="年"' in office.client.get("/calendars?words=年").text
    assert 'href="/calendars?entry=1"' in office.client.get("/entries/1").text
    assert '<option value="1" selected' in office.client.get("/calendars?entry=1").text


def test_no_feed_holds_what_was_handed_over_in_any_form(office: Office) -> None:
    office.sign_in(ADMIN)
    with writing(office.engine) as session:
        person = find_person(session, _email(office, BROWN))
        assign(session, person, Scope.ENTRY, "1", now=office.clock.now(), policy=POLICY)
    page = _make(office, person=str(BROWN), tasks="yes")
    forms = (".ics", ".json", ".csv", ".atom", "/dav/calendars/events/", "/dav/calendars/tasks/")
    name = next(r["entry"] for r in office.client.get(f"{page}.json").json() if r["id"] == "1.1")
    for form in forms:
        assert name[:8] in office.client.get(f"{page}{form}").text.replace("\r\n ", "")
    with writing(office.engine) as session:
        person = find_person(session, _email(office, BROWN))
        for scope, words in ((Scope.ENTRY, "1"), (Scope.SHEET, "1"), (Scope.ALL, None)):
            unassign(session, person, scope, words, now=office.clock.now(), policy=POLICY)
    for form in forms:
        text = office.client.get(f"{page}{form}").text.replace("\r\n ", "")
        assert name not in text


def test_a_task_leads_to_the_form_that_ticks_it_off(office: Office) -> None:
    office.sign_in(ADMIN, "ja")
    page = _make(office, entry="1", tasks="yes")
    text = office.client.get(page).text
    assert f"http://testserver{page}/dav/" in text
    assert "タスクの一覧があります" in text
    path = f"{page}/dav/calendars/tasks/"
    before: Any = icalendar.Calendar.from_ical(office.client.get(path).content)
    task = next(one for one in before.walk("VTODO") if one["STATUS"] == "NEEDS-ACTION")
    url = str(task["URL"])
    assert "<details open>" in office.client.get(url).text
    assert "<details open>" not in office.client.get("/entries/1").text
    public_id = url.partition("#")[2]
    sent = office.send(f"/occurrences/{public_id}", url, verb="confirm", value="9")
    assert sent.status_code == 303, sent.text
    after: Any = icalendar.Calendar.from_ical(office.client.get(path).content)
    states = {one["UID"]: one["STATUS"] for one in after.walk("VTODO")}
    assert states[task["UID"]] == "COMPLETED"


def test_the_address_for_caldav_reaches_through_all_the_pages(office: Office) -> None:
    office.sign_in(SATO)
    page = _make(office)
    assert "タスクの一覧があります" not in office.client.get(page).text
    office.client.cookies.clear()
    listed = office.client.request(
        "PROPFIND", f"{page}/dav/calendars/events/", headers={"Depth": "1"}
    )
    assert listed.status_code == 207
    assert listed.text.count("<response>") == 1 + len(_seen(office, page))
    assert office.client.get(f"{page}/dav/").headers["location"] == f"http://testserver{page}"
    assert office.client.request("PROPFIND", "/.well-known/caldav").status_code == 404


def _email(office: Office, person: int) -> str:
    with reading(office.engine) as session:
        return {one.id: one.email for one in everybody(session)}[person]


def test_the_last_use_of_a_calendar_is_shown(office: Office) -> None:
    office.sign_in(SATO)
    page = _make(office)
    assert office.client.get(f"{page}.ics").status_code == 200
    for _ in range(100):
        if _feeds(office)[0].used_on is not None:
            break
        time.sleep(0.05)
    assert "2017年10月1日" in office.client.get("/calendars").text
