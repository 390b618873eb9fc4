"""Whatever is asked of the paths that /openapi.json describes is answered as it says there."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import xml.etree.ElementTree as ElementTree
import zlib
from typing import Any
from urllib.parse import quote

import brotli
import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.formats import RDF_FORMATS, engine_format

from .conftest import Answer, Server
from .fuzzing import exchange, fuzzed, lines, send

SECURE = {"content-security-policy": "default-src 'none'", "x-content-type-options": "nosniff"}
OURS = {"access-control-allow-origin": "*", "vary": "Accept", "x-kg-query-id": "", "x-kg-release": ""}
QUERIES = [
    "ASK {}",
    "SELECT * { ?s ?p ?o } LIMIT 3",
    "CONSTRUCT WHERE { ?s ?p ?o } LIMIT 3",
    "DESCRIBE <urn:x>",
    "SELECT * {",
    "CLEAR ALL",
    "SELECT (NOW() AS ?n) {}",
    "SELECT * { SERVICE <http://127.0.0.1:1/> {} }",
    'SELECT ("\\u0001" AS ?x) {}',
    "SELECT (<x> AS ?y) {}",
    "CONSTRUCT { <urn:s> <urn:1> <urn:o> } {}",
]
TYPES = [
    *(fmt.media_type for fmt in RDF_FORMATS),
    *("application/sparql-results+json", "application/sparql-results+xml", "text/csv", "application/json"),
    *("text/html", "text/*", "application/*", "*/*", "image/png", "text/plain", "application/problem+json"),
]
BODIES = ["application/sparql-query", "application/x-www-form-urlencoded", "application/sparql-update"]
CODINGS = [
    "gzip",
    "br",
    "zstd",
    "deflate",
    "identity",
    "*",
    "gzip;q=0",
    "identity;q=0, *;q=0",
    "gzip, br;q=1.0",
]
HOSTILE = ["", "a" * 3_000, "9" * 400, *lines("values")]
PRINTABLE = st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f")
FIELD = st.text(PRINTABLE, max_size=40)
METHODS = ["GET", "GET", "GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"]


@pytest.fixture(scope="module")
def described(server: Server) -> dict[str, Any]:
    return server.ask("/openapi.json").json


def weighted(items: list[str]) -> st.SearchStrategy[str]:
    """A header that lists some of these with weights, good or bad."""
    weight = st.sampled_from(["", "", ";q=0.5", ";q=0", ";q=1.000", ";q=2", ";q=x", "; charset=utf-8; q=0.9"])
    return st.lists(st.builds(str.__add__, st.sampled_from(items), weight), max_size=4).map(", ".join)


NAMES = lines("fields")
COMMON = ["*", '"x"', "bytes=0-1", "bytes=9-1", 'W/"x"', "Bearer x", "0", "null", "https", "h2c", "close"]
HEADERS = st.lists(
    st.one_of(
        st.tuples(st.just("Accept"), weighted(TYPES)),
        st.tuples(st.just("Accept-Encoding"), weighted(CODINGS)),
        st.tuples(st.sampled_from(NAMES), st.one_of(FIELD, st.sampled_from(COMMON))),
        st.tuples(st.just("Content-Encoding"), st.sampled_from(["gzip", "identity", "x", ""])),
    ),
    max_size=4,
    unique_by=lambda field: field[0],
)


LIMITS = ("minimum", "maximum", "exclusiveMinimum")


def values(parameter: dict[str, Any]) -> st.SearchStrategy[str]:
    """For a parameter, as they stand in a URL: right ones, those at the limits, and hostile ones."""
    schema = parameter["schema"]
    schema = schema.get("items", schema)
    right = [*schema.get("enum", ()), *parameter.get("examples", ())]
    right += [value for value in (parameter.get("example"), schema.get("default")) if value is not None]
    right += [n + d for name in LIMITS if (n := schema.get(name)) is not None for d in (-1, 0, 1)]
    right += QUERIES if parameter["name"] == "query" else []
    known = [quote(str(value), safe="/") for value in right]
    text = st.text(max_size=20).map(lambda text: quote(text, errors="replace"))
    odd = st.one_of(st.sampled_from(HOSTILE), text)
    return st.one_of(st.sampled_from(known), odd) if known else odd


Request = tuple[str, str, str, list[tuple[str, str]], bytes]
"""(path of the description, method, target, header fields, body)."""


@st.composite
def requests(draw: st.DrawFn, described: dict[str, Any]) -> Request:
    path = draw(st.sampled_from(list(described["paths"])))
    method = draw(st.sampled_from(METHODS))
    target = draw(targets(path, method, described["paths"][path]))
    headers, body = draw(HEADERS), b""
    if method == "POST" or draw(st.booleans()):
        body = draw(bodies())
        if draw(st.booleans()):
            media_type = draw(weighted(BODIES)).partition(",")[0]
            headers = [
                *(field for field in headers if field[0] != "Content-Type"),
                ("Content-Type", media_type),
            ]
    return path, method, target, headers, body


@st.composite
def targets(draw: st.DrawFn, path: str, method: str, item: dict[str, Any]) -> str:
    operation = item.get(method.lower(), item["get"])
    target, pairs = path, []
    for parameter in [*item.get("parameters", ()), *operation["parameters"]]:
        if parameter["in"] == "path":
            value = parameter["example"] if draw(st.booleans()) else draw(values(parameter))
            value = value.replace("?", "%3f").replace("#", "%23")
            target = target.replace(f"{{{parameter['name']}}}", value)
        else:
            times = draw(st.sampled_from([0, 1, 1, 2]))
            pairs += [(parameter["name"], draw(values(parameter))) for _ in range(times)]
    if draw(st.integers(0, 4)) == 0:
        pairs.append((draw(st.sampled_from(HOSTILE)), draw(st.sampled_from(HOSTILE))))
    search = "&".join(f"{name}={value}" for name, value in draw(st.permutations(pairs)))
    return target + ("?" + search.replace("#", "%23") if search else "")


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    query = draw(st.sampled_from(QUERIES))
    made = [
        query.encode(),
        f"query={quote(query)}".encode(),
        b"",
        b"\xff\xfe",
        b"x" * 70_000,
        b"query=a&query=b",
    ]
    return draw(st.one_of(st.sampled_from(made), st.binary(max_size=30)))


def unpacked(answer: Answer) -> bytes:
    match answer.headers.get("content-encoding"):
        case "gzip":
            return zlib.decompress(answer.body, 31)
        case "br":
            return bytes(brotli.decompress(answer.body)) if answer.body else b""  # of a HEAD
        case _:
            return answer.body


def check_common(answer: Answer) -> None:
    for name, start in {**SECURE, **OURS}.items():
        assert answer.headers[name].startswith(start), name
    if answer.status >= 400 and answer.body and answer.media_type != "text/html":
        assert answer.media_type == "application/problem+json"
        problem = json.loads(unpacked(answer))
        assert {"type", "title", "status", "detail"} <= set(problem)
        assert problem["status"] == answer.status
        assert problem["query_id"] == answer.headers["x-kg-query-id"]


def check_readable(answer: Answer) -> None:
    """That a body is what its type says."""
    body = unpacked(answer)
    media_type = answer.media_type
    rdf = {fmt.media_type: fmt for fmt in RDF_FORMATS}.get(media_type)
    if media_type.endswith("json"):
        json.loads(body)
    elif media_type.endswith("xml"):
        ElementTree.fromstring(body)
    elif media_type.startswith("text/"):
        body.decode()
    if rdf and body and "json" not in media_type:
        list(ox.parse(body, format=engine_format(rdf)))


def check_described(answer: Answer, method: str, item: dict[str, Any]) -> None:
    documented = item.get("get" if method == "HEAD" else method.lower())
    if method == "OPTIONS":
        assert answer.status in (200, 400, 413, 414, 415)
        return
    if documented is None:
        assert answer.status in (405, 404, 400, 413, 414, 415), answer.status
        assert answer.status != 405 or "GET" in answer.headers["allow"]
        return
    responses = documented["responses"]
    assert str(answer.status) in responses, answer.status
    if answer.status == 200 and answer.body and "content" in responses["200"]:
        assert answer.media_type in responses["200"]["content"]


@pytest.fixture(scope="module")
def strategy(described: dict[str, Any]) -> st.SearchStrategy[Any]:
    return requests(described)


def test_every_path_answers_as_described_whatever_is_asked(server, described, strategy):
    @fuzzed(200)
    @given(strategy)
    def run(request):
        path, method, target, headers, body = request
        answer = exchange(server, method, target, headers, body)
        assert answer.status < 500 or answer.status in (504, 507), answer.text
        check_common(answer)
        if target.partition("?")[0] == path or ("{" in path and answer.status == 200):
            check_described(answer, method, described["paths"][path])
        if answer.status == 200 and method not in ("HEAD", "OPTIONS"):
            check_readable(answer)

    run()


BY_TURNS = {"date", "x-kg-query-id", "content-length", "transfer-encoding", "connection"}


def test_a_head_has_the_status_and_the_headers_of_the_get(server, strategy):
    @fuzzed(40)
    @given(strategy)
    def run(request):
        _, _, target, headers, _ = request
        get, head = (exchange(server, method, target, headers, b"") for method in ("GET", "HEAD"))
        assert head.body == b""
        assert head.status == get.status
        fixed = lambda answer: {n: v for n, v in answer.headers.items() if n not in BY_TURNS}  # noqa: E731
        assert fixed(head) == fixed(get)
        lengths = {a.headers["content-length"] for a in (get, head) if "content-length" in a.headers}
        assert len(lengths) < 2 or get.headers["cache-control"] == "no-store"

    run()


RAW = [line.encode() for line in lines("requests")]
RAW += [b"\r\n", b"\n", b"\r", b"\t", b"\x00", b"\xff", b"\x16\x03\x01\x02", b"X" * 9_000, b"A: b\r\n" * 120]
STARTS = [
    b"",
    b"GET /health HTTP/1.1\r\n",
    b"POST /sparql HTTP/1.1\r\nHost: x\r\n",
    b"HEAD /sparql HTTP/1.1\r\n",
]


def test_bytes_that_are_no_request_are_refused_and_the_connection_ends(server):
    @fuzzed(200)
    @given(
        st.sampled_from(STARTS),
        st.lists(st.one_of(st.sampled_from(RAW), st.sampled_from(RAW), st.binary(max_size=8)), max_size=12),
        st.sampled_from([b"\r\n", b"\r\n", b"", b"\n"]),
    )
    def run(start, pieces, between):
        with send(server, start + between.join(pieces), b"\r\n\r\n") as connection:
            said = everything(connection)
        heads = re.findall(rb"^HTTP/1\.[01] (\d{3}) .*\r\n((?:[^\r\n]+\r\n)+)\r\n", said, re.MULTILINE)
        assert heads or not said, said
        for status, fields in heads:
            assert int(status) < 500 or int(status) in (501, 505), said
            named = dict(line.lower().split(": ", 1) for line in fields.decode("latin-1").splitlines())
            assert status == b"100" or SECURE.keys() | OURS.keys() <= named.keys(), said

    run()
    assert server.ask("/health").status == 200


def everything(connection: socket.socket) -> bytes:
    """What the server says to somebody who has said all; fails where it does not come to an end."""
    said = b""
    with contextlib.suppress(ConnectionError, OSError):  # it has ended, and not read all of it
        connection.shutdown(socket.SHUT_WR)
        while part := connection.recv(65_536):
            said += part
    return said
