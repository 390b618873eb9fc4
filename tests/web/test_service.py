"""What holds for every answer, the dumps, the operators' paths, and the process itself."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys

import pytest
from rdflib import Dataset, Graph

from .conftest import LAUNCHER, members, start, stop

EVERYWHERE = [
    "/",
    "/sparql",
    "/sparql?query=ASK%7B%7D",
    "/sparql?query=nonsense",
    "/queries",
    "/queries/who-was-in-the-room",
    "/queries/nothing",
    "/id/person/ilham-aliyev",
    "/doc/person/ilham-aliyev",
    "/doc/person/nobody",
    "/ns",
    "/scheme/role",
    "/export/dataset.nt",
    "/export/dataset.docx",
    "/health",
    "/ready",
    "/version",
    "/problems",
    "/graphs?default",
    "/graphs?graph=urn:nowhere",
    "/releases",
    "/releases/current",
    "/releases/current/sparql",
    "/releases/current/sparql?query=ASK%7B%7D",
    "/dataset",
    "/.well-known/void",
    "/search?q=aliyev",
    "/openapi.json",
    "/static/kg.css",
    "/nowhere",
]
DUMPS = {
    "ttl": ("text/turtle", "turtle", Graph),
    "nt": ("application/n-triples", "nt", Graph),
    "rdf": ("application/rdf+xml", "xml", Graph),
    "trig": ("application/trig", "trig", Dataset),
    "nq": ("application/n-quads", "nquads", Dataset),
    "jsonld": ("application/ld+json", "json-ld", Dataset),
}


@pytest.mark.parametrize("path", EVERYWHERE)
def test_every_answer_carries_cors_release_and_vary(server, release, path):
    for accept in ("*/*", "text/html"):
        headers = server.ask(path, accept=accept).headers
        assert headers["access-control-allow-origin"] == "*"
        assert headers["x-kg-release"] == release.digest
        assert "Accept" in headers["vary"]
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", EVERYWHERE)
def test_the_policy_lets_no_script_and_no_inline_style_run(server, path):
    policy = server.ask(path, accept="text/html").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "script-src" not in policy


@pytest.mark.parametrize("path", EVERYWHERE)
def test_head_answers_like_get_without_a_body(server, path):
    get, head = server.ask(path), server.ask(path, "HEAD")
    assert head.status == get.status
    assert head.body == b""
    assert head.headers.get("content-type") == get.headers.get("content-type")


@pytest.mark.parametrize("path", [p for p in EVERYWHERE if p != "/nowhere"])
def test_options_says_what_is_allowed(server, path):
    answer = server.ask(path, "OPTIONS", origin="https://elsewhere.example")
    assert answer.status == 200
    assert {"GET", "HEAD", "OPTIONS"} <= set(answer.headers["allow"].split(", "))
    assert answer.headers["access-control-allow-methods"]


@pytest.mark.parametrize(("path", "method"), [("/queries", "POST"), ("/sparql", "PUT"), ("/", "DELETE")])
def test_another_method_is_405_with_allow(server, path, method):
    answer = server.ask(path, method)
    assert answer.status == 405
    assert "GET" in answer.headers["allow"]


FIXED = {
    "/": "text/html",
    "/problems": "text/html",
    "/queries": "application/json",
    "/health": "application/json",
    "/ready": "application/json",
    "/version": "application/json",
    "/export/dataset.nt": "application/n-triples",
}


@pytest.mark.parametrize(("path", "media_type"), FIXED.items())
def test_an_accept_that_fits_nothing_is_406_listing_what_there_is(server, path, media_type):
    for accept in ("image/png", "image/*", f"{media_type};q=0, application/zip"):
        answer = server.ask(path, accept=accept)
        assert (answer.status, answer.media_type) == (406, "application/problem+json")
        assert answer.json["hint"].startswith("available: ")
        assert media_type in answer.json["hint"]


@pytest.mark.parametrize(("path", "media_type"), FIXED.items())
def test_a_wildcard_or_no_accept_gets_the_default(server, path, media_type):
    for headers in ({}, {"accept": "*/*"}, {"accept": "image/png, */*;q=0.1"}, {"accept": media_type}):
        answer = server.ask(path, **headers)
        assert (answer.status, answer.media_type) == (200, media_type)


def test_an_error_is_a_problem_document(server):
    answer = server.ask("/doc/person/nobody", accept="*/*")
    assert answer.media_type == "application/problem+json"
    assert answer.json["status"] == 404
    assert {"type", "title", "detail"} <= set(answer.json)


def test_an_error_is_a_page_for_who_prefers_html(server):
    answer = server.ask("/doc/person/nobody", accept="text/html,*/*;q=0.8")
    assert (answer.status, answer.media_type) == (404, "text/html")
    assert "<h1>" in answer.text


def test_the_problem_types_are_explained(server):
    assert 'id="deadline-passed"' in server.ask("/problems").text


def test_a_broken_request_is_a_problem_document_too(server, release):
    answer = server.ask("/", **{"X_Broken": "a\x00b"})
    assert answer.status == 400
    assert answer.media_type == "application/problem+json"
    assert answer.headers["x-kg-release"] == release.digest


@pytest.mark.parametrize("path", ["/", "/queries", "/sparql", "/ns", "/scheme/role", "/problems"])
def test_pages_ask_nothing_of_other_hosts_and_have_no_script(server, path):
    page = server.ask(path, accept="text/html").text
    assert "<script" not in page
    assert "style=" not in page
    assert 'src="http' not in page
    assert 'rel="stylesheet" href="/static/' in page


def test_home_shows_numbers_questions_examples_and_downloads(server):
    page = server.ask("/", accept="text/html").text
    for expected in ("<dt>Events</dt>", "/queries/who-was-in-the-room", "/doc/event/", "/export/dataset.ttl"):
        assert expected in page


@pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib")
@pytest.mark.parametrize("extension", DUMPS)
def test_the_dump_comes_in_every_format(server, extension):
    media_type, parser, kind = DUMPS[extension]
    answer = server.ask(f"/export/dataset.{extension}")
    assert (answer.status, answer.media_type) == (200, media_type)
    assert extension in answer.headers["content-disposition"]
    assert len(kind().parse(data=answer.body, format=parser)) > 0


def test_a_dump_comes_packed_as_well(server):
    packed = server.ask("/export/dataset.nt.gz", accept_encoding="gzip")
    assert packed.media_type == "application/gzip"
    assert "content-encoding" not in packed.headers
    assert gzip.decompress(packed.body) == server.ask("/export/dataset.nt").body


def test_an_unknown_dump_is_404(server):
    assert server.ask("/export/dataset.docx").status == 404


def test_health_ready_and_version(server, release):
    assert server.ask("/health").json == {"status": "ok"}
    assert server.ask("/ready").json["release"] == release.digest
    assert {"kg", "pyoxigraph", "release"} <= set(server.ask("/version").json)


def test_the_server_says_what_it_serves_and_where(server, release):
    name = release.manifest["dataset"]["name"]
    expected = f"kg: serving {name} release {release.digest[:12]} on http://127.0.0.1:{server.port}"
    assert server.line == expected


def test_a_taken_port_is_a_fault_of_the_environment_with_a_remedy(server, release):
    settings = json.dumps({"port": server.port})
    done = subprocess.run(
        [sys.executable, str(LAUNCHER), str(release.path), settings],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode != 0
    assert "EnvironmentFault" in done.stderr
    assert str(server.port) in done.stderr


def test_sigterm_ends_the_server_and_every_process_of_it(release):
    running = start(release)
    running.query("ASK {}")
    group = running.process.pid
    assert stop(running.process) == 0
    assert members(group) == {}
