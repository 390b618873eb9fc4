"""A record's change as a sentence: "Post “Secretary” of Ada Stone: end recorded, 2023-06"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

from pyoxigraph import Literal, NamedNode

from kg import vocab
from kg.diff.delta import Delta
from kg.diff.things import Change, Thing
from kg.export import prose
from kg.export.lookup import Lookup
from kg.findings import printable

LONGEST: Final = 120
"""A value longer than this is cut in a sentence; the patch has it whole."""

_BEFORE: Final = 20
"""Characters that are shown before the first one that differs."""

_TITLE: Final = vocab.DCTERMS + "title"
_PHRASES: Final = {
    vocab.PAC + "startDate": "start",
    vocab.PAC + "endDate": "end",
    vocab.SKOS + "prefLabel": "name",
    vocab.SKOS + "altLabel": "other name",
    vocab.OWL + "sameAs": "link",
    vocab.PROV + "hadRole": "review state",
    vocab.DCTERMS + "identifier": "content",
    vocab.OWL + "versionInfo": "version",
}
_HIDDEN: Final = {
    vocab.RDFS + "label",
    vocab.PAC + "earliest",
    vocab.PAC + "latest",
    vocab.ADMS + "versionNotes",
}
"""What the build makes of other properties, and the change notes, which stand on top."""

_CLASSES: Final = {
    vocab.FOAF + "Person": "person",
    vocab.FOAF + "Group": "group",
    vocab.FOAF + "Agent": "agent",
    vocab.PROV + "Entity": "file",
    vocab.PROV + "Attribution": "review",
    vocab.DCAT + "Dataset": "dataset",
    vocab.VOID + "Dataset": "dataset",
    "": "other",
}


class Words:
    """Sentences about the things of one delta."""

    def __init__(self, delta: Delta) -> None:
        self._old = Lookup(delta.old.store, delta.old.release.base)
        self._new = Lookup(delta.new.store, delta.new.release.base)
        self._base = delta.new.release.base

    def of_class(self, cls: str) -> str:
        """The name of a class, as a heading has it."""
        name = _CLASSES.get(cls) or self._label(self._new, cls)
        return name[:1].upper() + name[1:]

    def sentence(self, thing: Thing) -> str:
        """What happened to a thing."""
        graph = self._old if thing.kind == "removed" else self._new
        if thing.kind == "changed":
            told = [c for c in thing.changes if c.property not in _HIDDEN] or thing.changes
            return printable(f"{self.name(graph, thing)}: {'; '.join(map(self._change, told))}")
        if thing.iri.startswith(f"{self._base}file/"):
            return printable(f"{self.name(graph, thing)}: {thing.kind}")
        return printable(_one_line(self._whole(graph, thing)))

    def name(self, graph: Lookup, thing: Thing) -> str:
        """How a thing is called, by its class and what it belongs to."""
        naming = _NAMES.get(thing.cls.removeprefix(vocab.PAC))
        return _one_line(naming(graph, thing.iri)) if naming else self._label(graph, thing.iri)

    def _whole(self, graph: Lookup, thing: Thing) -> str:
        if thing.cls in (vocab.PAC + "Passage", vocab.PAC + "Article"):
            return f"{self.name(graph, thing)}."
        return prose.sentence(graph, thing.iri)

    def _change(self, change: Change) -> str:
        name = _PHRASES.get(change.property) or self._property(change.property)
        skipped = _shared(change)
        old = self._values(self._old, change.removed, skipped)
        new = self._values(self._new, change.added, skipped)
        if change.property == vocab.DCTERMS + "identifier" and "sha256:" in old + new:
            return "other content"
        if old and new and not change.kept:
            return f"{name} was {old}, is {new}"
        told = [f"{name} recorded, {new}" if new else "", f"{name} withdrawn, {old}" if old else ""]
        return "; ".join(filter(None, told))

    def _property(self, iri: str) -> str:
        """The label of a property; of one of another vocabulary, its local name as words."""
        label = self._label(self._new, iri)
        if ":" not in label:
            return label
        return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", re.split("[:/#]", label)[-1]).lower()

    def _values(self, graph: Lookup, terms: Iterable[Any], skipped: int) -> str:
        return ", ".join(self._value(graph, term, skipped) for term in terms)

    def _value(self, graph: Lookup, term: Any, skipped: int) -> str:
        if isinstance(term, NamedNode):
            return self._label(graph, term.value)
        text = _one_line(str(term.value))
        text = "…" + text[skipped:] if skipped else text
        text = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
        if isinstance(term, Literal) and term.datatype.value in (
            vocab.XSD + "string",
            vocab.RDF + "langString",
        ):
            return f"“{text}”" + (f" ({term.language})" if term.language else "")
        return text

    def _label(self, graph: Lookup, iri: str) -> str:
        """A name for anything: a label, a title, the name of a passage, or the IRI cut short."""
        for name in (vocab.SKOS + "prefLabel", vocab.RDFS + "label", _TITLE, vocab.PAC + "writtenForm"):
            if text := graph.text(iri, name):
                return _one_line(text)
        if iri.endswith("#attribution"):
            record = iri.removesuffix("#attribution").removeprefix(f"{self._base}graph/")
            return self._label(graph, f"{self._base}id/{record}")
        ids = f"{self._base}id/"
        if iri.startswith(f"{ids}passage/"):  # as records write it
            return iri.removeprefix(f"{ids}passage/")
        return iri.removeprefix(ids) if iri.startswith(ids) else vocab.shorten(iri)


def _tenure(graph: Lookup, iri: str) -> str:
    return f"Post “{graph.names(iri, 'post')}” of {graph.names(iri, 'holder')}"


def _participation(graph: Lookup, iri: str) -> str:
    return f"{graph.names(iri, 'participant')} in “{graph.names(iri, 'participationIn')}”"


def _name_form(graph: Lookup, iri: str) -> str:
    bearers = ", ".join(sorted(map(graph.label, graph.subjects(vocab.PAC + "nameForm", iri))))
    return f"“{graph.text(iri, 'writtenForm')}” for {bearers or 'nobody'}"


def _assessment(graph: Lookup, iri: str) -> str:
    day = graph.text(iri, "startDate")
    return f"Assessment of “{graph.names(iri, 'assessmentOf')}”" + (f" on {day}" if day else "")


def _commitment(graph: Lookup, iri: str) -> str:
    debtor = graph.names(iri, "debtor")
    return f"{graph.label(iri)}" + (f" ({debtor})" if debtor else "")


def _passage(graph: Lookup, iri: str) -> str:
    where = f"{graph.text(iri, vocab.OA + 'start')}–{graph.text(iri, vocab.OA + 'end')}"
    titles = [graph.text(article, _TITLE) for article in graph.objects(iri, "inArticle")]
    return f"Passage {where} of “{', '.join(titles)}”"


def _article(graph: Lookup, iri: str) -> str:
    return f"“{graph.text(iri, _TITLE)}”"


def _shared(change: Change) -> int:
    """How much of a long text to skip: what is the same before and after, but for the last few words."""
    if len(change.removed) != 1 or len(change.added) != 1:
        return 0
    texts = [_one_line(term.value) for term in (*change.removed, *change.added) if isinstance(term, Literal)]
    if len(texts) < 2 or max(map(len, texts)) <= LONGEST:
        return 0
    pairs = enumerate(zip(*texts, strict=False))
    same = next((n for n, (old, new) in pairs if old != new), min(map(len, texts)))
    return max(texts[0].rfind(" ", 0, max(same - _BEFORE, 0)) + 1, 0)


def _one_line(text: str) -> str:
    return " ".join(text.split())


_NAMES: Final[dict[str, Callable[[Lookup, str], str]]] = {
    "Tenure": _tenure,
    "Participation": _participation,
    "NameForm": _name_form,
    "StatusAssessment": _assessment,
    "Commitment": _commitment,
    "Passage": _passage,
    "Article": _article,
}
"""Local name of a class -> how its records are called; all others by their label."""
