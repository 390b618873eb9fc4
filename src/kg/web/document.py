"""Small RDF documents that this server writes about itself."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from typing import Any

from kg import vocab
from kg.formats import Format, engine_format
from kg.query.prefixes import FORMATS, LINES, Sorted, chosen

_PREFIXES = {
    **vocab.PREFIXES,
    "sd": "http://www.w3.org/ns/sparql-service-description#",
    "formats": "http://www.w3.org/ns/formats/",
}


def document(triples: Iterable[Any], fmt: Format) -> bytes:
    """The triples in this format, with the prefixes that they use; the same triples give the same bytes."""
    import pyoxigraph

    used, again = chosen(triples, _PREFIXES) if fmt.engine in FORMATS else ({}, iter(triples))
    out = BytesIO()
    sink: Any = Sorted(out.write, len(used)) if fmt.engine in LINES else out
    pyoxigraph.serialize(again, sink, engine_format(fmt), prefixes=used)
    return out.getvalue()
