"""The record model: which types of record there are, and which fields each may have.

Nothing of it is written twice. The SHACL shapes say which properties a class has, of what kind
and how many; the ontology says which class stands under which; the schemes say which concepts
there are; ``layout.toml`` says how ids begin and what nests in what.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeAlias

import pyoxigraph as ox

from kg import resources, vocab
from kg.errors import EnvironmentFault

Term: TypeAlias = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple


class Kind(StrEnum):
    """What a field's value is."""

    TEXT = "text"  # in the dataset's language, or by language
    STRING = "string"
    DATE = "date"  # day, month or year
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    CONCEPT = "concept"  # the bare name of a concept in one of the common schemes
    REFERENCE = "reference"  # a record of the dataset, or an IRI
    PASSAGE = "passage"  # <article>.<start>-<end>
    NESTED = "nested"  # a record inside this one


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a type. ``iri`` is its property; for ``inverse`` it points back to the parent.

    ``derived`` fields are written by the build, never by a curator. ``paths`` are the first parts
    of the ids that a reference may have; empty where it may name anything.
    """

    name: str
    iri: str
    kind: Kind
    many: bool = True
    required: bool = False
    help: str = ""
    scheme: str = ""
    nested: str = ""
    inverse: bool = False
    derived: bool = False
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordType:
    """A type of record: its class, the first part of its ids, its fields, and what it is for."""

    name: str
    iri: str
    path: str
    key: tuple[str, ...]
    fields: Mapping[str, Field]
    help: str = ""


@dataclass(frozen=True, slots=True)
class Concept:
    """A concept of a common scheme: its bare name, what it means, other words for it."""

    name: str
    definition: str = ""
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordModel:
    """All types by name, the concepts of each common scheme by name, and the order of fields."""

    types: Mapping[str, RecordType]
    glossary: Mapping[str, Mapping[str, Concept]]
    order: tuple[str, ...] = ()

    def of_path(self, path: str) -> RecordType | None:
        """The type whose ids begin with this path, or None."""
        return next((t for t in self.types.values() if t.path == path), None)

    def written(self, kind: RecordType) -> list[str]:
        """The names of the fields that a curator may write in a record of this type, in their order."""
        rank = {name: number for number, name in enumerate(self.order)}
        names = sorted(f.name for f in kind.fields.values() if not f.derived)
        return sorted(names, key=lambda name: rank.get(name, len(rank)))

    def top_level(self) -> Iterator[RecordType]:
        """The types that may stand at the top of a file: all but passages, which are made."""
        return (t for t in self.types.values() if t.name != "Passage")


DERIVED: Final = f"{vocab.SHAPES}Derived"
"""The sh:group of properties that the build writes and curators do not."""

_DATATYPES: Final = {
    f"{vocab.RDF}langString": Kind.TEXT,
    f"{vocab.XSD}string": Kind.STRING,
    f"{vocab.XSD}boolean": Kind.BOOLEAN,
    f"{vocab.XSD}decimal": Kind.DECIMAL,
    f"{vocab.XSD}integer": Kind.INTEGER,
}
_DATE_NODE: Final = f"{vocab.SHAPES}DateValue"


def named(iri: str) -> ox.NamedNode:
    return ox.NamedNode(iri)


@cache
def load(root: Path | None = None) -> RecordModel:
    """The model of the ontology and shapes below ``root`` (the package's own by default).

    Raises EnvironmentFault if they cannot be read.
    """
    folder = root or resources.root()
    graph = ox.Dataset(_triples(sorted(folder.glob("shapes/*.ttl"))))
    ontology = ox.Dataset(_triples([folder / "ontology" / "pac.ttl"]))
    schemes = ox.Dataset(_triples(sorted(folder.glob("ontology/schemes/*.ttl"))))
    layout = tomllib.loads(resources.layout().read_text(encoding="utf-8"))
    shaped = _Shapes(graph, ontology, layout)
    types = {name: shaped.record_type(name, row) for name, row in layout.items()}
    return RecordModel(types, _glossary(schemes), tuple(rules()["order"]))


@cache
def rules() -> dict[str, Any]:
    """fields.toml: how a record is laid out in its file."""
    return tomllib.loads(resources.fields().read_text(encoding="utf-8"))


def _triples(paths: Iterable[Path]) -> Iterator[ox.Quad]:
    for path in paths:
        try:
            yield from ox.parse(path=path, format=ox.RdfFormat.TURTLE)
        except (OSError, SyntaxError) as error:
            raise EnvironmentFault(f"{path} cannot be read: {error}") from error


def _glossary(schemes: ox.Dataset) -> dict[str, dict[str, Concept]]:
    members: dict[str, dict[str, Concept]] = {}
    for quad in schemes.quads_for_predicate(named(vocab.SKOS + "inScheme")):
        scheme = _value(quad.object).removeprefix(vocab.SCHEME)
        said = list(schemes.quads_for_subject(quad.subject))
        concept = Concept(
            name=_value(quad.subject).rpartition("/")[2],
            definition=next(iter(_said(said, "definition")), ""),
            also=tuple(sorted([*_said(said, "prefLabel"), *_said(said, "altLabel")])),
        )
        members.setdefault(scheme, {})[concept.name] = concept
    return members


def _said(quads: Iterable[ox.Quad], name: str) -> list[str]:
    return [_value(q.object) for q in quads if q.predicate.value == vocab.SKOS + name]


def _value(term: Term) -> str:
    return str(getattr(term, "value", term))


class _Shapes:
    """Reads fields off the shapes graph."""

    def __init__(self, graph: ox.Dataset, ontology: ox.Dataset, layout: Mapping[str, Any]) -> None:
        self.graph = graph
        self.paths = {row["path"]: vocab.expand_curie(row["class"]) for row in layout.values()}
        self.ontology = ontology
        self.parents: dict[str, set[str]] = {}
        for quad in ontology.quads_for_predicate(named(vocab.RDFS + "subClassOf")):
            self.parents.setdefault(_value(quad.subject), set()).add(_value(quad.object))

    def objects(self, subject: Any, predicate: str) -> list[Any]:
        return [q.object for q in self.graph.quads_for_subject(subject) if q.predicate.value == predicate]

    def record_type(self, name: str, row: Mapping[str, Any]) -> RecordType:
        cls = vocab.expand_curie(row["class"])
        nested = dict(self._nested(row.get("nested", {})))
        taken = {f.iri for f in nested.values() if not f.inverse}
        fields = {
            f.name: f
            for f in self._fields(cls, row.get("names", {}))
            if f.iri not in taken and f.name not in nested
        }
        key = tuple(row.get("key", ()))
        return RecordType(name, cls, row["path"], key, {**fields, **nested}, self._help(cls))

    def _help(self, cls: str) -> str:
        """What the ontology says of a class: its own definition, or a note on one taken from elsewhere."""
        said = list(self.ontology.quads_for_subject(named(cls)))
        return next(iter([*_said(said, "definition"), *_said(said, "note")]), "")

    def _nested(self, rows: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, Field]]:
        for name, row in rows.items():
            inverse = "inverse" in row
            iri = vocab.expand_curie(row["inverse"] if inverse else row["property"])
            yield name, Field(name, iri, Kind.NESTED, nested=row["type"], inverse=inverse)

    def _lineage(self, cls: str) -> list[str]:
        """The class and everything above it, nearest first."""
        seen: list[str] = []
        queue = [cls]
        while queue:
            current = queue.pop(0)
            if current not in seen:
                seen.append(current)
                queue.extend(sorted(self.parents.get(current, ())))
        return seen

    def _fields(self, cls: str, names: Mapping[str, str]) -> Iterator[Field]:
        """The fields of a class, its own first; several property shapes on a path are joined."""
        gathered: dict[str, list[Any]] = {}
        for each in self._lineage(cls):
            for quad in self.graph.quads_for_object(named(each)):
                if quad.predicate.value == vocab.SH + "targetClass":
                    for shape in self.objects(quad.subject, vocab.SH + "property"):
                        for path in self.objects(shape, vocab.SH + "path"):
                            if isinstance(path, ox.NamedNode):
                                gathered.setdefault(path.value, []).append(shape)
        for iri, shapes in sorted(gathered.items(), key=lambda item: _local(item[0])):
            if found := self._field(iri, shapes):
                yield replace(found, name=names.get(vocab.shorten(iri), found.name))

    def _field(self, iri: str, shapes: list[Any]) -> Field | None:
        kinds = [k for s in shapes for k in self._kinds(s)]
        derived = any(_value(g) == DERIVED for s in shapes for g in self.objects(s, vocab.SH + "group"))
        if not kinds:
            return None
        kind, scheme = next((k for k in kinds if k[1]), kinds[0])
        if iri == vocab.PAC + "evidence":
            kind = Kind.PASSAGE
        return Field(
            name=_local(iri),
            iri=iri,
            kind=kind,
            many="1" not in self._numbers(shapes, "maxCount"),
            required=any(n != "0" for n in self._numbers(shapes, "minCount")),
            help=next(iter(self._numbers(shapes, "description")), ""),
            scheme=scheme,
            derived=derived,
            paths=self._paths(shapes),
        )

    def _paths(self, shapes: list[Any]) -> tuple[str, ...]:
        """The first parts of the ids of those types that stand under the classes asked for."""
        asked = {_value(c) for s in shapes for c in self.objects(s, vocab.SH + "class")}
        return tuple(sorted(p for p, cls in self.paths.items() if asked.intersection(self._lineage(cls))))

    def _numbers(self, shapes: list[Any], name: str) -> list[str]:
        return [_value(v) for s in shapes for v in self.objects(s, vocab.SH + name)]

    def _kinds(self, shape: Any) -> Iterator[tuple[Kind, str]]:
        for datatype in self.objects(shape, vocab.SH + "datatype"):
            if _value(datatype) in _DATATYPES:
                yield _DATATYPES[_value(datatype)], ""
            elif _value(datatype) == f"{vocab.XSD}date":
                yield Kind.DATE, ""
        for node in self.objects(shape, vocab.SH + "node"):
            if _value(node) == _DATE_NODE:
                yield Kind.DATE, ""
            elif scheme := self._scheme(node):
                yield Kind.CONCEPT, scheme
        if self.objects(shape, vocab.SH + "class"):
            yield Kind.REFERENCE, ""
        if any(_value(k) == vocab.SH + "IRI" for k in self.objects(shape, vocab.SH + "nodeKind")):
            yield Kind.REFERENCE, ""

    def _scheme(self, node: Any) -> str:
        for prop in self.objects(node, vocab.SH + "property"):
            for value in self.objects(prop, vocab.SH + "hasValue"):
                if _value(value).startswith(vocab.SCHEME):
                    return _value(value).removeprefix(vocab.SCHEME)
        return ""


def _local(iri: str) -> str:
    return iri.replace("#", "/").rpartition("/")[2]
