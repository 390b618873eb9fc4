"""The gunicorn worker: gevent's, with limits of its own and refusals that look like all the others.

What cannot be read as a request (an endless request line, broken headers, one that does not end) never
reaches Flask; it is answered here, with the same headers and problem details.
"""

from __future__ import annotations

import contextlib
import errno
import secrets
import signal
import socket
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, NamedTuple

import gevent
from gunicorn import util
from gunicorn.http import get_parser, message
from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine, NoMoreData, ParseException
from gunicorn.workers.ggevent import GeventWorker

from kg.errors import RequestTooSlow
from kg.settings import Settings
from kg.web import plain, sending
from kg.web.connections import Connection, Connections
from kg.web.door import too_long
from kg.web.reader import Reader, bound
from kg.web.streaming import close

LINE_ROOM: Final = 32
"""Bytes of a request line around its target: the method, two spaces, the version."""

MOST: Final = 1_000
"""Connections of a web process."""

ROOM: Final = 200
"""Connections that may be accepted while those that were cut off are ending; gevent takes 100 at a time."""

UNREAD: Final = 65_536
"""Bytes of a body that nobody asked for, which are read for the sake of the next request."""

TURN: Final = 0.01
"""Seconds for which one connection may keep all others waiting with requests that are there already."""

LINGER: Final = 1.0
"""Seconds in which a client may go on to send what nobody reads."""

LINGERING: Final = 4_194_304
"""Bytes of it."""

_LEFT: Final = (errno.EPIPE, errno.ECONNRESET, errno.ENOTCONN)


def request_line_limit(max_url: int) -> int:
    """gunicorn's limit that lets targets of ``max_url`` bytes through to the application.

    gunicorn caps the setting at 8190 and knows beside that only 0, no limit at all, which lets
    one client fill the memory; so its cap is moved.
    """
    message.MAX_REQUEST_LINE = max_url + LINE_ROOM
    return int(message.MAX_REQUEST_LINE)


class Worker(GeventWorker):  # type: ignore[misc]
    """Bounds how long clients may send, answers unreadable requests with problem details, hears SIGHUP."""

    def run(self) -> None:
        """Called by gunicorn: accept connections until the end."""
        self.connections = Connections(MOST, self.wsgi.settings.receive, self.wsgi.metrics)
        gevent.spawn(self.connections.watch)
        super().run()

    def handle(self, listener: Any, client: Any, addr: Any) -> None:
        """Called in a greenlet of its own for each connection: one request after the other.

        In the place of gunicorn's own, which leaves the time of a body unbounded.
        """
        client.setblocking(True)
        bound(client)
        connection = self.connections.enter(client)
        try:
            self._answer(connection, listener.getsockname(), client, addr)
        except (NoMoreData, StopIteration):
            pass  # the client is done, or its request or its answer was the last
        except OSError as error:
            if error.errno not in _LEFT:
                self.log.exception("Socket error processing request.")
        except (ParseException, RequestTooSlow) as error:
            self._refuse(error, client, addr, connection.head)
        except Exception as error:  # noqa: BLE001 (the request edge: gunicorn logs it and answers 500)
            self.handle_error(connection.request, client, addr, error)
        finally:
            self.connections.leave()
            util.close(client)

    def _answer(self, connection: Connection, listener: Any, client: Any, addr: Any) -> None:
        parser = get_parser(self.cfg, connection, addr)
        turn = time.monotonic()
        while begun := parser.unreader.take_buffered() or connection.first():
            if time.monotonic() - turn > TURN:  # who sends and reads as fast as can be never waits
                gevent.sleep(0)
                turn = time.monotonic()
            connection.begins()
            reader = Reader(client, self.wsgi.settings.stall)
            if self.alive and self._at_once(begun, reader, addr):
                connection.rests()
                continue
            connection.head = begun.startswith(b"HEAD ")
            try:
                parser.unreader.unread(begun)
                connection.request = request = next(parser)
                request.head = begun
                self.handle_request(listener, request, reader, addr)
            finally:
                close(reader.ahead)
            if not _finish(parser):
                _linger(client)
                return
            connection.rests()

    def _at_once(self, head: bytes, reader: Reader, addr: Any) -> bool:
        """Answer a request that is like an earlier one. False if it must be read first."""
        if (exchange := self.wsgi.at_once(head, addr[0], reader)) is None:
            return False
        try:
            for chunk in exchange:
                sending.send(reader, exchange.head, chunk)
        finally:
            exchange.close()
        return True

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

    def _refuse(self, exc: BaseException, client: Any, addr: Any, head: bool) -> None:
        """Answer what is no request; ``head`` says that it asks for no body (RFC 9110, 9.3.2)."""
        query_id = secrets.token_hex(8)
        refused = refusal(exc, self.wsgi.settings, {**self.wsgi.common, "X-KG-Query-Id": query_id})
        body = b"" if head else refused.body
        with contextlib.suppress(OSError):
            Reader(client, self.wsgi.settings.stall).sendall(refused.head + body)
            _linger(client)
        self.wsgi.refused(query_id, addr, refused.status, len(body))


def note(worker: Any, request: Any, environ: dict[str, Any], response: Any) -> None:
    """Called by gunicorn after each answer: a request like this one need perhaps not be read again."""
    if response is not None:
        worker.wsgi.note(request.head, environ, response)


def _finish(parser: Any) -> bool:
    """Read what is left of a body after its answer. False if no other request can be read behind it."""
    try:
        return bool(parser.finish_body(max_bytes=UNREAD))
    except (ParseException, RequestTooSlow):
        return False


def _linger(client: Any) -> None:
    """Wait a little for the end of what the client sends, before its connection is closed.

    With bytes left unread the kernel would reset it, and the answer be lost on its way (RFC 9112, 9.6).
    """
    until, unread = time.monotonic() + LINGER, LINGERING
    with contextlib.suppress(OSError):
        client.shutdown(socket.SHUT_WR)
        client.settimeout(LINGER)
        while unread > 0 and time.monotonic() < until and (part := client.recv(65_536)):
            unread -= len(part)


class Refusal(NamedTuple):
    """A whole response to what is no request."""

    status: int
    head: bytes
    body: bytes


def refusal(exc: BaseException, settings: Settings, common: Mapping[str, str]) -> Refusal:
    """What to answer a request that could not be read; ``common`` are the headers of every answer."""
    status, detail = HTTPStatus.BAD_REQUEST, f"The request cannot be read: {exc}"
    if isinstance(exc, LimitRequestLine):
        status, detail = HTTPStatus.REQUEST_URI_TOO_LONG, too_long(settings.max_url)
    elif isinstance(exc, LimitRequestHeaders):
        status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    elif isinstance(exc, RequestTooSlow):
        status, detail = HTTPStatus.REQUEST_TIMEOUT, f"{exc.message}: {exc.hint}"
    own, body = plain.problem(status, detail, common["X-KG-Query-Id"])
    headers = {**common, **own, "Connection": "close"}
    head = [f"HTTP/1.1 {status.value} {status.phrase}", *(f"{k}: {v}" for k, v in headers.items()), "", ""]
    return Refusal(status.value, "\r\n".join(head).encode("latin-1"), body)
