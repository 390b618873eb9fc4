"""A build that begins with an earlier one: what depends on a change is made anew, and nothing else.

The result is the release that a build from nothing would give, with the same digest. Blocks of
record files are known again by their bytes; of a block that is new, all records are made, and
those that are as they were change nothing.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from pyoxigraph import Store

from kg.build import delta, describe, keep, links, revalidate
from kg.build.delta import Change, Support, Whole
from kg.build.graphs import Graph
from kg.build.keep import Earlier
from kg.build.ledger import Ledger
from kg.build.lines import iri, of_triples, split
from kg.build.made import Derived, Made
from kg.build.progress import Meter
from kg.build.report import Result
from kg.build.shards import DESCRIPTION, INFERRED, PROVENANCE
from kg.build.work import Kept, maker, rules
from kg.findings import Finding, in_order
from kg.records import entries, load
from kg.records.blocks import Block
from kg.records.dataset import Dataset
from kg.records.index import on_disk
from kg.records.load import Files, Texts, expanded
from kg.records.passages import FILE as PASSAGES
from kg.records.passages import Digests
from kg.release.digest import GraphDigest

_SHARE: Final = 5
"""Where more than one part in so many is new, a build from nothing is as quick."""


@contextmanager
def again(
    dataset: Dataset, there: Files, digests: Digests, texts: Texts, room: Path, earlier: Earlier
) -> Iterator[Made | None]:
    """Make anew what has changed since an earlier build; None if that is so much that it is not worth it.

    Raises NotFound for a source text that is not there, and EnvironmentFault.
    """
    earlier.copy(room)
    path = keep.folder(room) / keep.INDEX
    with on_disk(path), Ledger(path) as ledger:
        whole = Whole(Store(str(room / "release" / "store")))
        begun = Rebuild(ledger, (), dataset, whole, earlier, there, digests, texts, room)
        if begun.read():
            yield begun
            return
    del begun, whole
    for folder in (keep.folder(room), room / "release" / "store"):
        shutil.rmtree(folder)
    yield None


@dataclass(slots=True)
class Rebuild(Made):
    """One build. ``ledger`` and ``whole`` are copies of the earlier build's."""

    dataset: Dataset
    whole: Whole
    earlier: Earlier
    there: Files
    digests: Digests
    texts: Texts
    room: Path
    _faults: list[Finding] = field(default_factory=list)
    _asserted: Store | None = None
    _change: Change = field(default_factory=Change)
    _gone: dict[str, Graph] = field(default_factory=dict)
    _come: dict[str, Graph] = field(default_factory=dict)
    _traced: Change = field(default_factory=Change)

    def read(self) -> bool:
        """Read what is new, and bring the ledger up to date; False if that is too much."""
        new, left = self._sorted_out()
        if sum(len(block.content) for _, block in new) > self.there.size / _SHARE:
            return False
        files = {block.file for _, block in new} | {name for name, _ in self._changed_files()}
        files |= {file for block in left for (file,) in self.ledger.rows(_FILE, block)}
        traced = self._provenance(left, files, self._before)
        cited = set(self._cited(left))
        for block in left:
            self._remove(block)
        blocks = [self._add(*each) for each in new]
        cited |= self._new_digests()
        cited.update(self._cited(blocks))
        self._articles(cited)
        self._traced = Change.between(traced, self._provenance(blocks, files, self.there.sha256))
        found = load.judge(self.ledger, self.dataset, self.there, self.digests, self.texts)
        self.findings = tuple(in_order([*found, *self._faults]))
        return True

    @property
    def _before(self) -> Mapping[str, str]:
        return self.earlier.state.inputs

    def _sorted_out(self) -> tuple[list[tuple[int, Block]], list[int]]:
        """The blocks that are new, with their ranks, and the numbers of those that are no more."""
        known: dict[tuple[str, str], list[int]] = {}
        for number, file, sha256 in self.ledger.rows("SELECT no, file, sha256 FROM block ORDER BY rank DESC"):
            known.setdefault((file, sha256), []).append(number)
        new, places = [], []
        for rank, block in enumerate(self.there.blocks()):
            if numbers := known.get((block.file, block.sha256)):
                places.append((rank, block.line, numbers.pop()))
            else:
                new.append((rank, block))
        self.ledger.db.executemany("UPDATE block SET rank = ?, line = ? WHERE no = ?", places)
        return new, [number for numbers in known.values() for number in numbers]

    def _changed_files(self) -> set[tuple[str, str]]:
        return set(self._before.items()) ^ set(self.there.sha256.items())

    def _remove(self, block: int) -> None:
        for number, local in list(self.ledger.rows("SELECT no, id FROM record WHERE block = ?", block)):
            self._note_gone(local)
            self.ledger.forget(number)
        self.ledger.remove(block)

    def _note_gone(self, local: str) -> None:
        name = self.dataset.graph(local)
        self._gone[name] = maker(self.dataset.base).read(self.whole.store, name)

    def _add(self, rank: int, block: Block) -> int:
        content = entries.read(block, self.dataset)
        number, records = self.ledger.add(content, rank)
        sha256 = self.there.sha256[block.file]
        whole = [(n, e) for n, e in zip(records, content.entries, strict=True) if not e.article]
        self._make((n, expanded(e, self.dataset, block.file, sha256)) for n, e in whole)
        return number

    def _make(self, records: Iterable[tuple[int, load.ExpandedRecord]]) -> None:
        found = list(records)
        graphs, faults = maker(self.dataset.base).graphs([record for _, record in found])
        self._faults += faults
        numbers = {record.graph: number for number, record in found}
        for graph in graphs:
            self._come[graph.name] = graph
            self.ledger.note(numbers[graph.name], Kept(graph.leaf, graph.links))

    def _cited(self, blocks: Iterable[int]) -> Iterator[str]:
        """The articles in these blocks, and those whose passages are cited there."""
        for block in blocks:
            for table, column in (("article", "name"), ("citation", "article")):
                query = f"SELECT DISTINCT x.{column} FROM {table} AS x JOIN record AS r ON r.no = x.record"
                yield from (name for (name,) in self.ledger.rows(f"{query} WHERE r.block = ?", block))

    def _new_digests(self) -> set[str]:
        """Take over the digests of passages; the articles that have others than before."""
        if PASSAGES not in {name for name, _ in self._changed_files()}:
            return set()
        rows = "SELECT passage, sha256 FROM digest"
        before = set(self.ledger.rows(rows))
        self.ledger.set_digests(self.digests)
        return {passage.rpartition(".")[0] for passage, _ in before ^ set(self.ledger.rows(rows))}

    def _articles(self, names: set[str]) -> None:
        """Make articles anew. Those that stand in blocks that are as they were are still to be taken out."""
        there = load.articles(self.ledger, self.dataset, self.digests, self.texts, sorted(names))
        found = []
        for number, record in load.article_records(self.ledger, self.dataset, self.there, there):
            if self.ledger.is_noted(number):
                self._note_gone(record.id)
                self.ledger.forget(number)
            found.append((number, record))
        self._make(found)

    def _provenance(self, blocks: Iterable[int], files: set[str], sha256: Mapping[str, str]) -> set[bytes]:
        """What is said of the origin of the records in these blocks, of these files, and of all curators."""
        base = self.dataset.base
        found = [
            triple
            for block in blocks
            for local, file, curator, review in self.ledger.rows(_ORIGIN, block)
            for triple in describe.origin(
                self.dataset.graph(local), self.dataset.iri(local), file, curator, review, base
            )
        ]
        for file in sorted(files):
            if self.ledger.one("SELECT 1 FROM record JOIN block AS b ON b.no = block WHERE file = ?", file):
                found += describe.file(file, sha256[file], base)
        for (curator,) in self.ledger.rows("SELECT DISTINCT curator FROM record"):
            found += describe.agent(curator, base)
        return set(of_triples(found))

    def judge(self) -> list[Result]:
        """Change what is asserted, and let the gate judge it. The description is taken out first."""
        described = self.dataset.graph(DESCRIPTION)
        self.whole.change(described, Change(gone=frozenset(self.whole.lines(described))))
        self.whole.settle()  # by itself: the statistics do not count it
        self._asserted = Store(str(keep.folder(self.room) / keep.ASSERTED))
        self._change = self._assert(self._asserted)
        gone, come = delta.quads(self._change.gone), delta.quads(self._change.come)
        analyses = revalidate.Analyses(self.earlier.folder / keep.ANALYSES)
        found = revalidate.again(self._asserted, gone, come, self.earlier.state.results, analyses)
        analyses.save(keep.folder(self.room) / keep.ANALYSES)
        return found

    def _assert(self, asserted: Store) -> Change:
        """Change the records' graphs, and ``asserted``, the merge of them; gives back how that changed."""
        gone, come = set[bytes](), set[bytes]()
        for name in self._gone.keys() | self._come.keys():
            old, new = self._gone.get(name), self._come.get(name)
            change = Change.between(old.lines if old else (), new.lines if new else ())
            if change:
                self.whole.change(name, change)
                gone |= change.gone
                come |= change.come
        derived = frozenset(self.dataset.graph(kind) for kind in (INFERRED, PROVENANCE, DESCRIPTION))
        rest = gone - self.whole.asserted(gone, derived)
        change = Change(frozenset(rest), frozenset(delta.missing(asserted, come)))
        delta.apply(asserted, change)
        return change

    def derive(self, meter: Meter, staged: Path) -> Derived:
        """Change the derived graphs, the merge and the statistics."""
        assert self._asserted is not None, "judge comes first"
        self._asserted.flush()
        changes = {INFERRED: self._inferred(self._asserted), PROVENANCE: self._traced}
        for kind, each in changes.items():
            self.whole.change(self.dataset.graph(kind), each)
        meter.stage("store", "")
        statistics = deepcopy(self.earlier.state.statistics)
        self.whole.count(statistics, self.whole.settle(), iri(f"{self.dataset.base}id/")[:-1])
        leaves = tuple(self._leaf(kind, change) for kind, change in changes.items())
        return Derived(self.whole.store, statistics, leaves)

    def _inferred(self, asserted: Store) -> Change:
        linked, tied = self._linked()
        implied = linked.union(*(graph.implied for graph in self._come.values()))
        before = tied.union(*(graph.implied for graph in self._gone.values()))
        candidates = (implied ^ before) | self._change.gone | self._change.come
        support = Support(rules(), asserted)
        graph = self.dataset.graph(INFERRED)
        return delta.inferred(candidates, implied, support, self.whole.store, graph)

    def _linked(self) -> tuple[set[bytes], set[bytes]]:
        """What several records imply together, now and before, as far as the change concerns it."""
        gone, come = ([g.links for g in graphs.values()] for graphs in (self._gone, self._come))
        dated = {row for each in gone for row in each.dated} ^ {row for each in come for row in each.dated}
        parts = {row for each in gone for row in each.parts} ^ {row for each in come for row in each.parts}
        edges = {row for each in gone for row in each.edges} ^ {row for each in come for row in each.edges}
        things = {row[0] for row in (*dated, *parts)}
        chained = bool(edges) or any(split(line).predicate in _chained() for line in self._change.gone)
        with Ledger(self.earlier.folder / keep.INDEX) as earlier:
            now, then = (
                links.dates(ledger, rules(), links.below(ledger, things))
                | (links.chains(ledger, rules()) if chained else set())
                for ledger in (self.ledger, earlier)
            )
        return now, then

    def _leaf(self, kind: str, change: Change) -> GraphDigest:
        old = keep.quads_file(self.earlier.folder, kind)
        new = keep.quads_file(keep.folder(self.room), kind)
        return keep.splice(old, new, self.dataset.graph(kind), change)


@cache
def _chained() -> frozenset[bytes]:
    """The properties that a chain of a transitive property implies, itself among them."""
    transitive = [str(term).encode() for term in rules().schema.transitive]
    found = (rules().rule(term, True) for term in transitive)
    return frozenset(transitive).union(*((*rule.forward, *rule.backward) for rule in found))


_FILE: Final = "SELECT file FROM block WHERE no = ?"
_ORIGIN: Final = """SELECT r.id, b.file, r.curator, r.review
FROM record AS r JOIN block AS b ON b.no = r.block WHERE b.no = ?"""
