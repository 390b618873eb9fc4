"""A request that is like an earlier one but for its query is answered unread, and just the same."""

from __future__ import annotations

import itertools
import threading
import time
from urllib.parse import quote

import pytest

from .conftest import Server
from .wire import Line, request, settled

pytestmark = pytest.mark.alone

PREFIX = "PREFIX pac: <https://w3id.org/pac/ns#> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> "
LABELS = PREFIX + "SELECT ?x ?l{n} WHERE {{ ?x rdfs:label ?l{n} }} ORDER BY ?l{n} LIMIT 20"
ENDLESS = "SELECT (COUNT(*) AS ?n{n}) WHERE {{ ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }}"
FORMS = {
    "rows": LABELS,
    "no rows": PREFIX + "SELECT ?x{n} WHERE {{ ?x{n} pac:nowhere ?y }}",
    "yes": "ASK {{ ?s{n} ?p ?o }}",
    "no": "ASK {{ ?s{n} <http://example.org/p> ?o }}",
    "triples": PREFIX + "CONSTRUCT {{ ?s{n} rdfs:label ?o }} WHERE {{ ?s{n} rdfs:label ?o }} LIMIT 9",
    "a description": PREFIX + "DESCRIBE ?s{n} WHERE {{ ?s{n} a pac:Event }} LIMIT 1",
    "a comment on top": "# of no weight {n}\n" + LABELS,
    "a letter": 'SELECT ("é…{n}" AS ?x) {{}}',
    "another answer each time": "SELECT (RAND() * 0 AS ?zero{n}) {{}}",
}
WAYS = [
    (),
    ("Accept: */*",),
    ("Accept: application/sparql-results+xml, application/rdf+xml",),
    ("Accept: text/csv, application/n-triples;q=0.5",),
    ("Accept-Encoding: gzip, br",),
    ("Accept-Encoding: gzip, identity;q=0",),
    ("Origin: https://reader.example", "User-Agent: a reader"),
]
_numbers = itertools.count(1)


def target(form: str, before: str = "", after: str = "") -> str:
    """A query that was never asked."""
    return f"/sparql?{before}query={quote(form.format(n=next(_numbers)))}{after}"


def known(server: Server) -> int:
    """How many requests were known but for their query."""
    return server.number('kg_requests_known_total{known="way"}')


def as_read(line: Line, asked: bytes) -> object:
    """What the same request is answered with, once it is read: of this field nothing is known."""
    once = f"X-Never-Seen: {next(_numbers)}\r\n\r\n".encode()
    return settled(line.ask(asked.removesuffix(b"\r\n") + once))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("way", WAYS, ids="; ".join)
def test_its_answer_is_that_of_a_request_that_is_read(
    server: Server, line: Line, form: str, way: tuple[str, ...]
):
    line.ask(request(target(FORMS[form]), *way))
    before = known(server)
    asked = request(target(FORMS[form]), *way)
    first = settled(line.ask(asked))
    assert known(server) == before + 1
    assert first == as_read(line, asked)
    assert settled(line.ask(asked)) == first


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "&format=csv"),
        ("timeout=5&", "&x=1"),
        ("default-graph-uri=http://example.org/none&", ""),
        ("", "&default-graph-uri=http://example.org/none&named-graph-uri=http://example.org/g"),
        ("", "&version=1.2"),
    ],
)
def test_other_parameters_keep_their_meaning(server: Server, line: Line, before: str, after: str):
    line.ask(request(target(LABELS, before, after)))
    met = known(server)
    asked = request(target(LABELS, before, after))
    first = settled(line.ask(asked))
    assert known(server) == met + 1
    assert first == as_read(line, asked)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "SELECT * WHERE { ?s ?p",
            "SELEC * {}",
            "",
            "%FF",
            "INSERT DATA {}",
            "SELECT * { ?s nowhere:x ?o }",
        ),
        *("SELECT * { SERVICE <http://example.org/> { ?s ?p ?o } }", "ASK" + "{" * 1000),
    ],
)
def test_an_error_is_the_same(line: Line, text: str):
    line.ask(request(target(LABELS)))
    text = text if text == "%FF" else quote(text)
    asked = request(f"/sparql?query={text}")
    status, headers, body = line.ask(asked)
    assert status in (400, 403)
    assert settled((status, headers, body)) == as_read(line, asked)


def test_its_time_is_counted_once(server: Server, line: Line):
    line.ask(request(target(LABELS, after="&timeout=1")))
    began = time.monotonic()
    status, _, body = line.ask(request(target(ENDLESS, after="&timeout=1")))
    assert status == 504
    assert b"deadline-passed" in body
    assert time.monotonic() - began < 1.9


def test_a_long_answer_comes_as_it_is_made(server: Server, line: Line):
    long = "SELECT ?a{n} ?b WHERE {{ ?a{n} ?p ?x . ?b ?q ?y }} LIMIT 30000"
    line.ask(request(target(LABELS)))
    status, headers, body = line.ask(request(target(long)))
    assert status == 200
    assert headers["transfer-encoding"] == "chunked"
    assert body.count(b'{"type":"uri"') + body.count(b'{"type":"bnode"') >= 30_000
    assert line.ask(request(target(LABELS)))[0] == 200


def test_one_who_leaves_ends_the_query(server: Server):
    before = server.number('kg_executors_ended_total{reason="client"}')
    with Line(server) as one:
        one.ask(request(target(LABELS)))
        one.socket.sendall(request(target(ENDLESS)))
        time.sleep(0.3)
        assert server.number("kg_requests_in_flight") == 2  # that one, and who looks
    until = time.monotonic() + 5
    while server.number('kg_executors_ended_total{reason="client"}') != before + 1:
        assert time.monotonic() < until
        time.sleep(0.1)


def test_requests_in_one_piece_are_answered_in_turn(line: Line):
    line.ask(request(target(LABELS)))
    line.socket.sendall(
        request(target(FORMS["yes"])) + request(target(LABELS)) + request(target(FORMS["no"]))
    )
    bodies = [line.read()[2] for _ in range(3)]
    assert b"true" in bodies[0]
    assert b"bindings" in bodies[1]
    assert b"false" in bodies[2]


@pytest.mark.parametrize(
    "asked",
    [
        request("/sparql?query=ASK%7B%7D&query=ASK%7B%7D"),
        request("/sparql?x=?query=" + quote("ASK {}")),
        request("/sparql?query=ASK%7B%7D", method="HEAD"),
        request("/sparql?query=ASK%7B%7D", "Expect: 100-continue"),
        request("/sparql?query=ASK%7B%7D", "If-None-Match: *"),
        request("/sparql?query=ASK {}"),
        request("/sparql?query=ASK%7B%7D\r\nX: y"),
        request("/sparql?query=ASK%7B%7D#&query=ASK%7B%7D"),
        request("/sparql?query=ASK%7B%7D&update=x"),
        b"GET /sparql?query=ASK%7B%7D HTTP/1.1\r\n\r\n",
    ],
)
def test_what_is_not_plainly_a_query_is_read(server: Server, asked: bytes):
    for form in ("yes", "rows"):
        with Line(server) as one:
            one.ask(request(target(FORMS[form])))
    before = known(server)
    for _ in range(2):
        with Line(server) as one:
            one.socket.sendall(asked)
            one.socket.settimeout(5)
            assert one.socket.recv(65_536).startswith(b"HTTP/1.1 ")
    assert known(server) == before


def test_many_at_once_are_each_answered_their_own(server: Server):
    wrong: list[object] = []

    def ask(number: int) -> None:
        with Line(server) as one:
            for turn in range(20):
                word = f"w{number}x{turn}"
                query = quote(f'SELECT ?v {{ VALUES ?v {{ "{word}" }} }}')
                body = one.ask(request(f"/sparql?query={query}"))[2]
                if f'"{word}"'.encode() not in body:
                    wrong.append((word, body))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
