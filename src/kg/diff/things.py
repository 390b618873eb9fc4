"""The records that a delta is about, one by one, grouped by class."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final, Literal

from pyoxigraph import DefaultGraph, NamedNode

from kg import vocab
from kg.diff.delta import Delta, Side, written
from kg.export.order import Sorted

Kind = Literal["added", "removed", "changed"]
KINDS: Final[tuple[Kind, ...]] = ("added", "removed", "changed")

_TYPE: Final = NamedNode(vocab.RDF + "type")
_ROLE: Final = vocab.PROV + "hadRole"
_PAIR = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """A property of a record: its IRI, the values that went and those that came, as pyoxigraph terms.

    ``kept`` is how many of its values stayed.
    """

    property: str
    removed: tuple[Any, ...]
    added: tuple[Any, ...]
    kept: int = 0


@dataclass(frozen=True, slots=True)
class Thing:
    """A record that is new, gone or other than before. ``changes``: by property; of a new one, all."""

    cls: str
    iri: str
    kind: Kind
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Things:
    """The records by class; they can be gone through more than once while ``find`` is open."""

    delta: Delta
    keys: Sorted

    def counts(self) -> dict[str, Counter[str]]:
        """For each class, how many were added, removed and changed; in the order of ``by_class``."""
        found: dict[str, Counter[str]] = {}
        for key in self.keys:
            cls, rank, _ = _parts(key)
            found.setdefault(cls, Counter())[KINDS[int(rank)]] += 1
        return found

    def by_class(self) -> Iterator[tuple[str, Iterator[Thing]]]:
        """Each class with its things: added, removed, changed; by IRI."""
        for cls, keys in groupby(self.keys, key=lambda key: _parts(key)[0]):
            yield cls, map(self._thing, keys)

    def _thing(self, key: str) -> Thing:
        cls, rank, iri = _parts(key)
        return Thing(cls, iri, KINDS[int(rank)], _changes(self.delta, iri))


@contextlib.contextmanager
def find(delta: Delta) -> Iterator[Things]:
    """The things that a delta is about. Temporary files go when the block ends.

    What nobody wrote is left out: what was inferred, the counts in the description. Of the provenance,
    files and the state of the review are told.
    """
    with Sorted() as keys:
        last = None
        for row in delta.rows():
            graph, subject = row.graph[1:-1], row.subject[1:-1]
            if (graph, subject) == last:
                continue
            last = (graph, subject)
            if _told(delta, graph, subject) and (entry := _entry(delta, subject)):
                keys.add(entry)
        yield Things(delta, keys)


def _parts(key: str) -> list[str]:
    """Class, rank of the kind and IRI; the number of the group, which only sorts, is cut off."""
    return key[2:].split("\t")


def _told(delta: Delta, graph: str, subject: str) -> bool:
    base = delta.new.release.base
    if graph == f"{base}graph/description":
        return subject == f"{base}dataset"
    if graph == f"{base}graph/provenance":
        return subject.startswith(f"{base}file/") or subject.endswith("#attribution")
    return any(written(graph, side.release.base) for side in (delta.old, delta.new))


def _entry(delta: Delta, subject: str) -> str | None:
    """Class, kind and IRI as a string that sorts; None if all that changed is in which graphs it stands."""
    changes = _changes(delta, subject)
    before, after = says(delta.old, subject), says(delta.new, subject)
    kind = "changed" if before and after else "added" if after else "removed"
    if not changes or (subject.endswith("#attribution") and kind != "changed"):
        return None
    kinds = sorted(value for p, value in (after or before) if p == _TYPE.value)
    cls = kinds[0][1:-1] if kinds else ""
    return f"{_group(delta, subject)} {cls}\t{KINDS.index(kind)}\t{subject}"


def _group(delta: Delta, subject: str) -> int:
    """The order of the classes: what the records are about, then the vocabulary, then the book-keeping."""
    base = delta.new.release.base
    return 0 if subject.startswith(f"{base}id/") else 2 if subject.startswith(base) else 1


def _changes(delta: Delta, subject: str) -> tuple[Change, ...]:
    before, after = says(delta.old, subject), says(delta.new, subject)
    gone, come = before.keys() - after.keys(), after.keys() - before.keys()
    kept = Counter(name for name, _ in before.keys() & after.keys())
    return tuple(
        Change(
            name,
            tuple(before[pair] for pair in sorted(gone) if pair[0] == name),
            tuple(after[pair] for pair in sorted(come) if pair[0] == name),
            kept[name],
        )
        for name in sorted({name for name, _ in gone | come})
    )


def says(side: Side, subject: str) -> dict[_PAIR, Any]:
    """What a release says of a subject, inferences apart: property and value as text -> the value."""
    inferred = NamedNode(f"{side.release.base}graph/inferred")
    return {
        (quad.predicate.value, str(quad.object)): quad.object
        for quad in side.store.quads_for_pattern(NamedNode(subject), None, None, None)
        if quad.graph_name not in (inferred, DefaultGraph()) and not _is_statistics(quad.predicate.value)
    }


def _is_statistics(name: str) -> bool:
    return name.startswith(vocab.VOID) and name != vocab.VOID + "uriSpace"
