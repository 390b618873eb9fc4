"""The gate reports what is at fault, and not what only follows from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg.build import pipeline
from kg.findings import Finding, Severity
from kg.records import dataset, digests

TOML = """
name = "small"
title = "Small"
base = "https://example.org/small/"
publisher = "Nobody"
licence = "https://creativecommons.org/licenses/by/4.0/"
[[sources]]
file = "news.txt"
"""
PEOPLE = """
- id: person/ada
  prefLabel: Ada
  tenure: {post: post/minister, attestedOn: 2021-02-03, evidence: news.0-9}
- id: post/minister
  prefLabel: Minister
  postIn: state/norland
- id: state/norland
  prefLabel: Norland
- id: organization/paper
  prefLabel: The Paper
"""
EVENTS = """
- id: article/news
  title: News
  publisher: organization/paper
  language: en
  sourceFile: news.txt
  textStart: 0
  textEnd: 40
- id: event/talks
  prefLabel: Talks
  eventType: meeting
  startDate: 2021-02-03
  endDate: 2021-02-03
  atPlace: place/hall
  evidence: news.0-9
  statement:
    - key: vow
      eventType: announcement
      gist: Promises a bridge.
      evidence: news.0-9
      participation: {participant: person/ada, role: [speaker], inCapacity: tenure/ada.minister}
- id: place/hall
  prefLabel: Hall
  placeType: building
- id: commitment/bridge
  prefLabel: Bridge
  strength: firm-undertaking
  undertaking: Build a bridge.
  debtor: state/norland
  creditor: organization/paper
  expressedBy: statement/talks.vow
  evidence: news.0-9
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "small"
    root.mkdir()
    (root / "dataset.toml").write_text(TOML, encoding="utf-8")
    (root / "people.yaml").write_text(PEOPLE, encoding="utf-8")
    (root / "events.yaml").write_text(EVENTS, encoding="utf-8")
    (tmp_path / "news.txt").write_text("Ada — “met” the Paper in February. End.\n" * 2, encoding="utf-8")
    digests.write(dataset.read(root), tmp_path)
    return root


def change(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def found(folder: Path) -> list[Finding]:
    checked = pipeline.check(dataset.read(folder))
    return [f for f in checked.findings if f.severity is Severity.VIOLATION]


def test_the_sound_dataset_has_no_violation(folder: Path):
    assert found(folder) == []


def test_a_file_that_is_no_yaml_makes_no_other_record_faulty(folder: Path):
    change(folder, "people.yaml", "  prefLabel: Minister", "   prefLabel: Minister")
    assert [f.code for f in found(folder)] == ["yaml-syntax"]


def test_a_record_left_out_for_its_id_makes_no_other_record_faulty(folder: Path):
    change(folder, "people.yaml", "id: person/ada", "id: Person/Ada")
    assert [f.code for f in found(folder)] == ["bad-id"]


def test_a_tenure_that_gets_no_id_makes_no_other_record_faulty(folder: Path):
    change(folder, "people.yaml", "{post: post/minister, ", "{")
    assert [f.code for f in found(folder)] == ["missing-id"]


def test_what_is_held_back_is_told(folder: Path):
    change(folder, "people.yaml", "id: person/ada", "id: Person/Ada")
    (note,) = (f for f in pipeline.check(dataset.read(folder)).findings if f.code == "held-back")
    assert "validate again" in note.remedy


def test_a_dangling_capacity_is_one_finding_and_not_a_false_promise_too(folder: Path):
    change(folder, "events.yaml", "tenure/ada.minister", "tenure/ada.ministre")
    (finding,) = found(folder)
    assert (finding.code, finding.remedy) == ("dangling-reference", "did you mean 'tenure/ada.minister'?")


def test_only_ids_that_the_field_takes_are_proposed(folder: Path):
    change(folder, "events.yaml", "atPlace: place/hall", "atPlace: organization/papre")
    (finding,) = found(folder)
    assert "place/hall" in finding.remedy


def test_an_iri_below_the_datasets_base_must_be_a_records(folder: Path):
    change(
        folder, "events.yaml", "debtor: state/norland", "debtor: https://example.org/small/id/state/nrland"
    )
    (finding,) = found(folder)
    assert (finding.code, finding.remedy) == ("dangling-reference", "did you mean 'state/norland'?")


def test_two_records_of_one_id_are_one_finding(folder: Path):
    with (folder / "events.yaml").open("a", encoding="utf-8") as out:
        out.write("- {id: commitment/bridge, prefLabel: Ferry, strength: offer}\n")
        out.write("- {id: commitment/bridge, prefLabel: Tunnel}\n")
    assert [f.code for f in found(folder) if f.code.startswith("C")] == []
    assert [f.code for f in found(folder) if f.code == "duplicate-id"] == ["duplicate-id"] * 2


def test_a_passage_outside_its_article_is_told_once_with_or_without_a_digest(folder: Path):
    change(folder, "events.yaml", "textEnd: 40", "textEnd: 8")
    assert {f.code for f in found(folder)} == {"C34-offsets-outside-article"}
    assert len(found(folder)) == 4  # three in events.yaml, one in people.yaml
    (folder / "passages.yaml").unlink()
    assert {f.code for f in found(folder)} == {"C34-offsets-outside-article"}


def test_an_article_that_ends_before_it_starts_is_told_at_the_article(folder: Path):
    change(folder, "events.yaml", "textStart: 0", "textStart: 41")
    (finding,) = found(folder)
    assert finding.code == "C34-article-stretch"
    assert finding.location is not None
    line = (folder / "events.yaml").read_text(encoding="utf-8").splitlines()[finding.location.line - 1]
    assert line.strip() == "textEnd: 40"


def test_faults_that_do_not_hang_together_are_all_told(folder: Path):
    change(folder, "people.yaml", "id: person/ada", "id: Person/Ada")
    change(folder, "events.yaml", "endDate: 2021-02-03", "endDate: 2021-02-31")
    change(folder, "events.yaml", "  undertaking: Build a bridge.\n", "")
    assert {f.code for f in found(folder)} == {"bad-id", "bad-date", "C22-commitment-undertaking"}


def test_an_article_without_a_stretch_has_no_outside(folder: Path):
    change(folder, "events.yaml", "  textStart: 0\n  textEnd: 40\n", "")
    assert not [f for f in found(folder) if "outside" in f.code]


def test_a_field_that_is_missing_from_a_record_at_fault_waits_until_the_fault_is_mended(folder: Path):
    change(folder, "events.yaml", "  undertaking: Build a bridge.\n", "  undertakng: Build a bridge.\n")
    assert [f.code for f in found(folder)] == ["unknown-field"]


@pytest.mark.parametrize(
    ("file", "old", "new", "code"),
    [
        ("events.yaml", "  creditor: ", "  creditox: ", "unknown-field"),
        ("people.yaml", "attestedOn: 2021-02-03", "attestedOn: yesterday", "bad-date"),
        ("people.yaml", "- id: post/minister", "- id: [", "yaml-syntax"),
    ],
)
def test_no_warning_or_note_follows_from_a_fault_either(
    folder: Path, file: str, old: str, new: str, code: str
):
    before = {f.code for f in pipeline.check(dataset.read(folder)).findings}
    change(folder, file, old, new)
    after = {f.code for f in pipeline.check(dataset.read(folder)).findings}
    assert after - before - {"held-back"} == {code}


def test_a_violation_of_what_is_there_is_told_beside_a_fault_of_the_same_record(folder: Path):
    change(folder, "events.yaml", "  endDate: 2021-02-03\n", "  endDate: 2021-02-01\n  colour: blue\n")
    assert {f.code for f in found(folder)} == {"unknown-field", "C05-end-before-start"}
