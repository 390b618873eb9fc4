"""The bytes of a result, as they come from an executor."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Final

from kg.errors import ClientLeft, DeadlinePassed, ExecutorFailed, KgError, MemoryExceeded, TooManyQueries
from kg.query.process import Client, Executor

Release = Callable[[Executor, str | None], None]
"""Gives an executor back to its pool; with the reason why, if it must not be used again."""

_REASONS: Final[tuple[tuple[type[KgError], str], ...]] = (
    (DeadlinePassed, "deadline"),
    (MemoryExceeded, "memory"),
    (ClientLeft, "client"),
    (TooManyQueries, "not-small"),
)


def reason(error: BaseException) -> str:
    """Why an executor had to be ended, in a word: ``failed`` for what has no other."""
    return next((word for kind, word in _REASONS if isinstance(error, kind)), "failed")


@dataclass(frozen=True, slots=True)
class Asked:
    """On which terms a query was asked.

    ``client`` is the connection of whoever waits, if there is one to watch; ``failure`` makes the
    error to raise of an executor's report. ``arrival_deadline`` counts from the arrival of the query.
    """

    arrival_deadline: float
    client: Client | None
    failure: Callable[[bytes], KgError]

    @property
    def deadline(self) -> float:
        """When the query must end. The seconds for which the client kept the server waiting do not count."""
        return self.arrival_deadline + (self.client.waited if self.client else 0.0)


class Answer:
    """Iterate over it once for the chunks; close it, read or not.

    Iterating raises DeadlinePassed, ClientLeft, MemoryExceeded, ExecutorFailed or NotAcceptable when
    the rest cannot be had: what was read until then is a stump. An answer that is closed gives its
    executor back: close each.
    """

    def __init__(self, first: bytes, executor: Executor | None, asked: Asked, give_back: Release) -> None:
        """``executor`` is the one that still has the rest, or None if ``first`` is all."""
        self._first = first
        self._whole = executor is None
        self._executor = executor
        self._asked = asked
        self._give_back = give_back
        self._lock = threading.Lock()

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
                self._end(reason(error))
                raise
            if kind == b"X":
                self._end()
                raise self._asked.failure(payload)
            if kind == b"L":
                self._end()
            if payload:
                yield payload
        if not self._whole:
            raise ExecutorFailed("the answer was closed before it was read")

    def close(self) -> None:
        """End the query, if it is still running. May be called more than once."""
        client = self._asked.client
        self._end("reader" if client and client.late else "client")

    def _end(self, unsound: str | None = None) -> None:
        with self._lock:
            executor, self._executor = self._executor, None
        if executor is None:
            return
        self._whole = unsound is None
        self._give_back(executor, unsound)

    def __enter__(self) -> Answer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
