"""One release: a folder that holds a store and says what is in it."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kg import disk
from kg.errors import ForeignFormat, NotFound, StoreDamaged
from kg.records.changes import Section
from kg.release import digest as merkle

if TYPE_CHECKING:
    from pyoxigraph import Store

FORMAT: Final = 1
"""Raised when an older kg could not read a newer release."""

DIGEST: Final = re.compile(r"[0-9a-f]{64}")
MANIFEST: Final = "manifest.json"
REPORT: Final = "report.json"
GRAPHS: Final = "graphs.json"
CHECKSUMS: Final = "checksums.json"
STORE: Final = "store"

CORRUPT: Final = "Corruption"
"""How a message of RocksDB begins when a part of a file has not the checksum that was written with it."""

_REQUIRED: Final = ("digest", "dataset", "counts", "inputs", "graphs", "findings", "software")
_UNCHECKED: Final = re.compile(r"store/(LOCK|LOG.*)")
"""RocksDB's lock and log: no data, and a reader may touch them."""

_REMEDY: Final = "build the dataset again: kg build, with the same dataset and store"


@dataclass(frozen=True, slots=True)
class Release:
    """A release that is whole: ``Release.open`` makes no other."""

    path: Path
    digest: str
    manifest: Mapping[str, Any]

    @classmethod
    def open(cls, path: Path) -> Release:
        """The release in a folder.

        Cheap: the manifest is read and compared with its checksum, and every file is looked for
        and its size compared. Raises StoreDamaged, naming the file, if the folder is missing or half
        written, and ForeignFormat if it is of a later format.
        """
        manifest = _json(path, MANIFEST)
        if manifest.get("format", FORMAT) != FORMAT:
            raise ForeignFormat(
                f"{path / MANIFEST}: format {manifest['format']} is unknown", hint="update kg"
            )
        missing = [key for key in _REQUIRED if key not in manifest]
        if missing or not DIGEST.fullmatch(str(manifest["digest"])):
            what = f"{', '.join(missing)} missing" if missing else "the digest is not 64 hex digits"
            raise damaged(path / MANIFEST, what)
        if DIGEST.fullmatch(path.name) and path.name != manifest["digest"]:
            raise damaged(path / MANIFEST, f"it is of release {manifest['digest'][:12]}")
        checksums = _check_sizes(path)
        if disk.sha256(path / MANIFEST) != checksums.get(MANIFEST, (0, ""))[1]:
            raise damaged(path / MANIFEST, "its checksum differs")
        return cls(path, manifest["digest"], manifest)

    @property
    def store_path(self) -> Path:
        """The folder of the Oxigraph store."""
        return self.path / STORE

    @property
    def kept(self) -> bool:
        """True unless it is made of files for the time that they are served (``kg.release.files``)."""
        return "default_graph" not in self.manifest["dataset"]

    @property
    def strict(self) -> bool:
        """True if its default graph is not the merge of all graphs."""
        return bool(self.manifest["dataset"].get("default_graph") == "strict")

    @property
    def base(self) -> str:
        """The base IRI of the dataset; ends in a slash."""
        return str(self.manifest["dataset"]["base"])

    @property
    def version(self) -> str:
        """The version of the dataset; empty where dataset.toml gives none."""
        return str(self.manifest["dataset"].get("version") or "")

    @property
    def size(self) -> int:
        """The bytes of its files."""
        return sum(size for size, _ in _checksums(self.path).values())

    @property
    def changes(self) -> tuple[Section, ...]:
        """The dataset's change notes as they were when it was built, the latest first."""
        return tuple(Section(each["title"], each["text"]) for each in self.manifest.get("changes", ()))

    def leaves(self) -> dict[str, str]:
        """Each named graph with the digest of its triples. Raises StoreDamaged."""
        try:
            return {row["graph"]: row["digest"] for row in _json(self.path, GRAPHS)["graphs"]}
        except (KeyError, TypeError) as error:
            raise damaged(self.path / GRAPHS, "a row has not both graph and digest") from error

    @contextlib.contextmanager
    def held(self) -> Iterator[Release]:
        """Keep the release from being pruned while it is read, here or in a forked child.

        Raises NotFound if it has been pruned since it was opened, and StoreDamaged where RocksDB, while
        the block reads, finds that a part of the store has not its checksum.
        """
        try:
            with disk.shared(self.path):
                self.path.stat()  # it may have gone between opening and holding
                yield self
        except FileNotFoundError as error:
            if self.path.is_dir():
                raise
            raise NotFound(f"{self.path}: the release has been removed", hint="kg releases list") from error
        except (OSError, RuntimeError) as error:
            if CORRUPT in str(error):
                raise damaged(self.store_path, str(error)) from error
            raise

    def open_store(self) -> Store:
        """The store, opened read-only. Raises StoreDamaged if RocksDB cannot open it."""
        import pyoxigraph

        try:
            return pyoxigraph.Store.read_only(str(self.store_path))
        except (OSError, RuntimeError, ValueError) as error:
            raise damaged(self.store_path, str(error)) from error

    def verify(self, deep: bool = False) -> None:
        """Compare every file with its checksum; ``deep`` also computes the digest anew from the store.

        Raises StoreDamaged, naming the file or graph, at the first difference.
        """
        checksums = _checksums(self.path)
        _check_sizes(self.path)
        for name, (_, expected) in checksums.items():
            if disk.sha256(self.path / name) != expected:
                raise damaged(self.path / name, "its checksum differs")
        for path in disk.files_below(self.path):
            name = path.relative_to(self.path).as_posix()
            if name not in (*checksums, CHECKSUMS) and not _UNCHECKED.fullmatch(name):
                raise damaged(path, "it does not belong to the release")
        if deep:
            self._verify_digest()

    def _verify_digest(self) -> None:
        found = merkle.of_store(self.open_store())
        recorded = self.leaves()
        for leaf in found:
            if recorded.get(leaf.graph) != leaf.digest:
                raise damaged(self.store_path, f"the triples of graph {leaf.graph} are not those published")
        if merkle.root(found) != self.digest:
            raise damaged(self.store_path, "a graph is missing")


def _digests(paths: Iterable[Path]) -> Iterator[str]:
    """The SHA-256 of each file. Several are read at once: hashing does not hold the interpreter's lock."""
    with ThreadPoolExecutor() as pool:
        yield from pool.map(disk.sha256, list(paths))


def seal(path: Path, like: Release | None = None) -> None:
    """Write the checksums of a staged release and make all of it durable.

    A file that is a hard link to one of the release ``like`` has the checksum that it has there.
    """
    known = _checksums(like.path) if like else {}
    files, shared = [], {}
    for file in disk.files_below(path):
        name = file.relative_to(path).as_posix()
        if _UNCHECKED.fullmatch(name):
            file.unlink()
        elif like and name in known and file.samefile(like.path / name):
            shared[name] = known[name][1]
        else:
            files.append(file)
    found = zip((file.relative_to(path).as_posix() for file in files), _digests(files), strict=True)
    digests = dict(sorted((*shared.items(), *found)))
    rows = {n: {"sha256": digest, "bytes": (path / n).stat().st_size} for n, digest in digests.items()}
    (path / CHECKSUMS).write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    disk.sync_tree(path)


def damaged(path: Path, what: str) -> StoreDamaged:
    """The error for a release that is not what it should be."""
    return StoreDamaged(f"{path}: {what}", hint=_REMEDY)


def _check_sizes(path: Path) -> dict[str, tuple[int, str]]:
    """Compare sizes; gives back the checksums, which say them."""
    checksums = _checksums(path)
    for name, (expected, _) in checksums.items():
        try:
            size = (path / name).stat().st_size
        except OSError as error:
            raise damaged(path / name, "the file is missing") from error
        if size != expected:
            raise damaged(path / name, f"{size} bytes, not {expected}")
    return checksums


def _checksums(path: Path) -> dict[str, tuple[int, str]]:
    rows = _json(path, CHECKSUMS)
    try:
        return {name: (int(row["bytes"]), str(row["sha256"])) for name, row in rows.items()}
    except (KeyError, TypeError, ValueError) as error:
        raise damaged(path / CHECKSUMS, "a row has not both bytes and sha256") from error


def _json(path: Path, name: str) -> dict[str, Any]:
    try:
        content = json.loads((path / name).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise damaged(path / name, "the file is missing") from error
    except (OSError, ValueError) as error:
        raise damaged(path / name, f"it cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise damaged(path / name, "it is not a JSON object")
    return content
