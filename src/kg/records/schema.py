"""A JSON Schema of record files, made from the record model, so that editors complete and check.

It says what an editor can know: fields, kinds, concepts, the form of ids and dates. What needs
the rest of the dataset (references, digests, SHACL) is for ``kg validate``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kg import vocab
from kg.records.kinds import TO_DO, WANTED
from kg.records.model import Concept, Field, Kind, RecordModel, RecordType

IRI: Final = "https://w3id.org/pac/record.schema.json"
_SLUG: Final = vocab.SLUG.pattern
_DATE: Final = r"^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$"
_PLAIN: Final[dict[str, Any]] = {"type": ["string", "number", "boolean"], "not": {"const": TO_DO}}
_TEXTS: Final[dict[str, Any]] = {"anyOf": [_PLAIN, {"type": "array", "items": _PLAIN}]}
_FORMS: Final[dict[Kind, dict[str, Any]]] = {
    Kind.TEXT: {"anyOf": [_PLAIN, {"type": "object", "additionalProperties": _TEXTS, "minProperties": 1}]},
    Kind.STRING: _PLAIN,
    Kind.DATE: {
        "anyOf": [{"type": "string", "pattern": _DATE}, {"type": "integer", "minimum": 1, "maximum": 9999}]
    },
    Kind.INTEGER: {"type": "integer", "minimum": 0},
    Kind.DECIMAL: {"type": "number"},
    Kind.BOOLEAN: {"type": "boolean"},
    Kind.REFERENCE: {
        "type": "string",
        "pattern": rf"^([a-z-]+/{_SLUG}(\.{_SLUG})*|[a-z]+:[\w.-]+|https?://\S+)$",
    },
    Kind.PASSAGE: {"type": "string", "pattern": rf"^{_SLUG}\.[0-9]+-[0-9]+$"},
}


def schema(model: RecordModel) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a record file: a list of records."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": IRI,
        "title": "Records of a kg dataset",
        "type": ["array", "null"],
        "items": _item(sorted(model.top_level(), key=lambda t: t.name)),
        "$defs": {
            **{kind.name: _top(kind, model) for kind in model.top_level()},
            **{str(kind): form for kind, form in sorted(_FORMS.items())},
            **{f"nested{name}": _nested(model.types[name], model) for name in _nested_types(model)},
            **{f"scheme-{name}": _scheme(model.glossary[name]) for name in sorted(_schemes(model))},
        },
    }


def line(model: RecordModel) -> dict[str, Any]:
    """The JSON Schema of one record by itself, such as a line of JSON Lines."""
    body = schema(model)
    item = body.pop("items")
    return {**body, "$id": f"{IRI}#record", "title": "A record of a kg dataset", **item}


def _scheme(concepts: Mapping[str, Concept]) -> dict[str, Any]:
    """The names of concepts; editors show the descriptions (an extension that others pass over)."""
    names = sorted(concepts)
    return {"enum": names, "enumDescriptions": [concepts[name].definition for name in names]}


def _item(kinds: list[RecordType]) -> dict[str, Any]:
    """A record of any type: its id says which."""
    any_path = "(" + "|".join(sorted(kind.path for kind in kinds)) + ")"
    return {
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"type": "string", "pattern": _id_of(any_path)}},
        "allOf": [
            {
                "if": {
                    "properties": {"id": {"type": "string", "pattern": _id_of(kind.path)}},
                    "required": ["id"],
                },
                "then": {"$ref": f"#/$defs/{kind.name}"},
            }
            for kind in kinds
        ],
    }


def _id_of(path: str) -> str:
    return rf"^{path}/{_SLUG}(\.{_SLUG})*$"


def _nested_types(model: RecordModel) -> list[str]:
    return sorted(
        {f.nested for t in model.types.values() for f in t.fields.values() if f.nested} - {"Passage"}
    )


def _top(kind: RecordType, model: RecordModel) -> dict[str, Any]:
    extra = {
        "id": {"type": "string", "description": f"{kind.path}/ and a name of its own, which never changes."},
        "type": {"const": kind.name, "description": "Not needed: the id says it."},
        "reviewState": {"description": "How far the record has been checked.", **_concept("review-state")},
        "curator": {"type": "string", "description": "Who answers for it, if not the dataset's curator."},
    }
    return _object(kind, model, extra, skip=())


def _nested(kind: RecordType, model: RecordModel) -> dict[str, Any]:
    links = {
        f.iri for t in model.types.values() for f in t.fields.values() if f.nested == kind.name and f.inverse
    }
    extra = {
        "id": {
            "type": "string",
            "pattern": _id_of(kind.path),
            "description": "Not needed: made from the record around.",
        },
        "type": {"const": kind.name, "description": "Not needed."},
        "key": {
            "type": "string",
            "pattern": f"^{_SLUG}$",
            "description": "Tells two apart that would get the same id.",
        },
    }
    return _object(kind, model, extra, skip=tuple(links))


def _object(
    kind: RecordType, model: RecordModel, extra: dict[str, Any], skip: tuple[str, ...]
) -> dict[str, Any]:
    fields = [kind.fields[name] for name in model.written(kind) if kind.fields[name].nested != "Passage"]
    return {
        "title": kind.name,
        "description": kind.help,
        "type": "object",
        "properties": {**extra, **{f.name: _field(f) for f in fields}},
        "required": [f.name for f in fields if f.required and f.iri not in skip],
        "additionalProperties": False,
    }


def _field(field: Field) -> dict[str, Any]:
    one = _value(field)
    body = one
    if field.many:
        body = {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}
    return {"description": _told(field), **body}


def _told(field: Field) -> str:
    """What an editor shows on a field."""
    if field.kind is Kind.NESTED:
        return f"{field.nested} records, nested here."
    if field.kind is Kind.REFERENCE and field.paths:
        return f"{field.help} Ids: {', '.join(f'{path}/…' for path in field.paths)}.".strip()
    return field.help or WANTED[field.kind]


def _value(field: Field) -> dict[str, Any]:
    if field.kind is Kind.NESTED:
        return {"$ref": f"#/$defs/nested{field.nested}"}
    if field.kind is Kind.CONCEPT:
        return _concept(field.scheme)
    return {"$ref": f"#/$defs/{field.kind}"}


def _concept(scheme: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/scheme-{scheme}"}


def _schemes(model: RecordModel) -> set[str]:
    used = {f.scheme for t in model.types.values() for f in t.fields.values() if f.scheme}
    return used | {"review-state"}
