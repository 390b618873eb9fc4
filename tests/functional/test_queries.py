"""Canned queries on the bundled dataset: every result is the one that was read against the sources.

The results stand in ``tests/golden/<query>.csv``, without the quoted words, which are only there
when the source texts are. ``KG_GOLDEN=write`` writes them anew, though never where ``CI`` is set: read
the difference before you keep it.
"""

from __future__ import annotations

import io
import os
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib

from kg import resources
from kg.errors import ParameterError
from kg.formats import CSV
from kg.query import entities, local
from kg.query.catalog import CannedQuery, read
from kg.query.pool import Pool
from kg.query.request import parse
from kg.release import Release
from kg.settings import Settings

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
QUERIES = sorted((resources.queries() / "canned").glob("*.rq"))


@pytest.fixture(params=QUERIES, ids=lambda path: path.stem)
def canned(request: pytest.FixtureRequest) -> CannedQuery:
    return read(request.param)


@pytest.fixture(scope="module")
def store(release: Release) -> ox.Store:
    return release.open_store()


@pytest.fixture(scope="module")
def graph(store: ox.Store) -> rdflib.Graph:
    """The default graph, for another engine."""
    quads = store.quads_for_pattern(None, None, None, ox.DefaultGraph())
    triples = ox.serialize((quad.triple for quad in quads), format=ox.RdfFormat.N_TRIPLES)
    return rdflib.Graph(bind_namespaces="none").parse(data=triples, format="nt")


def csv(store: ox.Store, text: str) -> str:
    out = io.BytesIO()
    local.execute(store, parse(text), CSV, out)
    return out.getvalue().decode().replace("\r\n", "\n")


def test_there_are_queries_to_test() -> None:
    assert len(QUERIES) >= 4


def test_a_canned_query_has_its_golden_result(canned: CannedQuery, store: ox.Store) -> None:
    found, path = csv(store, canned.text), GOLDEN / f"{canned.name}.csv"
    if os.environ.get("KG_GOLDEN") == "write" and not os.environ.get("CI"):
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8")


def test_every_example_gives_an_answer(canned: CannedQuery, store: ox.Store, release: Release) -> None:
    for parameter in canned.parameters:
        for example in parameter.examples:
            _, rows = local.rows(store, parse(canned.bind({parameter.name: example}, release.base)))
            assert rows, f"{canned.name}: {parameter.name}={example}"


def test_the_pool_gives_the_same_bytes_as_asking_here(
    canned: CannedQuery, store: ox.Store, release: Release
) -> None:
    pool = Pool(release.store_path, Settings(executors=1))
    try:
        answer = b"".join(pool.run(parse(canned.text), CSV)).decode()
    finally:
        pool.close()
    assert answer.replace("\r\n", "\n") == csv(store, canned.text)


def test_another_engine_gives_the_same_rows(
    canned: CannedQuery, store: ox.Store, graph: rdflib.Graph
) -> None:
    ours = [tuple(term.value if term else "" for term in row) for row in store.query(canned.text)]  # type: ignore[union-attr]
    if not ours:
        pytest.skip("rdflib answers GROUP BY over nothing with a row, against SPARQL 1.1, section 18.5")
    theirs = [tuple("" if term is None else str(term) for term in row) for row in graph.query(canned.text)]
    assert theirs == ours


def test_an_entity_of_another_dataset_has_an_empty_answer(store: ox.Store) -> None:
    query = read(resources.queries() / "canned" / "who-was-in-the-room.rq")
    text = query.bind({"event": "event/nowhere"}, "https://example.org/")
    assert local.rows(store, parse(text))[1] == []


def test_with_the_source_texts_the_quoted_words_stand_beside_the_passages(
    sources: Path, tmp_path: Path
) -> None:
    from kg.build import pipeline
    from kg.records import dataset

    release = pipeline.build(dataset.find(), store=tmp_path, sources=sources).release
    query = read(resources.queries() / "canned" / "who-was-in-the-room.rq")
    _, rows = local.rows(release.open_store(), parse(query.text))
    assert all(row["quotes"] for row in rows)
    (host,) = [row for row in rows if row["role"] == "host"]
    assert "Aliyev" in host["quotes"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("event/asan-talk", "did you mean event/asan-talks"),
        ("event/zzz", "for example: event/president-reception"),
        ("person/ilham-aliyev", "for example: event/president-reception"),
        ("https://elsewhere.example/x", "for example: event/president-reception"),
    ],
)
def test_an_entity_that_is_not_there_or_of_another_kind_is_told_and_not_answered(
    given: str, said: str, store: ox.Store, release: Release
) -> None:
    query = read(resources.queries() / "canned" / "who-was-in-the-room.rq")
    with pytest.raises(ParameterError) as raised:
        entities.check(query, {"event": given}, store, release.base)
    assert raised.value.parameter == "event"
    assert said in str(raised.value.hint)


def test_an_entity_of_the_kind_asked_for_is_taken_by_its_id_or_its_iri(
    store: ox.Store, release: Release
) -> None:
    query = read(resources.queries() / "canned" / "who-was-in-the-room.rq")
    for given in (
        "event/asan-talks",
        f"{release.base}id/event/asan-talks",
        "statement/asan-talks.policy-on-expertise",
    ):
        entities.check(query, {"event": given}, store, release.base)
