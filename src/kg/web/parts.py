"""What /openapi.json is put together from: operations, parameters, refusals (OpenAPI 3.1, 4.8)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from kg.formats import Format
from kg.web.plain import PROBLEM

Members = dict[str, Any]

_STATUSES: Final = {
    "400": "the request is malformed, or a parameter is",
    "401": "the token is missing, or is another",
    "403": "an update, or SERVICE to a place that is not allowed",
    "404": "there is nothing of that name",
    "406": "nothing on offer is acceptable",
    "408": "the request did not arrive in time",
    "410": "it has been retired",
    "412": "the answer has another ETag than If-Match asks for",
    "413": "the body is over the limit",
    "414": "the address is over the limit; POST the query",
    "415": "the body has another type, or is compressed",
    "429": "too many queries at once",
    "431": "the header fields are over the limit",
    "500": "the server's own fault",
    "503": "the release is damaged",
    "504": "the deadline passed",
    "507": "the memory limit was reached",
}
_AT_THE_DOOR: Final = ("400", "408", "413", "414", "415", "431")
"""What any request may meet, whatever it asks for: it cannot be read, or is too long."""

SCHEMA: Final[Members] = {
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
        "excerpt": {"type": "string"},
        "hint": {"type": "string"},
        "query_id": {"type": "string"},
    },
}


def problems() -> Members:
    """A response component for each status."""
    content = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    refused = {status: {"description": text, "content": content} for status, text in _STATUSES.items()}
    return {"304": {"description": "you have the answer already: its ETag is the same"}, **refused}


def operation(
    summary: str, parameters: list[Members], formats: Iterable[Format], statuses: Iterable[str]
) -> Members:
    """A GET or POST: what it takes, in which formats it answers, with which statuses it refuses."""
    content: Members = {fmt.media_type: {} for fmt in formats}
    answer: Members = {"description": "the answer", **({"content": content} if content else {})}
    return {"summary": summary, "parameters": parameters, "responses": {"200": answer, **refusals(statuses)}}


def conditional(item: Members) -> Members:
    """The operations of a path whose GET answers to If-None-Match and If-Match too."""
    get = item["get"]
    return {**item, "get": {**get, "responses": {**get["responses"], **_references(("304", "412"))}}}


def guarded(document: Members, open_path: str) -> Members:
    """The document of a service that asks for a token everywhere but at one path (OpenAPI 3.1, 4.8.27)."""
    paths = {path: _guarded(item) if path != open_path else item for path, item in document["paths"].items()}
    components = {
        **document["components"],
        "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
    }
    return {**document, "paths": paths, "components": components}


def _guarded(item: Members) -> Members:
    def asked(operation: Members) -> Members:
        responses = {**operation["responses"], **refusals(["401"])}
        return {**operation, "responses": responses, "security": [{"token": []}]}

    return {key: asked(part) if key in ("get", "post") else part for key, part in item.items()}


def refusals(statuses: Iterable[str]) -> Members:
    """References to the response components of these statuses, and of those that every path has."""
    return _references({*statuses, *_AT_THE_DOOR})


def _references(statuses: Iterable[str]) -> Members:
    return {status: {"$ref": f"#/components/responses/{status}"} for status in sorted(statuses)}


def parameter(name: str, text: str, schema: Members, empty: bool = False) -> Members:
    """A parameter of the URL; ``empty``: it needs no value."""
    made: Members = {"name": name, "in": "query", "description": text, "schema": schema}
    return {**made, "allowEmptyValue": True} if empty else made


def path_parameter(name: str, text: str, example: str) -> Members:
    """A part of the path."""
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": text,
        "example": example,
        "schema": {"type": "string"},
    }


def format(formats: Iterable[Format]) -> Members:
    """The parameter that names one of these formats."""
    return parameter("format", "goes before Accept", {"enum": list(dict.fromkeys(f.name for f in formats))})


def timeout(most: float) -> Members:
    """The parameter that lowers the deadline."""
    limit = {"type": "number", "exclusiveMinimum": 0, "maximum": most}
    return parameter("timeout", "seconds; may only lower the server's deadline", limit)
