"""What may be asked: forms, updates, graphs, formats."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import KgError, NotAcceptable, QuerySyntaxError, Refused, UsageError
from kg.formats import CSV, TURTLE
from kg.query import request
from kg.query.request import check_format, parse, undeclared
from kg.query.tokens import resolve

PROLOGUE = "# SELECT\nBASE <http://a/ASK>\nPREFIX select: <http://a/#>\nprefix : <http://b/>\n"


@pytest.mark.parametrize(
    "form", ["SELECT * {}", "select(1 AS ?x){}", "ASK{}", "CONSTRUCT WHERE{}", "DESCRIBE <a:a>"]
)
@pytest.mark.parametrize("prologue", ["", PROLOGUE, 'VERSION "1.2" '])
def test_the_form_is_the_first_word_after_the_prologue(prologue: str, form: str) -> None:
    assert parse(prologue + form).form in form.upper()


@pytest.mark.parametrize("text", ["", "  \n", "# only a comment", "PREFIX a: <http://a/>"])
def test_an_empty_query_is_malformed_and_says_so(text: str) -> None:
    with pytest.raises(QuerySyntaxError, match="empty"):
        parse(text)


def test_a_text_that_opens_no_query_is_malformed_with_its_place() -> None:
    with pytest.raises(QuerySyntaxError, match="'SELCT' opens no query") as caught:
        parse("PREFIX a: <http://a/>\n  SELCT * {}")
    assert (caught.value.line, caught.value.column) == (2, 3)


@pytest.mark.parametrize(
    "text",
    [
        "INSERT DATA { <a:a> <a:a> 1 }",
        "DELETE WHERE { ?s ?p ?o }",
        "LOAD <http://a/>",
        "CLEAR ALL",
        "drop graph <http://a/>",
        "CREATE GRAPH <http://a/>",
        "ADD <a:a> TO <a:b>",
        "MOVE <a:a> TO <a:b>",
        "COPY <a:a> TO <a:b>",
        "WITH <a:a> DELETE {} WHERE {}",
        PROLOGUE + "INSERT {} WHERE {}",
        r"\u0049NSERT DATA {}",
    ],
)
def test_an_update_is_refused(text: str) -> None:
    with pytest.raises((Refused, QuerySyntaxError)) as caught:
        parse(text)
    assert "\\" in text or isinstance(caught.value, Refused)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ?insert { ?insert ?load 'DELETE DATA' }",
        "# INSERT\nSELECT * {}",
        "PREFIX insert: <http://a/DROP> SELECT * { insert:data ?p ?o }",
    ],
)
def test_the_words_of_updates_elsewhere_are_no_updates(text: str) -> None:
    assert parse(text).form == "SELECT"


def test_graphs_of_the_protocol_must_be_iris() -> None:
    assert parse("ASK {}", default_graphs=["http://a/g"]).default_graphs == ("http://a/g",)
    with pytest.raises(UsageError, match="no graph's IRI"):
        parse("ASK {}", named_graphs=["not an IRI"])


def test_prefixes_that_are_used_but_not_declared_are_known_by_name_and_place() -> None:
    query = parse("PREFIX a: <http://a/>\nASK { a:x b:y _:z .\n a:x c:y 'd:e' }", prefixes={"c": "http://c/"})
    assert undeclared(query) == (("b", 2, 11),)


def test_escapes_that_name_no_character_stay() -> None:
    assert resolve(r"\u0041\U00000042 \uD800 \UFFFFFFFF \u12") == r"AB \uD800 \UFFFFFFFF \u12"


def test_results_and_graphs_have_formats_of_their_own() -> None:
    check_format(parse("ASK {}"), CSV)
    check_format(parse("CONSTRUCT WHERE {}"), TURTLE)
    with pytest.raises(NotAcceptable, match="ASK cannot be written as turtle"):
        check_format(parse("ASK {}"), TURTLE)
    with pytest.raises(NotAcceptable):
        check_format(parse("CONSTRUCT WHERE {}"), CSV)


@pytest.mark.parametrize("filling", ["# why not\n", " ", "PREFIX a: <http://a/>\n", "\n"])
def test_a_query_must_begin_early_in_its_text(filling: str) -> None:
    """Its beginning alone is read in the web process, where all requests wait for that."""
    repeated = filling * (request.PROLOGUE // len(filling) - 20)
    assert parse(repeated + "SELECT * {}").form == "SELECT"
    assert parse(repeated + "SELECT * {" + filling * 100).form == "SELECT"
    with pytest.raises(QuerySyntaxError, match="does not begin in its first"):
        parse(repeated + filling * 21 + "SELECT * {}")


@given(st.text(st.sampled_from("SERVICE select<>\"'#\\u0045{}?:a \n")))
def test_any_text_is_either_a_query_or_refused_with_reason(text: str) -> None:
    with suppress(KgError):
        assert parse("SELECT " + text).form == "SELECT"
