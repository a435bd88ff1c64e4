"""The page behind the link in a mail, and the same answers on the entry's own page."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from db.engine import reading, writing
from db.tables import Answer, Notice, Occurrence, OccurrenceState, Person, Scope, Verb
from notices.announce import announce_answers
from notices.links import Purpose, sign
from scheduler.assignments import unassign
from scheduler.lifecycle import settle
from scheduler.people import edit_person
from tests.builders import POLICY, Awaited, Row, store_sheet
from tests.notices.web.conftest import ADMIN, BROWN, SATO
from tests.notices.web.forms import token_of
from tests.notices.web.test_pages import text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.notices.web.conftest import Office


def answers(office: Office) -> Sequence[Answer]:
    with reading(office.engine) as session:
        return session.scalars(select(Answer).order_by(Answer.id)).all()


def state(office: Office, occurrence: int = 1) -> OccurrenceState:
    with reading(office.engine) as session:
        return session.get_one(Occurrence, occurrence).state


def mailed(office: Office, person: int = SATO, occurrence: int = 1) -> str:
    return f"/a/{office.link(Purpose.ANSWER, occurrence=occurrence, person=person)}"


def test_the_link_shows_what_is_awaited_with_period_and_stage_filled_in(office: Office) -> None:
    page = office.client.get(mailed(office)).text
    assert '<html lang="ja">' in page
    assert 'value="2017-04"' in page
    assert '<option value="final" selected>' in page
    assert "2017年４月確報値は、2018年３月頃に公表" in page
    assert "佐藤 太郎さんとして回答します。" in page


def test_a_mail_scanner_may_ask_for_the_headers_alone(office: Office) -> None:
    answer = office.client.head(mailed(office))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answers(office) == []


def test_the_language_is_that_of_the_links_person(office: Office) -> None:
    page = office.client.get(mailed(office, BROWN, 5), headers={"accept-language": "ja"}).text
    assert '<html lang="en">' in page


@pytest.mark.parametrize("reply", ["-1", "99", "9" * 20])
def test_a_reply_that_is_not_there_fills_in_nothing(office: Office, reply: str) -> None:
    link = mailed(office)
    page = office.client.get(link, params={"reply": reply})
    assert (page.status_code, text_of(page.text)) == (200, text_of(office.client.get(link).text))


def test_confirming_settles_it_and_the_link_shows_it_from_then_on(office_on_either: Office) -> None:
    office = office_on_either
    link = mailed(office)
    sent = office.send(
        link,
        verb="confirm",
        value=" 1,012団体 ",
        asof="平成29年４月",
        stage="final",
        source="https://example.jp/x",
        note="速報から増加",
    )
    assert (sent.status_code, sent.headers["location"]) == (303, link)
    (given,) = answers(office)
    assert (given.verb, given.value, given.person_id) == (Verb.CONFIRM, "1,012団体", SATO)
    assert (given.value_asof, given.value_stage) == ("2017-04", "final")
    assert (given.source, given.note) == ("https://example.jp/x", "速報から増加")
    assert state(office) is OccurrenceState.CONFIRMED
    read = text_of(office.client.get(link).text)
    assert "佐藤 太郎さんが2017年10月1日 9:00に把握を登録しました：1,012団体" in read
    assert "把握を登録する" not in read


def test_a_repeat_shows_its_next_occurrence(office_on_either: Office) -> None:
    office = office_on_either
    awaits = (Awaited("2018-03-01", "2018-03-31", covers="2017", repeat="P1Y"),)
    with writing(office.engine) as session:
        stored = store_sheet(session, [Row("毎年の調査", awaits)], reform_item="⑱調査")
    link = mailed(office, ADMIN, stored.occurrences[0].id)
    office.send(link, verb="confirm", value="5")
    read = text_of(office.client.get(link).text)
    assert "次の把握予定：2018年の数値（2019年3月）" in read


def test_the_second_of_two_pushes_is_told_who_was_first(office: Office) -> None:
    link = mailed(office)
    page = office.client.get(link).text
    token = page.partition('name="csrf" value="')[2].partition('"')[0]
    fields = {"csrf": token, "verb": "confirm", "value": "1,012"}
    first = office.client.post(link, data=fields)
    second = office.client.post(link, data={**fields, "value": "1,013"})
    assert (first.status_code, second.status_code) == (303, 409)
    assert "すでに回答済みでした" in second.text
    assert "把握を登録しました：1,012" in second.text
    assert len(answers(office)) == 1


def test_what_is_answered_already_asks_nobody_to_mend_what_was_typed(office: Office) -> None:
    link = mailed(office)
    assert office.send(link, verb="confirm", value="1,012").status_code == 303
    token = office.client.get(link).text.partition('name="csrf" value="')[2].partition('"')[0]
    late = office.client.post(link, data={"csrf": token, "verb": "confirm", "value": ""})
    assert late.status_code == 409
    assert "すでに回答済みでした" in late.text
    assert "把握を登録する" not in late.text


def pushed(office: Office, link: str, *fields: dict[str, str]) -> list[int]:
    """The statuses of these forms, sent from one page at the same time."""
    token = token_of(office.client.get(link).text, link)
    start = Barrier(len(fields))

    def push(typed: dict[str, str]) -> int:
        start.wait()
        return office.client.post(link, data={"csrf": token, **typed}).status_code

    with ThreadPoolExecutor(len(fields)) as pool:
        return sorted(pool.map(push, fields))


CONFIRMED = {"verb": "confirm", "value": "1,012", "note": "速報から増加"}
PUT_OFF = {"verb": "postpone", "latest": "2018-06-30", "approx": "yes", "reason": "確認のため"}


LATER = {"verb": "not_yet", "note": "集計中", "again_on": "2018-02-01"}


@pytest.mark.parametrize("fields", [CONFIRMED, PUT_OFF, LATER])
def test_a_button_pressed_many_times_at_once_is_one_answer(
    office_on_either: Office, fields: dict[str, str]
) -> None:
    office = office_on_either
    link = mailed(office)
    assert pushed(office, link, *[fields] * 6) == [303] * 6
    assert len(answers(office)) == 1
    with writing(office.engine) as session:
        while announce_answers(session, office.clock.now(), POLICY):
            pass
        told = session.scalars(select(Notice.person_id)).all()
    assert len(told) == len(set(told))
    assert (state(office) is OccurrenceState.OPEN) is (fields is LATER)


def test_of_different_answers_at_once_one_is_taken(office_on_either: Office) -> None:
    office = office_on_either
    values = [{**CONFIRMED, "value": str(number)} for number in range(6)]
    assert pushed(office, mailed(office), *values) == [303, 409, 409, 409, 409, 409]
    assert len(answers(office)) == 1


@pytest.mark.parametrize(
    ("first", "then", "status"),
    [
        (CONFIRMED, CONFIRMED, 303),
        (CONFIRMED, {**CONFIRMED, "value": " 1,012 "}, 303),
        (CONFIRMED, {**CONFIRMED, "value": "1,013"}, 409),
        (CONFIRMED, {**CONFIRMED, "note": ""}, 409),
        (CONFIRMED, {**CONFIRMED, "source": "https://example.jp/x"}, 409),
        (CONFIRMED, {"verb": "not_yet"}, 409),
        (CONFIRMED, PUT_OFF, 409),
        (PUT_OFF, PUT_OFF, 303),
        (PUT_OFF, {**PUT_OFF, "approx": ""}, 409),
        (PUT_OFF, {**PUT_OFF, "latest": "2018-07-31"}, 409),
        (PUT_OFF, {**PUT_OFF, "reason": "別の理由"}, 409),
        (PUT_OFF, CONFIRMED, 409),
    ],
)
@pytest.mark.parametrize("page", ["link", "entry"])
def test_twice_the_same_answer_is_one_answer_and_another_is_refused(
    office: Office, page: str, first: dict[str, str], then: dict[str, str], status: int
) -> None:
    office.sign_in(SATO)
    path, shown = mailed(office), ""
    if page == "entry":
        path, shown = "/occurrences/1.1", "/entries/1"
    token = token_of(office.client.get(shown or path).text, path)
    sent = office.client.post(path, data={"csrf": token, **first})
    again = office.client.post(path, data={"csrf": token, **then})
    assert (sent.status_code, again.status_code) == (303, status)
    assert len(answers(office)) == 1
    if status == 303:
        assert again.headers["location"] == sent.headers["location"]


def test_the_same_answer_of_somebody_else_is_told_who_was_first(office: Office) -> None:
    link = mailed(office, ADMIN)
    token = token_of(office.client.get(link).text, link)
    office.send(mailed(office), **CONFIRMED)
    again = office.client.post(link, data={"csrf": token, **CONFIRMED})
    assert (again.status_code, len(answers(office))) == (409, 1)
    assert "すでに回答済みでした" in again.text


@pytest.mark.parametrize("page", ["link", "entry"])
def test_what_was_withdrawn_is_not_said_to_be_answered(office: Office, page: str) -> None:
    office.sign_in(SATO)
    path, shown = mailed(office), ""
    if page == "entry":
        path, shown = "/occurrences/1.1", "/entries/1"
    token = token_of(office.client.get(shown or path).text, path)
    with writing(office.engine) as session:
        withdrawn = session.get_one(Occurrence, 1)
        settle(session, [withdrawn], OccurrenceState.WITHDRAWN, office.clock.now())
    late = office.client.post(path, data={"csrf": token, **CONFIRMED})
    assert late.status_code == 409
    assert "ご回答の前に取り下げられていました。変更はありません。" in late.text
    assert "取り下げられました。把握を待つものはもうありません。" in late.text
    assert "すでに回答済み" not in late.text
    assert answers(office) == []


def test_not_yet_is_recorded_and_changes_no_window(office_on_either: Office) -> None:
    office = office_on_either
    link = mailed(office)
    assert office.send(link, verb="not_yet", note="集計中").status_code == 303
    office.send(link, verb="not_yet", note="集計中")
    (given,) = answers(office)
    assert (given.verb, given.note) == (Verb.NOT_YET, "集計中")
    assert state(office) is OccurrenceState.OPEN
    read = text_of(office.client.get(link).text)
    assert "「未把握」と回答しました 集計中" in read
    assert "把握を登録する" in read


def test_a_snooze_says_from_when_on_its_person_hears_again(office: Office) -> None:
    link = mailed(office)
    assert office.send(link, verb="not_yet", again_on="2018-09-25").status_code == 303
    read = text_of(office.client.get(link).text)
    assert "佐藤 太郎さんには2018年9月25日から再びお知らせします" in read


@pytest.mark.parametrize("day", ["2018-10-02", "2999-12-31", "9999-12-31"])
def test_a_snooze_of_more_than_a_year_comes_back_and_says_until_when(
    office_on_either: Office, day: str
) -> None:
    office = office_on_either
    sent = office.send(mailed(office), verb="not_yet", again_on=day)
    assert sent.status_code == 422
    assert "2018年10月1日までの日を選んでください（最長1年先まで）。" in sent.text
    assert f'value="{day}"' in sent.text
    assert answers(office) == []


@pytest.mark.parametrize("page", ["link", "entry"])
def test_the_form_offers_the_days_that_are_taken(office: Office, page: str) -> None:
    office.sign_in(SATO)
    path = mailed(office) if page == "link" else "/entries/1"
    bounds = 'min="2017-10-02" max="2018-10-01"'
    assert bounds in office.client.get(path).text
    for day in ("2017-10-02", "2018-10-01"):
        assert office.send(mailed(office), verb="not_yet", again_on=day).status_code == 303


def test_postponing_keeps_both_promises_and_leads_on_to_the_new_one(
    office_on_either: Office,
) -> None:
    office = office_on_either
    link = mailed(office)
    fields = {"earliest": "2018-06-01", "latest": "2018-06-30", "reason": "確認に時間を要するため"}
    assert office.send(link, verb="postpone", **fields).status_code == 303
    page = office.client.get(link).text
    assert "延期しました：2018年6月" in text_of(page)
    assert "確認に時間を要するため" in page
    assert f'href="{link}/1.2"' in page
    assert "把握を登録する" in office.client.get(f"{link}/1.2").text
    office.sign_in(SATO)
    read = text_of(office.client.get("/entries/1").text)
    assert "当初の約束：2018年3月頃 → 現在：2018年6月" in read


def test_a_narrower_window_needs_no_reason(office: Office) -> None:
    link = mailed(office)
    sent = office.send(link, verb="postpone", earliest="2018-03-20", latest="2018-03-25")
    assert sent.status_code == 303
    assert state(office) is OccurrenceState.OPEN
    assert "2018年3月20日～3月25日と約束しました" in text_of(office.client.get(link).text)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"verb": "confirm", "value": "  "}, "入力してください。"),
        ({"verb": "", "value": ""}, "入力してください。"),
        ({"verb": "confirm", "value": "1" * 501}, "500文字以内"),
        ({"verb": "confirm", "value": "1", "stage": "sure"}, "一覧から選んでください。"),
        ({"verb": "confirm", "value": "1", "source": "javascript:alert(1)"}, "http:// または"),
        ({"verb": "confirm", "value": "1", "source": "http://[x"}, "http:// または"),
        ({"verb": "postpone", "reason": "r"}, "少なくとも一方"),
        ({"verb": "postpone", "latest": "31 March", "reason": "r"}, "年-月-日"),
        ({"verb": "postpone", "latest": "2018-02-30", "reason": "r"}, "年-月-日"),
        ({"verb": "postpone", "latest": "2017-09-30", "reason": "r"}, "過ぎた日"),
        ({"verb": "postpone", "latest": "0018-06-30", "reason": "r"}, "年を確認"),
        ({"verb": "postpone", "earliest": "2018-07-01", "latest": "2018-06-01"}, "前になって"),
        ({"verb": "postpone", "latest": "2018-06-30"}, "理由を入力"),
    ],
)
def test_what_cannot_be_taken_comes_back_as_it_was_typed(
    office: Office, fields: dict[str, str], sentence: str
) -> None:
    typed = {"note": "備考そのまま", "reason": "", **fields}
    sent = office.send(mailed(office), **typed)
    assert sent.status_code == 422
    assert sentence in sent.text
    assert 'aria-invalid="true"' in sent.text
    kept = typed.get("latest") or typed["reason"] or typed["note"]
    assert kept in sent.text.partition("<main")[2]
    assert answers(office) == []
    assert state(office) is OccurrenceState.OPEN


def test_others_of_the_same_time_are_a_step_away(office: Office) -> None:
    march = Awaited("2018-03-01", "2018-03-31", True, covers="2017-04", stage="final")
    with writing(office.engine) as session:
        stored = store_sheet(session, [Row("同じ時期", (march,))], reform_item="⑲")
    link = mailed(office, SATO)
    page = office.client.get(link).text
    assert "同じ時期" not in page.partition('id="others"')[2]  # it is not his
    link = mailed(office, ADMIN)
    other = f"{link}/{stored.entries[0].id}.1"
    assert office.send(other, verb="confirm", value="7").status_code == 303
    assert state(office, stored.occurrences[0].id) is OccurrenceState.CONFIRMED


def test_a_link_reaches_nothing_of_another_time(office: Office) -> None:
    assert office.client.get(f"{mailed(office)}/2.1").status_code == 404
    assert office.client.get(f"{mailed(office)}/99.1").status_code == 404
    assert office.client.get(f"{mailed(office)}/x").status_code == 404


def test_an_old_or_broken_link_says_so_and_what_to_do(office: Office) -> None:
    payload = {"occurrence": 1, "person": SATO}
    now = office.clock.now()
    old = sign(office.site.secret, Purpose.ANSWER, payload, now, timedelta(seconds=-1))
    expired = office.client.get(f"/a/{old}", headers={"accept-language": "en"})
    assert (expired.status_code, "This link has expired" in expired.text) == (410, True)
    broken = office.client.get(f"{mailed(office)[:-3]}", headers={"accept-language": "en"})
    assert (broken.status_code, "This link is not complete" in broken.text) == (404, True)
    wrong = office.link(Purpose.SIGN_IN, person=SATO)
    assert office.client.get(f"/a/{wrong}").status_code == 404


def test_a_link_dies_with_the_ownership(office: Office) -> None:
    link = mailed(office)
    now = office.clock.now()
    with writing(office.engine) as session:
        sato = session.get_one(Person, SATO)
        unassign(session, sato, Scope.SHEET, "図書館", now=now, policy=POLICY)
    answer = office.client.get(link)
    assert (answer.status_code, "担当が変わりました" in answer.text) == (403, True)


def test_a_link_dies_with_the_account(office: Office) -> None:
    link = mailed(office)
    with writing(office.engine) as session:
        sato = session.get_one(Person, SATO)
        edit_person(session, sato, active=False, now=office.clock.now(), policy=POLICY)
    assert office.client.get(link).status_code == 403


@pytest.mark.parametrize(("person", "status"), [(ADMIN, 303), (SATO, 303), (BROWN, 403)])
def test_owners_and_admins_answer_on_the_entrys_page(
    office: Office, person: int, status: int
) -> None:
    office.sign_in(person, "en")
    page = office.client.get("/entries/1").text
    assert ("Answer: confirm" in page) is (status == 303)
    sent = office.send("/occurrences/1.1", "/entries/1", verb="confirm", value="305館")
    assert sent.status_code == status
    if status == 303:
        read = text_of(office.client.get(sent.headers["location"]).text)
        assert "confirmed it on 1 October 2017, 09:00: 305館" in read
        assert read.index("Promised") if "Promised" in read else True
        assert "1.1: " in read


def test_on_the_entrys_page_too_wrong_input_comes_back(office: Office) -> None:
    office.sign_in(SATO, "en")
    fields = {"verb": "postpone", "latest": "2018-05-31", "note": "", "reason": ""}
    sent = office.send("/occurrences/1.1", "/entries/1", **fields)
    assert sent.status_code == 422
    assert "give the reason" in sent.text
    assert 'value="2018-05-31"' in sent.text


def test_on_the_entrys_page_too_the_second_is_told_who_was_first(office: Office) -> None:
    office.sign_in(SATO, "en")
    office.send("/occurrences/1.1", "/entries/1", verb="confirm", value="305館")
    again = office.send("/occurrences/1.1", "/entries/1", verb="confirm", value="306館")
    assert again.status_code == 409
    assert "answered already" in again.text
    assert "305館" in again.text


def test_the_page_tells_how_the_words_were_read(office: Office) -> None:
    office.sign_in(SATO, "en")
    page = office.client.get("/entries/1").text
    assert 'id="1.1"' in page  # where a calendar's event leads to
    read = text_of(page).partition("How the words were read")[2]
    read = read.partition("What each edition says")[0]
    assert "2018年３月頃 first day 1 March 2018, last day 31 March 2018" in read
    assert "2017年４月 about April 2017" in read


def test_the_history_runs_from_the_oldest_on(office: Office) -> None:
    office.sign_in(SATO, "en")
    office.on("2018-04-20")
    office.send("/occurrences/1.1", "/entries/1", verb="confirm", value="305館")
    read = text_of(office.client.get("/entries/1").text).partition("History")[2]
    order = ["The edition of 1 October 2017", "1.1: promised", "overdue since", "confirmed 305館"]
    places = [read.index(words) for words in order]
    assert places == sorted(places)
