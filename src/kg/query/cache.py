"""Answers that were given before, and the pool behind them.

A release never changes, so an answer never goes out of date: what is kept is dropped for want of room
only. Whole answers are kept, never errors and never stumps. A query that is under way already is
waited for and not begun again.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from kg.errors import ClientLeft, DeadlinePassed
from kg.formats import Format
from kg.query.canonical import canonical
from kg.query.process import Client, departed
from kg.query.request import Query, check_format

if TYPE_CHECKING:
    from kg.query.answer import Answer
    from kg.query.pool import Pool

MOST: Final = 1 << 20
"""Bytes of the largest answer that is kept; one of that size is whole before its first byte goes out."""

OVERHEAD: Final = 2_048
"""Bytes that an entry takes beside its content: a response has a dozen headers."""

GLANCE: Final = 1.0
"""Seconds between two looks at the connection of whoever waits for an answer that is under way."""

_NOTHING: Final[Mapping[str, str]] = {}


class Cache:
    """Values by key, up to a number of bytes; what was not used for longest goes first."""

    def __init__(self, mebibytes: int) -> None:
        """``mebibytes`` may be 0: then nothing is kept."""
        self.limit = mebibytes << 20
        self.most = min(MOST, self.limit // 4)
        self.bytes = 0
        self.tally: Counter[tuple[str, ...]] = Counter()
        self._kept: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Hashable) -> Any:
        """The value, or None."""
        with self._lock:
            if (found := self._kept.get(key)) is None:
                return None
            self._kept.move_to_end(key)
            return found[0]

    def put(self, key: Hashable, value: Any, size: int) -> None:
        """Keep a value of so many bytes, unless it is larger than ``most``."""
        if size > self.most:
            return
        size += OVERHEAD
        with self._lock:
            self.bytes += size - self._kept.pop(key, (None, 0))[1]
            self._kept[key] = (value, size)
            while self.bytes > self.limit:
                self.bytes -= self._kept.popitem(last=False)[1][1]

    def count(self, kind: str, hit: bool) -> None:
        """Note that something of this kind was there, or had to be made."""
        self.tally[kind, "hit" if hit else "miss"] += 1

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()
            self.bytes = 0


@dataclass(frozen=True, slots=True)
class Known:
    """A whole answer, which is kept; ``again``: it had been kept before."""

    body: bytes
    again: bool = False

    def __iter__(self) -> Iterator[bytes]:
        yield self.body

    def close(self) -> None:
        """There is nothing to end."""


class Long:
    """An answer too long to be kept: what was read of it, then the rest as it comes."""

    body = None

    def __init__(self, read: list[bytes], rest: Iterator[bytes], answer: Answer) -> None:
        self._chunks = chain(read, rest)
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        return self._chunks

    def close(self) -> None:
        """End the query, if it is still running."""
        self._answer.close()


class Answers:
    """A pool with a memory. ``scope`` names what an answer depends on beside the query: the release first."""

    def __init__(self, pool: Pool, cache: Cache, scope: str) -> None:
        self.pool = pool
        self._cache = cache
        self._scope = scope
        self._lock = threading.Lock()
        self._under_way: dict[Hashable, threading.Event | None] = {}
        """What is being asked, with that for which others wait, if there are any."""

    def run(
        self,
        query: Query,
        fmt: Format,
        *,
        timeout: float,
        prefixes: Mapping[str, str] = _NOTHING,
        client: Client | None = None,
    ) -> Known | Long | Answer:
        """The answer as chunks: out of memory, or from the pool. Raises as ``Pool.run`` does."""
        check_format(query, fmt)
        deadline = time.monotonic() + timeout

        def ask() -> Answer:
            left = max(deadline - time.monotonic(), 0.001)
            return self.pool.run(query, fmt, timeout=left, prefixes=prefixes, client=client)

        text = canonical(query) if self._cache.most else None
        key = None if text is None else self._key(text, query, fmt, prefixes)
        if key is None or (kept := self._kept_or_turn(key, deadline, client)) is TOO_LONG:
            return ask()
        if kept is not None:
            return Known(kept, again=True)
        try:
            return self._gathered(key, _length(key), ask())
        finally:
            with self._lock:
                if awaited := self._under_way.pop(key):
                    awaited.set()

    def _kept_or_turn(self, key: Hashable, deadline: float, client: Client | None) -> Any:
        """What is kept under a key; None, once, to whom it falls to ask, while all others wait."""
        while True:
            with self._lock:
                kept = self._cache.get(key)
                if kept is not None or key not in self._under_way:
                    if kept is None:
                        self._under_way[key] = None
                    self._cache.count("answer", kept not in (None, TOO_LONG))
                    return kept
                under_way = self._under_way[key] = self._under_way[key] or threading.Event()
            _wait(under_way, deadline, client)

    def _gathered(self, key: Hashable, length: int, answer: Answer) -> Known | Long:
        """Read an answer and keep it; ``length`` is that of its key."""
        if (body := answer.body) is not None:
            self._cache.put(key, body, length + len(body))
            return Known(body)
        parts: list[bytes] = []
        size = 0
        chunks = iter(answer)
        for chunk in chunks:
            parts.append(chunk)
            size += len(chunk)
            if size > self._cache.most:
                self._cache.put(key, TOO_LONG, length)
                return Long(parts, chunks, answer)
        body = b"".join(parts)
        self._cache.put(key, body, length + size)
        return Known(body)

    def _key(self, text: str, query: Query, fmt: Format, prefixes: Mapping[str, str]) -> Hashable:
        graphs = query.default_graphs, query.named_graphs
        document = tuple(sorted(prefixes.items())) if prefixes else ()
        return self._scope, text, fmt.name, query.base, graphs, query.prefixes, document


def _length(part: Any) -> int:
    """Characters of a key, all its parts together."""
    return len(part) if isinstance(part, str) else sum(map(_length, part))


TOO_LONG: Final = object()
"""Kept in the place of an answer that is too long: the next one who asks need not wait to see that."""


class Name:
    """A name for texts together: no other texts have it. It may be begun once, and ended in many ways."""

    def __init__(self, *parts: str) -> None:
        self._begun = hashlib.sha256(b"".join(map(_bounded, parts)))

    def of(self, *further: str) -> str:
        """The name of these texts behind those that it was begun with."""
        hashed = self._begun.copy()
        hashed.update(b"".join(map(_bounded, further)))
        return hashed.hexdigest()[:40]


def _bounded(part: str) -> bytes:
    encoded = part.encode("utf-8", "surrogatepass")
    return len(encoded).to_bytes(8, "big") + encoded


def _wait(under_way: threading.Event, deadline: float, client: Client | None) -> None:
    """Wait for whoever asks the same. Raises DeadlinePassed, and ClientLeft."""
    while not under_way.wait(min(max(deadline - time.monotonic(), 0), GLANCE)):
        if time.monotonic() >= deadline:
            raise DeadlinePassed("the query's time was up while another client's same query was at work")
        if client and departed(client):
            raise ClientLeft("the client closed the connection while its query was at work for another")
