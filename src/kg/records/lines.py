"""JSON lines: a record to a line, read at the speed of the standard library.

A line without a fault is decoded in C, and its values know their line. A line with a fault is read
again with care (``kg.records.jsontext``), so that the finding names the column.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from kg.findings import Finding, Location, Severity
from kg.records import jsontext
from kg.records.blocks import MAX_RECORD, Block
from kg.records.parse import Parser, Record, names_in
from kg.records.reader import Fields, Items, Node, Text, not_utf8

_WORDS: Final = {True: "true", False: "false", None: ""}


def records(block: Block, parser: Parser) -> Iterator[Record]:
    """The records of a piece of JSON lines, as they come; faults go to the parser."""
    quick = _Quick()
    for number, line in enumerate(block.content.split(b"\n"), block.line):
        if line.strip() and (record := _record(line, Location(block.file, number), quick, parser)):
            yield record


def _record(line: bytes, at: Location, quick: _Quick, parser: Parser) -> Record | None:
    text = _text(line, at, parser)
    if not text:
        return None
    before = len(parser.findings)
    node = quick.node(text, at)
    if node is not None:
        record = parser.record(node)
        if len(parser.findings) == before:
            return record
        del parser.findings[before:]
    node = jsontext.scan(text, at.file, at.line, parser.findings)
    if node is None:
        parser.lost.update(names_in(line))
        return None
    return parser.record(node)


def _text(line: bytes, at: Location, parser: Parser) -> str:
    """The line as text; empty, and a finding, where it cannot be read."""
    try:
        if len(line) <= MAX_RECORD:
            return line.decode("utf-8-sig" if at.line == 1 else "utf-8")
        message = f"the line is longer than {MAX_RECORD:,} bytes"
        remedy = "write one record to a line"
        parser.findings.append(Finding(Severity.VIOLATION, jsontext.CODE, message, remedy, at))
    except UnicodeDecodeError as error:
        parser.findings.append(not_utf8(error, at.file, at.line, jsontext.CODE))
    parser.lost.update(names_in(line))
    return ""


class _Quick:
    """Decodes a line in C; gives up, without a word, on what needs to be looked at more closely."""

    def __init__(self) -> None:
        self._at = Location("")
        self._decode = json.JSONDecoder(
            object_pairs_hook=self._fields,
            parse_float=self._number,
            parse_int=self._number,
            parse_constant=_refuse,
        ).decode

    def node(self, text: str, at: Location) -> Node | None:
        """The tree of a line, every part of it at the line's place; None where there may be a fault."""
        if "\\ud" in text or "\\uD" in text:  # perhaps half a character
            return None
        self._at = at
        try:
            return self._node(self._decode(text))
        except (ValueError, RecursionError):
            return None

    def _fields(self, pairs: list[tuple[str, Any]]) -> Fields:
        at, node = self._at, self._node
        if len(dict(pairs)) < len(pairs):
            raise ValueError("a name stands twice")
        return Fields(tuple([(Text(name, at, False), node(value)) for name, value in pairs]), at)

    def _number(self, literal: str) -> Text:
        return Text(literal, self._at)

    def _node(self, value: Any) -> Node:
        if isinstance(value, str):
            return Text(value, self._at, False)
        if isinstance(value, Text | Fields):
            return value
        if isinstance(value, list):
            return Items(tuple([self._node(item) for item in value]), self._at)
        return Text(_WORDS[value], self._at)


def _refuse(literal: str) -> Any:
    """NaN and the infinities, which are no JSON."""
    raise ValueError(literal)
