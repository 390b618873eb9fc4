"""A real server, in its own process, over the bundled release; and plain HTTP to it."""

from __future__ import annotations

import gzip
import http.client
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from kg.records import dataset
from kg.records.dataset import Dataset
from kg.release import Release, Releases

from .wire import Line

LAUNCHER = Path(__file__).with_name("launch.py")


@dataclass(frozen=True)
class Answer:
    """What came back: header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0]


_numbers = itertools.count(1)


@dataclass(frozen=True)
class Server:
    """A server at work on a port of this machine."""

    process: subprocess.Popen[str]
    line: str
    port: int
    base: str

    def ask(self, target: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
        """One request on a connection of its own. ``content_type=…`` becomes ``Content-Type``."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, target, body, named)
            with connection.getresponse() as response:
                found = {name.lower(): value for name, value in response.getheaders()}
                return Answer(response.status, found, response.read())
        finally:
            connection.close()

    def query(self, text: str, **headers: str) -> Answer:
        """A SPARQL query by GET."""
        return self.ask("/sparql?" + urlencode({"query": text}), **headers)

    def small(self) -> Answer:
        """A small question that was not asked before: no cache has it, an executor answers."""
        return self.query(f"ASK {{ FILTER({next(_numbers)} > 0) }}")

    def number(self, metric: str) -> int:
        """The value of a metric; 0 where it is not there yet."""
        lines = self.ask("/metrics").text.splitlines()
        return int(dict(line.rsplit(" ", 1) for line in lines if line[0] != "#").get(metric, "0"))

    def select(self, pattern: str) -> list[dict[str, str]]:
        """The rows of ``SELECT * { pattern }`` as plain values."""
        rows = self.query("PREFIX pac: <https://w3id.org/pac/ns#> SELECT * {" + pattern + "}").json
        return [{k: v["value"] for k, v in row.items()} for row in rows["results"]["bindings"]]

    def doc(self, iri: str) -> str:
        """The path of an entity's document."""
        return "/doc/" + quote(iri.removeprefix(self.base + "id/"))


Serve = Callable[..., Server]
"""``serve("--option", a__ttl="…")``: a server over a file ``a.ttl`` of that content."""


def start(release: Release, **settings: Any) -> Server:
    """Start a server and wait for the line in which it says where it is."""
    process = subprocess.Popen(
        [sys.executable, str(LAUNCHER), str(release.path), json.dumps(settings)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    port = line.rpartition(":")[2]
    if not port.isdigit():
        stop(process)
        pytest.fail(f"the server did not start: {line!r}, status {process.returncode}")
    return Server(process, line, int(port), release.base)


def stop(process: subprocess.Popen[str]) -> int:
    """SIGTERM, and the exit status."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        return process.wait(30)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


@pytest.fixture(scope="session")
def server(release: Release) -> Iterator[Server]:
    """A server with settings small enough for limits to be met."""
    running = start(release, timeout=10.0, max_body=65_536, max_url=4_096)
    yield running
    stop(running.process)


@pytest.fixture
def line(server: Server) -> Iterator[Line]:
    with Line(server) as opened:
        yield opened


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Start ``kg serve --rdf`` with files of these names and contents."""
    started: list[Server] = []

    def make(*options: str, **files: str) -> Server:
        folder = tmp_path_factory.mktemp("files")
        for name, content in files.items():
            data = content.encode()
            path = folder / name.replace("__", ".")
            path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
        command = [sys.executable, "-m", "kg", "serve", "--port", "0", *options, "--rdf"]
        process = subprocess.Popen(
            [*command, *map(str, sorted(folder.iterdir()))],
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        port = line.rpartition(":")[2]
        started.append(Server(process, line, int(port or 0), ""))
        assert port, "the server did not start"
        return started[-1]

    yield make
    for running in started:
        stop(running.process)


@pytest.fixture(scope="session")
def two(
    release: Release, bundled: Dataset, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Releases, Release, Release]:
    """A store with two releases of the bundled dataset, for tests that switch: begin with the first."""
    from kg.build import pipeline

    root = tmp_path_factory.mktemp("two")
    copy = root / bundled.name
    shutil.copytree(bundled.root, copy)
    with next(copy.rglob("*.yaml")).open("a", encoding="utf-8") as file:
        file.write("# another comment\n")
    second = pipeline.build(dataset.find(str(copy)), store=root / "store").release
    releases = Releases(root / "store", bundled.name)
    shutil.copytree(release.path, releases.path / "releases" / release.digest)
    releases.switch(release.digest)
    assert release.digest != second.digest
    return releases, releases.current(), second


def members(session: int) -> dict[int, str]:
    """The processes of a session and their states, Z for one dead and not waited for (/proc/PID/stat)."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session:
            found[int(stat.parent.name)] = fields[0]
    return found
