"""Executors behind the real server: freed when a client leaves, replaced when killed, gone when it ends."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from kg.query import slots
from kg.release import Release

from .conftest import Server, members, start, stop

pytestmark = pytest.mark.alone

ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
LONG = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
HTML = "text/html,*/*;q=0.8"


@pytest.fixture(scope="module")
def narrow(release: Release) -> Iterator[Server]:
    """A server with one executor, in whose deadline a day fits."""
    running = start(release, executors=1, timeout=86_400.0)
    yield running
    stop(running.process)


@pytest.fixture
def own(release: Release) -> Iterator[Callable[..., Server]]:
    """Start a server that the test may end as it likes."""
    started: list[Server] = []

    def make(**settings: object) -> Server:
        started.append(start(release, **settings))
        return started[-1]

    yield make
    for running in started:
        stop(running.process)


def executors(server: Server) -> list[int]:
    """The executors of a server (Linux)."""
    return [pid for pid in session(server) if b"kg.query.executor" in command(pid)]


def session(server: Server) -> list[int]:
    """The living processes of a server's session."""
    return [pid for pid, state in members(server.process.pid).items() if state != "Z"]


def command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def eventually(holds: Callable[[], object]) -> bool:
    for _ in range(600):
        if holds():
            return True
        time.sleep(0.05)
    return False


def busy(server: Server) -> list[int]:
    """The executors at work: they have computed for longer than a start takes (fields 14 and 15)."""
    found = []
    for pid in executors(server):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[11]) + int(fields[12]) > os.sysconf("SC_CLK_TCK"):
            found.append(pid)
    return found


def free(server: Server) -> bool:
    """Whether no executor has a query."""
    return server.number('kg_executors{state="busy"}') == 0


def kill(pids: list[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def begin(server: Server, text: str, **parameters: str) -> socket.socket:
    """A connection over which a question has gone out."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=60)
    target = "/sparql?" + urlencode({"query": text, **parameters})
    connection.sendall(f"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return connection


@pytest.mark.parametrize("parameters", [{}, {"format": "html"}], ids=["data", "page"])
def test_a_client_that_leaves_before_the_first_byte_frees_its_executor(narrow, parameters):
    with begin(narrow, ENDLESS, **parameters):
        assert eventually(lambda: busy(narrow))
    assert eventually(lambda: free(narrow))


def test_a_client_that_leaves_while_it_waits_frees_its_place(narrow):
    with begin(narrow, ENDLESS):
        assert eventually(lambda: busy(narrow))
        time.sleep(slots.LONG)  # what looks like it is known to be long then, and waits
        with begin(narrow, ENDLESS.replace("?n", "?like")):
            assert eventually(lambda: narrow.number("kg_queries_waiting") == 1)
        assert eventually(lambda: narrow.number("kg_queries_waiting") == 0)
        assert busy(narrow)


def test_a_client_that_leaves_in_the_middle_of_an_answer_frees_its_executor(narrow):
    with begin(narrow, LONG) as connection:
        connection.recv(1)
    assert eventually(lambda: free(narrow))


def test_a_client_that_has_sent_its_next_request_has_not_left(narrow):
    with begin(narrow, "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d a ?f }", format="csv") as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        said = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert said.count(b"HTTP/1.1 200 OK") == 2
    assert b'{"status": "ok"}' in said


def test_while_all_are_long_at_work_a_small_question_is_answered_and_a_long_one_is_429(narrow):
    with begin(narrow, ENDLESS):
        assert eventually(lambda: busy(narrow))
        assert narrow.small().status == 200
        answer = narrow.query(ENDLESS.replace("COUNT(*)", "SUM(?c)"))
    assert answer.status == 429
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.json["type"].endswith("#too-many-queries")


def test_idle_executors_that_are_killed_from_outside_cost_no_query(narrow):
    for _ in range(20):
        kill(executors(narrow))
        assert narrow.small().status == 200


def test_an_executor_that_is_killed_at_work_costs_its_own_query_and_no_other(narrow):
    assert narrow.small().status == 200  # one is up: what it is asked next it has taken
    with begin(narrow, ENDLESS) as connection:
        # On a slow machine one that starts looks like one at work: the first that is killed may be a spare.
        assert eventually(lambda: kill(busy(narrow)) or select.select([connection], [], [], 0)[0])
        assert connection.recv(65_536).startswith(b"HTTP/1.1 500 ")
    assert narrow.small().status == 200


def test_stopped_executors_are_gone_after_sigterm(own):
    server = own()
    assert server.query("ASK {}").status == 200
    for pid in executors(server):
        os.kill(pid, signal.SIGSTOP)
    assert stop(server.process) == 0
    assert session(server) == []


@pytest.mark.parametrize("stopped", [True, False], ids=["stopped", "running"])
def test_every_process_is_gone_when_the_server_is_killed(own, stopped):
    server = own(timeout=86_400.0)
    with begin(server, ENDLESS):
        assert eventually(lambda: busy(server))
        children = executors(server)
        for pid in children if stopped else ():
            os.kill(pid, signal.SIGSTOP)
        for pid in set(session(server)) - set(children):
            os.kill(pid, signal.SIGKILL)
        server.process.wait()
        assert eventually(lambda: session(server) == [])


def test_an_executor_that_stops_at_work_is_gone_after_sigterm(own):
    server = own(timeout=86_400.0)
    with begin(server, ENDLESS):
        assert eventually(lambda: busy(server))
        for pid in executors(server):
            os.kill(pid, signal.SIGSTOP)
        stop(server.process)
        assert eventually(lambda: session(server) == [])


HUGE = {
    "chains": ("ASK { ?s ?p '\\u0041' FILTER(?o IN (1" + ",1" * 450_000 + ")) }", 200),
    "a call": ("ASK { FILTER(?o IN (1" + ",1" * 150_000 + ")) SERVICE <http://127.0.0.1:1/> {} }", 403),
}


@pytest.mark.parametrize(("text", "status"), HUGE.values(), ids=HUGE)
def test_a_huge_query_is_read_apart_and_keeps_nobody_waiting(
    release: Release, text: str, status: int
) -> None:
    """Its chains and calls are looked for in an executor, under the deadline: nobody else waits for that."""
    server = start(release, timeout=60.0)
    body = text.encode()
    done: list[str] = []

    def ask_huge() -> None:
        answer = server.ask("/sparql", "POST", body, content_type="application/sparql-query")
        done.append(f"huge {answer.status}")

    huge = threading.Thread(target=ask_huge)
    try:
        huge.start()
        time.sleep(0.3)
        done.append(f"health {server.ask('/health').status}")
        huge.join()
    finally:
        stop(server.process)
    assert done == ["health 200", f"huge {status}"]
