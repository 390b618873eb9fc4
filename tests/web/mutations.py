"""Queries that are nearly right: seeds, and what a random hand makes of them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random

from kg.query import catalog

from .fuzzing import lines, text

PROLOGUE = """PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
PREFIX pac: <https://w3id.org/pac/ns#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
"""


SEEDS = text("seeds").split("\n\n")
"""Between them they use most of the grammar of SPARQL 1.1 and what the engine has of 1.2."""

WORDS = lines("words")
TERMS = lines("terms")
CHARACTERS = (
    "{}()[]<>\"'\\#@^?$.;,|/*+-!=&~_:%0a \t\n\r\x00\x07\x7f\u00a0\u0301\u200b\u2028\ufeff\ufffd\U0001f600é"
)
_PIECE = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|<[^<>\s]*>|[\w:?$@]+|\s+|.", re.DOTALL)

Change = Callable[[Random, list[str], Sequence[list[str]]], None]


def seeds() -> list[str]:
    """What is mutated: the canned queries, ``SEEDS``, and the queries below the folder ``KG_SUITES``."""
    suites = os.environ.get("KG_SUITES")
    files = sorted(Path(suites).rglob("*.rq")) if suites else []
    foreign = [path.read_text(encoding="utf-8", errors="ignore") for path in files]
    return [*(PROLOGUE + seed for seed in SEEDS), *(query.text for query in catalog.bundled()), *foreign]


def mutants(random: Random) -> Iterator[str]:
    """Without end: each a seed with one to three changes."""
    cut = [_PIECE.findall(seed) for seed in seeds()]
    while True:
        pieces = list(random.choice(cut))
        for _ in range(random.choice((1, 1, 1, 2, 3))):
            random.choice(CHANGES)(random, pieces, cut)
        yield "".join(pieces)[:20_000]


def _token(random: Random) -> str:
    return random.choice(random.choice((WORDS, TERMS)))


def _place(random: Random, pieces: list[str]) -> int:
    return random.randrange(len(pieces) + 1)


def _span(random: Random, pieces: list[str]) -> slice:
    start = _place(random, pieces)
    return slice(start, start + random.choice((1, 1, 2, 3, 8, 20)))


def _delete(random: Random, pieces: list[str], _: Sequence[list[str]]) -> None:
    del pieces[_span(random, pieces)]


def _insert(random: Random, pieces: list[str], _: Sequence[list[str]]) -> None:
    place = _place(random, pieces)
    pieces[place:place] = [" ", _token(random), " "]


def _replace(random: Random, pieces: list[str], _: Sequence[list[str]]) -> None:
    words = [i for i, piece in enumerate(pieces) if not piece.isspace()]
    if words:
        pieces[random.choice(words)] = _token(random)


def _copy(random: Random, pieces: list[str], _: Sequence[list[str]]) -> None:
    place = _place(random, pieces)
    pieces[place:place] = pieces[_span(random, pieces)]


def _swap(random: Random, pieces: list[str], _: Sequence[list[str]]) -> None:
    if pieces:
        a, b = random.randrange(len(pieces)), random.randrange(len(pieces))
        pieces[a], pieces[b] = pieces[b], pieces[a]


def _repeat(random: Random, pieces: list[str], _: Sequence[list[str]]) -> None:
    span = _span(random, pieces)
    pieces[span] = pieces[span] * random.choice((2, 2, 3, 10, 10, 200))


def _splice(random: Random, pieces: list[str], cut: Sequence[list[str]]) -> None:
    other = random.choice(cut)
    pieces[_span(random, pieces)] = other[_span(random, other)]


BRACKETS = ["( )", "{ }", "[ ]", "<< >>", "<<( )>>", "!( )", "EXISTS{ }", "STR( )"]


def _wrap(random: Random, pieces: list[str], _: Sequence[list[str]]) -> None:
    span = _span(random, pieces)
    opening, closing = random.choice(BRACKETS).split()
    times = random.choice((1, 1, 2, 2, 30, 190))
    pieces[span] = [opening * times, *pieces[span], closing * times]


def _escape(random: Random, pieces: list[str], _: Sequence[list[str]]) -> None:
    if pieces:
        i = random.randrange(len(pieces))
        pieces[i] = "".join(f"\\u{ord(c):04x}" if ord(c) < 0x10000 else f"\\U{ord(c):08x}" for c in pieces[i])


def _character(random: Random, pieces: list[str], _: Sequence[list[str]]) -> None:
    if pieces:
        i = random.randrange(len(pieces))
        at = random.randrange(len(pieces[i]) + 1)
        pieces[i] = pieces[i][:at] + random.choice(CHARACTERS) + pieces[i][at + random.randrange(2) :]


ROWS = [line.split() for line in lines("functions")]
FUNCTIONS = [(name, int(arity)) for arity, *names in ROWS for name in names]
OPERATORS = ["+", "-", "*", "/", "=", "!=", "<", ">", "<=", ">=", "&&", "||"]
VALUES = [term for term in TERMS if term[0] in "'0123456789-.?$("]
"""Terms that an expression may have."""


def expression(random: Random, depth: int) -> str:
    """One that mostly parses."""
    kind = random.randrange(10) if depth else 0
    inner = lambda: expression(random, depth - 1)  # noqa: E731
    if kind < 3:
        return random.choice([*VALUES, "?s", "?o", "?l", "?d", "?x"])
    if kind < 8:
        name, arity = random.choice(FUNCTIONS)
        return f"{name}({', '.join('?o' if name == 'BOUND' else inner() for _ in range(arity))})"
    if kind == 8:
        return f"({inner()} {random.choice(OPERATORS)} {inner()})"
    return random.choice([f"(!{inner()})", f"(-{inner()})", f"({inner()} IN ({inner()}, {inner()}))"])


def _function(random: Random, pieces: list[str], _: Sequence[list[str]]) -> None:
    """An expression in the place of a value."""
    terms = [i for i, piece in enumerate(pieces) if piece[:1] in "'\"" or piece.isdigit()]
    if terms:
        pieces[random.choice(terms)] = f"({expression(random, 3)})"


def _bind(random: Random, pieces: list[str], _: Sequence[list[str]]) -> None:
    """A computed value, filter or order near the end."""
    places = [i for i, piece in enumerate(pieces) if piece == "}"]
    made = expression(random, random.choice((1, 2, 3)))
    clause = random.choice(
        (f" BIND({made} AS ?new{random.randrange(9)}) ", f" FILTER({made}) ", f"}} ORDER BY ({made}) #")
    )
    if places:
        pieces.insert(random.choice(places), clause)


CHANGES: tuple[Change, ...] = (
    _delete, _insert, _replace, _copy, _swap, _repeat, _splice, _wrap, _escape, _character,
    *(_function,) * 4, *(_bind,) * 4,
)  # fmt: skip
