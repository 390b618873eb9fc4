"""The endpoint beside others: the same triples, the same questions, measured in turn with wrk.

    python bench/endpoint.py [--events N] [--clients 1,8,64] [--seconds S]

35,000 events, the default, are 1 M asserted triples; 1,000 and ``--seconds 1`` take some minutes.
KG_BENCH_CORPUS names a folder in which the corpus is kept for the next run; KG_PEERS the virtual environment
that has those of the peers that come from PyPI, made by
    python3 -m venv DIR && DIR/bin/pip install oxigraph rdflib-endpoint
wrk and Virtuoso are Debian's: apt-get install wrk virtuoso-opensource-7-bin. KG_BENCH_DEADLINE (1,200
seconds) bounds the whole: what there was no time for is missing from the tables.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import statistics
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from serving import agree, cells, corpus, nuisance, peers, questions, tables
from serving.agree import Answer
from serving.cells import Cell, Cells, Clock
from serving.corpus import Corpus
from serving.peers import KG, NATIVE, Peer
from serving.questions import Question

DEADLINE: Final = float(os.environ.get("KG_BENCH_DEADLINE") or 1200)
TOOLS: Final = Path(os.environ.get("KG_PEERS") or "none", "bin")
_STARTS: Final = 3
_LIGHT: Final = 1.0
"""A canned query that the native server answers within so many seconds is among those that are measured."""

_RESERVE: Final = DEADLINE / 6
"""Seconds that are left for the canned queries and the bad one."""

_BESIDE: Final = 8
_IMPATIENT: Final = 1.0
_STUBBORN: Final = 600.0
Answers = dict[str, dict[str, Answer]]
Rows = dict[tuple[str, int], Cells]


def starts(of: list[Peer]) -> None:
    """How long it takes from the command to the first answer."""
    rows = []
    for peer in of:
        times = []
        for _ in range(_STARTS):
            times.append(peer.start())
            peer.stop()
        rows.append((peer.name, f"{statistics.median(times):.2f}", f"{max(times):.2f}"))
    tables.table(("to the first answer, s", f"median of {_STARTS}", "longest"), rows)


def canned(made: Corpus, up: list[Peer], clock: Clock) -> tuple[list[Question], Answers]:
    """Those canned queries that the native server answers soon, and who answers them how.

    A peer that does not answer one in time is not asked the others, and is at an end where it does not come
    to rest: rdflib-endpoint works on at what nobody waits for.
    """
    light: list[Question] = []
    answers: Answers = {}
    out: set[str] = set()
    native = next(peer for peer in up if peer.name == NATIVE)
    for question in questions.canned(made):
        if clock.left() < _RESERVE / 2:
            break
        first = agree.ask(native, question, _LIGHT)
        if first.fault:
            native.settle(1)
            continue
        light.append(question)
        answers[question.name] = {NATIVE: first}
        for peer in up:
            if peer is not native and peer.name not in out:
                answers[question.name][peer.name] = answer = agree.ask(peer, question, 10 * _LIGHT)
                out |= {peer.name} if answer.fault == "no answer" else set()
    for peer in [peer for peer in up if peer.name in out and not peer.own]:
        peer.stop()
        up.remove(peer)
    return light, answers


def as_one(question: Question, answers: Answers, names: list[str]) -> dict[str, Answer]:
    """How long one of several questions takes on each peer, in the mean."""
    whole = {}
    for name in names:
        each = [found[name] for found in answers.values() if name in found]
        late = len(each) < len(question.queries) or any(answer.fault == "no answer" for answer in each)
        seconds = sum(answer.seconds for answer in each) / max(1, len(each))
        whole[name] = Answer(seconds=seconds, fault="no answer" if late else "")
    return whole


def beside(up: list[Peer], asked: list[Question], answers: Answers, patience: float, seconds: float) -> Rows:
    """The same with the bad query beside, at one number of clients."""
    found: Rows = {}
    for question in asked:
        row = found.setdefault((question.name, _BESIDE), {})
        for peer in cells.fitting(up, question, _BESIDE, answers[question.name], seconds):
            if peer.name == "rdflib-endpoint":
                continue  # it answers one query after the other: nothing beside an endless one
            with nuisance.beside(peer, patience):
                load = cells.one(peer, question, _BESIDE, seconds)
            row[peer.name] = Cell(load, load.rate())
            peer.settle(2)
    return found


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """Where the corpus is kept: in the folder named, or until the end only."""
    if kept := os.environ.get("KG_BENCH_CORPUS"):
        yield Path(kept).resolve()
        return
    with tempfile.TemporaryDirectory(prefix="kg-bench-") as name:
        yield Path(name)


@dataclass
class Findings:
    """What has been found so far, to be told however the run ends."""

    names: list[str]
    peers: list[Peer]
    asked: list[Question] = field(default_factory=list)
    measured: Rows = field(default_factory=dict)
    beside: Rows = field(default_factory=dict)

    def tell(self) -> None:
        """All tables."""
        for rows in (self.measured, self.beside):
            tables.rates(rows, self.names)
            tables.latencies(rows, self.names)
        tables.memory(self.peers)
        tables.aims(self.asked, self.measured, self.beside)


def ask(
    made: Corpus, up: list[Peer], clients: list[int], seconds: float, clock: Clock, found: Findings
) -> None:
    """Ask all peers everything, as far as there is time; what is found goes into ``found``."""
    common = questions.common(made)
    answers: Answers = {q.name: {peer.name: agree.ask(peer, q) for peer in up} for q in common}
    tables.agreement(common, answers, found.names)
    for peer in up:
        peer.settle()

    def measure(question: Question, reserve: float) -> None:
        found.asked.append(question)
        for number in clients:
            if clock.left() > reserve:
                row = cells.cells(up, question, number, answers[question.name], seconds)
                found.measured[question.name, number] = row

    print(f"{clock.left():.0f} s left to measure", file=sys.stderr, flush=True)
    for question in common:
        measure(question, _RESERVE)
    light, single = canned(made, up, clock)
    if light:
        tables.agreement(light, single, found.names)
        whole = questions.together(light)
        answers[whole.name] = as_one(whole, single, [peer.name for peer in up])
        measure(whole, _RESERVE / 3)
    small = [q for q in found.asked if q.name in ("small join", "small join, repeated", "canned")]
    for how, patience in (("one bad query", _STUBBORN), ("a client that leaves", _IMPATIENT)):
        if clock.left() > 0:
            rows = beside(up, small, answers, patience, 2 * seconds)
            found.beside |= {(f"{name}, beside {how}", _BESIDE): row for (name, _), row in rows.items()}


def compare(made: Corpus, logs: Path, clients: list[int], seconds: float, clock: Clock) -> None:
    """All tables."""
    everyone, missing = peers.installed(made, logs, TOOLS)
    if NATIVE in missing:
        print("Left out: KG_PEERS names no virtual environment with oxigraph, which all are compared to.")
        return
    starts([peer for peer in everyone if peer.name in (KG, NATIVE)])
    with peers.running(everyone) as up:
        found = Findings([peer.name for peer in up], list(up))
        try:
            ask(made, up, clients, seconds, clock, found)
        finally:
            found.tell()
    if missing:
        print(f"Not installed, and so left out: {', '.join(missing)}.")
    if clock.left() < 0:
        print(f"Cut short by the deadline of {DEADLINE:,.0f} s (KG_BENCH_DEADLINE).")


def main(arguments: list[str]) -> None:
    """Read the arguments, make the corpus, compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=35_000)
    parser.add_argument("--clients", default="1,8,64", help="numbers of clients, with commas")
    parser.add_argument("--seconds", type=float, default=2, help="of one measurement of small questions")
    asked = parser.parse_args(arguments)
    if not shutil.which("wrk"):
        print("Left out: wrk is not installed (apt-get install wrk).")
        return
    clock = Clock(DEADLINE)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # so that the servers are stopped, too
    with folder() as root, tempfile.TemporaryDirectory(prefix="kg-bench-logs-") as logs:
        made = corpus.prepare(asked.events, root)
        clients = [int(number) for number in asked.clients.split(",")]
        compare(made, Path(logs), clients, asked.seconds, clock)


if __name__ == "__main__":
    main(sys.argv[1:])
