"""The pitfalls that OOPS! looks for (http://oops.linkeddata.es), where they concern a schema like ours.

Each check is a function from a graph to its offenders; it runs on the ontology and on copies that break it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rdflib import DCTERMS, FOAF, ORG, OWL, RDF, RDFS, SKOS, VANN, Graph, Literal, Namespace, URIRef
from rdflib.namespace import SDO
from rdflib.term import Node

from kg import resources
from kg.vocab import OA, ONTOLOGY, PAC, SCHEME

ROOT = resources.root()
SCHEMES = sorted((resources.ontology() / "schemes").glob("*.ttl"))
P = Namespace(PAC)
HEADER = (
    DCTERMS.title, DCTERMS.description, DCTERMS.creator, DCTERMS.license, DCTERMS.issued,
    DCTERMS.bibliographicCitation, OWL.versionInfo, OWL.versionIRI,
    VANN.preferredNamespacePrefix, VANN.preferredNamespaceUri,
)  # fmt: skip
OPEN_DOMAIN = {P.nameForm, P.territory, P.dateBasis}
"""Properties that belong to things of many kinds."""
OPEN_RANGE = {
    P.about, P.subject, P.object,
    P.startDate, P.endDate, P.attestedOn, P.earliest, P.latest, P.dueDate,
}  # fmt: skip
"""Properties whose values are of any kind, and the dates, because xsd:date is outside OWL 2 RL."""
SCHEME_NAMES = {
    "strength", "status", "completion", "verifiability", "date-basis", "judgement", "place-type",
    "event-status", "review-state", "role", "organisation-type", "event-type", "cameo", "plover",
}  # fmt: skip
Check = Callable[[Graph], list[str]]


def ontology() -> Graph:
    return Graph().parse(resources.ontology() / "pac.ttl")


def schemes() -> Graph:
    graph = Graph()
    for path in SCHEMES:
        graph.parse(path)
    return graph


def own(graph: Graph, *kinds: Node) -> list[URIRef]:
    wanted = kinds or (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty)
    terms = {s for kind in wanted for s in graph.subjects(RDF.type, kind) if str(s).startswith(PAC)}
    return sorted(URIRef(str(term)) for term in terms)


def local(term: Node) -> str:
    return str(term).removeprefix(PAC)


def one_english_sentence(graph: Graph, subject: Node, predicate: URIRef) -> bool:
    texts = list(graph.objects(subject, predicate))
    return len(texts) == 1 and texts[0].language == "en" and bool(re.fullmatch(r"[A-Z].*[^.]\.", texts[0]))


def unannotated(graph: Graph) -> list[str]:
    """P08: label, one-sentence definition, example and rdfs:isDefinedBy."""
    return [
        local(term)
        for term in own(graph)
        if [str(x) for x in graph.objects(term, RDFS.label)] != [spoken(term)]
        or graph.value(term, RDFS.label).language != "en"
        or not one_english_sentence(graph, term, SKOS.definition)
        or ". " in graph.value(term, SKOS.definition)
        or not one_english_sentence(graph, term, SKOS.example)
        or list(graph.objects(term, RDFS.isDefinedBy)) != [URIRef(ONTOLOGY)]
    ]


def spoken(term: Node) -> str:
    """The label that the naming rule wants: the words of the local name in lower case (P22)."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", local(term)).lower()


def misnamed(graph: Graph) -> list[str]:
    """P22: classes UpperCamel, properties lowerCamel."""
    classes = set(own(graph, OWL.Class))
    pattern = {True: r"[A-Z][a-z]+([A-Z][a-z]+)*", False: r"[a-z]+([A-Z][a-z]+)*"}
    return [local(t) for t in own(graph) if not re.fullmatch(pattern[t in classes], local(t))]


def unbounded(graph: Graph) -> list[str]:
    """P11: a domain and a range for each property, but for those left open on purpose."""
    properties = own(graph, OWL.ObjectProperty, OWL.DatatypeProperty)
    no_domain = {p for p in properties if (p, RDFS.domain, None) not in graph}
    no_range = {p for p in properties if (p, RDFS.range, None) not in graph}
    return [local(p) for p in sorted((no_domain ^ OPEN_DOMAIN) | (no_range ^ OPEN_RANGE))]


def several_domains(graph: Graph) -> list[str]:
    """P19: two domains or ranges mean both at once."""
    both = (RDFS.domain, RDFS.range)
    return [local(p) for p in own(graph) if any(len(list(graph.objects(p, b))) > 1 for b in both)]


def undeclared(graph: Graph) -> list[str]:
    """P34 and P35: each name in use is declared, or built into RDF, RDFS, OWL or XSD."""
    used = {p for p in graph.predicates() if isinstance(p, URIRef)}
    for predicate in (RDFS.subClassOf, RDFS.domain, RDFS.range, OWL.inverseOf):
        used |= {o for o in graph.objects(None, predicate) if isinstance(o, URIRef)}
    built_in = re.compile(
        r"http://www\.w3\.org/(1999/02/22-rdf|2000/01/rdf-schema|2002/07/owl|2001/XMLSchema)"
    )
    return sorted(str(t) for t in used if not built_in.match(t) and (t, RDF.type, None) not in graph)


def unconnected(graph: Graph) -> list[str]:
    """P04: each class has a place in the hierarchy or a property, each property a domain or range."""
    tied = set()
    for predicate in (RDFS.subClassOf, RDFS.domain, RDFS.range):
        for subject, value in graph.subject_objects(predicate):
            tied |= {subject, value}
    return [local(term) for term in own(graph) if term not in tied]


def coined_elsewhere(graph: Graph) -> list[str]:
    """P40: what is declared outside our namespace exists in the vocabulary that owns it."""
    known = (DCTERMS, FOAF, ORG, SKOS, VANN, SDO)
    web_annotation = {OA + name for name in ("start", "end", "exact")}
    kinds = (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty)
    declared = {s for kind in kinds for s in graph.subjects(RDF.type, kind)}
    foreign = {s for s in declared if not str(s).startswith(PAC) and str(s) not in web_annotation}
    return sorted(str(s) for s in foreign if not any(s in vocabulary for vocabulary in known))


def header_gaps(graph: Graph) -> list[str]:
    """P38 and P41: the header is complete, licence included, and says nothing of an earlier version."""
    subject = URIRef(ONTOLOGY)
    missing = [str(p) for p in HEADER if (subject, p, None) not in graph]
    version = graph.value(subject, OWL.versionInfo)
    wrong = [] if graph.value(subject, OWL.versionIRI) == URIRef(f"{ONTOLOGY}/{version}") else ["version"]
    return missing + wrong


def wrong_inverses(graph: Graph) -> list[str]:
    """P05: the domain of a property is the range of its inverse."""
    return [
        local(p)
        for p, q in graph.subject_objects(OWL.inverseOf)
        if graph.value(p, RDFS.domain) != graph.value(q, RDFS.range) or (q, OWL.inverseOf, p) not in graph
    ]


def circles(graph: Graph) -> list[str]:
    """P06: no class above itself."""
    above = {
        c: set(graph.transitive_objects(c, RDFS.subClassOf)) - {c} for c in graph.subjects(RDFS.subClassOf)
    }
    return sorted(str(c) for c, others in above.items() if any(c in above.get(o, ()) for o in others))


def file_extensions(graph: Graph) -> list[str]:
    """P36: no IRI of ours ends like a file."""
    ours = {str(t) for t in graph.all_nodes() if str(t).startswith("https://w3id.org/pac")}
    return sorted(t for t in ours if re.search(r"\.(ttl|owl|rdf|xml|html?|json(ld)?)$", t))


def broken_by(*triples: tuple[Node, Node, Node]) -> Graph:
    graph = ontology()
    for triple in triples:
        graph.add(triple)
    return graph


def without(subject: Node, predicate: Node) -> Graph:
    graph = ontology()
    graph.remove((subject, predicate, None))
    return graph


CHECKS: list[tuple[Check, Callable[[], Graph]]] = [
    (unannotated, lambda: without(P.Event, SKOS.definition)),
    (unannotated, lambda: broken_by((P.Event, SKOS.definition, Literal("Another one.", lang="en")))),
    (unannotated, lambda: without(P.debtor, SKOS.example)),
    (misnamed, lambda: broken_by((P.has_event, RDF.type, OWL.ObjectProperty))),
    (misnamed, lambda: broken_by((P.event, RDF.type, OWL.Class))),
    (unbounded, lambda: without(P.debtor, RDFS.range)),
    (unbounded, lambda: broken_by((P.nameForm, RDFS.domain, P.Record))),
    (several_domains, lambda: broken_by((P.debtor, RDFS.domain, P.Event))),
    (undeclared, lambda: broken_by((P.debtor, RDFS.subPropertyOf, P.x), (P.x, P.y, P.z))),
    (undeclared, lambda: broken_by((P.Event, RDFS.subClassOf, P.Happening))),
    (unconnected, lambda: broken_by((P.Island, RDF.type, OWL.Class))),
    (coined_elsewhere, lambda: broken_by((URIRef(str(FOAF) + "Diplomat"), RDF.type, OWL.Class))),
    (header_gaps, lambda: without(URIRef(ONTOLOGY), DCTERMS.license)),
    (wrong_inverses, lambda: without(P.hasParticipation, OWL.inverseOf)),
    (circles, lambda: broken_by((P.Record, RDFS.subClassOf, P.Statement))),
    (file_extensions, lambda: broken_by((URIRef(PAC + "Event.ttl"), RDF.type, OWL.Class))),
]


@pytest.mark.parametrize("check", list(dict.fromkeys(c for c, _ in CHECKS)), ids=lambda c: c.__name__)
def test_the_ontology_avoids_the_pitfall(check: Check) -> None:
    assert check(ontology()) == []


@pytest.mark.parametrize(("check", "twin"), CHECKS, ids=lambda c: c.__name__)
def test_a_broken_twin_is_caught(check: Check, twin: Callable[[], Graph]) -> None:
    assert check(twin()) != []


def test_no_earlier_version_is_claimed_for_the_first() -> None:
    assert (None, OWL.priorVersion, None) not in ontology()


def faulty_concepts(graph: Graph) -> list[str]:
    """A concept has one scheme, which its IRI begins with; one English name; one definition; a place."""
    return [
        str(c)
        for c in graph.subjects(RDF.type, SKOS.Concept)
        if [str(c).rpartition("/")[0]] != [str(s) for s in graph.objects(c, SKOS.inScheme)]
        or [x.language for x in graph.objects(c, SKOS.prefLabel)] != ["en"]
        or not one_english_sentence(graph, c, SKOS.definition)
        or ((c, SKOS.broader, None) in graph) == ((c, SKOS.topConceptOf, None) in graph)
        or any(b.rpartition("/")[0] != str(c).rpartition("/")[0] for b in graph.objects(c, SKOS.broader))
    ]


def dangling_concepts(graph: Graph) -> list[str]:
    """Each concept of ours that is pointed at exists."""
    pointed = {str(o) for o in graph.objects() if isinstance(o, URIRef) and o.startswith(SCHEME)}
    return sorted(o for o in pointed if (URIRef(o), RDF.type, None) not in graph)


def shared_notations(graph: Graph) -> list[str]:
    """Within a scheme no notation and no name is used twice."""
    seen: dict[tuple[str, str], set[Node]] = {}
    for predicate in (SKOS.notation, SKOS.prefLabel):
        for concept, text in graph.subject_objects(predicate):
            seen.setdefault((str(concept).rpartition("/")[0], str(text)), set()).add(concept)
    return [f"{scheme} {text}" for (scheme, text), users in seen.items() if len(users) > 1]


def test_there_is_one_file_for_each_scheme() -> None:
    assert {path.stem for path in SCHEMES} == SCHEME_NAMES
    for path in SCHEMES:
        assert set(Graph().parse(path).subjects(RDF.type, SKOS.ConceptScheme)) == {URIRef(SCHEME + path.stem)}


@pytest.mark.parametrize("check", [faulty_concepts, dangling_concepts, shared_notations])
def test_the_schemes_are_sound(check: Check) -> None:
    assert check(schemes()) == []


def test_a_faulty_concept_is_caught() -> None:
    graph, concept = schemes(), URIRef(SCHEME + "role/host")
    graph.add((concept, SKOS.prefLabel, Literal("hostess", lang="en")))
    graph.add((concept, SKOS.closeMatch, URIRef(SCHEME + "role/nobody")))
    graph.add((concept, SKOS.notation, Literal("H")))
    graph.add((URIRef(SCHEME + "role/guest"), SKOS.notation, Literal("H")))
    assert faulty_concepts(graph) == [str(concept)]
    assert dangling_concepts(graph) == [SCHEME + "role/nobody"]
    assert shared_notations(graph) == [f"{SCHEME}role H"]


def unmapped(schemes: Graph) -> list[str]:
    """The event types without a match in CAMEO or PLOVER that do not say that there is none."""
    matches = (SKOS.closeMatch, SKOS.exactMatch, SKOS.broadMatch, SKOS.narrowMatch, SKOS.relatedMatch)
    types = schemes.subjects(SKOS.inScheme, URIRef(SCHEME + "event-type"))
    return [
        str(t)
        for t in types
        if not any((t, m, None) in schemes for m in matches) and (t, SKOS.note, None) not in schemes
    ]


def test_every_event_type_is_mapped_or_says_that_no_code_fits() -> None:
    assert unmapped(schemes()) == []


def test_an_event_type_with_neither_is_noticed() -> None:
    broken = schemes()
    broken.remove((URIRef(SCHEME + "event-type/appointment"), SKOS.note, None))
    assert unmapped(broken) == [SCHEME + "event-type/appointment"]


def test_strength_is_ranked_from_exploration_to_firm_undertaking() -> None:
    ranks = {
        str(s).rpartition("/")[2]: n.toPython()
        for s, n in schemes().subject_objects(SKOS.notation)
        if str(s).startswith(SCHEME + "strength/")
    }
    ladder = ["exploration", "proposal", "declared-intent", "offer", "agreement", "firm-undertaking"]
    assert ranks == {name: rank for rank, name in enumerate(ladder)}


def texts(*patterns: str) -> Iterator[str]:
    for pattern in patterns:
        for path in sorted(ROOT.glob(pattern)):
            yield Path(path).read_text(encoding="utf-8")


def used_terms() -> set[str]:
    """Local names that occur in a shape, a query (as ``pac:name``) or the data (as a field)."""
    used: set[str] = set()
    for text in texts("shapes/**/*.ttl", "queries/**/*.rq"):
        used |= set(re.findall(r"\bpac:(\w+)", text))
    for text in texts("data/**/*.yaml"):
        used |= set(re.findall(r"(?:^|[\s{,-])([a-z]\w*):(?:\s|$)", text))
    return used


def test_every_own_term_is_used_by_a_shape_a_query_or_the_data() -> None:
    unused = [local(term) for term in own(ontology()) if local(term) not in used_terms()]
    assert unused == []


def test_the_readers_guide_names_every_own_term_and_every_scheme() -> None:
    guide = ROOT / "docs" / "ontology.md"
    if not guide.exists():
        pytest.skip("docs/ are not part of an installed package")
    text = guide.read_text(encoding="utf-8")
    names = [local(term) for term in own(ontology())] + sorted(SCHEME_NAMES)
    assert [name for name in names if f"`{name}`" not in text] == []


def test_a_term_that_nothing_uses_is_noticed() -> None:
    assert "neverHeardOf" not in used_terms()
    assert "debtor" in used_terms()
