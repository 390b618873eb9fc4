"""The child process of ``kg.web.dumps``: ``python -m kg.web.dumping RELEASE FORMAT`` writes to its output.

It ends when its standard input does, that is with the server.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from kg.errors import NotAcceptable
from kg.export import export
from kg.formats import RDF_FORMATS, Format, engine_format, named
from kg.query import confine
from kg.release import Release

if TYPE_CHECKING:
    from pyoxigraph import Store

UNHELD: Final = 4
"""The exit code that says: the format has no way to write what is in the data."""


def main(arguments: list[str]) -> int:
    """Write the release in this format to standard output; non-zero if it could not be written whole."""
    confine.end_with_parent(sys.stdin.fileno())
    path, name = arguments
    release, fmt, out = Release.open(Path(path)), named(name, RDF_FORMATS), sys.stdout.buffer
    try:
        if release.kept:
            export(release.open_store(), fmt, out, base=release.base)
        else:
            as_it_is(release.open_store(), fmt, out)
        out.flush()
    except NotAcceptable:
        return UNHELD
    except BrokenPipeError:
        return 1
    return 0


def as_it_is(store: Store, fmt: Format, out: BinaryIO) -> None:
    """The store by the engine alone: the export proper is for data without blank nodes and triple terms."""
    from pyoxigraph import DefaultGraph

    from kg.query.engine import held_to

    graph = None if fmt.quads else DefaultGraph()
    with held_to(fmt.engine, out) as sink:
        store.dump(sink, format=engine_format(fmt), from_graph=graph)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
