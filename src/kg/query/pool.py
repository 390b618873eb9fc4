"""Pool: executors under a deadline and a memory limit, replaced when they fail.

Plain threads, plain blocking sockets: it works as it is under gevent's monkey patching, too.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import math
import socket
import threading
import time
import weakref
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from kg.errors import (
    ClientLeft,
    ExecutorFailed,
    KgError,
    MemoryExceeded,
    NotAcceptable,
    QuerySyntaxError,
    TooManyQueries,
)
from kg.formats import Format
from kg.query.answer import Answer, Asked
from kg.query.failures import explain, failure
from kg.query.process import Executor, NotTaken, departed
from kg.query.request import Query, check_format
from kg.settings import Settings

WAITING: Final = 16
"""Queries that may wait for each executor; one more is turned away at once."""

GLANCE: Final = 1.0
"""Seconds between two looks at the connection of a query that waits for an executor."""

_NOTHING: Final[Mapping[str, str]] = {}


class Pool:
    """Executors over one release's store. Create it in the process that uses it, and close it."""

    def __init__(self, store: Path, settings: Settings) -> None:
        """Start ``settings.executors`` executors and a spare; they warm up in the background."""
        self._store = store
        self._settings = settings
        self._free = threading.Condition()
        self._idle: list[Executor] = []
        self._busy: set[Executor] = set()
        self._running = 0
        self._waiting = 0
        self._closed = False
        with self._free:
            self._refill()
        _OPEN.add(self)

    def run(
        self,
        query: Query,
        fmt: Format,
        *,
        timeout: float | None = None,
        prefixes: Mapping[str, str] = _NOTHING,
        client: socket.socket | None = None,
    ) -> Answer:
        """Ask, and return when the first bytes of the answer exist.

        ``timeout`` may only lower the deadline of the settings, which counts from now, waiting
        included; ``prefixes`` are those of an RDF document; ``client`` is the connection that the
        answer is for: once it is closed, the query ends. Raises NotAcceptable if the form of
        the query has no such format, TooManyQueries if no executor was free until the deadline,
        DeadlinePassed, ClientLeft, MemoryExceeded, QuerySyntaxError, and ExecutorFailed, also where
        the engine gives the query up. A query that its executor did not live to take is asked once more.
        """
        request = _request(query, fmt, prefixes)
        limit = self._settings.timeout
        deadline = time.monotonic() + (limit if timeout is None else min(timeout, limit))
        asked = Asked(deadline, client, partial(_error, query, self._settings.memory))
        executor = self._take(asked)
        try:
            try:
                kind, payload = _first(executor, request, asked)
            except NotTaken:
                executor = self._instead_of(executor)
                kind, payload = _first(executor, request, asked)
        except BaseException:
            self._give_back(executor, False)
            raise
        if kind == b"D":
            return Answer(payload, executor, asked, self._give_back)
        self._give_back(executor, True)
        if kind == b"X":
            raise asked.failure(payload)
        return Answer(payload, None, asked, self._give_back)

    def close(self) -> None:
        """End every executor, busy or not. May be called more than once."""
        with self._free:
            self._closed = True
            doomed = [*self._idle, *self._busy]
            self._idle.clear()
            self._busy.clear()
            self._free.notify_all()
        for executor in doomed:
            executor.kill()
        _OPEN.discard(self)

    @property
    def idle(self) -> bool:
        """True if nobody has an answer of it, or waits for one."""
        return not (self._running or self._waiting)

    def pids(self) -> list[int]:
        """The processes that belong to the pool at the moment."""
        with self._free:
            return [executor.pid for executor in (*self._idle, *self._busy)]

    def _take(self, asked: Asked) -> Executor:
        """A free executor, the warmest first; waits for one until the deadline, then TooManyQueries."""
        with self._free:
            if self._waiting >= WAITING * self._settings.executors:
                raise self._too_many("too many queries are waiting")
            self._waiting += 1
            try:
                while self._running >= self._settings.executors and not self._closed:
                    if (left := asked.deadline - time.monotonic()) <= 0:
                        raise self._too_many("the query's time was up while others ran")
                    if asked.client and departed(asked.client):
                        raise ClientLeft("the client closed the connection while others were served")
                    self._free.wait(min(left, GLANCE) if asked.client else left)
            finally:
                self._waiting -= 1
            if self._closed:
                raise ExecutorFailed("the query pool is closed")
            executor = self._warmest()
            self._running += 1
            self._busy.add(executor)
            return executor

    def _too_many(self, message: str) -> TooManyQueries:
        return TooManyQueries(message, retry_after=max(1, math.ceil(self._settings.timeout / 10)))

    def _warmest(self) -> Executor:
        while self._idle:
            executor = self._idle.pop(0)
            if executor.alive:
                return executor
            executor.kill()
        return self._start()

    def _instead_of(self, ended: Executor) -> Executor:
        """A new executor in the place of one that was killed from outside, as its idle peers may be."""
        with self._free:
            if self._closed:
                raise ExecutorFailed("the query pool is closed")
            executor = self._start()
            self._busy.discard(ended)
            self._busy.add(executor)
        ended.kill()
        return executor

    def _give_back(self, executor: Executor, sound: bool) -> None:
        if not sound:
            executor.kill()
        with self._free:
            self._busy.discard(executor)
            self._running -= 1
            if sound and not self._closed:
                self._idle.insert(0, executor)
            self._refill()
            self._free.notify()

    def _refill(self) -> None:
        """Start what is missing to one executor for each slot and a warm spare, all of them alive."""
        for dead in [executor for executor in self._idle if not executor.alive]:
            self._idle.remove(dead)
            dead.kill()
        with contextlib.suppress(ExecutorFailed):  # the next query tries again and reports it
            while not self._closed and len(self._idle) + self._running <= self._settings.executors:
                self._idle.append(self._start())

    def _start(self) -> Executor:
        try:
            return Executor(self._store, self._settings.memory, bool(self._settings.service_allow))
        except OSError as error:
            raise ExecutorFailed(f"a query executor could not be started: {error}") from error


_OPEN: Final[weakref.WeakSet[Pool]] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    for pool in list(_OPEN):
        pool.close()


def _request(query: Query, fmt: Format, prefixes: Mapping[str, str]) -> dict[str, Any]:
    check_format(query, fmt)
    return {
        "text": query.text,
        "format": fmt.engine,
        "prefixes": dict(query.prefixes),
        "default_graphs": query.default_graphs,
        "named_graphs": query.named_graphs,
        "base": query.base,
        "document_prefixes": dict(prefixes),
    }


def _first(executor: Executor, request: dict[str, Any], asked: Asked) -> tuple[bytes, bytes]:
    """The first frame of an answer."""
    executor.ask(request, asked.deadline)
    return executor.frame(asked.deadline, asked.client)


def _error(query: Query, memory: int, payload: bytes) -> KgError:
    report = json.loads(payload)
    if report["kind"] == "syntax":
        return explain(query, report["message"])
    if report["kind"] == "limit":
        line, column = report["line"], report["column"]
        return QuerySyntaxError(report["message"], line=line, column=column, hint=report["hint"])
    if report["kind"] == "memory":
        return MemoryExceeded(f"the query needed more than {memory} MiB")
    if report["kind"] == "format":
        return NotAcceptable(report["message"], hint=report["hint"])
    return failure(report["message"])
