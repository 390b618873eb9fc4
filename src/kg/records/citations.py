"""Which passages records cite, and which of them cut a word in two."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from kg.findings import Finding, Severity
from kg.records.model import Kind
from kg.records.parse import Record, Value
from kg.records.passages import Passage, SourceText


def cited(records: Iterable[Record]) -> Iterator[tuple[Passage, Value]]:
    """Every passage that a record, or one inside it, names as its evidence, with the place where it does."""
    return (each for top in records for inner in top.all() for each in cited_by(inner))


def cited_by(record: Record) -> Iterator[tuple[Passage, Value]]:
    """The same of one record, without those inside it."""
    for name, values in record.values.items():
        if record.type.fields[name].kind is Kind.PASSAGE:
            for value in values:
                if passage := Passage.parse(value.text):
                    yield passage, value


def cut_words(
    records: Iterable[Record], files: Mapping[str, str], texts: Mapping[str, SourceText]
) -> Iterator[Finding]:
    """A warning for each passage that begins or ends inside a word.

    ``files`` names the source file of each article; passages of texts that are not at hand are passed over.
    """
    for passage, value in cited(records):
        text = texts.get(files.get(passage.article, ""))
        if text is not None and text.cuts(passage):
            yield Finding(
                Severity.WARNING,
                "cut-word",
                f"evidence: {passage.name} begins or ends in the middle of a word",
                f"look at it: kg passage DATASET {passage.name}",
                value.at,
            )
