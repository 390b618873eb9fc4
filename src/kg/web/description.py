"""What the endpoint says of itself (SPARQL 1.1 Service Description), its limits included.

Like everything here it has no blank nodes. The limits are ``schema:PropertyValue``, because no
vocabulary for endpoints has terms for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

import pyoxigraph as ox

from kg import vocab
from kg.formats import RDF_FORMATS, RESULT_FORMATS, Format
from kg.settings import Settings
from kg.web.document import document
from kg.web.lookups import Lookups
from kg.web.site import Site

SD: Final = "http://www.w3.org/ns/sparql-service-description#"
MOST_GRAPHS: Final = 2_000
"""A store with more named graphs does not have them listed; ``SELECT DISTINCT ?g`` does."""

_FORMATS: Final = "http://www.w3.org/ns/formats/"
_W3C: Final = {
    "turtle": "Turtle",
    "ntriples": "N-Triples",
    "jsonld": "JSON-LD",
    "rdfxml": "RDF_XML",
    "trig": "TriG",
    "nquads": "N-Quads",
    "json": "SPARQL_Results_JSON",
    "xml": "SPARQL_Results_XML",
    "csv": "SPARQL_Results_CSV",
    "tsv": "SPARQL_Results_TSV",
}
"""Names of https://www.w3.org/ns/formats/."""

_UNITS: Final = {
    "timeout": "seconds",
    "stall": "seconds that a reader may be behind 64 KiB/s",
    "receive": "seconds for a request to arrive, and one more for each 16 KiB",
    "memory": "MiB",
    "executors": "queries at once",
    "max_rows": "rows of one answer",
    "max_body": "bytes",
    "max_url": "bytes",
}
"""The settings that are limits, each with its unit."""


def service_description(fmt: Format, site: Site, endpoint: str) -> bytes:
    """The description of the endpoint at this address, in this format."""
    return document(_triples(site, endpoint), fmt)


def format_iri(fmt: Format) -> str:
    """W3C's IRI for a format."""
    return _FORMATS + _W3C[fmt.name]


def _triples(site: Site, endpoint: str) -> Iterator[Any]:
    return (
        ox.Triple(_node(s), _node(p), o if isinstance(o, ox.Literal) else _node(o))
        for s, p, o in (
            *_service(site, endpoint),
            *_dataset(site, endpoint + "#dataset", endpoint),
            *_limits(site.settings, endpoint + "#service", endpoint),
        )
    )


def _node(iri: str) -> Any:
    return ox.NamedNode(iri)


def _service(site: Site, endpoint: str) -> Iterator[tuple[str, str, Any]]:
    service = endpoint + "#service"
    yield service, vocab.RDF + "type", SD + "Service"
    yield service, SD + "endpoint", endpoint
    yield service, SD + "supportedLanguage", SD + "SPARQL11Query"
    for fmt in (*RESULT_FORMATS, *RDF_FORMATS):
        yield service, SD + "resultFormat", format_iri(fmt)
    if not site.release.strict:
        yield service, SD + "feature", SD + "UnionDefaultGraph"
    if site.settings.service_allow:
        yield service, SD + "feature", SD + "BasicFederatedQuery"
    yield service, SD + "defaultEntailmentRegime", "http://www.w3.org/ns/entailment/Simple"
    yield service, SD + "defaultDataset", endpoint + "#dataset"
    yield service, SD + "availableGraphs", endpoint + "#dataset"


def _dataset(site: Site, dataset: str, endpoint: str) -> Iterator[tuple[str, str, Any]]:
    default = endpoint + "#default-graph"
    yield dataset, vocab.RDF + "type", SD + "Dataset"
    yield dataset, vocab.RDF + "type", SD + "GraphCollection"
    yield dataset, vocab.DCTERMS + "title", ox.Literal(str(site.release.manifest["dataset"]["title"]))
    yield dataset, vocab.DCTERMS + "identifier", ox.Literal(site.release.digest)
    yield dataset, vocab.RDFS + "seeAlso", site.links.base + "dataset"
    yield dataset, SD + "defaultGraph", default
    names = {f"{endpoint}#graph-{n}": name for n, name in enumerate(_graph_names(site.lookups), 1)}
    for graph in names:
        yield dataset, SD + "namedGraph", graph
    yield default, vocab.RDF + "type", SD + "Graph"
    totals = site.release.manifest.get("counts", {}).get("totals", {})
    if "triples" in totals:
        yield default, vocab.VOID + "triples", ox.Literal(totals["triples"])
    for graph, name in names.items():
        yield graph, vocab.RDF + "type", SD + "NamedGraph"
        yield graph, SD + "name", name


@lru_cache(maxsize=4)
def _graph_names(lookups: Lookups) -> list[str]:
    """The IRIs of the named graphs, sorted; none if there are too many to list."""
    names: list[str] = []
    for graph in lookups.store.named_graphs():
        if isinstance(graph, ox.NamedNode):
            names.append(graph.value)
        if len(names) > MOST_GRAPHS:
            return []
    return sorted(names)


def _limits(settings: Settings, service: str, endpoint: str) -> Iterator[tuple[str, str, Any]]:
    for name, unit in _UNITS.items():
        limit = f"{endpoint}#limit-{name.replace('_', '-')}"
        yield service, vocab.SCHEMA + "additionalProperty", limit
        yield limit, vocab.RDF + "type", vocab.SCHEMA + "PropertyValue"
        yield limit, vocab.SCHEMA + "name", ox.Literal(name)
        yield limit, vocab.SCHEMA + "maxValue", ox.Literal(getattr(settings, name))
        yield limit, vocab.SCHEMA + "unitText", ox.Literal(unit)
