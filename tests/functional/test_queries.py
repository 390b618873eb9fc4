"""Canned queries on the datasets of kg: every result is the one that was read against the sources.

The results stand in ``tests/golden/<dataset>/<query>.csv``, without the quoted words, which are only there
when the source texts are. ``KG_GOLDEN=write`` writes them anew, though never where ``CI`` is set: read
the difference before you keep it.
"""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
import yaml

from kg import resources
from kg.build import pipeline
from kg.errors import ParameterError
from kg.formats import CSV
from kg.query import entities, local
from kg.query.catalog import CannedQuery, read
from kg.query.pool import Pool
from kg.query.request import parse
from kg.records import dataset
from kg.release import Release
from kg.settings import Settings

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
QUERIES = sorted((resources.queries() / "canned").glob("*.rq"))
NO_ROW_IS_GOOD = {"concepts-outside-their-scheme", "passages-that-do-not-fit"}
SLOW_ELSEWHERE = {"bodies-together", "told-by-one-side", "topics-across-partners", "who-suggested-first"}
"""rdflib joins these row by row, for a minute on the larger dataset: it is asked on the smaller one alone."""
DATASETS = sorted(path.parent.name for path in resources.data().glob("*/dataset.toml"))


@dataclass(frozen=True)
class Asked:
    """A release to ask, with the values that its dataset needs where a query's defaults are of another."""

    name: str
    release: Release
    store: ox.Store
    values: Mapping[str, Mapping[str, str]]

    def text(self, canned: CannedQuery, **more: str) -> str:
        return canned.bind({**self.values.get(canned.name, {}), **more}, self.release.base)


@pytest.fixture(params=QUERIES, ids=lambda path: path.stem)
def canned(request: pytest.FixtureRequest) -> CannedQuery:
    return read(request.param)


@pytest.fixture(scope="session")
def every(release: Release, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Asked]:
    """Each dataset that comes with kg."""
    found = {}
    for name in DATASETS:
        if name == resources.BUNDLED_DATASET:
            built = release
        else:
            built = pipeline.build(dataset.find(name), store=tmp_path_factory.mktemp("store")).release
        path = GOLDEN / name / "parameters.yaml"
        values = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {}
        found[name] = Asked(name, built, built.open_store(), values)
    return found


@pytest.fixture(params=DATASETS)
def asked(every: dict[str, Asked], request: pytest.FixtureRequest) -> Asked:
    return every[request.param]


@pytest.fixture(scope="module")
def store(release: Release) -> ox.Store:
    return release.open_store()


@pytest.fixture(scope="session")
def graphs(every: dict[str, Asked]) -> dict[str, rdflib.Dataset]:
    """The default graph of each release, and what was inferred as a named graph, for another engine."""
    return {name: _for_rdflib(asked.store, asked.release.base) for name, asked in every.items()}


def _for_rdflib(store: ox.Store, base: str) -> rdflib.Dataset:
    inferred = ox.NamedNode(base + "graph/inferred")
    wanted = (ox.DefaultGraph(), inferred)
    quads = (quad for graph in wanted for quad in store.quads_for_pattern(None, None, None, graph))
    text = ox.serialize(quads, format=ox.RdfFormat.N_QUADS)
    return rdflib.Dataset().parse(data=text, format="nquads")  # type: ignore[return-value]


def csv(store: ox.Store, text: str) -> str:
    out = io.BytesIO()
    local.execute(store, parse(text), CSV, out)
    return out.getvalue().decode().replace("\r\n", "\n")


def test_all_forty_questions_have_a_query_but_that_on_two_releases() -> None:
    """Question 39 compares two releases, and a query sees one; question 15 has two queries."""
    assert len(QUERIES) == 40
    assert len(DATASETS) >= 2


def test_a_canned_query_has_its_golden_result(canned: CannedQuery, asked: Asked) -> None:
    found = csv(asked.store, asked.text(canned))
    path = GOLDEN / asked.name / f"{canned.name}.csv"
    if os.environ.get("KG_GOLDEN") == "write" and not os.environ.get("CI"):
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", DATASETS)
def test_every_value_given_for_the_golden_results_is_of_a_query(name: str, every: dict[str, Asked]) -> None:
    assert set(every[name].values) <= {path.stem for path in QUERIES}


def test_every_query_that_can_answer_does_so_on_some_dataset(
    canned: CannedQuery, every: dict[str, Asked]
) -> None:
    rows = [row for asked in every.values() for row in local.rows(asked.store, parse(asked.text(canned)))]
    assert bool(rows) == (canned.name not in NO_ROW_IS_GOOD)


def test_every_example_gives_an_answer_on_some_dataset(canned: CannedQuery, every: dict[str, Asked]) -> None:
    for parameter in canned.parameters:
        for example in parameter.examples:
            given = {parameter.name: example}
            answered = any(local.rows(a.store, parse(a.text(canned, **given))) for a in every.values())
            assert answered, f"{canned.name}: {parameter.name}={example}"


def test_the_pool_gives_the_same_bytes_as_asking_here(canned: CannedQuery, asked: Asked) -> None:
    pool = Pool(asked.release.store_path, Settings(executors=1))
    try:
        answer = b"".join(pool.run(parse(asked.text(canned)), CSV)).decode()
    finally:
        pool.close()
    assert answer.replace("\r\n", "\n") == csv(asked.store, asked.text(canned))


def test_another_engine_gives_the_same_rows(
    canned: CannedQuery, asked: Asked, graphs: dict[str, rdflib.Dataset]
) -> None:
    if canned.name in SLOW_ELSEWHERE and asked.name == resources.BUNDLED_DATASET:
        pytest.skip("asked on the smaller dataset")
    text = asked.text(canned)
    ours = [tuple(term.value if term else "" for term in row) for row in asked.store.query(text)]  # type: ignore[union-attr]
    if not ours:
        pytest.skip("rdflib answers GROUP BY over nothing with a row, against SPARQL 1.1, section 18.5")
    found = graphs[asked.name].query(text)
    theirs = [tuple("" if term is None else str(term) for term in row) for row in found]
    assert theirs == ours


def test_an_entity_of_another_dataset_has_an_empty_answer(store: ox.Store) -> None:
    query = read(resources.queries() / "canned" / "who-was-in-the-room.rq")
    text = query.bind({"event": "event/nowhere"}, "https://example.org/")
    assert local.rows(store, parse(text)) == []


def test_with_the_source_texts_the_quoted_words_stand_beside_the_passages(
    sources: Path, tmp_path: Path
) -> None:
    release = pipeline.build(dataset.find(), store=tmp_path, sources=sources).release
    query = read(resources.queries() / "canned" / "who-was-in-the-room.rq")
    rows = local.rows(release.open_store(), parse(query.text))
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
