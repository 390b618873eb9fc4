"""What every answer carries, errors and refusals included."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from flask import Flask, Response, g, request

from kg.settings import Settings
from kg.web import words
from kg.web.site import site

SECURITY: Final[Mapping[str, str]] = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Content-Type-Options": "nosniff",
}
"""The policy has no script source at all: the pages work without."""

_ALLOWED: Final = (
    "Accept, Accept-Language, Authorization, Content-Language, Content-Type, If-None-Match, X-Requested-With"
)
"""Header fields that scripts of other origins may send; some clients add the last."""


def common(settings: Settings, digest: str) -> dict[str, str]:
    """The headers that do not depend on the request."""
    cors = settings.cors
    varying = ["Accept", "Accept-Encoding", *(["Origin"] if cors != "*" else [])]
    varying += ["Authorization"] if settings.token else []
    return {
        **SECURITY,
        "Access-Control-Allow-Origin": cors,
        "Access-Control-Expose-Headers": (
            "X-KG-Release, X-KG-Query-Id, X-KG-Hint, Retry-After, Link, ETag, Accept-Post, Allow, "
            "WWW-Authenticate"
        ),
        "X-KG-Release": digest,
        "Vary": ", ".join(varying),
    }


def install(app: Flask, settings: Settings, digest: str) -> None:
    """Put the common headers on every response, and the preflight's on OPTIONS (Fetch, 3.3)."""
    fixed = common(settings, digest)

    @app.after_request
    def add(response: Response) -> Response:
        response.headers.update({**fixed, "X-KG-Release": site().release.digest})
        if hint := g.get("hint"):
            response.headers["X-KG-Hint"] = hint
        if request.path.rstrip("/").endswith("/sparql"):  # whatever the method (Linked Data Platform, 7.1)
            response.headers["Accept-Post"] = f"{words.QUERY}, {words.FORM}"
        if request.method == "OPTIONS":
            response.headers["Access-Control-Allow-Methods"] = response.headers.get("Allow", "GET")
            response.headers["Access-Control-Allow-Headers"] = _ALLOWED
            response.headers["Access-Control-Max-Age"] = "86400"
        return response
