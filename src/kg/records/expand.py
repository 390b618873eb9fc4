"""Records to JSON-LD: the one step of ours; from here on the standard's conversion does the rest.

A node is compact JSON-LD under the published context (``kg.records.context``) and keeps the
shape of the record: ids are minted, dates typed, labels, calendar bounds, the parent's link
and the passages' digests added.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Iterator
from typing import Any, Final

from kg.findings import Location
from kg.records.model import Kind
from kg.records.parse import Record, Value
from kg.records.passages import Digests, Passage, SourceText

_DATED: Final = {4: "xsd:gYear", 7: "xsd:gYearMonth"}


def node(record: Record) -> dict[str, Any]:
    """The JSON-LD node object of a record and of all records inside it."""
    body: dict[str, Any] = {"id": record.id, "type": record.type.name}
    for name, values in record.values.items():
        field = record.type.fields[name]
        if field.kind is Kind.TEXT:
            body[name] = _by_language(values)
            if name == "prefLabel":
                body["label"] = body[name]
        elif field.kind is Kind.NESTED:
            body[name] = _one_or_many([node(v.record) for v in values if v.record])
        elif field.kind is Kind.DATE:
            body[name] = _one_or_many([_date(v.text) for v in values])
        else:
            body[name] = _one_or_many([v.text for v in values])
    body.update(bounds(record))
    return body


def _by_language(values: Iterable[Value]) -> dict[str, Any]:
    by: dict[str, list[str]] = {}
    for value in values:
        by.setdefault(value.language, []).append(value.text)
    return {language: _one_or_many(texts) for language, texts in by.items()}


def _one_or_many(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values


def _date(text: str) -> str | dict[str, str]:
    """A day as it is, which the context types; a month or year with the type that it has instead."""
    datatype = _DATED.get(len(text))
    return {"type": datatype, "@value": text} if datatype else text


def bounds(record: Record) -> dict[str, str]:
    """``earliest`` and ``latest``: the first and last day that the record is known to cover.

    From startDate and endDate, a month or year counting from its first to its last day; a
    record that is only attested covers the days it is attested on. A start without an end
    leaves the end open. Comparing a year with a day is unbound in SPARQL (no order between
    xsd:gYear and xsd:date), so every comparison uses these two.
    """
    start, end = record.first("startDate"), record.first("endDate")
    attested = sorted(v.text for v in record.values.get("attestedOn", ()))
    earliest = first_day(start) if start else first_day(attested[0]) if attested else ""
    latest = last_day(end) if end else last_day(attested[-1]) if attested and not start else ""
    return {name: day for name, day in (("earliest", earliest), ("latest", latest)) if day}


def first_day(date: str) -> str:
    """The first day of a day, month or year."""
    return date + {4: "-01-01", 7: "-01"}.get(len(date), "")


def last_day(date: str) -> str:
    """The last day of a day, month or year."""
    if len(date) == 4:
        return f"{date}-12-31"
    if len(date) == 7:
        return f"{date}-{calendar.monthrange(int(date[:4]), int(date[5:]))[1]:02}"
    return date


def add_source(body: dict[str, Any], digests: Digests) -> None:
    """Say of an article which source text it stands in: the digest and length of the file."""
    digest, length = digests.sources.get(str(body.get("sourceFile", "")), ("", 0))
    if digest:
        body["sourceDigest"] = digest
        body["sourceLength"] = str(length)


def passages(cited: Iterable[Passage], digests: Digests, text: SourceText | None) -> Iterator[dict[str, Any]]:
    """The passages of an article as nodes, with the quoted words where the text is at hand."""
    for passage in sorted(set(cited)):
        body = {
            "id": f"passage/{passage.name}",
            "type": "Passage",
            "start": str(passage.start),
            "end": str(passage.end),
        }
        if recorded := digests.passages.get(passage.name):
            body["quoteDigest"] = recorded[0]
        if text is not None and (words := text.slice(passage)) is not None:
            body["exact"] = words
        yield body


def places(record: Record, base: str) -> Iterator[tuple[tuple[str, str | None], Location]]:
    """(IRI, property IRI or None) -> place in the file, for a record and all inside it."""
    for inner in record.all():
        iri = f"{base}id/{inner.id}"
        yield (iri, None), inner.at
        for name, values in inner.values.items():
            field = inner.type.fields[name]
            if values and not field.inverse:
                yield (iri, field.iri), values[0].at


def index(records: Iterable[Record], base: str) -> dict[tuple[str, str | None], Location]:
    """Where each record and each of its properties stands; the first place wins."""
    table: dict[tuple[str, str | None], Location] = {}
    for record in records:
        for key, at in places(record, base):
            table.setdefault(key, at)
    return table
