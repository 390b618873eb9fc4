"""Another release becomes current while the server runs; the server ends while it answers."""

from __future__ import annotations

import http.client
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from kg.release import Release, Releases

from .conftest import Server, members, start, stop
from .test_executors import eventually

pytestmark = pytest.mark.alone

LONG = "SELECT * { ?a ?b ?c . ?d ?e ?f } LIMIT 400000"
PATHS = ["/ready", "/sparql?query=ASK%7B%7D", "/queries/who-was-in-the-room.csv", "/doc/person/ilham-aliyev"]


@pytest.fixture
def server(two: tuple[Releases, Release, Release]) -> Iterator[Server]:
    releases, first, _ = two
    releases.switch(first.digest)
    running = start(first)
    yield running
    stop(running.process)


def served(server: Server) -> str:
    return str(server.ask("/ready").json["release"])


def test_a_release_that_becomes_current_is_served_without_a_failed_request(server, two):
    releases, first, second = two
    stopping, failures, seen = threading.Event(), [], set()

    def load() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        while not stopping.is_set():
            for path in PATHS:
                try:
                    connection.request("GET", path)
                    response = connection.getresponse()
                    response.read()
                    seen.add(response.headers["x-kg-release"])
                    if response.status != 200:
                        failures.append((path, response.status))
                except (OSError, http.client.HTTPException) as error:
                    failures.append((path, error))
                    connection.close()
        connection.close()

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for release in (second, first, second):
            releases.switch(release.digest)
            assert eventually(lambda wanted=release: served(server) == wanted.digest)
    finally:
        stopping.set()
        for thread in threads:
            thread.join()
    assert failures == []
    assert seen == {first.digest, second.digest}
    assert "kg_release_switches_total 3" in server.ask("/metrics").text


def test_an_answer_that_has_begun_is_ended_by_the_release_that_began_it(server, two):
    releases, first, second = two
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        target = "/sparql?" + urlencode({"query": LONG, "format": "csv"})
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        head = connection.recv(1_000)
        releases.switch(second.digest)
        assert eventually(lambda: served(server) == second.digest)
        body = head + b"".join(iter(lambda: connection.recv(1 << 20), b""))
    assert first.digest.encode() in head
    assert body.endswith(b"\r\n0\r\n\r\n")
    assert body.count(b"\r\n") > 400_000
    assert eventually(
        lambda: len(members(server.process.pid)) == 2 + 3
    )  # the first one's executors have gone


def test_a_release_that_is_damaged_is_not_taken_up_before_it_is_mended(server, two, tmp_path):
    releases, first, second = two
    file = second.path / "report.json"
    whole = file.read_bytes()
    try:
        file.write_bytes(whole.replace(b"{", b"[", 1))
        (releases.path / "current").write_text(second.digest + "\n")
        time.sleep(2.5)
        assert served(server) == first.digest
    finally:
        file.write_bytes(whole)
    server.process.send_signal(signal.SIGHUP)
    assert eventually(lambda: served(server) == second.digest)


def test_sigterm_in_mid_stream_lets_the_answer_end_and_then_stops(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        target = "/sparql?" + urlencode({"query": LONG, "format": "csv"})
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        head = connection.recv(1_000)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        body = head + b"".join(iter(lambda: connection.recv(1 << 20), b""))
    assert body.endswith(b"\r\n0\r\n\r\n")
    assert stop(server.process) == 0
    assert members(server.process.pid) == {}


def test_the_web_process_ends_by_itself_under_load_and_not_by_a_signal(server, two, capfd):
    for path in PATHS:
        server.ask(path)
    threads = [threading.Thread(target=ask_until_refused, args=(server,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    assert stop(server.process) == 0
    for thread in threads:
        thread.join()
    assert "SIG" not in capfd.readouterr().err


def ask_until_refused(server: Server) -> None:
    try:
        while True:
            server.ask("/doc/person/ilham-aliyev", accept="text/html")
    except (OSError, http.client.HTTPException):
        return


def test_a_server_that_had_to_build_first_ends_by_itself_too(tmp_path):
    """The engine's library is open in the master then, and its threads do not come along in the fork."""
    command = [sys.executable, "-m", "kg", "serve", "--store", str(tmp_path), "--port", "0"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None
    assert process.stderr is not None
    with process.stdout, process.stderr:
        assert process.stdout.readline().startswith("kg: building")
        port = int(process.stdout.readline().strip().rpartition(":")[2])
        for path in PATHS:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request("GET", path)
            assert connection.getresponse().status == 200
            connection.close()
        process.send_signal(signal.SIGTERM)
        said = process.stderr.read()
    assert process.wait(30) == 0
    assert "SIG" not in said


def test_an_answer_of_a_named_release_is_for_ever_and_confirmed_in_its_name(server, two):
    _, first, second = two
    for release in (first, second):
        target = f"/releases/{release.digest}/sparql?" + urlencode({"query": "ASK { ?s ?p ?o }"})
        answer = server.ask(target)
        assert "immutable" in answer.headers["cache-control"]
        again = server.ask(target, if_none_match=answer.headers["etag"])
        assert (again.status, again.headers["x-kg-release"]) == (304, release.digest)
        assert server.ask(target).headers["x-kg-release"] == release.digest
    text = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    older, newer = (
        server.ask(f"/releases/{release.digest}/sparql?" + urlencode({"query": text}))
        for release in (first, second)
    )
    assert older.headers["etag"] != newer.headers["etag"]
