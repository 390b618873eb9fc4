"""Durable writing: what is said to be on disk is on disk, and a fault says what to do.

A file is durable when it and the folder that names it have been fsynced (POSIX fsync, rename).
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from kg.errors import EnvironmentFault

PART: Final = ".part"
"""The ending of a file that is being written; one that stays behind is of a writer that died."""

_REMEDIES: Final = {
    errno.ENOSPC: "free some space there, or choose another folder with --store",
    errno.EDQUOT: "free some of your quota, or choose another folder with --store",
    errno.EFBIG: "the limit on file sizes is too low: raise it, or choose another folder with --store",
    errno.EACCES: "make the folder writable for you, or choose another with --store",
    errno.EPERM: "make the folder writable for you, or choose another with --store",
    errno.EROFS: "the file system is read-only: choose another folder with --store",
    errno.ENOTDIR: "a file stands where a folder is needed: choose another folder with --store",
    errno.EEXIST: "a file stands where a folder is needed: choose another folder with --store",
    errno.EMFILE: "too many files are open: raise the limit (ulimit -n)",
}


@contextlib.contextmanager
def faults(doing: str, path: Path) -> Iterator[None]:
    """Turn an OSError, of Python or of RocksDB, into an EnvironmentFault with path and remedy."""
    try:
        yield
    except OSError as error:
        raise EnvironmentFault(
            f"{path}: {doing} failed: {error.strerror or error}", hint=_REMEDIES.get(_number(error))
        ) from error


def _number(error: OSError) -> int:
    """The errno; RocksDB's errors carry it only as text ("IO error: No space left on device: …")."""
    if error.errno:
        return error.errno
    return next((n for n in _REMEDIES if os.strerror(n) in str(error)), 0)


def sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def files_below(folder: Path) -> Iterator[Path]:
    """Every file below a folder, sorted by path."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def sync(path: Path) -> None:
    """Make a file's bytes, or a folder's entries, durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_tree(folder: Path) -> None:
    """Make everything below a folder durable, and the folder itself; the deepest first."""
    for path in sorted(folder.rglob("*"), reverse=True):
        sync(path)
    sync(folder)


def make_folder(path: Path) -> None:
    """Create a folder and its missing parents, durably."""
    if not path.is_dir():
        make_folder(path.parent)
        path.mkdir(exist_ok=True)
        sync(path.parent)


def replace(path: Path, content: str | Iterable[bytes]) -> None:
    """Replace a file's content atomically and durably: readers see the old or the new, never a part.

    ``content`` is text, or pieces as they come. What making a piece raises goes through and leaves
    the old file; so does an OSError.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}{PART}")
    try:
        with part.open("xb") as out:
            out.writelines([content.encode()] if isinstance(content, str) else content)
        sync(part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    sync(path.parent)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file, created if need be; the system frees it when a holder dies."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def shared(folder: Path) -> Iterator[None]:
    """Show that a folder is being read, for as long as the block or a child forked in it lives.

    Writes nothing: the lock is on the folder itself. Where the file system has no such locks
    nothing is shown. Raises OSError if the folder cannot be opened.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_SH)
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[bool]:
    """Whether nobody reads the folder (``shared``); if so, new readers wait until the block ends."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)


def is_locked(path: Path) -> bool:
    """True if a living process holds the lock on this file."""
    try:
        with path.open("r") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
