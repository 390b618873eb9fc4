"""HTTP by hand: requests that no client library would send."""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import time
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

if TYPE_CHECKING:
    from .conftest import Server

ASK = "/sparql?query=ASK%7B%7D"
OF_EACH = ("date", "x-kg-query-id")
"""Header fields in which no two answers are alike."""


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


class Line:
    """One connection, on which bytes go out as they are given."""

    def __init__(self, server: Server, source: str = "127.0.0.1") -> None:
        self.socket = socket.create_connection(("127.0.0.1", server.port), 60, (source, 0))
        self._buffer = self.socket.makefile("rb")

    def ask(self, *pieces: bytes) -> tuple[int, dict[str, str], bytes]:
        """Send a request and read its answer."""
        for number, piece in enumerate(pieces):
            time.sleep(0.05 if number else 0)  # so that they come one by one
            self.socket.sendall(piece)
        return self.read()

    def read(self, body: bool = True) -> tuple[int, dict[str, str], bytes]:
        """The next answer: status, headers, and the body where it has one."""
        status = int(self._buffer.readline().split()[1])
        headers = http.client.parse_headers(self._buffer)
        found = {name.lower(): value for name, value in headers.items()}
        assert len(found) == len(headers), "a header was sent twice"
        if not body:
            return status, found, b""
        if "transfer-encoding" not in found:
            return status, found, self._buffer.read(int(found.get("content-length", 0)))
        parts = []
        while length := int(self._buffer.readline(), 16):
            parts.append(self._buffer.read(length))
            self._buffer.readline()
        self._buffer.readline()
        return status, found, b"".join(parts)

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *_: object) -> None:
        self._buffer.close()
        self.socket.close()

    def ended(self) -> bool:
        with contextlib.suppress(ConnectionError):
            return self._buffer.read(1) == b""
        return True


def request(target: str = ASK, *lines: str, method: str = "GET", version: str = "1.1") -> bytes:
    """The bytes of a request."""
    return "\r\n".join((f"{method} {target} HTTP/{version}", "Host: h.example", *lines, "", "")).encode()


def settled(answer: tuple[int, dict[str, str], bytes]) -> object:
    """What is the same of an answer each time. An address may be encoded in several ways."""
    status, headers, body = answer
    body = re.sub(rb'"query_id": "[0-9a-f]+"', b"", body)
    same = {name: value for name, value in headers.items() if name not in OF_EACH}
    return status, same | {"link": unquote_plus(same.get("link", ""))}, body
