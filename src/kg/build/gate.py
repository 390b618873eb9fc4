"""The gate: what the reader, the shapes (SHACL) and the hygiene checks found, in one report.

Where the records themselves are faulty, SHACL still runs on the sound rest, so that a curator
sees everything at once; results that only repeat such a fault are left out.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kg import vocab
from kg.build.report import Result, as_shacl_report, to_findings
from kg.findings import Finding, Location, Severity, in_order, stops_release
from kg.records import check
from kg.records.index import Index
from kg.records.load import Places

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


def judged(results: list[Result], findings: Iterable[Finding], index: Index, places: Places) -> Checked:
    """The report of the faults and the results, without those results that may only follow from a fault.

    ``results`` are those of the shapes and the checks; ``findings`` are the faults of the records
    themselves; ``index`` and ``places`` say what the records say of one another, and where they stand.
    """
    structural = list(findings)
    where = places.of((result.focus, result.path) for result in results)
    if stops_release(structural):
        echoes = _Echoes(index, places, where, structural)
        sound = [result for result in results if not echoes.has(result)]
        structural += _held_back(len(results) - len(sound))
        results = sound
    found = [*structural, *to_findings(results, lambda focus, path: where[focus, path])]
    return Checked(tuple(in_order(found)), tuple(results))


def _held_back(number: int) -> list[Finding]:
    if not number:
        return []
    message = f"{number} results of SHACL that may only follow from these faults are left out"
    return [Finding(Severity.INFO, "held-back", message, "mend the faults and validate again")]


class _Echoes:
    """SHACL results that follow from faults of the records: they need no mending of their own."""

    def __init__(
        self,
        index: Index,
        places: Places,
        where: Mapping[tuple[str, str | None], Location | None],
        faults: Sequence[Finding],
    ) -> None:
        self._index = index
        self._places = places
        self._where = where
        self._bad = {places.iri(local) for local in (*check.doubtful(index), *check.dangling(index))}
        found = [f.location for f in faults if f.severity is Severity.VIOLATION and f.location]
        self._lines = {(p.file, p.line) for p in found}
        self._faulty = {self._record_at(place) for place in found}
        self._unsure = self._unsure_records()

    def has(self, result: Result) -> bool:
        """Whether the result is on a faulty line, asks about the rest of a faulty record, or rests on one."""
        place = self._where[result.focus, result.path]
        if place and (place.file, place.line) in self._lines:
            return True
        if self._may_be_missing(result) and self._places.locate(result.focus) in self._faulty:
            return True
        if self._is_bad(result.focus) or bool(result.value and self._is_bad(result.value)):
            return True
        return result.component == _SPARQL and not self._unsure.isdisjoint(self._records_of(result.focus))

    @staticmethod
    def _may_be_missing(result: Result) -> bool:
        """Whether it asks for something that a faulty field may have been meant for.

        Warnings and notes of queries do, nearly all of them; their violations are of what is there.
        """
        query = result.component == _SPARQL and result.severity is not Severity.VIOLATION
        return query or result.component == _MISSING

    def _is_bad(self, term: str) -> bool:
        """Doubtful, or an id of the dataset without a record."""
        return term in self._bad

    def _unsure_records(self) -> set[int]:
        """The records that name a bad one, and those that name these: a query joins no further.

        What a query finds missing there may stand in the record that could not be read.
        """
        near = self._naming(self._places.local(term) for term in self._bad)
        inside = [local for record in near for (local,) in self._index.rows(_INSIDE, record)]
        return near | self._naming(inside)

    def _naming(self, ids: Iterable[str]) -> set[int]:
        """The records that refer to one of these, or have it."""
        return {number for local in ids for (number,) in self._index.rows(_NAMING, local, local)}

    def _records_of(self, focus: str) -> set[int]:
        local = self._places.local(focus)
        return {number for (number,) in self._index.rows(_HAVING, local, local)}

    def _record_at(self, place: Location) -> Location | None:
        """The start of the record, nested or not, in which a place is."""
        starts = self._places.starts(place.file)
        index = bisect.bisect_right(starts, place)
        return starts[index - 1] if index else None


_INSIDE: Final = "SELECT id FROM thing WHERE record = ?"
_NAMING: Final = "SELECT record FROM thing WHERE id = ? UNION SELECT record FROM reference WHERE wanted = ?"
_HAVING: Final = """SELECT record FROM thing WHERE id = ? UNION
SELECT a.record FROM citation AS c JOIN article AS a ON a.name = c.article
WHERE 'passage/' || c.passage = ?"""


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
