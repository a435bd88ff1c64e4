"""The pages in a real browser: widths, keyboard, light and dark, an answer from start to end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.expected_conditions import url_to_be, visibility_of_element_located
from selenium.webdriver.support.ui import WebDriverWait

from notices.links import Purpose
from notices.web.site import LANGUAGE_COOKIE, SESSION_COOKIE
from tests.flows.browser import browsing, complaints, look_as, needs_browser, served
from tests.notices.web.conftest import ADMIN, SATO, Office, make_office

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selenium.webdriver import Chrome
    from sqlalchemy import Engine

PATHS = ("/", "/coming", "/entries", "/undated", "/entries/5", "/mails", "/people", "/nowhere")

pytestmark = needs_browser


@pytest.fixture
def office(sqlite_engine: Engine, tmp_path: Path) -> Office:
    made = make_office(sqlite_engine, tmp_path)
    made.on("2018-12-10")
    return made


@pytest.fixture
def address(office: Office) -> Iterator[str]:
    with served(office.client.app) as address:  # type: ignore[arg-type]
        yield address


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Chrome]:
    with browsing(tmp_path / "profile") as browser:
        yield browser


def come_in(browser: Chrome, office: Office, address: str, language: str = "ja") -> None:
    """Be signed in as the admin."""
    browser.get(f"{address}/health")
    session = office.link(Purpose.SESSION, person=ADMIN)
    browser.add_cookie({"name": SESSION_COOKIE, "value": session})
    browser.add_cookie({"name": LANGUAGE_COOKIE, "value": language})


def labels(browser: Chrome) -> list[str]:
    """The fields of the page that have no name a screen reader could say."""
    script = """return [...document.querySelectorAll('input:not([type=hidden]),select,textarea')]
        .filter(field => !field.labels.length).map(field => field.outerHTML)"""
    found: list[str] = browser.execute_script(script)
    return found


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_every_page_fits_and_nothing_of_it_is_blocked(
    browser: Chrome, office: Office, address: str, language: str, width: int, scheme: str
) -> None:
    come_in(browser, office, address, language)
    look_as(browser, width, scheme)
    answer = office.link(Purpose.ANSWER, occurrence=1, person=SATO)
    for path in (*PATHS, f"/a/{answer}", "/sign-in/none"):
        browser.get(f"{address}{path}")
        wide = browser.execute_script("return document.documentElement.scrollWidth")
        assert wide <= width, path
        assert labels(browser) == [], path
        assert len(browser.find_elements(By.TAG_NAME, "h1")) == 1, path
        said = [line for line in complaints(browser) if "status of 404" not in line]
        assert said == [], path


def test_the_keyboard_leads_past_the_navigation(
    browser: Chrome, office: Office, address: str
) -> None:
    come_in(browser, office, address)
    browser.get(address)
    browser.switch_to.active_element.send_keys(Keys.TAB)
    assert browser.switch_to.active_element.get_attribute("class") == "skip"
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    assert browser.switch_to.active_element.get_attribute("id") == "main"


def test_from_the_link_in_a_mail_to_the_answer_in_the_history(
    browser: Chrome, office: Office, address: str
) -> None:
    browser.get(f"{address}/a/{office.link(Purpose.ANSWER, occurrence=1, person=SATO)}")
    browser.find_element(By.NAME, "value").send_keys("305館", Keys.ENTER)
    notice = WebDriverWait(browser, 10).until(
        visibility_of_element_located((By.CSS_SELECTOR, ".notice[role=status]"))
    )
    assert "把握を登録しました：305館" in notice.text
    come_in(browser, office, address, "en")
    browser.get(f"{address}/entries/1")
    assert "confirmed 305館" in browser.find_element(By.CSS_SELECTOR, ".history").text


def test_signing_in_and_out_with_the_mouse(browser: Chrome, office: Office, address: str) -> None:
    browser.get(f"{address}/entries/5")
    browser.get(f"{address}/sign-in/{office.link(Purpose.SIGN_IN, person=SATO)}")
    browser.find_element(By.CSS_SELECTOR, "main button").click()
    WebDriverWait(browser, 10).until(url_to_be(f"{address}/entries/5"))
    browser.find_element(By.CSS_SELECTOR, ".me button").click()
    WebDriverWait(browser, 10).until(url_to_be(f"{address}/sign-in"))
    browser.get(f"{address}/entries/5")
    assert browser.current_url == f"{address}/sign-in"


def test_what_was_typed_wrong_is_said_beside_its_field(
    browser: Chrome, office: Office, address: str
) -> None:
    browser.get(f"{address}/a/{office.link(Purpose.ANSWER, occurrence=1, person=SATO)}")
    source = browser.find_element(By.NAME, "source")
    browser.find_element(By.NAME, "value").send_keys("305館")
    source.send_keys("図書館のページ", Keys.ENTER)
    source = WebDriverWait(browser, 10).until(
        visibility_of_element_located((By.CSS_SELECTOR, "[name=source][aria-invalid]"))
    )
    assert source.get_attribute("value") == "図書館のページ"
    told = browser.find_element(By.ID, source.get_attribute("aria-describedby") or "")
    assert "http://" in told.text
    assert browser.find_element(By.NAME, "value").get_attribute("value") == "305館"
