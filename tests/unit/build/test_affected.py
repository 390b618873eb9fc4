"""Which nodes a change can concern: every node whose rows differ must be among them."""

from __future__ import annotations

import random
from typing import Any

import pyoxigraph as ox
import pytest

from kg import resources
from kg.build import checks, validate
from kg.build.affected import Analysis, Reach, analyse

EX = "https://example.org/id/"
PREFIX = f"PREFIX : <{EX}>\n"
FOLLOWED = {
    "one pattern": "?this :p ?x",
    "a join": "?this :p ?x . ?x :q ?y . ?z :r ?y",
    "a constant": "?this :p :a . ?x :q ?this",
    "a variable predicate": "?this ?link ?x . ?x :q :a",
    "a filter that binds nothing": "?this :p ?x . FILTER (?x != :a)",
    "optional": "?this :p ?x OPTIONAL { ?x :q ?y . ?y :r ?z }",
    "optional with a condition": "?this :p ?x OPTIONAL { ?x :q ?y FILTER NOT EXISTS { ?y :r ?this } }",
    "two optionals": "?this :p ?x OPTIONAL { ?this :q ?y } OPTIONAL { ?y :r ?z }",
    "what hangs on an optional": "?this :p ?x OPTIONAL { ?this :q ?y } FILTER EXISTS { ?y :r ?x }",
    "union": "{ ?this :p ?x } UNION { ?x :q ?this . ?x :r ?y }",
    "what hangs on a union": "{ ?this :p ?x } UNION { ?this :q ?x } ?x :r ?y",
    "exists": "?this :p ?x FILTER EXISTS { ?x :q ?y . ?y :r ?z }",
    "not exists": "?this :p ?x FILTER NOT EXISTS { ?x :q ?y }",
    "nested": "?this :p ?x "
    "FILTER NOT EXISTS { ?x :q ?y FILTER NOT EXISTS { ?y :r ?z FILTER EXISTS { ?z :p :a } } }",
    "one of two exists": "?this :p ?x FILTER (EXISTS { ?x :q :a } || !EXISTS { ?x :r ?y })",
    "a union inside": "?this :p ?x FILTER EXISTS { { ?x :q ?y } UNION { ?y :r ?x . ?y :q ?this } }",
    "minus": "?this :p ?x MINUS { ?x :q ?y . ?y :r ?this }",
    "exists in bind": "?this :p ?x BIND (EXISTS { ?x :q ?y . ?y :r ?z } AS ?has)",
    "values": "VALUES ?kind { :a :b } ?this :p ?kind . ?kind :q ?x",
    "a sequence": "?this :p/:q/^:r ?x",
    "an alternative": "?this :p|:q ?x . ?x :r ?y",
    "an alternative of two directions": "?this :p|^:q ?x FILTER NOT EXISTS { ?x :r ?y }",
    "an alternative of paths": "?this (:p/:q)|:r ?x",
    "any number of steps": "?this :p* ?x . ?x :q :a",
    "a circle": "?this (:p|:q)+ ?this",
    "steps of two kinds": "?this :r/(:p|:q)* ?x . ?y :r ?x",
    "steps of two directions": "?this (:p|^:q)* ?x . ?x :r ?y",
    "steps back": "?this (^:p)+ ?x . ?x :q :a",
    "at most one step": "?this :p? ?x . ?x :q ?y",
    "steps in exists": "?this :p ?x FILTER NOT EXISTS { ?x :q* ?y . ?y :r :a }",
}
WHOLE = {
    "a negated path": "?this !(:p|^:q) ?x",
    "repeated pairs of steps": "?this (:p/:q)* ?x . ?x :r ?y",
    "two parts tied by a filter": "?this :p ?x . ?y :q ?z FILTER (STR(?x) < STR(?z))",
    "a sub-select": "?this :p ?x { SELECT ?x (COUNT(*) AS ?number) { ?x :q ?y } GROUP BY ?x }",
}
_NODES = [ox.NamedNode(EX + name) for name in "abcdef"]
_PREDICATES = [ox.NamedNode(EX + name) for name in "pqr"]


def select(body: str) -> str:
    return f"{PREFIX} SELECT * WHERE {{ {body} }}"


def store_of(quads: Any) -> ox.Store:
    store = ox.Store()
    store.extend(quads)
    return store


def rows(store: ox.Store, query: str) -> dict[Any, set[str]]:
    found: dict[Any, set[str]] = {}
    solutions: Any = store.query(query)
    names = [variable.value for variable in solutions.variables]
    for solution in solutions:
        found.setdefault(solution["this"], set()).add(str([solution[name] for name in names]))
    return found


def some_quads(chance: random.Random, number: int) -> set[ox.Quad]:
    pick = chance.choice
    return {ox.Quad(pick(_NODES), pick(_PREDICATES), pick(_NODES)) for _ in range(number)}


def candidates(query: str, before: set[ox.Quad], after: set[ox.Quad]) -> set[Any] | None:
    reach = Reach(store_of(after), before - after)
    return analyse(query).candidates(sorted(before ^ after, key=str), reach)


@pytest.mark.parametrize("body", [*FOLLOWED.values(), *WHOLE.values()], ids=[*FOLLOWED, *WHOLE])
def test_a_node_whose_rows_differ_is_a_candidate(body: str) -> None:
    query = select(body)
    differing = 0
    for seed in range(50):
        chance = random.Random(seed)
        before = some_quads(chance, 9)
        gone = set(chance.sample(sorted(before, key=str), chance.randrange(3)))
        after = (before - gone) | some_quads(chance, chance.randrange(3))
        old, new = rows(store_of(before), query), rows(store_of(after), query)
        differ = {node for node in old.keys() | new.keys() if old.get(node) != new.get(node)}
        found = candidates(query, before, after)
        assert found is None or differ <= found, seed
        differing += bool(differ)
    assert differing


@pytest.mark.parametrize("body", WHOLE.values(), ids=WHOLE)
def test_a_query_that_cannot_be_followed_is_asked_whole(body: str) -> None:
    a, b = _NODES[:2]
    assert candidates(select(body), set(), {ox.Quad(a, _PREDICATES[1], b)}) is None


@pytest.mark.parametrize("body", FOLLOWED.values(), ids=FOLLOWED)
def test_a_change_of_what_a_query_does_not_name_concerns_nobody(body: str) -> None:
    found = candidates(select(body), set(), {ox.Quad(_NODES[0], ox.NamedNode(EX + "other"), _NODES[1])})
    assert found == ({_NODES[0]} if "?link" in body else set())


def test_too_many_candidates_are_as_good_as_all() -> None:
    hub = _NODES[0]
    crowd = {ox.Quad(ox.NamedNode(f"{EX}{n}"), _PREDICATES[0], hub) for n in range(20_001)}
    query = select("?this :p ?x . ?x :q ?y")
    assert candidates(query, crowd, crowd | {ox.Quad(hub, _PREDICATES[1], hub)}) is None


def test_the_way_leads_through_what_was_there_before() -> None:
    a, b, c = _NODES[:3]
    p, q, _ = _PREDICATES
    before = {ox.Quad(a, p, b), ox.Quad(b, q, c)}
    assert candidates(select("?this :p ?x . ?x :q ?y"), before, set()) == {a}


def queries_of_kg() -> list[tuple[str, str]]:
    shapes = validate.constraints(validate.read_shapes(resources.shapes()))
    return [(c.name, c.select) for c in shapes] + [(c.name, c.query) for c in checks.read()]


def test_every_query_of_the_gate_can_be_followed() -> None:
    """So that a rebuild does not ask about the whole corpus."""
    whole = {
        name for name, query in queries_of_kg() if any(way is None for _, way, _ in analyse(query).patterns)
    }
    assert whole == set()


def test_an_analysis_is_the_same_after_it_was_kept() -> None:
    for query in [*map(select, [*FOLLOWED.values(), *WHOLE.values()]), *(q for _, q in queries_of_kg())]:
        analysis = analyse(query)
        assert Analysis.of(analysis.plain()) == analysis


@pytest.mark.parametrize("plain", [None, [], {}, 7, "text", [1], [[1, 2, 3]], [[["<"] * 6, None, True]]])
def test_what_is_no_analysis_is_refused(plain: Any) -> None:
    with pytest.raises(ValueError, match="analysis"):
        Analysis.of(plain)
