"""What the server says of a query that finds nothing, or does not parse."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from .conftest import Server

HTML = "text/html,*/*;q=0.8"
PAC = "PREFIX pac: <https://w3id.org/pac/ns#> "


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("SELECT * { ?e a pac:Evnt }", "pac:Evnt does not occur in the data; did you mean pac:Event?"),
        (
            "SELECT * { ?e pac:earliestt ?d }",
            "pac:earliestt does not occur in the data; did you mean pac:earliest?",
        ),
        ("ASK { ?e a pac:Evnt }", "pac:Evnt does not occur in the data; did you mean pac:Event?"),
        ("CONSTRUCT WHERE { ?e a pac:Evnt }", "pac:Evnt does not occur in the data; did you mean pac:Event?"),
        (
            "SELECT * { ?e <https://elsewhere.example/p> ?d }",
            "https://elsewhere.example/p does not occur in the data",
        ),
        ("SELECT * { ?x <http://www.w3.org/2002/07/owl#sameAs> pac:Event }", None),
        ("SELECT * { ?e a pac:Event } LIMIT 1", None),
        ("SELECT * { ?e pac:earliest '1'^^<http://www.w3.org/2001/XMLSchema#byte> }", None),
    ],
)
@pytest.mark.parametrize(
    "accept", ["*/*", "text/csv, text/turtle", "application/xml, application/rdf+xml", HTML]
)
def test_an_empty_answer_names_what_is_not_in_the_data(
    server: Server, text: str, hint: str | None, accept: str
):
    for _ in range(2):
        answer = server.query(PAC + text, accept=accept)
        assert answer.status == 200
        if hint is not None or "owl#sameAs" not in text:
            assert answer.headers.get("x-kg-hint") == hint
        if hint and accept == HTML:
            assert hint in answer.text


def test_a_hint_cannot_break_out_of_its_header(server: Server):
    answer = server.query("SELECT * { ?s <https://é.example/\u2028x> ?o }")
    assert answer.headers["x-kg-hint"].isascii()


def test_a_class_of_the_ontology_without_members_is_named(server: Server):
    classes = server.select("?c a <http://www.w3.org/2002/07/owl#Class> FILTER NOT EXISTS { ?x a ?c }")
    for row in classes[:3]:
        if row["c"].startswith("https://w3id.org/pac/ns#"):
            answer = server.query(f"SELECT * {{ ?x a <{row['c']}> }}")
            assert answer.headers["x-kg-hint"].startswith("nothing in the data is a pac:")


def test_a_query_that_does_not_parse_shows_its_line_with_a_caret(server: Server):
    text = "SELECT *\nWHRE { ?s ?p ?o }"
    problem = server.query(text).json
    assert (problem["line"], problem["column"], problem["hint"]) == (2, 1, "did you mean WHERE?")
    assert problem["excerpt"] == "WHRE { ?s ?p ?o }\n^"
    page = server.query(text, accept=HTML)
    assert page.status == 400
    for expected in ("WHRE { ?s ?p ?o }\n^</pre>", "did you mean WHERE?", page.headers["x-kg-query-id"]):
        assert expected in page.text


@pytest.mark.parametrize("prefix", ["person", "scheme-role"])
def test_a_prefix_of_the_dataset_comes_with_its_declaration(server: Server, prefix: str):
    hint = server.query(f"ASK {{ {prefix}:x ?p ?o }}").json["hint"]
    assert hint.startswith(f"add PREFIX {prefix}: <https://")


def test_the_page_of_an_error_has_the_query_to_be_mended(server: Server):
    text = "SELECT * { ?s ?p '</textarea><b>' } LIMIT 1 ORDER BY ?s"
    page = server.query(text, accept=HTML)
    assert page.status == 400
    assert '<form method="post" action="/sparql"' in page.text
    assert "{ ?s ?p &#39;&lt;/textarea&gt;&lt;b&gt;&#39; } LIMIT 1 ORDER BY ?s</textarea>" in page.text
    assert "textarea" not in server.ask("/doc/person/nobody", accept=HTML).text


def test_an_error_carries_the_id_of_its_request(server: Server):
    for target in ("/sparql?" + urlencode({"query": "nonsense"}), "/nowhere", "/doc/person/nobody"):
        answer = server.ask(target)
        assert answer.json["query_id"] == answer.headers["x-kg-query-id"]


@pytest.mark.parametrize("prologue", ["PREFIX : <#>", "PREFIX : <>", "BASE <http://a.example/> PREFIX : <b>"])
def test_an_empty_answer_may_have_names_whose_prefix_is_relative(server, prologue):
    answer = server.query(f"{prologue} SELECT * {{ :x :p 'x' }}")
    assert answer.status == 200
    assert answer.json["results"]["bindings"] == []
