"""RDF/XML (RDF 1.1 XML Syntax), written by hand.

pyoxigraph 0.5.13 makes up empty element names for predicates that end in no XML name, and writes
carriage returns raw, which parsers must read as line feeds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from kg.errors import NotAcceptable
from kg.export import xml
from kg.export.order import Group, Survey
from kg.vocab import RDF, XSD

_SYNTAX: Final = frozenset(
    RDF + name
    for name in (
        *("RDF", "ID", "about", "parseType", "resource", "nodeID", "datatype", "Description"),
        *("li", "bagID", "aboutEach", "aboutEachPrefix"),
    )
)
"""Names that mean something in the syntax, so that no predicate or class can have them (section 5)."""

_PLAIN: Final = (NamedNode(XSD + "string"), NamedNode(RDF + "langString"))


def write(found: Survey) -> Iterator[bytes]:
    """The document. Raises NotAcceptable for a predicate that is no XML name, before the first byte."""
    for predicate in sorted(found.predicates):
        if predicate in _SYNTAX or xml.split(predicate) is None:
            raise NotAcceptable(
                f"RDF/XML cannot write the predicate <{predicate}>: it ends in no XML name",
                hint=xml.REMEDY,
            )
    names = _Names({**found.prefixes, "rdf": RDF})
    yield names.head()
    for batch in found.batches():
        yield "".join(_node(group, names) for group in batch).encode()
    yield b"</rdf:RDF>\n"


class _Names:
    """Element names: by the document's prefixes, else with the namespace declared on the spot."""

    def __init__(self, prefixes: dict[str, str]) -> None:
        self._prefixes = prefixes
        self._by_namespace = {namespace: prefix for prefix, namespace in prefixes.items()}

    def head(self) -> bytes:
        declared = (f"\n    xmlns:{p}={xml.attribute(n)}" for p, n in sorted(self._prefixes.items()))
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF{"".join(declared)}>\n'.encode()

    def element(self, iri: str) -> tuple[str, str]:
        """The element's name, and the declaration that it needs."""
        parts = xml.split(iri)
        assert parts is not None, "what has no name was refused, or is written otherwise"
        namespace, local = parts
        prefix = self._by_namespace.get(namespace)
        return (f"{prefix}:{local}", "") if prefix else (f"n:{local}", f" xmlns:n={xml.attribute(namespace)}")


def _node(group: Group, names: _Names) -> str:
    """A node element (section 2.2), typed where the class has an XML name (section 2.13)."""
    kind, rest = _kind(group.triples)
    name, declared = names.element(kind)
    inside = "".join(_property(triple, names) for triple in rest)
    return f"  <{name}{declared} {_reference(group.subject, 'rdf:about')}>\n{inside}  </{name}>\n"


def _kind(triples: list[Triple]) -> tuple[str, list[Triple]]:
    first, *rest = triples
    kind = first.object
    if first.predicate.value != RDF + "type" or not isinstance(kind, NamedNode):
        return RDF + "Description", triples
    if kind.value in _SYNTAX or xml.split(kind.value) is None:
        return RDF + "Description", triples
    return kind.value, rest


def _property(triple: Triple, names: _Names) -> str:
    name, declared = names.element(triple.predicate.value)
    value = triple.object
    if isinstance(value, NamedNode | BlankNode):
        return f"    <{name}{declared} {_reference(value, 'rdf:resource')}/>\n"
    if not isinstance(value, Literal) or value.direction is not None:
        raise NotAcceptable(f"RDF/XML 1.1 cannot write {triple}", hint=xml.REMEDY)
    return f"    <{name}{declared}{_attributes(value)}>{xml.text(value.value)}</{name}>\n"


def _attributes(literal: Literal) -> str:
    if literal.language:
        return f' xml:lang="{literal.language}"'
    plain = literal.datatype in _PLAIN
    return "" if plain else f" rdf:datatype={xml.attribute(literal.datatype.value)}"


def _reference(node: NamedNode | BlankNode, attribute: str) -> str:
    if isinstance(node, BlankNode):
        return f"rdf:nodeID={xml.attribute(f'b{node.value}')}"
    return f"{attribute}={xml.attribute(node.value)}"
