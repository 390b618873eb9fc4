"""Record files in blocks: pieces that can be read by themselves, and that a cache can know again.

A block is named by its file, its first line and its bytes; what is read in it has no other place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kg import disk
from kg.errors import EnvironmentFault
from kg.findings import Location
from kg.records.parse import Parser, Record, names_in
from kg.records.reader import read


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a record file: ``size`` bytes from ``start``, the first of them on line ``line``."""

    path: Path
    file: str
    line: int
    start: int
    size: int
    sha256: str

    def content(self) -> bytes:
        """Its bytes. Raises EnvironmentFault if the file has changed since, or is gone."""
        with disk.faults("reading the records", self.path), self.path.open("rb") as file:
            file.seek(self.start)
            content = file.read(self.size)
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise EnvironmentFault(f"{self.path} was changed while it was read", hint="run it again")
        return content


def blocks(path: Path, file: str) -> Iterator[Block]:
    """The blocks of a file, in order; ``file`` is the name that findings give. Raises OSError."""
    content = path.read_bytes()
    yield Block(path, file, 1, 0, len(content), hashlib.sha256(content).hexdigest())


def records(block: Block, parser: Parser) -> list[Record]:
    """The records of a block; the faults are noted with the parser. Raises as ``Block.content`` does."""
    content = block.content()
    tree = read(content, block.file)
    parser.findings.extend(tree.findings)
    if not tree.findings or tree.root is not None:
        return parser.file(tree.root, Location(block.file))
    parser.lost.update(names_in(content))
    return []
