"""Pool: executors under a deadline and a memory limit, replaced when they fail.

Plain threads, plain blocking sockets: it works as it is under gevent's monkey patching, too.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import time
import weakref
from collections import Counter, OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from kg.errors import DeadlinePassed, ExecutorFailed, KgError, MemoryExceeded, TooManyQueries
from kg.formats import Format
from kg.query import slots
from kg.query.answer import Answer, Asked, reason
from kg.query.canonical import canonical
from kg.query.failures import reported
from kg.query.process import Client, Executor, NotTaken
from kg.query.request import Query, check_format
from kg.query.slots import Slot, Slots
from kg.settings import Settings

REMEMBERED: Final = 1_000
"""Long queries that are known again."""

TICK: Final = 0.1
"""Seconds between two looks at how long an executor has worked."""

LARGEST: Final = 1 << 20
"""Bytes that the answer to a small question has at most."""

_NOTHING: Final[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True)
class State:
    """A pool at one moment."""

    idle: int
    busy: int
    waiting: int


class Pool:
    """Executors over one release's store. Create it in the process that uses it, and close it."""

    def __init__(self, store: Path, settings: Settings, ended: Counter[str] | None = None) -> None:
        """Start ``settings.executors`` executors and a spare; they warm up in the background.

        ``ended`` counts the executors that had to be ended, by reason.
        """
        self.ended: Counter[str] = Counter() if ended is None else ended
        self._store = store
        self._settings = settings
        self._slots = Slots(settings.executors, settings.timeout)
        self._lock = self._slots.lock
        self._idle: list[Executor] = []
        self._busy: dict[Executor, Slot] = {}
        self._long: OrderedDict[int, None] = OrderedDict()
        with self._lock:
            self._refill()
        _OPEN.add(self)

    def run(
        self,
        query: Query,
        fmt: Format,
        *,
        timeout: float | None = None,
        prefixes: Mapping[str, str] = _NOTHING,
        client: Client | None = None,
    ) -> Answer:
        """Ask, and return when the first bytes of the answer exist.

        ``timeout`` may only lower the deadline of the settings, which counts from now, waiting
        included; ``prefixes`` are those of an RDF document; ``client`` is the connection that the
        answer is for: once it is closed, the query ends; what it keeps the server waiting does not count
        to the deadline. Raises NotAcceptable if the form of
        the query has no such format, TooManyQueries if no executor was free until the deadline,
        DeadlinePassed, ClientLeft, MemoryExceeded, ResultTooLong, Refused, QuerySyntaxError, and
        ExecutorFailed, also where the engine gives the query up. A query that its executor did not live
        to take is asked once more.
        """
        request = _request(query, fmt, prefixes, self._settings.max_rows)
        limit = self._settings.timeout
        deadline = time.monotonic() + (limit if timeout is None else min(timeout, limit))
        asked = Asked(deadline, client, partial(_error, query, self._settings.memory))
        name = hash(canonical(query) or query.text)
        executor, slot = self._take(asked, name in self._long, query.text)
        try:
            try:
                kind, payload = self._first(executor, slot, request, asked)
            except NotTaken:
                executor = self._instead_of(executor)
                kind, payload = self._first(executor, slot, request, asked)
        except BaseException as error:
            if isinstance(error, TooManyQueries | DeadlinePassed | MemoryExceeded):
                self._remember(name, slot, executor, not isinstance(error, DeadlinePassed))
            self._give_back(executor, reason(error))
            raise
        if kind == b"D":
            return Answer(payload, executor, asked, partial(self._end, name, slot))
        self._remember(name, slot, executor)
        self._give_back(executor)
        if kind == b"X":
            raise asked.failure(payload)
        return Answer(payload, None, asked, self._give_back)

    def close(self) -> None:
        """End every executor, busy or not. May be called more than once."""
        with self._lock:
            self._slots.close()
            doomed = [*self._idle, *self._busy]
            self._idle.clear()
            self._busy.clear()
        for executor in doomed:
            executor.kill()
        _OPEN.discard(self)

    @property
    def idle(self) -> bool:
        """True if nobody has an answer of it, or waits for one."""
        return not (self._slots.held or self._slots.waiting)

    def pids(self) -> list[int]:
        """The processes that belong to the pool at the moment."""
        with self._lock:
            return [executor.pid for executor in (*self._idle, *self._busy)]

    def state(self) -> State:
        """How many executors are idle and at work, and how many queries wait."""
        with self._lock:
            return State(len(self._idle), len(self._busy), self._slots.waiting)

    def _remember(self, name: int, slot: Slot, executor: Executor, not_small: bool = False) -> None:
        """Note whether a query is long, for the next time that it is asked."""
        with self._lock:
            self._long.pop(name, None)
            took = time.monotonic() - slot.since
            long = not_small or (took >= slots.SMALL and executor.spent() >= slots.SMALL)
            self._slots.note(slot.text, long)
            if long:
                self._long[name] = None
            while len(self._long) > REMEMBERED:
                self._long.popitem(last=False)

    def _take(self, asked: Asked, long: bool, text: str) -> tuple[Executor, Slot]:
        """A free executor, the warmest first; waits for one until the deadline, then TooManyQueries."""
        slot = self._slots.take(asked, long, text)
        with self._lock:
            if slot is None or self._slots.closed:
                raise ExecutorFailed("the query pool is closed")
            try:
                executor = self._warmest()
            except ExecutorFailed:
                self._slots.give_back(slot)
                raise
            self._busy[executor] = slot
            return executor, slot

    def _first(
        self, executor: Executor, slot: Slot, request: dict[str, Any], asked: Asked
    ) -> tuple[bytes, bytes]:
        """The first frame of an answer; in the reserved slot all must be there soon, or ``go_on``."""
        executor.ask(request, asked.deadline)
        begun = bytearray()
        if slot.reserved:
            while len(begun) < LARGEST and _small(executor, asked):
                kind, payload = executor.frame(asked.deadline, asked.client)
                begun += payload
                if kind != b"D":
                    return kind, bytes(begun if kind == b"L" else payload)
            if not begun:
                executor.check_taken()
            self._slots.go_on(slot)
        return (b"D", bytes(begun)) if begun else executor.frame(asked.deadline, asked.client)

    def _warmest(self) -> Executor:
        while self._idle:
            executor = self._idle.pop(0)
            if executor.alive:
                return executor
            executor.kill()
        return self._start()

    def _instead_of(self, ended: Executor) -> Executor:
        """A new executor in the place of one that was killed from outside, as its idle peers may be."""
        with self._lock:
            if self._slots.closed:
                raise ExecutorFailed("the query pool is closed")
            executor = self._start()
            self._busy[executor] = self._busy.pop(ended)
            self.ended["outside"] += 1
        ended.kill()
        return executor

    def _end(self, name: int, slot: Slot, executor: Executor, unsound: str | None = None) -> None:
        """At the end of a streamed answer: an export begins at once, and whether it was long is known now."""
        self._remember(name, slot, executor)
        self._give_back(executor, unsound)

    def _give_back(self, executor: Executor, unsound: str | None = None) -> None:
        """``unsound`` says why it is to be ended."""
        if unsound:
            executor.kill()
        with self._lock:
            if slot := self._busy.pop(executor, None):
                self._slots.give_back(slot)
            if unsound:
                self.ended[unsound] += 1
                self._bury()
            elif not self._slots.closed:
                self._idle.insert(0, executor)
                if not self._idle[-1].alive:  # nobody asks that one while there are warmer ones
                    self._bury()
            self._refill()

    def _bury(self) -> None:
        """Let go of the idle ones that have ended: what ended one may have ended others."""
        for dead in [executor for executor in self._idle if not executor.alive]:
            self._idle.remove(dead)
            dead.kill()

    def _refill(self) -> None:
        """Start what is missing to one executor for each slot and a warm spare.

        Also while the reserved slot is taken: after a query that was no small one, the next need not wait.
        """
        with contextlib.suppress(ExecutorFailed):  # the next query tries again and reports it
            while not self._slots.closed and (
                not self._idle or len(self._idle) + self._slots.held <= self._settings.executors
            ):
                self._idle.append(self._start())

    def _start(self) -> Executor:
        try:
            return Executor(self._store, self._settings.memory, bool(self._settings.service_allow))
        except OSError as error:
            raise ExecutorFailed(f"a query executor could not be started: {error}") from error


def _small(executor: Executor, asked: Asked) -> bool:
    """Wait for more of an answer; False if it is not there before the executor has worked for ``SMALL``.

    Seconds of a processor, because on a busy machine a small question takes many of the clock. Four times as
    many of those end the wait, too, once the executor is up.
    """
    until = min(time.monotonic() + 4 * slots.SMALL, asked.deadline)
    while not executor.answers(min(time.monotonic() + TICK, until), asked.client):
        if executor.starting():
            until = min(time.monotonic() + 4 * slots.SMALL, asked.deadline)
        if time.monotonic() >= until or executor.spent() >= slots.SMALL:
            return False
    return True


_OPEN: Final[weakref.WeakSet[Pool]] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    for pool in list(_OPEN):
        pool.close()


def _request(query: Query, fmt: Format, prefixes: Mapping[str, str], most: int) -> dict[str, Any]:
    check_format(query, fmt)
    return {
        "text": query.text,
        "format": fmt.engine,
        "prefixes": dict(query.prefixes),
        "default_graphs": query.default_graphs,
        "named_graphs": query.named_graphs,
        "base": query.base,
        "service_allow": query.service_allow,
        "document_prefixes": dict(prefixes),
        "most": most,
    }


def _error(query: Query, memory: int, payload: bytes) -> KgError:
    return reported(query, memory, json.loads(payload))
