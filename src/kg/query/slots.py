"""Slots: how many queries run at once, who waits, and the one slot kept for small questions.

As many queries as there are ordinary slots run at once; the others wait, the oldest first. While each
of those is long at work, one slot more is open, the reserved one: there the newest of all who wait is
given ``SMALL`` seconds, so that a small question is answered whatever the others ask. A query that turns
out to be none goes on in an ordinary slot if one is free by then, and else is turned away. The newest
first, because the oldest are those whom it was kept from.

Queries that are known to be long (they took longer than that before), or look like one that is or was
(``kg.query.canonical.shape``), stand behind all others and are not let into the reserved slot: of a flood of
queries that differ in their names and numbers, the first ones are met and the others known. Those that look
like one that was small go first. Where the queue is full, the more likely to be long give way.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from kg.errors import ClientLeft, TooManyQueries
from kg.query.answer import Asked
from kg.query.canonical import LONGEST, shape
from kg.query.process import departed

WAITING: Final = 64
"""Queries that may wait for each ordinary slot; one more is turned away at once."""

GLANCE: Final = 1.0
"""Seconds between two looks at the connection of a query that waits."""

ROOM: Final = 1.0
"""Seconds in which a reader that is told to hurry makes room."""

REMEMBERED: Final = 1_000
"""Shapes of queries that are known again."""

RECENT: Final = 200
"""Queries whose shape is looked at when that matters, that is when others have to wait."""

LOOKS_LONG: Final = 2
"""The rank of queries that are not let into the reserved slot."""

LONG: Final = 1.0
"""Seconds after which those that look like one that is at work are taken for long, too."""

ALARM: Final = 10.0
"""Seconds for which a query that was long has others looked at before they are let in."""

SMALL: Final = 0.5
"""Seconds that a small question takes at most, and after which a query counts as long at work."""


@dataclass(eq=False)
class Slot:
    """What a query holds while it runs: since when, whether it is known to be long, its text, which kind."""

    asked: Asked
    since: float
    long: bool
    text: str
    reserved: bool

    def long_at_work(self, now: float) -> bool:
        """True of a query that is known to be long, or has shown it."""
        return self.long or now - self.since >= SMALL


class _Ticket:
    """A place in the queue. It ends with a ``slot``, or with having ``given_way``, or with the pool."""

    def __init__(self, asked: Asked, long: bool, text: str) -> None:
        self.asked = asked
        self.long = long
        self.text = text
        self.slot: Slot | None = None
        self.given_way = False
        self.ended = False
        self._turn = threading.Lock()
        self._turn.acquire()

    def end(self) -> None:
        """Let the one who waits go on."""
        if not self.ended:
            self.ended = True
            self._turn.release()

    def wait(self, seconds: float) -> None:
        """Until the end, or so long."""
        self._turn.acquire(timeout=max(seconds, 0.0))

    @cached_property
    def shape(self) -> str:
        """Looked at only where others wait too."""
        return shape(self.text)


class Slots:
    """The slots of one pool. ``lock`` guards them; whoever waits for a slot lets go of it."""

    def __init__(self, ordinary: int, timeout: float) -> None:
        """``timeout`` is the deadline of the settings, from which ``Retry-After`` is told."""
        self.lock = threading.Condition(threading.RLock())
        self.closed = False
        self._ordinary = ordinary
        self._retry_after = max(1, math.ceil(timeout / 10))
        self._held: set[Slot] = set()
        self._queue: list[_Ticket] = []
        self._shapes: OrderedDict[str, bool] = OrderedDict()
        self._recent: deque[tuple[str, bool]] = deque(maxlen=RECENT)
        self._all_look_long = False
        """Of those who wait: known since the last one came or went."""
        self._alarm = 0.0
        """Until then queries that look like long ones are looked for."""
        self._expected = 0
        """Queries of the reserved slot for which a reader makes room."""

    @property
    def held(self) -> int:
        """How many are taken."""
        return len(self._held)

    @property
    def waiting(self) -> int:
        """How many queries wait."""
        return len(self._queue)

    def take(self, asked: Asked, long: bool = False, text: str = "") -> Slot | None:
        """A slot, once there is one; None if they were closed. Raises TooManyQueries and ClientLeft.

        ``long`` says that the query is known to be long, ``text`` is its own.
        """
        looked = time.monotonic()
        with self.lock:
            if not (self.closed or self._queue) and len(self._at_work()) + self._expected < self._ordinary:
                return self._hold(asked, looked, long, text[:LONGEST])
            ticket = _Ticket(asked, long, text[:LONGEST])
            self._enter(ticket)
        try:
            while not (self.closed or ticket.slot):
                if ticket.given_way:
                    raise self._too_many("too many queries are waiting")
                looked = self._wait(ticket, looked)
        except BaseException:
            with self.lock:
                self._leave(ticket)
            raise
        return ticket.slot

    def note(self, text: str, long: bool) -> None:
        """A query was long, or was not; of those of one shape the last one tells."""
        with self.lock:
            self._recent.append((text, long))
            if long:
                self._alarm = time.monotonic() + ALARM

    def go_on(self, slot: Slot) -> None:
        """Make the reserved slot an ordinary one. Raises TooManyQueries if no ordinary one is free."""
        with self.lock:
            if not slot.reserved:
                return
            if len(self._at_work()) >= self._ordinary and self._hurry(time.monotonic()):
                self._expected += 1
                self.lock.wait_for(lambda: len(self._at_work()) < self._ordinary, ROOM)
                self._expected -= 1
            if len(self._at_work()) >= self._ordinary:
                raise self._too_many(
                    f"all executors are busy, and this is no small question: over {SMALL} seconds, or a MiB"
                )
            slot.reserved = False
            self._grant()

    def give_back(self, slot: Slot) -> None:
        """Let others have it."""
        with self.lock:
            self._held.discard(slot)
            self._all_look_long = False
            self._grant()
            self.lock.notify_all()  # who goes on from the reserved slot

    def close(self) -> None:
        """Turn away all who wait."""
        with self.lock:
            self.closed = True
            for ticket in self._queue:
                ticket.end()
            self.lock.notify_all()

    def _at_work(self) -> list[Slot]:
        return [slot for slot in self._held if not slot.reserved]

    def _enter(self, ticket: _Ticket) -> None:
        """Join the queue; where it is full, in the place of the oldest that is more likely to be long."""
        if len(self._queue) >= WAITING * self._ordinary:
            now = time.monotonic()
            oldest = max(self._queue, key=lambda each: self._rank(each, now), default=ticket)
            if self._rank(oldest, now) <= self._rank(ticket, now):
                raise self._too_many("too many queries are waiting")
            oldest.given_way = True
            self._queue.remove(oldest)
            oldest.end()
        self._queue.append(ticket)
        self._all_look_long = False
        self._grant()

    def _leave(self, ticket: _Ticket) -> None:
        """Give up the place in the queue, or the slot that has just come."""
        if ticket in self._queue:
            self._queue.remove(ticket)
        if ticket.slot:
            self.give_back(ticket.slot)

    def _grant(self) -> None:
        """Give what is free to those whose turn it is."""
        while self._queue and not self.closed:
            now, ordinary = time.monotonic(), self._at_work()
            reserved = len(ordinary) + self._expected >= self._ordinary
            if reserved and not self._reserved_is_open(ordinary, now):
                return
            ticket = self._first(now, reversed(self._queue) if reserved else self._queue)
            if reserved and self._rank(ticket, now) >= LOOKS_LONG:
                self._all_look_long = True
                return
            self._queue.remove(ticket)
            ticket.slot = self._hold(ticket.asked, now, ticket.long, ticket.text, reserved)
            ticket.end()

    def _hold(self, asked: Asked, now: float, long: bool, text: str, reserved: bool = False) -> Slot:
        slot = Slot(asked, now, long, text, reserved)
        self._held.add(slot)
        return slot

    def _reserved_is_open(self, ordinary: list[Slot], now: float) -> bool:
        free = len(ordinary) == len(self._held) and not self._all_look_long
        return free and all(slot.long_at_work(now) for slot in ordinary)

    def _first(self, now: float, queue: Iterable[_Ticket]) -> _Ticket:
        """Whose turn it is: the first of those that are the least likely to be long."""
        if len(self._queue) == 1 or self._calm(now):
            return next(iter(queue))
        return min(queue, key=lambda each: self._rank(each, now))

    def _calm(self, now: float) -> bool:
        """Whether no query is long, or was of late: then it is not worth the time to look for others."""
        return now >= self._alarm and all(now - slot.since < SMALL for slot in self._held)

    def _rank(self, ticket: _Ticket, now: float) -> int:
        """How likely it is that a query is long: 0 looks small, 1 is new, then those that look so, or are."""
        self._learn()
        if ticket.long:
            return LOOKS_LONG + 1
        alike = any(shape(slot.text) == ticket.shape for slot in self._held if now - slot.since >= LONG)
        return LOOKS_LONG if alike else {True: LOOKS_LONG, None: 1, False: 0}[self._shapes.get(ticket.shape)]

    def _learn(self) -> None:
        """Look at the shapes of those that have been answered since."""
        while self._recent:
            text, long = self._recent.popleft()
            self._shapes[shape(text)] = long
            self._shapes.move_to_end(shape(text))
        while len(self._shapes) > REMEMBERED:
            self._shapes.popitem(last=False)

    def _wait(self, ticket: _Ticket, looked: float) -> float:
        """Until it is this one's turn, or may be: a query has become long, the client may have left.

        ``looked`` is when the client's connection was looked at; returned is when it was last: a look is a
        call of the system.
        """
        now, asked = time.monotonic(), ticket.asked
        if asked.deadline <= now:
            raise self._too_many("the query's time was up while others ran")
        if asked.client and now - looked >= GLANCE:
            looked = now
            if departed(asked.client):
                raise ClientLeft("the client closed the connection while others were served")
        with self.lock:
            self._hurry(now)
            seconds = self._changes(now)
        ticket.wait(min(seconds, asked.deadline - now, looked + GLANCE - now))
        if not ticket.ended:
            with self.lock:
                self._grant()
        return looked

    def _changes(self, now: float) -> float:
        """In how many seconds a query will have become long, or overdue, which nobody tells of."""
        soon = math.inf
        for slot in self._at_work():
            if not slot.long_at_work(now):
                soon = min(soon, slot.since + SMALL - now + 0.001)
            if slot.asked.client and slot.asked.arrival_deadline > now:
                soon = min(soon, slot.asked.arrival_deadline - now)
        return soon

    def _hurry(self, now: float) -> bool:
        """Have a reader make room whose query's time is over: it has more only while nobody waits.

        One at a time, the one that has been waited for longest. False if there is none.
        """
        clients = [slot.asked.client for slot in self._at_work() if slot.asked.arrival_deadline <= now]
        overdue = [client for client in clients if client]
        if overdue and not any(client.hurried for client in overdue):
            max(overdue, key=lambda client: client.waited).hurried = True
        return bool(overdue)

    def _too_many(self, message: str) -> TooManyQueries:
        return TooManyQueries(message, retry_after=self._retry_after)
