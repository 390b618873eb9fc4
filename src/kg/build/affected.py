"""Which focus nodes a query can find otherwise than before, after a change of the data.

The rule of incremental view maintenance: a row comes or goes only if some triple pattern of the query,
wherever it stands, matches a triple of the change. From that pattern the patterns that hold with it lead
back to ``?this``; followed in the data as they are and as they were, they give every node for which
the query has to be asked again. Where nothing leads back (two parts tied by a FILTER alone), and after any
change where a query has a part that is not analysed (``_Walk``), it has to be asked whole.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    """A triple pattern with one of some predicates, in either direction; with any where none is named.

    ``p|^q`` has p in ``predicates`` and q in ``inverse``. ``repeats`` is set for a path such as p* or (p|q)+:
    any number of steps.
    """

    subject: Term
    predicates: frozenset[ox.NamedNode]
    object: Term
    scope: Scope
    repeats: bool = False
    inverse: frozenset[ox.NamedNode] = frozenset()

    @property
    def is_open(self) -> bool:
        """Whether any predicate fits."""
        return not (self.predicates or self.inverse)

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

    def step(self, node: Term, pattern: Pattern, forward: bool) -> set[Term]:
        """What one step of a pattern ties a node to: from its subject to its object, or back."""
        if pattern.is_open:
            return self._ends(node, None, forward)
        ways = [(p, forward) for p in pattern.predicates] + [(p, not forward) for p in pattern.inverse]
        return {end for predicate, ahead in ways for end in self._ends(node, predicate, ahead)}

    def closure(self, nodes: Iterable[Term], pattern: Pattern, forward: bool) -> set[Term]:
        """The nodes and all that any number of steps ties them to."""
        found = set(nodes)
        todo = list(found)
        while todo:
            new = self.step(todo.pop(), pattern, forward) - found
            found |= new
            todo.extend(new)
        return found

    def _ends(self, node: Term, predicate: ox.NamedNode | None, forward: bool) -> set[Term]:
        if forward and isinstance(node, ox.Literal):
            return set()
        before = (self._forward if forward else self._back).get(node, ())
        found = [quad for quad in before if predicate in (None, quad.predicate)]
        ends = (node, predicate, None) if forward else (None, predicate, node)
        found.extend(self._store.quads_for_pattern(*ends))
        return {quad.object if forward else quad.subject for quad in found}


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
            matches = _matches(pattern, change, by_predicate)
            ends = {end for pair in matches for end in _ends(pair, pattern, from_subject, reach)}
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
            [
                _plain(pattern),
                way if way is None else [[_plain(step), forward] for step, forward in way],
                from_subject,
            ]
            for pattern, way, from_subject in self.patterns
        ]

    @classmethod
    def of(cls, plain: list[Any]) -> Analysis:
        """The reverse of ``plain``. Raises ValueError if it is nothing of the kind."""
        try:
            found = tuple((_pattern(p), _steps(way), bool(from_subject)) for p, way, from_subject in plain)
        except (ValueError, TypeError, AttributeError, SyntaxError) as fault:
            raise ValueError(f"no analysis of a query: {fault}") from fault
        if not found:
            raise ValueError("an analysis without a pattern")
        return cls(found)


def _matches(
    pattern: Pattern, change: Sequence[ox.Quad], by_predicate: Mapping[Term, Sequence[ox.Quad]]
) -> list[tuple[Term, Term]]:
    """What may stand at the two ends of a pattern, by the triples of the change."""
    if pattern.is_open:
        return [(quad.subject, quad.object) for quad in change]
    there = [(q.subject, q.object) for p in pattern.predicates for q in by_predicate.get(p, ())]
    return there + [(q.object, q.subject) for p in pattern.inverse for q in by_predicate.get(p, ())]


def _ends(pair: tuple[Term, Term], pattern: Pattern, from_subject: bool, reach: Reach) -> set[Term]:
    """What the variable from which the way begins can be, where the pattern matches a triple."""
    for wanted, there in zip((pattern.subject, pattern.object), pair, strict=True):
        # A literal may stand in the store in another form than in the query (1 for 01): it tells nothing.
        if not pattern.repeats and isinstance(wanted, ox.NamedNode) and wanted != there:
            return set()
    node = pair[0] if from_subject else pair[1]
    return reach.closure([node], pattern, not from_subject) if pattern.repeats else {node}


def _follow(nodes: set[Term], pattern: Pattern, forward: bool, reach: Reach) -> set[Term]:
    if pattern.repeats:
        return reach.closure(nodes, pattern, forward)
    return {end for node in nodes for end in reach.step(node, pattern, forward)}


def _plain(pattern: Pattern) -> list[Any]:
    ends = [str(term) for term in (pattern.subject, pattern.object)]
    named = [sorted(p.value for p in each) for each in (pattern.predicates, pattern.inverse)]
    return [*ends, *named, list(pattern.scope), pattern.repeats]


def _pattern(plain: list[Any]) -> Pattern:
    subject, value, *named, scope, repeats = plain
    predicates, inverse = (frozenset(ox.NamedNode(p) for p in each) for each in named)
    return Pattern(_read(subject), predicates, _read(value), tuple(scope), bool(repeats), inverse)


def _steps(plain: list[Any] | None) -> Way | None:
    return None if plain is None else tuple((_pattern(step), bool(forward)) for step, forward in plain)


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


_OPAQUE: Final = frozenset(
    ["ToMultiSet", "Group", "AggregateJoin", "Slice", "ServiceGraphPattern", "TriplesBlock"]
)
"""Parts of the algebra whose variables or rows are not those of the group around them: a sub-SELECT,
aggregates, LIMIT, SERVICE, and what rdflib leaves as it was parsed."""


class _Walk:
    """Finds the patterns in rdflib's algebra; a part that is not analysed is a pattern without a way."""

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
        if node.name in _OPAQUE:
            if getattr(node.get("p"), "name", "") != "values":  # VALUES asks nothing of the data
                yield self._anything()
            return
        if node.name in ("Builtin_EXISTS", "Builtin_NOTEXISTS"):
            # The item "graph" is what was parsed; rdflib sets its algebra beside it, and in a FILTER only.
            graph = vars(node).get("graph")
            yield from self.patterns(graph, (*scope, next(self._groups))) if graph else [self._anything()]
            return
        inner = {"p1": scope, "p2": scope}
        if node.name in ("LeftJoin", "Minus"):
            inner["p2"] = (*scope, next(self._groups))
        elif node.name == "Union":
            inner = {name: (*scope, next(self._groups)) for name in inner}
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

        if named := _predicates(path):
            yield Pattern(s, named[0], o, scope, inverse=named[1])
        elif isinstance(path, InvPath):
            yield from self._path(o, path.arg, s, scope)
        elif isinstance(path, SequencePath):
            ends = [s, *(f".{next(self._fresh)}" for _ in path.args[1:]), o]
            for here, each, there in zip(ends, path.args, ends[1:], strict=False):
                yield from self._path(here, each, there, scope)
        elif isinstance(path, AlternativePath):
            for each in path.args:  # any of them may hold: each is a group of its own
                yield from self._path(s, each, o, (*scope, next(self._groups)))
        elif isinstance(path, MulPath) and (named := _predicates(path.path)):
            yield Pattern(s, named[0], o, scope, True, named[1])
        else:  # a repeated path of several steps, or a negated one
            yield self._anything()

    def _anything(self) -> Pattern:
        """Matches every triple, and has no way to ``?this``."""
        return Pattern(f".{next(self._fresh)}", frozenset(), f".{next(self._fresh)}", ())


def _predicates(path: Any) -> tuple[frozenset[ox.NamedNode], frozenset[ox.NamedNode]] | None:
    """The predicates of a path of one step, and those that it takes back; none for a variable.

    None for a path that is more.
    """
    from rdflib.paths import AlternativePath, InvPath
    from rdflib.term import URIRef, Variable

    if isinstance(path, Variable):
        return frozenset(), frozenset()
    steps = path.args if isinstance(path, AlternativePath) else [path]
    there = [step for step in steps if isinstance(step, URIRef)]
    back = [step.arg for step in steps if isinstance(step, InvPath) and isinstance(step.arg, URIRef)]
    if len(there) + len(back) < len(steps):
        return None
    return frozenset(ox.NamedNode(str(p)) for p in there), frozenset(ox.NamedNode(str(p)) for p in back)


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
