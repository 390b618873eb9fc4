"""The history of a dataset's store: which release became current when, by a build or by going back.

``history.jsonl`` holds a line for each time: ``{"at": …, "by": "build" | "rollback", "digest": …}``.
It is a note for people and for ``kg releases rollback``; what is served is told by ``current`` alone,
and where the two differ (a build was killed between them) ``current`` is right.
"""

from __future__ import annotations

import contextlib
import datetime
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal

from kg import disk

FILE: Final = "history.jsonl"

MOST: Final = 10_000
"""Lines that are kept: about a megabyte, since each build writes the file anew."""

By = Literal["build", "rollback"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A release became current: when (UTC, to the second), by what, and which."""

    at: str
    by: By
    digest: str


def read(path: Path) -> tuple[Entry, ...]:
    """The entries, oldest first; none if there is no file. A line that is none is passed over."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ()
    found = []
    for line in lines:
        with contextlib.suppress(ValueError, KeyError, TypeError):
            row = json.loads(line)
            seconds(row["at"])
            found.append(Entry(row["at"], row["by"], str(row["digest"])))
    return tuple(found)


def add(path: Path, seconds: float, by: By, digest: str) -> None:
    """Note that a release becomes current, at a time in seconds since 1970. Raises OSError."""
    entries = (*read(path), Entry(stamp(seconds), by, digest))[-MOST:]
    disk.replace(path, (json.dumps(asdict(entry)).encode() + b"\n" for entry in entries))


def stamp(seconds: float) -> str:
    """A time for people and programs: ``2026-11-24T09:30:00Z``."""
    moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds(text: str) -> float:
    """The way back from ``stamp``. Raises ValueError or TypeError."""
    return datetime.datetime.fromisoformat(text).timestamp()


def lineage(before: Iterable[str], entries: Sequence[Entry], current: str) -> tuple[str, ...]:
    """The releases that led to ``current``, itself the last.

    A build follows on the release that was current; going back leaves out what came after. So the
    one before a release is what was served when it was built, not one that had been taken back.
    ``before`` are releases older than the history, the oldest first.
    """
    line = list(before)
    for entry in (*entries, Entry("", "rollback", current)):
        if entry.by == "rollback" and entry.digest in line:
            del line[len(line) - line[::-1].index(entry.digest) :]
        elif line[-1:] != [entry.digest]:
            line.append(entry.digest)
    return tuple(line)
