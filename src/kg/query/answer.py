"""The bytes of a result, as they come from an executor."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType

from kg.errors import DeadlinePassed, ExecutorFailed, KgError
from kg.query.process import Executor

Release = Callable[[Executor, bool], None]
"""Gives an executor back to its pool; False if it must not be used again."""


@dataclass(frozen=True, slots=True)
class Asked:
    """On which terms a query was asked.

    ``client`` is the connection of whoever waits, if there is one to watch; ``failure`` makes the
    error to raise of an executor's report.
    """

    deadline: float
    client: socket.socket | None
    failure: Callable[[bytes], KgError]


class Answer:
    """Iterate over it once for the chunks; close it, read or not.

    Iterating raises DeadlinePassed, ClientLeft, MemoryExceeded, ExecutorFailed or NotAcceptable when
    the rest cannot be had: what was read until then is a stump. An answer that is closed, or not
    read to its end by its deadline, gives its executor back.
    """

    def __init__(self, first: bytes, executor: Executor | None, asked: Asked, give_back: Release) -> None:
        """``executor`` is the one that still has the rest, or None if ``first`` is all."""
        self._first = first
        self._whole = executor is None
        self._executor = executor
        self._asked = asked
        self._give_back = give_back
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        if executor:
            self._timer = threading.Timer(max(asked.deadline - time.monotonic(), 0), self.close)
            self._timer.daemon = True
            self._timer.start()

    @property
    def body(self) -> bytes | None:
        """The whole answer, if it came at once."""
        return self._first if self._whole and self._executor is None else None

    def __iter__(self) -> Iterator[bytes]:
        if self._first:
            yield self._first
        while executor := self._executor:
            try:
                kind, payload = executor.frame(self._asked.deadline, self._asked.client)
            except KgError as error:
                self.close()
                if late := self._too_late():
                    raise late from error
                raise
            if kind == b"X":
                self._end(sound=True)
                raise self._asked.failure(payload)
            if kind == b"L":
                self._end(sound=True)
            if payload:
                yield payload
        if not self._whole:
            raise self._too_late() or ExecutorFailed("the answer was closed before it was read")

    def _too_late(self) -> KgError | None:
        late = time.monotonic() >= self._asked.deadline
        return DeadlinePassed("the query's time was up before its answer was read") if late else None

    def close(self) -> None:
        """End the query, if it is still running. May be called more than once."""
        self._end(sound=False)

    def _end(self, sound: bool) -> None:
        with self._lock:
            executor, self._executor = self._executor, None
        if executor is None:
            return
        self._whole = sound
        if self._timer:
            self._timer.cancel()
        self._give_back(executor, sound)

    def __enter__(self) -> Answer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
