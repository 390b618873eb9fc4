"""A dataset's folder to expanded records: the whole of reading, in order."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kg.errors import NotFound
from kg.findings import Finding, Location, Severity, in_order
from kg.records import changes, check, expand, model, passages
from kg.records.dataset import FILE, Dataset
from kg.records.files import passed_over, record_files, shown
from kg.records.parse import Parser, Record, names_in
from kg.records.reader import read


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file of the dataset. ``path`` is relative to its folder; ``sha256`` in hexadecimal."""

    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class ExpandedRecord:
    """A top-level record as a JSON-LD node, with what its provenance will say."""

    id: str
    iri: str
    graph: str
    node: Mapping[str, Any]
    file: str
    file_sha256: str
    curator: str
    review_state: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """Everything that was read, and everything that was wrong with it.

    ``doubtful`` are the IRIs of records that stand for more, or for something else, than was meant:
    of two with one id, of an article with an impossible stretch.
    """

    records: tuple[ExpandedRecord, ...]
    findings: tuple[Finding, ...]
    inputs: tuple[InputFile, ...]
    places: Mapping[tuple[str, str | None], Location]
    doubtful: frozenset[str] = frozenset()

    def locate(self, iri: str, path: str | None = None) -> Location | None:
        """Where the record stands, and the property if it is written there."""
        return self.places.get((iri, path)) or self.places.get((iri, None))


@dataclass(frozen=True, slots=True)
class Parsed:
    """Records as read, before they are expanded.

    ``lost`` are the names (``ada-lovelace`` of ``person/ada-lovelace``) of records that are there
    but could not be read: what refers to them is not at fault.
    """

    records: tuple[Record, ...]
    findings: tuple[Finding, ...]
    inputs: tuple[InputFile, ...]
    lost: frozenset[str]


def parse(dataset: Dataset) -> Parsed:
    """Read every file of the dataset. Faults come as findings; nothing is raised for them."""
    parser = Parser(model.load(), dataset.language)
    records: list[Record] = []
    inputs: list[InputFile] = []
    parser.findings.extend(passed_over(dataset))
    for path in record_files(dataset):
        name = shown(dataset, path)
        try:
            content = path.read_bytes()
        except OSError as error:
            message = f"the file cannot be read: {error.strerror}"
            parser.fault(Location(name), "unreadable-file", message, "mend it or remove it")
            continue
        inputs.append(InputFile(name, hashlib.sha256(content).hexdigest()))
        tree = read(content, name)
        parser.findings.extend(tree.findings)
        if not tree.findings or tree.root is not None:
            records.extend(parser.file(tree.root, Location(name)))
        else:
            parser.lost.update(names_in(content))
    if not inputs:
        parser.fault(
            Location(FILE), "no-records", "the dataset holds no records", "add a .yaml file beside it"
        )
    for extra in (FILE, passages.FILE, changes.FILE):
        if (dataset.root / extra).is_file():
            inputs.append(InputFile(extra, hashlib.sha256((dataset.root / extra).read_bytes()).hexdigest()))
    inputs.sort(key=lambda i: i.path)
    return Parsed(tuple(records), tuple(parser.findings), tuple(inputs), frozenset(parser.lost))


def load(dataset: Dataset, sources: Path | None = None) -> Loaded:
    """Read, check and expand a dataset; with ``sources``, check every passage against its text.

    Raises NotFound or EnvironmentFault only where ``sources`` was given and a text that the
    dataset needs is not readable there.
    """
    parsed = parse(dataset)
    digests, faults = passages.read_digests(dataset.root)
    texts = read_texts(dataset, parsed.records, sources) if sources else {}
    records = parsed.records
    findings = [
        *parsed.findings,
        *faults,
        *check.duplicates(records),
        *check.references(records, dataset.base, parsed.lost),
        *check.stretches(records),
        *check.evidence(records, digests, parsed.lost),
        *(() if parsed.lost else check.stale(records, digests)),  # what was not read may cite them
        *check.against_sources(records, digests, texts),
        *_unknown_sources(dataset, records),
    ]
    digest_of = {i.path: i.sha256 for i in parsed.inputs}
    expanded = tuple(_expand(dataset, r, digest_of, n) for r, n in _nodes(records, digests, texts))
    places = expand.index(records, dataset.base)
    for passage, value in check.cited(records):  # a passage stands where it is first cited
        places.setdefault((dataset.iri(f"passage/{passage.name}"), None), value.at)
    doubtful = frozenset(map(dataset.iri, check.doubtful(records)))
    return Loaded(expanded, tuple(in_order(findings)), parsed.inputs, places, doubtful)


def read_texts(dataset: Dataset, records: tuple[Record, ...], folder: Path) -> dict[str, passages.SourceText]:
    """The source texts that the articles name, by file name. Raises NotFound, EnvironmentFault."""
    if not folder.is_dir():
        raise NotFound(f"{folder} is not a folder", hint="--sources names the folder of the source texts")
    known = {source.file for source in dataset.sources}
    wanted = {r.first("sourceFile") for r in records if r.type.name == "Article"} & known
    return {name: passages.read_source(folder, name) for name in sorted(wanted)}


def _nodes(
    records: tuple[Record, ...], digests: passages.Digests, texts: Mapping[str, passages.SourceText]
) -> Iterator[tuple[Record, dict[str, Any]]]:
    by_article: dict[str, list[passages.Passage]] = {}
    for passage, _ in check.cited(records):
        by_article.setdefault(passage.article, []).append(passage)
    seen: set[str] = set()
    for record in records:
        if record.id in seen:
            continue
        seen.add(record.id)
        body = expand.node(record)
        if record.type.name == "Article":
            expand.add_source(body, digests)
            cited = by_article.get(record.id.partition("/")[2], [])
            if cited:
                text = texts.get(record.first("sourceFile"))
                body["passage"] = list(expand.passages(cited, digests, text))
        yield record, body


def _expand(
    dataset: Dataset, record: Record, digest_of: Mapping[str, str], body: dict[str, Any]
) -> ExpandedRecord:
    if "reviewState" in record.type.fields:
        body["reviewState"] = record.review_state
    return ExpandedRecord(
        id=record.id,
        iri=dataset.iri(record.id),
        graph=dataset.graph(record.id),
        node=body,
        file=record.at.file,
        file_sha256=digest_of[record.at.file],
        curator=record.curator or dataset.curator or dataset.publisher,
        review_state=record.review_state,
    )


def _unknown_sources(dataset: Dataset, records: tuple[Record, ...]) -> Iterator[Finding]:
    known = sorted(source.file for source in dataset.sources)
    for record in records:
        for value in record.values.get("sourceFile", ()):
            if value.text not in known:
                yield Finding(
                    Severity.VIOLATION,
                    "unknown-source",
                    f"sourceFile: {FILE} lists no source {value.text!r}",
                    f"add [[sources]] with this file to {FILE}; there are: {', '.join(known) or 'none'}",
                    value.at,
                )
