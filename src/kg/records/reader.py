"""YAML files as located values: every text, list and mapping knows its file, line and column.

Everything is text here; the model says later what a field's text means (so ``no`` and ``2021``
stay what the curator typed). The tree is built from the parser's events on an explicit stack:
depth is bounded, aliases are refused as they come, and no input can recurse or expand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias

import yaml

from kg.findings import Finding, Location, Severity

MAX_DEPTH: Final = 20
"""Records nest three deep; twenty leaves room and stops a bomb."""

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Text(NamedTuple):
    """A scalar as written. ``plain`` is False where it was quoted.

    A named tuple takes half the time of a frozen dataclass to make, and a record has a hundred.
    """

    value: str
    at: Location
    plain: bool = True


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: tuple[Node, ...]
    at: Location


@dataclass(frozen=True, slots=True)
class Fields:
    """A mapping; keys are unique."""

    entries: tuple[tuple[Text, Node], ...]
    at: Location

    def get(self, name: str) -> Node | None:
        """The value under this key, or None."""
        for key, value in self.entries:
            if key.value == name:
                return value
        return None


Node: TypeAlias = Text | Items | Fields


@dataclass(frozen=True, slots=True)
class Read:
    """What came out of a file: the root (None for an empty or unreadable file) and the faults."""

    root: Node | None
    findings: tuple[Finding, ...]


class _Open:
    """A list or mapping whose end has not been reached."""

    def __init__(self, event: Any, at: Location) -> None:
        self.mapping = isinstance(event, yaml.MappingStartEvent)
        self.at = at
        self.children: list[Node] = []


def read(content: bytes, file: str) -> Read:
    """The tree of one YAML document. ``file`` is the name that findings give. Raises nothing."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Read(None, (not_utf8(error, file, 1, "yaml-syntax"),))
    findings: list[Finding] = []
    try:
        root = _tree(yaml.parse(text, Loader=_LOADER), file, findings)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = Location(file, mark.line + 1, mark.column + 1) if mark else Location(file)
        problem = ", ".join(filter(None, (error.context, error.problem)))
        if "maximum nesting depth" in problem:  # libyaml 0.2.6 itself stops at 1,000, before any event
            findings.append(_too_deep(at))
        else:
            findings.append(_fault(at, f"the YAML cannot be read: {problem}", _hint(str(error.problem))))
        root = None
    except yaml.YAMLError as error:  # a control character, for instance
        position = getattr(error, "position", 0)
        at = Location(file, text.count("\n", 0, position) + 1)
        findings.append(_fault(at, f"the YAML cannot be read: {error}", "remove the character"))
        root = None
    return Read(root, tuple(findings))


def not_utf8(error: UnicodeDecodeError, file: str, first: int, code: str) -> Finding:
    """The finding for bytes that are no UTF-8; they begin on line ``first`` of the file."""
    before = error.object[: error.start]
    column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
    at = Location(file, first + before.count(b"\n"), column)
    return _fault(at, f"the file is not UTF-8: {error.reason}", "save it as UTF-8", code)


def _hint(problem: str) -> str:
    if "mapping values are not allowed" in problem:
        return "align the fields of a record; quote a text that holds a colon and a space"
    if "tab" in problem or "\\t" in problem:
        return "indent with spaces, not tabs"
    return "check the indentation, the colons and the quotes on this line and the one above"


def _fault(at: Location, message: str, remedy: str, code: str = "yaml-syntax") -> Finding:
    return Finding(Severity.VIOLATION, code, message, remedy, at)


def _too_deep(at: Location) -> Finding:
    return _fault(at, f"nested more than {MAX_DEPTH} deep", "lay it out flatter")


def _tree(events: Iterator[Any], file: str, findings: list[Finding]) -> Node | None:
    stack: list[_Open] = []
    roots: list[Node] = []
    for event in events:
        at = Location(file, event.start_mark.line + 1, event.start_mark.column + 1)
        if isinstance(event, yaml.NodeEvent):
            _refuse_extras(event, at, findings)
        if isinstance(event, yaml.CollectionStartEvent):
            if len(stack) >= MAX_DEPTH:
                findings.append(_too_deep(at))
                return None
            stack.append(_Open(event, at))
            continue
        if isinstance(event, yaml.CollectionEndEvent):
            node = _close(stack.pop(), findings)
        elif isinstance(event, yaml.ScalarEvent):
            node = Text(event.value, at, event.style is None)
        elif isinstance(event, yaml.AliasEvent):
            node = Text("", at)
        else:
            continue
        (stack[-1].children if stack else roots).append(node)
    if len(roots) > 1:
        findings.append(_fault(roots[1].at, "the file holds a second document", "remove the line ---"))
    return roots[0] if roots else None


def _refuse_extras(event: Any, at: Location, findings: list[Finding]) -> None:
    if event.anchor is not None:
        what = "alias *" if isinstance(event, yaml.AliasEvent) else "anchor &"
        findings.append(_fault(at, f"{what}{event.anchor}: anchors and aliases are not used", "write it out"))
    if getattr(event, "tag", None) is not None:
        findings.append(_fault(at, f"tag {event.tag}: tags are not used", "remove the tag"))


def _close(opened: _Open, findings: list[Finding]) -> Node:
    if not opened.mapping:
        return Items(tuple(opened.children), opened.at)
    pairs = zip(opened.children[::2], opened.children[1::2], strict=True)
    return mapping(pairs, opened.at, findings, "yaml-syntax")


def mapping(pairs: Iterable[tuple[Node, Node]], at: Location, findings: list[Finding], code: str) -> Fields:
    """A mapping of these names and values; a name that is no text or stands twice is told and left out."""
    entries: dict[str, tuple[Text, Node]] = {}
    for key, value in pairs:
        if not isinstance(key, Text):
            findings.append(_fault(key.at, "a field's name must be a text", "write name: value", code))
        elif key.value in entries:
            first = entries[key.value][0].at.line
            message = f"{key.value!r} stands twice (first on line {first})"
            findings.append(_fault(key.at, message, "make one list of both, or remove one", code))
        else:
            entries[key.value] = (key, value)
    return Fields(tuple(entries.values()), at)
