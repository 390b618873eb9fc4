"""A delta as text and as JSON, written as it is found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final

from kg import vocab
from kg.diff.delta import Delta, Numbers, Side
from kg.diff.things import KINDS, Kind, Thing, Things, find
from kg.diff.words import Words
from kg.records.changes import since

_MARKS: Final[dict[Kind, str]] = {"added": "+", "removed": "-", "changed": "~"}


def notes(delta: Delta) -> list[str]:
    """The change notes of the new release that the old one had not."""
    return since(delta.new.release.changes, delta.old.release.changes)


def text(delta: Delta) -> Iterator[str]:
    """Lines for people: the numbers, the change notes, then class by class what happened."""
    words = Words(delta)
    for label, side in (("from", delta.old), ("to", delta.new)):
        yield f"{label:<5}{side.release.digest}  {side.release.version}".rstrip() + "\n"
    if not (delta.quads.added or delta.quads.removed):
        yield "no difference\n"
        return
    yield f"triples: {_numbers(delta.triples)} (inferred: {_numbers(delta.inferred)})\n"
    if found := notes(delta):
        yield "\nChange notes\n"
        yield from (f"  {note}\n" for note in found)
    with find(delta) as things:
        counts = things.counts()
        for cls, each in things.by_class():
            told = ", ".join(f"{counts[cls][kind]} {kind}" for kind in KINDS if counts[cls][kind])
            yield f"\n{words.of_class(cls)} ({told})\n"
            yield from (f"  {_MARKS[thing.kind]} {words.sentence(thing)}\n" for thing in each)


def as_json(delta: Delta) -> Iterator[str]:
    """One JSON object, piece by piece; a line for each thing."""
    words = Words(delta)
    head = {
        "from": _side(delta.old),
        "to": _side(delta.new),
        "triples": asdict(delta.triples),
        "quads": asdict(delta.quads),
        "inferred": asdict(delta.inferred),
        "graphs": delta.graphs,
        "notes": notes(delta),
    }
    yield _dump(head)[:-1] + ', "classes": ['
    with find(delta) as things:
        yield from _classes(things, words)
    yield "]}\n"


def _classes(things: Things, words: Words) -> Iterator[str]:
    comma, counts = "\n", things.counts()
    for cls, each in things.by_class():
        numbers: dict[str, int] = {kind: counts[cls][kind] for kind in KINDS}
        head: dict[str, Any] = {"class": vocab.shorten(cls), "label": words.of_class(cls), **numbers}
        yield f'{comma}{_dump(head)[:-1]}, "things": ['
        inner = "\n  "
        for thing in each:
            yield inner + _dump(_thing(thing, words))
            inner = ",\n  "
        yield "]}"
        comma = ",\n"


def _thing(thing: Thing, words: Words) -> dict[str, Any]:
    changes = [
        {
            "property": vocab.shorten(change.property),
            "removed": [str(term) for term in change.removed],
            "added": [str(term) for term in change.added],
        }
        for change in thing.changes
    ]
    return {"iri": thing.iri, "change": thing.kind, "sentence": words.sentence(thing), "properties": changes}


def _side(side: Side) -> dict[str, str]:
    return {"digest": side.release.digest, "version": side.release.version}


def _numbers(numbers: Numbers) -> str:
    return f"{numbers.added} added, {numbers.removed} removed"


def _dump(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False)
