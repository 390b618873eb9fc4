"""One query through pyoxigraph, its answer as bytes. Imports pyoxigraph and nearly nothing of kg.

The executor starts with this module, so it stays small; the local way of asking shares it, so
that both give the same bytes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Protocol

import pyoxigraph as ox

from kg.errors import NotAcceptable
from kg.query import counting, limits, scope, service, xml
from kg.query.prefixes import FORMATS, LINES, Sorted, chosen


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
    base: str = "",
    service_allow: Collection[str] = (),
) -> Any:
    """pyoxigraph's own results, of the graphs given or, without any, of those that the query names.

    Raises Refused for a SERVICE that asks another endpoint than those allowed, QuerySyntaxError for a
    text that would overflow the engine's stack, and SyntaxError, OSError, RuntimeError or ValueError as
    the engine does.
    """
    service.check(text, service_allow)
    limits.check(text)
    options: dict[str, Any] = {"prefixes": dict(prefixes or {}), "base_iri": base or None}
    asked = scope.Scope(tuple(default_graphs), tuple(named_graphs)) or scope.of_text(text, options)
    return scope.ask(store, text, asked, options) if asked else store.query(text, **options)


def write(
    results: Any, engine: str, out: Sink, prefixes: Mapping[str, str] | None = None, most: int = 0
) -> None:
    """Serialise results, up to ``most`` rows or triples (0: all), past which ResultTooLong is raised.

    ``engine`` names a pyoxigraph RdfFormat or QueryResultsFormat.

    Of ``prefixes`` an RDF document gets those that it uses. Raises ValueError if the results have no
    such format, NotAcceptable where the format cannot hold what stands in them: nothing that is no XML is
    written.
    """
    if most and isinstance(results, ox.QueryTriples):
        results = counting.counted(results, most)
    elif most and isinstance(results, ox.QuerySolutions):
        counted = counting.Counting(engine, out.write, most)
        try:
            write(results, engine, counted, prefixes)
        except Exception:
            if counted.error:
                raise counted.error from None
            raise
        return
    with held_to(engine, out) as sink:
        _write(results, engine, sink, prefixes)


@contextlib.contextmanager
def held_to(engine: str, out: Sink) -> Iterator[Any]:
    """A sink before ``out`` for a document in this format.

    The block raises NotAcceptable for what the format has no way to say: some characters and names in
    XML, triple terms in pyoxigraph 0.5's JSON-LD.
    """
    sink = xml.Wellformed(engine, out.write) if engine in xml.FORMATS else None
    try:
        yield sink or out
    except OSError as error:
        if "RDF/XML reserved" in str(error):
            raise xml.reserved() from error
        if "JSON-LD does not support RDF 1.2" in str(error):
            hint = "take turtle, trig, ntriples or nquads"
            raise NotAcceptable("the answer has a triple term, which JSON-LD has not", hint=hint) from error
        raise
    if sink:
        sink.finish()


def _write(results: Any, engine: str, out: Sink, prefixes: Mapping[str, str] | None) -> None:
    if isinstance(results, ox.QueryTriples) or not hasattr(results, "serialize"):
        used, triples = chosen(results, prefixes) if prefixes and engine in FORMATS else ({}, results)
        sink: Any = Sorted(out.write, len(used)) if engine in LINES else out
        ox.serialize(triples, sink, getattr(ox.RdfFormat, engine), prefixes=used)
    else:
        results.serialize(out, getattr(ox.QueryResultsFormat, engine))
