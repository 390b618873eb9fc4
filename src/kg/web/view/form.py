"""A canned query's parameters as the fields of a form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kg import vocab
from kg.web.site import site

if TYPE_CHECKING:
    from kg.query.catalog import CannedQuery, Parameter

MOST_OPTIONS: Final = 500
"""A longer list is no help; the field then takes the id as text."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field. ``open``: it may be left empty, which matches anything.

    ``options`` are groups of (value, label) pairs, each under the name of a class, where there is
    a list to choose from; ``kind`` is the type of an HTML input.
    """

    name: str
    label: str
    value: str
    kind: str
    open: bool
    examples: tuple[str, ...]
    options: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()


def fields(canned: CannedQuery, given: Mapping[str, str]) -> list[Field]:
    """The form's fields, holding what was given, else the defaults."""
    return [_field(parameter, given) for parameter in canned.parameters]


def _field(parameter: Parameter, given: Mapping[str, str]) -> Field:
    value = given.get(parameter.name, "") or (parameter.default or "")
    options = _options(parameter)
    return Field(
        parameter.name,
        parameter.label,
        value.removeprefix(site().links.base + "id/"),
        "date" if parameter.kind == "date" else "text",
        parameter.default is None,
        parameter.examples,
        options,
    )


def _options(parameter: Parameter) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    if not parameter.cls:
        return ()
    here = site()
    found = here.lookups.instances(_class(parameter.cls))
    if len(found) > MOST_OPTIONS:
        return ()
    groups: dict[str, list[tuple[str, str]]] = {}
    for iri, label in found:
        kind = here.lookups.label(here.lookups.types(iri)[0])
        groups.setdefault(kind, []).append((iri.removeprefix(here.links.base + "id/"), label))
    return tuple((kind, tuple(pairs)) for kind, pairs in sorted(groups.items()))


def _class(name: str) -> str:
    if "://" in name:
        return name
    return vocab.expand_curie(name) if ":" in name else vocab.PAC + name
