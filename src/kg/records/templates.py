"""New records as text: what is given, TODO for what must be filled in, the rest as comments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from kg.records import fmt, scalars
from kg.records.kinds import OFFER, TO_DO
from kg.records.model import Field, Kind, RecordModel, RecordType, rules
from kg.records.parse import BOOKKEEPING

Given: TypeAlias = Mapping[str, Sequence[str]]

_NAMED_BY: Final = ("title", "prefLabel", "writtenForm", "measure")
_HINT: Final = f"  # {OFFER} where the source says it, and write what it says for {TO_DO}."
_WIDTH: Final = 116


def name_field(kind: RecordType) -> str:
    """The field that holds a record's name; empty for types that have none."""
    return next((name for name in _NAMED_BY if name in kind.fields), "")


def date_fields(kind: RecordType) -> list[str]:
    """The fields that one day fills: the day of issue, the due day, or the first and the last day."""
    table = rules()["dates"]
    return [name for name in table.get(kind.name, table["other"]) if name in kind.fields]


def required(kind: RecordType) -> list[str]:
    """The fields that a record by itself must have, by the shapes or by custom."""
    asked = rules()["asked"].get(kind.name, ())
    return [f.name for f in kind.fields.values() if (f.required and not f.derived) or f.name in asked]


def record(kind: RecordType, local_id: str, given: Given, model: RecordModel) -> str:
    """A record in the one layout: what is given, TODO for other required fields, comments for the rest.

    Values are written as they are: whoever asked has them checked by reading the result.
    """
    values = {**{name: [_placeholder(kind.fields[name], model)] for name in required(kind)}, **given}
    lines = [f"- id: {local_id}"]
    lines += [f"  {name}: {_value(kind.fields[name], texts)}" for name, texts in values.items()]
    lines += _comments(kind, values, model)
    return fmt.tidy("\n".join([*lines, ""]).encode(), local_id, model)


def _value(field: Field, texts: Sequence[str]) -> str:
    if field.kind is Kind.NESTED:
        return f"[{', '.join(texts)}]" if len(texts) > 1 else texts[0]
    quoted = [scalars.quoted(text) for text in texts]
    return quoted[0] if len(quoted) == 1 else f"[{', '.join(quoted)}]"


def _comments(kind: RecordType, written: Mapping[str, object], model: RecordModel) -> Iterator[str]:
    rest = [n for n in model.written(kind) if n not in written and n not in BOOKKEEPING and n != "passage"]
    if rest:
        yield _HINT
    for name in rest:
        field = kind.fields[name]
        line = f"  # {name}: {_placeholder(field, model)}"
        if told := _told(field, model):
            line = f"{line}  # {told}"
        yield line if len(line) <= _WIDTH else line[: _WIDTH - 1].rsplit(" ", 1)[0].rstrip(",:") + " …"


def _told(field: Field, model: RecordModel) -> str:
    """The help of a field in a line: whether it takes several values, what it is for, which there are."""
    told = field.help.rstrip(".")
    if field.kind is Kind.CONCEPT:
        told += f": {', '.join(sorted(model.glossary[field.scheme]))}"
    elif field.kind is Kind.REFERENCE and field.paths:
        told += f": {' or '.join(f'{path}/…' for path in field.paths)}"
    return f"[several] {told}" if field.many and told else told


def _placeholder(field: Field, model: RecordModel) -> str:
    """``TODO``, or a nested record with its fields."""
    if field.kind is not Kind.NESTED:
        return TO_DO
    kind = model.types[field.nested]
    inside = [n for n in model.written(kind) if n in required(kind) and kind.fields[n].iri != field.iri]
    names = [*(() if kind.key else ("key",)), *inside, "evidence"]
    names = [name for name in names if name == "key" or not kind.fields[name].nested]
    return "{" + ", ".join(f"{name}: {TO_DO}" for name in dict.fromkeys(names)) + "}"


def name_form(words: str, evidence: str) -> str:
    """A nested name form, for a record that has no evidence of its own."""
    plain = scalars.quoted(" ".join(words.split()))
    return f"{{writtenForm: {plain}, evidence: {evidence}}}"
