"""What the graph says about itself: where each record comes from (PROV), what is in it (VoID, DCAT).

Sources: PROV-O, section 3 (Entity, Agent, Attribution); VoID, sections 2 to 4; DCAT 3, section 6, and
its section on version information for the change notes (adms:versionNotes).
Nothing here depends on the clock, the host, the version of kg or the digest of the release, so
that the same inputs give the same triples. Every node has an IRI.

The SHA-256 of a file is a ``dcterms:identifier`` of the form ``sha256:<hex>``: it identifies the
bytes, and needs no vocabulary of checksums.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final, Protocol
from urllib.parse import quote

from pyoxigraph import Literal, NamedNode, Triple

from kg import vocab
from kg.build.shards import Statistics
from kg.records import changes
from kg.records.dataset import Dataset

_TYPE: Final = NamedNode(vocab.RDF + "type")
_PARTS: Final = (("classPartition", "class", "entities"), ("propertyPartition", "property", "triples"))


class Traced(Protocol):
    """What is needed of a record: its graph and IRI, its file, and who answers for it."""

    @property
    def graph(self) -> str: ...
    @property
    def iri(self) -> str: ...
    @property
    def file(self) -> str: ...
    @property
    def file_sha256(self) -> str: ...
    @property
    def curator(self) -> str: ...
    @property
    def review_state(self) -> str: ...


def provenance(records: Iterable[Traced], base: str) -> Iterator[Triple]:
    """PROV about each record's graph: its file with digest, its curator, its review state.

    A triple about a file or a curator comes once for every record; the caller's graph is a set.
    """
    for r in records:
        yield from origin(r.graph, r.iri, r.file, r.curator, r.review_state, base)
        yield from file(r.file, r.file_sha256, base)
        yield from agent(r.curator, base)


def origin(name: str, topic: str, source: str, curator: str, review: str, base: str) -> Iterator[Triple]:
    """PROV about one graph: what it is about, which file it comes from, who answers for it, how far."""
    graph, attribution = NamedNode(name), NamedNode(name + "#attribution")
    yield Triple(graph, _TYPE, _iri(vocab.PROV, "Entity"))
    yield Triple(graph, _iri(vocab.FOAF, "primaryTopic"), NamedNode(topic))
    yield Triple(graph, _iri(vocab.PROV, "wasDerivedFrom"), _file(base, source))
    yield Triple(graph, _iri(vocab.PROV, "wasAttributedTo"), _agent(base, curator))
    yield Triple(graph, _iri(vocab.PROV, "qualifiedAttribution"), attribution)
    yield Triple(attribution, _TYPE, _iri(vocab.PROV, "Attribution"))
    yield Triple(attribution, _iri(vocab.PROV, "agent"), _agent(base, curator))
    yield Triple(attribution, _iri(vocab.PROV, "hadRole"), NamedNode(f"{vocab.SCHEME}review-state/{review}"))


def file(name: str, sha256: str, base: str) -> Iterator[Triple]:
    """PROV about a file of records."""
    yield Triple(_file(base, name), _TYPE, _iri(vocab.PROV, "Entity"))
    yield Triple(_file(base, name), _iri(vocab.DCTERMS, "title"), Literal(name))
    yield Triple(_file(base, name), _iri(vocab.DCTERMS, "identifier"), Literal(f"sha256:{sha256}"))


def agent(name: str, base: str) -> Iterator[Triple]:
    """PROV about a curator."""
    yield Triple(_agent(base, name), _TYPE, _iri(vocab.PROV, "Agent"))
    yield Triple(_agent(base, name), _iri(vocab.FOAF, "name"), Literal(name))


def description(dataset: Dataset, statistics: Statistics) -> Iterator[Triple]:
    """VoID and DCAT about the dataset.

    ``statistics`` are of everything but the description itself, which cannot count itself.
    """
    node = NamedNode(dataset.base + "dataset")
    yield from _header(node, dataset)
    yield from _statistics(node, dataset, statistics)


def _header(node: NamedNode, dataset: Dataset) -> Iterator[Triple]:
    publisher = _agent(dataset.base, dataset.publisher)
    yield Triple(node, _TYPE, _iri(vocab.VOID, "Dataset"))
    yield Triple(node, _TYPE, _iri(vocab.DCAT, "Dataset"))
    for term, text in (("title", dataset.title), ("description", dataset.description)):
        if text:
            yield Triple(node, _iri(vocab.DCTERMS, term), Literal(text, language=dataset.language))
    yield Triple(node, _iri(vocab.DCTERMS, "license"), NamedNode(dataset.licence))
    yield Triple(node, _iri(vocab.DCTERMS, "language"), Literal(dataset.language))
    yield Triple(node, _iri(vocab.DCTERMS, "publisher"), publisher)
    yield Triple(publisher, _TYPE, _iri(vocab.FOAF, "Agent"))
    yield Triple(publisher, _iri(vocab.FOAF, "name"), Literal(dataset.publisher))
    if dataset.issued:
        day = Literal(dataset.issued, datatype=_iri(vocab.XSD, "date"))
        yield Triple(node, _iri(vocab.DCTERMS, "issued"), day)
    if dataset.version:
        yield Triple(node, _iri(vocab.OWL, "versionInfo"), Literal(dataset.version))
    for section in changes.read(dataset.root)[:1]:
        if section.text:
            notes = Literal(section.text, language=dataset.language)
            yield Triple(node, _iri(vocab.ADMS, "versionNotes"), notes)
    yield Triple(node, _iri(vocab.VOID, "uriSpace"), Literal(dataset.base + "id/"))


def _statistics(node: NamedNode, dataset: Dataset, found: Statistics) -> Iterator[Triple]:
    classes = {term[1:-1].decode(): number for term, number in found.classes.items()}
    properties = {term[1:-1].decode(): number for term, number in found.properties.items()}
    totals = (found.triples, found.entities, len(classes), len(properties))
    for term, number in zip(("triples", "entities", "classes", "properties"), totals, strict=True):
        yield Triple(node, _iri(vocab.VOID, term), Literal(number))
    for namespace in sorted({_namespace(iri) for iri in (*classes, *properties)}):
        yield Triple(node, _iri(vocab.VOID, "vocabulary"), NamedNode(namespace))
    for counts, (link, term, measure) in zip((classes, properties), _PARTS, strict=True):
        for iri, number in sorted(counts.items()):
            part = NamedNode(f"{dataset.base}dataset#{term}-{quote(vocab.shorten(iri), safe='')}")
            yield Triple(node, _iri(vocab.VOID, link), part)
            yield Triple(part, _iri(vocab.VOID, term), NamedNode(iri))
            yield Triple(part, _iri(vocab.VOID, measure), Literal(number))


def _iri(namespace: str, name: str) -> NamedNode:
    return NamedNode(namespace + name)


def _namespace(iri: str) -> str:
    return re.sub(r"[^#/]*$", "", iri)


def _file(base: str, name: str) -> NamedNode:
    return NamedNode(f"{base}file/{quote(name)}")


def _agent(base: str, name: str) -> NamedNode:
    return NamedNode(f"{base}agent/{_slug(name)}")


def _slug(name: str) -> str:
    """Letters and digits in lower case, without accents, joined by hyphens; other scripts escaped."""
    plain = unicodedata.normalize("NFKD", name).lower()
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return quote("-".join(re.findall(r"[^\W_]+", plain))) or "unnamed"
