"""What stops at the door, before any view runs."""

from __future__ import annotations

import re
from typing import Final

from flask import Flask, Response, request
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, RequestURITooLarge

from kg.errors import UnsupportedMedia
from kg.settings import Settings

_HOST: Final = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?")
"""A name or address, and a port. Links are made of it, so nothing else that RFC 3986, 3.2.2, has is taken."""


def install(app: Flask, settings: Settings) -> None:
    """Refuse what is no Host (400), long targets (414) and compressed bodies (415); bound bodies (413)."""
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body

    @app.before_request
    def refuse() -> Response | None:
        target = request.environ.get("RAW_URI") or request.full_path
        if len(target) > settings.max_url:
            raise RequestURITooLarge(too_long(settings.max_url))
        _check_host(request.environ.get("HTTP_HOST"), request.environ.get("SERVER_PROTOCOL") == "HTTP/1.0")
        _check_coding("Content-Encoding", ("", "identity"))
        _check_coding("Transfer-Encoding", ("", "chunked"))
        # Werkzeug cuts a chunked body at the limit without a word: what is as long as that is too long.
        chunked = request.content_length is None and request.environ.get("wsgi.input_terminated")
        if chunked and len(request.get_data(parse_form_data=False)) >= settings.max_body:
            raise RequestEntityTooLarge
        if target == "*" and request.method == "OPTIONS":  # of the server as a whole (RFC 9110, 9.3.7)
            return Response(status=204, headers={"Allow": "GET, HEAD, OPTIONS, POST"})
        return None


def _check_host(host: str | None, old: bool) -> None:
    """RFC 9112, 3.2: a Host is there, unless the client is of HTTP/1.0, and it is one."""
    if not _HOST.fullmatch(host) if host is not None else not old:
        raise BadRequest("The header field Host must name the host, and a port if need be.")


def _check_coding(field: str, plain: tuple[str, ...]) -> None:
    """A body comes as it is: of ``gzip, chunked`` gunicorn would unpack the chunks alone."""
    coding = request.headers.get(field, "").strip().lower()
    if coding not in plain:
        raise UnsupportedMedia(
            f"a body with {field} {coding!r} is not read here", hint="send it uncompressed"
        )


def too_long(limit: int) -> str:
    """The sentence of a 414, which says how to ask the question all the same."""
    return f"The request target is longer than {limit} bytes. POST the query to /sparql instead."
