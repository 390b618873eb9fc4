"""``kg.open()``: the Python way in."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest
import rdflib

import kg
from kg.errors import EnvironmentFault, NoRelease, NotFound, ParameterError, Refused, UsageError
from kg.query import catalog
from kg.release import Release


@pytest.fixture
def graph(release: Release) -> Iterator[kg.Graph]:
    with kg.open(release.path) as opened:
        yield opened


def test_a_store_opens_at_its_current_release(release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    store = release.path.parents[2]
    assert kg.open(store).release.digest == release.digest
    monkeypatch.setenv("KG_STORE", str(store))
    assert kg.open().release.digest == release.digest


def test_without_a_release_there_is_nothing_to_open(tmp_path: Path) -> None:
    with pytest.raises(NoRelease):
        kg.open(tmp_path)


def test_sparql_gives_rows_and_knows_the_common_prefixes(graph: kg.Graph) -> None:
    rows = graph.query("SELECT ?name { ?x a pac:State ; skos:prefLabel ?name }")
    assert rows == [{"name": "Azerbaijan"}]
    assert rows.columns == ("name",)


def test_a_canned_query_is_asked_by_name(graph: kg.Graph) -> None:
    rows = graph.query("who-was-in-the-room", event="event/asan-talks")
    assert {row["whoLabel"] for row in rows if row["row"] == "in the room"} == {
        "Salim M. AlMalik",
        "Ulvi Mehdiyev",
    }


def test_a_file_is_asked_by_its_path_and_a_text_may_bring_its_header(graph: kg.Graph, tmp_path: Path) -> None:
    canned = catalog.bundled().get("who-was-in-the-room")
    file = tmp_path / "my question.rq"
    file.write_text(canned.text, encoding="utf-8")
    expected = graph.query(canned.name, event="event/asan-talks")
    assert graph.query(str(file), event="event/asan-talks") == expected
    assert graph.query(canned.text, event="event/asan-talks") == expected
    with pytest.raises(NotFound, match="no file"):
        graph.query("nowhere.rq")


def test_what_cannot_be_asked_is_refused_with_reason(graph: kg.Graph) -> None:
    with pytest.raises(NotFound, match="no canned query"):
        graph.query("who-was-in-the-rom")
    with pytest.raises(ParameterError):
        graph.query("strength-mix", debtor="state/azerbaijan")
    with pytest.raises(ParameterError):
        graph.query("SELECT * {}", event="event/asan-talks")
    with pytest.raises(Refused):
        graph.query("DELETE WHERE { ?s ?p ?o }")


@pytest.mark.skipif(importlib.util.find_spec("pandas") is None, reason="pandas is not installed")
def test_rows_become_a_data_frame(graph: kg.Graph) -> None:
    assert list(graph.query("SELECT ?s ?p { ?s ?p ?o } LIMIT 1").to_pandas().columns) == ["s", "p"]


@pytest.mark.skipif(importlib.util.find_spec("pandas") is not None, reason="pandas is installed")
def test_without_pandas_a_data_frame_is_refused_with_the_remedy(graph: kg.Graph) -> None:
    with pytest.raises(EnvironmentFault, match="pandas is not installed"):
        graph.query("ASK {}").to_pandas()


def test_rdflib_sees_the_same_graph_and_cannot_change_it(graph: kg.Graph) -> None:
    state = rdflib.URIRef(graph.release.base + "id/state/azerbaijan")
    assert (state, rdflib.RDF.type, rdflib.URIRef(kg.vocab.PAC + "State")) in graph.dataset.default_graph
    with pytest.raises(RuntimeError, match="read-write"):
        graph.dataset.default_graph.add((state, rdflib.RDFS.comment, rdflib.Literal("x")))


def test_the_extension_of_an_export_says_its_format(graph: kg.Graph, tmp_path: Path) -> None:
    graph.export(tmp_path / "out.nq")
    assert len(rdflib.Dataset().parse(tmp_path / "out.nq", format="nquads"))
    for name in ("out", "out.docx"):
        with pytest.raises(UsageError):
            graph.export(tmp_path / name)


def test_a_closed_graph_says_so(release: Release) -> None:
    graph = kg.open(release.path)
    graph.close()
    graph.close()
    with pytest.raises(UsageError, match="closed"):
        graph.query("ASK {}")
