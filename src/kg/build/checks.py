"""Hygiene: one query file for each rule, whose rows are findings; no row passes.

A file ``queries/checks/<rule>.rq`` begins with one comment line in plain English. Its first sentence
says what is wrong and the rest what to do, as in the shapes; ``{?name}`` stands for what a row has
there. A line ``#+ severity: violation`` (or info) makes of its rows what is a warning otherwise.
The query selects ``?this`` and, where it can, ``?path`` and ``?value``, from the union of the asserted
graphs, the ontology and the schemes. What SHACL can say of one record belongs in the shapes; these
are rules between records, and rules of tidiness. docs/queries.md lists them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox

from kg import resources
from kg.build.data import Data, side_by_side
from kg.build.report import Result, written
from kg.build.sets import fill
from kg.errors import EnvironmentFault
from kg.findings import Severity
from kg.vocab import SH, SHAPES

_SENTENCE: Final = re.compile(r"# (\S.*\S)")
_SEVERITY: Final = re.compile(r"#\+ severity: (\w+)")
_COMPONENT: Final = SH + "SPARQLConstraintComponent"


@dataclass(frozen=True, slots=True)
class Check:
    """A rule: its name (that of its file), what its rows are worth, its message and its query."""

    name: str
    severity: Severity
    message: str
    query: str


def run(store: ox.Store, checks: Iterable[Check] | None = None, *, merged: bool = False) -> list[Result]:
    """Every row of every check as a result, in a fixed order. ``checks`` are the package's own by default.

    ``merged`` says that the default graph of the store is the union of all graphs already.

    Raises EnvironmentFault if a query does not parse or does not select ``?this``.
    """
    data = Data(store, merged)
    found = set(chain(*side_by_side(partial(_results, data), read() if checks is None else checks)))
    ordered = sorted(found, key=lambda result: result.sort_key)
    return [replace(result, label=data.label_of(result.focus)) for result in ordered]


def read(folder: Path | None = None) -> list[Check]:
    """The checks of a folder, by name. Raises EnvironmentFault for a file without its first line."""
    return [_check(path) for path in sorted((folder or resources.queries() / "checks").glob("*.rq"))]


def _check(path: Path) -> Check:
    text = path.read_text(encoding="utf-8")
    sentence = _SENTENCE.match(text)
    if sentence is None:
        raise EnvironmentFault(f"{path}: the first line is no comment", hint="# What is wrong. What to do.")
    severity = _SEVERITY.search(text)
    try:
        worth = Severity(severity[1]) if severity else Severity.WARNING
    except ValueError as error:
        raise EnvironmentFault(
            f"{path}: there is no severity {severity[1] if severity else ''}",
            hint="one of: " + ", ".join(Severity),
        ) from error
    return Check(path.stem, worth, sentence[1], text)


def _results(data: Data, check: Check) -> list[Result]:
    return [_result(check, row) for row in data.rows(check.query, f"the check {check.name}")]


def _result(check: Check, row: dict[str, Any]) -> Result:
    path, value = row.get("path"), row.get("value")
    return Result(
        focus=written(row["this"]),
        path=written(path) if path else None,
        value=written(value) if value else None,
        severity=check.severity,
        message=fill(check.message, row),
        source_shape=SHAPES + check.name,
        source_constraint=None,
        component=_COMPONENT,
    )
