"""The JSON-LD context, made from the record model: published, and what every record is read under.

One term for each field. Where two types use one name for two properties (``member``), the term
is defined inside each type that has it (a type-scoped context, JSON-LD 1.1 section 4.1.9 of the
API's companion syntax). Concepts of a common scheme are relative to their scheme, passages to
the dataset's passages, by a property-scoped ``@base`` (section 4.1.8).
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from kg import vocab
from kg.records.model import Field, Kind, RecordModel, load

_TYPED: Final = {
    Kind.STRING: "xsd:string",
    Kind.DATE: "xsd:date",
    Kind.INTEGER: "xsd:nonNegativeInteger",
    Kind.DECIMAL: "xsd:decimal",
    Kind.BOOLEAN: "xsd:boolean",
}


def published(model: RecordModel) -> dict[str, Any]:
    """The document at https://w3id.org/pac/context.jsonld: the same for every dataset."""
    terms: dict[str, Any] = {"@version": 1.1}
    terms.update(sorted(vocab.PREFIXES.items()))
    terms.update({"id": "@id", "type": "@type"})
    shared, scoped = _by_name(model)
    for kind in sorted(model.types.values(), key=lambda t: t.name):
        own = scoped.get(kind.name, {})
        iri = vocab.shorten(kind.iri)
        terms[kind.name] = {"@id": iri, "@context": own} if own else iri
    terms.update(sorted(shared.items()))
    return {"@context": terms}


@cache
def context(base: str) -> dict[str, Any]:
    """The context object for one dataset: the published terms, with its base for ids."""
    terms = published(load())["@context"]
    return {"@version": terms["@version"], "@base": f"{base}id/", **terms}


def _by_name(model: RecordModel) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Terms that mean one thing everywhere, and for each type the terms that do not."""
    meanings: dict[str, list[tuple[str, Any]]] = {}
    for kind in model.types.values():
        for field in kind.fields.values():
            meanings.setdefault(field.name, []).append((kind.name, _term(field)))
    shared: dict[str, Any] = {}
    scoped: dict[str, dict[str, Any]] = {}
    for name, uses in sorted(meanings.items()):
        if all(term == uses[0][1] for _, term in uses):
            shared[name] = uses[0][1]
        else:
            for kind_name, term in uses:
                scoped.setdefault(kind_name, {})[name] = term
    return shared, scoped


def _term(field: Field) -> dict[str, Any]:
    iri = vocab.shorten(field.iri)
    if field.inverse:
        return {"@reverse": iri, "@type": "@id"}
    if field.kind is Kind.TEXT:
        return {"@id": iri, "@container": "@language"}
    if field.kind is Kind.CONCEPT:
        return {"@id": iri, "@type": "@id", "@context": {"@base": f"{vocab.SCHEME}{field.scheme}/"}}
    if field.kind is Kind.PASSAGE:
        return {"@id": iri, "@type": "@id", "@context": {"@base": "passage/"}}
    return {"@id": iri, "@type": _TYPED.get(field.kind, "@id")}
