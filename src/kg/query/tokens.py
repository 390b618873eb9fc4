"""SPARQL text -> tokens: enough of section 19 of SPARQL 1.1 to see which words are code.

One difficulty decides the design. The engine's parser knows from the grammar whether ``<`` opens
an IRI or compares; a lexer does not: in ``FILTER(?a<'>')`` the text ``<'>`` is no IRI, and who
takes it for one loses track of where strings begin. So every ``<`` is read both ways. A token
depends on nothing but where it starts, hence all readings together are one walk over positions.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import Final, NamedTuple

_BASE: Final = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_VAR: Final = rf"{_BASE}_0-9\u00b7\u0300-\u036f\u203f\u2040"
_CHAR: Final = rf"{_VAR}\-"
_ESCAPED: Final = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%]"
_LOCAL: Final = rf"(?:[{_BASE}_:0-9]|{_ESCAPED})(?:\.*(?:[{_CHAR}:]|{_ESCAPED}))*"
_LONGEST_PREFIX: Final = 200
"""Without a bound, a text of nothing but ``a.a.a.`` costs the square of its length."""
_IRI: Final = r"""<(?:[^<>"{}|^`\\\x00-\x20]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*>"""

ECHAR: Final = r"""\\(?:[tbnrf\\"']|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8})"""
"""With any other escape it is no string (SPARQL 1.1, 19.8, [160]): the engine then reads a shorter one,
and what stands behind that is code."""
_STRING: Final = (
    rf""""{{3}}(?:"{{0,2}}(?:[^"\\]|{ECHAR}))*+"{{3}}|'{{3}}(?:'{{0,2}}(?:[^'\\]|{ECHAR}))*+'{{3}}"""
    rf"""|"(?:[^"\\\r\n]|{ECHAR})*+"|'(?:[^'\\\r\n]|{ECHAR})*+'"""
)
_TERM: Final = rf"""(?:[^<>'"\#(){{}}\\]|{_STRING}|{_IRI})"""
_ROWS: Final = re.compile(rf"(?:{_TERM}|\({_TERM}*+\))++", re.DOTALL)

_TOKEN: Final = re.compile(
    rf"""(?P<space>[\x20\t\r\n]+)
    |(?P<string>{_STRING})
    |(?P<iri>{_IRI})
    |(?P<var>[?$][{_VAR}]+)
    |(?P<lang>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
    |(?P<name>(?:[{_BASE}](?:\.{{0,9}}[{_CHAR}]){{0,{_LONGEST_PREFIX}}}|_)?:(?:{_LOCAL})?)
    |(?P<word>[A-Za-z]+)
    |(?P<number>[0-9]+)
    |(?P<other>\\.|.)""",
    re.VERBOSE | re.DOTALL,
)
_BLANKS: Final = re.compile(r"(?:[\x20\t\r\n]++|\#[^\r\n]*+)*+")
ESCAPE: Final = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_LINE_END: Final = re.compile(r"[\r\n]")
_BLANK: Final = frozenset({"space", "comment"})


class Token(NamedTuple):
    """``kind`` is string, iri, var, lang, name (prefixed), word, number, other, space, comment or rows."""

    kind: str
    text: str
    start: int
    end: int


class Lexer:
    """The tokens of one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._line_ends = [match.start() for match in _LINE_END.finditer(text)]

    def at(self, position: int) -> Token | None:
        """The token that starts here; None at the end of the text."""
        if self.text.startswith("#", position):
            end = self._end_of_line(position)
            return Token("comment", "#", position, end)
        match = _TOKEN.match(self.text, position)
        return Token(str(match.lastgroup), match[0], position, match.end()) if match else None

    def rows(self, position: int) -> Token | None:
        """What stands here of the rows of VALUES, as one token: there may be very many of them."""
        match = _ROWS.match(self.text, position)
        return Token("rows", match[0], position, match.end()) if match else self.at(position)

    def code(self, position: int = 0) -> Iterator[Token]:
        """The tokens from here on, without white space and comments; each ``<…>`` is an IRI."""
        while token := self.at(self._after_blanks(position)):
            yield token
            position = token.end

    def opening(self) -> Token | None:
        """The first token after BASE <…>, PREFIX x: <…> and VERSION "…", or None."""
        tokens = self.code()
        for token in tokens:
            match token.text.upper():
                case "BASE" | "VERSION":
                    next(tokens, None)
                case "PREFIX":
                    next(tokens, None)
                    next(tokens, None)
                case _:
                    return token
        return None

    def readings(self) -> Iterator[tuple[Token, Token | None]]:
        """Every token of every reading of the text, each with the token before it.

        A position is visited once, however many readings pass through it, so the walk is linear.
        """
        seen: set[int] = set()
        starts: list[tuple[int, Token | None]] = [(0, None)]
        while starts:
            position, before = starts.pop()
            while position not in seen and (token := self.at(position)):
                seen.add(position)
                if token.kind == "iri":
                    starts.append((position + 1, before))
                if token.kind not in _BLANK:
                    yield token, before
                    before = token
                position = token.end

    def place(self, position: int) -> tuple[int, int]:
        """Line and column of a position, both from 1."""
        text = self.text
        return text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position)

    def _after_blanks(self, position: int) -> int:
        match = _BLANKS.match(self.text, position)
        return match.end() if match else position

    def _end_of_line(self, position: int) -> int:
        """Found by halving: comments within comments, read again and again, must not cost a scan each."""
        index = bisect_left(self._line_ends, position)
        return self._line_ends[index] if index < len(self._line_ends) else len(self.text)


def resolve(text: str) -> str:
    """The text with its ``\\uXXXX`` and ``\\UXXXXXXXX`` resolved; those that name no character stay."""

    def character(match: re.Match[str]) -> str:
        number = int(match[1] or match[2], 16)
        surrogate = 0xD800 <= number <= 0xDFFF
        return match[0] if surrogate or number > 0x10FFFF else chr(number)

    return ESCAPE.sub(character, text) if "\\" in text else text
