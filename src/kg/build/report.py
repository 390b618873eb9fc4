"""What the SHACL gate found, as values, as findings for curators and as a standard report.

A shape's message says in its first sentence what is wrong and in the rest what to do; the first
full stop followed by a space parts the two (docs/shapes.md).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

import pyoxigraph as ox

from kg.findings import Finding, Location, Severity
from kg.vocab import RDF, SH, SHAPES, XSD, shorten

SEVERITIES: Final = {
    SH + "Violation": Severity.VIOLATION,
    SH + "Warning": Severity.WARNING,
    SH + "Info": Severity.INFO,
}

_IRI: Final = re.compile(r"https?://[^\s,;)}]*[^\s,;.:)}]")
_CLASS: Final = SH + "ClassConstraintComponent"
_RESULTS: Final = "urn:x-kg:result:"


@dataclass(frozen=True, slots=True)
class Result:
    """One validation result (SHACL section 3.6.2).

    IRIs are given as they are, literals and blank nodes in N-Triples syntax. ``label`` names the
    focus node for people; it is no part of the result and does not count in comparisons.
    """

    focus: str
    path: str | None
    value: str | None
    severity: Severity
    message: str
    source_shape: str
    source_constraint: str | None
    component: str
    label: str | None = field(default=None, compare=False)

    @property
    def code(self) -> str:
        """The local name of the constraint or else of the shape: ``C05-end-before-start``."""
        return re.split(r"[#/]", self.source_constraint or self.source_shape)[-1]

    @property
    def sort_key(self) -> tuple[str, ...]:
        """By focus and code, then by whatever else tells two results apart."""
        return (self.focus, self.code, self.path or "", self.value or "", self.component, self.message)


def to_findings(
    results: Iterable[Result], locate: Callable[[str, str | None], Location | None]
) -> list[Finding]:
    """Results as findings for curators.

    ``locate`` is given a focus node and, where known, a property, and returns the place in the
    records, or None. The message names the focus by its label, or else by its id.
    """
    return [_finding(result, locate(result.focus, result.path)) for result in results]


def _finding(result: Result, location: Location | None) -> Finding:
    wrong, _, remedy = _IRI.sub(lambda iri: _name(iri[0]), result.message).partition(". ")
    wrong = wrong.rstrip(".")
    if result.component == _CLASS and result.value:  # a shape has one message for number and kind alike
        wrong += f"; {_name(result.value)} is not of that kind"
    return Finding(
        severity=result.severity,
        code=result.code,
        message=f"{result.label or _name(result.focus)}: {wrong}",
        remedy=remedy,
        location=location,
        focus=result.focus,
        path=result.path,
        value=result.value,
    )


def _name(iri: str) -> str:
    """The id of a record of some dataset, or the IRI with a known prefix."""
    _, found, local = iri.partition("/id/")
    return local if found else shorten(iri)


def as_shacl_report(results: Iterable[Result]) -> bytes:
    """A ``sh:ValidationReport`` in Turtle (SHACL section 3.6), the same bytes for the same results.

    ``sh:conforms`` is true only if there is no result of any severity, as section 3.6.1.1 has it.
    """
    ordered = sorted(set(results), key=lambda r: r.sort_key)
    report = ox.NamedNode("urn:x-kg:report")
    triples = [
        ox.Triple(report, ox.NamedNode(RDF + "type"), ox.NamedNode(SH + "ValidationReport")),
        ox.Triple(report, ox.NamedNode(SH + "conforms"), _boolean(not ordered)),
    ]
    nodes = [_result_node(result) for result in ordered]
    triples += [ox.Triple(report, ox.NamedNode(SH + "result"), node) for node in nodes]
    for node, result in zip(nodes, ordered, strict=True):
        triples += _result_triples(node, result)
    prefixes = {"sh": SH, "pacsh": SHAPES, "xsd": XSD}
    return ox.serialize(triples, format=ox.RdfFormat.TURTLE, prefixes=prefixes) or b""


def _result_node(result: Result) -> ox.NamedNode:
    told = "\n".join((*result.sort_key, result.severity, result.source_shape))
    return ox.NamedNode(_RESULTS + hashlib.sha256(told.encode()).hexdigest()[:32])


def _result_triples(node: ox.NamedNode, result: Result) -> list[ox.Triple]:
    severity = {short: iri for iri, short in SEVERITIES.items()}[result.severity]
    told: list[tuple[str, ox.NamedNode | ox.BlankNode | ox.Literal | None]] = [
        ("focusNode", _term(result.focus)),
        ("resultPath", _term(result.path)),
        ("value", _term(result.value)),
        ("resultSeverity", ox.NamedNode(severity)),
        ("resultMessage", ox.Literal(result.message)),
        ("sourceShape", _term(result.source_shape)),
        ("sourceConstraint", _term(result.source_constraint)),
        ("sourceConstraintComponent", _term(result.component)),
    ]
    kind = ox.Triple(node, ox.NamedNode(RDF + "type"), ox.NamedNode(SH + "ValidationResult"))
    return [kind, *(ox.Triple(node, ox.NamedNode(SH + name), term) for name, term in told if term)]


def _boolean(value: bool) -> ox.Literal:
    return ox.Literal(str(value).lower(), datatype=ox.NamedNode(XSD + "boolean"))


def _term(text: str | None) -> ox.NamedNode | ox.BlankNode | ox.Literal | None:
    """The reverse of ``validate.written``: a term from its text."""
    if text is None:
        return None
    if not text.startswith(('"', "_:")):
        return ox.NamedNode(text)
    line = f"<urn:s> <urn:p> {text} ."
    (quad,) = ox.parse(line, format=ox.RdfFormat.N_TRIPLES)
    term: ox.BlankNode | ox.Literal = quad.object
    return term
