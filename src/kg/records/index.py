"""What the records of a dataset say of one another, in SQLite: in memory for a few, in a file for many.

The tables hold one row for each block, record, id, reference and citation; lines are counted from
the block's first, so that a block that moves within its file keeps its rows. Checks between
records (``kg.records.check``) are queries on it.
"""

from __future__ import annotations

import contextlib
import errno
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, Self

from kg.findings import Finding, Location, Severity
from kg.records.entries import Content, Entry
from kg.records.passages import Digests

_TABLES: Final = """
CREATE TABLE block (no INTEGER PRIMARY KEY, rank INTEGER, file TEXT, line INTEGER, sha256 TEXT,
    findings TEXT);
CREATE TABLE lost (block INTEGER, name TEXT);
CREATE TABLE record (no INTEGER PRIMARY KEY, block INTEGER, id TEXT, line INTEGER, column INTEGER,
    curator TEXT, review TEXT, node TEXT);
CREATE TABLE thing (record INTEGER, id TEXT, type TEXT, line INTEGER, column INTEGER);
CREATE TABLE reference (record INTEGER, field TEXT, wanted TEXT, paths TEXT, line INTEGER, column INTEGER);
CREATE TABLE citation (record INTEGER, thing TEXT, passage TEXT, article TEXT, start INTEGER, stop INTEGER,
    line INTEGER, column INTEGER);
CREATE TABLE article (record INTEGER, name TEXT, source TEXT, source_line INTEGER, source_column INTEGER,
    start INTEGER, stop INTEGER, stop_line INTEGER, stop_column INTEGER);
CREATE TABLE digest (passage TEXT, article TEXT, sha256 TEXT, line INTEGER, column INTEGER);
"""
_INDEXES: Final = """
CREATE INDEX IF NOT EXISTS record_id ON record (id);
CREATE INDEX IF NOT EXISTS record_block ON record (block);
CREATE INDEX IF NOT EXISTS thing_id ON thing (id);
CREATE INDEX IF NOT EXISTS thing_record ON thing (record);
CREATE INDEX IF NOT EXISTS reference_wanted ON reference (wanted);
CREATE INDEX IF NOT EXISTS reference_record ON reference (record);
CREATE INDEX IF NOT EXISTS citation_passage ON citation (passage);
CREATE INDEX IF NOT EXISTS citation_article ON citation (article);
CREATE INDEX IF NOT EXISTS citation_record ON citation (record);
CREATE INDEX IF NOT EXISTS article_name ON article (name);
CREATE INDEX IF NOT EXISTS article_record ON article (record);
CREATE INDEX IF NOT EXISTS digest_passage ON digest (passage);
CREATE INDEX IF NOT EXISTS digest_article ON digest (article);
"""
_OF_RECORD: Final = ("thing", "reference", "citation", "article")


@contextlib.contextmanager
def on_disk(path: Path) -> Iterator[None]:
    """Turn SQLite's "disk I/O error" about a file into the OSError that the system gives for it."""
    try:
        yield
    except sqlite3.OperationalError as error:
        probe = path.with_suffix(".probe")
        try:
            with probe.open("wb") as file:
                file.seek(path.stat().st_size)
                file.write(bytes(2**17))
        finally:
            probe.unlink(missing_ok=True)
        raise OSError(errno.EIO, f"SQLite: {error}") from error


class Index:
    """The tables of one dataset. Close it when done; a file that is left open half-way is as it was."""

    def __init__(self, path: Path | None = None) -> None:
        self.db = sqlite3.connect(path or ":memory:", isolation_level=None)
        self.db.executescript("PRAGMA synchronous=OFF; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-65536;")
        self.script("" if self.one("SELECT 1 FROM sqlite_master WHERE name='block'") else _TABLES)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.db.close()

    def rows(self, query: str, *values: Any) -> Iterator[tuple[Any, ...]]:
        """The rows of a query."""
        return iter(self.db.execute(query, values))

    def one(self, query: str, *values: Any) -> Any:
        """The first value of the first row, or None."""
        row = self.db.execute(query, values).fetchone()
        return row[0] if row else None

    def finish(self) -> None:
        """Make what was added quick to find. To be called once, when all blocks are in."""
        self.script(_INDEXES)

    def script(self, text: str) -> None:
        """Run statements that make tables and the like. Commits."""
        self.db.executescript(text)
        self.db.execute("BEGIN")

    def add(self, content: Content, rank: int) -> tuple[int, list[int]]:
        """Add a block with all it holds; gives back its number, and those of its records, in order."""
        first = content.line
        findings = [_moved(finding, -first) for finding in content.findings]
        told = json.dumps(findings) if findings else None
        number = self._insert("block", (None, rank, content.file, first, content.sha256, told))
        self._many("lost", [(number, name) for name in sorted(content.lost)])
        return number, [self._record(entry, number, first) for entry in content.entries]

    def _record(self, entry: Entry, block: int, first: int) -> int:
        node = json.dumps(entry.node, ensure_ascii=False) if entry.article else None
        place = (entry.line - first, entry.column)
        number = self._insert(
            "record", (None, block, entry.id, *place, entry.curator, entry.review_state, node)
        )
        things = [(number, t.id, t.type, t.line - first, t.column) for t in entry.things]
        self._many("thing", things)
        self._many("reference", [(number, *r[:3], r.line - first, r.column) for r in entry.references])
        self._many("citation", [(number, *c[:5], c.line - first, c.column) for c in entry.citations])
        if a := entry.article:
            row = (number, *a[:2], a.source_line - first, a.source_column, a.start, a.stop)
            self._many("article", [(*row, a.stop_line - first, a.stop_column)])
        return number

    def remove(self, block: int) -> None:
        """Take a block out, with all it holds."""
        for table in _OF_RECORD:
            query = f"DELETE FROM {table} WHERE record IN (SELECT no FROM record WHERE block=?)"
            self.db.execute(query, (block,))
        for query in ("record WHERE block=?", "lost WHERE block=?", "block WHERE no=?"):
            self.db.execute(f"DELETE FROM {query}", (block,))

    def set_digests(self, digests: Digests) -> None:
        """Put the digests of passages.yaml in place of those that were there."""
        self.db.execute("DELETE FROM digest")
        rows = (
            (name, name.rpartition(".")[0], sha256, at.line, at.column)
            for name, (sha256, at) in digests.passages.items()
        )
        self._many("digest", rows)

    def findings(self) -> Iterator[Finding]:
        """What was found in the blocks themselves."""
        for text, line in self.rows("SELECT findings, line FROM block WHERE findings IS NOT NULL"):
            yield from (_finding(row, line) for row in json.loads(text))

    def lost(self) -> frozenset[str]:
        """The names of records that are there but could not be read: what refers to them is not at fault."""
        return frozenset(name for (name,) in self.rows("SELECT name FROM lost"))

    def ids(self, path: str) -> list[str]:
        """The ids that begin with this part, sorted."""
        found = self.rows(
            "SELECT DISTINCT id FROM thing WHERE id>? AND id<? ORDER BY id", f"{path}/", f"{path}0"
        )
        return [local for (local,) in found]

    def _insert(self, table: str, row: tuple[Any, ...]) -> int:
        marks = ",".join("?" * len(row))
        return int(self.db.execute(f"INSERT INTO {table} VALUES ({marks})", row).lastrowid or 0)

    def _many(self, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
        found = iter(rows)
        if (first := next(found, None)) is not None:
            query = f"INSERT INTO {table} VALUES ({','.join('?' * len(first))})"
            self.db.execute(query, first)
            self.db.executemany(query, found)


def _moved(finding: Finding, lines: int) -> Mapping[str, Any]:
    row = asdict(finding)
    if row["location"]:
        row["location"]["line"] += lines
    return row


def _finding(row: Mapping[str, Any], line: int) -> Finding:
    place = row["location"]
    at = Location(place["file"], place["line"] + line, place["column"]) if place else None
    return Finding(**{**row, "severity": Severity(row["severity"]), "location": at})
