"""/metrics and the access log."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kg.release import Release
from kg.web import log

from .conftest import Server, start, stop

pytestmark = pytest.mark.alone

ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
LINE = re.compile(r'[a-z_]+(\{([a-z]+="([^"\\\n]|\\.)*",?)*\})? [0-9.e+-]+')


def sample(server: Server, name: str) -> float:
    """The value of one series, 0 where there is none."""
    for line in server.ask("/metrics").text.splitlines():
        if line.startswith(name + " "):
            return float(line.rpartition(" ")[2])
    return 0.0


def logged(release: Release, capfd: Any, ask: Callable[[Server], object], **settings: object) -> list[str]:
    """The lines that a server writes while it is asked."""
    server = start(release, **settings)
    try:
        ask(server)
    finally:
        stop(server.process)
    return [line for line in capfd.readouterr().err.splitlines() if "/ready" not in line]


def test_metrics_are_in_the_text_format_of_prometheus(server: Server):
    server.query("ASK {}")
    answer = server.ask("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    typed = set(re.findall(r"^# TYPE (\S+)", answer.text, re.MULTILINE))
    for line in answer.text.splitlines():
        if not line.startswith("# "):
            assert LINE.fullmatch(line), line
            name = re.split(r"[{ ]", line)[0]
            assert {name, re.sub("_(bucket|sum|count)$", "", name)} & typed


def test_requests_are_counted_by_route_method_and_status(server: Server):
    name = 'kg_requests_total{route="/doc/<path:local>",method="GET",status="404"}'
    before = sample(server, name)
    for number in range(3):
        server.ask(f"/doc/person/nobody-{number}")
    assert sample(server, name) == before + 3
    buckets = [
        float(line.rpartition(" ")[2])
        for line in server.ask("/metrics").text.splitlines()
        if line.startswith('kg_request_seconds_bucket{route="/doc/<path:local>"')
    ]
    assert buckets == sorted(buckets)
    assert buckets[-1] == sample(server, 'kg_request_seconds_count{route="/doc/<path:local>"}')


def test_methods_and_paths_that_a_client_invents_make_no_series(server: Server):
    server.ask('/no"\\where', "BREW")
    text = server.ask("/metrics").text
    assert "BREW" not in text
    assert "where" not in text
    assert sample(server, 'kg_requests_total{route="other",method="other",status="404"}') >= 1


def test_hits_of_the_cache_and_the_release_are_told(server: Server, release: Release):
    for _ in range(2):
        server.query("ASK { ?hit ?in ?cache }")
    assert sample(server, 'kg_cache_lookups_total{kind="response",result="hit"}') >= 1
    assert sample(server, "kg_cache_bytes") > 0
    assert f'digest="{release.digest}"' in server.ask("/metrics").text


def test_an_executor_that_is_ended_is_counted_by_its_reason(server: Server):
    before = sample(server, 'kg_executors_ended_total{reason="deadline"}')
    assert server.ask("/sparql?timeout=0.3&query=" + ENDLESS.replace(" ", "+")).status == 504
    assert sample(server, 'kg_executors_ended_total{reason="deadline"}') == before + 1


def test_the_log_has_a_line_of_json_for_each_answer_with_its_id(release: Release, capfd: Any):
    ids: list[str] = []

    def ask(server: Server) -> None:
        for path in ("/health", "/sparql?query=ASK%7B%7D", "/sparql?query=nonsense"):
            ids.append(server.ask(path).headers["x-kg-query-id"])

    lines = [json.loads(line) for line in logged(release, capfd, ask, log_format="json")]
    assert [line["id"] for line in lines] == ids
    assert [line["status"] for line in lines] == [200, 200, 400]
    assert {"time", "client", "method", "path", "bytes", "seconds", "cache", "release"} <= set(lines[0])
    assert not any("query" in line for line in lines)


def test_a_slow_query_is_logged_with_its_text_on_one_line(release: Release, capfd: Any):
    text = "ASK\n{ ?s ?p '\u2028 GET \"/\" 200' }"
    lines = logged(release, capfd, lambda server: server.query(text), slow=0.000001)
    assert len(lines) == 1
    assert " slow query=" in lines[0]
    assert json.loads(lines[0].partition("query=")[2]) == text


def test_a_query_that_is_stopped_is_logged_with_its_text(release: Release, capfd: Any):
    lines = logged(release, capfd, lambda server: server.query(ENDLESS), timeout=0.3, log_format="json")
    assert json.loads(lines[0])["query"] == ENDLESS


def test_the_log_can_be_switched_off(release: Release, capfd: Any):
    assert logged(release, capfd, lambda server: server.ask("/health"), log_format="off") == []


@pytest.mark.parametrize("form", [log.as_text, log.as_json])
def test_nothing_that_a_client_sends_begins_a_line(form: Callable[[log.Entry], str]):
    evil = "/a\n2026 \x1b[31m\u2028\x85b"
    entry = log.Entry("1", "::1", "GET\n", evil, 200, 1, 0.1, "-", "abc", query=evil)
    line = form(entry)
    assert len(line.splitlines()) == 1
    assert line.isascii()
    assert "\x1b" not in line


def test_the_documentation_names_every_metric(server: Server):
    docs = (Path(__file__).resolve().parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
    for line in server.ask("/metrics").text.splitlines():
        if line.startswith("# TYPE "):
            assert f"`{line.split()[2]}" in docs
