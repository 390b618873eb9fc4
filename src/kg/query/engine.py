"""One query through pyoxigraph, its answer as bytes. Imports pyoxigraph and nearly nothing of kg.

The executor starts with this module, so it stays small; the local way of asking shares it, so
that both give the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import pyoxigraph as ox

from kg.query import limits, rows, xml


class Sink(Protocol):
    """What an answer is written to."""

    def write(self, chunk: bytes, /) -> int | None:
        """Take some bytes."""


def solve(
    store: ox.Store,
    text: str,
    *,
    prefixes: Mapping[str, str] | None = None,
    default_graphs: Sequence[str] = (),
    named_graphs: Sequence[str] = (),
) -> Any:
    """pyoxigraph's own results.

    Raises QuerySyntaxError for a text that would overflow the engine's stack, and SyntaxError, OSError,
    RuntimeError or ValueError as the engine does.
    """
    limits.check(text)
    named = [ox.NamedNode(iri) for iri in named_graphs]
    graphs: dict[str, Any] = {}
    if default_graphs or named_graphs:
        # SPARQL 1.1 Protocol 2.1.4: whichever of the two is not given is empty.
        graphs = {"default_graph": [ox.NamedNode(iri) for iri in default_graphs], "named_graphs": named}
    return store.query(text, prefixes=dict(prefixes or {}), **graphs)


def write(
    results: Any, engine: str, out: Sink, prefixes: Mapping[str, str] | None = None, most: int = 0
) -> None:
    """Serialise results, up to ``most`` rows or triples (0: all), past which ResultTooLong is raised.

    ``engine`` names a pyoxigraph RdfFormat or QueryResultsFormat.

    ``prefixes`` are those of an RDF document. Raises ValueError if the results have no such format,
    NotAcceptable where XML cannot hold what stands in them: nothing that is no XML is written.
    """
    if most and isinstance(results, ox.QueryTriples):
        results = rows.counted(results, most)
    elif most and isinstance(results, ox.QuerySolutions):
        counting = rows.Counting(engine, out.write, most)
        try:
            write(results, engine, counting, prefixes)
        except Exception:
            if counting.error:
                raise counting.error from None
            raise
        return
    if engine not in xml.FORMATS:
        _write(results, engine, out, prefixes)
        return
    sink = xml.Wellformed(engine, out.write)
    try:
        _write(results, engine, sink, prefixes)
    except OSError as error:
        if "RDF/XML reserved" in str(error):
            raise xml.reserved() from error
        raise
    sink.finish()


def _write(results: Any, engine: str, out: Sink, prefixes: Mapping[str, str] | None) -> None:
    if isinstance(results, ox.QueryTriples) or not hasattr(results, "serialize"):
        ox.serialize(results, out, getattr(ox.RdfFormat, engine), prefixes=dict(prefixes or {}))  # type: ignore[arg-type]
    else:
        results.serialize(out, getattr(ox.QueryResultsFormat, engine))
