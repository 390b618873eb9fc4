"""JSON as located values: the same tree as from YAML, every part with its line and column.

Numbers, true and false are kept as they were typed; null is a value that is missing. Source: RFC 8259,
with two rules more, which keep two readers from reading one file differently: a name stands once in an
object (section 4 leaves it open), and escapes are whole characters (section 8.2 on lone surrogates).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Final, TypeVar

from kg.findings import Finding, Location, Severity
from kg.records.reader import MAX_DEPTH, Items, Node, Read, Text, mapping, not_utf8

CODE: Final = "json-syntax"
_Part = TypeVar("_Part")
_SPACE: Final = re.compile(r"[ \t\r\n]*")
_LITERAL: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_STRINGS: Final = json.JSONDecoder()


def read(content: bytes, file: str) -> Read:
    """The tree of one JSON document. ``file`` is the name that findings give. Raises nothing."""
    findings: list[Finding] = []
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Read(None, (not_utf8(error, file, 1, CODE),))
    root = scan(text, file, 1, findings) if text.strip() else None
    return Read(root, tuple(findings))


def scan(text: str, file: str, line: int, findings: list[Finding]) -> Node | None:
    """The tree of a JSON text that begins on this line; None, and a finding, where it is broken."""
    scanner = _Scanner(text, file, line, findings)
    try:
        return scanner.document()
    except _Broken as error:
        findings.append(scanner.fault(error.at, f"the JSON cannot be read: {error.problem}", error.remedy))
        return None


class _Broken(Exception):
    """The text is no JSON from here on."""

    def __init__(self, at: int, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.at, self.problem, self.remedy = at, problem, remedy


class _Scanner:
    """Reads a text from left to right. Recurses as deep as values may be nested, and no deeper."""

    def __init__(self, text: str, file: str, line: int, findings: list[Finding]) -> None:
        self.text = text
        self.position = 0
        self._file, self._findings = file, findings
        self._line, self._line_start, self._counted = line, 0, 0

    def fault(self, at: int, message: str, remedy: str) -> Finding:
        """A violation at this offset."""
        return Finding(Severity.VIOLATION, CODE, message, remedy, self._place(at))

    def document(self) -> Node:
        """The one value that the text holds. Raises _Broken."""
        node = self._value(0)
        if self._next():
            raise _Broken(self.position, "the text goes on after its end", "a file holds one object or list")
        return node

    def _place(self, offset: int) -> Location:
        """Line and column of an offset. Asked for from left to right, so that each line is counted once."""
        self._line += self.text.count("\n", self._counted, offset)
        self._line_start = max(self._line_start, self.text.rfind("\n", self._counted, offset) + 1)
        self._counted = max(self._counted, offset)
        return Location(self._file, self._line, offset - self._line_start + 1)

    def _next(self) -> str:
        """The next character that is no white space, empty at the end; the position is there."""
        found = _SPACE.match(self.text, self.position)
        self.position = found.end() if found else self.position
        return self.text[self.position : self.position + 1]

    def _value(self, depth: int) -> Node:
        char, start = self._next(), self.position
        at = self._place(start)
        if char == '"':
            return Text(self._string(), at, plain=False)
        if char in ("{", "["):
            if depth >= MAX_DEPTH:
                raise _Broken(start, f"nested more than {MAX_DEPTH} deep", "lay it out flatter")
            if char == "[":
                return Items(tuple(self._parts("]", lambda: self._value(depth + 1))), at)
            pairs = self._parts("}", lambda: self._member(depth + 1))
            return mapping(pairs, at, self._findings, CODE)
        found = _LITERAL.match(self.text, start)
        if found is None:
            remedy = "a value is a text in double quotes, a number, true, false, a list or an object"
            raise self._broken("no value begins here", remedy)
        self.position = found.end()
        return Text("" if found[0] == "null" else found[0], at)

    def _string(self) -> str:
        try:
            value, self.position = _STRINGS.raw_decode(self.text, self.position)
        except json.JSONDecodeError as error:
            problem = error.msg.removesuffix(" at").removesuffix(" starting").lower()
            raise _Broken(error.pos, problem, "end the text with a quote; escape as JSON does") from None
        if _SURROGATE.search(value):
            message = "an escape such as \\ud83d is half a character"
            self._findings.append(self.fault(self._counted, message, "write the character itself"))
            value = _SURROGATE.sub("\ufffd", value)
        return str(value)

    def _member(self, depth: int) -> tuple[Node, Node]:
        if self._next() != '"':
            raise self._broken("a name is missing", 'write "name": value')
        name = Text("", self._place(self.position))
        name = Text(self._string(), name.at, plain=False)
        if self._next() != ":":
            raise self._broken("a colon is missing", 'write "name": value')
        self.position += 1
        return name, self._value(depth)

    def _parts(self, end: str, part: Callable[[], _Part]) -> Iterator[_Part]:
        """What stands between two brackets, parted by commas."""
        self.position += 1
        if self._next() == end:
            self.position += 1
            return
        while True:
            if self._next() == end:
                raise self._broken(f"a comma stands before the {end}", "remove the comma")
            yield part()
            if self._next() not in (end, ","):
                raise self._broken(f"a comma or {end} is missing", "check the quotes and commas")
            self.position += 1
            if self.text[self.position - 1] == end:
                return

    def _broken(self, problem: str, remedy: str) -> _Broken:
        """What is wrong at the position; where the text ends there, it is that."""
        if self.position < len(self.text):
            return _Broken(self.position, problem, remedy)
        return _Broken(self.position, "the text ends too early", "close the brackets, or end the list")
