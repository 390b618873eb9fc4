"""Screens: which nodes may break a Core constraint, asked of the store in a few queries for each shape.

A screen may name a node that turns out sound, which costs a little, but never misses one that pyshacl
would report: it names every node that does not *surely* conform (``conditions``). A shape with a
component or path that no screen is made for is ``Unscreened``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

import pyoxigraph as ox

from kg.build.conditions import BOUNDS, Unscreened, iri, of_term
from kg.build.data import Data
from kg.build.shapes import TARGETS, Shapes, every
from kg.vocab import DCTERMS, RDF, RDFS, SH

_TYPE: Final = RDF + "type"
_KINDS: Final = {SH + "NodeShape", SH + "PropertyShape"}
_SAYS_NOTHING: Final = {
    *(SH + name for name in ("path", "severity", "message", "order", "deactivated")),
    *(RDFS + name for name in ("label", "comment")),
    *(DCTERMS + name for name in ("title", "description")),
    *TARGETS,
}
"""Properties of a shape that constrain nothing, or are looked at elsewhere."""

_OF_ALL_VALUES: Final = {"minCount", "maxCount", "uniqueLang", "hasValue"}
_OF_VALUES: Final = {"class", "datatype", "node", "nodeKind", "or", "pattern", "property", *BOUNDS}


@dataclass(frozen=True, slots=True)
class Screen:
    """The queries that together name every ``?this`` which may break a shape.

    ``reads`` are the properties by which pyshacl will walk to judge such a node: from the node, then
    from what it reached by the first, and so on.
    """

    shape: Any
    queries: tuple[str, ...]
    reads: tuple[frozenset[str], ...]


def of(shape: Any, shapes: Shapes, data: Data) -> Screen:
    """The screen of a shape that has targets. Raises Unscreened."""
    return _Maker(shapes, data).screen(shape)


class _Maker:
    def __init__(self, shapes: Shapes, data: Data) -> None:
        self._shapes = shapes
        self._data = data
        self._reads: list[set[str]] = []
        self._inside: list[Any] = []
        self._variables = count()

    def screen(self, shape: Any) -> Screen:
        paths = self._shapes.all(shape, "path")
        targets = self._shapes.targets(shape, self._data)
        if any(not isinstance(node, ox.NamedNode) for node in self._shapes.all(shape, "targetNode")):
            raise Unscreened
        self._known(shape, _OF_VALUES | _OF_ALL_VALUES if paths else _OF_VALUES)
        queries = self._of_values(shape, targets) if paths else self._of_node(shape, targets)
        return Screen(shape, tuple(queries), tuple(map(frozenset, self._reads)))

    def _of_node(self, shape: Any, targets: list[str]) -> list[str]:
        return [_selected(every(targets) + _unless(self._sure(shape, "?this", 0)))]

    def _of_values(self, shape: Any, targets: list[str]) -> list[str]:
        path = self._path(shape, 0)
        missing = [f"FILTER NOT EXISTS {{ ?this {path} {term} }}" for term in self._needed(shape)]
        wrong = [*self._too_many(shape, path)]
        if sure := self._sure(shape, "?value", 1):
            wrong.append(f"?this {path} ?value {_unless(sure)}")
        # What is wrong comes first, because there is little of it, and is then looked for in the targets.
        among = " UNION ".join(f"{{ {target} }}" for target in targets)
        return [
            *(_selected(f"{every(targets)} {pattern}") for pattern in missing),
            *(_selected(f"{every([pattern])} FILTER EXISTS {{ {among} }}") for pattern in wrong),
        ]

    def _needed(self, shape: Any) -> Iterator[str]:
        """What must be among the values: anything at all, or a certain term."""
        for least in self._shapes.all(shape, "minCount"):
            if least.value not in ("0", "1"):
                raise Unscreened
            if least.value == "1":
                yield "?value"
        yield from (iri(term) for term in self._shapes.all(shape, "hasValue"))

    def _too_many(self, shape: Any, path: str) -> Iterator[str]:
        value = f"?this {path} ?value"
        other = f"EXISTS {{ ?this {path} ?other FILTER(!SAMETERM(?value, ?other)"  # it need not find them all
        for most in self._shapes.all(shape, "maxCount"):
            if most.value != "1":
                raise Unscreened
            yield f"{value} FILTER {other}) }}"
        for unique in self._shapes.all(shape, "uniqueLang"):
            if unique.value != "true":
                raise Unscreened
            same = "LCASE(LANG(?value)) = LCASE(LANG(?other))"
            yield f"{value} FILTER(LANG(?value) != '') FILTER {other} && {same}) }}"

    def _sure(self, shape: Any, node: str, depth: int) -> list[str]:
        """Expressions that are together true only of nodes that conform to the shape, but for its targets."""
        return [
            expression
            for name in sorted(_OF_VALUES)
            for term in self._shapes.all(shape, name)
            for expression in self._condition(name, term, node, depth)
        ]

    def _condition(self, name: str, term: Any, node: str, depth: int) -> Iterable[str]:
        if name == "class":
            self._read(depth, _TYPE)
            return [self._data.is_instance(node, [ox.NamedNode(iri(term)[1:-1])])]
        if name == "node":
            return self._nested(term, node, depth)
        if name == "property":
            return self._property(term, node, depth)
        if name == "or":
            ways = [_all(self._nested(way, node, depth)) for way in self._shapes.members(term)]
            return ["(" + " || ".join(ways or ["false"]) + ")"]
        return [of_term(name, term, node)]

    def _nested(self, shape: Any, node: str, depth: int) -> list[str]:
        """A shape that another one uses. A circle of shapes is not screened."""
        if shape in self._inside or self._shapes.all(shape, "deactivated") or self._shapes.all(shape, "path"):
            raise Unscreened
        self._known(shape, _OF_VALUES)
        self._inside.append(shape)
        found = self._sure(shape, node, depth)
        self._inside.pop()
        return found

    def _property(self, shape: Any, node: str, depth: int) -> list[str]:
        if shape in self._inside or self._shapes.all(shape, "deactivated"):
            raise Unscreened
        self._known(shape, _OF_VALUES | {"hasValue", "minCount"})
        self._inside.append(shape)
        value = f"?value{next(self._variables)}"
        path = self._path(shape, depth)
        found = [f"EXISTS {{ {node} {path} {term} }}" for term in self._needed(shape)]
        if sure := self._sure(shape, value, depth + 1):
            found.append(f"!EXISTS {{ {node} {path} {value} {_unless(sure)} }}")
        self._inside.pop()
        return found

    def _path(self, shape: Any, depth: int) -> str:
        paths = self._shapes.all(shape, "path")
        if len(paths) != 1:
            raise Unscreened
        self._read(depth, iri(paths[0])[1:-1])
        return str(paths[0])

    def _read(self, depth: int, predicate: str) -> None:
        while len(self._reads) <= depth:
            self._reads.append(set())
        self._reads[depth].add(predicate)

    def _known(self, shape: Any, components: Iterable[str]) -> None:
        known = {SH + name for name in components} | _SAYS_NOTHING
        for quad in self._shapes.about(shape):
            kind = quad.predicate.value == _TYPE and getattr(quad.object, "value", "") in _KINDS
            if not kind and quad.predicate.value not in known:
                raise Unscreened


def _all(sure: Iterable[str]) -> str:
    return "(" + (" && ".join(sure) or "true") + ")"


def _unless(sure: Iterable[str]) -> str:
    """A filter for what does not surely conform; what an expression fails on does not."""
    return f" FILTER(!COALESCE({_all(sure)}, false))"


def _selected(pattern: str) -> str:
    return f"SELECT DISTINCT ?this WHERE {{ {pattern} }}"
