"""Names: slugs made from words, ids made from slugs, and the known name nearest to a wrong one."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from kg import vocab
from kg.records.reader import Fields, Items, Node, Text


def nearest(word: str, known: Iterable[str]) -> str:
    """A remedy that proposes the nearest known word, or lists the first few there are."""
    names = list(known)
    near = difflib.get_close_matches(word, _comparable(word, names), 1, 0.6)
    if near:
        return f"did you mean {near[0]!r}?"
    shown = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
    return f"there are: {shown}" if names else "there are none"


_COMPARED: Final = 2_000
"""So many names are compared with one word: some 40 ms."""


def _comparable(word: str, names: list[str]) -> list[str]:
    """Names that a comparison is worth while for, where there are very many: those that begin alike."""
    if len(names) <= _COMPARED:
        return names
    alike = len(word.partition("/")[0]) + 3
    return [name for name in names if name[:alike] == word[:alike]][:_COMPARED]


def slug_of(node: Node | None) -> str:
    """The value of a key field as a slug; a reference counts by its last part."""
    if isinstance(node, Items):
        node = node.items[0] if node.items else None
    if isinstance(node, Fields):
        node = node.entries[0][1] if node.entries else None
    if not isinstance(node, Text):
        return ""
    if vocab.LOCAL_ID.fullmatch(node.value):
        return node.value.rpartition("/")[2]  # made of slugs
    return slug(node.value)


# Letters that Unicode does not decompose to a Latin letter and a mark.
_FOLD: Final = str.maketrans(
    {"ə": "e", "Ə": "E", "ı": "i", "ø": "o", "ł": "l", "đ": "d", "ß": "ss", "æ": "ae"}
)


def slug(text: str) -> str:
    """Text to a slug: folded to ASCII letters and digits, joined by hyphens; may be empty."""
    if vocab.SLUG.fullmatch(text):
        return text
    plain = unicodedata.normalize("NFKD", text.translate(_FOLD)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


def proper_id(written: str) -> str:
    """The id that was meant by something written almost like one; empty if that cannot be told."""
    kind, slash, name = written.partition("/")
    made = f"{slug(kind)}/{slug(name)}"
    return made if slash and vocab.LOCAL_ID.fullmatch(made) else ""
