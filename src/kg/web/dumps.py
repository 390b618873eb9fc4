"""/export: the whole dataset, streamed from a process of its own.

Serialising a large store takes seconds during which a worker could serve nobody; a child process
writes to a pipe instead, at the pace of the client, and is ended when the client leaves.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, request

from kg.errors import EnvironmentFault, NotAcceptable, NotFound
from kg.formats import RDF_FORMATS, Format
from kg.query.child import Child
from kg.query.failures import gone
from kg.web import negotiate
from kg.web.compress import packed
from kg.web.dumping import UNHELD
from kg.web.site import site
from kg.web.streaming import stream

bp = Blueprint("export", __name__)

CHUNK = 64 * 1024
GZIP: Final = Format("gzip", "application/gzip", "gz", "")
_PACKED: Final = ".gz"


@bp.get("/export/dataset.<extension>")
def dataset(extension: str) -> Response:
    """The dump: the merged graph in triple formats, every named graph in quad formats; also packed."""
    fmt = next((f for f in RDF_FORMATS if f.extension == extension.removesuffix(_PACKED)), None)
    if fmt is None:
        offered = ", ".join("." + f.extension for f in RDF_FORMATS)
        hint = f"there are: {offered}, each also with {_PACKED}"
        raise NotFound(f"there is no dump with the extension .{extension}", hint=hint)
    packed = extension.endswith(_PACKED)
    negotiate.choose([GZIP if packed else fmt], request.headers.get("Accept"))
    release = site().release
    dump = Dump(release.path, fmt)
    response = stream(Packed(dump), GZIP) if packed else stream(dump, fmt)
    name = f"{release.manifest['dataset']['name']}-{release.digest[:12]}.{extension}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


class Packed:
    """The chunks of a dump, compressed (RFC 1952)."""

    def __init__(self, dump: Dump) -> None:
        self._dump = dump

    def __iter__(self) -> Iterator[bytes]:
        return packed(self._dump, "gzip")

    def close(self) -> None:
        """End the dump."""
        self._dump.close()


class Dump:
    """The chunks of one dump.

    Iterating raises NotAcceptable for what the format cannot hold, StoreDamaged where the release has been
    removed, EnvironmentFault if the writer fails.
    """

    def __init__(self, release: Path, fmt: Format) -> None:
        command = [sys.executable, "-m", "kg.web.dumping", str(release), fmt.name]
        self._release = release
        self._fmt = fmt
        self._child = Child(command, stdout=subprocess.PIPE)
        self._process = self._child.process

    def __iter__(self) -> Iterator[bytes]:
        assert self._process.stdout is not None
        while chunk := self._process.stdout.read(CHUNK):
            yield chunk
        if self._process.wait() == UNHELD:
            raise NotAcceptable(
                f"the data have what {self._fmt.name} cannot hold",
                hint="take trig, nquads, turtle or ntriples",
            )
        if self._process.returncode != 0:
            if not self._release.is_dir():
                raise gone()
            raise EnvironmentFault(f"the dump's writer ended with status {self._process.returncode}")

    def close(self) -> None:
        """End the writer and wait for it, so that nothing is left behind."""
        self._child.close()
