"""The gate itself: targets, messages, reports. What the shapes say is tested in tests/ontology."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest

from kg.build.validate import Result, as_shacl_report, to_findings, validate, validate_plain
from kg.errors import EnvironmentFault
from kg.findings import Location, Severity
from kg.vocab import SH

EX = "https://example.org/id/"
PREFIXES = """
    @prefix ex: <https://example.org/id/> .
    @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
    @prefix sh: <http://www.w3.org/ns/shacl#> .
    @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
    @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
SHAPES = '''
    ex:onto sh:declare [ sh:prefix "ex" ; sh:namespace "https://example.org/id/"^^xsd:anyURI ] .
    ex:Boat a sh:NodeShape ; sh:targetClass ex:Vessel ; sh:property ex:boat-name ; sh:sparql ex:C01-sinks .
    ex:boat-name sh:path ex:name ; sh:minCount 1 ; sh:message "A boat has no name. Name it."@en .
    ex:C01-sinks a sh:SPARQLConstraint ;
        sh:message "The load {?value} is over {?limit}. Unload it."@en ;
        sh:prefixes ex:onto ;
        sh:select """SELECT $this ?value ?limit WHERE {
            $this ex:load ?value ; ex:limit ?limit . FILTER (?value > ?limit) }""" .
'''
BOATS = """
    ex:Ferry rdfs:subClassOf ex:Vessel .
    ex:anna a ex:Ferry ; skos:prefLabel "Anna"@en , "Anne"@fr ; ex:name "Anna" ; ex:load 12 ; ex:limit 10 .
    ex:bella a ex:Vessel ; ex:load 2 ; ex:limit 10 .
"""


def store_of(turtle: str) -> ox.Store:
    store = ox.Store()
    store.load((PREFIXES + turtle).encode(), format=ox.RdfFormat.TURTLE)
    return store


@pytest.fixture
def shapes(tmp_path: Path) -> Path:
    return shapes_of(tmp_path, SHAPES)


def shapes_of(folder: Path, turtle: str) -> Path:
    (folder / "shapes.ttl").write_text(PREFIXES + turtle, encoding="utf-8")
    return folder


def nowhere(focus: str, path: str | None) -> Location | None:
    return None


def brief(results: list[Result]) -> list[tuple[str, str, str | None]]:
    return [(r.code, r.focus.removeprefix(EX), r.value) for r in results]


def test_instances_of_subclasses_are_targets(shapes: Path) -> None:
    ten_and_two = '"12"^^<http://www.w3.org/2001/XMLSchema#integer>'
    assert brief(validate(store_of(BOATS), shapes)) == [
        ("C01-sinks", "anna", ten_and_two),
        ("boat-name", "bella", None),
    ]


def test_named_graphs_are_validated_as_one(shapes: Path) -> None:
    store = ox.Store()
    for number, quad in enumerate(store_of(BOATS)):
        store.add(ox.Quad(quad.subject, quad.predicate, quad.object, ox.NamedNode(f"{EX}graph/{number}")))
    assert validate(store, shapes) == validate(store_of(BOATS), shapes)


@pytest.mark.parametrize(
    ("target", "focus"),
    [
        ("sh:targetClass ex:Vessel", ["anna"]),
        ("sh:targetSubjectsOf ex:load", ["anna"]),
        ("sh:targetObjectsOf ex:tows", ["anna"]),
        ("sh:targetNode ex:anna", ["anna"]),
        ("sh:targetNode ex:bella", []),
        ("sh:targetNode ex:bella ; sh:targetClass ex:Ferry", ["anna"]),
    ],
)
def test_every_kind_of_target_is_understood_as_stock_pyshacl_does(
    tmp_path: Path, target: str, focus: list[str]
) -> None:
    folder = shapes_of(tmp_path, SHAPES.replace("sh:targetClass ex:Vessel", target))
    store = store_of(BOATS + "ex:bella ex:tows ex:anna .")
    results = validate(store, folder)
    assert [r.focus.removeprefix(EX) for r in results if r.code == "C01-sinks"] == focus
    assert results == validate_plain(store, folder)


@pytest.mark.parametrize("words", ["sh:deactivated true", "sh:severity sh:Info"])
def test_a_shape_may_be_switched_off_or_mild_as_stock_pyshacl_has_it(tmp_path: Path, words: str) -> None:
    folder = shapes_of(tmp_path, SHAPES.replace("sh:sparql ex:C01", f"{words} ; sh:sparql ex:C01"))
    store = store_of(BOATS)
    assert validate(store, folder) == validate_plain(store, folder)


def test_a_query_may_name_the_value_and_the_property(tmp_path: Path) -> None:
    bound = SHAPES.replace("FILTER", "BIND (ex:load AS ?path) FILTER")
    folder = shapes_of(tmp_path, bound.replace("SELECT $this", "SELECT $this ?path"))
    (result,) = [r for r in validate(store_of(BOATS), folder) if r.source_constraint]
    assert result.path == EX + "load"
    assert result.message == "The load 12 is over 10. Unload it."
    assert validate(store_of(BOATS), folder) == validate_plain(store_of(BOATS), folder)


def test_a_finding_names_the_focus_by_its_english_label_and_says_what_to_do(shapes: Path) -> None:
    place = Location("boats.yaml", 7)
    sinks, nameless = to_findings(validate(store_of(BOATS), shapes), lambda focus, path: place)
    assert (sinks.code, sinks.severity, sinks.location) == ("C01-sinks", Severity.VIOLATION, place)
    assert sinks.message == "Anna: The load 12 is over 10"
    assert sinks.remedy == "Unload it."
    assert nameless.message == "bella: A boat has no name"
    assert (nameless.focus, nameless.path) == (EX + "bella", EX + "name")


def test_a_finding_writes_ids_instead_of_iris() -> None:
    message = "Held by https://example.org/id/person/ada and https://w3id.org/pac/ns#Place. Ask."
    result = Result(EX + "post/x", None, None, Severity.WARNING, message, EX + "s", None, SH + "c")
    (finding,) = to_findings([result], nowhere)
    assert finding.message == "post/x: Held by person/ada and pac:Place"


def test_the_report_is_standard_and_has_the_same_bytes_whatever_the_order(shapes: Path) -> None:
    results = validate(store_of(BOATS), shapes)
    report = as_shacl_report(results)
    assert report == as_shacl_report(results[::-1])
    store = ox.Store()
    store.load(report, format=ox.RdfFormat.TURTLE)
    asked = """PREFIX sh: <http://www.w3.org/ns/shacl#> SELECT ?focus ?message WHERE {
        ?report a sh:ValidationReport ; sh:conforms false ; sh:result ?result .
        ?result a sh:ValidationResult ; sh:focusNode ?focus ; sh:resultMessage ?message ;
            sh:resultSeverity sh:Violation ; sh:sourceShape ?shape ; sh:sourceConstraintComponent ?component
    }"""
    rows = {(row["focus"].value, row["message"].value) for row in store.query(asked)}  # type: ignore[union-attr]
    assert rows == {(r.focus, r.message) for r in results}
    assert not [q for q in store if isinstance(q.subject, ox.BlankNode)]


def test_a_report_without_results_conforms() -> None:
    assert b"sh:conforms true" in as_shacl_report([])


def test_shapes_that_are_missing_are_reported_with_their_folder(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match="there are no shapes"):
        validate(ox.Store(), tmp_path)


def test_shapes_that_do_not_parse_are_reported_with_their_file(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match=r"shapes\.ttl"):
        validate(ox.Store(), shapes_of(tmp_path, "ex:Boat a"))


def test_a_query_that_does_not_parse_is_reported_with_its_constraint(tmp_path: Path) -> None:
    broken = SHAPES.replace("FILTER (?value > ?limit)", "FILTER (")
    with pytest.raises(EnvironmentFault, match="C01-sinks does not parse"):
        validate(store_of(BOATS), shapes_of(tmp_path, broken))


def test_a_query_without_a_target_is_refused(tmp_path: Path) -> None:
    untargeted = SHAPES.replace("sh:targetClass ex:Vessel ; ", "")
    with pytest.raises(EnvironmentFault, match="cannot run as a set query"):
        validate(store_of(BOATS), shapes_of(tmp_path, untargeted))


def test_a_reference_to_another_kind_is_told_from_a_missing_one(tmp_path: Path) -> None:
    shapes = shapes_of(
        tmp_path,
        """
        ex:Boat a sh:NodeShape ; sh:targetClass ex:Vessel ; sh:property ex:boat-port .
        ex:boat-port sh:path ex:port ; sh:class ex:Port ; sh:minCount 1 ;
            sh:message "A boat has one port. Name it."@en .
        """,
    )
    data = store_of("ex:anna a ex:Vessel . ex:bella a ex:Vessel ; ex:port ex:anna .")
    messages = [finding.message for finding in to_findings(validate(data, shapes), nowhere)]
    assert messages == ["anna: A boat has one port", "bella: A boat has one port; anna is not of that kind"]
