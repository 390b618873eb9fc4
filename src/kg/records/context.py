"""The JSON-LD context, made from the record model: published, and what every record is read under.

One term for each field, with one meaning everywhere: readers differ in how they take type-scoped
contexts. Concepts of a common scheme are relative to their scheme, passages to the dataset's
passages, by a property-scoped ``@base`` (JSON-LD 1.1 section 4.1.8).
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from kg import vocab
from kg.errors import EnvironmentFault
from kg.records.model import Field, Kind, RecordModel, RecordType, load

_TYPED: Final = {
    Kind.DATE: "xsd:date",
    Kind.INTEGER: "xsd:integer",
    Kind.DECIMAL: "xsd:decimal",
    Kind.BOOLEAN: "xsd:boolean",
}


def published(model: RecordModel) -> dict[str, Any]:
    """The document at https://w3id.org/pac/context.jsonld: the same for every dataset.

    Raises EnvironmentFault if one field name stands for two properties.
    """
    terms: dict[str, Any] = {"@version": 1.1}
    terms.update(sorted(vocab.PREFIXES.items()))
    terms.update({"id": "@id", "type": "@type"})
    terms.update((kind.name, vocab.shorten(kind.iri)) for kind in sorted(model.types.values(), key=_name))
    terms.update(sorted(_terms(model).items()))
    return {"@context": terms}


@cache
def context(base: str) -> dict[str, Any]:
    """The context object for one dataset: the published terms, with its base for ids."""
    terms = published(load())["@context"]
    return {"@version": terms["@version"], "@base": f"{base}id/", **terms}


def _name(kind: RecordType) -> str:
    return kind.name


def _terms(model: RecordModel) -> dict[str, Any]:
    terms: dict[str, Any] = {}
    for kind in model.types.values():
        for field in kind.fields.values():
            if terms.setdefault(field.name, _term(field)) != _term(field):
                raise EnvironmentFault(
                    f"the field {field.name!r} of {kind.name} has another meaning elsewhere",
                    hint="give it a name of its own in layout.toml",
                )
    return terms


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
    if field.kind is Kind.STRING:
        return {"@id": iri}  # RDF leaves xsd:string out, so a typed term would not be found again
    return {"@id": iri, "@type": _TYPED.get(field.kind, "@id")}
