"""The bundled datasets as graphs and as triples, for tests of what follows from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from kg.build.graphs import Graph
from kg.build.ledger import Ledger
from kg.build.work import Kept, maker
from kg.records import dataset, load
from kg.records.dataset import Dataset

DATA = Path(__file__).parents[3] / "data"


@dataclass(frozen=True, slots=True)
class Corpus:
    """What the records assert, in lines, and the graphs that were made of them."""

    dataset: Dataset
    graphs: tuple[Graph, ...]
    lines: frozenset[bytes]

    @property
    def implied(self) -> frozenset[bytes]:
        """What some record implies by itself."""
        return frozenset[bytes]().union(*(graph.implied for graph in self.graphs))


def _read(name: str) -> Corpus:
    found = dataset.read(DATA / name)
    graphs, faults = maker(found.base).graphs(load.load(found).records)
    assert graphs
    assert not faults
    return Corpus(found, tuple(graphs), frozenset(line for graph in graphs for line in graph.lines))


@pytest.fixture(scope="session")
def harbour() -> Corpus:
    """The invented dataset."""
    return _read("fixture-harbour-accord")


@pytest.fixture(scope="session", params=["fixture-harbour-accord", "icesco-azerbaijan-2021"])
def corpus(request: pytest.FixtureRequest) -> Corpus:
    """Each of the bundled datasets."""
    return _read(request.param)


@pytest.fixture
def ledger_of() -> Callable[[Iterable[Graph]], Ledger]:
    """Makes a ledger that knows of these graphs alone, by their numbers."""

    def made(graphs: Iterable[Graph]) -> Ledger:
        book = Ledger()
        for number, graph in enumerate(graphs):
            book.note(number, Kept(graph.leaf, graph.links))
        return book

    return made
