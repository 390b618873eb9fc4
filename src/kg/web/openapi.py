"""/openapi.json: the server's interface for programs (OpenAPI 3.1), made from what the server has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, Response, json, request

from kg import __version__
from kg.formats import RDF_FORMATS, RESULT_FORMATS, Format
from kg.web import names, negotiate, search, words
from kg.web.entities import RDF
from kg.web.errors import PROBLEM
from kg.web.site import Site, site

if TYPE_CHECKING:
    from kg.query.catalog import CannedQuery, Parameter

bp = Blueprint("openapi", __name__)

Members = dict[str, Any]

_ASKING: Final = (*RESULT_FORMATS, *RDF_FORMATS, negotiate.HTML)
_DOCUMENTS: Final = (*RDF, negotiate.HTML)
_JSON: Final = (negotiate.DOCUMENT,)
_EITHER: Final = (negotiate.DOCUMENT, negotiate.HTML)

_STATUSES: Final = {
    "400": "the request is malformed, or a parameter is",
    "403": "an update, or SERVICE to a place that is not allowed",
    "404": "there is nothing of that name",
    "406": "nothing on offer is acceptable",
    "410": "it has been retired",
    "413": "the body is over the limit",
    "414": "the address is over the limit; POST the query",
    "415": "the body has another type, or is compressed",
    "429": "too many queries at once",
    "500": "the server's own fault",
    "504": "the deadline passed",
    "507": "the memory limit was reached",
}
_QUERYING: Final = ("400", "403", "406", "414", "429", "500", "504", "507")
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
    return {
        "openapi": "3.1.0",
        "info": info,
        "servers": [{"url": server.rstrip("/")}],
        "paths": {**_asking(here), **_reading(), **_operating(), **_canned(here.catalog)},
        "components": {"schemas": {"Problem": _PROBLEM}, "responses": _problems()},
    }


_PROBLEM: Final[Members] = {
    "type": "object",
    "description": "RFC 9457",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "line": {"type": "integer", "minimum": 1},
        "column": {"type": "integer", "minimum": 1},
        "parameter": {"type": "string"},
        "hint": {"type": "string"},
    },
}


def _problems() -> Members:
    content = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": text, "content": content} for status, text in _STATUSES.items()}


def _asking(here: Site) -> Members:
    graphs = {"type": "array", "items": {"type": "string", "format": "iri"}}
    dataset = [
        _parameter(name, f"a graph of the {part}; repeatable", graphs)
        for name, part in (("default-graph-uri", "default graph"), ("named-graph-uri", "named graphs"))
    ]
    shared = [*dataset, _format(_ASKING), _timeout(here)]
    asked = {"type": "string", "maxLength": here.settings.max_url}
    query = _parameter("query", "a query; without one the endpoint describes itself", asked)
    form = {"type": "object", "required": ["query"], "properties": {"query": {"type": "string"}}}
    bodies = {
        words.QUERY: {"schema": {"type": "string"}},
        words.FORM: {"schema": form},
    }
    get = _operation("Ask in SPARQL", [query, *shared], _ASKING, _QUERYING)
    post = {
        **_operation("Ask in SPARQL", shared, _ASKING, (*_QUERYING, "413", "415")),
        "requestBody": {"required": True, "content": bodies},
    }
    release = _path_parameter("digest", "the digest of a release, or its first digits", "current")
    graph = [
        _parameter("default", "the default graph", {"type": "string"}, empty=True),
        _parameter("graph", "the IRI of a named graph", {"type": "string", "format": "iri"}),
        _format(RDF_FORMATS),
        _timeout(here),
    ]
    older = {"parameters": [release]}
    missing = ("404",)
    with_404 = {
        name: {**method, "responses": {**method["responses"], **_refusals(missing)}}
        for name, method in (("get", get), ("post", post))
    }
    return {
        "/sparql": {"get": get, "post": post},
        "/releases/{digest}/sparql": {**older, **with_404},
        "/graphs": {"get": _operation("A graph", graph, RDF_FORMATS, ("404", *_QUERYING))},
    }


def _reading() -> Members:
    local = _path_parameter("id", "the id of an entity: class/slug", "person/ilham-aliyev")
    scheme = _path_parameter("scheme", "the name of a concept scheme", "role")
    concept = _path_parameter("concept", "the name of a concept", "host")
    extension = _path_parameter("extension", "the extension of a format", "ttl")
    extension["schema"] = {"enum": [fmt.extension + packed for fmt in RDF_FORMATS for packed in ("", ".gz")]}
    sought = {"type": "string", "minLength": 1, "maxLength": search.LONGEST}
    found = [
        _parameter("q", f"a name; its first {names.MOST_WORDS} words count", sought),
        _parameter("limit", "results", {"type": "integer", "minimum": 1, "maximum": search.MOST}),
        _format(_EITHER),
    ]
    about = {
        "/doc/{id}": ("The document about an entity", [local], _DOCUMENTS, ("404", "406", "410")),
        "/ns": ("The vocabulary", [], _DOCUMENTS, ("406",)),
        "/scheme/{scheme}": ("A concept scheme", [scheme], _DOCUMENTS, ("404", "406")),
        "/scheme/{scheme}/{concept}": ("A concept", [scheme, concept], _DOCUMENTS, ("404", "406")),
        "/dataset": ("The dataset, with its releases", [], _DOCUMENTS, ("406",)),
        "/.well-known/void": ("The VoID description", [], _DOCUMENTS, ("406",)),
        "/export/dataset.{extension}": ("The whole dataset", [extension], RDF_FORMATS, ("404", "406")),
        "/search": ("Things by their names", found, _EITHER, ("400", "406")),
        "/queries": ("The canned queries", [], _EITHER, ("406",)),
        "/context.jsonld": ("The JSON-LD context", [], (), ()),
        "/record.schema.json": ("The JSON Schema of records", [], (), ()),
    }
    moved = {"303": {"description": "its document"}, **_refusals(("404", "410"))}
    identify = {"summary": "An entity", "parameters": [local], "responses": moved}
    return {"/id/{id}": {"get": identify}, **{path: {"get": _operation(*row)} for path, row in about.items()}}


def _operating() -> Members:
    digest = _path_parameter("digest", "the digest of a release, or its first digits", "current")
    rows: dict[str, tuple[str, list[Members]]] = {
        "/releases": ("The releases that are kept", []),
        "/releases/{digest}": ("A release", [digest]),
        "/health": ("The process is alive", []),
        "/ready": ("A release is open", []),
        "/version": ("What runs here", []),
        "/openapi.json": ("This document", []),
    }
    return {
        path: {"get": _operation(summary, parameters, _JSON, ("404", "406") if parameters else ("406",))}
        for path, (summary, parameters) in rows.items()
    }


def _canned(queries: Iterable[CannedQuery]) -> Members:
    return {f"/queries/{query.name}": {"get": _canned_one(query)} for query in queries}


def _canned_one(query: CannedQuery) -> Members:
    own = [_own(parameter) for parameter in query.parameters]
    operation = _operation(
        query.title, [*own, _format((*RESULT_FORMATS, negotiate.HTML))], _ASKING, _QUERYING
    )
    return {**operation, "description": query.question, "tags": [query.audience]}


def _own(parameter: Parameter) -> Members:
    schema = dict(_KINDS.get(parameter.kind, {"type": "string"}))
    if parameter.default is not None:
        number = schema["type"] == "number"
        schema["default"] = float(parameter.default) if number else parameter.default
    made = _parameter(parameter.name, f"{parameter.label} ({parameter.kind})", schema)
    return {**made, "examples": {e: {"value": e} for e in parameter.examples}} if parameter.examples else made


def _operation(
    summary: str, parameters: list[Members], formats: Iterable[Format], refusals: Iterable[str]
) -> Members:
    content: Members = {fmt.media_type: {} for fmt in formats}
    answer: Members = {"description": "the answer", **({"content": content} if content else {})}
    return {"summary": summary, "parameters": parameters, "responses": {"200": answer, **_refusals(refusals)}}


def _refusals(statuses: Iterable[str]) -> Members:
    return {status: {"$ref": f"#/components/responses/{status}"} for status in statuses}


def _parameter(name: str, text: str, schema: Members, empty: bool = False) -> Members:
    made: Members = {"name": name, "in": "query", "description": text, "schema": schema}
    return {**made, "allowEmptyValue": True} if empty else made


def _path_parameter(name: str, text: str, example: str) -> Members:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": text,
        "example": example,
        "schema": {"type": "string"},
    }


def _format(formats: Iterable[Format]) -> Members:
    return _parameter("format", "goes before Accept", {"enum": list(dict.fromkeys(f.name for f in formats))})


def _timeout(here: Site) -> Members:
    limit = {"type": "number", "exclusiveMinimum": 0, "maximum": here.settings.timeout}
    return _parameter("timeout", "seconds; may only lower the server's deadline", limit)
