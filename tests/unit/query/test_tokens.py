"""SPARQL text -> tokens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.query.tokens import Lexer


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("<http://a/#b>", "iri"),
        ("?x$y", "var var"),
        ("'a' \"b\" '''c'd''' \"\"\"e\"f\"\"\"", "string string string string"),
        ("a:b.c", "name"),
        ("a:b. c:d", "name other name"),
        (r"a:it\'s%20me", "name"),
        ("'x'@en-GB", "string lang"),
        ("?a < ?b", "var other var"),
        ("'open\nend'", "other word word other"),
        ("a # b\nc", "word word"),
    ],
)
def test_tokens_are_those_of_the_grammar(text: str, kinds: str) -> None:
    assert [token.kind for token in Lexer(text).code()] == kinds.split()


@given(st.text(st.sampled_from("<>'\"#\\\n{}?:.aS1 ")))
def test_tokens_and_blanks_make_up_the_whole_text(text: str) -> None:
    lexer, position = Lexer(text), 0
    while token := lexer.at(position):
        assert token.start == position < token.end
        position = token.end
    assert position == len(text)


@pytest.mark.parametrize("part", ["<a#>", "a.", '"', "<'>", '<">#', "(", "a-", "'''<", "\\", "<#\n"])
def test_every_position_is_read_once_whatever_the_text(part: str) -> None:
    text = part * 5000
    assert sum(1 for _ in Lexer(text).readings()) <= len(text)


def test_places_count_from_one() -> None:
    assert Lexer("a\nbc").place(0) == (1, 1)
    assert Lexer("a\nbc").place(3) == (2, 2)
