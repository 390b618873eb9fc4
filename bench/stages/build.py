"""kg build of a folder into a store: seconds and peak memory up to the end of each stage."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from kg.build import pipeline
from kg.records import dataset

_KIB = 1024


class Stages:
    """Notes when each stage begins; the one before it has ended. A stage that goes on is told again."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, float, float]] = []
        self._name, self._since = "", time.perf_counter()

    def __call__(self, name: str, _detail: str) -> None:
        if name == self._name:
            return
        now = time.perf_counter()
        if self._name:
            self.rows.append((self._name, now - self._since, memory()))
        self._name, self._since = name, now


def memory() -> float:
    """The peak of this process so far and of the largest one that it has started and waited for, in MiB."""
    return (
        sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        / _KIB
    )


def main(folder: str, store: str) -> None:
    stages, started = Stages(), time.perf_counter()
    built = pipeline.build(dataset.read(Path(folder)), store=Path(store), progress=stages)
    stages("", "")
    stages.rows.append(("in all", time.perf_counter() - started, memory()))
    print(json.dumps({"rows": stages.rows, "totals": built.counts["totals"]}))


if __name__ == "__main__":
    main(*sys.argv[1:])
