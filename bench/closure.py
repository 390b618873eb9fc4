"""Which way to the closure? ``reasonable``, ``owlrl``, SPARQL passes and kg's own, side by side.

    python bench/closure.py [SIZE …]      # sizes in asserted triples; default 1 000, 10 000, 100 000

The data are synthetic: visits with days, talks, participations, tenures and places inside places,
under the real ontology. Only consequences about the data count; trivial ones (owl:Thing,
sameAs oneself) do not. "missing" and "extra" are against owlrl, or against kg's own pass where
owlrl would take minutes.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from typing import Final

import pyoxigraph as ox
import rdflib

from kg import resources, vocab
from kg.build import convert, infer

BASE: Final = "https://example.org/bench/"
OWLRL_LIMIT: Final = 12_000
TRIVIAL: Final = {rdflib.OWL.Thing, rdflib.OWL.Nothing, rdflib.RDFS.Resource, rdflib.RDFS.Literal}

PASSES: Final = (
    "?s a ?c . ?c rdfs:subClassOf+ ?d => ?s a ?d",
    "?s ?p ?o . ?p rdfs:subPropertyOf+ ?q => ?s ?q ?o",
    "?s ?p ?o . ?p rdfs:domain ?c => ?s a ?c",
    "?s ?p ?o . ?p rdfs:range ?c FILTER(isIRI(?o)) => ?o a ?c",
    "?s ?p ?o . { ?p owl:inverseOf ?q } UNION { ?q owl:inverseOf ?p } => ?o ?q ?s",
    "?p a owl:TransitiveProperty . ?s ?p ?m . ?m ?p ?o => ?s ?p ?o",
)


def data(size: int) -> set[ox.Triple]:
    """About so many triples, always the same."""
    found: set[ox.Triple] = set()
    visit = 0
    while len(found) < size:
        found.update(_visit(visit))
        visit += 1
    return found


def _visit(n: int) -> Iterator[ox.Triple]:
    yield _t(f"visit/{n}", "eventType", "type/visit")
    for level in range(4):
        yield _t(f"place/{n}.{level}", "locatedIn", f"place/{n}.{level + 1}")
    for day in range(3):
        yield _t(f"day/{n}.{day}", "subEventOf", f"visit/{n}")
        for talk in range(3):
            event = f"talk/{n}.{day}.{talk}"
            yield _t(event, "subEventOf", f"day/{n}.{day}")
            yield _t(event, "atPlace", f"place/{n}.0")
            yield _t(event, "a", "Statement")
            for person in range(3):
                part = f"part/{n}.{day}.{talk}.{person}"
                yield _t(part, "participationIn", event)
                yield _t(part, "participant", f"person/{person}")
                yield _t(part, "inCapacity", f"tenure/{n}.{person}")
                yield _t(f"tenure/{n}.{person}", "holder", f"person/{person}")


def _t(subject: str, name: str, value: str) -> ox.Triple:
    if name == "a":
        return ox.Triple(
            ox.NamedNode(BASE + subject), ox.NamedNode(vocab.RDF + "type"), ox.NamedNode(vocab.PAC + value)
        )
    return ox.Triple(ox.NamedNode(BASE + subject), ox.NamedNode(vocab.PAC + name), ox.NamedNode(BASE + value))


def by_kg(facts: set[ox.Triple], ontology: list[ox.Triple]) -> set[str]:
    terms = frozenset(t.subject for t in ontology)
    return {str(t) for t in infer.closure(facts, infer.Schema.read(ontology), terms)}


def by_sparql(facts: set[ox.Triple], ontology: list[ox.Triple]) -> set[str]:
    store = ox.Store()
    store.extend(ox.Quad(t.subject, t.predicate, t.object) for t in (*facts, *ontology))
    size = -1
    while size != len(store):
        size = len(store)
        for rule in PASSES:
            body, head = rule.split(" => ")
            store.update(f"INSERT {{ {head} }} WHERE {{ {body} }}", prefixes=vocab.PREFIXES)
    return {str(q.triple) for q in store if q.triple not in facts and q.subject.value.startswith(BASE)}


def by_owlrl(facts: set[ox.Triple], ontology: list[ox.Triple]) -> set[str]:
    from owlrl import DeductiveClosure, OWLRL_Semantics

    graph = rdflib.Graph().parse(data=_ntriples(facts, ontology), format="nt")
    before = set(graph)
    DeductiveClosure(OWLRL_Semantics).expand(graph)
    return _about_data(set(graph) - before)


def by_reasonable(facts: set[ox.Triple], ontology: list[ox.Triple]) -> set[str]:
    import reasonable

    graph = rdflib.Graph().parse(data=_ntriples(facts, ontology), format="nt")
    reasoner = reasonable.PyReasoner()
    reasoner.from_graph(graph)
    return _about_data(set(reasoner.reason()) - set(graph))


def _ntriples(*parts: object) -> str:
    return "".join(f"{t} .\n" for part in parts for t in part)  # type: ignore[attr-defined]


def _about_data(triples: set[tuple[rdflib.term.Node, ...]]) -> set[str]:
    return {
        f"{s.n3()} {p.n3()} {o.n3()}"  # type: ignore[attr-defined]
        for s, p, o in triples
        if str(s).startswith(BASE) and o not in TRIVIAL and p != rdflib.OWL.sameAs
    }


def main(sizes: list[int]) -> None:
    ontology = [
        q.triple
        for q in convert.schema_quads(resources.ontology())
        if q.graph_name == ox.NamedNode(vocab.ONTOLOGY)
    ]
    ways: dict[str, Callable[[set[ox.Triple], list[ox.Triple]], set[str]]] = {
        "owlrl": by_owlrl,
        "kg": by_kg,
        "SPARQL passes": by_sparql,
        "reasonable": by_reasonable,
    }
    print(f"{'asserted':>9}  {'way':<14} {'seconds':>8} {'inferred':>9} {'missing':>8} {'extra':>6}")
    for size in sizes:
        facts = data(size)
        expected: set[str] | None = None
        for name, way in ways.items():
            if name == "owlrl" and size > OWLRL_LIMIT:
                print(f"{len(facts):>9}  {name:<14} {'–':>8}")
                continue
            begun = time.perf_counter()
            found = way(facts, ontology)
            seconds = time.perf_counter() - begun
            expected = found if expected is None else expected
            gone, more = len(expected - found), len(found - expected)
            print(
                f"{len(facts):>9}  {name:<14} {seconds:>8.2f} {len(found):>9} {gone:>8} {more:>6}", flush=True
            )


if __name__ == "__main__":
    main([int(text) for text in sys.argv[1:]] or [1_000, 10_000, 100_000])
