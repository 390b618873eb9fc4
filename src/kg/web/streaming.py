"""Chunks of bytes -> a response whose status line tells the truth."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator

from flask import Response

from kg.errors import ClientLeft
from kg.formats import Format
from kg.web.compress import LEAST


def stream(chunks: Iterable[bytes], fmt: Format) -> Response:
    """Answer 200 with these chunks, once the first kilobyte of them exists, or all.

    What ``chunks`` raises before that is raised here, so that the status can still
    say it. What it raises later goes through to the HTTP server, which then cuts the connection
    without the last chunk (RFC 9112, section 8): no client takes the stump for the whole.
    ``chunks.close()`` is called, where there is one, however the response ends.
    """
    iterator = iter(chunks)
    try:
        head, whole = _head(iterator)
    except BaseException:
        close(chunks)
        raise
    body = head if whole else _rest(head, iterator)
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


def _rest(head: bytes, iterator: Iterator[bytes]) -> Iterator[bytes]:
    yield head
    try:
        yield from iterator
    except ClientLeft as error:  # to gunicorn this is everyday, and no failure to log
        raise BrokenPipeError(errno.EPIPE, error.message) from error


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
