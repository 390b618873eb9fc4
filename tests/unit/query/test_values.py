"""The types of parameters: what is taken, and what is refused with reason."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.errors import ParameterError
from kg.query import catalog
from kg.query.values import KINDS, term

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


HOSTILE = st.text(st.sampled_from("\"'\\<>{}()#^@?$.:/;,|`u0041U \n\r\tae-_1%é\u2028\U0001f600"), max_size=40)
GIVEN = st.one_of(st.text(max_size=40), HOSTILE, HOSTILE.map("https://e/".__add__), HOSTILE.map("en".__add__))
QUERY = "\n".join(
    [
        "#+ title: All kinds",
        "#+ question: What is it?",
        "#+ audience: researcher",
        "#+ parameters:",
        *(f"#+   - {{name: {kind}, kind: {kind}, label: {kind}}}" for kind in KINDS),
        f"SELECT * {{ VALUES ({' '.join('?' + kind for kind in KINDS)}) {{ ({'UNDEF ' * len(KINDS)}) }} }}",
    ]
)


def written(kind: str, text: str) -> bool:
    try:
        term(kind, kind, text, BASE)
    except ParameterError:
        return False
    return True


@settings(deadline=None)
@given(st.sampled_from(KINDS), GIVEN)
def test_whatever_is_given_is_one_term_or_refused(kind: str, text: str) -> None:
    try:
        made = term("x", kind, text, BASE)
    except ParameterError:
        return
    (row,) = ox.Store().query(f"SELECT ?x {{ VALUES ?x {{ {made} }} }}")
    value = row["x"]
    assert isinstance(value, ox.NamedNode) == (kind == "entity")
    if kind in ("text", "language"):
        assert value == ox.Literal(text)
    elif kind == "entity":
        assert value.value in (text, f"{BASE}id/{text}")


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(KINDS), GIVEN))
def test_whatever_is_given_the_query_is_the_same(given_: dict[str, str]) -> None:
    canned = catalog.read_text(QUERY, "all-kinds.rq")
    values = {kind: text for kind, text in given_.items() if written(kind, text)}
    bound = canned.bind(values, BASE)
    head, tail = QUERY.partition("UNDEF")[0], QUERY.rpartition("UNDEF")[2]
    assert bound.startswith(head)
    assert bound.endswith(tail)
    (row,) = ox.Store().query(bound)
    assert {kind for kind in KINDS if row[kind] is not None} == set(values)
