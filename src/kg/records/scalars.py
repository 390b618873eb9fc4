"""How a text is written in YAML: plain where that is safe, in double quotes, or as a block of lines.

Each form is read back as the same text (YAML 1.2, sections 7.3 and 8.1). A text that YAML readers take
for a number, a truth value or nothing is quoted, unless its field takes such a value.
"""

from __future__ import annotations

import json
import re
import textwrap
from typing import Any, Final

import yaml

_SPECIAL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
_START: Final = re.compile(r"[^\s\-?:,\[\]{}#&*!|>'\"%@`=]|[-?:](?=[^\s,\[\]{}])")
_BREAKING: Final = re.compile(r":(?=\s|$)|\s#")
_FLOW: Final = re.compile(r"[,\[\]{}?]|^:|:(?=[,:]|$)")
"""Also what YAML allows and PyYAML or libyaml does not."""

_RESOLVER: Final[Any] = yaml.SafeLoader("")
_STR: Final = "tag:yaml.org,2002:str"


def inline(text: str, typed: bool, flow: bool) -> str:
    """The text on one line. ``typed``: a number or the like may stand plain; ``flow``: inside brackets."""
    return text if is_plain(text, typed, flow) else quoted(text)


def is_plain(text: str, typed: bool, flow: bool) -> bool:
    """Whether the text can stand without quotes."""
    if not _START.match(text) or text != text.strip() or _SPECIAL.search(text) or _BREAKING.search(text):
        return False
    if text.startswith(("---", "...")) or (flow and _FLOW.search(text)):
        return False
    return typed or bool(_RESOLVER.resolve(yaml.ScalarNode, text, (True, False)) == _STR)


def quoted(text: str) -> str:
    """The text in double quotes."""
    return _SPECIAL.sub(_escape, json.dumps(text, ensure_ascii=False))


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def block(text: str, width: int) -> tuple[str, list[str]] | None:
    """The sign and the lines of a block: folded where the text is one line, literal where it has several.

    None where a block would not be read back as the same text, or would be a single line.
    """
    lines = text.rstrip("\n").split("\n")
    ends = len(text) - len("\n".join(lines))
    if ends > 1 or _SPECIAL.search(text.replace("\n", "")) or any(line != line.strip() for line in lines):
        return None
    if not text.strip() or not lines[0]:
        return None
    if len(lines) > 1:
        return ("|" if ends else "|-"), lines
    if ends or "  " in text or " " not in text:
        return None
    folded = textwrap.wrap(text, max(width, 20), break_long_words=False, break_on_hyphens=False)
    return (">-", folded) if " ".join(folded) == text else None
