"""Record files in pieces that can be read apart from each other: in parallel, or not again.

A YAML or JSON file is one piece. JSON lines and CSV are cut between records, and where they are cut
depends on the records alone: a record that is added, changed or removed leaves the other pieces as
they were, byte for byte. Memory stays flat whatever the size of the file.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Final
from zlib import crc32

from kg import vocab

MAX_RECORD: Final = 4 * 1024 * 1024
"""Bytes of a line of JSON, or of a record's rows of CSV; one text has 100,000 characters at most."""

_EVERY: Final = 64
"""So many records to a piece, on average: some 50 KB of events."""

_LARGEST: Final = 1024 * 1024
"""Where no record ends a piece by its content, its size does."""


class Form(StrEnum):
    """How the records of a file are written."""

    YAML = "yaml"
    JSON = "json"
    LINES = "json lines"
    TABLE = "csv"


FORMS: Final = {
    ".yaml": Form.YAML,
    ".yml": Form.YAML,
    ".json": Form.JSON,
    ".jsonl": Form.LINES,
    ".ndjson": Form.LINES,
    ".csv": Form.TABLE,
}
"""The form of a file by the ending of its name, in lower case."""


ROW_ID: Final = re.compile(rb'^"?' + vocab.LOCAL_ID.pattern.encode(), re.MULTILINE)
"""How a row of CSV begins that begins a record."""


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a file. ``line`` is that of its first byte; ``header`` the first row of a CSV file.

    Two pieces with the same form, header and content hold the same records, but for their places.
    """

    file: str
    line: int
    form: Form
    content: bytes
    header: bytes = b""

    @property
    def sha256(self) -> str:
        """The digest of what it depends on, in hex: its form, its header and its content."""
        parts = (self.form.encode(), hashlib.sha256(self.header).digest(), self.content)
        return hashlib.sha256(b"\n".join(parts)).hexdigest()


def blocks(path: Path, file: str, seen: Callable[[bytes], object] = len) -> Iterator[Block]:
    """The pieces of a record file, in order; at least one, empty where the file is.

    ``file`` is the name that findings give; ``seen`` is handed every byte of the file, for its digest.
    What goes beyond MAX_RECORD in one record is left out; reading the piece tells of it. Raises OSError.
    """
    form = FORMS[path.suffix.lower()]
    with path.open("rb") as opened:
        if form in (Form.YAML, Form.JSON):
            content = opened.read()
            seen(content)
            yield Block(file, 1, form, content)
        elif form is Form.LINES:
            yield from _cut(_lines(opened, seen), file, form)
        else:
            yield from _table(rows(_lines(opened, seen)), file)


def _lines(opened: BinaryIO, seen: Callable[[bytes], object]) -> Iterator[tuple[int, bytes]]:
    """Each line with its number, shortened where it is too long."""
    number = 0
    while line := opened.readline(MAX_RECORD + 1):
        number += 1
        seen(line)
        rest = line
        while not rest.endswith(b"\n") and (rest := opened.readline(MAX_RECORD)):
            seen(rest)
        yield number, line


def rows(lines: Iterator[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    """Rows of CSV from numbered lines (RFC 4180, section 2): one ends where its quotes are even in number.

    Of what goes beyond MAX_RECORD, the ids are kept that may begin a record: a quote that is not closed
    makes one row of all that follows.
    """
    for first, line in lines:
        row, size, odd = [line], len(line), line.count(b'"') % 2
        while odd and (more := next(lines, None)):
            odd ^= more[1].count(b'"') % 2
            if size <= MAX_RECORD:
                row.append(more[1])
            elif begins := ROW_ID.match(more[1]):
                row.append(begins[0] + b"\n")
            size += len(more[1])
        yield first, b"".join(row)


def _table(found: Iterator[tuple[int, bytes]], file: str) -> Iterator[Block]:
    """A row whose first cell is empty belongs to the record above it."""
    _, header = next(found, (1, b""))
    yield from _cut(_records(found), file, Form.TABLE, header)


def _records(found: Iterator[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    first, held, size = 0, list[bytes](), 0
    for line, row in found:
        if held and (not continues(row) or size > MAX_RECORD):
            yield first, b"".join(held)
            held, size = [], 0
        first = first if held else line
        held.append(row)
        size += len(row)
    if held:
        yield first, b"".join(held)


def continues(row: bytes) -> bool:
    """True for a row of CSV that begins no record, an empty line included."""
    return row.startswith((b",", b'"",')) or not row.strip()


def _cut(records: Iterator[tuple[int, bytes]], file: str, form: Form, header: bytes = b"") -> Iterator[Block]:
    line, held, size, told = 1, list[bytes](), 0, False
    for number, record in records:
        line = line if held else number
        held.append(record)
        size += len(record)
        if size >= _LARGEST or crc32(record) % _EVERY == 0:
            yield Block(file, line, form, b"".join(held), header)
            held, size, told = [], 0, True
    rest = b"".join(held)
    if rest.strip() or not told:
        yield Block(file, line, form, rest, header)
