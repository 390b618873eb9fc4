"""The application on gunicorn with gevent workers (docs/decisions/20261124-http-server.md).

The master binds the port and forks; each worker, once forked, opens the release, makes its own
pool and application, and closes the pool before it ends. A worker follows what is current:
within a second or two another release takes the place of the one that is served (``kg.web.serving``).
"""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import signal
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter

from kg.errors import EnvironmentFault, KgError
from kg.release import Release
from kg.settings import Settings

if TYPE_CHECKING:
    from kg.release import Releases
    from kg.web.serving import Service

GRACE: Final = 10
"""Seconds that answers under way may still take after SIGTERM."""

DESCRIPTORS: Final = 4_096
"""Connections, and RocksDB's files."""

_REMEDIES: Final = {
    errno.EADDRINUSE: "another program listens there: choose a port with --port, or PORT=8001 make serve",
    errno.EACCES: "ports below 1024 need privileges: choose another with --port",
    errno.EADDRNOTAVAIL: "this machine has no such address: choose one with --host",
}


def run(release: Release, settings: Settings, releases: Releases | None = None) -> None:
    """Serve a release until SIGTERM or SIGINT, held against pruning. Returns by SystemExit, as gunicorn.

    Where ``releases`` is given, whatever becomes current there is served next. Says where on standard
    output once connections are answered. Raises EnvironmentFault if the port cannot be had.
    """
    _raise_descriptors()
    listener = listen(settings.host, settings.port)
    _Server(release, settings, listener, releases).run()


def _raise_descriptors() -> None:
    """Each connection is a descriptor, and 1,024 is a common limit; up to the hard one it may be raised."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(DESCRIPTORS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


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


class _Master(Arbiter):  # type: ignore[misc]
    """gunicorn's master, which on SIGHUP begins no workers anew: they take up another release as they run."""

    def handle_hup(self) -> None:
        """Pass the signal on."""
        self.kill_workers(signal.SIGHUP)


class _Server(BaseApplication):  # type: ignore[misc]
    """gunicorn, embedded: no configuration file, no command line."""

    def __init__(
        self, release: Release, settings: Settings, listener: socket.socket, releases: Releases | None
    ) -> None:
        self._release = release
        self._settings = settings
        self._listener = listener
        self._releases = releases
        self._service: Service | None = None
        super().__init__()

    def run(self) -> None:
        """Serve; raises SystemExit at the end."""
        _Master(self).run()

    def load_config(self) -> None:
        for name, value in self._options().items():
            self.cfg.set(name, value)

    def _options(self) -> dict[str, Any]:
        from kg.web import sending
        from kg.web.worker import MOST, ROOM, note, request_line_limit

        sending.install()
        return {
            "bind": f"fd://{self._listener.fileno()}",
            "workers": self._settings.workers,
            "worker_class": "kg.web.worker.Worker",
            "worker_connections": MOST + ROOM,
            "limit_request_line": request_line_limit(self._settings.max_url),
            "graceful_timeout": GRACE,
            "control_socket_disable": True,
            "forwarder_headers": "",  # by default a client on this machine may set SCRIPT_NAME and PATH_INFO
            "loglevel": "warning",
            "proc_name": "kg serve",
            "post_request": note,
            "post_worker_init": self._announce(),
            "worker_exit": self._end(),
        }

    def load(self) -> Service:
        """Called in the worker, after the fork: nothing that threads or processes hang on is shared."""
        from kg.web.serving import Service

        self._service = Service(self._settings, self._first())
        return self._service

    def _first(self) -> Release:
        """The release to begin with: the current one, also for a worker in the place of one that died."""
        if self._releases is not None:
            with contextlib.suppress(KgError):
                return self._releases.current()
        return self._release

    def _announce(self) -> Callable[[Any], None]:
        url = address(self._listener)

        def post_worker_init(worker: Any) -> None:
            service: Service = worker.wsgi
            if worker.age == 1:
                name, digest = service.release.manifest["dataset"]["name"], service.release.digest
                print(f"kg: serving {name} release {digest[:12]} on {url}", flush=True)
            if self._releases is not None:
                service.follow(self._releases)
            service.warm()

        return post_worker_init

    def _end(self) -> Callable[[Any, Any], None]:
        def worker_exit(server: Any, worker: Any) -> None:
            if self._service is not None:
                self._service.close()
            if worker.booted:
                # RocksDB's and gevent's threads run until the process ends, also while Python takes down
                # what they stand on, which now and then ended the worker by a signal.
                os._exit(0)

        return worker_exit
