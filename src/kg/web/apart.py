"""What would keep the other requests of a web process waiting, done beside them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

Result = TypeVar("Result")


def apart(work: Callable[[], Result]) -> Result:
    """What ``work`` returns or raises: in a thread of the system under gevent, else in this one."""
    from gevent import get_hub, monkey

    if not monkey.is_module_patched("threading"):
        return work()
    result, error = get_hub().threadpool.apply(_outcome, (work,))
    if error:
        raise error
    return cast(Result, result)


def _outcome(work: Callable[[], Result]) -> tuple[Result | None, Exception | None]:
    """What came of it as a value: what is raised there, gevent writes to the log, with all it was given."""
    try:
        return work(), None
    except Exception as error:  # noqa: BLE001 - raised again by the caller
        return None, error
