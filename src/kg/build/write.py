"""A release's files: the Oxigraph store and what is said about it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from pyoxigraph import NamedNode, Quad, RdfFormat, Store

from kg import disk, resources
from kg.build import convert, describe, inputs
from kg.build.ledger import Ledger
from kg.build.lines import of_triples
from kg.build.shards import INFERRED, PROVENANCE, Shards, Statistics
from kg.build.shards import statistics as shards_statistics
from kg.build.work import Work, in_graph
from kg.findings import Finding, as_json, count
from kg.records import changes
from kg.records.dataset import Dataset
from kg.records.load import InputFile
from kg.release import digest as merkle
from kg.release import release as layout
from kg.release.digest import GraphDigest

DESCRIPTION: Final = "description"


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


@dataclass(frozen=True, slots=True)
class Written:
    """The digests of the graphs of a store, and how much is in it in all."""

    leaves: tuple[GraphDigest, ...]
    totals: dict[str, int]


def schema() -> Iterator[tuple[str, list[bytes]]]:
    """The graphs of the ontology and the schemes, their lines sorted. Raises DataError."""
    graphs: dict[str, set[bytes]] = {}
    for quad in convert.schema_quads(resources.ontology()):
        assert isinstance(quad.graph_name, NamedNode), "each file of the schema has a graph"
        graphs.setdefault(quad.graph_name.value, set()).update(of_triples([quad.triple]))
    return ((name, sorted(lines)) for name, lines in graphs.items())


def fill(store: Store, lines: Iterable[bytes], files: Iterable[Path]) -> None:
    """Load lines, then files of lines, as N-Quads, into a store in which nothing is yet."""
    text = b"".join(line + b"\n" for line in lines)
    store.bulk_load(text, format=RdfFormat.N_QUADS)
    store.bulk_load(Joined(files), format=RdfFormat.N_QUADS)  # type: ignore[arg-type]


def store(work: Work, ledger: Ledger, statistics: Statistics, folder: Path) -> Written:
    """Write the named graphs, and their merge as default graph, to a store in ``folder``.

    ``statistics`` are those of the shards. ``Store.optimize`` is not called: after one bulk load
    of 400 000 quads it changed no data file. Raises EnvironmentFault.
    """
    dataset, shards = work.dataset, Shards(work.folder, work.shards)
    graphs = dict(schema())
    merged = {line for lines in graphs.values() for line in lines}
    statistics.add(shards_statistics(merged, b"<" + f"{dataset.base}id/".encode()))
    with disk.faults("writing the store", folder):
        written = Store(str(folder))
        named = b"".join(in_graph(name, lines) for name, lines in graphs.items())
        own = named.split(b"\n")[:-1]
        fill(written, (*own, *merged), shards.everything())
        graphs[dataset.graph(DESCRIPTION)] = _description(written, dataset, statistics)
        written.flush()
    leaves = [*ledger.leaves(), *(merkle.leaf(name, lines) for name, lines in graphs.items())]
    leaves += [merkle.of_quads(dataset.graph(kind), shards.quads(kind)) for kind in (INFERRED, PROVENANCE)]
    found = {leaf.graph: leaf for leaf in leaves if leaf.triples}
    totals = {
        "records": ledger.one("SELECT COUNT(*) FROM record"),
        "graphs": len(found),
        "triples": statistics.triples,
        "inferred": found[inferred].triples if (inferred := dataset.graph(INFERRED)) in found else 0,
    }
    return Written(tuple(sorted(found.values())), totals)


def _description(store: Store, dataset: Dataset, statistics: Statistics) -> list[bytes]:
    """Add the description, and count those of its triples that were not there: it cannot count itself."""
    triples = set(describe.description(dataset, statistics))
    graph = NamedNode(dataset.graph(DESCRIPTION))
    statistics.triples += sum(Quad(t.subject, t.predicate, t.object) not in store for t in triples)
    store.extend(Quad(t.subject, t.predicate, t.object, graph) for t in triples)
    store.extend(Quad(t.subject, t.predicate, t.object) for t in triples)
    return sorted(of_triples(triples))


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
        _write(folder / layout.GRAPHS, {"graphs": [asdict(graph) for graph in graphs]})
        (folder / layout.REPORT).write_text(as_json(findings), encoding="utf-8")
    return digest


def _facts(dataset: Dataset) -> dict[str, str]:
    names = ("name", "title", "description", "base", "publisher", "licence", "language", "version", "issued")
    return {name: getattr(dataset, name) for name in names}


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
