"""Slips of the pen in a query: quotation marks, signs and characters that SPARQL does not know.

After one of these nothing is read as it was meant, so they are looked for first. Each rule looks at
one token of what the engine has read, and says what is wrong with it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Final

from kg.query.scene import Fault, Scene
from kg.query.tokens import ECHAR

_TEXTS: Final = {
    mark: (
        re.compile(rf"(?:[^{mark}\\\r\n]|{ECHAR})*+"),
        re.compile(rf"(?:(?!{mark * 3})[^\\]|{ECHAR})*+"),
    )
    for mark in "\"'"
}
"""What is sound in a text behind the mark that opens it: on one line, and over lines."""
_ENTITIES: Final = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_SCHEMES: Final = frozenset({"http", "https", "urn", "mailto", "file", "tag", "ftp"})
_QUOTES: Final = frozenset("“”„‟‘’‚‛«»‹›`´")
_KINDS: Final = {"Zs": "an ordinary space", "Cf": "nothing (it cannot be seen)", "Pd": "-"}


def slip(scene: Scene) -> Fault | None:
    """The first slip in what the engine has read, or None."""
    for index, _ in scene.read():
        for rule in _RULES:
            if fault := rule(scene, index):
                return fault
    return None


def _open_text(scene: Scene, index: int) -> Fault | None:
    if scene.kind(index) != "other" or scene.sign(index) not in ("'", '"'):
        return None
    hint = (
        f"close it on its line; a quotation mark within it is written \\{scene.sign(index)}, "
        "and three on both sides let it run over lines"
    )
    return Fault(scene.tokens[index].start, "the text that begins here has no end", hint)


def _escape(scene: Scene, index: int) -> Fault | None:
    """A mark that opens no text, because of an escape that is none in what was meant as one."""
    mark = scene.sign(index)
    if scene.kind(index) != "other" or mark not in _TEXTS:
        return None
    start = scene.tokens[index].start
    over_lines = scene.text[:start].endswith(2 * mark)
    sound = _TEXTS[mark][over_lines].match(scene.text, start + 1)
    at = sound.end() if sound else start + 1
    if scene.text[at : at + 1] != "\\" or not (letter := scene.text[at + 1 : at + 2]):
        return None
    digits = {"u": ", or four hexadecimal digits after it", "U": ", or eight hexadecimal digits after it"}
    return Fault(at, f"\\{letter} is no escape of SPARQL", f"write \\\\{letter}{digits.get(letter, '')}")


def _foreign_character(scene: Scene, index: int) -> Fault | None:
    token = scene.tokens[index]
    if token.kind != "other" or token.text.isascii():
        return None
    instead = "\" or '" if token.text in _QUOTES else _KINDS.get(unicodedata.category(token.text[0]))
    seen = token.text.isprintable() and not token.text.isspace()
    shown = f"{token.text} (U+{ord(token.text[0]):04X})" if seen else f"U+{ord(token.text[0]):04X}"
    hint = f"write {instead} in its place" if instead else "it stands in texts and IRIs only"
    return Fault(token.start, f"{shown} is no sign of SPARQL", hint)


def _markup(scene: Scene, index: int) -> Fault | None:
    entity = _ENTITIES.get(scene.sign(index + 1))
    if scene.sign(index) != "&" or not entity or not scene.touches(index + 1) or scene.sign(index + 2) != ";":
        return None
    text = f"&{scene.sign(index + 1)};"
    return Fault(scene.tokens[index].start, f"{text} is HTML", f"write {entity}")


def _open_iri(scene: Scene, index: int) -> Fault | None:
    if scene.kind(index) != "other" or scene.sign(index) != "<" or not scene.touches(index + 1):
        return None
    scheme = scene.sign(index + 1).partition(":")[0].lower()
    if scheme not in _SCHEMES and not (
        scene.within(index) == "{" and scene.kind(index + 1) in ("word", "name")
    ):
        return None
    what = "the IRI that begins here has no end, or a character that no IRI has"
    return Fault(
        scene.tokens[index].start, what, "close it with >; spaces and quotation marks are written %20, %22"
    )


def _operator(scene: Scene, index: int) -> Fault | None:
    start = scene.tokens[index].start
    if scene.sign(index) == "=" and scene.sign(index + 1) == "=" and scene.touches(index + 1):
        return Fault(start, "== is no sign of SPARQL", "write =")
    if scene.sign(index) == "<>" and scene.within(index) == "(":
        return Fault(start, "<> is an IRI in SPARQL, and compares nothing", "write !=")
    typed = scene.kind(index - 1) == "string" and scene.kind(index + 1) in ("name", "iri")
    if scene.sign(index) == "^" and typed and scene.sign(index - 1) != "^":
        return Fault(
            start,
            "a datatype follows two signs, ^^",
            f"write {scene.sign(index - 1)[:30]}^^{scene.sign(index + 1)[:60]}",
        )
    return None


def _prefix(scene: Scene, index: int) -> Fault | None:
    if scene.word(index - 1) != "PREFIX" or scene.kind(index) != "word" or scene.kind(index + 1) != "iri":
        return None
    token = scene.tokens[index]
    return Fault(
        token.end,
        "the name of a prefix ends in a colon",
        f"write PREFIX {token.text}: {scene.sign(index + 1)}",
    )


def _variable(scene: Scene, index: int) -> Fault | None:
    hyphen = scene.sign(index) == "-" and scene.touches(index) and scene.touches(index + 1)
    if not hyphen or scene.kind(index - 1) != "var" or scene.within(index) == "(":
        return None
    name = f"{scene.sign(index - 1)}-{scene.sign(index + 1)}"[:60]
    what = f"{name}: the name of a variable has letters, digits and _ only"
    return Fault(scene.tokens[index].start, what, f"write {name.replace('-', '_')}")


_RULES: Final[tuple[Callable[[Scene, int], Fault | None], ...]] = (
    _escape,
    _open_text,
    _foreign_character,
    _markup,
    _open_iri,
    _operator,
    _prefix,
    _variable,
)
