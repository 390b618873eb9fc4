"""SPARQL JSON results -> a table for people (SPARQL 1.1 Query Results JSON Format, section 3)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from kg.web.lookups import Lookups

MOST_COLUMNS: Final = 8
"""More than these are shown one below the other, row by row."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What one cell shows. ``iri`` is set where the value is an IRI; ``text`` is then its label."""

    text: str = ""
    iri: str | None = None
    language: str | None = None
    number: bool = False


Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """Rows of one kind, without the columns that none of them fills. ``wide``: too wide for a grid."""

    heading: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def wide(self) -> bool:
        return len(self.columns) > MOST_COLUMNS


@dataclass(frozen=True, slots=True)
class Table:
    """An answer in sections; for an ASK, ``answer`` and no sections. ``total`` may be more than is shown."""

    sections: tuple[Section, ...] = ()
    answer: bool | None = None
    shown: int = 0
    total: int = 0


def read(body: bytes, lookups: Lookups, most: int) -> Table:
    """The first ``most`` rows of a JSON result.

    Three names of variables are read as hints: the words of ``xLabel`` become those of the link
    in x's column; ``row`` says of which kind a row is, and each kind gets a table of its own; an
    IRI in ``record`` is shown as that word.
    """
    document: dict[str, Any] = json.loads(body)
    if "boolean" in document:
        return Table(answer=document["boolean"])
    variables: list[str] = document["head"].get("vars", [])
    labels = {v: f"{v}Label" for v in variables if f"{v}Label" in variables}
    columns = tuple(v for v in variables if v not in labels.values())
    bindings = document["results"]["bindings"]
    rows = tuple(tuple(_cell(row, v, labels, lookups) for v in columns) for row in bindings[:most])
    return Table(_sections(columns, rows), shown=len(rows), total=len(bindings))


def _sections(columns: tuple[str, ...], rows: tuple[Row, ...]) -> tuple[Section, ...]:
    """One section for each value of ``row``, in the order in which they come."""
    kinds: dict[str, list[Row]] = {}
    for row in rows:
        kinds.setdefault(row[columns.index("row")].text if "row" in columns else "", []).append(row)
    return tuple(_section(kind, columns, part) for kind, part in kinds.items())


def _section(kind: str, columns: tuple[str, ...], rows: list[Row]) -> Section:
    kept = [
        i
        for i, column in enumerate(columns)
        if not kind or (column != "row" and any(row[i].text for row in rows))
    ]
    return Section(kind, tuple(columns[i] for i in kept), tuple(tuple(row[i] for i in kept) for row in rows))


def _cell(row: Mapping[str, Any], variable: str, labels: Mapping[str, str], lookups: Lookups) -> Cell:
    value = row.get(variable)
    words = row.get(labels.get(variable, ""), {}).get("value")
    if value is None:
        return Cell(words or "")
    if value["type"] == "uri":
        if variable == "record":
            return Cell("record", iri=value["value"])
        return Cell(words or lookups.label(value["value"]), iri=value["value"])
    number = value.get("datatype", "").rpartition("#")[2] in ("integer", "decimal", "double", "float")
    if value["type"] == "triple":
        return Cell(_triple(value["value"], lookups))
    return Cell(str(value["value"]), language=value.get("xml:lang"), number=number)


def _triple(parts: Mapping[str, Any], lookups: Lookups) -> str:
    """A triple term (RDF 1.2, 3.4) in one line."""
    words = []
    for part in (parts["subject"], parts["predicate"], parts["object"]):
        if part["type"] == "triple":
            words.append(_triple(part["value"], lookups))
        else:
            words.append(lookups.label(part["value"]) if part["type"] == "uri" else part["value"])
    return f"<<( {' '.join(words)} )>>"
