"""A piece of a record file to records: the same for YAML, JSON, JSON lines and CSV."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kg.findings import Finding, Location
from kg.records import jsontext, lines, reader, table
from kg.records.blocks import Block, Form
from kg.records.model import RecordModel
from kg.records.parse import Parser, Record, names_in
from kg.records.reader import Fields, Items


@dataclass(frozen=True, slots=True)
class Piece:
    """What came out of a piece. ``lost`` are the names of records that could not be read."""

    records: tuple[Record, ...]
    findings: tuple[Finding, ...]
    lost: frozenset[str]


def parse_block(block: Block, model: RecordModel, language: str) -> Piece:
    """Read a piece. It depends on nothing else; faults come as findings, and nothing is raised for them."""
    parser = Parser(model, language)
    records = tuple(read_block(block, parser))
    return Piece(records, tuple(parser.findings), frozenset(parser.lost))


def read_block(block: Block, parser: Parser) -> Iterator[Record]:
    """The records of a piece, of JSON lines and CSV one by one; the parser gathers what is wrong."""
    if block.form in (Form.YAML, Form.JSON):
        yield from _document(block, parser)
        return
    if block.form is Form.LINES:
        yield from lines.records(block, parser)
    elif block.header.strip():
        yield from table.records(block, parser)
    if not block.content.strip() and not parser.findings:
        parser.empty(Location(block.file))


def _document(block: Block, parser: Parser) -> Iterator[Record]:
    is_json = block.form is Form.JSON
    tree = (jsontext if is_json else reader).read(block.content, block.file)
    parser.findings.extend(tree.findings)
    root = tree.root
    if root is None and tree.findings:
        parser.lost.update(names_in(block.content))
        return
    if is_json and isinstance(root, Fields):  # a file may hold one record
        root = Items((root,), root.at)
    yield from parser.file(root, Location(block.file))
