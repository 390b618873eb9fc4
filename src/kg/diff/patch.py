"""A delta as an RDF Patch (https://afs.github.io/rdf-patch/, in the form that Apache Jena reads).

    H id <base>release/<digest of the new>       the header: which release this makes
    H prev <base>release/<digest of the old>     of which
    TX .                                         one transaction
    D <s> <p> <o> .                              rows: three terms for the default graph,
    A <s> <p> <o> <g> .                          four for a named one
    TC .

The default graph stands first, so that who keeps only triples takes the rows of three terms.
Prefixes are none: terms are written as in N-Triples.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from kg.diff.delta import Delta
from kg.release import Release

MEDIA_TYPE: Final = "application/rdf-patch"


def lines(delta: Delta) -> Iterator[str]:
    """The patch, line by line, each with its line feed."""
    yield f"H id <{name(delta.new.release)}> .\n"
    yield f"H prev <{name(delta.old.release)}> .\n"
    yield "TX .\n"
    for row in delta.rows():
        graph = f" {row.graph}" if row.graph else ""
        yield f"{row.operation} {row.subject} {row.predicate} {row.object}{graph} .\n"
    yield "TC .\n"


def name(release: Release) -> str:
    """The IRI of a release."""
    return f"{release.base}release/{release.digest}"
