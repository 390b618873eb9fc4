"""Which focus nodes a query can find otherwise than before, after a change of the data.

The rule of incremental view maintenance: a row comes or goes only if some triple pattern of the query,
wherever it stands, matches a triple of the change. From that pattern the patterns that hold with it lead
back to ``?this``; followed in the data as they are and as they were, they give every node for which
the query has to be asked again. Where nothing leads back (two parts tied by a FILTER alone), the query
has to be asked whole.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Final, TypeAlias

import pyoxigraph as ox

Term: TypeAlias = Any
"""A term of pyoxigraph, or the name of a variable."""

Scope: TypeAlias = tuple[int, ...]
"""The groups that a pattern stands in, the outermost first: what holds in one holds in those inside it."""

_THIS: Final = "this"
_MOST: Final = 20_000
"""So many candidates are not asked for one by one."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A triple pattern with one of some predicates, or with any where ``predicates`` is empty.

    ``repeats`` is set for a path such as p* or (p|q)+: any number of steps.
    """

    subject: Term
    predicates: frozenset[ox.NamedNode]
    object: Term
    scope: Scope
    repeats: bool = False

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of the variables at its ends."""
        return tuple(term for term in (self.subject, self.object) if isinstance(term, str))


Way: TypeAlias = tuple[tuple[Pattern, bool], ...]
"""Patterns to follow one after the other, each forward (from subject to object) or back."""


class Reach:
    """The data as they are and as they were, one step at a time."""

    def __init__(self, store: ox.Store, gone: Iterable[ox.Quad]) -> None:
        self._store = store
        self._forward: dict[Term, list[ox.Quad]] = defaultdict(list)
        self._back: dict[Term, list[ox.Quad]] = defaultdict(list)
        for quad in gone:
            self._forward[quad.subject].append(quad)
            self._back[quad.object].append(quad)

    def step(self, node: Term, predicates: frozenset[ox.NamedNode], forward: bool) -> set[Term]:
        """What a node is tied to by these predicates, or by any where there are none, in one direction."""
        if forward and isinstance(node, ox.Literal):
            return set()
        before = (self._forward if forward else self._back).get(node, ())
        found = [quad for quad in before if not predicates or quad.predicate in predicates]
        for predicate in predicates or (None,):
            ends = (node, predicate, None) if forward else (None, predicate, node)
            found.extend(self._store.quads_for_pattern(*ends))
        return {quad.object if forward else quad.subject for quad in found}

    def closure(
        self, nodes: Iterable[Term], predicates: frozenset[ox.NamedNode], forward: bool
    ) -> set[Term]:
        """The nodes and all that is tied to them by any number of steps."""
        found = set(nodes)
        todo = list(found)
        while todo:
            new = self.step(todo.pop(), predicates, forward) - found
            found |= new
            todo.extend(new)
        return found


@dataclass(frozen=True, slots=True)
class Analysis:
    """The patterns of a query, each with the way from it to ``?this``; None where there is none."""

    patterns: tuple[tuple[Pattern, Way | None, bool], ...]

    def candidates(self, change: Sequence[ox.Quad], reach: Reach) -> set[Term] | None:
        """The nodes for which the query may give other rows; None if it has to be asked whole."""
        by_predicate: dict[Term, list[ox.Quad]] = defaultdict(list)
        for quad in change:
            by_predicate[quad.predicate].append(quad)
        found: set[Term] = set()
        for pattern, way, from_subject in self.patterns:
            matches = [quad for p in pattern.predicates for quad in by_predicate.get(p, ())]
            if not pattern.predicates:
                matches = list(change)
            ends = {end for quad in matches for end in _ends(quad, pattern, from_subject, reach)}
            if not ends:
                continue
            if way is None:
                return None
            for step, forward in way:
                ends = _follow(ends, step, forward, reach)
                if len(ends) > _MOST:
                    return None
            found |= ends
        return found if len(found) <= _MOST else None

    def plain(self) -> list[Any]:
        """The analysis as JSON has it."""
        return [
            [_plain(pattern), way and [[_plain(step), forward] for step, forward in way], from_subject]
            for pattern, way, from_subject in self.patterns
        ]

    @classmethod
    def of(cls, plain: list[Any]) -> Analysis:
        """The reverse of ``plain``. Raises ValueError or TypeError if it is nothing of the kind."""
        return cls(
            tuple(
                (
                    _pattern(pattern),
                    None if way is None else tuple((_pattern(step), bool(forward)) for step, forward in way),
                    bool(from_subject),
                )
                for pattern, way, from_subject in plain
            )
        )


def _ends(quad: ox.Quad, pattern: Pattern, from_subject: bool, reach: Reach) -> set[Term]:
    """What the variable from which the way begins can be, where the pattern matches a triple."""
    for wanted, there in ((pattern.subject, quad.subject), (pattern.object, quad.object)):
        if not pattern.repeats and not isinstance(wanted, str) and wanted != there:
            return set()
    node = quad.subject if from_subject else quad.object
    if pattern.repeats:
        return reach.closure([node], pattern.predicates, not from_subject)
    return {node}


def _follow(nodes: set[Term], pattern: Pattern, forward: bool, reach: Reach) -> set[Term]:
    if pattern.repeats:
        return reach.closure(nodes, pattern.predicates, forward)
    return {end for node in nodes for end in reach.step(node, pattern.predicates, forward)}


def _plain(pattern: Pattern) -> list[Any]:
    ends = [str(term) for term in (pattern.subject, pattern.object)]
    return [*ends, sorted(p.value for p in pattern.predicates), list(pattern.scope), pattern.repeats]


def _pattern(plain: list[Any]) -> Pattern:
    subject, value, predicates, scope, repeats = plain
    named = frozenset(ox.NamedNode(p) for p in predicates)
    return Pattern(_read(subject), named, _read(value), tuple(scope), bool(repeats))


def _read(text: str) -> Term:
    """A term from N-Triples syntax; what begins with no sign of one is the name of a variable."""
    if not text.startswith(("<", '"')):
        return text
    (quad,) = ox.parse(f"<urn:x> <urn:x> {text} .", format=ox.RdfFormat.N_TRIPLES)
    return quad.object


def analyse(query: str) -> Analysis:
    """The analysis of a SELECT query with ``?this``, which parses."""
    from rdflib.plugins.sparql.algebra import translateQuery
    from rdflib.plugins.sparql.parser import parseQuery

    patterns = tuple(_Walk().patterns(translateQuery(parseQuery(query)).algebra, ()))
    return Analysis(tuple((pattern, *_way(pattern, patterns)) for pattern in patterns))


def _way(pattern: Pattern, patterns: Sequence[Pattern]) -> tuple[Way | None, bool]:
    """The shortest way from a pattern to ``?this``, and whether it begins at the pattern's subject."""
    usable = [p for p in patterns if p.scope == pattern.scope[: len(p.scope)] and p is not pattern]
    begun = [(name, (), name == pattern.subject) for name in pattern.variables]
    seen = {name for name, _, _ in begun}
    todo: list[tuple[str, Way, bool]] = list(begun)
    while todo:
        name, way, from_subject = todo.pop(0)
        if name == _THIS:
            return way, from_subject
        for step in usable:
            for here, there, forward in (
                (step.subject, step.object, True),
                (step.object, step.subject, False),
            ):
                if here == name and isinstance(there, str) and there not in seen:
                    seen.add(there)
                    todo.append((there, (*way, (step, forward)), from_subject))
    return None, True


class _Walk:
    """Finds the patterns in rdflib's algebra."""

    def __init__(self) -> None:
        self._groups = count()
        self._fresh = count()

    def patterns(self, node: Any, scope: Scope) -> Iterator[Pattern]:
        """The patterns below a node of the algebra."""
        from rdflib.plugins.sparql.parserutils import CompValue

        if isinstance(node, CompValue):
            yield from self._of(node, scope)
        elif isinstance(node, (list, tuple)):
            for each in node:
                yield from self.patterns(each, scope)

    def _of(self, node: Any, scope: Scope) -> Iterator[Pattern]:
        inner = {"p1": scope, "p2": scope}
        if node.name in ("LeftJoin", "Minus"):
            inner["p2"] = (*scope, next(self._groups))
        elif node.name == "Union":
            inner = {name: (*scope, next(self._groups)) for name in inner}
        elif node.name in ("Builtin_EXISTS", "Builtin_NOTEXISTS"):
            inner = {"graph": (*scope, next(self._groups))}
        for triple in node.get("triples") or () if node.name == "BGP" else ():
            yield from self._path(_term(triple[0]), triple[1], _term(triple[2]), scope)
        for name, value in node.items():
            if name in ("triples", "_vars", "PV", "datasetClause"):
                continue
            # The condition of an OPTIONAL sees what the OPTIONAL binds.
            where = inner.get("p2") if node.name == "LeftJoin" and name == "expr" else inner.get(name)
            yield from self.patterns(value, scope if where is None else where)

    def _path(self, s: Term, path: Any, o: Term, scope: Scope) -> Iterator[Pattern]:
        from rdflib.paths import AlternativePath, InvPath, MulPath, SequencePath

        predicates = _predicates(path)
        if predicates is not None:
            yield Pattern(s, predicates, o, scope)
        elif isinstance(path, InvPath):
            yield from self._path(o, path.arg, s, scope)
        elif isinstance(path, SequencePath):
            ends = [s, *(f".{next(self._fresh)}" for _ in path.args[1:]), o]
            for here, each, there in zip(ends, path.args, ends[1:], strict=False):
                yield from self._path(here, each, there, scope)
        elif isinstance(path, AlternativePath):
            for each in path.args:  # any of them may hold: each is a group of its own
                yield from self._path(s, each, o, (*scope, next(self._groups)))
        elif isinstance(path, MulPath):
            yield Pattern(s, _predicates(path.path) or frozenset(), o, scope, True)
        else:
            yield Pattern(s, frozenset(), o, scope, True)  # more than is meant: any number of any steps


def _predicates(path: Any) -> frozenset[ox.NamedNode] | None:
    """The predicates of a path of one step; none for a variable, None for a path that is more."""
    from rdflib.paths import AlternativePath
    from rdflib.term import URIRef, Variable

    if isinstance(path, Variable):
        return frozenset()
    if isinstance(path, URIRef):
        return frozenset([ox.NamedNode(str(path))])
    if isinstance(path, AlternativePath) and all(isinstance(each, URIRef) for each in path.args):
        return frozenset(ox.NamedNode(str(each)) for each in path.args)
    return None


def _term(term: Any) -> Term:
    from rdflib.term import BNode, Literal, URIRef, Variable

    if isinstance(term, Variable):
        return str(term)
    if isinstance(term, BNode):
        return f".{term}"
    if isinstance(term, URIRef):
        return ox.NamedNode(str(term))
    assert isinstance(term, Literal)
    if term.language:
        return ox.Literal(str(term), language=term.language)
    return ox.Literal(str(term), datatype=ox.NamedNode(str(term.datatype)) if term.datatype else None)
