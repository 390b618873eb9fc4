"""Findings: what is wrong with a dataset, where, and what to do about it.

One value for every kind of fault (YAML syntax, unknown field, dangling reference, digest
mismatch, SHACL result), so that one report serves them all. Imports only ``kg.errors``'s layer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path


class Severity(StrEnum):
    """SHACL's three severities (SHACL section 2.1.4), from worst to mildest."""

    VIOLATION = "violation"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a file. ``file`` is relative to the dataset's folder; line and column count from 1."""

    file: str
    line: int = 1
    column: int = 1


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault.

    ``code`` is a stable short name (``unknown-field``, or a SHACL constraint such as
    ``C05-end-before-start``); ``message`` says what is wrong; ``remedy`` what to do.
    ``focus``, ``path`` and ``value`` are IRIs or terms in N-Triples syntax, where RDF is involved.
    """

    severity: Severity
    code: str
    message: str
    remedy: str = ""
    location: Location | None = None
    focus: str | None = None
    path: str | None = None
    value: str | None = None


_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Also the marks that turn the direction of writing, which can make a line read as another."""

_RANK = {Severity.VIOLATION: 0, Severity.WARNING: 1, Severity.INFO: 2}


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Findings by file and line, then by severity; those without a place come last."""
    nowhere = Location("\U0010ffff")
    return sorted(
        set(findings),
        key=lambda f: (f.location or nowhere, _RANK[f.severity], f.code, f.message, f.focus or ""),
    )


def stops_release(findings: Iterable[Finding]) -> bool:
    """True if any finding is a violation."""
    return any(f.severity is Severity.VIOLATION for f in findings)


def count(findings: Iterable[Finding]) -> dict[Severity, int]:
    """How many findings there are of each severity; every severity is a key."""
    totals = dict.fromkeys(Severity, 0)
    for finding in findings:
        totals[finding.severity] += 1
    return totals


def printable(text: str) -> str:
    """The text with its control characters escaped, so that none reaches a terminal."""
    return _CONTROL.sub(lambda c: c[0].encode("unicode_escape").decode(), text)


def as_text(findings: Sequence[Finding], root: Path | None = None) -> str:
    """The report for people: ``file:line:column: severity: message`` and an indented remedy.

    ``root`` is put before file names, so that an editor or terminal can follow them.
    """
    lines: list[str] = []
    for f in in_order(findings):
        place = "dataset"
        if f.location:
            name = str(root / f.location.file) if root else f.location.file
            place = f"{name}:{f.location.line}:{f.location.column}"
        elif f.focus:
            place = f.focus
        lines.append(printable(f"{place}: {f.severity}: {f.message} [{f.code}]"))
        if f.remedy:
            lines.append("    " + printable(f.remedy))
    totals = count(findings)
    lines.append(
        f"{totals[Severity.VIOLATION]} violations, {totals[Severity.WARNING]} warnings, "
        f"{totals[Severity.INFO]} notes"
    )
    return "\n".join(lines) + "\n"


def as_json(findings: Sequence[Finding]) -> str:
    """The report for programs: ``{"conforms": …, "counts": …, "findings": […]}``."""
    ordered = in_order(findings)
    body = {
        "conforms": not stops_release(ordered),
        "counts": {str(k): v for k, v in count(ordered).items()},
        "findings": [_plain(f) for f in ordered],
    }
    return json.dumps(body, ensure_ascii=False, indent=2) + "\n"


def _plain(finding: Finding) -> dict[str, object]:
    row = asdict(finding)
    place = row.pop("location")
    row.update(place or {"file": None, "line": None, "column": None})
    return row
