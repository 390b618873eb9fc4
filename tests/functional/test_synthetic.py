"""The invented dataset that measurements are made with (bench/synthetic.py)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kg.build import pipeline
from kg.findings import Severity
from kg.records import dataset, digests, load

SCRIPT = Path(__file__).parents[2] / "bench" / "synthetic.py"


def synthetic(*arguments: str | Path) -> str:
    done = subprocess.run(
        [sys.executable, SCRIPT, *map(str, arguments)], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout


def contents(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("synthetic") / "made"
    synthetic(90, root, "--format", "yaml")
    return root


def test_it_is_valid_and_its_texts_prove_every_passage(made: Path) -> None:
    findings = pipeline.check(dataset.read(made), made / "sources").findings
    assert [f for f in findings if f.severity is not Severity.INFO] == []


def test_it_has_so_many_events_statements_included(made: Path) -> None:
    nodes = [r.node for r in load.load(dataset.read(made)).records if r.id.startswith("event/")]
    assert sum(1 + len(node.get("statement", ())) for node in nodes) == 90


def test_the_digests_are_those_that_kg_digest_writes(made: Path) -> None:
    before = (made / "passages.yaml").read_bytes()
    digests.write(dataset.read(made), made / "sources")
    assert (made / "passages.yaml").read_bytes() == before


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(made: Path, tmp_path: Path) -> None:
    synthetic(90, tmp_path / "again", "--format", "yaml")
    synthetic(90, tmp_path / "other", "--format", "yaml", "--seed", "2")
    assert contents(tmp_path / "again") == contents(made)
    assert contents(tmp_path / "other") != contents(made)


@pytest.mark.parametrize("form", ["jsonl", "yaml"])
def test_an_edit_changes_one_line_of_one_file(tmp_path: Path, form: str) -> None:
    synthetic(90, tmp_path / "made", "--format", form)
    before = contents(tmp_path / "made")
    told = synthetic("--edit", tmp_path / "made")
    after = contents(tmp_path / "made")
    (changed,) = [name for name in after if after[name] != before[name]]
    pairs = zip(before[changed].splitlines(), after[changed].splitlines(), strict=True)
    (line,) = [n for n, (old, new) in enumerate(pairs, 1) if old != new]
    assert told.strip() == f"{tmp_path / 'made' / changed}:{line}"
