"""A release's files: the Oxigraph store and what is said about it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from pyoxigraph import NamedNode, Quad, RdfFormat, Store

from kg import disk, resources
from kg.build import convert, describe, inputs, shards
from kg.build.ledger import Ledger
from kg.build.lines import iri, of_triples
from kg.build.shards import DESCRIPTION, Shards, Statistics
from kg.build.work import Work, in_graph
from kg.findings import Finding, as_json, count
from kg.records import changes
from kg.records.dataset import Dataset
from kg.records.files import InputFile
from kg.release import digest as merkle
from kg.release import release as layout
from kg.release.digest import GraphDigest


class Joined:
    """Files as one, for a reader that wants to read from one after the other."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._rest = iter(paths)
        self._file: BinaryIO | None = None

    def read(self, size: int = -1) -> bytes:
        """The next bytes; none at the end of the last file."""
        while True:
            if self._file is None:
                path = next(self._rest, None)
                if path is None:
                    return b""
                self._file = path.open("rb")
            if data := self._file.read(size):
                return data
            self._file.close()
            self._file = None


def schema() -> dict[str, list[bytes]]:
    """The graphs of the ontology and the schemes, their lines sorted. Raises DataError."""
    graphs: dict[str, set[bytes]] = {}
    for quad in convert.schema_quads(resources.ontology()):
        assert isinstance(quad.graph_name, NamedNode), "each file of the schema has a graph"
        graphs.setdefault(quad.graph_name.value, set()).update(of_triples([quad.triple]))
    return {name: sorted(lines) for name, lines in graphs.items()}


def fill(store: Store, lines: Iterable[bytes], files: Iterable[Path]) -> None:
    """Load lines, then files of lines, as N-Quads, into a store in which nothing is yet."""
    text = b"".join(line + b"\n" for line in lines)
    store.bulk_load(text, format=RdfFormat.N_QUADS)
    store.bulk_load(Joined(files), format=RdfFormat.N_QUADS)  # type: ignore[arg-type]


def store(work: Work, statistics: Statistics, folder: Path) -> Store:
    """A store in ``folder`` of all graphs but the description, and their merge as default graph.

    ``statistics`` are those of the shards; those of the schema are added. ``Store.optimize`` is not called:
    after one bulk load of 400 000 quads it changed no data file. Raises OSError.
    """
    graphs = schema()
    merged = {line for lines in graphs.values() for line in lines}
    statistics.add(shards.statistics(merged, iri(f"{work.dataset.base}id/")[:-1]))
    named = [quad for name, lines in graphs.items() for quad in in_graph(name, lines).split(b"\n")[:-1]]
    written = Store(str(folder))
    fill(written, (*named, *merged), Shards(work.folder, work.shards).everything())
    return written


def description(store: Store, dataset: Dataset, statistics: Statistics) -> tuple[list[bytes], int]:
    """Add the description, which cannot count itself; its lines, and how many of them the merge had not."""
    triples = set(describe.description(dataset, statistics))
    graph = NamedNode(dataset.graph(DESCRIPTION))
    new = sum(Quad(t.subject, t.predicate, t.object) not in store for t in triples)
    store.extend(Quad(t.subject, t.predicate, t.object, graph) for t in triples)
    store.extend(Quad(t.subject, t.predicate, t.object) for t in triples)
    return sorted(of_triples(triples)), new


def leaves(ledger: Ledger, described: GraphDigest, derived: Iterable[GraphDigest]) -> tuple[GraphDigest, ...]:
    """The digests of all graphs that are not empty, by name."""
    found = [*ledger.leaves(), described, *derived]
    found += [merkle.leaf(name, lines) for name, lines in schema().items()]
    return tuple(sorted(leaf for leaf in found if leaf.triples))


def papers(
    folder: Path,
    dataset: Dataset,
    graphs: Sequence[GraphDigest],
    files: Iterable[InputFile],
    findings: Sequence[Finding],
    counts: dict[str, Any],
) -> str:
    """Write manifest.json, report.json and graphs.json; give back the digest. Raises EnvironmentFault."""
    digest = merkle.root(graphs)
    manifest = {
        "format": layout.FORMAT,
        "digest": digest,
        "dataset": _facts(dataset),
        "changes": [asdict(section) for section in changes.read(dataset.root)],
        "counts": counts,
        "graphs": len(graphs),
        "findings": {str(severity): number for severity, number in count(findings).items()},
        "inputs": [asdict(file) for file in sorted(files, key=lambda f: f.path)],
        "software": inputs.software(),
    }
    with disk.faults("writing the manifest", folder):
        _write(folder / layout.MANIFEST, manifest)
        rows = (json.dumps({"graph": g.graph, "digest": g.digest, "triples": g.triples}) for g in graphs)
        (folder / layout.GRAPHS).write_text('{"graphs": [\n' + ",\n".join(rows) + "\n]}\n", encoding="utf-8")
        (folder / layout.REPORT).write_text(as_json(findings), encoding="utf-8")
    return digest


def _facts(dataset: Dataset) -> dict[str, str]:
    names = ("name", "title", "description", "base", "publisher", "licence", "language", "version", "issued")
    return {name: getattr(dataset, name) for name in names}


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
