"""What the web process does with a query's text itself, while all its requests wait."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest

from kg.errors import KgError
from kg.query.canonical import canonical
from kg.query.failures import explain
from kg.query.request import Query, declared, parse

MEBIBYTE = 1 << 20
MUCH = 0.5
"""Seconds of a processor: many times what is usual, and a fraction of what reading it all would take."""

HOSTILE = {
    "service": ("SELECT * {", "service ", "}"),
    "calls": ("SELECT * {", "?s<a:'>'service a:b ", "}"),
    "comments": ("", "#\n", "ASK {}"),
    "newlines": ("", "\n", "ASK {}"),
    "prefixes": ("", "PREFIX a:<b:>", "ASK {}"),
    "bases": ("", "BASE<a:>", "ASK {}"),
    "escapes": ("ASK {", "\\u0041", "}"),
    "escapes in a comment": ("#", "\\u0041", "\nASK {}"),
    "blank nodes": ("CONSTRUCT {", "<a:a> <a:b> [] . ", "} WHERE {}"),
    "a word": ("", "a", ""),
    "words": ("ASK {", "a ", "}"),
    "quotes": ("ASK {", "'", "}"),
    "braces": ("ASK ", "{", ""),
    "signs": ("ASK {", "<", "}"),
    "lines": ("ASK {", "?s ?p\n", "}"),
}


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_a_mebibyte_of_query_takes_the_web_process_a_moment(hostile: tuple[str, str, str]) -> None:
    head, part, tail = hostile
    text = head + part * (MEBIBYTE // len(part)) + tail
    begun = time.process_time()
    with suppress(KgError):
        query = parse(text)
        canonical(query)
        declared(query)
    for length in (None, 16_384):  # a longer one is not searched for what is wrong with it
        explain(Query(text[:length], "ASK"), "error at 1:6: expected WHERE")
    assert time.process_time() - begun < MUCH
