"""The digest of a release: a Merkle root over its named graphs (docs/releases.md, "Digest").

The leaf of a graph is the SHA-256 of its N-Quads lines in canonical form (RDF Dataset
Canonicalization 1.0, section 5), sorted as bytes; the root is the SHA-256 of the lines
``<graph IRI> SP <leaf> LF``, sorted as bytes. The default graph is a merge of the others and
does not count. There are no blank nodes, so that no canonical labels are needed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyoxigraph import Store


@dataclass(frozen=True, slots=True, order=True)
class GraphDigest:
    """A named graph, its leaf (64 hex digits) and how many triples it has."""

    graph: str
    digest: str
    triples: int


def of_store(store: Store) -> tuple[GraphDigest, ...]:
    """The leaf of each non-empty named graph, by IRI. Keeps one graph in memory at a time."""
    return tuple(sorted(_leaves(store)))


def root(leaves: Iterable[GraphDigest]) -> str:
    """The Merkle root over the graphs: 64 hex digits."""
    lines = sorted(f"{leaf.graph} {leaf.digest}\n".encode() for leaf in leaves)
    return hashlib.sha256(b"".join(lines)).hexdigest()


def _leaves(store: Store) -> Iterator[GraphDigest]:
    from pyoxigraph import NamedNode, RdfFormat

    for graph in store.named_graphs():
        assert isinstance(graph, NamedNode), "a graph is never named by a blank node"
        text = store.dump(format=RdfFormat.N_TRIPLES, from_graph=graph)
        if text:
            yield leaf(graph.value, sorted(text.split(b"\n")[:-1]))


def leaf(graph: str, lines: Iterable[bytes]) -> GraphDigest:
    """The leaf of a graph from its triples as sorted N-Triples lines.

    The graph's name, which each of its quads ends with, does not change their order.
    """
    end = f"<{graph}> .\n".encode()
    return of_quads(graph, (line.removesuffix(b".") + end for line in lines))


def of_text(graph: str, pieces: Iterable[bytes]) -> GraphDigest:
    """The leaf of a graph from its quads as one text, sorted N-Quads lines, in any pieces."""
    digest, number = hashlib.sha256(), 0
    for piece in pieces:
        digest.update(piece)
        number += piece.count(b"\n")
    return GraphDigest(graph, digest.hexdigest(), number)


def of_quads(graph: str, quads: Iterable[bytes]) -> GraphDigest:
    """The leaf of a graph from its quads as sorted N-Quads lines with their line feeds, as they come."""
    digest, number = hashlib.sha256(), 0
    for number, quad in enumerate(quads, 1):  # noqa: B007 - the last one is how many there were
        digest.update(quad)
    return GraphDigest(graph, digest.hexdigest(), number)
