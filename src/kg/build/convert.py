"""Records and schema -> quads. The standard's own JSON-LD algorithm does the work.

Sources: JSON-LD 1.1 Processing Algorithms and API, section 7 (Deserialize JSON-LD to RDF);
docs/iris.md, for the labels and for there being no blank nodes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Final, Protocol

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, parse

from kg import vocab
from kg.errors import DataError
from kg.findings import Finding, Location, Severity

_BATCH: Final = 500
"""Records to a document: the context is parsed once for all of them, and memory stays flat."""

_PREF_LABEL: Final = NamedNode(vocab.SKOS + "prefLabel")
_LABEL: Final = NamedNode(vocab.RDFS + "label")
_TYPE: Final = NamedNode(vocab.RDF + "type")
_SCHEME: Final = NamedNode(vocab.SKOS + "ConceptScheme")


class Convertible(Protocol):
    """What is needed of a record: its named graph and its JSON-LD node."""

    @property
    def graph(self) -> str: ...

    @property
    def node(self) -> Mapping[str, Any]: ...


def record_quads(records: Iterable[Convertible], context: Mapping[str, Any]) -> Iterator[Quad]:
    """The quads of the records, each in its own named graph.

    Raises DataError if a node is no JSON-LD under the context, or leaves a blank node or a
    triple outside its graph.
    """
    rest = iter(records)
    while batch := list(islice(rest, _BATCH)):
        yield from _batch_quads(batch, context)


def _batch_quads(batch: list[Convertible], context: Mapping[str, Any]) -> Iterator[Quad]:
    try:
        for quad in parse(document(batch, context), RdfFormat.JSON_LD):
            yield _checked(quad, batch)
    except SyntaxError as error:
        if len(batch) == 1:
            raise _fault(batch[0], f"it is not JSON-LD under the context: {error}") from error
        for record in batch:  # again, one by one, so that the message names the record
            yield from _batch_quads([record], context)


def document(batch: Iterable[Convertible], context: Mapping[str, Any]) -> str:
    """One JSON-LD document that holds each record in a named graph."""
    graphs = [{"@id": record.graph, "@graph": [record.node]} for record in batch]
    return json.dumps({"@context": context, "@graph": graphs}, ensure_ascii=False)


def _checked(quad: Quad, batch: list[Convertible]) -> Quad:
    if isinstance(quad.subject, BlankNode) or isinstance(quad.object, BlankNode):
        raise _fault(_owner(quad, batch), f"a part of it has no id: {quad.predicate.value}")
    if not isinstance(quad.graph_name, NamedNode):
        raise _fault(batch[0], f"a statement about {quad.subject} belongs to no record")
    return quad


def _owner(quad: Quad, batch: list[Convertible]) -> Convertible:
    name = getattr(quad.graph_name, "value", "")
    return next((record for record in batch if record.graph == name), batch[0])


def _fault(record: Convertible, message: str) -> DataError:
    file = getattr(record, "file", None)
    finding = Finding(
        Severity.VIOLATION,
        "not-convertible",
        f"{record.graph}: {message}",
        "give every nested record an id or a key",
        Location(file) if file else None,
    )
    return DataError(finding.message, [finding])


def schema_quads(folder: Path) -> Iterator[Quad]:
    """The ontology in the graph that its IRI names, and each scheme in the scheme's graph.

    ``folder`` holds pac.ttl and schemes/*.ttl. Every skos:prefLabel gets an rdfs:label beside
    it. Raises DataError, naming the file, if one does not parse or holds a blank node.
    """
    yield from _file_quads(folder / "pac.ttl", NamedNode(vocab.ONTOLOGY))
    for path in sorted((folder / "schemes").glob("*.ttl")):
        yield from _file_quads(path, NamedNode(vocab.SCHEME + path.stem))


def _file_quads(path: Path, graph: NamedNode) -> Iterator[Quad]:
    try:
        for quad in parse(path=str(path), format=RdfFormat.TURTLE):
            if isinstance(quad.subject, BlankNode) or isinstance(quad.object, BlankNode):
                raise _bad_file(path, f"a blank node is the value of {quad.predicate.value}")
            if quad.object == _SCHEME and quad.predicate == _TYPE and quad.subject != graph:
                raise _bad_file(path, f"it declares {quad.subject}, so its name should be another")
            yield Quad(quad.subject, quad.predicate, quad.object, graph)
            if quad.predicate == _PREF_LABEL and isinstance(quad.object, Literal):
                yield Quad(quad.subject, _LABEL, quad.object, graph)
    except (SyntaxError, OSError) as error:
        raise _bad_file(path, str(error)) from error


def _bad_file(path: Path, message: str) -> DataError:
    finding = Finding(
        Severity.VIOLATION,
        "schema-file",
        f"{path.name}: {message}",
        "mend the file, or install the package again",
    )
    return DataError(finding.message, [finding])
