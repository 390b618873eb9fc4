"""A request that is byte for byte like an earlier one is answered without being read again, and the same."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from kg.release import Release

from .conftest import Server, start, stop
from .wire import ASK, Line, request, settled

pytestmark = pytest.mark.alone


def hits(server: Server) -> int:
    return server.number('kg_cache_lookups_total{kind="response",result="hit"}')


@pytest.mark.parametrize("target", [ASK, "/", "/ns", "/doc/person/ilham-aliyev.ttl", "/static/kg.css"])
@pytest.mark.parametrize("more", ["Accept-Encoding: gzip", "Accept: text/html"])
def test_the_same_request_has_the_same_answer_each_time(line: Line, target: str, more: str):
    answers = [line.ask(request(target, more)) for _ in range(5)]
    assert answers[0][0] in (200, 406)
    assert {body for *_, body in answers} == {answers[0][2]}
    assert all(settled(answer) == settled(answers[1]) for answer in answers[1:])
    assert len({headers["x-kg-query-id"] for _, headers, _ in answers}) == 5


def test_each_is_counted_as_an_answer_out_of_memory(server: Server, line: Line):
    asked = request(ASK + "%23counted")
    line.ask(asked)
    before = hits(server)
    for _ in range(10):
        line.ask(asked)
    assert hits(server) == before + 10


def test_a_confirmation_is_repeated_too(line: Line):
    tag = line.ask(request())[1]["etag"]
    answers = [line.ask(request(ASK, f"If-None-Match: {tag}")) for _ in range(4)]
    assert {(status, body) for status, _, body in answers} == {(304, b"")}
    assert all(settled(answer) == settled(answers[0]) for answer in answers)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (request(ASK, "Accept: text/csv"), request(ASK, "Accept: application/sparql-results+xml")),
        (request(ASK), request(ASK, "Accept-Encoding: identity;q=0, gzip")),
        (request("/sparql"), request("/sparql").replace(b"h.example", b"i.example")),
        (request(), request(method="HEAD")),
        (request(), request("/sparql?query=ASK%7B%20%3Fs%20%3Fp%201%20%7D")),
        (request(), request(ASK, 'If-Match: "another"')),
    ],
)
def test_one_more_byte_is_another_request(server: Server, one: bytes, other: bytes):
    def known(asked: bytes) -> object:
        with Line(server) as line:
            line.socket.sendall(asked)
            return settled(line.read(body=not asked.startswith(b"HEAD")))

    known(other)
    known(one)
    fresh = known(other)
    for _ in range(3):
        assert known(one) != fresh
        assert known(other) == fresh


def test_requests_in_one_piece_are_each_answered(line: Line):
    for _ in range(3):
        line.ask(request())
    line.socket.sendall(request() * 3 + request("/nowhere") + request())
    assert [line.read()[0] for _ in range(5)] == [200, 200, 200, 404, 200]


def test_a_request_in_two_pieces_is_one(line: Line):
    whole = settled(line.ask(request()))
    for at in (1, 2, 3, 4, 20, len(request()) - 2):
        for _ in range(3):
            assert settled(line.ask(request()[:at], request()[at:])) == whole


def test_a_body_is_not_taken_for_a_request(line: Line):
    inner = request("/nowhere")
    for _ in range(4):
        assert line.ask(request(ASK, f"Content-Length: {len(inner)}") + inner)[0] == 200
        assert line.ask(request(ASK, f"Content-Length: {len(inner)}"), inner)[0] == 200
        assert line.ask(request())[0] == 200


@pytest.mark.parametrize("asked", [request(ASK, "Connection: close"), request(version="1.0")])
def test_a_connection_that_is_to_be_closed_is_closed_each_time(server: Server, asked: bytes):
    for _ in range(4):
        with Line(server) as line:
            status, headers, _ = line.ask(asked)
            assert (status, headers["connection"]) == (200, "close")
            assert line.ended()


def test_what_a_proxy_says_is_believed_of_the_proxy_alone(server: Server):
    asked = request("/sparql", "X-Forwarded-Proto: https", "Accept: text/turtle")
    for _ in range(4):
        for source, scheme in (("127.0.0.1", "https"), ("127.0.0.2", "http")):
            with Line(server, source) as line:
                assert f"<{scheme}://h.example/sparql>".encode() in line.ask(asked)[2]


def test_errors_and_what_differs_each_time_are_made_anew(line: Line):
    for target, status in (
        ("/sparql?query=nonsense", 400),
        ("/sparql?query=" + quote("SELECT (UUID() AS ?u) {}"), 200),
        ("/health", 200),
    ):
        answers = [line.ask(request(target, "Accept: */*")) for _ in range(4)]
        assert {answer[0] for answer in answers} == {status}
        assert {answer[1]["cache-control"] for answer in answers} == {"no-store"}
        assert target == "/health" or len({body for *_, body in answers}) == 4


def test_without_a_cache_nothing_is_noted(release: Release):
    server = start(release, cache=0)
    try:
        with Line(server) as line:
            assert len({line.ask(request())[1]["x-kg-query-id"] for _ in range(4)}) == 4
        assert "kg_cache_entries 0" in server.ask("/metrics").text
    finally:
        stop(server.process)
