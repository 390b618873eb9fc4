"""How gunicorn's answers go out: the head and the first piece of the body in one go.

Two sends are two packets, and wake the client twice; for a small answer that is a tenth of its time.
"""

from __future__ import annotations

from typing import Any, Final

from gunicorn.http import wsgi

TOGETHER: Final = 65_536
"""Bytes of a piece that is worth copying to save a send."""


class Response(wsgi.Response):  # type: ignore[misc]
    """gunicorn's, which holds the head back until there is something to send it with."""

    headers_sent: bool
    _held = b""

    def lines(self) -> list[str]:
        """The lines of the head, each with its end."""
        return [*self.default_headers(), *(f"{name}: {value}\r\n" for name, value in self.headers)]

    def send_headers(self) -> None:
        """Have the head ready."""
        if self.headers_sent:
            return
        self._held = "".join([*self.lines(), "\r\n"]).encode("latin-1")
        self.headers_sent = True

    def close(self) -> None:
        """The end of an answer, which may be all of it."""
        self.send_headers()
        self._send(b"0\r\n\r\n" if self.chunked else b"")

    def _emit_body(self, data: bytes) -> None:
        self._send(b"%X\r\n%b\r\n" % (len(data), data) if self.chunked else data)

    def _send(self, piece: bytes) -> None:
        held, self._held = self._held, b""
        send(self.sock, held, piece)


def send(connection: Any, head: bytes, piece: bytes) -> None:
    """Send both, either of which may be empty: together, unless copying the piece would cost more."""
    if head and len(piece) > TOGETHER:
        connection.sendall(head)
        head = b""
    if head or piece:
        connection.sendall(head + piece if head else piece)


def install() -> None:
    """From now on gunicorn's answers go out so."""
    if not hasattr(wsgi.Response, "_emit_body"):  # its head would go out behind its body
        raise RuntimeError("this gunicorn is none that kg knows: install the versions of requirements.lock")
    wsgi.Response = Response
