"""The child process: what it loads, and what it may not do."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

SRC = str(Path(__file__).resolve().parents[3] / "src")
HEAVY = {
    "rdflib",
    "flask",
    "yaml",
    "pyshacl",
    "pyld",
    "oxrdflib",
    "gevent",
    "kg.release",
    "kg.records",
    "kg.web",
}


def run(script: str, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": SRC}
    return subprocess.run(
        [sys.executable, "-c", script, *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=environment,
        stdin=subprocess.PIPE,
    )


LOADED = """
import os, socket, sys, threading
from kg.query import executor
here, there = os.pipe()
os.dup2(here, 0)
ours, theirs = socket.socketpair()
executor.serve = lambda store, frames: print(*sys.modules, flush=True)
executor.main(sys.argv[1], str(theirs.fileno()), "2048", "offline")
"""


def test_an_executor_loads_pyoxigraph_and_nothing_heavy(store_path: Path) -> None:
    done = run(LOADED, str(store_path))
    loaded = set(done.stdout.split())
    assert "pyoxigraph" in loaded, done.stderr
    assert not loaded & HEAVY
    assert {name for name in loaded if name.startswith("kg")} == {
        "kg",
        "kg.errors",
        "kg.query",
        "kg.query.confine",
        "kg.query.engine",
        "kg.query.executor",
        "kg.query.limits",
        "kg.query.counting",
        "kg.query.prefixes",
        "kg.query.scope",
        "kg.query.service",
        "kg.query.tokens",
        "kg.query.xml",
    }


OFFLINE = """
from kg.query import confine
import os, socket
left, right = socket.socketpair()
if not confine.offline():
    print("the system has no seccomp")
else:
    left.sendall(b"still "); print(right.recv(6), end=" ")
    for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX):
        try:
            socket.socket(family)
            print("a socket")
        except PermissionError:
            print("refused", end=" ")
    open(os.devnull).close()
"""


def test_an_executor_without_allowed_endpoints_can_open_no_socket() -> None:
    done = run(OFFLINE)
    assert done.stdout.strip() in ("b'still ' refused refused refused", "the system has no seccomp"), (
        done.stderr
    )


CALL = """
import sys
import pyoxigraph
from kg.query import confine
if sys.argv[1] == "offline" and not confine.offline():
    sys.exit("the system has no seccomp")
try:
    endpoint = "<http://127.0.0.1:" + sys.argv[2] + "/>"
    list(pyoxigraph.Store().query("SELECT * { SERVICE " + endpoint + " { ?s ?p ?o } }"))
except OSError:
    pass
"""


@pytest.mark.parametrize(("network", "reached"), [("offline", False), ("network", True)])
def test_the_engine_reaches_out_only_where_the_network_is_allowed(network: str, reached: bool) -> None:
    calls: list[object] = []

    def answer(listener: socket.socket) -> None:
        with suppress(OSError):
            connection, _ = listener.accept()
            calls.append(connection)
            connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer, args=(listener,))
        thread.start()
        done = run(CALL, network, str(listener.getsockname()[1]))
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        thread.join()
    assert bool(calls) is (reached or "no seccomp" in done.stderr)
