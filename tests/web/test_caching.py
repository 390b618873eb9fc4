"""ETag, If-None-Match, Cache-Control, and answers out of memory."""

from __future__ import annotations

import gzip
import threading
from urllib.parse import quote, urlencode

import pytest

from .conftest import Server

pytestmark = pytest.mark.alone

HTML = "text/html,*/*;q=0.8"
CACHEABLE = [
    ("/", HTML),
    ("/sparql?query=ASK%7B%7D", "*/*"),
    ("/sparql?query=ASK%7B%7D&format=xml", "*/*"),
    ("/sparql?query=ASK%7B%7D", HTML),
    ("/sparql", "text/turtle"),
    ("/queries", "*/*"),
    ("/queries/who-was-in-the-room", HTML),
    ("/queries/who-was-in-the-room.csv", "*/*"),
    ("/doc/person/ilham-aliyev", HTML),
    ("/doc/person/ilham-aliyev.ttl", "*/*"),
    ("/ns", HTML),
    ("/ns", "text/turtle"),
    ("/scheme/role", HTML),
    ("/context.jsonld", "*/*"),
    ("/export/dataset.nt", "*/*"),
    ("/problems", HTML),
]
OF_THE_MOMENT = ["/health", "/ready", "/version", "/metrics"]
VOLATILE = [
    "SELECT (NOW() AS ?t) {}",
    "CONSTRUCT { [] ?p ?o } { ?s ?p ?o } LIMIT 1",
    "SELECT (RAND() AS ?t) {}",
]


@pytest.mark.parametrize(("path", "accept"), CACHEABLE)
def test_a_cacheable_answer_has_an_etag_and_is_confirmed_by_304(server: Server, path: str, accept: str):
    first = server.ask(path, accept=accept)
    tag = first.headers["etag"]
    assert first.status == 200
    assert tag.startswith('"')
    assert "public" in first.headers["cache-control"]
    for condition in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        for method in ("GET", "HEAD"):
            again = server.ask(path, method, accept=accept, if_none_match=condition)
            assert (again.status, again.body) == (304, b"")
            assert again.headers["etag"] == tag
            assert again.headers["cache-control"] == first.headers["cache-control"]
            assert again.headers["vary"] == first.headers["vary"]
            assert again.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(("path", "accept"), CACHEABLE)
def test_a_repeated_answer_is_the_same_byte_for_byte(server: Server, path: str, accept: str):
    answers = [server.ask(path, accept=accept) for _ in range(3)]
    assert len({answer.body for answer in answers}) == 1
    for name in ("content-type", "etag", "vary", "x-kg-release", "link", "content-disposition"):
        assert len({answer.headers.get(name) for answer in answers}) == 1
    assert len({answer.headers["x-kg-query-id"] for answer in answers}) == 3


@pytest.mark.parametrize(("path", "accept"), CACHEABLE)
def test_head_has_the_etag_of_get(server: Server, path: str, accept: str):
    get = server.ask(path, accept=accept)
    head = server.ask(path, "HEAD", accept=accept)
    assert (head.status, head.body, head.headers["etag"]) == (200, b"", get.headers["etag"])
    assert head.headers["content-type"] == get.headers["content-type"]


def test_each_representation_has_an_etag_of_its_own(server: Server):
    target = "/sparql?" + urlencode({"query": "SELECT * { ?s a ?t } LIMIT 3"})
    tags = {server.ask(target, accept=accept).headers["etag"] for accept in ("text/csv", "*/*", HTML)}
    tags |= {server.ask(f"{target}&format={name}").headers["etag"] for name in ("csv", "json", "xml", "tsv")}
    assert len(tags) == 7


def test_the_etag_of_another_representation_confirms_nothing(server: Server):
    target = "/sparql?" + urlencode({"query": "ASK {}"})
    tag = server.ask(target, accept="text/csv").headers["etag"]
    answer = server.ask(target, accept="application/sparql-results+json", if_none_match=tag)
    assert (answer.status, answer.media_type) == (200, "application/sparql-results+json")


@pytest.mark.parametrize("path", OF_THE_MOMENT)
def test_what_is_of_the_moment_is_not_stored(server: Server, path: str):
    answer = server.ask(path)
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers


@pytest.mark.parametrize("text", VOLATILE)
@pytest.mark.parametrize("accept", ["*/*", HTML])
def test_an_answer_that_differs_each_time_is_not_stored(server: Server, text: str, accept: str):
    answers = [server.query(text, accept=accept) for _ in range(2)]
    assert all(answer.status == 200 for answer in answers)
    assert all(answer.headers["cache-control"] == "no-store" for answer in answers)
    assert "etag" not in answers[0].headers
    assert accept == HTML or answers[0].body != answers[1].body


@pytest.mark.parametrize(
    "path", ["/doc/person/nobody", "/sparql?query=nonsense", "/queries/nothing", "/nowhere"]
)
def test_an_error_is_not_stored(server: Server, path: str):
    for _ in range(2):
        answer = server.ask(path)
        assert answer.headers["cache-control"] == "no-store"
        assert "etag" not in answer.headers
    assert len({server.ask(path).json["query_id"] for _ in range(3)}) == 3


def test_a_posted_query_is_not_stored_and_answered_like_one_by_get(server: Server):
    text = "SELECT ?s { ?s a <https://w3id.org/pac/ns#Event> } ORDER BY ?s"
    by_get = server.query(text)
    body = f"query={quote(text)}".encode()
    for _ in range(2):
        answer = server.ask("/sparql", "POST", body, content_type="application/x-www-form-urlencoded")
        assert answer.body == by_get.body
        assert answer.headers["cache-control"] == "no-store"
        assert "etag" not in answer.headers


def test_hosts_do_not_share_what_is_kept(server: Server):
    for host in ("one.example", "two.example"):
        assert host in server.ask("/sparql", accept="text/turtle", host=host).text


def test_many_who_ask_the_same_at_once_get_the_same(server: Server):
    text = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d a <https://w3id.org/pac/ns#Event> } # at once"
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.append(server.query(text).body)) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 10
    assert len(set(found)) == 1


def test_a_packed_answer_is_kept_packed_under_an_etag_of_its_own(server: Server):
    plain = server.ask("/ns", accept=HTML)
    packed = [server.ask("/ns", accept=HTML, accept_encoding="gzip") for _ in range(2)]
    assert gzip.decompress(packed[0].body) == plain.body
    assert packed[0].body == packed[1].body
    tag = packed[0].headers["etag"]
    assert tag.startswith('"')
    assert tag != plain.headers["etag"]
    assert server.ask("/ns", accept=HTML, accept_encoding="gzip", if_none_match=tag).status == 304


@pytest.mark.parametrize("path", ["/releases", "/releases/current", "/dataset"])
def test_what_depends_on_the_releases_that_are_kept_is_not_stored(server: Server, path: str):
    assert server.ask(path).headers["cache-control"] == "no-store"
