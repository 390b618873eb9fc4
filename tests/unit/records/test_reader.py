"""YAML files as located values."""

from __future__ import annotations

import pytest

from kg.findings import Location
from kg.records.reader import MAX_DEPTH, Fields, Items, Text, read


def test_values_stay_what_the_curator_typed():
    root = read(b"- {a: no, b: 1.0, c: 2021-01, d: ~}\n", "f.yaml").root
    assert isinstance(root, Items)
    fields = root.items[0]
    assert isinstance(fields, Fields)
    assert [value.value for _, value in fields.entries if isinstance(value, Text)] == [
        "no",
        "1.0",
        "2021-01",
        "~",
    ]


def test_every_value_knows_its_line_and_column():
    root = read(b"- id: x\n  b: [1,\n      2]\n", "f.yaml").root
    assert isinstance(root, Items)
    fields = root.items[0]
    assert isinstance(fields, Fields)
    items = fields.get("b")
    assert isinstance(items, Items)
    assert [i.at for i in items.items] == [Location("f.yaml", 2, 7), Location("f.yaml", 3, 7)]


@pytest.mark.parametrize(
    ("content", "line", "word"),
    [
        (b"- a: b: c\n", 1, "mapping values"),
        (b"- a: 1\n  a: 2\n", 2, "stands twice"),
        (b"- &x {a: 1}\n- *x\n", 1, "anchors"),
        (b"a: !!int 3\n", 1, "tags"),
        (b"a: 1\n\tb: 2\n", 2, "cannot be read"),
        (b"a: 1\n---\nb: 2\n", 3, "second document"),
        (b"a: 1\nb: \x01\n", 2, "cannot be read"),
        (b"a: 1\nb: \xff\n", 2, "not UTF-8"),
        (b"? {a: 1}\n: 2\n", 1, "must be a text"),
        (b"a: 'x\n", 2, "cannot be read"),
    ],
)
def test_a_fault_is_named_with_its_line(content: bytes, line: int, word: str):
    finding = read(content, "f.yaml").findings[0]
    assert finding.location is not None
    assert (finding.location.line, finding.code) == (line, "yaml-syntax")
    assert word in finding.message
    assert finding.remedy


@pytest.mark.parametrize("text", ["[" * 30, "[" * 100_000, "[{a: " * 5_000])
def test_depth_is_bounded_without_recursion(text: str):
    (finding,) = read(text.encode(), "f.yaml").findings
    assert f"more than {MAX_DEPTH}" in finding.message
    assert finding.remedy == "lay it out flatter"


def test_an_alias_bomb_is_refused_as_it_comes():
    bomb = b"a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n"
    assert {f.code for f in read(bomb, "f.yaml").findings} == {"yaml-syntax"}


def test_a_byte_order_mark_is_not_part_of_the_text():
    root = read("\ufeff- a".encode(), "f.yaml").root
    assert isinstance(root, Items)
    assert isinstance(root.items[0], Text)
    assert root.items[0].value == "a"
