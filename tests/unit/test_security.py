"""docs/security.md keeps its word: what it names is there; and requirements are locked by hash."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
ROWS = [line for line in TEXT.splitlines() if line.startswith("| ")][1:]
NAMED = re.findall(r"`([\w/]+\.py)::(\w+)`", TEXT)


def functions(file: str) -> set[str]:
    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_each_defence_names_a_test_that_exists() -> None:
    assert len(ROWS) > 30
    assert all(re.search(r"\| `[\w/]+\.py::test_\w+`[^|]*\|$", row) for row in ROWS)
    assert not [f"{file}::{name}" for file, name in NAMED if name not in functions(file)]


def test_each_row_has_an_asset_an_attack_a_defence_and_a_test() -> None:
    assert {row.count("|") for row in ROWS} == {5}


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_each_requirement_is_locked_with_its_hash(lock: str) -> None:
    text = re.sub(r"\\\n\s*", " ", (ROOT / lock).read_text(encoding="utf-8"))
    wanted = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    assert wanted
    assert not [
        line for line in wanted if not re.match(r"[\w.\[\]-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line)
    ]
