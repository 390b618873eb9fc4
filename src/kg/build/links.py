"""What several records imply together: dates that parts take from wholes, and transitive properties.

The ledger holds the few lines that this needs; the result is lines, small beside the corpus.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from kg.build.graphs import EARLIEST, LATEST, PART_OF, Bounds, widest
from kg.build.infer import closure
from kg.build.ledger import Ledger
from kg.build.lines import Rules, joined, of_triples, to_triples


def inferred(ledger: Ledger, rules: Rules) -> set[bytes]:
    """The lines that no single record implies; some of them may be asserted, or implied by one as well."""
    wholes: dict[tuple[bytes, bytes], set[bytes]] = defaultdict(set)
    for part, link, whole in ledger.links().parts:
        wholes[part, link].add(whole)
    return dates(ledger, rules, wholes) | chains(ledger, rules)


def chains(ledger: Ledger, rules: Rules) -> set[bytes]:
    """What follows from the edges of transitive properties."""
    edges = to_triples(joined(*edge) for edge in ledger.links().edges)
    return set(of_triples(closure(edges, rules.schema, rules.leave_out)))


def dates(ledger: Ledger, rules: Rules, wholes: Mapping[tuple[bytes, bytes], set[bytes]]) -> set[bytes]:
    """What follows from the dates that these parts take; ``wholes`` are those of each part and property."""
    found = set(_dates(ledger, wholes))
    return found | rules.implied(found)


def below(ledger: Ledger, things: Iterable[bytes]) -> dict[tuple[bytes, bytes], set[bytes]]:
    """The wholes of these things and of all their parts, by part and property."""
    wholes: dict[tuple[bytes, bytes], set[bytes]] = defaultdict(set)
    seen = set(things)
    todo = list(seen)
    while todo:
        thing = todo.pop()
        for link, whole in ledger.rows("SELECT link, whole FROM part WHERE part = ?", thing):
            wholes[thing, link].add(whole)
        parts = {part for (part,) in ledger.rows("SELECT part FROM part WHERE whole = ?", thing)} - seen
        seen |= parts
        todo.extend(parts)
    return wholes


def _dates(ledger: Ledger, wholes: Mapping[tuple[bytes, bytes], set[bytes]]) -> Iterator[bytes]:
    """``pac:earliest`` and ``pac:latest`` for parts and participations that have none of their own.

    An event takes those of its nearest whole by pac:subEventOf that has any; of several wholes
    at the same distance the widest bounds. A participation takes its event's, own or inherited.
    Whoever has one of the two has dates of its own and takes nothing.
    """
    for (part, _), level in wholes.items():
        if _own(ledger, {part}):
            continue
        seen = {part}
        while level:
            if bounds := _own(ledger, level):
                yield from (joined(part, *bound) for bound in bounds)
                break
            seen |= level
            level = {whole for each in level for whole in ledger.wholes_of(each, PART_OF)} - seen


def _own(ledger: Ledger, things: set[bytes]) -> list[tuple[bytes, bytes]]:
    return widest(_bounds(*dates) for thing in things for dates in ledger.dates_of(thing))


def _bounds(earliest: bytes, latest: bytes) -> Bounds:
    return {name: [value] for name, value in ((EARLIEST, earliest), (LATEST, latest)) if value}
