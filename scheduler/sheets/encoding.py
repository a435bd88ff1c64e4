"""Bytes of a text file → characters, in the encodings that Japanese offices write."""

from __future__ import annotations

import codecs
import unicodedata

from scheduler.sheets.rows import SheetError

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # its mark starts with that of UTF-16
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
GUESSES = ("cp932", "euc_jp", "euc_jis_2004", "utf-16-le", "utf-16-be")
SAMPLE = 20_000
LEAST_SHARE = 0.9


def decode(data: bytes, name: str) -> str:
    """The text of `data`: by its byte-order mark, as UTF-8, or as the Japanese encoding that fits.

    Raises `SheetError` where no encoding gives text.
    """
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return _marked(data, encoding, name)
    if b"\x1b$" in data and (text := _strictly(data, "iso2022_jp_ext")) is not None:
        return text
    if b"\x00" not in data and (text := _strictly(data, "utf-8")) is not None:
        return text
    return _guessed(data, name)


def _marked(data: bytes, encoding: str, name: str) -> str:
    text = _strictly(data, encoding)
    if text is None:
        reason = f"starts as {encoding} but is damaged; save it again as UTF-8 and import that"
        raise SheetError(name, None, reason)
    return text


def _strictly(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _guessed(data: bytes, name: str) -> str:
    texts = [_strictly(data, encoding) for encoding in ("utf-8", *GUESSES)]
    best = max((text for text in texts if text), key=_likeness, default="")
    if _likeness(best) < LEAST_SHARE:
        _tell_of_damage(data, name)
        reason = (
            "is not text in UTF-8, UTF-16, Shift_JIS or EUC-JP, nor a PDF or XLSX file; "
            "save the sheet as one of these and import that"
        )
        raise SheetError(name, None, reason)
    return best


def _tell_of_damage(data: bytes, name: str) -> None:
    whole = data.decode("utf-8", errors="replace")
    if _likeness(whole) >= LEAST_SHARE:
        line = whole[: whole.index("\ufffd")].count("\n") + 1
        reason = "is UTF-8 with a damaged character; save it again as UTF-8 and import that"
        raise SheetError(name, f"line {line}", reason)


def _likeness(text: str) -> float:
    """The share of characters that a Japanese or English sheet is made of."""
    sample = text[:SAMPLE]
    return sum(map(_is_usual, sample)) / len(sample) if sample else 0.0


def _is_usual(character: str) -> bool:
    if character.isascii():
        return character.isprintable() or character in "\n\r\t\f"
    name = unicodedata.name(character, "")
    return (
        name.startswith(
            ("CJK UNIFIED", "HIRAGANA", "KATAKANA", "FULLWIDTH", "CIRCLED", "IDEOGRAPHIC")
        )
        or character
        in "、。「」『』【】（）［］〔〕・：；～〜－―–—…‥％￥※○●◎△▲□■◇◆☆★→←↑↓×÷±≧≦々〆〇’‘“”"
    )
