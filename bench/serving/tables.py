"""The measurements as tables in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from serving.agree import Answer
from serving.cells import Cell, Cells
from serving.peers import KG, NATIVE, Peer
from serving.questions import Question

Measured = Mapping[tuple[str, int], Cells]
_NOTABLE: Final = 0.005
NONE: Final = "–"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table."""
    print("\n| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(map(str, row)) + " |")
    print(flush=True)


def number(value: float) -> str:
    """Three digits, as far as they mean anything."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def ratio(cells: Cells, name: str, base: str = NATIVE) -> float | None:
    """A peer's rate over that of another; None if either is missing or the other answered nothing."""
    if name not in cells or base not in cells or not cells[base].rate:
        return None
    return cells[name].rate / cells[base].rate


def _lost(cell: Cell) -> str:
    return f" ({cell.load.lost:.0%} errors)" if cell.load.lost > _NOTABLE else ""


def rates(measured: Measured, peers: Sequence[str]) -> None:
    """Ratios to the native server, and its own rate."""
    others = [name for name in peers if name != NATIVE]

    def cell(cells: Cells, name: str) -> str:
        if (found := ratio(cells, name)) is None:
            return NONE if name not in cells else f"{number(cells[name].rate)}/s{_lost(cells[name])}"
        return f"{found:.3g}{_lost(cells[name])}"

    head = ("question", "clients", *(f"{name} ÷ {NATIVE}" for name in others), f"{NATIVE}, answers a second")
    table(
        head,
        (
            (question, clients, *(cell(cells, name) for name in others), _own(cells))
            for (question, clients), cells in measured.items()
        ),
    )


def _own(cells: Cells) -> str:
    if NATIVE not in cells:
        return NONE
    return f"{number(cells[NATIVE].rate)}{_lost(cells[NATIVE])}"


def latencies(measured: Measured, peers: Sequence[str]) -> None:
    """Milliseconds: half of all answers came within the first, 99 in 100 within the second."""

    def cell(cells: Cells, name: str) -> str:
        if name not in cells or cells[name].load.requests == 0:
            return NONE
        return f"{number(cells[name].load.p50)} / {number(cells[name].load.p99)}"

    table(
        ("p50 / p99, ms", "clients", *peers),
        (
            (question, clients, *(cell(cells, name) for name in peers))
            for (question, clients), cells in measured.items()
        ),
    )


def memory(peers: Sequence[Peer]) -> None:
    """Resident memory of each with all its processes."""
    rows = ((peer.name, number(peer.idle), number(peer.most)) for peer in peers)
    table(("memory, MiB", "at rest", "at most"), rows)


def agreement(
    questions: Sequence[Question], answers: Mapping[str, Mapping[str, Answer]], peers: Sequence[str]
) -> None:
    """What the native server answers, and how the others compare."""
    others = [name for name in peers if name != NATIVE]
    table(
        ("question", f"rows of {NATIVE}", *others),
        (
            (
                question.name,
                answers[question.name][NATIVE].rows,
                *(
                    answers[question.name][name].agrees(answers[question.name][NATIVE])
                    if name in answers[question.name]
                    else NONE
                    for name in others
                ),
            )
            for question in questions
        ),
    )


def aims(questions: Sequence[Question], measured: Measured, beside: Measured) -> None:
    """Each aim with the worst that was reached, and where."""
    rows = []
    for question in questions:
        found = _worst({key: cells for key, cells in measured.items() if key[0] == question.name}, NATIVE)
        if found and question.aim:
            rows.append((f"{question.name} ÷ {NATIVE}", f"{question.aim:g}", *found))
    repeated = {key: row for key, row in beside.items() if "repeated" in key[0] or "canned" in key[0]}
    if found := _worst(repeated, NATIVE):
        rows.append((f"canned or repeated beside a bad query ÷ {NATIVE}", "5", *found))
    if found := _worst(measured, "rdflib-endpoint"):
        rows.append(("everything ÷ rdflib-endpoint", "10", *found))
    table(("aim of kg", "at least", "lowest", "where"), rows)


def _worst(measured: Measured, base: str) -> tuple[str, str] | None:
    found = [(value, key) for key, cells in measured.items() if (value := ratio(cells, KG, base)) is not None]
    if not found:
        return None
    value, (question, clients) = min(found)
    return f"{value:.3g}", f"{question}, {clients} client{'s' if clients > 1 else ''}"
