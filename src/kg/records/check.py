"""What can only be seen across records: ids given twice, references to nothing, passages.

Every check is a query on the index and yields its findings in the order of the records.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import cache

from kg.findings import Finding, Location, Severity
from kg.records import model
from kg.records.dataset import FILE as DATASET
from kg.records.dataset import Dataset
from kg.records.index import Index
from kg.records.names import nearest, to_refer
from kg.records.passages import FILE, Digests, Passage, SourceText, digest

_TWICE = "SELECT id FROM thing GROUP BY id HAVING COUNT(*) > 1"
_IMPOSSIBLE = "article.start >= article.stop"
_ORDER = "ORDER BY b.rank, x.record, x.rowid"


def duplicates(index: Index) -> Iterator[Finding]:
    """A finding for each id that two records have."""
    first: dict[str, Location] = {}
    for local, kind, at in _placed(index, "thing", f"x.id, x.type, {{}} WHERE x.id IN ({_TWICE})"):
        if local in first:
            place = first[local]
            remedy = (
                "give one of them a key" if model.load().types[kind].key else "make them one, or rename one"
            )
            yield Finding(
                Severity.VIOLATION,
                "duplicate-id",
                f"the id {local!r} is taken (by {place.file}:{place.line})",
                remedy,
                at,
            )
        first.setdefault(local, at)


def doubtful(index: Index) -> Iterator[str]:
    """The ids that two records have, and those of articles with an impossible stretch."""
    yield from (local for (local,) in index.rows(_TWICE))
    for (name,) in index.rows(f"SELECT name FROM article WHERE {_IMPOSSIBLE}"):
        yield f"article/{name}"


def dangling(index: Index) -> Iterator[str]:
    """The ids that are referred to and that no record has."""
    query = "SELECT DISTINCT wanted FROM reference WHERE NOT EXISTS (SELECT 1 FROM thing WHERE id = wanted)"
    return (wanted for (wanted,) in index.rows(query))


def references(index: Index, lost: Collection[str] = ()) -> Iterator[Finding]:
    """A finding for each reference to a record that is not there, with the nearest id that would fit.

    What refers to a ``lost`` record, or to one nested in it, is not at fault.
    """
    ids = cache(index.ids)
    query = "x.field, x.wanted, x.paths, {} WHERE NOT EXISTS (SELECT 1 FROM thing WHERE id = x.wanted)"
    for field, wanted, paths, at in _placed(index, "reference", query):
        if not _is_lost(wanted.partition("/")[2], lost):
            of = paths.split() or [wanted.partition("/")[0]]
            fitting = [local for path in of for local in ids(path)]
            yield Finding(
                Severity.VIOLATION,
                "dangling-reference",
                f"{field}: there is no record {wanted!r}",
                to_refer(wanted, field, paths.split(), fitting),
                at,
            )


def _is_lost(name: str, lost: Collection[str]) -> bool:
    """Whether the record of this name is lost, or is nested in one that is."""
    parts = name.split(".")
    return any(".".join(parts[: n + 1]) in lost for n in range(len(parts)))


def stretches(index: Index) -> Iterator[Finding]:
    """A finding for each article that does not end after it starts (constraint 34)."""
    query = f"x.start, x.stop, {{}} WHERE {_IMPOSSIBLE.replace('article', 'x')}"
    for start, end, at in _placed(index, "article", query, "stop_"):
        yield Finding(
            Severity.VIOLATION,
            "C34-article-stretch",
            f"textEnd {end} does not come after textStart {start}",
            "give the first letter of the title, and the place after the last full stop",
            at,
        )


def evidence(index: Index, lost: Collection[str] = ()) -> Iterator[Finding]:
    """Findings on passages: of an unknown article, outside it, or without a recorded digest.

    The shapes ask the first two as well (C34), but of passages only that have a digest already.
    """
    yield from _of_no_article(index, lost)
    yield from _outside(index)
    yield from _without_digest(index)


def _of_no_article(index: Index, lost: Collection[str]) -> Iterator[Finding]:
    query = "x.article, {} WHERE NOT EXISTS (SELECT 1 FROM article WHERE name = x.article)"
    for article, at in _placed(index, "citation", query):
        if not _is_lost(article, lost):
            yield Finding(
                Severity.VIOLATION,
                "dangling-reference",
                f"evidence: there is no article {article!r}",
                nearest(article, [local.partition("/")[2] for local in index.ids("article")]),
                at,
            )


_LEAVES = "(x.start < article.start OR x.stop > article.stop) AND article.start < article.stop"
"""What is wrong with the stretch of the article itself is told there."""


def _outside(index: Index) -> Iterator[Finding]:
    join = f"JOIN article ON article.name = x.article WHERE {_LEAVES}"
    for passage, start, end, at in _placed(
        index, "citation", f"x.passage, article.start, article.stop, {{}} {join}"
    ):
        yield Finding(
            Severity.VIOLATION,
            "C34-offsets-outside-article",
            f"evidence: {passage} reaches outside its article, which runs from {start} to {end}",
            "correct the offsets, the article's stretch, or the article's name",
            at,
        )


def _without_digest(index: Index) -> Iterator[Finding]:
    seen: set[str] = set()
    query = f"""x.passage, {{}} JOIN article ON article.name = x.article
        WHERE NOT EXISTS (SELECT 1 FROM digest WHERE passage = x.passage) AND ({_LEAVES}) IS NOT TRUE"""
    for passage, at in _placed(index, "citation", query):
        if passage not in seen:
            seen.add(passage)
            yield Finding(
                Severity.VIOLATION,
                "missing-digest",
                f"evidence: {FILE} has no digest of {passage}",
                "write the digests: kg digest DATASET --sources DIR",
                at,
            )


def stale(index: Index) -> Iterator[Finding]:
    """A note for each recorded digest that no record cites any more."""
    query = """SELECT passage, line, column FROM digest AS d
        WHERE NOT EXISTS (SELECT 1 FROM citation WHERE passage = d.passage)"""
    for name, line, column in index.rows(query):
        remedy = "write the digests: kg digest"
        place = Location(FILE, line, column)
        yield Finding(Severity.INFO, "stale-digest", f"no record cites {name}", remedy, place)


def unknown_sources(index: Index, dataset: Dataset) -> Iterator[Finding]:
    """A finding for each article whose source file the dataset does not list."""
    known = sorted(source.file for source in dataset.sources)
    for source, at in _placed(index, "article", "x.source, {} WHERE x.source IS NOT NULL", "source_"):
        if source not in known:
            yield Finding(
                Severity.VIOLATION,
                "unknown-source",
                f"sourceFile: {DATASET} lists no source {source!r}",
                f"add [[sources]] with this file to {DATASET}; there are: {', '.join(known) or 'none'}",
                at,
            )


def against_sources(
    index: Index, digests: Digests, names: Collection[str], text_of: Callable[[str], SourceText]
) -> Iterator[Finding]:
    """Constraint 33: what the source says at a passage is what was quoted. Also the files' digests.

    ``names`` are the source files; ``text_of`` reads one, and is asked once for each.
    """
    for name in sorted(names):
        text = text_of(name)
        recorded = digests.sources.get(name, ("", 0))[0]
        if recorded and recorded != text.digest:
            yield Finding(
                Severity.VIOLATION,
                "C33-source-digest",
                f"the source text {name} is not the one that the passages were taken from",
                "give the folder of the right text, or check every passage and run kg digest",
                Location(DATASET),
            )
        yield from _quotes(index, name, text)


def _quotes(index: Index, source: str, text: SourceText) -> Iterator[Finding]:
    done: set[str] = set()
    query = """x.passage, d.sha256, d.line, d.column, {} JOIN article ON article.name = x.article
        LEFT JOIN digest AS d ON d.passage = x.passage WHERE article.source = ?"""
    for name, recorded, line, column, at in _placed(index, "citation", query, "", source):
        passage = Passage.parse(name)
        if name in done or passage is None:
            continue
        done.add(name)
        words = text.slice(passage)
        if words is None:
            yield _mismatch(f"{name} lies outside its source text", at)
        elif recorded and digest(words) != recorded:
            message = f"the digest of {name} differs from the source text (cited at {at.file}:{at.line})"
            yield _mismatch(message, Location(FILE, line, column))


def _mismatch(message: str, at: Location) -> Finding:
    remedy = "check the offsets against the text, then run kg digest"
    return Finding(Severity.VIOLATION, "C33-quote-digest", message, remedy, at)


def _placed(index: Index, table: str, query: str, place: str = "", *values: str) -> Iterator[tuple]:  # type: ignore[type-arg]
    """Rows of a table, named x, in the order of the records; the last value of each is its place.

    ``query`` is what to select, with ``{}`` for the place, and what follows the table's name.
    """
    columns, _, rest = query.partition("{}")
    where = f"b.file, b.line + x.{place}line, x.{place}column"
    blocks = "JOIN record AS r ON r.no = x.record JOIN block AS b ON b.no = r.block"
    found = index.rows(f"SELECT {columns}{where} FROM {table} AS x {blocks} {rest} {_ORDER}", *values)
    return ((*row[:-3], Location(*row[-3:])) for row in found)
