"""Evidence: stretches of a source text, fixed by offsets and a digest.

A passage is written ``<article>.<start>-<end>``, in code points of the source file as it stands,
the end not included. What was quoted is proved by ``passages.yaml`` at the top of the dataset,
which ``kg digest`` writes: the digest of each source file and of each passage (SHA-256 of the
slice in UTF-8). The texts themselves are not part of a dataset.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from kg import disk, vocab
from kg.errors import EnvironmentFault, NotFound
from kg.findings import Finding, Location, Severity
from kg.records.reader import Fields, Node, Text, read

FILE: Final = "passages.yaml"
PASSAGE: Final = re.compile(rf"({vocab.SLUG.pattern})\.([0-9]{{1,9}})-([0-9]{{1,9}})")
_HEAD: Final = (
    "# Written by `kg digest`; not by hand. SHA-256 of each source file and of each quoted stretch.\n"
)


@dataclass(frozen=True, slots=True, order=True)
class Passage:
    """A stretch of an article: code points ``start`` to ``end`` (not included) of its source file."""

    article: str
    start: int
    end: int

    @property
    def name(self) -> str:
        return f"{self.article}.{self.start}-{self.end}"

    @classmethod
    def parse(cls, text: str) -> Passage | None:
        """``morning-news.10-20`` -> the passage; None if it is not written like that."""
        found = PASSAGE.fullmatch(text)
        return cls(found[1], int(found[2]), int(found[3])) if found else None


@dataclass(frozen=True, slots=True)
class Digests:
    """What ``passages.yaml`` holds: (digest, length) of each file, (digest, place) of each passage."""

    sources: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    passages: Mapping[str, tuple[str, Location]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SourceText:
    """A source file at hand."""

    text: str
    digest: str

    def cuts(self, passage: Passage) -> bool:
        """Whether the passage begins or ends inside a word: most often a slip of the offsets."""
        text = self.text
        return any(
            0 < at < len(text) and text[at - 1].isalnum() and text[at].isalnum()
            for at in (passage.start, passage.end)
        )

    def slice(self, passage: Passage) -> str | None:
        """The quoted words, or None where the offsets lie outside the text."""
        if not 0 <= passage.start < passage.end <= len(self.text):
            return None
        return self.text[passage.start : passage.end]


def digest(text: str) -> str:
    """SHA-256 of the UTF-8 form, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def read_source(folder: Path, name: str) -> SourceText:
    """The source text of this name. Raises NotFound or EnvironmentFault (unreadable, not UTF-8)."""
    path = folder / name
    try:
        content = path.read_bytes()
        return SourceText(content.decode("utf-8"), hashlib.sha256(content).hexdigest())
    except FileNotFoundError as error:
        raise NotFound(f"the source text {path} is not there", hint="--sources names its folder") from error
    except (OSError, UnicodeDecodeError) as error:
        raise EnvironmentFault(f"the source text {path} cannot be read: {error}") from error


def read_digests(root: Path) -> tuple[Digests, tuple[Finding, ...]]:
    """The digests beside a dataset; empty where there is no file yet. Faults come as findings."""
    path = root / FILE
    if not path.is_file():
        return Digests(), ()
    content = path.read_bytes()
    if (plain := _as_written(content)) is not None:
        return plain, ()
    tree = read(content, FILE)
    if tree.findings or not isinstance(tree.root, Fields):
        return Digests(), tree.findings or (_malformed(Location(FILE)),)
    findings: list[Finding] = []
    sources = {
        name.value: (_text(entry.get("digest")), _number(entry.get("length")))
        for name, entry in _tables(tree.root.get("sources"), findings)
    }
    passages = {
        f"{article.value}.{span.value}": (_text(value), span.at)
        for article, table in _tables(tree.root.get("passages"), findings)
        for span, value in table.entries
    }
    return Digests(sources, passages), tuple(findings)


_WRITTEN: Final = re.compile(
    rb"  (?:(?P<source>[\w.-]+): \{digest: (?P<digest>[0-9a-f]{64}), length: (?P<length>[0-9]+)\}"
    rb"|(?P<article>[a-z0-9-]+):|  (?P<span>[0-9]+-[0-9]+): (?P<quote>[0-9a-f]{64}))"
)


def _as_written(content: bytes) -> Digests | None:
    """The digests in a file as ``write_digests`` lays it out; None for any other.

    The YAML reader needs a second for fifty thousand passages.
    """
    sources: dict[str, tuple[str, int]] = {}
    passages: dict[str, tuple[str, Location]] = {}
    part = article = ""
    for number, line in enumerate(content.split(b"\n"), 1):
        if line in (b"sources:", b"passages:"):
            part, article = line.decode(), ""
        elif (found := _WRITTEN.fullmatch(line)) and part:
            if found["source"] and part == "sources:":
                sources[found["source"].decode()] = (found["digest"].decode(), int(found["length"]))
            elif found["article"] and part == "passages:":
                article = found["article"].decode()
            elif found["span"] and article:
                name = f"{article}.{found['span'].decode()}"
                if name in passages:
                    return None
                passages[name] = (found["quote"].decode(), Location(FILE, number, 5))
            else:
                return None
        elif line and not line.startswith(b"#"):
            return None
    return Digests(sources, passages)


def _tables(node: Node | None, findings: list[Finding]) -> Iterator[tuple[Text, Fields]]:
    if node is None or isinstance(node, Text):
        return
    for key, value in node.entries if isinstance(node, Fields) else ():
        if isinstance(value, Fields):
            yield key, value
        else:
            findings.append(_malformed(key.at))


def _text(node: Node | None) -> str:
    return node.value if isinstance(node, Text) else ""


def _number(node: Node | None) -> int:
    text = _text(node)
    return int(text) if text.isascii() and text.isdigit() else 0


def _malformed(at: Location) -> Finding:
    return Finding(
        Severity.VIOLATION,
        "passages-file",
        f"{FILE} is not as it was written",
        "write it again: kg digest",
        at,
    )


def write_digests(root: Path, sources: Mapping[str, tuple[str, int]], cited: Mapping[Passage, str]) -> None:
    """Write ``passages.yaml`` anew: (digest, length) of each source file, the digest of each passage.

    The file is whole at any moment (``kg.disk``). Raises EnvironmentFault if the folder cannot be written.
    """
    path = root / FILE
    try:
        disk.replace(path, "".join(_lines(sources, cited)))
    except OSError as error:
        raise EnvironmentFault(f"{path} cannot be written: {error.strerror}") from error


def _lines(sources: Mapping[str, tuple[str, int]], cited: Mapping[Passage, str]) -> Iterable[str]:
    yield _HEAD
    yield "sources:\n"
    for name, (file_digest, length) in sorted(sources.items()):
        yield f"  {name}: {{digest: {file_digest}, length: {length}}}\n"
    yield "passages:\n"
    article = None
    for passage, words_digest in sorted(cited.items()):
        if passage.article != article:
            article = passage.article
            yield f"  {article}:\n"
        yield f"    {passage.start}-{passage.end}: {words_digest}\n"
