"""Where a request ends: none is taken for two, and none is longer than it may be."""

from __future__ import annotations

import pytest

from .conftest import Server
from .wire import raw, status

pytestmark = pytest.mark.alone

QUERY = "application/sparql-query"

NEXT = b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
CHUNKS = b"6\r\nASK {}\r\n0\r\n\r\n"
FRAMED = {
    "two lengths": (b"Content-Length: 6\r\nContent-Length: 6", b"ASK {}"),
    "two lengths that differ": (b"Content-Length: 6\r\nContent-Length: 60", b"ASK {}"),
    "a list of lengths": (b"Content-Length: 6, 6", b"ASK {}"),
    "a signed length": (b"Content-Length: +6", b"ASK {}"),
    "a length below nothing": (b"Content-Length: -6", b"ASK {}"),
    "a length with an underscore": (b"Content-Length: 0_6", b"ASK {}"),
    "a length in hexadecimal": (b"Content-Length: 0x6", b"ASK {}"),
    "a length and chunks": (b"Content-Length: 6\r\nTransfer-Encoding: chunked", CHUNKS),
    "chunks and a length": (b"Transfer-Encoding: chunked\r\nContent-Length: 6", CHUNKS),
    "chunks twice": (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", CHUNKS),
    "chunks and then not": (b"Transfer-Encoding: chunked, identity", CHUNKS),
    "another coding": (b"Transfer-Encoding: xchunked", CHUNKS),
    "a space before the colon": (b"Transfer-Encoding : chunked", CHUNKS),
    "a tab of the other kind": (b"Transfer-Encoding: \x0bchunked", CHUNKS),
    "a folded line": (b"Transfer-Encoding:\r\n chunked", CHUNKS),
    "a chunk of a negative size": (b"Transfer-Encoding: chunked", b"-6\r\nASK {}\r\n0\r\n\r\n"),
    "a chunk in C's hexadecimal": (b"Transfer-Encoding: chunked", b"0x6\r\nASK {}\r\n0\r\n\r\n"),
    "chunks with bare line feeds": (b"Transfer-Encoding: chunked", b"6\nASK {}\n0\n\n"),
    "a chunk longer than its size": (b"Transfer-Encoding: chunked", b"3\r\nASK {}\r\n0\r\n\r\n"),
}


@pytest.mark.parametrize(("headers", "body"), FRAMED.values(), ids=FRAMED)
def test_a_body_whose_end_is_in_doubt_is_refused_with_all_that_follows(
    server: Server, headers: bytes, body: bytes
) -> None:
    head = b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\n" + headers
    reply = raw(server, head + b"\r\n\r\n" + body + NEXT)
    assert status(reply) == 400
    assert reply.count(b"HTTP/1.1 ") == 1
    assert b'"ok"' not in reply


@pytest.mark.parametrize(
    "line",
    [b"X-A: b\r\n c", b"X-A: b\rX-B: c", b"X-A: b\nX-B: c", b"X-A: b\0c", b"X A: b", b": b", b"X\xe9: b"],
)
def test_a_header_that_may_be_read_in_two_ways_is_refused(server: Server, line: bytes) -> None:
    reply = raw(server, b"GET /health HTTP/1.1\r\nHost: x\r\n" + line + b"\r\nConnection: close\r\n\r\n")
    assert status(reply) == 400


@pytest.mark.parametrize("coding", ["gzip, chunked", "deflate, chunked", "identity, chunked"])
def test_chunks_of_something_packed_are_415(server: Server, coding: str) -> None:
    head = f"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: {QUERY}\r\nTransfer-Encoding: {coding}\r\n"
    reply = raw(server, head.encode() + b"Connection: close\r\n\r\n" + CHUNKS)
    assert status(reply) == 415


# Too much

GET = b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
TOO_MUCH = {
    "a long target": (b"GET /health?" + b"a" * 5_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
    "an endless target": (b"GET /health?" + b"a" * 3_000_000, 414),
    "an endless method": (b"A" * 3_000_000, 414),
    "many headers": (GET + b"".join(b"X-%d: y\r\n" % n for n in range(200)) + b"\r\n", 431),
    "endless headers": (GET + b"".join(b"X-%d: y\r\n" % n for n in range(200_000)), 431),
    "a long header": (GET + b"X-A: " + b"a" * 20_000 + b"\r\n\r\n", 431),
    "an endless header": (GET + b"X-A: " + b"a" * 3_000_000, 431),
    "many cookies": (GET + b"Cookie: " + b"a=b; " * 20_000 + b"\r\n\r\n", 431),
    "a long body": (
        b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: 99999999\r\n\r\n"
        % QUERY.encode(),
        413,
    ),
    "a body of any length": (
        b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nTransfer-Encoding: chunked\r\n\r\n"
        % QUERY.encode()
        + (b"4000\r\n" + b" " * 0x4000 + b"\r\n") * 100,
        413,
    ),
    "chunks without a size": (
        b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nTransfer-Encoding: chunked\r\n\r\n6;"
        % QUERY.encode()
        + b"a" * 3_000_000,
        400,
    ),
    "many parameters": (
        b"GET /sparql?" + b"a&" * 1_500 + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        400,
    ),
    "no HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
}


@pytest.mark.parametrize(("request_", "expected"), TOO_MUCH.values(), ids=TOO_MUCH)
def test_too_much_of_anything_is_refused_before_it_is_read(
    server: Server, request_: bytes, expected: int
) -> None:
    reply = raw(server, request_)  # the answer may be lost where there was more to read than was read
    assert not reply or status(reply) == expected
    assert server.ask("/health").status == 200


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f"HEAD /sparql?query={'a' * 70_000} HTTP/1.1\r\nHost: x", 414),
        ("HEAD /health HTTP/1.1\r\nHost: x\r\nNo colon", 400),
        (f"HEAD /health HTTP/1.1\r\nHost: x\r\nX: {'a' * 70_000}", 431),
    ],
    ids=["a long line", "no header", "a long header"],
)
def test_a_refusal_of_head_has_no_body(server: Server, line: str, expected: int):
    said = raw(server, f"{line}\r\n\r\n".encode())
    assert status(said) == expected
    assert said.endswith(b"\r\n\r\n")
    assert said.count(b"\r\n\r\n") == 1
