"""/openapi.json: the server's interface for programs (OpenAPI 3.1), made from what the server has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, json, request

from kg import __version__
from kg.formats import RDF_FORMATS, RESULT_FORMATS, Format
from kg.web import guard, names, negotiate, parts, search, words
from kg.web.entities import RDF
from kg.web.parts import Members
from kg.web.site import Site, site

if TYPE_CHECKING:
    from kg.query.catalog import CannedQuery, Parameter

bp = Blueprint("openapi", __name__)

_ASKING: Final = (*RESULT_FORMATS, *RDF_FORMATS, negotiate.HTML)
_DOCUMENTS: Final = (*RDF, negotiate.HTML)
_JSON: Final = (negotiate.DOCUMENT,)
_PLAIN: Final = (Format("text", "text/plain", "txt", ""),)
_DUMPS: Final = (*RDF_FORMATS, Format("gzip", "application/gzip", "gz", ""))
_EITHER: Final = (negotiate.DOCUMENT, negotiate.HTML)

_QUERYING: Final = ("403", "406", "429", "500", "503", "504", "507")
_KINDS: Final[Mapping[str, Members]] = {
    "date": {"type": "string", "format": "date"},
    "number": {"type": "number"},
    "year": {"type": "string", "pattern": "^[0-9]{4}$"},
}
"""JSON Schema of the kinds of parameters that are not just text (``kg.query.values``)."""


@bp.get("/openapi.json")
def openapi() -> Response:
    """The document. It changes with the release, because canned queries and limits do."""
    negotiate.choose(_JSON, request.headers.get("Accept"))
    text = json.dumps(document(site(), request.host_url), ensure_ascii=False, indent=1)
    return Response(text + "\n", content_type="application/json")


def document(here: Site, server: str) -> Members:
    """The whole of it, for a server at this address."""
    dataset = here.release.manifest["dataset"]
    info = {"title": dataset["title"], "version": __version__}
    if dataset.get("description"):
        info["description"] = dataset["description"]
    lasting = {**_asking(here), **_reading(), **_canned(here.catalog)}
    made = {
        "openapi": "3.1.0",
        "info": info,
        "servers": [{"url": server.rstrip("/")}],
        "paths": {**{path: parts.conditional(item) for path, item in lasting.items()}, **_operating()},
        "components": {"schemas": {"Problem": parts.SCHEMA}, "responses": parts.problems()},
    }
    return parts.guarded(made, guard.OPEN) if here.settings.token else made


def _asking(here: Site) -> Members:
    release = parts.path_parameter("digest", "the digest of a release, or its first digits", "current")
    return {
        "/sparql": _sparql(here, _QUERYING),
        "/releases/{digest}/sparql": {"parameters": [release], **_sparql(here, (*_QUERYING, "404"))},
        "/graphs": {"get": _graphs(here)},
    }


def _sparql(here: Site, refusals: tuple[str, ...]) -> Members:
    """The two ways to ask; a POST has its query in the body, its dataset in the URL or the form."""
    text = {"type": "string"}
    graphs = {"type": "array", "items": {"type": "string", "format": "iri"}}
    shared = [
        parts.parameter("default-graph-uri", "a graph of the default graph; repeatable", graphs),
        parts.parameter("named-graph-uri", "a named graph; repeatable", graphs),
        parts.parameter("version", "of SPARQL; any is taken, but one only", text),
        parts.format(_ASKING),
        parts.timeout(here.settings.timeout),
    ]
    query = parts.parameter("query", "a query; without one the endpoint describes itself", text)
    form = {"type": "object", "required": ["query"], "properties": {"query": text}}
    bodies = {words.QUERY: {"schema": text}, words.FORM: {"schema": form}}
    return {
        "get": parts.operation("Ask in SPARQL", [query, *shared], _ASKING, refusals),
        "post": {
            **parts.operation("Ask in SPARQL", shared, _ASKING, refusals),
            "requestBody": {"required": True, "content": bodies},
        },
    }


def _graphs(here: Site) -> Members:
    parameters = [
        parts.parameter("default", "the default graph", {"type": "string"}, empty=True),
        parts.parameter("graph", "the IRI of a named graph", {"type": "string", "format": "iri"}),
        parts.format(RDF_FORMATS),
        parts.timeout(here.settings.timeout),
    ]
    return parts.operation("A graph", parameters, RDF_FORMATS, ("404", *_QUERYING))


def _reading() -> Members:
    local = parts.path_parameter("id", "the id of an entity: class/slug", "person/ilham-aliyev")
    scheme = parts.path_parameter("scheme", "the name of a concept scheme", "role")
    concept = parts.path_parameter("concept", "the name of a concept", "host")
    extension = parts.path_parameter("extension", "the extension of a format", "ttl")
    extension["schema"] = {"enum": [fmt.extension + packed for fmt in RDF_FORMATS for packed in ("", ".gz")]}
    sought = {"type": "string", "minLength": 1, "maxLength": search.LONGEST}
    found = [
        parts.parameter("q", f"a name; its first {names.MOST_WORDS} words count", sought),
        parts.parameter("limit", "results", {"type": "integer", "minimum": 1, "maximum": search.MOST}),
        parts.format(_EITHER),
    ]
    about = {
        "/doc/{id}": ("The document about an entity", [local], _DOCUMENTS, ("404", "406", "410")),
        "/ns": ("The vocabulary", [], _DOCUMENTS, ("406",)),
        "/scheme/{scheme}": ("A concept scheme", [scheme], _DOCUMENTS, ("404", "406")),
        "/scheme/{scheme}/{concept}": ("A concept", [scheme, concept], _DOCUMENTS, ("404", "406")),
        "/dataset": ("The dataset, with its releases", [], _DOCUMENTS, ("406",)),
        "/.well-known/void": ("The VoID description", [], _DOCUMENTS, ("406",)),
        "/export/dataset.{extension}": ("The whole dataset", [extension], _DUMPS, ("404", "406")),
        "/search": ("Things by their names", found, _EITHER, ("406",)),
        "/queries": ("The canned queries", [], _EITHER, ("406",)),
        "/openapi.json": ("This document", [], _JSON, ("406",)),
        "/context.jsonld": ("The JSON-LD context", [], (), ()),
        "/record.schema.json": ("The JSON Schema of records", [], (), ()),
    }
    moved = {"303": {"description": "its document"}, **parts.refusals(("404", "410"))}
    identify = {"summary": "An entity", "parameters": [local], "responses": moved}
    return {
        "/id/{id}": {"get": identify},
        **{path: {"get": parts.operation(*row)} for path, row in about.items()},
    }


def _operating() -> Members:
    digest = parts.path_parameter("digest", "the digest of a release, or its first digits", "current")
    rows: dict[str, tuple[str, list[Members]]] = {
        "/releases": ("The releases that are kept", []),
        "/releases/{digest}": ("A release", [digest]),
        "/health": ("The process is alive", []),
        "/ready": ("A release is open", []),
        "/version": ("What runs here", []),
    }
    return {
        path: {"get": parts.operation(summary, parameters, _JSON, ("404", "406") if parameters else ("406",))}
        for path, (summary, parameters) in rows.items()
    } | {"/metrics": {"get": parts.operation("Numbers for Prometheus", [], _PLAIN, ())}}


def _canned(queries: Iterable[CannedQuery]) -> Members:
    return {f"/queries/{query.name}": {"get": _canned_one(query)} for query in queries}


def _canned_one(query: CannedQuery) -> Members:
    own = [_own(parameter) for parameter in query.parameters]
    operation = parts.operation(
        query.title, [*own, parts.format((*RESULT_FORMATS, negotiate.HTML))], _ASKING, _QUERYING
    )
    return {**operation, "description": query.question, "tags": [query.audience]}


def _own(parameter: Parameter) -> Members:
    schema = dict(_KINDS.get(parameter.kind, {"type": "string"}))
    if parameter.default is not None:
        number = schema["type"] == "number"
        schema["default"] = float(parameter.default) if number else parameter.default
    made = parts.parameter(parameter.name, f"{parameter.label} ({parameter.kind})", schema)
    return {**made, "examples": {e: {"value": e} for e in parameter.examples}} if parameter.examples else made
