"""Sheets in the text layout made to order: cells wrapped at their column's width, as a PDF does."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

KPI_HEADING = """ ＫＰＩ
目標値

（達成時期）

ＫＰＩの進捗

実績値
（時点）

区分 次回の把握時期と今後の方針
"""
STEP_HEADING = """改革工程
改革工程の進捗

計画期間中の進捗 今後の進展について
"""
WIDTHS = {"name": 17, "target": 7, "values": 11, "timing": 16, "step": 20, "wide": 24}


@dataclass(frozen=True)
class Kpi:
    name: str
    target: str
    values: str
    category: str
    timing: str
    tier: int = 1


@dataclass(frozen=True)
class Step:
    name: str
    progress: str | None = None
    following: str | None = None


@dataclass(frozen=True)
class Item:
    title: str
    kpis: list[Kpi] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    issue: str = "地方行財政の改革"


def wrapped(text: str, width: int) -> list[str]:
    """Lines of at most `width` characters; none starts with closing punctuation."""
    lines: list[str] = []
    while text:
        cut = width
        while cut < len(text) and text[cut] in "、。）」】":
            cut += 1
        lines.append(text[:cut])
        text = text[cut:]
    return lines


def _cell(text: str, width: int, chance: Random) -> str:
    """A cell's lines, now and then with a blank line inside."""
    lines = wrapped(text, width)
    joined = lines[0]
    for line in lines[1:]:
        joined += ("\n\n" if chance.random() < 0.25 else "\n") + line
    return joined


def _join(cells: list[str], chance: Random) -> str:
    joined = cells[0]
    for cell in cells[1:]:
        joined += ("\n\n" if chance.random() < 0.5 else "\n") + cell
    return joined


def _kpi(kpi: Kpi, chance: Random) -> str:
    texts = {"name": kpi.name, "target": kpi.target, "values": kpi.values}
    cells = [_cell(text, WIDTHS[kind], chance) for kind, text in texts.items()]
    marks = [kpi.category]
    while cells[-1] in {"－", "-"}:
        marks.insert(0, cells.pop())
    if kpi.timing == "-":
        return _join([*cells, " ".join([*marks, "-"])], chance)
    timing = _cell(kpi.timing, WIDTHS["timing"], chance)
    return _join([*cells, " ".join(marks), timing], chance)


def _steps(steps: list[Step], chance: Random) -> str:
    blocks: list[str] = []
    for step in steps:
        blocks.append("\n".join(wrapped(step.name, WIDTHS["step"])))
        for text in (step.progress, step.following):
            if text is not None:
                blocks.append("\n".join(wrapped(text, WIDTHS["wide"])))
    return "\n\n".join(blocks)


def written(items: list[Item], seed: int = 0) -> str:
    """The text layout of some reform items; `seed` chooses where blank lines fall."""
    chance = Random(seed)
    pages = []
    for item in items:
        blocks, tier = [KPI_HEADING] if item.kpis else [], 0
        for kpi in item.kpis:
            if kpi.tier != tier:
                tier = kpi.tier
                blocks.append(f"第\n{'一二三'[tier - 1]}\n階\n層\n")
            blocks.append(_kpi(kpi, chance) + "\n")
        blocks.append(f"重要課題：{item.issue}\n\n改革項目：{item.title}\n")
        blocks += [STEP_HEADING, _steps(item.steps, chance) + "\n"] if item.steps else []
        blocks.append("ＫＰＩの状況\n\n改革工程の進捗状況")
        pages.append("\n".join(blocks))
    return "\n".join(pages) + "\n "
