"""The parent's handle on one executor: start, ask, read frames, kill."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Final

from kg.errors import DeadlinePassed, ExecutorFailed, KgError, MemoryExceeded
from kg.query.executor import HEAD

_OUT_OF_MEMORY: Final = (b"memory allocation of", b"bad_alloc", b"MemoryError", b"Cannot allocate memory")
"""What Rust, C++ and Python say on standard error when an allocation fails."""


class Executor:
    """One child process. Whoever holds it has it alone."""

    def __init__(self, store: Path, memory: int, network: bool) -> None:
        """Start the process; it warms up while the caller goes on. ``memory`` is in MiB."""
        ours, theirs = socket.socketpair()
        self._socket = ours
        self._memory = memory
        self._reading = threading.Lock()
        words = [str(store), str(theirs.fileno()), str(memory), "network" if network else "offline"]
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "kg.query.executor", *words],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=(theirs.fileno(),),
                env=_environment(),
            )

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """False once the process has ended."""
        return self._process.poll() is None

    def ask(self, request: dict[str, Any], deadline: float) -> None:
        """Send a request. Raises DeadlinePassed or, if the process has ended, what it ended of."""
        payload = json.dumps(request).encode()
        try:
            self._wait(deadline)
            self._socket.sendall(HEAD.pack(b"Q", len(payload)) + payload)
        except TimeoutError as error:
            raise _too_late() from error
        except OSError as error:
            raise self._post_mortem() from error

    def frame(self, deadline: float) -> tuple[bytes, bytes]:
        """The next frame, kind and payload. Raises DeadlinePassed, MemoryExceeded, ExecutorFailed."""
        with self._reading:
            try:
                kind, length = HEAD.unpack(self._exactly(HEAD.size, deadline))
                return kind, self._exactly(length, deadline)
            except TimeoutError as error:
                raise _too_late() from error
            except OSError as error:
                raise self._post_mortem() from error

    def kill(self) -> None:
        """End the process, whatever it is doing, and free everything it held here.

        Another thread may be reading: with the process gone it comes to the end at once, and only
        then are the descriptors closed, so that no number is used again under its hands.
        """
        self._process.kill()
        self._process.wait()
        with self._reading:
            self._socket.close()
            for pipe in (self._process.stdin, self._process.stderr):
                if pipe:
                    pipe.close()

    def _exactly(self, count: int, deadline: float) -> bytes:
        parts = bytearray()
        while len(parts) < count:
            self._wait(deadline)
            part = self._socket.recv(min(count - len(parts), 1 << 20))
            if not part:
                raise ConnectionResetError("the executor closed its end")
            parts += part
        return bytes(parts)

    def _wait(self, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)

    def _post_mortem(self) -> KgError:
        """What the process died of. It has closed its end, so the wait is short."""
        self._process.kill()
        self._process.wait()
        pipe = self._process.stderr
        said = pipe.read() if pipe and not pipe.closed else b""
        if any(sign in said for sign in _OUT_OF_MEMORY):
            return MemoryExceeded(
                f"the query needed more than {self._memory} MiB",
                hint="ask for less: a LIMIT, fewer unbound variables, no ORDER BY over everything",
            )
        last = said.decode(errors="replace").strip().rpartition("\n")[2][:300]
        code = self._process.returncode
        end = f"signal {-code}" if code < 0 else f"code {code}"
        return ExecutorFailed(f"the query executor ended with {end}" + (f": {last}" if last else ""))


def _environment() -> dict[str, str]:
    """The child must find the same kg as this process, installed or not; backtraces help nobody."""
    home = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(filter(None, (home, os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHONPATH": path, "RUST_BACKTRACE": "0"}


def _too_late() -> DeadlinePassed:
    return DeadlinePassed("the query's time is up", hint="ask for less, or raise the deadline (--timeout)")
