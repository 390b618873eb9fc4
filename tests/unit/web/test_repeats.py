"""What is noted of a request that was answered out of memory, and when it is found again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from kg.query.cache import Cache
from kg.web.caching import Kept
from kg.web.repeats import Repeats

HEAD = b"GET /sparql?query=ASK{} HTTP/1.1\r\nHost: h.example\r\n\r\n"


@dataclass
class Response:
    """As gunicorn's, as far as it is looked at."""

    closing: bool = False
    status_code: int = 200
    sent: list[str] = field(
        default_factory=lambda: ["HTTP/1.1 200 OK\r\n", "Date: then\r\n", "X-KG-Query-Id: 1\r\n"]
    )

    def should_close(self) -> bool:
        return self.closing

    def lines(self) -> list[str]:
        return self.sent


def environ(**changes: str) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "GET",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "PATH_INFO": "/sparql",
        "REMOTE_ADDR": "192.0.2.1",
        "kg.cache": "hit",
        "kg.kept": "key",
        **changes,
    }


@pytest.fixture
def repeats() -> Repeats:
    cache = Cache(1)
    cache.put("key", Kept("200 OK", [], b"true", "/sparql"), 4)
    return Repeats(cache, Cache(1), "release")


def test_a_request_that_was_answered_out_of_memory_is_known_again(repeats: Repeats) -> None:
    repeats.note(HEAD, environ(), Response())
    found = repeats.find(HEAD, "192.0.2.9")
    assert found
    assert found.body == b"true"
    head = found.noted.begun("2")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"X-KG-Query-Id: 2\r\n" in head
    assert b"then" not in head
    assert head.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    "head",
    [HEAD[:end] for end in range(8)] + [HEAD[:-1], HEAD[:-4], HEAD + b"G", HEAD + HEAD],
)
def test_bytes_that_are_not_one_whole_request_are_not_noted(repeats: Repeats, head: bytes) -> None:
    repeats.note(head, environ(), Response())
    assert repeats.find(head, "192.0.2.1") is None


@pytest.mark.parametrize(
    "changes",
    [
        {"REQUEST_METHOD": "POST"},
        {"REQUEST_METHOD": "HEAD"},
        {"SERVER_PROTOCOL": "HTTP/1.0"},
        {"CONTENT_LENGTH": "0"},
        {"HTTP_TRANSFER_ENCODING": "chunked"},
        {"HTTP_EXPECT": "100-continue"},
        {"HTTP_UPGRADE": "h2c"},
    ],
)
def test_what_gunicorn_has_to_read_is_not_noted(repeats: Repeats, changes: dict[str, str]) -> None:
    repeats.note(HEAD, environ(**changes), Response())
    assert repeats.find(HEAD, "192.0.2.1") is None


def test_an_answer_that_was_not_out_of_memory_is_not_noted(repeats: Repeats) -> None:
    without = {name: value for name, value in environ().items() if name != "kg.kept"}
    repeats.note(HEAD, without, Response(status_code=401))
    assert repeats.find(HEAD, "192.0.2.1") is None


def test_an_answer_that_ends_its_connection_is_not_noted(repeats: Repeats) -> None:
    repeats.note(HEAD, environ(), Response(closing=True))
    assert repeats.find(HEAD, "192.0.2.1") is None


def test_fields_that_gunicorn_believes_of_some_are_repeated_to_their_sender_alone(repeats: Repeats) -> None:
    head = HEAD[:-2] + b"X-Forwarded-Proto: https\r\n\r\n"
    repeats.note(head, environ(), Response())
    assert repeats.find(head, "192.0.2.1")
    assert repeats.find(head, "192.0.2.2") is None


def test_another_release_knows_nothing_of_it(repeats: Repeats) -> None:
    repeats.note(HEAD, environ(), Response())
    repeats._scope = "another"
    assert repeats.find(HEAD, "192.0.2.1") is None
