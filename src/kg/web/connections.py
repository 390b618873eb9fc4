"""The connections of a web process: how long each may keep it waiting, and which go when there are too many.

A request has ``receive`` seconds to arrive, from its first byte to the last one of its body, and one more for
each 16 KiB that has come; a connection with no request on the way has ``KEEP`` seconds. Whoever is later is
cut off with 408. Past ``most`` connections those that have been waited for longest are cut off first, late or
not: whoever sends a request in one piece is never among them. So slow senders, as many as they are, take the
places of one another only, and no client's address need be known: behind a proxy all have the same.
"""

from __future__ import annotations

import contextlib
import select
import socket
import time
from heapq import nsmallest
from typing import TYPE_CHECKING, Any, Final

from kg.errors import RequestTooSlow

if TYPE_CHECKING:
    from kg.web.metrics import Metrics

KEEP: Final = 2.0
"""Seconds that a connection is kept between two requests."""

RATE: Final = 16_384
"""Bytes a second; who sends at least these has all the time that his request takes."""

LOOK: Final = 0.5
"""Seconds between two looks at who is late."""

PIECE: Final = 8_192
"""Bytes that are read at once of what may be a request."""

_TENTH: Final = 10


class Connections:
    """All that are open, and those that are waited for. One greenlet watches; none has a timer of its own."""

    def __init__(self, most: int, receive: float, metrics: Metrics) -> None:
        self.receive = receive
        self._most = most
        self._metrics = metrics
        self.waiting: set[Connection] = set()

    def enter(self, client: socket.socket) -> Connection:
        """One more; where there are too many, a tenth makes room."""
        self._metrics.connections += 1
        if self._metrics.connections > self._most:
            for connection in nsmallest(self._most // _TENTH, self.waiting, key=lambda one: one.since):
                self._cut(connection, "crowded")
        return Connection(self, client)

    def leave(self) -> None:
        """One less."""
        self._metrics.connections -= 1

    def watch(self) -> None:
        """Cut off, for ever, who is late."""
        while True:
            time.sleep(LOOK)
            now = time.monotonic()
            for connection in [one for one in self.waiting if one.until < now and not one.speaks()]:
                self._cut(connection, "slow" if connection.begun else "idle")

    def _cut(self, connection: Connection, reason: str) -> None:
        self.waiting.discard(connection)
        self._metrics.cut_off[reason] += 1
        connection.cut()


class Connection:
    """One of them, for gunicorn's parser to read from in the place of its socket."""

    request: Any = None
    """gunicorn's request that is being answered, or None."""

    def __init__(self, all: Connections, client: socket.socket) -> None:
        self._all = all
        self._client = client
        self._late = False
        self.begun = False
        """A request is on the way."""
        self.head = False
        """It is one for the head of an answer alone, as far as can be told."""
        self.since = time.monotonic()
        self.until = self.since + all.receive

    def first(self) -> bytes:
        """The first bytes of a request; none if there is no other."""
        begun = self._read(PIECE)
        return b"" if self._late else begun

    def begins(self) -> None:
        """A request has begun to come."""
        self.begun = True
        self.since = time.monotonic()
        self.until = self.since + self._all.receive

    def rests(self) -> None:
        """A request has been answered, and the next one may take its time."""
        self.begun = False
        self.request = None
        self.since = time.monotonic()
        self.until = self.since + KEEP

    def recv(self, size: int) -> bytes:
        """As of a socket. Raises RequestTooSlow, after which the connection is not to be used again."""
        received = self._read(size)
        if self._late:
            if self.request is not None:
                self.request.force_close()
            raise RequestTooSlow(
                "the request did not arrive in time",
                hint=f"a request has {self._all.receive:g} seconds, and one more for each 16 KiB",
            )
        self.until += len(received) / RATE
        return received

    def speaks(self) -> bool:
        """Whether bytes are there that nobody has had the time to read."""
        arrived = select.poll()
        arrived.register(self._client, select.POLLIN)
        return bool(arrived.poll(0))

    def cut(self) -> None:
        """End the wait, now or the next one."""
        self._late = True
        with contextlib.suppress(OSError):
            self._client.shutdown(socket.SHUT_RD)

    def _read(self, size: int) -> bytes:
        self._all.waiting.add(self)
        try:
            return self._client.recv(size)
        except OSError:
            if self._late:  # gevent ends the wait of whoever reads from what is shut down
                return b""
            raise
        finally:
            self._all.waiting.discard(self)
