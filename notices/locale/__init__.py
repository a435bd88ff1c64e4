"""The sentences Jikai says, as tables per language and room: `ja/mail.toml`, `en/mail.toml`, …"""

from __future__ import annotations

import tomllib
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from babel import Locale

if TYPE_CHECKING:
    from collections.abc import Iterator

LANGUAGES = ("ja", "en")
PLURAL_FORMS = frozenset({"zero", "one", "two", "few", "many", "other"})

Message = str | dict[str, str]


class MessageError(LookupError):
    """No table of this language has a message of this name."""

    def __init__(self, language: str, key: str) -> None:
        super().__init__(f"no message {key!r} in language {language!r}")
        self.language = language
        self.key = key


def say(language: str, key: str, **values: object) -> str:
    """The message `key` (`mail.subject.overdue`: file, table, name) with `{name}`s filled in.

    A message with plural forms is chosen by `count`: `one` for exactly one where the table has it
    (Japanese too), else the form CLDR gives. Raises `MessageError` where there is no such message.
    """
    message = messages(language).get(key)
    if message is None:
        raise MessageError(language, key)
    if isinstance(message, dict):
        message = message[_form(language, message, values)]
    return message.format(**values)


@cache
def messages(language: str) -> dict[str, Message]:
    """Every message of one language by its full key."""
    folder = Path(__file__).parent / language
    return {
        key: message
        for path in sorted(folder.glob("*.toml"))
        for key, message in _flatten(path.stem, tomllib.loads(path.read_text("utf-8")))
    }


def _flatten(prefix: str, table: dict[str, Any]) -> Iterator[tuple[str, Message]]:
    for name, value in table.items():
        key = f"{prefix}.{name}"
        if isinstance(value, dict) and not _is_plural(value):
            yield from _flatten(key, value)
        else:
            yield key, value


def _is_plural(table: dict[str, Any]) -> bool:
    return "other" in table and table.keys() <= PLURAL_FORMS


def _form(language: str, forms: dict[str, str], values: dict[str, Any]) -> str:
    count: int = values["count"]
    if count == 1 and "one" in forms:
        return "one"
    form = _plural(language, count)
    return form if form in forms else "other"


@lru_cache(maxsize=4096)
def _plural(language: str, count: int) -> str:
    return Locale.parse(language).plural_form(count)
