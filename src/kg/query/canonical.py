"""When two queries are one: their text without comments and with single spaces between its words.

Only what can be told for sure is made alike. Where a ``<`` may be read in two ways, or an escape may
hide what stands there (SPARQL 1.1, 19.2), the text stays as it is.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from kg.query.request import Query
from kg.query.tokens import ESCAPE, Lexer, Token

LONGEST: Final = 8_192
"""Characters of a text that is worth reading word for word: about 10 ms of the web process."""

_VOLATILE: Final = re.compile(r"(?:now|rand|uuid|bnode)\s*\(|service")
_CHANGING: Final = ("now", "rand", "uuid", "bnode", "service")
_DOUBTFUL: Final = (*_CHANGING, "construct", "\\u")
_PLAIN: Final = re.compile(r"""(?:[^\\"'#<]++|<https?://[^<>"{}|^`\\\x00-\x20]*+>|<)*+""")
"""A text without strings, escapes and comments. What is absolute and of the web is an IRI wherever a query
parses: ``?a <http://…`` compares nothing, because no expression has two slashes."""
_GAPS: Final = ("  ", "\n", "\t", "\r")
_BLANKS: Final = re.compile(r"[ \t\r\n]+")
_VARYING: Final = re.compile(
    r"""([?$])\w++|<[^<>"\s]*+>|"(?:[^"\\\n]|\\.)*+"?|'(?:[^'\\\n]|\\.)*+'?"""
    r"""|(?<!\w)(?:\w*+:[\w.%-]*+|[+-]?\d[\w.+-]*+)"""
)
_REPEATED: Final = re.compile(r"·(?:[\s,]*·)+|\s+")
_BLANK_NODE: Final = re.compile(r"[\[(~|]|_:|<<")
"""Also a list, and what names a triple without giving the name (SPARQL 1.2: ``~``, ``{|``, ``<<``)."""
_OF_THE_WEB: Final = ("<http://", "<https://")


def canonical(query: Query) -> str | None:
    """A text that all spellings of one query share; None for a query whose answer differs each time.

    That is one that asks for the time, a random number, a fresh identifier or another endpoint, or
    that makes blank nodes, whose names are new each time.
    """
    return _canonical(query.text, query.form) if len(query.text) <= LONGEST else _as_it_stands(query.text)


@lru_cache(maxsize=512)
def shape(text: str) -> str:
    """What a text, of which the beginning is read, shares with those of other names, numbers and strings."""
    return _REPEATED.sub(" ", _VARYING.sub(r"\1·", text[:LONGEST]))


@lru_cache(maxsize=512)
def _canonical(text: str, form: str) -> str | None:
    if _PLAIN.fullmatch(text):
        plain = (_BLANKS.sub(" ", text) if any(gap in text for gap in _GAPS) else text).strip(" ")
        return None if _differs(plain, form) else plain
    if any(_is_ascii(escape) for escape in ESCAPE.finditer(text)):
        return None
    spaced: list[str] = []
    bare: list[str] = []
    gap = False
    position, lexer = 0, Lexer(text)
    while token := lexer.at(position):
        position = token.end
        if token.kind in ("space", "comment"):
            gap = True
            continue
        if token.kind == "iri" and _may_compare(token):
            return _as_it_stands(text)
        word = (" " if gap and spaced else "") + token.text
        spaced.append(word)
        bare.append('""' if token.kind == "string" else word)
        gap = False
    return None if _differs("".join(bare), form) else "".join(spaced)


def _differs(bare: str, form: str) -> bool:
    """Whether the answer to a query differs each time; it is looked at without its strings."""
    lower = bare.lower()
    if any(word in lower for word in _CHANGING) and _VOLATILE.search(lower):
        return True
    return form == "CONSTRUCT" and bool(_BLANK_NODE.search(_template(bare)))


def _is_ascii(escape: re.Match[str]) -> bool:
    """Of an escape: whether it may be a piece of a keyword or end a string; others are letters of a text."""
    return int(escape[1] or escape[2], 16) < 128


def _as_it_stands(text: str) -> str | None:
    """The text itself as its key; in doubt, its answer is taken for one that differs each time."""
    lower = text.lower()
    return None if any(word in lower for word in _DOUBTFUL) else text


def _may_compare(token: Token) -> bool:
    """Whether the ``<`` of what looks like an IRI may be a sign, so that a string or comment begins there."""
    return ("'" in token.text or "#" in token.text) and not token.text.startswith(_OF_THE_WEB)


def _template(bare: str) -> str:
    """What stands in the first braces, where a CONSTRUCT makes its triples."""
    return bare.partition("{")[2].partition("}")[0]
