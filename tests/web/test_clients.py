"""Clients as they really behave: the real ones where a package has them, else their requests replayed."""

from __future__ import annotations

import csv
import io
import json
import warnings
from collections.abc import Iterator
from urllib.error import HTTPError
from urllib.parse import urlencode

import pytest
from rdflib import Graph, URIRef
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from SPARQLWrapper import (
    CSV,
    GET,
    JSON,
    JSONLD,
    N3,
    POST,
    POSTDIRECTLY,
    RDFXML,
    TSV,
    TURTLE,
    URLENCODED,
    XML,
    SPARQLWrapper,
)

from kg.release import Release

from .conftest import Server, start, stop

pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")

PREFIXES = "PREFIX pac: <https://w3id.org/pac/ns#> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> "
SELECT = PREFIXES + "SELECT ?s ?l { ?s a pac:Event ; rdfs:label ?l } ORDER BY ?s LIMIT 5"
CONSTRUCT = PREFIXES + "CONSTRUCT { ?s rdfs:label ?l } WHERE { ?s a pac:Event ; rdfs:label ?l }"
ASK = PREFIXES + "ASK { ?s a pac:Event }"
DESCRIBE = "DESCRIBE <https://w3id.org/pac/ns#Event>"
LONG = SELECT + " #" + "x" * 2000
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def server(release: Release) -> Iterator[Server]:
    """A server as people start it: rdflib's GETs have all its prefixes, some 2 kB."""
    running = start(release)
    yield running
    stop(running.process)


def endpoint(server: Server) -> str:
    return f"http://127.0.0.1:{server.port}/sparql"


def wrapper(
    server: Server, text: str, fmt: str, method: str = GET, request: str = URLENCODED
) -> SPARQLWrapper:
    made = SPARQLWrapper(endpoint(server))
    made.setQuery(text)
    made.setReturnFormat(fmt)
    made.setMethod(method)
    made.setRequestMethod(request)
    made.setTimeout(60)
    return made


WAYS = [(GET, URLENCODED), (POST, URLENCODED), (POST, POSTDIRECTLY)]


@pytest.mark.parametrize(("method", "request_method"), WAYS)
@pytest.mark.parametrize("text", [SELECT, LONG], ids=["short", "long"])
def test_sparqlwrapper_selects_by_each_method(server, method, request_method, text):
    rows = wrapper(server, text, JSON, method, request_method).queryAndConvert()["results"]["bindings"]
    assert len(rows) == 5
    assert rows[0]["l"]["xml:lang"] == "en"


@pytest.mark.parametrize("fmt", [JSON, XML, CSV, TSV])
def test_sparqlwrapper_reads_each_table_format(server, fmt):
    answer = wrapper(server, SELECT, fmt).query()
    found = answer.convert()
    if fmt in (CSV, TSV):
        assert len(found.decode().splitlines()) == 6
    elif fmt == XML:
        assert len(found.getElementsByTagName("result")) == 5
    else:
        assert len(found["results"]["bindings"]) == 5


@pytest.mark.parametrize("fmt", [XML, RDFXML, TURTLE, N3, JSONLD])
@pytest.mark.parametrize("text", [CONSTRUCT, DESCRIBE], ids=["construct", "describe"])
@pytest.mark.parametrize(("method", "request_method"), WAYS)
def test_sparqlwrapper_reads_each_graph_format(server, fmt, text, method, request_method):
    found = wrapper(server, text, fmt, method, request_method).query().convert()
    graph = found if isinstance(found, Graph) else Graph().parse(data=found, format="turtle")
    assert len(graph) > 1


def test_sparqlwrapper_asks(server):
    assert wrapper(server, ASK, JSON).queryAndConvert()["boolean"] is True


def test_sparqlwrapper_gets_json_where_it_asks_for_it_of_a_graph(server):
    made = wrapper(server, CONSTRUCT, JSON)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        answer = made.query()
    assert answer.response.status == 200


def test_sparqlwrapper_is_told_what_is_wrong(server):
    from SPARQLWrapper.SPARQLExceptions import QueryBadFormed

    with pytest.raises(QueryBadFormed, match="not declared"):
        wrapper(server, "SELECT * { ?s a pac:Event }", JSON).query()


@pytest.mark.parametrize(
    ("fmt", "media_type"),
    [
        ("json", "application/sparql-results+json"),
        ("xml", "application/sparql-results+xml"),
        ("csv", "text/csv"),
        ("application/sparql-results+json", "application/sparql-results+json"),
    ],
)
def test_the_format_that_sparqlwrapper_repeats_under_three_names_is_one(server, fmt, media_type):
    words = [(name, fmt) for name in ("format", "output", "results") for _ in range(2)]
    answer = server.ask("/sparql?" + urlencode([("query", SELECT), *words]), accept="*/*")
    assert (answer.status, answer.media_type) == (200, media_type)


@pytest.mark.parametrize("method", ["GET", "POST", "POST_FORM"])
@pytest.mark.parametrize("return_format", ["xml", "json", "csv", "tsv"])
def test_rdflib_s_store_selects(server, method, return_format):
    store = SPARQLStore(endpoint(server), method=method, returnFormat=return_format)
    graph = Graph(store)
    for text in (SELECT, LONG):
        rows = list(graph.query(text))
        assert len(rows) == 5
        assert isinstance(rows[0][0], URIRef)


@pytest.mark.parametrize("method", ["GET", "POST", "POST_FORM"])
def test_rdflib_s_store_asks_and_constructs_and_looks_up(server, method):
    graph = Graph(SPARQLStore(endpoint(server), method=method))
    assert graph.query(ASK).askAnswer is True
    assert len(graph.query(CONSTRUCT).graph) > 5
    assert len(graph.query(DESCRIBE).graph) > 1
    assert len(list(graph.triples((URIRef("https://w3id.org/pac/ns#Event"), None, None)))) > 1


def test_rdflib_s_store_chooses_its_graph(server):
    graph = Graph(SPARQLStore(endpoint(server)), identifier="https://w3id.org/pac/ns")
    (row,) = graph.query("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
    whole = server.query("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }").json["results"]["bindings"]
    assert 0 < row[0].toPython() < int(whole[0]["n"]["value"])


@pytest.mark.parametrize("media_type", ["turtle", "xml", "json-ld", "nt"])
def test_rdflib_parses_what_it_fetches(server, media_type):
    address = endpoint(server) + "?" + urlencode({"query": CONSTRUCT})
    assert len(Graph().parse(address, format=media_type)) > 5


def test_pandas_reads_csv(server):
    pandas = pytest.importorskip("pandas")
    table = pandas.read_csv(endpoint(server) + "?" + urlencode({"query": SELECT, "format": "csv"}))
    assert list(table.columns) == ["s", "l"]
    assert len(table) == 5


def test_r_which_sends_no_accept_gets_csv_by_format(server):
    answer = server.ask(
        "/sparql?" + urlencode({"query": SELECT, "format": "csv"}), user_agent="libcurl/8.5 r-curl/5.2"
    )
    assert answer.media_type == "text/csv"
    assert next(csv.reader(io.StringIO(answer.text)))[0] == "s"


def test_curl_gets_json_and_turtle(server):
    assert server.query(SELECT, accept="*/*").media_type == "application/sparql-results+json"
    assert server.query(CONSTRUCT, accept="*/*").media_type == "text/turtle"


@pytest.mark.parametrize(
    ("text", "accept", "media_type"),
    [
        (SELECT, "application/sparql-results+json,*/*;q=0.9", "application/sparql-results+json"),
        (CONSTRUCT, "text/turtle,*/*;q=0.9", "text/turtle"),
        (CONSTRUCT, "application/n-triples,*/*;q=0.9", "application/n-triples"),
        (ASK, "application/sparql-results+json,*/*;q=0.9", "application/sparql-results+json"),
    ],
)
def test_yasgui_posts_a_form_after_a_preflight(server, text, accept, media_type):
    origin = "https://yasgui.example"
    before = server.ask(
        "/sparql", "OPTIONS", origin=origin, access_control_request_method="POST",
        access_control_request_headers="content-type,x-requested-with",
    )  # fmt: skip
    assert before.headers["access-control-allow-origin"] == "*"
    assert {"content-type", "x-requested-with"} <= {
        name.strip().lower() for name in before.headers["access-control-allow-headers"].split(",")
    }
    body = urlencode({"query": text}).encode()
    for kind in (FORM, f"{FORM}; charset=UTF-8"):
        answer = server.ask("/sparql", "POST", body, content_type=kind, accept=accept, origin=origin)
        assert (answer.status, answer.media_type) == (200, media_type)


def test_comunica_looks_at_the_endpoint_first_and_then_asks(server):
    likes = (
        "application/n-quads,application/trig;q=0.95,application/ld+json;q=0.9,application/n-triples;q=0.8,"
        "text/turtle;q=0.6,application/rdf+xml;q=0.5,text/n3;q=0.35,application/xml;q=0.3,image/svg+xml;q=0.3,"
        "text/xml;q=0.3,text/html;q=0.2,application/xhtml+xml;q=0.18,application/json;q=0.135"
    )
    first = server.ask("/sparql", accept=likes, accept_encoding="br,gzip,deflate")
    assert (first.status, first.media_type) == (200, "application/n-quads")
    asked = "application/sparql-results+json;q=1.0,application/sparql-results+xml;q=0.7"
    by_get = server.query(SELECT, accept=asked)
    body = urlencode({"query": SELECT}).encode()
    by_post = server.ask("/sparql", "POST", body, content_type=FORM, accept=asked)
    assert json.loads(by_get.body) == json.loads(by_post.body)
    assert server.query(CONSTRUCT, accept=likes).media_type == "application/n-quads"
    assert server.query(CONSTRUCT, accept="text/turtle").media_type == "text/turtle"


@pytest.mark.parametrize(
    ("text", "accept", "media_type"),
    [
        (
            SELECT,
            "application/sparql-results+json, application/sparql-results+xml;q=0.9, "
            "text/tab-separated-values;q=0.7, text/csv;q=0.5, application/json;q=0.2, "
            "application/xml;q=0.2, */*;q=0.1",
            "application/sparql-results+json",
        ),
        (
            ASK,
            "application/sparql-results+json, application/sparql-results+xml;q=0.9, "
            "application/json;q=0.2, application/xml;q=0.2, */*;q=0.1",
            "application/sparql-results+json",
        ),
        (
            CONSTRUCT,
            "text/turtle,application/n-triples;q=0.9,application/ld+json;q=0.8,application/rdf+xml;q=0.7,"
            "application/n-quads,application/trig;q=0.9,*/*;q=0.1",
            "text/turtle",
        ),
    ],
)
def test_jena_s_rsparql_gets_what_it_likes_best(server, text, accept, media_type):
    for answer in (
        server.query(text, accept=accept, accept_encoding="gzip, deflate"),
        server.ask("/sparql", "POST", urlencode({"query": text}).encode(), content_type=FORM, accept=accept),
    ):
        assert (answer.status, answer.media_type) == (200, media_type)


def test_rdflib_s_store_is_told_by_the_status(server):
    with pytest.raises(ValueError, match="formulating") as caught:
        Graph(SPARQLStore(endpoint(server))).query("SELECT * { ?s ?p }")
    cause = caught.value.__context__
    assert isinstance(cause, HTTPError)
    with cause:
        assert json.loads(cause.read())["line"] >= 1
