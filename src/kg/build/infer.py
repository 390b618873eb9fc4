"""What follows from the asserted triples: the closure, and the dates that parts take from wholes.

A schema-driven pass, forward and semi-naive: each triple is looked at once, when it is new.
It covers what OWL Lite and RDFS constructs the ontology uses: the rules cls-, prp-dom, prp-rng,
prp-spo1, prp-inv, prp-symp, prp-trp, prp-eqp, cax-sco, cax-eqc of OWL 2 RL (OWL 2 Profiles,
section 4.3). Why not a general reasoner: docs/decisions/20261124-closure.md.

Trivial consequences (everything is an owl:Thing, everything equals itself) and consequences about
the ontology's and the schemes' own terms are left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from pyoxigraph import Literal, NamedNode, Store, Triple

from kg import vocab
from kg.errors import DataError

_TYPE: Final = NamedNode(vocab.RDF + "type")
_HANDLED_TYPES: Final = frozenset(
    vocab.OWL + name
    for name in [
        "Ontology",
        "Class",
        "ObjectProperty",
        "DatatypeProperty",
        "AnnotationProperty",
        "OntologyProperty",
        "TransitiveProperty",
        "SymmetricProperty",
    ]
) | {vocab.RDFS + "Class", vocab.RDFS + "Datatype", vocab.RDF + "Property"}
_HANDLED_PROPERTIES: Final = frozenset(
    vocab.OWL + name
    for name in [
        "inverseOf",
        "equivalentClass",
        "equivalentProperty",
        "versionIRI",
        "versionInfo",
        "priorVersion",
        "backwardCompatibleWith",
        "incompatibleWith",
        "deprecated",
    ]
) | frozenset(
    vocab.RDFS + name
    for name in [
        "subClassOf",
        "subPropertyOf",
        "domain",
        "range",
        "label",
        "comment",
        "seeAlso",
        "isDefinedBy",
    ]
)

Pairs: TypeAlias = Mapping[NamedNode, frozenset[NamedNode]]


@dataclass(frozen=True, slots=True)
class Schema:
    """The part of an ontology that implies triples.

    ``classes`` and ``properties`` map a term to all that is above it; ``domains`` and
    ``ranges`` a property to classes; ``inverses`` a property to its inverses (itself, if symmetric).
    """

    classes: Pairs
    properties: Pairs
    domains: Pairs
    ranges: Pairs
    inverses: Pairs
    transitive: frozenset[NamedNode]

    @classmethod
    def read(cls, triples: Iterable[Triple]) -> Schema:
        """The schema in these triples. Raises DataError if it uses a construct that has no rule here."""
        found = tuple(triples)
        _refuse_unhandled(found)
        inverse = _pairs(found, vocab.OWL + "inverseOf")
        symmetric = _instances(found, vocab.OWL + "SymmetricProperty")
        return cls(
            classes=_above(found, vocab.RDFS + "subClassOf", vocab.OWL + "equivalentClass"),
            properties=_above(found, vocab.RDFS + "subPropertyOf", vocab.OWL + "equivalentProperty"),
            domains=_frozen(_pairs(found, vocab.RDFS + "domain")),
            ranges=_frozen(p for p in _pairs(found, vocab.RDFS + "range") if not _is_datatype(p[1])),
            inverses=_frozen([*inverse, *((b, a) for a, b in inverse), *((p, p) for p in symmetric)]),
            transitive=_instances(found, vocab.OWL + "TransitiveProperty"),
        )

    def mentioned(self) -> frozenset[NamedNode]:
        """Every property that a rule names."""
        tables = (self.properties, self.inverses)
        above = (terms for table in tables for terms in table.values())
        return self.transitive.union(self.domains, self.ranges, *tables, *above)

    def implied(self, triple: Triple) -> Iterator[Triple]:
        """What one triple implies by itself, in one step."""
        s, p, o = triple.subject, triple.predicate, triple.object
        if p == _TYPE:
            for above in self.classes.get(_named(o), ()):
                yield Triple(s, _TYPE, above)
            return
        for above in self.properties.get(p, ()):
            yield Triple(s, above, o)
        for domain in self.domains.get(p, ()):
            yield Triple(s, _TYPE, domain)
        if isinstance(o, NamedNode):
            for range_ in self.ranges.get(p, ()):
                yield Triple(o, _TYPE, range_)
            for inverse in self.inverses.get(p, ()):
                yield Triple(o, inverse, s)


def closure(asserted: Iterable[Triple], schema: Schema, leave_out: frozenset[NamedNode]) -> Iterator[Triple]:
    """The triples that follow and are not asserted, none of them about a term of ``leave_out``."""
    known = set(asserted)
    todo = list(known)
    chains = _Chains(schema.transitive)
    while todo:
        triple = todo.pop()
        for new in (*schema.implied(triple), *chains.joined(triple)):
            if new not in known and new.subject not in leave_out:
                known.add(new)
                todo.append(new)
                yield new


class _Chains:
    """The edges of transitive properties that were seen, from both ends."""

    def __init__(self, properties: frozenset[NamedNode]) -> None:
        self._properties = properties
        self._after: dict[tuple[object, object], set[NamedNode]] = defaultdict(set)
        self._before: dict[tuple[object, object], set[NamedNode]] = defaultdict(set)

    def joined(self, triple: Triple) -> Iterator[Triple]:
        """The triples that this edge makes with those seen before."""
        s, p, o = triple.subject, triple.predicate, triple.object
        if p not in self._properties or not (isinstance(s, NamedNode) and isinstance(o, NamedNode)):
            return
        self._after[p, s].add(o)
        self._before[p, o].add(s)
        for before in tuple(self._before[p, s]):
            yield Triple(before, p, o)
        for after in tuple(self._after[p, o]):
            yield Triple(s, p, after)


def inherited_dates(store: Store) -> Iterator[Triple]:
    """``pac:earliest`` and ``pac:latest`` for parts and participations that have none of their own.

    An event takes those of its nearest whole by pac:subEventOf that has any; of several wholes
    at the same distance the widest bounds. A participation takes its event's, own or inherited.
    Whoever has one of the two has dates of its own and takes nothing.
    """
    dates = _Dates(store)
    for part in _subjects(store, "subEventOf"):
        yield from dates.inherited(part, "subEventOf")
    for participation in _subjects(store, "participationIn"):
        yield from dates.inherited(participation, "participationIn")


class _Dates:
    def __init__(self, store: Store) -> None:
        self._store = store

    def inherited(self, part: NamedNode, link: str) -> Iterator[Triple]:
        if any(self._own([part])):
            return
        seen, level = {part}, self._wholes([part], link)
        while level:
            if any(bounds := self._own(level)):
                yield from (Triple(part, _pac(name), value) for name, value in bounds)
                return
            seen |= level
            level = self._wholes(level, "subEventOf") - seen

    def _wholes(self, parts: Iterable[NamedNode], link: str) -> set[NamedNode]:
        return {
            quad.object
            for part in parts
            for quad in self._store.quads_for_pattern(part, _pac(link), None)
            if isinstance(quad.object, NamedNode)
        }

    def _own(self, events: Iterable[NamedNode]) -> list[tuple[str, Literal]]:
        bounds = []
        for name, widest in (("earliest", min), ("latest", max)):
            values = [
                quad.object
                for event in events
                for quad in self._store.quads_for_pattern(event, _pac(name), None)
                if isinstance(quad.object, Literal)
            ]
            if values:
                bounds.append((name, widest(values, key=lambda literal: literal.value)))
        return bounds


def _subjects(store: Store, name: str) -> list[NamedNode]:
    found = {quad.subject for quad in store.quads_for_pattern(None, _pac(name), None)}
    return [subject for subject in found if isinstance(subject, NamedNode)]


def _pac(name: str) -> NamedNode:
    return NamedNode(vocab.PAC + name)


def _refuse_unhandled(triples: Iterable[Triple]) -> None:
    for triple in triples:
        kind = (
            triple.object.value if triple.predicate == _TYPE and isinstance(triple.object, NamedNode) else ""
        )
        for term, handled in ((kind, _HANDLED_TYPES), (triple.predicate.value, _HANDLED_PROPERTIES)):
            if term.startswith((vocab.OWL, vocab.RDFS)) and term not in handled | _HANDLED_TYPES:
                raise DataError(
                    f"{triple.subject}: the closure has no rule for {vocab.shorten(term)}; "
                    "leave it out of the ontology, or write the rule in kg.build.infer"
                )


def _named(term: object) -> NamedNode:
    assert isinstance(term, NamedNode), "a class has a name: the records hold no blank node"
    return term


def _is_datatype(term: NamedNode) -> bool:
    return term.value.startswith(vocab.XSD) or term.value in (
        vocab.RDFS + "Literal",
        vocab.RDF + "langString",
    )


def _pairs(triples: Iterable[Triple], predicate: str) -> list[tuple[NamedNode, NamedNode]]:
    return [(_named(t.subject), _named(t.object)) for t in triples if t.predicate.value == predicate]


def _instances(triples: Iterable[Triple], kind: str) -> frozenset[NamedNode]:
    return frozenset(
        _named(t.subject) for t in triples if t.predicate == _TYPE and t.object == NamedNode(kind)
    )


def _frozen(pairs: Iterable[tuple[NamedNode, NamedNode]]) -> Pairs:
    table: dict[NamedNode, set[NamedNode]] = defaultdict(set)
    for first, second in pairs:
        table[first].add(second)
    return {first: frozenset(seconds) for first, seconds in table.items()}


def _above(triples: Iterable[Triple], below: str, same: str) -> Pairs:
    found = tuple(triples)
    equal = _pairs(found, same)
    direct = _frozen([*_pairs(found, below), *equal, *((b, a) for a, b in equal)])
    return {term: _reach(term, direct) for term in direct}


def _reach(term: NamedNode, direct: Pairs) -> frozenset[NamedNode]:
    reached: set[NamedNode] = set()
    todo = [term]
    while todo:
        new = direct.get(todo.pop(), frozenset()) - reached
        reached |= new
        todo.extend(new)
    return frozenset(reached - {term})
