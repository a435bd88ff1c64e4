"""The style sheet: readable in light and in dark, and every class that is used has its rules."""

from __future__ import annotations

import re

import pytest

from notices.locale import messages
from notices.web.static import FOLDER, load_assets

STYLE = (FOLDER / "site.css").read_text("utf-8")
LIGHT, DARK = (
    dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))
    for block in re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)
)
TEXTS = [
    *((ink, ground) for ink in ("ink", "soft", "ai", "akane") for ground in ("paper", "sheet")),
    *((name, f"{name}-wash") for name in ("akane", "yamabuki", "tokiwa", "nezu")),
    *((name, "sheet") for name in ("yamabuki", "tokiwa", "nezu")),
    ("ink", "tokiwa-wash"),
    ("ink", "yamabuki-wash"),
    ("on-ai", "ai"),
    ("on-clock", "clock"),
]


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXTS)
def test_text_stands_out(colours: dict[str, str], text: str, ground: str) -> None:
    assert contrast(colours[text], colours[ground]) >= 4.5


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["paper", "sheet"])
def test_the_edges_of_fields_can_be_seen(colours: dict[str, str], ground: str) -> None:
    assert contrast(colours["edge"], colours[ground]) >= 3


def test_light_and_dark_name_the_same_colours() -> None:
    assert LIGHT.keys() == DARK.keys()


def test_the_style_sheet_is_small_and_asks_for_nothing() -> None:
    assert len(load_assets().files["site.css"]) < 24_000
    assert "url(" not in STYLE
    assert "@import" not in STYLE


def test_both_languages_say_the_same_things() -> None:
    keys = [{key for key in messages(name) if key.startswith("web.")} for name in ("ja", "en")]
    assert keys[0] == keys[1]
