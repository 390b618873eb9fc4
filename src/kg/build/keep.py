"""What a build keeps beside the releases, so that the next one makes anew only what has changed.

    <store>/<dataset>/ledger/
        index.sqlite     what the records say of one another, and what was made of each (``kg.build.ledger``)
        asserted/        a store of all asserted triples, merged: what the gate judges
        inferred.nq      the quads of the two derived graphs, sorted: their digests are taken over them
        provenance.nq
        analyses.json    what is known of the gate's queries (``kg.build.affected``)
        state.json       which release it belongs to, from which inputs; statistics; the gate's results

All of it is a cache. Without it, or where it belongs to another release, everything is made anew.
"""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from kg import disk
from kg.build.delta import Change
from kg.build.report import Result
from kg.build.shards import Statistics
from kg.errors import KgError
from kg.findings import Severity
from kg.records.dataset import Dataset
from kg.release import Release, Releases
from kg.release import digest as merkle

FOLDER: Final = "ledger"
INDEX: Final = "index.sqlite"
ASSERTED: Final = "asserted"
ANALYSES: Final = "analyses.json"
_STATE: Final = "state.json"
_FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class State:
    """What is known of a build beside the records. ``inputs`` are its files by name, with their digests."""

    release: str
    fixed: Mapping[str, Any]
    inputs: Mapping[str, str]
    statistics: Statistics
    results: tuple[Result, ...]

    def save(self, folder: Path) -> None:
        """Write it. Raises OSError."""
        numbers = self.statistics
        body = {
            "format": _FORMAT,
            "release": self.release,
            "fixed": self.fixed,
            "inputs": self.inputs,
            "classes": {term.decode(): n for term, n in numbers.classes.items()},
            "properties": {term.decode(): n for term, n in numbers.properties.items()},
            "entities": numbers.entities,
            "triples": numbers.triples,
            "results": [asdict(result) for result in self.results],
        }
        disk.replace(folder / _STATE, json.dumps(body, ensure_ascii=False))

    @classmethod
    def read(cls, folder: Path) -> State | None:
        """What was saved in a folder; None if it is not there, or of another format."""
        try:
            body = json.loads((folder / _STATE).read_text(encoding="utf-8"))
            if body["format"] != _FORMAT:
                return None
            numbers = Statistics(
                Counter({term.encode(): n for term, n in body["classes"].items()}),
                Counter({term.encode(): n for term, n in body["properties"].items()}),
                body["entities"],
                body["triples"],
            )
            results = (Result(**{**row, "severity": Severity(row["severity"])}) for row in body["results"])
            return cls(body["release"], body["fixed"], body["inputs"], numbers, tuple(results))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier build that a new one can begin with."""

    release: Release
    folder: Path
    state: State

    def copy(self, room: Path) -> None:
        """Copy it to where it can be changed. RocksDB's tables never change: hard links share them."""
        shutil.copyfile(self.folder / INDEX, folder(room) / INDEX)
        _share(self.folder / ASSERTED, folder(room) / ASSERTED)
        _share(self.release.store_path, room / "release" / "store")


def folder(room: Path) -> Path:
    """Where a build in this room gathers what it keeps."""
    path = room / FOLDER
    path.mkdir(exist_ok=True)
    return path


def fixed(dataset: Dataset, own: Mapping[str, Any], sources: Mapping[str, str] | None) -> dict[str, Any]:
    """What every record depends on: where one of these changes, everything is made anew."""
    names = ("base", "publisher", "curator", "language")
    return {**{name: getattr(dataset, name) for name in names}, "kg": own, "sources": sources}


@contextlib.contextmanager
def earlier(releases: Releases, wanted: Mapping[str, Any]) -> Iterator[Earlier | None]:
    """The last build, if it was made from the same ``fixed`` things and is whole; else None.

    Every byte of its release is compared first: the new one shares its files and takes over their checksums.
    While the block runs, what is kept and its release stay: ``save`` and pruning leave them alone.
    """
    with contextlib.ExitStack() as stack:
        yield _held(stack, releases, wanted)


def _held(stack: contextlib.ExitStack, releases: Releases, wanted: Mapping[str, Any]) -> Earlier | None:
    path = releases.path / FOLDER
    try:
        before = path.stat().st_ino
        stack.enter_context(disk.shared(path))
        state = State.read(path)
        if state is None or state.fixed != wanted or path.stat().st_ino != before:
            return None
        release = releases.open(state.release)
        stack.enter_context(disk.shared(release.path))
        release.verify()  # it may have been pruned before it was held
    except (OSError, KgError):
        return None
    return Earlier(release, path, state)


def save(room: Path, releases: Releases, state: State) -> None:
    """Put what a build has kept in its room in the place of what the last one had.

    Where that cannot be, the last one's stays, or none: the release is published, and the next build
    takes longer. So it is where another build is using what the last one had.
    """
    target = releases.path / FOLDER
    with contextlib.suppress(OSError):
        state.save(folder(room))
        if not target.exists():
            folder(room).rename(target)
            return
        with disk.alone(target) as free:
            if free:
                target.rename(room / "ledger-before")
                folder(room).rename(target)


def quads_file(folder: Path, kind: str) -> Path:
    """The file of a derived graph's quads, sorted, in a folder of what is kept."""
    return folder / f"{kind}.nq"


def write_quads(path: Path, graph: str, quads: Iterable[bytes]) -> merkle.GraphDigest:
    """Write the sorted quads of a derived graph, and take its digest as they pass. Raises OSError."""
    with path.open("wb", buffering=2**20) as out:

        def written() -> Iterator[bytes]:
            for quad in quads:
                out.write(quad)
                yield quad

        return merkle.of_quads(graph, written())


def splice(old: Path, new: Path, graph: str, change: Change) -> merkle.GraphDigest:
    """Write a file of sorted quads anew with a change to it; the digest of the result.

    ``change`` is in lines of triples. Raises OSError.
    """
    end = f"<{graph}> .\n".encode()
    quads = [(line[:-1] + end, come) for come in (True, False) for line in (change.gone, change.come)[come]]
    with old.open("rb") as source:
        size = os.fstat(source.fileno()).st_size
        text: Any = mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ) if size else b""

        def pieces() -> Iterator[bytes]:
            start = 0
            for quad, comes in sorted(quads):
                at = _place(text, quad)
                yield from _stretch(text, start, at)
                start = at if comes else at + len(quad)
                if comes:
                    yield quad
            yield from _stretch(text, start, size)

        with new.open("wb") as out:
            return merkle.of_text(graph, _through(pieces(), out.write))


def _through(pieces: Iterable[bytes], write: Any) -> Iterator[bytes]:
    for piece in pieces:
        write(piece)
        yield piece


def _stretch(text: Any, start: int, end: int) -> Iterator[bytes]:
    """A stretch in pieces that are not too large to hold."""
    for at in range(start, end, 2**20):
        yield text[at : min(end, at + 2**20)]


def _place(text: Any, line: bytes) -> int:
    """Where the line stands in sorted lines, or would stand."""
    low, high = 0, len(text)
    while low < high:
        middle = text.rfind(b"\n", low, (low + high) // 2) + 1 or low
        end = text.find(b"\n", middle) + 1
        if text[middle:end] < line:
            low = end
        else:
            high = middle
    return low


def _share(source: Path, target: Path) -> None:
    target.mkdir()
    for path in source.iterdir():
        if path.suffix == ".sst":
            try:
                os.link(path, target / path.name)
                continue
            except OSError:  # a file system without hard links
                pass
        if path.name != "LOCK":
            shutil.copyfile(path, target / path.name)
