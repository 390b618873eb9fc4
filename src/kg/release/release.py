"""One release: a folder that holds a store and says what is in it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kg import disk
from kg.errors import StoreDamaged
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

        Cheap: the manifest is read and every file is looked for and its size compared.
        Raises StoreDamaged, naming the file, if the folder is missing, half written or of a
        later format.
        """
        manifest = _json(path, MANIFEST)
        if manifest.get("format", FORMAT) != FORMAT:
            raise StoreDamaged(f"{path / MANIFEST}: format {manifest['format']} is unknown", hint="update kg")
        missing = [key for key in _REQUIRED if key not in manifest]
        if missing or not DIGEST.fullmatch(str(manifest["digest"])):
            what = f"{', '.join(missing)} missing" if missing else "the digest is not 64 hex digits"
            raise damaged(path / MANIFEST, what)
        if DIGEST.fullmatch(path.name) and path.name != manifest["digest"]:
            raise damaged(path / MANIFEST, f"it is of release {manifest['digest'][:12]}")
        _check_sizes(path)
        return cls(path, manifest["digest"], manifest)

    @property
    def store_path(self) -> Path:
        """The folder of the Oxigraph store."""
        return self.path / STORE

    @property
    def base(self) -> str:
        """The base IRI of the dataset; ends in a slash."""
        return str(self.manifest["dataset"]["base"])

    def open_store(self) -> Store:
        """The store, opened read-only. Raises StoreDamaged if RocksDB cannot open it."""
        import pyoxigraph

        try:
            return pyoxigraph.Store.read_only(str(self.store_path))
        except (OSError, ValueError) as error:
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
        recorded = {row["graph"]: row["digest"] for row in _json(self.path, GRAPHS)["graphs"]}
        for leaf in found:
            if recorded.get(leaf.graph) != leaf.digest:
                raise damaged(self.store_path, f"the triples of graph {leaf.graph} are not those published")
        if merkle.root(found) != self.digest:
            raise damaged(self.store_path, "a graph is missing")


def seal(path: Path) -> None:
    """Write the checksums of a staged release and make all of it durable."""
    rows = {}
    for file in disk.files_below(path):
        name = file.relative_to(path).as_posix()
        if _UNCHECKED.fullmatch(name):
            file.unlink()
        else:
            rows[name] = {"sha256": disk.sha256(file), "bytes": file.stat().st_size}
    (path / CHECKSUMS).write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    disk.sync_tree(path)


def damaged(path: Path, what: str) -> StoreDamaged:
    """The error for a release that is not what it should be."""
    return StoreDamaged(f"{path}: {what}", hint=_REMEDY)


def _check_sizes(path: Path) -> None:
    for name, (expected, _) in _checksums(path).items():
        try:
            size = (path / name).stat().st_size
        except OSError as error:
            raise damaged(path / name, "the file is missing") from error
        if size != expected:
            raise damaged(path / name, f"{size} bytes, not {expected}")


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
