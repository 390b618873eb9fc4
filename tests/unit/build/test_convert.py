"""Records become quads by the standard's algorithm, each in its own graph, without blank nodes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pyld import jsonld
from pyoxigraph import NamedNode, RdfFormat, parse

from kg import resources, vocab
from kg.build import convert
from kg.errors import DataError
from kg.records import load
from kg.records.context import context
from kg.records.dataset import Dataset

BASE = "https://e.org/d/"
CONTEXT = {
    "@base": f"{BASE}id/",
    "id": "@id",
    "name": {"@id": "http://e.org/name", "@container": "@language"},
    "part": {"@reverse": "http://e.org/whole", "@type": "@id"},
}


@dataclass(frozen=True)
class Record:
    graph: str
    node: Mapping[str, Any]


def record(slug: str, **fields: Any) -> Record:
    return Record(f"{BASE}graph/{slug}", {"id": slug, **fields})


def lines(*records: Record) -> list[str]:
    return sorted(str(quad) for quad in convert.record_quads(records, CONTEXT))


def test_a_record_is_read_into_its_own_graph() -> None:
    found = lines(record("a", name={"en": "A"}), record("b", name={"en": "B"}))
    assert found == [
        '<https://e.org/d/id/a> <http://e.org/name> "A"@en <https://e.org/d/graph/a>',
        '<https://e.org/d/id/b> <http://e.org/name> "B"@en <https://e.org/d/graph/b>',
    ]


def test_a_nested_record_stands_in_the_graph_of_its_parent() -> None:
    found = lines(record("a", part={"id": "p"}))
    assert found == [
        "<https://e.org/d/id/p> <http://e.org/whole> <https://e.org/d/id/a> <https://e.org/d/graph/a>"
    ]


def test_more_records_than_fit_in_a_batch_are_all_read() -> None:
    records = [record(f"r{n}", name={"en": "x"}) for n in range(1201)]
    assert len(lines(*records)) == 1201


def test_a_nested_record_without_an_id_is_refused_and_its_graph_named() -> None:
    with pytest.raises(DataError, match="graph/b"):
        lines(record("a", name={"en": "A"}), record("b", part={"name": {"en": "nameless"}}))


def test_what_is_no_json_ld_is_refused_and_its_graph_named() -> None:
    with pytest.raises(DataError, match="graph/b") as caught:
        lines(record("a", name={"en": "A"}), record("b", name={"en": {"@value": 1, "@id": "x"}}))
    assert caught.value.findings[0].code == "not-convertible"


def test_pyld_makes_the_same_quads_of_the_bundled_records(bundled: Dataset) -> None:
    records = load.load(bundled).records
    terms = context(bundled.base)
    ours = {str(quad) for quad in convert.record_quads(records, terms)}
    text = jsonld.to_rdf(json.loads(convert.document(records, terms)), {"format": "application/n-quads"})
    theirs = {str(quad) for quad in parse(text.encode(), RdfFormat.N_QUADS)}
    assert len(ours) > 1000
    assert ours == theirs


def test_the_ontology_and_each_scheme_have_a_graph_of_their_own() -> None:
    graphs = {quad.graph_name.value for quad in convert.schema_quads(resources.ontology())}
    names = {path.stem for path in (resources.ontology() / "schemes").glob("*.ttl")}
    assert graphs == {vocab.ONTOLOGY, *(vocab.SCHEME + name for name in names)}


def test_every_preferred_label_of_a_scheme_has_a_label_beside_it() -> None:
    quads = list(convert.schema_quads(resources.ontology()))
    preferred = {(q.subject, q.object) for q in quads if q.predicate == NamedNode(vocab.SKOS + "prefLabel")}
    labels = {(q.subject, q.object) for q in quads if q.predicate == NamedNode(vocab.RDFS + "label")}
    assert preferred
    assert preferred <= labels


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<http://e.org/a> <http://e.org/b> [] .", "blank node"),
        ("<http://e.org/a> <http://e.org/b>", "pac.ttl"),
        ("<http://e.org/a> a <http://www.w3.org/2004/02/skos/core#ConceptScheme> .", "declares"),
    ],
)
def test_a_schema_file_that_cannot_be_used_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "pac.ttl").write_text(text)
    with pytest.raises(DataError, match=message) as caught:
        list(convert.schema_quads(tmp_path))
    assert "pac.ttl" in str(caught.value)
