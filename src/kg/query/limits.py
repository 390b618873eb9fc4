"""How deep the engine must recurse for a text: brackets that nest, chains that grow.

The engine's parser, planner and destructors recurse: over brackets within brackets, and over
``1+1+1…``, ``a/a/a…``, one triple pattern after the other, one MINUS after the other, because each
link of a chain wraps the chain before it. Past some thousands the stack is gone, and the process
with it. What is flat in the engine too counts as its longest item: the rows of VALUES, the items
of IN and of a function call.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from kg.errors import QuerySyntaxError
from kg.query.tokens import Lexer, Token, resolve

DEEPEST: Final = 200
"""Brackets within brackets. With a stack of 8 MiB, 500 nested EXISTS still return and 1,000 do not."""

LONGEST: Final = 4_000
"""Words and signs that hang together. With 8 MiB, 2,000 MINUS (six of them each) return, 3,000 do not."""

_MOST_READINGS: Final = 16
_OPENING: Final = "([{"
_CLOSING: Final = ")]}"
_OPERANDS: Final = frozenset({"var", "name", "string", "lang", "iri", "word", "number"})


def check(text: str) -> None:
    """Raises QuerySyntaxError, with line and column, for a text that would take too much of the stack.

    It is read as it stands and with its escapes resolved. A megabyte takes some seconds: this belongs
    where a deadline holds.
    """
    for reading in dict.fromkeys((text, resolve(text))):
        if len(reading) > LONGEST or sum(map(reading.count, _OPENING)) > DEEPEST:
            _check(Lexer(reading))


def _check(lexer: Lexer) -> None:
    readings = [_Reading()]
    while readings:
        reading = min(readings, key=lambda r: r.position)
        token = (lexer.at if reading.rows is None else lexer.rows)(reading.position)
        if token is None:
            readings.remove(reading)
            continue
        if token.kind == "iri" and reading.may_compare(token):
            readings.append(reading.comparing(token))
        reading.take(token)
        fault = reading.fault()
        if len(readings) > 1:
            readings = _merged(readings)
            if len(readings) > _MOST_READINGS:
                fault = _Fault(
                    "'<' and '>' can be read in too many ways", "put a space on both sides of each"
                )
        if fault:
            line, column = lexer.place(token.start)
            message = f"line {line}, column {column}: {fault.message}"
            raise QuerySyntaxError(message, line=line, column=column, hint=fault.hint)


class _Fault(NamedTuple):
    message: str
    hint: str


@dataclass(slots=True)
class _Level:
    """What stands in one pair of brackets; ``widest`` is the longest item of a list with commas."""

    bracket: str
    length: int = 0
    widest: int = 0


@dataclass(slots=True)
class _Reading:
    """One way of reading the text so far: only ``<`` leaves a choice (``kg.query.tokens``)."""

    position: int = 0
    levels: list[_Level] = field(default_factory=lambda: [_Level("")])
    length: int = 0
    before: Token | None = None
    values: bool = False
    """After VALUES and its variables: the next ``{`` opens rows."""
    rows: int | None = None
    """The level of the rows of VALUES, while in them."""

    def take(self, token: Token) -> None:
        """Read on over this token."""
        self.position = token.end
        if token.kind in ("space", "comment", "rows"):
            return
        if token.kind == "other" and token.text in _OPENING:
            self._open(token.text)
        elif token.kind == "other" and token.text in _CLOSING:
            self._close()
        elif token.text == "," and self.levels[-1].bracket == "(":
            self._next_item()
        elif self.rows is None:
            self._add(self._weight(token))
        self.values = (token.kind == "word" and token.text.upper() == "VALUES") or (
            self.values and (token.kind == "var" or token.text in ("(", ")"))
        )
        self.before = token

    def fault(self) -> _Fault | None:
        """What is too much so far, if anything is."""
        if len(self.levels) > DEEPEST + 1:
            return _Fault(f"brackets nest more than {DEEPEST} deep here", "flatten the query")
        if self.length > LONGEST:
            return _Fault(
                f"the query is too long: more than {LONGEST} words and signs hang together here",
                "long lists belong in VALUES or IN (…); or ask in several queries",
            )
        return None

    def may_compare(self, token: Token) -> bool:
        """Whether the ``<`` of what looks like an IRI may be a sign, and it matters.

        Comparisons stand in parentheses, after an operand. The two readings part for long only
        where a quote or a ``#`` stands between the signs: they begin a string or a comment.
        """
        if self.rows is not None or self.levels[-1].bracket != "(" or self.before is None:
            return False
        before = self.before.kind in _OPERANDS or self.before.text in (")", ".", "}", ">")
        return before and ("'" in token.text or "#" in token.text)

    def comparing(self, token: Token) -> _Reading:
        """The other reading: the ``<`` alone."""
        levels = [_Level(level.bracket, level.length, level.widest) for level in self.levels]
        other = _Reading(self.position, levels, self.length, self.before, rows=self.rows)
        other.take(Token("other", "<", token.start, token.start + 1))
        return other

    def state(self) -> tuple[object, ...]:
        """Readings that are alike in this go on alike; their lengths may differ."""
        kind = self.before.kind if self.before else ""
        return self.position, "".join(x.bracket for x in self.levels), self.values, self.rows, kind

    def worsen(self, other: _Reading) -> None:
        """Take the greater lengths of the two."""
        self.length = max(self.length, other.length)
        for mine, theirs in zip(self.levels, other.levels, strict=True):
            mine.length = max(mine.length, theirs.length)
            mine.widest = max(mine.widest, theirs.widest)

    def _add(self, length: int) -> None:
        self.levels[-1].length += length
        self.length += length

    def _weight(self, token: Token) -> int:
        """The links of a DESCRIBE, which stand in no brackets, take more of the stack than others."""
        return 2 if len(self.levels) == 1 and token.kind in ("iri", "name") else 1

    def _open(self, bracket: str) -> None:
        if self.rows is None:
            self._add(1)
        self.levels.append(_Level(bracket))
        if bracket == "{" and self.values and self.rows is None:
            self.rows = len(self.levels)

    def _close(self) -> None:
        if len(self.levels) == 1:
            return
        if self.rows == len(self.levels):
            self.rows = None
        level = self.levels.pop()
        self.length -= level.length
        self._add(max(level.length, level.widest))

    def _next_item(self) -> None:
        level = self.levels[-1]
        level.widest = max(level.widest, level.length)
        self.length -= level.length
        level.length = 0


def _merged(readings: list[_Reading]) -> list[_Reading]:
    alike: dict[tuple[object, ...], _Reading] = {}
    for reading in readings:
        if known := alike.get(reading.state()):
            known.worsen(reading)
        else:
            alike[reading.state()] = reading
    return list(alike.values())
