"""What several records imply together: dates that parts take from wholes, and transitive properties.

The ledger holds the few lines that this needs; the result is lines, small beside the corpus.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from kg.build.graphs import EARLIEST, LATEST, PART_OF, Bounds, widest
from kg.build.infer import closure
from kg.build.ledger import Ledger
from kg.build.lines import Rules, joined, of_triples, to_triples


def inferred(ledger: Ledger, rules: Rules) -> set[bytes]:
    """The lines that no single record implies; some of them may be asserted, or implied by one as well."""
    dates = set(_dates(ledger))
    edges = to_triples(joined(*edge) for edge in ledger.links().edges)
    chained = of_triples(closure(edges, rules.schema, rules.leave_out))
    return dates | rules.implied(dates) | set(chained)


def _dates(ledger: Ledger) -> Iterator[bytes]:
    """``pac:earliest`` and ``pac:latest`` for parts and participations that have none of their own.

    An event takes those of its nearest whole by pac:subEventOf that has any; of several wholes
    at the same distance the widest bounds. A participation takes its event's, own or inherited.
    Whoever has one of the two has dates of its own and takes nothing.
    """
    wholes: dict[tuple[bytes, bytes], set[bytes]] = defaultdict(set)
    for part, link, whole in ledger.links().parts:
        wholes[part, link].add(whole)
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
