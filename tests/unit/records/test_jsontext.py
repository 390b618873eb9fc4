"""JSON files as located values."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.findings import Location
from kg.records.jsontext import read
from kg.records.reader import MAX_DEPTH, Fields, Items, Node, Text


def plain(node: Node | None) -> object:
    if isinstance(node, Items):
        return [plain(item) for item in node.items]
    if isinstance(node, Fields):
        return {key.value: plain(value) for key, value in node.entries}
    return node.value if node else None


def value_of(text: str) -> str:
    root = read(f'{{"a": {text}}}'.encode(), "f.json").root
    assert isinstance(root, Fields)
    node = root.get("a")
    assert isinstance(node, Text)
    return node.value


def test_every_value_knows_its_line_and_column():
    root = read(b'[\n {"id": "x",\n\t"b": ["\xc3\xa9", 2]}]', "f.json").root
    assert isinstance(root, Items)
    fields = root.items[0]
    assert isinstance(fields, Fields)
    assert fields.at == Location("f.json", 2, 2)
    assert fields.entries[1][0].at == Location("f.json", 3, 2)
    items = fields.get("b")
    assert isinstance(items, Items)
    assert [item.at for item in items.items] == [Location("f.json", 3, 8), Location("f.json", 3, 13)]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1.50", "1.50"),
        ("-2e3", "-2e3"),
        ("true", "true"),
        ("null", ""),
        (r'"\ud83d\ude00\/\t\u00e9"', "\U0001f600/\té"),
        ('"' + "x" * 5000 + '"', "x" * 5000),
    ],
)
def test_a_value_is_what_json_says_and_a_number_what_was_typed(written: str, value: str):
    assert value_of(written) == value


JSON = st.recursive(
    st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(JSON, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_it_reads_what_the_standard_library_writes(value: object, indent: int | str | None, ascii: bool):
    try:
        text = json.dumps(value, indent=indent, ensure_ascii=ascii).encode()
    except UnicodeEncodeError:
        return
    read_back = read(text, "f.json")
    assert (plain(read_back.root), read_back.findings) == (value, ())


@pytest.mark.parametrize(
    ("content", "line", "column", "word"),
    [
        (b'{"a": 1,\n "a": 2}', 2, 2, "stands twice"),
        (b'{"a": 1,\n}', 2, 1, "comma stands before"),
        (b"[1,\n 2 3", 2, 4, "comma or ] is missing"),
        (b"[1,\n 2", 2, 3, "ends too early"),
        (b'{"a": 1,', 1, 9, "ends too early"),
        (b'{"a" 1}', 1, 6, "colon"),
        (b"{a: 1}", 1, 2, "a name is missing"),
        (b"['a']", 1, 2, "no value"),
        (b"[NaN]", 1, 2, "no value"),
        (b"[True]", 1, 2, "no value"),
        (b"[01]", 1, 3, "comma or ]"),
        (b'["a\nb"]', 1, 4, "invalid control character"),
        (b'["a', 1, 2, "unterminated string"),
        (rb'["\x"]', 1, 3, "invalid \\escape"),
        (rb'["\ud83d"]', 1, 2, "half a character"),
        (rb'[{"\udc00": 1}]', 1, 3, "half a character"),
        (b'{"a": 1}\n{"a": 2}', 2, 1, "goes on after its end"),
        (b'["\xff"]', 1, 3, "not UTF-8"),
        (b"[", 1, 2, "ends too early"),
    ],
)
def test_a_fault_is_named_with_line_and_column(content: bytes, line: int, column: int, word: str):
    (finding,) = read(content, "f.json").findings
    assert finding.code == "json-syntax"
    assert finding.location == Location("f.json", line, column)
    assert word in finding.message
    assert finding.remedy


def test_depth_is_bounded():
    for bomb in (b"[" * 100_000, b'{"a":' * 100_000):
        (finding,) = read(bomb, "f.json").findings
        assert f"more than {MAX_DEPTH}" in finding.message


def test_a_byte_order_mark_and_empty_files_are_no_faults():
    assert plain(read("\ufeff[]".encode(), "f.json").root) == []
    assert read(b" \r\n", "f.json") == read(b"", "f.json")
    assert read(b"", "f.json").findings == ()
