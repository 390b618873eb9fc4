"""Requests that are byte for byte like an earlier one, whose answer is kept: they are not read again.

What a head means depends on its bytes and, behind a proxy, on who sends it, on nothing else. So where an
answer came out of memory, the head that asked for it is noted with the head of that answer; the next time
both need no parser. Notes have a bound of their own, an eighth of that of the answers. A body, a connection
that is to be closed, or a second request in the same bytes make a head that is not noted.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from email.utils import formatdate
from functools import lru_cache
from typing import Any, Final, NamedTuple

from kg.query.cache import Cache
from kg.web.caching import Environ, Kept

_OF_EACH_ANSWER: Final = ("date:", "x-kg-query-id:")
_FURTHER: Final = ("CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING", "HTTP_EXPECT", "HTTP_UPGRADE")
_END: Final = b"\r\n\r\n"
BY_SENDER: Final = re.compile(rb"\n(?:x-forwarded-|forwarded|script_name|path_info)", re.IGNORECASE)
"""Header fields that gunicorn believes of some senders and not of others."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """What a request was answered with: ``head`` lacks the fields of each answer and the last line.

    ``key`` is that of the kept answer, or empty where there is no body (``kg.web.caching.Front``);
    ``sender`` is the only address whose requests it answers, or empty.
    """

    head: bytes
    status: int
    path: str
    route: str
    cache: str
    key: str
    sender: str

    def begun(self, query_id: str) -> bytes:
        """The whole head of an answer with this id."""
        date = _date(int(time.time()))
        return self.head + f"Date: {date}\r\nX-KG-Query-Id: {query_id}\r\n\r\n".encode()


class Found(NamedTuple):
    """What a request is answered with, the body, and the text of its query where that was asked just now."""

    noted: Repeat
    body: bytes
    query: str | None = None


class Repeats:
    """The heads that are noted for one release."""

    def __init__(self, cache: Cache, notes: Cache, scope: str) -> None:
        """``cache`` has the answers; ``notes`` are apart: heads that never come again push none out."""
        self._cache = cache
        self._notes = notes
        self._scope = scope

    def find(self, head: bytes, sender: str) -> Found | None:
        """What answers a request, and the body; None if it is to be read."""
        noted: Repeat | None = self._notes.get((self._scope, head))
        if noted is None or noted.sender not in ("", sender):
            return None
        if not noted.key:
            return Found(noted, b"")
        kept: Kept | None = self._cache.get(noted.key)
        return Found(noted, kept.body) if kept else None

    def note(self, head: bytes, environ: Environ, response: Any) -> None:
        """After an answer by gunicorn: ``head`` is all that was read before it, ``response`` gunicorn's."""
        if "kg.kept" not in environ or not alone(head, environ) or response.should_close():
            return
        said = "".join(line for line in response.lines() if not line.lower().startswith(_OF_EACH_ANSWER))
        noted = Repeat(
            said.encode("latin-1"),
            response.status_code,
            environ["PATH_INFO"],
            environ.get("kg.route", "other"),
            environ["kg.cache"],
            environ["kg.kept"],
            environ["REMOTE_ADDR"] if BY_SENDER.search(head) else "",
        )
        self.keep(head, noted)

    def keep(self, head: bytes, noted: Repeat) -> None:
        """From now on answer this head so."""
        self._notes.put((self._scope, head), noted, len(head) + len(noted.head))


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    """The field Date: in one second there are thousands of answers."""
    return formatdate(second, usegmt=True)


def alone(head: bytes, environ: Environ) -> bool:
    """Whether these bytes are one request of HTTP/1.1 without a body."""
    return (
        environ["REQUEST_METHOD"] == "GET"
        and environ["SERVER_PROTOCOL"] == "HTTP/1.1"
        and not any(name in environ for name in _FURTHER)
        and head.endswith(_END)
        and head.count(_END) == 1
    )
