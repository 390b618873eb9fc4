"""No query reaches out and none changes a thing, whatever its disguise."""

from __future__ import annotations

import http.server
import re
import threading
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from kg.query import catalog
from kg.query.tokens import Lexer, Token
from kg.release import Release

from .conftest import Answer, Server, start, stop

FORM, QUERY = "application/x-www-form-urlencoded", "application/sparql-query"
UPDATE = "application/sparql-update"


class Neighbour(http.server.BaseHTTPRequestHandler):
    """A SPARQL endpoint in the network behind the server, with one path that redirects to another."""

    asked: list[str]

    def do_POST(self) -> None:
        self.asked.append(self.path)
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b'{"head":{"vars":["x"]},"results":{"bindings":[{"x":{"type":"literal","value":"inside"}}]}}'
        redirected = re.fullmatch(r"/redirect/(\d+)", self.path)
        self.send_response(int(redirected[1]) if redirected else 200)
        self.send_header("Location", "/inside")
        self.send_header("Content-Type", "application/sparql-results+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_PUT = do_DELETE = do_POST

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""


@pytest.fixture(scope="module")
def neighbour() -> Iterator[http.server.ThreadingHTTPServer]:
    Neighbour.asked = []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Neighbour) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


def address(neighbour: http.server.ThreadingHTTPServer, path: str = "/sparql") -> str:
    return f"http://127.0.0.1:{neighbour.server_port}{path}"


REACHING = (
    "SELECT * { SERVICE <{}> { ?s ?p ?o } }",
    "SELECT*{service<{}>{?s?p?o}}",
    "\ufeffSELECT * { SERVICE <{}> { ?s ?p ?o } }",
    "SELECT * { SeRvIcE\t\r\n\f<{}> { ?s ?p ?o } }",
    "SELECT * { SERVICE SILENT <{}> { ?s ?p ?o } }",
    "SELECT * { SERVICE#here\n<{}>#there\n{ ?s ?p ?o } }",
    r"SELECT * { \u0053ERVICE <{}> { ?s ?p ?o } }",
    r"SELECT * { \U00000053ERVICE <{}> { ?s ?p ?o } }",
    r"SELECT * { SERVICE \u003c{}\u003E { ?s ?p ?o } }",
    r"SELECT * { SERVICE <{}> \u007b ?s ?p ?o } }",
    r"SELECT * { ?s ?p '\u0027 SERVICE <{}> { ?a ?b ?c } #\u0027 }",
    "PREFIX e: <{}> SELECT * { SERVICE e: { ?s ?p ?o } }",
    "PREFIX : <{}> SELECT * { SERVICE: { ?s ?p ?o } }",
    "BASE <{}> SELECT * { SERVICE <> { ?s ?p ?o } }",
    "SELECT * { VALUES ?e { <{}> } SERVICE ?e { ?s ?p ?o } }",
    "SELECT * { BIND(<{}> AS ?e) SERVICE SILENT $e { ?s ?p ?o } }",
    "SELECT * { { SELECT * { SERVICE <{}> { ?s ?p ?o } } } }",
    "SELECT * { ?a ?b ?c OPTIONAL { SERVICE <{}> { ?s ?p ?o } } } LIMIT 1",
    "SELECT * { ?a ?b ?c MINUS { SERVICE <{}> { ?a ?p ?o } } } LIMIT 1",
    "SELECT * { { ?a ?b ?c } UNION { SERVICE <{}> { ?s ?p ?o } } }",
    "SELECT * { GRAPH ?g { SERVICE <{}> { ?s ?p ?o } } }",
    "SELECT * { ?a ?b ?c FILTER EXISTS { SERVICE <{}> { ?s ?p ?o } } } LIMIT 1",
    "SELECT (EXISTS { SERVICE <{}> { ?s ?p ?o } } AS ?x) {}",
    "ASK { SERVICE <{}> { ?s ?p ?o } }",
    "CONSTRUCT { ?s ?p ?o } WHERE { SERVICE <{}> { ?s ?p ?o } }",
    "DESCRIBE ?s { SERVICE <{}> { ?s ?p ?o } }",
    "SELECT * { ?s ?p trueSERVICE <{}> { ?s ?p ?o } }",
    "SELECT * { ?a ?b ?c FILTER(?c<'>') SERVICE <{}> { ?s ?p ?o } FILTER(1 != '') }",
    "SELECT * FROM <{}> { ?s ?p ?o }",
    "SELECT * FROM NAMED <{}> { GRAPH ?g { ?s ?p ?o } }",
    "LOAD <{}>",
    "LOAD SILENT <{}> INTO GRAPH <a:g>",
    "INSERT { ?s ?p ?o } WHERE { SERVICE <{}> { ?s ?p ?o } }",
    "SELECT * { ?s ?p ?o } ; LOAD <{}>",
    "ASK {} LOAD <{}>",
)


def by_every_way(server: Server, text: str, **parameters: str) -> list[Answer]:
    """A query by GET, as a form, and as a body of its own."""
    words = urlencode({"query": text, **parameters})
    return [
        server.ask("/sparql?" + words),
        server.ask("/sparql", "POST", words.encode(), content_type=FORM),
        server.ask("/sparql?" + urlencode(parameters), "POST", text.encode(), content_type=QUERY),
    ]


@pytest.mark.parametrize("text", REACHING)
def test_no_query_reaches_out_whatever_its_disguise(server: Server, neighbour, text: str) -> None:
    for answer in by_every_way(server, text.replace("{}", address(neighbour), 1)):
        named = "FROM" in text  # a graph that the release has not: empty, and not fetched
        assert answer.status in ((200,) if named else (400, 403)), answer.text
        assert "inside" not in answer.text
    assert Neighbour.asked == []


def test_what_is_refused_is_told_with_its_place(server: Server) -> None:
    for answer in by_every_way(server, "SELECT * {\n  SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }"):
        assert (answer.status, answer.json["line"], answer.json["column"]) == (403, 2, 3)
        assert answer.json["title"] == "Refused"


def test_the_graphs_of_the_protocol_are_not_fetched(server: Server, neighbour) -> None:
    for name in ("default-graph-uri", "named-graph-uri"):
        for iri in (address(neighbour), "file:///etc/passwd"):
            for answer in by_every_way(
                server, "ASK { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }", **{name: iri}
            ):
                assert answer.json["boolean"] is False
    assert server.ask("/graphs?" + urlencode({"graph": address(neighbour)})).status == 404
    assert Neighbour.asked == []


def test_an_endpoint_that_is_allowed_is_asked_and_sends_nobody_elsewhere(release: Release, neighbour) -> None:
    redirecting = [address(neighbour, f"/redirect/{code}") for code in (301, 302, 303, 307, 308)]
    running = start(release, service_allow=[address(neighbour), *redirecting])
    try:
        Neighbour.asked.clear()
        (answer, *_) = by_every_way(running, f"SELECT ?x {{ SERVICE <{address(neighbour)}> {{ ?s ?p ?x }} }}")
        assert answer.json["results"]["bindings"] == [{"x": {"type": "literal", "value": "inside"}}]
        for other in (address(neighbour, "/sparql/"), address(neighbour, "/inside")):
            assert running.query(f"ASK {{ SERVICE <{other}> {{ ?s ?p ?x }} }}").status == 403
        for endpoint in redirecting:
            assert running.query(f"SELECT ?x {{ SERVICE <{endpoint}> {{ ?s ?p ?x }} }}").status == 500
        assert not {"/inside", "/sparql/"} & set(Neighbour.asked)
    finally:
        stop(running.process)
        Neighbour.asked.clear()


WORDS = (
    "INSERT DATA { <a:a> <a:b> 1 }",
    "DELETE WHERE { ?s ?p ?o }",
    "DROP ALL",
    "CLEAR ALL",
    "CREATE GRAPH <a:g>",
)
UPDATES = (
    *WORDS,
    *(f"# SELECT\n{word}" for word in WORDS),
    "PREFIX select: <a:> inSert/**/DATA { }",
    r"\u0049NSERT DATA { <a:a> <a:b> 1 }",
    "BASE <a:SELECT> WITH <a:g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
    "COPY DEFAULT TO <a:g>",
    "\ufeffCLEAR ALL",
)


@pytest.mark.parametrize("text", UPDATES)
def test_no_update_is_carried_out_whatever_its_disguise(server: Server, text: str) -> None:
    before = server.query("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }").body
    update = urlencode({"update": text})
    answers = [
        *by_every_way(server, text),
        server.ask("/sparql?" + update),
        server.ask("/sparql?query=ASK{}&" + update),
        server.ask("/sparql", "POST", update.encode(), content_type=FORM),
        server.ask("/sparql", "POST", f"query=ASK{{}}&{update}".encode(), content_type=FORM),
        server.ask("/sparql?" + update, "POST", b"query=ASK{}", content_type=FORM),
        server.ask("/sparql?" + update, "POST", b"ASK {}", content_type=QUERY),
        server.ask("/sparql", "POST", text.encode(), content_type=UPDATE),
        server.ask("/sparql", "POST", text.encode(), content_type=UPDATE.upper() + "; charset=utf-8"),
    ]
    assert {answer.status for answer in answers} <= {400, 403}
    assert {answer.status for answer in answers[3:]} == {403}
    for method in ("PUT", "PATCH", "DELETE"):
        for path in ("/sparql", "/graphs?default", "/graphs?graph=a:g", "/doc/person/x", "/"):
            assert server.ask(path, method, text.encode(), content_type=UPDATE).status == 405
    assert server.query("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }").body == before


def pattern(lexer: Lexer, position: int) -> Token:
    """The second argument of a call, whose parenthesis opens here."""
    depth, tokens = 0, lexer.code(position)
    for token in tokens:
        depth += (token.text == "(") - (token.text == ")")
        if token.text == "," and depth == 1:
            break
    return next(tokens)


def test_no_parameter_of_a_canned_query_is_a_pattern() -> None:
    """Each REGEX and REPLACE has its pattern in the file; those of one's own the deadline holds."""
    found = 0
    for query in catalog.bundled():
        lexer = Lexer(query.text)
        for token in lexer.code():
            if token.kind == "word" and token.text.upper() in ("REGEX", "REPLACE"):
                found += 1
                assert pattern(lexer, token.end).kind == "string", query.name
    assert found


@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "(a|aa)+$", "(.*a){25}", "^(([a-z])+.)+[A-Z]([a-z])+$", "a{1,1000}{1,1000}"]
)
def test_a_pattern_that_explodes_elsewhere_ends_here(server: Server, pattern: str) -> None:
    subject = "a" * 5_000 + "!"
    for call in (f'REGEX("{subject}", "{pattern}")', f'REPLACE("{subject}", "{pattern}", "b")'):
        body = f"SELECT ({call} AS ?x) {{}}".encode()
        answer = server.ask("/sparql?timeout=5", "POST", body, content_type=QUERY)
        assert answer.status in (200, 400, 504, 507)
