"""Fixed questions about one term, answered from the release's indexes.

These run in the web process and not in the pool: each is a bounded index scan of a bound term
(about 10 microseconds on the bundled release), less than handing it to an executor costs. Nothing
a client writes reaches the store this way but an IRI, and no scan reads more than ``MOST`` quads.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

import pyoxigraph as ox

from kg import vocab

MOST: Final = 2000
_DEFAULT: Final = ox.DefaultGraph()
_TYPE: Final = ox.NamedNode(vocab.RDF + "type")
_NAMES: Final = (
    vocab.SKOS + "prefLabel",
    vocab.RDFS + "label",
    vocab.DCTERMS + "title",
    vocab.PAC + "writtenForm",
)
_WORDS: Final = frozenset(
    {"dcat", "dcterms", "foaf", "oa", "org", "owl", "prov", "rdfs", "schema", "skos", "void"}
)
"""Vocabularies whose local names read as words: ``schema:sameAs`` -> ``same as``."""
_COMPOSED: Final = {
    "Participation": ("participant", "participationIn"),
    "Tenure": ("holder", "post"),
    "StatusAssessment": ("status", "assessmentOf"),
    "IdentityJudgement": ("subject", "object"),
}


def spaced(name: str) -> str:
    """A variable or local name as words: ``inCapacity`` and ``in_capacity`` -> ``in capacity``."""
    words = "".join(" " + c.lower() if c.isupper() else c for c in name)
    return words.replace("_", " ").replace("-", " ").strip()


@dataclass(frozen=True, slots=True)
class Lookups:
    """Reads one release's store. ``base`` is the dataset's base IRI."""

    store: Any
    base: str
    language: str = "en"
    inferred: ox.NamedNode = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "inferred", ox.NamedNode(self.base + "graph/inferred"))

    def quads(self, s: Any = None, p: Any = None, o: Any = None, graph: Any = _DEFAULT) -> Iterator[Any]:
        """At most ``MOST`` quads that match, from the merged default graph unless told otherwise."""
        return islice(self.store.quads_for_pattern(s, p, o, graph), MOST)

    @staticmethod
    def node(iri: str) -> Any:
        """The store's term for an IRI."""
        return ox.NamedNode(iri)

    def objects(self, iri: str, predicate: str) -> list[Any]:
        """Every value of one property."""
        return [q.object for q in self.quads(ox.NamedNode(iri), ox.NamedNode(predicate))]

    def text(self, iri: str, *predicates: str) -> str | None:
        """The first literal under the first of these properties, in our language where there is one."""
        for predicate in predicates:
            found = [o for o in self.objects(iri, predicate) if isinstance(o, ox.Literal)]
            if found:
                return min(found, key=self._foreign).value
        return None

    def _foreign(self, literal: ox.Literal) -> tuple[bool, bool, str]:
        return (literal.language != self.language, bool(literal.language), literal.value)

    def exists(self, iri: str) -> bool:
        """True if anything is said of it; of what the engine takes for no IRI, nothing is."""
        try:
            return next(self.quads(ox.NamedNode(iri)), None) is not None
        except ValueError:
            return False

    def replaced_by(self, iri: str) -> list[str]:
        """What took the place of a retired entity."""
        return sorted(o.value for o in self.objects(iri, vocab.DCTERMS + "isReplacedBy"))

    def types(self, iri: str) -> list[str]:
        """Its asserted classes; the inferred ones only where there are no others."""
        every = {o.value for o in self.objects(iri, vocab.RDF + "type")}
        asserted = {t for t in every if self.asserted(ox.Quad(ox.NamedNode(iri), _TYPE, ox.NamedNode(t)))}
        return sorted(asserted or every)

    def asserted(self, quad: Any) -> bool:
        """True unless the triple stands in the graph of inferred triples."""
        return next(self.quads(quad.subject, quad.predicate, quad.object, self.inferred), None) is None

    def label(self, iri: str) -> str:
        """A name for people: its label, else one made of its parts, else the end of its IRI."""
        name = self.text(iri, *_NAMES)
        if name and (honorific := self.text(iri, vocab.PAC + "honorific")):
            return f"{name} ({honorific})"
        return name or self._composed(iri) or self._short(iri)

    def _composed(self, iri: str) -> str | None:
        for kind in self.types(iri):
            parts = [
                self.text(o.value, *_NAMES) or self._short(o.value)
                for local in _COMPOSED.get(kind.removeprefix(vocab.PAC), ())
                for o in islice(self.objects(iri, vocab.PAC + local), 1)
            ]
            if parts:
                return " — ".join(parts)
        return None

    def _short(self, iri: str) -> str:
        if iri.startswith(self.base):
            return iri.rpartition("/")[2]
        curie = vocab.shorten(iri)
        prefix, _, local = curie.partition(":")
        return spaced(local) if prefix in _WORDS else curie

    def outgoing(self, iri: str) -> dict[str, list[Any]]:
        """Asserted properties and their values, sorted within each property."""
        found: dict[str, list[Any]] = defaultdict(list)
        for quad in self.quads(ox.NamedNode(iri)):
            if self.asserted(quad):
                found[quad.predicate.value].append(quad.object)
        return {p: sorted(values, key=str) for p, values in found.items()}

    def incoming(self, iri: str) -> dict[tuple[str, str], list[str]]:
        """(property, class of the subject) -> asserted subjects that point here, sorted."""
        found: dict[tuple[str, str], list[str]] = defaultdict(list)
        for quad in self.quads(o=ox.NamedNode(iri)):
            if self.asserted(quad):
                kinds = self.types(quad.subject.value) or [""]
                found[quad.predicate.value, kinds[0]].append(quad.subject.value)
        return {key: sorted(subjects) for key, subjects in sorted(found.items())}

    def instances(self, cls: str, *, asserted: bool = False) -> list[tuple[str, str]]:
        """(IRI, label) of everything of this class that is not retired, by label.

        What is of a class below it counts, because that is inferred; ``asserted`` leaves it out.
        """
        quads = self.quads(None, _TYPE, ox.NamedNode(cls))
        subjects = {q.subject.value for q in quads if not asserted or self.asserted(q)}
        return self.labelled(iri for iri in subjects if not self.replaced_by(iri))

    def labelled(self, iris: Iterable[str]) -> list[tuple[str, str]]:
        """(IRI, label) pairs, sorted by label."""
        return sorted(
            ((iri, self.label(iri)) for iri in iris), key=lambda pair: (pair[1].casefold(), pair[0])
        )
