"""deploy/nginx.conf, run by a real nginx before a real server; ports, paths and certificate are put in."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest
from tests.conftest import ROOT

from kg.release import Release, Releases

from .conftest import Answer, Server, start, stop
from .test_executors import eventually

pytestmark = pytest.mark.alone

NAME = "graph.example.org"
ORIGIN = f"https://{NAME}"
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
PAIRS = "SELECT * { ?a ?b ?c . ?d ?e ?f }"
MAIN = """
daemon off;
user root root;
pid {folder}/pid;
error_log {folder}/errors;
events {{ worker_connections 256; }}
http {{
    gzip on;
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/other;
    uwsgi_temp_path {folder}/other;
    scgi_temp_path {folder}/other;
    include {folder}/kg.conf;
}}
"""


@dataclass(frozen=True)
class Proxy:
    """An nginx at work, with a certificate that its clients trust."""

    process: subprocess.Popen[bytes]
    folder: Path
    port: int
    plain: int

    def connect(self) -> ssl.SSLSocket:
        """A connection by TLS, as to the public name."""
        trust = ssl.create_default_context(cafile=str(self.folder / "fullchain.pem"))
        return trust.wrap_socket(
            socket.create_connection(("127.0.0.1", self.port), timeout=60), server_hostname=NAME
        )

    def ask(self, target: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
        """One request on a connection of its own."""
        connection = http.client.HTTPConnection(NAME)
        connection.sock = self.connect()
        with contextlib.closing(connection):
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, target, body, named)
            with connection.getresponse() as response:
                found = {name.lower(): value for name, value in response.getheaders()}
                return Answer(response.status, found, response.read())

    def curl(self, target: str, *options: str) -> subprocess.CompletedProcess[str]:
        """Curl's answer, which it reads by the name's own port."""
        known = [
            "--connect-to",
            f"{NAME}:443:127.0.0.1:{self.port}",
            "--cacert",
            self.folder / "fullchain.pem",
        ]
        command = ["curl", "--silent", "--show-error", *known, *options, ORIGIN + target]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def free() -> int:
    """A port that nobody has at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        return int(bound.getsockname()[1])


@contextlib.contextmanager
def nginx(folder: Path, upstream: int) -> Iterator[Proxy]:
    """The configuration of deploy/, before a server on this port."""
    program = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if program is None:
        pytest.fail("this test needs nginx: apt-get install nginx")
    port, plain = free(), free()
    text = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    for pattern, here in {
        r"127\.0\.0\.1:8000": f"127.0.0.1:{upstream}",
        r"listen 443": f"listen 127.0.0.1:{port}",
        r"listen 80": f"listen 127.0.0.1:{plain}",
        rf"/etc/letsencrypt/live/{re.escape(NAME)}": str(folder),
        r"/var/cache/nginx-kg": str(folder / "cache"),
    }.items():
        text, found = re.subn(pattern, here, text)
        assert found, pattern
    (folder / "kg.conf").write_text(text, encoding="utf-8")
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder), encoding="utf-8")
    certify(folder)
    process = subprocess.Popen([program, "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "errors"])
    try:
        assert eventually(lambda: process.poll() is not None or (folder / "pid").exists())
        assert process.poll() is None, (folder / "errors").read_text()
        yield Proxy(process, folder, port, plain)
    finally:
        process.terminate()
        process.wait(30)


def certify(folder: Path) -> None:
    """A certificate for the name, which vouches for itself."""
    files = ["-keyout", folder / "privkey.pem", "-out", folder / "fullchain.pem"]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    names = ["-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"]
    command = ["openssl", "req", "-x509", *key, *names, *files]
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture(scope="module")
def server(two: tuple[Releases, Release, Release]) -> Iterator[Server]:
    """A server with a limit of rows that lies past the first MiB."""
    releases, first, _ = two
    releases.switch(first.digest)
    running = start(first, max_rows=20_000)
    yield running
    stop(running.process)


@pytest.fixture(scope="module")
def proxy(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with nginx(tmp_path_factory.mktemp("nginx"), server.port) as running:
        yield running


@pytest.fixture(autouse=True)
def unhurried() -> None:
    """One address may ask 20 times a second: no test is to suffer from the one before."""
    time.sleep(0.1)


def sparql(text: str, **more: str) -> str:
    return "/sparql?" + urlencode({"query": text, **more})


def test_every_address_that_is_told_is_the_public_one(proxy: Proxy, server: Server):
    description = proxy.ask("/sparql", accept="text/turtle").text
    assert f"<{ORIGIN}/sparql>" in description
    for path in ("/openapi.json", "/dataset", "/.well-known/void", "/sparql", "/releases"):
        said = proxy.ask(path).text
        assert ORIGIN in said
        assert not re.search(rf"http://{NAME}|127\.0\.0\.1|:{server.port}|:{proxy.port}", said), path
    problem = proxy.ask("/sparql?query=nonsense")
    assert problem.json["type"].startswith(f"{ORIGIN}/problems#")
    iri = proxy.ask(sparql("SELECT (IRI('x') AS ?x) {}")).json["results"]["bindings"][0]["x"]["value"]
    assert iri == f"{ORIGIN}/x"


def test_redirections_and_permalinks_can_be_followed(proxy: Proxy):
    see = proxy.ask("/id/person/ilham-aliyev")
    assert see.status == 303
    assert see.headers["location"] in ("/doc/person/ilham-aliyev", f"{ORIGIN}/doc/person/ilham-aliyev")
    answer = proxy.ask(sparql("ASK { ?s ?p ?o }"))
    link = re.fullmatch(r'<([^>]+)>; rel="bookmark"', answer.headers["link"])
    assert link is not None
    again = proxy.ask(link[1].removeprefix(ORIGIN))
    assert (again.status, again.body) == (200, answer.body)


def test_a_name_that_a_client_makes_up_is_told_to_nobody(proxy: Proxy):
    said = proxy.ask("/sparql", accept="text/turtle", host="evil.example", x_forwarded_proto="http")
    assert "evil.example" not in said.text
    assert ORIGIN in said.text


def test_plain_http_is_led_to_tls_with_its_method_and_query(proxy: Proxy):
    connection = http.client.HTTPConnection("127.0.0.1", proxy.plain, timeout=60)
    with contextlib.closing(connection):
        connection.request("POST", "/sparql?a=%20b", b"query=ASK{}")
        with connection.getresponse() as response:
            assert response.status == 308
            assert response.headers["location"] == f"{ORIGIN}/sparql?a=%20b"


def test_a_cached_answer_is_the_variant_that_was_asked_for(proxy: Proxy):
    target = sparql("SELECT ?s { ?s ?p ?o } LIMIT 100 # variants")
    wishes = [
        {"accept": kind, "accept_encoding": coding}
        for kind in ("text/csv", "application/sparql-results+json")
        for coding in ("gzip", "identity")
    ]
    first = [proxy.ask(target, **wish) for wish in wishes]
    again = [proxy.ask(target, **wish) for wish in wishes]
    assert [a.headers["x-cache"] for a in first] == ["MISS"] * 4
    assert [a.headers["x-cache"] for a in again] == ["HIT"] * 4
    for wish, before, after in zip(wishes, first, again, strict=True):
        assert after.media_type == wish["accept"]
        assert after.headers.get("content-encoding", "identity") == wish["accept_encoding"]
        assert after.headers["vary"] == "Accept, Accept-Encoding"
        assert (after.body, after.headers["etag"]) == (before.body, before.headers["etag"])
        assert not after.headers["etag"].startswith("W/")
        assert after.headers["strict-transport-security"]


def test_head_is_answered_out_of_the_cache_without_a_body(proxy: Proxy):
    target = sparql("ASK { ?s ?p ?o } # head")
    whole = proxy.ask(target)
    head = proxy.ask(target, "HEAD")
    assert (head.status, head.headers["x-cache"], head.body) == (200, "HIT", b"")
    assert head.headers["content-length"] == str(len(whole.body))


def test_a_client_that_has_the_answer_is_told_304(proxy: Proxy):
    target = sparql("ASK { ?s ?p ?o } # known")
    tag = proxy.ask(target).headers["etag"]
    for _ in range(2):
        answer = proxy.ask(target, if_none_match=tag)
        assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", tag)


@pytest.mark.parametrize("text", ["SELECT (RAND() AS ?r) {}", "SELECT (NOW() AS ?n) {}"])
def test_what_differs_each_time_and_what_failed_is_not_cached(proxy: Proxy, text: str):
    for target in (sparql(text), sparql(text + " nonsense"), "/doc/person/nobody"):
        assert {proxy.ask(target).headers["x-cache"] for _ in range(2)} == {"MISS"}
    assert proxy.ask(sparql(text)).body != proxy.ask(sparql(text)).body


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
def test_an_answer_that_is_cut_is_an_error_to_its_client_each_time(proxy: Proxy, version: str):
    asked = (version, "--output", "/dev/null", "--write-out", "%{http_code}")
    for _ in range(2):
        found = proxy.curl(sparql(PAIRS, format="csv"), *asked)
        assert found.stdout == "200"
        assert found.returncode in (18, 56, 92), (
            found.stderr
        )  # part of a file; no end; broken stream of HTTP/2


def test_http_2_and_compression_are_spoken(proxy: Proxy):
    asked = ("--http2", "--compressed", "--write-out", "%{stderr}%{http_version} %header{content-encoding}")
    found = proxy.curl(sparql("SELECT ?s { ?s ?p ?o } LIMIT 200", format="csv"), *asked)
    assert found.stderr in ("2 br", "2 gzip")  # as curl was built
    assert len(found.stdout.splitlines()) == 201


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
@pytest.mark.parametrize("size", [1_500, 3_000, 7_900, 15_000, 30_000, 65_000])
def test_a_url_as_long_as_kg_takes_it_goes_through(proxy: Proxy, tmp_path: Path, size: int, version: str):
    target = sparql("ASK { ?s ?p ?o } #" + "x" * size)
    settings = tmp_path / "curl"
    settings.write_text(f'url = "{ORIGIN}{target}"\n')
    found = proxy.curl("/version", version, "--config", str(settings), "--write-out", "%{http_code}")
    assert '"boolean":true' in found.stdout
    assert found.stdout.count("200") == 2


def test_one_longer_than_kg_takes_is_414_in_words_of_kg(proxy: Proxy):
    for size in (66_000, 80_000):
        answer = proxy.ask("/sparql?query=" + "x" * size)
        assert (answer.status, answer.media_type) == (414, "application/problem+json")
        assert "POST the query" in answer.json["detail"]
        assert answer.headers["access-control-allow-origin"] == "*"


def test_a_body_of_a_mebibyte_goes_through_and_a_longer_one_is_413(proxy: Proxy):
    text = b"ASK { ?s ?p ?o } #"
    whole = text + b"x" * (1_048_576 - len(text))
    kind = "application/sparql-query"
    assert proxy.ask("/sparql", "POST", whole, content_type=kind).json["boolean"] is True
    answer = proxy.ask("/sparql", "POST", whole + b"x", content_type=kind)
    assert (answer.status, answer.media_type) == (413, "application/problem+json")
    assert answer.headers["access-control-allow-origin"] == "*"


def test_a_preflight_and_a_form_of_another_origin_are_answered(proxy: Proxy):
    before = proxy.ask("/sparql", "OPTIONS", origin="https://a.example", access_control_request_method="POST")
    assert before.headers["access-control-allow-origin"] == "*"
    form = urlencode({"query": "ASK { ?s ?p ?o }"}).encode()
    answer = proxy.ask("/sparql", "POST", form, content_type="application/x-www-form-urlencoded")
    assert answer.json["boolean"] is True


@pytest.mark.parametrize(
    "path", ["/metrics", "//metrics", "/./metrics", "/%6detrics", "/metrics?x", "/a/../metrics"]
)
def test_the_numbers_are_for_the_house_alone(proxy: Proxy, path: str):
    answer = proxy.ask(path)
    assert (answer.status, answer.json["status"]) == (403, 403)


@pytest.mark.parametrize("path", ["/metrics//x", "/METRICS", "/metrics;a", "/metrics%20", "/metrics%00"])
def test_no_other_spelling_of_their_address_is_answered(proxy: Proxy, path: str):
    assert "kg_requests" not in proxy.ask(path).text


def test_the_errors_of_kg_pass_as_they_are(proxy: Proxy, server: Server):
    for target, status in [
        (sparql(ENDLESS, timeout="0.3"), 504),
        (sparql(PAIRS.replace("*", "(1 AS ?n)"), format="csv"), 507),
        (sparql("SELECT * { ?s a x:y }"), 400),
        ("/doc/person/nobody", 404),
    ]:
        through, direct = proxy.ask(target), server.ask(target)
        assert (through.status, direct.status) == (status, status)
        assert through.media_type == "application/problem+json"
        assert through.json["title"] == direct.json["title"]
        assert through.headers["x-kg-query-id"] == through.json["query_id"]
        assert through.headers["cache-control"] == "no-store"


def test_a_429_of_kg_passes_as_it_is(proxy: Proxy, server: Server):
    with contextlib.ExitStack() as clients:
        for name in (
            "?x",
            "?y",
            "?z",
        ):  # one more than there are slots: kg may still be asking a canned query
            client = clients.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            target = sparql(ENDLESS.replace("?n", name))
            client.sendall(f"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        assert eventually(lambda: 'kg_executors{state="busy"} 2' in server.ask("/metrics").text)
        time.sleep(1)
        # Unlike those, so that it may be small, and of no memory.
        answer = proxy.ask(sparql(ENDLESS.replace("COUNT(*)", "SUM(?c)")))
    assert answer.status == 429
    assert answer.headers["retry-after"]
    assert answer.headers["x-kg-query-id"] == answer.json["query_id"]


def test_what_cannot_be_read_is_refused_by_nginx_in_words_of_kg(proxy: Proxy):
    with proxy.connect() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n")
        said = b"".join(iter(lambda: connection.recv(65_536), b"")).decode()
    assert said.startswith("HTTP/1.1 400 ")
    assert "application/problem+json" in said
    assert '"status": 400' in said
    answer = proxy.ask("/health", x="y" * 80_000)
    assert (answer.status, answer.json["status"]) == (431, 431)


def test_a_server_that_is_down_is_a_502_with_cors_and_what_is_cached_is_served_on(
    proxy: Proxy, release: Release, tmp_path: Path
):
    running = start(release)
    with nginx(tmp_path, running.port) as before:
        known = before.ask(sparql("ASK {}"))
        stop(running.process)
        assert before.ask(sparql("ASK {}")).body == known.body
        answer = before.ask("/health")
    assert (answer.status, answer.media_type) == (502, "application/problem+json")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["retry-after"] == "10"


def test_a_slow_reader_waits_at_nginx_and_leaves_the_executor_to_others(proxy: Proxy, server: Server):
    target = sparql(PAIRS + " LIMIT 20000", format="json")
    with proxy.connect() as connection:
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n".encode())
        head = connection.recv(100)
        assert eventually(lambda: 'kg_executors{state="busy"} 0' in server.ask("/metrics").text)
        body = head + b"".join(iter(lambda: connection.recv(1 << 20), b""))
    assert body.endswith(b"\r\n0\r\n\r\n")
    assert len(body) > 10_000_000


def test_a_release_that_becomes_current_shows_soon_and_no_request_fails(
    proxy: Proxy, two: tuple[Releases, Release, Release]
):
    releases, _, second = two
    target = sparql("ASK { ?s ?p ?o } # switch")
    proxy.ask(target)
    releases.switch(second.digest)
    answers = []
    begun = time.monotonic()
    while time.monotonic() < begun + 30:
        answers.append(proxy.ask(target))
        if answers[-1].headers["x-kg-release"] == second.digest:
            break
        time.sleep(0.2)
    assert {answer.status for answer in answers} == {200}
    assert answers[-1].headers["x-kg-release"] == second.digest
    assert {answer.headers["x-cache"] for answer in answers} >= {"HIT"}


def test_an_address_that_asks_too_often_is_told_to_slow_down(proxy: Proxy):
    answers: list[Answer] = []
    threads = [
        threading.Thread(target=lambda: answers.extend(proxy.ask("/health") for _ in range(12)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status for answer in answers} == {200, 429}
    refused = next(answer for answer in answers if answer.status == 429)
    assert refused.json["status"] == 429
    assert refused.headers["retry-after"] == "1"
    assert refused.headers["access-control-allow-origin"] == "*"
