"""The data that all serve: a release of the synthetic dataset, and its default graph as N-Triples."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from kg.records import dataset
from kg.release import Releases
from kg.release.release import Release

_SYNTHETIC: Final = Path(__file__).resolve().parents[1] / "synthetic.py"


@dataclass(frozen=True)
class Corpus:
    """Where everything is."""

    data: Path
    store: Path
    release: Release
    triples: Path
    base: str

    @property
    def native(self) -> Path:
        """The store of Oxigraph that kg serves."""
        return self.release.store_path


def prepare(events: int, folder: Path) -> Corpus:
    """The corpus of so many events; what is in the folder already is used again."""
    root = folder / str(events)
    data, store, triples = root / "data", root / "store", root / "triples.nt"
    if not (data / "dataset.toml").is_file():
        _run(_SYNTHETIC, str(events), data)
    found = dataset.read(data)
    if not (store / found.name / "current").exists():
        _run("-m", "kg", "build", data, "--store", store)
    release = Releases(store, found.name).current()
    if not triples.is_file():
        part = triples.with_suffix(".part")
        source = ox.Store.read_only(str(release.store_path))
        source.dump(part, format=ox.RdfFormat.N_TRIPLES, from_graph=ox.DefaultGraph())
        part.replace(triples)
    return Corpus(data, store, release, triples, found.base)


def _run(*arguments: str | Path) -> None:
    subprocess.run([sys.executable, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)
