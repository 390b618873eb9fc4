"""The bundled datasets as graphs, and what they assert as triples, with ways to change it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

from kg import resources
from kg.build import pipeline
from kg.build.graphs import Graph
from kg.build.ledger import Ledger
from kg.build.rebuild import DESCRIPTION
from kg.build.shards import INFERRED, PROVENANCE
from kg.build.work import Kept, maker
from kg.records import dataset, load
from kg.records.dataset import Dataset
from kg.release import Release

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


Triples = tuple[ox.Quad, ...]
NAMES = sorted(path.parent.name for path in resources.data().glob("*/dataset.toml"))


@pytest.fixture(scope="session")
def asserted(release: Release, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Triples]:
    """By the name of each bundled dataset, what its gate sees: its records, the ontology and the schemes."""
    found = {dataset.find().name: asserted_of(release)}
    for name in set(NAMES) - set(found):
        built = pipeline.build(dataset.find(name), store=Path(tmp_path_factory.mktemp("store")))
        found[name] = asserted_of(built.release)
    return found


def asserted_of(release: Release) -> Triples:
    derived = {f"{release.base}graph/{kind}" for kind in (INFERRED, PROVENANCE, DESCRIPTION)}
    quads: Any = release.open_store().quads_for_pattern(None, None, None)
    named = (q for q in quads if isinstance(q.graph_name, ox.NamedNode) and q.graph_name.value not in derived)
    return tuple(sorted({ox.Quad(q.subject, q.predicate, q.object) for q in named}, key=str))


XSD = "http://www.w3.org/2001/XMLSchema#"
_TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
_EVIDENCE = ox.NamedNode("https://w3id.org/pac/ns#evidence")
_ODD = (
    *(
        ("date", each)
        for each in ("2021-02-30", "2021-02-29", "2020-02-29", "2021-06-31", "2021-02-28Z", "soon")
    ),
    *(("gYearMonth", each) for each in ("2021-13", "2021-02", "0000-01")),
    *(("gYear", each) for each in ("2021", "0000", "-0044", "12021")),
    *(("integer", each) for each in ("-5", "0", "+7", "many")),
    *(("boolean", each) for each in ("1", "yes")),
    *(("string", each) for each in ("", "Dr Nobody", "2021-02-03")),
)


class Editor:
    """Makes random changes of what a dataset asserts, the same ones for the same seed."""

    def __init__(self, triples: Triples, base: str, seed: int) -> None:
        self._random = random.Random(seed)
        self._all = triples
        self._own = [q for q in triples if q.subject.value.startswith(base)]
        self._said = [q for q in self._own if q.predicate in (_TYPE, _EVIDENCE) or "ate" in q.predicate.value]
        self._ways = (self._drop, self._second, self._swap, self._odd, self._tongue, self._kind, self._blank)

    def change(self, store: ox.Store, number: int) -> tuple[list[ox.Quad], list[ox.Quad]]:
        """Change a store; gives back what has gone and what has come."""
        before = set(store)
        for _ in range(number):
            quad = self._random.choice(self._random.choice((self._own, self._said)))
            gone, come = self._random.choice(self._ways)(quad)
            for each in gone:
                store.remove(each)
            store.extend(come)
        after = set(store)
        return sorted(before - after, key=str), sorted(after - before, key=str)

    def _drop(self, quad: ox.Quad) -> Any:
        return [quad], []

    def _second(self, quad: ox.Quad) -> Any:
        return [], [self._with(quad, self._other(quad))]

    def _swap(self, quad: ox.Quad) -> Any:
        return [quad], [self._with(quad, self._other(quad))]

    def _odd(self, quad: ox.Quad) -> Any:
        kind, text = self._random.choice(_ODD)
        odd = ox.Literal(text, datatype=ox.NamedNode(XSD + kind))
        return self._random.choice(([], [quad])), [self._with(quad, odd)]

    def _tongue(self, quad: ox.Quad) -> Any:
        text = getattr(quad.object, "value", "")
        language = self._random.choice(("en", "az", "en-GB"))
        return self._random.choice(([], [quad])), [self._with(quad, ox.Literal(text, language=language))]

    def _kind(self, quad: ox.Quad) -> Any:
        types = [q for q in self._own if q.subject == quad.subject and q.predicate == _TYPE]
        new = ox.Quad(
            quad.subject, _TYPE, self._random.choice([q for q in self._said if q.predicate == _TYPE]).object
        )
        return self._random.choice(([], types)), self._random.choice(([], [new]))

    def _blank(self, quad: ox.Quad) -> Any:
        blank = ox.BlankNode(f"b{self._random.randrange(10**6)}")
        kind = ox.Quad(
            blank, _TYPE, self._random.choice([q for q in self._said if q.predicate == _TYPE]).object
        )
        return self._random.choice(([], [quad])), [
            self._with(quad, blank),
            *self._random.choice(([], [kind])),
        ]

    def _other(self, quad: ox.Quad) -> Any:
        """A value: mostly one that the property has elsewhere, now and then any."""
        same = [q.object for q in self._own if q.predicate == quad.predicate]
        return self._random.choice(same if self._random.random() < 0.7 else self._all_values())

    def _all_values(self) -> list[Any]:
        return [q.object for q in self._random.sample(self._all, 5)]

    @staticmethod
    def _with(quad: ox.Quad, value: Any) -> ox.Quad:
        return ox.Quad(quad.subject, quad.predicate, value)


@pytest.fixture(scope="session")
def editor(asserted: dict[str, Triples]) -> Callable[[str, int], Editor]:
    """An editor of a dataset, by its name and a seed."""
    return lambda name, seed: Editor(asserted[name], dataset.find(name).base, seed)
