"""Texts of mails in the character sets of Japan, as their writers' programs mean them."""

from __future__ import annotations

import re

# What is called Shift_JIS is Windows' extension of it, which has ① and ㈱.
MEANT = {"shift_jis": "cp932", "shift-jis": "cp932", "x-sjis": "cp932", "sjis": "cp932"}
KANJI = re.compile(rb"\x1b\$[@B]([\x21-\x7e]*)")


def decoded(content: bytes, charset: str) -> str:
    """A text from its bytes; where its character set is missing or unknown, by how they look."""
    charset = MEANT.get(charset, charset)
    if charset == "iso-2022-jp" or (b"\x1b$" in content and charset in {"", "us-ascii"}):
        return _iso_2022_jp(content)
    if charset in {"", "us-ascii"}:
        return _unnamed(content)
    try:
        return content.decode(charset, "replace")
    except (LookupError, ValueError):
        return _unnamed(content)


def _unnamed(content: bytes) -> str:
    for charset in ("utf-8", "cp932"):
        try:
            return content.decode(charset)
        except UnicodeDecodeError:
            continue
    return content.decode("utf-8", "replace")


def _iso_2022_jp(content: bytes) -> str:
    """Decoded piece by piece: ① and ㈱ stand in a row that the standard leaves empty."""
    pieces, at = [], 0
    for kanji in KANJI.finditer(content):
        pieces += [_plain(content[at : kanji.start()]), _kanji(kanji[1])]
        at = kanji.end()
    return "".join([*pieces, _plain(content[at:])])


def _plain(piece: bytes) -> str:
    return piece.decode("iso2022_jp_ext", "replace")


def _kanji(piece: bytes) -> str:
    """Characters of two bytes each, moved to where Shift_JIS has them."""
    pairs = zip(piece[::2], piece[1::2], strict=False)
    return bytes(byte for pair in pairs for byte in _shifted(*pair)).decode("cp932", "replace")


def _shifted(first: int, second: int) -> tuple[int, int]:
    row = (first - 0x21) // 2
    lead = row + (0x81 if row < 0x1F else 0xC1)
    if first % 2:
        return lead, second + (0x1F if second < 0x60 else 0x20)
    return lead, second + 0x7E
