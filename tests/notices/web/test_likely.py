"""The overdue page tells when an entry is likely to be known, and promises nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from db.engine import writing
from scheduler.answer import Confirmation, confirm, find_open
from tests.builders import POLICY, Awaited, Row, morning, store_sheet
from tests.notices.web.conftest import ADMIN
from tests.notices.web.test_pages import text_of

if TYPE_CHECKING:
    from tests.notices.web.conftest import Office

WINDOWS = tuple(
    Awaited(f"{year}-11-01", f"{year}-11-30", covers=f"FY{year - 1}") for year in (2015, 2016, 2017)
)


def answered(office: Office, *days: str) -> str:
    """An entry with three windows, some of which were answered on `days`; its id."""
    with writing(office.engine) as session:
        stored = store_sheet(session, [Row("収納率", WINDOWS)], reform_item="⑲")
        entry_id = stored.entries[0].id
        for ordinal, day in enumerate(days, 1):
            occurrence = find_open(session, f"{entry_id}.{ordinal}")
            given, now = Confirmation("1"), morning(day)
            confirm(session, occurrence, given, person=None, now=now, policy=POLICY)
    return str(entry_id)


@pytest.mark.parametrize(
    ("today", "language", "told"),
    [
        ("2017-12-05", "en", "Likely on 12 December 2017: usually 12 days after the time promised"),
        ("2017-12-13", "en", "that was 12 December 2017"),
        ("2017-12-05", "ja", "例年どおりなら2017年12月12日頃（予定の12日後、過去2回の中央値）"),
        ("2017-12-13", "ja", "今回は2017年12月12日を経過"),
    ],
)
def test_what_was_late_before_has_a_likely_day(
    office: Office, today: str, language: str, told: str
) -> None:
    answered(office, "2015-12-10", "2016-12-14")
    office.sign_in(ADMIN, language)
    office.on(today)
    assert told in text_of(office.client.get("/").text)


@pytest.mark.parametrize("days", [(), ("2015-12-10",), ("2015-11-20", "2016-11-20")])
def test_nothing_is_guessed_from_one_answer_or_from_punctual_ones(
    office: Office, days: tuple[str, ...]
) -> None:
    answered(office, *days)
    office.sign_in(ADMIN, "en")
    office.on("2017-12-05")
    page = text_of(office.client.get("/").text)
    assert "収納率" in page
    assert "sually" not in page
