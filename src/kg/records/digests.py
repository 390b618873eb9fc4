"""``kg digest``: write the digests of all cited passages, so that nobody computes them by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kg.errors import DataError, NotFound
from kg.findings import Finding, Severity, stops_release
from kg.records import passages
from kg.records.citations import cited, cut_words
from kg.records.dataset import FILE, FOLDER, Dataset
from kg.records.load import parse
from kg.records.parse import Record


@dataclass(frozen=True, slots=True)
class Written:
    """How many passages have a digest now, the texts that were not at hand, and what looks odd."""

    number: int
    missing: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


def sources_of(dataset: Dataset, given: Path | None) -> Path:
    """The folder of the source texts: the one given, else ``sources`` in the dataset. Raises NotFound."""
    folder = given or dataset.root / FOLDER
    if not folder.is_dir():
        raise NotFound(
            f"there is no folder {folder} with source texts", hint="name the folder: --sources DIR"
        )
    return folder


def write(dataset: Dataset, sources: Path | None = None) -> Written:
    """Write ``passages.yaml`` from the source texts in ``sources``, by default the dataset's own folder.

    Of texts that are not there the digests are kept as recorded; so one can add an article without
    having the others' texts. Raises DataError, and writes nothing, if a record cannot be read, cites an
    unknown article, cites a stretch outside its source text, or one that is not recorded of a text not at
    hand; NotFound if no text is there.
    """
    folder = sources_of(dataset, sources)
    parsed = parse(dataset)
    files = files_of(parsed.records)
    texts = read_there(dataset, folder, sorted(set(files.values())))
    recorded, _ = passages.read_digests(dataset.root)
    findings = list(parsed.findings)
    made: dict[passages.Passage, str] = {}
    for passage, value in cited(parsed.records):
        name = files.get(passage.article, "")
        words = texts[name].slice(passage) if name in texts else None
        if words is not None:
            made[passage] = passages.digest(words)
        elif name not in texts and passage.name in recorded.passages:
            made[passage] = recorded.passages[passage.name][0]
        else:
            findings.append(Finding(*_why(dataset, passage, name, texts, folder), value.at))
    if stops_release(findings):
        raise DataError("the digests were not written", findings, dataset.root)
    known = {n: recorded.sources[n] for n in set(files.values()) - texts.keys() if n in recorded.sources}
    known |= {name: (text.digest, len(text.text)) for name, text in texts.items()}
    passages.write_digests(dataset.root, known, made)
    odd = tuple(cut_words(parsed.records, files, texts))
    return Written(len(made), tuple(sorted(set(files.values()) - texts.keys())), odd)


def files_of(records: tuple[Record, ...]) -> dict[str, str]:
    """The source file of each article, by the article's slug."""
    return {r.id.partition("/")[2]: r.first("sourceFile") for r in records if r.type.name == "Article"}


def read_there(dataset: Dataset, folder: Path, wanted: list[str]) -> dict[str, passages.SourceText]:
    """Those of the dataset's source texts that are in the folder, by name. Raises NotFound if none is."""
    known = [source.file for source in dataset.sources if source.file in wanted]
    there = {name: passages.read_source(folder, name) for name in known if (folder / name).is_file()}
    if known and not there:
        raise NotFound(
            f"none of the dataset's source texts is in {folder}",
            hint=f"--sources names the folder that holds {', '.join(known[:3])}",
        )
    return there


def _why(
    dataset: Dataset,
    passage: passages.Passage,
    name: str,
    texts: Mapping[str, passages.SourceText],
    folder: Path,
) -> tuple[Severity, str, str, str]:
    """Why a passage gets no digest, and what to do."""
    if not name:
        message = f"there is no article {passage.article!r}, or it has no sourceFile"
        remedy = f"write the article: kg new article TITLE --id {passage.article} --source FILE"
    elif name not in (source.file for source in dataset.sources):
        message = f"{passage.name} has no digest yet, for {FILE} does not list its text {name}"
        remedy = f'add to {FILE}: [[sources]] and below it file = "{name}"'
    elif name not in texts:
        message = f"{passage.name} has no digest yet, and its text {name} is not in {folder}"
        remedy = f"put {name} there, or name its folder with --sources"
    else:
        message = f"{passage.name} lies outside {name}, which has {len(texts[name].text)} characters"
        remedy = "kg passage 'the words' gives the right offsets"
    return Severity.VIOLATION, "no-such-passage", message, remedy
