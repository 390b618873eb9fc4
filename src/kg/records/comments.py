"""YAML files as values with their comments: what a formatter must know besides what was read.

``kg.records.reader`` reads for the build and forgets comments. Here each entry of a list or mapping
has the comments above it and beside it, and each collection those at its end. Comments stand only
between the parser's events, or after the sign of a block text (YAML 1.2, sections 6.6 and 8.1.1).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

_COMMENT: Final = re.compile(r"#[^\r\n]*")


@dataclass(slots=True)
class Entry:
    """A field of a mapping (``key`` is its name) or an item of a list (``key`` is None).

    ``before`` are the comment lines above it, an empty one where a blank line stood among them;
    ``beside`` is the comment at the end of its line.
    """

    key: str | None
    value: Value
    before: list[str] = field(default_factory=list)
    beside: str = ""


@dataclass(slots=True)
class Value:
    """A text, or with ``mapping`` True or False a mapping or list; ``after`` are the comments at its end."""

    text: str = ""
    plain: bool = True
    mapping: bool | None = None
    column: int = 0
    entries: list[Entry] = field(default_factory=list)
    after: list[str] = field(default_factory=list)

    def commented(self) -> bool:
        """Whether a comment stands anywhere inside."""
        return bool(self.after) or any(e.before or e.beside or e.value.commented() for e in self.entries)


@dataclass(slots=True)
class _Comment:
    text: str
    column: int
    blank: bool  # a blank line stands above it
    end: int


class _Builder:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.top = Entry(None, Value(mapping=False))
        self.stack: list[Value] = [self.top.value]
        self.key: Entry | None = None
        self.last: Entry = self.top
        self.pending: list[_Comment] = []

    def event(self, event: Any) -> None:
        start = event.start_mark.index
        self._comments(self.at, start)
        if isinstance(event, yaml.CollectionEndEvent):
            self._end(event, start)
        elif isinstance(event, yaml.NodeEvent):
            self._node(event)
        self.at = max(self.at, event.end_mark.index)

    def finish(self) -> None:
        """Take what stands after the last event."""
        self._comments(self.at, len(self.text))
        self.top.value.entries[0].value.after += self._take(len(self.pending))

    def _comments(self, start: int, end: int) -> None:
        """Gather the comments of a stretch between events."""
        place = start
        for found in _COMMENT.finditer(self.text, start, end):
            line = self.text.rfind("\n", 0, found.start()) + 1
            lead = self.text[line : found.start()]
            comment = found[0].rstrip()
            if lead.strip():
                self.last.beside = f"{self.last.beside}  {comment}".strip()
            else:
                blank = self.text.count("\n", place, line) > 1
                self.pending.append(_Comment(comment, len(lead), blank, found.end()))
            place = found.end()

    def _take(self, number: int, end: int = 0) -> list[str]:
        """The first comments as lines; a blank line before ``end``, where the node begins, is kept too."""
        taken, self.pending = self.pending[:number], self.pending[number:]
        lines: list[str] = []
        for comment in taken:
            lines += ["", comment.text] if comment.blank and lines else [comment.text]
        if taken and self.text.count("\n", taken[-1].end, end) > 1:
            lines.append("")
        return lines

    def _end(self, event: Any, start: int) -> None:
        """Close a collection: comments indented as it is, and more than what follows, are at its end."""
        value = self.stack.pop()
        flow = event.end_mark.index > start
        following = -1 if start >= len(self.text.rstrip()) else event.start_mark.column
        own = 0
        for comment in self.pending:
            if not flow and not (comment.column >= value.column and comment.column > following):
                break
            own += 1
        value.after += self._take(own)
        self.last = self.stack[-1].entries[-1]

    def _node(self, event: Any) -> None:
        parent = self.stack[-1]
        if parent.mapping and self.key is None:
            self.key = self.last = Entry(event.value, Value(), self._all(event))
            parent.entries.append(self.key)
            return
        block = isinstance(event, yaml.CollectionStartEvent) and not event.flow_style
        inside = block and (self.key is not None or parent is self.top.value)
        before = [] if inside else self._all(event)  # what stands inside a block is its first entry's
        entry = self.key or Entry(None, Value())
        entry.before += before
        if self.key is None:
            parent.entries.append(entry)
        self.key, self.last = None, entry
        self._value(entry, event)

    def _all(self, event: Any) -> list[str]:
        return self._take(len(self.pending), event.start_mark.index)

    def _value(self, entry: Entry, event: Any) -> None:
        entry.value = Value(column=event.start_mark.column)
        if isinstance(event, yaml.ScalarEvent):
            entry.value.text, entry.value.plain = event.value, event.style is None
            entry.beside = "  ".join(filter(None, (entry.beside, self._header(event))))
        else:
            entry.value.mapping = isinstance(event, yaml.MappingStartEvent)
            self.stack.append(entry.value)

    def _header(self, event: Any) -> str:
        """The comment after the sign of a block text: ``note: >-  # like this``."""
        if event.style not in ("|", ">"):
            return ""
        line = self.text[event.start_mark.index :].split("\n", 1)[0]
        return found[0].rstrip() if (found := _COMMENT.search(line)) else ""


def read(text: str) -> Entry:
    """The one document, a list, of a file that ``kg.records.reader`` reads without fault.

    Comments above the first record are the first record's, those after the last are at the list's end.
    Raises yaml.YAMLError.
    """
    builder = _Builder(text)
    for event in yaml.parse(text, Loader=yaml.SafeLoader):  # the one whose marks count characters
        builder.event(event)
    builder.finish()
    return builder.top.value.entries[0]


def within(entry: Entry) -> Iterator[str]:
    """The words of every comment of an entry and of all inside it."""
    for comment in filter(None, [*entry.before, entry.beside, *entry.value.after]):
        yield from comment.split()
    for inner in entry.value.entries:
        yield from within(inner)
