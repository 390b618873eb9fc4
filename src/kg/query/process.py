"""The parent's handle on one executor: start, ask, read frames, kill."""

from __future__ import annotations

import array
import errno
import fcntl
import json
import os
import select
import socket
import subprocess
import sys
import termios
import threading
import time
from pathlib import Path
from typing import Any, Final, Protocol

from kg.errors import ClientLeft, DeadlinePassed, ExecutorFailed, KgError, MemoryExceeded
from kg.query.child import Child
from kg.query.executor import HEAD
from kg.query.failures import damaged, gone
from kg.release.release import CORRUPT


class Client(Protocol):
    """The connection of whoever waits for an answer.

    ``waited`` are the seconds for which the server has waited for it to read, ``late`` says that it
    was cut for that. Set ``hurried`` to have it cut the next time that it is waited for.
    """

    waited: float
    late: bool
    hurried: bool

    def fileno(self) -> int:
        """As of a socket."""

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        """As of a socket."""


class NotTaken(ExecutorFailed):
    """The executor ended or stood still before it had taken the request: another one may be asked."""


_OUT_OF_MEMORY: Final = (b"memory allocation of", b"bad_alloc", b"MemoryError", b"Cannot allocate memory")
"""What Rust, C++ and Python say on standard error when an allocation fails."""


PATIENCE: Final = 1.0
"""Seconds in which an executor that is up takes a request: it has nothing else to do."""

SOON: Final = 0.02
"""Seconds that an answer is waited for with no eye on the client: to watch two connections takes about as
long as a small question, which is answered by then."""

PIECE: Final = 16_384
"""Bytes of an answer that are read at once, whatever its frames are: a small one is there as a whole."""

START: Final = 0.2
"""Seconds of a processor that the start of one may take."""

STARTING: Final = 5.0
"""Seconds in which one may come up, on a machine that is busy."""

_OF_A_PROCESS: Final = 2
"""Linux: what makes a process id the number of its clock (clock_getcpuclockid, CPUCLOCK_SCHED)."""

_UNREAD: Final = getattr(termios, "TIOCOUTQ", None)
"""Linux: the bytes of a socket that the other end has not read yet (SIOCOUTQ, unix(7))."""


class Executor:
    """One child process. Whoever holds it has it alone."""

    def __init__(self, store: Path, memory: int, network: bool) -> None:
        """Start the process; it warms up while the caller goes on. ``memory`` is in MiB."""
        ours, theirs = socket.socketpair()
        self._socket = ours
        self._store = store
        self._memory = memory
        self.started = self._patience = time.monotonic()
        self._asking = False
        self._starting = True
        self._received = b""
        self._before = 0.0
        self._reading = threading.Lock()
        words = [str(store), str(theirs.fileno()), str(memory), "network" if network else "offline"]
        with theirs:
            self._child = Child(
                [sys.executable, "-P", "-m", "kg.query.executor", *words],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=(theirs.fileno(),),
                env=_environment(),
            )
        self._process = self._child.process

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """False once the process has ended."""
        return self._process.poll() is None

    def ask(self, request: dict[str, Any], deadline: float) -> None:
        """Send a request. Raises DeadlinePassed, and NotTaken if the process has ended or stands still."""
        payload = json.dumps(request).encode()
        self._asking = True
        self._before = self._worked()
        self._patience = max(time.monotonic() + PATIENCE, self.started + STARTING)
        try:
            self._wait(min(deadline, self._patience))
            self._socket.sendall(HEAD.pack(b"Q", len(payload)) + payload)
        except TimeoutError as error:
            if time.monotonic() < deadline:
                raise NotTaken("the query executor stands still") from error
            raise _too_late() from error
        except OSError as error:
            raise self._post_mortem(taken=False) from error

    def frame(self, deadline: float, client: Client | None = None) -> tuple[bytes, bytes]:
        """The next frame, kind and payload. ``client`` is the connection of whoever waits for it.

        Raises DeadlinePassed, ClientLeft, MemoryExceeded, NotTaken and ExecutorFailed.
        """
        with self._reading:
            try:
                if (client or self._asking) and not self._soon(deadline):
                    self._until_there(deadline, client)
                kind, length = HEAD.unpack(self._exactly(HEAD.size, deadline))
                self._starting = False
                return kind, self._exactly(length, deadline)
            except TimeoutError as error:
                raise _too_late() from error
            except ConnectionResetError as error:
                # Linux says this, and not that the stream is at its end, where the one that ended
                # had not read all that was sent to it (unix_release_sock).
                raise self._post_mortem(taken=False) from error
            except (OSError, EOFError) as error:
                raise self._post_mortem(taken=True) from error

    def spent(self) -> float:
        """Seconds of a processor that the present query has had; on a busy machine fewer than have passed.

        Of a start, what went before is left out as far as this was asked meanwhile, and else ``START`` of it.
        """
        if self._starting and self._unread():
            self._before = self._worked()
            return 0.0
        self._starting = False
        return self._worked() - max(self._before, START)

    def starting(self) -> bool:
        """Whether it has not come up yet, and still may."""
        return self._starting and time.monotonic() < self.started + STARTING and self._unread() > 0

    def _worked(self) -> float:
        """Those that the process has had."""
        try:
            return time.clock_gettime(~self.pid << 3 | _OF_A_PROCESS)
        except OSError:  # not Linux, or it has ended
            return time.monotonic() - self.started

    def kill(self) -> None:
        """End the process, whatever it is doing, and free everything it held here.

        Another thread may be reading: with the process gone it comes to the end at once, and only
        then are the descriptors closed, so that no number is used again under its hands.
        """
        self._child.kill()
        with self._reading:
            self._socket.close()
            self._child.close()

    def answers(self, until: float, client: Client | None = None) -> bool:
        """Wait for the first bytes of an answer; False if they are not there by then. Raises ClientLeft."""
        with self._reading:
            try:
                return self._there(until, client)
            except OSError:
                return True  # that it has ended shows when the frame is read

    def check_taken(self) -> None:
        """Raises NotTaken if the process is up, and has not read what it was sent: it is stopped."""
        if time.monotonic() >= self.started + STARTING and self._unread():
            raise NotTaken("the query executor stands still")

    def _soon(self, deadline: float) -> bool:
        """Whether the first bytes of a frame are there, or come at once."""
        if self._received:
            return True
        self._wait(min(deadline, time.monotonic() + SOON))
        try:
            self._received = self._socket.recv(PIECE)
        except TimeoutError:
            return False
        if not self._received:
            raise EOFError("the executor closed its end")
        self._asking = False
        return True

    def _until_there(self, deadline: float, client: Client | None) -> None:
        """Wait for the first bytes of a frame. Raises TimeoutError, ClientLeft, NotTaken."""
        first, self._asking = self._asking, False
        if self._there(min(deadline, self._patience) if first else deadline, client):
            return
        if first:
            self.check_taken()
        if not self._there(deadline, client):
            raise TimeoutError

    def _there(self, until: float, client: Client | None) -> bool:
        if self._received:
            return True
        if self._socket.fileno() < 0:
            raise OSError(errno.EBADF, "the executor was ended")
        waiting = select.poll()
        waiting.register(self._socket, select.POLLIN)
        if client:
            waiting.register(client, select.POLLIN)
        while ready := dict(waiting.poll(max(until - time.monotonic(), 0) * 1000)):
            if self._socket.fileno() in ready:
                return True
            if client:
                if _closed(client):
                    raise ClientLeft("the client closed the connection")
                waiting.unregister(client)  # it has sent more, its next request: that will be read later
        return False

    def _unread(self) -> int:
        """The bytes that the process has not read yet; 0 where the system does not tell, or it was ended."""
        if _UNREAD is None or self._socket.fileno() < 0:
            return 0
        count = array.array("i", [0])
        fcntl.ioctl(self._socket.fileno(), _UNREAD, count)
        return count[0]

    def _exactly(self, count: int, deadline: float) -> bytes:
        if len(self._received) >= count:
            taken, self._received = self._received[:count], self._received[count:]
            return taken
        parts, self._received = bytearray(self._received), b""
        while len(parts) < count:
            self._wait(deadline)
            part = self._socket.recv(min(count - len(parts), 1 << 20))
            if not part:
                raise EOFError("the executor closed its end")
            parts += part
        return bytes(parts)

    def _wait(self, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)

    def _post_mortem(self, taken: bool) -> KgError:
        """What the process died of. It has closed its end, so the wait is short."""
        self._child.kill()
        pipe = self._process.stderr
        said = pipe.read() if pipe and not pipe.closed else b""
        if any(sign in said for sign in _OUT_OF_MEMORY):
            return MemoryExceeded(
                f"the query needed more than {self._memory} MiB",
                hint="ask for less: a LIMIT, fewer unbound variables, no ORDER BY over everything",
            )
        if CORRUPT.encode() in said:
            return damaged(said.decode(errors="replace").strip().rpartition("\n")[2])
        if not self._store.is_dir():
            return gone()
        last = said.decode(errors="replace").strip().rpartition("\n")[2][:300]
        code = self._process.returncode
        end = f"signal {-code}" if code < 0 else f"code {code}"
        kind = ExecutorFailed if taken else NotTaken
        return kind(f"the query executor ended with {end}" + (f": {last}" if last else ""))


def departed(client: Client) -> bool:
    """True if the other end has closed this connection."""
    now = select.poll()
    now.register(client, select.POLLIN)
    return bool(now.poll(0)) and _closed(client)


def _closed(client: Client) -> bool:
    """Of a connection that has something to read: whether that is its end, or a further request.

    A client that closes only its own direction, having asked, looks the same and is taken for gone.
    """
    try:
        return client.recv(1, socket.MSG_PEEK) == b""
    except OSError:
        return True


def _environment() -> dict[str, str]:
    """The child must find the same kg as this process, installed or not; backtraces help nobody."""
    home = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(filter(None, (home, os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHONPATH": path, "RUST_BACKTRACE": "0"}


def _too_late() -> DeadlinePassed:
    return DeadlinePassed("the query's time is up", hint="ask for less, or raise the deadline (--timeout)")
