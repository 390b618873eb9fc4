"""wrk, as often as asked, and what it measured."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_SCRIPT: Final = Path(__file__).with_name("load.lua")
_PATIENCE: Final = 120
"""Seconds after which wrk calls a request timed out; it ends with its measurement in any case."""


@dataclass(frozen=True)
class Load:
    """One measurement. Latencies are in milliseconds, over all answers, refusals included."""

    requests: int
    seconds: float
    bytes: int
    refused: int
    failed: int
    p50: float
    p99: float

    def rate(self, size: int = 0) -> float:
        """Answers a second that were no errors; with ``size``, bytes a second over the bytes of an answer.

        The latter is for large answers: those that are under way at the end count as far as they came.
        """
        if size:
            return self.bytes / size / self.seconds
        return (self.requests - self.refused) / self.seconds

    @property
    def lost(self) -> float:
        """The share of requests that were answered by an error or by none."""
        return (self.refused + self.failed) / max(1, self.requests + self.failed)


def measure(address: str, targets: Sequence[str], accept: str, clients: int, seconds: float) -> Load:
    """Ask for the targets in turn, from so many connections that are kept open.

    wrk has one thread: it takes its share of the same cores.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".targets") as file:
        file.write("".join(f"{target}\n" for target in targets))
        file.flush()
        command = ["wrk", "-t1", f"-c{clients}", f"-d{max(1, round(seconds))}s", f"--timeout={_PATIENCE}s"]
        command += ["-s", str(_SCRIPT), address, "--", file.name, accept, str(time.time_ns() // 1000)]
        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return Load(**json.loads(out.splitlines()[-1]))
