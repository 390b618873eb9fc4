"""A second dataset, invented throughout, shows that nothing here is made for the first."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg import resources
from kg.build import pipeline
from kg.findings import Severity
from kg.records import dataset
from kg.records.dataset import Dataset

NAME = "fixture-harbour-accord"


@pytest.fixture
def harbour() -> Dataset:
    return dataset.find(NAME)


def test_without_a_name_the_icesco_dataset_is_meant() -> None:
    assert dataset.find().name == resources.BUNDLED_DATASET == "icesco-azerbaijan-2021"


def test_its_own_texts_prove_every_passage(harbour: Dataset) -> None:
    checked = pipeline.check(harbour, harbour.root / "sources")
    assert [f for f in checked.findings if f.severity is Severity.VIOLATION] == []
    assert {source.file for source in harbour.sources} == {
        path.name for path in (harbour.root / "sources").iterdir()
    }


def test_a_text_that_changed_is_noticed(harbour: Dataset, tmp_path: Path) -> None:
    for path in (harbour.root / "sources").iterdir():
        text = path.read_text(encoding="utf-8").replace("28 April", "29 April")
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    findings = pipeline.check(harbour, tmp_path).findings
    assert {f.location.file for f in findings if f.severity is Severity.VIOLATION and f.location}


def test_a_release_of_it_says_nothing_of_the_first(harbour: Dataset, tmp_path: Path) -> None:
    release = pipeline.build(harbour, store=tmp_path).release
    first = dataset.find().base
    assert not any(first in str(quad) for quad in release.open_store())


def test_the_code_names_the_first_dataset_in_one_place() -> None:
    naming = [
        path.relative_to(resources.package()).as_posix()
        for path in sorted(resources.package().rglob("*.py"))
        if "icesco" in path.read_text(encoding="utf-8")
    ]
    assert naming == ["resources.py"]
