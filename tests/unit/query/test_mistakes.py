"""Errors that teach: the place, the line with a caret, and what to do."""

from __future__ import annotations

import sys

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import QuerySyntaxError, Refused
from kg.query.catalog import bundled
from kg.query.failures import explain, failure
from kg.query.request import Query, parse
from kg.query.spelling import offset
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
    except RuntimeError as error:
        failed = failure(str(error), query)
        assert isinstance(failed, QuerySyntaxError)
        return failed
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


SLIPS = [
    ("SELECT * { ?s ?p “x” }", "“", "U+201C", 'write " or'),
    ("SELECT * { ?s\u00a0?p ?o }", "\u00a0", "U+00A0", "ordinary space"),
    ("SELECT * { ?s ?p 'x }", "'x", "has no end", "three on both sides"),
    ("SELECT * { ?s ?p 'it's' }", "' }", "has no end", "\\'"),
    ("SELECT * { ?s ?p ?o FILTER(REGEX(?o, '\\d')) }", "\\d", "no escape", "write \\\\d"),
    ("SELECT * { ?s ?p '''a \\d''' }", "\\d", "no escape", "write \\\\d"),
    ("SELECT * { ?s ?p 'a\\u12' }", "\\u", "no escape", "four hexadecimal digits"),
    ("SELECT * { ?s ?p <http://a.example }", "<http", "has no end", "%20"),
    ("SELECT * { ?s <a b> ?o }", "<a b", "has no end", "%20"),
    ("SELECT * { ?s ?p &lt;a:b> }", "&lt", "HTML", "write <"),
    ("SELECT * { ?s ?p '1'^<a:b> }", "^", "^^", "'1'^^<a:b>"),
    ("SELECT * { ?s ?p ?o FILTER(?o == 3) }", "==", "==", "write ="),
    ("SELECT * { ?s ?p ?o FILTER(?o <> 3) }", "<>", "<>", "write !="),
    ("PREFIX ex <a:b> SELECT * { ?s ?p ex:o }", " <a:b>", "colon", "PREFIX ex: <a:b>"),
    ("SELECT * { ?the-event ?p ?o }", "-event", "letters, digits and _", "?the_event"),
]
BLUNDERS = [
    ("SELECT * { ?s ?p ?o", "{", "not closed", "add }"),
    ("SELECT * { ?s ?p ?o FILTER(?o > (3 + 2 ) }", "(?o", "not closed", "add ) before the } at line 1"),
    ("SELECT * { ?s ?p ?o }}", "}", "closes nothing", "take it out"),
    ("SELECT ?s, ?o { ?s ?p ?o }", ",", "without commas", "take the comma out"),
    ("SELECT { ?s ?p ?o }", " { ?s", "names no variable", "SELECT *"),
    ("SELECT COUNT(?s) { ?s ?p ?o }", "COUNT", "parentheses and has a name", "(COUNT(?s) AS ?value)"),
    ("SELECT (COUNT(?s)) { ?s ?p ?o }", "(COUNT", "parentheses and has a name", "(COUNT(?s) AS ?value)"),
    ("SELECT ?s AS ?t { ?s ?p ?o }", "AS", "parentheses and has a name", "(?s AS ?t)"),
    ("SELECT * { ?s ?p ?o } LIMIT 1 ORDER BY ?s", "ORDER", "after LIMIT", "the order is"),
    ("SELECT * { ?a ?p ?o } ORDER ?s", " ?s", "BY is missing", "ORDER BY"),
    ("SELECT * { ?a ?p ?o } LIMIT ?s", " ?s", "whole number", "LIMIT 10"),
    ("SELECT * { ?s ?p ?o FILTER ?o > 3 }", "?o > 3", "parentheses", "FILTER(?x > 3)"),
    ("SELECT * { ?s ?p ?o FILTER(COUNT(?o) > 3) }", "COUNT", "in a FILTER", "HAVING"),
    ("SELECT * { ?s ?p ?o FILTER EXISTS ?s }", " ?s }", "a group", "EXISTS {"),
    ("SELECT * { ?s ?p ?o BIND(1 ?x) }", "BIND", "gives no name", "AS ?x"),
    ("SELECT * { ?s ?p ?o BIND(1 AS ?o) }", "?o) }", "has a value already", "FILTER(?o ="),
    ("SELECT * { ?s ?p ?o };", ";", "nothing follows", "without a ;"),
    ("SELECT * { ?s ?p }", "}", "three parts", "one is missing"),
    ("CONSTRUCT { ?s } WHERE { ?s ?p ?o }", "} WHERE", "three parts", "two are missing"),
    ("SELECT * { ?s ?p ?o ?a ?b ?c }", "?a", "sign is missing", "parted by ."),
    ("SELECT * { ?s ?p ?o ; ?q }", "}", "three parts", "one is missing"),
    ("SELECT * { ?s ?p ?o . . }", ". }", "between . and .", "take one . out"),
    ("SELECT * { ?s 'name' ?o }", "'name'", "place of a predicate", "a path"),
    ("SELECT * { { ?s ?p _:a } { _:a ?p ?o } }", "_:a ?p", "two groups", "variable"),
    ("SELECT ?s ?o { ?s ?p ?o } GROUP BY ?s", "?o {", "neither in GROUP BY", "SAMPLE(?o)"),
    ("SELECT ?s (COUNT(?o) AS ?n) { ?s ?p ?o }", "?s (", "neither in GROUP BY", "add GROUP BY ?s"),
]


@pytest.mark.parametrize(("text", "at", "what", "hint"), [*SLIPS, *BLUNDERS])
def test_a_common_mistake_is_named_where_it_stands_with_its_remedy(
    text: str, at: str, what: str, hint: str
) -> None:
    error = fault(text)
    start = text.rindex(at) if at == "}" else text.index(at)
    assert (error.line, error.column) == (1, start + 1)
    assert what in error.message
    assert error.hint
    assert hint in error.hint


@pytest.mark.parametrize(("word", "instead"), [("AND", "&&"), ("LIKE", "CONTAINS"), ("NULL", "BOUND")])
def test_a_word_of_sql_is_told_what_stands_for_it(word: str, instead: str) -> None:
    error = fault(f"SELECT * {{ ?s ?p ?o FILTER(?o {word} ?s) }}")
    assert error.hint
    assert instead in error.hint


def test_what_the_engine_says_in_words_stands_with_its_remedy() -> None:
    error = fault("SELECT * { ?s ?p ?o } GROUP BY ?s")
    assert "not authorized with GROUP BY" in error.message
    assert error.hint == "name the variables of GROUP BY in SELECT"


def test_one_missing_sign_is_told_and_a_long_list_of_them_is_not() -> None:
    assert 'expected "{"' in fault("SELECT * { ?s ?p ?o OPTIONAL ?s ?p ?o }").message
    assert "expected" not in fault("ASK ?x").message


@pytest.mark.parametrize(
    ("text", "column", "hint"),
    [
        ("SELECT *\n{ BIND(<a:f>(1) AS ?x) }", 8, "casts of XPath"),
        (
            "PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> SELECT *\n{ BIND(xsd:intger('1') AS ?x) }",
            8,
            "xsd:integer",
        ),
    ],
)
def test_an_unknown_function_is_shown_in_its_line(text: str, column: int, hint: str) -> None:
    error = fault(text)
    assert (error.line, error.column) == (2, column)
    assert error.hint
    assert hint in error.hint


CANNED = [canned.text for canned in bundled()]


@given(st.sampled_from(CANNED), st.data())
def test_a_query_with_a_piece_missing_is_explained_within_its_text(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    broken = text[:start] + text[start + data.draw(st.integers(1, 4)) :]
    try:
        error = fault(broken)
    except (AssertionError, Refused):
        return  # it parses all the same
    lines = broken.split("\n")
    assert error.line
    assert error.column
    assert error.line <= len(lines)
    assert error.column <= len(lines[error.line - 1]) + 1


PIECES = [
    "SELECT ",
    "(",
    ")",
    "{",
    "}",
    "BIND(",
    " AS ?x",
    "FILTER(",
    "COUNT(",
    "VALUES ?x",
    "?x ",
    "<",
    "'",
    ". ",
    "_:a ",
]


@pytest.mark.parametrize("piece", PIECES)
def test_a_text_twice_as_long_takes_twice_as_long_to_explain(piece: str) -> None:
    half, whole = (f"ASK {{ {piece * (size // len(piece))}" for size in (5_000, 10_000))
    assert _steps(whole) < 3 * _steps(half) + 10_000


def _steps(text: str) -> int:
    """Lines of Python that explaining a text takes."""
    count = 0

    def step(frame: object, event: str, argument: object) -> object:
        nonlocal count
        count += 1
        return step

    sys.settrace(step)
    try:
        explain(Query(text, "ASK"), f"error at 1:{len(text)}: expected [_]")
    finally:
        sys.settrace(None)
    return count


@given(
    st.text(st.sampled_from("aS:<>?{}()[]'\"\\.;,^&=- 1e_\t\n“"), max_size=60),
    st.integers(1, 5),
    st.integers(1, 70),
)
def test_any_place_of_any_text_can_be_explained(text: str, line: int, column: int) -> None:
    assert 0 <= offset(text, line, column) <= len(text)
    error = explain(Query(text, "ASK"), f"error at {line}:{column}: expected [_]")
    assert error.line
    assert error.column


@given(st.text(st.sampled_from("ab \n"), min_size=1), st.data())
def test_a_position_is_found_again_from_its_line_and_column(text: str, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(text) - 1))
    assert offset(text, *Lexer(text).place(position)) == position
