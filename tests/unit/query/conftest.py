"""A small store on disk, and pools over it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest

from kg.query.pool import Pool
from kg.settings import Settings

DATA = b"""
@prefix : <https://example.org/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
:ann :name "Ann"@en , "Anne"@fr ; :born "1970-02-03"^^xsd:date ; :children 2 ; :tall true ; :knows :bob .
:bob :name "Bob" ; :height 1.85 ; :knows :cleo .
:graph { :cleo :name "Cleo" }
"""
NUMBERS = 2000
"""Enough of them that their cross product outlives every deadline here."""


@pytest.fixture(scope="session")
def store_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An Oxigraph store with a few facts and many numbers."""
    path = tmp_path_factory.mktemp("query") / "store"
    store = ox.Store(str(path))
    store.load(DATA, format=ox.RdfFormat.TRIG)
    number = ox.NamedNode("https://example.org/number")
    store.extend(
        ox.Quad(ox.NamedNode(f"https://example.org/n/{i}"), number, ox.Literal(i), ox.DefaultGraph())
        for i in range(NUMBERS)
    )
    store.flush()
    del store
    return path


@pytest.fixture
def store(store_path: Path) -> ox.Store:
    """The same store, open in this process."""
    return ox.Store.read_only(str(store_path))


@pytest.fixture
def make_pool(store_path: Path) -> Iterator[Callable[..., Pool]]:
    """Make a pool over the store, with these settings; it is closed at the end of the test."""
    pools: list[Pool] = []

    def make(path: Path = store_path, **settings: object) -> Pool:
        pools.append(Pool(path, replace(Settings(), **settings)))  # type: ignore[arg-type]
        return pools[-1]

    yield make
    for pool in pools:
        pool.close()
