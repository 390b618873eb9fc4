"""The shapes as they stand in their files, and what is asked of them again and again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox

from kg.build.data import Data
from kg.errors import EnvironmentFault
from kg.vocab import RDF, SH

_REST: Final = ox.NamedNode(RDF + "rest")
_FIRST: Final = ox.NamedNode(RDF + "first")
_WORDS: Final = {SH + name for name in ("sparql", "select", "prefixes", "description", "name", "group")}
"""What pyshacl is not given for a Core run: queries, and words for people that cost it time."""

TARGETS: Final = {SH + f"target{kind}" for kind in ("Class", "SubjectsOf", "ObjectsOf", "Node")}


class Shapes:
    """A graph of shapes."""

    def __init__(self, quads: Iterable[ox.Quad]) -> None:
        self._store = ox.Store()
        self._store.extend(quads)

    def __iter__(self) -> Iterator[ox.Quad]:
        return iter(self._store)

    def about(self, subject: Any) -> list[ox.Quad]:
        """Everything said of a subject."""
        return sorted(self._store.quads_for_pattern(subject, None, None), key=str)

    def with_(self, name: str) -> list[ox.Quad]:
        """Every use of a property of SHACL, in a fixed order."""
        return sorted(self._store.quads_for_pattern(None, sh(name), None), key=str)

    def all(self, subject: Any, name: str) -> list[Any]:
        """The values of a property of SHACL, in a fixed order."""
        found = self._store.quads_for_pattern(subject, sh(name), None)
        return sorted((quad.object for quad in found), key=str)

    def one(self, subject: Any, name: str, default: str = "") -> str:
        """The text of the first of them, or ``default``."""
        return next((str(getattr(term, "value", default)) for term in self.all(subject, name)), default)

    def members(self, head: Any) -> list[Any]:
        """The members of an RDF list."""
        found = []
        while quads := list(self._store.quads_for_pattern(head, _FIRST, None)):
            found.append(quads[0].object)
            head = next((q.object for q in self._store.quads_for_pattern(head, _REST, None)), None)
        return found

    def switched_off(self, node: Any) -> bool:
        """Whether a shape or constraint is deactivated (SHACL section 2.1.7)."""
        return self.one(node, "deactivated") == "true"

    def targets(self, shape: Any, data: Data) -> list[str]:
        """Each target as a pattern that finds ``?this`` (SHACL section 2.1.3)."""
        classes = self.all(shape, "targetClass")
        patterns = [data.instances(classes)] if classes else []
        patterns += [f"?this {term} ?anyObject_" for term in self.all(shape, "targetSubjectsOf")]
        patterns += [f"?anySubject_ {term} ?this" for term in self.all(shape, "targetObjectsOf")]
        nodes = self.all(shape, "targetNode")
        return patterns + ([f"VALUES ?this {{ {' '.join(map(str, nodes))} }}"] if nodes else [])


def sh(name: str) -> ox.NamedNode:
    """A term of SHACL."""
    return ox.NamedNode(SH + name)


def every(patterns: Iterable[str]) -> str:
    """One pattern that finds each ``?this`` of the patterns once."""
    return "{ SELECT DISTINCT ?this WHERE { " + " UNION ".join(f"{{ {p} }}" for p in patterns) + " } }"


def read(folder: Path) -> Shapes:
    """The shapes of a folder's Turtle files. Raises EnvironmentFault if there are none or one is broken."""
    files = sorted(folder.glob("*.ttl"))
    if not files:
        raise EnvironmentFault(f"there are no shapes in {folder}", hint="install the package again")
    return Shapes(quad for file in files for quad in _parsed(file))


def _parsed(file: Path) -> list[ox.Quad]:
    try:
        return list(ox.parse(file.read_bytes(), format=ox.RdfFormat.TURTLE, rename_blank_nodes=True))
    except SyntaxError as fault:
        raise EnvironmentFault(f"{file}: the shapes do not parse: {fault}") from fault


def core(shapes: Shapes) -> Shapes:
    """The Core constraints, with the property shapes of a targeted node shape targeted directly.

    A property shape means the same with the targets as without the node shape around it (SHACL
    section 2.1.3), but it can be asked once for all focus nodes instead of once for each.
    """
    kept = [q for q in shapes if q.predicate.value not in _WORDS]
    targets: dict[Any, list[ox.Quad]] = {}
    for quad in kept:
        if quad.predicate.value in TARGETS:
            targets.setdefault(quad.subject, []).append(quad)
    for quad in kept:  # a shape that others use, or that is switched off, stays as it is
        targets.pop(quad.object, None)
        if quad.predicate.value == SH + "deactivated":
            targets.pop(quad.subject, None)
    plain = [q for q in kept if q.subject not in targets or q.predicate.value != SH + "property"]
    hoisted = [
        ox.Quad(q.object, target.predicate, target.object)  # type: ignore[arg-type]
        for q in kept
        if q.predicate.value == SH + "property"
        for target in targets.get(q.subject, ())
    ]
    return Shapes([*plain, *hoisted])
