"""HTTP by hand: requests that no client library would send."""

from __future__ import annotations

import contextlib
import socket

from .conftest import Server


def raw(server: Server, request: bytes) -> bytes:
    """What comes back for these bytes until the server ends the connection, which it must within a minute."""
    parts = []
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        with contextlib.suppress(ConnectionError):  # it has not read all, and is right not to
            connection.sendall(request)
        with contextlib.suppress(ConnectionError):
            while part := connection.recv(65_536):
                parts.append(part)
    return b"".join(parts)


def get(server: Server, target: str, *headers: str) -> bytes:
    """A GET of this target with no header but a host's, these, and that there is no more to come."""
    lines = [f"GET {target} HTTP/1.1", "Host: x", *headers, "Connection: close", "", ""]
    return raw(server, "\r\n".join(lines).encode())


def status(reply: bytes) -> int:
    """The status of a response."""
    return int(reply[9:12])


def headers(reply: bytes) -> list[tuple[bytes, bytes]]:
    """The header fields of a response."""
    lines = reply.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]
    return [(name, value.strip()) for name, _, value in (line.partition(b":") for line in lines)]
