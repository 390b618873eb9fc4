"""One dataset in four forms: YAML, JSON, JSON lines and CSV give the same record graphs."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pyoxigraph import Store

from kg.build import convert
from kg.findings import Severity
from kg.records import dataset, reader
from kg.records.context import context
from kg.records.dataset import Dataset
from kg.records.load import load
from kg.records.reader import Fields, Items, Node, Text
from kg.release import digest

ROOT = Path(__file__).parents[2]
DATASETS = ("icesco-azerbaijan-2021", "fixture-harbour-accord")
TOML = """
name = "small"
title = "Small"
base = "https://example.org/"
publisher = "Nobody"
licence = "https://creativecommons.org/licenses/by/4.0/"
"""
Records = list[dict[str, Any]]
DOCS = (ROOT / "docs" / "records.md").read_text(encoding="utf-8")


def tables() -> Any:
    """bench/corpus/tables.py, which writes CSV."""
    spec = importlib.util.spec_from_file_location("tables", ROOT / "bench" / "corpus" / "tables.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def plain(node: Node | None) -> Any:
    if isinstance(node, Items):
        return [plain(item) for item in node.items]
    if isinstance(node, Fields):
        return {key.value: plain(value) for key, value in node.entries}
    assert isinstance(node, Text)
    return node.value


def as_json(records: Records, path: Path) -> None:
    path.with_suffix(".json").write_text(json.dumps(records, indent=1), encoding="utf-8")


def as_lines(records: Records, path: Path) -> None:
    text = "".join(json.dumps(record, ensure_ascii=False) + "\r\n" for record in records)
    path.with_suffix(".jsonl").write_bytes(text.encode("utf-8-sig"))


def as_table(records: Records, path: Path) -> None:
    with path.with_suffix(".csv").open("w", encoding="utf-8", newline="") as out:
        tables().write(records, records, out)


def digests(of: Dataset) -> dict[str, str]:
    loaded = load(of)
    assert [f for f in loaded.findings if f.severity is Severity.VIOLATION] == []
    store = Store()
    store.extend(convert.record_quads(loaded.records, context(of.base)))
    return {leaf.graph: leaf.digest for leaf in digest.of_store(store)}


@pytest.mark.parametrize("name", DATASETS)
@pytest.mark.parametrize("write", [as_json, as_lines, as_table])
def test_the_same_records_give_the_same_graphs(
    name: str, write: Callable[[Records, Path], None], tmp_path: Path
) -> None:
    original = dataset.find(name)
    copy = tmp_path / name
    shutil.copytree(original.root, copy)
    for path in [path for path in copy.rglob("*.yaml") if path.name != "passages.yaml"]:
        write(plain(reader.read(path.read_bytes(), path.name).root), path)
        path.unlink()
    assert digests(dataset.read(copy)) == digests(original)


def blocks_of(kind: str) -> Iterator[str]:
    return (found[1] for found in re.finditer(rf"```{kind}\n(.*?)```", DOCS, re.DOTALL))


@pytest.mark.parametrize("kind", ["jsonl", "csv"])
def test_the_example_of_the_documentation_is_what_it_says(kind: str, tmp_path: Path) -> None:
    (example,) = blocks_of(kind)
    (tmp_path / f"people.{kind}").write_text(example, encoding="utf-8")
    (tmp_path / "dataset.toml").write_text(TOML, encoding="utf-8")
    loaded = load(dataset.read(tmp_path))
    assert {f.code for f in loaded.findings} == {"dangling-reference"}  # posts and articles stand elsewhere
    ada, ben = (record.node for record in loaded.records)
    assert ben["prefLabel"] == {"en": "Ben Lake"}
    assert ada["prefLabel"] == {"en": "Ada Stone", "fr": "Ada Pierre"}
    assert ada["nameForm"]["evidence"] == ["news.50-59", "news.90-99"]
    assert [tenure["id"] for tenure in ada["tenure"]] == [
        "tenure/ada-stone.secretary",
        "tenure/ada-stone.warden",
    ]
