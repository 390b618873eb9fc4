"""A release's files: the Oxigraph store and what is said about it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pyoxigraph import NamedNode, RdfFormat, Store

from kg import disk
from kg.build import inputs
from kg.findings import Finding, as_json, count
from kg.records import changes
from kg.records.dataset import Dataset
from kg.records.load import InputFile
from kg.release import digest as merkle
from kg.release import release as layout
from kg.release.digest import GraphDigest


def store(content: Store, folder: Path) -> tuple[GraphDigest, ...]:
    """Write the named graphs of ``content``, and their merge as default graph, to a store in ``folder``.

    The digests are of what the new store gives back. RocksDB keeps a key once, so that the
    merge needs no other de-duplication. ``Store.optimize`` is not called: after one bulk load
    of 400 000 quads it changed no data file. Raises EnvironmentFault.
    """
    with disk.faults("writing the store", folder):
        written = Store(str(folder))
        written.bulk_load(_lines(content), format=RdfFormat.N_QUADS)
        written.flush()
        return merkle.of_store(written)


def _lines(content: Store) -> bytes:
    merge = [
        content.dump(format=RdfFormat.N_TRIPLES, from_graph=graph) or b""
        for graph in content.named_graphs()
        if isinstance(graph, NamedNode)
    ]
    return b"".join([content.dump(format=RdfFormat.N_QUADS) or b"", *merge])


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
