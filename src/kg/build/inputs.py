"""What a release is made from: the dataset's files, kg's own files, the programs.

Two uses: the manifest lists it, and a build is needed only when it has changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import kg
from kg import disk, resources
from kg.errors import NoRelease, StoreDamaged
from kg.records.changes import FILE as CHANGES
from kg.records.dataset import FILE, Dataset
from kg.records.files import InputFile, record_files, shown
from kg.records.passages import FILE as PASSAGES
from kg.release import Releases

_SOURCES = "sources/"


def software() -> dict[str, str]:
    """The versions that a release is made with."""
    return {"kg": kg.__version__, "pyoxigraph": version("pyoxigraph")}


def of_dataset(dataset: Dataset) -> Iterator[InputFile]:
    """The dataset's files as they are now."""
    named = (dataset.root / name for name in (FILE, PASSAGES, CHANGES))
    extra = [path for path in named if path.is_file()]
    for path in (*record_files(dataset), *extra):
        yield InputFile(shown(dataset, path), disk.sha256(path))


def of_kg() -> Iterator[InputFile]:
    """kg's own files that decide what a release holds: ontology, schemes, shapes, checks, layout."""
    for folder in (resources.ontology(), resources.shapes(), resources.queries() / "checks"):
        for path in disk.files_below(folder):
            if path.suffix in (".ttl", ".rq"):
                yield InputFile(f"{folder.name}/{path.relative_to(folder).as_posix()}", disk.sha256(path))
    yield InputFile("layout.toml", disk.sha256(resources.layout()))


def of_sources(dataset: Dataset, folder: Path | None) -> Iterator[InputFile]:
    """The source texts, where they were given."""
    for source in dataset.sources if folder else ():
        path = Path(folder or ".") / source.file
        if path.is_file():
            yield InputFile(_SOURCES + source.file, disk.sha256(path))


def note(files: Iterator[InputFile] | tuple[InputFile, ...]) -> dict[str, Any]:
    """Inputs and software as they are noted beside ``current``."""
    return {"files": {f.path: f.sha256 for f in files}, "software": software()}


def everything(
    dataset: Dataset, sources: Path | None, own: tuple[InputFile, ...] = ()
) -> tuple[InputFile, ...]:
    """All inputs; ``own`` are the dataset's files where they have been read already."""
    return (*(own or of_dataset(dataset)), *of_kg(), *of_sources(dataset, sources))


def needs_build(dataset: Dataset, store: Path, sources: Path | None = None) -> bool:
    """True unless the current release is whole and was made from the inputs as they are now.

    Without ``sources``, a release that was made with them is as good. Hashes files; reads no
    record. Raises EnvironmentFault if kg's own files are missing.
    """
    releases = Releases(store, dataset.name)
    try:
        releases.current()
    except (NoRelease, StoreDamaged):
        return True
    last = releases.last_inputs()
    return last is None or _comparable(last, sources) != note(everything(dataset, sources))


def _comparable(last: Mapping[str, Any], sources: Path | None) -> dict[str, Any]:
    files = last.get("files", {})
    if sources is None:
        files = {path: digest for path, digest in files.items() if not path.startswith(_SOURCES)}
    return {**last, "files": files}
