"""A new article in a source text: where it runs from and to, and what the text calls itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kg.errors import NotFound, UsageError
from kg.records import find
from kg.records.dataset import Dataset
from kg.records.digests import sources_of
from kg.records.load import Parsed
from kg.records.passages import SourceText, read_source


@dataclass(frozen=True, slots=True)
class Located:
    """An article's title as its text has it, its stretch there, and a title for the source file."""

    file: str
    title: str
    start: int
    end: int
    source_title: str


def locate(found: Dataset, parsed: Parsed, folder: Path | None, file: str, title: str) -> Located:
    """Where an article runs in a source text: from its title to the next article's, or to the text's end.

    Raises NotFound where the text is not in the folder of the sources, UsageError where the title is not in
    the text or lies in another article.
    """
    text = _text(sources_of(found, folder), file)
    name = Path(file).name
    hits = find.find(text, title)
    if not hits:
        near = find.nearest(text, title)
        words = " ".join(text.text[near[1].start : near[1].end].split()) if near else ""
        hint = f"the nearest words are {words!r}" if words else "give the title as the text has it"
        raise UsageError(f"{name} does not have the title {title!r}", hint=hint)
    start, limit = hits[0].start, len(text.text)
    for slug, begin, end in _others(parsed, name):
        if begin <= start < end:
            raise UsageError(f"the title stands in {slug}, which runs from {begin} to {end}")
        if start < begin:
            limit = min(limit, begin)
    return Located(
        file=name,
        title=" ".join(text.text[start : hits[0].end].split()),
        start=start,
        end=start + len(text.text[start:limit].rstrip()),
        source_title=next((line.strip() for line in text.text[:start].splitlines() if line.strip()), title),
    )


def _text(folder: Path, file: str) -> SourceText:
    here, there = Path(file), folder / Path(file).name
    if not there.is_file():
        raise NotFound(f"there is no {there}", hint=f"put the text there, in UTF-8: cp {here} {folder}/")
    if here.parent != Path() and here.is_file() and not here.samefile(there):
        raise UsageError(
            f"{here} is another file than {there}", hint="the texts of a dataset stand in one folder"
        )
    return read_source(folder, there.name)


def _others(parsed: Parsed, file: str) -> list[tuple[str, int, int]]:
    return [
        (r.id, int(r.first("textStart") or 0), int(r.first("textEnd") or 0))
        for r in parsed.records
        if r.type.name == "Article" and r.first("sourceFile") == file
    ]
