"""The stages in order: load, convert, gate, infer, describe, write, publish.

``check`` goes as far as the gate; ``build`` all the way. Findings of all stages are collected
before anything stops, and nothing is published while there is a violation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from pyoxigraph import NamedNode, Quad, Store, Triple

from kg import resources, vocab
from kg.build import convert, counts, describe, infer, inputs, write
from kg.build.gate import Checked, gate, shacl_report
from kg.build.inputs import needs_build
from kg.errors import DataError
from kg.findings import Finding, Severity, count, stops_release
from kg.records import changes, load
from kg.records.context import context
from kg.records.dataset import Dataset
from kg.records.load import Loaded
from kg.release import Release, Releases

__all__ = ["Built", "Checked", "build", "check", "needs_build", "shacl_report"]

Progress: TypeAlias = Callable[[str, str], None]

_INFERRED: Final = "inferred"
_PROVENANCE: Final = "provenance"
_DESCRIPTION: Final = "description"


@dataclass(frozen=True, slots=True)
class Built:
    """A published release, what the gate had to say (no violation), and how much there is."""

    release: Release
    findings: tuple[Finding, ...]
    counts: dict[str, Any]


def check(dataset: Dataset, sources: Path | None = None, progress: Progress | None = None) -> Checked:
    """Load, convert and validate; publish nothing.

    Faults of the data come as findings, of the schema as DataError. Raises NotFound or
    EnvironmentFault if a source text or kg's own files cannot be read.
    """
    checked, _, _ = _asserted(dataset, sources, progress or _silent)
    return checked


def build(
    dataset: Dataset, *, sources: Path | None = None, store: Path, progress: Progress | None = None
) -> Built:
    """Build a release of a dataset into ``store`` and make it current.

    ``progress`` is called with the name of each stage as it begins, and a detail.
    Raises DataError with all findings if one is a violation, NotFound for ``sources`` that are
    not there, and EnvironmentFault. Whatever is raised, the current release stays as it was.
    """
    say = progress or _silent
    releases = Releases(store, dataset.name)
    own = tuple(inputs.of_kg())  # before they are used: a change during the build must be seen as one
    checked, loaded, content = _asserted(dataset, sources, say)
    if stops_release(checked.findings):
        number = count(checked.findings)[Severity.VIOLATION]
        raise DataError(f"{number} violations in {dataset.name}: nothing was published", checked.findings)
    numbers = counts.of_asserted(content, dataset.base)
    _derive(content, dataset, loaded, say)
    files = (*loaded.inputs, *own, *inputs.of_sources(dataset, sources))
    with releases.stage() as staged:
        say("store", f"{len(content)} quads")
        graphs = write.store(content, staged / "store")
        numbers = {"totals": _totals(content, dataset, loaded), **numbers}
        digest = write.papers(staged, dataset, graphs, files, checked.findings, numbers)
        say("publish", digest)
        return Built(releases.publish(staged, digest, inputs.note(files)), checked.findings, numbers)


def _silent(_stage: str, _detail: str) -> None:
    return None


def _asserted(dataset: Dataset, sources: Path | None, say: Progress) -> tuple[Checked, Loaded, Store]:
    say("load", str(dataset.root))
    loaded = load.load(dataset, sources)
    say("convert", f"{len(loaded.records)} records")
    content = Store()
    content.extend(convert.schema_quads(resources.ontology()))
    quads, faults = _converted(loaded, dataset.base)
    content.extend(quads)
    say("validate", f"{len(content)} quads")
    return gate(content, loaded, [*faults, *_faults_of_notes(dataset)]), loaded, content


def _faults_of_notes(dataset: Dataset) -> tuple[Finding, ...]:
    """What keeps CHANGES.md from being read: it becomes part of the release."""
    try:
        changes.read(dataset.root)
    except DataError as error:
        return error.findings
    return ()


def _converted(loaded: Loaded, base: str) -> tuple[list[Quad], list[Finding]]:
    try:
        return list(convert.record_quads(loaded.records, context(base))), []
    except DataError:
        return _converted_one_by_one(loaded, base)


def _converted_one_by_one(loaded: Loaded, base: str) -> tuple[list[Quad], list[Finding]]:
    quads: list[Quad] = []
    findings: list[Finding] = []
    for record in loaded.records:
        try:
            quads.extend(convert.record_quads([record], context(base)))
        except DataError as error:
            findings.extend(error.findings)
    return quads, findings


def _derive(content: Store, dataset: Dataset, loaded: Loaded, say: Progress) -> None:
    """Add the graphs that nobody wrote: inferred, provenance, description, in this order."""
    say("infer", "")
    _add(content, dataset.graph(_INFERRED), list(_inferred(content, loaded)))
    say("describe", "")
    _add(content, dataset.graph(_PROVENANCE), describe.provenance(loaded.records, dataset.base))
    triples = [quad.triple for quad in content]
    _add(content, dataset.graph(_DESCRIPTION), describe.description(dataset, triples))


def _inferred(content: Store, loaded: Loaded) -> Iterator[Triple]:
    """What follows from the records. Consequences about the schema's own terms are left out."""
    written = {record.graph for record in loaded.records}
    ontology = content.quads_for_pattern(None, None, None, NamedNode(vocab.ONTOLOGY))
    schema = infer.Schema.read(quad.triple for quad in ontology)
    asserted, terms = set(), set()
    for quad in content:
        if isinstance(quad.graph_name, NamedNode) and quad.graph_name.value in written:
            asserted.add(quad.triple)
        else:
            terms.add(quad.subject)
    dates = set(infer.inherited_dates(content)) - asserted
    yield from dates
    yield from infer.closure(asserted | dates, schema, frozenset(terms))


def _add(content: Store, graph: str, triples: Iterable[Triple]) -> None:
    name = NamedNode(graph)
    content.extend(Quad(t.subject, t.predicate, t.object, name) for t in triples)


def _totals(content: Store, dataset: Dataset, loaded: Loaded) -> dict[str, int]:
    inferred = NamedNode(dataset.graph(_INFERRED))
    return {
        "records": len(loaded.records),
        "graphs": sum(1 for _ in content.named_graphs()),
        "triples": len({quad.triple for quad in content}),
        "inferred": sum(1 for _ in content.quads_for_pattern(None, None, None, inferred)),
    }
