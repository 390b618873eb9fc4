"""JSON lines and CSV: records, and everything that can be wrong with a line or row."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from kg.findings import Location
from kg.records import blocks as cutting
from kg.records import model
from kg.records.blocks import Block, blocks
from kg.records.parse import Record, Value
from kg.records.piece import Piece, parse_block

NAME = '{"id": "person/%s", "prefLabel": "%s"}\n'
GOOD = NAME % ("ada", "Ada")


def pieces(folder: Path, name: str, content: str | bytes) -> list[Piece]:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return [parse_block(block, model.load(), "en") for block in blocks(path, name)]


def lines(folder: Path, content: str | bytes) -> Piece:
    (piece,) = pieces(folder, "f.jsonl", content)
    return piece


def table(folder: Path, content: str | bytes) -> Piece:
    found = pieces(folder, "f.csv", content)
    return Piece(
        tuple(record for piece in found for record in piece.records),
        tuple(finding for piece in found for finding in piece.findings),
        frozenset(name for piece in found for name in piece.lost),
    )


def faults(piece: Piece) -> list[tuple[int, int, str]]:
    return [(f.location.line, f.location.column, f.code) for f in piece.findings if f.location]


def words(values: tuple[Value, ...]) -> list[str]:
    return [value.text for value in values]


def ids(piece: Piece) -> list[str]:
    return [record.id for record in piece.records]


# JSON lines


def test_blank_lines_carriage_returns_and_a_byte_order_mark_are_passed_over(tmp_path: Path):
    piece = lines(tmp_path, "\ufeff" + GOOD + "\r\n  \n" + (NAME % ("ben", "Ben")).replace("\n", "\r\n"))
    assert (ids(piece), piece.findings) == (["person/ada", "person/ben"], ())
    assert [record.at.line for record in piece.records] == [1, 4]


def test_numbers_and_truth_are_what_was_typed(tmp_path: Path):
    piece = lines(tmp_path, '{"id": "observation/x", "value": 1.50, "startDate": 2021}')
    assert [words(values) for values in piece.records[0].values.values()] == [["1.50"], ["2021"]]
    assert lines(tmp_path, '{"id": "post/x", "singleSeat": true}').findings == ()


@pytest.mark.parametrize(
    ("line", "column", "code"),
    [
        ('{"id": "person/x", "prefLabel": null}', 33, "empty-value"),
        ('{"id": "person/x", "prefLabel": "X", "prefLabel": "Y"}', 38, "json-syntax"),
        ('{"id": "person/x", "tenure": [{"post": "post/y", "startDate": "soon"}]}', 63, "bad-date"),
        ('{"id": "person/x", "prefLabel": "X"', 36, "json-syntax"),
        ('{"id": "person/x", "prefLabel": NaN}', 33, "json-syntax"),
        (r'{"id": "person/x", "prefLabel": "\ud83d"}', 33, "json-syntax"),
        ('{"id": "person/x", "prefLabel": "\x01"}', 34, "json-syntax"),
        ('{"id": "person/x", "note": ' + "[" * 50_000, 47, "json-syntax"),
        ('[{"id": "person/x"}]', 1, "wrong-type"),
        ("42", 1, "wrong-type"),
        ("'", 1, "json-syntax"),
        ('{"id": "person/x", "prefLabel": "X", "age": 3}', 38, "unknown-field"),
        ('{"id": "person/x", "prefLabel": [["X"]]}', 34, "wrong-type"),
    ],
)
def test_a_faulty_line_is_told_with_its_column_and_the_others_are_read(
    tmp_path: Path, line: str, column: int, code: str
):
    piece = lines(tmp_path, GOOD + line + "\n" + NAME % ("ben", "Ben"))
    assert faults(piece) == [(2, column, code)]
    assert [ids(piece)[0], ids(piece)[-1]] == ["person/ada", "person/ben"]


def test_the_record_of_a_broken_line_is_lost_and_what_refers_to_it_is_not_at_fault(tmp_path: Path):
    broken = b'{"id": "person/x", \n{"id": "person/y", "prefLabel": "\xff"}\n'
    piece = lines(tmp_path, GOOD.encode() + broken)
    assert faults(piece) == [(2, 20, "json-syntax"), (3, 34, "json-syntax")]
    assert (ids(piece), piece.lost) == (["person/ada"], {"x", "y"})


def test_a_line_that_is_too_long_is_told_and_the_others_are_read(tmp_path: Path):
    long = NAME % ("x", "x" * (cutting.MAX_RECORD * 2))
    found = pieces(tmp_path, "f.jsonl", GOOD + long + NAME % ("ben", "Ben"))
    assert [faults(piece) for piece in found] == [[(2, 1, "json-syntax")], []]
    assert [ids(piece) for piece in found] == [["person/ada"], ["person/ben"]]
    assert found[0].lost == {"x"}
    assert found[1].records[0].at == Location("f.jsonl", 3, 1)


@pytest.mark.parametrize("name", ["f.jsonl", "f.csv", "f.json", "f.yaml"])
def test_an_empty_file_is_a_warning_and_no_fault(tmp_path: Path, name: str):
    for content in (b"", b"\n\n"):
        (piece,) = pieces(tmp_path, name, content)
        assert [f.code for f in piece.findings] == ["empty-file"]


def test_a_json_file_holds_a_list_of_records_or_one(tmp_path: Path):
    for content in (GOOD, f"[{GOOD}]"):
        assert ids(pieces(tmp_path, "f.json", content)[0]) == ["person/ada"]
    (broken,) = pieces(tmp_path, "f.json", f'[{GOOD}, {{"id": "person/x",}}]')
    assert (ids(broken), broken.lost) == ([], {"ada", "x"})


# CSV


def test_a_cell_holds_several_values_parted_by_bars(tmp_path: Path):
    cell = r'"a|b\|c|d\\|e\f|g\\\|h"'
    record = table(tmp_path, f"id,altLabel\nperson/x,{cell}\n").records[0]
    assert words(record.values["altLabel"]) == ["a", "b|c", "d\\", "e\\f", "g\\|h"]


STATEMENTS = """\
id,prefLabel,evidence,statement.key,statement.eventType,statement.participation.participant,statement.participation.role
event/x,X,n.1-2,thanks,thanks,person/a,speaker
"",,n.3-4,,,person/b,addressee
,,,praise,praise,person/a,speaker
event/y,Y,,,,,
"""


def test_a_row_without_an_id_goes_on_with_the_record_above(tmp_path: Path):
    piece = table(tmp_path, STATEMENTS)
    event = piece.records[0]
    assert (ids(piece), piece.findings) == (["event/x", "event/y"], ())
    assert words(event.values["evidence"]) == ["n.1-2", "n.3-4"]
    assert [record.id for record in event.all()] == [
        "event/x",
        "statement/x.thanks",
        "participation/x.thanks.a",
        "participation/x.thanks.b",
        "statement/x.praise",
        "participation/x.praise.a",
    ]


def test_a_column_may_be_in_a_language_beside_one_in_the_datasets_own(tmp_path: Path):
    (record,) = table(tmp_path, "id,prefLabel,prefLabel@fr\nperson/x,X,Ixe\n").records
    assert [(v.text, v.language) for v in record.values["prefLabel"]] == [("X", "en"), ("Ixe", "fr")]


def test_every_cell_knows_its_line_and_column_also_after_quoted_line_breaks(tmp_path: Path):
    text = 'id,note,prefLabel\r\nperson/x,"a ""b"",\r\nc",X\r\nperson/y,,"Y, Z"\r\n'
    piece = table(tmp_path, text)
    x, y = piece.records
    assert words(x.values["note"]) == ['a "b",\r\nc']
    assert x.values["note"][0].at == Location("f.csv", 2, 10)
    assert x.values["prefLabel"][0].at == Location("f.csv", 3, 4)
    assert (y.at, words(y.values["prefLabel"])) == (Location("f.csv", 4, 1), ["Y, Z"])


def test_empty_rows_and_a_missing_last_line_end_are_passed_over(tmp_path: Path):
    piece = table(tmp_path, "\ufeffid,prefLabel\n\n,\nperson/x,X\n\n,\nperson/y,Y")
    assert (ids(piece), faults(piece)) == (["person/x", "person/y"], [(3, 1, "csv-syntax")])


@pytest.mark.parametrize(
    ("header", "column", "word"),
    [
        ("id,prefLabel,prefLabel", 14, "two columns"),
        ("id,,prefLabel", 4, "no name"),
        ("id,prefLable", 4, "no record has a field"),
        ("id,tenure.pots", 4, "no record has a field"),
        ("id,tenure", 4, "no record has a field"),
        ("id,prefLabel@english!", 4, "no language tag"),
        ("id,startDate@en", 4, "no text"),
        ("id,earliest", 4, "no record has a field"),
        ("prefLabel,id", 1, "first column"),
        ("id;prefLabel", 1, "first column"),
        ("ID,prefLabel", 1, "first column"),
        ('id,"prefLabel', 4, "not closed"),
        ("\udcff\udcfei\0d\0", 1, "not UTF-8"),
    ],
)
def test_a_fault_of_the_header_is_told_once_with_its_column(
    tmp_path: Path, header: str, column: int, word: str
):
    rows = "".join(f"\nperson/x{n}" + "," * header.count(",") for n in range(2000))
    found = pieces(tmp_path, "f.csv", header.encode("utf-8", "surrogateescape") + rows.encode())
    (told,) = {f for piece in found for f in piece.findings}
    assert told.location == Location("f.csv", 1, column)
    assert word in told.message
    assert told.remedy


def test_a_header_alone_is_a_warning_and_a_faulty_one_only_that(tmp_path: Path):
    assert [f.code for f in table(tmp_path, "id,prefLabel\n").findings] == ["empty-file"]
    assert [f.code for f in table(tmp_path, "name\n").findings] == ["csv-header"]


@pytest.mark.parametrize(
    ("row", "line", "column", "word"),
    [
        (b"person/x,X,more", 3, 1, "3 cells"),
        (b"person/x", 3, 1, "1 cells"),
        (b'person/x,a "b" c', 3, 10, "without quotes"),
        (b'person/x,"a"b', 3, 10, "after its closing quote"),
        (b"person/x,a\rb", 3, 10, "without quotes"),
        (b"person/x,\xe9", 3, 10, "not UTF-8"),
    ],
)
def test_a_broken_row_is_told_and_the_others_are_read(
    tmp_path: Path, row: bytes, line: int, column: int, word: str
):
    content = b"id,prefLabel\nperson/ada,Ada\n" + row + b"\n,X2\nperson/ben,Ben\n"
    piece = table(tmp_path, content)
    assert faults(piece) == [(line, column, "csv-syntax")]
    assert word in piece.findings[0].message
    assert (ids(piece), piece.lost) == (["person/ada", "person/ben"], {"x"})


def test_a_broken_row_below_a_record_leaves_the_record(tmp_path: Path):
    piece = table(tmp_path, STATEMENTS.replace('"",,n.3-4,,,', '"",,n.3-4,,'))
    assert faults(piece) == [(3, 1, "csv-syntax")]
    assert (ids(piece), piece.lost) == (["event/x", "event/y"], {"x"})


def test_a_quote_that_is_not_closed_is_told_where_it_opens(tmp_path: Path):
    rows = "".join(f"person/x{n},X\n" for n in range(9))
    piece = table(tmp_path, f'id,prefLabel\nperson/ada,"Ada\n{rows}')
    assert faults(piece) == [(2, 12, "csv-syntax")]
    assert piece.lost == {"ada", *(f"x{n}" for n in range(9))}


LONG = ("x" * 1000 + "\n") * (3 * cutting.MAX_RECORD // 1000)


def test_a_cell_that_is_too_long_is_told_and_what_follows_is_read(tmp_path: Path):
    content = f'id,prefLabel\nperson/ada,Ada\nperson/x,"{LONG}"\nperson/ben,Ben\n'
    found = pieces(tmp_path, "f.csv", content)
    assert [fault for piece in found for fault in faults(piece)] == [(3, 1, "csv-syntax")]
    assert [name for piece in found for name in ids(piece)] == ["person/ada", "person/ben"]
    assert found[-1].records[-1].at.line == content.count("\n")


def test_a_quote_left_open_in_a_long_file_is_one_fault_and_the_records_after_it_are_lost(tmp_path: Path):
    (piece,) = pieces(tmp_path, "f.csv", f'id,prefLabel\nperson/x,"X\n{LONG}person/ben,Ben\n,Benny\n')
    assert faults(piece) == [(2, 1, "csv-syntax")]
    assert piece.lost == {"x", "ben"}


def test_a_nested_cell_without_its_record_and_a_row_without_one_above_are_faults(tmp_path: Path):
    head, *_ = STATEMENTS.splitlines(keepends=True)
    orphan = table(tmp_path, head + ",,,praise,praise,,\n")
    assert faults(orphan) == [(2, 1, "csv-syntax")]
    inner = table(tmp_path, head + "event/x,X,,,,person/a,speaker\n")
    assert faults(inner) == [(2, 14, "csv-syntax"), (2, 23, "csv-syntax")]


def test_control_characters_and_wrong_fields_are_told_at_their_cell(tmp_path: Path):
    piece = table(tmp_path, "id,prefLabel,postIn\nperson/x,a\0b,\nperson/y,Y,state/z\nperson/z,Z,\n")
    assert faults(piece) == [(2, 10, "bad-text"), (3, 12, "unknown-field")]


# Pieces


def many(count: int) -> bytes:
    return b"".join((NAME % (f"p{n}", f"Person {n}")).encode() for n in range(count))


def cut(folder: Path, content: bytes, name: str = "f.jsonl") -> list[Block]:
    (folder / name).write_bytes(content)
    return list(blocks(folder / name, name))


def test_pieces_end_where_records_end_and_leave_nothing_out(tmp_path: Path):
    found = cut(tmp_path, many(3000))
    assert len(found) > 4
    assert b"".join(block.content for block in found) == many(3000)
    assert all(block.content.endswith(b"\n") for block in found)
    lines_before = [many(3000)[: many(3000).index(block.content)].count(b"\n") for block in found]
    assert [block.line - 1 for block in found] == lines_before


def test_every_byte_is_seen_for_the_digest(tmp_path: Path):
    for name, content in (
        ("f.jsonl", many(9) + b"x" * (cutting.MAX_RECORD * 2)),
        ("f.csv", b"id\n" + b'"' * (cutting.MAX_RECORD + 9)),
        ("f.yaml", b"- id: x\n"),
    ):
        (tmp_path / name).write_bytes(content)
        digest = hashlib.sha256()
        assert list(blocks(tmp_path / name, name, digest.update))
        assert digest.digest() == hashlib.sha256(content).digest()


def test_a_record_that_comes_in_between_leaves_the_other_pieces_as_they_were(tmp_path: Path):
    lines_of = many(3000).splitlines(keepends=True)
    before = cut(tmp_path, b"".join(lines_of))
    after = cut(tmp_path, b"".join([*lines_of[:1500], GOOD.encode(), *lines_of[1500:]]))
    fresh = {block.content for block in after} - {block.content for block in before}
    assert len(fresh) <= 2


def test_a_piece_of_csv_takes_its_header_along_and_keeps_a_record_together(tmp_path: Path):
    head, x, b, praise, y = STATEMENTS.splitlines(keepends=True)
    event = (x + b + praise).replace("event/x", "event/x%d")
    content = "".join([head, *(event % n for n in range(3000)), y]).encode()
    found = cut(tmp_path, content, "f.csv")
    assert len(found) > 4
    assert all(block.content.startswith(b"event/") and block.header == head.encode() for block in found)
    assert head.encode() + b"".join(block.content for block in found) == content
    read = [parse_block(block, model.load(), "en") for block in found]
    records: list[Record] = [record for piece in read for record in piece.records]
    assert [record.at.line for record in records] == [2 + 3 * n for n in range(3001)]
    assert not any(piece.findings for piece in read)
