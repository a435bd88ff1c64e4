"""Word what is wrong with the configuration: where, which key, its value, what is allowed."""

from __future__ import annotations

import json
import os
import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from notices.settings_sources import PREFIX, variable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from pydantic import BaseModel
    from pydantic_core import ErrorDetails

LONGEST_VALUE = 80


class SettingsError(ValueError):
    """The configuration cannot be used; `faults` holds one sentence per fault."""

    def __init__(self, *faults: str) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def unknown_sections(values: Iterable[str], known: Collection[str], path: Path) -> list[str]:
    """A sentence for each section of the file or the environment that does not exist."""
    in_file = [
        f"{path}: [{name}] is not a section here; {_known(name, known)}"
        for name in values
        if name not in known
    ]
    variables = [name for name in sorted(os.environ) if name.startswith(PREFIX) and "__" in name]
    sections = {name: name.removeprefix(PREFIX).split("__")[0].lower() for name in variables}
    return in_file + [
        f"{name}: {section} is not a section; {_known(section, known)}"
        for name, section in sections.items()
        if section not in known
    ]


def passed_over(settings: type[BaseModel]) -> list[str]:
    """A sentence for each variable that means a key but is not quite written as one."""
    right = {name.replace("__", "_"): name for name in _variables(settings)}
    meant = {name: right.get(name.upper().replace("__", "_")) for name in sorted(os.environ)}
    return [f"{name}: write it as {key}" for name, key in meant.items() if key and key != name]


def _variables(settings: type[BaseModel]) -> list[str]:
    fields = settings.model_fields
    sections: dict[str, Any] = {name: field.annotation for name, field in fields.items()}
    return [variable(name, key) for name, model in sections.items() for key in model.model_fields]


def fault_of(error: ErrorDetails, settings: type[BaseModel], path: Path) -> str:
    """One sentence about one thing that the validation refused."""
    section, *rest = (str(part) for part in error["loc"])
    model: Any = settings.model_fields[section].annotation
    if not rest:
        return _fault_of_section(error, section, path)
    key = rest[0]
    place = _place(section, key, path)
    if error["type"] == "extra_forbidden":
        return f"{place} is not a key here; {_known(key, model.model_fields)}"
    allowed = model.model_fields[key].description
    # Somebody may have written the password itself where its variable's name belongs.
    value = "" if key == "password_env" else f" = {_shown(error['input'])}"
    return f"{place}{value} cannot be used: it takes {allowed}"


def _fault_of_section(error: ErrorDetails, section: str, path: Path) -> str:
    reason = error.get("ctx", {}).get("error")
    if reason is None:
        return f"{path}: {section} = {_shown(error['input'])}: write it as a section, [{section}]"
    return f"{path}: [{section}] {reason}"


def _place(section: str, key: str, path: Path) -> str:
    name = variable(section, key)
    return name if name in os.environ else f"{path}: [{section}] {key}"


def _known(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"


def _shown(value: object) -> str:
    """A value as it may be printed: no password of an address, and not endless."""
    written = json.dumps(value, ensure_ascii=False, default=str)
    text = re.sub(r"(?<=://)\S*@", "…@", written)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
