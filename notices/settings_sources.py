"""Settings out of the environment: `JIKAI_SECTION__KEY`."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, get_origin

from pydantic import BaseModel
from pydantic_settings import PydanticBaseSettingsSource

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

PREFIX = "JIKAI_"
# A number of days (Any) may be a number or text: what is no JSON stays text.
WRITTEN_AS_JSON = (int, bool, Any)


def variable(section: str, key: str) -> str:
    """The environment variable that sets a key."""
    return f"{PREFIX}{section}__{key}".upper()


class Environment(PydanticBaseSettingsSource):
    """What the environment sets, section by section, numbers and lists read as JSON.

    Keys that the section does not know are handed on, so that a misspelt one is refused.
    """

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """The keys set in the section `field_name`, or None."""
        start = variable(field_name, "")
        keys = {
            name.removeprefix(start).lower(): text
            for name, text in sorted(os.environ.items())
            if name.startswith(start)
        }
        section = field.annotation
        if not isinstance(section, type) or not issubclass(section, BaseModel):
            raise TypeError(f"the section {field_name} is not a model")
        values = {key: _decoded(text, section.model_fields.get(key)) for key, text in keys.items()}
        return values or None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """Every section that the environment says something about."""
        fields = self.settings_cls.model_fields.items()
        found = {name: self.get_field_value(field, name)[0] for name, field in fields}
        return {name: values for name, values in found.items() if values is not None}


def _decoded(text: str, field: FieldInfo | None) -> Any:
    if field is None or not (field.annotation in WRITTEN_AS_JSON or _is_list(field)):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _is_list(field: FieldInfo) -> bool:
    return get_origin(field.annotation) is tuple
