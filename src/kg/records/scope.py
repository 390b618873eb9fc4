"""Which findings concern one article: those in its own record, and in records that cite it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from kg.errors import NotFound
from kg.findings import Finding
from kg.records.citations import cited
from kg.records.names import nearest
from kg.records.parse import Record


def of_article(findings: Iterable[Finding], records: Sequence[Record], slug: str) -> list[Finding]:
    """The findings that lie in a top-level record which is the article or cites it. Raises NotFound."""
    articles = sorted(r.id.partition("/")[2] for r in records if r.type.name == "Article")
    if slug not in articles:
        raise NotFound(f"there is no article {slug!r}", hint=nearest(slug, articles))
    begins: dict[str, list[int]] = {}
    mine: set[tuple[str, int]] = set()
    for record in sorted(records, key=lambda r: r.at):
        begins.setdefault(record.at.file, []).append(record.at.line)
        if record.id == f"article/{slug}" or any(passage.article == slug for passage, _ in cited([record])):
            mine.add((record.at.file, record.at.line))
    return [f for f in findings if f.location and (f.location.file, _begin(f, begins)) in mine]


def _begin(finding: Finding, begins: dict[str, list[int]]) -> int:
    """The line on which the record begins that a finding lies in; 0 above the first."""
    assert finding.location
    lines = begins.get(finding.location.file, [])
    place = bisect_right(lines, finding.location.line)
    return lines[place - 1] if place else 0
