"""Slots: how many queries run at once, who waits, and the one slot kept for small questions.

As many queries as there are ordinary slots run at once; the others wait, the oldest first. While each
of those is long at work, one slot more is open, the reserved one: there the newest of all who wait is
given ``SMALL`` seconds, so that a small question is answered whatever the others ask. A query that turns
out to be none goes on in an ordinary slot if one is free by then, and else is turned away. The newest
first, because the oldest are those whom it was kept from.
"""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass
from typing import Final

from kg.errors import ClientLeft, TooManyQueries
from kg.query.answer import Asked
from kg.query.process import departed

WAITING: Final = 16
"""Queries that may wait for each ordinary slot; one more is turned away at once."""

GLANCE: Final = 1.0
"""Seconds between two looks at the connection of a query that waits."""

SMALL: Final = 0.5
"""Seconds that a small question takes at most, and after which a query counts as long at work."""


@dataclass(slots=True, eq=False)
class Slot:
    """What a query holds while it runs: since when, and whether it is the reserved one."""

    since: float
    reserved: bool


class Slots:
    """The slots of one pool. ``lock`` guards them; whoever waits for a slot lets go of it."""

    def __init__(self, ordinary: int, timeout: float) -> None:
        """``timeout`` is the deadline of the settings, from which ``Retry-After`` is told."""
        self.lock = threading.Condition()
        self.closed = False
        self._ordinary = ordinary
        self._retry_after = max(1, math.ceil(timeout / 10))
        self._held: set[Slot] = set()
        self._queue: list[object] = []

    @property
    def held(self) -> int:
        """How many are taken."""
        return len(self._held)

    @property
    def waiting(self) -> int:
        """How many queries wait."""
        return len(self._queue)

    def take(self, asked: Asked) -> Slot | None:
        """A slot, once there is one; None if they were closed. Raises TooManyQueries and ClientLeft."""
        ticket = object()
        with self.lock:
            if len(self._queue) >= WAITING * self._ordinary:
                raise self._too_many("too many queries are waiting")
            self._queue.append(ticket)
            try:
                while not self.closed:
                    if slot := self._free_for(ticket):
                        self._held.add(slot)
                        return slot
                    self._wait(asked)
                return None
            finally:
                self._queue.remove(ticket)
                self.lock.notify_all()

    def go_on(self, slot: Slot) -> None:
        """Make the reserved slot an ordinary one. Raises TooManyQueries if no ordinary one is free."""
        with self.lock:
            if not slot.reserved:
                return
            if len(self._at_work()) >= self._ordinary:
                raise self._too_many(
                    f"all executors are busy, and this query takes more than {SMALL} seconds"
                )
            slot.reserved = False
            self.lock.notify_all()

    def give_back(self, slot: Slot) -> None:
        """Let others have it."""
        with self.lock:
            self._held.discard(slot)
            self.lock.notify_all()

    def close(self) -> None:
        """Turn away all who wait."""
        with self.lock:
            self.closed = True
            self.lock.notify_all()

    def _at_work(self) -> list[Slot]:
        return [slot for slot in self._held if not slot.reserved]

    def _free_for(self, ticket: object) -> Slot | None:
        now, ordinary = time.monotonic(), self._at_work()
        if len(ordinary) < self._ordinary:
            return Slot(now, reserved=False) if ticket is self._queue[0] else None
        free = len(ordinary) == len(self._held) and all(now - slot.since >= SMALL for slot in ordinary)
        return Slot(now, reserved=True) if free and ticket is self._queue[-1] else None

    def _wait(self, asked: Asked) -> None:
        """Until something changes, or may have: a query has become long, the client may have left."""
        now = time.monotonic()
        if asked.deadline <= now:
            raise self._too_many("the query's time was up while others ran")
        if asked.client and departed(asked.client):
            raise ClientLeft("the client closed the connection while others were served")
        long_at = max((slot.since for slot in self._at_work()), default=0.0) + SMALL
        soon = [asked.deadline - now]
        if asked.client:
            soon.append(GLANCE)
        if long_at > now:
            soon.append(long_at - now + 0.001)
        self.lock.wait(min(soon))

    def _too_many(self, message: str) -> TooManyQueries:
        return TooManyQueries(message, retry_after=self._retry_after)
