"""What stops at the door, before any view runs."""

from __future__ import annotations

from flask import Flask, request
from werkzeug.exceptions import RequestEntityTooLarge, RequestURITooLarge

from kg.errors import UnsupportedMedia
from kg.settings import Settings


def install(app: Flask, settings: Settings) -> None:
    """Refuse over-long targets (414) and compressed bodies (415); bound bodies (413)."""
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body

    @app.before_request
    def refuse() -> None:
        target = request.environ.get("RAW_URI") or request.full_path
        if len(target) > settings.max_url:
            raise RequestURITooLarge(too_long(settings.max_url))
        encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
        if encoding not in ("", "identity"):
            raise UnsupportedMedia(
                f"a body with Content-Encoding {encoding!r} is not read here", hint="send it uncompressed"
            )
        # Werkzeug cuts a chunked body at the limit without a word: what is as long as that is too long.
        chunked = request.content_length is None and request.environ.get("wsgi.input_terminated")
        if chunked and len(request.get_data(parse_form_data=False)) >= settings.max_body:
            raise RequestEntityTooLarge


def too_long(limit: int) -> str:
    """The sentence of a 414, which says how to ask the question all the same."""
    return f"The request target is longer than {limit} bytes. POST the query to /sparql instead."
