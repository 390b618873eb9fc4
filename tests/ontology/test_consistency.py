"""With ORG, PROV, FOAF, SKOS and the alignments loaded, the OWL 2 RL closure is consistent.

Two readings of "consistent", because a reasoner may keep quiet: owlrl reports no error, and nothing falls
into two classes that are declared disjoint. Each reading is shown to fail where it should.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import owlrl
import pytest
from rdflib import FOAF, ORG, OWL, PROV, RDF, RDFS, SKOS, Graph, Literal, Namespace, URIRef
from rdflib.term import Node

from kg import resources
from kg.vocab import PAC

HERE = Path(__file__).parent
P, EX = Namespace(PAC), Namespace("https://example.org/id/")
ALIGNMENTS = resources.ontology() / "alignments.ttl"
SCHEMA = (resources.ontology() / "pac.ttl", HERE / "vocab-axioms.ttl", ALIGNMENTS)
Triple = tuple[Node, Node, Node]


def closure(*files: Path, extra: tuple[Triple, ...] = ()) -> Graph:
    graph = Graph()
    for path in files:
        graph.parse(path)
    for triple in extra:
        graph.add(triple)
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics).expand(graph)
    return graph


@cache
def world() -> Graph:
    """The whole schema and one thing of each class, closed."""
    return closure(*SCHEMA, HERE / "instances.ttl")


def reported(graph: Graph) -> list[str]:
    """The inconsistencies that owlrl has written into the graph."""
    return sorted(
        str(o) for p, o in graph.predicate_objects() if isinstance(o, Literal) and "#error" in str(p)
    )


def in_two_disjoint_classes(graph: Graph) -> list[str]:
    return sorted(
        f"{thing} is in {a} and {b}"
        for a, b in graph.subject_objects(OWL.disjointWith)
        for thing in graph.subjects(RDF.type, a)
        if (thing, RDF.type, b) in graph
    )


def merged(graph: Graph) -> list[str]:
    """Things of the example that the closure takes for one another."""
    return sorted(f"{a} = {b}" for a, b in graph.subject_objects(OWL.sameAs) if a != b and a.startswith(EX))


@pytest.mark.parametrize("check", [reported, in_two_disjoint_classes, merged], ids=lambda c: c.__name__)
def test_the_closure_with_the_alignments_is_consistent(check) -> None:  # type: ignore[no-untyped-def]
    assert check(world()) == []


def test_the_schemes_are_consistent_with_skos() -> None:
    folder = resources.ontology() / "schemes"
    graph = closure(HERE / "vocab-axioms.ttl", *sorted(folder.glob("*.ttl")))
    assert reported(graph) == []
    assert in_two_disjoint_classes(graph) == []
    assert len(set(graph.subjects(RDF.type, SKOS.ConceptScheme))) == 14


def test_no_class_of_ours_is_empty_by_necessity() -> None:
    ours = [c for c in world().subjects(RDF.type, OWL.Class) if str(c).startswith(PAC)]
    assert [c for c in ours if (c, RDFS.subClassOf, OWL.Nothing) in world()] == []


def test_the_example_has_a_thing_of_each_class_and_uses_each_object_property() -> None:
    schema, example = Graph().parse(SCHEMA[0]), Graph().parse(HERE / "instances.ttl")
    classes = {c for c in schema.subjects(RDF.type, OWL.Class) if str(c).startswith(PAC)} - {P.Record}
    properties = {p for p in schema.subjects(RDF.type, OWL.ObjectProperty) if str(p).startswith(PAC)}
    assert classes - set(example.objects(None, RDF.type)) == set()
    assert properties - set(example.predicates()) == set()


@pytest.mark.parametrize(
    "expected",
    [
        (EX.dinner, RDF.type, PROV.Activity),
        (EX.tenure, RDF.type, ORG.Membership),
        (EX.toast, P.subEventOf, EX.visit),
        (EX.harbour, P.locatedIn, EX.lakes),
        (EX["visit-ada"], P.participationIn, EX.visit),
        (EX.office, RDF.type, FOAF.Agent),
        (EX.toast, RDF.type, P.Record),
        (EX.lakeland, RDF.type, ORG.Organization),
    ],
    ids=lambda t: str(t[1]).rpartition("#")[2],
)
def test_the_closure_infers_what_it_should(expected: Triple) -> None:
    assert expected in world()


def test_no_person_becomes_a_concept_and_no_act_an_entity() -> None:
    assert (EX.ada, RDF.type, SKOS.Concept) not in world()
    assert (EX.dinner, RDF.type, PROV.Entity) not in world()


BROKEN: list[Triple] = [
    (P.evidence, RDFS.subPropertyOf, PROV.wasDerivedFrom),
    (P.State, RDFS.subClassOf, FOAF.Person),
    (P.Tenure, RDFS.subClassOf, ORG.ChangeEvent),
    (EX.ada, RDF.type, ORG.Organization),
    (EX.fishing, RDF.type, SKOS.ConceptScheme),
]


@pytest.mark.parametrize("axiom", BROKEN, ids=lambda t: str(t[0]).rpartition("/")[2])
def test_a_wrong_axiom_or_fact_is_caught(axiom: Triple) -> None:
    graph = closure(*SCHEMA, HERE / "instances.ttl", extra=(axiom,))
    assert reported(graph) != []
    assert in_two_disjoint_classes(graph) != []


def test_a_functional_property_that_merges_people_is_caught() -> None:
    functional = (P.holder, RDF.type, OWL.FunctionalProperty)
    graph = closure(*SCHEMA, HERE / "instances.ttl", extra=(functional, (EX.tenure, P.holder, EX.bea)))
    assert merged(graph) != []


def test_an_iri_of_the_alignments_belongs_to_a_vocabulary_that_is_named() -> None:
    graph = Graph().parse(ALIGNMENTS)
    terms = {
        o for p in (RDFS.subClassOf, RDFS.subPropertyOf, SKOS.closeMatch) for o in graph.objects(None, p)
    }
    named = {str(n) for _, n in graph.namespaces()}
    assert [t for t in terms if not isinstance(t, URIRef) or not any(t.startswith(n) for n in named)] == []
    ours = {s for s in graph.subjects() if str(s).startswith(PAC)}
    declared = set(Graph().parse(SCHEMA[0]).subjects(RDF.type, None))
    assert ours - declared == set()
