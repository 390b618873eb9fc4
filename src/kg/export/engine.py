"""Turtle, TriG, N-Triples and N-Quads: pyoxigraph writes each batch, the prefixes stand once, on top.

pyoxigraph writes to a file or to memory and cannot be asked for the next piece. A batch is whole
subjects, so documents of batches can stand one behind the other once their prefixes are cut off
(Turtle 1.1, section 2: a document is a sequence of statements; TriG 1.1, section 2.2: a graph may
come in several blocks).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Final

import pyoxigraph

from kg import formats
from kg.export.order import Group, Survey
from kg.formats import Format

_WITH_PREFIXES: Final = (formats.TURTLE, formats.TRIG)


def write(found: Survey, fmt: Format) -> Iterator[bytes]:
    """The document in one of the four formats."""
    prefixes = found.prefixes if fmt in _WITH_PREFIXES else {}
    if prefixes:
        lines = (f"@prefix {prefix}: <{namespace}> .\n" for prefix, namespace in prefixes.items())
        yield "".join((*lines, "\n")).encode()
    for batch in found.batches():
        yield _body(batch, fmt, prefixes)


def _body(batch: list[Group], fmt: Format, prefixes: dict[str, str]) -> bytes:
    """The batch's statements. A subject with a name that begins or ends in a dot has its IRIs in full.

    pyoxigraph escapes that dot, which is right and which rdflib 7.6 does not read.
    """
    text = _serialized(batch, fmt, prefixes)
    if not prefixes or b"\\." not in text:
        return text
    if len(batch) == 1:
        return _serialized(batch, fmt, {})
    return b"".join(_body([group], fmt, prefixes) for group in batch)


def _serialized(batch: list[Group], fmt: Format, prefixes: dict[str, str]) -> bytes:
    triples = chain.from_iterable(group.triples for group in batch)
    quads = chain.from_iterable(group.quads() for group in batch)
    engine_format = formats.engine_format(fmt)
    text = pyoxigraph.serialize(quads if fmt.quads else triples, format=engine_format, prefixes=prefixes)
    assert text is not None, "without an output, serialize returns the text"
    return text.split(b"\n", len(prefixes))[-1]
