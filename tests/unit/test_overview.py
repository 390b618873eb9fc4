"""The overview of a release: what happened when, from all of it."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from kg.web.lookups import MOST as FEWEST_SCANNED
from kg.web.lookups import Lookups
from kg.web.view.overview import MOST, days, overview

BASE = "https://example.org/"
PREFIXES = """
@prefix pac: <https://w3id.org/pac/ns#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> . @prefix e: <https://example.org/id/event/> .
@prefix status: <https://w3id.org/pac/scheme/event-status/> .
"""


def lookups(events: str) -> Lookups:
    store = ox.Store()
    text = PREFIXES + "<https://example.org/graph/all> {" + events + "}"
    store.load(text.encode(), format=ox.RdfFormat.TRIG)
    store.extend([ox.Quad(q.subject, q.predicate, q.object) for q in store])
    return Lookups(store, BASE)


def event(name: str, first: str, last: str = "", more: str = "") -> str:
    dates = f'pac:startDate "{first}"^^xsd:date ; pac:earliest "{first}"^^xsd:date ; ' if first else ""
    ends = f'pac:endDate "{last}"^^xsd:date ; pac:latest "{last}"^^xsd:date ; ' if last else ""
    return f'e:{name} a pac:Event ; {dates}{ends}{more} rdfs:label "{name}" .\n'


@pytest.mark.parametrize(
    ("start", "end", "bounded", "words"),
    [
        ("2021-01-13", "2021-01-13", False, "2021-01-13"),
        ("2021-01-11", "2021-01-15", False, "2021-01-11 – 2021-01-15"),
        ("2021-01-11", "2021-01-15", True, "within 2021-01-11 – 2021-01-15"),
        ("2021", "", True, "from 2021"),
        ("", "2021-01", True, "by 2021-01"),
        ("", "", False, ""),
    ],
)
def test_dates_are_worded_by_what_is_known(start: str, end: str, bounded: bool, words: str):
    assert days(start, end, bounded) == words


def test_a_long_event_stands_before_its_parts_and_a_bound_after_what_is_dated():
    found = overview(
        lookups(
            event("part", "2021-01-11", "2021-01-11")
            + event("whole", "2021-01-11", "2021-01-15")
            + event("past", "", "2021-01-11")
            + event("undated", "")
        )
    )
    assert [each.label for each in found.timeline] == ["whole", "part", "past"]


def test_the_earliest_event_is_shown_however_many_there_are():
    many = "".join(
        event(f"n{i}", f"2021-{i % 12 + 1:02}-01", "2021-12-31") for i in range(FEWEST_SCANNED + 10)
    )
    found = overview(lookups(many + event("zero", "1991-01-01", "1991-01-01")))
    assert found.timeline[0].label == "zero"
    assert len(found.timeline) == MOST


def test_only_a_status_that_it_is_not_over_is_told():
    statuses = 'status:scheduled rdfs:label "scheduled" . status:completed rdfs:label "completed" . '
    found = overview(
        lookups(
            statuses
            + event("held", "2021-01-11", "2021-01-11", "pac:eventStatus status:completed ; ")
            + event("planned", "2021-01-12", "2021-01-12", "pac:eventStatus status:scheduled ; ")
        )
    )
    assert [each.status for each in found.timeline] == ["", "scheduled"]


def test_what_is_an_event_by_inference_only_is_left_out():
    inferred = ox.Quad(
        ox.NamedNode(BASE + "id/event/said"),
        ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type"),
        ox.NamedNode("https://w3id.org/pac/ns#Event"),
        ox.NamedNode(BASE + "graph/inferred"),
    )
    found = lookups(
        event("said", "2021-01-11").replace("pac:Event", "pac:Statement") + event("met", "2021-01-12")
    )
    found.store.add(inferred)
    assert [each.label for each in overview(found).timeline] == ["met"]
