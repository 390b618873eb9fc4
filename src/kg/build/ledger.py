"""The ledger of a build: the index of the records, and what was made of each of them.

It is kept beside the releases, so that the next build makes anew only what has changed. It is a
cache: without it, or with one that belongs to another release, everything is made anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from kg import vocab
from kg.build.graphs import Links
from kg.build.work import Kept
from kg.records import model
from kg.records.index import Index
from kg.release.digest import GraphDigest

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS graph (record INTEGER PRIMARY KEY, name TEXT, leaf TEXT, triples INTEGER);
CREATE TABLE IF NOT EXISTS dated (record INTEGER, thing BLOB, earliest BLOB, latest BLOB);
CREATE TABLE IF NOT EXISTS part (record INTEGER, part BLOB, link BLOB, whole BLOB);
CREATE TABLE IF NOT EXISTS edge (record INTEGER, subject BLOB, property BLOB, object BLOB);
"""
_INDEXES: Final = """
CREATE INDEX IF NOT EXISTS dated_thing ON dated (thing);
CREATE INDEX IF NOT EXISTS dated_record ON dated (record);
CREATE INDEX IF NOT EXISTS part_part ON part (part);
CREATE INDEX IF NOT EXISTS part_whole ON part (whole);
CREATE INDEX IF NOT EXISTS part_record ON part (record);
CREATE INDEX IF NOT EXISTS edge_record ON edge (record);
"""


class Ledger(Index):
    """An index with a row for each graph, and with what inferences from several records need."""

    def __init__(self, path: Path | None = None) -> None:
        super().__init__(path)
        self.script(_TABLES)

    def finish(self) -> None:
        super().finish()
        self.script(_INDEXES)

    def note(self, record: int, made: Kept) -> None:
        """Keep what was made of a record, of which nothing is kept yet."""
        leaf, links = made.leaf, made.links
        self._insert("graph", (record, leaf.graph, leaf.digest, leaf.triples))
        for table, rows in (("dated", links.dated), ("part", links.parts), ("edge", links.edges)):
            self._many(table, [(record, *row) for row in rows])

    def forget(self, record: int) -> None:
        """Remove what was made of a record."""
        for table in ("graph", "dated", "part", "edge"):
            self.db.execute(f"DELETE FROM {table} WHERE record = ?", (record,))

    def is_noted(self, record: int) -> bool:
        """Whether the graph of a record is kept."""
        return bool(self.one("SELECT 1 FROM graph WHERE record = ?", record))

    def leaves(self) -> Iterator[GraphDigest]:
        """The digest of each record's graph."""
        return (GraphDigest(*row) for row in self.rows("SELECT name, leaf, triples FROM graph"))

    def links(self) -> Links:
        """All parts and edges, and the dates of the wholes that are asked for."""
        parts = tuple(self.rows("SELECT DISTINCT part, link, whole FROM part"))
        edges = tuple(self.rows("SELECT DISTINCT subject, property, object FROM edge"))
        return Links((), parts, edges)

    def dates_of(self, thing: bytes) -> list[tuple[bytes, bytes]]:
        """The bounds that records state of a thing: (earliest, latest), either of which may be empty."""
        return [(a, b) for a, b in self.rows("SELECT earliest, latest FROM dated WHERE thing = ?", thing)]

    def wholes_of(self, part: bytes, link: bytes) -> list[bytes]:
        """What a thing is part of."""
        return [w for (w,) in self.rows("SELECT whole FROM part WHERE part = ? AND link = ?", part, link)]

    def counts(self) -> dict[str, Any]:
        """``classes``: things by class; ``articles``: things by the article of their evidence, and class."""
        short = {name: vocab.shorten(kind.iri) for name, kind in model.load().types.items()}
        classes = Counter[str]()
        for kind, number in self.rows("SELECT type, COUNT(DISTINCT id) FROM thing GROUP BY type"):
            classes[short[kind]] += number
        passages = self.one("SELECT COUNT(DISTINCT passage) FROM citation")
        if passages:
            classes[short["Passage"]] = passages
        articles: dict[str, dict[str, int]] = {}
        for article, kind, number in self.rows(_BY_ARTICLE):
            articles.setdefault(f"article/{article}", {})[short[kind]] = number
        return {
            "classes": dict(sorted(classes.items())),
            "articles": {name: dict(sorted(articles[name].items())) for name in sorted(articles)},
        }


_BY_ARTICLE: Final = """
SELECT c.article, t.type, COUNT(DISTINCT c.thing) FROM citation AS c
JOIN thing AS t ON t.id = c.thing GROUP BY c.article, t.type"""
