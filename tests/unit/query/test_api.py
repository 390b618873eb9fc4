"""``kg.open()``: the Python way in."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import rdflib
from rdflib.plugins.sparql import prepareQuery

import kg
from kg.errors import NoRelease, NotFound, ParameterError, QuerySyntaxError, Refused, UsageError
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


@pytest.mark.parametrize("given", [None, 5, b"ASK {}", ["ASK {}"]])
def test_a_query_is_a_text(graph: kg.Graph, given: Any) -> None:
    with pytest.raises(UsageError, match=f"not {type(given).__name__}"):
        graph.query(given)


def test_an_empty_text_is_an_empty_query(graph: kg.Graph) -> None:
    with pytest.raises(QuerySyntaxError, match="empty"):
        graph.query("")


def test_an_error_of_a_query_has_line_and_column(graph: kg.Graph) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        graph.query("SELECT ?x\nWHERE { ?x a }")
    assert (caught.value.line, caught.value.column) == (2, 14)


def test_a_parameter_that_is_none_is_not_given(graph: kg.Graph) -> None:
    assert graph.query("who-was-in-the-room", event=None) == graph.query("who-was-in-the-room")


def test_a_day_may_be_a_date_a_text_or_a_midnight(graph: kg.Graph) -> None:
    expected = graph.query("who-was-in-the-room-on", date="2021-01-13")
    for day in (datetime.date(2021, 1, 13), datetime.datetime(2021, 1, 13)):
        assert graph.query("who-was-in-the-room-on", date=day) == expected
    with pytest.raises(ParameterError):
        graph.query("who-was-in-the-room-on", date=datetime.datetime(2021, 1, 13, 12, 30))


def test_the_truth_of_an_ask_is_its_answer(graph: kg.Graph) -> None:
    assert graph.query("ASK { ?x a pac:State }")
    assert not graph.query("ASK { ?x a pac:Nothing }")
    assert graph.query("ASK { ?x a pac:Nothing }") == [{"answer": False}]
    assert not graph.query("SELECT ?x { ?x a pac:Nothing }")


def test_a_graph_keeps_its_languages(graph: kg.Graph) -> None:
    made = graph.query("CONSTRUCT { ?x skos:prefLabel ?n } { ?x a pac:State ; skos:prefLabel ?n }")
    assert made.columns == ("subject", "predicate", "object")
    assert list(made.graph.objects()) == [rdflib.Literal("Azerbaijan", lang="en")]
    assert len(graph.query("CONSTRUCT { ?x a pac:No } { ?x a pac:No }").graph) == 0


def test_the_rows_of_a_select_are_no_graph(graph: kg.Graph) -> None:
    with pytest.raises(UsageError, match="SELECT is no graph"):
        _ = graph.query("SELECT * { ?x a pac:State }").graph


def test_threads_may_share_a_graph(graph: kg.Graph) -> None:
    expected = graph.query("what-was-said")
    with ThreadPoolExecutor(4) as threads:
        answers = threads.map(lambda _: graph.query("what-was-said"), range(8))
        assert all(answer == expected for answer in answers)


def test_graphs_of_one_release_stand_beside_each_other(graph: kg.Graph, release: Release) -> None:
    with kg.open(release.path) as other:
        assert other.query("ASK { ?x a pac:State }")
    assert graph.query("ASK { ?x a pac:State }")


@pytest.mark.parametrize(
    ("name", "error"), [(None, UsageError), (5, UsageError), ("no", UsageError), ("ffff0000", NotFound)]
)
def test_a_release_that_is_not_there_is_said_so(release: Release, name: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        kg.open(release.path.parents[2], release=name)


def test_in_the_folder_of_one_release_no_other_is_chosen(release: Release) -> None:
    with pytest.raises(UsageError, match="one release"):
        kg.open(release.path, release="previous")


def test_a_dataset_answers_as_the_guide_warns(graph: kg.Graph) -> None:
    one = next(g.identifier for g in graph.dataset.graphs() if "/graph/" in g.identifier)
    count = f"SELECT (COUNT(*) AS ?n) FROM <{one}> {{ ?s ?p ?o }}"
    whole = graph.query("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")[0]["n"]
    assert [row.n.toPython() for row in graph.dataset.query(count)] == [whole]
    assert graph.query(count)[0]["n"] < whole
    prepared = prepareQuery("SELECT ?x { ?x a pac:State }", initNs=kg.vocab.PREFIXES)
    assert len(list(graph.dataset.query(prepared))) == 1


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
    with pytest.raises(UsageError, match="closed"), graph:
        pass


def test_rows_outlive_their_graph(release: Release) -> None:
    with kg.open(release.path) as graph:
        rows = graph.query("CONSTRUCT { ?x a pac:State } { ?x a pac:State }")
    assert len(rows.graph) == len(rows.to_pandas()) == 1
