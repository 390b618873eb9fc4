"""Lines in shards: those of one subject are together, so that each shard is finished by itself.

While records are made, lines are appended to the shards of a folder, by kind: asserted,
implied (by one record alone) and provenance. ``finish`` then takes a shard as a set: what is inferred
is what is implied and not asserted; all of it once is the shard's part of the default graph;
and the statistics of the shards add up to those of the whole. Memory is that of one shard.
"""

from __future__ import annotations

import heapq
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from zlib import crc32

from kg.build.lines import TYPE, split

ASSERTED: Final = "asserted"
IMPLIED: Final = "implied"
PROVENANCE: Final = "provenance"
INFERRED: Final = "inferred"
DESCRIPTION: Final = "description"
MERGED: Final = "merged"
QUADS: Final = "quads"
_BYTES: Final = 4_000_000
"""Of records to a shard. As lines they are some ten times as many."""


@dataclass(slots=True)
class Statistics:
    """How often each class and property occurs, how many things and triples there are."""

    classes: Counter[bytes] = field(default_factory=Counter)
    properties: Counter[bytes] = field(default_factory=Counter)
    entities: int = 0
    triples: int = 0

    def add(self, other: Statistics) -> None:
        """Count the other's too."""
        self.classes.update(other.classes)
        self.properties.update(other.properties)
        self.entities += other.entities
        self.triples += other.triples

    def subtract(self, other: Statistics) -> None:
        """Count the other's no more; what does not occur is left out."""
        self.classes = +(self.classes - other.classes)
        self.properties = +(self.properties - other.properties)
        self.entities -= other.entities
        self.triples -= other.triples


def number(size: int) -> int:
    """How many shards there should be for so many bytes of records."""
    return max(1, min(64, size // _BYTES))


@dataclass(slots=True)
class Shards:
    """The shards of a folder, for one process to append to; ``count`` of them."""

    folder: Path
    count: int
    _waiting: dict[tuple[str, int], list[bytes]] = field(default_factory=lambda: defaultdict(list))

    def put(self, kind: str, lines: Iterable[bytes]) -> None:
        """Append lines, each to the shard of its subject. They are on disk after ``flush``."""
        for line in lines:
            subject = line[: line.index(b" ")]
            self._waiting[kind, crc32(subject) % self.count].append(line)

    def flush(self) -> None:
        """Write what waits. Raises OSError."""
        for (kind, shard), lines in self._waiting.items():
            with (self.folder / f"{kind}.{shard}.{os.getpid()}").open("ab") as file:
                file.write(b"\n".join(lines) + b"\n")
        self._waiting.clear()

    def files(self, kind: str, shard: int | None = None) -> list[Path]:
        """What was written of a kind, by all processes; of one shard, or of all."""
        return sorted(self.folder.glob(f"{kind}.{'*' if shard is None else shard}.*"))

    def read(self, kind: str, shard: int) -> Iterator[bytes]:
        """The lines of a kind in a shard, in no order."""
        for path in self.files(kind, shard):
            yield from path.read_bytes().split(b"\n")[:-1]

    def finish(self, shard: int, space: bytes, ends: Mapping[str, bytes]) -> Statistics:
        """Infer, merge and count one shard.

        ``space`` is how the dataset's ids begin; ``ends`` how the quads of the inferred and the
        provenance graph end. Raises OSError.
        """
        asserted = set(self.read(ASSERTED, shard))
        inferred = set(self.read(IMPLIED, shard)) - asserted
        provenance = set(self.read(PROVENANCE, shard))
        for kind, lines in ((INFERRED, inferred), (PROVENANCE, provenance)):
            self._write(f"{kind}-quads", shard, [line[:-1] + ends[kind] for line in sorted(lines)])
        merged = asserted | inferred | provenance
        self._write(MERGED, shard, merged)
        return statistics(merged, space)

    def _write(self, kind: str, shard: int, lines: Iterable[bytes]) -> None:
        with (self.folder / f"{kind}.{shard}.all").open("wb") as file:
            file.writelines([line + b"\n" for line in lines])

    def quads(self, kind: str) -> Iterator[bytes]:
        """The quads of the inferred or the provenance graph, with their line feeds, in order."""
        with ExitStack() as stack:
            files = [stack.enter_context(path.open("rb")) for path in self.files(f"{kind}-quads")]
            yield from heapq.merge(*files)

    def everything(self) -> list[Path]:
        """The files of all quads, named graphs and default graph, once all shards are finished."""
        kinds = (QUADS, f"{INFERRED}-quads", f"{PROVENANCE}-quads", MERGED)
        return [path for kind in kinds for path in self.files(kind)]


def statistics(lines: Iterable[bytes], space: bytes) -> Statistics:
    """What VoID wants to know of lines that are all different."""
    found = Statistics()
    subjects: set[bytes] = set()
    for line in lines:
        subject, predicate, value = split(line)
        found.properties[predicate] += 1
        found.triples += 1
        if predicate == TYPE:
            found.classes[value] += 1
        if subject.startswith(space):
            subjects.add(subject)
    found.entities = len(subjects)
    return found
