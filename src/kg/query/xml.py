"""XML on its way out, held to what XML can say (XML 1.0, sections 2.2 and 2.11; Namespaces in XML, 3).

pyoxigraph 0.5 writes characters that XML has not as they are, makes up empty element names for
predicates that end in no XML name, and writes carriage returns raw, which parsers must read as line
feeds. All of it shows in the bytes, because ``<`` stands raw in markup alone; to look for it there
takes some 2 microseconds for a KiB, and 8 in RDF/XML, and the other formats nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from kg.errors import NotAcceptable

FORMATS: Final = frozenset({"XML", "RDF_XML"})
"""pyoxigraph's names for the formats that are XML."""

CHUNK: Final = 16_384

_NOT_CONTROLS: Final = bytes({*range(256)} - {*range(32)} | {*b"\t\n\r"})
_NO_CHARACTER: Final = re.compile(rb"\xef\xbf[\xbe\xbf]")
_NAMELESS: Final = re.compile(rb'</?[^\s<>/"]*:(?:\s+xmlns:[^\s="]*="([^"]*)"|[\s/>])')
_REMEDY: Final = {"XML": "take json, csv or tsv", "RDF_XML": "take turtle, ntriples or jsonld"}


class Wellformed:
    """A sink before a sink: passes on whole tags. Writing raises NotAcceptable for what XML has not."""

    def __init__(self, engine: str, write: Callable[[bytes], object]) -> None:
        self._engine = engine
        self._pass_on = write
        self._waiting = bytearray()

    def write(self, chunk: bytes) -> int:
        """Take some bytes; those after the last tag wait for the rest."""
        self._waiting += chunk
        if len(self._waiting) >= CHUNK and (cut := self._waiting.rfind(b">") + 1):
            self._send(bytes(self._waiting[:cut]))
            del self._waiting[:cut]
        return len(chunk)

    def flush(self) -> None:
        """Chunks go on when they are full, and the rest at the end."""

    def finish(self) -> None:
        """Pass on what is left."""
        self._send(bytes(self._waiting))
        self._waiting.clear()

    def _send(self, part: bytes) -> None:
        for character in (part.translate(None, _NOT_CONTROLS)[:1], *_NO_CHARACTER.findall(part)):
            if character:
                number = ord(character.decode())
                raise self._refused(f"the answer has the character U+{number:04X}, which XML cannot hold")
        if self._engine == "RDF_XML" and (found := _NAMELESS.search(part)):
            iri = f" <{found[1].decode()}>" if found[1] else ""
            raise self._refused(f"the answer has a predicate or class that ends in no XML name{iri}")
        self._pass_on(part.replace(b"\r", b"&#13;"))

    def _refused(self, message: str) -> NotAcceptable:
        return NotAcceptable(message, hint=_REMEDY[self._engine])


def reserved() -> NotAcceptable:
    """For a predicate such as ``rdf:li``, which has a meaning of its own in the syntax."""
    return NotAcceptable("the answer has a predicate that RDF/XML reserves", hint=_REMEDY["RDF_XML"])
