"""Records and schema -> quads. The standard's own JSON-LD algorithm does the work.

Sources: JSON-LD 1.1 Processing Algorithms and API, section 7 (Deserialize JSON-LD to RDF);
docs/iris.md, for the labels and for there being no blank nodes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final, Protocol

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Store, parse

from kg import vocab
from kg.errors import DataError
from kg.findings import Finding, Location, Severity

_BATCH: Final = 500
"""Records to a document: the context is parsed once for all of them, and memory stays flat."""

_UNNAMED: Final = "SELECT ?g ?p { GRAPH ?g { ?s ?p ?o } FILTER(isBlank(?s) || isBlank(?o)) } LIMIT 1"

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
    """The quads of the records, each in its own named graph. Raises as ``store`` does."""
    rest = iter(records)
    while batch := list(islice(rest, _BATCH)):
        yield from store(batch, context)


def store(records: Sequence[Convertible], context: Mapping[str, Any]) -> Store:
    """The records in a store in memory, each in its own named graph.

    Raises DataError if a node is no JSON-LD under the context, or leaves a blank node or a
    triple outside its graph.
    """
    content = Store()
    try:
        content.load(document(records, context).encode(), format=RdfFormat.JSON_LD)
    except SyntaxError as error:
        for record in records if len(records) > 1 else ():  # again, so that the message names the record
            store([record], context)
        raise _fault(records[0], f"it is not JSON-LD under the context: {error}") from error
    if stray := next(content.quads_for_pattern(None, None, None, DefaultGraph()), None):
        raise _fault(records[0], f"a statement about {stray.subject} belongs to no record")
    for solution in content.query(_UNNAMED):  # type: ignore[union-attr]
        graph, predicate = solution["g"].value, solution["p"].value
        owner = next((record for record in records if record.graph == graph), records[0])
        raise _fault(owner, f"a part of it has no id: {predicate}")
    return content


def document(batch: Iterable[Convertible], context: Mapping[str, Any]) -> str:
    """One JSON-LD document that holds each record in a named graph."""
    graphs = [{"@id": record.graph, "@graph": [record.node]} for record in batch]
    return json.dumps({"@context": context, "@graph": graphs}, ensure_ascii=False)


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
