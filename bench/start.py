"""How long ``kg query`` takes from a cold start, beside the least that any such command could take.

Run by ``make bench``. The peer is a bare interpreter that opens the same store with pyoxigraph
and asks the same query: what is over its time is ours.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from kg.build import pipeline
from kg.records import dataset

QUERY = "SELECT (COUNT(*) AS ?n) { ?s a <https://w3id.org/pac/ns#Commitment> }"
BARE = "import pyoxigraph, sys; print(list(pyoxigraph.Store.read_only(sys.argv[1]).query(sys.argv[2])))"
RUNS = 15


def median(command: list[str], environ: dict[str, str]) -> float:
    """The median wall time of a command in milliseconds."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        subprocess.run(command, env=environ, check=True, capture_output=True)
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        release = pipeline.build(dataset.find(), store=Path(folder)).release
        environ = {**os.environ, "KG_STORE": folder}
        kg = [sys.executable, "-m", "kg", "query"]
        rows = {
            "bare interpreter, pyoxigraph": [sys.executable, "-c", BARE, str(release.store_path), QUERY],
            "kg query, text": [*kg, QUERY],
            "kg query, canned": [*kg, "who-was-in-the-room"],
        }
        times = {name: median(command, environ) for name, command in rows.items()}
    peer = times["bare interpreter, pyoxigraph"]
    print("| cold start | ms (median) | ratio |\n|---|---|---|")
    for name, value in times.items():
        print(f"| {name} | {value:.0f} | {value / peer:.1f} |")


if __name__ == "__main__":
    main()
