"""How far a build is: the stage, and within a long one how much is done, how fast, how long yet."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeAlias

Progress: TypeAlias = Callable[[str, str], None]
"""Called with a stage and a detail; again with the same stage when there is more to say of it."""

_EVERY: Final = 0.5
"""Seconds between two reports of one stage."""


class Meter:
    """Reports to whoever watches, or to nobody. ``clock`` gives seconds."""

    def __init__(self, progress: Progress | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._say = progress
        self._clock = clock

    def stage(self, name: str, detail: str) -> None:
        """A stage begins."""
        if self._say:
            self._say(name, detail)

    def counted(self, name: str, total: int, unit: str) -> Callable[[int], None]:
        """A function to call with how much more of it is done; it reports now and then, and at the end."""
        start = last = self._clock()
        so_far = 0

        def done(more: int) -> None:
            nonlocal last, so_far
            so_far += more
            now = self._clock()
            if self._say and so_far >= total and last > start:
                self._say(name, f"{total:,} {unit}, {now - start:,.0f} s")
            elif self._say and now - last >= _EVERY and so_far < total:
                last = now
                rate = so_far / (now - start)
                left = f"{rate:,.0f} {unit}/s, {(total - so_far) / rate:,.0f} s left"
                self._say(name, f"{so_far:,} of {total:,} {unit}, {left}")

        return done
