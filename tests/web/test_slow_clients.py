"""Who sends slowly is waited for so long and no longer, and never at the cost of others."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Iterator
from threading import Event, Thread

import pytest

from kg.release import Release
from kg.web.connections import KEEP
from kg.web.worker import MOST

from .conftest import Server, start, stop

pytestmark = pytest.mark.alone

RECEIVE = 3.0
HEAD = b"GET /health HTTP/1.1\r\nHost: x\r\n"
WHOLE = HEAD + b"\r\n"
FORM = b"Host: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
BODY = b"POST /sparql HTTP/1.1\r\n" + FORM + b"Content-Length: 60000\r\n\r\nquery=ASK"
CHUNKS = b"POST /sparql HTTP/1.1\r\n" + FORM + b"Transfer-Encoding: chunked\r\n\r\n9\r\nquery=ASK\r\n"
PATIENCE = 60.0
"""Seconds after which a test no longer waits for the server."""


@pytest.fixture(scope="module")
def hasty(release: Release) -> Iterator[Server]:
    """A server that waits ``RECEIVE`` seconds for a request."""
    running = start(release, receive=RECEIVE)
    yield running
    assert stop(running.process) == 0


def dial(server: Server, first: bytes = b"") -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
    connection.sendall(first)
    return connection


def rest(connection: socket.socket) -> bytes:
    """All that comes until the server ends the connection."""
    parts = []
    with connection, contextlib.suppress(ConnectionError):
        while part := connection.recv(65_536):
            parts.append(part)
    return b"".join(parts)


def eventually(server: Server, name: str, most: int) -> None:
    """Wait until a number of /metrics is no more than this."""
    until = time.monotonic() + PATIENCE
    while (found := server.number(name)) > most:
        assert time.monotonic() < until, f"{name} is still {found}"
        time.sleep(0.2)


@contextlib.contextmanager
def dribbling(connections: list[socket.socket], letter: bytes) -> Iterator[None]:
    """Meanwhile a letter goes out on each connection now and then, also on those that the server ended."""
    ended = Event()

    def dribble() -> None:
        while not ended.wait(0.3):
            for connection in connections:
                with contextlib.suppress(OSError):
                    connection.send(letter)

    thread = Thread(target=dribble)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@pytest.mark.parametrize("begun", [HEAD, b"G", BODY, CHUNKS])
def test_a_request_that_does_not_arrive_in_time_is_408_and_the_end_of_its_connection(
    hasty: Server, begun: bytes
):
    answer = rest(dial(hasty, begun))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in head.lower()
    assert b"application/problem+json" in head
    assert b"access-control-allow-origin: *" in head.lower()
    assert json.loads(body)["status"] == 408


def test_the_408_of_a_body_is_logged_and_named_like_other_answers(hasty: Server):
    head, _, body = rest(dial(hasty, BODY)).partition(b"\r\n\r\n")
    assert b"X-KG-Query-Id: " + json.loads(body)["query_id"].encode() in head


def test_whoever_goes_on_sending_letter_by_letter_is_late_all_the_same(hasty: Server):
    connections = [dial(hasty, begun) for begun in (HEAD + b"X: ", BODY)]
    with dribbling(connections, b"x"):
        answers = [rest(connection) for connection in connections]
    assert all(answer.startswith(b"HTTP/1.1 408 ") for answer in answers)


def test_whoever_sends_at_a_good_rate_has_the_time_that_the_body_takes(hasty: Server):
    query = b"query=ASK%7B%7D%23" + b"x" * 262_144
    connection = dial(hasty, b"POST /sparql HTTP/1.1\r\n" + FORM + b"Connection: close\r\n")
    connection.sendall(b"Content-Length: %d\r\n\r\n" % len(query))
    begun = time.monotonic()
    for at in range(0, len(query), 32_768):
        connection.sendall(query[at : at + 32_768])
        time.sleep(0.6)
    assert time.monotonic() - begun > RECEIVE
    assert rest(connection).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("before", [b"", WHOLE])
def test_a_connection_without_a_request_is_ended_without_a_word(hasty: Server, before: bytes):
    answer = rest(dial(hasty, before))
    assert answer.count(b"HTTP/1.1 ") == (1 if before else 0)


def test_a_connection_is_kept_for_the_next_request(hasty: Server):
    connection = dial(hasty, WHOLE)
    for _ in range(3):
        time.sleep(KEEP / 4)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200 ")
        connection.sendall(WHOLE)
    assert rest(connection).count(b"HTTP/1.1 200 ") == 1


def test_hundreds_of_slow_senders_are_ended_in_time_while_others_are_answered(hasty: Server):
    before = hasty.number("kg_connections")
    slow = [dial(hasty, begun) for begun in (HEAD + b"X: ", BODY, CHUNKS, b"") for _ in range(75)]
    assert hasty.number("kg_connections") >= 300
    with dribbling(slow, b"1"):
        for _ in range(30):
            assert hasty.small().status == 200
            time.sleep(0.05)
        eventually(hasty, "kg_connections", before + 1)
    for connection in slow:
        connection.close()


def test_more_than_there_is_room_for_take_the_places_of_one_another_only(release: Release):
    server = start(release, receive=300.0)
    slow: list[socket.socket] = []
    try:
        for begun in (BODY, HEAD, HEAD, HEAD):
            slow += [dial(server, begun) for _ in range(MOST // 10 if begun is BODY else MOST // 2)]
            assert server.small().status == 200
        assert server.number("kg_connections") <= MOST
        assert server.number('kg_connections_cut_off_total{reason="crowded"}') >= MOST // 2
        for connection in slow:
            connection.close()
        eventually(server, "kg_connections", 1)
        assert server.number("kg_requests_in_flight") == 1
    finally:
        assert stop(server.process) == 0


@pytest.mark.parametrize("path", ["/health", "/sparql"])
def test_a_body_that_nobody_reads_does_not_become_the_next_request(hasty: Server, path: str):
    inner = b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n"
    head = f"DELETE {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(inner)}\r\n\r\n".encode()
    answer = rest(dial(hasty, head + inner + WHOLE))
    assert [part[:3] for part in answer.split(b"HTTP/1.1 ")[1:]] == [b"405", b"200"]


def test_an_endless_body_that_nobody_reads_is_not_read_to_its_end(hasty: Server):
    connection = dial(hasty, b"DELETE /sparql HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n")
    sent = 0
    with contextlib.suppress(OSError):
        while sent < 100_000_000:
            sent += connection.send(b"x" * 65_536)
    connection.close()
    assert sent < 100_000_000


def test_requests_sent_at_once_are_answered_in_their_order(hasty: Server):
    names = [b"/health", b"/nowhere", b"/ready", b"/health"]
    sent = b"".join(b"GET " + name + b" HTTP/1.1\r\nHost: x\r\n\r\n" for name in names)
    answer = rest(dial(hasty, sent + sent[:20]))
    assert [part[:3] for part in answer.split(b"HTTP/1.1 ")[1:]] == [b"200", b"404", b"200", b"200", b"408"]
