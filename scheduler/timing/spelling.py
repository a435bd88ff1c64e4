"""One spelling for one thing, with the way back to the characters of the raw text.

Full-width and compatibility signs become plain ones, letters lower case, kanji numbers before
a unit of time digits; in Japanese, spaces and line breaks inside sentences go.
"""

from typing import NamedTuple

from scheduler.timing.lazily import Pattern

_PLAIN = {ord("！") + n: chr(ord("!") + n) for n in range(94)}
_LOWER = {ord("Ａ") + n: chr(ord("a") + n) for n in range(26)} | {
    ord("A") + n: chr(ord("a") + n) for n in range(26)
}
_ALIKE = {
    "〜": "~",
    "∼": "~",
    "～": "~",
    "‐": "-",
    "‑": "-",
    "‒": "-",
    "–": "-",
    "—": "-",
    "―": "-",
    "−": "-",
    "－": "-",
    "─": "-",
    "‘": "'",
    "’": "'",
    "′": "'",
    "｀": "'",
    "“": '"',
    "”": '"',
    "〔": "(",
    "〕": ")",
    "［": "(",
    "］": ")",
    "[": "(",
    "]": ")",
    "｛": "(",
    "｝": ")",
    "【": "(",
    "】": ")",
    "〈": "(",
    "〉": ")",
    "｡": "。",
    "､": "、",
    "･": "・",
    "，": "、",
    "　": " ",
    "\u00a0": " ",
    "\r": "\n",
    "\u2028": "\n",
    "\u0085": "\n",
    "\v": "\n",
    "\f": "\n",
    "\t": " ",
    "⼀": "一",
    "⼆": "二",
    "⼋": "八",
    "⼗": "十",
    "⽉": "月",
    "⽇": "日",
    "⽬": "目",
    "⾒": "見",
    "⽰": "示",
    "⾏": "行",
    "ヵ": "か",
    "ヶ": "か",
    "箇": "か",
    "个": "か",
    "亙": "わ",
    "⁄": "/",
}
_TABLE = _PLAIN | _LOWER | {ord(sign): plain for sign, plain in _ALIKE.items()}

_INVISIBLE = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
_SPACE = Pattern(rf"[ \n{_INVISIBLE}]")
_JAPANESE = Pattern(r"[ぁ-ゖァ-ヺ一-鿿々]")
_BULLETS = "・○●◯◎■□◆◇▪•※*①-⑳⑴-⒇"
_GAP = rf"[ \n{_INVISIBLE}]*"
_KANJI = "[〇零一二三四五六七八九十]"
_UNIT = f"(?:か{_GAP}月|年|月|日|週|回|度|四{_GAP}半{_GAP}期)"
_NUMBERED = (
    r"\([0-9]{1,2}\)|[0-9]{1,2}\)|[0-9]{1,2}\.(?![0-9])"
    r"|[0-9]{1,2} +(?![ 年月日週回か四半件人団割])[ぁ-ゖァ-ヺ一-鿿]"
)
_ROW = r"(?:令和|平成|昭和|[0-9]{2})[0-9元]{1,2}年度 "
_LINE = (
    rf"\n[ \n]*(?=[{_BULLETS}]|\(?注|notes?:|-[^0-9])|(?<![0-9(])\n[ \n]*(?={_NUMBERED})"
    rf"|(?<![:→、,(])\n[ \n]*(?={_ROW})"
)
_LABEL = (
    r"\n[ \n]*(?=(?:令和|平成|昭和|[0-9]{4})[0-9元\n]{0,4}年"
    r"(?:[^0-9:→ 、。]{0,8}|[^\n:→ 、]{1,12})[:→]"
    rf"|(?![ 年月日度分末頃期中内値時ぁ-ん/)」])[^\n:→0-9。、({_BULLETS}]{{1,12}}[:→]"
    r"|\([^\n()]{1,12}\))"
)
_JA_EDITS = Pattern(
    f"(?P<line>{_LINE})|(?P<label>{_LABEL})"
    rf"|(?P<space>[ \n{_INVISIBLE}]+)"
    r"|(?P<square>[㍻㍼㋿])"
    f"|(?P<kanji>{_KANJI}(?:{_GAP}{_KANJI}){{0,6}}(?={_GAP}{_UNIT}))"
    r"|(?P<made>迄)"
)
_EN_EDITS = Pattern(
    f"(?P<line>{_LINE})|(?P<label>\n[ \n]*(?=[a-z0-9][^\n:;,.(]{{0,40}}:[ \n]))"
    r"|(?P<year>(?<=(?<![0-9])(?:19|20))\n(?=[0-9]{2}(?![0-9])))"
    r"|(?P<compound>(?:(?<=mid)|(?<=half)|(?<=semi)|(?<=year))(?: +- *|-\n *)(?=[a-z]))"
    r"|(?P<hyphen>(?<=[a-z])-\n *(?=[a-z]))"
    rf"|(?P<space>[ \n]+)|(?P<hidden>[{_INVISIBLE}]+)"
)
_ENDS = "月日旬末頃ろ定表。)0123456789"
_GOES_ON = ":→、,(・の-"
_FIXED = {"line": "\n", "compound": "-", "made": "まで"}
_SQUARE = {"㍻": "平成", "㍼": "昭和", "㋿": "令和"}
_KANJI_EDIT = Pattern(rf"[ \n{_INVISIBLE}㍻㍼㋿〇零一二三四五六七八九十迄]")
_NUMERALS = "〇零一二三四五六七八九十"
_DIGITS = str.maketrans("〇零一二三四五六七八九", "00123456789")


class Spelled(NamedTuple):
    """A text in plain spelling; `places` holds each character's raw offset, None if unmoved."""

    text: str
    japanese: bool
    places: list[int] | None

    def raw(self, start: int, end: int) -> tuple[int, int]:
        """The raw offsets of the characters from `start` up to `end`."""
        if self.places is None:
            return start, end
        return self.places[start], self.places[end - 1] + 1


def spell(raw: str) -> Spelled:
    """The text in plain spelling; the language is told by its script."""
    text = raw.translate(_TABLE)
    japanese = _JAPANESE.search(text) is not None
    if (_KANJI_EDIT if japanese else _SPACE).search(text) is None:
        return Spelled(text, japanese, None)
    return _edited(text, japanese)


def _edited(text: str, japanese: bool) -> Spelled:
    pieces: list[str] = []
    places: list[int] = []
    done = 0
    for edit in (_JA_EDITS if japanese else _EN_EDITS).finditer(text):
        start, end = edit.span()
        pieces.append(text[done:start])
        places.extend(range(done, start))
        name = edit.lastgroup or ""
        if name == "label":
            name = "line" if _is_labelled(text, start, end) else "space"
        new = _replacement(name, edit.group(), japanese)
        pieces.append(new)
        places.extend(_spread(start, end, len(new)))
        done = end
    pieces.append(text[done:])
    places.extend(range(done, len(text)))
    return Spelled("".join(pieces), japanese, places)


def _is_labelled(text: str, start: int, end: int) -> bool:
    """Whether the line before a break has a label of its own, so that the next one begins an item.

    A year as the next label needs less of an ending before it than a word does.
    """
    line = text[text.rfind("\n", 0, start) + 1 : start].rstrip()
    if text[end : end + 1] == "(":
        return line.startswith("(")
    labelled = ":" in line or "→" in line
    dated = (text[end].isascii() or text[end] in "令平昭") and line[-1:] not in _GOES_ON
    return labelled and (dated or line[-1:] in _ENDS)


def _spread(start: int, end: int, length: int) -> list[int]:
    """Raw places for a replacement: its last character stands for the last one replaced."""
    if length < 1:
        return []
    return [min(start + i, end - 1) for i in range(length - 1)] + [end - 1 if length > 1 else start]


def _replacement(name: str, old: str, japanese: bool) -> str:
    if name == "space":
        return "" if japanese else " "
    if name == "kanji":
        return _number("".join(sign for sign in old if sign in _NUMERALS))
    return _SQUARE[old] if name == "square" else _FIXED.get(name, "")


def _number(kanji: str) -> str:
    """二〇一八 → 2018, 三十一 → 31, 十 → 10."""
    if "十" not in kanji:
        return kanji.translate(_DIGITS)
    tens, _, ones = kanji.partition("十")
    if "十" in ones:
        return kanji
    ten = (tens or "一").translate(_DIGITS)
    return f"{ten}{(ones or '〇').translate(_DIGITS)}"
