"""``CHANGES.md`` in a dataset's folder: what changed from release to release, in the curator's words.

A section for each release, the latest on top, each below a heading of two hashes:

    ## 0.2.0
    - The Minister's tenure ended in June 2023.

Whatever stands above the first heading is for readers of the file. The topmost section is about the
release that is built from the records beside it; so it becomes part of that release's content.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kg.errors import DataError
from kg.findings import Finding, Location, Severity

FILE: Final = "CHANGES.md"
_HEADING: Final = re.compile(r"^##[ \t]+(.*?)[ \t#]*$", re.M)
_ENTRY: Final = re.compile(r"\n\s*\n|\n(?=[-*+][ \t])")


@dataclass(frozen=True, slots=True)
class Section:
    """What changed in one release: a title (``0.2.0``) and a text in Markdown."""

    title: str
    text: str

    def entries(self) -> Iterator[str]:
        """Each item or paragraph, on one line, without the bullet."""
        for part in _ENTRY.split(self.text):
            if line := " ".join(part.split()):
                yield re.sub(r"^[-*+] ", "", line)


def read(root: Path) -> tuple[Section, ...]:
    """The sections of a dataset's CHANGES.md, the latest first; none if there is no such file.

    Raises DataError if the file cannot be read as UTF-8.
    """
    try:
        text = (root / FILE).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        message = f"{FILE} cannot be read: {error}"
        finding = Finding(
            Severity.VIOLATION, "unreadable-file", message, "save it as UTF-8 text", Location(FILE)
        )
        raise DataError(message, [finding], root) from error
    parts = _HEADING.split(text)
    return tuple(Section(t, body.strip()) for t, body in zip(parts[1::2], parts[2::2], strict=True))


def since(new: Iterable[Section], old: Iterable[Section]) -> list[str]:
    """The entries of ``new`` that ``old`` has not, in the order of the file."""
    known = {entry for section in old for entry in section.entries()}
    return [entry for section in new for entry in section.entries() if entry not in known]
