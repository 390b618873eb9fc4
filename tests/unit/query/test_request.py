"""What may be asked: forms, updates, SERVICE, depth."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import KgError, NotAcceptable, QuerySyntaxError, Refused, UsageError
from kg.formats import CSV, TURTLE
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


CALLS = [
    "SELECT * { SERVICE <http://evil/> { } }",
    "SELECT * { service<http://evil/>{ } }",
    "SELECT * { SERVICE SILENT <http://evil/> { } }",
    "SELECT * { SERVICE # why not\n <http://evil/> # here\r { } }",
    "SELECT * { SERVICE ?anywhere { } }",
    "SELECT * { SERVICE $anywhere { } }",
    "PREFIX e: <http://evil/> SELECT * { SERVICE e:x { } }",
    "PREFIX e: <http://evil/> SELECT * { SERVICEe: { } }",
    "PREFIX e: <http://evil/> SELECT * { SERVICESILENTe:x { } }",
    "PREFIX : <http://evil/> SELECT * { ?s ?p ?o . SERVICE:x { } }",
    "SELECT * { ?s ?p 1SERVICE <http://evil/> { } }",
    "SELECT * { ?s ?p trueSERVICE <http://evil/> { } }",
    "SELECT * { FILTER EXISTS { SERVICE <http://evil/> { } } }",
    "SELECT * { LATERAL { SERVICE <http://evil/> { } } }",
    "ASK { { SELECT * { SERVICE <http://evil/> { } } } }",
    r"SELECT * { S\u0045RVICE <http://evil/> { } }",
    r"SELECT * { SERVIC\U00000045 <http://evil/> { } }",
    r"SELECT * { ?s ?p '\u0027 . SERVICE <http://evil/> { } # \u0027 }",
    r"SELECT * { ?s ?p '\u005C' . SERVICE <http://evil/> { } # ' }",
    r"PREFIX a: <http://a/> SELECT * { ?s ?p a:x\' . SERVICE <http://evil/> { } FILTER(1 != '') }",
    "PREFIX a: <http://a/> SELECT * { ?s ?p a:.SERVICE <http://evil/> { } }",
    "PREFIX : <http://evil/> SELECT * { ?a ?b ?c FILTER(?a<?c)SERVICE:x#>\n{ } }",
    "SELECT * { ?a ?b ?c FILTER(?c<'>') SERVICE <http://evil/> { } FILTER(1 != '') }",
    "SELECT * { ?a ?b ?c FILTER(?c<?b#> '''\n) SERVICE <http://evil/> { } #'''\n }",
]


@pytest.mark.parametrize("text", CALLS)
def test_service_is_refused_in_every_disguise(text: str) -> None:
    with pytest.raises(Refused, match="SERVICE"):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { ?s ?p 'SERVICE <http://evil/> { }' }",
        'SELECT * { ?s ?p """SERVICE "x" <http://evil/> { }""" }',
        "SELECT * { ?s ?p '''it''s a SERVICE <http://evil/> { }''' }",
        r"SELECT * { ?s ?p 'a\'SERVICE <http://evil/> {' }",
        "SELECT * { ?s ?p ?o } # SERVICE <http://evil/> { }",
        "SELECT * { ?s <http://a/SERVICE> ?o }",
        "SELECT * { GRAPH <http://a/sparql-service-description#SERVICE> { ?s ?p ?o } }",
        "PREFIX sd: <http://www.w3.org/ns/sparql-service-description#>\nASK { ?s a sd:Service . {} }",
        "SELECT ?SERVICE { ?SERVICE ?p ?o . { ?s $service ?x } }",
        "PREFIX service: <http://a/> SELECT * { service:x ?p ?o . GRAPH service:g { ?s ?p ?o } }",
        "PREFIX a: <http://a/> SELECT * { a:SERVICE a:x.SERVICE ?o }",
        "SELECT * { ?s ?p 'x'@service-x }",
        "SELECT * { _:service ?p ?o }",
    ],
)
def test_the_word_service_elsewhere_calls_nothing(text: str) -> None:
    assert parse(text)


def test_service_may_ask_an_endpoint_that_is_allowed_and_no_other() -> None:
    allowed = ("https://query.example.org/sparql",)
    assert parse("SELECT * { SERVICE <https://query.example.org/sparql> { } }", service_allow=allowed)
    for endpoint in ("<https://query.example.org/sparql2>", "?x", "<https://QUERY.example.org/sparql>"):
        with pytest.raises(Refused) as caught:
            parse(f"SELECT * {{ SERVICE {endpoint} {{ }} }}", service_allow=allowed)
        assert allowed[0] in str(caught.value.hint)


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


@given(st.text(st.sampled_from("SERVICE select<>\"'#\\u0045{}?:a \n")))
def test_any_text_is_either_a_query_or_refused_with_reason(text: str) -> None:
    with suppress(KgError):
        assert parse("SELECT " + text).form == "SELECT"
