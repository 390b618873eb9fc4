"""From a folder of records to a release: what is in it, what stops it, when it is the same."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, DefaultGraph, NamedNode

from kg import vocab
from kg.build import pipeline
from kg.build.inputs import needs_build
from kg.errors import DataError
from kg.records import dataset
from kg.records.dataset import Dataset
from kg.release import Release, Releases

BUILD = """
import sys, time
from pathlib import Path
shift = float(sys.argv[3])
now = time.time
time.time = lambda: now() + shift
from kg.build import pipeline
from kg.records import dataset
print(pipeline.build(dataset.read(Path(sys.argv[1])), store=Path(sys.argv[2])).release.digest)
"""


@pytest.fixture
def copy(bundled: Dataset, tmp_path: Path) -> Dataset:
    """A copy of the bundled dataset that a test may change."""
    shutil.copytree(bundled.root, tmp_path / "copy")
    return dataset.read(tmp_path / "copy")


def write(where: Dataset, name: str, text: str) -> None:
    (where.root / name).write_text(text, encoding="utf-8")


def codes(error: DataError) -> list[tuple[str, str]]:
    return [(f.location.file, f.code) for f in error.findings if f.severity == "violation" and f.location]


def test_the_release_is_whole_and_current(release: Release) -> None:
    releases = Releases(release.path.parents[2], release.manifest["dataset"]["name"])
    assert releases.current().digest == release.digest
    release.verify(deep=True)


def test_the_default_graph_is_the_merge_of_all_graphs_each_triple_once(release: Release) -> None:
    store = release.open_store()
    named = [q for q in store if not isinstance(q.graph_name, DefaultGraph)]
    default = [q.triple for q in store.quads_for_pattern(None, None, None, DefaultGraph())]
    assert set(default) == {q.triple for q in named}
    assert len(default) == len(set(default)) == release.manifest["counts"]["totals"]["triples"]


def test_there_is_no_blank_node(release: Release) -> None:
    for quad in release.open_store():
        assert not any(isinstance(t, BlankNode) for t in (quad.subject, quad.object, quad.graph_name))


def test_the_inferred_graph_repeats_nothing_that_is_written(release: Release) -> None:
    store = release.open_store()
    inferred = NamedNode(f"{release.base}graph/inferred")
    follows = {q.triple for q in store.quads_for_pattern(None, None, None, inferred)}
    written = {q.triple for q in store if q.graph_name not in (inferred, DefaultGraph())}
    assert follows
    assert not follows & written


def test_every_record_graph_leads_to_a_file_of_the_dataset(release: Release, bundled: Dataset) -> None:
    store = release.open_store()
    rows = store.query(
        f"SELECT ?title WHERE {{ ?g <{vocab.PROV}wasDerivedFrom> ?f . ?f <{vocab.DCTERMS}title> ?title }}"
    )
    titles = [row["title"].value for row in rows]
    assert len(titles) == release.manifest["counts"]["totals"]["records"]
    assert all((bundled.root / title).is_file() for title in titles)


def test_every_thing_with_a_preferred_label_has_a_label(release: Release) -> None:
    query = f"""ASK {{ ?s <{vocab.SKOS}prefLabel> ?l FILTER NOT EXISTS {{ ?s <{vocab.RDFS}label> ?l }} }}"""
    assert not release.open_store().query(query)


def test_the_report_in_the_release_conforms(release: Release) -> None:
    assert json.loads((release.path / "report.json").read_text())["conforms"] is True


def test_the_same_records_give_the_same_digest_elsewhere_on_another_day(
    release: Release, copy: Dataset, tmp_path: Path
) -> None:
    for seed, days in (("1", 0), ("2", 400)):
        done = subprocess.run(
            [sys.executable, "-c", BUILD, str(copy.root), str(tmp_path / seed), str(days * 86_400)],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": "Asia/Baku"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.stdout.strip() == release.digest, done.stderr


def test_other_records_give_another_digest(release: Release, copy: Dataset, tmp_path: Path) -> None:
    write(copy, "more.yaml", "- id: place/ganja\n  prefLabel: Ganja\n  placeType: city\n")
    assert pipeline.build(copy, store=tmp_path / "store").release.digest != release.digest


def test_all_faults_are_reported_at_once_and_nothing_is_published(copy: Dataset, tmp_path: Path) -> None:
    old = pipeline.build(copy, store=tmp_path / "store").release
    write(copy, "bad-1.yaml", "- id: place/ganja\n  prefLabel: Ganja\n  placeTyp: city\n")
    write(copy, "bad-2.yaml", "- id: post/janitor\n  prefLabel: [unclosed\n")
    write(
        copy,
        "bad-3.yaml",
        "- id: event/end-first\n  prefLabel: End first\n  eventType: meeting\n"
        "  startDate: 2021-01-14\n  endDate: 2021-01-13\n",
    )
    with pytest.raises(DataError) as caught:
        pipeline.build(copy, store=tmp_path / "store")
    files = {file for file, _ in codes(caught.value)}
    assert files >= {"bad-1.yaml", "bad-2.yaml", "bad-3.yaml"}
    assert ("bad-3.yaml", "C05-end-before-start") in codes(caught.value)
    assert Releases(tmp_path / "store", copy.name).current().digest == old.digest


def test_a_dangling_reference_is_reported_once(copy: Dataset) -> None:
    write(
        copy,
        "bad.yaml",
        "- id: place/ganja\n  prefLabel: Ganja\n  placeType: city\n  locatedIn: place/azerbaijn\n",
    )
    violations = [f for f in pipeline.check(copy).findings if f.severity == "violation"]
    assert [(f.location.file, f.location.line) for f in violations if f.location] == [("bad.yaml", 4)]
    assert len(violations) == 1


def test_a_faulty_report_is_standard_shacl(copy: Dataset) -> None:
    import rdflib

    write(copy, "bad.yaml", "- id: place/ganja\n  prefLabel: Ganja\n  placeTyp: city\n")
    checked = pipeline.check(copy)
    report = rdflib.Graph().parse(
        data=pipeline.shacl_report(checked.findings, checked.results), format="turtle"
    )
    results = list(report.subjects(rdflib.RDF.type, rdflib.SH.ValidationResult))
    assert not checked.conforms
    assert len(results) == len(checked.findings)
    assert (None, rdflib.SH.resultSeverity, rdflib.SH.Violation) in report


def test_a_build_is_needed_until_there_is_a_release_of_the_present_inputs(
    copy: Dataset, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    assert needs_build(copy, store)
    first = pipeline.build(copy, store=store).release
    assert not needs_build(copy, store)
    write(copy, "comment.yaml", "# nothing but a comment\n[]\n")
    assert needs_build(copy, store)
    assert pipeline.build(copy, store=store).release.digest == first.digest
    assert not needs_build(copy, store)
    (first.path / "manifest.json").unlink()
    assert needs_build(copy, store)


def test_the_quoted_words_are_in_the_release_only_with_the_sources(
    release: Release, bundled: Dataset, sources: Path, tmp_path: Path
) -> None:
    with_sources = pipeline.build(bundled, sources=sources, store=tmp_path / "store").release
    exact = NamedNode(vocab.OA + "exact")
    number = sum(1 for _ in with_sources.open_store().quads_for_pattern(None, exact, None, DefaultGraph()))
    assert number == with_sources.manifest["counts"]["classes"]["pac:Passage"]
    assert not list(release.open_store().quads_for_pattern(None, exact, None))
    assert not needs_build(bundled, tmp_path / "store", sources)
    assert not needs_build(bundled, tmp_path / "store")


def test_progress_names_the_stages_in_order(bundled: Dataset, tmp_path: Path) -> None:
    stages: list[str] = []
    pipeline.build(bundled, store=tmp_path, progress=lambda stage, _: stages.append(stage))
    assert stages == ["read", "validate", "infer", "store", "publish"]
