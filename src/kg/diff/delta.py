"""The quads that two releases do not share."""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pyoxigraph import DefaultGraph, NamedNode, Quad, Store

from kg import vocab
from kg.export.order import Sorted
from kg.release import Release

DELETED: Final = "D"
ADDED: Final = "A"
_DEFAULT: Final = DefaultGraph()
_RANK: Final = f"{DELETED}{ADDED}"
"""Of one subject and predicate, what went comes before what came."""


@dataclass(frozen=True, slots=True)
class Row:
    """A quad that went (``D``) or came (``A``). Terms as in N-Triples; no ``graph`` for the default graph."""

    operation: str
    graph: str
    subject: str
    predicate: str
    object: str


@dataclass(frozen=True, slots=True)
class Numbers:
    """How many came and went."""

    added: int
    removed: int


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two releases, with its store open."""

    release: Release
    store: Store


@dataclass(frozen=True, slots=True)
class Delta:
    """All that is different. The rows can be gone through more than once while ``compare`` is open.

    ``triples`` counts the default graph, each triple once; ``quads`` the named graphs; ``inferred``
    those of the quads that nobody wrote but that follow.
    """

    old: Side
    new: Side
    keys: Sorted
    triples: Numbers
    quads: Numbers
    inferred: Numbers
    graphs: dict[str, tuple[str, ...]]

    def rows(self) -> Iterator[Row]:
        """By graph (the default graph first), subject and predicate; what went before what came."""
        for key in self.keys:
            graph, subject, predicate, rank, value = key.split("\t")
            yield Row(_RANK[int(rank)], graph, subject, predicate, value)


@contextlib.contextmanager
def compare(old: Release, new: Release) -> Iterator[Delta]:
    """Compare two releases; both are held until the block ends.

    Raises StoreDamaged if one of them is, and OSError where there is no room for temporary files.
    """
    with old.held(), new.held(), Sorted() as keys:
        before, after = Side(old, old.open_store()), Side(new, new.open_store())
        graphs = _graphs(old.leaves(), new.leaves())
        for graph in (NamedNode(name) for names in graphs.values() for name in names):
            _collect(keys, before.store, after.store, graph, DELETED)
            _collect(keys, after.store, before.store, graph, ADDED)
        counts = Counter(_kind(key) for key in keys)
        of = {kind: Numbers(counts[kind, ADDED], counts[kind, DELETED]) for kind in ("", "named", "inferred")}
        quads = Numbers(
            of["named"].added + of["inferred"].added, of["named"].removed + of["inferred"].removed
        )
        yield Delta(before, after, keys, of[""], quads, of["inferred"], graphs)


def _graphs(old: dict[str, str], new: dict[str, str]) -> dict[str, tuple[str, ...]]:
    return {
        "added": tuple(sorted(new.keys() - old.keys())),
        "removed": tuple(sorted(old.keys() - new.keys())),
        "changed": tuple(sorted(name for name in old.keys() & new.keys() if old[name] != new[name])),
    }


def _collect(keys: Sorted, here: Store, there: Store, graph: NamedNode, operation: str) -> None:
    """Note the quads of a graph that are here and not there, and the triples that no graph has there.

    The default graph is the merge of the others: a triple leaves it only with one of them.
    """
    for quad in here.quads_for_pattern(None, None, None, graph):
        if quad not in there:
            keys.add(_key(quad, str(graph), operation))
            if Quad(quad.subject, quad.predicate, quad.object, _DEFAULT) not in there:
                keys.add(_key(quad, "", operation))


def _key(quad: Quad, graph: str, operation: str) -> str:
    """A row as a string that sorts as rows do: N-Triples escapes tabs and line ends."""
    rank = _RANK.index(operation)
    return f"{graph}\t{quad.subject}\t{quad.predicate}\t{rank}\t{quad.object}"


def _kind(key: str) -> tuple[str, str]:
    graph, _, _, rank, _ = key.split("\t")
    kind = "inferred" if graph.endswith("graph/inferred>") else "named" if graph else ""
    return kind, _RANK[int(rank)]


def written(graph: str, base: str) -> bool:
    """True of a graph (an IRI) that somebody wrote: of a record, the ontology or a scheme."""
    own = re.fullmatch(rf"{re.escape(base)}graph/{vocab.LOCAL_ID.pattern}", graph)
    return bool(own) or graph == vocab.ONTOLOGY or graph.startswith(vocab.SCHEME)
