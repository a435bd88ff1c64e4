"""Every language says the same things with the same placeholders."""

from __future__ import annotations

from string import Formatter
from typing import TYPE_CHECKING

import pytest

from notices.locale import LANGUAGES, MessageError, messages, say

if TYPE_CHECKING:
    from notices.locale import Message

KEYS = sorted({key for language in LANGUAGES for key in messages(language)})


def _placeholders(message: Message) -> set[str]:
    texts = [message] if isinstance(message, str) else list(message.values())
    return {name for text in texts for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("key", KEYS)
def test_a_message_exists_in_every_language_with_the_same_placeholders(key: str) -> None:
    found = {language: messages(language).get(key) for language in LANGUAGES}
    assert None not in found.values(), f"{key} is missing in a language"
    wanted = {language: _placeholders(message) for language, message in found.items() if message}
    # Japanese has no plural, so a form for exactly one may leave the number out.
    assert len({frozenset(names) for names in wanted.values()}) == 1, (key, wanted)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_can_be_said(language: str) -> None:
    for key, message in messages(language).items():
        values: dict[str, object] = dict.fromkeys(_placeholders(message), "x")
        for count in (0, 1, 2, 11):
            assert "{" not in say(language, key, **(values | {"count": count}))


def test_the_plural_form_follows_the_count() -> None:
    assert say("en", "words.days.late", count=1) == "1 day late"
    assert say("en", "words.days.late", count=2) == "2 days late"
    assert say("ja", "words.days.late", count=1) == "1日超過"


def test_a_missing_message_is_named() -> None:
    with pytest.raises(MessageError, match=r"words\.nonsense"):
        say("en", "words.nonsense")
