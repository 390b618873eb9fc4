"""Core by screens against stock pyshacl, on data that is damaged in every way that a screen looks for."""

from __future__ import annotations

import random
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

from kg import resources, vocab
from kg.build import convert, core, screens, shapes, stock
from kg.build.data import Data
from kg.build.shapes import Shapes
from kg.records import dataset
from kg.records.context import context
from kg.records.load import load
from kg.vocab import XSD

DATASETS = sorted(path.parent for path in resources.data().glob("*/dataset.toml"))
PREFIXES = """
    @prefix ex: <https://example.org/id/> .
    @prefix sh: <http://www.w3.org/ns/shacl#> .
    @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
    @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
DATA = """
    ex:Ferry rdfs:subClassOf ex:Boat .
    ex:anna a ex:Ferry ; ex:name "Anna"@en , "Anne"@EN ; ex:length 12 ; ex:port ex:baku .
    ex:bella a ex:Boat ; ex:name "Bella" , "\\u001c"@fr ; ex:length "x"^^xsd:integer , -1 ;
        ex:built "0000"^^xsd:gYear .
    ex:carla a ex:Boat ; ex:length 1.5 ; ex:port [ a ex:Port ] , "Baku" , ex:nowhere ;
        ex:built "2021-02-30"^^xsd:date .
    ex:dora a [ rdfs:subClassOf ex:Boat ] ; ex:length 1 , 2 ;
        ex:built "2020"^^xsd:gYear , "2020-02-29"^^xsd:date .
    ex:baku a ex:Port ; ex:lies ex:sea .
"""
SHAPES = {
    "class": "sh:path ex:port ; sh:class ex:Port",
    "count": "sh:path ex:length ; sh:minCount 1 ; sh:maxCount 1",
    "datatype": "sh:path ex:length ; sh:datatype xsd:integer",
    "date": "sh:path ex:built ; sh:or ( [ sh:datatype xsd:gYear ] [ sh:datatype xsd:date ] )",
    "kind": "sh:path ex:port ; sh:nodeKind sh:IRI",
    "languages": "sh:path ex:name ; sh:uniqueLang true",
    "least": "sh:path ex:length ; sh:minInclusive 1",
    "nested": "sh:path ex:port ; sh:node [ "
    "sh:property [ sh:path ex:lies ; sh:minCount 1 ; sh:nodeKind sh:IRI ] ]",
    "pattern": 'sh:path ex:name ; sh:pattern "\\\\S"',
    "value": "sh:path ex:port ; sh:hasValue ex:baku",
    "whole": "sh:property [ sh:path ex:port ; sh:hasValue ex:baku ] ; sh:nodeKind sh:BlankNode",
}
FOREIGN = {
    "closed": "sh:closed true",
    "flags": 'sh:path ex:name ; sh:pattern "anna" ; sh:flags "i"',
    "length": "sh:path ex:name ; sh:minLength 5",
    "longer path": "sh:path ( ex:port ex:lies ) ; sh:minCount 1",
    "lookahead": 'sh:path ex:name ; sh:pattern "A(?=n)"',
    "more": "sh:path ex:length ; sh:minCount 2",
    "not": "sh:path ex:port ; sh:not [ sh:class ex:Port ]",
}


def parsed(turtle: str) -> list[ox.Quad]:
    text = (PREFIXES + turtle).encode()
    return list(ox.parse(text, format=ox.RdfFormat.TURTLE, rename_blank_nodes=True))


def store_of(quads: Any) -> ox.Store:
    store = ox.Store()
    store.extend(quads)
    return store


def shape_of(words: str, target: str = "sh:targetClass ex:Boat") -> Shapes:
    return Shapes(parsed(f"ex:S {target} ; {words} ; sh:message 'It is wrong.' ."))


def agree(data: ox.Store, rules: Shapes) -> int:
    """Both find the same; how much that is."""
    found = core.results(Data(data), rules)
    assert found == set(stock.run(data, rules))
    return len(found)


@pytest.mark.parametrize("words", SHAPES.values(), ids=list(SHAPES))
def test_a_screen_misses_nothing_that_stock_pyshacl_finds(words: str) -> None:
    rules, data = shape_of(words), store_of(parsed(DATA))
    assert screens.of(ox.NamedNode("https://example.org/id/S"), rules, Data(data)).queries
    assert agree(data, rules)


@pytest.mark.parametrize("words", FOREIGN.values(), ids=list(FOREIGN))
def test_a_shape_without_a_screen_is_judged_on_all_data(words: str) -> None:
    assert agree(store_of(parsed(DATA)), shape_of(words))


@pytest.mark.parametrize(
    "target", ["sh:targetNode ex:bella", "sh:targetSubjectsOf ex:built", "sh:targetObjectsOf ex:port"]
)
@pytest.mark.parametrize("words", SHAPES.values(), ids=list(SHAPES))
def test_every_kind_of_target_is_screened(words: str, target: str) -> None:
    agree(store_of(parsed(DATA)), shape_of(words, target))


def test_a_class_may_be_a_shape_itself() -> None:
    rules = Shapes(
        parsed("ex:Boat a rdfs:Class , sh:NodeShape ; sh:property [ sh:path ex:port ; sh:minCount 1 ] .")
    )
    assert agree(store_of(parsed(DATA)), rules)


def test_many_suspects_are_judged_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "_BATCH", 2)
    boats = "".join(f"ex:b{number} a ex:Boat ." for number in range(7))
    assert agree(store_of(parsed(boats)), shape_of(SHAPES["count"])) == 7


def test_every_shape_of_the_package_has_a_screen() -> None:
    rules = shapes.core(shapes.read(resources.shapes()))
    targeted = {quad.subject for quad in rules if quad.predicate.value in shapes.TARGETS}
    for shape in targeted:
        screens.of(shape, rules, Data(ox.Store()))


def test_sound_data_is_validated_without_pyshacl() -> None:
    asked = "import sys, pyoxigraph; from kg.build.validate import validate; validate(pyoxigraph.Store()); "
    asked += "print({'pyshacl', 'rdflib'} & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert told.stdout == "set()\n"


@cache
def asserted(folder: Path) -> tuple[ox.Quad, ...]:
    found = dataset.read(folder)
    records = convert.record_quads(load(found).records, context(found.base))
    return (*convert.schema_quads(resources.ontology()), *records)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("folder", DATASETS, ids=lambda folder: folder.name)
def test_on_damaged_data_both_find_the_same(folder: Path, seed: int) -> None:
    store = store_of(damaged(asserted(folder), random.Random(seed)))
    assert agree(store, shapes.core(shapes.read(resources.shapes()))) > 10


def damaged(quads: tuple[ox.Quad, ...], chance: random.Random) -> list[ox.Quad]:
    """The quads with a hundredth of them left out, given another value, or said twice with another one."""
    objects = [quad.object for quad in chance.sample(quads, 50)]
    found = list(quads)
    for place in chance.sample(range(len(quads)), len(quads) // 100):
        old = quads[place]
        if old.predicate.value.startswith(vocab.RDFS) or "/scheme/" in str(old.subject):
            continue
        new = ox.Quad(old.subject, old.predicate, other(old.object, objects, chance), old.graph_name)
        found[place] = chance.choice([old, new])
        found.append(new if chance.random() < 0.7 else old)
        if chance.random() < 0.3:
            found[place] = new
    return [quad for quad in found if chance.random() > 0.005 or quad.predicate.value.startswith(vocab.RDFS)]


def other(term: Any, objects: list[Any], chance: random.Random) -> Any:
    """Another value, near the old one or far from it."""
    text = str(getattr(term, "value", term))
    near = [
        ox.Literal(text),
        ox.Literal(text, language="en"),
        ox.Literal(" \u001c", language="en"),
        ox.Literal(text, datatype=ox.NamedNode(XSD + "integer")),
        ox.Literal(-7),
        ox.Literal("2021-02-29", datatype=ox.NamedNode(XSD + "date")),
        ox.Literal("2021-13", datatype=ox.NamedNode(XSD + "gYearMonth")),
        ox.NamedNode("https://example.org/id/nobody"),
        ox.BlankNode("somebody"),
    ]
    return chance.choice([*near, *chance.choices(objects, k=4)])
