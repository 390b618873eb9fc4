"""A query can never take the server down: bad ones are ended at their limits, small ones served meanwhile."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

import pytest

from .conftest import Serve, Server, members, stop

pytestmark = pytest.mark.alone

TIMEOUT = 2.0
STALL = 2.0
MEMORY = 256
EXECUTORS = 2
STARVED = 0.3
"""Seconds for what takes a tenth of one where there is a processor for it."""

SLACK = 0.5
"""Seconds past its limit in which a query must have been ended."""

TRIES = 3
"""The machine that runs the tests may be busy: a limit holds if it is kept once in so many times."""

LIBRARIES = 120
"""MiB of the engine and of Python that executors share, and that their limit does not count."""

PATIENCE = 5.0
"""Seconds for a small question, on a busy machine whose cores all do bad queries."""

NODES = 2_000
PREFIX = "PREFIX : <https://example.org/> "
CROSS = "?a ?b ?c . ?d ?e ?f . ?g ?h ?i"
DOUBLED = " ".join(f"BIND(CONCAT(?s{i}, ?s{i}) AS ?s{i + 1})" for i in range(34))
KNOWS = "?a (:knows|^:knows)* ?b . ?b (:knows/:knows)+ ?c . ?c :knows* ?d"
CATASTROPHIC = 'REGEX(CONCAT(STR(?a), STR(?d), STR(?g)), "^(([a-z:/.0-9])+.)+!$")'
ABSENT = "?g ?h ?i . ?j ?k ?l FILTER(?g = ?l && ?i = ?d && ?j = ?c)"
BAD = {
    "a three-way cross product counted": f"SELECT (COUNT(*) AS ?n) {{ {CROSS} }}",
    "a cross product in order": f"SELECT * {{ {CROSS} }} ORDER BY ?f ?a",
    "paths that explode": f"SELECT (COUNT(*) AS ?n) {{ {KNOWS} }}",
    "a catastrophic regular expression": f"SELECT (COUNT(*) AS ?n) {{ {CROSS} FILTER {CATASTROPHIC} }}",
    "an endless concatenation": f"SELECT (GROUP_CONCAT(CONCAT(STR(?a), STR(?d))) AS ?n) {{ {CROSS} }}",
    "a string doubled thirty-four times": f'SELECT (STRLEN(?s34) AS ?n) {{ BIND("x" AS ?s0) {DOUBLED} }}',
    "an absence": f"SELECT (COUNT(*) AS ?n) {{ {CROSS} FILTER NOT EXISTS {{ {ABSENT} }} }}",
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
        lines += [
            f"{node} <https://example.org/knows> <https://example.org/n{(i * 7 + k * k) % NODES}> ."
            for k in range(3)
        ]
    options = {"timeout": TIMEOUT, "stall": STALL, "memory": MEMORY, "executors": EXECUTORS, "cache": 8}
    server = serve(*(f"--{name}={value:g}" for name, value in options.items()), data__nt="\n".join(lines))
    yield server
    stop(server.process)


def ask(server: Server, text: str, **parameters: str) -> End:
    """Ask, and read as fast as can be."""
    begun = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    target = "/sparql?" + urlencode({"query": PREFIX + text, **parameters})
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


def eventually(holds: Callable[[], object], seconds: float = 30.0) -> bool:
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def test_a_slow_line_has_the_whole_of_a_large_answer_though_it_takes_longer_than_the_deadline(
    bad: Server,
) -> None:
    begun = time.monotonic()
    said = paced(dial(bad, target(LARGE.replace("30000", "8000"))), 400_000)
    assert time.monotonic() - begun > TIMEOUT + SLACK
    assert said.endswith(b"\r\n0\r\n\r\n")


def test_a_slow_reader_makes_room_once_its_time_is_over_and_another_query_needs_it(bad: Server) -> None:
    readers = [dial(bad, target(LARGE)) for _ in range(EXECUTORS)]
    with contextlib.ExitStack() as stack:
        for reader in readers:
            stack.enter_context(reader)
            stack.enter_context(reading(reader, 100_000))
        time.sleep(TIMEOUT + SLACK)
        assert bad.number('kg_executors{state="busy"}') == EXECUTORS
        end = ask(bad, LARGE.replace("30000", "9000"), format="csv")
        assert (end.status, end.whole) == (200, True)
    assert bad.number("kg_late_readers_total") >= 1


def test_a_line_that_is_only_just_fast_enough_is_not_cut(bad: Server) -> None:
    assert paced(dial(bad, target(LARGE.replace("30000", "5500"))), 90_000).endswith(b"\r\n0\r\n\r\n")


def test_an_endless_answer_is_cut_at_the_deadline_however_fast_it_is_read(bad: Server) -> None:
    ends = []
    while len(ends) < TRIES and not any(end.seconds <= TIMEOUT + SLACK for end in ends):
        ends.append(ask(bad, ENDLESS_STREAM, format="csv"))
        assert (ends[-1].status, ends[-1].whole) == (200, False)
    assert min(end.seconds for end in ends) <= TIMEOUT + SLACK


@contextlib.contextmanager
def reading(connection: socket.socket, rate: int) -> Iterator[None]:
    """Meanwhile so many bytes a second are read."""
    ended = threading.Event()

    def read() -> None:
        while not ended.wait(0.1):
            with contextlib.suppress(OSError):
                connection.recv(rate // 10)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield
    finally:
        ended.set()
        reader.join()


def trickling(connection: socket.socket) -> contextlib.AbstractContextManager[None]:
    """Meanwhile ten bytes are read in a second."""
    return reading(connection, 10)


@pytest.mark.parametrize("reads", [contextlib.nullcontext, trickling], ids=["stalls", "trickles"])
def test_a_reader_who_stands_still_is_reset_and_frees_its_executor(bad: Server, reads: object) -> None:
    names = ('kg_executors_ended_total{reason="reader"}', "kg_late_readers_total")
    before = [bad.number(name) for name in names]
    connection = dial(bad, target(ENDLESS_STREAM))
    with connection, reads(connection):  # type: ignore[operator]
        assert eventually(lambda: [bad.number(name) for name in names] == [n + 1 for n in before])
        assert eventually(lambda: bad.number('kg_executors{state="busy"}') == 0)
    with pytest.raises(ConnectionResetError):
        paced(dial_and_wait(bad), 10_000_000)


def dial_and_wait(server: Server) -> socket.socket:
    """The connection of a reader who has stood still for too long."""
    before = server.number("kg_late_readers_total")
    connection = dial(server, target(LARGE))
    assert eventually(lambda: server.number("kg_late_readers_total") > before)
    return connection


def test_a_reader_who_asks_and_asks_and_never_reads_is_cut_too(bad: Server) -> None:
    """Whole answers as well: here the dump, again and again over one connection."""
    before = bad.number("kg_late_readers_total")
    with dial(bad, "/export/dataset.nt") as connection, contextlib.suppress(OSError):
        pass
    connection = socket.create_connection(("127.0.0.1", bad.port), timeout=60)
    with connection:
        connection.sendall(b"GET /export/dataset.nt HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20)
        assert eventually(lambda: bad.number("kg_late_readers_total") == before + 1)


def test_a_client_that_leaves_in_the_middle_frees_its_executor(bad: Server) -> None:
    with dial(bad, target(ENDLESS_STREAM)) as connection:
        assert connection.recv(1)
    assert eventually(lambda: bad.number('kg_executors{state="busy"}') == 0, TIMEOUT)


@dataclass
class Small:
    """Small questions, one after the other, each with one right answer."""

    ends: list[End]
    wrong: list[bytes]

    def ask_until(self, server: Server, ended: threading.Event, seed: int) -> None:
        for number in range(10**6):
            if ended.is_set():
                return
            node = (seed * 777 + number * 13) % NODES
            end = ask(server, f"SELECT ?name {{ :n{node} :name ?name }}", format="csv")
            self.ends.append(end)
            if end.status != 200 or end.body != f"name\r\nnode {node}\r\n".encode():
                self.wrong.append(end.body)
            time.sleep(0.05)


@contextlib.contextmanager
def beside(*jobs: Callable[[threading.Event], None]) -> Iterator[threading.Event]:
    """Do these meanwhile, each in a thread of its own."""
    ended = threading.Event()
    threads = [threading.Thread(target=job, args=(ended,)) for job in jobs]
    for thread in threads:
        thread.start()
    try:
        yield ended
    finally:
        ended.set()
        for thread in threads:
            thread.join()


@contextlib.contextmanager
def small_ones(server: Server, clients: int = 3) -> Iterator[Small]:
    """Small questions of some clients, before and meanwhile."""
    small = Small([], [])
    with beside(*(lambda ended, seed=seed: small.ask_until(server, ended, seed) for seed in range(clients))):
        assert eventually(lambda: len(small.ends) >= clients)
        yield small


def executors(server: Server) -> list[int]:
    """The query executors of a server (Linux)."""
    found = []
    for pid in members(server.process.pid):
        with contextlib.suppress(OSError):
            if b"kg.query.executor" in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(pid)
    return found


def resident(pids: list[int]) -> int:
    """MiB of memory that these processes hold."""
    pages = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") >> 20


def web(server: Server) -> int:
    return server.number("process_resident_memory_bytes") >> 20


def quiet(server: Server) -> bool:
    """Nothing is at work, nothing waits, and no process is there that should not be."""
    pids = members(server.process.pid)
    return (
        server.number('kg_executors{state="busy"}') == server.number("kg_queries_waiting") == 0
        and len(pids) <= 2 + EXECUTORS + 2
        and "Z" not in pids.values()
    )


@dataclass(frozen=True)
class Trial:
    """What came of bad queries and of small ones beside them, and the most memory that executors had."""

    bad: list[End]
    small: Small
    memory: int

    @property
    def held(self) -> bool:
        """Whether all small ones were answered, rightly and soon, and all bad ones ended at their limits."""
        soon = max(end.seconds for end in self.small.ends) <= PATIENCE
        in_time = max(end.seconds for end in self.bad) <= TIMEOUT + SLACK
        return soon and in_time and not self.small.wrong


def trial(server: Server, *jobs: Callable[[threading.Event, list[End]], None], seconds: float = 0) -> Trial:
    """Do these beside small questions, for so many seconds at least, and until all have ended."""
    ends: list[End] = []
    memory = [0]

    def watch(ended: threading.Event) -> None:
        while not ended.wait(0.1):
            memory.append(resident(executors(server)))

    tasks = [lambda ended, job=job: job(ended, ends) for job in jobs]
    with small_ones(server) as small, beside(watch), beside(*tasks):
        time.sleep(seconds)
    assert all(map(is_answer_to_a_bad_query, ends))
    assert max(memory) <= (EXECUTORS + 1) * MEMORY + LIBRARIES
    return Trial(ends, small, max(memory))


def shown(attempt: Callable[[], Trial]) -> bool:
    """Whether one of some trials held; skips on a machine that has no processor to spare for an executor."""
    if any(attempt().held for _ in range(TRIES)):
        return True
    begun = time.monotonic()
    subprocess.run([sys.executable, "-c", "import pyoxigraph, kg.query.engine"], check=True)
    if (took := time.monotonic() - begun) > STARVED:
        pytest.skip(f"the machine is too busy: what an executor begins with takes {took:.1f} s")
    return False


def test_ten_bad_queries_at_once_are_ended_and_small_ones_are_served_meanwhile(bad: Server) -> None:
    before = web(bad)
    texts = [*BAD.values(), ENDLESS_STREAM]
    jobs = [lambda _, ends, text=text: ends.append(ask(bad, text)) for text in texts]
    assert shown(lambda: trial(bad, *jobs))
    assert eventually(lambda: quiet(bad))
    assert web(bad) <= before + 64


def test_a_flood_of_bad_queries_each_of_its_own_leaves_room_for_small_ones(bad: Server) -> None:
    before = web(bad)
    texts = [*BAD.values()]

    def flood(client: int, ended: threading.Event, ends: list[End]) -> None:
        for turn in range(client, 10**6):
            if ended.is_set():
                return
            text = texts[turn % len(texts)].replace("?a", f"?a{client}") + f" LIMIT {10**9 + turn}"
            ends.append(ask(bad, text))

    jobs = [partial(flood, client) for client in range(30)]
    assert shown(lambda: trial(bad, *jobs, seconds=8))
    assert eventually(lambda: quiet(bad))
    assert web(bad) <= before + 64
