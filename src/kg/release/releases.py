"""All releases of one dataset in a store folder, and which of them is current."""

from __future__ import annotations

import contextlib
import errno
import json
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kg import disk, vocab
from kg.errors import ForeignFormat, NoRelease, NotFound, StoreDamaged, UsageError
from kg.release import history
from kg.release.pruning import Keep, Pruned, Standing
from kg.release.release import DIGEST, Release, damaged, seal

CURRENT: Final = "current"
PREVIOUS: Final = "previous"
"""Words that stand for a digest: what is served, and what was served when that was built."""

_PREFIX: Final = re.compile(r"[0-9a-f]{1,64}")
_NOT_EMPTY: Final = (errno.ENOTEMPTY, errno.EEXIST)


@dataclass(frozen=True, slots=True)
class Releases:
    """The releases of a dataset below ``store_root``. Reading waits for no lock and writes nothing.

    ``clock`` gives the seconds since 1970. Raises UsageError for a dataset whose name is no slug: it
    would name a folder elsewhere.
    """

    store_root: Path
    dataset: str
    clock: Callable[[], float] = time.time

    def __post_init__(self) -> None:
        if not vocab.SLUG.fullmatch(self.dataset):
            raise UsageError(
                f"{self.dataset!r} cannot name a dataset",
                hint="lower-case letters, digits and single hyphens",
            )

    @classmethod
    def of(cls, store_root: Path, name_or_folder: str | Path | None) -> Releases:
        """The releases of the dataset of this name or folder; of the bundled one for None.

        A name that is in the store is enough: releases can be read where the records are not at hand.
        Raises NotFound if there is no such dataset, DataError if its dataset.toml is wrong.
        """
        from kg.records import dataset

        try:
            return cls(store_root, dataset.find(name_or_folder).name)
        except NotFound:
            name = str(name_or_folder)
            if vocab.SLUG.fullmatch(name) and (store_root / name / "releases").is_dir():
                return cls(store_root, name)
            raise

    @classmethod
    def beside(cls, release: Release) -> Releases | None:
        """The releases among which one stands, or None for a folder that stands alone."""
        folder = release.path.parent
        if release.path.name != release.digest or folder.name != "releases":
            return None
        return cls(folder.parent.parent, folder.parent.name)

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
        return Release.open(self._folder(self._digest()))

    def digests(self) -> tuple[str, ...]:
        """The releases there are, whole or damaged, the latest built first."""
        built = {entry.digest: n for n, entry in enumerate(self._entries()) if entry.by == "build"}
        times = self._folder_times()
        return tuple(sorted(times, key=lambda d: (-built.get(d, -1), -times[d], d)))

    def built_at(self, digest: str) -> str:
        """When a release was last built, in UTC: as the history has it, else as its folder has."""
        return history.stamp(self._built(digest))

    def list(self) -> tuple[Release, ...]:
        """The releases that are whole, the latest built first."""
        found = []
        for digest in self.digests():
            with contextlib.suppress(StoreDamaged):
                found.append(Release.open(self._folder(digest)))
        return tuple(found)

    def lineage(self) -> tuple[str, ...]:
        """The releases still there that led to the current one, itself the last; empty without one."""
        current = self.current_digest()
        if current is None:
            return ()
        entries = self._entries()
        noted = {entry.digest for entry in entries}
        times = self._folder_times()
        older = [d for d in sorted(times, key=lambda d: (times[d], d)) if d not in noted]
        line = history.lineage(older, entries, current)
        return tuple(d for d in line if d in times or d == current)

    def find(self, name: str) -> str:
        """The digest that ``name`` means: a digest, its first digits, ``current`` or ``previous``.

        Raises NotFound if it is not exactly one, UsageError if it can be none, NoRelease for
        ``current`` where nothing was published.
        """
        if name == CURRENT:
            return self._digest()
        if name == PREVIOUS:
            return self._previous()
        if not _PREFIX.fullmatch(name.lower()):
            raise UsageError(
                f"{name!r} is no release",
                hint=f"a digest or its first digits, {CURRENT!r} or {PREVIOUS!r}: kg releases list",
            )
        matches = [d for d in self.digests() if d.startswith(name.lower())]
        if not matches:
            raise NotFound(f"{self.path}: no release starts with {name!r}", hint="kg releases list")
        if len(matches) > 1:
            which = ", ".join(d[:12] for d in matches)
            raise NotFound(
                f"{self.path}: {len(matches)} releases start with {name!r}", hint=f"which of {which}?"
            )
        return matches[0]

    def open(self, name: str) -> Release:
        """The release that ``name`` means, as ``find`` reads it. Raises as that does, and StoreDamaged."""
        return Release.open(self._folder(self.find(name)))

    def switch(self, name: str) -> Release:
        """Make another release current: going back, or forth again.

        Every byte of it is compared first. Raises as ``open`` does, and EnvironmentFault; ``current`` is
        then what it was.
        """
        with self._writing("switching the release"):
            release = self.open(name)
            release.verify()
            current = self.current_digest_or_none()
            if release.digest != current:
                if current and not self._entries():  # a store older than the history
                    history.add(self._history, self._built(current), "build", current)
                self._make_current(release.digest, "rollback")
        return release

    def prune(self, keep: Keep, *, dry_run: bool = False) -> Pruned:
        """Remove the releases that the rule does not keep; never the current one, nor one being read.

        A release leaves ``releases/`` by a rename and is deleted elsewhere: killed at any moment, it is
        there whole or not at all, and the next build or pruning clears what is left. ``dry_run``
        removes nothing.
        Raises NoRelease or StoreDamaged if it cannot be told which one is current, and EnvironmentFault.
        """
        removed: dict[str, int] = {}
        self._digest()
        with contextlib.ExitStack() as stack:
            room = None if dry_run else stack.enter_context(self._room())
            if room is not None:
                stack.enter_context(self._writing("removing releases"))
            standing = [self._standing(digest) for digest in self.digests()]
            kept = keep.reasons(standing, self._digest())
            for digest in (each.digest for each in standing if each.digest not in kept):
                folder = self._folder(digest)
                with disk.alone(folder) as alone:
                    if not alone:
                        kept[digest] = "being read or served"
                        continue
                    removed[digest] = sum(file.stat().st_size for file in disk.files_below(folder))
                    if room is not None:
                        folder.rename(room / digest)
            if removed and room is not None:
                disk.sync(self._releases)
            return Pruned(
                removed, {each.digest: kept[each.digest] for each in standing if each.digest in kept}
            )

    @contextlib.contextmanager
    def stage(self) -> Iterator[Path]:
        """A new, empty folder to write a release in; removed afterwards unless it was published.

        Raises EnvironmentFault if the store cannot be written to.
        """
        with self._room() as room:
            yield room / "release"

    def publish(
        self,
        staged: Path,
        digest: str,
        inputs: Mapping[str, Any] | None = None,
        like: Release | None = None,
    ) -> Release:
        """Make a staged folder the release ``digest``, switch to it, and note what went into it.

        Files that it shares with the release ``like`` are not read again for their checksums.

        If an intact release of that digest exists already, the staged copy is discarded; a
        damaged one is replaced. Raises EnvironmentFault; ``current`` is then what it was.
        """
        with disk.faults("publishing the release", self.path):
            seal(staged, like)
            with disk.locked(self._lock):
                self._settle(staged, self._folder(digest))
                self._make_current(digest, "build")
                disk.replace(self._inputs, _text({"digest": digest, "inputs": inputs or {}}))
        return Release.open(self._folder(digest))

    def last_inputs(self) -> Mapping[str, Any] | None:
        """What went into the last build; None if that is not known.

        It stands beside the releases, because other inputs (a comment, say) may give the same release,
        and because one who has gone back to an older release wants no build before the inputs change.
        """
        try:
            note = json.loads(self._inputs.read_text(encoding="utf-8"))
            return note["inputs"] if note["digest"] == (self.last_built() or self.current_digest()) else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def last_built(self) -> str | None:
        """The digest of the last build; None if that is not known."""
        return next((entry.digest for entry in reversed(self._entries()) if entry.by == "build"), None)

    @contextlib.contextmanager
    def _room(self) -> Iterator[Path]:
        """A folder below staging with an empty folder ``release``; all of it goes when the block ends.

        Folders left by the dead are removed first; whoever is at work holds a lock on a file there.
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
            yield room

    @contextlib.contextmanager
    def _writing(self, doing: str) -> Iterator[None]:
        """Hold the lock on what is current. Raises NoRelease where nothing was ever published."""
        if not self.path.is_dir():
            self._digest()
        with disk.faults(doing, self.path), disk.locked(self._lock):
            yield

    def _make_current(self, digest: str, by: history.By) -> None:
        """The history first: a fault there leaves ``current``, and what it says too much is passed over."""
        history.add(self._history, self.clock(), by, digest)
        disk.replace(self._current, digest + "\n")

    def _digest(self) -> str:
        """The current digest. Raises NoRelease, StoreDamaged."""
        digest = self.current_digest()
        if digest is None:
            raise NoRelease(
                f"{self.path}: no release of {self.dataset} yet",
                hint="make one: kg build, with the same dataset and store",
            )
        return digest

    def current_digest_or_none(self) -> str | None:
        """The current digest; None also where ``current`` is damaged, which going back mends."""
        try:
            return self.current_digest()
        except StoreDamaged:
            return None

    def _previous(self) -> str:
        self._digest()
        line = self.lineage()
        if len(line) < 2:
            raise NotFound(
                f"{self.path}: there is no release before {line[-1][:12]}",
                hint="kg releases list shows what there is; name one by its digest",
            )
        return line[-2]

    def _standing(self, digest: str) -> Standing:
        age = self.clock() - self._built(digest)
        try:
            Release.open(self._folder(digest))
        except StoreDamaged as error:
            return Standing(digest, age, error.message, isinstance(error, ForeignFormat))
        return Standing(digest, age)

    def _built(self, digest: str) -> float:
        for entry in reversed(self._entries()):
            if (entry.digest, entry.by) == (digest, "build"):
                return history.seconds(entry.at)
        return self._folder(digest).stat().st_mtime

    def _entries(self) -> tuple[history.Entry, ...]:
        return history.read(self._history)

    def _folder_times(self) -> dict[str, int]:
        """The releases there are, each with when its folder was written, in nanoseconds."""
        folders = (p for p in self._releases.glob("*") if DIGEST.fullmatch(p.name))
        return {p.name: p.stat().st_mtime_ns for p in folders}

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
    def _history(self) -> Path:
        return self.path / history.FILE

    @property
    def _lock(self) -> Path:
        return self.path / "lock"


def _text(content: Mapping[str, Any]) -> str:
    return json.dumps(content, indent=2, sort_keys=True) + "\n"
