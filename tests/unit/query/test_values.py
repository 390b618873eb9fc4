"""The types of parameters: what is taken, and what is refused with reason."""

from __future__ import annotations

import pytest

from kg.errors import ParameterError
from kg.query.values import term

BASE = "https://example.org/"
XSD = "http://www.w3.org/2001/XMLSchema#"


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("entity", "person/ann", "<https://example.org/id/person/ann>"),
        ("entity", "statement/reception.thanks", "<https://example.org/id/statement/reception.thanks>"),
        ("entity", "https://other.example/é#x", "<https://other.example/é#x>"),
        ("date", "2020-02-29", f'"2020-02-29"^^<{XSD}date>'),
        ("year", "2021", f'"2021"^^<{XSD}gYear>'),
        ("language", "pt-BR", '"pt-BR"'),
        ("text", 'say "hi"', r'"say \"hi\""'),
        ("text", "", '""'),
        ("number", "-2.50", f'"-2.50"^^<{XSD}decimal>'),
        ("number", "90", f'"90"^^<{XSD}decimal>'),
    ],
)
def test_a_value_becomes_a_term(kind: str, text: str, expected: str) -> None:
    assert term("x", kind, text, BASE) == expected


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("entity", "ann"),
        ("entity", "Person/Ann"),
        ("entity", "person/ann/x"),
        ("entity", "person/ann "),
        ("entity", "javascript:alert(1)"),
        ("entity", "file:///etc/passwd"),
        ("entity", "https://example.org/> } #"),
        ("entity", "https://example.org/\\u003e"),
        ("entity", ""),
        ("date", "2021-02-30"),
        ("date", "2021-2-3"),
        ("date", "20210203"),
        ("date", "2021-02-03Z"),
        ("date", "٢٠٢١-٠٢-٠٣"),
        ("year", "21"),
        ("year", "２０２１"),
        ("language", "english or french"),
        ("language", ""),
        ("text", "a\x00b"),
        ("text", "\ud800"),
        ("number", "1e9"),
        ("number", "NaN"),
        ("number", "1,5"),
        ("number", "1" * 31),
    ],
)
def test_a_value_of_another_kind_is_refused_with_a_remedy(kind: str, text: str) -> None:
    with pytest.raises(ParameterError, match="x: ") as caught:
        term("x", kind, text, BASE)
    assert caught.value.parameter == "x"
    assert caught.value.hint
