"""A build that begins with the one before gives what a build from nothing gives."""

from __future__ import annotations

import errno
import gc
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from kg import resources
from kg.build import keep, pipeline, rebuild, scratch
from kg.build.pipeline import Built
from kg.errors import DataError
from kg.records import dataset
from kg.release import Releases

DATA = Path(__file__).parents[2] / "data"
NAME = "fixture-harbour-accord"
GRAPHS = "graphs.json"
SYNTHETIC = Path(__file__).parents[2] / "bench" / "synthetic.py"
Edit = Callable[[Path], None]


def built(root: Path, store: Path, **options: Any) -> Built:
    return pipeline.build(dataset.read(root), store=store, **{"jobs": 1, **options})


def same(again: Built, anew: Built) -> None:
    """Digest, findings, counts and graphs are equal."""
    assert again.release.digest == anew.release.digest
    assert again.findings == anew.findings
    assert again.counts == anew.counts
    first, second = ((b.release.path / GRAPHS).read_bytes() for b in (again, anew))
    assert first == second


def apart(root: Path) -> None:
    """Every record in a file of its own: a YAML file is read as a whole, and most of it would be new."""
    for path in root.glob("*.yaml"):
        if path.name != "passages.yaml":
            for record in re.split(r"^(?=- id: )", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
                name = record.partition("\n")[0].removeprefix("- id: ").replace("/", "-")
                (root / "records").mkdir(exist_ok=True)
                (root / "records" / f"{name}.yaml").write_text(record, encoding="utf-8")
            path.unlink()


def changed(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def record(root: Path, name: str) -> Path:
    return root / "records" / f"{name}.yaml"


def nothing(root: Path) -> None:
    pass


def rename(root: Path) -> None:
    record(root, "place-tolvik").rename(record(root, "renamed"))


def move(root: Path) -> None:
    (root / "deeper").mkdir()
    record(root, "place-tolvik").rename(root / "deeper" / "place.yaml")


def comment(root: Path) -> None:
    changed(record(root, "place-tolvik"), "- id:", "# moved down\n\n- id:")


def add(root: Path) -> None:
    text = "- id: place/nowhere\n  prefLabel: Nowhere\n  placeType: city\n  locatedIn: place/tolvik\n"
    record(root, "added").write_text(text, encoding="utf-8")


def remove_record(root: Path) -> None:
    record(root, "event-lamp-house-reception").unlink()


def swap(root: Path) -> None:
    one, other = record(root, "place-tolvik"), record(root, "event-guild-hall-dinner")
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)


def title(root: Path) -> None:
    changed(root / "dataset.toml", 'title = "The Harbour', 'title = "Another Harbour')
    changed(root / "dataset.toml", "issued = 2026-11-25", "issued = 2026-11-26")


def chain(root: Path) -> None:
    """A place that lay in another now lies in none."""
    changed(record(root, "place-tolvik"), "  locatedIn: place/kelmark\n", "")


def undated(root: Path) -> None:
    """A part that has dates takes them from its whole instead."""
    path = record(root, "event-guild-hall-dinner")
    kept = [line for line in path.read_text(encoding="utf-8").splitlines(True) if "date" not in line.lower()]
    path.write_text("".join(kept), encoding="utf-8")


def whole_dates(root: Path) -> None:
    """What a part takes changes with the whole."""
    changed(record(root, "event-autumn-visit"), "endDate: 2012-11-0", "endDate: 2012-11-1")


def other_digest(root: Path) -> None:
    path = root / "passages.yaml"
    changed(path, "60-66: 3fe2bade", "60-66: 00000000")


def other_passage(root: Path) -> None:
    """A passage is cited no more, and so is no more part of its article, which stands in another file."""
    path = record(root, "organization-harbour-office-of-tolvik")
    changed(path, "spring-visit.958-982", "spring-visit.1042-1064")


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a copy of the invented dataset and a store with one release of it."""
    room = tmp_path_factory.mktemp("begun")
    shutil.copytree(DATA / NAME, room / "data")
    apart(room / "data")
    undated(room / "data")
    assert not built(room / "data", room / "store").rebuilt
    return room


@pytest.fixture
def room(begun: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(begun, tmp_path / "room", symlinks=True))


EDITS = [
    nothing, rename, move, comment, add, remove_record, swap, title, chain, whole_dates, other_digest,
    other_passage,
]  # fmt: skip


@pytest.mark.parametrize("edit", EDITS, ids=lambda e: e.__name__)
def test_after_an_edit_it_is_as_from_nothing(room: Path, edit: Edit) -> None:
    edit(room / "data")
    again = built(room / "data", room / "store")
    assert again.rebuilt
    same(again, built(room / "data", room / "fresh"))
    again.release.verify(deep=True)


def test_after_a_row_of_edits_and_their_undoing_it_is_as_from_nothing(room: Path) -> None:
    first = Releases(room / "store", NAME).open("current").digest
    shutil.copytree(room / "data", room / "kept")
    for edit in random.Random(5).sample([comment, add, title, whole_dates, chain, other_passage], 6):
        edit(room / "data")
        again = built(room / "data", room / "store")
        assert again.rebuilt
    same(again, built(room / "data", room / "fresh"))
    undone = built(room / "kept", room / "store")
    assert undone.rebuilt
    assert undone.release.digest == first


def test_where_much_has_changed_all_is_made_anew(room: Path) -> None:
    for path in (room / "data" / "records").iterdir():
        changed(path, "- id:", "# a comment\n- id:")
    again = built(room / "data", room / "store")
    assert not again.rebuilt
    same(again, built(room / "data", room / "fresh"))


def test_a_violation_leaves_the_ledger_as_it_was(room: Path) -> None:
    path = record(room / "data", "wrong")
    path.write_text("- id: place/wrong\n  prefLabel: Wrong\n  locatedIn: place/not-there\n", encoding="utf-8")
    with pytest.raises(DataError):
        built(room / "data", room / "store")
    path.unlink()
    add(room / "data")
    again = built(room / "data", room / "store")
    assert again.rebuilt
    same(again, built(room / "data", room / "fresh"))


def test_what_every_record_depends_on_leads_to_a_build_from_nothing(room: Path) -> None:
    changed(room / "data" / "dataset.toml", 'curator = "The kg curators"', 'curator = "Others"')
    assert not built(room / "data", room / "store").rebuilt


def test_where_the_shapes_have_changed_all_is_made_anew(room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = room / "own"
    for name in ("ontology", "shapes", "queries"):
        shutil.copytree(resources.root() / name, own / name)
    shape = next((own / "shapes").glob("*.ttl"))
    shape.write_text(shape.read_text(encoding="utf-8") + "# a comment\n", encoding="utf-8")
    monkeypatch.setattr(resources, "root", lambda: own)
    assert not built(room / "data", room / "store").rebuilt
    assert built(room / "data", room / "store").rebuilt


def test_a_rebuild_with_source_texts_begins_with_a_build_that_had_them(room: Path) -> None:
    sources = room / "data" / "sources"
    assert not built(room / "data", room / "store", sources=sources).rebuilt
    add(room / "data")
    again = built(room / "data", room / "store", sources=sources)
    assert again.rebuilt
    same(again, built(room / "data", room / "fresh", sources=sources))
    assert not built(room / "data", room / "store").rebuilt


def test_after_going_back_to_an_older_release_it_is_as_from_nothing(room: Path) -> None:
    add(room / "data")
    built(room / "data", room / "store")
    Releases(room / "store", NAME).switch("previous")
    chain(room / "data")
    again = built(room / "data", room / "store")
    assert again.rebuilt
    same(again, built(room / "data", room / "fresh"))


def test_where_the_release_before_is_no_more_all_is_made_anew(room: Path) -> None:
    add(room / "data")
    last = built(room / "data", room / "store").release
    Releases(room / "store", NAME).switch("previous")
    shutil.rmtree(last.path)
    again = built(room / "data", room / "store")
    assert not again.rebuilt
    assert again.release.digest == last.digest


def test_no_build_leaves_a_store_open(room: Path) -> None:
    """Not even until Python looks for what is held in a circle."""
    gc.disable()
    try:
        add(room / "data")
        for options in ({}, {"fresh": True}):
            built(room / "data", room / "store", **options)
            paths = [os.path.realpath(path) for path in Path("/proc/self/fd").iterdir()]
            assert not [path for path in paths if path.startswith(str(room))]
    finally:
        gc.enable()


def test_two_builds_at_once_both_give_what_they_would_alone(room: Path) -> None:
    shutil.copytree(room / "data", room / "other")
    add(room / "data")
    chain(room / "other")
    with ThreadPoolExecutor(2) as pool:
        builds = list(pool.map(lambda name: built(room / name, room / "store"), ["data", "other"]))
    for name, build in zip(["data", "other"], builds, strict=True):
        same(build, built(room / name, room / f"fresh-{name}"))
    whole_dates(room / "other")
    same(built(room / "other", room / "store"), built(room / "other", room / "fresh-last"))


def test_without_hard_links_the_files_are_copied(room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    add(room / "data")
    again = built(room / "data", room / "store")
    assert again.rebuilt
    same(again, built(room / "data", room / "fresh"))


def test_a_ledger_that_cannot_be_kept_does_not_spoil_the_build(
    room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(keep.State, "save", full)
    add(room / "data")
    first = built(room / "data", room / "store")
    assert Releases(room / "store", NAME).open("current").digest == first.release.digest
    monkeypatch.undo()
    again = built(room / "data", room / "store")
    assert again.rebuilt  # from the ledger of the build before
    same(again, first)


def synthetic(*arguments: str | Path) -> None:
    subprocess.run([sys.executable, SYNTHETIC, *map(str, arguments)], check=True, timeout=60)


def test_a_large_corpus_gives_the_same_with_one_process_and_two_and_after_an_edit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuild, "_SHARE", 1)  # the one piece of events that has changed is 38 % of all
    root = tmp_path / "data"
    synthetic("1000", root, "--format", "jsonl")
    assert sum(path.stat().st_size for path in (root / "records").iterdir()) > scratch._FEW
    two = built(root, tmp_path / "two", jobs=2)
    same(two, built(root, tmp_path / "one", jobs=1))
    synthetic("--edit", root)
    again = built(root, tmp_path / "one")
    assert again.rebuilt
    same(again, built(root, tmp_path / "two", fresh=True, jobs=2))


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
    damage(room / "store" / NAME / keep.FOLDER / name)
    add(room / "data")
    again = built(room / "data", room / "store")
    assert not again.rebuilt
    same(again, built(room / "data", room / "fresh"))
