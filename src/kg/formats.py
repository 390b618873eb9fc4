"""One table of formats: short name, media type, file extension, and pyoxigraph's name for it.

Two families: RDF formats for graphs and datasets, result formats for SELECT and ASK; ``BY_FORM``
says which answers which query.
Importing this module does not import pyoxigraph; ``engine_format`` does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from kg.errors import UsageError


@dataclass(frozen=True, slots=True)
class Format:
    """A concrete syntax.

    ``name`` is what ``--format`` and ``?format=`` take, with ``aliases`` beside it;
    ``engine`` is the attribute of pyoxigraph's RdfFormat or QueryResultsFormat;
    ``quads`` tells whether named graphs can be written in it.
    """

    name: str
    media_type: str
    extension: str
    engine: str
    aliases: tuple[str, ...] = ()
    other_types: tuple[str, ...] = ()
    quads: bool = False
    charset: bool = False

    @property
    def content_type(self) -> str:
        """The value of a Content-Type header; text types name their charset."""
        return f"{self.media_type}; charset=utf-8" if self.charset else self.media_type

    @property
    def media_types(self) -> tuple[str, ...]:
        """Every media type that asks for this format, the official one first."""
        return (self.media_type, *self.other_types)


TURTLE: Final = Format(
    "turtle", "text/turtle", "ttl", "TURTLE", ("ttl", "n3"), ("application/x-turtle", "text/n3"), charset=True
)
NTRIPLES: Final = Format(
    "ntriples", "application/n-triples", "nt", "N_TRIPLES", ("nt", "n-triples"), ("text/plain",)
)
JSONLD: Final = Format(
    "jsonld",
    "application/ld+json",
    "jsonld",
    "JSON_LD",
    ("json-ld", "json"),
    ("application/json",),
    quads=True,
)
RDFXML: Final = Format(
    "rdfxml",
    "application/rdf+xml",
    "rdf",
    "RDF_XML",
    ("rdf", "xml", "rdf-xml", "rdf+xml"),
    ("application/xml", "text/xml"),
)
TRIG: Final = Format("trig", "application/trig", "trig", "TRIG", (), ("application/x-trig",), quads=True)
NQUADS: Final = Format("nquads", "application/n-quads", "nq", "N_QUADS", ("nq", "n-quads"), quads=True)

RDF_FORMATS: Final = (TURTLE, NTRIPLES, JSONLD, RDFXML, TRIG, NQUADS)

JSON: Final = Format(
    "json", "application/sparql-results+json", "json", "JSON", ("srj",), ("application/json",)
)
XML: Final = Format(
    "xml", "application/sparql-results+xml", "xml", "XML", ("srx",), ("application/xml", "text/xml")
)
CSV: Final = Format("csv", "text/csv", "csv", "CSV", charset=True)
TSV: Final = Format("tsv", "text/tab-separated-values", "tsv", "TSV", charset=True)

RESULT_FORMATS: Final = (JSON, XML, CSV, TSV)

BY_FORM: Final[Mapping[str, tuple[Format, ...]]] = {
    "SELECT": RESULT_FORMATS,
    "ASK": RESULT_FORMATS,
    "CONSTRUCT": RDF_FORMATS,
    "DESCRIBE": RDF_FORMATS,
}
"""In what a query of each form can be answered, the default first (SPARQL 1.1 Protocol, section 2.1.6)."""


def named(name: str, among: tuple[Format, ...]) -> Format:
    """The format with this short name, alias, extension or media type.

    Raises UsageError, listing what there is, if none of ``among`` has it.
    """
    wanted = name.strip().lower().replace(" ", "+")  # the plus sign of a media type that nobody encoded
    for candidate in among:
        if wanted in (candidate.name, candidate.extension, *candidate.aliases, *candidate.media_types):
            return candidate
    offered = ", ".join(f.name for f in among)
    raise UsageError(f"there is no format {name!r} here", hint=f"one of: {offered}")


def engine_format(fmt: Format) -> Any:
    """pyoxigraph's RdfFormat or QueryResultsFormat for this format."""
    import pyoxigraph

    family = pyoxigraph.QueryResultsFormat if fmt in RESULT_FORMATS else pyoxigraph.RdfFormat
    return getattr(family, fmt.engine)
