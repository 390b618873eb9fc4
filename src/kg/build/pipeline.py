"""The stages in order: read, validate, infer, store, publish.

``check`` goes as far as the gate; ``build`` all the way. Findings of all stages are collected
before anything stops, and nothing is published while there is a violation. What is made on the
way stands in files, so that memory does not grow with the corpus. A build begins with the one before
where it can (``kg.build.rebuild``), and otherwise from nothing (``kg.build.scratch``).
"""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kg import disk
from kg.build import inputs, keep, rebuild, scratch, write
from kg.build.gate import Checked, judged, shacl_report
from kg.build.keep import Earlier, State
from kg.build.made import Made
from kg.build.progress import Meter, Progress
from kg.build.report import Result
from kg.build.shards import DESCRIPTION, INFERRED, Statistics
from kg.errors import DataError
from kg.findings import Finding, Severity, count, in_order, stops_release
from kg.records import changes, load, passages
from kg.records.dataset import Dataset
from kg.records.files import InputFile
from kg.records.load import Files, Places, Texts
from kg.release import Release, Releases
from kg.release import digest as merkle
from kg.release.release import CORRUPT

__all__ = ["Built", "Checked", "build", "check", "shacl_report"]


@dataclass(frozen=True, slots=True)
class Built:
    """A published release, what the gate had to say (no violation), and how much there is.

    ``rebuilt`` says that it was made from the build before, and not from nothing.
    """

    release: Release
    findings: tuple[Finding, ...]
    counts: dict[str, Any]
    rebuilt: bool


def check(
    dataset: Dataset, sources: Path | None = None, progress: Progress | None = None, jobs: int | None = None
) -> Checked:
    """Read, convert and validate; publish nothing.

    Faults of the data come as findings, of the schema as DataError. Raises NotFound or
    EnvironmentFault if a source text or kg's own files cannot be read.
    """
    meter = Meter(progress)
    meter.stage("read", str(dataset.root))
    there = load.files(dataset)
    with (
        tempfile.TemporaryDirectory(prefix="kg-") as room,
        _made(dataset, there, sources, None, Path(room), meter, jobs) as made,
    ):
        meter.stage("validate", "")
        return judged(made.judge(), made.findings, made.ledger, Places(made.ledger, dataset, there))


def build(
    dataset: Dataset,
    *,
    sources: Path | None = None,
    store: Path,
    progress: Progress | None = None,
    jobs: int | None = None,
    fresh: bool = False,
) -> Built:
    """Build a release of a dataset into ``store`` and make it current.

    ``progress`` is called with the name of each stage as it begins, and a detail, and again as it
    goes on; ``jobs`` is how many processes may work (by default, as many as there are cores);
    ``fresh`` makes every record anew, though the build before could be begun with.
    Raises DataError with all findings if one is a violation, NotFound for ``sources`` that are
    not there, and EnvironmentFault. Whatever is raised, the current release stays as it was.
    """
    meter = Meter(progress)
    meter.stage("read", str(dataset.root))
    own = tuple(inputs.of_kg())  # before they are used: a change during the build must be seen as one
    quoted = tuple(inputs.of_sources(dataset, sources))
    there = load.files(dataset)
    fixed = keep.fixed(dataset, inputs.note(own), inputs.note(quoted) if sources else None)
    files = (*there.inputs, *own, *quoted)
    task = _Build(dataset, sources, Releases(store, dataset.name), there, fixed, files, meter, jobs)
    if not fresh:
        with contextlib.suppress(_Damaged):
            return task.run(begin=True)
    return task.run(begin=False)


class _Damaged(Exception):
    """What an earlier build has left cannot be used."""


@dataclass(frozen=True, slots=True)
class _Build:
    dataset: Dataset
    sources: Path | None
    releases: Releases
    there: Files
    fixed: Mapping[str, Any]
    files: tuple[InputFile, ...]
    meter: Meter
    jobs: int | None

    def run(self, begin: bool) -> Built:
        """One attempt, in a room of its own; ``begin`` with an earlier build where there is one.

        Raises as ``build`` does, and _Damaged.
        """
        with self.releases.stage() as staged, disk.faults("building", staged.parent):
            with self._earlier(begin) as earlier:
                outcome = self._outcome(earlier, staged)
                like = earlier.release if earlier else None
                self.meter.stage("publish", outcome.digest)
                release = self.releases.publish(staged, outcome.digest, inputs.note(self.files), like)
            state = State(outcome.digest, self.fixed, self.there.sha256, outcome.statistics, outcome.results)
            keep.save(staged.parent, self.releases, state)
            return Built(release, outcome.findings, outcome.counts, outcome.rebuilt)

    def _earlier(self, begin: bool) -> AbstractContextManager[Earlier | None]:
        return keep.earlier(self.releases, self.fixed) if begin else nullcontext()

    def _outcome(self, earlier: Earlier | None, staged: Path) -> _Outcome:
        room = staged.parent
        try:
            with _made(self.dataset, self.there, self.sources, earlier, room, self.meter, self.jobs) as made:
                return _written(made, self.dataset, self.there, self.files, staged, self.meter)
        except (OSError, sqlite3.Error, RuntimeError) as error:
            if earlier and _is_damage(error):
                raise _Damaged from error
            raise


def _is_damage(error: Exception) -> bool:
    """Whether a kept file may be at fault. RocksDB finds a wrong checksum only as it reads: RuntimeError."""
    return not isinstance(error, RuntimeError) or CORRUPT in str(error)


@contextmanager
def _made(
    dataset: Dataset,
    there: Files,
    sources: Path | None,
    earlier: Earlier | None,
    room: Path,
    meter: Meter,
    jobs: int | None,
) -> Iterator[Made]:
    """The records, made from an earlier build if there is one and little has changed, or from nothing."""
    texts = Texts(sources)
    digests, faults = passages.read_digests(dataset.root)
    made: Made | None = None
    with ExitStack() as stack:
        if earlier:
            made = stack.enter_context(rebuild.again(dataset, there, digests, texts, room, earlier))
        if made is None:
            begun = scratch.made(dataset, there, digests, texts, room, meter, jobs)
            made = stack.enter_context(begun)
        made.findings = tuple(in_order([*faults, *_faults_of_notes(dataset), *made.findings]))
        yield made


def _faults_of_notes(dataset: Dataset) -> tuple[Finding, ...]:
    """What keeps CHANGES.md from being read: it becomes part of the release."""
    try:
        changes.read(dataset.root)
    except DataError as error:
        return error.findings
    return ()


@dataclass(frozen=True, slots=True)
class _Outcome:
    digest: str
    findings: tuple[Finding, ...]
    counts: dict[str, Any]
    statistics: Statistics
    results: tuple[Result, ...]
    rebuilt: bool


def _written(
    made: Made, dataset: Dataset, there: Files, files: Sequence[InputFile], staged: Path, meter: Meter
) -> _Outcome:
    """Judge, and write a release into ``staged``. Raises DataError if there is a violation."""
    meter.stage("validate", "")
    results = made.judge()
    checked = judged(results, made.findings, made.ledger, Places(made.ledger, dataset, there))
    if stops_release(checked.findings):
        number = count(checked.findings)[Severity.VIOLATION]
        message = f"{number} violations in {dataset.name}: nothing was published"
        raise DataError(message, checked.findings)
    meter.stage("infer", "")
    derived = made.derive(meter, staged)
    lines, new = write.description(derived.store, dataset, derived.statistics)
    derived.store.flush()
    described = merkle.leaf(dataset.graph(DESCRIPTION), lines)
    leaves = write.leaves(made.ledger, described, derived.leaves)
    inferred = dataset.graph(INFERRED)
    totals = {
        "records": made.ledger.one("SELECT COUNT(*) FROM record"),
        "graphs": len(leaves),
        "triples": derived.statistics.triples + new,
        "inferred": sum(leaf.triples for leaf in leaves if leaf.graph == inferred),
    }
    counts = {"totals": totals, **made.ledger.counts()}
    digest = write.papers(staged, dataset, leaves, files, checked.findings, counts)
    made.ledger.db.execute("COMMIT")
    rebuilt = isinstance(made, rebuild.Rebuild)
    return _Outcome(digest, checked.findings, counts, derived.statistics, tuple(results), rebuilt)
