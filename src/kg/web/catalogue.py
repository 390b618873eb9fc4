"""/dataset and /.well-known/void: the dataset's own description, and where to get it (DCAT 3, VoID).

The description is part of the release; what depends on the server (addresses, releases that are kept) is
added here.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any, Final

import pyoxigraph as ox
from flask import Blueprint, Response, render_template, url_for

from kg import vocab
from kg.formats import RDF_FORMATS
from kg.web import caching, negotiate
from kg.web.description import format_iri
from kg.web.document import document
from kg.web.entities import document_format
from kg.web.releases import about, kept
from kg.web.site import site

bp = Blueprint("catalogue", __name__)

_IANA: Final = "https://www.iana.org/assignments/media-types/"


@bp.get("/dataset")
def dataset() -> Response | str:
    """The dataset: a page, or DCAT and VoID with the releases that are kept."""
    caching.volatile()  # the releases that are kept come and go
    rows = [about(digest) for digest in kept()]
    fmt = document_format()
    if fmt is negotiate.HTML:
        return render_template("dataset.html", rows=rows, formats=RDF_FORMATS)
    triples = chain(_described(), _access(), _distributions(), _versions(rows))
    return Response(document(_terms(triples), fmt), content_type=fmt.content_type)


@bp.get("/.well-known/void")
def void() -> Response | str:
    """The VoID description, at the address that VoID reserves for it (section 7.2)."""
    fmt = document_format()
    if fmt is negotiate.HTML:
        return dataset()
    triples = chain(_described(), _access())
    return Response(document(_terms(triples), fmt), content_type=fmt.content_type)


def _terms(rows: Iterator[tuple[str, str, Any]]) -> list[Any]:
    """Rows of IRIs as triples; a third part that is no text is a term already. Each stands once."""
    triples = (
        ox.Triple(ox.NamedNode(s), ox.NamedNode(p), ox.NamedNode(o) if isinstance(o, str) else o)
        for s, p, o in rows
    )
    return list(dict.fromkeys(triples))


def _described() -> Iterator[tuple[str, str, Any]]:
    """What the release says of itself, and in any case that it is a dataset."""
    here = site()
    node = here.links.base + "dataset"
    yield node, vocab.RDF + "type", vocab.VOID + "Dataset"
    yield node, vocab.RDF + "type", vocab.DCAT + "Dataset"
    graph = ox.NamedNode(here.links.base + "graph/description")
    found = [
        (q.subject.value, q.predicate.value, q.object)
        for q in here.lookups.store.quads_for_pattern(None, None, None, graph)
    ]
    yield from found
    if not found:
        yield node, vocab.DCTERMS + "title", ox.Literal(str(here.release.manifest["dataset"]["title"]))


def _access() -> Iterator[tuple[str, str, Any]]:
    node, endpoint = site().links.base + "dataset", url_for("sparql.sparql", _external=True)
    page = url_for("catalogue.void", _external=True)
    yield page, vocab.RDF + "type", vocab.VOID + "DatasetDescription"
    yield page, vocab.FOAF + "primaryTopic", node
    yield node, vocab.VOID + "sparqlEndpoint", endpoint
    for fmt in RDF_FORMATS:
        yield node, vocab.VOID + "dataDump", _dump(fmt.extension)
        yield node, vocab.VOID + "feature", format_iri(fmt)


def _distributions() -> Iterator[tuple[str, str, Any]]:
    node, service = site().links.base + "dataset", url_for("sparql.sparql", _external=True) + "#service"
    yield service, vocab.RDF + "type", vocab.DCAT + "DataService"
    yield service, vocab.DCAT + "servesDataset", node
    yield service, vocab.DCAT + "endpointURL", url_for("sparql.sparql", _external=True)
    yield service, vocab.DCAT + "endpointDescription", url_for("sparql.sparql", _external=True)
    for fmt in RDF_FORMATS:
        dump = _dump(fmt.extension)
        yield node, vocab.DCAT + "distribution", dump
        yield dump, vocab.RDF + "type", vocab.DCAT + "Distribution"
        yield dump, vocab.DCAT + "downloadURL", dump
        yield dump, vocab.DCAT + "mediaType", _IANA + fmt.media_type
        yield dump, vocab.DCAT + "accessService", service


def _versions(rows: list[dict[str, Any]]) -> Iterator[tuple[str, str, Any]]:
    """The releases as versions of the dataset (DCAT 3, section 11.1)."""
    node = site().links.base + "dataset"
    for row in rows:
        version = url_for("releases.one", name=row["digest"], _external=True)
        yield node, vocab.DCAT + "hasVersion", version
        if row["current"]:
            yield node, vocab.DCAT + "hasCurrentVersion", version
        yield version, vocab.RDF + "type", vocab.DCAT + "Dataset"
        yield version, vocab.DCAT + "isVersionOf", node
        yield version, vocab.DCTERMS + "identifier", ox.Literal(row["digest"])
        yield version, vocab.VOID + "sparqlEndpoint", row["sparql"]
        if row["version"]:
            yield version, vocab.DCAT + "version", ox.Literal(row["version"])
        if row["built"]:
            moment = ox.Literal(row["built"], datatype=ox.NamedNode(vocab.XSD + "dateTime"))
            yield version, vocab.DCTERMS + "issued", moment


def _dump(extension: str) -> str:
    return url_for("export.dataset", extension=extension, _external=True)
