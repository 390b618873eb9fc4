"""/graphs: the read side of the SPARQL 1.1 Graph Store HTTP Protocol, graphs named indirectly (4.2)."""

from __future__ import annotations

from typing import Final

import pyoxigraph as ox
from flask import Blueprint, Response, request

from kg.errors import NotFound, ParameterError, UsageError
from kg.formats import RDF_FORMATS, named
from kg.query.request import parse
from kg.web import negotiate, running, words
from kg.web.site import site

bp = Blueprint("graphs", __name__)

_WHOLE: Final = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"


@bp.get("/graphs")
def graph() -> Response:
    """The default graph or a named one. Writing is no method of this path: 405."""
    pairs = words.in_url()
    iri = _asked(pairs)
    asked = words.first(pairs, "format")
    fmt = named(asked, RDF_FORMATS) if asked else negotiate.choose(RDF_FORMATS, request.headers.get("Accept"))
    timeout = words.seconds(words.first(pairs, "timeout"), site().settings.timeout)
    query = parse(_WHOLE, default_graphs=(iri,) if iri else ())
    return running.respond(query, fmt, timeout)


def _asked(pairs: list[tuple[str, str]]) -> str | None:
    """The IRI of the graph asked for, None for the default graph. Raises UsageError and NotFound."""
    iris, default = words.values(pairs, "graph"), words.values(pairs, "default")
    if len(iris) + bool(default) != 1:
        raise UsageError(
            "a graph is asked for by ?default or by one ?graph=<its IRI>",
            hint="the description at /sparql lists the named graphs",
        )
    if default:
        return None
    try:
        node = ox.NamedNode(iris[0])
    except ValueError as error:
        raise ParameterError("graph", f"{iris[0]!r} is no absolute IRI: {error}") from error
    if not site().lookups.store.contains_named_graph(node):
        raise NotFound(f"there is no graph <{iris[0]}>", hint="the description at /sparql lists them")
    return node.value
