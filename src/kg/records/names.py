"""Names: slugs made from words, ids made from slugs, and the known name nearest to a wrong one."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from kg import vocab
from kg.records.model import Concept
from kg.records.reader import Fields, Items, Node, Text


def nearest(word: str, known: Iterable[str]) -> str:
    """A remedy that proposes the nearest known word, or lists the first few there are."""
    names = list(known)
    near = difflib.get_close_matches(word, _comparable(word, names), 1, 0.6)
    if near:
        return f"did you mean {near[0]!r}?"
    shown = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
    return f"there are: {shown}" if names else "there are none"


def nearest_id(wanted: str, known: Iterable[str]) -> str:
    """The known id whose name is nearest to that of the wanted one; empty where none is like it.

    Names are compared without the kind, which they all share, and a longer name counts as like its beginning.
    """
    name = wanted.partition("/")[2]
    by_name = {local.partition("/")[2]: local for local in _comparable(wanted, sorted(known))}
    begin = [each for each in by_name if each.startswith(f"{name}-") or each.startswith(f"{name}.")]
    near = difflib.get_close_matches(name, by_name, 1, _ALIKE) or begin[:1]
    return by_name[near[0]] if near else ""


def to_refer(wanted: str, field: str, paths: Sequence[str], fitting: Sequence[str]) -> str:
    """What to do about a reference to nothing: the id that was meant, or how to write the record.

    ``paths`` are the kinds that the field takes, if not all; ``fitting`` are the ids of these that there are.
    """
    if near := nearest_id(wanted, fitting):
        return f"did you mean {near!r}?"
    path, _, name = wanted.partition("/")
    if paths and path not in paths:
        such = f", such as {fitting[0]}" if fitting else ""
        return f"{field} takes the id of a record: {' or '.join(f'{each}/…' for each in paths)}{such}"
    parent, dot, _ = name.rpartition(".")
    if dot:
        return f"write this {path} inside the record that is named {parent}: its id is made from there"
    return f"if there is none like it yet, write it: kg new {path} '{name.replace('-', ' ').title()}'"


def nearest_concept(word: str, concepts: Mapping[str, Concept]) -> str:
    """A remedy that proposes the concept meant: by name, by another word for it, by its definition."""
    words = {name: name for name in sorted(concepts)}
    for concept in concepts.values():
        words |= {other: concept.name for other in concept.also if other not in concepts}
    if near := difflib.get_close_matches(word.lower().replace("-", " "), words, 1, _ALIKE) or (
        difflib.get_close_matches(word, words, 1, _ALIKE)
    ):
        return f"did you mean {words[near[0]]!r}?"
    whole = re.compile(rf"\b{re.escape(word)}", re.I)
    told = sorted(c.name for c in concepts.values() if whole.search(c.definition))
    if told and len(word) > 3:
        return f"did you mean one of these? {', '.join(told[:6])}"
    return nearest(word, sorted(concepts))


_ALIKE: Final = 0.75
"""How alike two words must be to be taken for one mistyped: at 0.7 talks is taken for thanks."""

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
FOLD: Final = str.maketrans(
    {
        "ə": "e",
        "ı": "i",
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ß": "ss",
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
        "ð": "d",
        "ħ": "h",
    }
)


def slug(text: str) -> str:
    """Text to a slug: folded to ASCII letters and digits, joined by hyphens; may be empty."""
    if vocab.SLUG.fullmatch(text):
        return text
    plain = unicodedata.normalize("NFKD", text.lower().translate(FOLD)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


def proper_id(written: str) -> str:
    """The id that was meant by something written almost like one; empty if that cannot be told."""
    kind, slash, name = written.partition("/")
    made = f"{slug(kind)}/{slug(name)}"
    return made if slash and vocab.LOCAL_ID.fullmatch(made) else ""
