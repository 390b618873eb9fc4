"""The data that the gate asks: the union of a store's graphs, each triple once.

A store in the making has no default graph of its own, so that it is asked with the engine's union
option. A release has the merge as its default graph (``merged``), which is quicker to ask and is
the same set of triples.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import pyoxigraph as ox

from kg.errors import EnvironmentFault
from kg.vocab import DCTERMS, PAC, RDF, RDFS, SKOS

_LABELS: Final = (SKOS + "prefLabel", RDFS + "label", DCTERMS + "title", PAC + "writtenForm")
_SUBCLASS: Final = ox.NamedNode(RDFS + "subClassOf")

_TYPE: Final = ox.NamedNode(RDF + "type")

_Asked = TypeVar("_Asked")
_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class Data:
    """A store and how its merge is read."""

    store: ox.Store
    merged: bool = False

    def rows(self, query: str, name: str) -> list[dict[str, Any]]:
        """What a query selects, each row without what it leaves unbound; ``name`` is the query's, for errors.

        Raises EnvironmentFault if it does not parse or does not select ``?this``.
        """
        solutions: Any = None
        try:
            solutions = self.store.query(query, use_default_graph_as_union=not self.merged)
            names = [variable.value for variable in getattr(solutions, "variables", ())]
            if "this" not in names:
                raise EnvironmentFault(f"{name} does not select ?this")
            return _rows(names, solutions)
        except SyntaxError as fault:
            raise EnvironmentFault(f"{name} does not parse: {fault}") from fault
        finally:
            del solutions  # which may not outlive its thread, in a traceback

    def triples(self, subject: Any = None, predicate: Any = None, obj: Any = None) -> Iterator[ox.Triple]:
        """The triples of a pattern. One that stands in several graphs may come several times."""
        graph = ox.DefaultGraph() if self.merged else None
        for quad in self.store.quads_for_pattern(subject, predicate, obj, graph):
            yield quad.triple

    def subclasses(self, of: Iterable[Any]) -> list[Any]:
        """The classes and all that is below them, in a fixed order."""
        new = list(of)
        known = set(new)
        while new:
            below = {t.subject for t in self.triples(None, _SUBCLASS, new.pop())} - known
            new.extend(below)
            known |= below
        return sorted(known, key=str)

    def instances(self, of: Sequence[Any]) -> str:
        """A pattern that finds the instances of some classes as ``?this``."""
        below = self.subclasses(of)
        if any(isinstance(term, ox.BlankNode) for term in below):  # which a query cannot name
            return f"VALUES ?class_ {{ {_listed(of)} }} ?this {_TYPE}/{_SUBCLASS}* ?class_"
        return f"VALUES ?class_ {{ {_listed(below)} }} ?this {_TYPE} ?class_"

    def is_instance(self, variable: str, of: Sequence[Any]) -> str:
        """An expression that is true only of instances; of those by way of a nameless class it may not be."""
        named = [str(term) for term in self.subclasses(of) if isinstance(term, ox.NamedNode)]
        return f"EXISTS {{ {variable} {_TYPE} ?type_ FILTER(?type_ IN ({', '.join(named)})) }}"

    def label_of(self, focus: str) -> str | None:
        """The first label in the order of ``_LABELS``, English before other languages."""
        if focus.startswith(('"', "_:")):
            return None
        for predicate in _LABELS:
            triples = self.triples(ox.NamedNode(focus), ox.NamedNode(predicate))
            literals = [t.object for t in triples if isinstance(t.object, ox.Literal)]
            if literals:
                return min(literals, key=lambda x: (x.language != "en", x.language or "", x.value)).value
        return None


def _rows(names: list[str], solutions: Any) -> list[dict[str, Any]]:
    found = []
    for solution in solutions:
        found.append({name: term for name, term in zip(names, solution, strict=True) if term is not None})
    return found


def _listed(terms: Iterable[Any]) -> str:
    return " ".join(map(str, terms))


def side_by_side(work: Callable[[_Asked], _Answer], asked: Iterable[_Asked]) -> list[_Answer]:
    """``work`` on each, over the machine's cores, in order: the engine lets others run while it joins."""
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return list(pool.map(work, asked))
