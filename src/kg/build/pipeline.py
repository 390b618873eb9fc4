"""The stages in order: read, convert, gate, infer, describe, write, publish.

``check`` goes as far as the gate; ``build`` all the way. Findings of all stages are collected
before anything stops, and nothing is published while there is a violation. What is made on the
way stands in files, so that memory does not grow with the corpus.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from pyoxigraph import Store

from kg import disk
from kg.build import inputs, links, write
from kg.build.crew import Crew, cores, crew
from kg.build.gate import Checked, gate, shacl_report
from kg.build.inputs import needs_build
from kg.build.ledger import Ledger
from kg.build.progress import Meter, Progress
from kg.build.shards import ASSERTED, IMPLIED, Shards, Statistics, number
from kg.build.work import BATCH, Work, rules, tasks
from kg.errors import DataError
from kg.findings import Finding, Severity, count, in_order, stops_release
from kg.records import load, passages
from kg.records.dataset import Dataset
from kg.records.index import on_disk
from kg.records.load import ExpandedRecord, Files, Places, Texts
from kg.release import Release, Releases

__all__ = ["Built", "Checked", "build", "check", "needs_build", "shacl_report"]

_FEW: Final = 500_000
"""Bytes of records that are read sooner than a second process has started."""

_TASK: Final = 250_000
"""Bytes of records to a task: long enough to be worth handing over, short enough to share out evenly."""


@dataclass(frozen=True, slots=True)
class Built:
    """A published release, what the gate had to say (no violation), and how much there is."""

    release: Release
    findings: tuple[Finding, ...]
    counts: dict[str, Any]


def check(
    dataset: Dataset, sources: Path | None = None, progress: Progress | None = None, jobs: int | None = None
) -> Checked:
    """Read, convert and validate; publish nothing.

    Faults of the data come as findings, of the schema as DataError. Raises NotFound or
    EnvironmentFault if a source text or kg's own files cannot be read.
    """
    meter = Meter(progress)
    with (
        tempfile.TemporaryDirectory(prefix="kg-") as folder,
        _asserted(dataset, sources, Path(folder), meter, jobs) as made,
    ):
        return made.judge(meter)


def build(
    dataset: Dataset,
    *,
    sources: Path | None = None,
    store: Path,
    progress: Progress | None = None,
    jobs: int | None = None,
) -> Built:
    """Build a release of a dataset into ``store`` and make it current.

    ``progress`` is called with the name of each stage as it begins, and a detail, and again as it
    goes on; ``jobs`` is how many processes may work (by default, as many as there are cores).
    Raises DataError with all findings if one is a violation, NotFound for ``sources`` that are
    not there, and EnvironmentFault. Whatever is raised, the current release stays as it was.
    """
    meter = Meter(progress)
    releases = Releases(store, dataset.name)
    own = tuple(inputs.of_kg())  # before they are used: a change during the build must be seen as one
    with releases.stage() as staged:
        room = staged.parent
        with disk.faults("building", room), _asserted(dataset, sources, room, meter, jobs) as made:
            checked = made.judge(meter)
            if stops_release(checked.findings):
                number = count(checked.findings)[Severity.VIOLATION]
                raise DataError(
                    f"{number} violations in {dataset.name}: nothing was published", checked.findings
                )
            statistics = made.derive(meter)
            files = (*made.files.inputs, *own, *inputs.of_sources(dataset, sources))
            meter.stage("store", f"{statistics.triples:,} triples")
            written = write.store(made.work, made.ledger, statistics, staged / "store")
            numbers = {"totals": written.totals, **made.ledger.counts()}
            digest = write.papers(staged, dataset, written.leaves, files, checked.findings, numbers)
            meter.stage("publish", digest)
            release = releases.publish(staged, digest, inputs.note(files))
            return Built(release, checked.findings, numbers)


@dataclass(frozen=True, slots=True)
class _Asserted:
    """What the records say, as lines in shards and as a ledger; and what is wrong with them so far."""

    work: Work
    ledger: Ledger
    files: Files
    findings: tuple[Finding, ...]
    crew: Crew
    room: Path

    def judge(self, meter: Meter) -> Checked:
        """Put what is asserted into a store, and let the gate judge it."""
        meter.stage("validate", "")
        content = Store()
        shards = Shards(self.work.folder, self.work.shards)
        schema = (line for _, lines in write.schema() for line in lines)
        write.fill(content, schema, shards.files(ASSERTED))
        places = Places(self.ledger, self.work.dataset, self.files)
        return gate(content, self.findings, self.ledger, places)

    def derive(self, meter: Meter) -> Statistics:
        """Infer what several records imply together, then finish every shard; gives back the statistics."""
        meter.stage("infer", "")
        shards = Shards(self.work.folder, self.work.shards)
        shards.put(IMPLIED, links.inferred(self.ledger, rules()))
        shards.flush()
        found = Statistics()
        done = meter.counted("infer", self.work.shards, "shards")
        for _, each in self.crew.map(self.work.finish, range(self.work.shards)):
            found.add(each)
            done(1)
        return found


@contextmanager
def _asserted(
    dataset: Dataset, sources: Path | None, room: Path, meter: Meter, jobs: int | None
) -> Iterator[_Asserted]:
    meter.stage("read", str(dataset.root))
    there, texts = load.files(dataset), Texts(sources)
    digests, faults = passages.read_digests(dataset.root)
    size, sha256 = there.size, there.sha256
    folder = room / "work"
    folder.mkdir()
    work = Work(dataset, folder, number(size))
    path = room / "index.sqlite"
    with crew(jobs or cores() if size > _FEW else 1) as hands, on_disk(path), Ledger(path) as ledger:
        done = meter.counted("read", size, "bytes")
        for task, outcomes in hands.map(work.read, tasks(there.blocks(), sha256, _TASK)):
            for rank, content, made in outcomes:
                numbers = ledger.add(content, rank)
                for place, each in made.items():
                    ledger.note(numbers[place], each)
            done(sum(len(block.content) for _, block, _ in task))
        ledger.set_digests(digests)
        ledger.finish()
        findings = [*faults, *load.judge(ledger, dataset, there, digests, texts)]
        articles = _articles(ledger, dataset, sha256, load.articles(ledger, dataset, digests, texts))
        done = meter.counted("articles", ledger.one("SELECT COUNT(*) FROM article"), "articles")
        for batch, (graphs, found) in hands.map(work.articles, articles):
            for number_of, each in graphs.items():
                ledger.note(number_of, each)
            findings += found
            done(len(batch))
        yield _Asserted(work, ledger, there, tuple(in_order(findings)), hands, room)


def _articles(
    ledger: Ledger, dataset: Dataset, sha256: dict[str, str], bodies: Iterator[tuple[int, dict[str, Any]]]
) -> Iterator[list[tuple[int, ExpandedRecord]]]:
    """Articles as records, in batches."""
    query = """SELECT r.id, b.file, r.curator, r.review FROM record AS r JOIN block AS b ON b.no = r.block
        WHERE r.no = ?"""

    def record(number: int, body: dict[str, Any]) -> tuple[int, ExpandedRecord]:
        local, file, curator, review = next(ledger.rows(query, number))
        names = (local, dataset.iri(local), dataset.graph(local))
        return number, ExpandedRecord(*names, body, file, sha256[file], curator, review)

    found = (record(*each) for each in bodies)
    while batch := list(islice(found, BATCH)):
        yield batch
