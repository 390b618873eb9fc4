"""Source texts, written sentence by sentence, and the passages that point into them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TextIO

_PER_VOLUME: Final = 50
"""Articles to a source file."""


class Article:
    """One article: say what it says, and get the passage that proves it."""

    def __init__(self, name: str, title: str, start: int) -> None:
        self.name = name
        self.start = start
        self.text = title + "\n\n"
        self.end = start
        self.passages: set[tuple[int, int]] = set()

    def say(self, sentence: str) -> str:
        """Add a sentence; returns the passage that it is."""
        at = len(self.text)
        self.text += sentence + " "
        self.end = self.start + len(self.text) - 1
        return self._passage(at, sentence)

    def name_in(self, passage: str, words: str) -> str:
        """The passage of these words, which stand within another passage."""
        start = int(passage.rpartition(".")[2].partition("-")[0]) - self.start
        return self._passage(self.text.index(words, start), words)

    def _passage(self, at: int, words: str) -> str:
        span = (self.start + at, self.start + at + len(words))
        self.passages.add(span)
        return f"{self.name}.{span[0]}-{span[1]}"

    def digests(self) -> Iterator[tuple[str, str]]:
        """(span, digest) of each passage, in the order of the text."""
        for start, end in sorted(self.passages):
            words = self.text[start - self.start : end - self.start]
            yield f"{start}-{end}", hashlib.sha256(words.encode()).hexdigest()


class Library:
    """The source texts of a dataset, in volumes; and its passages.yaml, which ``close`` writes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.volumes: dict[str, str] = {}  # file name -> its line in passages.yaml
        (root / "sources").mkdir()
        self._spans: TextIO = (root / ".spans").open("w+", encoding="utf-8")
        self._kind, self._count, self._text = "", 0, ""

    def open(self, kind: str, number: int, title: str) -> Article:
        """A new article of a kind: ``report`` and 7 make report-000007. Kinds and numbers only rise."""
        if kind != self._kind or self._count % _PER_VOLUME == 0:
            self._end_volume()
            self._kind, self._count = kind, 0
        self._count += 1
        return Article(f"{kind}-{number:06}", title, len(self._text))

    @property
    def volume(self) -> str:
        """The file of the article that was opened last."""
        return f"{self._kind}s-{len(self.volumes) + 1:04}.txt"

    def add(self, article: Article) -> None:
        """The article is finished."""
        self._text += article.text.rstrip(" ") + "\n\n"
        self._spans.write(f"  {article.name}:\n")
        self._spans.writelines(f"    {span}: {digest}\n" for span, digest in article.digests())

    def close(self) -> None:
        """Write what is left, and passages.yaml as ``kg digest`` would write it."""
        self._end_volume()
        with (self.root / "passages.yaml").open("w", encoding="utf-8") as out:
            out.write("# Written by `kg digest`; not by hand. SHA-256 of each source file and of each ")
            out.write("quoted stretch.\nsources:\n")
            out.writelines(self.volumes.values())
            out.write("passages:\n")
            self._spans.seek(0)
            out.writelines(self._spans)
        self._spans.close()
        (self.root / ".spans").unlink()

    def _end_volume(self) -> None:
        if self._text:
            content = self._text.encode()
            (self.root / "sources" / self.volume).write_bytes(content)
            digest = hashlib.sha256(content).hexdigest()
            name = self.volume
            self.volumes[name] = f"  {name}: {{digest: {digest}, length: {len(self._text)}}}\n"
        self._text = ""
