"""The schema stays inside OWL Lite, OWL 2 RL and the house rules; each rule has a twin that breaks it.

A twin says in its head what it breaks: ``# expect: <profile> <construct>``. What it does not name it must not
break, so that each twin proves both what a profile forbids and what it allows.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pyoxigraph as ox
import pytest

from kg import resources

from .profile_check import Breach, Profile, check_profile

FOLDER = Path(__file__).parent / "profile"
INVALID = sorted((FOLDER / "invalid").glob("*.ttl"))
VALID = sorted((FOLDER / "valid").glob("*.ttl"))
PROFILES: tuple[Profile, ...] = get_args(Profile)
FORBIDDEN = {
    "owl-lite": {
        "owl:oneOf", "owl:unionOf", "owl:complementOf", "owl:hasValue", "owl:disjointWith",
        "owl:DataRange", "owl:cardinality", "owl:maxCardinality", "owl:intersectionOf",
        "rdfs:domain", "rdfs:range", "rdf:type",
    },
    "owl-2-rl": {
        "owl:cardinality", "owl:minCardinality", "owl:someValuesFrom", "owl:oneOf", "owl:unionOf",
        "owl:complementOf", "owl:DataRange", "owl:ReflexiveProperty", "owl:disjointUnionOf",
        "owl:Thing", "owl:hasSelf", "owl:allValuesFrom", "rdfs:range",
    },
    "house": {"owl:FunctionalProperty", "owl:InverseFunctionalProperty", "rdfs:domain", "owl:imports"},
}  # fmt: skip


def triples(path: Path) -> list[ox.Triple]:
    return [quad.triple for quad in ox.parse(path=str(path), format=ox.RdfFormat.TURTLE)]


def expected(path: Path) -> set[tuple[str, str]]:
    return set(re.findall(r"^# expect: (\S+) (\S+)$", path.read_text(encoding="utf-8"), re.MULTILINE))


def broken(path: Path) -> set[tuple[str, str]]:
    return {(p, breach.construct) for p in PROFILES for breach in check_profile(triples(path), p)}


@pytest.mark.parametrize("profile", PROFILES)
def test_the_schema_is_inside_the_profile(profile: Profile) -> None:
    assert check_profile(triples(resources.ontology() / "pac.ttl"), profile) == []


def test_the_schema_together_with_the_schemes_is_inside_owl_2_rl() -> None:
    files = [resources.ontology() / "pac.ttl", *sorted((resources.ontology() / "schemes").glob("*.ttl"))]
    assert check_profile([t for path in files for t in triples(path)], "owl-2-rl") == []


def test_the_twins_are_found() -> None:
    assert len(INVALID) > 50
    assert len(VALID) > 3


@pytest.mark.parametrize("profile", PROFILES)
def test_every_forbidden_construct_has_a_twin(profile: Profile) -> None:
    named = {construct for path in INVALID for p, construct in expected(path) if p == profile}
    assert named >= FORBIDDEN[profile]


@pytest.mark.parametrize("path", INVALID, ids=lambda p: p.stem)
def test_an_invalid_twin_breaks_what_it_says_and_nothing_else(path: Path) -> None:
    assert expected(path)
    assert broken(path) == expected(path)


@pytest.mark.parametrize("path", VALID, ids=lambda p: p.stem)
def test_a_valid_twin_breaks_nothing(path: Path) -> None:
    assert broken(path) == set()


def test_a_breach_names_subject_construct_rule_and_section() -> None:
    [breach] = check_profile(triples(FOLDER / "invalid" / "date-range.ttl"), "owl-2-rl")
    assert breach == Breach(
        subject="https://example.org/#day",
        construct="rdfs:range",
        rule="xsd:date is not a datatype of the profile",
        section="OWL 2 Profiles 4.2.1 and 4.2.4",
    )


def test_a_schema_with_one_foreign_triple_is_outside() -> None:
    stray = ox.Triple(ox.BlankNode(), ox.NamedNode("https://example.org/p"), ox.Literal("x"))
    schema = [*triples(resources.ontology() / "pac.ttl"), stray]
    assert [b.construct for b in check_profile(schema, "owl-2-rl")] == ["https://example.org/p"]


def test_an_unknown_profile_is_refused() -> None:
    with pytest.raises(ValueError, match="there are: owl-lite, owl-2-rl, house"):
        check_profile([], "owl-full")  # type: ignore[arg-type]
