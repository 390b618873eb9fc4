"""A record's named graph: its lines, its digest, and what follows from it alone.

What needs other records is handed on as ``Links``: the dates that parts take from wholes, and the
edges of transitive properties.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

from pyoxigraph import NamedNode, RdfFormat, Store

from kg import vocab
from kg.build import convert, describe
from kg.build.lines import Rules, iri, joined, of_triples, split
from kg.errors import DataError
from kg.findings import Finding
from kg.records.load import ExpandedRecord
from kg.release import digest as merkle

EARLIEST: Final = iri(vocab.PAC + "earliest")
LATEST: Final = iri(vocab.PAC + "latest")
PART_OF: Final = iri(vocab.PAC + "subEventOf")
ROLE_IN: Final = iri(vocab.PAC + "participationIn")
_STAND_IN: Final = "urn:x-kg:stand-in"
Bounds: TypeAlias = Mapping[bytes, list[bytes]]
"""The literals that a thing has for its earliest and its latest day."""


@dataclass(frozen=True, slots=True)
class Links:
    """What one record gives to inferences that need several, terms as lines have them.

    ``dated``: (thing, its earliest, its latest or an empty text); ``parts``: (part, property, whole)
    for things that have no dates in this record; ``edges``: (s, transitive property, o).
    """

    dated: tuple[tuple[bytes, bytes, bytes], ...] = ()
    parts: tuple[tuple[bytes, bytes, bytes], ...] = ()
    edges: tuple[tuple[bytes, bytes, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class Graph:
    """A record's graph. ``lines`` are sorted; ``implied`` may hold lines that some record asserts."""

    name: str
    lines: Sequence[bytes]
    implied: frozenset[bytes]
    links: Links
    provenance: Sequence[bytes] = ()

    @property
    def leaf(self) -> merkle.GraphDigest:
        """Its part of the release's digest."""
        return merkle.leaf(self.name, self.lines)


class Maker:
    """Makes graphs of records: what is the same for all of them is prepared once."""

    def __init__(self, context: dict[str, Any], base: str, rules: Rules) -> None:
        self._context = context
        self._base = base
        self._rules = rules
        self._transitive = frozenset(str(p).encode() for p in rules.schema.transitive)
        self._provenance: dict[tuple[str, ...], tuple[bytes, ...]] = {}

    def graphs(self, records: Sequence[ExpandedRecord]) -> tuple[list[Graph], list[Finding]]:
        """The graph of each record that can be converted, and the faults of the others."""
        try:
            return list(self._made(records)), []
        except DataError as error:
            if len(records) == 1:
                return [], list(error.findings)
        found = [self.graphs([record]) for record in records]  # so that the fault is one record's
        return [g for graphs, _ in found for g in graphs], [f for _, faults in found for f in faults]

    def _made(self, records: Sequence[ExpandedRecord]) -> Iterator[Graph]:
        store = convert.store(records, self._context)
        for record in records:
            source = (record.file, record.file_sha256, record.curator, record.review_state)
            provenance = self.provenance(record.graph, record.iri, source)
            yield replace(self.read(store, record.graph), provenance=provenance)

    def read(self, store: Store, name: str) -> Graph:
        """A record's graph as a store has it, without provenance."""
        text = store.dump(format=RdfFormat.N_TRIPLES, from_graph=NamedNode(name)) or b""
        lines = sorted(text.split(b"\n")[:-1])
        implied = self._rules.implied(lines)
        links, dates = self._links(lines, implied)
        implied |= dates | self._rules.implied(dates)
        return Graph(name, lines, frozenset(implied.difference(lines)), links)

    def provenance(self, name: str, iri: str, key: tuple[str, str, str, str]) -> tuple[bytes, ...]:
        """The lines about where a record comes from: its file with digest, its curator, its review state.

        They are made from a pattern, with the names of the graph and of the record put in.
        """
        if key not in self._provenance:
            pattern = _Pattern(f"{_STAND_IN}:graph", f"{_STAND_IN}:topic", *key)
            self._provenance[key] = tuple(of_triples(describe.provenance([pattern], self._base)))
        graph, topic = name.encode(), iri.encode()
        return tuple(
            line.replace(b"urn:x-kg:stand-in:graph", graph).replace(b"urn:x-kg:stand-in:topic", topic)
            for line in self._provenance[key]
        )

    def _links(self, lines: Iterable[bytes], implied: Iterable[bytes]) -> tuple[Links, set[bytes]]:
        """What other records are needed for, and the dates that parts take from wholes in this record."""
        bounds: dict[bytes, Bounds] = defaultdict(lambda: defaultdict(list))
        wholes: dict[tuple[bytes, bytes], list[bytes]] = defaultdict(list)
        edges: list[tuple[bytes, bytes, bytes]] = []
        for line in (*lines, *implied):
            subject, predicate, value = split(line)
            if predicate in (EARLIEST, LATEST):
                bounds[subject][predicate].append(value)
            elif predicate in (PART_OF, ROLE_IN):
                wholes[subject, predicate].append(value)
            if predicate in self._transitive:
                edges.append((subject, predicate, value))
        rest: list[tuple[bytes, bytes, bytes]] = []
        dates: set[bytes] = set()
        for (part, link), of in wholes.items():
            if link == ROLE_IN and part not in bounds and all(whole in bounds for whole in of):
                dates.update(joined(part, *bound) for bound in widest(bounds[whole] for whole in of))
            elif part not in bounds:
                rest.extend((part, link, whole) for whole in of)
        roles = {part for part, link in wholes if link == ROLE_IN}
        dated = tuple((thing, *_both(found)) for thing, found in bounds.items() if thing not in roles)
        return Links(dated, tuple(rest), tuple(edges)), dates


def widest(bounds: Iterable[Bounds]) -> list[tuple[bytes, bytes]]:
    """The widest of the bounds: (property, literal) for earliest and latest, as far as there are any."""
    found, chosen = list(bounds), []
    for name, choose in ((EARLIEST, min), (LATEST, max)):
        if values := [value for each in found for value in each.get(name, ())]:
            chosen.append((name, choose(values)))
    return chosen


def _both(bounds: Bounds) -> tuple[bytes, bytes]:
    found = dict(widest([bounds]))
    return found.get(EARLIEST, b""), found.get(LATEST, b"")


@dataclass(frozen=True, slots=True)
class _Pattern:
    graph: str
    iri: str
    file: str
    file_sha256: str
    curator: str
    review_state: str
