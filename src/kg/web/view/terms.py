"""The ontology's terms and a scheme's concepts as tables."""

from __future__ import annotations

from dataclasses import dataclass

from kg import vocab
from kg.web.lookups import Lookups


@dataclass(frozen=True, slots=True)
class Term:
    """One class or property of the ontology."""

    iri: str
    name: str
    label: str
    definition: str
    example: str
    parents: tuple[str, ...]
    domain: tuple[str, ...]
    range: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Concept:
    """One concept of a scheme; ``notation`` is its rank or code."""

    iri: str
    label: str
    notation: str
    definition: str
    note: str


def terms(kind: str, lookups: Lookups) -> list[Term]:
    """The ontology's own terms of one OWL kind (``Class``, ``ObjectProperty`` …), by name."""
    own = [pair for pair in lookups.instances(vocab.OWL + kind) if pair[0].startswith(vocab.PAC)]
    return sorted((_term(iri, label, lookups) for iri, label in own), key=lambda t: t.name.casefold())


def _term(iri: str, label: str, lookups: Lookups) -> Term:
    def linked(*predicates: str) -> tuple[str, ...]:
        return tuple(sorted({o.value for p in predicates for o in lookups.objects(iri, p) if o.value != iri}))

    return Term(
        iri,
        iri.removeprefix(vocab.PAC),
        label,
        lookups.text(iri, vocab.SKOS + "definition") or "",
        lookups.text(iri, vocab.SKOS + "example") or "",
        linked(vocab.RDFS + "subClassOf", vocab.RDFS + "subPropertyOf"),
        linked(vocab.RDFS + "domain"),
        linked(vocab.RDFS + "range"),
    )


def concepts(scheme: str, lookups: Lookups) -> list[Concept]:
    """The concepts of a scheme, ranked ones first in their order, then by label."""
    members = {
        q.subject.value
        for q in lookups.quads(p=lookups.node(vocab.SKOS + "inScheme"), o=lookups.node(scheme))
    }
    return sorted((_concept(iri, lookups) for iri in members), key=_rank)


def _concept(iri: str, lookups: Lookups) -> Concept:
    return Concept(
        iri,
        lookups.label(iri),
        lookups.text(iri, vocab.SKOS + "notation") or "",
        lookups.text(iri, vocab.SKOS + "definition") or "",
        lookups.text(iri, vocab.SKOS + "scopeNote", vocab.SKOS + "example") or "",
    )


def _rank(concept: Concept) -> tuple[int, str]:
    rank = int(concept.notation) if concept.notation.isdigit() else 10_000
    return (rank, concept.label.casefold())


def schemes(lookups: Lookups) -> list[tuple[str, str]]:
    """(IRI, label) of every concept scheme."""
    return lookups.instances(vocab.SKOS + "ConceptScheme")
