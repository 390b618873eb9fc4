"""How a build grows with the dataset, and what others need for its parts.

    python bench/scale.py [N …]       # sizes in events; default 100, 1 000, 10 000 and 35 000

35,000 events are about a million asserted triples (bench/synthetic.py, as JSON lines). Every measurement
runs in a process of its own, with a deadline (KG_BENCH_DEADLINE, 900 seconds); memory is the peak of that
process. The peers are not dependencies of kg: KG_PEERS names a virtual environment that has them, which is
made by
    python3 -m venv DIR && DIR/bin/pip install oxigraph pyrudof maplib
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
SIZES: Final = (100, 1_000, 10_000, 35_000)
DEADLINE: Final = int(os.environ.get("KG_BENCH_DEADLINE") or 900)
PLAIN_LIMIT: Final = 1_000
"""Up to so many events pyshacl is asked for all constraints; it asks each query once for each node."""

PEERS: Final = Path(os.environ.get("KG_PEERS") or "none")


@dataclass(frozen=True)
class Run:
    """A process that has ended: its seconds, its peak in MiB and what it printed last, or why it failed."""

    seconds: float
    memory: float
    told: dict[str, Any]
    failure: str = ""


def run(*command: str | Path) -> Run:
    """Run a program to its end or the deadline."""
    started = time.perf_counter()
    try:
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            child = subprocess.Popen(
                list(map(str, command)), stdout=out, stderr=err, cwd=HERE, start_new_session=True
            )
            watch = threading.Timer(DEADLINE, os.killpg, (child.pid, signal.SIGKILL))
            watch.start()
            _, status, usage = os.wait4(child.pid, 0)
            watch.cancel()
            child.returncode = os.waitstatus_to_exitcode(status)
            seconds = time.perf_counter() - started
            texts = [_text(stream) for stream in (out, err)]
    except FileNotFoundError:
        return Run(0, 0, {}, "not installed")
    if child.returncode:
        late = f"over {DEADLINE} s" if seconds >= DEADLINE else (texts[1].splitlines() or ["failed"])[-1][:80]
        return Run(seconds, usage.ru_maxrss / 1024, {}, late)
    last = (texts[0].splitlines() or ["{}"])[-1]
    return Run(seconds, usage.ru_maxrss / 1024, json.loads(last) if last.startswith("{") else {})


def _text(stream: Any) -> str:
    stream.seek(0)
    return str(stream.read().decode("utf-8", "replace"))


def stage(name: str, *arguments: str | Path, python: str | Path = sys.executable) -> Run:
    """Run one of ``stages/``."""
    return run(python, "-m", f"stages.{name}", *arguments)


def table(head: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Print a table of Markdown, each row as it comes."""
    print(f"\n| {head} |\n|{'---|' * (head.count('|') + 1)}", flush=True)
    for row in rows:
        print("| " + " | ".join(map(_cell, row)) + " |", flush=True)


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.2f}" if value < 10 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def build(size: int, root: Path) -> Iterator[tuple[Any, ...]]:
    """kg build, and once more after one record was edited."""
    run(sys.executable, HERE / "synthetic.py", str(size), root / "data")
    for what in ("build", "rebuild"):
        if what == "rebuild":
            run(sys.executable, HERE / "synthetic.py", "--edit", root / "data")
        done = stage("build", root / "data", root / "store")
        if done.failure:
            yield size, what, "", done.failure, ""
        for row in done.told.get("rows", ()):
            yield size, what, *row


def loading(size: int, root: Path) -> Iterator[tuple[Any, ...]]:
    """The quads that the build stores, into a store, with nothing else done."""
    stage("prepare", root / "data", root)
    native = run(PEERS / "bin" / "oxigraph", "load", "-l", root / "native", "-f", root / "data.nq")
    yield size, "oxigraph load", native.failure or native.seconds, native.memory
    bulk = stage("bulk", root / "data.nq", root / "bulk")
    yield size, "pyoxigraph bulk_load", bulk.failure or bulk.seconds, bulk.memory


def gate(size: int, root: Path) -> Iterator[tuple[Any, ...]]:
    """The shapes on the same triples, into which faults were put."""
    data, core = root / "data.nt", root / "core.ttl"
    yield _judged(size, "kg, all constraints", stage("gate", data))
    yield _judged(size, "kg, Core", stage("gate", data, "core"))
    yield _judged(size, "pyshacl, Core", stage("shacl", data, core))
    yield _judged(size, "pyrudof, Core", stage("rudof", data, core, python=PEERS / "bin" / "python"))
    if size <= PLAIN_LIMIT:
        yield _judged(size, "pyshacl, all constraints", stage("shacl", data, root / "shapes.ttl"))


def _judged(size: int, who: str, done: Run) -> tuple[Any, ...]:
    if done.failure:
        return size, who, "", done.failure, "", done.memory
    return size, who, done.told["read"], done.told["validate"], done.told["violations"], done.memory


def lift(size: int, root: Path) -> Iterator[tuple[Any, ...]]:
    """Events from JSON lines to RDF: kg reads and checks each field, maplib maps tables that fit."""
    for who, python in (("kg", sys.executable), ("maplib", PEERS / "bin" / "python")):
        done = stage(f"lift_{who}", root / "data" / "records" / "event.jsonl", python=python)
        told = done.told or {"seconds": done.failure, "triples": ""}
        yield size, who, told["seconds"], told["triples"], done.memory


def main(sizes: list[int]) -> None:
    """All tables."""
    with tempfile.TemporaryDirectory() as folder:
        roots = {size: Path(folder, str(size)) for size in sizes}
        for root in roots.values():
            root.mkdir()
        for head, measure in (
            ("events | | stage | seconds | MiB so far", build),
            ("events | | seconds | MiB", loading),
            ("events | | read, s | validate, s | violations | MiB", gate),
            ("events | | seconds | triples | MiB", lift),
        ):
            table(head, (row for size, root in roots.items() for row in measure(size, root)))
    if not PEERS.is_dir():
        print("\nThe peers were not at hand: KG_PEERS names no virtual environment.")


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or list(SIZES))
