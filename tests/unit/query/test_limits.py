"""What would overflow the engine's stack is refused, and what is let through it survives."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Callable

import pytest

from kg.errors import QuerySyntaxError
from kg.query.limits import DEEPEST, LONGEST, check

MANY = 100_000
CHAINS: dict[str, Callable[[int], str]] = {
    "+": lambda n: "ASK { FILTER(" + "+".join(["1"] * n) + ") }",
    "signed": lambda n: "ASK { FILTER(1" + " +1" * n + ") }",
    "||": lambda n: "ASK { FILTER(" + "||".join(["?x"] * n) + ") }",
    "!": lambda n: "ASK { FILTER(" + "!" * n + "1) }",
    "/": lambda n: "ASK { ?s " + "/".join(["<a:a>"] * n) + " ?o }",
    "|": lambda n: "ASK { ?s " + "|".join(["<a:a>"] * n) + " ?o }",
    "UNION": lambda n: "ASK { " + "UNION".join(["{ ?s ?p ?o }"] * n) + " }",
    "MINUS": lambda n: "ASK { " + "MINUS { ?s ?p ?o }" * n + " }",
    "OPTIONAL": lambda n: "ASK { " + "OPTIONAL { ?s ?p ?o }" * n + " }",
    "FILTER": lambda n: "ASK { " + "FILTER(?x)" * n + " }",
    "BIND": lambda n: "ASK { " + "".join(f"BIND(1 AS ?x{i})" for i in range(n)) + " }",
    "triples": lambda n: "ASK { " + "?s ?p ?o ." * n + " }",
    "objects": lambda n: "ASK { ?s ?p " + ",".join(["?o"] * n) + " }",
    "collection": lambda n: "ASK { ?s ?p (" + "1 " * n + ") }",
    "expressions": lambda n: "SELECT " + "".join(f"(1 AS ?x{i})" for i in range(n)) + " {}",
    "DESCRIBE": lambda n: "DESCRIBE " + "<a:a>" * n,
}
JOINS = ("/", "triples", "objects", "collection", "OPTIONAL")
"""Their order is planned in a time that grows fast: with thousands, until the deadline."""

FLAT = {
    "VALUES": "ASK { VALUES ?x { " + "-1 1.5 'a('^^<a:b> <a:c#d> # (\n" * MANY + "} }",
    "rows": "ASK { VALUES (?x ?y) { " + "(1 UNDEF) " * MANY + "} }",
    "IN": "ASK { ?s ?p ?o FILTER(?o IN (" + ",".join(["<a:b#c>"] * MANY) + ")) }",
    "arguments": "SELECT (COALESCE(" + ",".join(["?x"] * MANY) + ") AS ?y) {}",
    "string": "ASK { ?s ?p '" + "{+/" * MANY + "' }",
    "comment": "ASK {} #" + "{+/" * MANY,
    "digits": "ASK { ?s ?p " + "1" * MANY + " }",
    "side by side": "ASK { " + "{} " * 1000 + " }",
}


def nested(brackets: str, depth: int) -> str:
    return "SELECT * " + brackets[0] * depth + brackets[1] * depth


@pytest.mark.parametrize(
    "before", ["EXISTS{?s ?p ?o}", "coalesce(<<(<a:a> <a:b> 1)>>)", "?x=<<(<a:a> <a:b> 1)>>"]
)
def test_a_comparison_hides_no_brackets_in_what_looks_like_a_string(before: str) -> None:
    deep = "(" * (DEEPEST + 1) + "1" + ")" * (DEEPEST + 1)
    with pytest.raises(QuerySyntaxError, match="deep"):
        check(f"ASK {{ FILTER({before}<'>'||{deep}||'a'='a') }}")


@pytest.mark.parametrize("brackets", ["{}", "()", "[]"])
def test_brackets_may_nest_to_a_depth_that_no_person_needs(brackets: str) -> None:
    check(nested(brackets, DEEPEST))
    with pytest.raises(QuerySyntaxError, match="deep") as caught:
        check(nested(brackets, DEEPEST + 1))
    assert (caught.value.line, caught.value.column) == (1, 9 + DEEPEST + 1)


@pytest.mark.parametrize("chain", CHAINS)
def test_a_chain_that_would_overflow_the_stack_is_refused_with_its_place(chain: str) -> None:
    with pytest.raises(QuerySyntaxError, match="hang together") as caught:
        check("\n" + CHAINS[chain](MANY))
    assert caught.value.line == 2
    assert caught.value.column
    assert caught.value.column > LONGEST


@pytest.mark.parametrize("text", FLAT.values(), ids=FLAT)
def test_what_is_flat_may_be_as_long_as_it_likes(text: str) -> None:
    check(text)


@pytest.mark.parametrize(
    "opening", ["?a<'>' && ", "?a <'>' && ", "'x'<'>' && ", "1<'#'>' && ", "?a<#>\n'>' && "]
)
def test_no_string_or_comment_hides_brackets_behind_what_only_looks_like_an_iri(opening: str) -> None:
    check("ASK { FILTER(" + opening + "(1)) }")
    with pytest.raises(QuerySyntaxError, match="deep"):
        check("ASK { FILTER(" + opening + "(" * 3000 + "1" + ")" * 3000 + ") }")
    with pytest.raises(QuerySyntaxError, match="hang together"):
        check("ASK { FILTER(" + opening + "1+" * MANY + "1) }")


def test_an_escape_hides_no_brackets() -> None:
    with pytest.raises(QuerySyntaxError, match="deep"):
        check("ASK { FILTER(" + "\\u0028" * 300 + "1" + ")" * 300 + ") }")


def test_rows_of_values_end_where_they_end() -> None:
    with pytest.raises(QuerySyntaxError, match="hang together"):
        check("ASK { VALUES ?x { 1 } FILTER(" + "1+" * MANY + "1) }")
    with pytest.raises(QuerySyntaxError, match="hang together"):
        check("ASK { ?VALUES ?x ?values {" + "!" * MANY + "} }")
    with pytest.raises(QuerySyntaxError, match="deep"):
        check("ASK { VALUES ?x { " + "<<( <a:a> <a:b> " * MANY + "} }")


def test_a_text_of_nothing_but_ambiguous_signs_is_refused_and_costs_no_walk_for_each_reading() -> None:
    with pytest.raises(QuerySyntaxError):
        check("ASK { FILTER(" + "?a<'>" * MANY + ") }")


def longest(make: Callable[[int], str]) -> str:
    """The longest chain that is let through."""
    low, high = 1, LONGEST * 2
    while high - low > 1:
        middle = (low + high) // 2
        try:
            check(make(middle))
            low = middle
        except QuerySyntaxError:
            high = middle
    return make(low)


RUN = """
import pyoxigraph, sys
results = pyoxigraph.Store().query(sys.stdin.read())
print(type(results).__name__)
"""


@pytest.mark.parametrize("chain", [name for name in CHAINS if name not in JOINS])
def test_what_is_let_through_a_stack_of_usual_size_survives(chain: str) -> None:
    text = longest(CHAINS[chain])

    def small() -> None:
        resource.setrlimit(resource.RLIMIT_STACK, (8 << 20, resource.RLIM_INFINITY))

    done = subprocess.run(
        [sys.executable, "-c", RUN],
        input=text,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=small,
    )
    assert done.stdout.startswith("Query"), (done.returncode, done.stderr)
