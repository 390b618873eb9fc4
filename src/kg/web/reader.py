"""The reader of an answer, who is waited for so long and no longer."""

from __future__ import annotations

import contextlib
import errno
import select
import socket
import struct
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from kg.web.running import Ahead

RATE: Final = 65_536
"""Bytes a second; who reads at least these has all the time that the answer takes."""

UNSENT: Final = 65_536
"""Bytes that the system takes ahead of what the line carries. It would take megabytes, and could not say for
the better part of a minute whether anybody reads them."""

LOOK: Final = 0.5
"""Seconds between two looks whether the reader is to hurry."""

_LEAST_UNSENT: Final = getattr(socket, "TCP_NOTSENT_LOWAT", None)


def bound(connection: socket.socket) -> None:
    """Have the system take no more than ``UNSENT`` bytes ahead of a connection's reader, where it can."""
    if _LEAST_UNSENT is not None:
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, _LEAST_UNSENT, UNSENT)


class Reader:
    """A client's connection, for one answer to be sent over; ``bound`` it once.

    Its reader may be behind a line of ``RATE`` by ``stall`` seconds, whatever it has read before: one that
    stands still has these, one that goes on at a few bytes a second not many more, and a line that carries
    ``RATE`` is cut only where it is ``hurried``: its time is over, and others wait for its place. ``waited``
    are the seconds that it kept the server waiting, ``late`` says that it was cut. ``ahead`` is what was
    asked for it before its request was read.
    """

    ahead: Ahead | None = None

    def __init__(self, connection: socket.socket, stall: float) -> None:
        self.waited = 0.0
        self.late = False
        self.hurried = False
        self._connection = connection
        self._stall = stall
        self._behind = 0.0
        self.fileno = connection.fileno
        self.settimeout = connection.settimeout
        self.recv = connection.recv
        self.shutdown = connection.shutdown
        self.close = connection.close

    def sendall(self, data: bytes) -> None:
        """As of a socket. Resets the connection of who is late, and raises BrokenPipeError: it has left."""
        rest = memoryview(data)
        while rest := rest[self._send(rest) :]:
            self._wait()

    def send(self, data: bytes) -> int:
        """As of a socket: gunicorn says ``100 Continue`` by it."""
        self.sendall(data)
        return len(data)

    def reset(self) -> None:
        """End the connection so that its other end has an error and not an end (RFC 9293, 3.5.2: reset)."""
        with contextlib.suppress(OSError):
            self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._connection.close()

    def _send(self, rest: memoryview) -> int:
        """How many bytes the system takes at once."""
        self._connection.settimeout(0.0)
        try:
            sent = self._connection.send(rest)
        except BlockingIOError:
            return 0
        finally:
            self._connection.settimeout(None)
        self._behind = max(self._behind - sent / RATE, 0.0)
        return sent

    def _wait(self) -> None:
        writable = select.poll()
        writable.register(self._connection, select.POLLOUT)
        begun = time.monotonic()
        until = begun + max(self._stall - self._behind, 0.0)
        ready = bool(writable.poll(0))
        while not (ready or self.hurried) and (left := until - time.monotonic()) > 0:
            ready = bool(writable.poll(min(left, LOOK) * 1000))
        took = time.monotonic() - begun
        self.waited += took
        self._behind += took
        if not ready:
            self.late = True
            self.reset()
            raise BrokenPipeError(errno.EPIPE, "the reader stood still, or others had waited for its place")
