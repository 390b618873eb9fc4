"""What XML can say: names and characters (XML 1.0, sections 2.2 and 2.3; Namespaces in XML 1.0)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from kg.errors import NotAcceptable

if TYPE_CHECKING:
    from pyoxigraph import Quad

_START: Final = (
    "A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_LOCAL: Final = re.compile(rf"[{_START}][-.0-9\u00b7\u0300-\u036f\u203f\u2040{_START}]*\Z")
_FORBIDDEN: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})

REMEDY: Final = "take another format, such as turtle"


def split(iri: str) -> tuple[str, str] | None:
    """Namespace and local name, the longest that XML allows; None if no end of the IRI is a name."""
    found = _LOCAL.search(iri)
    return (iri[: found.start()], found.group()) if found and found.start() else None


def check_text(text: str, quad: Quad) -> None:
    """Raises NotAcceptable, naming subject and predicate, for a character that XML does not have."""
    if found := _FORBIDDEN.search(text):
        raise NotAcceptable(
            f"RDF/XML cannot write the character U+{ord(found.group()):04X}, which stands in "
            f"{quad.predicate} of {quad.subject}",
            hint=REMEDY,
        )


def text(value: str) -> str:
    """Character data; a carriage return by number, since a parser would read a line feed (2.11)."""
    return value.translate(_ESCAPES)


def attribute(value: str) -> str:
    """A quoted attribute value."""
    return f'"{text(value).replace(chr(34), "&quot;")}"'
