"""The header of a CSV file: which field of which nested record a column holds, in which language.

``prefLabel`` and ``prefLabel@fr``; ``tenure.post`` for a field of a nested record.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from kg.findings import Finding, Severity
from kg.records.model import Kind, RecordModel, RecordType
from kg.records.names import nearest
from kg.records.parse import BOOKKEEPING, LANGUAGE
from kg.records.reader import Text

CODE: Final = "csv-header"


@dataclass(frozen=True, slots=True)
class Column:
    """Where the cells of a column go: the nested records on the way, the field, the language."""

    way: tuple[str, ...]
    field: str
    language: str = ""


def known(model: RecordModel) -> dict[str, Kind]:
    """Every column that a file may have, without languages, with the kind of its field."""
    found: dict[str, Kind] = dict.fromkeys(("id", "type", *BOOKKEEPING), Kind.STRING)
    for kind in model.top_level():
        found.update(_below(model, kind, ""))
    return found


def _below(model: RecordModel, kind: RecordType, way: str) -> Iterator[tuple[str, Kind]]:
    for field in kind.fields.values():
        if field.derived:
            continue
        name = way + field.name
        if field.kind is not Kind.NESTED:
            yield name, field.kind
        else:
            yield from ((f"{name}.{extra}", Kind.STRING) for extra in ("id", "type", "key"))
            yield from _below(model, model.types[field.nested], f"{name}.")


def columns(cells: list[Text], fields: dict[str, Kind], findings: list[Finding]) -> list[Column | None]:
    """The columns of a header; None for one with a fault, whose cells are passed over.

    Empty where the file cannot be read at all: its first column is not ``id``.
    """
    if not cells:
        return []
    names = [cell.value for cell in cells]
    if names[0] != "id":
        message = f"the first column is {names[0]!r}, not 'id'"
        remedy = "put the ids first, under the name id"
        if len(names) == 1 and any(mark in names[0] for mark in ";\t"):
            remedy = "part the cells by commas, not by semicolons or tabs"
        findings.append(Finding(Severity.VIOLATION, CODE, message, remedy, cells[0].at))
        return []
    found: list[Column | None] = []
    for number, name in enumerate(names):
        fault = _fault(name, names[:number], fields)
        if fault:
            findings.append(Finding(Severity.VIOLATION, CODE, *fault, cells[number].at))
        way, _, language = name.partition("@")
        *outer, field = way.split(".")
        found.append(None if fault else Column(tuple(outer), field, language))
    return found


def _fault(name: str, earlier: list[str], fields: dict[str, Kind]) -> tuple[str, str] | None:
    """What is wrong with a column's name, and the remedy."""
    field, at, language = name.partition("@")
    if not name:
        return "a column has no name", "name the field that it holds, or remove it"
    if name in earlier:
        return f"there are two columns {name!r}", "make them one; a cell takes several values: a|b"
    if field not in fields:
        return f"no record has a field {field!r}", nearest(field, sorted(fields))
    if at and not LANGUAGE.fullmatch(language):
        return f"{language!r} is no language tag", "use one like en, fr or az"
    if at and fields[field] is not Kind.TEXT:
        return f"{field} is no text in a language", f"name the column {field}"
    return None
