"""SHACL Core: the store finds the nodes that may break a shape, pyshacl judges these and no others.

pyshacl is given, for each batch of suspects, the shapes they are suspected under, with the suspects as
their only targets (SHACL section 2.1.3: a result does not depend on the kind of target), and of the data
what lies on the paths that these shapes walk. Where nothing is suspicious it is not even imported. A
shape that has no screen is judged by pyshacl on all data.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any, Final

import pyoxigraph as ox

from kg.build import screens, stock
from kg.build.conditions import Unscreened
from kg.build.data import Data, side_by_side
from kg.build.report import Result
from kg.build.screens import Screen
from kg.build.shapes import TARGETS, Shapes, sh
from kg.vocab import OWL, RDF, RDFS, SH

_BATCH: Final = 2000
"""Suspects that pyshacl judges at once: more are no quicker, and take memory."""

_TYPE: Final = RDF + "type"
_CLASSES: Final = {RDFS + "Class", OWL + "Class"}
_SUBCLASS: Final = ox.NamedNode(RDFS + "subClassOf")
_TARGET_NODE: Final = sh("targetNode")


@dataclass(frozen=True, slots=True)
class _Suspect:
    screen: Screen
    node: Any


def results(data: Data, shapes: Shapes) -> set[Result]:
    """Every result of the Core constraints. Raises EnvironmentFault if pyshacl cannot make out a shape."""
    screened = list(_screens(shapes, data))
    suspects = list(chain(*side_by_side(partial(_suspects, data), screened)))
    rest = _untargeted(shapes, {screen.shape for screen in screened})
    found = set(stock.run(data.triples(), rest)) if any(map(_is_target, rest)) else set()
    for start in range(0, len(suspects), _BATCH):
        batch = suspects[start : start + _BATCH]
        found.update(stock.run(_surroundings(data, batch), _targeting(shapes, batch)))
    return found


def _screens(shapes: Shapes, data: Data) -> Iterator[Screen]:
    targeted = {quad.subject for quad in shapes if quad.predicate.value in TARGETS}
    for shape in sorted(targeted, key=str):
        try:
            yield screens.of(shape, shapes, data)
        except Unscreened:
            continue


def _suspects(data: Data, screen: Screen) -> list[_Suspect]:
    nodes = {
        row["this"] for query in screen.queries for row in data.rows(query, f"the screen of {screen.shape}")
    }
    return [_Suspect(screen, node) for node in sorted(nodes, key=str)]


def _untargeted(shapes: Shapes, screened: set[Any]) -> list[ox.Quad]:
    """The shapes without the targets of those that are screened."""
    return [q for q in shapes if not (q.subject in screened and q.predicate.value in TARGETS)]


def _is_target(quad: ox.Quad) -> bool:
    """Whether a shape has targets by it: by a property, or for a class by being a shape as well."""
    implicit = quad.predicate.value == _TYPE and getattr(quad.object, "value", "") in _CLASSES
    return implicit or quad.predicate.value.startswith(SH + "target")


def _targeting(shapes: Shapes, suspects: Iterable[_Suspect]) -> list[ox.Quad]:
    """The shapes that the suspects are suspected under, with all that these use."""
    targets = [ox.Quad(suspect.screen.shape, _TARGET_NODE, suspect.node) for suspect in suspects]
    new = {quad.subject for quad in targets}
    known: set[Any] = set()
    kept = []
    while new:
        known.add(subject := new.pop())
        about = [q for q in shapes.about(subject) if not _is_target(q)]
        new |= {q.object for q in about if not isinstance(q.object, ox.Literal)} - known
        kept += about
    return targets + kept


def _surroundings(data: Data, suspects: Sequence[_Suspect]) -> Iterator[ox.Triple]:
    """What pyshacl reads to judge them."""
    yield from data.triples(None, _SUBCLASS)
    for suspect in suspects:
        if isinstance(suspect.node, ox.BlankNode):  # pyshacl will want to show it
            yield from chain(data.triples(suspect.node), data.triples(None, None, suspect.node))
        nodes = {suspect.node}
        for predicates in suspect.screen.reads:
            triples = [
                triple
                for node in nodes
                if not isinstance(node, ox.Literal)
                for predicate in predicates
                for triple in data.triples(node, ox.NamedNode(predicate))
            ]
            yield from triples
            nodes = {triple.object for triple in triples}
