"""Queries that are nearly right: seeds, and what a random hand makes of them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random

from kg.query import catalog

PROLOGUE = """PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
PREFIX pac: <https://w3id.org/pac/ns#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
"""
SEEDS = [
    "SELECT * { ?s ?p ?o } LIMIT 5",
    "SELECT DISTINCT ?s (COUNT(?o) AS ?n) { ?s ?p ?o } GROUP BY ?s HAVING (COUNT(?o) > 1) ORDER BY DESC(?n) LIMIT 3",
    "SELECT ?s ?l { ?s rdfs:label ?l OPTIONAL { ?s pac:earliest ?d FILTER(?d > '2020-01-01'^^xsd:date) } } OFFSET 2 LIMIT 2",
    "ASK { ?s a pac:Event ; pac:earliest ?d FILTER EXISTS { ?s rdfs:label ?l } MINUS { ?s pac:retired true } }",
    "CONSTRUCT { ?s rdfs:label ?l ; pac:x [ pac:y ( 1 2 ) ] } WHERE { ?s rdfs:label ?l } LIMIT 3",
    "CONSTRUCT WHERE { ?s a pac:Event } LIMIT 2",
    "DESCRIBE ?s { ?s a pac:Event } LIMIT 1",
    "DESCRIBE <https://w3id.org/pac/ns#Event>",
    "SELECT ?x { VALUES (?x ?y) { (1 UNDEF) ('a'@en 2.0) (<urn:a> 1e3) (UNDEF false) } BIND(?y * 2 AS ?z) }",
    "SELECT ?s { ?s (pac:a|^pac:b)/rdfs:label*/!(pac:c|^a)+/pac:d? ?o } LIMIT 2",
    "SELECT ?g (SUM(?v) AS ?t) (GROUP_CONCAT(DISTINCT ?l; SEPARATOR=', ') AS ?c) FROM <urn:a> FROM NAMED <urn:b> "
    "{ GRAPH ?g { ?s ?p ?v ; rdfs:label ?l } } GROUP BY ?g",
    "SELECT * { { SELECT ?s { ?s ?p ?o } LIMIT 3 } UNION { ?s a ?t } FILTER(?s IN (<urn:a>, <urn:b>) || !BOUND(?t)) }",
    "SELECT (IF(STRLEN(?l) > 3, SUBSTR(?l, 2, 3), UCASE(?l)) AS ?r) (REGEX(?l, '^a.*b$', 'i') AS ?m) "
    "(REPLACE(?l, '(a)(b)', '$2$1') AS ?q) { ?s rdfs:label ?l } LIMIT 4",
    "SELECT (xsd:integer('12') + 1.5 - xsd:double('1e0') AS ?a) (COALESCE(1/0, 'x') AS ?b) (STRDT('a', <urn:t>) AS ?c) "
    "(STRLANG('a', 'en') AS ?d) (CONCAT('a', 'b') AS ?e) (ENCODE_FOR_URI('é ') AS ?f) {}",
    "SELECT (YEAR(?d) AS ?y) (TZ(?d) AS ?z) (TIMEZONE(?d) AS ?t) (?d + 'P1D'^^xsd:dayTimeDuration AS ?n) "
    "{ BIND('2020-02-29T24:00:00+14:00'^^xsd:dateTime AS ?d) }",
    "SELECT (MD5('a') AS ?a) (SHA256('b') AS ?b) (ROUND(2.5) AS ?c) (ABS(-1) AS ?d) (IRI('a') AS ?e) (UUID() AS ?f) {}",
    "SELECT * { ?s ?p ?o . << ?s ?p ?o >> ?q ?r } LIMIT 2",
    "SELECT * { ?s ?p ?o ~ ?reifier {| pac:source ?x |} }",
    "SELECT (TRIPLE(?s, ?p, ?o) AS ?t) (SUBJECT(?t) AS ?x) (isTRIPLE(?t) AS ?y) { ?s ?p ?o } LIMIT 2",
    "SELECT (<<( <urn:a> <urn:b> 'c'@en--ltr )>> AS ?t) (LANGDIR('a'@ar--rtl) AS ?d) (STRLANGDIR('a','ar','rtl') AS ?e) {}",
    "BASE <http://example.org/> SELECT (<x> AS ?a) { FILTER NOT EXISTS { <y> <#z> \"\"\"long 'string' \\n \\u00e9\"\"\" } }",
    "SELECT * { ?s ?p ?o FILTER(?o < 5 && ?o > -3 || ?o = 1.0 && ?o != 1e0) } ORDER BY ?o ASC(?s) LIMIT 5",
    "SELECT (SAMPLE(?o) AS ?a) (MIN(?o) AS ?b) (MAX(?o) AS ?c) (AVG(?o) AS ?d) (COUNT(DISTINCT *) AS ?e) { ?s ?p ?o }",
    "SELECT * { ?s ?p ?o } VALUES ?p { a rdfs:label }",
]  # fmt: skip
"""Between them they use most of the grammar of SPARQL 1.1 and what the engine has of 1.2."""

WORDS = (
    "SELECT ASK CONSTRUCT DESCRIBE WHERE FROM NAMED DISTINCT REDUCED AS GROUP BY HAVING ORDER ASC DESC LIMIT OFFSET "
    "VALUES UNDEF OPTIONAL GRAPH UNION FILTER MINUS BIND SERVICE SILENT NOT EXISTS IN a true false BASE PREFIX VERSION "
    "COUNT SUM MIN MAX AVG SAMPLE GROUP_CONCAT SEPARATOR STR LANG LANGMATCHES DATATYPE BOUND IRI URI BNODE RAND ABS "
    "CEIL FLOOR ROUND CONCAT STRLEN UCASE LCASE ENCODE_FOR_URI CONTAINS STRSTARTS STRENDS STRBEFORE STRAFTER YEAR "
    "MONTH DAY HOURS MINUTES SECONDS TIMEZONE TZ NOW UUID STRUUID MD5 SHA1 SHA256 SHA384 SHA512 COALESCE IF STRLANG "
    "STRDT sameTerm isIRI isURI isBLANK isLITERAL isNUMERIC REGEX SUBSTR REPLACE TRIPLE SUBJECT PREDICATE OBJECT "
    "isTRIPLE LANGDIR STRLANGDIR hasLANG hasLANGDIR ADJUST LATERAL INSERT DELETE LOAD CLEAR DATA WITH USING"
).split()
SIGNS = "{ } ( ) [ ] << >> <<( )>> {| |} . ; , | / ^ * + ? ! = != < > <= >= && || - ^^ @ @en @en--ltr ~ # : _: \\ ' \" ''' \"\"\"".split()
TERMS = [
    "?s", "?p", "?o", "$x", "?é", "?_", "_:b", "[]", "()", "<>", "<urn:x>", "<http://[bad>", "<a b>", "<../../x>", "<\\u0020>",
    "pac:Event", "pac:", ":x", "x:y", "rdfs:label", "pac:a%20b", "pac:a\\~b", "pac:%zz", "xsd:integer", "xsd:noSuchCast", "<urn:noSuchFunction>",
    "0", "-0", "007", "1e9999", "-1e-9999", "1.", ".5", "99999999999999999999999999999999999999", "0.000000000000000000000000000000000001",
    "9223372036854775807", "-9223372036854775808", "18446744073709551616", "'INF'^^xsd:double", "'NaN'^^xsd:double", "'-0'^^xsd:double",
    "'1'^^xsd:integer", "'x'^^xsd:integer", "'99999999999999999999'^^xsd:integer", "'170141183460469231731.687303715884105727'^^xsd:decimal",
    "'-170141183460469231731.687303715884105728'^^xsd:decimal", "'9999999999-12-31T23:59:59Z'^^xsd:dateTime", "'-0001-01-01T00:00:00Z'^^xsd:dateTime",
    "'2020-02-30'^^xsd:date", "'24:00:00'^^xsd:time", "'P99999999999999999Y'^^xsd:duration", "'-P1M'^^xsd:yearMonthDuration",
    "'PT0.000000001S'^^xsd:dayTimeDuration", "'--02-29'^^xsd:gMonthDay", "'9223372036854775807'^^xsd:gYear", "'maybe'^^xsd:boolean",
    "''", "'a'@en", "'a'@EN-us-x-private", "'a'@en--up", "'\\u0000'", "'\\uD800'", "'\\U0010FFFF'", "'\\UFFFFFFFF'", "'\\x'", "'\ufffe'", "'\u202e'", "'😀'",
    "'(a+)+$'", "'['", "'\\\\p{L}'", "'a{1000}{1000}'", "'(?=x)'", "'\\\\1'", "'$0$99'", "'xismq'", "'<b>&amp;]]>'", "'a\\tb\\nc\\rd'", "'\"'",
    "(1/0)", "(1 IN ())", "(!(!(!true)))", "(-(-(-1)))", "((((1))))", "now()", "rand()", "bnode()", "bnode('x')",
]  # fmt: skip
CHARACTERS = "{}()[]<>\"'\\#@^?$.;,|/*+-!=&~_:%0a \t\n\r\x00\x07\x7f\u00a0\u0301\u200b\u2028\ufeff\ufffd\U0001f600é"
_PIECE = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|<[^<>\s]*>|[\w:?$@]+|\s+|.", re.DOTALL)

Change = Callable[[Random, list[str], Sequence[list[str]]], None]


def seeds() -> list[str]:
    """What is mutated: the canned queries, ``SEEDS``, and the queries below the folder ``KG_SUITES``."""
    suites = os.environ.get("KG_SUITES")
    files = sorted(Path(suites).rglob("*.rq")) if suites else []
    foreign = [path.read_text(encoding="utf-8", errors="ignore") for path in files]
    return [*(PROLOGUE + seed for seed in SEEDS), *(query.text for query in catalog.bundled()), *foreign]


def mutants(random: Random) -> Iterator[str]:
    """Without end: each a seed with one to six changes."""
    cut = [_PIECE.findall(seed) for seed in seeds()]
    while True:
        pieces = list(random.choice(cut))
        for _ in range(random.choice((1, 1, 1, 2, 3))):
            random.choice(CHANGES)(random, pieces, cut)
        yield "".join(pieces)[:20_000]


def _token(random: Random) -> str:
    return random.choice(random.choice((WORDS, SIGNS, TERMS)))


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


def _wrap(random: Random, pieces: list[str], _: Sequence[list[str]]) -> None:
    span = _span(random, pieces)
    opening, closing = random.choice(
        [("(", ")"), ("{", "}"), ("[", "]"), ("<<", ">>"), ("<<(", ")>>"), ("!(", ")"), ("EXISTS{", "}"), ("STR(", ")")]
    )  # fmt: skip
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


def _function(random: Random, pieces: list[str], _: Sequence[list[str]]) -> None:
    """Some function of some terms in the place of a term."""
    terms = [i for i, piece in enumerate(pieces) if piece[:1] in "?$'\"<" or piece.isdigit()]
    name = random.choice([*WORDS[WORDS.index("STR") :], "xsd:integer", "xsd:dateTime", "xsd:decimal", "<urn:f>"])
    arguments = ", ".join(random.choice(TERMS) for _ in range(random.randrange(4)))
    if terms:
        pieces[random.choice(terms)] = f"({name}({arguments}))"


def _bind(random: Random, pieces: list[str], _: Sequence[list[str]]) -> None:
    """A computed value behind some brace or sign."""
    name = random.choice([*WORDS[WORDS.index("STR") :], "xsd:integer", "xsd:date", "xsd:duration", "xsd:decimal"])
    arguments = ", ".join(random.choice([*TERMS, "?s", "?o", "?l"]) for _ in range(random.randrange(1, 4)))
    operator = random.choice(("+", "-", "*", "/", "=", "<", "IN"))
    last = random.choice(TERMS) if operator != "IN" else f"({random.choice(TERMS)})"
    places = [i + 1 for i, piece in enumerate(pieces) if piece in ("{", ".", "}")]
    if places:
        pieces.insert(random.choice(places[-4:]), f" BIND({name}({arguments}) {operator} {last} AS ?new) ")


CHANGES: tuple[Change, ...] = (
    _delete, _insert, _replace, _copy, _swap, _repeat, _splice, _wrap, _escape, _character,
    *(_function,) * 4, *(_bind,) * 4,
)  # fmt: skip
