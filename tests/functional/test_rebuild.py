"""A build that begins with the one before gives what a build from nothing gives."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from kg.build import keep, pipeline
from kg.build.pipeline import Built
from kg.errors import DataError
from kg.records import dataset
from kg.release import Releases

DATA = Path(__file__).parents[2] / "data"
GRAPHS = "graphs.json"
Edit = Callable[[Path], None]


def built(root: Path, store: Path) -> Built:
    return pipeline.build(dataset.read(root), store=store, jobs=1)


def same(again: Built, anew: Built) -> None:
    """Digest, findings, counts and graphs are equal."""
    assert again.release.digest == anew.release.digest
    assert again.findings == anew.findings
    assert again.counts == anew.counts
    first, second = ((b.release.path / GRAPHS).read_bytes() for b in (again, anew))
    assert first == second


def records(root: Path) -> list[Path]:
    return sorted(p for p in root.rglob("*.yaml") if p.name != "passages.yaml")


def rename(root: Path) -> None:
    path = records(root)[0]
    path.rename(path.with_name("renamed.yaml"))


def move(root: Path) -> None:
    path = records(root)[-1]
    (path.parent / "deeper").mkdir()
    path.rename(path.parent / "deeper" / path.name)


def comment(root: Path) -> None:
    path = records(root)[0]
    path.write_text("# moved down\n\n" + path.read_text(encoding="utf-8"), encoding="utf-8")


def add(root: Path) -> None:
    text = "- id: place/nowhere\n  prefLabel: Nowhere\n  placeType: city\n  locatedIn: place/tolvik\n"
    (records(root)[0].parent / "added.yaml").write_text(text, encoding="utf-8")


def swap(root: Path) -> None:
    one, other = records(root)[0], records(root)[-1]
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)


def title(root: Path) -> None:
    path = root / "dataset.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('title = "', 'title = "Another ', 1), encoding="utf-8")


def chain(root: Path) -> None:
    """A place that lay in another now lies in none."""
    path = root / "entities.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("  locatedIn: place/kelmark\n", "", 1), encoding="utf-8")


def nothing(root: Path) -> None:
    pass


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a copy of the invented dataset and a store with one release of it."""
    room = tmp_path_factory.mktemp("begun")
    shutil.copytree(DATA / "fixture-harbour-accord", room / "data")
    built(room / "data", room / "store")
    return room


@pytest.fixture
def room(begun: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(begun, tmp_path / "room", symlinks=True))


@pytest.mark.parametrize(
    "edit", [nothing, rename, move, comment, add, swap, title, chain], ids=lambda e: e.__name__
)
def test_after_an_edit_it_is_as_from_nothing(room: Path, edit: Edit) -> None:
    edit(room / "data")
    again = built(room / "data", room / "store")
    same(again, built(room / "data", room / "fresh"))
    again.release.verify(deep=True)


def test_after_a_row_of_edits_and_their_undoing_it_is_as_from_nothing(room: Path) -> None:
    first = Releases(room / "store", "fixture-harbour-accord").open("current").digest
    shutil.copytree(room / "data", room / "kept")
    for edit in random.Random(5).sample([rename, comment, add, title], 4):
        edit(room / "data")
        again = built(room / "data", room / "store")
    same(again, built(room / "data", room / "fresh"))
    assert built(room / "kept", room / "store").release.digest == first


def test_a_violation_leaves_the_ledger_as_it_was(room: Path) -> None:
    path = records(room / "data")[0].parent / "wrong.yaml"
    path.write_text("- id: place/wrong\n  prefLabel: Wrong\n  locatedIn: place/not-there\n", encoding="utf-8")
    with pytest.raises(DataError):
        built(room / "data", room / "store")
    path.unlink()
    add(room / "data")
    same(built(room / "data", room / "store"), built(room / "data", room / "fresh"))


def spoil(path: Path) -> None:
    path.write_bytes(b"not what it was" * 100)


def remove(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink()


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("", remove),
        (keep.INDEX, spoil),
        (keep.INDEX, remove),
        (f"{keep.ASSERTED}/CURRENT", spoil),
        (keep.ASSERTED, remove),
        ("inferred.nq", remove),
        ("state.json", spoil),
    ],
)
def test_a_damaged_ledger_leads_to_a_build_from_nothing(
    room: Path, name: str, damage: Callable[[Path], None]
) -> None:
    damage(room / "store" / "fixture-harbour-accord" / keep.FOLDER / name)
    add(room / "data")
    same(built(room / "data", room / "store"), built(room / "data", room / "fresh"))
