"""The screen in front of pyshacl: it lets nothing pass that stock pyshacl would find."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

from kg import resources
from kg.build import validate
from kg.build.core import View
from kg.vocab import SH

EX = "https://example.org/id/"
PREFIXES = """
    @prefix ex: <https://example.org/id/> .
    @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
    @prefix sh: <http://www.w3.org/ns/shacl#> .
    @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
SEEDS = {"fixture-harbour-accord": range(4), "icesco-azerbaijan-2021": range(1)}
"""So many changed copies of each dataset; stock pyshacl takes a second and more for one."""


def graph(turtle: str) -> ox.Store:
    store = ox.Store()
    store.load((PREFIXES + turtle).encode(), format=ox.RdfFormat.TURTLE)
    return store


def folder_of(folder: Path, turtle: str) -> Path:
    (folder / "shapes.ttl").write_text(PREFIXES + turtle, encoding="utf-8")
    return folder


def suspects_of(store: ox.Store, folder: Path) -> set[str]:
    screen = validate.screen_of(validate.read_shapes(folder), store)
    view = View(store)
    return {validate.written(node) for node in screen.suspects(screen.focus_nodes(view), view)}


@pytest.fixture(scope="session")
def core_only(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shapes of kg without their queries, which stock pyshacl asks once for each node."""
    folder = tmp_path_factory.mktemp("shapes")
    kept = [q.triple for q in validate.read_shapes(resources.shapes()) if q.predicate.value != SH + "sparql"]
    (folder / "core.ttl").write_bytes(ox.serialize(kept, format=ox.RdfFormat.TURTLE) or b"")
    return folder


@pytest.mark.parametrize(("name", "seed"), [(name, seed) for name, seeds in SEEDS.items() for seed in seeds])
def test_every_fault_of_a_changed_dataset_is_found_as_stock_pyshacl_finds_it(
    asserted: Any, editor: Callable[..., Any], core_only: Path, name: str, seed: int
) -> None:
    store = ox.Store()
    store.extend(asserted[name])
    editor(name, seed).change(store, 150)
    plain = validate.validate_plain(store, core_only)
    assert len(plain) > 50
    assert {result.focus for result in plain} <= suspects_of(store, core_only)
    assert validate.validate(store, core_only) == plain


def test_few_nodes_of_a_sound_dataset_are_suspect(asserted: Any, core_only: Path) -> None:
    """Else the screen would screen nothing."""
    for name in SEEDS:
        store = ox.Store()
        store.extend(asserted[name])
        found = {result.focus for result in validate.validate(store, core_only)}
        assert len(suspects_of(store, core_only) - found) < 10


def test_the_screen_can_tell_how_far_each_shape_of_kg_looks() -> None:
    assert not validate.screen_of(validate.read_shapes(resources.shapes()), ox.Store()).blind


BOAT = "ex:Boat a sh:NodeShape ; sh:targetClass ex:Vessel ; sh:property ex:p . ex:p sh:message 'No. Mend.' ; "
FLEET = """
    ex:Ferry rdfs:subClassOf ex:Vessel .
    ex:anna a ex:Ferry ; ex:name "Anna" , "anna" ; ex:built 1990 ; ex:sunk 1980 ; ex:port ex:ness .
    ex:anna ex:tows ex:bo ; ex:afloat "yes"^^xsd:boolean .
    ex:bo a ex:Vessel ; ex:name "Bo" ; ex:built 1990 ; ex:sunk 2001 ; ex:port ex:wick ; ex:tows ex:cy .
    ex:cy a ex:Vessel ; ex:name "Cy"@en , "Si"@en ; ex:port "Ness" , ex:bo ; ex:tows ex:cy , [ a ex:Vessel ] .
    ex:ness a ex:Port ; ex:of ex:norland . ex:wick a ex:Port . ex:norland a ex:State ; ex:name "N" .
"""


@pytest.mark.parametrize(
    "shape",
    [
        "sh:path ex:name ; sh:pattern '^a' ; sh:flags 'i'",
        "sh:path ex:name ; sh:in ( 'Anna' 'Bo' )",
        "sh:path ex:built ; sh:lessThan ex:sunk",
        "sh:path ex:name ; sh:minLength 3",
        "sh:path ex:name ; sh:languageIn ( 'de' )",
        "sh:path ex:port ; sh:nodeKind sh:BlankNodeOrIRI",
        "sh:path ex:name ; sh:datatype xsd:token",
        "sh:path ex:built ; sh:minInclusive 1995.5",
        "sh:path ex:built ; sh:maxInclusive 1985",
        "sh:path ( ex:port ex:of ) ; sh:minCount 1",
        "sh:path ( ex:port ex:of ex:name ) ; sh:minCount 1",
        "sh:path [ sh:inversePath ex:tows ] ; sh:minCount 1",
        "sh:path [ sh:zeroOrMorePath ex:tows ] ; sh:maxCount 2",
        "sh:path [ sh:alternativePath ( ex:name ex:port ) ] ; sh:maxCount 2",
        "sh:path ex:tows ; sh:not [ sh:path ex:port ; sh:class ex:Port ]",
        "sh:path ex:tows ; sh:property [ sh:path ex:port ; sh:maxCount 1 ]",
        "sh:path ex:tows ; sh:property [ sh:path ex:port ; sh:property [ sh:path ex:of ; sh:minCount 1 ] ]",
        "sh:path ex:port ; sh:qualifiedMinCount 1 ; sh:qualifiedValueShape [ sh:path ex:of ; sh:minCount 1 ]",
        "sh:path ex:port ; sh:and ( [ sh:path ex:of ; sh:minCount 1 ] )",
    ],
)
def test_what_the_screen_does_not_know_makes_every_focus_node_suspect(tmp_path: Path, shape: str) -> None:
    folder, store = folder_of(tmp_path, f"{BOAT} {shape} ."), graph(FLEET)
    assert suspects_of(store, folder) >= {EX + "anna", EX + "bo", EX + "cy"}
    plain = brief(validate.validate_plain(store, folder))
    assert plain
    assert brief(validate.validate(store, folder)) == plain


@pytest.mark.parametrize(
    "shapes",
    [
        f"{BOAT} sh:path ex:tows ; sh:class ex:Ferry .",
        f"{BOAT} sh:path ex:port ; sh:node [ sh:property [ sh:path ex:of ; sh:minCount 1 ] ] .",
        f"{BOAT} sh:path ex:tows ; sh:node [ sh:property [ sh:path ex:port ; sh:node [ "
        "sh:property [ sh:path ex:of ; sh:class ex:State ; sh:minCount 1 ] ] ] ] .",
        f"{BOAT} sh:path ex:port ; sh:or ( [ sh:path ex:of ; sh:minCount 1 ] [ sh:datatype xsd:string ] ) .",
        f"{BOAT} sh:path ex:name ; sh:uniqueLang true ; sh:maxCount 1 .",
        f"{BOAT} sh:path ex:built ; sh:datatype xsd:integer ; sh:minInclusive 1991 ; sh:minCount 1 .",
        f"{BOAT} sh:path ex:afloat ; sh:datatype xsd:boolean .",
        f"{BOAT} sh:path ex:port ; sh:hasValue ex:ness ; sh:nodeKind sh:IRI .",
        "ex:p sh:targetSubjectsOf ex:port ; sh:path ex:built ; sh:minCount 1 .",
        "ex:p sh:targetObjectsOf ex:port ; sh:path ex:of ; sh:minCount 1 .",
        "ex:p sh:targetObjectsOf ex:port ; sh:nodeKind sh:IRI ; sh:class ex:Port .",
        "ex:p sh:targetNode ex:nobody , ex:ness , 'text' ; sh:path ex:of ; sh:minCount 1 .",
        "ex:Vessel a rdfs:Class , sh:NodeShape ; sh:targetNode ex:ness ; sh:property ex:p . "
        "ex:p sh:path ex:built ; sh:minCount 1 .",
        f"{BOAT} sh:path ex:built ; sh:minCount 1 ; sh:deactivated true . "
        "ex:q sh:targetClass ex:Vessel ; sh:path ex:sunk ; sh:minCount 1 .",
    ],
)
def test_targets_and_nested_shapes_are_understood_as_stock_pyshacl_does(tmp_path: Path, shapes: str) -> None:
    folder, store = folder_of(tmp_path, shapes), graph(FLEET)
    plain = validate.validate_plain(store, folder)
    assert plain
    assert {result.focus for result in plain} <= suspects_of(store, folder)
    assert brief(validate.validate(store, folder)) == brief(plain)


def brief(results: list[validate.Result]) -> list[tuple[str, ...]]:
    """What is told of a shape that may have no name: where, on which property, which value, of which kind."""
    found = [(r.focus, r.path or "", r.value or "", r.component) for r in results]
    return sorted((focus, re.sub("^_:.*", "a path", path), *rest) for focus, path, *rest in found)


def test_a_shape_that_uses_itself_is_left_to_pyshacl(tmp_path: Path) -> None:
    shapes = "ex:Boat a sh:NodeShape ; sh:targetClass ex:Vessel ; sh:property ex:p , ex:q . "
    shapes += "ex:p sh:path ex:tows ; sh:node ex:Boat . ex:q sh:path ex:port ; sh:class ex:Port ."
    folder = folder_of(tmp_path, shapes)
    store = graph(FLEET.replace("ex:tows ex:cy , [ a ex:Vessel ]", "ex:sunk 1"))
    assert suspects_of(store, folder) == {EX + "anna", EX + "bo", EX + "cy"}
    plain = validate.validate_plain(store, folder)
    assert {EX + "anna", EX + "bo", EX + "cy"} == {result.focus for result in plain}
    assert brief(validate.validate(store, folder)) == brief(plain)


@pytest.mark.parametrize("size", [1, 3, 100])
def test_suspects_are_shown_batch_by_batch(
    asserted: Any,
    editor: Callable[..., Any],
    core_only: Path,
    monkeypatch: pytest.MonkeyPatch,
    size: int,
) -> None:
    name = "fixture-harbour-accord"
    store = ox.Store()
    store.extend(asserted[name])
    editor(name, 77).change(store, 20)
    at_once = validate.validate(store, core_only)
    assert len({result.focus for result in at_once}) > 3
    monkeypatch.setattr(validate, "_BATCH", size)
    assert validate.validate(store, core_only) == at_once
