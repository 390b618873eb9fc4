"""Errors that teach: the place, the line with a caret, and what to do."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import QuerySyntaxError
from kg.query.failures import explain
from kg.query.request import parse
from kg.query.spelling import misspelt, offset
from kg.query.tokens import Lexer


def fault(text: str) -> QuerySyntaxError:
    """What is said of a query that does not parse."""
    try:
        query = parse(text)
        ox.Store().query(text)
    except QuerySyntaxError as error:
        return error
    except SyntaxError as error:
        return explain(query, str(error))
    raise AssertionError(f"{text} parses")


@pytest.mark.parametrize(
    ("text", "word", "meant"),
    [
        ("SELCT * { ?s ?p ?o }", "SELCT", "SELECT"),
        ("PREFX a: <b:c> SELECT * {}", "PREFX", "PREFIX"),
        ("SELECT ?s WHRE { ?s ?p ?o }", "WHRE", "WHERE"),
        ("SELECT DISTNCT ?s { ?s ?p ?o }", "DISTNCT", "DISTINCT"),
        ("SELECT (COUTN(?s) AS ?n) { ?s ?p ?o }", "COUTN", "COUNT"),
        ("SELECT ?s { ?s ?p ?o . optinal { ?s ?p ?o } }", "optinal", "OPTIONAL"),
        ("SELECT ?s { ?s ?p ?o FILTR(?s > 3) }", "FILTR", "FILTER"),
        ("SELECT ?s { ?s ?p ?o FILTER(STRSTART(?s, 'a')) }", "STRSTART", "STRSTARTS"),
        ("SELECT ?s { ?s ?p ?o FILTER NOT EXIST { ?s ?p 1 } }", "EXIST", "EXISTS"),
        ("SELECT ?s { { ?s ?p ?o } UNOIN { ?a ?b ?c } }", "UNOIN", "UNION"),
        ("SELECT ?s { ?s ?p 'LIMT' , 1e5 } ORDER BY ?s LIMT 10", "LIMT 10", "LIMIT"),
        ("SELECT ?s { ?s ?p ?o FILTER(MD5(?o) = SHA256(?o)) } GROPU BY ?s", "GROPU", "GROUP"),
    ],
)
def test_a_misspelt_word_is_named_with_its_place_and_the_word_meant(text: str, word: str, meant: str) -> None:
    error = fault(text)
    assert (error.line, error.column) == (1, text.index(word) + 1)
    assert error.hint == f"did you mean {meant}?"
    assert error.excerpt == f"{text}\n{' ' * text.index(word)}^"


def test_a_word_that_is_like_none_of_sparql_may_be_a_name_a_variable_or_a_text() -> None:
    error = fault("SELECT * { ?s foo ?o }")
    assert "foo is no word of SPARQL" in error.message
    assert error.hint
    assert "pac:foo" in error.hint


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("ASK { ?x a org:Post }", "add PREFIX org: <http://www.w3.org/ns/org#>"),
        ("ASK { ?x a pca:Event }", "did you mean pac: ? Then add PREFIX pac: <https://w3id.org/pac/ns#>"),
        ("PREFIX mine: <a:b> ASK { ?x a mien:Event }", "did you mean mine: ?"),
        ("ASK { ?x a zzz:Event }", "add PREFIX zzz: <…>"),
    ],
)
def test_a_prefix_that_is_not_declared_comes_with_its_declaration(text: str, hint: str) -> None:
    assert fault(text).hint == hint


def test_a_query_that_ends_too_soon_is_told_so() -> None:
    assert "ends here, and is not complete" in fault("SELECT ?s WHERE { ?s ?p ?o ").message


def test_the_caret_stands_under_the_column_of_its_line() -> None:
    error = fault("SELECT * {\n\t?s ?p ?o .\n\t?s WRONG ?o\n}")
    assert (error.line, error.column) == (3, 5)
    assert error.excerpt == " ?s WRONG ?o\n    ^"


def test_a_long_line_is_cut_around_the_caret() -> None:
    error = fault("SELECT * { ?s ?p 'x" + "x" * 500 + "' . ?s WRONG ?o }")
    assert error.excerpt
    line, caret = error.excerpt.split("\n")
    assert len(line) <= 100
    assert line[len(caret) - 1 :].startswith("WRONG")


def test_a_reason_of_the_engine_in_words_stands() -> None:
    assert "unbound" in fault("SELECT ?x ?y { ?x a ?y } GROUP BY ?x").message


@given(st.text(st.sampled_from("aS:<>?{}'\n 1e\t"), max_size=60), st.integers(1, 5), st.integers(1, 70))
def test_any_place_of_any_text_can_be_searched(text: str, line: int, column: int) -> None:
    position = offset(text, line, column)
    assert 0 <= position <= len(text)
    found = misspelt(text, position)
    assert found is None or text[found[1] :].startswith(found[0])
    QuerySyntaxError("x", line=line, column=column).within(text)


@given(st.text(st.sampled_from("ab \n"), min_size=1), st.data())
def test_a_position_is_found_again_from_its_line_and_column(text: str, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(text) - 1))
    assert offset(text, *Lexer(text).place(position)) == position
