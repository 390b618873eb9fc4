"""A dataset's folder to expanded records, with everything that is wrong with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from pyld import jsonld

from kg.errors import DataError, NotFound
from kg.records import dataset, digests
from kg.records.context import context
from kg.records.dataset import Dataset
from kg.records.load import load

Make = Any  # the fixture of this folder's conftest


def codes(found: Dataset, sources: Path | None = None) -> list[str]:
    return [f.code for f in load(found, sources).findings]


def test_a_passage_without_digest_is_a_finding_until_the_command_has_written_it(make: Make, tmp_path: Path):
    found = make()
    assert codes(found) == ["missing-digest"]
    assert digests.write(found, tmp_path) == 1
    assert codes(found) == []
    assert codes(found, tmp_path) == []


def test_a_changed_source_text_is_found(make: Make, tmp_path: Path):
    found = make()
    digests.write(found, tmp_path)
    (tmp_path / "news.txt").write_text(make.text.replace("Ada", "Eve"), encoding="utf-8")
    assert codes(found, tmp_path) == ["C33-source-digest", "C33-quote-digest"]


def test_offsets_count_code_points_not_bytes(make: Make, tmp_path: Path):
    found = make(make.records.replace("news.0-9", "news.6-11"))
    digests.write(found, tmp_path)
    articles = [r.node for r in load(found, tmp_path).records if r.id == "article/news"]
    assert articles[0]["passage"][0]["exact"] == "“met”"


def test_a_passage_outside_the_text_writes_no_digests(make: Make, tmp_path: Path):
    found = make(make.records.replace("news.0-9", "news.0-900"))
    with pytest.raises(DataError) as raised:
        digests.write(found, tmp_path)
    assert [f.code for f in raised.value.findings] == ["no-such-passage"]
    assert not (found.root / "passages.yaml").exists()


def test_a_passage_is_located_where_it_is_cited(make: Make):
    found = make()
    place = load(found).locate("https://example.org/small/id/passage/news.0-9")
    assert place is not None
    assert "news.0-9" in (found.root / place.file).read_text(encoding="utf-8").splitlines()[place.line - 1]


def test_a_source_folder_that_is_not_there_is_named(make: Make, tmp_path: Path):
    with pytest.raises(NotFound, match="not a folder"):
        load(make(), tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("old", "new", "code", "said"),
    [
        (
            "publisher: organization/paper",
            "publisher: organization/papr",
            "dangling-reference",
            "organization/paper",
        ),
        ("evidence: news.0-9", "evidence: nws.0-9", "dangling-reference", "news"),
        ("sourceFile: news.txt", "sourceFile: olds.txt", "unknown-source", "news.txt"),
        (
            "- id: event/talks",
            "- id: organization/paper\n  prefLabel: P\n- id: event/talks",
            "duplicate-id",
            "all.yaml",
        ),
    ],
)
def test_what_is_wrong_across_records_is_named(
    make: Make, tmp_path: Path, old: str, new: str, code: str, said: str
):
    found = make()
    digests.write(found, tmp_path)
    findings = [f for f in load(make(make.records.replace(old, new))).findings if f.severity == "violation"]
    assert [f.code for f in findings] == [code]
    assert said in findings[0].message + findings[0].remedy


def test_a_month_is_bounded_by_its_days(make: Make):
    event = next(r.node for r in load(make()).records if r.id == "event/talks")
    assert (event["earliest"], event["latest"]) == ("2021-02-01", "2021-02-28")


def test_the_engine_and_the_standard_algorithm_read_the_same_quads(bundled: Dataset):
    loaded = load(bundled)
    document = {
        "@context": context(bundled.base),
        "@graph": [{"@id": r.graph, "@graph": [r.node]} for r in loaded.records],
    }
    engine = set(map(str, ox.parse(json.dumps(document), format=ox.RdfFormat.JSON_LD)))
    nquads = jsonld.to_rdf(document, {"format": "application/n-quads"})
    assert engine == set(map(str, ox.parse(nquads, format=ox.RdfFormat.N_QUADS)))
    assert len(engine) > 1000


def test_every_passage_of_the_bundled_dataset_is_in_its_source(bundled: Dataset, sources: Path):
    assert codes(bundled, sources) == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('name = "Small Set"', "name"),
        ('base = "https://example.org/small"', "base"),
        ('titel = "x"', "title"),
        ("name = 3", "name"),
        ("name = ", "not TOML"),
        ('licence = "http://a<c>"', "licence"),
        ('issued = "yesterday"', "a day"),
        ("issued = 2026-11-24T10:00:00Z", "a day"),
    ],
)
def test_a_faulty_dataset_toml_is_named_with_its_line(tmp_path: Path, line: str, said: str):
    good = {
        "name": '"a"',
        "title": '"T"',
        "base": '"https://e.org/a/"',
        "publisher": '"P"',
        "licence": '"https://e.org/l"',
    }
    key = line.partition(" ")[0]
    text = "".join(f"{k} = {v}\n" for k, v in good.items() if k != key) + line + "\n"
    (tmp_path / "dataset.toml").write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as raised:
        dataset.read(tmp_path)
    finding = raised.value.findings[0]
    assert said in finding.message + finding.remedy
    assert finding.location is not None
    assert finding.location.line == text.count("\n")


def test_an_unknown_dataset_gets_the_names_that_there_are():
    with pytest.raises(NotFound) as raised:
        dataset.find("icesco-azerbaijan-2012")
    assert raised.value.hint == "did you mean 'icesco-azerbaijan-2021'?"
