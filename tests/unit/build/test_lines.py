"""What one line implies, looked up in tables."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kg.build import infer
from kg.build.lines import joined, of_triples, split, to_triples
from kg.build.work import rules


def test_what_lines_imply_one_by_one_is_the_closure_but_for_joins(corpus: Any) -> None:
    lines = corpus.lines
    schema = replace(rules().schema, transitive=frozenset())
    closure = of_triples(infer.closure(to_triples(lines), schema, rules().leave_out))
    assert rules().implied(lines) - lines == set(closure)


def test_a_line_is_split_into_its_terms_and_joined_again() -> None:
    line = b'<http://e.org/a> <http://e.org/p> "one two . three"@en .'
    assert split(line) == (b"<http://e.org/a>", b"<http://e.org/p>", b'"one two . three"@en')
    assert joined(*split(line)) == line


def test_lines_are_as_pyoxigraph_writes_them(harbour: Any) -> None:
    lines = sorted(harbour.lines)
    assert sorted(of_triples(to_triples(lines))) == lines
