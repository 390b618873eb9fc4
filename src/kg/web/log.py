"""The access log: one line on standard error for each answer, as text or JSON.

Nothing that a client sends can begin a line of its own: it is written as a JSON string, in ASCII,
and cut. A query's text stands there only where it was slow or failed.
"""

from __future__ import annotations

import contextlib
import json
import sys
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

MOST: Final = 4_000
"""Characters of a query that are logged."""

MOST_OF_A_PATH: Final = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """One answer."""

    id: str
    client: str
    method: str
    path: str
    status: int
    bytes: int
    seconds: float
    cache: str
    release: str
    whole: bool = True
    slow: bool = False
    query: str | None = None


def write(entry: Entry, form: str) -> None:
    """Put an entry on standard error; ``form`` is ``text``, ``json`` or ``off``. A full disk stops nobody."""
    if form == "off":
        return
    line = as_json(entry) if form == "json" else as_text(entry)
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(line + "\n")
        sys.stderr.flush()


def as_json(entry: Entry) -> str:
    """One line of JSON."""
    fields: dict[str, Any] = {
        "time": _now(),
        "id": entry.id,
        "client": entry.client,
        "method": entry.method,
        "path": entry.path[:MOST_OF_A_PATH],
        "status": entry.status,
        "bytes": entry.bytes,
        "seconds": round(entry.seconds, 6),
        "cache": entry.cache,
        "release": entry.release,
    }
    if not entry.whole:
        fields["cut"] = True
    if entry.slow:
        fields["slow"] = True
    if entry.query is not None:
        fields["query"] = entry.query[:MOST]
    return json.dumps(fields)


def as_text(entry: Entry) -> str:
    """One line for people."""
    words = [
        _now(),
        entry.client or "-",
        entry.method if entry.method.isalpha() else json.dumps(entry.method),
        json.dumps(entry.path[:MOST_OF_A_PATH]),
        str(entry.status),
        f"{entry.bytes}B",
        f"{entry.seconds * 1000:.1f}ms",
        f"cache={entry.cache}",
        f"id={entry.id}",
    ]
    if not entry.whole:
        words.append("cut")
    if entry.slow:
        words.append("slow")
    if entry.query is not None:
        words.append("query=" + json.dumps(entry.query[:MOST]))
    return " ".join(words)


def _now() -> str:
    """The time in UTC (RFC 3339), to the millisecond."""
    seconds = time.time()
    return f"{_second(int(seconds))}.{int(seconds % 1 * 1000):03}Z"


@lru_cache(maxsize=1)
def _second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
