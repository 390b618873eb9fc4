"""Which graphs a query is asked of, and that a triple in several of them counts once."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from kg.query import engine, scope
from kg.query.scope import Scope

DATA = b"""PREFIX : <http://e/>
:a :p 0 .
GRAPH :one { :a :p 1, 2 }
GRAPH :two { :a :p 2, 3 ; :q _:b . _:b :r 1 }
GRAPH :three { :a :p 4 }"""
ONE, TWO, THREE = (f"http://e/{name}" for name in ("one", "two", "three"))
COUNT = "SELECT (COUNT(*) AS ?n) FROM <http://e/one> FROM <http://e/two> { ?s <http://e/p> ?o }"


@pytest.fixture
def store() -> ox.Store:
    made = ox.Store()
    made.load(DATA, ox.RdfFormat.TRIG)
    return made


def number(store: ox.Store, text: str, **graphs: list[str]) -> int:
    (row,) = engine.solve(store, text, **graphs)
    return int(row[0].value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT * FROM <a:a> { ?s ?p ?o }", Scope(("a:a",))),
        ("SELECT * from named <a:a> where { ?s ?p ?o }", Scope((), ("a:a",))),
        ("PREFIX x: <b:> SELECT * FROM x:y FROM NAMED <a:a> { }", Scope(("b:y",), ("a:a",))),
        ("BASE <http://b/c/> SELECT * FROM <d> {}", Scope(("http://b/c/d",))),
        ("CONSTRUCT { ?s ?p ?o } FROM <a:a> { ?s ?p ?o }", Scope(("a:a",))),
        ("CONSTRUCT FROM <a:a> WHERE { ?s ?p ?o }", Scope(("a:a",))),
        ("CONSTRUCT { } WHERE { }", Scope()),
        ("DESCRIBE <x:x> FROM <a:a>", Scope(("a:a",))),
        ("ASK FROM <a:a> FROM <a:b> {}", Scope(("a:a", "a:b"))),
        ("SELECT (EXISTS { ?s ?p ?o } AS ?x) FROM <a:a> {}", Scope(("a:a",))),
        ("SELECT * FROM <a:\\u0061> {}", Scope(("a:a",))),
        ("SELECT * # FROM <a:b>\nFROM <a:a> {}", Scope(("a:a",))),
        ("SELECT * { ?s ?p 'FROM <a:a>' }", Scope()),
        ("SELECT * FROM missing:x {}", Scope()),
        ("SELECT * FROM", Scope()),
        ("", Scope()),
    ],
)
def test_from_and_from_named_are_read_as_the_engine_reads_them(text, expected):
    assert scope.of_text(text, {}) == expected


def test_a_triple_in_several_from_graphs_counts_once(store):
    assert number(store, COUNT) == 3


def test_a_graph_named_twice_counts_once(store):
    assert number(store, COUNT.replace("two", "one")) == 2


def test_graphs_given_from_outside_go_before_those_of_the_query(store):
    assert number(store, COUNT, default_graphs=[THREE]) == 1
    assert number(store, COUNT, default_graphs=[ONE, TWO, THREE]) == 4


def test_with_named_graphs_alone_the_default_graph_is_empty(store):
    assert number(store, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", named_graphs=[ONE]) == 0
    assert number(store, "SELECT (COUNT(*) AS ?n) FROM NAMED <http://e/one> { ?s ?p ?o }") == 0


def test_with_default_graphs_alone_there_are_no_named_ones(store):
    assert number(store, "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }", default_graphs=[ONE, TWO]) == 0


def test_the_named_graphs_stand_beside_a_merged_default_graph(store):
    text = "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s <http://e/p> ?o } }"
    assert number(store, text, default_graphs=[ONE, TWO], named_graphs=[TWO, THREE]) == 3


def test_blank_nodes_stay_the_same_in_merged_graphs(store):
    text = "SELECT (COUNT(*) AS ?n) { <http://e/a> <http://e/q> ?b . ?b <http://e/r> ?c }"
    assert number(store, text, default_graphs=[ONE, TWO]) == 1


def test_graphs_that_are_not_there_are_empty(store):
    assert number(store, COUNT.replace("two", "nowhere")) == 2


def test_a_description_closes_blank_nodes(store):
    found = list(engine.solve(store, "DESCRIBE <http://e/a> FROM <http://e/two>"))
    assert {t.predicate.value for t in found} == {"http://e/p", "http://e/q", "http://e/r"}


def test_very_many_graphs_are_no_deeper_than_one(store):
    clauses = " ".join(f"FROM <urn:{n}>" for n in range(900))
    assert number(store, COUNT.replace("FROM", clauses + " FROM", 1)) == 3
