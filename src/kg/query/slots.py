"""Slots: how many queries run at once, who waits, and the one slot kept for small questions.

As many queries as there are ordinary slots run at once; the others wait, the oldest first. While each
of those is long at work, one slot more is open, the reserved one: there the newest of all who wait is
given ``SMALL`` seconds, so that a small question is answered whatever the others ask. A query that turns
out to be none goes on in an ordinary slot if one is free by then, and else is turned away. The newest
first, because the oldest are those whom it was kept from. Queries that are known to be long (they took
longer than that before) stand behind all others, and are not let into the reserved slot.
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
    """What a query holds while it runs: since when, whether it is known to be long, which kind of slot."""

    since: float
    long: bool
    reserved: bool

    def long_at_work(self, now: float) -> bool:
        """True of a query that is known to be long, or has shown it."""
        return self.long or now - self.since >= SMALL


@dataclass(frozen=True, slots=True, eq=False)
class _Ticket:
    """A place in the queue."""

    long: bool


class Slots:
    """The slots of one pool. ``lock`` guards them; whoever waits for a slot lets go of it."""

    def __init__(self, ordinary: int, timeout: float) -> None:
        """``timeout`` is the deadline of the settings, from which ``Retry-After`` is told."""
        self.lock = threading.Condition()
        self.closed = False
        self._ordinary = ordinary
        self._retry_after = max(1, math.ceil(timeout / 10))
        self._held: set[Slot] = set()
        self._queue: list[_Ticket] = []

    @property
    def held(self) -> int:
        """How many are taken."""
        return len(self._held)

    @property
    def waiting(self) -> int:
        """How many queries wait."""
        return len(self._queue)

    def take(self, asked: Asked, long: bool = False) -> Slot | None:
        """A slot, once there is one; None if they were closed. Raises TooManyQueries and ClientLeft.

        ``long`` says that the query is known to be long.
        """
        ticket, looked = _Ticket(long), time.monotonic()
        with self.lock:
            if len(self._queue) >= WAITING * self._ordinary:
                raise self._too_many("too many queries are waiting")
            self._queue.append(ticket)
            try:
                while not self.closed:
                    if slot := self._free_for(ticket):
                        self._held.add(slot)
                        return slot
                    looked = self._wait(asked, looked)
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
                    f"all executors are busy, and this is no small question: over {SMALL} seconds, or 64 KiB"
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

    def _free_for(self, ticket: _Ticket) -> Slot | None:
        now, ordinary = time.monotonic(), self._at_work()
        perhaps_small = [each for each in self._queue if not each.long]
        if len(ordinary) < self._ordinary:
            first = (perhaps_small or self._queue)[0]
            return Slot(now, ticket.long, reserved=False) if ticket is first else None
        free = len(ordinary) == len(self._held) and all(slot.long_at_work(now) for slot in ordinary)
        return Slot(now, ticket.long, reserved=True) if free and ticket in perhaps_small[-1:] else None

    def _wait(self, asked: Asked, looked: float) -> float:
        """Until something changes, or may have: a query has become long, the client may have left.

        ``looked`` is when the client's connection was looked at; returned is when it was last: each
        answer wakes all who wait, and a look is a call of the system.
        """
        now = time.monotonic()
        if asked.deadline <= now:
            raise self._too_many("the query's time was up while others ran")
        if asked.client and now - looked >= GLANCE:
            looked = now
            if departed(asked.client):
                raise ClientLeft("the client closed the connection while others were served")
        long_at = max((slot.since for slot in self._at_work() if not slot.long), default=0.0) + SMALL
        soon = [asked.deadline - now]
        if asked.client:
            soon.append(looked + GLANCE - now)
        if long_at > now:
            soon.append(long_at - now + 0.001)
        self.lock.wait(min(soon))
        return looked

    def _too_many(self, message: str) -> TooManyQueries:
        return TooManyQueries(message, retry_after=self._retry_after)
