"""The prefixes of an RDF document that a query makes: those that its first triples can use.

A document is written as it comes, and its prefixes stand on top; so they are chosen by what comes
first. An IRI whose prefix is not among them is written in full.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import Any, Final

FORMATS: Final = frozenset({"TURTLE", "TRIG", "RDF_XML"})
"""pyoxigraph's names for the formats that have prefixes. (Its JSON-LD is the expanded form.)"""

LINES: Final = frozenset({"TURTLE", "TRIG"})
"""Those of them in which each prefix has a line of its own on top."""

LOOKED_AT: Final = 1_000

_PLAIN: Final = "http://www.w3.org/2001/XMLSchema#string"


def chosen(triples: Iterable[Any], known: Mapping[str, str]) -> tuple[dict[str, str], Iterator[Any]]:
    """Those of the ``known`` prefixes that the first triples use, and all the triples again."""
    iterator = iter(triples)
    head = list(islice(iterator, LOOKED_AT))
    used = {namespace(iri) for triple in head for iri in _iris(triple)}
    return {p: n for p, n in sorted(known.items()) if n in used}, chain(head, iterator)


def namespace(iri: str) -> str:
    """The IRI up to its last ``#``, ``/`` or ``:``; where prefixes usually end."""
    end = max(iri.rfind("#"), iri.rfind("/"))
    return iri[: (end if end >= 0 else iri.rfind(":")) + 1]


def _iris(term: Any) -> Iterator[str]:
    """The IRIs of a triple or term; those of literals are their datatypes."""
    if hasattr(term, "predicate"):
        for part in (term.subject, term.predicate, term.object):
            yield from _iris(part)
    elif (datatype := getattr(term, "datatype", None)) is not None:
        if datatype.value != _PLAIN:
            yield datatype.value
    elif isinstance(value := getattr(term, "value", None), str):
        yield value


class Sorted:
    """A sink before a sink: puts the lines of the prefixes in order, which pyoxigraph writes in none."""

    def __init__(self, write: Callable[[bytes], object], prefixes: int) -> None:
        self._pass_on = write
        self._awaited = prefixes
        self._head = b""

    def write(self, chunk: bytes) -> int:
        """Take some bytes; they go on once all the prefixes are there."""
        if not self._awaited:
            self._pass_on(chunk)
            return len(chunk)
        self._head += chunk
        if self._head.count(b"\n") >= self._awaited:
            *lines, rest = self._head.split(b"\n", self._awaited)
            self._awaited = 0
            self._pass_on(b"\n".join((*sorted(lines), rest)))
        return len(chunk)

    def flush(self) -> None:
        """Nothing waits but the lines of the prefixes."""
