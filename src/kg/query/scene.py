"""A query that does not parse, as its tokens: which bracket each stands in, and what is next to it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Final, NamedTuple

from kg.query.tokens import Lexer, Token

CLOSING: Final = {"(": ")", "[": "]", "{": "}"}
TERMS: Final = frozenset({"var", "iri", "name", "string", "number"})


class Fault(NamedTuple):
    """What is wrong, where it begins in the text, and what to do about it."""

    start: int
    what: str
    hint: str | None = None


class Scene:
    """The tokens of a text; ``position`` is where the engine stumbled, at a mistake or after it."""

    def __init__(self, text: str, position: int) -> None:
        self.text = text
        self.position = position
        self.tokens = list(Lexer(text).code())

    def __len__(self) -> int:
        return len(self.tokens)

    def read(self) -> Iterator[tuple[int, Token]]:
        """The tokens that the engine has read, each with its number."""
        for index, token in enumerate(self.tokens):
            if token.start > self.position:
                return
            yield index, token

    def word(self, index: int) -> str:
        """The word at a number, in capitals; empty where there is none."""
        return self.tokens[index].text.upper() if self.kind(index) == "word" else ""

    def sign(self, index: int) -> str:
        """The text of a token; empty outside of the text."""
        return self.tokens[index].text if 0 <= index < len(self.tokens) else ""

    def kind(self, index: int) -> str:
        """The kind of a token; empty outside of the text."""
        return self.tokens[index].kind if 0 <= index < len(self.tokens) else ""

    def touches(self, index: int) -> bool:
        """Whether the token follows the one before it without a space."""
        return 0 < index < len(self.tokens) and self.tokens[index - 1].end == self.tokens[index].start

    @cached_property
    def openers(self) -> list[int]:
        """For each token the number of the bracket that it stands in, -1 outside of all."""
        found: list[int] = []
        stack = [-1]
        for index, token in enumerate(self.tokens):
            if token.kind == "other" and token.text in CLOSING.values() and len(stack) > 1:
                stack.pop()
            found.append(stack[-1])
            if token.kind == "other" and token.text in CLOSING:
                stack.append(index)
        return found

    def within(self, index: int) -> str:
        """The bracket that a token stands in: ``(``, ``[``, ``{``, or nothing."""
        return self.sign(self.openers[index]) if self.openers[index] >= 0 else ""

    @cached_property
    def names(self) -> dict[int, int]:
        """For each bracket with an AS directly in it, the number of the last one."""
        return {self.openers[i]: i for i in range(len(self)) if self.word(i) == "AS"}

    @cached_property
    def rows(self) -> frozenset[int]:
        """The brackets that hold the rows of VALUES."""
        found, values = set(), False
        for index, token in enumerate(self.tokens):
            if values and token.text == "{":
                found.add(index)
            variables = token.kind == "var" or token.text in ("(", ")")
            values = self.word(index) == "VALUES" or (values and variables)
        return frozenset(found)
