"""Do all peers give the same answer? Asked once each, before anything is measured."""

from __future__ import annotations

import csv
import io
import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Final

from serving.peers import Peer
from serving.questions import CSV, JSON, NONCE, Question

PATIENCE: Final = 60


@dataclass(frozen=True)
class Answer:
    """One answer: how many rows, the rows themselves (empty for a large answer), its bytes, its seconds.

    ``fault`` tells why there is none.
    """

    rows: int = 0
    values: tuple[str, ...] = ()
    bytes: int = 0
    seconds: float = 0
    fault: str = ""

    def agrees(self, other: Answer) -> str:
        """In a word, how this one compares to the other."""
        if self.fault:
            return self.fault
        if self.rows != other.rows:
            return f"{self.rows} rows"
        return "same" if self.values == other.values else "same number"


def ask(peer: Peer, question: Question, patience: float = PATIENCE) -> Answer:
    """Ask a peer a question once, twice if the first answer was quick: the second is the one that counts."""
    target = question.targets(peer.path, peer.own)[0]
    answer = Answer()
    for _ in range(2):
        answer = _fetch(peer.address + target.replace(NONCE, str(time.time_ns())), question, patience)
        if answer.fault or answer.seconds > 1:
            break
    return answer


def _fetch(url: str, question: Question, patience: float) -> Answer:
    began = time.perf_counter()
    try:
        request = urllib.request.Request(url, headers={"Accept": question.accept})
        with urllib.request.urlopen(request, timeout=patience) as response:
            body = response.read()
    except urllib.error.HTTPError as error:
        error.close()
        return Answer(fault=f"status {error.code}")
    except (OSError, ValueError) as error:
        return Answer(fault="no answer" if isinstance(error, TimeoutError) else type(error).__name__)
    seconds = time.perf_counter() - began
    try:
        rows = _rows(body, question.accept)
    except ValueError:
        return Answer(fault="unreadable")
    values = () if question.large else tuple(sorted(rows))
    return Answer(len(rows), values, len(body), seconds)


def _rows(body: bytes, accept: str) -> list[str]:
    """Each row as a text in which datatypes and the order of variables do not count."""
    text = body.decode()
    if accept == JSON:
        bindings = json.loads(text)["results"]["bindings"]
        return [" ".join(sorted(term["value"] for term in row.values())) for row in bindings]
    if accept == CSV:
        return [" ".join(row) for row in csv.reader(io.StringIO(text))][1:]
    return [line for line in text.splitlines() if line.endswith(".") and not line.startswith("#")]
