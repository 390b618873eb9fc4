"""CSV: a record to a row, nested records in rows of their own below it.

The form is RFC 4180: commas, double quotes, UTF-8, a header. Two conventions of tables come on top: several
values stand in one cell, parted by ``|`` (as CSV on the Web has it with its separator), and a row whose first
cell is empty goes on with the record above it (as OpenRefine reads rows as records).
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Final, TypeAlias

from kg.findings import Finding, Location, Severity
from kg.records.blocks import MAX_RECORD, ROW_ID, Block, continues, rows
from kg.records.columns import Column, columns, known
from kg.records.growing import Growing
from kg.records.parse import Parser, Record
from kg.records.reader import Text, not_utf8

Row: TypeAlias = tuple[Location, bytes]
Cells: TypeAlias = list[Text | None]

CODE: Final = "csv-syntax"
_CELL: Final = re.compile(r'(?:"([^"]*(?:""[^"]*)*)"|([^",\r\n]*))(,|\r?\n?\Z)')
_QUOTED: Final = re.compile(r'"[^"]*(?:""[^"]*)*"')
_BARS: Final = re.compile(r"(?<!\\)(\\*)\|")


def records(block: Block, parser: Parser) -> Iterator[Record]:
    """The records of a piece of CSV, as they come; faults go to the parser."""
    header = _header(block, parser)
    if not header:
        parser.lost.update(_names(block.header + block.content))  # a quote left open takes all along
        return
    for held in _held_together(block):
        if record := _record(held, header, parser):
            yield record


def _held_together(block: Block) -> Iterator[list[Row]]:
    """The rows of each record."""
    held: list[Row] = []
    for line, row in rows(enumerate(io.BytesIO(block.content), block.line)):
        if held and not continues(row):
            yield held
            held = []
        if row.strip():
            held.append((Location(block.file, line), row))
    if held:
        yield held


def _record(held: list[Row], header: list[Column | None], parser: Parser) -> Record | None:
    at, first = held[0]
    if continues(first):
        _fault(parser, at, *_ORPHAN)
        return None
    growing = Growing(at)
    for place, row in held:
        cells = _row(row, len(header), place, parser)
        if cells is not None:
            for nowhere in growing.add(_filled(header, cells)):
                _fault(parser, nowhere, *_NOTHING_BEGUN)
            continue
        parser.lost.update(growing.names() or _names(row))
        if row is first:
            return None
    return parser.record(growing.node())


_ORPHAN: Final = ("the row goes on with a record, but none stands above it", "begin a record: give its id")
_NOTHING_BEGUN: Final = (
    "this belongs to a nested record, but none has been begun",
    "fill the cells of that record in this row, or in one above",
)


def _fault(parser: Parser, at: Location, message: str, remedy: str) -> None:
    parser.findings.append(Finding(Severity.VIOLATION, CODE, message, remedy, at))


def _names(content: bytes) -> Iterator[str]:
    """The names of the records in rows that could not be read, as far as their lines show them."""
    return (found["name"].decode() for found in ROW_ID.finditer(content))


def _header(block: Block, parser: Parser) -> list[Column | None]:
    cells = _cells(block.header.removeprefix(b"\xef\xbb\xbf"), Location(block.file), parser, empty=True)
    return columns(list(filter(None, cells or ())), known(parser.model), parser.findings)


def _row(row: bytes, width: int, at: Location, parser: Parser) -> Cells | None:
    cells = _cells(row, at, parser)
    if cells is None or len(cells) == width:
        return cells
    message = f"the row has {len(cells)} cells, the header {width}"
    _fault(parser, at, message, "give every column a cell, and put a text that holds a comma in quotes")
    return None


def _cells(row: bytes, at: Location, parser: Parser, empty: bool = False) -> Cells | None:
    """The cells of a row with their places; None, and a finding, where it cannot be read.

    An empty cell is None, unless ``empty`` asks for its place as well.
    """
    if len(row) > MAX_RECORD:
        message = f"the row is longer than {MAX_RECORD:,} bytes"
        _fault(parser, at, message, "close the quote that was opened last before it, or write less")
        return None
    try:
        text = row.decode()
    except UnicodeDecodeError as error:
        parser.findings.append(not_utf8(error, at.file, at.line, CODE))
        return None
    cells: Cells = []
    position = 0
    while True:
        found = _CELL.match(text, position)
        if found is None:
            _fault(parser, _place(text, position, at), *_unreadable(text, position))
            return None
        value = found[1].replace('""', '"') if found[1] else found[2]
        cells.append(Text(value or "", _place(text, position, at)) if value or empty else None)
        position = found.end()
        if found[3] != ",":
            return cells


def _place(text: str, position: int, at: Location) -> Location:
    start = text.rfind("\n", 0, position) + 1
    line = at.line + text.count("\n", 0, start) if start else at.line
    return Location(at.file, line, position - start + 1)


def _unreadable(text: str, position: int) -> tuple[str, str]:
    """What is wrong with the cell that begins here, and the remedy."""
    if text[position] != '"':
        return (
            "a quote or line break stands in a cell without quotes",
            "put the cell in quotes, and double its own",
        )
    if _QUOTED.match(text, position):
        return "the cell goes on after its closing quote", "double the quotes that belong to the text"
    return "a quote is opened and not closed", "close it, and double the quotes that belong to the text"


def _filled(header: list[Column | None], cells: Cells) -> Iterator[tuple[Column, list[Text]]]:
    for column, cell in zip(header, cells, strict=True):
        if column and cell:
            yield column, _values(cell)


def _values(cell: Text) -> list[Text]:
    r"""The values of a cell: ``a|b`` are two, ``a\|b`` is one with a bar.

    Backslashes mean something in front of a bar only, where two stand for one.
    """
    if "|" not in cell.value:
        return [cell]
    values, held, end = [], "", 0
    for bar in _BARS.finditer(cell.value):
        held += cell.value[end : bar.start()] + bar[1][: len(bar[1]) // 2]
        end = bar.end()
        if len(bar[1]) % 2:
            held += "|"
        else:
            values.append(held)
            held = ""
    values.append(held + cell.value[end:])
    return [Text(value, cell.at) for value in values]
