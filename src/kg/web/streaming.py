"""Chunks of bytes -> a response whose status line tells the truth."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from flask import Response, request

from kg.errors import ClientLeft, KgError
from kg.formats import Format
from kg.web.compress import LEAST

if TYPE_CHECKING:
    from kg.web.reader import Reader


def stream(chunks: Iterable[bytes], fmt: Format) -> Response:
    """Answer 200 with these chunks, once the first kilobyte of them exists, or all.

    What ``chunks`` raises before that is raised here, so that the status can still
    say it. What it raises later goes through to the HTTP server, which then cuts the connection
    without the last chunk (RFC 9112, section 8), or by a reset where the client knows no chunks:
    none takes the stump for the whole.
    ``chunks.close()`` is called, where there is one, however the response ends.
    """
    iterator = iter(chunks)
    try:
        head, whole = _head(iterator)
    except BaseException:
        close(chunks)
        raise
    body = head if whole else _rest(head, iterator, _unchunked())
    response = Response(body, content_type=fmt.content_type)
    response.call_on_close(lambda: close(chunks))
    return response


def _head(iterator: Iterator[bytes]) -> tuple[bytes, bool]:
    """The first kilobyte or more, and whether it is all."""
    head = b""
    while len(head) <= LEAST:
        chunk = next(iterator, None)
        if chunk is None:
            return head, True
        head += chunk
    return head, False


def _rest(head: bytes, iterator: Iterator[bytes], unchunked: Reader | None) -> Iterator[bytes]:
    yield head
    try:
        yield from iterator
    except Exception as error:
        if unchunked and not isinstance(error, ClientLeft):
            # gunicorn would end it in good order, and a client of HTTP/1.0 take the stump for the whole.
            unchunked.reset()
        if isinstance(error, KgError) and error.http_status != KgError.http_status:
            # A limit was met, or the client has left: everyday, and no failure of which gunicorn is to
            # write a traceback. The access log says that the answer was cut.
            raise BrokenPipeError(errno.EPIPE, error.message) from error
        raise


def _unchunked() -> Reader | None:
    """The connection of a client that takes no chunks: its end is the end of the body to that client."""
    environ = request.environ
    return environ.get("gunicorn.socket") if environ.get("SERVER_PROTOCOL") == "HTTP/1.0" else None


def collect(chunks: Iterable[bytes], limit: int) -> bytes | None:
    """All chunks as one value, or None (and the rest unread) past ``limit`` bytes."""
    parts: list[bytes] = []
    total = 0
    try:
        for chunk in chunks:
            parts.append(chunk)
            total += len(chunk)
            if total > limit:
                return None
        return b"".join(parts)
    finally:
        close(chunks)


def close(chunks: object) -> None:
    """Call ``chunks.close()`` where there is such a thing."""
    if callable(closing := getattr(chunks, "close", None)):
        closing()
