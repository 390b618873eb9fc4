"""The bundled release, taken home in every format, is what its store holds."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import rdflib
from pyld import jsonld
from pyoxigraph import DefaultGraph, Quad, RdfFormat, Store, parse

from kg import export, formats
from kg.release import Release

# rdflib 7.6 reads datasets through names that it has itself deprecated
pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning:rdflib")

RDFLIB = {"ntriples": "nt", "jsonld": "json-ld", "rdfxml": "xml"}


def lines(quads: Iterable[Quad]) -> set[str]:
    return {str(quad) for quad in quads}


def by_raptor(path: Path, fmt: formats.Format) -> set[str]:
    command = ["rapper", "-q", "-i", fmt.name, "-o", "nquads", str(path)]
    done = subprocess.run(command, capture_output=True, timeout=120, check=True)
    return lines(parse(done.stdout, RdfFormat.N_QUADS))


def by_pyld(path: Path, fmt: formats.Format) -> set[str]:
    text = jsonld.to_rdf(json.loads(path.read_bytes()), {"format": "application/n-quads"})
    return lines(parse(text, RdfFormat.N_QUADS))


def by_rdflib(path: Path, fmt: formats.Format, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    monkeypatch.setattr(rdflib, "NORMALIZE_LITERALS", False)
    dataset = rdflib.Dataset()
    dataset.parse(path, format=RDFLIB.get(fmt.name, fmt.name))
    default = dataset.default_graph.identifier
    named = ((f"{s.n3()} {p.n3()} {o.n3()}", g) for s, p, o, g in dataset.quads())
    rows = (f"{triple} ." if g is None or g == default else f"{g.n3()} {{ {triple} }}" for triple, g in named)
    return lines(parse("\n".join(rows), RdfFormat.TRIG))  # a text of several lines has its own quotes there


@pytest.fixture(scope="module")
def store(release: Release) -> Store:
    return release.open_store()


@pytest.mark.parametrize("fmt", formats.RDF_FORMATS, ids=lambda f: f.name)
def test_three_readers_get_back_the_release(
    fmt: formats.Format, store: Store, release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"dump.{fmt.extension}"
    export.to_file(path, store, fmt, base=release.base)
    held = lines(store.quads_for_pattern(None, None, None, None if fmt.quads else DefaultGraph()))
    independent: Any = by_pyld if fmt is formats.JSONLD else by_raptor
    assert independent(path, fmt) == held
    assert by_rdflib(path, fmt, monkeypatch) == held


def test_each_record_is_one_tree_in_jsonld(store: Store, release: Release) -> None:
    """What no nesting reaches would stand beside the root, in @graph."""
    folder = f"{release.base}graph/"
    local = (g.value.removeprefix(folder) for g in store.named_graphs() if g.value.startswith(folder))
    for name in sorted(n for n in local if "/" in n):
        pieces = export.chunks(store, formats.JSONLD, base=release.base, entity=name)
        document = json.loads(b"".join(pieces))
        assert document.get("id") == name, name


def test_a_killed_export_leaves_no_half_file(release: Release, tmp_path: Path) -> None:
    target = tmp_path / "dump.ttl"
    program = (
        "import os, sys; from pathlib import Path; from kg import export, formats;"
        "from kg.release import Release; release = Release.open(Path(sys.argv[1]));"
        "os.fsync = lambda handle: os.kill(os.getpid(), 9);"
        "export.to_file(Path(sys.argv[2]), release.open_store(), formats.TURTLE, base=release.base)"
    )
    done = subprocess.run([sys.executable, "-c", program, release.path, target], timeout=60, check=False)
    assert done.returncode == -9
    assert not target.exists()
