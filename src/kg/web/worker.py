"""The gunicorn worker: gevent's, with refusals that look like all the others.

What cannot be read as a request (an endless request line, broken headers) never reaches Flask;
it is answered here, with the same headers and problem details.
"""

from __future__ import annotations

import contextlib
import json
import signal
from http import HTTPStatus
from typing import Any, Final

from gunicorn.http import message
from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine, ParseException
from gunicorn.workers.ggevent import GeventWorker

from kg.settings import Settings
from kg.web.door import too_long
from kg.web.headers import common
from kg.web.reader import Reader

LINE_ROOM: Final = 32
"""Bytes of a request line around its target: the method, two spaces, the version."""


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

    def handle_request(self, listener_name: Any, req: Any, sock: Any, addr: Any) -> Any:
        """Called by gunicorn with each request: its answer goes out to a ``Reader``."""
        return super().handle_request(listener_name, req, Reader(sock, self.wsgi.settings.stall), addr)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Called by gunicorn with whatever went wrong outside the application."""
        if not isinstance(exc, ParseException):
            super().handle_error(req, client, addr, exc)
            return
        with contextlib.suppress(OSError):
            client.sendall(refusal(exc, self.wsgi.settings, self.wsgi.release.digest))


def refusal(exc: BaseException, settings: Settings, digest: str) -> bytes:
    """The whole response to a request that could not be read."""
    status, detail = HTTPStatus.BAD_REQUEST, f"The request cannot be read: {exc}"
    if isinstance(exc, LimitRequestLine):
        status, detail = HTTPStatus.REQUEST_URI_TOO_LONG, too_long(settings.max_url)
    elif isinstance(exc, LimitRequestHeaders):
        status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    members = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail}
    body = (json.dumps(members) + "\n").encode()
    headers = {
        **common(settings.cors, digest),
        "Content-Type": "application/problem+json",
        "Content-Length": str(len(body)),
        "Connection": "close",
    }
    head = [f"HTTP/1.1 {status.value} {status.phrase}", *(f"{k}: {v}" for k, v in headers.items()), "", ""]
    return "\r\n".join(head).encode("latin-1") + body
