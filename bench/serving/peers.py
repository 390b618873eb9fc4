"""Who serves the corpus: kg, kg without a cache, and the others, as far as they are installed."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote

from serving import processes, virtuoso
from serving.corpus import Corpus

NATIVE: Final = "native"
KG: Final = "kg"
UNCACHED: Final = "kg --cache 0"
_START: Final = 300
"""Seconds within which a server must answer; rdflib-endpoint reads all its data first."""

_STOP: Final = 20
_LOOK: Final = 0.25
_IDLE: Final = 0.1
"""Below this share of a core a server is taken to have nothing to do."""

_SETTLE: Final = 20
_WARM: Final = 45
"""kg asks the canned queries ahead, for up to 30 seconds, and ends what its clients have left."""


@dataclass
class Peer:
    """One server, which is started in a session of its own and holds a port of 127.0.0.1.

    ``path`` is what goes before a query in a request target.
    """

    name: str
    command: list[str]
    port: int
    path: str
    log: Path
    prepare: list[list[str]] = field(default_factory=list)
    child: subprocess.Popen[bytes] | None = None
    idle: float = 0
    most: float = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def own(self) -> bool:
        """True of kg."""
        return self.name.startswith(KG)

    @property
    def pid(self) -> int:
        assert self.child
        return self.child.pid

    def start(self) -> float:
        """Start it; the seconds up to its first answer. Raises TimeoutError, or ChildProcessError."""
        began = time.perf_counter()
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(
                self.command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
            )
        target = self.path + quote("ASK { ?s ?p ?o }")
        while not _answers(self.port, self.address + target):
            if self.child.poll() is not None:
                raise ChildProcessError(f"{self.name} ended: {self.last_words()}")
            if time.perf_counter() - began > _START:
                self.stop()
                raise TimeoutError(f"{self.name} did not answer within {_START} s")
            time.sleep(0.002)
        return time.perf_counter() - began

    def last_words(self) -> str:
        """The last line of its log."""
        lines = self.log.read_text(errors="replace").splitlines()
        return lines[-1] if lines else ""

    def stop(self) -> None:
        """End it and all that it started."""
        if self.child is None:
            return
        for kind in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.child.pid, kind)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.child.wait(_STOP if kind == signal.SIGTERM else None)
                break
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.child.pid, signal.SIGKILL)
        self.child = None

    def settle(self, patience: float = _SETTLE) -> None:
        """Wait until it has nothing to do; one that works on and on for clients who left is begun anew."""
        until = time.monotonic() + (_WARM if self.own else patience)
        while time.monotonic() < until:
            before = processes.busy(self.pid)
            time.sleep(_LOOK)
            if processes.busy(self.pid) - before < _IDLE * _LOOK:
                return
        if not self.own:
            self.stop()
            self.start()

    def weigh(self) -> None:
        """Note how much memory it has now."""
        self.most = max(self.most, processes.memory(self.pid))


def _answers(port: int, url: str) -> bool:
    """True if the server answers; the port is tried first, because a refusal by it costs nothing."""
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)):
            return False
    try:
        with urllib.request.urlopen(url, timeout=_START) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.HTTPError):
        return False


def free_port() -> int:
    """A port of 127.0.0.1 that nobody holds."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def kg(corpus: Corpus, logs: Path, name: str = KG, *options: str) -> Peer:
    """``kg serve`` of the corpus, with its defaults but for these options; it writes its access log."""
    port = free_port()
    command = [sys.executable, "-m", "kg", "serve", "--dataset", str(corpus.data)]
    command += ["--store", str(corpus.store), "--port", str(port), *options]
    return Peer(name, command, port, "/sparql?query=", logs / f"{name.replace(' ', '')}.log")


def native(corpus: Corpus, logs: Path, program: str) -> Peer:
    """Oxigraph's own server over the store of the same release."""
    port = free_port()
    command = [program, "serve-read-only", "-l", str(corpus.native), "-b", f"127.0.0.1:{port}"]
    return Peer(NATIVE, command, port, "/query?query=", logs / "native.log")


def _rdflib(corpus: Corpus, logs: Path, program: str) -> Peer:
    """As its own command serves a file: in memory, which is also its fastest way."""
    port = free_port()
    command = [program, "serve", "--host", "127.0.0.1", "--port", str(port), str(corpus.triples)]
    return Peer("rdflib-endpoint", command, port, "/?query=", logs / "rdflib-endpoint.log")


def _virtuoso(corpus: Corpus, logs: Path, program: str) -> Peer:
    port, sql = free_port(), free_port()
    command = virtuoso.command(program, logs / "virtuoso", port, sql, corpus.triples)
    load = virtuoso.loading(sql, corpus.triples)
    path = f"/sparql?default-graph-uri={virtuoso.GRAPH}&query="
    return Peer("Virtuoso", command, port, path, logs / "virtuoso.log", prepare=load)


def installed(corpus: Corpus, logs: Path, tools: Path) -> tuple[list[Peer], list[str]]:
    """All that can be started, kg and the native server first, and the names of those that are missing.

    ``tools`` is the folder of programs of the virtual environment that has the peers from PyPI.
    """
    everyone = {
        NATIVE: (tools / "oxigraph", native),
        "rdflib-endpoint": (tools / "rdflib-endpoint", _rdflib),
        "Virtuoso": (Path("virtuoso-t"), _virtuoso),
    }
    peers, missing = [kg(corpus, logs), kg(corpus, logs, UNCACHED, "--cache", "0")], []
    for name, (program, make) in everyone.items():
        if found := shutil.which(program):
            peers.append(make(corpus, logs, found))
        else:
            missing.append(name)
    return peers, missing


@contextlib.contextmanager
def running(peers: list[Peer]) -> Iterator[list[Peer]]:
    """Start all, load what must be loaded, stop all in the end. Who does not start is left out, and said."""
    try:
        with ThreadPoolExecutor() as together:
            up = [peer for peer, started in zip(peers, together.map(_begin, peers), strict=True) if started]
        for peer in up:
            peer.settle()
            peer.idle = peer.most = processes.memory(peer.pid)
        yield up
    finally:
        for peer in peers:
            peer.stop()


def _begin(peer: Peer) -> bool:
    """Start one and load what must be loaded; False, and said, if it does not go."""
    try:
        peer.start()
        for command in peer.prepare:
            subprocess.run(command, check=True, capture_output=True, timeout=_START)
    except (OSError, subprocess.SubprocessError) as error:
        print(f"{peer.name} is left out: {error}", file=sys.stderr, flush=True)
        peer.stop()
        return False
    return True
