"""The types of a canned query's parameters: text from a person -> a term, written by the engine.

A value becomes an RDF term first and SPARQL text second, by the engine's own serialiser; no text
that a person typed is ever pasted into a query.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

from kg import vocab
from kg.errors import ParameterError

if TYPE_CHECKING:
    from pyoxigraph import Literal, NamedNode

KINDS: Final = ("entity", "date", "year", "language", "text", "number")

_CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_YEAR: Final = re.compile(r"[0-9]{4}")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")


class _Ill(ValueError):
    """The text is not of the kind; the message says what would be."""


def term(name: str, kind: str, text: str, base: str) -> str:
    """The parameter's value in SPARQL syntax. Raises ParameterError, with an example of the kind."""
    try:
        return str(_READERS[kind](text, base))
    except (ValueError, InvalidOperation) as error:
        wanted = str(error) if isinstance(error, _Ill) else f"it must be {_WANTED[kind]}"
        shown = text if len(text) <= 60 else text[:59] + "…"
        raise ParameterError(name, f"{name}: {shown!r} will not do", hint=wanted) from error


def _entity(text: str, base: str) -> NamedNode:
    from pyoxigraph import NamedNode

    if vocab.LOCAL_ID.fullmatch(text):
        return NamedNode(f"{base}id/{text}")
    if not text.lower().startswith(("http://", "https://")):
        raise _Ill(f"it must be {_WANTED['entity']}")
    return NamedNode(text)


def _date(text: str, _: str) -> Literal:
    if not _DAY.fullmatch(text):
        raise _Ill(f"it must be {_WANTED['date']}")
    try:
        date.fromisoformat(text)
    except ValueError as error:
        raise _Ill("there is no such day") from error
    return _typed(text, "date")


def _year(text: str, _: str) -> Literal:
    if not _YEAR.fullmatch(text):
        raise _Ill(f"it must be {_WANTED['year']}")
    return _typed(text, "gYear")


def _language(text: str, _: str) -> Literal:
    from pyoxigraph import Literal

    Literal("", language=text)  # the engine knows BCP 47
    return Literal(text)


def _text(text: str, _: str) -> Literal:
    from pyoxigraph import Literal

    if _CONTROLS.search(text):
        raise _Ill("control characters have no place in it")
    return Literal(text)


def _number(text: str, _: str) -> Literal:
    if not _NUMBER.fullmatch(text) or len(text) > 30:
        raise _Ill(f"it must be {_WANTED['number']}")
    return _typed(str(Decimal(text)), "decimal")


def _typed(text: str, datatype: str) -> Literal:
    from pyoxigraph import Literal, NamedNode

    return Literal(text, datatype=NamedNode(vocab.XSD + datatype))


_READERS: Final[dict[str, Callable[[str, str], NamedNode | Literal]]] = {
    "entity": _entity,
    "date": _date,
    "year": _year,
    "language": _language,
    "text": _text,
    "number": _number,
}
_WANTED: Final = {
    "entity": "an id of the dataset such as person/ada-lovelace, or an IRI with http: or https:",
    "date": "a day such as 2021-01-13",
    "year": "a year such as 2021",
    "language": "a language tag such as en or pt-BR",
    "text": "text",
    "number": "a number such as 90 or 2.5",
}
