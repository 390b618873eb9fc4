"""The source texts of a dataset with its articles: words to passages that can be cited, and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kg.errors import NotFound, UsageError
from kg.records import find
from kg.records.dataset import Dataset
from kg.records.digests import read_there, sources_of
from kg.records.find import Stretch
from kg.records.load import parse
from kg.records.names import nearest
from kg.records.passages import Passage, SourceText, digest, read_digests

_AROUND = 40


@dataclass(frozen=True, slots=True)
class Article:
    """An article's slug, its source file and its stretch in it."""

    slug: str
    file: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of a source. ``article`` is empty where they lie in no article's stretch.

    ``likeness`` is 1 for what was found, less for the nearest there is; ``cuts`` where they begin or end
    inside a word; ``recorded`` is their digest in passages.yaml, empty if there is none.
    """

    file: str
    article: str
    stretch: Stretch
    words: str
    before: str
    after: str
    cuts: bool = False
    recorded: str = ""
    likeness: float = 1.0

    @property
    def passage(self) -> str:
        """``article.start-end``, ready to be cited; empty outside every article."""
        return Passage(self.article, self.stretch.start, self.stretch.end).name if self.article else ""

    def plain(self) -> dict[str, Any]:
        """As JSON says it."""
        return {
            "passage": self.passage or None,
            "article": self.article or None,
            "file": self.file,
            "start": self.stretch.start,
            "end": self.stretch.end,
            "digest": digest(self.words),
            "recorded": self.recorded or None,
            "words": self.words,
            "before": self.before,
            "after": self.after,
            "cutsWord": self.cuts,
            "likeness": round(self.likeness, 2),
        }


@dataclass(frozen=True, slots=True)
class Sources:
    """The texts at hand by file name, the articles, and the digests recorded."""

    texts: Mapping[str, SourceText]
    articles: tuple[Article, ...]
    recorded: Mapping[str, str]

    @classmethod
    def read(cls, dataset: Dataset, folder: Path | None) -> Sources:
        """Those of a dataset; ``folder`` as for ``kg digest``. Raises NotFound, EnvironmentFault."""
        records = parse(dataset).records
        there = read_there(dataset, sources_of(dataset, folder), [s.file for s in dataset.sources])
        articles = tuple(
            Article(
                r.id.partition("/")[2],
                r.first("sourceFile"),
                int(r.first("textStart") or 0),
                int(r.first("textEnd") or 0),
            )
            for r in records
            if r.type.name == "Article"
        )
        return cls(there, articles, {n: d for n, (d, _) in read_digests(dataset.root)[0].passages.items()})

    def find(self, wanted: str, article: str | None = None) -> list[Quote]:
        """Every place of the words, in one article if it is named. Raises NotFound for an unknown one."""
        only = self.article(article) if article else None
        found = [
            self.quote(name, stretch)
            for name, text in self.texts.items()
            if only is None or only.file == name
            for stretch in find.find(text, wanted)
        ]
        return [quote for quote in found if article in (None, quote.article)]

    def nearest(self, wanted: str) -> Quote | None:
        """The words that are most like those wanted, if any are."""
        near = ((name, find.nearest(text, wanted)) for name, text in self.texts.items())
        quotes = [self.quote(name, found[1], found[0]) for name, found in near if found is not None]
        return max(quotes, key=lambda quote: (quote.likeness, bool(quote.article)), default=None)

    def show(self, passage: Passage) -> Quote:
        """The words of a passage. Raises NotFound for an unknown article, UsageError outside its text."""
        article = self.article(passage.article)
        text = self.text(article.file)
        if text.slice(passage) is None:
            raise UsageError(
                f"{passage.name} lies outside {article.file}, which has {len(text.text)} characters",
                hint=f"the article runs from {article.start} to {article.end}",
            )
        inside = article.start <= passage.start and passage.end <= article.end
        return self._quote(article.file, article.slug if inside else "", Stretch(passage.start, passage.end))

    def article(self, slug: str) -> Article:
        """The article of this slug. Raises NotFound."""
        found = next((each for each in self.articles if each.slug == slug), None)
        if found is None:
            raise NotFound(
                f"there is no article {slug!r}", hint=nearest(slug, [a.slug for a in self.articles])
            )
        return found

    def text(self, file: str) -> SourceText:
        """The text of this file name. Raises NotFound if it is not at hand."""
        if file not in self.texts:
            raise NotFound(
                f"the source text {file} is not at hand",
                hint="--sources names its folder, dataset.toml lists it",
            )
        return self.texts[file]

    def quote(self, file: str, stretch: Stretch, likeness: float = 1.0) -> Quote:
        """The words of a stretch, with the article that it lies in."""
        slugs = (a.slug for a in self.in_file(file) if a.start <= stretch.start and stretch.end <= a.end)
        return self._quote(file, next(slugs, ""), stretch, likeness)

    def in_file(self, file: str) -> Iterator[Article]:
        """The articles of a file."""
        return (article for article in self.articles if article.file == file)

    def _quote(self, file: str, slug: str, stretch: Stretch, likeness: float = 1.0) -> Quote:
        source, (start, end) = self.texts[file], (stretch.start, stretch.end)
        return Quote(
            file,
            slug,
            stretch,
            words=source.text[start:end],
            before=source.text[max(0, start - _AROUND) : start],
            after=source.text[end : end + _AROUND],
            cuts=source.cuts(Passage(slug, start, end)),
            recorded=self.recorded.get(Passage(slug, start, end).name, "") if slug else "",
            likeness=likeness,
        )
