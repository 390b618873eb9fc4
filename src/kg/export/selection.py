"""What an export writes: which graphs of which store, and under which names."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Quad, Store

from kg.errors import NotFound, UsageError
from kg.export.layout import NESTING
from kg.vocab import LOCAL_ID

Graph = NamedNode | BlankNode | DefaultGraph

_CANDIDATES: Final = 20_000
"""So many names are compared for a suggestion: about a second's work."""


@dataclass(frozen=True, slots=True)
class Selection:
    """``only`` is written alone, as the document's default graph; without it, everything is.

    ``entity`` is the IRI of the thing described, if it is one.
    """

    store: Store
    only: Graph | None = None
    entity: str | None = None

    def quads(self) -> Iterator[Quad]:
        """Every quad of the selection, in the store's order: grouped by graph and subject."""
        return self.store.quads_for_pattern(None, None, None, self.only)

    def about(self, graph: Graph, subject: NamedNode | BlankNode) -> Iterator[Quad]:
        """The quads of a subject in a graph."""
        return self.store.quads_for_pattern(subject, None, None, graph)


def select(
    store: Store, base: str, *, quads: bool, graph: str | None = None, entity: str | None = None
) -> Selection:
    """The selection that an export's arguments mean.

    Without ``graph`` and ``entity``: the dataset if the format has room for ``quads``, else the
    default graph. Raises UsageError if both are given or an IRI is none, NotFound with the
    nearest names.
    """
    if graph is not None and entity is not None:
        raise UsageError("graph and entity were both given", hint="take one of them")
    if graph is not None:
        return Selection(store, _graph(store, graph))
    if entity is not None:
        return _entity(store, base, entity)
    return Selection(store, None if quads else DefaultGraph())


def _graph(store: Store, iri: str) -> NamedNode:
    name = _named(iri, "graph")
    if not store.contains_named_graph(name):
        names = (g.value for g in store.named_graphs())
        raise NotFound(f"there is no graph <{iri}>", hint=_nearest(iri, names))
    return name


def _entity(store: Store, base: str, entity: str) -> Selection:
    """A description in a store of its own: what follows need not know that it is a part."""
    iri = entity if ":" in entity else f"{base}id/{entity}"
    quads = _description(store, base, _named(iri, "entity"))
    if not quads:
        local = iri.removeprefix(f"{base}id/")
        raise NotFound(f"there is no entity {local}", hint=_nearest(local, _records(store, base)))
    part = Store()
    part.extend(Quad(q.subject, q.predicate, q.object) for q in quads)
    return Selection(part, DefaultGraph(), iri)


def _description(store: Store, base: str, node: NamedNode) -> list[Quad]:
    """A top-level record's own graph; of anything else its triples and those of what it holds."""
    own = NamedNode(f"{base}graph/{node.value.removeprefix(f'{base}id/')}")
    whole = list(store.quads_for_pattern(None, None, None, own))
    if whole:
        return whole
    found = [q for g in _record_graphs(store, base, node) for q in _with_nested(store, node, g)]
    return found or list(store.quads_for_pattern(node, None, None, DefaultGraph()))


def _record_graphs(store: Store, base: str, node: NamedNode) -> list[NamedNode]:
    """The record graphs that say something of a node: not provenance, nor what was inferred."""
    graphs = {q.graph_name for q in store.quads_for_pattern(node, None, None, None)}
    record = re.compile(rf"{re.escape(base)}graph/{LOCAL_ID.pattern}")
    return [g for g in graphs if isinstance(g, NamedNode) and record.fullmatch(g.value)]


def _with_nested(store: Store, node: NamedNode, graph: NamedNode) -> Iterator[Quad]:
    """The triples of a nested record and of the records nested in it, level by level."""
    level, seen = [node], {node}
    while level:
        for subject in level:
            yield from store.quads_for_pattern(subject, None, None, graph)
        below = {child for parent in level for child in _children(store, parent, graph)} - seen
        seen |= below
        level = list(below)


def _children(store: Store, parent: NamedNode, graph: NamedNode) -> Iterator[NamedNode]:
    for nesting in NESTING:
        link = NamedNode(nesting.property)
        subject, value = (None, parent) if nesting.inverse else (parent, None)
        for quad in store.quads_for_pattern(subject, link, value, graph):
            end = quad.subject if nesting.inverse else quad.object
            if isinstance(end, NamedNode):
                yield end


def _named(iri: str, what: str) -> NamedNode:
    try:
        return NamedNode(iri)
    except ValueError as error:
        raise UsageError(f"{iri!r} is no {what} IRI: {error}") from error


def _records(store: Store, base: str) -> Iterator[str]:
    folder = f"{base}graph/"
    return (g.value.removeprefix(folder) for g in store.named_graphs() if g.value.startswith(folder))


def _nearest(wanted: str, names: Iterator[str]) -> str | None:
    near = difflib.get_close_matches(wanted, list(islice(names, _CANDIDATES)), n=3)
    return f"did you mean {' or '.join(near)}?" if near else None
