"""What stops at the door, before any view runs."""

from __future__ import annotations

import re
from typing import Final

from flask import Flask, request
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, RequestURITooLarge

from kg.errors import UnsupportedMedia
from kg.settings import Settings

_CODINGS: Final = {"Content-Encoding": "identity", "Transfer-Encoding": "chunked"}
"""What a body may be wrapped in: gunicorn takes ``gzip, chunked`` and unpacks the chunks alone."""

_HOST: Final = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
"""Names (also those with ``_``, which containers have), addresses; with a port."""


def install(app: Flask, settings: Settings) -> None:
    """Refuse over-long targets (414), compressed bodies (415) and requests to no host; bound bodies (413)."""
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body

    @app.before_request
    def refuse() -> None:
        target = request.environ.get("RAW_URI") or request.full_path
        if len(target) > settings.max_url:
            raise RequestURITooLarge(too_long(settings.max_url))
        host = request.environ.get("HTTP_HOST")
        if not _HOST.fullmatch(host) if host is not None else _must_name_host():
            raise BadRequest("The request names no host that could be one (RFC 9112, 3.2).")
        for header, plain in _CODINGS.items():
            coding = request.headers.get(header, plain).strip().lower()
            if coding not in ("", plain):
                message = f"a body with {header} {coding!r} is not read here"
                raise UnsupportedMedia(message, hint="send it uncompressed")
        # Werkzeug cuts a chunked body at the limit without a word: what is as long as that is too long.
        chunked = request.content_length is None and request.environ.get("wsgi.input_terminated")
        if chunked and len(request.get_data(parse_form_data=False)) >= settings.max_body:
            raise RequestEntityTooLarge


def _must_name_host() -> bool:
    return bool(request.environ["SERVER_PROTOCOL"] == "HTTP/1.1")


def too_long(limit: int) -> str:
    """The sentence of a 414, which says how to ask the question all the same."""
    return f"The request target is longer than {limit} bytes. POST the query to /sparql instead."
