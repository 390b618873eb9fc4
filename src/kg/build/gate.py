"""The gate: what the reader found and what SHACL found, in one report.

Where the records themselves are faulty, SHACL still runs on the sound rest, so that a curator
sees everything at once; results that only repeat such a fault are left out.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pyoxigraph import Store

from kg import vocab
from kg.build import validate
from kg.build.report import Result, as_shacl_report, to_findings
from kg.findings import Finding, Location, Severity, in_order, stops_release
from kg.records.load import Loaded

_MISSING: Final = vocab.SH + "MinCountConstraintComponent"
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
    """Validate the asserted graphs; ``faults`` are findings of the conversion. Raises EnvironmentFault."""
    structural = [*loaded.findings, *faults]
    results = validate.validate(content)
    if stops_release(structural):
        echoes = _Echoes(loaded, structural)
        results = [result for result in results if not echoes.has(result)]
    found = [*structural, *to_findings(results, loaded.locate)]
    return Checked(tuple(in_order(found)), tuple(results))


class _Echoes:
    """SHACL results that follow from faults of the records: they need no mending of their own."""

    def __init__(self, loaded: Loaded, faults: Sequence[Finding]) -> None:
        self._locate = loaded.locate
        self._spaces = {r.iri.removesuffix(r.id) for r in loaded.records}
        places = [f.location for f in faults if f.severity is Severity.VIOLATION and f.location]
        self._lines = {(p.file, p.line) for p in places}
        starts = sorted({place for (_, path), place in loaded.places.items() if path is None})
        self._faulty = {_record_at(place, starts) for place in places}

    def has(self, result: Result) -> bool:
        """On a faulty line; about something missing from a faulty record; or about a record not there."""
        place = self._locate(result.focus, result.path)
        if place and (place.file, place.line) in self._lines:
            return True
        if result.component == _MISSING and self._locate(result.focus, None) in self._faulty:
            return True
        return self._absent(result.focus) or bool(result.value and self._absent(result.value))

    def _absent(self, term: str) -> bool:
        return term.startswith(tuple(self._spaces)) and self._locate(term, None) is None


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
