"""What a change of asserted lines changes besides."""

from __future__ import annotations

import random
from typing import Any

import pytest
from pyoxigraph import Store

from kg.build.delta import Change, Support, apply, missing, quads
from kg.build.work import rules


def filled(lines: list[bytes]) -> Store:
    store = Store()
    store.extend(quads(lines))
    return store


@pytest.mark.parametrize("seed", range(3))
def test_a_line_has_support_where_a_line_that_implies_it_is_left(seed: int, harbour: Any) -> None:
    lines = sorted(harbour.lines)
    left = random.Random(seed).sample(lines, len(lines) // 2)
    support = Support(rules(), filled(left))
    candidates = sorted(rules().implied(lines))
    implied = rules().implied(left)
    assert {line for line in candidates if support.has(line)} == implied


def test_a_change_leads_from_one_set_of_lines_to_the_other(harbour: Any) -> None:
    lines = sorted(harbour.lines)
    old, new = lines[:200], lines[100:300]
    store = filled(old)
    apply(store, Change.between(old, new))
    assert set(store) == set(quads(new))
    assert missing(store, lines[:300]) == set(lines[:100])


def test_no_difference_is_no_change() -> None:
    assert not Change.between([b"a", b"b"], [b"b", b"a"])
