"""The closure holds what follows, nothing else; a construct without a rule is refused."""

from __future__ import annotations

import pytest
import rdflib
from owlrl import DeductiveClosure, OWLRL_Semantics
from pyoxigraph import NamedNode, Quad, RdfFormat, Store, Triple, parse

from kg import resources, vocab
from kg.build import convert, infer
from kg.errors import DataError
from kg.records import load
from kg.records.context import context
from kg.records.dataset import Dataset

PREFIXES = f"""
@prefix : <http://e.org/> . @prefix owl: <{vocab.OWL}> . @prefix rdfs: <{vocab.RDFS}> .
@prefix pac: <{vocab.PAC}> . @prefix xsd: <{vocab.XSD}> .
"""


def triples(turtle: str) -> list[Triple]:
    return [quad.triple for quad in parse(PREFIXES + turtle, RdfFormat.TURTLE)]


def closure(schema: str, data: str) -> set[Triple]:
    return set(infer.closure(triples(data), infer.Schema.read(triples(schema)), frozenset()))


@pytest.mark.parametrize(
    ("schema", "data", "follows"),
    [
        (":A rdfs:subClassOf :B . :B rdfs:subClassOf :C .", ":x a :A .", ":x a :B, :C ."),
        (":p rdfs:subPropertyOf :q . :q rdfs:subPropertyOf :r .", ":x :p :y .", ":x :q :y ; :r :y ."),
        (":p rdfs:domain :A . :A rdfs:subClassOf :B .", ":x :p 1 .", ":x a :A, :B ."),
        (":p rdfs:range :A .", ":x :p :y .", ":y a :A ."),
        (":p rdfs:range xsd:string .", ':x :p "text" .', ""),
        (":p owl:inverseOf :q .", ":x :p :y . :v :q :w .", ":y :q :x . :w :p :v ."),
        (":p a owl:SymmetricProperty .", ":x :p :y .", ":y :p :x ."),
        (":p a owl:TransitiveProperty .", ":a :p :b . :b :p :c . :c :p :d .", ":a :p :c, :d . :b :p :d ."),
        (":p a owl:TransitiveProperty .", ":a :p :b . :b :p :a .", ":a :p :a . :b :p :b ."),
        (
            ":p a owl:TransitiveProperty ; owl:inverseOf :q .",
            ":a :p :b . :c :q :b .",
            ":a :p :c . :b :p :c ; :q :a . :c :q :a .",
        ),
        (":A owl:equivalentClass :B .", ":x a :A . :y a :B .", ":x a :B . :y a :A ."),
        (":p owl:equivalentProperty :q .", ":x :p :y . :v :q :w .", ":x :q :y . :v :p :w ."),
        (":A rdfs:subClassOf :B .", ":x a :B .", ""),
    ],
)
def test_what_follows_by_each_rule(schema: str, data: str, follows: str) -> None:
    assert closure(schema, data) == set(triples(follows))


@pytest.mark.parametrize(
    "schema",
    [
        ":A owl:unionOf () .",
        ":p a owl:FunctionalProperty .",
        ":A owl:disjointWith :B .",
        ":A a owl:Restriction .",
        ":p owl:propertyChainAxiom () .",
        ":A owl:sameAs :B .",
    ],
)
def test_a_construct_without_a_rule_is_refused_by_name(schema: str) -> None:
    with pytest.raises(DataError, match="owl:"):
        infer.Schema.read(triples(schema))


def test_nothing_is_said_about_the_terms_left_out() -> None:
    schema = infer.Schema.read(triples(":p rdfs:range :A ."))
    found = infer.closure(triples(":x :p :concept ."), schema, frozenset([NamedNode("http://e.org/concept")]))
    assert list(found) == []


def test_the_closure_of_the_bundled_records_is_that_of_owlrl(bundled: Dataset) -> None:
    """owlrl's closure without its trivial triples and those about the schema's own terms."""
    schema_quads = list(convert.schema_quads(resources.ontology()))
    ontology = [q.triple for q in schema_quads if q.graph_name == NamedNode(vocab.ONTOLOGY)]
    records = load.load(bundled).records
    asserted = {q.triple for q in convert.record_quads(records, context(bundled.base))}
    terms = frozenset(q.subject for q in schema_quads)
    ours = {str(t) for t in infer.closure(asserted, infer.Schema.read(ontology), terms)}
    theirs = owlrl_closure(asserted, ontology, {str(term) for term in terms})
    assert len(ours) > 100
    assert ours == theirs


def owlrl_closure(asserted: set[Triple], ontology: list[Triple], leave_out: set[str]) -> set[str]:
    graph = rdflib.Graph()
    graph.parse(data="".join(f"{t} .\n" for t in (*asserted, *ontology)), format="nt")
    before = set(graph)
    DeductiveClosure(OWLRL_Semantics).expand(graph)
    trivial = {rdflib.OWL.Thing, rdflib.RDFS.Resource, rdflib.RDFS.Literal}
    return {
        f"{s.n3()} {p.n3()} {o.n3()}"
        for s, p, o in set(graph) - before
        if isinstance(s, rdflib.URIRef)
        and s.n3() not in leave_out
        and not s.startswith((vocab.OWL, vocab.RDF, vocab.RDFS, vocab.XSD))
        and o not in trivial
        and p not in (rdflib.OWL.sameAs, rdflib.OWL.differentFrom)
        and s.startswith("https://w3id.org/pac/icesco")
    }


def dated(turtle: str) -> set[Triple]:
    store = Store()
    store.extend(Quad(t.subject, t.predicate, t.object, NamedNode("http://e.org/g")) for t in triples(turtle))
    return set(infer.inherited_dates(store))


VISIT = ':visit pac:earliest "2021-01-11"^^xsd:date ; pac:latest "2021-01-15"^^xsd:date .'
DAY = '"2021-01-13"^^xsd:date'
ONE_DAY = f"pac:earliest {DAY} ; pac:latest {DAY} ."
BOUNDS = 'pac:earliest "2021-01-11"^^xsd:date ; pac:latest "2021-01-15"^^xsd:date .'


@pytest.mark.parametrize(
    ("data", "follows"),
    [
        (f"{VISIT} :talk pac:subEventOf :visit .", f":talk {BOUNDS}"),
        (
            f"{VISIT} :talk pac:subEventOf :day . :day pac:subEventOf :visit .",
            f":talk {BOUNDS} :day {BOUNDS}",
        ),
        (f"{VISIT} :talk pac:subEventOf :visit ; pac:earliest {DAY} .", ""),
        (f"{VISIT} :part pac:participationIn :visit .", f":part {BOUNDS}"),
        (
            f"{VISIT} :part pac:participationIn :talk . :talk pac:subEventOf :visit .",
            f":part {BOUNDS} :talk {BOUNDS}",
        ),
        (
            f"{VISIT} :talk pac:subEventOf :visit, :other . :other pac:earliest {DAY} ; pac:latest {DAY} .",
            f":talk {BOUNDS}",
        ),
        (
            f"{VISIT} :talk pac:subEventOf :day . :day pac:subEventOf :visit ; {ONE_DAY}",
            f":talk {ONE_DAY}",
        ),
        (":a pac:subEventOf :b . :b pac:subEventOf :a .", ""),
        (f"{VISIT} :talk pac:about :visit .", ""),
    ],
    ids=[
        "its whole's",
        "the next whole's",
        "its own",
        "its event's",
        "its event's inherited",
        "the widest",
        "the nearest",
        "none in a circle",
        "none by another link",
    ],
)
def test_dates_taken_by_who_has_none(data: str, follows: str) -> None:
    assert dated(data) == set(triples(follows))
