"""A dataset's folder to expanded records, with everything that is wrong with it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from pyld import jsonld

from kg.errors import DataError, NotFound
from kg.findings import Finding, Location, Severity, as_text
from kg.records import dataset, digests, passages
from kg.records.context import context
from kg.records.dataset import Dataset
from kg.records.load import load

Make = Any  # the fixture of this folder's conftest


def codes(found: Dataset, sources: Path | None = None) -> list[str]:
    return [f.code for f in load(found, sources).findings]


def test_a_passage_without_digest_is_a_finding_until_the_command_has_written_it(make: Make, tmp_path: Path):
    found = make()
    assert codes(found) == ["missing-digest"]
    assert digests.write(found, tmp_path).number == 1
    assert codes(found) == []
    assert codes(found, tmp_path) == []


def test_a_changed_source_text_is_found(make: Make, tmp_path: Path):
    found = make()
    digests.write(found, tmp_path)
    (tmp_path / "news.txt").write_text(make.text.replace("Ada", "Eve"), encoding="utf-8")
    assert codes(found, tmp_path) == ["C33-source-digest", "C33-quote-digest"]


def test_offsets_count_code_points_not_bytes(make: Make, tmp_path: Path):
    found = make(make.records.replace("news.0-11", "news.6-11"))
    digests.write(found, tmp_path)
    articles = [r.node for r in load(found, tmp_path).records if r.id == "article/news"]
    assert articles[0]["passage"][0]["exact"] == "“met”"


def test_a_passage_outside_the_text_writes_no_digests(make: Make, tmp_path: Path):
    found = make(make.records.replace("news.0-11", "news.0-900"))
    with pytest.raises(DataError) as raised:
        digests.write(found, tmp_path)
    assert [f.code for f in raised.value.findings] == ["no-such-passage"]
    assert not (found.root / "passages.yaml").exists()


def test_a_passage_is_located_where_it_is_cited(make: Make):
    found = make()
    place = load(found).locate("https://example.org/small/id/passage/news.0-11")
    assert place is not None
    assert "news.0-11" in (found.root / place.file).read_text(encoding="utf-8").splitlines()[place.line - 1]


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
        ("evidence: news.0-11", "evidence: nws.0-9", "dangling-reference", "news"),
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


SOURCES = ['titel = "x"', 'file = "a/b.txt"', 'title = "x"', 'file = "n.txt"\ntitle = 3']


@pytest.mark.parametrize("line", SOURCES)
def test_a_faulty_source_is_named_at_its_own_table(make: Make, line: str):
    root = make().root
    text = (root / "dataset.toml").read_text(encoding="utf-8") + f"\n[[sources]]\n{line}\n"
    (root / "dataset.toml").write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as raised:
        dataset.read(root)
    places = [f.location.line for f in raised.value.findings if f.location]
    assert set(places) == {text[: text.rindex("[[sources]]")].count("\n") + 1}


def test_a_byte_order_mark_is_no_fault(make: Make, tmp_path: Path):
    found = make()
    for path in (found.root / "dataset.toml", found.root / "sub" / "all.yaml"):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    digests.write(found, tmp_path)
    assert codes(dataset.read(found.root)) == []


def test_the_ending_of_a_record_file_may_be_in_capitals(make: Make):
    found = make()
    (found.root / "sub" / "all.yaml").rename(found.root / "sub" / "ALL.YAML")
    assert "event/talks" in [r.id for r in load(found).records]


def test_a_linked_folder_is_not_followed_and_this_is_told(make: Make, tmp_path: Path):
    found = make()
    digests.write(found, tmp_path)
    (found.root / "again").symlink_to(found.root / "sub")
    (finding,) = load(found).findings
    assert (finding.severity, finding.code) == ("warning", "linked-folder")
    assert finding.location is not None
    assert finding.location.file == "again"


def test_a_file_name_that_is_no_text_can_still_be_told(make: Make):
    found = make()
    strange = os.fsdecode(b"\xff.yaml")
    (found.root / strange).write_text("- {}\n", encoding="utf-8")
    (finding,) = [f for f in load(found).findings if f.code == "missing-id"]
    assert as_text([finding]).encode().startswith(b"\\xff.yaml:1:3: violation")


def test_a_report_sends_no_control_character_to_the_terminal():
    finding = Finding(Severity.INFO, "c", "red \x1b[31m", "turned \u202e", Location("a\nb.yaml"))
    lines = as_text([finding]).splitlines()
    assert lines[:2] == [r"a\nb.yaml:1:1: info: red \x1b[31m [c]", r"    turned \u202e"]


def test_an_unknown_dataset_gets_the_names_that_there_are():
    with pytest.raises(NotFound) as raised:
        dataset.find("icesco-azerbaijan-2012")
    assert raised.value.hint == "did you mean 'icesco-azerbaijan-2021'?"


def test_a_character_that_no_xml_can_hold_is_named(make: Make):
    found = make(make.records.replace("prefLabel: Talks", 'prefLabel: "Talks \\uFFFF"'))
    (finding,) = [f for f in load(found).findings if f.code == "bad-text"]
    assert "U+FFFF" in finding.message


def test_a_dataset_toml_that_nests_too_deep_is_a_finding(make: Make):
    path = make().root / "dataset.toml"
    path.write_text(
        "x = " + "[" * 5000 + "]" * 5000 + "\n" + path.read_text(encoding="utf-8"), encoding="utf-8"
    )
    with pytest.raises(DataError, match="at fault"):
        dataset.read(path.parent)


def test_an_empty_name_is_not_the_bundled_dataset():
    with pytest.raises(NotFound, match="empty"):
        dataset.find("")


def test_digests_of_a_text_that_is_not_at_hand_are_kept(make: Make, tmp_path: Path):
    found = make()
    digests.write(found, tmp_path)
    before = passages.read_digests(found.root)[0]
    toml = (found.root / "dataset.toml").read_text(encoding="utf-8")
    (found.root / "dataset.toml").write_text(f'{toml}\n[[sources]]\nfile = "more.txt"\n', encoding="utf-8")
    (found.root / "more.yaml").write_text(
        "- id: article/more\n  title: More\n  publisher: organization/paper\n  language: en\n"
        "  sourceFile: more.txt\n  textStart: 0\n  textEnd: 9\n"
        "- id: place/hill\n  prefLabel: Hill\n  placeType: site\n"
        "  nameForm: {writtenForm: Hill, evidence: more.0-4}\n",
        encoding="utf-8",
    )
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "more.txt").write_text("Hill top.", encoding="utf-8")
    written = digests.write(dataset.read(found.root), elsewhere)
    after = passages.read_digests(found.root)[0]
    assert (written.number, written.missing) == (2, ("news.txt",))
    assert after.sources["news.txt"] == before.sources["news.txt"]
    assert after.passages["news.0-11"][0] == before.passages["news.0-11"][0]
    assert after.passages["more.0-4"][0] == passages.digest("Hill")


def test_no_digest_is_written_for_new_words_of_a_text_that_is_not_at_hand(make: Make, tmp_path: Path):
    found = make()
    (tmp_path / "elsewhere").mkdir()
    with pytest.raises(NotFound, match=r"none of the dataset's source texts"):
        digests.write(found, tmp_path / "elsewhere")


def test_a_passage_that_cuts_a_word_is_a_warning_where_the_text_is_at_hand(make: Make, tmp_path: Path):
    found = make(make.records.replace("news.0-11", "news.0-9"))
    written = digests.write(found, tmp_path)
    assert [finding.code for finding in written.findings] == ["cut-word"]
    assert codes(found, tmp_path) == []


@pytest.mark.parametrize(
    ("old", "new", "remedy"),
    [
        ("eventType: meeting", "eventType: meetng", "did you mean 'meeting'?"),
        ("eventType: meeting", "eventType: talks", "did you mean 'meeting'?"),
        ("eventType: meeting", "eventType: journalists", "did you mean one of these? press-conference"),
        ("startDate: 2021-02", "startDate: 3 February 2021", "write 2021-02-03"),
        ("startDate: 2021-02", "startDate: Feb. 3, 2021", "write 2021-02-03"),
        ("startDate: 2021-02", "startDate: 2021/2", "write 2021-02"),
        ("startDate: 2021-02", "startDate: 3/2/2021", "write a day, month or year"),
        ("startDate: 2021-02", "startDate: 31 February 2021", "write a day, month or year"),
        ("organization/paper\n  lang", "organization/the-papers\n  lang", "kg new organization 'The Papers'"),
        ("organization/paper\n  lang", "event/morning\n  lang", "publisher takes the id of a record"),
        ("organization/paper\n  lang", "organization/pap\n  lang", "did you mean 'organization/paper'?"),
    ],
)
def test_a_mistake_is_answered_with_what_was_meant(make: Make, old: str, new: str, remedy: str):
    assert old in make.records
    assert any(remedy in finding.remedy for finding in load(make(make.records.replace(old, new))).findings)
