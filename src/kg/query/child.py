"""A child process that does not outlive this one, even if this one is killed and the child is stopped."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from typing import Any

from kg.query import confine


class Child:
    """A process at the other end of a pipe, its standard input, which closes when this process ends."""

    def __init__(self, command: Sequence[str], **options: Any) -> None:
        """Start it; ``options`` are those of Popen. Raises OSError if the system cannot."""
        lifeline, held = os.pipe()
        self._held = os.fdopen(held, "wb", 0)
        try:
            self.process = subprocess.Popen(command, stdin=lifeline, **options)
            # From here, so that it holds before the child has run a line of its own.
            confine.tie(lifeline, self.process.pid)
        except BaseException:
            self._held.close()
            raise
        finally:
            os.close(lifeline)

    def kill(self) -> None:
        """End it, whatever it is doing, and wait for that. May be called more than once."""
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        """Kill it and close its pipes."""
        self.kill()
        for pipe in (self._held, self.process.stdout, self.process.stderr):
            if pipe:
                pipe.close()
