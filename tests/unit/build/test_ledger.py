"""The ledger of a build."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kg import vocab
from kg.build import pipeline
from kg.build.ledger import Ledger
from kg.build.pipeline import Built
from kg.build.work import Kept

BY_CLASS = """
SELECT (COUNT(DISTINCT ?thing) AS ?number) WHERE {{
  GRAPH ?graph {{ ?thing a <{kind}> }}
  FILTER (STRSTARTS(STR(?graph), "{graphs}") && ?graph NOT IN (<{inferred}>, <{description}>))
}}"""


@pytest.fixture(scope="module")
def built(harbour: Any, tmp_path_factory: pytest.TempPathFactory) -> Built:
    return pipeline.build(harbour.dataset, store=tmp_path_factory.mktemp("store"), jobs=1)


def test_the_counts_are_those_of_the_graph(harbour: Any, built: Built) -> None:
    store = built.release.open_store()
    names = {kind: harbour.dataset.graph(kind) for kind in ("inferred", "description")}
    names["graphs"] = harbour.dataset.graph("")
    for name, number in built.counts["classes"].items():
        rows = list(store.query(BY_CLASS.format(kind=vocab.expand_curie(name), **names)))
        assert [int(row["number"].value) for row in rows] == [number], name


def test_the_counts_of_an_article_are_not_more_than_those_of_all(built: Built) -> None:
    articles = built.counts["articles"]
    assert len(articles) == built.counts["classes"]["pac:Article"]
    for counts in articles.values():
        assert all(0 < number <= built.counts["classes"][name] for name, number in counts.items())


def test_what_is_forgotten_leaves_nothing_behind(harbour: Any, ledger_of: Any) -> None:
    graphs = harbour.graphs
    book = ledger_of(graphs)
    links, leaves = book.links(), list(book.leaves())
    book.note(len(graphs), Kept(graphs[0].leaf, graphs[0].links))
    assert book.is_noted(len(graphs))
    book.forget(len(graphs))
    assert not book.is_noted(len(graphs))
    assert (book.links(), list(book.leaves())) == (links, leaves)


def test_a_ledger_in_a_file_is_there_again(harbour: Any, tmp_path: Path) -> None:
    graph = harbour.graphs[0]
    with Ledger(tmp_path / "index.sqlite") as book:
        book.note(1, Kept(graph.leaf, graph.links))
        book.finish()
    with Ledger(tmp_path / "index.sqlite") as book:
        assert list(book.leaves()) == [graph.leaf]
