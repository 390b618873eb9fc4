"""What a change of the asserted lines changes besides: what is inferred, what is merged, what is counted.

Stores are changed in place; they are copies of those of the release before (``kg.build.keep``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, Store, parse

from kg import vocab
from kg.build.lines import TYPE, Rule, Rules, split
from kg.build.shards import Statistics
from kg.build.shards import statistics as statistics_of

_DEFAULT: Final = DefaultGraph()


@dataclass(frozen=True, slots=True)
class Change:
    """Lines that have gone, and lines that have come."""

    gone: frozenset[bytes] = frozenset()
    come: frozenset[bytes] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.gone or self.come)

    @classmethod
    def between(cls, old: Iterable[bytes], new: Iterable[bytes]) -> Change:
        """What leads from one set of lines to another."""
        before, after = frozenset(old), frozenset(new)
        return cls(before - after, after - before)


def quads(lines: Iterable[bytes], graph: NamedNode | DefaultGraph = _DEFAULT) -> list[Quad]:
    """Lines as quads of a graph, in the same order."""
    found = parse(b"\n".join(lines), format=RdfFormat.N_TRIPLES)
    return [Quad(q.subject, q.predicate, q.object, graph) for q in found]


def apply(store: Store, change: Change, graph: NamedNode | DefaultGraph = _DEFAULT) -> None:
    """Change one graph of a store."""
    for quad in quads(change.gone, graph):
        store.remove(quad)
    store.extend(quads(change.come, graph))


def missing(store: Store, lines: Iterable[bytes]) -> set[bytes]:
    """Those of the lines that are not in the default graph of a store."""
    ordered = list(lines)
    return {line for line, quad in zip(ordered, quads(ordered), strict=True) if quad not in store}


@dataclass(slots=True)
class Whole:
    """The store of a release while it is changed: its named graphs, and their merge as default graph."""

    store: Store
    _touched: set[bytes] = field(default_factory=set)

    def change(self, graph: str, change: Change) -> None:
        """Change a named graph; the merge follows with ``settle``."""
        apply(self.store, change, NamedNode(graph))
        self._touched |= change.gone | change.come

    def lines(self, graph: str) -> list[bytes]:
        """The lines of a graph, sorted."""
        text = self.store.dump(format=RdfFormat.N_TRIPLES, from_graph=NamedNode(graph)) or b""
        return sorted(text.split(b"\n")[:-1])

    def asserted(self, lines: Iterable[bytes], derived: frozenset[str]) -> set[bytes]:
        """Those of the lines that stand in a graph that is not among the ``derived``."""
        found, others = set(), {NamedNode(name) for name in derived} | {_DEFAULT}
        for line, quad in zip(ordered := list(lines), quads(ordered), strict=True):
            graphs = self.store.quads_for_pattern(quad.subject, quad.predicate, quad.object, None)
            if any(each.graph_name not in others for each in graphs):
                found.add(line)
        return found

    def settle(self) -> Change:
        """Bring the merge up to date; gives back how it changed."""
        gone, come = set(), set()
        for line, quad in zip(ordered := list(self._touched), quads(ordered), strict=True):
            graphs = self.store.quads_for_pattern(quad.subject, quad.predicate, quad.object, None)
            there = {isinstance(each.graph_name, NamedNode) for each in graphs}
            if there == {True}:
                come.add(line)
            elif there == {False}:
                gone.add(line)
        self._touched.clear()
        change = Change(frozenset(gone), frozenset(come))
        apply(self.store, change)
        return change

    def count(self, statistics: Statistics, change: Change, space: bytes) -> None:
        """Bring statistics up to date with a change of the merge that has been made."""
        before, after = (statistics_of(lines, space) for lines in (change.gone, change.come))
        statistics.add(after)
        statistics.subtract(before)
        statistics.entities += before.entities - after.entities  # counted anew:
        come, gone = (_by_subject(lines, space) for lines in (change.come, change.gone))
        for subject in come.keys() | gone.keys():
            node = NamedNode(subject[1:-1].decode())
            now = sum(1 for _ in self.store.quads_for_pattern(node, None, None, _DEFAULT))
            then = now - come.get(subject, 0) + gone.get(subject, 0)
            statistics.entities += bool(now) - bool(then)


def _by_subject(lines: Iterable[bytes], space: bytes) -> dict[bytes, int]:
    found: dict[bytes, int] = defaultdict(int)
    for line in lines:
        subject = split(line).subject
        if subject.startswith(space):
            found[subject] += 1
    return found


class Support:
    """Whether some asserted triple implies a line by itself: the rules, asked backwards."""

    def __init__(self, rules: Rules, asserted: Store) -> None:
        self._rules = rules
        self.asserted = asserted
        self._sources: dict[bytes, list[tuple[NamedNode, bool, Rule]]] = defaultdict(list)
        for predicate in sorted(rules.schema.mentioned(), key=str):
            for named in (True, False):
                rule = rules.rule(str(predicate).encode(), named)
                for term in {*rule.forward, *rule.backward, *rule.of_subject, *rule.of_object}:
                    self._sources[term].append((predicate, named, rule))

    def has(self, line: bytes) -> bool:
        """Whether the line follows from one asserted triple."""
        _, predicate, value = split(line)
        (quad,) = quads([line])
        if quad.subject in self._rules.leave_out:
            return False
        if predicate == TYPE:
            return self._is_of_class(quad.subject, value)
        return any(source in self.asserted for source in self._premises(quad, predicate))

    def _premises(self, quad: Quad, predicate: bytes) -> Iterator[Quad]:
        """The triples that would imply this one, which states no class."""
        names_a_thing = isinstance(quad.object, NamedNode)
        for source, named, rule in self._sources.get(predicate, ()):
            if predicate in rule.forward and named is names_a_thing:
                yield Quad(quad.subject, source, quad.object)
            if predicate in rule.backward and isinstance(quad.object, NamedNode):
                yield Quad(quad.object, source, quad.subject)

    def _is_of_class(self, subject: object, cls: bytes) -> bool:
        stated = self._found(subject, NamedNode(vocab.RDF + "type"), None)
        if any(cls in self._rules.above(str(quad.object).encode()) for quad in stated):
            return True
        for source, named, rule in self._sources.get(cls, ()):
            if cls in rule.of_subject:
                found = self._found(subject, source, None)
                if any(isinstance(quad.object, NamedNode) is named for quad in found):
                    return True
            if cls in rule.of_object and next(self._found(None, source, subject), None):
                return True
        return False

    def _found(self, subject: Any, predicate: NamedNode, value: Any) -> Iterator[Quad]:
        return self.asserted.quads_for_pattern(subject, predicate, value)


def inferred(
    candidates: Iterable[bytes], implied: Collection[bytes], support: Support, there: Store, graph: str
) -> Change:
    """How the inferred graph changes in these lines.

    ``implied`` are lines that follow from what has come; ``support`` knows what is asserted now;
    ``there`` still holds the inferred ``graph`` as it was.
    """
    gone, come = set(), set()
    ordered = list(candidates)
    for line, quad in zip(ordered, quads(ordered, NamedNode(graph)), strict=True):
        triple = Quad(quad.subject, quad.predicate, quad.object)
        wanted = triple not in support.asserted and (line in implied or support.has(line))
        if wanted and quad not in there:
            come.add(line)
        elif not wanted and quad in there:
            gone.add(line)
    return Change(frozenset(gone), frozenset(come))
