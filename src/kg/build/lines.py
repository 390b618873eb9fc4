"""Triples as N-Triples lines, the form in which a build moves them: bytes, without the line feed.

``Rules`` is the closure (``kg.build.infer``) made into tables, so that what one line implies is looked
up and not computed: only joins of two triples (transitive properties, inherited dates) are left for
``kg.build.infer`` itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from kg import vocab
from kg.build.infer import Schema, closure

_SUBJECT: Final = NamedNode("urn:x-kg:subject")
_OBJECT: Final = NamedNode("urn:x-kg:object")
_NONE: Final[frozenset[NamedNode]] = frozenset()
TYPE: Final = f"<{vocab.RDF}type>".encode()


class Parts(NamedTuple):
    """A line's subject, predicate and object, as written."""

    subject: bytes
    predicate: bytes
    object: bytes


def split(line: bytes) -> Parts:
    """The three terms: only the last can hold a space."""
    subject, predicate, rest = line.split(b" ", 2)
    return Parts(subject, predicate, rest[:-2])


def joined(subject: bytes, predicate: bytes, object: bytes) -> bytes:
    """The reverse of ``split``."""
    return b"%b %b %b ." % (subject, predicate, object)


def of_triples(triples: Iterable[Triple]) -> Iterator[bytes]:
    """Triples as lines. pyoxigraph writes a term as N-Triples has it."""
    return (f"{t.subject} {t.predicate} {t.object} .".encode() for t in triples)


def to_triples(lines: Iterable[bytes]) -> list[Triple]:
    """Lines as triples."""
    return [quad.triple for quad in parse(b"\n".join(lines), format=RdfFormat.N_TRIPLES)]


def iri(name: str) -> bytes:
    """An IRI as a line has it."""
    return str(NamedNode(name)).encode()


@dataclass(frozen=True, slots=True)
class Rule:
    """What (s p o) implies: (s q o) for ``forward``, (o q s) for ``backward``, and types of s and o."""

    forward: tuple[bytes, ...] = ()
    backward: tuple[bytes, ...] = ()
    of_subject: tuple[bytes, ...] = ()
    of_object: tuple[bytes, ...] = ()


class Rules:
    """The closure of single triples under a schema.

    ``leave_out`` are the terms about which nothing is to be inferred.
    """

    def __init__(self, schema: Schema, leave_out: frozenset[NamedNode]) -> None:
        self.schema = schema
        self.leave_out = leave_out
        self._left_out = frozenset(str(term).encode() for term in leave_out)
        self._classes: dict[bytes, tuple[bytes, ...]] = {}
        self._rules: dict[tuple[bytes, bool], Rule] = {}

    def implied(self, lines: Iterable[bytes]) -> set[bytes]:
        """All that follows from each line by itself; may hold lines that are among ``lines``."""
        found: set[bytes] = set()
        for line in lines:
            subject, predicate, value = split(line)
            if predicate == TYPE:
                found.update(joined(subject, TYPE, above) for above in self.above(value))
                continue
            rule = self.rule(predicate, value.startswith(b"<"))
            found.update(joined(subject, other, value) for other in rule.forward)
            found.update(joined(subject, TYPE, above) for above in rule.of_subject)
            found.update(joined(value, other, subject) for other in rule.backward)
            found.update(joined(value, TYPE, above) for above in rule.of_object)
        if self._left_out:
            return {line for line in found if line.split(b" ", 1)[0] not in self._left_out}
        return found

    def above(self, cls: bytes) -> tuple[bytes, ...]:
        """The classes that an instance of this one also has."""
        if cls not in self._classes:
            asked = Triple(_SUBJECT, _node(TYPE), _node(cls))
            self._classes[cls] = tuple(str(t.object).encode() for t in closure([asked], self.schema, _NONE))
        return self._classes[cls]

    def rule(self, predicate: bytes, names_a_thing: bool) -> Rule:
        """What a triple with this predicate implies; ``names_a_thing`` says that its object is an IRI."""
        key = (predicate, names_a_thing)
        if key not in self._rules:
            self._rules[key] = self._ask(_node(predicate), _OBJECT if names_a_thing else Literal(""))
        return self._rules[key]

    def _ask(self, predicate: NamedNode, value: NamedNode | Literal) -> Rule:
        found = list(closure([Triple(_SUBJECT, predicate, value)], self.schema, _NONE))
        types = [t for t in found if str(t.predicate).encode() == TYPE]
        rest = [t for t in found if t not in types]
        return Rule(
            tuple(str(t.predicate).encode() for t in rest if t.subject == _SUBJECT),
            tuple(str(t.predicate).encode() for t in rest if t.subject != _SUBJECT),
            tuple(str(t.object).encode() for t in types if t.subject == _SUBJECT),
            tuple(str(t.object).encode() for t in types if t.subject != _SUBJECT),
        )


def _node(term: bytes) -> NamedNode:
    return NamedNode(term[1:-1].decode())
