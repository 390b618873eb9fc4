"""A build from nothing: every record is read and made, on all cores, through files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, TypeVar

from pyoxigraph import Store

from kg.build import checks, keep, links, revalidate, validate, write
from kg.build.crew import Crew, cores, crew
from kg.build.ledger import Ledger
from kg.build.made import Derived, Made
from kg.build.progress import Meter
from kg.build.report import Result
from kg.build.shards import ASSERTED, IMPLIED, INFERRED, PROVENANCE, Shards, Statistics, number
from kg.build.work import BATCH, Work, rules, tasks
from kg.findings import in_order
from kg.records import load
from kg.records.dataset import Dataset
from kg.records.index import on_disk
from kg.records.load import Files, Texts
from kg.records.passages import Digests
from kg.release.digest import GraphDigest

_FEW: Final = 500_000
"""Bytes of records that are read sooner than a second process has started."""

_TASK: Final = 250_000
"""Bytes of records to a task: long enough to be worth handing over, short enough to share out evenly."""

_Item = TypeVar("_Item")


@contextmanager
def made(
    dataset: Dataset, there: Files, digests: Digests, texts: Texts, room: Path, meter: Meter, jobs: int | None
) -> Iterator[Made]:
    """Read and make all records. What is made stands below ``room``, and the processes wait for more.

    ``jobs`` is how many processes may work; by default, as many as there are cores. Raises NotFound
    for a source text that is not there, and EnvironmentFault.
    """
    folder, path = room / "work", keep.folder(room) / keep.INDEX
    folder.mkdir()
    work = Work(dataset, folder, number(there.size))
    size = jobs or cores() if there.size > _FEW else 1
    with crew(size) as hands, on_disk(path), Ledger(path) as ledger:
        done = meter.counted("read", there.size, "bytes")
        for task, outcomes in hands.map(work.read, tasks(there.blocks(), there.sha256, _TASK)):
            for rank, content, graphs in outcomes:
                _, numbers = ledger.add(content, rank)
                for place, each in graphs.items():
                    ledger.note(numbers[place], each)
            done(sum(len(block.content) for _, block, _ in task))
        ledger.set_digests(digests)
        ledger.finish()
        findings = load.judge(ledger, dataset, there, digests, texts)
        bodies = load.articles(ledger, dataset, digests, texts)
        records = load.article_records(ledger, dataset, there, bodies)
        done = meter.counted("read", ledger.one("SELECT COUNT(*) FROM article"), "articles")
        for batch, (articles, faults) in hands.map(work.articles, _batches(records)):
            for record, each in articles.items():
                ledger.note(record, each)
            findings += faults
            done(len(batch))
        yield Scratch(ledger, tuple(in_order(findings)), work, hands, room)


def _batches(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    rest = iter(items)
    while batch := list(islice(rest, BATCH)):
        yield batch


@dataclass(slots=True)
class Scratch(Made):
    """All records, as lines in shards and as a ledger."""

    work: Work
    crew: Crew
    room: Path

    def judge(self) -> list[Result]:
        """Put what is asserted into a store, and let the shapes and the checks judge it."""
        content = Store(str(keep.folder(self.room) / keep.ASSERTED))
        schema = (line for lines in write.schema().values() for line in lines)
        write.fill(content, schema, self._shards.files(ASSERTED))
        content.flush()
        if self.crew.size > 1:  # it takes a second, of which the next build is relieved
            revalidate.prepare(keep.folder(self.room) / keep.ANALYSES)
        return [*validate.validate(content), *checks.run(content)]

    def derive(self, meter: Meter, staged: Path) -> Derived:
        """Infer what several records imply together, finish every shard, and write the store."""
        shards = self._shards
        shards.put(IMPLIED, links.inferred(self.ledger, rules()))
        shards.flush()
        statistics = Statistics()
        done = meter.counted("infer", self.work.shards, "shards")
        for _, each in self.crew.map(self.work.finish, range(self.work.shards)):
            statistics.add(each)
            done(1)
        meter.stage("store", f"{statistics.triples:,} triples")
        store = write.store(self.work, statistics, staged / "store")
        return Derived(store, statistics, (self._leaf(INFERRED), self._leaf(PROVENANCE)))

    def _leaf(self, kind: str) -> GraphDigest:
        path = keep.quads_file(keep.folder(self.room), kind)
        return keep.write_quads(path, self.work.dataset.graph(kind), self._shards.quads(kind))

    @property
    def _shards(self) -> Shards:
        return Shards(self.work.folder, self.work.shards)
