"""Taking the graph home: a whole release, one named graph or one entity, in six formats.

    selection  what is written: dataset, default graph, named graph or entity
    order      one pass over it: which subjects, which namespaces; sorted outside memory
    prefixes   the prefixes of the document
    engine     Turtle, TriG, N-Triples, N-Quads, by pyoxigraph, batch by batch
    rdfxml     RDF/XML, by hand: pyoxigraph 0.5 writes names and characters that XML has not
    jsonld     JSON-LD, flat and compacted under the published context
    lookup     small questions to a store: labels, values
    prose      plain sentences, article by article
    nest       JSON-LD of one entity, nested like the curated record

Promises: memory is bounded by the largest subject, not by the graph; the same data give the same
bytes, whatever store they lie in; what cannot be written is refused before the first byte. Works
in any process and under gevent: no threads, no locks. docs/export.md tells the details. May import
release, records, formats, vocab, disk, findings, errors; PyLD only for JSON-LD.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from kg import disk, formats
from kg.errors import EnvironmentFault
from kg.formats import Format

if TYPE_CHECKING:
    from pyoxigraph import Store

__all__ = ["chunks", "export", "to_file"]


def chunks(
    store: Store, fmt: Format, *, base: str, graph: str | None = None, entity: str | None = None
) -> Iterator[bytes]:
    """The document in pieces of some 100 KB, for HTTP streaming.

    ``base`` is the dataset's base IRI; ``graph`` names one graph, ``entity`` one entity by IRI or
    by its id in the dataset (``person/ada-lovelace``). The first piece is made before this
    returns, so whatever can be refused is refused here: UsageError if both are given, NotFound if
    there is no such graph or entity (with the nearest names), NotAcceptable if RDF/XML has no way
    to write a predicate or a character.
    """
    pieces = _document(store, fmt, base, graph, entity)
    return chain([next(pieces, b"")], pieces)


def export(
    store: Store,
    fmt: Format,
    out: BinaryIO,
    *,
    base: str,
    graph: str | None = None,
    entity: str | None = None,
) -> None:
    """Write the document to a binary stream. Raises as ``chunks`` does, before anything is written."""
    for piece in chunks(store, fmt, base=base, graph=graph, entity=entity):
        out.write(piece)


def to_file(
    path: Path,
    store: Store,
    fmt: Format,
    *,
    base: str,
    graph: str | None = None,
    entity: str | None = None,
) -> None:
    """Write the document to a file that appears whole or not at all.

    The bytes go to a hidden file in the same folder, which takes the name when they are on disk
    (POSIX rename). Raises as ``chunks`` does, and EnvironmentFault if the folder is missing, full
    or closed to the user. What is no regular file (a pipe, a device) is written to as it stands, and
    a link stays a link.
    """
    pieces = chunks(store, fmt, base=base, graph=graph, entity=entity)
    path = path.resolve()
    if path.exists() and not path.is_file():
        with path.open("wb") as out:
            out.writelines(pieces)
        return
    try:
        disk.replace(path, pieces)
    except OSError as error:
        raise EnvironmentFault(
            f"{path}: writing the export failed: {error.strerror or error}",
            hint="check that the folder exists, is writable and has space",
        ) from error


def _document(store: Store, fmt: Format, base: str, graph: str | None, entity: str | None) -> Iterator[bytes]:
    from kg.export import engine, rdfxml
    from kg.export.order import survey
    from kg.export.selection import select

    selection = select(store, base, quads=fmt.quads, graph=graph, entity=entity)
    if fmt is formats.JSONLD and selection.entity:
        from kg.export import nest

        yield nest.write(selection, base)
        return
    with survey(selection, base, text=fmt is formats.RDFXML) as found:
        if fmt is formats.JSONLD:
            from kg.export import jsonld

            yield from jsonld.write(found, base)
        elif fmt is formats.RDFXML:
            yield from rdfxml.write(found)
        else:
            yield from engine.write(found, fmt)
