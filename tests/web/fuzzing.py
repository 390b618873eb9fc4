"""How long to fuzz, and bytes to a server as they are.

``KG_FUZZ=20`` makes every fuzz test twenty times as long, and another one each time; without it they
are short, and the same each time.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from http.client import HTTPResponse
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import HealthCheck, settings

from .conftest import Answer, Server

FACTOR = float(os.environ.get("KG_FUZZ") or 0)
SECONDS = 30
"""A fuzzed request that has no answer by then hangs: three times the server's own deadline."""


def text(name: str) -> str:
    """What is fuzzed with, in files of the folder ``fuzz``."""
    return (Path(__file__).parent / "fuzz" / f"{name}.txt").read_text(encoding="utf-8")


def lines(name: str) -> list[str]:
    """The lines of such a file."""
    return text(name).split("\n")[:-1]


def times(count: int) -> int:
    """So many rounds, or more where more are asked for."""
    return int(count * max(FACTOR, 1))


def random() -> Random:
    """Where mutations come from."""
    return Random(None if FACTOR else 5)


def fuzzed(examples: int) -> Callable[[Any], Any]:
    """The hypothesis settings of a fuzz test."""
    return settings(
        max_examples=times(examples),
        derandomize=not FACTOR,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


def send(server: Server, *parts: bytes) -> socket.socket:
    """A connection over which these bytes have gone, as far as the server took them."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=SECONDS)
    try:
        for part in parts:
            connection.sendall(part)
    except OSError:
        pass  # it has answered, and closed: what it said is read next
    return connection


def receive(connection: socket.socket, method: str) -> Answer:
    """The answer to a request of this method."""
    response = HTTPResponse(connection, method=method)
    try:
        response.begin()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, found, response.read())
    finally:
        response.close()


def exchange(server: Server, method: str, target: str, headers: list[tuple[str, str]], body: bytes) -> Answer:
    """One request on a connection of its own, its header fields in Latin-1 and as they are."""
    fields = [("Host", f"127.0.0.1:{server.port}"), *headers, ("Connection", "close")]
    if body:
        fields.append(("Content-Length", str(len(body))))
    head = "\r\n".join([f"{method} {target} HTTP/1.1", *(f"{n}: {v}" for n, v in fields), "", ""])
    with send(server, head.encode("latin-1"), body) as connection:
        return receive(connection, method)
