"""A top-level record as the build hands it on: expanded, with what it says of other records.

An entry stands alone: it can be made in another process, and nothing of another record is needed
for it, but for the passages of an article, which are those that all records cite.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from kg import vocab
from kg.findings import Finding
from kg.records import expand, model
from kg.records.blocks import Block
from kg.records.citations import cited_by
from kg.records.dataset import Dataset
from kg.records.model import Kind
from kg.records.parse import Record, Value
from kg.records.piece import parse_block


class Thing(NamedTuple):
    """A record, nested or not: its id, the name of its type and where it begins."""

    id: str
    type: str
    line: int
    column: int


class Reference(NamedTuple):
    """A field that names a record of the dataset; ``paths`` are the first parts its id may have."""

    field: str
    wanted: str
    paths: str
    line: int
    column: int


class Citation(NamedTuple):
    """A passage that a record names as its evidence."""

    thing: str
    passage: str
    article: str
    start: int
    stop: int
    line: int
    column: int


class Article(NamedTuple):
    """Where the text of an article stands; None where the record does not say."""

    name: str
    source: str | None
    source_line: int
    source_column: int
    start: int | None
    stop: int | None
    stop_line: int
    stop_column: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A top-level record as a JSON-LD node, and the facts about it that checks between records need."""

    id: str
    node: dict[str, Any]
    line: int
    column: int
    curator: str
    review_state: str
    things: tuple[Thing, ...]
    references: tuple[Reference, ...]
    citations: tuple[Citation, ...]
    article: Article | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """What a block holds. ``lost`` are the names of records that are there but could not be read."""

    file: str
    line: int
    sha256: str
    entries: tuple[Entry, ...] = ()
    findings: tuple[Finding, ...] = ()
    lost: frozenset[str] = field(default_factory=frozenset)


def read(block: Block, dataset: Dataset) -> Content:
    """Read a block. Faults come as findings; nothing is raised for them."""
    piece = parse_block(block, model.load(), dataset.language)
    found = tuple(_entry(record, dataset) for record in piece.records)
    return Content(block.file, block.line, block.sha256, found, piece.findings, piece.lost)


def _entry(record: Record, dataset: Dataset) -> Entry:
    body = expand.node(record)
    if "reviewState" in record.type.fields:
        body["reviewState"] = record.review_state
    inner = tuple(record.all())
    return Entry(
        record.id,
        body,
        record.at.line,
        record.at.column,
        record.curator or dataset.curator or dataset.publisher,
        record.review_state,
        tuple(Thing(each.id, each.type.name, each.at.line, each.at.column) for each in inner),
        tuple(reference for each in inner for reference in _references(each, f"{dataset.base}id/")),
        tuple(citation for each in inner for citation in _citations(each)),
        _article(record) if record.type.name == "Article" else None,
    )


def _references(record: Record, space: str) -> Iterator[Reference]:
    """The references below ``space``, the dataset's ids; what others have named is not ours to check."""
    for name, values in record.values.items():
        found = record.type.fields[name]
        if found.kind is Kind.REFERENCE:
            for value in values:
                wanted = value.text.removeprefix(space)
                if wanted is not value.text or vocab.LOCAL_ID.fullmatch(wanted):
                    at = value.at
                    yield Reference(name, wanted, " ".join(found.paths), at.line, at.column)


def _citations(record: Record) -> Iterator[Citation]:
    for passage, value in cited_by(record):
        span = (passage.article, passage.start, passage.end)
        yield Citation(record.id, passage.name, *span, value.at.line, value.at.column)


def _article(record: Record) -> Article:
    source, stop = _first(record, "sourceFile"), _first(record, "textEnd")
    start = record.first("textStart")
    return Article(
        record.id.partition("/")[2],
        source.text if source else None,
        source.at.line if source else 0,
        source.at.column if source else 0,
        _number(start) if start else None,
        _number(stop.text) if stop else None,
        stop.at.line if stop else 0,
        stop.at.column if stop else 0,
    )


def _number(text: str) -> int:
    """The number, or the largest that an index can hold: no text is as long as that."""
    return min(int(text), 2**62) if len(text) < 20 else 2**62


def _first(record: Record, name: str) -> Value | None:
    return next(iter(record.values.get(name, ())), None)
