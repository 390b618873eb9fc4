"""Faults of the machine: the release is removed, the log's disk is full. The server goes on, truthfully."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.release import Release

from .conftest import LAUNCHER, Server, start, stop
from .test_executors import begin, executors

pytestmark = pytest.mark.alone

LONG = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
LARGE = "SELECT * { ?a ?b ?c . ?d ?e ?f } LIMIT 20000"


@pytest.fixture
def moving(release: Release, tmp_path: Path) -> Iterator[tuple[Server, Path]]:
    """A server over a copy of the release, and the copy's folder."""
    folder = tmp_path / release.path.parents[1].name / "releases" / release.path.name
    shutil.copytree(release.path, folder)
    server = start(Release.open(folder), cache=0)
    yield server, folder
    stop(server.process)


def test_a_release_that_is_removed_is_503_until_it_is_back(moving: tuple[Server, Path]) -> None:
    server, folder = moving
    assert server.ask("/ready").status == 200
    aside = folder.rename(folder.parents[2] / "aside")
    for pid in executors(server):  # those that have it open answer on
        os.kill(pid, signal.SIGKILL)
    assert server.ask("/ready").status == 503
    for _ in range(3):
        answer = server.query("ASK { ?s ?p ?o }")
        assert (answer.status, answer.media_type) == (503, "application/problem+json")
        assert str(folder) not in answer.text
    for target in ("/export/dataset.nt", "/export/dataset.nq.gz"):
        answer = server.ask(target)
        assert (answer.status, answer.media_type) == (503, "application/problem+json")
    assert server.ask("/health").status == 200
    aside.rename(folder)
    assert server.ask("/ready").status == 200
    assert server.query("ASK { ?s ?p ?o }").status == 200


def test_a_release_that_is_removed_in_the_middle_of_a_query_does_not_fail_it(
    moving: tuple[Server, Path],
) -> None:
    server, folder = moving
    with begin(server, LARGE, format="csv") as connection:
        begun = connection.recv(1_000)
        shutil.rmtree(folder)
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        said = begun + b"".join(iter(lambda: connection.recv(1 << 20), b""))
    assert said.count(b"HTTP/1.1 200 OK") == 2
    assert b"\r\n0\r\n\r\nHTTP/1.1 200 OK" in said
    assert server.ask("/ready").status == 503
    assert stop(server.process) == 0


def test_a_log_on_a_full_disk_stops_nobody(release: Release) -> None:
    with Path("/dev/full").open("wb") as full:
        process = subprocess.Popen(
            [sys.executable, str(LAUNCHER), str(release.path), json.dumps({"timeout": 5.0})],
            stdout=subprocess.PIPE,
            stderr=full,
            text=True,
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    server = Server(process, line, int(line.rpartition(":")[2]), release.base)
    try:
        assert server.query("ASK {}").status == 200
        assert server.query(LONG).status == 504
        assert server.query("ASK { ?s ?p ?o }").status == 200
    finally:
        assert stop(process) == 0
