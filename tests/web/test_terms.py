"""How terms and truth values look in each format, and what a dataset reads: the traps of other servers."""

from __future__ import annotations

import csv
import io
import xml.etree.ElementTree as ElementTree

import pyoxigraph as ox
import pytest

from .conftest import Answer, Serve, Server

XSD = "http://www.w3.org/2001/XMLSchema#"
DATA = f"""PREFIX xsd: <{XSD}>
<urn:s> <urn:p> "a" , "b"@en , "c"@ar--rtl , "NaN"^^xsd:double , "-INF"^^xsd:float , false , 0 , 01 , 1.50 ,
  "maybe"^^xsd:boolean , "<&>\\t\\"\\\\\\n" , "" , <http://e/a%20b> , <<( <urn:a> <urn:b> "t"@en )>> , _:x .
_:x <urn:q> [ <urn:r> "deep" ] .
<urn:other> <urn:q> _:x .
<urn:g1> {{ <urn:s> <urn:p> "shared" . }} <urn:g2> {{ <urn:s> <urn:p> "shared" . }}"""
KINDS = ["json", "xml", "csv", "tsv"]
TYPED = "NaN double|-INF float|false boolean|0 integer|1 integer|1.5 decimal|maybe boolean"
EVERY = {
    ox.Literal("a"),
    ox.Literal("b", language="en"),
    ox.Literal("c", language="ar", direction=ox.BaseDirection.RTL),
    *(ox.Literal(v, datatype=ox.NamedNode(XSD + t)) for v, t in (pair.split() for pair in TYPED.split("|"))),
    ox.Literal('<&>\t"\\\n'),
    ox.Literal(""),
    ox.NamedNode("http://e/a%20b"),
    ox.Triple(ox.NamedNode("urn:a"), ox.NamedNode("urn:b"), ox.Literal("t", language="en")),
}
"""What the data have after <urn:s> <urn:p>, numbers by value, without the blank node."""


@pytest.fixture(scope="module")
def terms(serve: Serve) -> Server:
    return serve("--default-graph", "strict", terms__trig=DATA)


def asked(server: Server, text: str, name: str) -> Answer:
    answer = server.query(text, accept=f"{TYPES[name]}")
    assert answer.status == 200, answer.text
    return answer


TYPES = {
    "json": "application/sparql-results+json",
    "xml": "application/sparql-results+xml",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "turtle": "text/turtle",
    "ntriples": "application/n-triples",
    "rdfxml": "application/rdf+xml",
    "trig": "application/trig",
    "nquads": "application/n-quads",
}


@pytest.mark.parametrize("name", ["json", "xml", "tsv"])
def test_every_term_comes_back_from_a_table_as_it_was(terms, name):
    answer = asked(terms, "SELECT ?o { <urn:s> <urn:p> ?o }", name)
    kind = ox.QueryResultsFormat.from_media_type(TYPES[name])
    found = {row["o"] for row in ox.parse_query_results(answer.body, format=kind)}
    assert {term for term in found if not isinstance(term, ox.BlankNode)} == EVERY
    assert len(found) == len(EVERY) + 1


@pytest.mark.parametrize("name", ["turtle", "ntriples", "rdfxml", "trig", "nquads"])
def test_every_term_comes_back_from_a_graph_as_it_was(terms, name):
    answer = asked(terms, "CONSTRUCT { <urn:s> <urn:p> ?o } WHERE { <urn:s> <urn:p> ?o }", name)
    found = {quad.object for quad in ox.parse(answer.body, format=ox.RdfFormat.from_media_type(TYPES[name]))}
    assert {term for term in found if not isinstance(term, ox.BlankNode)} == EVERY


def test_in_csv_a_value_is_its_text(terms):
    text = asked(terms, "SELECT ?o ?none { <urn:s> <urn:p> ?o FILTER(isLiteral(?o)) }", "csv").text
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert rows[0] == ["o", "none"]
    assert {row[0] for row in rows[1:]} == {term.value for term in EVERY if isinstance(term, ox.Literal)}
    assert {row[1] for row in rows[1:]} == {""}
    assert text.count("\r\n") == len(rows)


def test_false_and_zero_are_not_empty_in_xml(terms):
    text = asked(terms, "SELECT (false AS ?a) (0 AS ?b) (1/0 AS ?c) {}", "xml").text
    (result,) = ElementTree.fromstring(text).iter("{http://www.w3.org/2005/sparql-results#}result")
    assert {binding.get("name"): "".join(binding.itertext()) for binding in result} == {
        "a": "false",
        "b": "0",
    }


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("json", '{{"head":{{}},"boolean":{}}}'),
        ("xml", "<boolean>{}</boolean></sparql>"),
        ("csv", "{}"),
        ("tsv", "{}"),
    ],
)
def test_the_answer_of_ask_in_each_format(terms, name, form):
    for text, word in (
        ("ASK {}", "true"),
        ("ASK { FILTER(false) }", "false"),
        ("ASK { ?s <urn:no> 1 }", "false"),
    ):
        assert asked(terms, text, name).text.strip().endswith(form.format(word))


@pytest.mark.parametrize("name", KINDS)
def test_no_rows_and_a_row_without_values_are_two_things(terms, name):
    none = asked(terms, "SELECT ?x { ?x <urn:no> 1 }", name).body
    one = asked(terms, "SELECT ?x {}", name).body
    assert none != one
    kind = ox.QueryResultsFormat.from_media_type(TYPES[name])
    if name != "csv":  # pyoxigraph writes CSV and does not read it
        assert [len(list(ox.parse_query_results(body, format=kind))) for body in (none, one)] == [0, 1]


@pytest.mark.parametrize("name", ["turtle", "ntriples", "rdfxml", "trig", "nquads"])
def test_a_graph_without_triples_is_a_document(terms, name):
    answer = asked(terms, "CONSTRUCT { ?s ?p ?o } WHERE { ?s <urn:no> ?o . ?s ?p ?o }", name)
    assert list(ox.parse(answer.body, format=ox.RdfFormat.from_media_type(TYPES[name]))) == []


def test_a_description_goes_on_through_blank_nodes_and_no_further(terms):
    found = list(ox.parse(terms.query("DESCRIBE <urn:other>").body, format=ox.RdfFormat.TURTLE))
    assert {quad.predicate.value for quad in found} == {"urn:q", "urn:r"}
    assert [quad.object for quad in found if quad.predicate.value == "urn:r"] == [ox.Literal("deep")]


@pytest.mark.parametrize("iri", ["file:///etc/passwd", "http://127.0.0.1:1/", "terms.trig"])
@pytest.mark.parametrize("clause", ["FROM", "FROM NAMED"])
def test_a_graph_that_is_not_there_is_empty_and_nothing_is_fetched(terms, clause, iri):
    text = f"SELECT * {clause} <{iri}> {{ {{ ?s ?p ?o }} UNION {{ GRAPH ?g {{ ?s ?p ?o }} }} }}"
    assert terms.query(text).json["results"]["bindings"] == []


def test_a_triple_in_two_graphs_of_the_query_counts_once_and_by_graph_twice(terms):
    count = "SELECT (COUNT(*) AS ?n) {} {{ {} }}"
    both = count.format("FROM <urn:g1> FROM <urn:g2>", "?s ?p ?o")
    named = count.format("FROM NAMED <urn:g1> FROM NAMED <urn:g2>", "GRAPH ?g { ?s ?p ?o }")
    assert asked(terms, both, "csv").text.split() == ["n", "1"]
    assert asked(terms, named, "csv").text.split() == ["n", "2"]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT (<urn:f>(1) AS ?x) {}",
        "SELECT * { FILTER(<urn:f>(1)) }",
        "SELECT (COALESCE(<urn:f>(1), 2) AS ?x) {}",
        "SELECT (COUNT(*) AS ?n) { ?s ?p ?o } HAVING (<urn:f>(?n))",
        "SELECT * { ?s ?p ?o } ORDER BY <urn:f>(?o)",
    ],
)
def test_a_function_that_is_not_there_is_400_and_named(terms, text):
    answer = terms.query(text)
    assert answer.status == 400
    assert "<urn:f>" in answer.json["detail"]


def test_what_has_no_value_is_unbound_and_no_failure(terms):
    text = f"SELECT (1/0 AS ?a) (<{XSD}integer>('x') AS ?b) (COALESCE(1/0, 'c') AS ?c) (STRLEN(1) AS ?d) {{}}"
    assert terms.query(text).json["results"]["bindings"] == [{"c": {"type": "literal", "value": "c"}}]


def test_three_thousand_braces_are_400_and_the_server_goes_on(terms):
    answer = terms.query("ASK " + "{" * 3_000 + "}" * 3_000)
    assert (answer.status, answer.json["line"]) == (400, 1)
    assert terms.query("ASK {}").json["boolean"] is True


@pytest.mark.parametrize("form", ["application/xml", "text/xml"])
def test_xml_by_its_general_names_is_the_xml_of_the_answer(terms, form):
    assert terms.query("ASK {}", accept=form).media_type == TYPES["xml"]
    assert terms.query("DESCRIBE <urn:s>", accept=form).media_type == TYPES["rdfxml"]


def test_a_format_may_be_a_media_type_with_its_plus_sign_as_it_is(terms):
    answer = terms.ask("/sparql?query=ASK%7B%7D&format=application/sparql-results+xml")
    assert answer.media_type == TYPES["xml"]
