"""Clients of others, installed and run: what test_clients.py replays, and more, as it comes from them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kg.release import Release

from .conftest import Server, start, stop
from .test_clients import CONSTRUCT, SELECT


@pytest.fixture(scope="module")
def server(release: Release) -> Iterator[Server]:
    """A server as people start it."""
    running = start(release)
    yield running
    stop(running.process)


def url(server: Server, path: str) -> str:
    return f"http://127.0.0.1:{server.port}{path}"


def node(clients: Path, script: str, *words: str) -> Any:
    """What one of the scripts in tests/clients says."""
    done = subprocess.run(
        ["node", script, *words], cwd=clients, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def plain(server: Server, text: str) -> list[dict[str, str]]:
    rows = server.query(text).json["results"]["bindings"]
    return [{name: term["value"] for name, term in row.items()} for row in rows]


def triples(server: Server) -> int:
    return len(set(server.query(CONSTRUCT, accept="application/n-triples").text.splitlines()))


def test_comunica_finds_the_endpoint_by_its_description_and_asks_it(server: Server, clients: Path):
    said = node(clients, "comunica.mjs", url(server, "/sparql"))
    for way in ("found", "named"):
        assert said[way]["select"] == plain(server, SELECT)
        assert said[way]["ask"] is True
        assert said[way]["construct"] == triples(server)
    assert [row["note"] for row in said["beside"]] == ["mine"] * 5
    assert "400" in said["error"]
    assert 'route="/sparql",method="GET",status="200"' in server.ask("/metrics").text


def test_sparql_http_client_asks_in_each_way_and_reads_a_graph(server: Server, clients: Path):
    said = node(clients, "sparql-http-client.mjs", url(server, "/sparql"), url(server, "/graphs"))
    for way in ("get", "postUrlencoded", "postDirect"):
        assert said[way] == {"select": plain(server, SELECT), "ask": True, "construct": triples(server)}
    (row,) = server.query("SELECT (COUNT(*) AS ?n) FROM <https://w3id.org/pac/ns> { ?s ?p ?o }").json[
        "results"
    ]["bindings"]
    assert said["store"] == int(row["n"]["value"]) > 100
    assert "the prefix x: is not declared" in said["error"]


@pytest.mark.parametrize("way", [("--get",), (), ("--http1.0",), ("--compressed",)])
def test_curl_asks_by_get_and_by_post(server: Server, way: tuple[str, ...]):
    command = [
        "curl",
        "--silent",
        "--fail",
        *way,
        "--data-urlencode",
        f"query={SELECT}",
        url(server, "/sparql"),
    ]
    done = subprocess.run(command, capture_output=True, timeout=60, check=True)
    assert len(json.loads(done.stdout)["results"]["bindings"]) == 5
