"""The headings by which a column is known, in Japanese and English."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from scheduler.sheets.wording import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

HEADINGS: dict[str, tuple[str, ...]] = {
    "timing": (
        "次回の把握時期と今後の方針",
        "次回の把握時期",
        "次回把握時期",
        "把握時期",
        "公表時期",
        "次回公表時期",
        "今後の進展について",
        "今後の進展",
        "今後の予定",
        "今後の方針",
        "Next confirmation timing",
        "Next confirmation",
        "Next timing",
        "Next publication",
        "Next update",
        "Timing",
        "Next steps",
        "What comes next",
    ),
    "name": (
        "KPI",
        "KPI名",
        "指標",
        "指標名",
        "項目",
        "項目名",
        "Entry",
        "Indicator",
        "Name",
        "Figure",
        "Item",
    ),
    "step": ("改革工程", "工程", "取組", "Step", "Reform step"),
    "number": ("番号", "No", "Number", "#", "項番"),
    "target": ("目標値", "目標", "目標値・達成時期", "Target", "Target value"),
    "deadline": ("達成時期", "目標年度", "目標時期", "期限", "Deadline", "Target date", "Due"),
    "values": (
        "実績値",
        "実績",
        "最新値",
        "KPIの進捗",
        "現状値",
        "Value",
        "Latest value",
        "Actual",
        "Result",
        "Current value",
    ),
    "value_asof": ("時点", "実績時点", "実績値の時点", "As of", "Value as of"),
    "value_stage": ("段階", "値の段階", "Stage", "Value stage"),
    "category": ("区分", "進捗区分", "評価区分", "Category", "Rating"),
    "progress": ("計画期間中の進捗", "改革工程の進捗", "進捗状況", "進捗", "Progress"),
    "verdict": ("評価", "判定", "Verdict", "Assessment"),
    "policy_issue": ("重要課題", "Policy issue", "Issue"),
    "reform_item": ("改革項目", "Reform item", "Reform"),
    "tier": ("階層", "Tier", "Level"),
    "reposted": ("再掲", "Reposted", "Repost"),
}
_ROLES = {plain(word): role for role, words in HEADINGS.items() for word in words}
_BRACKETS = re.compile(r"\([^()]*\)")
_LONGEST = 40


class Columns(NamedTuple):
    """A table's columns by what they hold, and how many rows their headings take."""

    roles: dict[int, str]
    height: int


def role_of(cell: str | None) -> str | None:
    """What the column under this heading holds, or None where it is no heading."""
    text = plain(cell or "")
    if not text or len(text) > _LONGEST:
        return None
    bare = _BRACKETS.sub("", text).rstrip(".:")
    found = _ROLES.get(text) or _ROLES.get(bare)
    return found or ("timing" if "把握時期" in bare or "confirmationtiming" in bare else None)


def find_columns(rows: Sequence[Sequence[str | None]], at: int) -> Columns | None:
    """The columns whose headings stand in row `at`, and in those under it that only refine them."""
    roles = _roles(rows[at])
    filled = [cell for cell in rows[at] if cell and cell.strip()]
    if len(set(roles.values())) < 2 or len(roles) * 2 < len(filled):
        return None
    height = 1
    while at + height < len(rows) and _refines(rows[at + height]):
        roles |= _roles(rows[at + height])
        height += 1
    return Columns(roles, height)


def _roles(row: Sequence[str | None]) -> dict[int, str]:
    found = {column: role_of(cell) for column, cell in enumerate(row)}
    return {column: role for column, role in found.items() if role}


def _refines(row: Sequence[str | None]) -> bool:
    filled = [cell for cell in row if cell and cell.strip()]
    return bool(filled) and all(role_of(cell) for cell in filled)


def missing_column(roles: dict[int, str]) -> str | None:
    """A sentence about the column without which a table cannot be read, or None."""
    held = set(roles.values())
    if "timing" not in held:
        return f"no column tells the next timing; looked for the headings {_list('timing')}"
    if not held & {"name", "step"}:
        return f"no column names the entries; looked for the headings {_list('name', 'step')}"
    return None


def no_headings() -> str:
    """A sentence about a file in which no table was found at all."""
    return (
        "holds no table that Jikai knows: it needs a row of headings, one for the entry "
        f"({_list('name', 'step')}) and one for the next timing ({_list('timing')})"
    )


def _list(*roles: str) -> str:
    return ", ".join(word for role in roles for word in HEADINGS[role])
