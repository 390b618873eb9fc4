"""The gunicorn worker: gevent's, with refusals that look like all the others.

What cannot be read as a request (an endless request line, broken headers) never reaches Flask;
it is answered here, with the same headers and problem details.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import signal
import socket
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from gunicorn.http import message
from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine, ParseException
from gunicorn.workers.ggevent import GeventWorker

from kg.settings import Settings
from kg.web.caching import NEVER
from kg.web.door import too_long
from kg.web.errors import PROBLEM

LINE_ROOM: Final = 32
"""Bytes of a request line around its target: the method, two spaces, the version."""

LINGER: Final = 1.0
"""Seconds in which a client may go on to send what nobody reads."""


def request_line_limit(max_url: int) -> int:
    """gunicorn's limit that lets targets of ``max_url`` bytes through to the application.

    gunicorn caps the setting at 8190 and knows beside that only 0, no limit at all, which lets
    one client fill the memory; so its cap is moved.
    """
    message.MAX_REQUEST_LINE = max_url + LINE_ROOM
    return int(message.MAX_REQUEST_LINE)


class Worker(GeventWorker):  # type: ignore[misc]
    """Answers unreadable requests with problem details, and hears SIGHUP; all else is gevent's worker."""

    def init_signals(self) -> None:
        """SIGHUP would end a worker of gunicorn's; here it means: look at the current release again."""
        super().init_signals()
        signal.signal(signal.SIGHUP, self.handle_hup)

    def handle_hup(self, *_: object) -> None:
        """Called with the signal; before the application is there, it is about to look anyway."""
        if service := getattr(self, "wsgi", None):
            service.forgive()

    def handle_request(self, listener_name: Any, req: Any, sock: Any, addr: Any) -> None:
        """Answer in the version that is spoken here (RFC 9110, 2.5), and let the answer be read."""
        req.version = min(req.version, (1, 1))
        body = any(name in ("CONTENT-LENGTH", "TRANSFER-ENCODING") for name, _ in req.headers)
        try:
            super().handle_request(listener_name, req, sock, addr)
        except StopIteration:
            if body:
                _linger(sock)
            raise

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Called by gunicorn with whatever went wrong outside the application."""
        if not isinstance(exc, ParseException):
            super().handle_error(req, client, addr, exc)
            return
        query_id = secrets.token_hex(8)
        refused = refusal(exc, self.wsgi.settings, {**self.wsgi.common, "X-KG-Query-Id": query_id})
        with contextlib.suppress(OSError):
            client.sendall(refused.response)
            _linger(client)
        self.wsgi.refused(query_id, addr, refused.status, len(refused.response))


def _linger(client: Any) -> None:
    """Wait a little for the end of what the client sends, before its connection is closed.

    With bytes left unread the kernel would reset it, and the answer be lost on its way (RFC 9112, 9.6).
    """
    until = time.monotonic() + LINGER
    with contextlib.suppress(OSError):
        client.shutdown(socket.SHUT_WR)
        client.settimeout(LINGER)
        while client.recv(65_536) and time.monotonic() < until:
            pass


class Refusal(NamedTuple):
    """A whole response to what is no request."""

    status: int
    response: bytes


def refusal(exc: BaseException, settings: Settings, common: Mapping[str, str]) -> Refusal:
    """What to answer a request that could not be read; ``common`` are the headers of every answer."""
    status, detail = HTTPStatus.BAD_REQUEST, f"The request cannot be read: {exc}"
    if isinstance(exc, LimitRequestLine):
        status, detail = HTTPStatus.REQUEST_URI_TOO_LONG, too_long(settings.max_url)
    elif isinstance(exc, LimitRequestHeaders):
        status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    members = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail}
    body = (json.dumps({**members, "query_id": common["X-KG-Query-Id"]}) + "\n").encode()
    headers = {
        **common,
        "Cache-Control": NEVER,
        "Content-Type": PROBLEM,
        "Content-Length": str(len(body)),
        "Connection": "close",
    }
    head = [f"HTTP/1.1 {status.value} {status.phrase}", *(f"{k}: {v}" for k, v in headers.items()), "", ""]
    return Refusal(status.value, "\r\n".join(head).encode("latin-1") + body)
