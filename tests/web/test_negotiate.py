"""Accept headers, as RFC 9110 section 12.5.1 reads them."""

from __future__ import annotations

import pytest

from kg.errors import NotAcceptable
from kg.formats import CSV, JSON, JSONLD, NTRIPLES, RDFXML, TURTLE, XML
from kg.web.negotiate import HTML, choose, parse_accept, prefers_html

GRAPHS = (TURTLE, JSONLD, NTRIPLES, RDFXML, HTML)
TABLES = (JSON, XML, CSV)
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, TURTLE),
        ("", TURTLE),
        ("*/*", TURTLE),
        ("application/ld+json", JSONLD),
        ("APPLICATION/LD+JSON", JSONLD),
        ('application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted"', JSONLD),
        ("text/turtle;q=0.5, application/ld+json;q=0.6", JSONLD),
        ("text/turtle;q=0.5, application/ld+json ; Q=0.6", JSONLD),
        ("text/turtle;q=0, */*", JSONLD),
        ("*/*;q=0.1, application/rdf+xml", RDFXML),
        ("application/*", JSONLD),
        ("text/*;q=0.9, application/*;q=0.1", TURTLE),
        ("text/html;q=0.9, text/turtle;q=0.9", TURTLE),
        ("image/png, text/turtle;q=0.1", TURTLE),
        ("nonsense, application/n-triples", NTRIPLES),
        ("text/turtle;q=high, application/n-triples;q=0.2", NTRIPLES),
        ("text/plain", NTRIPLES),
        (BROWSER, HTML),
    ],
)
def test_the_format_wanted_most_is_chosen(accept, expected):
    assert choose(GRAPHS, accept) is expected


@pytest.mark.parametrize("accept", ["image/png", "text/turtle;q=0", "*/*;q=0", "nonsense", "*/turtle"])
def test_nothing_acceptable_is_refused_with_a_list(accept):
    with pytest.raises(NotAcceptable) as caught:
        choose((TURTLE, JSONLD), accept)
    assert caught.value.hint == "available: text/turtle, application/ld+json"


def test_the_most_specific_range_decides():
    assert choose(TABLES, "*/*, application/*;q=0.5, text/csv;q=0.8, application/json;q=0.1") is CSV


def test_a_wildcard_does_not_reach_a_format_by_its_second_names():
    with pytest.raises(NotAcceptable):
        choose((NTRIPLES,), "text/*")


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (BROWSER, True),
        ("text/html", True),
        ("text/html;q=0.2, text/turtle;q=0.1", True),
        ("*/*", False),
        (None, False),
        ("text/*", False),
        ("text/html, text/turtle", False),
        ("text/html;q=0.5, */*", False),
        ("image/png", False),
    ],
)
def test_html_is_for_who_clearly_prefers_it(accept, expected):
    assert prefers_html(accept, ["text/turtle", "application/ld+json"]) is expected


def test_weights_are_read():
    ranges = parse_accept("a/b;q=0.25, c/*;q=1, */*;q=0.001")
    assert [(r.media_type, r.quality, r.specificity) for r in ranges] == [
        ("a/b", 0.25, 2),
        ("c/*", 1.0, 1),
        ("*/*", 0.001, 0),
    ]
