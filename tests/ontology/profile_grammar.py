"""The grammars of OWL Lite and OWL 2 RL as tables, and an index of a schema's triples to check them on.

Facts only; ``profile_check`` walks them. Sources: OWL Web Ontology Language Reference, section 8.3,
and OWL Semantics, section 2 (the abstract syntax of OWL Lite); OWL 2 Profiles (Second Edition),
section 4.2. The typings rdfs:Class, rdf:Property and rdf:List are taken beside OWL's own, as both
mappings to triples take them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from kg.vocab import OWL, RDF, shorten

Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
KINDS: Final = {
    "owl:Class": "class",
    "rdfs:Datatype": "datatype",
    "owl:ObjectProperty": "object property",
    "owl:DatatypeProperty": "data property",
    "owl:AnnotationProperty": "annotation property",
    "owl:Ontology": "ontology",
}
OBJECT_ONLY: Final = frozenset(
    f"owl:{kind}Property"
    for kind in ("Transitive", "Symmetric", "InverseFunctional", "Asymmetric", "Irreflexive")
)
PROPERTY_TYPES: Final = OBJECT_ONLY | {"owl:FunctionalProperty"}
"""Typings that say something of a declared property."""
OPTIONAL_TYPES: Final = frozenset({"rdfs:Class", "rdf:Property", "rdf:List", "owl:NamedIndividual"})
ANNOTATIONS: Final = frozenset(
    {"rdfs:label", "rdfs:comment", "rdfs:seeAlso", "rdfs:isDefinedBy", "owl:versionInfo", "owl:deprecated"}
)
HEADER: Final = frozenset(
    f"owl:{name}"
    for name in ("imports", "versionIRI", "priorVersion", "backwardCompatibleWith", "incompatibleWith")
)
CONNECTIVES: Final = ("owl:intersectionOf", "owl:unionOf", "owl:complementOf", "owl:oneOf")
RESTRICTIONS: Final = (
    "owl:someValuesFrom", "owl:allValuesFrom", "owl:hasValue", "owl:hasSelf",
    "owl:cardinality", "owl:minCardinality", "owl:maxCardinality",
    "owl:qualifiedCardinality", "owl:minQualifiedCardinality", "owl:maxQualifiedCardinality",
)  # fmt: skip
_COMMON: Final = (
    "xsd:string", "xsd:boolean", "xsd:decimal", "xsd:float", "xsd:double", "xsd:integer",
    "xsd:nonNegativeInteger", "xsd:positiveInteger", "xsd:nonPositiveInteger", "xsd:negativeInteger",
    "xsd:long", "xsd:int", "xsd:short", "xsd:byte",
    "xsd:unsignedLong", "xsd:unsignedInt", "xsd:unsignedShort", "xsd:unsignedByte",
    "xsd:hexBinary", "xsd:base64Binary", "xsd:anyURI", "xsd:dateTime",
    "xsd:normalizedString", "xsd:token", "xsd:language", "xsd:NMTOKEN", "xsd:Name", "xsd:NCName",
    "rdfs:Literal", "rdf:XMLLiteral",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Grammar:
    """What a profile allows.

    ``axioms`` gives for each axiom's predicate the positions of its subject and object;
    ``expressions`` for a position and a construct the position of the construct's arguments. In the
    positions of ``thing`` owl:Thing may stand; ``clashes`` are the kinds that one name cannot be at once.
    """

    sections: Mapping[str, str]
    types: frozenset[str]
    axioms: Mapping[str, tuple[str, str]]
    expressions: Mapping[tuple[str, str], str]
    thing: frozenset[str]
    datatypes: frozenset[str]
    own_datatypes: bool
    clashes: tuple[frozenset[str], ...]


_RIGHT: Final = ("owl:cardinality", "owl:minCardinality", "owl:maxCardinality")
LITE: Final = Grammar(
    sections={"axiom": "OWL Reference 8.3", "base": "OWL Reference 8.2", "data": "OWL Semantics 2"},
    types=frozenset(KINDS) | OPTIONAL_TYPES - {"owl:NamedIndividual"}
    | {"owl:FunctionalProperty", "owl:InverseFunctionalProperty"}
    | {"owl:TransitiveProperty", "owl:SymmetricProperty", "owl:Restriction", "owl:AllDifferent"}
    | {"owl:DeprecatedClass", "owl:DeprecatedProperty", "owl:OntologyProperty"},
    axioms={
        "rdfs:subClassOf": ("name", "right"),
        "owl:equivalentClass": ("name", "right"),
        "owl:intersectionOf": ("name", "right"),
        "rdfs:domain": ("property", "name"),
        "rdfs:range": ("property", "name"),
        "rdf:type": ("individual", "right"),
    },
    expressions={
        ("right", "owl:someValuesFrom"): "name",
        ("right", "owl:allValuesFrom"): "name",
        **{("right", construct): "" for construct in _RIGHT},
    },
    thing=frozenset({"name", "right"}),
    datatypes=frozenset(_COMMON)
    | {"xsd:date", "xsd:time", "xsd:gYear", "xsd:gYearMonth", "xsd:gMonth", "xsd:gMonthDay", "xsd:gDay"},
    own_datatypes=True,
    clashes=(frozenset([*KINDS.values(), "individual"]),),
)  # fmt: skip
RL: Final = Grammar(
    sections={"axiom": "OWL 2 Profiles 4.2.5", "base": "OWL 2 Structural Specification 5 and 11",
              "data": "OWL 2 Profiles 4.2.1 and 4.2.4", "expression": "OWL 2 Profiles 4.2.3"},
    types=frozenset(KINDS) | OPTIONAL_TYPES | PROPERTY_TYPES
    | {"owl:Restriction", "owl:AllDifferent", "owl:AllDisjointClasses", "owl:AllDisjointProperties"},
    axioms={
        "rdfs:subClassOf": ("sub", "super"),
        "owl:equivalentClass": ("equivalent", "equivalent"),
        "owl:disjointWith": ("sub", "sub"),
        "owl:intersectionOf": ("equivalent", "equivalent"),
        "rdfs:domain": ("property", "super"),
        "rdfs:range": ("property", "super"),
        "rdf:type": ("individual", "super"),
    },
    expressions={
        ("sub", "owl:intersectionOf"): "sub",
        ("sub", "owl:unionOf"): "sub",
        ("sub", "owl:oneOf"): "individual",
        ("sub", "owl:someValuesFrom"): "sub or thing",
        ("sub or thing", "owl:intersectionOf"): "sub",
        ("sub or thing", "owl:unionOf"): "sub",
        ("sub or thing", "owl:oneOf"): "individual",
        ("sub or thing", "owl:someValuesFrom"): "sub or thing",
        ("super", "owl:intersectionOf"): "super",
        ("super", "owl:complementOf"): "sub",
        ("super", "owl:allValuesFrom"): "super",
        ("super", "owl:maxCardinality"): "",
        ("super", "owl:maxQualifiedCardinality"): "sub or thing",
        ("equivalent", "owl:intersectionOf"): "equivalent",
        **{(where, "owl:hasValue"): "" for where in ("sub", "sub or thing", "super", "equivalent")},
    },
    thing=frozenset({"sub or thing"}),
    datatypes=frozenset([*_COMMON, "xsd:dateTimeStamp", "rdf:PlainLiteral", "rdf:langString"]),
    own_datatypes=False,
    clashes=(
        frozenset({"object property", "data property", "annotation property"}),
        frozenset({"class", "datatype"}),
    ),
)  # fmt: skip
LITE_PROPERTY_AXIOMS: Final = frozenset({"rdfs:subPropertyOf", "owl:equivalentProperty", "owl:inverseOf"})
RL_PROPERTY_AXIOMS: Final = LITE_PROPERTY_AXIOMS | {"owl:propertyDisjointWith"}
LIST_AXIOMS: Final = {"owl:propertyChainAxiom": "property", "owl:hasKey": "property"}
MEMBERS: Final = {
    "owl:AllDifferent": (("owl:distinctMembers", "owl:members"), "individual"),
    "owl:AllDisjointClasses": (("owl:members",), "sub"),
    "owl:AllDisjointProperties": (("owl:members",), "property"),
}


def short(term: Term) -> str:
    return shorten(term.value) if isinstance(term, ox.NamedNode) else str(term)


@dataclass(frozen=True, slots=True)
class Facts:
    """The triples, by subject and predicate, and what kind of thing each name is declared to be."""

    triples: frozenset[ox.Triple]
    about: Mapping[Term, Mapping[str, list[Term]]]
    kinds: Mapping[Term, frozenset[str]]

    @classmethod
    def of(cls, triples: Iterable[ox.Triple]) -> Facts:
        """Index the triples. Whatever is typed by a declared class is an individual."""
        kept = frozenset(triples)
        about: dict[Term, dict[str, list[Term]]] = defaultdict(lambda: defaultdict(list))
        kinds: dict[Term, set[str]] = defaultdict(set)
        for triple in sorted(kept, key=str):
            about[triple.subject][short(triple.predicate)].append(triple.object)
        for subject, properties in about.items():
            kinds[subject] |= {KINDS[t] for o in properties.get("rdf:type", []) if (t := short(o)) in KINDS}
        for subject, properties in about.items():
            if any("class" in kinds.get(o, ()) for o in properties.get("rdf:type", [])):
                kinds[subject].add("individual")
        return cls(kept, about, {term: frozenset(found) for term, found in kinds.items() if found})

    def is_a(self, term: Term, *kinds: str) -> bool:
        return bool(self.kinds.get(term, frozenset()) & set(kinds))

    def objects(self, subject: Term, predicate: str) -> list[Term]:
        return list(self.about.get(subject, {}).get(predicate, []))

    def members(self, head: Term) -> Iterator[tuple[Term, Term]]:
        """The cells and members of an RDF list; stops at a cell seen before or at what is no cell."""
        seen: set[Term] = set()
        while short(head) != "rdf:nil" and head not in seen:
            seen.add(head)
            for first in self.objects(head, "rdf:first"):
                yield head, first
            head = next(iter(self.objects(head, "rdf:rest")), ox.NamedNode(RDF + "nil"))

    def not_simple(self) -> frozenset[Term]:
        """Transitive properties, their inverses and all above them (OWL 2 Structural Specification 11)."""
        transitive = ox.NamedNode(OWL + "TransitiveProperty")
        found = {s for s, p in self.about.items() if transitive in p.get("rdf:type", [])}
        upwards = ("rdfs:subPropertyOf", "owl:inverseOf")
        while True:
            more = {o for s in found for p in upwards for o in self.objects(s, p)}
            more |= {s for s, p in self.about.items() if found & set(p.get("owl:inverseOf", []))}
            if more <= found:
                return frozenset(found)
            found |= more
