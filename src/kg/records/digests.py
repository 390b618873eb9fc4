"""``kg digest``: write the digests of all cited passages, so that nobody computes them by hand."""

from __future__ import annotations

from pathlib import Path

from kg.errors import DataError
from kg.findings import Finding, Severity, stops_release
from kg.records import check, passages
from kg.records.dataset import Dataset
from kg.records.load import parse, read_texts


def write(dataset: Dataset, sources: Path) -> int:
    """Write ``passages.yaml`` from the source texts in ``sources``; returns how many passages.

    Raises DataError, and writes nothing, if a record cannot be read, cites an unknown article,
    or cites a stretch outside its source text.
    """
    parsed = parse(dataset)
    texts = read_texts(dataset, parsed.records, sources)
    files = {
        r.id.partition("/")[2]: r.first("sourceFile") for r in parsed.records if r.type.name == "Article"
    }
    findings = list(parsed.findings)
    cited: dict[passages.Passage, str] = {}
    for passage, value in check.cited(parsed.records):
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
