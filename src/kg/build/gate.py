"""The gate: what the reader, the shapes (SHACL) and the hygiene checks found, in one report.

Where the records themselves are faulty, SHACL still runs on the sound rest, so that a curator
sees everything at once; results that only repeat such a fault are left out.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pyoxigraph import NamedNode, Store

from kg import vocab
from kg.build import checks, validate
from kg.build.report import Result, as_shacl_report, to_findings
from kg.findings import Finding, Location, Severity, in_order, stops_release
from kg.records.load import Loaded

_MISSING: Final = vocab.SH + "MinCountConstraintComponent"
_SPARQL: Final = vocab.SH + "SPARQLConstraintComponent"
_FORMAT: Final = vocab.SHAPES + "RecordFormatConstraintComponent"
_NOBODY: Final = "urn:x-kg:records"


@dataclass(frozen=True, slots=True)
class Checked:
    """Everything that was found, and the part of it that SHACL found, as results."""

    findings: tuple[Finding, ...]
    results: tuple[Result, ...]

    @property
    def conforms(self) -> bool:
        """True if nothing stops a release."""
        return not stops_release(self.findings)


def gate(content: Store, loaded: Loaded, faults: Iterable[Finding] = ()) -> Checked:
    """Judge the asserted graphs by the shapes and the checks; ``faults`` are findings of the conversion.

    Raises EnvironmentFault if a shape or a check cannot run.
    """
    structural = [*loaded.findings, *faults]
    results = [*validate.validate(content), *checks.run(content)]
    if stops_release(structural):
        echoes = _Echoes(content, loaded, structural)
        sound = [result for result in results if not echoes.has(result)]
        structural += _held_back(len(results) - len(sound))
        results = sound
    found = [*structural, *to_findings(results, loaded.locate)]
    return Checked(tuple(in_order(found)), tuple(results))


def _held_back(number: int) -> list[Finding]:
    if not number:
        return []
    message = f"{number} results of SHACL that may only follow from these faults are left out"
    return [Finding(Severity.INFO, "held-back", message, "mend the faults and validate again")]


class _Echoes:
    """SHACL results that follow from faults of the records: they need no mending of their own."""

    def __init__(self, content: Store, loaded: Loaded, faults: Sequence[Finding]) -> None:
        self._content = content
        self._locate = loaded.locate
        self._doubtful = loaded.doubtful
        self._spaces = tuple({r.iri.removesuffix(r.id) for r in loaded.records})
        places = [f.location for f in faults if f.severity is Severity.VIOLATION and f.location]
        self._lines = {(p.file, p.line) for p in places}
        starts = sorted({place for (_, path), place in loaded.places.items() if path is None})
        self._faulty = {_record_at(place, starts) for place in places}
        self._unsure = self._unsure_graphs()

    def has(self, result: Result) -> bool:
        """Whether the result is on a faulty line, asks about the rest of a faulty record, or rests on one."""
        place = self._locate(result.focus, result.path)
        if place and (place.file, place.line) in self._lines:
            return True
        if self._may_be_missing(result) and self._locate(result.focus, None) in self._faulty:
            return True
        if self._is_bad(result.focus) or bool(result.value and self._is_bad(result.value)):
            return True
        return result.component == _SPARQL and not self._unsure.isdisjoint(self._graphs(result.focus))

    @staticmethod
    def _may_be_missing(result: Result) -> bool:
        """Whether it asks for something that a faulty field may have been meant for.

        Warnings and notes of queries do, nearly all of them; their violations are of what is there.
        """
        query = result.component == _SPARQL and result.severity is not Severity.VIOLATION
        return query or result.component == _MISSING

    def _is_bad(self, term: str) -> bool:
        """Doubtful, or an id of the dataset without a record."""
        absent = term.startswith(self._spaces) and self._locate(term, None) is None
        return absent or term in self._doubtful

    def _unsure_graphs(self) -> set[str]:
        """The records that name a bad one, and those that name these: a query joins no further.

        What a query finds missing there may stand in the record that could not be read.
        """
        bad = {
            term
            for quad in self._content
            for term in (quad.subject, quad.object)
            if isinstance(term, NamedNode) and self._is_bad(term.value)
        }
        near = self._naming(bad)
        subjects = {
            quad.subject
            for graph in near
            for quad in self._content.quads_for_pattern(None, None, None, NamedNode(graph))
        }
        return near | self._naming(subjects)

    def _naming(self, terms: Iterable[Any]) -> set[str]:
        return {
            quad.graph_name.value
            for term in terms
            for pattern in ((term, None, None), (None, None, term))
            for quad in self._content.quads_for_pattern(*pattern)
            if isinstance(quad.graph_name, NamedNode)
        }

    def _graphs(self, focus: str) -> set[str]:
        if focus.startswith(("_:", '"')):
            return set()
        quads = self._content.quads_for_pattern(NamedNode(focus), None, None)
        return {quad.graph_name.value for quad in quads if isinstance(quad.graph_name, NamedNode)}


def _record_at(place: Location, starts: Sequence[Location]) -> Location | None:
    """The start of the record, nested or not, in which a place is."""
    index = bisect.bisect_right(starts, place)
    found = starts[index - 1] if index else None
    return found if found and found.file == place.file else None


def shacl_report(findings: Iterable[Finding], results: Iterable[Result] = ()) -> bytes:
    """The findings as a SHACL validation report in Turtle.

    ``results`` are those findings that SHACL made, in full; a finding without a focus is a fault
    of the records' form and is reported on a component of our own.
    """
    own = tuple(results)
    rest = (f for f in findings if not (own and f.focus))
    return as_shacl_report([*own, *(_as_result(f) for f in rest)])


def _as_result(finding: Finding) -> Result:
    place = finding.location
    where = f"{place.file}:{place.line}:{place.column}: " if place else ""
    return Result(
        focus=finding.focus or _NOBODY,
        path=finding.path,
        value=finding.value,
        severity=finding.severity,
        message=f"{where}{finding.message}. {finding.remedy}".strip(),
        source_shape=vocab.SHAPES + finding.code,
        source_constraint=None,
        component=_FORMAT,
    )
