"""SERVICE: refused in every disguise, and only where it is code."""

from __future__ import annotations

from contextlib import suppress

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.errors import QuerySyntaxError, Refused
from kg.query import engine
from kg.query.service import check

PARTS = (
    *(
        "SERVICE",
        "service",
        r"\u0053ERVICE",
        "SILENT",
        "<http://127.0.0.1:1/>",
        "e:x",
        "e:",
        "?x",
        "GRAPH",
        "FILTER(",
    ),
    *("{", "}", "}}", ")", "'", '"', "<", ">", "# ", "\n", r"\u0027", "?a", "1", '"""'),
    *("'''", r"e:b\-c", r"#\u-"),
)
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
    r"PREFIX x: <urn:x> ASK { VALUES ?v { '''a' x:b\-c '' } SERVICE <http://evil/> { } VALUES ?w { '''z' } }",
    "ASK { VALUES ?v { '''a' #\\u-\n '' } SERVICE <http://evil/> { } VALUES ?w { '''z' } }",
    "SELECT * { ?a ?b ?c FILTER(?c<?b#> '''\n) SERVICE <http://evil/> { } #'''\n }",
]


@pytest.mark.parametrize("text", CALLS)
def test_service_is_refused_in_every_disguise(text: str) -> None:
    with pytest.raises(Refused, match="SERVICE") as caught:
        check(text, ())
    assert caught.value.line
    assert caught.value.column


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
    check(text, ())


def test_service_may_ask_an_endpoint_that_is_allowed_and_no_other() -> None:
    allowed = ("https://query.example.org/sparql",)
    check("SELECT * { SERVICE <https://query.example.org/sparql> { } }", allowed)
    for endpoint in ("<https://query.example.org/sparql2>", "?x", "<https://QUERY.example.org/sparql>"):
        with pytest.raises(Refused) as caught:
            check(f"SELECT * {{ SERVICE {endpoint} {{ }} }}", allowed)
        assert allowed[0] in str(caught.value.hint)


@pytest.mark.parametrize("text", CALLS)
def test_whoever_solves_a_query_without_a_list_calls_nobody(store: ox.Store, text: str) -> None:
    with pytest.raises(Refused):
        engine.solve(store, text)


@settings(deadline=None)
@given(st.lists(st.sampled_from(PARTS), max_size=12).map(" ".join))
def test_what_is_let_through_the_engine_does_not_take_for_a_call(text: str) -> None:
    """An engine that reaches out says so, because nobody listens at port 1."""
    query = "PREFIX e: <http://127.0.0.1:1/> SELECT * { " + text
    with suppress(Refused, QuerySyntaxError, SyntaxError):
        list(engine.solve(ox.Store(), query))
