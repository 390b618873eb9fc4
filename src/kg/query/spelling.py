"""Where a query went wrong, said so that it can be put right: a word misspelt, a prefix not declared."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator
from typing import Final

from kg import vocab
from kg.query.scene import Fault, Scene

WORDS: Final = frozenset(
    re.findall(
        r"\w+",
        "a abs add adjust all as asc ask avg base bind bnode bound by ceil clear coalesce concat "
        "construct contains copy count create datatype day default delete desc describe distinct drop "
        "encode_for_uri exists false filter floor from graph group group_concat haslang haslangdir having "
        "hours if in insert into iri isblank isiri isliteral isnumeric istriple isuri lang langdir "
        "langmatches lcase limit load max md5 min minus minutes month move named not now object offset "
        "optional order predicate prefix rand reduced regex replace round sameterm sample seconds select "
        "separator service sha1 sha256 sha384 sha512 silent str strafter strbefore strdt strends strlang "
        "strlangdir strlen strstarts struuid subject substr sum timezone to triple true tz ucase undef "
        "union uri using uuid values version where with year ",
    )
)
"""Every word of SPARQL 1.1, section 19.8, and those that 1.2 adds, in lower case."""

_ELSEWHERE: Final = {
    "AND": "&&",
    "OR": "||",
    "IS": "BOUND(?x), or =",
    "NULL": "!BOUND(?x)",
    "LIKE": 'CONTAINS(?x, "…") or REGEX(?x, "…")',
    "BETWEEN": "?x >= … && ?x <= …",
    "JOIN": "one pattern after the other",
    "TOP": "LIMIT 10 at the end",
    "ELSE": "IF(…, …, …)",
    "CASE": "IF(…, …, …)",
    "NVL": "COALESCE(…, …)",
    "IFNULL": "COALESCE(…, …)",
    "UPPER": "UCASE(…)",
    "LOWER": "LCASE(…)",
    "LENGTH": "STRLEN(…)",
}
"""Words of other languages, SQL above all, and what stands for them."""

_WORD: Final = re.compile(r"\w+")
_NEAR: Final = 0.78
"""COUTN is as near as 0.8 to COUNT, foo as 0.75 to FLOOR."""
_LONGEST: Final = 40
"""Letters of a word or prefix that may be one misspelt."""
_MOST: Final = 50
"""Prefixes of a query that are compared."""

_PREFIX: Final = re.compile(r"\bprefix\s+([^\s:<]*):", re.IGNORECASE)


def offset(text: str, line: int, column: int) -> int:
    """The position in a text of a line and a column, both from 1."""
    start = 0
    for _ in range(line - 1):
        start = text.find("\n", start) + 1
    return min(start + column - 1, len(text))


def misspelt(scene: Scene) -> Fault | None:
    """The last word that the engine has read and that is none of SPARQL's.

    Outside of strings, names and IRIs there are no others; the engine stumbles a little after it.
    """
    unknown = [(word, start) for word, start in _words(scene) if word.lower() not in WORDS]
    if not unknown:
        return None
    word, start = unknown[-1]
    return Fault(start, f"{word[:_LONGEST]} is no word of SPARQL", word_hint(word))


def _words(scene: Scene) -> Iterator[tuple[str, int]]:
    end = 0
    for _, token in scene.read():
        if token.kind == "word" and token.start >= end and (match := _WORD.match(scene.text, token.start)):
            if not scene.text[
                max(token.start - 1, 0) : token.start
            ].isdigit():  # the exponent of a number: 1e5
                yield match[0], token.start
            end = match.end()


def meant(word: str, among: Collection[str] = WORDS) -> str | None:
    """The word that was probably meant, in capitals, as keywords are written."""
    if len(word) > _LONGEST:
        return None
    near = difflib.get_close_matches(word.lower(), [each.lower() for each in among], 1, _NEAR)
    return near[0].upper() if near else None


def word_hint(word: str) -> str:
    """What to do about a word that is none of SPARQL's."""
    if here := _ELSEWHERE.get(word.upper()):
        return f"SPARQL writes {here}"
    if near := meant(word):
        return f"did you mean {near}?"
    return f"a name has a prefix (pac:{word}), a variable a question mark (?{word}), a text quotation marks"


def prefix_hint(text: str, prefix: str) -> str:
    """What to do about a prefix that is not declared."""
    if known := vocab.PREFIXES.get(prefix):
        return f"add PREFIX {prefix}: <{known}>"
    if len(prefix) > _LONGEST:
        return f"add PREFIX {prefix[:_LONGEST]}…: <…>"
    declared = [name for name in _PREFIX.findall(text) if 0 < len(name) <= _LONGEST]
    if near := difflib.get_close_matches(prefix, declared[:_MOST], 1, 0.5):
        return f"did you mean {near[0]}: ?"
    if near := difflib.get_close_matches(prefix, vocab.PREFIXES, 1, 0.6):
        return f"did you mean {near[0]}: ? Then add PREFIX {near[0]}: <{vocab.PREFIXES[near[0]]}>"
    return f"add PREFIX {prefix}: <…>"
