"""What docs/python.md shows works in the order in which it stands there, and prints what it says."""

from __future__ import annotations

import contextlib
import io
import re
import shutil
from pathlib import Path

import pytest

from kg.build import pipeline
from kg.records import dataset
from kg.records.dataset import Dataset

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "python.md"
BLOCK = re.compile(r"^```python\n(?P<code>.*?)^```\n(?:```text\n(?P<shown>.*?)^```\n)?", re.M | re.S)


@pytest.fixture
def store(bundled: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with two releases of the bundled dataset, of which it is the current one."""
    older = tmp_path / "older" / bundled.name
    shutil.copytree(bundled.root, older)
    description = older / "dataset.toml"
    changed = re.sub(
        r'^version = ".*"', 'version = "0.0.1"', description.read_text(encoding="utf-8"), flags=re.M
    )
    description.write_text(changed, encoding="utf-8")
    pipeline.build(dataset.read(older), store=tmp_path / "store")
    pipeline.build(bundled, store=tmp_path / "store")
    monkeypatch.setenv("KG_STORE", str(tmp_path / "store"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "store"


def _run(code: str, line: int, names: dict[str, object]) -> str:
    """What a block prints; an error names the line of the guide."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile("\n" * line + code, str(GUIDE), "exec"), names)
    return out.getvalue()


def test_the_blocks_of_the_python_guide_print_what_it_shows(store: Path) -> None:
    text = GUIDE.read_text(encoding="utf-8")
    names: dict[str, object] = {"__name__": "guide"}
    found = list(BLOCK.finditer(text))
    assert len(found) == text.count("```python") >= 8
    for block in found:
        printed = _run(block["code"], text.count("\n", 0, block.start("code")), names)
        assert printed == (block["shown"] or ""), block["code"]
    assert (store.parent / "visit.ttl").stat().st_size > 0
