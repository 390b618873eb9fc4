"""Answers that were given before, at the door: named by an ETag, confirmed (304), or kept whole.

An answer to a GET depends on the release, the software, the settings and the request, on nothing else;
so a name for these together is a strong validator (RFC 9110, 8.8.3), and is known before any work is
done. Whoever sends it back has had that answer. A view whose answer depends on more says so with
``Cache-Control`` of its own, or ``volatile()``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache as once
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from flask import Flask, Response, g, request

from kg.query.cache import Cache, Name
from kg.settings import Settings
from kg.web.streaming import close

FRESH: Final = "public, max-age=0, s-maxage=10"
"""Another release may be served at any moment: a browser asks again each time, a shared cache soon."""

FOREVER: Final = "public, max-age=31536000, immutable"
"""Of what a path says that names its release."""

PRIVATE: Final = "private, max-age=0"
PRIVATE_FOREVER: Final = "private, max-age=31536000, immutable"
"""Where a token is asked for, no shared cache may give an answer to whoever has none (RFC 9111, 3.5)."""

NEVER: Final = "no-store"

_NAMES_ITS_RELEASE: Final = re.compile(r"/releases/([0-9a-f]{64})/")
_NOT_IN_ANSWERS: Final = frozenset(
    {"store", "host", "port", "workers", "receive", "stall", "cache", "log_format", "slow", "token"}
)
"""Settings on which no answer depends; on the token, that there is one, and no name is made of a secret."""

Environ = dict[str, Any]
Headers = list[tuple[str, str]]
Wsgi = Callable[[Environ, Any], Iterable[bytes]]


def scope(settings: Settings, release: str) -> str:
    """A name for all that answers depend on beside the request."""
    values = {name: getattr(settings, name) for name in Settings.__slots__ if name not in _NOT_IN_ANSWERS}
    return Name(software(), release, repr(values), repr(bool(settings.token))).of()


@once
def software() -> str:
    """A name for this kg and its engine: the same wherever the same files are installed."""
    from importlib.metadata import version

    home = Path(__file__).resolve().parents[1]
    files = sorted(path for path in home.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    contents = (f"{path.relative_to(home)} {sha256(path.read_bytes()).hexdigest()}" for path in files)
    return Name(version("pyoxigraph"), *contents).of()


def install(app: Flask, private: bool) -> None:
    """Give every answer its Cache-Control, and an ETag to those that may be kept."""

    @app.after_request
    def mark(response: Response) -> Response:
        environ = request.environ
        environ["kg.route"] = request.url_rule.rule if request.url_rule else "other"
        if "Cache-Control" in response.headers:
            return response
        lasting = request.method in ("GET", "HEAD") and response.status_code < 400 and not g.get("volatile")
        response.headers["Cache-Control"] = control(request.path, private) if lasting else NEVER
        if lasting and response.status_code == 200 and (tag := environ.get("kg.etag")):
            response.headers["ETag"] = tag
            if status := _condition(environ, tag):
                response.status_code = status
            if status == 412:
                response.headers["Cache-Control"] = NEVER
        return response


def _condition(environ: Environ, tag: str) -> int | None:
    """The status that its conditions make of a 200 with this tag (RFC 9110, 13.2.2); None: let it be 200.

    Werkzeug's own reading takes ``If-Match: *`` for a tag.
    """
    match, other = environ.get("HTTP_IF_MATCH", "*").strip(), environ.get("HTTP_IF_NONE_MATCH", "").strip()
    if match != "*" and tag not in (one.strip() for one in match.split(",")):
        return 412
    return 304 if other == "*" or tag in other else None


def volatile() -> None:
    """Say of the answer to this request that it differs each time."""
    g.volatile = True


def control(path: str, private: bool) -> str:
    """The Cache-Control of what a path says; ``private`` where a token is asked for."""
    if _NAMES_ITS_RELEASE.match(path):
        return PRIVATE_FOREVER if private else FOREVER
    return PRIVATE if private else FRESH


@dataclass(frozen=True, slots=True)
class Kept:
    """A whole response."""

    status: str
    headers: Headers
    body: bytes
    route: str


class Front:
    """A WSGI application before the application: answers what it has answered before."""

    def __init__(
        self, app: Wsgi, cache: Cache, scope: str, common: Mapping[str, str], private: bool = False
    ) -> None:
        """``common`` are the headers of every answer; ``private`` where a token is asked for."""
        self._app = app
        self._cache = cache
        self._scope = scope
        self._common = common
        self._private = private
        self.lasting = PRIVATE if private else FRESH
        self._by_origin = common.get("Access-Control-Allow-Origin") != "*"

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        if method not in ("GET", "HEAD"):
            return self._app(environ, start_response)
        key = self.place(environ).of(_target(environ))
        tag = environ["kg.etag"] = f'"{key}"'
        matching = "HTTP_IF_MATCH" in environ
        if key in environ.get("HTTP_IF_NONE_MATCH", "") and not matching:
            environ["kg.cache"], environ["kg.kept"] = "confirmed", ""
            start_response("304 Not Modified", self._confirmation(tag, environ["PATH_INFO"]))
            return ()
        plain = environ.get("HTTP_IF_NONE_MATCH") != "*" and not matching
        if plain and (kept := self._cache.get(key)):
            self._cache.count("response", True)
            environ["kg.cache"], environ["kg.kept"], environ["kg.route"] = "hit", key, kept.route
            start_response(kept.status, kept.headers)
            return () if method == "HEAD" else (kept.body,)
        return self._first(key, environ, start_response)

    def _confirmation(self, tag: str, path: str) -> Headers:
        headers = {**self._common, "ETag": tag, "Cache-Control": control(path, self._private)}
        if older := _NAMES_ITS_RELEASE.match(path):
            headers["X-KG-Release"] = older[1]
        return [*headers.items()]

    def _first(self, key: str, environ: Environ, start_response: Any) -> Iterable[bytes]:
        begun: list[tuple[str, Headers]] = []

        def start(status: str, headers: Headers, exc_info: Any = None) -> Any:
            begun[:] = [(status, headers)]
            return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)

        chunks = self._app(environ, start)
        status, headers = begun[0] if begun else ("", [])
        if (
            environ["REQUEST_METHOD"] != "GET"
            or status[:3] != "200"
            or ("ETag", environ["kg.etag"]) not in headers
        ):
            return chunks
        self._cache.count("response", False)
        environ["kg.cache"] = "miss"

        def keep(body: bytes) -> None:
            sized = [(n, v) for n, v in headers if n.lower() != "content-length"]
            sized.append(("Content-Length", str(len(body))))
            self.keep(key, Kept(status, sized, body, environ.get("kg.route", "other")))

        return Recording(chunks, self._cache.most, keep)

    def place(self, environ: Environ) -> Name:
        """Begins the names of all answers to requests that differ in their targets alone."""
        # Who names no host is answered at the door, unless it speaks HTTP/1.0 (kg.web.door).
        host = environ.get("HTTP_HOST", f" {environ['SERVER_PORT']} {environ.get('SERVER_PROTOCOL')}")
        origin = environ.get("HTTP_ORIGIN", "") if self._by_origin else ""
        accepted = (environ.get(name, "") for name in ("HTTP_ACCEPT", "HTTP_ACCEPT_ENCODING"))
        before = environ["wsgi.url_scheme"], host, environ.get("SCRIPT_NAME", "")
        return Name(self._scope, *before, *accepted, origin)

    def keep(self, key: str, kept: Kept) -> None:
        """Give this answer from now on."""
        self._cache.put(key, kept, len(kept.body))


def _target(environ: Environ) -> str:
    return environ.get("RAW_URI") or f"{environ['PATH_INFO']}?{environ.get('QUERY_STRING', '')}"


class Recording:
    """Chunks on their way to a client; once all have gone, ``keep`` gets them, up to ``most`` bytes."""

    def __init__(self, chunks: Iterable[bytes], most: int, keep: Callable[[bytes], None]) -> None:
        self._chunks = chunks
        self._most = most
        self._keep = keep

    def __iter__(self) -> Iterator[bytes]:
        parts: list[bytes] = []
        size = 0
        for chunk in self._chunks:
            size += len(chunk)
            if size <= self._most:
                parts.append(chunk)
            else:
                parts.clear()
            yield chunk
        if size <= self._most:
            self._keep(b"".join(parts))

    def close(self) -> None:
        """As the server closes what it was given."""
        close(self._chunks)
