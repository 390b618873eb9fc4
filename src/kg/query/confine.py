"""What an executor may not do: eat the memory, reach the network, outlive its parent.

Each measure asks the system and goes without where the system has it not; the deadline and the
scan for SERVICE hold everywhere. Imports the standard library only.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import platform
import resource
import signal
import struct
import sys
from typing import Final

STACK: Final = 64 << 20
"""The engine recurses; with 64 MiB, eight times what ``kg.query.limits`` lets through still returns."""

_PR_SET_SECCOMP: Final = 22
_PR_SET_NO_NEW_PRIVS: Final = 38
_SECCOMP_MODE_FILTER: Final = 2
_ALLOW: Final = 0x7FFF0000
_DENY: Final = 0x00050000 | 13
"""SECCOMP_RET_ERRNO with EACCES."""

_SYSTEMS: Final = {
    "x86_64": (0xC000003E, (41, 53)),
    "aarch64": (0xC00000B7, (198, 199)),
}
"""AUDIT_ARCH and the numbers of socket and socketpair (linux/audit.h, asm/unistd.h)."""

_IO_URING_SETUP: Final = 425
_X32_BIT: Final = 0x40000000


def memory(mebibytes: int) -> None:
    """Bound the data segment and private mappings; past it an allocation fails and Rust aborts.

    RLIMIT_DATA and not RLIMIT_AS: RocksDB maps and reserves far more than it uses, and does not
    start under a small limit of the latter.
    """
    _limit(resource.RLIMIT_DATA, mebibytes << 20)
    _limit(resource.RLIMIT_CORE, 0)


def stack() -> None:
    """Let the main thread's stack grow further than the 8 MiB that are usual."""
    _limit(resource.RLIMIT_STACK, STACK)


def _limit(what: int, wanted: int) -> None:
    hard = resource.getrlimit(what)[1]
    soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(what, (soft, hard))


def end_with_parent(lifeline: int) -> None:
    """Die when the other end of this pipe closes, even in the middle of a query, even when stopped."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    tie(lifeline, os.getpid())
    if os.get_blocking(lifeline):
        os.set_blocking(lifeline, False)
    with contextlib.suppress(BlockingIOError):
        if os.read(lifeline, 1) == b"":  # it closed before we asked
            os._exit(0)


def tie(lifeline: int, process: int) -> None:
    """Have the kernel end a process when the other end of a pipe that it holds closes.

    It sends SIGKILL, or where it cannot be asked for another signal (F_SETSIG is Linux's) SIGIO,
    whose default action is the end; no Python has to run for it. (PR_SET_PDEATHSIG would fire when
    the *thread* that started the process ends.)
    """
    if set_signal := getattr(fcntl, "F_SETSIG", None):
        fcntl.fcntl(lifeline, set_signal, signal.SIGKILL)
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, process)
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)


def offline() -> bool:
    """Take away the means to open a socket (seccomp, Linux). True if the system did."""
    system = _SYSTEMS.get(platform.machine())
    if not sys.platform.startswith("linux") or system is None:
        return False
    rows = _filter(*system)
    program = ctypes.create_string_buffer(b"".join(rows), sum(map(len, rows)))
    header = struct.pack("@HP", len(rows), ctypes.addressof(program))
    prctl = ctypes.CDLL(None).prctl
    zero = ctypes.c_ulong(0)
    if prctl(_PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), zero, zero, zero) != 0:
        return False
    mode = ctypes.c_ulong(_SECCOMP_MODE_FILTER)
    return bool(prctl(_PR_SET_SECCOMP, mode, ctypes.c_char_p(header), zero, zero) == 0)


def _filter(architecture: int, forbidden: tuple[int, ...]) -> list[bytes]:
    """The classic BPF program (linux/filter.h): these calls, and another architecture's, get EACCES."""
    load, equal, at_least, give = 0x20, 0x15, 0x35, 0x06
    numbers = (*forbidden, _IO_URING_SETUP)
    deny = 5 + len(numbers)

    def row(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
        return struct.pack("=HBBI", code, yes, no, value)

    return [
        row(load, 4),
        row(equal, architecture, no=deny - 2),
        row(load, 0),
        row(at_least, _X32_BIT, yes=deny - 4),
        *(row(equal, number, yes=deny - 5 - i) for i, number in enumerate(numbers)),
        row(give, _ALLOW),
        row(give, _DENY),
    ]
