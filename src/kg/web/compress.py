"""br and gzip for bodies above a kilobyte, streamed ones piece by piece (RFC 9110, 8.4.1 and 12.5.3)."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import brotli
from flask import Flask, Response, request
from werkzeug.datastructures import Accept

LEAST: Final = 1024
"""Bytes; below, the header of the coding and the work cost more than they save."""

LEVEL: Final = 4
"""Of zlib."""

QUALITY: Final = 3
"""Of Brotli: a quarter less time than zlib takes at its level, and a sixth fewer bytes."""

WINDOW: Final = 18
"""Its logarithm, of Brotli: 256 KiB, so that each answer under way takes little memory."""

_GZIP: Final = 16 + zlib.MAX_WBITS
"""zlib's way to say that the header is gzip's; it holds no time: the same body gives the same bytes."""

_PACKED: Final = ("image/png", "image/jpeg", "font/woff2", "application/gzip", "application/zip")


def install(app: Flask) -> None:
    """Compress what the client takes compressed. Install it first: the handler that came first runs last."""

    @app.after_request
    def compress(response: Response) -> Response:
        if response.headers.get("Content-Encoding") or response.mimetype in _PACKED:
            return response
        coding = wanted(request.accept_encodings)
        if coding is None or response.status_code in (204, 206, 304):
            return response
        response.direct_passthrough = False
        if response.is_streamed:
            response.response = packed(response.response, coding)  # type: ignore[arg-type]
            response.headers.pop("Content-Length", None)
        elif len(body := response.get_data()) > LEAST or refuses_plain(request.accept_encodings):
            response.set_data(b"".join(packed([body], coding)))
        else:
            return response
        response.headers["Content-Encoding"] = coding
        # Ours is a name of the request's Accept-Encoding too (kg.web.caching), and strong as it is.
        if (tag := response.get_etag()[0]) and request.environ.get("kg.etag") != f'"{tag}"':
            response.set_etag(tag, weak=True)
        return response


def packed(chunks: Iterable[bytes], coding: str) -> Iterator[bytes]:
    """The chunks, compressed. What they raise goes through, and the stream then has no end of its own."""
    work, end = _packer(coding)
    for chunk in chunks:
        if done := work(chunk):
            yield done
    yield end()


def wanted(accepted: Accept) -> str | None:
    """``br`` where it is named, or ``gzip``: the one with the greater weight; None for the plain body.

    A coding must weigh no less than the plain body, where that has a weight of its own.
    """
    named = {name.lower() for name in accepted.values()}
    weights = {
        "br": accepted["br"] if "br" in named else 0,
        "gzip": accepted["gzip"] or accepted["x-gzip"],
    }
    best = max(weights, key=lambda coding: weights[coding])
    least = accepted["identity"] if "identity" in named else 0
    return best if weights[best] > 0 and weights[best] >= least else None


def refuses_plain(accepted: Accept) -> bool:
    """True if a body as it is would not be acceptable: ``identity;q=0``, or ``*;q=0`` without identity."""
    weights = {name.lower(): weight for name, weight in accepted}
    return weights.get("identity", weights.get("*", 1)) == 0


def _packer(coding: str) -> tuple[Callable[[bytes], bytes], Callable[[], bytes]]:
    if coding == "br":
        by_brotli = brotli.Compressor(quality=QUALITY, lgwin=WINDOW)
        return by_brotli.process, by_brotli.finish
    by_zlib = zlib.compressobj(LEVEL, zlib.DEFLATED, _GZIP)
    return by_zlib.compress, by_zlib.flush
