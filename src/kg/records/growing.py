"""A record that is put together from rows of a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kg.findings import Location
from kg.records.columns import Column
from kg.records.reader import Fields, Items, Node, Text


class _Part:
    """A record or nested record whose fields are still coming."""

    def __init__(self, at: Location) -> None:
        self.at = at
        self.places: dict[str, Location] = {}
        self.values: dict[str, list[Text | _Part]] = {}
        self.by_language: dict[str, dict[str, list[Text]]] = {}

    def put(self, column: Column, texts: list[Text]) -> None:
        self.places.setdefault(column.field, texts[0].at)
        if column.language:
            self.by_language.setdefault(column.field, {}).setdefault(column.language, []).extend(texts)
        else:
            self.values.setdefault(column.field, []).extend(texts)

    def begin(self, name: str, at: Location) -> _Part:
        part = _Part(at)
        self.places.setdefault(name, at)
        self.values.setdefault(name, []).append(part)
        return part

    def node(self) -> Fields:
        """The mapping that a YAML file would have held."""
        entries = (
            (Text(name, at), _one_or_many(list(self._of(name)), at)) for name, at in self.places.items()
        )
        return Fields(tuple(entries), self.at)

    def _of(self, name: str) -> Iterator[Node]:
        for value in self.values.get(name, ()):
            yield value.node() if isinstance(value, _Part) else value
        if texts := self.by_language.get(name):
            pairs = ((Text(tag, of[0].at), _one_or_many(of, of[0].at)) for tag, of in texts.items())
            yield Fields(tuple(pairs), self.places[name])


class Growing(_Part):
    """A top-level record.

    In each row, a nested record is begun by the first cell that holds one of its own fields; what is
    nested in it goes into the one that was begun last.
    """

    def __init__(self, at: Location) -> None:
        super().__init__(at)
        self._last: dict[tuple[str, ...], _Part] = {}

    def add(self, filled: Iterable[tuple[Column, list[Text]]]) -> list[Location]:
        """Take in a row; returns the places of cells for which no record has been begun."""
        begun: dict[tuple[str, ...], _Part] = {}
        lost = []
        for column, texts in sorted(filled, key=lambda cell: len(cell[0].way)):
            part = self._at(column.way, begun, texts[0].at)
            if part:
                part.put(column, texts)
            else:
                lost.append(texts[0].at)
        return lost

    def names(self) -> list[str]:
        """The name of this record, if it has an id."""
        ids = (value.value for value in self.values.get("id", ()) if isinstance(value, Text))
        return [local.partition("/")[2] for local in ids]

    def _at(self, way: tuple[str, ...], begun: dict[tuple[str, ...], _Part], at: Location) -> _Part | None:
        if not way or way in begun:
            return begun[way] if way else self
        parent = self if len(way) == 1 else self._last.get(way[:-1])
        if parent is None:
            return None
        self._last = {other: part for other, part in self._last.items() if other[: len(way)] != way}
        begun[way] = self._last[way] = parent.begin(way[-1], at)
        return begun[way]


def _one_or_many(nodes: list[Node] | list[Text], at: Location) -> Node:
    return nodes[0] if len(nodes) == 1 else Items(tuple(nodes), at)
