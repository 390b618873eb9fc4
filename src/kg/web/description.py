"""What the endpoint says of itself (SPARQL 1.1 Service Description)."""

from __future__ import annotations

from typing import Final

import pyoxigraph as ox
from flask import url_for

from kg import vocab
from kg.formats import JSONLD, NTRIPLES, RDF_FORMATS, RDFXML, RESULT_FORMATS, TURTLE, Format, engine_format
from kg.web.site import Site

SD: Final = "http://www.w3.org/ns/sparql-service-description#"
FORMATS: Final = (TURTLE, JSONLD, NTRIPLES, RDFXML)
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


def service_description(fmt: Format, site: Site) -> bytes:
    """The description in this format; without blank nodes, like everything here."""
    endpoint = url_for("sparql.sparql", _external=True)
    service, dataset = ox.NamedNode(endpoint + "#service"), ox.NamedNode(site.links.base)
    links = [
        (vocab.RDF + "type", SD + "Service"),
        (SD + "endpoint", endpoint),
        (SD + "supportedLanguage", SD + "SPARQL11Query"),
        (SD + "feature", SD + "BasicFederatedQuery") if site.settings.service_allow else None,
        (SD + "defaultDataset", site.links.base),
        *(
            (SD + "resultFormat", "http://www.w3.org/ns/formats/" + _W3C[f.name])
            for f in (*RESULT_FORMATS, *RDF_FORMATS)
        ),
    ]
    triples = [ox.Triple(service, ox.NamedNode(p), ox.NamedNode(o)) for p, o in filter(None, links)]
    triples.append(ox.Triple(dataset, ox.NamedNode(vocab.RDF + "type"), ox.NamedNode(SD + "Dataset")))
    title = ox.Literal(str(site.release.manifest["dataset"]["title"]))
    triples.append(ox.Triple(dataset, ox.NamedNode(vocab.DCTERMS + "title"), title))
    written = ox.serialize(triples, format=engine_format(fmt), prefixes=_prefixes(fmt))
    return bytes(written or b"")


def _prefixes(fmt: Format) -> dict[str, str] | None:
    return {"sd": SD, "dcterms": vocab.DCTERMS} if fmt in (TURTLE, RDFXML) else None
