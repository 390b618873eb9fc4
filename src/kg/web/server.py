"""The application on gunicorn with gevent workers (docs/decisions/20261124-http-server.md).

The master binds the port and forks; each worker, once forked, opens the release, makes its own
pool and application, and closes the pool before it ends.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from gunicorn.app.base import BaseApplication

from kg.errors import EnvironmentFault
from kg.release import Release
from kg.settings import Settings

if TYPE_CHECKING:
    from flask import Flask

    from kg.query.pool import Pool

GRACE: Final = 10
"""Seconds that answers under way may still take after SIGTERM."""

_REMEDIES: Final = {
    errno.EADDRINUSE: "another program listens there: choose a port with --port, or PORT=8001 make serve",
    errno.EACCES: "ports below 1024 need privileges: choose another with --port",
    errno.EADDRNOTAVAIL: "this machine has no such address: choose one with --host",
}


def run(release: Release, settings: Settings) -> None:
    """Serve a release until SIGTERM or SIGINT, held against pruning. Returns by SystemExit, as gunicorn.

    Says where on standard output once connections are answered. Raises EnvironmentFault if the
    port cannot be had.
    """
    listener = listen(settings.host, settings.port)
    with release.held():
        _Server(release, settings, listener).run()


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to the address. Raises EnvironmentFault with the remedy."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        bound = socket.socket(family, socket.SOCK_STREAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except OSError as error:
        hint = _REMEDIES.get(error.errno or 0, "choose another address with --host and --port")
        raise EnvironmentFault(f"cannot listen on {host}:{port}: {error.strerror}", hint=hint) from error
    return bound


def address(bound: socket.socket) -> str:
    """The URL of a bound socket."""
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def make_app(release: Release, settings: Settings) -> tuple[Flask, Pool]:
    """The application of one worker, and the pool that it owns."""
    from kg.query import catalog
    from kg.query.pool import Pool
    from kg.web.app import create_app

    pool = Pool(release.store_path, settings)
    canned = catalog.bundled() if release.kept else catalog.Catalog(release.path / "queries")
    return create_app(settings, release, pool, canned), pool


class _Server(BaseApplication):  # type: ignore[misc]
    """gunicorn, embedded: no configuration file, no command line."""

    def __init__(self, release: Release, settings: Settings, listener: socket.socket) -> None:
        self._release = release
        self._settings = settings
        self._listener = listener
        self._pool: Pool | None = None
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options().items():
            self.cfg.set(name, value)

    def _options(self) -> dict[str, Any]:
        from kg.web.worker import request_line_limit

        return {
            "bind": f"fd://{self._listener.fileno()}",
            "workers": self._settings.workers,
            "worker_class": "kg.web.worker.Worker",
            "limit_request_line": request_line_limit(self._settings.max_url),
            "graceful_timeout": GRACE,
            "control_socket_disable": True,
            "loglevel": "warning",
            "proc_name": "kg serve",
            "post_worker_init": self._announce(),
            "worker_exit": self._close_pool(),
        }

    def load(self) -> Flask:
        """Called in the worker, after the fork: nothing that threads or processes hang on is shared."""
        app, self._pool = make_app(self._release, self._settings)
        return app

    def _announce(self) -> Callable[[Any], None]:
        release, url = self._release, address(self._listener)

        def post_worker_init(worker: Any) -> None:
            if worker.age == 1:
                name = release.manifest["dataset"]["name"]
                print(f"kg: serving {name} release {release.digest[:12]} on {url}", flush=True)

        return post_worker_init

    def _close_pool(self) -> Callable[[Any, Any], None]:
        def worker_exit(server: Any, worker: Any) -> None:
            if self._pool is not None:
                self._pool.close()
                worker.wsgi.extensions["kg"].archive.close()

        return worker_exit
