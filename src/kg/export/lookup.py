"""Small questions to a release's store, as sentences need them."""

from __future__ import annotations

from typing import Any, Final

from pyoxigraph import DefaultGraph, Literal, NamedNode, Store

from kg import vocab

_DEFAULT: Final = DefaultGraph()


class Lookup:
    """Look-ups in the default graph. Property names without a colon are PAC's."""

    def __init__(self, store: Store, base: str = "") -> None:
        self.store = store
        self._derived = (_DEFAULT, NamedNode(f"{base}graph/inferred")) if base else (_DEFAULT,)

    def terms(self, subject: str, name: str, *, asserted: bool = False) -> list[Any]:
        """The values; with ``asserted``, those that the record itself gives, not what follows from them."""
        graph = None if asserted else _DEFAULT
        quads = self.store.quads_for_pattern(NamedNode(subject), NamedNode(_iri(name)), None, graph)
        if asserted:
            quads = (q for q in quads if q.graph_name not in self._derived)
        return list({str(q.object): q.object for q in quads}.values())

    def objects(self, subject: str, name: str) -> list[str]:
        return sorted(t.value for t in self.terms(subject, name) if isinstance(t, NamedNode))

    def subjects(self, name: str, value: str) -> list[str]:
        quads = self.store.quads_for_pattern(None, NamedNode(_iri(name)), NamedNode(value), _DEFAULT)
        return sorted(q.subject.value for q in quads if isinstance(q.subject, NamedNode))

    def texts(self, subject: str, name: str) -> list[str]:
        """English first, since prefLabel and the like may stand in several languages."""
        found = [t for t in self.terms(subject, name) if isinstance(t, Literal)]
        return [
            t.value
            for t in sorted(found, key=lambda t: (t.language not in ("en", None), t.language or "", t.value))
        ]

    def text(self, subject: str, name: str) -> str:
        return next(iter(self.texts(subject, name)), "")

    def number(self, subject: str, name: str) -> int:
        return int(self.text(subject, name) or 0)

    def start(self, passage: str) -> int:
        return self.number(passage, vocab.OA + "start")

    def label(self, subject: str) -> str:
        """The shortest name: another one (ICESCO) where there is one, else the label, else the id."""
        others = self.texts(subject, vocab.SKOS + "altLabel")
        return (
            min(others, key=len, default=self.text(subject, vocab.RDFS + "label"))
            or subject.rpartition("/")[2]
        )

    def names(self, subject: str, name: str, *, asserted: bool = False) -> str:
        """The labels of the things or concepts that a property names."""
        found = [t.value for t in self.terms(subject, name, asserted=asserted) if isinstance(t, NamedNode)]
        return ", ".join(sorted(map(self.label, found)))


def _iri(name: str) -> str:
    return name if ":" in name else vocab.PAC + name
