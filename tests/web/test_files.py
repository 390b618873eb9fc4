"""``kg serve --rdf``: any RDF, as it is."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlencode

import pyoxigraph as ox
import pytest

from .conftest import Serve, Server

TURTLE = """PREFIX : <http://e/>
:a :p 1, "x"@en--ltr, [ :q :a ] .
<http://e/a%20b> :p <http://e/100%25> , "50%25" .
<< :a :p 1 >> :said :b .
"""
QUADS = """<http://e/a> <http://e/p> "1"^^<http://www.w3.org/2001/XMLSchema#integer> <http://e/g> .
_:b <http://e/q> _:b .
"""
NAMED = "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }"
ALL = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"


@pytest.fixture(scope="module")
def files(serve: Serve) -> Server:
    return serve(a__ttl=TURTLE, b__nq__gz=QUADS)


def value(server: Server, text: str, **parameters: str) -> str:
    answer = server.ask("/sparql?" + urlencode({"query": text, "format": "csv", **parameters}))
    assert answer.status == 200, answer.text
    return answer.text.split("\r\n")[1]


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kg", "serve", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_files_are_served_with_their_merge_as_default_graph(files):
    assert "a.ttl, b.nq.gz" not in files.line
    assert value(files, NAMED) == "1"
    assert value(files, "SELECT (COUNT(*) AS ?n) { <http://e/a> <http://e/p> 1 }") == "1"


def test_a_strict_default_graph_has_only_what_the_files_put_there(serve):
    assert value(serve("--default-graph", "strict", a__nq=QUADS), ALL) == "1"
    assert value(serve(a__nq=QUADS), ALL) == "2"


def test_blank_nodes_of_different_files_are_different(serve):
    server = serve(a__nt="_:x <http://e/p> 'x' .".replace("'", '"'), b__nt='_:x <http://e/p> "x" .')
    assert value(server, ALL) == "2"


@pytest.mark.parametrize("iri", ["http://e/a%20b", "http://e/100%25"])
def test_a_percent_sign_survives_get_form_and_direct_post(files, iri):
    query = f"SELECT ?o {{ {{ <{iri}> ?p ?o }} UNION {{ ?o ?p <{iri}> }} FILTER(STR(?o) != '') }}"
    by_get = files.query(query, accept="text/csv")
    form = urlencode({"query": query}).encode()
    by_form = files.ask(
        "/sparql", "POST", form, content_type="application/x-www-form-urlencoded", accept="text/csv"
    )
    direct = files.ask(
        "/sparql", "POST", query.encode(), content_type="application/sparql-query", accept="text/csv"
    )
    assert by_get.body == by_form.body == direct.body
    assert len(by_get.body.split()) > 1


def test_a_percent_sign_survives_in_a_literal(files):
    assert value(files, "SELECT ?s { ?s ?p '50%25' }") == "http://e/a%20b"


@pytest.mark.parametrize("fmt", ["json", "xml", "tsv", "csv"])
def test_triple_terms_are_answered(files, fmt):
    query = "SELECT ?t { ?r <http://www.w3.org/1999/02/22-rdf-syntax-ns#reifies> ?t }"
    answer = files.ask("/sparql?" + urlencode({"query": query, "format": fmt}))
    assert answer.status == 200
    assert "http://e/p" in answer.text


def test_triple_terms_and_blank_nodes_are_shown_in_pages(files):
    for query in ("SELECT * { ?s ?p ?o }", "CONSTRUCT WHERE { ?s ?p ?o }"):
        page = files.query(query, accept="text/html")
        assert page.status == 200
        assert page.media_type == "text/html"


def test_a_graph_comes_back_as_it_was(files):
    answer = files.query("CONSTRUCT WHERE { ?s ?p ?o }", accept="text/turtle")
    merged = ox.Dataset(ox.parse(answer.text, format=ox.RdfFormat.TURTLE))
    given = [*ox.parse(TURTLE, format=ox.RdfFormat.TURTLE), *ox.parse(QUADS, format=ox.RdfFormat.N_QUADS)]
    expected = ox.Dataset(ox.Quad(q.subject, q.predicate, q.object) for q in given)
    for dataset in (merged, expected):
        dataset.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    assert merged == expected


@pytest.mark.parametrize("path", ["/", "/sparql", "/queries", "/ns", "/problems"])
def test_the_pages_are_there(files, path):
    assert files.ask(path, accept="text/html").status == 200


@pytest.mark.parametrize("path", ["/health", "/ready", "/version", "/queries", "/export/dataset.nq"])
def test_what_programs_read_is_there(files, path):
    assert files.ask(path).status == 200


@pytest.mark.parametrize("extension", ["ttl", "nt", "trig", "nq", "rdf"])
def test_a_dump_has_blank_nodes_and_triple_terms(files, extension):
    answer = files.ask(f"/export/dataset.{extension}")
    assert answer.status == 200
    assert b"http://e/said" in answer.body or b"said" in answer.body


@pytest.mark.parametrize("path", ["/export/dataset.jsonld", "/graphs?default&format=jsonld"])
def test_where_json_ld_has_no_triple_terms_that_is_406_with_what_has_them(files, path):
    answer = files.ask(path)
    assert answer.status == 406
    assert "trig" in answer.json["hint"]


def test_without_triple_terms_json_ld_is_written(serve):
    server = serve(
        a__trig="<http://e/a> <http://e/p> [ <http://e/q> 1 ] . <http://e/g> { <http://e/a> a [] }"
    )
    answer = server.ask("/export/dataset.jsonld")
    assert answer.status == 200
    assert len(list(ox.parse(answer.body, format=ox.RdfFormat.JSON_LD))) == 4


def test_a_relative_iri_is_resolved_against_the_endpoint(files):
    assert value(files, "SELECT (STR(<x>) AS ?x) {}").endswith(f":{files.port}/x")


def test_a_file_that_does_not_parse_is_told_with_its_place(tmp_path):
    (tmp_path / "bad.ttl").write_text("<http://e/a>\n  <http://e/b> .", encoding="utf-8")
    done = run("--rdf", tmp_path / "bad.ttl")
    assert done.returncode == 1
    assert "bad.ttl:2" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--rdf", "nowhere.ttl"], 2),
        (["--rdf", "README.md"], 2),
        (["--rdf"], 2),
        (["--default-graph", "strict"], 2),
        (["--rdf", "a.ttl", "--dataset", "x"], 2),
        (["--rdf", "a.ttl", "--default-graph", "loose"], 2),
    ],
)
def test_wrong_usage_is_exit_2_with_a_remedy(arguments, code):
    done = run(*arguments)
    assert done.returncode == code
    assert "\n    " in done.stderr


RDF_XML = """<?xml version="1.0"?><!DOCTYPE r [{}]>
<r xmlns="http://www.w3.org/1999/02/22-rdf-syntax-ns#RDF" xmlns:e="http://e/"><e:a><e:b>&x;</e:b></e:a></r>"""
FETCHING = {
    "a.rdf": RDF_XML.format('<!ENTITY x SYSTEM "file:///etc/passwd">'),
    "b.rdf": RDF_XML.format('<!ENTITY % y SYSTEM "http://127.0.0.1:1/">%y;<!ENTITY x "">'),
    "a.jsonld": '{"@context": "http://127.0.0.1:1/context", "@id": "http://e/a", "b": 1}',
    "b.jsonld": '{"@context": ["file:///etc/passwd"], "@id": "http://e/a", "b": 1}',
}


@pytest.mark.parametrize("name", FETCHING)
def test_a_file_fetches_nothing_else(tmp_path, name):
    (tmp_path / name).write_text(FETCHING[name], encoding="utf-8")
    done = run("--rdf", tmp_path / name)
    assert done.returncode == 1
    assert name in done.stderr
    assert "root:" not in done.stderr + done.stdout


PACKED = gzip.compress(b"<a:a> <a:b> <a:c> .\n" * 5_000)
BROKEN = {
    "no gzip": b"no gzip",
    "cut": PACKED[:-20],
    "changed": PACKED[:30] + bytes(255 - byte for byte in PACKED[30:34]) + PACKED[34:],
}


def test_what_is_no_file_is_told_by_name(tmp_path):
    (tmp_path / "folder.ttl").mkdir()
    done = run("--rdf", tmp_path / "folder.ttl")
    assert done.returncode == 3
    assert "folder.ttl cannot be read" in done.stderr


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_what_is_no_gzip_is_the_data_s_fault(tmp_path, content):
    (tmp_path / "a.nt.gz").write_bytes(content)
    done = run("--rdf", tmp_path / "a.nt.gz")
    assert done.returncode == 1
    assert "a.nt.gz" in done.stderr


def test_a_server_that_loaded_its_files_itself_ends_in_good_order(tmp_path):
    """A worker forked from a process that had RocksDB open ended by SIGSEGV."""
    (tmp_path / "a.nt").write_text("<a:a> <a:b> <a:c> .", encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "kg", "serve", "--port", "0", "--rdf", str(tmp_path / "a.nt")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    assert "serving files" in process.stdout.readline()
    process.terminate()
    _, told = process.communicate(timeout=30)
    assert (process.returncode, told) == (0, "")
