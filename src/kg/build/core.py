"""SHACL Core on the store: which focus nodes may not conform, so that pySHACL needs to look at no others.

A screen, not a second validator: for the components that it knows it says of a node either that it
conforms for certain, or that it is suspect; of any other component it says that every focus node is
suspect. What is wrong with a suspect, and in which words, is pySHACL's to say (``kg.build.validate``).
Sources: SHACL sections 2.1.3 (targets) and 4 (components).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import pyoxigraph as ox

from kg.vocab import RDF, RDFS, SH, XSD

Term: TypeAlias = Any
Values: TypeAlias = Collection[Term]
Properties: TypeAlias = Mapping[Term, Values]
_TYPE: Final = ox.NamedNode(RDF + "type")
_SUBCLASS: Final = ox.NamedNode(RDFS + "subClassOf")
_NOTHING: Final[Properties] = {}

_FORMS: Final = {
    XSD + "integer": re.compile(r"[+-]?[0-9]{1,18}"),
    XSD + "decimal": re.compile(r"[+-]?[0-9]+(\.[0-9]+)?"),
    XSD + "boolean": re.compile(r"true|false|0|1"),
    XSD + "date": re.compile(
        r"[1-9][0-9]{3}-((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)"
    ),
    XSD + "gYearMonth": re.compile(r"[1-9][0-9]{3}-(0[1-9]|1[0-2])"),
    XSD + "gYear": re.compile(r"[1-9][0-9]{3}"),
    XSD + "string": re.compile(r"[^\x00-\x08\x0b\x0c\x0e-\x1f]*"),
    RDF + "langString": re.compile(r"[^\x00-\x08\x0b\x0c\x0e-\x1f]*"),
}
"""Lexical forms that are certainly well formed; pySHACL judges the others, such as the 29th of February."""


class View:
    """What a store says of nodes, as far as a screen asks. Nodes that were asked about are remembered."""

    def __init__(self, store: ox.Store) -> None:
        self._quads = store.quads_for_pattern
        self._types: dict[Term, frozenset[Term]] = {}
        self._values: dict[tuple[Term, Term], tuple[Term, ...]] = {}

    def properties(self, node: Term) -> Properties:
        """All values of a node, by property."""
        found: dict[Term, dict[Term, None]] = defaultdict(dict)
        for quad in self._quads(node, None, None):
            found[quad.predicate][quad.object] = None
        return found

    def subjects(self, predicate: Term, value: Term = None) -> Iterator[Term]:
        """What has a property, or a property with this value; some may come twice."""
        return (quad.subject for quad in self._quads(None, predicate, value))

    def types(self, node: Term) -> frozenset[Term]:
        """The classes that a node is said to be of."""
        if node not in self._types:
            self._types[node] = frozenset(self.values(node, _TYPE))
        return self._types[node]

    def values(self, node: Term, predicate: Term) -> tuple[Term, ...]:
        """The values of one property of a node."""
        if isinstance(node, ox.Literal):
            return ()
        if (node, predicate) not in self._values:
            found = tuple({quad.object: None for quad in self._quads(node, predicate, None)})
            self._values[node, predicate] = found
        return self._values[node, predicate]


Check: TypeAlias = Callable[[Values, View], bool]
"""Whether these values of one property, or one node alone, certainly conform."""


@dataclass(frozen=True, slots=True)
class Target:
    """A shape's targets, and what is asked of them: properties with their checks, and of the node itself."""

    classes: frozenset[Term]
    subjects_of: frozenset[Term]
    objects_of: frozenset[Term]
    nodes: frozenset[Term]
    properties: tuple[tuple[Term, Check], ...]
    own: Check


class Screen:
    """The Core constraints of a shapes graph, made ready for the data in a store.

    ``shapes`` is the shapes graph without what is not Core; ``store`` has the ontology, for its subclasses.
    """

    def __init__(self, shapes: Iterable[ox.Quad], store: ox.Store) -> None:
        self._shapes: dict[Term, dict[str, list[Term]]] = defaultdict(lambda: defaultdict(list))
        for quad in shapes:
            self._shapes[quad.subject][_short(quad.predicate)].append(quad.object)
        self._below = _subclasses(store)
        self._within: list[Term] = []
        self._makers: Mapping[str, Callable[[Term], Check]] = {
            "minCount": self._min_count,
            "maxCount": self._max_count,
            "datatype": self._datatype,
            "nodeKind": self._node_kind,
            "pattern": self._pattern,
            "uniqueLang": self._unique_lang,
            "minInclusive": self._min_inclusive,
            "hasValue": self._has_value,
            "class": self._class,
            "or": self._or,
            "node": self._whole,
        }
        self.paths: set[Term] = {_TYPE}
        self.deep: set[Term] = {_TYPE}
        self.depth = 1
        self.blind = False
        """Whether some shape may ask about more than ``paths`` and ``depth`` tell."""
        self.targets = tuple(target for node in list(self._shapes) if (target := self._target(node)))
        self._others = tuple(t for t in self.targets if t.subjects_of or t.objects_of or t.nodes)
        self._by_types: dict[frozenset[Term], tuple[Target, ...]] = {}

    def focus_nodes(self, view: View) -> Iterator[Term]:
        """Every node that some shape targets, once."""
        seen: set[Term] = set()
        for node in self._targeted(view):
            if node not in seen:
                seen.add(node)
                yield node

    def _targeted(self, view: View) -> Iterator[Term]:
        for cls in {cls for target in self.targets for cls in target.classes}:
            yield from view.subjects(_TYPE, cls)
        for predicate in {p for target in self.targets for p in target.subjects_of}:
            yield from view.subjects(predicate)
        for predicate in {p for target in self.targets for p in target.objects_of}:
            for node in set(view.subjects(predicate)):
                yield from view.values(node, predicate)
        for target in self.targets:
            yield from target.nodes

    def affected(self, change: Iterable[ox.Quad], view: View) -> set[Term]:
        """The nodes that a change of these triples can make conform or not conform."""
        quads = list(change)
        found: set[Term] = {quad.subject for quad in quads}
        if any(target.objects_of for target in self.targets):
            found |= {quad.object for quad in quads}
        level: set[Term] = {quad.subject for quad in quads if quad.predicate in self.deep}
        for _ in range(self.depth):
            naming = {node for value in level for path in self.paths for node in view.subjects(path, value)}
            found |= naming
            level = naming
        return found

    def suspects(self, nodes: Iterable[Term], view: View) -> Iterator[Term]:
        """Those of the nodes that do not certainly conform to every shape that targets them."""
        return (node for node in nodes if not self._conforms(node, view))

    def _conforms(self, node: Term, view: View) -> bool:
        properties = view.properties(node) if not isinstance(node, ox.Literal) else _NOTHING
        for target in self._asking(node, properties, view):
            if not target.own((node,), view):
                return False
            for path, check in target.properties:
                if not check(properties.get(path, ()), view):
                    return False
        return True

    def _asking(self, node: Term, properties: Properties, view: View) -> Iterator[Target]:
        types = frozenset(properties.get(_TYPE, ()))
        if types not in self._by_types:
            found = tuple(target for target in self.targets if not target.classes.isdisjoint(types))
            self._by_types[types] = found
        yield from self._by_types[types]
        for target in self._others:
            if target not in self._by_types[types] and (
                not target.subjects_of.isdisjoint(properties)
                or node in target.nodes
                or any(next(view.subjects(p, node), None) for p in target.objects_of)
            ):
                yield target

    # Shapes to checks

    def _target(self, shape: Term) -> Target | None:
        names = ("targetClass", "targetSubjectsOf", "targetObjectsOf", "targetNode")
        classes, subjects_of, objects_of, nodes = (frozenset(self._shapes[shape][name]) for name in names)
        if not (classes or subjects_of or objects_of or nodes):
            return None
        below = frozenset(each for cls in classes for each in self._below.get(cls, {cls}))
        return Target(
            below, subjects_of, objects_of, nodes, tuple(self._properties(shape)), self._node(shape)
        )

    def _properties(self, shape: Term) -> Iterator[tuple[Term, Check]]:
        """The property shapes of a node shape, or the shape itself if it is one."""
        rows = self._shapes[shape]
        for each in [*rows["property"], *([shape] if rows["path"] else [])]:
            paths = self._shapes[each]["path"]
            if len(paths) == 1 and isinstance(paths[0], ox.NamedNode) and not self._shapes[each]["property"]:
                self.paths.add(paths[0])
                yield paths[0], self._values(each)
            else:  # a path that is not one property, or property shapes on its values: nothing is certain
                self.blind = True
                yield _TYPE, _suspect

    def _values(self, shape: Term) -> Check:
        """The checks of a property shape, on all values of its property."""
        checks = tuple(self._checks(shape))
        return lambda values, view: all(check(values, view) for check in checks)

    def _node(self, shape: Term) -> Check:
        """The checks of a node shape on a node itself; its properties are asked for apart."""
        rows = self._shapes[shape]
        checks = () if rows["path"] else tuple(self._checks(shape))
        return lambda values, view: all(check(values, view) for check in checks)

    def _whole(self, shape: Term) -> Check:
        """The checks of a shape on a value, its properties included (``sh:node``, ``sh:or``)."""
        if shape in self._within:
            self.blind = True
            return _suspect  # a shape that uses itself: SHACL leaves open what that means (section 3.4.3)
        self._within.append(shape)
        asked = [shape, *self._shapes[shape]["property"]]
        self.deep |= {path for each in asked for path in self._shapes[each]["path"]}
        self.depth = max(self.depth, 1 + len(self._within))
        own, properties = self._node(shape), tuple(self._properties(shape))
        self._within.pop()

        def check(values: Values, view: View) -> bool:
            return own(values, view) and all(
                test(view.values(value, path), view) for value in values for path, test in properties
            )

        return check

    def _checks(self, shape: Term) -> Iterator[Check]:
        for name, values in list(self._shapes[shape].items()):
            if name in _SAYS_NOTHING:
                continue
            make = self._makers.get(name)
            self.blind |= not make and name not in _NEARBY
            for value in values:
                yield make(value) if make else _suspect

    def _min_count(self, number: Term) -> Check:
        least = int(number.value)
        return lambda values, _: len(values) >= least

    def _max_count(self, number: Term) -> Check:
        most = int(number.value)
        return lambda values, _: len(values) <= most

    def _datatype(self, datatype: Term) -> Check:
        form = _FORMS.get(datatype.value)
        if form is None:
            return _suspect
        fits = form.fullmatch
        return lambda values, _: all(
            isinstance(v, ox.Literal) and v.datatype == datatype and bool(fits(v.value)) for v in values
        )

    def _node_kind(self, kind: Term) -> Check:
        if kind.value != SH + "IRI":
            return _suspect
        return lambda values, _: all(isinstance(v, ox.NamedNode) for v in values)

    def _pattern(self, pattern: Term) -> Check:
        found = re.compile(pattern.value)
        return lambda values, _: all(
            not isinstance(v, ox.BlankNode) and bool(found.search(v.value)) for v in values
        )

    def _unique_lang(self, wanted: Term) -> Check:
        if wanted.value not in ("true", "1"):
            return _certain

        def check(values: Values, _: View) -> bool:
            tags = [v.language.lower() for v in values if isinstance(v, ox.Literal) and v.language]
            return len(tags) == len(set(tags))

        return check

    def _min_inclusive(self, bound: Term) -> Check:
        if not _is_integer(bound):
            return _suspect
        least = int(bound.value)
        return lambda values, _: all(_is_integer(v) and int(v.value) >= least for v in values)

    def _has_value(self, wanted: Term) -> Check:
        return lambda values, _: wanted in values

    def _class(self, cls: Term) -> Check:
        below = self._below.get(cls, frozenset({cls}))
        return lambda values, view: all(not below.isdisjoint(view.types(v)) for v in values)

    def _or(self, head: Term) -> Check:
        choices = tuple(self._whole(shape) for shape in self._list(head))
        return lambda values, view: all(any(choice((v,), view) for choice in choices) for v in values)

    def _list(self, head: Term) -> Iterator[Term]:
        while self._shapes[head]["first"]:
            yield self._shapes[head]["first"][0]
            head = self._shapes[head]["rest"][0]


_SAYS_NOTHING: Final = frozenset(
    [
        *("property", "path", "message", "severity", "type", "label", "comment", "order", "deactivated"),
        *("targetClass", "targetSubjectsOf", "targetObjectsOf", "targetNode"),
    ]
)


_NEARBY: Final = frozenset(
    [
        *("flags", "in", "languageIn", "minLength", "maxLength", "closed", "ignoredProperties"),
        *("minExclusive", "maxExclusive", "maxInclusive"),
        *("equals", "disjoint", "lessThan", "lessThanOrEquals"),
    ]
)
"""Components that the screen does not know, but that ask about nothing beyond a focus node and its values."""


def _suspect(_values: Values, _view: View) -> bool:
    return False


def _certain(_values: Values, _view: View) -> bool:
    return True


def _is_integer(term: Term) -> bool:
    if not isinstance(term, ox.Literal) or term.datatype.value != XSD + "integer":
        return False
    return bool(_FORMS[XSD + "integer"].fullmatch(term.value))


def _short(predicate: ox.NamedNode) -> str:
    return re.split(r"[#/]", predicate.value)[-1]


def _subclasses(store: ox.Store) -> dict[Term, frozenset[Term]]:
    """Each class that has any, with all below it and itself."""
    direct: dict[Term, set[Term]] = defaultdict(set)
    for quad in store.quads_for_pattern(None, _SUBCLASS, None):
        direct[quad.object].add(quad.subject)
    return {cls: _reach(cls, direct) for cls in direct}


def _reach(cls: Term, direct: Mapping[Term, set[Term]]) -> frozenset[Term]:
    found, todo = {cls}, [cls]
    while todo:
        new = direct.get(todo.pop(), set()) - found
        found |= new
        todo.extend(new)
    return frozenset(found)
