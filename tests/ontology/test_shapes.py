"""The shapes against their examples: each numbered constraint has valid ones and invalid ones.

An example is read together with ``world.ttl``, the ontology and the schemes. An invalid one says in
its head what is to be found, ``# expect: C05 ex:focus``; nothing else of its own number may be.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
import rdflib
from rdflib.plugins.sparql import prepareQuery

from kg import resources
from kg.build.validate import Result, validate, validate_plain
from kg.findings import Severity
from kg.vocab import SCHEME, SH, SHAPES

HERE = Path(__file__).parent
EX = "https://example.org/id/"
VALID = sorted(HERE.glob("valid/*/*.ttl"))
INVALID = sorted(HERE.glob("invalid/*/*.ttl"))
NUMBERS = frozenset(range(1, 44)) - {33}
ROW = re.compile(r"^\| (\d+) \| (violation|warning|info) \| .*?\| `([^`]+)` \|$", re.MULTILINE)


def named(path: Path) -> str:
    return f"{path.parent.parent.name}/{path.parent.name}/{path.stem}"


def number(path: Path) -> int:
    return int(path.parent.name.partition("-")[0])


@cache
def background() -> tuple[ox.Quad, ...]:
    ontology = resources.ontology()
    files = [ontology / "pac.ttl", *sorted(ontology.glob("schemes/*.ttl")), HERE / "world.ttl"]
    return tuple(quad for file in files for quad in ox.parse(path=file, format=ox.RdfFormat.TURTLE))


@cache
def world() -> set[str]:
    quads = ox.parse(path=HERE / "world.ttl", format=ox.RdfFormat.TURTLE)
    return {q.subject.value for q in quads if isinstance(q.subject, ox.NamedNode)}


def store_of(*paths: Path) -> ox.Store:
    store = ox.Store()
    store.extend(background())
    for path in paths:
        store.extend(ox.parse(path=path, format=ox.RdfFormat.TURTLE))
    return store


@cache
def results_of(path: Path) -> tuple[Result, ...]:
    return tuple(validate(store_of(path)))


def expected(path: Path) -> set[tuple[str, str]]:
    lines = re.findall(r"^# expect: (\S+) ex:(\S+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {(code, EX + focus) for code, focus in lines}


@cache
def documented() -> dict[str, tuple[int, Severity]]:
    """Shape name -> number and severity, from the table in docs/shapes.md."""
    text = (resources.root() / "docs" / "shapes.md").read_text(encoding="utf-8")
    return {name: (int(no), Severity(severity)) for no, severity, name in ROW.findall(text)}


@cache
def shapes() -> ox.Store:
    store = ox.Store()
    for path in sorted(resources.shapes().glob("*.ttl")):
        store.extend(ox.parse(path.read_bytes(), format=ox.RdfFormat.TURTLE, rename_blank_nodes=True))
    return store


def test_every_constraint_has_a_valid_and_an_invalid_example() -> None:
    assert {number(path) for path in VALID} == NUMBERS
    assert {number(path) for path in INVALID} == NUMBERS
    assert {p.parent.name for p in VALID} == {p.parent.name for p in INVALID}


def test_the_world_of_the_examples_breaks_no_constraint() -> None:
    assert validate(store_of()) == []


@pytest.mark.parametrize("path", VALID, ids=named)
def test_a_valid_example_has_no_result_of_its_number_and_no_violation(path: Path) -> None:
    faults = [
        (r.code, r.focus, r.value)
        for r in results_of(path)
        if r.severity is Severity.VIOLATION or r.code.startswith(f"C{number(path):02}-")
    ]
    assert faults == []


@pytest.mark.parametrize("path", INVALID, ids=named)
def test_an_invalid_example_has_the_results_that_it_announces(path: Path) -> None:
    announced = expected(path)
    found = {(r.code, r.focus) for r in results_of(path)}
    of_its_number = {pair for pair in found if pair[0].startswith(f"C{number(path):02}-")}
    assert announced
    assert [pair for pair in announced if not any(announces(pair, seen) for seen in found)] == []
    assert [seen for seen in of_its_number if not any(announces(pair, seen) for pair in announced)] == []


def announces(pair: tuple[str, str], seen: tuple[str, str]) -> bool:
    """``C05`` stands for every constraint of that number, a full name for itself only."""
    code, focus = pair
    return focus == seen[1] and (code == seen[0] or (len(code) == 3 and seen[0].startswith(code + "-")))


@pytest.mark.parametrize("path", INVALID, ids=named)
def test_every_result_has_the_severity_that_the_documentation_gives(path: Path) -> None:
    numbered = [r for r in results_of(path) if re.match(r"C\d\d-", r.code)]
    assert [(r.code, r.severity) for r in numbered] == [(r.code, documented()[r.code][1]) for r in numbered]


def side_by_side(paths: list[Path]) -> ox.Store:
    """One store of many examples, each example's own things in a namespace of their own."""
    store = store_of()
    for path in paths:
        quads = list(ox.parse(path=path, format=ox.RdfFormat.TURTLE))
        own = {q.subject.value for q in quads if isinstance(q.subject, ox.NamedNode)} - world()
        space = f"{EX}{number(path)}/{path.stem}/"

        def moved(term: Any, own: set[str] = own, space: str = space) -> Any:
            return ox.NamedNode(term.value.replace(EX, space)) if getattr(term, "value", "") in own else term

        store.extend(ox.Quad(moved(q.subject), q.predicate, moved(q.object)) for q in quads)
    return store


@pytest.fixture
def _each_query_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """rdflib would parse a constraint's query anew for each focus node, which is most of pyshacl's time."""
    parse, run = cache(prepareQuery), rdflib.Graph.query

    def query(graph: rdflib.Graph, text: str, *rest: Any, **named: Any) -> Any:
        return run(graph, parse(text), *rest, **named)

    monkeypatch.setattr(rdflib.Graph, "query", query)


@pytest.mark.usefixtures("_each_query_parsed_once")
@pytest.mark.parametrize("paths", [VALID, INVALID], ids=["valid", "invalid"])
def test_set_queries_find_what_stock_pyshacl_finds(paths: list[Path]) -> None:
    """On all examples side by side, because pyshacl is slow."""
    store = side_by_side(paths)
    plain = validate_plain(store)
    assert set(validate(store)) == set(plain)
    wanted = NUMBERS if paths is INVALID else frozenset()
    assert {int(r.code[1:3]) for r in plain if re.match(r"C\d\d-", r.code)} >= wanted


def test_every_numbered_shape_is_documented_and_the_other_way_round() -> None:
    subjects = {str(getattr(q.subject, "value", "")) for q in shapes()}
    numbered = {s.removeprefix(SHAPES) for s in subjects if re.match(re.escape(SHAPES) + r"C\d\d-", s)}
    assert numbered == set(documented())
    assert all(int(name[1:3]) == no for name, (no, _) in documented().items())
    assert {no for no, _ in documented().values()} == NUMBERS


def test_every_shape_that_can_be_broken_says_what_is_wrong_and_what_to_do() -> None:
    judged = {
        q.subject
        for name in ("path", "select")
        for q in shapes().quads_for_pattern(None, ox.NamedNode(SH + name), None)
        if isinstance(q.subject, ox.NamedNode)
    }
    for subject in judged:
        (message,) = [
            q.object for q in shapes().quads_for_pattern(subject, ox.NamedNode(SH + "message"), None)
        ]
        assert isinstance(message, ox.Literal)
        wrong, _, remedy = message.value.partition(". ")
        assert message.language == "en", subject
        assert wrong, subject
        assert remedy.endswith("."), subject


def test_every_concept_that_a_query_names_is_in_its_scheme() -> None:
    declared = {q.subject.value for q in background() if isinstance(q.subject, ox.NamedNode)}
    folders = {
        "completion": "completion",
        "date-basis": "date-basis",
        "type": "event-type",
        "role": "role",
        "status": "status",
        "strength": "strength",
    }
    for quad in shapes().quads_for_pattern(None, ox.NamedNode(SH + "select"), None):
        assert isinstance(quad.object, ox.Literal)
        for prefix, local in re.findall(rf"(?<![\w:])({'|'.join(folders)}):([\w-]+)", quad.object.value):
            assert f"{SCHEME}{folders[prefix]}/{local}" in declared
