"""Hygiene: one query file for each rule, whose rows are findings; no row passes.

A file ``queries/checks/<rule>.rq`` begins with one comment line in plain English. Its first sentence
says what is wrong and the rest what to do, as in the shapes; ``{?name}`` stands for what a row has
there. A line ``#+ severity: violation`` (or info) makes of its rows what is a warning otherwise.
The query selects ``?this`` and, where it can, ``?path`` and ``?value``, from the union of the asserted
graphs, the ontology and the schemes. What SHACL can say of one record belongs in the shapes; these
are rules between records, and rules of tidiness. docs/queries.md lists them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox

from kg import resources
from kg.build.report import Result
from kg.build.validate import fill, label_of, written
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


def run(store: ox.Store, checks: Iterable[Check] | None = None) -> list[Result]:
    """Every row of every check as a result, in a fixed order. ``checks`` are the package's own by default.

    Raises EnvironmentFault if a query does not parse or does not select ``?this``.
    """
    asked = list(read() if checks is None else checks)
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # a query does not hold the interpreter's lock
        found = set(chain.from_iterable(pool.map(lambda check: list(rows(store, check)), asked)))
    return sorted(found, key=lambda result: result.sort_key)


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


def rows(store: ox.Store, check: Check, query: str = "") -> Iterator[Result]:
    """The rows of a check, or of the query given, which asks about fewer nodes."""
    try:
        solutions: Any = store.query(query or check.query, use_default_graph_as_union=True)
    except SyntaxError as fault:
        raise EnvironmentFault(f"the check {check.name} does not parse: {fault}") from fault
    names = [variable.value for variable in getattr(solutions, "variables", ())]
    if "this" not in names:
        del solutions  # else the error takes it to another thread, which may not drop it
        raise EnvironmentFault(f"the check {check.name} does not select ?this")
    for solution in solutions:
        row = {name: solution[name] for name in names if solution[name] is not None}
        path, value = row.get("path"), row.get("value")
        focus = written(row["this"])
        yield Result(
            focus=focus,
            path=written(path) if path else None,
            value=written(value) if value else None,
            severity=check.severity,
            message=fill(check.message, row),
            source_shape=SHAPES + check.name,
            source_constraint=None,
            component=_COMPONENT,
            label=label_of(store, focus),
        )
