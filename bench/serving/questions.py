"""What is asked: small, analytic and large questions, and the canned ones, of one corpus."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode

import pyoxigraph as ox

from kg import vocab
from kg.query import catalog
from kg.query.canonical import canonical
from kg.query.request import parse
from serving.corpus import Corpus

JSON: Final = "application/sparql-results+json"
CSV: Final = "text/csv"
TRIPLES: Final = "application/n-triples"
NONCE: Final = "NONCE"
"""Part of a variable's name, so that no text is asked twice; load.lua puts a number here."""

ROWS: Final = 100_000
_THINGS: Final = 5_000
_PREFIXES: Final = (
    "PREFIX pac: <https://w3id.org/pac/ns#> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> "
)
_EVENTS: Final = _PREFIXES + (
    "SELECT DISTINCT ?e WHERE { ?part pac:participationIn ?e ; pac:inCapacity ?c } ORDER BY ?e"
)
_LOOKUP: Final = "SELECT ?p ?oNONCE WHERE { <EVENT> ?p ?oNONCE }"
_JOIN: Final = _PREFIXES + (
    "SELECT ?agent ?name ?postNONCE WHERE { ?part pac:participationIn <EVENT> ; pac:participant ?agent ; "
    "pac:inCapacity/pac:post ?postNONCE . ?agent rdfs:label ?name }"
)
_ANALYTIC: Final = _PREFIXES + (
    "SELECT ?role (COUNT(?part) AS ?partsNONCE) (COUNT(DISTINCT ?agent) AS ?agents) "
    "WHERE { ?part pac:role ?role ; pac:participant ?agent } GROUP BY ?role ORDER BY ?role"
)
_EXPORT: Final = f"SELECT ?s ?p ?oNONCE WHERE {{ ?s ?p ?oNONCE }} LIMIT {ROWS}"
_CONSTRUCT: Final = f"CONSTRUCT {{ ?s ?p ?oNONCE }} WHERE {{ ?s ?p ?oNONCE }} LIMIT {ROWS}"
ENDLESS: Final = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
"""The bad query."""


@dataclass(frozen=True)
class Question:
    """A question: queries that are asked in turn, over and over.

    ``paths`` are where kg itself answers them, if not at /sparql. ``aim`` is the ratio to the native
    server that was set as a goal. ``large``: its answers are so long that wrk's bytes are counted.
    """

    name: str
    queries: tuple[str, ...]
    accept: str = JSON
    aim: float = 0
    paths: tuple[str, ...] = ()
    large: bool = False

    @property
    def distinct(self) -> bool:
        """True if no text is asked twice, so that no cache of answers can help."""
        return NONCE in self.queries[0]

    def targets(self, path: str, own: bool = False) -> list[str]:
        """Request targets for a server where this goes before the query; ``own`` if it is kg."""
        if own and self.paths:
            return list(self.paths)
        return [path + quote(query) for query in self.queries]


def repeated(question: Question, aim: float) -> Question:
    """The same, one text over and over."""
    only = (question.queries[0].replace(NONCE, ""),)
    return Question(f"{question.name}, repeated", only, question.accept, aim)


def common(corpus: Corpus) -> list[Question]:
    """All but the canned ones."""
    store = ox.Store.read_only(str(corpus.native))
    events = [row[0].value for row in store.query(_EVENTS)]  # type: ignore[union-attr]
    events = random.Random(1).sample(events, min(_THINGS, len(events)))
    lookup = Question("point lookup", tuple(_LOOKUP.replace("EVENT", event) for event in events), aim=0.5)
    join = Question("small join", tuple(_JOIN.replace("EVENT", event) for event in events), aim=0.5)
    analytic = Question("analytic", (_ANALYTIC,), aim=0.95)
    return [
        *(lookup, join, analytic),
        Question("export, JSON", (_EXPORT,), JSON, 0.8, large=True),
        Question("export, CSV", (_EXPORT,), CSV, 0.8, large=True),
        Question("export, CONSTRUCT", (_CONSTRUCT,), TRIPLES, 0.8, large=True),
        *(repeated(question, 1.3) for question in (lookup, join, analytic)),
    ]


def canned(corpus: Corpus) -> Iterator[Question]:
    """The canned queries, one by one, each asked about a thing of the corpus where it asks about one.

    The others get the text without comments, because the native server takes no URL over 8 kB.
    """
    store = ox.Store.read_only(str(corpus.native))
    for query in catalog.bundled():
        given = {
            parameter.name: _thing(store, parameter.cls).removeprefix(f"{corpus.base}id/")
            for parameter in query.parameters
            if parameter.default and parameter.kind == "entity" and parameter.cls
        }
        path = f"/queries/{query.name}.json" + (f"?{urlencode(given, safe='/')}" if given else "")
        text = canonical(parse(query.bind(given, corpus.base)))
        assert text, f"{query.name}: the answer differs each time"
        yield Question(query.name, (text,), paths=(path,))


def _thing(store: ox.Store, cls: str) -> str:
    """Of the things of a class the one of which most is said by others."""
    kind = vocab.expand_curie(cls)
    query = f"SELECT ?x WHERE {{ ?x a <{kind}> . ?s ?p ?x }} GROUP BY ?x ORDER BY DESC(COUNT(*)) ?x LIMIT 1"
    return str(next(iter(store.query(query)))[0].value)  # type: ignore[arg-type]


def together(parts: list[Question]) -> Question:
    """Several questions as one, asked in turn."""
    queries = tuple(query for part in parts for query in part.queries)
    return Question("canned", queries, aim=1.3, paths=tuple(path for part in parts for path in part.paths))
