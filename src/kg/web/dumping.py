"""The child process of ``kg.web.dumps``: ``python -m kg.web.dumping RELEASE FORMAT`` writes to its output.

It ends when its standard input does, that is with the server.
"""

from __future__ import annotations

import sys
from pathlib import Path

from kg.export import export
from kg.formats import RDF_FORMATS, named
from kg.query import confine
from kg.release import Release


def main(arguments: list[str]) -> int:
    """Write the release in this format to standard output; non-zero if it could not be written whole."""
    confine.end_with_parent(sys.stdin.fileno())
    path, name = arguments
    release = Release.open(Path(path))
    try:
        export(release.open_store(), named(name, RDF_FORMATS), sys.stdout.buffer, base=release.base)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
