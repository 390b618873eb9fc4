"""The child process that answers queries: ``python -m kg.query.executor STORE FD MEMORY NETWORK``.

It reads requests from a socket and writes frames to it, one query at a time, and imports nothing
heavier than pyoxigraph. What goes wrong in a query it reports; what goes wrong with it (memory, a
stack that overflows) the parent sees by its end.

A frame is one byte of kind, four of length (big endian), then the payload:

    Q  a request, as JSON       (to the executor)
    D  data, and more follows   (from here on, to the parent)
    L  the last data
    X  an error, as JSON: {"kind": "syntax" | "limit" | "refused" | "failed" | "memory" | "rows" | "format",
       "message": …, "hint": …}, for "limit" and "refused" with "line" and "column"
"""

from __future__ import annotations

import json
import os
import struct
import sys
from typing import Any, Final

from kg.errors import NotAcceptable, QuerySyntaxError, Refused, ResultTooLong

HEAD: Final = struct.Struct(">cI")
CHUNK: Final = 65_536
"""Results are sent on in pieces of this size; smaller ones travel in one."""


class Frames:
    """Frames over a socket's file descriptor."""

    def __init__(self, descriptor: int) -> None:
        # gevent makes both ends of a socket pair non-blocking, and the flag comes along to the child.
        os.set_blocking(descriptor, True)
        self._descriptor = descriptor

    def receive(self) -> Any:
        """The next request, or None when the parent has closed its end. It sends one at a time."""
        if not (received := os.read(self._descriptor, CHUNK)):
            return None
        while len(received) < HEAD.size or len(received) < HEAD.size + HEAD.unpack_from(received)[1]:
            if not (part := os.read(self._descriptor, CHUNK)):
                return None
            received += part
        return json.loads(received[HEAD.size :])

    def send(self, kind: bytes, payload: bytes) -> None:
        """Write one frame. Raises BrokenPipeError if nobody reads any more."""
        rest = memoryview(HEAD.pack(kind, len(payload)) + payload)
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]


class Outlet:
    """A sink that sends a data frame whenever a chunk is full.

    Nothing is sent before that: a result set writes its head before it has computed a single
    row, and the parent takes the first frame for the sign that all is well.
    """

    def __init__(self, frames: Frames) -> None:
        self._frames = frames
        self._waiting = bytearray()

    def write(self, chunk: bytes) -> int:
        self._waiting += chunk
        if len(self._waiting) >= CHUNK:
            self._frames.send(b"D", bytes(self._waiting))
            self._waiting.clear()
        return len(chunk)

    def flush(self) -> None:
        """Chunks go out when they are full, and the rest at the end."""

    def finish(self) -> None:
        """Send what is left as the last frame."""
        self._frames.send(b"L", bytes(self._waiting))


def serve(store: Any, frames: Frames) -> None:
    """Answer requests until the parent closes its end."""
    while (request := frames.receive()) is not None:
        try:
            answer(store, request, Outlet(frames))
        except BrokenPipeError:
            return
        except SyntaxError as error:
            _fail(frames, "syntax", str(error))
        except QuerySyntaxError as error:
            _fail(frames, "limit", error.message, error.hint, line=error.line, column=error.column)
        except Refused as error:
            _fail(frames, "refused", error.message, error.hint, line=error.line, column=error.column)
        except MemoryError:
            _fail(frames, "memory", "")
        except NotAcceptable as error:
            _fail(frames, "format", error.message, error.hint)
        except ResultTooLong as error:
            _fail(frames, "rows", error.message, error.hint)
        except Exception as error:  # noqa: BLE001 - the edge of the process: the parent raises it
            _fail(frames, "failed", str(error))


def answer(store: Any, request: dict[str, Any], outlet: Outlet) -> None:
    """Run one request and write its result."""
    from kg.query import engine

    results = engine.solve(
        store,
        request["text"],
        prefixes=request["prefixes"],
        default_graphs=request["default_graphs"],
        named_graphs=request["named_graphs"],
        base=request["base"],
        service_allow=request["service_allow"],
    )
    engine.write(results, request["format"], outlet, request["document_prefixes"], request["most"])
    outlet.finish()


def _fail(frames: Frames, kind: str, message: str, hint: str | None = None, **place: int | None) -> None:
    frames.send(b"X", json.dumps({"kind": kind, "message": message, "hint": hint, **place}).encode())


def main(store: str, descriptor: str, memory: str, network: str) -> None:
    """Confine this process, open the store, serve."""
    from kg.query import confine

    confine.end_with_parent(sys.stdin.fileno())
    confine.memory(int(memory))
    confine.stack()
    import pyoxigraph

    from kg.query import engine  # noqa: F401 - loaded now, not during the first query

    opened = pyoxigraph.Store.read_only(store)
    if network != "network":
        confine.offline()
    try:
        serve(opened, Frames(int(descriptor)))
    except BrokenPipeError:
        pass
    finally:
        os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
