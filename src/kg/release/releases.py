"""All releases of one dataset in a store folder, and which of them is current."""

from __future__ import annotations

import contextlib
import errno
import json
import secrets
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kg import disk, vocab
from kg.errors import NoRelease, NotFound, StoreDamaged, UsageError
from kg.release.release import DIGEST, Release, damaged, seal

_NOT_EMPTY: Final = (errno.ENOTEMPTY, errno.EEXIST)


@dataclass(frozen=True, slots=True)
class Releases:
    """The releases of a dataset below ``store_root``. Reading takes no lock and writes nothing.

    Raises UsageError for a dataset whose name is no slug: it would name a folder elsewhere.
    """

    store_root: Path
    dataset: str

    def __post_init__(self) -> None:
        if not vocab.SLUG.fullmatch(self.dataset):
            raise UsageError(
                f"{self.dataset!r} cannot name a dataset",
                hint="lower-case letters, digits and single hyphens",
            )

    @property
    def path(self) -> Path:
        """``<store>/<dataset>``."""
        return self.store_root / self.dataset

    def current_digest(self) -> str | None:
        """The digest in ``current``, or None if nothing was published. Raises StoreDamaged if it is none."""
        try:
            digest = self._current.read_text(encoding="utf-8").strip()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise damaged(self._current, f"it cannot be read: {error}") from error
        if not DIGEST.fullmatch(digest):
            raise damaged(self._current, "it does not hold the digest of a release")
        return digest

    def current(self) -> Release:
        """The release that is served. Raises NoRelease if there is none, StoreDamaged if it is not whole."""
        digest = self.current_digest()
        if digest is None:
            raise NoRelease(
                f"{self.path}: no release of {self.dataset} yet",
                hint="make one: kg build, with the same dataset and store",
            )
        return Release.open(self._folder(digest))

    def digests(self) -> tuple[str, ...]:
        """The releases there are, whole or damaged, the latest published first."""
        folders = [p for p in self._releases.glob("*") if DIGEST.fullmatch(p.name)]
        return tuple(p.name for p in sorted(folders, key=lambda p: (-p.stat().st_mtime_ns, p.name)))

    def list(self) -> tuple[Release, ...]:
        """The releases that are whole, the latest published first."""
        found = []
        for digest in self.digests():
            with contextlib.suppress(StoreDamaged):
                found.append(self.open(digest))
        return tuple(found)

    def open(self, digest: str) -> Release:
        """The release whose digest starts so. Raises NotFound if it is not exactly one, or StoreDamaged."""
        matches = [d for d in self.digests() if d.startswith(digest)]
        if len(matches) != 1:
            which = f"{len(matches)} releases start" if matches else "no release starts"
            raise NotFound(f"{self.path}: {which} with {digest!r}", hint="kg releases list")
        return Release.open(self._folder(matches[0]))

    def switch(self, digest: str) -> Release:
        """Make another release current: publishing, or rolling back. Raises NotFound, StoreDamaged."""
        release = self.open(digest)
        with disk.faults("switching the release", self.path), disk.locked(self._lock):
            disk.replace(self._current, release.digest + "\n")
        return release

    @contextlib.contextmanager
    def stage(self) -> Iterator[Path]:
        """A new, empty folder to write a release in; removed afterwards unless it was published.

        Folders left by builds that died are removed first; a build at work holds a lock on a
        file in its folder. Raises EnvironmentFault if the store cannot be written to.
        """
        with contextlib.ExitStack() as stack:
            with disk.faults("preparing a build", self.path):
                for folder in (self._releases, self._staging):
                    disk.make_folder(folder)
                with disk.locked(self._lock):
                    self._sweep()
                    room = self._staging / secrets.token_hex(8)
                    (room / "release").mkdir(parents=True)
                    stack.callback(shutil.rmtree, room, ignore_errors=True)
                    stack.enter_context(disk.locked(room / "lock"))
            yield room / "release"

    def publish(self, staged: Path, digest: str, inputs: Mapping[str, Any] | None = None) -> Release:
        """Make a staged folder the release ``digest``, switch to it, and note what went into it.

        If an intact release of that digest exists already, the staged copy is discarded; a
        damaged one is replaced. Raises EnvironmentFault; ``current`` is then what it was.
        """
        with disk.faults("publishing the release", self.path):
            seal(staged)
            with disk.locked(self._lock):
                self._settle(staged, self._folder(digest))
                disk.replace(self._current, digest + "\n")
                disk.replace(self._inputs, _text({"digest": digest, "inputs": inputs or {}}))
        return Release.open(self._folder(digest))

    def last_inputs(self) -> Mapping[str, Any] | None:
        """What went into the build that made the current release; None if that is not known.

        It stands beside the releases, because other inputs (a comment, say) may give the same release.
        """
        try:
            note = json.loads(self._inputs.read_text(encoding="utf-8"))
            return note["inputs"] if note["digest"] == self.current_digest() else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _settle(self, staged: Path, target: Path) -> None:
        try:
            staged.rename(target)
        except OSError as error:
            if error.errno not in _NOT_EMPTY:
                raise
            try:
                Release.open(target).verify()
            except StoreDamaged:
                target.rename(staged.with_name("damaged"))
                staged.rename(target)
        disk.sync(self._releases)

    def _sweep(self) -> None:
        for part in self.path.glob(f".*{disk.PART}"):
            part.unlink(missing_ok=True)
        for room in self._staging.glob("*"):
            if not disk.is_locked(room / "lock"):
                shutil.rmtree(room, ignore_errors=True)

    def _folder(self, digest: str) -> Path:
        return self._releases / digest

    @property
    def _releases(self) -> Path:
        return self.path / "releases"

    @property
    def _staging(self) -> Path:
        return self.path / "staging"

    @property
    def _current(self) -> Path:
        return self.path / "current"

    @property
    def _inputs(self) -> Path:
        return self.path / "inputs.json"

    @property
    def _lock(self) -> Path:
        return self.path / "lock"


def _text(content: Mapping[str, Any]) -> str:
    return json.dumps(content, indent=2, sort_keys=True) + "\n"
