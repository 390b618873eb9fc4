"""Records to files. JSON lines and CSV: one file for each kind of record; YAML: files of 500 records."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, TextIO

from corpus import tables
from corpus.world import Record

_PER_FILE: Final = 500
_PLAIN: Final = re.compile(r"[a-z]+/[a-z0-9.-]+|[a-z]+(-[a-z]+)*")
"""Ids and names of concepts: the texts that YAML takes as they are."""


class Files:
    """The record files of a dataset, below ``records/``."""

    def __init__(self, root: Path, form: str) -> None:
        self.root = root / "records"
        self.root.mkdir()
        self.form = form
        self._open: dict[str, tuple[TextIO, int]] = {}

    def add(self, record: Record) -> None:
        """Write one record."""
        kind = record["id"].partition("/")[0]
        file, count = self._open.get(kind) or (self._new(kind, 0), 0)
        if self.form == "yaml" and count and count % _PER_FILE == 0:
            file.close()
            file = self._new(kind, count)
        file.write(as_yaml(record) if self.form == "yaml" else as_line(record))
        self._open[kind] = (file, count + 1)

    def close(self) -> None:
        for file, _ in self._open.values():
            file.close()
        for path in self.root.glob("*.jsonl") if self.form == "csv" else ():
            with path.with_suffix(".csv").open("w", encoding="utf-8", newline="") as out:
                tables.write(_read(path), _read(path), out)
            path.unlink()

    def _new(self, kind: str, count: int) -> TextIO:
        if self.form == "yaml":
            (self.root / kind).mkdir(exist_ok=True)
            path = self.root / kind / f"{count // _PER_FILE:04}.yaml"
        else:
            path = self.root / f"{kind}.jsonl"
        return path.open("w", encoding="utf-8", newline="\n")


def _read(path: Path) -> Iterator[Record]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def as_line(record: Record) -> str:
    """A record as a line of JSON."""
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n"


def as_yaml(record: Record) -> str:
    """A record as an item of a YAML list: a field to a line, and a line to each nested record."""
    lines = []
    for name, value in record.items():
        if isinstance(value, list):
            lines.append(f"  {name}:")
            lines += [f"    - {_flow(item)}" for item in value]
        else:
            lines.append(f"  {name}: {_flow(value)}")
    return "- " + "\n".join(lines)[2:] + "\n"


def _flow(value: Any) -> str:
    """A value in YAML's flow style; a text of JSON is one of YAML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_flow(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return value if _PLAIN.fullmatch(value) else json.dumps(value, ensure_ascii=False)
