"""What the list pages show, to whom, in which words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.notices.web.conftest import ADMIN, BROWN, SATO

if TYPE_CHECKING:
    from tests.notices.web.conftest import Office

LISTS = ("/", "/coming", "/entries", "/undated", "/entries/1", "/entries/5", "/entries/8")


def text_of(page: str) -> str:
    """What a person reads on a page, on one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.partition("<main")[2]).split())


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_page_speaks_both_languages(office: Office, path: str, language: str) -> None:
    office.sign_in(ADMIN, language)
    office.on("2018-12-10")
    answer = office.client.get(path)
    assert answer.status_code == 200
    assert f'<html lang="{language}">' in answer.text
    assert answer.headers["cache-control"] == "private, no-store"


@pytest.mark.parametrize("path", [*LISTS, "/people"])
def test_who_has_not_signed_in_is_asked_to(office: Office, path: str) -> None:
    answer = office.client.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


def test_overdue_stands_longest_first_grouped_by_sheet(office: Office) -> None:
    office.sign_in(ADMIN, "en")
    office.on("2018-12-10")
    page = office.client.get("/").text
    assert re.findall(r"<b>(\d+)</b>", page) == ["375", "254", "254"]
    assert page.index("⑰公園使用料") < page.index("⑯図書館")
    read = text_of(page)
    assert "Actual figure for FY2016 · around November 2017" in read
    assert "2017年４月確報値は、2018年３月頃に公表" in read
    assert "Emma Brown" in read
    assert read.count("no owner yet") == 1


def test_grace_is_no_delay_on_its_last_day_and_one_on_the_next(office: Office) -> None:
    office.sign_in(ADMIN, "en")
    office.on("2017-12-14")
    assert "Nothing is overdue" in office.client.get("/").text
    assert "In grace: not overdue yet" in office.client.get("/coming").text
    office.on("2017-12-15")
    assert "One figure is overdue" in office.client.get("/").text
    assert "In grace" not in office.client.get("/coming").text


def test_a_quiet_day_says_what_comes_next(office: Office) -> None:
    office.sign_in(ADMIN, "en")
    read = text_of(office.client.get("/").text)
    assert "Nothing is overdue" in read
    assert "Next: Actual figure for FY2016, around November 2017." in read


def test_a_target_whose_figure_is_to_come_is_never_missed(office: Office) -> None:
    office.sign_in(ADMIN, "en")
    office.on("2018-04-01")
    read = text_of(office.client.get("/coming").text)
    assert "31 March 2018" in read
    assert "awaiting result" in read
    assert "result expected around March 2019" in read
    assert "missed" not in read


def test_a_target_stays_when_its_figure_is_known(office: Office) -> None:
    office.sign_in(ADMIN, "en")
    office.on("2019-04-01")
    office.send("/occurrences/2.1", "/entries/2", verb="confirm", value="1,003館")
    read = text_of(office.client.get("/coming").text)
    assert "31 March 2018" in read
    assert "date has passed" in read
    assert "1,003館" in read
    assert "awaiting" not in read
    assert "1,003館" in text_of(office.client.get("/entries/2").text).partition("Awaited")[0]


def test_what_has_no_date_stands_on_its_own_list(office: Office) -> None:
    office.sign_in(SATO, "en")
    read = text_of(office.client.get("/undated").text)
    assert "確報値は確定次第公表" in read.partition("No date")[0] or "Unclear" in read
    assert "引き続き助言を行う。" in read


@pytest.mark.parametrize(
    ("query", "count"),
    [("図書館", 4), ("Brown", 2), ("②", 2), ("BROWN 2016", 2), ("nothing like it", 0), ("", 9)],
)
def test_the_entries_can_be_searched(office: Office, query: str, count: int) -> None:
    office.sign_in(SATO, "en")
    read = text_of(office.client.get("/entries", params={"q": query}).text)
    assert f"{count} of 9 shown" in read


def test_a_settled_entry_stays_on_the_list(office: Office) -> None:
    office.sign_in(ADMIN, "en")
    sent = office.send("/occurrences/3.1", "/entries/3", verb="confirm", value="2021年度")
    assert sent.status_code == 303
    read = text_of(office.client.get("/entries").text)
    assert "Nothing awaited at present" in read
    assert "9 of 9 shown" in read


@pytest.mark.parametrize(
    ("person", "path", "status"),
    [(ADMIN, "/people", 200), (SATO, "/people", 403), (BROWN, "/people", 403)],
)
def test_people_are_for_admins(office: Office, person: int, path: str, status: int) -> None:
    office.sign_in(person)
    assert office.client.get(path).status_code == status


@pytest.mark.parametrize(
    "path",
    ["/entries/999", "/entries/0", "/entries/99999999999999999999", "/nowhere", "/static/x/y"],
)
def test_what_is_not_there_is_said_calmly(office: Office, path: str) -> None:
    office.sign_in(SATO, "en")
    answer = office.client.get(path)
    assert answer.status_code == 404
    assert "There is nothing here" in answer.text


def test_an_entry_that_is_no_number_is_said_calmly(office: Office) -> None:
    office.sign_in(SATO, "en")
    answer = office.client.get("/entries/abc")
    assert answer.status_code == 422
    assert "That could not be read" in answer.text


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("en-GB,en;q=0.9,ja;q=0.1", "en"),
        ("ja,en;q=0.5", "ja"),
        ("fr, en;q=0.3", "en"),
        ("fr", "ja"),
        ("", "ja"),
        ("en;q=0", "ja"),
        ("*;;;q=x, ,", "ja"),
    ],
)
def test_strangers_are_answered_in_their_language(
    office: Office, accepted: str, language: str
) -> None:
    answer = office.client.get("/nowhere", headers={"accept-language": accepted})
    assert f'<html lang="{language}">' in answer.text


def test_the_language_is_the_persons_until_another_is_chosen(office: Office) -> None:
    office.sign_in(BROWN)
    assert '<html lang="en">' in office.client.get("/", headers={"accept-language": "ja"}).text
    chosen = office.send("/language", "/coming", language="ja", back="/coming")
    assert (chosen.status_code, chosen.headers["location"]) == (303, "/coming")
    assert '<html lang="ja">' in office.client.get("/").text


@pytest.mark.parametrize(
    "back", ["//evil.example", "https://evil.example", "/\\evil", "", "/\r\nX: y"]
)
def test_the_language_switch_leads_nowhere_else(office: Office, back: str) -> None:
    chosen = office.send("/language", "/sign-in/x", language="ja", back=back)
    assert chosen.headers["location"] == "/"


def test_the_style_sheet_is_kept_for_ever_and_changes_its_address(office: Office) -> None:
    page = office.client.get("/nowhere").text
    address = re.search(r'href="(/static/[0-9a-f]{12}/site.css)"', page)
    assert address is not None
    style = office.client.get(address[1])
    assert style.headers["content-type"] == "text/css; charset=utf-8"
    assert style.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "http" not in style.text


def test_health_tells_schema_and_jobs(office: Office) -> None:
    answer = office.client.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


def test_every_list_reads_the_same_from_either_database(office_on_either: Office) -> None:
    office_on_either.sign_in(ADMIN, "en")
    office_on_either.on("2018-12-10")
    pages = {path: office_on_either.client.get(path) for path in (*LISTS, "/people", "/mails")}
    assert {page.status_code for page in pages.values()} == {200}
    assert "3 are overdue" in pages["/"].text
    assert "9 of 9 shown" in pages["/entries"].text
