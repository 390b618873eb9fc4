"""A server under mixed traffic for a while: does it answer rightly, and is anything left behind?

    python bench/soak.py [SECONDS]

Small, canned, long, bad, leaving and stalling clients ask a server in a process of its own, with a deadline
of two seconds. Prints what was answered and what was used; exits with 1 if a small question had another
answer than the right one, one to a bad query looked whole, or processes, descriptors or memory stayed behind.
"""

from __future__ import annotations

import contextlib
import http.client
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from kg.build import pipeline
from kg.records import dataset

SECONDS: Final = 60.0
TIMEOUT: Final = 2.0
CROSS: Final = "?a ?b ?c . ?d ?e ?f . ?g ?h ?i"
OPTIONS: Final = ("--port", "0", "--timeout", "2", "--stall", "2", "--memory", "256", "--log-format", "off")
BAD: Final = (
    f"SELECT (COUNT(*) AS ?n) {{ {CROSS} FILTER(?a != <x:%d>) }}",
    f"SELECT * {{ {CROSS} FILTER(?a != <x:%d>) }} ORDER BY ?f",
    f"SELECT DISTINCT ?a ?d ?g {{ {CROSS} FILTER(?a != <x:%d>) }}",
    f"SELECT (GROUP_CONCAT(CONCAT(STR(?a), STR(?d))) AS ?n) {{ {CROSS} FILTER(?a != <x:%d>) }}",
    'SELECT ?n { BIND("%d" AS ?s0) '
    + " ".join(f"BIND(CONCAT(?s{i}, ?s{i}) AS ?s{i + 1})" for i in range(34))
    + "}",
)
GROWTH: Final = 64
"""MiB by which the web process may have grown: answers kept, and what the allocator does not give back."""


class Soak:
    """One server and the clients that ask it."""

    def __init__(self, server: subprocess.Popen[str], port: int) -> None:
        self.server = server
        self.port = port
        self.ended = threading.Event()
        self.counts: Counter[tuple[str, str]] = Counter()
        self.seconds: defaultdict[str, list[float]] = defaultdict(list)
        self.faults: list[str] = []
        self._lock = threading.Lock()

    def get(self, path: str) -> tuple[str, bytes]:
        """Status and body; the status is ``cut`` where the body has no end."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            connection.request("GET", path)
            response = connection.getresponse()
            try:
                return str(response.status), response.read()
            except (http.client.IncompleteRead, ConnectionError):
                return "cut", b""

    def note(self, kind: str, status: str, seconds: float, fault: str | None = None) -> None:
        """Count one request."""
        with self._lock:
            self.counts[kind, status] += 1
            self.seconds[kind].append(seconds)
            if fault:
                self.faults.append(f"{kind}: {fault}")

    def timed(self, kind: str, path: str, wrong: Callable[[str, bytes], bool]) -> None:
        """One request, judged."""
        begun = time.monotonic()
        status, body = self.get(path)
        fault = f"{status} {body[:100]!r}" if wrong(status, body) else None
        self.note(kind, status, time.monotonic() - begun, fault)

    def dial(self, path: str) -> socket.socket:
        """A connection over which a request has gone out, and that takes little ahead."""
        connection = socket.socket()
        connection.settimeout(60)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        connection.connect(("127.0.0.1", self.port))
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        return connection


def query(text: str) -> str:
    """The path of a query whose answer is CSV."""
    return "/sparql?" + urlencode({"query": text, "format": "csv"})


def small(soak: Soak) -> None:
    """A question whose answer is known; turned away is not wrong, and is counted."""
    number = random.randrange(10**9)
    right = f"n\r\n{number}\r\n".encode()
    soak.timed(
        "small",
        query(f"SELECT ?n {{ VALUES ?n {{ {number} }} }}"),
        lambda status, body: status not in ("200", "429", "504") or (status == "200" and body != right),
    )


def canned(soak: Soak) -> None:
    soak.timed(
        "canned", "/queries/who-was-in-the-room.csv", lambda status, _: status not in ("200", "429", "504")
    )


def long(soak: Soak) -> None:
    """An answer of some megabytes."""
    text = f"SELECT * {{ {CROSS} }} LIMIT {20_000 + random.randrange(1_000)}"
    soak.timed("long", query(text), lambda status, _: status not in ("200", "cut", "429", "504"))


def bad(soak: Soak) -> None:
    text = random.choice(BAD) % random.randrange(10**9)
    soak.timed("bad", query(text), lambda status, _: status not in ("cut", "429", "504", "507"))


def leaving(soak: Soak) -> None:
    with soak.dial(query(f"SELECT * {{ {CROSS} }} OFFSET {random.randrange(10**6)}")):
        time.sleep(random.random())
    soak.note("leaving", "left", 0)


def stalling(soak: Soak) -> None:
    """A reader who stands still."""
    begun = time.monotonic()
    with soak.dial(query(f"SELECT * {{ {CROSS} }} LIMIT {10**6 + random.randrange(1_000)}")) as connection:
        soak.ended.wait(3 * TIMEOUT)
        with contextlib.suppress(ConnectionError):
            while connection.recv(1 << 20):
                pass
    soak.note("stalling", "over", time.monotonic() - begun)


CLIENTS: Final = {
    small: (4, 0.02),
    canned: (1, 0.1),
    long: (1, 1.0),
    bad: (4, 0.0),
    leaving: (1, 0.2),
    stalling: (1, 0.0),
}
"""How many of each kind there are, and how long each pauses."""


def children(server: int) -> dict[str, list[int]]:
    """The processes of the server's session by what they are (Linux)."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            command = (stat.parent / "cmdline").read_bytes()
            if int(fields[3]) == server:
                pid = int(stat.parent.name)
                kind = (
                    "executors" if b"kg.query.executor" in command else "web" if pid != server else "master"
                )
                found["dead" if fields[0] == "Z" else kind].append(pid)
    return found


def used(server: int) -> dict[str, int]:
    """What the server holds: MiB of web process and executors, descriptors of the web process, processes."""
    processes = children(server)
    numbers = {
        "web MiB": 0,
        "executors MiB": 0,
        "descriptors": 0,
        "processes": sum(map(len, processes.values())),
    }
    for kind in ("web", "executors"):
        for pid in processes[kind]:
            with contextlib.suppress(OSError):
                numbers[f"{kind} MiB"] += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4 >> 10
                numbers["descriptors"] += len(list(Path(f"/proc/{pid}/fd").iterdir())) if kind == "web" else 0
    return {**numbers, "dead": len(processes["dead"])}


def run(soak: Soak, seconds: float) -> dict[str, dict[str, int]]:
    """All clients for so long; what the server held before, midway and after."""

    def client(ask: Callable[[Soak], None], pause: float) -> None:
        while not soak.ended.wait(pause):
            try:
                ask(soak)
            except (OSError, http.client.HTTPException) as error:
                soak.note(ask.__name__, "failed", 0, repr(error))

    for _ in range(20):
        small(soak)
        canned(soak)
    held = {"before": used(soak.server.pid)}
    threads = [
        threading.Thread(target=client, args=(ask, pause))
        for ask, (n, pause) in CLIENTS.items()
        for _ in range(n)
    ]
    for thread in threads:
        thread.start()
    time.sleep(seconds / 2)
    held["midway"] = used(soak.server.pid)
    time.sleep(seconds / 2)
    soak.ended.set()
    for thread in threads:
        thread.join()
    time.sleep(3 * TIMEOUT)
    held["after"] = used(soak.server.pid)
    return held


def leaks(held: dict[str, dict[str, int]]) -> list[str]:
    """What stayed behind."""
    before, after = held["before"], held["after"]
    room = {"web MiB": GROWTH, "descriptors": 8, "processes": 1, "dead": 0}
    return [
        f"{name}: {before[name]} before, {after[name]} after"
        for name in room
        if after[name] > before[name] + room[name]
    ]


def report(soak: Soak, held: dict[str, dict[str, int]]) -> None:
    """The tables."""
    print("| client | answers | median, ms | 99 %, ms |\n|---|---|---|---|")
    for kind, seconds in soak.seconds.items():
        answers = ", ".join(f"{n} {status}" for (k, status), n in sorted(soak.counts.items()) if k == kind)
        cuts = statistics.quantiles(seconds, n=100) if len(seconds) > 1 else seconds * 99
        print(f"| {kind} | {answers} | {cuts[49] * 1000:.0f} | {cuts[98] * 1000:.0f} |")
    print("\n| held | " + " | ".join(held["before"]) + " |\n|---|" + "---|" * len(held["before"]))
    for when, numbers in held.items():
        print(f"| {when} | " + " | ".join(map(str, numbers.values())) + " |")
    ended = re.findall(r'kg_executors_ended_total{reason="([^"]*)"} (\d+)', soak.get("/metrics")[1].decode())
    print("\nExecutors ended: " + (", ".join(f"{n} {reason}" for reason, n in ended) or "none") + ".")


def main(seconds: float) -> int:
    """Print the tables; 1 if something was wrong."""
    with tempfile.TemporaryDirectory() as folder:
        pipeline.build(dataset.find(), store=Path(folder))
        command = [sys.executable, "-m", "kg", "serve", "--store", folder, *OPTIONS]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
        assert server.stdout is not None
        try:
            soak = Soak(server, int(server.stdout.readline().strip().rpartition(":")[2]))
            held = run(soak, seconds)
            report(soak, held)
        finally:
            server.terminate()
            server.wait()
            server.stdout.close()
        left = children(server.pid)
    faults = [*soak.faults, *leaks(held), *(f"left: {kind} {pids}" for kind, pids in left.items())]
    print("\n".join(faults[:20]) or "\nNothing wrong was answered, nothing stayed behind.")
    return 1 if faults else 0


if __name__ == "__main__":
    status = main(float(sys.argv[1]) if sys.argv[1:] else SECONDS)
    if status:
        sys.exit(status)
