"""Work on several cores: the same function for every task, in processes that end with this one.

Where there is little to do, the work is done here: starting processes takes longer.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from typing import Any, Final, TypeVar

from kg.errors import EnvironmentFault

Task = TypeVar("Task")
Done = TypeVar("Done")

_AHEAD: Final = 3
"""Tasks that wait for each process: enough that none is idle, few enough that memory stays flat."""


class Crew:
    """``map`` over processes, or here where ``size`` is one."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._pool: ProcessPoolExecutor | None = None

    def map(self, work: Callable[[Task], Done], tasks: Iterable[Task]) -> Iterator[tuple[Task, Done]]:
        """Each task with its outcome, as they come; only a few outcomes are in memory at once.

        Raises what ``work`` raises, and EnvironmentFault if a process was killed.
        """
        if self.size == 1:
            yield from ((task, work(task)) for task in tasks)
            return
        rest, waiting = iter(tasks), dict[Future[Done], Task]()
        try:
            while True:
                for task in islice(rest, self.size * _AHEAD - len(waiting)):
                    waiting[self._started().submit(work, task)] = task
                if not waiting:
                    return
                for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                    yield waiting.pop(future), future.result()
        except BrokenProcessPool as error:
            raise EnvironmentFault(
                "a process of the build was killed",
                hint="the machine may have run out of memory: free some, or build with fewer --jobs "
                "(a script of your own that builds must begin its work below if __name__ == '__main__')",
            ) from error

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            # Not forked: a fork of a process with threads (RocksDB's) can wait for a lock for ever.
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self.size, mp_context=context, initializer=_end_with_parent)
        return self._pool

    def close(self) -> None:
        """Let the processes go; those at work are not waited for."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def crew(size: int) -> Iterator[Crew]:
    """A crew for the length of the block."""
    hands = Crew(max(1, size))
    try:
        yield hands
    finally:
        hands.close()


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _end_with_parent() -> None:
    """A process whose parent was killed would wait for ever. An interrupt is the parent's to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent: Any = multiprocessing.parent_process()

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
