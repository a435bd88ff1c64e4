"""A signed link opens for its purpose and its time only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notices.links import (
    ANSWER_LIFETIME,
    LinkError,
    Purpose,
    answer_address,
    open_link,
    sign,
    sign_in_address,
)

KEY = b"a key for tests, long enough"
NOW = datetime(2018, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
TOKEN = sign(KEY, Purpose.ANSWER, {"occurrence": 7, "person": 3}, NOW, DAY)


def test_a_link_gives_back_what_it_was_made_with() -> None:
    found = open_link(KEY, Purpose.ANSWER, TOKEN, NOW + DAY - timedelta(seconds=1))
    assert found == {"occurrence": 7, "person": 3}


def test_a_link_expires() -> None:
    with pytest.raises(LinkError) as caught:
        open_link(KEY, Purpose.ANSWER, TOKEN, NOW + DAY)
    assert caught.value.expired


def test_a_link_is_worthless_for_another_purpose_or_key() -> None:
    for key, purpose in ((KEY, Purpose.SIGN_IN), (b"another key of some length", Purpose.ANSWER)):
        with pytest.raises(LinkError) as caught:
            open_link(key, purpose, TOKEN, NOW)
        assert not caught.value.expired


# The last character of a signature has two bits that say nothing, so it has four spellings.
@given(st.integers(0, len(TOKEN) - 2), st.characters(codec="utf-8"))
def test_no_character_of_a_link_can_be_changed(place: int, other: str) -> None:
    changed = TOKEN[:place] + other + TOKEN[place + 1 :]
    if changed != TOKEN:
        with pytest.raises(LinkError):
            open_link(KEY, Purpose.ANSWER, changed, NOW)


@given(st.text())
def test_no_text_is_a_link_by_chance(text: str) -> None:
    with pytest.raises(LinkError):
        open_link(KEY, Purpose.ANSWER, text, NOW)


def test_addresses_are_short_ascii_and_hold_their_tokens() -> None:
    answer = answer_address("https://jikai.example.jp", KEY, 10**9, 10**6, NOW)
    sign_in = sign_in_address("https://jikai.example.jp", KEY, 3, NOW)
    assert answer.isascii()
    assert len(answer) <= 200
    assert "=" not in answer
    token = answer.removeprefix("https://jikai.example.jp/a/")
    end = NOW + ANSWER_LIFETIME - timedelta(seconds=1)
    assert open_link(KEY, Purpose.ANSWER, token, end)["occurrence"] == 10**9
    token = sign_in.removeprefix("https://jikai.example.jp/sign-in/")
    assert open_link(KEY, Purpose.SIGN_IN, token, NOW) == {"person": 3}
