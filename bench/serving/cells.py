"""Cells of the tables: one question, so many clients, each peer in turn, round after round."""

from __future__ import annotations

import statistics
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from serving.agree import Answer
from serving.load import Load, measure
from serving.peers import KG, NATIVE, UNCACHED, Peer
from serving.questions import Question

ROUNDS: Final = 3
_LONGEST: Final = 4
"""A window is at most so many times as long as the shortest."""

_BATCHES: Final = 2.5
_CORES: Final = 2
_WEIGH: Final = 0.5


@dataclass(frozen=True)
class Cell:
    """What was measured of a peer, and its rate: the median of the rounds."""

    load: Load
    rate: float


Cells = dict[str, Cell]


class Clock:
    """When the whole must be over."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        return self._end - time.monotonic()


def window(answers: Mapping[str, Answer], clients: int, shortest: float) -> float:
    """Seconds of a measurement: enough for some batches of answers of the native server."""
    wanted = _BATCHES * answers[NATIVE].seconds * clients / _CORES
    return min(_LONGEST * shortest, max(shortest, wanted))


def fitting(
    peers: list[Peer], question: Question, clients: int, answers: Mapping[str, Answer], seconds: float
) -> Iterator[Peer]:
    """The peers that can end a batch in such a window. kg without a cache is not asked repeated questions."""
    for peer in peers:
        alone = answers[peer.name]
        if alone.fault or (peer.name == UNCACHED and not question.distinct):
            continue
        at_once = 1 if peer.name == "rdflib-endpoint" else _CORES
        if peer.name in (KG, UNCACHED, NATIVE) or alone.seconds * clients / at_once <= 2 * seconds:
            yield peer


def cells(
    peers: list[Peer], question: Question, clients: int, answers: Mapping[str, Answer], shortest: float
) -> Cells:
    """Measure. Slow peers and slow questions have one round; each waits until the one before is at rest."""
    seconds = window(answers, clients, shortest)
    rounds = ROUNDS if seconds == shortest else 1
    found: dict[str, list[Load]] = {}
    for turn in range(rounds):
        for peer in fitting(peers, question, clients, answers, seconds):
            if turn and peer.name not in (KG, UNCACHED, NATIVE):
                continue
            found.setdefault(peer.name, []).append(one(peer, question, clients, seconds))
            peer.settle()
    done = {name: _median(loads, answers[name], question.large) for name, loads in found.items()}
    _tell(question.name, clients, done)
    return done


def one(peer: Peer, question: Question, clients: int, seconds: float) -> Load:
    """One measurement, with the memory that the peer takes meanwhile noted."""
    over = threading.Event()

    def weigh() -> None:
        while not over.wait(_WEIGH):
            peer.weigh()

    watch = threading.Thread(target=weigh)
    watch.start()
    try:
        targets = question.targets(peer.path, peer.own)
        return measure(peer.address, targets, question.accept, clients, seconds)
    finally:
        over.set()
        watch.join()


def _median(loads: list[Load], answer: Answer, large: bool) -> Cell:
    rates = [load.rate(answer.bytes if large else 0) for load in loads]
    middle = statistics.median_low(rates)
    return Cell(loads[rates.index(middle)], middle)


def _tell(question: str, clients: int, done: Cells) -> None:
    rates = ", ".join(f"{name} {cell.rate:,.1f}/s" for name, cell in done.items())
    print(f"{question}, {clients} clients: {rates}", file=sys.stderr, flush=True)
