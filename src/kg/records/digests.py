"""``kg digest``: write the digests of all cited passages, so that nobody computes them by hand."""

from __future__ import annotations

from pathlib import Path

from kg.errors import DataError
from kg.findings import Finding, Severity, stops_release
from kg.records import passages
from kg.records.dataset import Dataset
from kg.records.entries import cited as cited_by
from kg.records.load import folder_of_texts, listed, parse


def write(dataset: Dataset, sources: Path) -> int:
    """Write ``passages.yaml`` from the source texts in ``sources``; returns how many passages.

    Raises DataError, and writes nothing, if a record cannot be read, cites an unknown article,
    or cites a stretch outside its source text.
    """
    parsed = parse(dataset)
    folder_of_texts(sources)
    files = {
        r.id.partition("/")[2]: r.first("sourceFile") for r in parsed.records if r.type.name == "Article"
    }
    texts = {name: passages.read_source(sources, name) for name in listed(dataset, files.values())}
    findings = list(parsed.findings)
    cited: dict[passages.Passage, str] = {}
    for passage, value in (each for top in parsed.records for r in top.all() for each in cited_by(r)):
        text = texts.get(files.get(passage.article, ""))
        if text is None or text.slice(passage) is None:
            message = f"{passage.name} is not a stretch of any source text at hand"
            remedy = "check the article's id, its sourceFile and the offsets"
            findings.append(Finding(Severity.VIOLATION, "no-such-passage", message, remedy, value.at))
        else:
            cited[passage] = files[passage.article]
    if stops_release(findings):
        raise DataError("the digests were not written", findings)
    return passages.write_digests(dataset.root, texts, cited)
