"""What would keep the other requests of a web process waiting, done beside them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


def apart(work: Callable[[], Result]) -> Result:
    """What ``work`` returns or raises: in a thread of the system under gevent, else in this one."""
    from gevent import get_hub, monkey

    if monkey.is_module_patched("threading"):
        done: Result = get_hub().threadpool.apply(work)
        return done
    return work()
