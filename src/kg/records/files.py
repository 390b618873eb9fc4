"""Which files of a dataset's folder hold records, and what is passed over there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kg.findings import Finding, Location, Severity
from kg.records import passages
from kg.records.blocks import FORMS
from kg.records.dataset import Dataset


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file of the dataset. ``path`` is relative to its folder; ``sha256`` in hexadecimal."""

    path: str
    sha256: str


def record_files(dataset: Dataset) -> list[Path]:
    """The record files of a dataset, sorted.

    Those with an ending of ``kg.records.blocks.FORMS`` in any case, in any folder below; hidden ones and
    passages.yaml are none.
    """
    found = (
        Path(folder, name)
        for folder, _, names in _walk(dataset)
        for name in names
        if not name.startswith(".") and Path(name).suffix.lower() in FORMS
    )
    return sorted(
        path
        for path in found
        if (path.is_file() or not path.exists())  # a link to nowhere is told of; a pipe would never end
        and path != dataset.root / passages.FILE
    )


def passed_over(dataset: Dataset) -> Iterator[Finding]:
    """A warning for each link to a folder: it is not followed, for it could lead out or in circles."""
    for folder, folders, _ in _walk(dataset):
        for name in folders:
            path = Path(folder, name)
            if path.is_symlink():
                yield Finding(
                    Severity.WARNING,
                    "linked-folder",
                    "a link to a folder is not followed: no record in it is read",
                    "put the folder itself here",
                    Location(shown(dataset, path)),
                )


def shown(dataset: Dataset, path: Path) -> str:
    """The file's name relative to the dataset, as findings give it: bytes that are no UTF-8 are escaped."""
    return os.fsencode(path.relative_to(dataset.root).as_posix()).decode("utf-8", "backslashreplace")


def _walk(dataset: Dataset) -> Iterator[tuple[str, list[str], list[str]]]:
    for folder, folders, names in os.walk(dataset.root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield folder, folders, names
