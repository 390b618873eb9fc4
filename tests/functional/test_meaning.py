"""What the closure makes of the bundled dataset."""

from __future__ import annotations

from kg.query import local, request
from kg.release import Release
from kg.vocab import PREFIXES

OF_ANOTHER_KIND = """
SELECT ?thing ?asserted ?inferred {
  GRAPH ?closure { ?thing a ?inferred }
  FILTER STRENDS(STR(?closure), "/graph/inferred")
  GRAPH ?record { ?thing a ?asserted }
  FILTER (?record != ?closure)
  FILTER NOT EXISTS { ?asserted rdfs:subClassOf+ ?inferred }
}
"""


def test_a_domain_or_range_never_makes_a_thing_of_another_kind(release: Release):
    """A property on the wrong class shows here first: its domain types the thing anew."""
    query = request.parse(OF_ANOTHER_KIND, prefixes=PREFIXES)
    assert local.rows(release.open_store(), query) == []


def test_the_closure_adds_the_classes_above(release: Release):
    text = "SELECT (COUNT(?p) AS ?n) { GRAPH ?g { ?p a foaf:Agent } FILTER STRENDS(STR(?g), '/inferred') }"
    rows = local.rows(release.open_store(), request.parse(text, prefixes=PREFIXES))
    assert rows[0]["n"] >= 16


def test_the_graphs_of_a_release_are_those_of_its_records_and_its_own(release: Release):
    text = "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }"
    rows = local.rows(release.open_store(), request.parse(text))
    graphs = {row["g"] for row in rows}
    own = {f"{release.base}graph/{name}" for name in ("inferred", "provenance", "description")}
    assert own < graphs
    assert f"{release.base}graph/event/president-reception" in graphs
    assert "https://w3id.org/pac/ns" in graphs
