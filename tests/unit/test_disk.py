"""Durable writing: a file is the old one or the new one, whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kg import disk


def test_a_file_is_replaced_by_text_or_by_pieces(tmp_path: Path) -> None:
    file = tmp_path / "file"
    disk.replace(file, "Gəncə")
    assert file.read_text(encoding="utf-8") == "Gəncə"
    disk.replace(file, iter([b"a", b"b"]))
    assert file.read_bytes() == b"ab"
    assert list(tmp_path.iterdir()) == [file]


def test_a_failure_on_the_way_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "file"
    disk.replace(file, "old")

    def pieces() -> Iterator[bytes]:
        yield b"new"
        raise ValueError("torn")

    with pytest.raises(ValueError, match="torn"):
        disk.replace(file, pieces())
    assert file.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [file]
