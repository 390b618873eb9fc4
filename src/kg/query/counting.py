"""An answer has no more than so many rows or triples; past that its query ends.

The engine writes a SELECT's rows itself, faster than Python could look at them one by one; so they are
counted in the bytes that come out, by what ends a row there. A CSV's line feeds within a value count too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from kg.errors import ResultTooLong

ENDS: Final = {
    "JSON": (b'},{"', b"},{}"),
    "XML": (b"</result>",),
    "CSV": (b"\n",),
    "TSV": (b"\n",),
}
"""The ends of a row, by pyoxigraph's name of the format. In JSON's strings a quote is escaped."""


def too_long(most: int) -> ResultTooLong:
    """The error for an answer of more rows than ``most``."""
    return ResultTooLong(
        f"the answer has more than {most} rows",
        hint="add a LIMIT; the whole dataset is at /export/dataset.nq",
    )


def counted(triples: Iterable[Any], most: int) -> Iterator[Any]:
    """The triples. Raises ResultTooLong after ``most`` of them."""
    for number, triple in enumerate(triples):
        if number == most:
            raise too_long(most)
        yield triple


class Counting:
    """A sink before a sink. ``write`` raises ResultTooLong once more than ``most`` rows have come."""

    def __init__(self, engine: str, write: Callable[[bytes], object], most: int) -> None:
        self.error: ResultTooLong | None = None
        self._pass_on = write
        self._ends = ENDS[engine]
        self._most = most
        # CSV and TSV have a line of their own on top, JSON has nothing after the last row.
        self._count = {"CSV": -1, "TSV": -1, "JSON": 1}.get(engine, 0)
        self._tail = b""

    def write(self, chunk: bytes) -> int:
        """Take some bytes."""
        joined = self._tail + chunk
        self._count += sum(map(joined.count, self._ends))
        self._tail = joined[1 - len(self._ends[0]) :] if len(self._ends[0]) > 1 else b""
        if self._count > self._most:
            self.error = too_long(self._most)
            raise self.error
        self._pass_on(chunk)
        return len(chunk)

    def flush(self) -> None:
        """Nothing waits."""
