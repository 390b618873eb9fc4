"""Queries that are nearly right: each is answered or refused, in time, and what is refused says where."""

from __future__ import annotations

import json
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from http.client import IncompleteRead
from itertools import islice
from random import Random

import pyoxigraph as ox
import pytest

from kg.errors import KgError
from kg.formats import BY_FORM, RDF_FORMATS, Format, engine_format
from kg.query.pool import Pool
from kg.query.request import parse
from kg.release import Release
from kg.settings import Settings

from .conftest import Server
from .fuzzing import SECONDS, exchange, random, times
from .mutations import mutants

DEADLINE = 1.0
LIMITS = (504, 507)


@pytest.fixture(scope="module")
def pool(release: Release) -> Iterator[Pool]:
    made = Pool(release.store_path, Settings(timeout=DEADLINE, memory=512, executors=1))
    yield made
    made.close()


def check_body(body: bytes, fmt: Format) -> None:
    """That an answer can be read as what it says it is."""
    if fmt.name in ("json", "jsonld"):
        json.loads(body)
    elif fmt.name in ("xml", "rdfxml"):
        ElementTree.fromstring(body)
    elif fmt not in RDF_FORMATS:
        body.decode()
    if fmt in RDF_FORMATS and fmt.name != "jsonld":  # the engine reads no generalised JSON-LD
        list(ox.parse(body, format=engine_format(fmt)))


def check_place(text: str, line: int | None, column: int | None) -> None:
    """That an error points at something: into the text, or right behind it."""
    if line is None or column is None:
        return
    lines = text.split("\n")
    assert 1 <= line <= len(lines), text
    assert 1 <= column <= len(lines[line - 1]) + 1, text


def outcome(pool: Pool, text: str, hand: Random) -> KgError | None:
    """The refusal; None for a query that is answered."""
    try:
        query = parse(text, base="http://example.org/sparql")
        fmt = hand.choice(BY_FORM[query.form])
        with pool.run(query, fmt) as answer:
            check_body(b"".join(answer), fmt)
    except KgError as error:
        return error
    return None


def test_a_mutated_query_is_answered_or_refused_by_the_pool(pool):
    hand = random()
    for text in islice(mutants(hand), times(150)):
        begun = time.monotonic()
        refused = outcome(pool, text, hand)
        assert refused is None or refused.http_status < 500 or refused.http_status in LIMITS, (text, refused)
        check_place(text, getattr(refused, "line", None), getattr(refused, "column", None))
        assert time.monotonic() - begun < SECONDS, text


def test_a_mutated_query_is_answered_or_refused_over_http(server: Server):
    hand = random()
    kinds = [("Content-Type", "application/sparql-query"), ("Accept", "*/*")]
    for text in islice(mutants(hand), times(60)):
        body = text.encode(errors="surrogatepass")
        begun = time.monotonic()
        try:
            answer = exchange(server, "POST", f"/sparql?timeout={DEADLINE}", kinds, body)
        except IncompleteRead:  # the deadline passed after the first byte: cut, and seen to be
            assert time.monotonic() - begun > DEADLINE / 2, text
            continue
        assert answer.status < 500 or answer.status in LIMITS, (text, answer.text)
        if answer.status >= 400:
            problem = answer.json
            assert problem["status"] == answer.status
            check_place(text, problem.get("line"), problem.get("column"))
    assert server.query("ASK {}").json["boolean"]
