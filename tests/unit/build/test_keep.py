"""What a build keeps for the next one."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kg.build import keep
from kg.build.delta import Change
from kg.build.keep import State
from kg.build.shards import Statistics
from kg.release import Releases

GRAPH = "https://example.org/d/graph/inferred"


def line(number: int) -> bytes:
    """Lines of different lengths."""
    return f"<http://e.org/{number}> <http://e.org/p> <http://e.org/{'x' * (number % 7)}> .".encode()


def quads(numbers: set[int]) -> list[bytes]:
    return sorted(line(n)[:-1] + f"<{GRAPH}> .\n".encode() for n in numbers)


@pytest.mark.parametrize("seed", range(20))
def test_a_file_with_a_change_spliced_in_is_as_if_written_anew(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    before, after = (set(chance.sample(range(300), chance.choice([0, 1, 40, 200]))) for _ in range(2))
    keep.write_quads(tmp_path / "before", GRAPH, quads(before))
    anew = keep.write_quads(tmp_path / "anew", GRAPH, quads(after))
    change = Change.between(map(line, before), map(line, after))
    assert keep.splice(tmp_path / "before", tmp_path / "spliced", GRAPH, change) == anew
    assert (tmp_path / "spliced").read_bytes() == (tmp_path / "anew").read_bytes()


def saved(room: Path, releases: Releases, mark: str) -> None:
    """Save a state of which only ``mark`` is of interest."""
    room.mkdir()
    keep.save(room, releases, State(mark, {}, {}, Statistics(), ()))


@pytest.fixture
def releases(tmp_path: Path) -> Releases:
    found = Releases(tmp_path / "store", "d")
    found.path.mkdir(parents=True)
    return found


def kept(releases: Releases) -> str | None:
    state = State.read(releases.path / keep.FOLDER)
    return state.release if state else None


def test_what_was_kept_last_takes_the_place_of_what_was_before(releases: Releases, tmp_path: Path) -> None:
    for mark in ("one", "two"):
        saved(tmp_path / mark, releases, mark)
        assert kept(releases) == mark


def test_what_another_build_is_using_stays(releases: Releases, tmp_path: Path) -> None:
    saved(tmp_path / "one", releases, "one")
    with keep.earlier(releases, {}):
        saved(tmp_path / "two", releases, "two")
        assert kept(releases) == "one"
    saved(tmp_path / "three", releases, "three")
    assert kept(releases) == "three"


def test_where_nothing_can_be_kept_nothing_is_raised(releases: Releases, tmp_path: Path) -> None:
    releases.path.rmdir()
    saved(tmp_path / "one", releases, "one")
    assert kept(releases) is None


def test_a_release_that_is_no_more_is_not_begun_with(releases: Releases, tmp_path: Path) -> None:
    saved(tmp_path / "one", releases, "0" * 64)
    with keep.earlier(releases, {}) as earlier:
        assert earlier is None


@pytest.mark.parametrize("name", ["base", "publisher", "curator", "language"])
def test_what_every_record_depends_on_is_compared(name: str, harbour: Any) -> None:
    other = replace(harbour.dataset, **{name: "https://example.org/other/"})
    assert keep.fixed(harbour.dataset, {}, None) != keep.fixed(other, {}, None)


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"format": 0}', '{"format": 1, "classes": []}', "\xff"])
def test_a_state_that_cannot_be_read_is_none(body: str, tmp_path: Path) -> None:
    (tmp_path / "state.json").write_bytes(body.encode("latin-1"))
    assert State.read(tmp_path) is None
