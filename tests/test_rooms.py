"""Imports go one way between the rooms, and none hides inside a function."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("db", "scheduler", "notices")
MODULES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
TIMING = sorted((ROOT / "scheduler" / "timing").rglob("*.py"))


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [("." * node.level) + (node.module or "")]
    return []


def _imports(path: Path) -> list[str]:
    return [
        name for node in ast.walk(ast.parse(path.read_text("utf-8"))) for name in _imported(node)
    ]


def _hidden(path: Path) -> list[str]:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    tree = ast.parse(path.read_text("utf-8"))
    bodies = [node for node in ast.walk(tree) if isinstance(node, functions)]
    return [name for body in bodies for node in ast.walk(body) for name in _imported(node)]


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_a_room_imports_only_rooms_below_it(path: Path) -> None:
    own = ROOMS.index(path.relative_to(ROOT).parts[0])
    above = {*ROOMS[own + 1 :], "tests"}
    assert [name for name in _imports(path) if name.split(".")[0] in above] == []


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_no_import_hides_in_a_function(path: Path) -> None:
    assert _hidden(path) == []


@pytest.mark.parametrize("path", TIMING, ids=_name)
def test_timing_needs_the_standard_library_alone(path: Path) -> None:
    allowed = sys.stdlib_module_names | {"scheduler"}
    foreign = [name for name in _imports(path) if name.lstrip(".").split(".")[0] not in allowed]
    assert foreign == []
    outside = [n for n in _imports(path) if n.startswith("scheduler") and ".timing" not in n]
    assert outside == []
