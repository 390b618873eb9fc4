"""RDF files as they are, to be served like a release: no records, no gate, no digest over graphs.

A release's digest needs graphs without blank nodes; here it is one of the files' bytes, their order
and the mode, which is enough to tell one set of files from another.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, Literal, cast

from kg import disk
from kg.errors import DataError, EnvironmentFault, NotFound, UsageError
from kg.findings import Finding, Location, Severity
from kg.formats import RDF_FORMATS, Format, engine_format
from kg.release.release import FORMAT, MANIFEST, STORE, seal

if TYPE_CHECKING:
    from pyoxigraph import Store

DefaultGraph = Literal["union", "strict"]
"""``union``: the merge of all graphs, each triple once. ``strict``: what the files put into it."""

_PACKED: Final = ".gz"


def write(files: Sequence[Path], folder: Path, default_graph: DefaultGraph, base: str) -> None:
    """Write the content of RDF files to ``folder``, which must be empty, so that it opens as a release.

    ``base`` is its base IRI. Triples of a Turtle, N-Triples or RDF/XML file stand in the default graph;
    blank nodes of different files are different. Raises UsageError for an extension that is none of the
    six formats' (``.gz`` may follow it), NotFound for a file that is not there, DataError with its place
    for what does not parse, EnvironmentFault. Do it in a process of its own: RocksDB survives no fork.
    """
    import pyoxigraph as ox

    formats = {path: _format(path) for path in files}
    with disk.faults("loading the files", folder):
        store = ox.Store(str(folder / STORE))
        for path, fmt in formats.items():
            _load(store, path, fmt)
        if default_graph == "union":
            store.bulk_extend(_merge(store))
        store.flush()
        del store
        manifest = json.dumps(_manifest(files, default_graph, base), ensure_ascii=False)
        (folder / MANIFEST).write_text(manifest, encoding="utf-8")
        seal(folder)


def _manifest(files: Sequence[Path], default_graph: DefaultGraph, base: str) -> dict[str, Any]:
    names = ", ".join(path.name for path in files)
    dataset = {
        "name": "files",
        "title": names,
        "base": base,
        "language": "en",
        "default_graph": default_graph,
    }
    parts: dict[str, Any] = {name: {} for name in ("counts", "inputs", "graphs", "findings", "software")}
    return {"format": FORMAT, "digest": _digest(files, default_graph), "dataset": dataset, **parts}


def _format(path: Path) -> Format:
    extension = path.name.lower().removesuffix(_PACKED).rpartition(".")[2]
    for fmt in RDF_FORMATS:
        if extension in (fmt.extension, *fmt.aliases):
            return fmt
    offered = ", ".join("." + f.extension for f in RDF_FORMATS)
    raise UsageError(f"{path}: its name does not tell a format", hint=f"one of {offered}, or one with .gz")


def _load(store: Store, path: Path, fmt: Format) -> None:
    with _open(path) as file:
        try:
            store.bulk_load(file, engine_format(fmt), base_iri=path.resolve().as_uri())
        except (SyntaxError, gzip.BadGzipFile, zlib.error, EOFError, UnicodeDecodeError) as error:
            raise _fault(path, error) from error


def _merge(store: Store) -> Iterator[Any]:
    """The triples of the named graphs, for the default graph; RocksDB keeps each once."""
    import pyoxigraph as ox

    for graph in store.named_graphs():
        for quad in store.quads_for_pattern(None, None, None, graph):
            yield ox.Quad(quad.subject, quad.predicate, quad.object)


def _open(path: Path) -> IO[bytes]:
    try:
        file = path.open("rb")
    except FileNotFoundError as error:
        raise NotFound(f"there is no file {path}", hint="check the name and the folder") from error
    except OSError as error:
        hint = "check that it is a file, and its permissions"
        raise EnvironmentFault(f"{path} cannot be read: {error.strerror}", hint=hint) from error
    return cast(IO[bytes], gzip.open(file)) if path.name.lower().endswith(_PACKED) else file


def _fault(path: Path, error: Exception) -> DataError:
    place = Location(str(path), getattr(error, "lineno", None) or 1, getattr(error, "offset", None) or 1)
    what = getattr(error, "msg", None) or str(error)
    finding = Finding(Severity.VIOLATION, "rdf-syntax", what, "correct the file", place)
    return DataError(f"{path}: it cannot be read as RDF", [finding])


def _digest(files: Sequence[Path], default_graph: DefaultGraph) -> str:
    lines = [f"{default_graph}\n", *(f"{disk.sha256(path)} {path.name}\n" for path in files)]
    return hashlib.sha256("".join(lines).encode()).hexdigest()
