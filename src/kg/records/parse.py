"""Located values to records: each field against the model, every fault a finding.

A record that has faults is still read, without the faulty values, so that one run tells a
curator everything.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from kg import vocab
from kg.findings import Finding, Location, Severity
from kg.records.kinds import EXAMPLE, TO_DO, WANTED, date_meant, fits, wanted
from kg.records.model import Field, Kind, RecordModel, RecordType
from kg.records.names import nearest, nearest_concept, proper_id, slug_of
from kg.records.reader import Fields, Items, Node, Text

LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
"""What no text of XML, and so no export as RDF/XML, can hold, and DEL."""

_ID_LINE: Final = re.compile(rf"\bid['\"]?\s*:\s*['\"]?{vocab.LOCAL_ID.pattern}")
BOOKKEEPING: Final = ("reviewState", "curator")
_CHARS: Final = 100_000


class Value(NamedTuple):
    """One value of a field. ``language`` is set for texts only; ``record`` for nested records."""

    text: str
    at: Location
    language: str = ""
    record: Record | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """A record as read. ``id`` is its local id (``person/x``), ``values`` its fields in order."""

    type: RecordType
    id: str
    at: Location
    values: Mapping[str, tuple[Value, ...]]
    curator: str = ""
    review_state: str = ""

    def first(self, name: str) -> str:
        """The text of the field's first value, or the empty text."""
        return next((v.text for v in self.values.get(name, ())), "")

    def nested(self) -> Iterator[Record]:
        """The records directly inside this one."""
        fields = (values for values in self.values.values() if values[0].record)  # all of them are, or none
        return (value.record for values in fields for value in values if value.record)

    def all(self) -> Iterator[Record]:
        """This record and all records inside it."""
        yield self
        for inner in self.nested():
            yield from inner.all()


Values: TypeAlias = dict[str, tuple[Value, ...]]


def names_in(content: bytes) -> Iterator[str]:
    """The names of the records in what is no YAML or JSON, as far as its lines show them."""
    return (found["name"] for found in _ID_LINE.finditer(content.decode("utf-8", "replace")))


class Parser:
    """Reads the records of one dataset.

    ``findings`` gathers the faults, ``lost`` the names of records that were left out for one; a
    nested record that was left out counts under its parent's name.
    """

    def __init__(self, model: RecordModel, language: str) -> None:
        self.model = model
        self.language = language
        self.findings: list[Finding] = []
        self.lost: set[str] = set()

    def fault(self, at: Location, code: str, message: str, remedy: str) -> None:
        """Note a violation."""
        self.findings.append(Finding(Severity.VIOLATION, code, message, remedy, at))

    def file(self, root: Node | None, at: Location) -> list[Record]:
        """The records of a file, which is a list of them."""
        if root is None or (isinstance(root, Text) and not root.value):
            self.empty(at)
            return []
        if not isinstance(root, Items):
            self.fault(
                root.at,
                "wrong-type",
                "a file of records is a list",
                'write - id: … in YAML, [{"id": …}] in JSON',
            )
            return []
        return [record for item in root.items if (record := self.record(item))]

    def empty(self, at: Location) -> None:
        """Note that a file holds nothing."""
        message, remedy = "the file holds no records", "add a list of records"
        self.findings.append(Finding(Severity.WARNING, "empty-file", message, remedy, at))

    def record(self, node: Node) -> Record | None:
        """The top-level record that a node is; None, its name among the lost, where it is too faulty."""
        if not isinstance(node, Fields):
            self.fault(
                node.at, "wrong-type", "a record is a mapping of fields", "give it an id and its other fields"
            )
            return None
        given = node.get("id")
        if given is None:
            self.fault(
                node.at,
                "missing-id",
                "this record has no id",
                "add id: kind/slug, such as person/ada-lovelace",
            )
            return None
        local = self._id(given)
        kind = self._type_of(given, local) if local else None
        if local is None or kind is None:
            self.lost.add(_name(local or (proper_id(given.value) if isinstance(given, Text) else "")))
            return None
        self._agree(node, kind)
        book = {name: self._bookkeeping(node, name) for name in BOOKKEEPING}
        values = self._values(node, kind, local, ("id", "type", *BOOKKEEPING))
        return Record(kind, local, given.at, values, book["curator"], book["reviewState"] or "extracted")

    def _id(self, node: Node) -> str | None:
        if isinstance(node, Text) and vocab.LOCAL_ID.fullmatch(node.value):
            return node.value
        written = node.value if isinstance(node, Text) else "a list or mapping"
        near = proper_id(written) if isinstance(node, Text) else ""
        self.fault(
            node.at,
            "bad-id",
            f"{written!r} is no id",
            f"write {near!r}" if near else "write kind/slug in lower-case letters, digits and hyphens",
        )
        return None

    def _type_of(self, node: Node, local: str) -> RecordType | None:
        path = local.partition("/")[0]
        kind = self.model.of_path(path)
        if kind is None or kind.name == "Passage":
            known = sorted(t.path for t in self.model.top_level())
            self.fault(node.at, "unknown-type", f"there is no kind of record {path!r}", nearest(path, known))
            return None
        return kind

    def _agree(self, node: Fields, kind: RecordType) -> None:
        stated = node.get("type")
        if stated is not None and not (isinstance(stated, Text) and stated.value == kind.name):
            self.fault(
                stated.at, "wrong-type", f"the id says {kind.name}, type says otherwise", "remove type:"
            )

    def _bookkeeping(self, node: Fields, name: str) -> str:
        value = node.get(name)
        if value is None:
            return ""
        if not isinstance(value, Text) or not value.value:
            self.fault(value.at, "wrong-type", f"{name} takes one text", f"write {name}: …")
            return ""
        if name == "reviewState":
            return value.value if self._concept(value, "review-state", name) else ""
        return value.value

    def _values(self, node: Fields, kind: RecordType, local: str, skip: Sequence[str]) -> Values:
        values: Values = {}
        for key, value in node.entries:
            if key.value in skip:
                continue
            field = kind.fields.get(key.value)
            if field is None or field.derived:
                self._unknown(key, kind)
                continue
            found = self._field(field, value, local)
            if len(found) > 1 and not field.many:
                self.fault(found[1].at, "too-many-values", f"{field.name} takes one value", "keep one")
                found = found[:1]
            if found:
                values[field.name] = found
        return values

    def _unknown(self, key: Text, kind: RecordType) -> None:
        known = self.model.written(kind)
        remedy = nearest(key.value, known)
        elsewhere = [t.name for t in self.model.types.values() if key.value in self.model.written(t)]
        if key.value in kind.fields:
            remedy = "the build writes it; remove it"
        elif elsewhere and not difflib.get_close_matches(key.value, known, 1, 0.8):
            remedy = f"it belongs to: {', '.join(sorted(elsewhere))}"
        self.fault(key.at, "unknown-field", f"{kind.name} has no field {key.value!r}", remedy)

    def _field(self, field: Field, node: Node, local: str) -> tuple[Value, ...]:
        if not isinstance(node, Text) or field.kind in (Kind.TEXT, Kind.NESTED):
            return tuple(self._each(field, node, local))
        text = self._scalar(field, node)
        return () if text is None else (Value(text, node.at),)

    def _each(self, field: Field, node: Node, local: str) -> Iterator[Value]:
        items = node.items if isinstance(node, Items) else (node,)
        if not items:
            self.fault(node.at, "empty-value", f"{field.name} is an empty list", "remove it, or give a value")
        for item in items:
            if field.kind is Kind.NESTED:
                if record := self._nested(field, item, local):
                    yield Value("", item.at, record=record)
            elif field.kind is Kind.TEXT:
                yield from self._texts(field, item)
            elif (text := self._scalar(field, item)) is not None:
                yield Value(text, item.at)

    def _texts(self, field: Field, node: Node) -> Iterator[Value]:
        if isinstance(node, Text):
            if (text := self._clean(field, node)) is not None:
                yield Value(text, node.at, self.language)
            return
        if isinstance(node, Items):
            self.fault(node.at, "wrong-type", f"{field.name} takes texts, not lists", "lay the list out flat")
            return
        for key, value in node.entries:
            if not LANGUAGE.fullmatch(key.value):
                self.fault(
                    key.at,
                    "bad-language",
                    f"{key.value!r} is no language tag",
                    "use one like en, fr or az; quote a text that holds a comma",
                )
                continue
            for item in value.items if isinstance(value, Items) else (value,):
                if not isinstance(item, Text):
                    self.fault(item.at, "wrong-type", f"{field.name} takes texts", f"write {key.value}: text")
                elif (text := self._clean(field, item)) is not None:
                    yield Value(text, item.at, key.value)

    def _clean(self, field: Field, node: Text) -> str | None:
        if node.value == TO_DO:
            self.fault(
                node.at, "to-do", f"{field.name} is still to be filled in", wanted(field, self.model.glossary)
            )
            return None
        if not node.value or node.value.isspace():
            self.fault(node.at, "empty-value", f"{field.name} has no value", "remove it, or give a value")
            return None
        if len(node.value) > _CHARS or (not node.value.isprintable() and _CONTROL.search(node.value)):
            self.fault(
                node.at,
                "bad-text",
                f"{field.name} holds {_unfit(node.value)}",
                "write it plainly",
            )
            return None
        return unicodedata.normalize("NFC", node.value) if field.kind is Kind.TEXT else node.value

    def _scalar(self, field: Field, node: Node) -> str | None:
        if not isinstance(node, Text):
            self.fault(node.at, "wrong-type", f"{field.name} takes {WANTED[field.kind]}", EXAMPLE[field.kind])
            return None
        text = self._clean(field, node)
        if text is None or field.kind is Kind.STRING:
            return text
        if field.kind is Kind.CONCEPT:
            return text if self._concept(node, field.scheme, field.name) else None
        if fits(field.kind, text):
            return text
        code = "bad-date" if field.kind is Kind.DATE else "wrong-type"
        meant = date_meant(text) if field.kind is Kind.DATE else ""
        remedy = f"write {meant}" if meant else EXAMPLE[field.kind]
        self.fault(node.at, code, f"{field.name}: {text!r} is not {WANTED[field.kind]}", remedy)
        return None

    def _concept(self, node: Text, scheme: str, name: str) -> bool:
        known = self.model.glossary.get(scheme, {})
        if node.value in known:
            return True
        self.fault(
            node.at,
            "unknown-concept",
            f"{name}: there is no {node.value!r} in the scheme {scheme!r}",
            nearest_concept(node.value, known),
        )
        return False

    def _nested(self, field: Field, node: Node, parent: str) -> Record | None:
        kind = self.model.types[field.nested]
        if not isinstance(node, Fields):
            self.fault(
                node.at, "wrong-type", f"{field.name} takes a nested record", "write its fields below it"
            )
            self.lost.add(_name(parent))
            return None
        key = node.get("key")
        given = node.get("id")
        if given is not None:
            local = self._id(given)
            if local and local.partition("/")[0] != kind.path:
                self.fault(
                    given.at,
                    "bad-id",
                    f"{local!r} is not an id of a {kind.name}",
                    f"begin it with {kind.path}/",
                )
                local = None
        else:
            local = self._derived(kind, node, key, parent)
        if local is None:
            self.lost.add(_name(parent))
            return None
        values = self._values(node, kind, local, ("id", "type", "key"))
        return Record(kind, local, node.at, values)

    def _derived(self, kind: RecordType, node: Fields, key: Node | None, parent: str) -> str | None:
        """The id of a nested record: its parent's name, its key fields' values, its key."""
        path, _, name = parent.partition("/")
        # People, places and bodies may share a slug, so a name form's id says whose it is.
        parts = [path, name] if kind.name == "NameForm" else [name]
        parts += [s for f in kind.key if (s := slug_of(node.get(f)))]
        if key is not None:
            if not isinstance(key, Text) or not vocab.SLUG.fullmatch(key.value):
                self.fault(
                    key.at, "bad-id", "a key is a slug", "write lower-case letters, digits and hyphens"
                )
                return None
            parts.append(key.value)
        elif not kind.key:
            self.fault(node.at, "missing-id", f"a nested {kind.name} needs a key", "add key: a-slug")
            return None
        local = f"{kind.path}/{'.'.join(parts)}"
        if not vocab.LOCAL_ID.fullmatch(local) or (kind.key and len(parts) == 1):
            wanted = " and ".join(kind.key)
            self.fault(
                node.at,
                "missing-id",
                f"no id can be made for this {kind.name}",
                f"give it {wanted}, or a key",
            )
            return None
        return local


def _name(local: str) -> str:
    return local.partition("/")[2]


def _unfit(text: str) -> str:
    found = _CONTROL.search(text)
    return f"the character U+{ord(found[0]):04X}" if found else f"more than {_CHARS:,} characters"
