"""Work in a child process, so that what brings it down cannot end the command without a word.

The engine recurses, and a stack that overflows ends its process on the spot (SIGSEGV), as does a
system short of memory (SIGKILL). A fork costs some 5 ms.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable
from types import FrameType

from kg.errors import ExecutorFailed

_OURS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE)
"""Signals that mean the command as a whole; the others are the engine's end."""


def apart(work: Callable[[], int], what: str = "the query") -> int:
    """Do ``work`` in a child process; returns its exit code.

    Signals to this process reach the child, and the child ends when this process is gone. A child
    that was interrupted or terminated interrupts or terminates this process. Raises ExecutorFailed,
    which names ``what`` was done, if the child was brought down. Call it before there are threads.
    """
    lifeline, held = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(held)
        os._exit(_work(work, lifeline))
    os.close(lifeline)
    before = {number: signal.signal(number, _to(child)) for number in (signal.SIGTERM, signal.SIGHUP)}
    before[signal.SIGINT] = signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to both
    try:
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    finally:
        os.close(held)
        for number, handler in before.items():
            signal.signal(number, handler)
    if code >= 0:
        return code
    if -code in _OURS:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    raise ExecutorFailed(
        f"{what} brought its process down (signal {-code})",
        hint=f"signal 9: the memory ran out; others: {what} nests too deep or is too long",
    )


def _work(work: Callable[[], int], lifeline: int) -> int:
    from kg.query import confine

    confine.end_with_parent(lifeline)
    confine.stack()
    # The engine computes without looking at Python's signals: let Ctrl-C end the process.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    code = work()
    with contextlib.suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    return code


def _to(child: int) -> Callable[[int, FrameType | None], None]:
    def forward(number: int, _: FrameType | None) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, number)

    return forward
