"""What HTTP asks of a server, whatever it serves (RFC 9110 and 9112): byte by byte."""

from __future__ import annotations

import contextlib
import http.client
import socket
import time

import pytest

from .conftest import Answer, Server, start, stop
from .fuzzing import receive, send

pytestmark = pytest.mark.alone

TARGET = "/sparql?query=ASK%7B%7D"
CLOSE = "Connection: close"


def ask(server: Server, *lines: str, body: str = "") -> Answer:
    """A request of these lines; the connection is closed after it."""
    head = "\r\n".join([*lines, CLOSE, "", ""])
    with send(server, (head + body).encode("latin-1")) as connection:
        return receive(connection, lines[0].partition(" ")[0])


HOSTS = ["", " ", "a b", "a/b", "a?b", "a#b", "user@a", 'a"b', "<a>", "[::1", "a:x", "a,b", "a%00", "é"]


@pytest.mark.parametrize("host", HOSTS)
def test_a_host_that_is_none_is_400_also_when_the_answer_is_kept(server, host):
    assert server.ask(TARGET).status == 200
    answer = ask(server, f"GET {TARGET} HTTP/1.1", f"Host: {host}")
    assert (answer.status, answer.media_type) == (400, "application/problem+json")


def test_a_request_without_host_is_400_unless_it_is_of_http_1_0(server):
    for _ in range(2):
        assert ask(server, f"GET {TARGET} HTTP/1.0").json["boolean"] is True
        assert ask(server, f"GET {TARGET} HTTP/1.1").status == 400
    assert ask(server, f"GET {TARGET} HTTP/1.1", "Host: a", "Host: b").status == 400


@pytest.mark.parametrize("host", ["a", "a:80", "a.example:", "127.0.0.1:8000", "[::1]:8000", "kg_1.internal"])
def test_a_host_is_a_name_or_an_address_and_a_port(server, host):
    assert ask(server, f"GET {TARGET} HTTP/1.1", f"Host: {host}").status == 200


def test_the_absolute_form_of_a_target_is_read(server):
    answer = ask(server, f"GET http://a.example{TARGET} HTTP/1.1", "Host: a.example")
    assert answer.json["boolean"] is True


def test_options_of_the_whole_server_says_what_there_is(server):
    answer = ask(server, "OPTIONS * HTTP/1.1", "Host: a")
    assert (answer.status, answer.body) == (204, b"")
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}
    assert answer.headers["access-control-allow-origin"] == "*"


def test_a_later_version_of_http_1_is_answered_in_1_1(server):
    with send(server, f"GET {TARGET} HTTP/1.2\r\nHost: a\r\n{CLOSE}\r\n\r\n".encode()) as connection:
        assert connection.recv(12) == b"HTTP/1.1 200"


def test_a_compressed_transfer_is_refused(server):
    lines = ["Host: a", "Content-Type: application/sparql-query", "Transfer-Encoding: gzip, chunked"]
    answer = ask(server, "POST /sparql HTTP/1.1", *lines, body="6\r\nASK {}\r\n0\r\n\r\n")
    assert answer.status == 415


@pytest.mark.parametrize(
    "lines",
    [
        ["Transfer-Encoding: chunked", "Content-Length: 3"],
        ["Content-Length: 6", "Content-Length: 7"],
        ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
        ["Transfer-Encoding: nonsense"],
        ["Content-Length: +6"],
        ["Content-Length : 6"],
        ["X: a", " folded"],
        ["X: a\x00b"],
    ],
)
def test_a_message_that_two_servers_may_read_in_two_ways_is_refused(server, lines):
    answer = ask(server, "POST /sparql HTTP/1.1", "Host: a", *lines, body="6\r\nASK {}\r\n0\r\n\r\n")
    assert answer.status == 400
    assert answer.json["query_id"] == answer.headers["x-kg-query-id"]


def test_an_expectation_is_met(server):
    head = ["POST /sparql HTTP/1.1", "Host: a", "Content-Type: application/sparql-query", "Content-Length: 6"]
    with send(server, "\r\n".join([*head, "Expect: 100-continue", CLOSE, "", ""]).encode()) as connection:
        assert connection.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"ASK {}")
        assert receive(connection, "POST").json["boolean"] is True


def test_requests_sent_ahead_are_answered_in_order(server):
    one = "GET /sparql?query=SELECT({}%20AS%20%3Fx)%7B%7D&format=csv HTTP/1.1\r\nHost: a\r\n{}\r\n"
    text = "".join(one.format(n, CLOSE + "\r\n" if n == 3 else "Content-Length: 0\r\n") for n in (1, 2, 3))
    said = b""
    with send(server, text.encode()) as connection:
        while part := connection.recv(65_536):
            said += part
    assert [line for line in said.split(b"\r\n") if line in (b"1", b"2", b"3")] == [b"1", b"2", b"3"]


@pytest.mark.parametrize("method", ["PUT", "POST", "GET"])
def test_a_refusal_reaches_a_client_that_is_still_sending(server, method):
    path = "/graphs" if method == "GET" else "/health"
    head = f"{method} {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 400000\r\n{CLOSE}\r\n\r\n"
    for _ in range(5):
        with send(server, head.encode()) as connection:
            for _ in range(4):
                connection.sendall(b"x" * 50_000)
                time.sleep(0.01)
            assert receive(connection, method).status in (400, 405, 413)


def test_an_unreadable_request_is_told_so_though_more_of_it_comes(server):
    with send(server, b"GARBAGE\r\n", b"x" * 200_000) as connection:
        assert receive(connection, "GET").status == 400


def test_a_client_that_does_not_end_is_not_waited_for(server):
    head = f"PUT /health HTTP/1.1\r\nHost: a\r\nContent-Length: 400000\r\n{CLOSE}\r\n\r\n"
    with send(server, head.encode(), b"x" * 10) as connection:
        assert receive(connection, "PUT").status == 405
        begun = time.monotonic()
        with contextlib.suppress(OSError):
            while time.monotonic() - begun < 20:
                connection.sendall(b"x")
                time.sleep(0.1)
        assert time.monotonic() - begun < 15


def test_what_is_no_request_is_counted_and_logged_with_its_id(release, capfd):
    running = start(release)
    try:
        with send(running, b"GARBAGE\r\n\r\n") as connection:
            connection.shutdown(socket.SHUT_WR)
            answer = receive(connection, "GET")
        assert answer.headers["cache-control"] == "no-store"
        assert 'route="other",method="other",status="400"' in running.ask("/metrics").text
    finally:
        stop(running.process)
    (line,) = (line for line in capfd.readouterr().err.splitlines() if answer.json["query_id"] in line)
    assert ' 127.0.0.1 "-" "" 400 ' in line


def test_an_etag_that_is_not_the_answers_is_412_and_no_answer(server):
    tag = server.ask(TARGET).headers["etag"]
    assert server.ask(TARGET, if_match=tag).json["boolean"] is True
    assert server.ask(TARGET, if_match="*").json["boolean"] is True
    answer = server.ask(TARGET, if_match='"another"')
    assert (answer.status, answer.media_type) == (412, "application/problem+json")
    assert answer.json["status"] == 412
    assert "link" not in answer.headers
    assert server.ask(TARGET, "HEAD", if_match='"another"').status == 412
    assert server.ask("/sparql?query=nonsense", if_match='"another"').status == 400


def test_a_connection_serves_one_request_after_the_other(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    for status, target in ((200, TARGET), (400, "/sparql?query=x"), (404, "/nowhere"), (200, TARGET)):
        connection.request("GET", target)
        with connection.getresponse() as response:
            response.read()
            assert response.status == status
    connection.close()
