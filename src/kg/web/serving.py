"""A release that is served, and how the next one takes its place without a failed request.

    Serving   one release with its pool and its application
    Service   the WSGI application of a web process: counts, logs, and passes on to the Serving of the moment

An answer that has begun is ended by the Serving that began it; that is closed when its last answer is.
"""

from __future__ import annotations

import contextlib
import secrets
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from kg.errors import KgError
from kg.query.cache import Cache
from kg.settings import Settings
from kg.web import guard, log
from kg.web.apart import apart
from kg.web.caching import Environ, Front, scope
from kg.web.headers import common
from kg.web.metrics import Metrics
from kg.web.repeats import Repeats
from kg.web.streaming import close

if TYPE_CHECKING:
    from flask import Flask

    from kg.query.pool import Pool
    from kg.release import Release, Releases
    from kg.web.alike import Alike
    from kg.web.reader import Reader

NOTES: Final = 8
"""The part of the cache's size that requests which were seen before may take beside it."""

LOOK: Final = 1.0
"""Seconds between two looks at which release is current."""

WARM: Final = 30.0
"""Seconds that asking the canned queries ahead may take."""

PAUSE: Final = 0.1
"""Seconds between two looks whether the executors are idle, so that they may be asked ahead."""


@dataclass(eq=False, slots=True)
class Serving:
    """One release, open. ``in_flight`` answers are still being given."""

    release: Release
    app: Flask
    pool: Pool
    front: Front
    repeats: Repeats
    alike: Alike
    held: contextlib.ExitStack
    in_flight: int = 0
    retired: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def enter(self) -> None:
        """An answer begins."""
        with self.lock:
            self.in_flight += 1

    def leave(self) -> None:
        """An answer has ended; the last one of a Serving that is retired closes it."""
        with self.lock:
            self.in_flight -= 1
            last = self.retired and self.in_flight == 0
        if last:
            self.close()

    def retire(self) -> None:
        """Begin no more answers; close when the last one has ended."""
        with self.lock:
            self.retired = True
            last = self.in_flight == 0
        if last:
            self.close()

    def close(self) -> None:
        """End the executors, and let the release be pruned."""
        self.pool.close()
        self.app.extensions["kg"].archive.close()
        self.held.close()


class Service:
    """The WSGI application of one web process. Make it after the fork, and close it."""

    def __init__(self, settings: Settings, release: Release) -> None:
        """Opens the release. Raises StoreDamaged, NotFound."""
        self.settings = settings
        self.metrics = Metrics()
        self.cache = Cache(settings.cache)
        self.notes = Cache(-(-settings.cache // NOTES))
        self._serving = self._open(release)
        self._ended = threading.Event()
        self._forgive = False

    @property
    def release(self) -> Release:
        """The release that is served."""
        return self._serving.release

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        query_id = environ["kg.id"] = secrets.token_hex(8)
        serving = self._serving
        environ["kg.serving"] = serving
        serving.enter()
        ahead = getattr(environ.get("gunicorn.socket"), "ahead", None)
        exchange = Exchange(self, serving, environ, ahead.begun if ahead else time.monotonic())

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            exchange.status = int(status[:3])
            return start_response(status, [*headers, ("X-KG-Query-Id", query_id)], exc_info)

        try:
            if said := guard.challenge(environ, self.settings.token):
                exchange.chunks = guard.refuse(environ, start, said, self.common)
            else:
                exchange.chunks = serving.front(environ, start)
        except BaseException:
            exchange.close()
            raise
        return exchange

    @property
    def common(self) -> dict[str, str]:
        """The headers of every answer."""
        return common(self.settings, self.release.digest)

    def refused(self, query_id: str, address: object, status: int, sent: int) -> None:
        """Count and log what was no request and so never came here."""
        self.metrics.request("other", "other", status, 0.0, sent, True)
        entry = log.Entry(
            id=query_id,
            client=str(address[0]) if isinstance(address, tuple) else "",
            method="-",
            path="",
            status=status,
            bytes=sent,
            seconds=0.0,
            cache="-",
            release=self.release.digest[:12],
        )
        log.write(entry, self.settings.log_format)

    def at_once(self, head: bytes, sender: str, reader: Reader) -> Exchange | None:
        """The answer to a request that is like an earlier one; None if it is to be read.

        The token stands in the head, which is the name of what is noted: who has another one has none.
        """
        serving, begun = self._serving, time.monotonic()
        serving.enter()
        self.metrics.in_flight += 1
        found = None
        try:
            found = serving.repeats.find(head, sender) or serving.alike.answer(head, sender, reader)
        finally:
            self.metrics.in_flight -= 1
            if found is None:
                serving.leave()
        if found is None:
            return None
        noted, query_id = found.noted, secrets.token_hex(8)
        environ: Environ = {
            "kg.id": query_id,
            "kg.route": noted.route,
            "kg.cache": noted.cache,
            "kg.query": found.query,
            "PATH_INFO": noted.path,
            "REMOTE_ADDR": sender,
            "REQUEST_METHOD": "GET",
            "gunicorn.socket": reader,
        }
        exchange = Exchange(self, serving, environ, begun)
        exchange.head = noted.begun(query_id)
        exchange.chunks, exchange.status = (found.body,), noted.status
        self.metrics.known["whole" if found.query is None else "way",] += 1
        if noted.key:
            self.cache.count("response", noted.cache == "hit")
        return exchange

    def note(self, head: bytes, environ: Environ, response: Any) -> None:
        """A request was answered by gunicorn: one like it need perhaps not be read."""
        serving: Serving | None = environ.get("kg.serving")
        if serving:
            serving.repeats.note(head, environ, response)
            serving.alike.note(head, environ, response)

    def follow(self, releases: Releases) -> None:
        """From now on take up whatever release becomes current, in the background."""
        threading.Thread(target=self._follow, args=(releases,), daemon=True).start()

    def forgive(self) -> None:
        """Try once more a release that could not be taken up (SIGHUP)."""
        self._forgive = True

    def warm(self) -> None:
        """Ask the canned queries ahead, one after the other, in the background."""
        threading.Thread(target=self._warm, args=(self._serving,), daemon=True).start()

    def close(self) -> None:
        """End every executor."""
        self._ended.set()
        self._serving.close()

    def _open(self, release: Release) -> Serving:
        from kg.query import catalog
        from kg.query.pool import Pool

        held = contextlib.ExitStack()
        held.enter_context(release.held())
        pool = Pool(release.store_path, self.settings, self.metrics.ended)
        # Its executors start on other cores while this process reads what it is made of.
        from kg.web.alike import Alike
        from kg.web.app import create_app

        canned = catalog.bundled() if release.kept else catalog.Catalog(release.path / "queries")
        try:
            app = create_app(self.settings, release, pool, canned, cache=self.cache, metrics=self.metrics)
        except BaseException:
            pool.close()
            held.close()
            raise
        headers = common(self.settings, release.digest)
        named = scope(self.settings, release.digest)
        front = Front(app, self.cache, named, headers, bool(self.settings.token))
        repeats = Repeats(self.cache, self.notes, named)
        alike = Alike(app.extensions["kg"], front, repeats)
        return Serving(release, app, pool, front, repeats, alike, held)

    def _follow(self, releases: Releases) -> None:
        refused = said = ""
        while not self._ended.wait(LOOK):
            if self._forgive:
                self._forgive, refused, said = False, "", ""
            try:
                digest = releases.current_digest()
                if digest is None or digest in (self.release.digest, refused):
                    continue
                refused = digest
                self._take_up(releases.current())
            except Exception as error:  # noqa: BLE001 - the edge of a thread that must not end
                if repr(error) != said:
                    said = repr(error)
                    here = self.release.digest[:12]
                    say(f"the current release is not taken up: {error}; {here} is served on")

    def _take_up(self, release: Release) -> None:
        apart(release.verify)
        before, self._serving = self._serving, self._open(release)
        self.metrics.switches += 1
        say(f"serving release {release.digest[:12]} in the place of {before.release.digest[:12]}")
        before.retire()
        self.warm()

    def _warm(self, serving: Serving) -> None:
        from kg.formats import BY_FORM
        from kg.query.request import parse
        from kg.web.site import site

        until = time.monotonic() + WARM
        with serving.app.app_context():
            here = site()
        for canned in here.catalog:
            while (left := until - time.monotonic()) > 0 and serving.pool.state().busy:
                time.sleep(PAUSE)  # whoever asks goes first
            if left <= 0 or serving.retired or self._ended.is_set() or not self.cache.most:
                return
            query = parse(canned.text)
            with contextlib.suppress(KgError):
                close(here.answers.run(query, BY_FORM[query.form][0], timeout=left))


class Exchange:
    """One request and its answer, counted and logged at its end.

    ``head`` is that of the response, where it is not gunicorn that writes it.
    """

    def __init__(self, service: Service, serving: Serving, environ: Environ, begun: float) -> None:
        self.head = b""
        self.chunks: Iterable[bytes] = ()
        self.status = 500
        self._service = service
        self._serving: Serving | None = serving
        self._environ = environ
        self._begun = begun
        self._sent = 0
        self._whole = False
        service.metrics.in_flight += 1

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self.chunks:
            self._sent += len(chunk)
            yield chunk
        self._whole = True

    def close(self) -> None:
        """Called by the server, however the answer ends."""
        serving, self._serving = self._serving, None
        if serving is None:
            return
        try:
            close(self.chunks)
        finally:
            serving.leave()
            self._record(serving.release.digest[:12])

    def _record(self, release: str) -> None:
        environ, metrics, settings = self._environ, self._service.metrics, self._service.settings
        seconds = time.monotonic() - self._begun
        method = environ["REQUEST_METHOD"]
        sent = 0 if method == "HEAD" else self._sent
        query = environ.get("kg.query")
        slow = query is not None and seconds >= settings.slow
        metrics.in_flight -= 1
        metrics.slow += slow
        metrics.late_readers += getattr(environ.get("gunicorn.socket"), "late", False)
        metrics.request(environ.get("kg.route", "other"), method, self.status, seconds, sent, self._whole)
        if settings.log_format == "off":
            return
        entry = log.Entry(
            id=environ["kg.id"],
            client=environ.get("REMOTE_ADDR", ""),
            method=method,
            path=environ["PATH_INFO"],
            status=self.status,
            bytes=sent,
            seconds=seconds,
            cache=environ.get("kg.cache", "-"),
            release=release,
            whole=self._whole,
            slow=slow,
            query=query if slow or self.status >= 500 or not self._whole else None,
        )
        log.write(entry, settings.log_format)


def say(message: str) -> None:
    """Tell the operator, on standard error."""
    with contextlib.suppress(OSError, ValueError):
        print(f"kg: {message}", file=sys.stderr, flush=True)
