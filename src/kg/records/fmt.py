"""One layout for record files, the comments kept: what ``kg fmt`` writes.

Fields stand in the order of ``fields.toml``; two spaces a level; lines of up to 120 characters; a list of
texts, a text by language, a name form and a participation on one line where they fit, all else in blocks;
a blank line between records; plain texts where that is safe, else double quotes; long texts folded.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import yaml

from kg.errors import DataError
from kg.findings import Finding, Location, Severity
from kg.records import comments, reader, scalars
from kg.records.comments import Entry, Value
from kg.records.kinds import OFFER, TO_DO
from kg.records.model import Field, Kind, RecordModel, RecordType, rules

WIDTH: Final = 120
_TYPED: Final = {Kind.DATE, Kind.INTEGER, Kind.DECIMAL, Kind.BOOLEAN}


@dataclass(frozen=True, slots=True)
class _Of:
    """What a value stands for: a record of a type, the value of a field, or neither that is known."""

    model: RecordModel
    type: RecordType | None = None
    field: Field | None = None

    def of(self, name: str | None) -> _Of:
        """What the value of this field, or an item of this list, stands for."""
        by_language = self.field is not None and self.field.kind is Kind.TEXT
        if name is None or (self.type is None and by_language):
            return self
        if self.type is None:
            return _Of(self.model)
        found = self.type.fields.get(name)
        nested = self.model.types.get(found.nested) if found and found.nested else None
        return _Of(self.model, nested, found)

    def record(self, value: Value) -> _Of:
        """The type of a top-level record, by its id."""
        given = next((e.value.text for e in value.entries if e.key == "id"), "")
        return _Of(self.model, self.model.of_path(given.partition("/")[0]))

    @property
    def typed(self) -> bool:
        return self.field is not None and self.field.kind in _TYPED

    @property
    def compact(self) -> bool:
        """Whether a mapping may stand on one line: by language, or of a type that does."""
        if self.type is not None:
            return self.type.name in rules()["inline"]
        return self.field is not None and self.field.kind is Kind.TEXT


_HINT: Final = re.compile(rf"^[ ]*# (?:{OFFER}|[a-zA-Z]+: (?:{TO_DO}\b|\{{[^}}]*{TO_DO})).*\n?", re.M)


def tidy(content: bytes, file: str, model: RecordModel, drop_hints: bool = False) -> str:
    """The content of a record file in the one layout. ``file`` is the name that findings give.

    ``drop_hints`` leaves out the comments by which ``kg new`` offers fields that were not taken up.
    Raises DataError if the file is no YAML as records use it, or would not be read the same afterwards.
    """
    before = reader.read(content, file)
    if before.findings:
        raise DataError(f"{file} cannot be laid out: it is not read without fault", before.findings)
    text = content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    if not isinstance(before.root, reader.Items):
        return text  # no records; what is wrong with it, kg validate says
    text = _HINT.sub("", text) if drop_hints else text
    document = _commented(text, file)
    made = _document(document, model)
    after = reader.read(made.encode(), file)
    kept = Counter(comments.within(_commented(made, file))) == Counter(comments.within(document))
    if after.findings or not kept or _plain(after.root) != _plain(before.root):
        raise DataError(f"{file} was left alone: laid out anew it would be read differently")
    return made


def _commented(text: str, file: str) -> Entry:
    try:
        return comments.read(text)
    except yaml.MarkedYAMLError as error:  # the parser that keeps the places is stricter in a few points
        at = Location(file, error.problem_mark.line + 1 if error.problem_mark else 1)
        fault = Finding(Severity.VIOLATION, "yaml-syntax", str(error.problem), "quote the text", at)
        raise DataError(f"{file} cannot be laid out", [fault]) from error


def _plain(node: reader.Node | None, name: str = "") -> Any:
    """What was read, without places; the order of fields and of ``sorted`` lists does not count."""
    if isinstance(node, reader.Fields):
        return {key.value: _plain(value, key.value) for key, value in node.entries}
    if isinstance(node, reader.Items):
        items = [_plain(item, name) for item in node.items]
        texts = name in rules()["sorted"] and all(isinstance(item, str) for item in items)
        return sorted(items) if texts else items
    return node.value if node else None


Lines: TypeAlias = list[str]


def _document(document: Entry, model: RecordModel) -> str:
    value, top = document.value, _Of(model)
    lines = [*document.before]
    if not value.entries:
        lines += ["[]"]
    for number, entry in enumerate(value.entries):
        record = _entry(entry, top.record(entry.value), 0)
        lines += ["", *record] if number else record
    lines += ["", *value.after] if value.after else []
    return "\n".join(lines) + "\n"


def _entry(entry: Entry, of: _Of, indent: int) -> Lines:
    """A field or an item, with its comments."""
    pad = " " * indent
    before = [(pad + line).rstrip() for line in entry.before if line or not indent]
    head = "-" if entry.key is None else scalars.inline(entry.key, False, False) + ":"
    first, *rest = _laid(entry.value, of.of(entry.key), pad + head, indent)
    if rest and entry.key is None and entry.value.mapping is not None:
        while rest[0].lstrip().startswith("#"):  # nothing but the first field can follow the hyphen
            before.append(pad + rest.pop(0).lstrip())
        first, rest = f"{first} {rest[0].lstrip()}", rest[1:]
    return [*before, f"{first}  {entry.beside}".rstrip(), *rest]


def _laid(value: Value, of: _Of, head: str, indent: int) -> Lines:
    """A value after its head: on the same line where it may and fits, else below it."""
    if value.mapping is not None and not value.entries:
        return [f"{head} {'{}' if value.mapping else '[]'}  {' '.join(value.after)}".rstrip()]
    line = _one_line(value, of, False)
    if line is not None and len(f"{head} {line}") <= WIDTH:
        return [f"{head} {line}".rstrip()]
    if value.mapping is None:
        return _long(value, of, head, indent)
    lines = [head]
    for entry in _sorted(value, of):
        lines += _entry(entry, of, indent + 2)
    return lines + [" " * (indent + 2) + line for line in value.after]


def _long(value: Value, of: _Of, head: str, indent: int) -> Lines:
    made = scalars.block(value.text, WIDTH - indent - 2)
    if made is None:
        return [f"{head} {scalars.inline(value.text, of.typed or _keeps(value, of), False)}"]
    sign, lines = made
    return [f"{head} {sign}", *((" " * (indent + 2) + line).rstrip() for line in lines)]


def _keeps(value: Value, of: _Of) -> bool:
    """Whether a text whose kind is not known was plain, and so may stay a number to others."""
    return of.field is None and value.plain


def _one_line(value: Value, of: _Of, flow: bool) -> str | None:
    """The value on one line; None where it has comments or lines, or is of those that stand in blocks."""
    if value.mapping is None:
        if "\n" in value.text.rstrip("\n"):
            return None if not flow else scalars.quoted(value.text)
        return scalars.inline(value.text, of.typed or _keeps(value, of), flow)
    if value.commented():
        return None
    if not value.entries:
        return "{}" if value.mapping else "[]"
    if value.mapping is False and any(e.value.mapping is not None for e in value.entries):
        return None
    if value.mapping and not of.compact:
        return None
    parts = [_part(entry, of) for entry in _sorted(value, of)]
    if any(part is None for part in parts):
        return None
    inside = ", ".join(filter(None, parts))
    return f"{{{inside}}}" if value.mapping else f"[{inside}]"


def _part(entry: Entry, of: _Of) -> str | None:
    made = _one_line(entry.value, of.of(entry.key), True)
    if made is None or entry.key is None:
        return made
    return f"{scalars.inline(entry.key, False, True)}: {made}"


def _sorted(value: Value, of: _Of) -> list[Entry]:
    """The entries in their order: fields by the rules, the values of some lists by themselves."""
    if value.mapping and (of.type is not None or of.field is None):
        rank = {name: number for number, name in enumerate(rules()["order"])}
        return sorted(value.entries, key=lambda e: rank.get(e.key or "", len(rank)))
    scalar = all(e.value.mapping is None for e in value.entries)
    if value.mapping is False and scalar and of.field is not None and of.field.name in rules()["sorted"]:
        return sorted(value.entries, key=lambda e: e.value.text)
    return value.entries
