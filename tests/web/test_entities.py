"""/id, /doc, /ns, /scheme: what the graph says of one thing, for people and in RDF."""

from __future__ import annotations

import json

import pytest
from rdflib import Graph, URIRef

PERSON = "person/ilham-aliyev"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
TYPES = {
    "ttl": ("text/turtle", "turtle"),
    "nt": ("application/n-triples", "nt"),
    "jsonld": ("application/ld+json", "json-ld"),
    "rdf": ("application/rdf+xml", "xml"),
}


def test_an_id_leads_to_its_document_with_303(server):
    answer = server.ask(f"/id/{PERSON}")
    assert answer.status == 303
    assert answer.headers["location"].endswith(f"/doc/{PERSON}")


@pytest.mark.parametrize(
    "path", ["/id/person/nobody", "/doc/person/nobody", "/doc/person/nobody.ttl", "/id/x"]
)
def test_an_unknown_entity_is_404(server, path):
    assert server.ask(path).status == 404


@pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib")
@pytest.mark.parametrize("suffix", TYPES)
def test_the_document_is_rdf_by_accept_and_by_suffix(server, suffix):
    media_type, parser = TYPES[suffix]
    by_suffix = server.ask(f"/doc/{PERSON}.{suffix}", accept=BROWSER)
    by_accept = server.ask(f"/doc/{PERSON}", accept=media_type)
    assert by_suffix.media_type == by_accept.media_type == media_type
    assert by_suffix.body == by_accept.body
    read = Graph().parse(data=by_suffix.body, format=parser)
    assert (URIRef(f"{server.base}id/{PERSON}"), None, None) in read


def test_a_wildcard_gets_turtle(server):
    assert server.ask(f"/doc/{PERSON}", accept="*/*").media_type == "text/turtle"


def test_a_browser_gets_a_page(server):
    answer = server.ask(f"/doc/{PERSON}", accept=BROWSER)
    assert answer.media_type == "text/html"
    assert "Ilham Aliyev</h1>" in answer.text
    assert server.ask(f"/doc/{PERSON}.html").media_type == "text/html"


def test_an_unsupported_type_is_406_listing_what_there_is(server):
    answer = server.ask(f"/doc/{PERSON}", accept="image/png")
    assert answer.status == 406
    assert "text/turtle" in answer.json["hint"]


def test_the_page_shows_what_points_to_the_entity(server):
    page = server.ask("/doc/event/president-reception.html").text
    assert "Who took part" in page
    assert 'href="/doc/person/ilham-aliyev"' in page
    assert 'href="/scheme/role/host"' in page


def test_an_id_with_a_dot_is_an_entity_and_not_a_suffix(server):
    row = server.select("?x a pac:Tenure ; pac:holder <" + server.base + f"id/{PERSON}>")[0]
    path = server.doc(row["x"])
    assert "." in path
    assert server.ask(path, accept=BROWSER).media_type == "text/html"
    assert server.ask(path + ".nt").media_type == "application/n-triples"


def test_every_entity_of_the_dataset_has_a_page_and_rdf(server):
    rows = server.select('?x a ?type FILTER(STRSTARTS(STR(?x), "' + server.base + 'id/"))')
    iris = sorted({row["x"] for row in rows})
    assert iris
    for iri in iris:
        assert server.ask(server.doc(iri), accept="text/html").status == 200, iri
        assert server.ask(server.doc(iri), accept="text/turtle").status == 200, iri


def test_the_vocabulary_is_a_page_with_an_anchor_for_each_term(server):
    page = server.ask("/ns", accept=BROWSER).text
    for term in ("Event", "Commitment", "inCapacity", "startDate"):
        assert f'id="{term}"' in page


def test_the_vocabulary_is_rdf(server):
    read = Graph().parse(data=server.ask("/ns", accept="text/turtle").body, format="turtle")
    assert (URIRef("https://w3id.org/pac/ns#Event"), None, None) in read


def test_a_scheme_is_a_page_or_rdf(server):
    assert 'href="/scheme/strength/proposal"' in server.ask("/scheme/strength", accept=BROWSER).text
    read = Graph().parse(data=server.ask("/scheme/strength").body, format="turtle")
    assert (URIRef("https://w3id.org/pac/scheme/strength/proposal"), None, None) in read


def test_a_concept_is_a_page_or_rdf(server):
    assert "proposal</h1>" in server.ask("/scheme/strength/proposal", accept=BROWSER).text
    assert server.ask("/scheme/strength/proposal").media_type == "text/turtle"


@pytest.mark.parametrize("path", ["/scheme/nothing", "/scheme/strength/nothing"])
def test_an_unknown_scheme_or_concept_is_404(server, path):
    assert server.ask(path).status == 404


@pytest.mark.parametrize(
    ("path", "content_type"),
    [("/context.jsonld", "application/ld+json"), ("/record.schema.json", "application/schema+json")],
)
def test_the_context_and_the_schema_of_records_are_served_across_origins(server, path, content_type):
    answer = server.ask(path)
    assert (answer.status, answer.headers["content-type"]) == (200, content_type)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert json.loads(answer.body)


@pytest.mark.parametrize(
    "path",
    ["/doc/person/a%20b", "/id/person/a%20b", "/doc/person/%FF", "/scheme/a%20b", "/scheme/role/a%20b"],
)
def test_what_can_be_no_iri_is_404(server, path):
    assert server.ask(path).status == 404


def test_an_articles_page_reads_back_what_it_says_with_the_stretches(server):
    page = server.ask("/doc/article/president-reception", accept=BROWSER).text
    assert "PROPOSAL of ICESCO to Azerbaijan: Open a regional office of ICESCO in Baku." in page
    assert '<a href="/doc/commitment/regional-office-in-baku">11812–11890</a>' in page


def test_the_home_page_shows_what_happened_when_and_what_it_rests_on(server):
    page = server.ask("/", accept=BROWSER).text
    days = [page.index(f'data-label="Date">{day}</td>') for day in ("2021-01-12", "2021-01-13")]
    assert days == sorted(days)
    assert '<a href="/doc/article/president-reception">' in page
