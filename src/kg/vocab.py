"""Namespaces, prefixes and the shapes of IRIs. Facts only; no I/O.

Sources: the ontology's own namespace policy (docs/iris.md) and the vocabularies' published
namespace documents.
"""

from __future__ import annotations

import re
from typing import Final

PAC: Final = "https://w3id.org/pac/ns#"
ONTOLOGY: Final = "https://w3id.org/pac/ns"
SCHEME: Final = "https://w3id.org/pac/scheme/"
SHAPES: Final = "https://w3id.org/pac/shapes#"
CONTEXT: Final = "https://w3id.org/pac/context.jsonld"

RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS: Final = "http://www.w3.org/2000/01/rdf-schema#"
OWL: Final = "http://www.w3.org/2002/07/owl#"
XSD: Final = "http://www.w3.org/2001/XMLSchema#"
SKOS: Final = "http://www.w3.org/2004/02/skos/core#"
FOAF: Final = "http://xmlns.com/foaf/0.1/"
ORG: Final = "http://www.w3.org/ns/org#"
PROV: Final = "http://www.w3.org/ns/prov#"
OA: Final = "http://www.w3.org/ns/oa#"
DCTERMS: Final = "http://purl.org/dc/terms/"
SCHEMA: Final = "https://schema.org/"
SH: Final = "http://www.w3.org/ns/shacl#"
VOID: Final = "http://rdfs.org/ns/void#"
ADMS: Final = "http://www.w3.org/ns/adms#"
DCAT: Final = "http://www.w3.org/ns/dcat#"
WD: Final = "http://www.wikidata.org/entity/"

PREFIXES: Final[dict[str, str]] = {
    "dcat": DCAT,
    "dcterms": DCTERMS,
    "foaf": FOAF,
    "oa": OA,
    "org": ORG,
    "owl": OWL,
    "pac": PAC,
    "prov": PROV,
    "rdf": RDF,
    "rdfs": RDFS,
    "schema": SCHEMA,
    "sh": SH,
    "skos": SKOS,
    "void": VOID,
    "wd": WD,
    "xsd": XSD,
}
"""Prefixes that ``kg query``, the forms and every export know. ``/sparql`` adds none."""

SLUG: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
"""One part of a name in an IRI; parts are joined by dots: ``president-reception.thanks``."""

LOCAL_ID: Final = re.compile(rf"(?P<kind>{SLUG.pattern})/(?P<name>{SLUG.pattern}(?:\.{SLUG.pattern})*)")
"""A record's id within its dataset: ``person/ada-lovelace``; its IRI is ``<base>id/`` + id."""


def expand_curie(curie: str) -> str:
    """``pac:Event`` -> the IRI. Raises KeyError for a prefix that is not in ``PREFIXES``."""
    prefix, _, local = curie.partition(":")
    return PREFIXES[prefix] + local


def shorten(iri: str) -> str:
    """The IRI with one of ``PREFIXES`` where one fits, else unchanged."""
    for prefix, namespace in PREFIXES.items():
        if iri.startswith(namespace) and re.fullmatch(r"[\w-]+", iri[len(namespace) :]):
            return f"{prefix}:{iri[len(namespace) :]}"
    return iri
