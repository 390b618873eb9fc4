"""The graph says where each record comes from and what is in it, and nothing that changes by itself."""

from __future__ import annotations

import dataclasses

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from kg import vocab
from kg.build import describe
from kg.build.lines import of_triples
from kg.build.shards import statistics
from kg.records.dataset import Dataset
from kg.records.load import ExpandedRecord

BASE = "https://e.org/d/"
RECORD = ExpandedRecord(
    id="person/a",
    iri=f"{BASE}id/person/a",
    graph=f"{BASE}graph/person/a",
    node={},
    file="entities/some people.yaml",
    file_sha256="ab" * 32,
    curator="Zoë O'Neill",
    review_state="checked",
)


def objects(triples: list[Triple], subject: str, predicate: str) -> list[str]:
    return sorted(
        t.object.value
        for t in triples
        if t.subject == NamedNode(subject) and t.predicate == NamedNode(predicate)
    )


@pytest.fixture
def provenance() -> list[Triple]:
    return list(describe.provenance([RECORD], BASE))


def test_a_record_graph_leads_to_its_file_and_the_digest_of_its_bytes(provenance: list[Triple]) -> None:
    (file,) = objects(provenance, RECORD.graph, vocab.PROV + "wasDerivedFrom")
    assert file == f"{BASE}file/entities/some%20people.yaml"
    assert objects(provenance, file, vocab.DCTERMS + "title") == ["entities/some people.yaml"]
    assert objects(provenance, file, vocab.DCTERMS + "identifier") == ["sha256:" + "ab" * 32]


def test_a_record_graph_leads_to_its_curator_and_review_state(provenance: list[Triple]) -> None:
    agent = f"{BASE}agent/zoe-o-neill"
    assert objects(provenance, RECORD.graph, vocab.PROV + "wasAttributedTo") == [agent]
    assert objects(provenance, agent, vocab.FOAF + "name") == ["Zoë O'Neill"]
    attribution = RECORD.graph + "#attribution"
    assert objects(provenance, RECORD.graph, vocab.PROV + "qualifiedAttribution") == [attribution]
    assert objects(provenance, attribution, vocab.PROV + "agent") == [agent]
    assert objects(provenance, attribution, vocab.PROV + "hadRole") == [vocab.SCHEME + "review-state/checked"]


def test_a_record_graph_is_about_its_record(provenance: list[Triple]) -> None:
    assert objects(provenance, RECORD.graph, vocab.FOAF + "primaryTopic") == [RECORD.iri]


def content() -> list[Triple]:
    kind, person = NamedNode(vocab.RDF + "type"), NamedNode(vocab.FOAF + "Person")
    a, b = NamedNode(f"{BASE}id/person/a"), NamedNode(f"{BASE}id/person/b")
    name = Triple(a, NamedNode(vocab.FOAF + "name"), Literal("A"))
    return [Triple(a, kind, person), Triple(b, kind, person), name, name]


def description(bundled: Dataset) -> list[Triple]:
    space = f"<{BASE}id/".encode()
    found = statistics(set(of_triples(content())), space)
    return list(describe.description(dataclasses.replace(bundled, base=BASE), found))


def test_the_counts_are_of_triples_each_once(bundled: Dataset) -> None:
    found = description(bundled)
    numbers = {term: objects(found, BASE + "dataset", vocab.VOID + term) for term in ("triples", "entities")}
    assert numbers == {"triples": ["3"], "entities": ["2"]}
    part = f"{BASE}dataset#class-foaf%3APerson"
    assert objects(found, part, vocab.VOID + "entities") == ["2"]
    assert objects(found, f"{BASE}dataset#property-foaf%3Aname", vocab.VOID + "triples") == ["1"]


def test_the_description_is_that_of_dataset_toml(bundled: Dataset) -> None:
    found = description(bundled)
    assert objects(found, BASE + "dataset", vocab.DCTERMS + "title") == [bundled.title]
    assert objects(found, BASE + "dataset", vocab.DCTERMS + "license") == [bundled.licence]
    assert objects(found, BASE + "dataset", vocab.OWL + "versionInfo") == [bundled.version]
    assert objects(found, BASE + "dataset", vocab.DCTERMS + "issued") == [bundled.issued]


def test_no_node_is_blank(bundled: Dataset, provenance: list[Triple]) -> None:
    terms = {term for t in (*provenance, *description(bundled)) for term in (t.subject, t.object)}
    assert not any(isinstance(term, BlankNode) for term in terms)


@pytest.mark.parametrize(("name", "slug"), [("Ş. Ə.", "s-%C9%99"), ("阿", "%E9%98%BF"), ("!!", "unnamed")])
def test_every_name_gives_an_agent_iri(name: str, slug: str) -> None:
    found = list(describe.provenance([dataclasses.replace(RECORD, curator=name)], BASE))
    assert objects(found, RECORD.graph, vocab.PROV + "wasAttributedTo") == [f"{BASE}agent/{slug}"]
