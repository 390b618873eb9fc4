"""What several records imply together."""

from __future__ import annotations

import random
from typing import Any

import pytest
from pyoxigraph import Literal, NamedNode, Quad, Store, Triple

from kg import vocab
from kg.build import infer, links
from kg.build.lines import of_triples, to_triples
from kg.build.work import maker, rules

BASE = "https://example.org/d/"


def reference(asserted: set[Triple]) -> set[bytes]:
    """All that follows, as ``kg.build.infer`` has it: inherited dates, and the closure of all."""
    store = Store()
    store.extend(Quad(*triple) for triple in asserted)
    dates = set(infer.inherited_dates(store)) - asserted
    return set(of_triples(dates.union(infer.closure(asserted | dates, rules().schema, rules().leave_out))))


def test_record_by_record_and_together_the_same_follows_as_at_once(corpus: Any, ledger_of: Any) -> None:
    together = links.inferred(ledger_of(corpus.graphs), rules())
    assert (corpus.implied | together) - corpus.lines == reference(set(to_triples(corpus.lines)))


def pac(name: str) -> NamedNode:
    return NamedNode(vocab.PAC + name)


def day(number: int) -> Literal:
    return Literal(f"2021-05-{number:02}", datatype=NamedNode(vocab.XSD + "date"))


def invented(seed: int) -> Store:
    """Twelve events in graphs of their own, some with dates, some part of others (in circles, too)."""
    chance, store = random.Random(seed), Store()
    events = [NamedNode(f"{BASE}id/event/{n}") for n in range(12)]
    for number, event in enumerate(events):
        graph = NamedNode(f"{BASE}graph/event/{number}")
        role = NamedNode(f"{event.value}#role")
        store.add(Quad(role, pac("participationIn"), event, graph))
        for whole in chance.sample(events, chance.choice([0, 1, 1, 2])):
            store.add(Quad(event, pac("subEventOf"), whole, graph))
        for name in ("earliest", "latest"):
            if chance.random() < 0.25:
                store.add(Quad(event, pac(name), day(chance.randint(1, 28)), graph))
    return store


@pytest.mark.parametrize("seed", range(25))
def test_parts_take_the_dates_that_the_rule_gives_them(seed: int, ledger_of: Any) -> None:
    store = invented(seed)
    graphs = tuple(maker(BASE).read(store, graph.value) for graph in store.named_graphs())
    lines = {line for graph in graphs for line in graph.lines}
    alone = set[bytes]().union(*(graph.implied for graph in graphs))
    found = (alone | links.inferred(ledger_of(graphs), rules())) - lines
    assert found == reference(set(to_triples(lines)))


def test_every_part_is_found_below_the_wholes(harbour: Any, ledger_of: Any) -> None:
    book = ledger_of(harbour.graphs)
    parts = book.links().parts
    assert {part for part, _ in links.below(book, {whole for _, _, whole in parts})} == {
        p for p, _, _ in parts
    }
