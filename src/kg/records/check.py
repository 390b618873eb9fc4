"""What can only be seen across records: ids given twice, references to nothing, passages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from kg import vocab
from kg.findings import Finding, Location, Severity
from kg.records.model import Field, Kind
from kg.records.names import nearest, to_refer
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


def doubtful(records: Sequence[Record]) -> Iterator[str]:
    """The ids that two records have, and those of articles with an impossible stretch."""
    times = Counter(inner.id for top in records for inner in top.all())
    yield from (local for local, number in times.items() if number > 1)
    yield from (article.id for article in records if _is_impossible(article))


def references(records: Sequence[Record], base: str, lost: Collection[str] = ()) -> Iterator[Finding]:
    """A finding for each reference to a record that is not there, with the nearest id that would fit.

    ``base`` is the dataset's: an IRI below it must be that of a record too. What refers to a ``lost``
    record, or to one nested in it, is not at fault.
    """
    known = {inner.id for top in records for inner in top.all()}
    by_path: dict[str, list[str]] = {}
    for local in sorted(known):
        by_path.setdefault(local.partition("/")[0], []).append(local)
    for record in (inner for top in records for inner in top.all()):
        for field, value in _of_kind(record, Kind.REFERENCE):
            wanted = value.text.removeprefix(f"{base}id/")
            is_local = wanted != value.text or vocab.LOCAL_ID.fullmatch(wanted)
            if is_local and wanted not in known and not _is_lost(wanted.partition("/")[2], lost):
                paths = field.paths or (wanted.partition("/")[0],)
                fitting = [local for path in paths for local in by_path.get(path, ())]
                yield Finding(
                    Severity.VIOLATION,
                    "dangling-reference",
                    f"{field.name}: there is no record {wanted!r}",
                    to_refer(wanted, field.name, field.paths, fitting),
                    value.at,
                )


def _is_lost(name: str, lost: Collection[str]) -> bool:
    """Whether the record of this name is lost, or is nested in one that is."""
    parts = name.split(".")
    return any(".".join(parts[: n + 1]) in lost for n in range(len(parts)))


def cited(records: Iterable[Record]) -> Iterator[tuple[Passage, Value]]:
    """Every passage that a record names as its evidence, with the place where it does."""
    for record in (inner for top in records for inner in top.all()):
        for _, value in _of_kind(record, Kind.PASSAGE):
            passage = Passage.parse(value.text)
            if passage:
                yield passage, value


def stretches(records: Iterable[Record]) -> Iterator[Finding]:
    """A finding for each article that does not end after it starts (constraint 34)."""
    for article in records:
        if _is_impossible(article):
            start, end = article.first("textStart"), article.first("textEnd")
            yield Finding(
                Severity.VIOLATION,
                "C34-article-stretch",
                f"textEnd {end} does not come after textStart {start}",
                "give the first letter of the title, and the place after the last full stop",
                article.values["textEnd"][0].at,
            )


def _is_impossible(record: Record) -> bool:
    stretch = _stretch(record)
    return stretch is not None and stretch[0] >= stretch[1]


def _stretch(record: Record) -> tuple[int, int] | None:
    """From where to where an article runs in its source file, if it says so."""
    start, end = record.first("textStart"), record.first("textEnd")
    return (int(start), int(end)) if record.type.name == "Article" and start and end else None


def evidence(records: Sequence[Record], digests: Digests, lost: Collection[str] = ()) -> Iterator[Finding]:
    """Findings on passages: of an unknown article, outside it, or without a recorded digest.

    The shapes ask the first two as well (C34), but of passages only that have a digest already.
    """
    articles = {r.id.partition("/")[2]: r for r in records if r.type.name == "Article"}
    seen: set[str] = set()
    for passage, value in cited(records):
        article = articles.get(passage.article)
        if article is None:
            if not _is_lost(passage.article, lost):
                yield Finding(
                    Severity.VIOLATION,
                    "dangling-reference",
                    f"evidence: there is no article {passage.article!r}",
                    nearest(passage.article, sorted(articles)),
                    value.at,
                )
        elif outside := _outside(passage, article):
            yield Finding(
                Severity.VIOLATION,
                "C34-offsets-outside-article",
                f"evidence: {passage.name} reaches outside its article, which runs from {outside}",
                "correct the offsets, the article's stretch, or the article's name",
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


def _outside(passage: Passage, article: Record) -> str:
    """The stretch of the article, for people, where the passage leaves it; else nothing."""
    stretch = _stretch(article)
    if stretch is None or _is_impossible(article):
        return ""  # what is wrong with the article itself is told there
    start, end = stretch
    return "" if start <= passage.start and passage.end <= end else f"{start} to {end}"


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


def _of_kind(record: Record, kind: Kind) -> Iterator[tuple[Field, Value]]:
    for name, values in record.values.items():
        field = record.type.fields[name]
        if field.kind is kind:
            yield from ((field, value) for value in values)
