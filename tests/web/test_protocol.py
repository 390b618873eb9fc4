"""What W3C's test suites ask of the SPARQL 1.1 Protocol (queries) and Graph Store HTTP Protocol (reading)."""

from __future__ import annotations

import http.client
import zlib
from urllib.parse import quote, urlencode

import brotli
import pyoxigraph as ox
import pytest

from .conftest import Answer, Serve, Server

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XSD = "http://www.w3.org/2001/XMLSchema#"
GRAPHS = "http://kasei.us/2009/09/sparql/data/"
ONE, TWO, THREE = (f"{GRAPHS}data{n}.rdf" for n in (1, 2, 3))
DATA = "\n".join(
    [
        *(f"<{iri}> <{RDF}type> <urn:Document> <{iri}> ." for iri in (ONE, TWO, THREE)),
        *(f'<urn:s> <urn:p> "shared" <{iri}> .' for iri in (ONE, TWO, THREE)),
        f'<urn:s> <urn:p> "1"^^<{XSD}integer> .',
    ]
)
FORM, QUERY = "application/x-www-form-urlencoded", "application/sparql-query"
BOTH = f"ASK {{ <{ONE}> a ?type . <{TWO}> a ?type . }}"
NAMED = f"ASK {{ GRAPH ?g1 {{ <{ONE}> a ?type }} GRAPH ?g2 {{ <{TWO}> a ?type }} }}"
FULL = f"ASK {{ <{THREE}> a ?type GRAPH ?g1 {{ <{ONE}> a ?type }} GRAPH ?g2 {{ <{TWO}> a ?type }} }}"
COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"


@pytest.fixture(scope="module")
def strict(serve: Serve) -> Server:
    """A server whose default graph is what the file puts there."""
    return serve("--default-graph", "strict", w3c__nq=DATA)


def ways(server: Server, text: str, *graphs: tuple[str, str], **headers: str) -> list[Answer]:
    """A query by each way of section 2.1, with dataset parameters in each place where they may stand."""
    both, form = urlencode([("query", text), *graphs]), urlencode([("query", text)])
    dataset = urlencode(graphs)
    return [
        server.ask(f"/sparql?{both}", **headers),
        server.ask(f"/sparql/?{both}", **headers),
        server.ask("/sparql", "POST", both.encode(), content_type=FORM, **headers),
        server.ask(f"/sparql?{dataset}", "POST", form.encode(), content_type=FORM, **headers),
        server.ask(f"/sparql?{dataset}", "POST", text.encode(), content_type=QUERY, **headers),
        server.ask(
            f"/sparql?{dataset}", "POST", text.encode(), content_type=f"{QUERY}; charset=UTF-8", **headers
        ),
    ]


@pytest.mark.parametrize(
    ("text", "graphs", "expected"),
    [
        ("ASK {}", [], True),
        ("ASK {}", [("default-graph-uri", f"{GRAPHS}data0.rdf")], True),
        (BOTH, [], False),
        (BOTH, [("default-graph-uri", ONE), ("default-graph-uri", TWO)], True),
        (BOTH, [("default-graph-uri", ONE)], False),
        (NAMED, [("named-graph-uri", ONE), ("named-graph-uri", TWO)], True),
        (NAMED, [("named-graph-uri", ONE)], False),
        (FULL, [("default-graph-uri", THREE), ("named-graph-uri", ONE), ("named-graph-uri", TWO)], True),
        (FULL, [("default-graph-uri", THREE), ("named-graph-uri", ONE)], False),
        (f"ASK FROM <{ONE}> {{ <{ONE}> a ?t }}", [("default-graph-uri", TWO)], False),
        (f"ASK FROM <{ONE}> {{ <{TWO}> a ?t }}", [("default-graph-uri", TWO)], True),
        (f"ASK FROM NAMED <{ONE}> {{ GRAPH ?g {{ <{TWO}> a ?t }} }}", [("named-graph-uri", TWO)], True),
    ],
)  # fmt: skip
def test_a_query_is_asked_of_the_dataset_of_the_request_by_whichever_way_it_comes(
    strict, text, graphs, expected
):
    for answer in ways(strict, text, *graphs):
        assert (answer.status, answer.json["boolean"]) == (200, expected)


@pytest.mark.parametrize("version", ["1.1", "1.2", "1.2-basic", "9"])
def test_a_version_of_sparql_may_be_named(strict, version):
    for answer in ways(strict, "ASK {}", ("version", version)):
        assert answer.json["boolean"] is True
    typed = strict.ask("/sparql", "POST", b"ASK {}", content_type=f"{QUERY}; version={version}")
    assert typed.json["boolean"] is True


def test_a_triple_in_several_default_graphs_counts_once(strict):
    graphs = [("default-graph-uri", iri) for iri in (ONE, TWO, THREE)]
    for answer in ways(strict, COUNT, *graphs, accept="text/csv"):
        assert answer.text.split() == ["n", "4"]
    clauses = " ".join(f"FROM <{iri}>" for iri in (ONE, TWO, ONE))
    for answer in ways(strict, COUNT.replace("{", clauses + " {"), accept="text/csv"):
        assert answer.text.split() == ["n", "3"]


def test_a_graph_that_is_no_iri_is_400(strict):
    for answer in ways(strict, COUNT, ("default-graph-uri", "no iri")):
        assert answer.status == 400


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("SELECT ?o { ?s ?p ?o }", {"application/sparql-results+json"}),
        ("ASK {}", {"application/sparql-results+json"}),
        ("DESCRIBE <urn:s>", {"text/turtle"}),
        ("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }", {"text/turtle"}),
    ],
)
@pytest.mark.parametrize("accept", [{}, {"accept": "*/*"}, {"accept": ""}])
def test_without_a_wish_the_answer_is_of_the_type_of_the_form(strict, text, types, accept):
    for answer in ways(strict, text, **accept):
        assert (answer.status, answer.media_type in types) == (200, True)


ASKED = "/sparql?query=ASK%20%7B%7D"
SERVICE = quote("SELECT * { SERVICE <http://127.0.0.1:1/> {} }")
ENCODED = {"content-type": QUERY, "content-encoding": "gzip"}
VERSIONS = b"&version=1.1&version=1.2"
BAD = {
    "method": ("PUT", ASKED, b"", {}, 405),
    "delete": ("DELETE", ASKED, b"", {}, 405),
    "made-up method": ("FETCH", ASKED, b"", {}, 405),
    "two queries": ("GET", "/sparql?query=ASK%20%7B%7D&query=SELECT%20%2A%20%7B%7D", b"", {}, 400),
    "two in a form": ("POST", "/sparql", b"query=ASK%7B%7D&query=ASK%7B%7D", {"content-type": FORM}, 400),
    "one in the URL, one in the body": ("POST", ASKED, b"ASK {}", {"content-type": QUERY}, 400),
    "two versions": ("GET", ASKED + "&version=1.1&version=1.2", b"", {}, 400),
    "two versions in a form": ("POST", "/sparql", b"query=ASK{}" + VERSIONS, {"content-type": FORM}, 400),
    "update with two versions": ("POST", "/sparql", b"update=CLEAR" + VERSIONS, {"content-type": FORM}, 403),
    "wrong media type": ("POST", "/sparql", b"ASK {}", {"content-type": "text/plain"}, 415),
    "form without a type": ("POST", "/sparql", b"query=ASK%20%7B%7D", {}, 415),
    "query without a type": ("POST", "/sparql", b"ASK {}", {}, 415),
    "UTF-16": ("POST", "/sparql", "ASK {}".encode("utf-16"), {"content-type": QUERY}, 400),
    "another charset": ("POST", "/sparql", b"ASK {}", {"content-type": QUERY + "; charset=utf-16"}, 415),
    "syntax": ("GET", "/sparql?query=ASK%20%7B", b"", {}, 400),
    "empty query": ("GET", "/sparql?query=", b"", {}, 400),
    "update by GET": ("GET", "/sparql?update=CLEAR%20ALL", b"", {}, 403),
    "update": ("POST", "/sparql", b"CLEAR ALL", {"content-type": "application/sparql-update"}, 403),
    "both": ("POST", "/sparql", b"query=ASK%7B%7D&update=CLEAR%20ALL", {"content-type": FORM}, 403),
    "update as query": ("POST", "/sparql", b"CLEAR ALL", {"content-type": QUERY}, 403),
    "service": ("GET", "/sparql?query=" + SERVICE, b"", {}, 403),
    "compressed body": ("POST", "/sparql", b"\x1f\x8b", ENCODED, 415),
}  # fmt: skip


@pytest.mark.parametrize(("method", "target", "body", "headers", "status"), BAD.values(), ids=BAD)
def test_a_bad_request_is_refused_and_says_why(strict, method, target, body, headers, status):
    connection = http.client.HTTPConnection("127.0.0.1", strict.port, timeout=60)
    try:
        connection.putrequest(method, target)
        for name, value in {
            **headers,
            "Content-Length": str(len(body)),
            "Origin": "https://a.example",
        }.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        text = answer.read().decode()
    finally:
        connection.close()
    assert answer.status == status, text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Accept-Post"] == f"{QUERY}, {FORM}"
    assert status != 405 or {"GET", "HEAD", "OPTIONS", "POST"} == set(answer.headers["Allow"].split(", "))


def test_a_long_query_by_get_is_answered(serve, strict):
    assert strict.query("ASK {}" + "#" * 16_000).status == 200


SELECTED = {
    "json": "application/sparql-results+json",
    "xml": "application/sparql-results+xml",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
}
CONSTRUCTED = {
    "turtle": "text/turtle",
    "ntriples": "application/n-triples",
    "rdfxml": "application/rdf+xml",
    "jsonld": "application/ld+json",
    "trig": "application/trig",
    "nquads": "application/n-quads",
}


@pytest.mark.parametrize(("name", "media_type"), SELECTED.items())
@pytest.mark.parametrize("text", ["SELECT * { ?s ?p ?o }", "ASK {}"])
def test_tables_come_in_each_result_format(strict, text, name, media_type):
    by_accept = strict.query(text, accept=media_type)
    by_name = strict.ask("/sparql?" + urlencode({"query": text, "format": name}))
    assert by_accept.media_type == by_name.media_type == media_type
    assert by_accept.body == by_name.body


@pytest.mark.parametrize(("name", "media_type"), CONSTRUCTED.items())
def test_graphs_come_in_each_rdf_format(strict, name, media_type):
    text = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"
    by_accept = strict.query(text, accept=media_type)
    by_name = strict.ask("/sparql?" + urlencode({"query": text, "format": name}))
    assert by_accept.media_type == by_name.media_type == media_type
    for answer in (by_accept, by_name):
        found = list(ox.parse(answer.body, format=ox.RdfFormat.from_media_type(media_type)))
        assert [q.object for q in found] == [ox.Literal(1)]


def test_a_type_of_the_other_family_is_406_with_a_list_and_a_format_of_it_too(strict):
    assert "text/csv" in strict.query("ASK {}", accept="text/turtle").json["hint"]
    assert "text/turtle" in strict.query("DESCRIBE <urn:s>", accept="text/csv").json["hint"]


@pytest.mark.parametrize("accept", ["nonsense", "text/", "/", ";q=1", "text/turtle;q=x", "a/b;q=2", "*"])
def test_an_accept_that_cannot_be_read_asks_for_nothing_there_is(strict, accept):
    answer = strict.query("ASK {}", accept=accept)
    assert answer.status == 406
    assert "application/sparql-results+json" in answer.json["hint"]


@pytest.mark.parametrize("path", ["/graphs?default", "/graphs?default=", f"/graphs?graph={quote(ONE)}"])
@pytest.mark.parametrize(("name", "media_type"), CONSTRUCTED.items())
def test_a_graph_is_given_in_each_format(strict, path, name, media_type):
    by_accept = strict.ask(path, accept=media_type)
    by_name = strict.ask(f"{path}&format={name}")
    assert by_accept.media_type == by_name.media_type == media_type
    found = list(ox.parse(by_accept.body, format=ox.RdfFormat.from_media_type(media_type)))
    assert len(found) == (1 if "default" in path else 2)
    assert {q.graph_name for q in found} == {ox.DefaultGraph()}


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/graphs?graph=urn:nowhere", 404),
        ("/graphs", 400),
        ("/graphs?graph=", 400),
        ("/graphs?graph=relative", 400),
        (f"/graphs?default&graph={quote(ONE)}", 400),
        (f"/graphs?graph={quote(ONE)}&graph={quote(TWO)}", 400),
        ("/graphs?default&format=docx", 400),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_graph_that_is_not_there_or_not_named_is_refused(strict, method, target, status):
    assert strict.ask(target, method).status == status


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", ["/graphs?default", f"/graphs?graph={quote(ONE)}", "/graphs"])
def test_graphs_are_not_written(strict, method, path):
    answer = strict.ask(path, method, b"<urn:a> <urn:b> <urn:c> .", content_type="text/turtle")
    assert answer.status == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_a_head_of_a_graph_has_the_headers_of_a_get_and_no_body(strict):
    get, head = (strict.ask("/graphs?default", method) for method in ("GET", "HEAD"))
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-type"] == get.headers["content-type"]
    assert head.headers["content-length"] == get.headers["content-length"] == str(len(get.body))


@pytest.mark.parametrize("path", ["/sparql", "/graphs"])
def test_a_preflight_is_answered_with_what_a_script_may_do(strict, path):
    answer = strict.ask(
        path,
        "OPTIONS",
        origin="https://a.example",
        access_control_request_method="POST",
        access_control_request_headers="content-type",
    )
    assert answer.status in (200, 204)
    assert answer.headers["access-control-allow-origin"] == "*"
    allowed = answer.headers["access-control-allow-methods"].split(", ")
    assert set(allowed) == {"GET", "HEAD", "OPTIONS"} | ({"POST"} if path == "/sparql" else set())
    assert "content-type" in answer.headers["access-control-allow-headers"].lower()


def product(variables: str, values: int) -> str:
    """A query with as many rows as there are combinations of so many values of each variable."""
    row = " ".join(map(str, range(values)))
    return f"SELECT * {{ {' '.join(f'VALUES ?{v} {{ {row} }}' for v in variables)} }}"


LONG = 'SELECT ?n { VALUES ?n { "%s" } ?s ?p ?o }'


CODINGS = {
    "gzip": "gzip",
    "GZIP": "gzip",
    "x-gzip": "gzip",
    "*": "gzip",
    "gzip, deflate, br, zstd": "br",
    "br": "br",
    "BR;q=0.1": "br",
    "gzip;q=0.5, br;q=1": "br",
    "gzip;q=1, br;q=0.5": "gzip",
    "gzip, br;q=0": "gzip",
    "br;q=0, *": "gzip",
    "gzip, identity;q=0.5": "gzip",
    "identity;q=0, br": "br",
    "zstd, br": "br",
}


def unpacked(answer):
    coding = answer.headers["content-encoding"]
    return brotli.decompress(answer.body) if coding == "br" else zlib.decompress(answer.body, 31)


@pytest.mark.parametrize("accepted", CODINGS)
def test_a_body_over_a_kilobyte_is_compressed_for_who_takes_it(strict, accepted):
    plain = strict.query(LONG % ("x" * 2000))
    packed = strict.query(LONG % ("x" * 2000), accept_encoding=accepted)
    assert packed.headers["content-encoding"] == CODINGS[accepted]
    assert unpacked(packed) == plain.body
    assert len(packed.body) < len(plain.body)
    for answer in (packed, plain):
        assert "Accept-Encoding" in answer.headers["vary"]


@pytest.mark.parametrize(
    "accepted",
    [
        "identity",
        "gzip;q=0",
        "br;q=0",
        "zstd",
        "deflate",
        "nonsense;;q=x",
        "identity, gzip;q=0.5",
        "identity, br;q=0.9",
        "",
        "*;q=0, identity",
    ],
)
def test_a_body_is_not_compressed_for_who_does_not_want_it(strict, accepted):
    assert "content-encoding" not in strict.query(LONG % ("x" * 2000), accept_encoding=accepted).headers


@pytest.mark.parametrize("accepted", ["gzip", "br"])
def test_a_short_body_is_not_compressed(strict, accepted):
    assert "content-encoding" not in strict.query("ASK {}", accept_encoding=accepted).headers


@pytest.mark.parametrize(("accepted", "coding"), [("gzip, identity;q=0", "gzip"), ("*;q=0, br", "br")])
def test_a_short_body_is_compressed_for_who_takes_no_other(strict, accepted, coding):
    packed = strict.query("ASK {}", accept_encoding=accepted)
    assert packed.headers["content-encoding"] == coding
    assert unpacked(packed) == strict.query("ASK {}").body


@pytest.mark.parametrize("coding", ["gzip", "br"])
def test_a_streamed_body_is_compressed_as_it_comes(strict, coding):
    text = product("ab", 500)
    plain = strict.query(text, accept="text/csv")
    packed = strict.query(text, accept="text/csv", accept_encoding=coding)
    assert packed.headers["transfer-encoding"] == "chunked"
    assert unpacked(packed) == plain.body
    assert plain.body.count(b"\n") == 250_001


def complete(body: bytes, coding: str) -> bool:
    """Whether a compressed body has its end."""
    unpacker = brotli.Decompressor() if coding == "br" else zlib.decompressobj(31)
    if coding == "br":
        unpacker.process(body)
        return unpacker.is_finished()
    unpacker.decompress(body)
    return unpacker.eof


@pytest.mark.parametrize("coding", ["gzip", "br"])
def test_a_compressed_answer_that_fails_is_cut_and_has_no_end(strict, coding):
    text = product("abc", 900)
    with pytest.raises((http.client.IncompleteRead, ConnectionError)) as caught:
        strict.ask("/sparql?" + urlencode({"query": text, "timeout": "2"}), accept_encoding=coding)
    if isinstance(caught.value, http.client.IncompleteRead):
        assert not complete(caught.value.partial, coding)
