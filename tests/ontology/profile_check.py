"""Is a schema inside OWL Lite, inside OWL 2 RL, and inside the house rules?

In: the triples of a schema. Out: breaches, none if all is well. Nothing is written, and nothing is
raised for a bad schema. The check works by exhaustion: from each axiom it follows the grammar of the
profile and ticks off every triple that the grammar explains; a triple left over is a breach too, so
that a construct nobody thought of cannot slip by.

Sources of the rules: OWL Web Ontology Language Reference, sections 8.2 (OWL DL, on which Lite is built)
and 8.3 (OWL Lite); OWL 2 Profiles (Second Edition), section 4.2 (OWL 2 RL); OWL 2 Structural
Specification, sections 5 (declarations) and 11 (simple properties). Two allowances: owl:versionIRI is
taken in a Lite header, where OWL 1 gives it no meaning; literals are checked for their datatype, not
for their form.

Nothing of this is needed to build or serve a graph, so it lives with the tests that use it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

import pyoxigraph as ox

from kg.vocab import OWL, RDF, RDFS, XSD

from .profile_grammar import (
    ANNOTATIONS,
    CONNECTIVES,
    HEADER,
    LIST_AXIOMS,
    LITE,
    LITE_PROPERTY_AXIOMS,
    MEMBERS,
    OBJECT_ONLY,
    OPTIONAL_TYPES,
    PROPERTY_TYPES,
    RESTRICTIONS,
    RL,
    RL_PROPERTY_AXIOMS,
    Facts,
    Grammar,
    Term,
    short,
)

Profile = Literal["owl-lite", "owl-2-rl", "house"]
HOUSE: Final = "house rules, docs/ontology.md"
FREE_AXIOMS: Final = frozenset(
    {"rdfs:subClassOf", "owl:equivalentClass", "owl:disjointWith", "owl:inverseOf"}
)
"""Axioms whose subject may be a blank node."""


@dataclass(frozen=True, slots=True, order=True)
class Breach:
    """One departure from a profile: where, which construct, which rule, and the section that makes it."""

    subject: str
    construct: str
    rule: str
    section: str


def check_profile(triples: Iterable[ox.Triple], profile: Profile) -> list[Breach]:
    """The breaches of ``profile`` in the schema, in a fixed order; an empty list means that it conforms.

    Raises ValueError for a profile that is not one of ``Profile``.
    """
    if profile not in get_args(Profile):
        raise ValueError(f"no profile {profile!r}; there are: {', '.join(get_args(Profile))}")
    facts = Facts.of(triples)
    if profile == "house":
        return sorted(_house_rules(facts))
    return sorted(set(_Check(facts, LITE if profile == "owl-lite" else RL).run()))


def _reserved(term: Term) -> bool:
    return isinstance(term, ox.NamedNode) and term.value.startswith((OWL, RDF, RDFS))


def _house_rules(facts: Facts) -> Iterator[Breach]:
    """Rules of our own, beyond the profiles; docs/ontology.md gives the reason for each."""
    for subject, properties in facts.about.items():
        name = short(subject)
        if facts.is_a(subject, "object property"):
            for kind in {"owl:FunctionalProperty", "owl:InverseFunctionalProperty"} & set(
                map(short, properties["rdf:type"])
            ):
                yield Breach(
                    name, kind, "an object property is never functional: it could merge people", HOUSE
                )
        for predicate in ("rdfs:domain", "rdfs:range"):
            if len(properties.get(predicate, [])) > 1:
                yield Breach(name, predicate, f"at most one {predicate}: two mean both at once", HOUSE)
        if "owl:imports" in properties:
            yield Breach(name, "owl:imports", "borrowed terms are declared, never imported", HOUSE)


@dataclass(slots=True)
class _Check:
    """One walk through a schema; ``claimed`` are the triples that the grammar has explained."""

    facts: Facts
    grammar: Grammar
    claimed: set[ox.Triple] = field(default_factory=set)
    entered: set[Term] = field(default_factory=set)
    found: list[Breach] = field(default_factory=list)

    def run(self) -> list[Breach]:
        """Axioms about names first, then what hangs on blank nodes, then what is left over."""
        ordered = sorted(self.facts.triples, key=lambda t: (isinstance(t.subject, ox.BlankNode), str(t)))
        self._separation()
        for triple in ordered:
            if not isinstance(triple.subject, ox.BlankNode) or self._stands_alone(triple.subject):
                self._axiom(triple)
        for triple in ordered:
            if short(triple.predicate) in FREE_AXIOMS and triple not in self.claimed:
                self._axiom(triple)
        for triple in ordered:
            if triple not in self.claimed:
                predicate = short(triple.predicate)
                self._breach(triple.subject, predicate, "no axiom of the profile explains it", "axiom")
        return self.found

    def _breach(self, subject: Term, construct: str, rule: str, section: str) -> None:
        sections = self.grammar.sections
        self.found.append(Breach(short(subject), construct, rule, sections.get(section, sections["axiom"])))

    def _stands_alone(self, node: Term) -> bool:
        types = set(map(short, self.facts.objects(node, "rdf:type")))
        return self.facts.is_a(node, "individual", "ontology") or bool(types & set(MEMBERS))

    def _separation(self) -> None:
        for term, kinds in self.facts.kinds.items():
            for group in self.grammar.clashes:
                if len(kinds & group) > 1:
                    both = " and ".join(sorted(kinds & group))
                    self._breach(term, "rdf:type", f"one name cannot be {both}", "base")

    def _axiom(self, triple: ox.Triple) -> None:
        """Explain one triple whose subject is a name or stands alone."""
        self.claimed.add(triple)
        subject, predicate, value = triple.subject, short(triple.predicate), triple.object
        property_axioms = LITE_PROPERTY_AXIOMS if self.grammar is LITE else RL_PROPERTY_AXIOMS
        if predicate == "rdf:type":
            self._typing(subject, value)
        elif predicate in ("rdfs:domain", "rdfs:range") and predicate in self.grammar.axioms:
            self._domain_or_range(subject, predicate, value)
        elif predicate in CONNECTIVES and predicate in self.grammar.axioms:
            left, right = self.grammar.axioms[predicate]
            self._class(subject, left, predicate)
            self._arguments(subject, predicate, value, right)
        elif predicate in self.grammar.axioms:
            left, right = self.grammar.axioms[predicate]
            self._class(subject, left, predicate)
            self._class(value, right, predicate)
        elif predicate in property_axioms:
            self._property_axiom(subject, predicate, value)
        else:
            self._other(triple, predicate)

    def _other(self, triple: ox.Triple, predicate: str) -> None:
        """Headers, annotations, facts about individuals, and what is not in the profile at all."""
        subject, value, facts = triple.subject, triple.object, self.facts
        members = {m for kinds, _ in MEMBERS.values() for m in kinds}
        if predicate in HEADER and facts.is_a(subject, "ontology"):
            return
        if predicate in ANNOTATIONS or facts.is_a(triple.predicate, "annotation property"):
            self._annotation(subject, predicate, value)
        elif predicate in members and self._stands_alone(subject):
            self._group(subject, value)
        elif predicate in LIST_AXIOMS and self.grammar is RL:
            self._arguments(subject, predicate, value, LIST_AXIOMS[predicate])
        elif predicate in ("owl:sameAs", "owl:differentFrom"):
            self._individual(subject, predicate)
            self._individual(value, predicate)
        elif facts.is_a(triple.predicate, "object property", "data property"):
            self._fact(triple)
        elif _reserved(triple.predicate):
            self._swallow(value)
            self._breach(subject, predicate, "the profile has no such construct here", "axiom")
        else:
            self._breach(subject, predicate, "the property is not declared", "base")

    def _typing(self, subject: Term, value: Term) -> None:
        kind = short(value)
        if kind in PROPERTY_TYPES & self.grammar.types:
            wanted = ("object property",) if kind in OBJECT_ONLY else ("object property", "data property")
            if not self.facts.is_a(subject, *wanted):
                self._breach(subject, kind, f"said of something that is no {' or '.join(wanted)}", "base")
            elif kind != "owl:TransitiveProperty" and kind != "owl:SymmetricProperty":
                self._simple(subject, kind)
        elif kind in OPTIONAL_TYPES and not self.facts.kinds.get(subject):
            self._breach(subject, kind, "the name needs a declaration in OWL's own terms", "base")
        elif kind in self.grammar.types:
            return
        elif _reserved(value) and kind != "owl:Thing":
            self._breach(subject, kind, "the profile has no such kind of thing", "axiom")
        elif kind != "owl:Thing":
            self._class(value, self.grammar.axioms["rdf:type"][1], "rdf:type")

    def _simple(self, subject: Term, construct: str) -> None:
        if subject in self.facts.not_simple():
            self._breach(subject, construct, "nothing at or above a transitive property is counted", "base")

    def _domain_or_range(self, subject: Term, predicate: str, value: Term) -> None:
        if self.facts.is_a(subject, "annotation property") and self.grammar is RL:
            return
        if self.facts.is_a(subject, "data property") and predicate == "rdfs:range":
            self._datatype(subject, predicate, value)
        elif self._property(subject, predicate, "object property", "data property"):
            self._class(value, self.grammar.axioms[predicate][1], predicate)

    def _property_axiom(self, subject: Term, predicate: str, value: Term) -> None:
        """Both ends are properties of one kind; annotation properties only in OWL 2."""
        kinds = ["object property"] if predicate == "owl:inverseOf" else ["object property", "data property"]
        if self.grammar is RL and predicate == "rdfs:subPropertyOf":
            kinds.append("annotation property")
        if isinstance(subject, ox.BlankNode) and predicate == "owl:inverseOf":
            self._breach(subject, predicate, "an anonymous inverse that no axiom uses", "axiom")
        elif self._property(subject, predicate, *kinds) and self._property(value, predicate, *kinds):
            pairs = [k for k in kinds if self.facts.is_a(subject, k) and self.facts.is_a(value, k)]
            inverse = isinstance(subject, ox.BlankNode) or isinstance(value, ox.BlankNode)
            if not pairs and not inverse:
                self._breach(subject, predicate, "relates properties of different kinds", "base")

    def _property(self, term: Term, construct: str, *kinds: str) -> bool:
        """True for a declared property of one of the kinds; in OWL 2 also for an anonymous inverse."""
        inverse = self.facts.objects(term, "owl:inverseOf")
        if isinstance(term, ox.BlankNode) and inverse and self.grammar is RL and "object property" in kinds:
            self.claimed.add(ox.Triple(term, ox.NamedNode(OWL + "inverseOf"), inverse[0]))
            return self._property(inverse[0], construct, "object property")
        if self.facts.is_a(term, *kinds):
            return True
        self._swallow(term)
        self._breach(term, construct, f"{short(term)} is not declared as {' or '.join(kinds)}", "base")
        return False

    def _individual(self, term: Term, construct: str) -> None:
        if isinstance(term, ox.Literal) or not (self.grammar is RL or self.facts.is_a(term, "individual")):
            self._breach(term, construct, "not an individual with a type", "base")

    def _annotation(self, subject: Term, predicate: str, value: Term) -> None:
        if self.grammar is LITE and not self.facts.kinds.get(subject):
            self._breach(subject, predicate, "annotates a name that is not declared", "base")
        if isinstance(value, ox.Literal):
            self._literal(subject, predicate, value)

    def _fact(self, triple: ox.Triple) -> None:
        predicate = short(triple.predicate)
        self._individual(triple.subject, predicate)
        if isinstance(triple.object, ox.Literal):
            self._literal(triple.subject, predicate, triple.object)
        if isinstance(triple.object, ox.Literal) != self.facts.is_a(triple.predicate, "data property"):
            self._breach(triple.subject, predicate, "data properties take literals, the others none", "base")
        elif not isinstance(triple.object, ox.Literal):
            self._individual(triple.object, predicate)

    def _literal(self, subject: Term, construct: str, value: ox.Literal) -> None:
        if value.language is None:
            self._datatype(subject, construct, value.datatype)

    def _group(self, subject: Term, value: Term) -> None:
        for kind in map(short, self.facts.objects(subject, "rdf:type")):
            if kind in MEMBERS:
                self._arguments(subject, kind, value, MEMBERS[kind][1])

    def _datatype(self, subject: Term, construct: str, value: Term) -> None:
        """A data range: a datatype's name; in OWL 2 RL also an intersection of them."""
        name = short(value)
        if isinstance(value, ox.NamedNode):
            own = self.grammar.own_datatypes and self.facts.is_a(value, "datatype")
            if name not in self.grammar.datatypes and not (own and not value.value.startswith(XSD)):
                self._breach(subject, construct, f"{name} is not a datatype of the profile", "data")
            return
        types = set(map(short, self.facts.objects(value, "rdf:type")))
        heads = self.facts.objects(value, "owl:intersectionOf")
        if heads and self.grammar is RL and "rdfs:Datatype" in types:
            self._claim(value, "rdf:type", "owl:intersectionOf")
            self._arguments(value, "owl:intersectionOf", heads[0], "data")
            return
        self._swallow(value)
        used = "owl:DataRange" if "owl:DataRange" in types else self._construct(value) or construct
        self._breach(subject, used, "a data range is a datatype's name", "data")

    def _construct(self, node: Term) -> str:
        used = [c for c in (*CONNECTIVES, *RESTRICTIONS) if self.facts.objects(node, c)]
        return used[0] if len(used) == 1 else ""

    def _class(self, node: Term, position: str, construct: str) -> None:
        """A class in a position: a declared name, or an expression that the position allows."""
        if isinstance(node, ox.NamedNode):
            builtin = node.value in (OWL + "Thing", OWL + "Nothing")
            if short(node) == "owl:Thing" and position not in self.grammar.thing:
                self._breach(node, "owl:Thing", f"no owl:Thing under {construct} here", "expression")
            elif not builtin and not self.facts.is_a(node, "class"):
                self._breach(node, construct, f"{short(node)} is not declared as a class", "base")
            return
        used = self._construct(node)
        if node in self.entered:
            self._breach(node, used or construct, "a blank node is used in two places", "base")
        elif used and (position, used) in self.grammar.expressions:
            self.entered.add(node)
            self._expression(node, used, self.grammar.expressions[position, used])
        else:
            self._swallow(node)
            rule = f"no {used} in the {position} position" if used else "an anonymous class of no known kind"
            self._breach(node, used or construct, rule, "expression")

    def _expression(self, node: Term, used: str, inner: str) -> None:
        types = set(map(short, self.facts.objects(node, "rdf:type")))
        if used in CONNECTIVES:
            self._claim(node, "rdf:type", used)
            if "owl:Class" not in types:
                self._breach(node, used, "the expression needs the type owl:Class", "base")
            return self._arguments(node, used, self.facts.objects(node, used)[0], inner)
        self._claim(node, "rdf:type", "owl:onProperty", used, "owl:onClass")
        if "owl:Restriction" not in types:
            self._breach(node, used, "the expression needs the type owl:Restriction", "base")
        for on in self.facts.objects(node, "owl:onProperty") or [node]:
            if self._property(on, used, "object property", "data property"):
                self._filler(node, on, used, inner)
        return None

    def _filler(self, node: Term, on: Term, used: str, inner: str) -> None:
        """What a restriction says of its property: a class, datatype or value, or the number 0 or 1."""
        value = self.facts.objects(node, used)[0]
        if used.lower().endswith("cardinality"):
            self._simple(on, used)
            if not isinstance(value, ox.Literal) or value.value not in ("0", "1"):
                self._breach(node, used, "the number must be 0 or 1", "expression")
            for filler in self.facts.objects(node, "owl:onClass"):
                self._class(filler, inner, used)
        elif used == "owl:hasValue":
            if isinstance(value, ox.Literal):
                self._literal(node, used, value)
        elif self.facts.is_a(on, "data property"):
            self._datatype(node, used, value)
        else:
            self._class(value, inner, used)

    def _arguments(self, subject: Term, construct: str, value: Term, position: str) -> None:
        """The argument of a connective: a class for complementOf, else a list."""
        if construct == "owl:complementOf":
            return self._class(value, position, construct)
        check: Callable[[Term], object] = {
            "individual": lambda term: self._individual(term, construct),
            "property": lambda term: self._property(term, construct, "object property", "data property"),
            "data": lambda term: self._datatype(subject, construct, term),
        }.get(position, lambda term: self._class(term, position, construct))
        count = 0
        for cell, member in self.facts.members(value):
            self._claim(cell, "rdf:first", "rdf:rest", "rdf:type")
            check(member)
            count += 1
        if count < (2 if construct == "owl:intersectionOf" else 1):
            self._breach(subject, construct, "the list is too short", "expression")
        return None

    def _claim(self, subject: Term, *predicates: str) -> None:
        wanted = set(predicates)
        for triple in self.facts.triples:
            if triple.subject == subject and short(triple.predicate) in wanted:
                self.claimed.add(triple)

    def _swallow(self, node: Term) -> None:
        """Tick off a rejected expression whole, so that one fault is told once."""
        if not isinstance(node, ox.BlankNode) or node in self.entered:
            return
        self.entered.add(node)
        for triple in self.facts.triples:
            if triple.subject == node:
                self.claimed.add(triple)
                self._swallow(triple.object)
