"""The gate asked again after a change: only about the nodes that the change can concern.

``again`` gives what ``validate.validate`` and ``checks.run`` would give on the data as they are now.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox

from kg import resources
from kg.build import checks, validate
from kg.build.affected import Analysis, Reach, analyse
from kg.build.checks import Check
from kg.build.core import View
from kg.build.report import Result
from kg.build.validate import Constraint
from kg.vocab import SHAPES

_FORM: Final = 2
"""To be raised when ``kg.build.affected`` analyses otherwise, so that what an older kg kept is not used."""


def again(
    store: ox.Store,
    gone: Sequence[ox.Quad],
    come: Sequence[ox.Quad],
    before: Sequence[Result],
    analyses: Analyses,
) -> list[Result]:
    """All results on the asserted triples in ``store``, which have changed by ``gone`` and ``come``.

    ``before`` are the results on the store as it was, by the same shapes and checks, with the same
    subclasses; ``analyses`` remembers what is known of the queries.
    Raises EnvironmentFault if a shape or a check cannot run.
    """
    shapes = validate.read_shapes(resources.shapes())
    asked = _Again(store, [*gone, *come], Reach(store, gone), analyses)
    hygiene = checks.read()
    of_checks = {SHAPES + check.name for check in hygiene}
    old = [result for result in before if result.source_shape not in of_checks]
    found = list(_core(asked, shapes, [result for result in old if result.source_constraint is None]))
    for constraint in validate.constraints(shapes):
        found += asked.constraint(constraint, [r for r in old if r.source_constraint == constraint.name])
    rows: list[Result] = []
    for check in hygiene:
        rows += asked.check(check, [r for r in before if r.source_shape == SHAPES + check.name])
    return [*validate.in_order(found, store), *validate.in_order(rows, store)]


def _core(asked: _Again, shapes: Sequence[ox.Quad], before: Iterable[Result]) -> Iterator[Result]:
    screen = validate.screen_of(shapes, asked.store)
    nodes = screen.affected(asked.change, asked.view)
    if not screen.blind:  # else all nodes are asked about
        yield from _rest(before, nodes)
    yield from validate.core(asked.store, shapes, screen, nodes)


@dataclass(frozen=True)
class _Again:
    store: ox.Store
    change: Sequence[ox.Quad]
    reach: Reach
    analyses: Analyses

    @property
    def view(self) -> View:
        """The store as the screen sees it."""
        return View(self.store)

    def constraint(self, constraint: Constraint, before: Sequence[Result]) -> list[Result]:
        """The results of a constraint, those of nodes that are not concerned taken over."""
        nodes = self._nodes(constraint.select) if constraint.by_subject else None
        if nodes is None:
            return list(validate.run(self.store, constraint))
        targets = [node for node in nodes if self._is_target(node, constraint)]
        query = _about(targets, constraint.select, constraint.name)
        return [*_rest(before, nodes), *(validate.run(self.store, constraint, query) if query else ())]

    def check(self, check: Check, before: Sequence[Result]) -> list[Result]:
        """The rows of a check, in the same way."""
        nodes = self._nodes(check.query)
        if nodes is None:
            return list(checks.rows(self.store, check))
        query = _about(nodes, check.query, check.name)
        return [*_rest(before, nodes), *(checks.rows(self.store, check, query) if query else ())]

    def _nodes(self, query: str) -> set[Any] | None:
        """The nodes to ask about: what the change can reach, and its subjects, which may be targets now."""
        found = self.analyses.of(query).candidates(self.change, self.reach)
        if found is None:
            return None
        found |= {quad.subject for quad in self.change}
        # A query cannot name a blank node.
        return None if any(isinstance(node, ox.BlankNode) for node in found) else found

    def _is_target(self, node: Any, constraint: Constraint) -> bool:
        if isinstance(node, ox.Literal):
            return False
        types = (quad.object for quad in self.store.quads_for_pattern(node, validate.TYPE, None))
        if any(not constraint.classes.isdisjoint(self._above(cls)) for cls in types):
            return True
        return any(next(self.store.quads_for_pattern(node, p, None), None) for p in constraint.subjects_of)

    def _above(self, cls: Any) -> frozenset[Any]:
        found, todo = {cls}, [cls]
        while todo and not isinstance(cls, ox.Literal):
            above = self.store.quads_for_pattern(todo.pop(), validate.SUBCLASS, None)
            new = {quad.object for quad in above} - found
            found |= new
            todo.extend(new)
        return frozenset(found)


def prepare(path: Path) -> None:
    """Analyse every query of the gate, for a later ``again``. Raises OSError."""
    analyses = Analyses(path)
    shapes = validate.read_shapes(resources.shapes())
    for query in (
        *(constraint.select for constraint in validate.constraints(shapes)),
        *(check.query for check in checks.read()),
    ):
        analyses.of(query)
    analyses.save(path)


class Analyses:
    """The analyses of queries, kept in a file: to parse all of them takes a second.

    A file that is missing or damaged is as good as an empty one.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, Any] = {}
        with contextlib.suppress(OSError, ValueError, TypeError, RecursionError):
            self._known = dict(json.loads(path.read_text(encoding="utf-8")))

    def of(self, query: str) -> Analysis:
        """The analysis of a query."""
        key = hashlib.sha256(f"{_FORM} {query}".encode()).hexdigest()
        with contextlib.suppress(KeyError, ValueError):
            return Analysis.of(self._known[key])
        # In a thread: pyparsing keeps exceptions, and with them the frames of all callers and their stores.
        with ThreadPoolExecutor(1) as thread:
            found = thread.submit(analyse, query).result()
        self._known[key] = found.plain()
        return found

    def save(self, path: Path) -> None:
        """Write them. Raises OSError."""
        path.write_text(json.dumps(self._known), encoding="utf-8")


def _about(nodes: Iterable[Any], query: str, name: str) -> str:
    """The query about these nodes alone, none of them blank; empty where there are none."""
    terms = sorted(str(node) for node in nodes)
    return validate.with_pattern(query, f" VALUES ?this {{ {' '.join(terms)} }} ", name) if terms else ""


def _rest(before: Iterable[Result], nodes: set[Any]) -> Iterator[Result]:
    names = {validate.written(node) for node in nodes}
    return (result for result in before if result.focus not in names)
