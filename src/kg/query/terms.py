"""RDF terms as Python values, and as short text for people."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from kg import vocab
from kg.findings import printable

_INTEGERS: Final = (
    *("integer", "long", "int", "short", "byte"),
    *("nonNegativeInteger", "positiveInteger", "nonPositiveInteger", "negativeInteger"),
    *("unsignedLong", "unsignedInt", "unsignedShort", "unsignedByte"),
)
_READERS: Final[dict[str, Callable[[str], Any]]] = {
    **{vocab.XSD + name: int for name in _INTEGERS},
    vocab.XSD + "decimal": Decimal,
    vocab.XSD + "double": float,
    vocab.XSD + "float": float,
    vocab.XSD + "boolean": lambda text: {"true": True, "1": True, "false": False, "0": False}[text],
    vocab.XSD + "date": datetime.date.fromisoformat,
    vocab.XSD + "dateTime": datetime.datetime.fromisoformat,
}


def python_value(term: Any) -> Any:
    """A term of pyoxigraph as a Python value.

    IRIs, texts (whatever their language) and literals of other types become str, blank nodes
    ``_:…``; numbers int, Decimal or float; booleans bool; days and times date and datetime. What
    Python's types cannot hold (a date with a time zone) stays text. None and bool stay as they are.
    """
    if term is None or isinstance(term, bool):
        return term
    if (datatype := getattr(term, "datatype", None)) is None:
        return term.value if hasattr(term, "value") and not str(term).startswith("_:") else str(term)
    reader = _READERS.get(datatype.value, str)
    try:
        return reader(term.value)
    except (ValueError, KeyError, ArithmeticError):
        return str(term.value)


def short_text(term: Any, base: str = "") -> str:
    """A term as a person wants to read it in a terminal.

    IRIs of the dataset with this base become their ids, others get a known prefix where one fits.
    White space becomes single spaces, and control characters are escaped.
    """
    if term is None:
        return ""
    if isinstance(term, bool):
        return str(term).lower()
    if hasattr(term, "datatype"):
        return printable(" ".join(str(term.value).split()))
    if not hasattr(term, "value") or str(term).startswith("_:"):
        return str(term)
    iri = str(term.value)
    ids = f"{base}id/"
    return iri.removeprefix(ids) if base and iri.startswith(ids) else vocab.shorten(iri)
