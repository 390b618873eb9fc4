"""One pass over a selection: its subjects in order, and the namespaces that its terms use.

Order is what makes the same data the same bytes: graph, subject, ``rdf:type`` first, predicate,
object, each by code point. Sorting whole graphs in memory would cost a gigabyte for a few million
triples, so only the names of subjects are sorted, in runs that go to a temporary file.
"""

from __future__ import annotations

import contextlib
import heapq
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import IO, Final

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Triple

from kg.export import prefixes, xml
from kg.export.selection import Graph, Selection
from kg.vocab import RDF

Subject = NamedNode | BlankNode

RUN: Final = 50_000
"""Keys in memory at once: some 10 MB."""

BATCH: Final = 1_000
"""Triples that are written at once: some 100 KB."""

_TYPE: Final = NamedNode(RDF + "type")


@dataclass(frozen=True, slots=True)
class Group:
    """All that a graph says of a subject, in order."""

    graph: Graph
    subject: Subject
    triples: list[Triple]

    def quads(self) -> Iterator[Quad]:
        """The triples with the graph's name."""
        return (Quad(t.subject, t.predicate, t.object, self.graph) for t in self.triples)


@dataclass(frozen=True, slots=True)
class Survey:
    """What one pass has found: prefixes in use, names of predicates and classes, sorted subjects."""

    selection: Selection
    prefixes: dict[str, str]
    predicates: frozenset[str]
    keys: Iterable[str]

    def groups(self) -> Iterator[Group]:
        """Every subject of every graph with its triples, in order."""
        only = self.selection.only
        for key in self.keys:
            graph, subject = (_term(part) for part in key.split("\t"))
            assert not isinstance(subject, DefaultGraph), "a key ends in a subject"
            found = self.selection.about(only if only is not None else graph, subject)
            yield Group(graph, subject, sorted((q.triple for q in found), key=_rank))

    def batches(self) -> Iterator[list[Group]]:
        """The groups, in lists of at least BATCH triples; a list never splits a subject."""
        batch: list[Group] = []
        size = 0
        for group in self.groups():
            batch.append(group)
            size += len(group.triples)
            if size >= BATCH:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch


@contextlib.contextmanager
def survey(selection: Selection, base: str, *, text: bool = False) -> Iterator[Survey]:
    """Look at every quad once. Temporary files go when the block ends.

    ``text`` has every literal checked for characters that XML cannot hold (NotAcceptable).
    """
    namespaces = prefixes.Namespaces(base)
    predicates: set[NamedNode] = set()
    with Sorted() as keys:
        for quad in selection.quads():
            keys.add(_key(quad, selection))
            predicates.add(quad.predicate)
            namespaces.see(quad)
            if text and isinstance(quad.object, Literal):
                xml.check_text(quad.object.value, quad)
        names = frozenset(p.value for p in predicates)
        yield Survey(selection, namespaces.prefixes(names), names, keys)


class Sorted:
    """Strings without line ends, each once, in order; more than fit in memory, by merging runs on disk."""

    def __init__(self) -> None:
        self._files = contextlib.ExitStack()
        self._runs: list[IO[str]] = []
        self._last = ""
        self._pending: set[str] = set()

    def __enter__(self) -> Sorted:
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()

    def add(self, key: str) -> None:
        """Take a string in; cheap when it is the last one again."""
        if key == self._last:
            return
        self._last = key
        self._pending.add(key)
        if len(self._pending) >= RUN:
            self._spill()

    def __iter__(self) -> Iterator[str]:
        for run in self._runs:
            run.seek(0)
        runs = [(line.rstrip("\n") for line in run) for run in self._runs]
        merged = heapq.merge(*runs, sorted(self._pending))
        return (key for key, _ in groupby(merged))

    def _spill(self) -> None:
        run = tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n")  # noqa: SIM115 (until exit)
        self._files.enter_context(run)
        run.writelines(f"{key}\n" for key in sorted(self._pending))
        run.seek(0)
        self._runs.append(run)
        self._pending.clear()


def _key(quad: Quad, selection: Selection) -> str:
    """Graph and subject as one string; a graph taken alone is the document's default graph."""
    named = selection.only is None and not isinstance(quad.graph_name, DefaultGraph)
    return f"{quad.graph_name if named else ''}\t{quad.subject}"


def _term(text: str) -> Graph:
    if not text:
        return DefaultGraph()
    return NamedNode(text[1:-1]) if text.startswith("<") else BlankNode(text[2:])


def _rank(triple: Triple) -> tuple[bool, str, str]:
    return triple.predicate != _TYPE, triple.predicate.value, str(triple.object)
