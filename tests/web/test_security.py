"""Nobody gets in: paths, headers, hosts, the log, and what every answer forbids."""

from __future__ import annotations

import re

import pytest

from .conftest import Serve, Server, stop
from .wire import get, headers, raw, status

HTML = "text/html,*/*;q=0.8"

UP = (
    "../../../../etc/passwd",
    "..%2f..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "%252e%252e%252f%252e%252e%252fetc%252fpasswd",
    "..%5c..%5c..%5cetc%5cpasswd",
    "..;/..;/..;/etc/passwd",
    "%2fetc%2fpasswd",
    "/etc/passwd",
    "....//....//etc/passwd",
    "%c0%ae%c0%ae/etc/passwd",
    "..%c0%af..%c0%afetc/passwd",
    "file:///etc/passwd",
    "x%00.ttl",
    "%00",
    "x%0d%0aX-Evil:%20yes",
    "%ff",
    "..",
    ".",
    "~root",
    "x" * 3_000,
)
PLACES = (
    "/id/{}",
    "/doc/{}",
    "/doc/{}.ttl",
    "/export/{}",
    "/export/dataset.{}",
    "/graphs/{}",
    "/releases/{}",
    "/releases/{}/sparql",
    "/releases/{}/sparql?query=ASK%7B%7D",
    "/scheme/{}",
    "/scheme/role/{}",
    "/queries/{}",
    "/queries/{}.csv",
    "/static/{}",
    "/ns/{}",
    "/{}",
    "/.well-known/{}",
    "/graphs?graph={}",
    "/queries/who-must-act?body={}",
)


@pytest.mark.parametrize("place", PLACES)
def test_no_path_leads_out(server: Server, place: str) -> None:
    for up in UP:
        target = place.replace("{}", up)
        reply = get(server, target)
        assert status(reply) in (303, 308, 400, 404, 406) or not up.strip("./"), target
        assert b"root:" not in reply
        told = dict(headers(reply))
        assert b"X-Evil" not in told
        assert re.match(rb"/(?!/)|http://x/", told.get(b"Location", b"/")), target


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example/ns",
        "//evil.example/id/person/x",
        "/id//evil.example",
        "/\\evil.example",
        "/%5Cevil.example/",
    ],
)
def test_nobody_is_sent_to_another_site(server: Server, target: str) -> None:
    reply = get(server, target)
    assert re.match(rb"/(?![/\\])|http://x/", dict(headers(reply)).get(b"Location", b"/"))


BREAKS = (
    "%0d%0aX-Evil:%20yes",
    "%0aX-Evil:yes",
    "%0d",
    "%00",
    "%c2%85X-Evil:yes",
    "%e2%80%a8X-Evil:yes",
    "%c4%8d%c4%8aX-Evil:yes",
)
INTO = (
    "/sparql?query=ASK%7B%7D&format=json{}",
    "/sparql?query=ASK%7B%7D%23{}",
    "/sparql?query=ASK%7B%7D&default-graph-uri=a:{}",
    "/sparql?query=SELECT*%7B?x%20%3Chttp://e/{}%3E%201%7D",
    "/graphs?graph=a:{}",
    "/id/person/x{}",
    "/doc/person/x.ttl{}",
    "/sparql?query=ASK%7B%7D&timeout=1{}",
    "/search?q={}",
    "/queries/who-must-act?body={}",
    "/{}",
    "/releases/{}",
    "/export/dataset.ttl{}",
    "/sparql?query=SELECT*%7B?x%20%3Chttp://e/%5Cu000d%5Cu000aX-Evil%3E%201%7D{}",
)


@pytest.mark.parametrize("place", INTO)
def test_no_parameter_begins_a_header_of_its_own(server: Server, place: str) -> None:
    for broken in BREAKS:
        reply = get(server, place.replace("{}", broken))
        head = reply.partition(b"\r\n\r\n")[0]
        assert status(reply) < 500
        assert not re.search(rb"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|(?<!\r)\n", head)
        assert b"X-Evil" not in dict(headers(reply))


HOSTS = (
    b"",
    b"a b",
    b"a/b",
    b"a@b",
    b'a"><script>',
    b"a\\b",
    b"\xe9",
    b"[::1",
    b"x:y",
    b"x:999999",
    b"a,b",
    b"a%0d",
)


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("target", ["/sparql", "/id/person/x", "/health", "/sparql?query=ASK%7B"])
def test_a_host_that_is_none_is_refused_and_not_repeated(server: Server, host: bytes, target: str) -> None:
    reply = raw(server, f"GET {target} HTTP/1.1\r\nHost: ".encode() + host + b"\r\nConnection: close\r\n\r\n")
    assert status(reply) == 400
    assert b"script" not in reply
    nameless = raw(server, f"GET {target} HTTP/1.1\r\nConnection: close\r\n\r\n".encode())
    assert status(nameless) == 400


def test_an_answer_for_one_host_is_not_given_to_another(server: Server) -> None:
    """What a proxy says of the address is in the name of an answer: no cache here is poisoned by it."""
    for extra in (
        {},
        {"x_forwarded_host": "evil.example"},
        {"forwarded": "host=evil.example"},
        {"x_host": "evil.example"},
        {"x_original_url": "/evil.example"},
        {"x_forwarded_prefix": "/evil.example"},
        {"x_forwarded_port": "666"},
    ):
        for _ in range(2):
            assert "evil.example" not in server.ask("/sparql", accept="text/turtle", **extra).text
            assert "666" not in server.ask("/openapi.json", **extra).json["servers"][0]["url"]
    for host in ("one.example", "two.example", "one.example"):
        assert server.ask("/openapi.json", host=host).json["servers"] == [{"url": f"http://{host}"}]
    secure = server.ask("/openapi.json", x_forwarded_proto="https").json
    assert secure["servers"][0]["url"].startswith("https://")
    assert server.ask("/openapi.json").json["servers"][0]["url"].startswith("http://")


@pytest.mark.parametrize(
    "header", ["SCRIPT_NAME: /x", "PATH_INFO: /health", "REMOTE_USER: root", "Content_Length: 5"]
)
def test_no_header_is_taken_for_the_servers_own_word(server: Server, header: str) -> None:
    assert status(get(server, "/x/health", header)) == 404
    assert status(get(server, "/health", header)) == 200


def test_nobody_writes_a_line_of_the_log(serve: Serve, capfd: pytest.CaptureFixture[str]) -> None:
    server = serve(a__ttl="<http://e/a> <http://e/p> 1 .")
    for method, target in (
        ("GET", "/x%0a2026-01-01T00:00:00Z%20forged"),
        ("GET", "/x%0d%0aforged"),
        ("GET", "/%1b[31mforged"),
        ("GET", "/%e2%80%a8forged"),
        ("FORGED\x22", "/"),
        ("GET", "/?q=%0aforged"),
        ("X-FORGED", "/"),
    ):
        head = f"{method} {target} HTTP/1.1\r\nHost: x\r\nUser-Agent: forged\r\nConnection: close\r\n\r\n"
        raw(server, head.encode())
    large = b"query=ASK{}%23" + b"\nforged" * 20_000 + b"%ff"
    assert (
        server.ask("/sparql", "POST", large, content_type="application/x-www-form-urlencoded").status == 400
    )
    stop(server.process)
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 8  # also for one that is no method, and never becomes a request
    assert all(
        re.match(
            r"\d{4}-\d\d-\d\dT[\d:.]+Z 127\.0\.0\.1 \S+ \"[^\x00-\x1f\x7f-\uffff]*\" 4\d\d |.* 200 ", line
        )
        for line in lines
    )


EVERYWHERE = (
    ("GET", "/", 200),
    ("GET", "/sparql", 200),
    ("GET", "/sparql?query=ASK%7B%7D", 200),
    ("HEAD", "/sparql?query=ASK%7B%7D", 200),
    ("OPTIONS", "/sparql", 200),
    ("GET", "/static/kg.css", 200),
    ("GET", "/static/no", 404),
    ("GET", "/no/such", 404),
    ("PUT", "/sparql", 405),
    ("TRACE", "/", 405),
    ("GET", "/sparql?query=", 400),
    ("GET", "/sparql?update=x", 403),
    ("GET", "/health", 200),
    ("GET", "/metrics", 200),
    ("GET", "/openapi.json", 200),
    ("GET", "/queries", 200),
    ("GET", "/export/dataset.nt", 200),
    ("POST", "/sparql", 415),
    ("GET", "/" + "x" * 5_000, 414),
    ("GET", "/id//x", 308),
    ("get", "/", 400),
)


@pytest.mark.parametrize(("method", "target", "expected"), EVERYWHERE)
@pytest.mark.parametrize("accept", ["*/*", HTML, "nonsense/*;q=1"])
def test_every_answer_forbids_what_a_page_does_not_need(
    server: Server, method: str, target: str, expected: int, accept: str
) -> None:
    answer = server.ask(target, method, accept=accept, origin="https://a.example", cookie="a=b")
    assert answer.status in (expected, 406)
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert set(policy) == {
        "default-src",
        "style-src",
        "img-src",
        "form-action",
        "base-uri",
        "frame-ancestors",
    }
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"]
    assert answer.headers["access-control-allow-origin"] == "*"
    assert not {"set-cookie", "access-control-allow-credentials", "x-powered-by"} & set(answer.headers)
    assert "python" not in answer.headers.get("server", "").lower()


def test_a_304_carries_it_too(server: Server) -> None:
    tag = server.ask("/ns")
    answer = server.ask("/ns", if_none_match=tag.headers["etag"])
    assert answer.status == 304
    assert answer.headers["content-security-policy"] == tag.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
