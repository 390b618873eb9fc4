"""gzip for bodies above a kilobyte, streamed ones piece by piece (RFC 9110, 8.4.1.3 and 12.5.3)."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Final

from flask import Flask, Response, request

LEAST: Final = 1024
"""Bytes; below, the header of the coding and the work cost more than they save."""

LEVEL: Final = 4
_GZIP: Final = 16 + zlib.MAX_WBITS
"""zlib's way to say that the header is gzip's; it holds no time: the same body gives the same bytes."""

_PACKED: Final = ("image/png", "image/jpeg", "font/woff2", "application/gzip", "application/zip")


def install(app: Flask) -> None:
    """Compress what the client takes compressed. Install it first: the handler that came first runs last."""

    @app.after_request
    def compress(response: Response) -> Response:
        if not _wanted() or response.headers.get("Content-Encoding") or response.mimetype in _PACKED:
            return response
        if response.status_code in (204, 206, 304):
            return response
        response.direct_passthrough = False
        if response.is_streamed:
            response.response = deflated(response.response)  # type: ignore[arg-type]
            response.headers.pop("Content-Length", None)
        elif len(body := response.get_data()) > LEAST:
            response.set_data(b"".join(deflated([body])))
        else:
            return response
        response.headers["Content-Encoding"] = "gzip"
        # Ours is a name of the request's Accept-Encoding too (kg.web.caching), and strong as it is.
        if (tag := response.get_etag()[0]) and request.environ.get("kg.etag") != f'"{tag}"':
            response.set_etag(tag, weak=True)
        return response


def deflated(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks, compressed. What they raise goes through, and the stream then has no end of its own."""
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, _GZIP)
    for chunk in chunks:
        if packed := packer.compress(chunk):
            yield packed
    yield packer.flush()


def _wanted() -> bool:
    """True if gzip is acceptable, and not less so than the plain body where that has a weight of its own."""
    accepted = request.accept_encodings
    gzip = accepted["gzip"] or accepted["x-gzip"]
    named = {name.lower() for name in accepted.values()}
    return gzip > 0 and ("identity" not in named or gzip >= accepted["identity"])
