"""A dataset's folder to expanded records: the whole of reading, in order.

``files`` says what there is to read; the blocks are read one by one, here or in other processes
(``kg.records.entries``), and what they say of one another is kept in an index; ``judge`` then finds
what is wrong between records, and ``articles`` gives the articles their passages. ``load`` does
all of it in memory, for a dataset that is not large.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from kg import disk
from kg.errors import EnvironmentFault, NotFound
from kg.findings import Finding, Location, Severity, in_order
from kg.records import changes, check, entries, expand, model, passages
from kg.records.blocks import Block, blocks
from kg.records.dataset import FILE, Dataset
from kg.records.entries import Entry
from kg.records.files import InputFile, passed_over, record_files, shown
from kg.records.index import Index
from kg.records.parse import Record
from kg.records.piece import parse_block


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
class Files:
    """What there is to read. ``records`` are the record files in order, with the names findings give.

    ``size`` is that of the record files, in bytes; ``findings`` tell of what was passed over.
    """

    records: tuple[tuple[Path, str], ...]
    inputs: tuple[InputFile, ...]
    findings: tuple[Finding, ...]
    size: int

    @property
    def sha256(self) -> dict[str, str]:
        """The digest of each file by its name."""
        return {each.path: each.sha256 for each in self.inputs}

    def blocks(self) -> Iterator[Block]:
        """The blocks of the record files. Raises EnvironmentFault if a file is no longer as it was."""
        sha256 = self.sha256
        for path, name in self.records:
            digest = hashlib.sha256()
            with disk.faults("reading the records", path):
                yield from blocks(path, name, digest.update)
            if digest.hexdigest() != sha256[name]:
                raise EnvironmentFault(f"{path} was changed while it was read", hint="run it again")


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


def files(dataset: Dataset) -> Files:
    """Every file of the dataset, with its digest. Faults come as findings."""
    found: list[tuple[Path, str]] = []
    size = 0
    inputs: list[InputFile] = []
    findings = list(passed_over(dataset))
    for path in record_files(dataset):
        name = shown(dataset, path)
        try:
            inputs.append(InputFile(name, disk.sha256(path)))
            found.append((path, name))
            size += path.stat().st_size
        except OSError as error:
            message = f"the file cannot be read: {error.strerror}"
            findings.append(_fault("unreadable-file", message, "mend it or remove it", name))
    if not inputs:
        message, remedy = "the dataset holds no records", "add a .yaml, .json, .jsonl or .csv file beside it"
        findings.append(_fault("no-records", message, remedy, FILE))
    for extra in (FILE, passages.FILE, changes.FILE):
        if (dataset.root / extra).is_file():
            inputs.append(InputFile(extra, disk.sha256(dataset.root / extra)))
    return Files(tuple(found), tuple(sorted(inputs, key=lambda i: i.path)), tuple(findings), size)


def _fault(code: str, message: str, remedy: str, file: str) -> Finding:
    return Finding(Severity.VIOLATION, code, message, remedy, Location(file))


def parse(dataset: Dataset) -> Parsed:
    """Read every file of the dataset. Faults come as findings; nothing is raised for them."""
    there = files(dataset)
    pieces = [parse_block(block, model.load(), dataset.language) for block in there.blocks()]
    return Parsed(
        tuple(record for piece in pieces for record in piece.records),
        (*there.findings, *(finding for piece in pieces for finding in piece.findings)),
        there.inputs,
        frozenset(name for piece in pieces for name in piece.lost),
    )


def folder_of_texts(folder: Path) -> Path:
    """The folder. Raises NotFound if it is none."""
    if not folder.is_dir():
        raise NotFound(f"{folder} is not a folder", hint="--sources names the folder of the source texts")
    return folder


def listed(dataset: Dataset, names: Iterable[str]) -> list[str]:
    """Those of the source files that the dataset lists, sorted."""
    return sorted({source.file for source in dataset.sources}.intersection(names))


class Texts:
    """The source texts below a folder, one at a time in memory; none where no folder was given.

    Raises NotFound if the folder is not there.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder_of_texts(folder) if folder else None
        self._read = lru_cache(maxsize=4)(lambda name: passages.read_source(folder or Path(), name))

    def wanted(self, index: Index, dataset: Dataset) -> list[str]:
        """The source files of the articles that the dataset lists, sorted; none without a folder."""
        if self._folder is None:
            return []
        named = index.rows("SELECT DISTINCT source FROM article WHERE source IS NOT NULL")
        return listed(dataset, (name for (name,) in named))

    def read(self, name: str) -> passages.SourceText:
        """One text. Raises NotFound, EnvironmentFault."""
        return self._read(name)


def judge(
    index: Index, dataset: Dataset, there: Files, digests: passages.Digests, texts: Texts
) -> list[Finding]:
    """All that is wrong, in the files, in the blocks and between the records.

    Raises NotFound or EnvironmentFault only where a source text that the dataset needs is not readable.
    """
    lost = index.lost()
    findings = [
        *there.findings,
        *index.findings(),
        *check.duplicates(index),
        *check.references(index, lost),
        *check.stretches(index),
        *check.evidence(index, lost),
        *(() if lost else check.stale(index)),  # what was not read may cite them
        *check.against_sources(index, digests, texts.wanted(index, dataset), texts.read),
        *check.unknown_sources(index, dataset),
    ]
    return in_order(findings)


def articles(
    index: Index,
    dataset: Dataset,
    digests: passages.Digests,
    texts: Texts,
    names: Iterable[str] | None = None,
) -> Iterator[tuple[int, dict[str, Any]]]:
    """The articles' records (their number in the index) with source and passages; all, or those named."""
    wanted = set(texts.wanted(index, dataset))
    query = "SELECT record, name, source, node FROM article JOIN record ON record.no = article.record"
    rows = (
        index.rows(f"{query} ORDER BY source, record")
        if names is None
        else (row for name in names for row in index.rows(f"{query} WHERE name = ?", name))
    )
    for number, name, source, node in rows:
        body = json.loads(node)
        expand.add_source(body, digests)
        spans = index.rows("SELECT DISTINCT article, start, stop FROM citation WHERE article = ?", name)
        if cited := [passages.Passage(*span) for span in spans]:
            text = texts.read(source) if source in wanted else None
            body["passage"] = list(expand.passages(cited, digests, text))
        yield number, body


def article_records(
    index: Index, dataset: Dataset, there: Files, bodies: Iterable[tuple[int, dict[str, Any]]]
) -> Iterator[tuple[int, ExpandedRecord]]:
    """What ``articles`` gives, as records."""
    query = """SELECT r.id, b.file, r.curator, r.review FROM record AS r JOIN block AS b ON b.no = r.block
        WHERE r.no = ?"""
    sha256 = there.sha256
    for number, body in bodies:
        local, file, curator, review = next(index.rows(query, number))
        names = (local, dataset.iri(local), dataset.graph(local))
        yield number, ExpandedRecord(*names, body, file, sha256[file], curator, review)


def expanded(entry: Entry, dataset: Dataset, file: str, sha256: str) -> ExpandedRecord:
    """The record of an entry that stands in this file."""
    return ExpandedRecord(
        id=entry.id,
        iri=dataset.iri(entry.id),
        graph=dataset.graph(entry.id),
        node=entry.node,
        file=file,
        file_sha256=sha256,
        curator=entry.curator,
        review_state=entry.review_state,
    )


class Places:
    """Where records and their fields stand: records by the index; for fields, blocks are read again."""

    def __init__(self, index: Index, dataset: Dataset, there: Files) -> None:
        self._index = index
        self._dataset = dataset
        self._there = there
        self._space = f"{dataset.base}id/"
        self.starts = lru_cache(maxsize=16)(self._starts)

    def locate(self, iri: str) -> Location | None:
        """Where the record stands. A passage stands where it is first cited."""
        found = self._find(iri)
        return found[0] if found else None

    def of(self, keys: Iterable[tuple[str, str | None]]) -> dict[tuple[str, str | None], Location | None]:
        """Where (record, property) stand: the property if it is written there, else the record.

        No block is read twice, and none that holds no such property.
        """
        places: dict[tuple[str, str | None], Location | None] = {}
        wanted: dict[tuple[str, int], set[tuple[str, str | None]]] = {}
        for iri, path in set(keys):
            found = self._find(iri)
            places[iri, path] = found[0] if found else None
            if found and found[1] and path:
                wanted.setdefault(found[1], set()).add((iri, path))
        for block in self._there.blocks() if wanted else ():
            if asked := wanted.pop((block.file, block.line), None):
                piece = parse_block(block, model.load(), self._dataset.language)
                table = expand.index(piece.records, self._dataset.base)
                places.update((key, table[key]) for key in asked & table.keys())
                if not wanted:
                    break
        return places

    def _find(self, iri: str) -> tuple[Location, tuple[str, int] | None] | None:
        """The place of a record, and the block that it stands in."""
        local = self.local(iri)
        if row := next(self._index.rows(_THING, local), None):
            return Location(*row[:3]), (row[0], row[3])
        kind, _, name = local.partition("/")
        cited = next(self._index.rows(_CITED, name), None) if kind == "passage" else None
        return (Location(*cited), None) if cited else None

    def local(self, iri: str) -> str:
        """The id that an IRI of the dataset stands for; another IRI as it is."""
        return iri.removeprefix(self._space)

    def iri(self, local: str) -> str:
        """The IRI of an id."""
        return self._space + local

    def _starts(self, file: str) -> list[Location]:
        """Where each record of a file begins, nested or not, in order."""
        return [Location(*place) for place in self._index.rows(_STARTS, file)]


_JOIN = "JOIN record AS r ON r.no = x.record JOIN block AS b ON b.no = r.block"
_AT = "b.file, b.line + x.line, x.column"
_THING = f"SELECT {_AT}, b.line FROM thing AS x {_JOIN} WHERE x.id = ? ORDER BY b.rank, x.rowid LIMIT 1"
_CITED = f"SELECT {_AT} FROM citation AS x {_JOIN} WHERE x.passage = ? ORDER BY b.rank, x.rowid LIMIT 1"
_STARTS = f"SELECT DISTINCT {_AT} FROM thing AS x {_JOIN} WHERE b.file = ? ORDER BY 2, 3"


@dataclass(frozen=True, slots=True)
class Loaded:
    """Everything that was read, and everything that was wrong with it."""

    records: tuple[ExpandedRecord, ...]
    findings: tuple[Finding, ...]
    inputs: tuple[InputFile, ...]
    places: Places

    def locate(self, iri: str, path: str | None = None) -> Location | None:
        """Where the record stands, and the property if it is written there."""
        return self.places.of([(iri, path)])[iri, path]


def load(dataset: Dataset, sources: Path | None = None) -> Loaded:
    """Read, check and expand a dataset; with ``sources``, check every passage against its text.

    Raises NotFound or EnvironmentFault only where ``sources`` was given and a text that the
    dataset needs is not readable there.
    """
    there, index, texts = files(dataset), Index(), Texts(sources)
    sha256 = there.sha256
    digests, faults = passages.read_digests(dataset.root)
    found: dict[int, ExpandedRecord] = {}
    for rank, block in enumerate(there.blocks()):
        content = entries.read(block, dataset)
        made = (expanded(entry, dataset, block.file, sha256[block.file]) for entry in content.entries)
        _, numbers = index.add(content, rank)
        found.update(zip(numbers, made, strict=True))
    index.set_digests(digests)
    index.finish()
    findings = in_order([*faults, *judge(index, dataset, there, digests, texts)])
    for number, body in articles(index, dataset, digests, texts):
        found[number] = replace(found[number], node=body)
    first: dict[str, ExpandedRecord] = {}
    for record in found.values():
        first.setdefault(record.id, record)
    return Loaded(tuple(first.values()), tuple(findings), there.inputs, Places(index, dataset, there))
