"""/sparql: the query side of the SPARQL 1.1 Protocol."""

from __future__ import annotations

import http.client
import json
import socket
import xml.etree.ElementTree as ET
from urllib.parse import urlencode

import pytest

ASK = "ASK { ?s ?p ?o }"
SELECT = "SELECT ?s WHERE { ?s ?p ?o } LIMIT 2"
CONSTRUCT = "CONSTRUCT { ?s a ?t } WHERE { ?s a ?t } LIMIT 2"
FORM = "application/x-www-form-urlencoded"
ENDLESS = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def test_a_query_by_get_is_answered_as_json(server):
    answer = server.query(SELECT)
    assert answer.status == 200
    assert answer.media_type == "application/sparql-results+json"
    assert len(answer.json["results"]["bindings"]) == 2


def test_a_query_by_form_post_is_answered(server):
    body = urlencode({"query": ASK}).encode()
    assert server.ask("/sparql", "POST", body, content_type=FORM).json["boolean"] is True


def test_a_query_by_direct_post_is_answered(server):
    answer = server.ask("/sparql", "POST", ASK.encode(), content_type="application/sparql-query")
    assert answer.json["boolean"] is True


def test_a_form_body_is_decoded_once(server):
    query = 'SELECT ("a%20b+c" AS ?x) {}'
    body = urlencode({"query": query}).encode()
    by_post = server.ask("/sparql", "POST", body, content_type=FORM)
    assert by_post.json["results"]["bindings"][0]["x"]["value"] == "a%20b+c"
    assert by_post.json == server.query(query).json


@pytest.mark.parametrize(
    ("query", "accept", "expected"),
    [
        (SELECT, "*/*", "application/sparql-results+json"),
        (SELECT, "text/csv", "text/csv"),
        (SELECT, "text/tab-separated-values", "text/tab-separated-values"),
        (SELECT, "application/sparql-results+xml", "application/sparql-results+xml"),
        (SELECT, "text/csv;q=0.5, application/sparql-results+xml;q=0.9", "application/sparql-results+xml"),
        (SELECT, "application/sparql-results+json;q=0, */*", "application/sparql-results+xml"),
        (SELECT, BROWSER, "text/html"),
        (CONSTRUCT, "*/*", "text/turtle"),
        (CONSTRUCT, "application/ld+json", "application/ld+json"),
        (CONSTRUCT, "application/n-triples", "application/n-triples"),
        (CONSTRUCT, "application/rdf+xml", "application/rdf+xml"),
    ],
)
def test_accept_chooses_the_format(server, query, accept, expected):
    answer = server.query(query, accept=accept)
    assert (answer.status, answer.media_type) == (200, expected)


def test_format_goes_before_accept(server):
    answer = server.ask("/sparql?" + urlencode({"query": SELECT, "format": "csv"}), accept="text/turtle")
    assert answer.media_type == "text/csv"


def test_an_unknown_format_is_400_and_lists_what_there_is(server):
    answer = server.ask("/sparql?" + urlencode({"query": SELECT, "format": "docx"}))
    assert answer.status == 400
    assert "csv" in answer.json["hint"]


def test_a_format_of_the_other_family_is_406_listing_what_there_is(server):
    answer = server.query(SELECT, accept="text/turtle")
    assert answer.status == 406
    assert "text/csv" in answer.json["hint"]


def test_default_graph_uri_chooses_the_graph(server):
    def count(**graphs):
        query = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
        rows = server.ask("/sparql?" + urlencode({"query": query, **graphs})).json["results"]["bindings"]
        return int(rows[0]["n"]["value"])

    ontology = count(**{"default-graph-uri": "https://w3id.org/pac/ns"})
    assert 0 < ontology < count()
    assert count(**{"default-graph-uri": "https://nowhere.example/"}) == 0


def test_named_graph_uri_limits_the_named_graphs(server):
    query = "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }"
    parameters = {"query": query, "named-graph-uri": "https://w3id.org/pac/ns"}
    rows = server.ask("/sparql?" + urlencode(parameters)).json["results"]["bindings"]
    assert [r["g"]["value"] for r in rows] == ["https://w3id.org/pac/ns"]


def test_the_graph_parameters_of_a_direct_post_stand_in_the_url(server):
    target = "/sparql?" + urlencode({"default-graph-uri": "https://nowhere.example/"})
    answer = server.ask(target, "POST", ASK.encode(), content_type="application/sparql-query")
    assert answer.json["boolean"] is False


def test_unknown_and_repeated_other_parameters_are_ignored(server):
    answer = server.ask("/sparql?" + urlencode([("query", ASK), ("debug", "on"), ("debug", "off")]))
    assert answer.json["boolean"] is True


def test_query_twice_is_400(server):
    assert server.ask("/sparql?" + urlencode([("query", ASK), ("query", ASK)])).status == 400


def test_query_in_url_and_form_is_400(server):
    body = urlencode({"query": ASK}).encode()
    answer = server.ask("/sparql?" + urlencode({"query": ASK}), "POST", body, content_type=FORM)
    assert answer.status == 400


def test_a_post_without_a_query_is_400(server):
    assert server.ask("/sparql", "POST", b"x=y", content_type=FORM).status == 400


def test_a_malformed_query_is_400_with_line_and_column(server):
    answer = server.query("SELECT ?s WHERE {\n ?s ?p }")
    assert answer.status == 400
    assert answer.media_type == "application/problem+json"
    assert answer.json["line"] >= 1
    assert answer.json["column"] >= 1
    assert answer.json["type"].endswith("/problems#query-syntax-error")


def test_undeclared_prefixes_are_400(server):
    assert server.query("SELECT * { ?s a pac:Event }").status == 400


def test_bytes_that_are_not_utf8_are_400(server):
    assert server.ask("/sparql?query=%FF").status == 400
    assert server.ask("/sparql", "POST", b"\xff", content_type="application/sparql-query").status == 400


@pytest.mark.parametrize("text", ["DELETE WHERE { ?s ?p ?o }", "LOAD <http://127.0.0.1:1/>"])
def test_an_update_as_a_query_is_refused(server, text):
    assert server.query(text).status in (400, 403)


def test_an_update_parameter_is_403(server):
    text = "INSERT DATA { <urn:a> <urn:b> <urn:c> }"
    assert server.ask("/sparql?" + urlencode({"update": text})).status == 403
    body = urlencode({"update": text}).encode()
    assert server.ask("/sparql", "POST", body, content_type=FORM).status == 403


def test_an_update_body_is_403(server):
    answer = server.ask("/sparql", "POST", b"CLEAR ALL", content_type="application/sparql-update")
    assert answer.status == 403


def test_service_to_an_unlisted_place_is_403(server):
    assert server.query("SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }").status == 403


def test_a_body_of_another_type_is_415(server):
    assert server.ask("/sparql", "POST", ASK.encode(), content_type="text/plain").status == 415


def test_a_compressed_body_is_415(server):
    answer = server.ask(
        "/sparql", "POST", b"\x1f\x8b", content_type="application/sparql-query", content_encoding="gzip"
    )
    assert answer.status == 415


def test_a_body_over_the_limit_is_413(server):
    body = ASK.encode() + b"#" * 70_000
    assert server.ask("/sparql", "POST", body, content_type="application/sparql-query").status == 413


def test_a_chunked_body_over_the_limit_is_413_and_not_cut(server):
    pieces = (b"ASK {} # " + b"x" * 65_536 for _ in range(40))
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    headers = {"Content-Type": "application/sparql-query"}
    try:
        connection.request("POST", "/sparql", pieces, headers, encode_chunked=True)
        assert connection.getresponse().status == 413
    finally:
        connection.close()


def test_a_chunked_body_below_the_limit_is_read_whole(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    headers = {"Content-Type": "application/sparql-query", "Accept": "text/csv"}
    try:
        connection.request(
            "POST", "/sparql", iter([b"SELECT (6 * 7", b" AS ?n) {}"]), headers, encode_chunked=True
        )
        assert connection.getresponse().read().split() == [b"n", b"42"]
    finally:
        connection.close()


@pytest.mark.parametrize(
    "chunks", [b"xyz\r\nASK {}\r\n0\r\n\r\n", b"6\r\nASK {}0\r\n\r\n", b"6;=\r\nASK {}\r\n0\r\n\r\n"]
)
def test_a_malformed_chunk_is_400_and_nothing_after_it_is_taken_for_a_request(server, chunks):
    head = b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\n"
    after = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + after)
        said = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert said.startswith(b"HTTP/1.1 400 ")
    assert b"application/problem+json" in said
    assert said.count(b"HTTP/1.1 ") == 1


def test_a_body_below_the_limit_is_answered(server):
    body = ASK.encode() + b"#" * 60_000
    assert server.ask("/sparql", "POST", body, content_type="application/sparql-query").status == 200


@pytest.mark.parametrize("length", [5_000, 100_000])
def test_a_url_over_the_limit_is_414_and_says_post(server, length):
    answer = server.ask("/sparql?" + urlencode({"query": ASK}) + "%23" + "x" * length)
    assert answer.status == 414
    assert "POST" in answer.json["detail"]
    assert answer.headers["access-control-allow-origin"] == "*"


def test_timeout_may_lower_the_deadline(server):
    query = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
    answer = server.ask("/sparql?" + urlencode({"query": query, "timeout": "0.5"}))
    assert answer.status == 504
    assert answer.json["title"] == "Query deadline passed"


@pytest.mark.parametrize("timeout", ["soon", "0", "-1", "nan", "inf"])
def test_a_timeout_that_is_no_number_above_0_is_400(server, timeout):
    answer = server.ask("/sparql?" + urlencode({"query": ASK, "timeout": timeout}))
    assert answer.status == 400
    assert answer.json["parameter"] == "timeout"


def test_a_timeout_above_the_limit_is_the_limit(server):
    assert server.ask("/sparql?" + urlencode({"query": ASK, "timeout": "99999"})).status == 200


def test_a_failure_after_the_first_byte_cuts_the_connection(server):
    """The deadline passes while rows flow: no last chunk, so no client takes the stump for the whole."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("GET", "/sparql?" + urlencode({"query": ENDLESS, "timeout": "1"}))
    response = connection.getresponse()
    assert response.status == 200
    with response, pytest.raises((http.client.IncompleteRead, ConnectionError)):
        response.read()
    connection.close()


def test_a_failure_after_the_first_byte_resets_the_connection_of_a_client_without_chunks(server):
    """To HTTP/1.0 the end of the connection is that of the body, and a stump would look whole."""
    target = "/sparql?" + urlencode({"query": ENDLESS, "timeout": "1"})
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(f"GET {target} HTTP/1.0\r\nHost: x\r\n\r\n".encode())
        assert connection.recv(65_536).startswith(b"HTTP/1.0 200 OK")
        with pytest.raises(ConnectionResetError):
            sum(len(part) for part in iter(lambda: connection.recv(65_536), b""))


def test_a_client_without_chunks_gets_a_whole_answer_whole(server):
    target = "/sparql?" + urlencode({"query": "SELECT * { ?s ?p ?o } LIMIT 2000", "format": "csv"})
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(f"GET {target} HTTP/1.0\r\nHost: x\r\n\r\n".encode())
        said = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert said.partition(b"\r\n\r\n")[2].count(b"\n") == 2001


RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
UNSPEAKABLE = {
    "control": ("SELECT ('a\\u0001' AS ?x) {}", "xml", "csv", "U+0001"),
    "no character": ("SELECT ('a\\uFFFF' AS ?x) {}", "xml", "csv", "U+FFFF"),
    "control in a graph": ("CONSTRUCT { <a:a> <a:b> 'a\\u0001' } {}", "rdfxml", "turtle", "U+0001"),
    "predicate": ("CONSTRUCT { <a:a> <urn:1> 1 } {}", "rdfxml", "turtle", "<urn:1>"),
    "class": ("CONSTRUCT { <a:a> a <urn:1> } {}", "rdfxml", "turtle", "<urn:1>"),
    "reserved": (f"CONSTRUCT {{ <a:a> <{RDF}li> 1 }} {{}}", "rdfxml", "turtle", "reserves"),
}


@pytest.mark.parametrize(("text", "fmt", "other", "named"), UNSPEAKABLE.values(), ids=UNSPEAKABLE)
def test_what_xml_cannot_hold_is_406_naming_it_and_another_format(server, text, fmt, other, named):
    def ask(name):
        return server.ask("/sparql?" + urlencode({"query": text, "format": name}))

    assert ask(other).status == 200
    answer = ask(fmt)
    assert answer.status == 406
    assert named in answer.json["detail"]
    assert other in answer.json["hint"]


def test_after_the_first_bytes_what_xml_cannot_hold_cuts_the_connection(server):
    rows = "SELECT ?x { { ?x ?p ?o } UNION { SELECT ('\\u0001' AS ?x) {} } } ORDER BY ?x"
    with pytest.raises(http.client.IncompleteRead) as caught:
        server.ask("/sparql?" + urlencode({"query": rows, "format": "xml"}))
    assert caught.value.partial.startswith(b"<?xml")
    assert b"U+0001" not in caught.value.partial


@pytest.mark.parametrize("fmt", ["xml", "rdfxml"])
def test_what_xml_can_hold_comes_back_from_it_as_it_was(server, fmt):
    said = "a\r\n\t]]>&amp;\u0085\U0001f600"
    literal = json.dumps(said, ensure_ascii=False)
    text = f"SELECT ({literal} AS ?x) {{}}" if fmt == "xml" else f"CONSTRUCT {{ <a:a> <a:b> {literal} }} {{}}"
    answer = server.ask("/sparql?" + urlencode({"query": text, "format": fmt}))
    assert answer.status == 200
    assert said in {"".join(element.itertext()) for element in ET.fromstring(answer.body).iter()}


def test_a_whole_answer_ends_with_the_last_chunk(server):
    assert server.query("SELECT * { ?s ?p ?o } LIMIT 2000").status == 200


def test_the_server_answers_while_a_query_runs(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    query = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
    connection.request("GET", "/sparql?" + urlencode({"query": query, "timeout": "3"}))
    assert server.ask("/health").status == 200
    assert server.query(ASK).status == 200
    with connection.getresponse() as response:
        assert response.status == 504
    connection.close()


def test_without_a_query_the_service_is_described(server):
    answer = server.ask("/sparql")
    assert answer.media_type == "text/turtle"
    assert "sd:Service" in answer.text


def test_without_a_query_a_browser_gets_the_form(server):
    answer = server.ask("/sparql", accept=BROWSER)
    assert answer.media_type == "text/html"
    assert "<textarea" in answer.text


def test_without_a_query_an_unsupported_type_is_406(server):
    assert server.ask("/sparql", accept="image/png").status == 406


def test_a_query_is_escaped_in_the_page_that_repeats_it(server):
    answer = server.query('SELECT ("<b>x</b>" AS ?x) { } #</textarea><b>', accept="text/html")
    assert answer.status == 200
    assert "<b>" not in answer.text


@pytest.mark.parametrize("chain", ["1+", "("], ids=["chain", "brackets"])
def test_a_query_that_would_overflow_the_engines_stack_is_400_with_line_and_column(server, chain):
    text = "ASK { FILTER(1<'>' && " + chain * 10_000 + "1) }"
    answer = server.ask("/sparql", "POST", text.encode(), content_type="application/sparql-query")
    assert answer.status == 400
    assert (answer.json["line"], answer.json["column"] > 100) == (1, True)
