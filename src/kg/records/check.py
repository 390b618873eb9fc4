"""What can only be seen across records: ids given twice, references to nothing, passages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from kg import vocab
from kg.findings import Finding, Location, Severity
from kg.records.model import Kind
from kg.records.names import nearest
from kg.records.parse import Record, Value
from kg.records.passages import FILE, Digests, Passage, SourceText, digest


def duplicates(records: Iterable[Record]) -> Iterator[Finding]:
    """A finding for each id that two records have."""
    first: dict[str, Location] = {}
    for record in (inner for top in records for inner in top.all()):
        if record.id in first:
            place = first[record.id]
            remedy = "give one of them a key" if record.type.key else "make them one, or rename one"
            yield Finding(
                Severity.VIOLATION,
                "duplicate-id",
                f"the id {record.id!r} is taken (by {place.file}:{place.line})",
                remedy,
                record.at,
            )
        first.setdefault(record.id, record.at)


def references(records: Sequence[Record]) -> Iterator[Finding]:
    """A finding for each reference to a record that is not there, with the nearest id there is."""
    known = {inner.id for top in records for inner in top.all()}
    for record in (inner for top in records for inner in top.all()):
        for name, value in _of_kind(record, Kind.REFERENCE):
            if vocab.LOCAL_ID.fullmatch(value.text) and value.text not in known:
                path = value.text.partition("/")[0] + "/"
                same = sorted(i for i in known if i.startswith(path)) or sorted(known)
                yield Finding(
                    Severity.VIOLATION,
                    "dangling-reference",
                    f"{name}: there is no record {value.text!r}",
                    nearest(value.text, same),
                    value.at,
                )


def cited(records: Iterable[Record]) -> Iterator[tuple[Passage, Value]]:
    """Every passage that a record names as its evidence, with the place where it does."""
    for record in (inner for top in records for inner in top.all()):
        for _, value in _of_kind(record, Kind.PASSAGE):
            passage = Passage.parse(value.text)
            if passage:
                yield passage, value


def evidence(records: Sequence[Record], digests: Digests) -> Iterator[Finding]:
    """Findings on passages: of an unknown article, outside it, or without a recorded digest."""
    articles = {r.id.partition("/")[2]: r for r in records if r.type.name == "Article"}
    seen: set[str] = set()
    for passage, value in cited(records):
        article = articles.get(passage.article)
        if article is None:
            yield Finding(
                Severity.VIOLATION,
                "dangling-reference",
                f"evidence: there is no article {passage.article!r}",
                nearest(passage.article, sorted(articles)),
                value.at,
            )
        elif passage.name not in digests.passages and passage.name not in seen:
            seen.add(passage.name)
            yield Finding(
                Severity.VIOLATION,
                "missing-digest",
                f"evidence: {FILE} has no digest of {passage.name}",
                "write the digests: kg digest DATASET --sources DIR",
                value.at,
            )


def stale(records: Sequence[Record], digests: Digests) -> Iterator[Finding]:
    """A note for each recorded digest that no record cites any more."""
    names = {passage.name for passage, _ in cited(records)}
    for name, (_, at) in digests.passages.items():
        if name not in names:
            yield Finding(
                Severity.INFO, "stale-digest", f"no record cites {name}", "write the digests: kg digest", at
            )


def against_sources(
    records: Sequence[Record], digests: Digests, texts: Mapping[str, SourceText]
) -> Iterator[Finding]:
    """Constraint 33: what the source says at a passage is what was quoted. Also the files' digests."""
    for name, source in texts.items():
        recorded = digests.sources.get(name, ("", 0))[0]
        if recorded and recorded != source.digest:
            yield Finding(
                Severity.VIOLATION,
                "C33-source-digest",
                f"the source text {name} is not the one that the passages were taken from",
                "give the folder of the right text, or check every passage and run kg digest",
                Location(FILE),
            )
    files = {r.id.partition("/")[2]: r.first("sourceFile") for r in records if r.type.name == "Article"}
    done: set[str] = set()
    for passage, value in cited(records):
        text = texts.get(files.get(passage.article, ""))
        if text is None or passage.name in done:
            continue
        done.add(passage.name)
        words = text.slice(passage)
        recorded, at = digests.passages.get(passage.name, ("", value.at))
        if words is None:
            yield _mismatch(f"{passage.name} lies outside its source text", value.at)
        elif recorded and digest(words) != recorded:
            where = f"cited at {value.at.file}:{value.at.line}"
            yield _mismatch(f"the digest of {passage.name} differs from the source text ({where})", at)


def _mismatch(message: str, at: Location) -> Finding:
    remedy = "check the offsets against the text, then run kg digest"
    return Finding(Severity.VIOLATION, "C33-quote-digest", message, remedy, at)


def _of_kind(record: Record, kind: Kind) -> Iterator[tuple[str, Value]]:
    for name, values in record.values.items():
        if record.type.fields[name].kind is kind:
            yield from ((name, value) for value in values)
