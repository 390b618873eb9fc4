"""A query can never take the server down: each bad one is ended at its limit, and small ones are served meanwhile."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest

from .conftest import Serve, Server, members, stop

TIMEOUT = 2.0
STALL = 2.0
MEMORY = 256
EXECUTORS = 2
SLACK = 0.5
"""Seconds past its limit in which a query must have been ended."""

TRIES = 3
"""The machine that runs the tests may be busy for a second: a limit holds if it is kept once in so many times."""

PATIENCE = 5.0
"""Seconds for a small question, on a busy machine whose cores all do bad queries."""

NODES = 2_000
PREFIX = "PREFIX : <https://example.org/> "
CROSS = "?a ?b ?c . ?d ?e ?f . ?g ?h ?i"
DOUBLED = " ".join(f"BIND(CONCAT(?s{i}, ?s{i}) AS ?s{i + 1})" for i in range(34))
BAD = {
    "a three-way cross product counted": f"SELECT (COUNT(*) AS ?n) {{ {CROSS} }}",
    "a cross product in order": f"SELECT * {{ {CROSS} }} ORDER BY ?f ?a",
    "paths that explode": "SELECT (COUNT(*) AS ?n) { ?a (:knows|^:knows)* ?b . ?b (:knows/:knows)+ ?c . ?c :knows* ?d }",
    "a catastrophic regular expression": f'SELECT (COUNT(*) AS ?n) {{ {CROSS} FILTER REGEX(CONCAT(STR(?a), STR(?d), STR(?g)), "^(([a-z:/.0-9])+.)+!$") }}',
    "a concatenation that fills the memory": f'SELECT (GROUP_CONCAT(CONCAT(STR(?a), STR(?d))) AS ?all) {{ {CROSS} }}',
    "a string doubled thirty-four times": f'SELECT (STRLEN(?s34) AS ?n) {{ BIND("x" AS ?s0) {DOUBLED} }}',
    "an absence looked for in a cross product": f"SELECT (COUNT(*) AS ?n) {{ ?a ?b ?c . ?d ?e ?f FILTER NOT EXISTS {{ ?g ?h ?i . ?j ?k ?l FILTER(?g = ?l && ?i = ?d && ?j = ?c) }} }}",
    "a graph made of a cross product": f"CONSTRUCT {{ ?a ?e ?i }} {{ {CROSS} }}",
    "the distinct rows of a cross product": f"SELECT DISTINCT ?a ?d ?g {{ {CROSS} }}",
}


@dataclass(frozen=True)
class End:
    """How a request ended: the status, whether the body came to its end, and after how many seconds."""

    status: int
    whole: bool
    seconds: float
    body: bytes


@pytest.fixture(scope="module")
def bad(serve: Serve) -> Iterator[Server]:
    """A server with a deadline of two seconds over a few thousand triples, whose cross product is endless."""
    lines = []
    for i in range(NODES):
        node = f"<https://example.org/n{i}>"
        lines.append(f'{node} <https://example.org/name> "node {i}" .')
        lines += [f"{node} <https://example.org/knows> <https://example.org/n{(i * 7 + k * k) % NODES}> ." for k in range(3)]
    options = {"timeout": TIMEOUT, "stall": STALL, "memory": MEMORY, "executors": EXECUTORS, "cache": 8}
    server = serve(*(f"--{name}={value:g}" for name, value in options.items()), data__nt="\n".join(lines))
    yield server
    stop(server.process)


def ask(server: Server, text: str, **parameters: str) -> End:
    """Ask, and read as fast as can be."""
    begun = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    target = "/sparql?" + urlencode({"query": PREFIX + text, **parameters})
    size = 0
    with contextlib.closing(connection):
        connection.request("GET", target)
        response = connection.getresponse()
        try:
            body = response.read(1 << 16)
            while response.read(1 << 20):
                pass
            whole = True
        except (http.client.IncompleteRead, OSError):
            body, whole = b"", False
    return End(response.status, whole, time.monotonic() - begun, body)


def is_answer_to_a_bad_query(end: End) -> bool:
    return not end.whole if end.status == 200 else end.whole and end.status in (429, 504, 507)


@pytest.mark.parametrize("name", BAD)
def test_a_bad_query_is_ended_at_its_limit(bad: Server, name: str) -> None:
    ends = []
    for _ in range(TRIES):
        ends.append(ask(bad, BAD[name]))
        print(name, ends[-1])
        assert is_answer_to_a_bad_query(ends[-1])
        if ends[-1].seconds <= TIMEOUT + SLACK:
            break
    assert min(end.seconds for end in ends) <= TIMEOUT + SLACK


ENDLESS_STREAM = f"SELECT * {{ {CROSS} }}"
LARGE = f"SELECT * {{ {CROSS} }} LIMIT 30000"


def dial(server: Server, target: str, *headers: str, method: str = "GET") -> socket.socket:
    """A connection over which a request has gone out, of a client that takes little ahead."""
    connection = socket.socket()
    connection.settimeout(60)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    connection.connect(("127.0.0.1", server.port))
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost", "Connection: close", *headers, "", ""]
    connection.sendall("\r\n".join(lines).encode())
    return connection


def target(text: str, fmt: str = "csv") -> str:
    return "/sparql?" + urlencode({"query": PREFIX + text, "format": fmt})


def paced(connection: socket.socket, rate: int) -> bytes:
    """What comes to a reader of so many bytes a second. Raises ConnectionResetError."""
    received = bytearray()
    begun = time.monotonic()
    with connection:
        while part := connection.recv(rate // 20):
            received += part
            time.sleep(max(len(received) / rate - (time.monotonic() - begun), 0))
    return bytes(received)


def number(server: Server, name: str) -> int:
    """A number of /metrics."""
    lines = dict(line.rsplit(" ", 1) for line in server.ask("/metrics").text.splitlines() if line[0] != "#")
    return int(lines.get(name, "0"))


def eventually(holds: Callable[[], object], seconds: float = 30.0) -> bool:
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def test_a_slow_line_has_the_whole_of_a_large_answer_though_it_takes_longer_than_the_deadline(bad: Server) -> None:
    begun = time.monotonic()
    said = paced(dial(bad, target(LARGE)), 1_000_000)
    assert time.monotonic() - begun > TIMEOUT + SLACK
    assert said.endswith(b"\r\n0\r\n\r\n")


def test_a_line_that_is_only_just_fast_enough_is_not_cut(bad: Server) -> None:
    assert paced(dial(bad, target(LARGE.replace("30000", "5500"))), 90_000).endswith(b"\r\n0\r\n\r\n")


def test_an_endless_answer_is_cut_at_the_deadline_however_fast_it_is_read(bad: Server) -> None:
    ends = []
    while len(ends) < TRIES and not any(end.seconds <= TIMEOUT + SLACK for end in ends):
        ends.append(ask(bad, ENDLESS_STREAM, format="csv"))
        assert (ends[-1].status, ends[-1].whole) == (200, False)
    assert min(end.seconds for end in ends) <= TIMEOUT + SLACK


@contextlib.contextmanager
def trickling(connection: socket.socket) -> Iterator[None]:
    """Meanwhile a byte is read ten times a second."""
    ended = threading.Event()

    def trickle() -> None:
        while not ended.wait(0.1):
            with contextlib.suppress(OSError):
                connection.recv(1)

    reader = threading.Thread(target=trickle)
    reader.start()
    try:
        yield
    finally:
        ended.set()
        reader.join()



@pytest.mark.parametrize("reads", [contextlib.nullcontext, trickling], ids=["stalls", "trickles"])
def test_a_reader_who_stands_still_is_reset_and_frees_its_executor(bad: Server, reads: object) -> None:
    names = ('kg_executors_ended_total{reason="reader"}', "kg_late_readers_total")
    before = [number(bad, name) for name in names]
    connection = dial(bad, target(ENDLESS_STREAM))
    with connection, reads(connection):  # type: ignore[operator]
        assert eventually(lambda: [number(bad, name) for name in names] == [n + 1 for n in before])
        assert eventually(lambda: number(bad, 'kg_executors{state="busy"}') == 0)
    with pytest.raises(ConnectionResetError):
        paced(dial_and_wait(bad), 10_000_000)


def dial_and_wait(server: Server) -> socket.socket:
    """The connection of a reader who has stood still for too long."""
    before = number(server, "kg_late_readers_total")
    connection = dial(server, target(LARGE))
    assert eventually(lambda: number(server, "kg_late_readers_total") > before)
    return connection


def test_a_reader_who_asks_and_asks_and_never_reads_is_cut_too(bad: Server) -> None:
    """Whole answers as well: here the dump, again and again over one connection."""
    before = number(bad, "kg_late_readers_total")
    with dial(bad, "/export/dataset.nt") as connection, contextlib.suppress(OSError):
        pass
    connection = socket.create_connection(("127.0.0.1", bad.port), timeout=60)
    with connection:
        connection.sendall(b"GET /export/dataset.nt HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20)
        assert eventually(lambda: number(bad, "kg_late_readers_total") == before + 1)


def test_a_client_that_leaves_in_the_middle_frees_its_executor(bad: Server) -> None:
    with dial(bad, target(ENDLESS_STREAM)) as connection:
        assert connection.recv(1)
    assert eventually(lambda: number(bad, 'kg_executors{state="busy"}') == 0, TIMEOUT)
