"""A service that asks for a token (RFC 6750): who has it is answered, who has it not learns nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from kg.release import Release
from kg.settings import Settings
from kg.web.caching import scope

from .conftest import Serve, Server, members, start, stop
from .wire import Line, request

TOKEN = "mF_9.B5f-4.1JqM~+/=="
BEARER = f"Bearer {TOKEN}"
CHALLENGE = 'Bearer realm="kg"'
ASK = "/sparql?" + urlencode({"query": "ASK { ?s ?p ?o }"})
QUERY = {"body": b"ASK {}", "content_type": "application/sparql-query"}
PATHS = (
    *("/", ASK, "/sparql", "/graphs?default", "/queries", "/search?q=a", "/ns", "/dataset", "/releases"),
    *(
        "/ready",
        "/version",
        "/metrics",
        "/openapi.json",
        "/problems",
        "/static/kg.css",
        "/export/dataset.ttl",
    ),
    *("/no/such/path", "/health/", "/health/../ready", "//health", "/ready?/health", "/" + "x" * 5000),
)


@pytest.fixture(scope="module")
def private(release: Release) -> Iterator[Server]:
    running = start(release, token=TOKEN, max_url=4_096)
    yield running
    stop(running.process)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT"])
def test_without_the_token_nothing_is_answered(
    private: Server, release: Release, method: str, path: str
) -> None:
    answer = private.ask(path, method, accept="text/html,*/*;q=0.8")
    if answer.status == 414:  # too long to be read at all
        return
    assert answer.status == 401
    assert answer.headers["www-authenticate"] == CHALLENGE
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.media_type == "application/problem+json"
    assert release.manifest["dataset"]["title"] not in answer.text
    assert method == "HEAD" or answer.json["query_id"] == answer.headers["x-kg-query-id"]


@pytest.mark.parametrize(
    "sent", ["Bearer x", "bearer " + TOKEN[:-1], f"Bearer {TOKEN}=", "Bearer " + TOKEN.lower()]
)
def test_another_token_is_said_to_be_invalid(private: Server, sent: str) -> None:
    answer = private.ask(ASK, authorization=sent)
    assert answer.status == 401
    assert answer.headers["www-authenticate"] == CHALLENGE + ', error="invalid_token"'


def test_a_request_known_but_for_its_query_needs_its_token(private: Server) -> None:
    def ask(number: int, token: str) -> int:
        with Line(private) as line:
            return line.ask(request(f"/sparql?query=ASK%7B{number}%20?p%20?o%7D", *token.splitlines()))[0]

    given = f"Authorization: {BEARER}"
    assert [ask(number, given) for number in range(3)] == [200, 200, 200]
    assert 'kg_requests_known_total{known="way"} 2' in private.ask("/metrics", authorization=BEARER).text
    refused = ["", given + "x", "Authorization: Bearer x", "X" + given, given.replace("Bearer", "Basic")]
    assert {ask(number, token) for number, token in enumerate(refused, 3)} == {401}
    assert ask(9, given) == 200


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "Bearer",
        "Bearer ",
        TOKEN,
        f"Basic {TOKEN}",
        f"Bearer {TOKEN} x",
        f'Bearer "{TOKEN}"',
        "Bearer \xe9",
    ],
)
def test_what_is_no_token_at_all_is_asked_for_one(private: Server, sent: str) -> None:
    answer = private.ask(ASK, authorization=sent)
    assert (answer.status, answer.headers["www-authenticate"]) == (401, CHALLENGE)


def test_the_token_is_read_from_its_header_alone(private: Server) -> None:
    named = urlencode({"access_token": TOKEN, "token": TOKEN})
    form = "application/x-www-form-urlencoded"
    assert private.ask(f"{ASK}&{named}").status == 401
    assert private.ask("/sparql", "POST", f"query=ASK{{}}&{named}".encode(), content_type=form).status == 401
    assert private.ask(ASK, cookie=named, x_authorization=BEARER, proxy_authorization=BEARER).status == 401


@pytest.mark.parametrize("sent", [BEARER, f"bearer {TOKEN}", f"BEARER   {TOKEN}"])
def test_with_the_token_all_is_as_ever_but_for_shared_caches(private: Server, sent: str) -> None:
    answer = private.ask(ASK, authorization=sent)
    assert (answer.status, answer.json["boolean"]) == (200, True)
    assert private.ask("/sparql", "POST", authorization=sent, **QUERY).status == 200
    assert private.ask("/ready", authorization=sent).status == 200
    assert answer.headers["cache-control"] == "private, max-age=0"
    assert "Authorization" in answer.headers["vary"].split(", ")
    for_ever = private.ask(f"/releases/{answer.headers['x-kg-release']}{ASK}", authorization=sent)
    assert for_ever.headers["cache-control"].startswith("private, max-age=3")


def test_an_answer_in_memory_and_a_304_are_not_for_strangers(private: Server) -> None:
    tag = private.ask(ASK, authorization=BEARER).headers["etag"]
    assert private.ask(ASK, authorization=BEARER).headers["etag"] == tag
    assert private.ask(ASK).status == 401
    assert private.ask(ASK, if_none_match=tag).status == 401
    confirmed = private.ask(ASK, if_none_match=tag, authorization=BEARER)
    assert (confirmed.status, confirmed.headers["cache-control"]) == (304, "private, max-age=0")
    assert "Authorization" in confirmed.headers["vary"].split(", ")


def test_whether_it_lives_and_what_a_browser_may_ask_is_told_to_all(private: Server) -> None:
    assert private.ask("/health").json == {"status": "ok"}
    preflight = private.ask(
        "/sparql", "OPTIONS", origin="https://a.example", access_control_request_headers="authorization"
    )
    assert preflight.status == 200
    assert "Authorization" in preflight.headers["access-control-allow-headers"]
    assert "www-authenticate" not in preflight.headers


def test_the_openapi_document_asks_for_it_where_the_server_does(private: Server, server: Server) -> None:
    described = private.ask("/openapi.json", authorization=BEARER).json
    assert described["components"]["securitySchemes"] == {"token": {"type": "http", "scheme": "bearer"}}
    asked = {path for path, item in described["paths"].items() if "security" in item["get"]}
    assert set(described["paths"]) - asked == {"/health"}
    assert "401" in described["paths"]["/sparql"]["post"]["responses"]
    assert "security" not in str(server.ask("/openapi.json").json["paths"])


def test_no_name_is_made_of_the_token() -> None:
    one, other = (scope(Settings(token=token), "digest") for token in ("one", "other"))
    assert one == other != scope(Settings(), "digest")


def test_the_token_shows_nowhere(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KG_TOKEN", TOKEN)
    server = serve(a__ttl="<http://e/a> <http://e/p> 1 .")
    paths = ("/", "/metrics", "/version", "/sparql", "/openapi.json", "/ready", "/no", ASK)
    answers = [server.ask(path, authorization=BEARER) for path in paths]
    answers += [
        server.ask("/sparql?query=x&query=y", authorization=BEARER),
        server.ask(ASK, authorization="Bearer x"),
    ]
    assert [answer.status for answer in answers] == [*(200,) * 6, 404, 200, 400, 401]
    assert not [answer for answer in answers if TOKEN in f"{answer.headers} {answer.text}"]
    for pid in set(members(server.process.pid)) - {
        server.process.pid
    }:  # the executors, and their parent's forks
        if b"kg.query.executor" in (words := Path(f"/proc/{pid}/cmdline").read_bytes()):
            assert TOKEN.encode() not in Path(f"/proc/{pid}/environ").read_bytes()
        assert TOKEN.encode() not in words
    stop(server.process)
    said = capfd.readouterr()
    assert "401" in said.err
    assert TOKEN not in said.err + said.out
