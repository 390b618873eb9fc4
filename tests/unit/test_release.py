"""A release is immutable, named by its content, and recognised when it is damaged."""

from __future__ import annotations

import hashlib
import json
import threading
from pathlib import Path

import pytest
from pyoxigraph import Quad, RdfFormat, Store, parse

from kg.errors import EnvironmentFault, NoRelease, NotFound, StoreDamaged, UsageError
from kg.release import Release, Releases
from kg.release import digest as merkle

CONTENT = b"""
<http://e.org/s> <http://e.org/p> "b" <http://e.org/g1> .
<http://e.org/s> <http://e.org/p> "a\\tb \xc3\xa9"@en <http://e.org/g1> .
<http://e.org/s> <http://e.org/q> <http://e.org/o> <http://e.org/g2> .
<http://e.org/s> <http://e.org/q> <http://e.org/o> .
"""


def write(folder: Path, content: bytes = CONTENT) -> str:
    """A staged release with this content; gives back its digest."""
    store = Store(str(folder / "store"))
    store.bulk_load(content, format=RdfFormat.N_QUADS)
    store.flush()
    graphs = merkle.of_store(store)
    manifest = {
        "digest": merkle.root(graphs),
        "dataset": {"name": "d", "base": "http://e.org/"},
        "counts": {},
        "inputs": [],
        "graphs": len(graphs),
        "findings": {},
        "software": {},
    }
    rows = [{"graph": g.graph, "digest": g.digest, "triples": g.triples} for g in graphs]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "graphs.json").write_text(json.dumps({"graphs": rows}))
    (folder / "report.json").write_text("{}")
    return merkle.root(graphs)


def publish(releases: Releases, content: bytes = CONTENT) -> Release:
    with releases.stage() as staged:
        return releases.publish(staged, write(staged, content))


@pytest.fixture
def releases(tmp_path: Path) -> Releases:
    return Releases(tmp_path / "store", "d")


def test_what_was_published_is_current(releases: Releases) -> None:
    published = publish(releases)
    assert releases.current().digest == published.digest
    assert published.path.name == published.digest
    assert len(published.open_store()) == 4


def test_before_anything_is_published_there_is_no_release(releases: Releases) -> None:
    with pytest.raises(NoRelease) as caught:
        releases.current()
    assert caught.value.hint == "make one: kg build, with the same dataset and store"
    assert not releases.path.exists()


def test_publishing_leaves_nothing_in_staging(releases: Releases) -> None:
    publish(releases)
    assert list((releases.path / "staging").iterdir()) == []


def test_a_staged_folder_that_is_not_published_is_removed(releases: Releases) -> None:
    with releases.stage() as staged:
        write(staged)
    assert list((releases.path / "staging").iterdir()) == []
    assert releases.digests() == ()


def test_the_same_content_is_the_same_release(releases: Releases) -> None:
    first = publish(releases)
    before = (first.path / "checksums.json").read_bytes()
    assert publish(releases).digest == first.digest
    assert (first.path / "checksums.json").read_bytes() == before
    assert len(releases.digests()) == 1


def test_a_published_release_is_whole_to_the_last_triple(releases: Releases) -> None:
    publish(releases).verify(deep=True)


@pytest.mark.parametrize(
    "name", ["manifest.json", "graphs.json", "report.json", "checksums.json", "store/CURRENT"]
)
def test_a_release_without_one_of_its_files_is_not_opened(releases: Releases, name: str) -> None:
    published = publish(releases)
    (published.path / name).unlink()
    with pytest.raises(StoreDamaged, match=name) as caught:
        releases.current()
    assert "kg build" in str(caught.value.hint)
    assert releases.list() == ()


def test_a_file_that_was_cut_short_is_named(releases: Releases) -> None:
    published = publish(releases)
    table = next(published.store_path.glob("*.sst"))
    table.write_bytes(table.read_bytes()[:-1])
    with pytest.raises(StoreDamaged, match=table.name):
        releases.current()


def test_a_byte_that_changed_is_found_by_verify(releases: Releases) -> None:
    published = publish(releases)
    table = max(published.store_path.glob("*.sst"), key=lambda p: p.stat().st_size)
    content = bytearray(table.read_bytes())
    content[len(content) // 2] ^= 1
    table.write_bytes(content)
    with pytest.raises(StoreDamaged, match=table.name):
        published.verify()


def test_a_foreign_file_is_found_by_verify(releases: Releases) -> None:
    published = publish(releases)
    (published.path / "store" / "999999.sst").write_bytes(b"")
    with pytest.raises(StoreDamaged, match="999999"):
        published.verify()


def test_a_store_with_other_triples_is_found_by_deep_verify(releases: Releases, tmp_path: Path) -> None:
    with releases.stage() as staged:
        digest = write(staged)
        more = Store(str(staged / "store"))
        more.extend(_quads(b'<http://e.org/x> <http://e.org/p> "new" <http://e.org/g1> .\n'))
        more.flush()
        del more
        published = releases.publish(staged, digest)
    published.verify()
    with pytest.raises(StoreDamaged, match=r"http://e\.org/g1"):
        published.verify(deep=True)


def test_a_damaged_release_is_replaced_when_it_is_built_again(releases: Releases) -> None:
    published = publish(releases)
    (published.path / "manifest.json").write_text("{")
    publish(releases)
    releases.current().verify(deep=True)


@pytest.mark.parametrize("text", ["", "../../etc", "A" * 64, "0" * 63])
def test_a_current_file_that_holds_no_digest_is_damage(releases: Releases, text: str) -> None:
    publish(releases)
    (releases.path / "current").write_text(text)
    with pytest.raises(StoreDamaged, match="current"):
        releases.current()


def test_a_current_file_that_names_no_release_is_damage(releases: Releases) -> None:
    publish(releases)
    (releases.path / "current").write_text("0" * 64)
    with pytest.raises(StoreDamaged, match="missing"):
        releases.current()


def test_switching_back_makes_an_older_release_current(releases: Releases) -> None:
    old = publish(releases)
    new = publish(releases, CONTENT.replace(b'"b"', b'"c"'))
    assert releases.current().digest == new.digest
    releases.switch(old.digest[:10])
    assert releases.current().digest == old.digest


def test_switching_to_a_release_that_is_not_there_changes_nothing(releases: Releases) -> None:
    old = publish(releases)
    with pytest.raises(NotFound):
        releases.switch("0" * 64)
    assert releases.current().digest == old.digest


@pytest.mark.parametrize("name", ["..", "a/b", "/etc", "", "A", ".hidden", "a\n"])
def test_a_dataset_name_that_is_no_slug_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError):
        Releases(tmp_path, name)


def test_the_staging_folder_of_a_dead_build_is_swept_and_that_of_a_living_one_is_not(
    releases: Releases,
) -> None:
    dead = releases.path / "staging" / "dead"
    (dead / "release").mkdir(parents=True)
    (dead / "lock").touch()
    with releases.stage() as living:
        assert not dead.exists()
        with releases.stage():
            assert living.is_dir()


def test_two_builds_at_once_both_publish(releases: Releases) -> None:
    faults: list[Exception] = []

    def run(text: bytes) -> None:
        try:
            publish(releases, CONTENT.replace(b'"b"', text))
        except EnvironmentFault as error:
            faults.append(error)

    threads = [threading.Thread(target=run, args=(text,)) for text in (b'"x"', b'"x"', b'"y"', b'"z"')]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len(releases.digests()) == 3
    releases.current().verify(deep=True)


def test_a_file_in_place_of_the_store_is_a_fault_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("")
    with pytest.raises(EnvironmentFault, match="store") as caught, Releases(tmp_path / "store", "d").stage():
        pytest.fail("there is nowhere to stage")
    assert "--store" in str(caught.value.hint)


def test_the_digest_follows_the_published_rule() -> None:
    store = Store()
    store.bulk_load(CONTENT, format=RdfFormat.N_QUADS)
    leaves = {}
    for graph in (b"http://e.org/g1", b"http://e.org/g2"):
        lines = sorted(line + b"\n" for line in CONTENT.splitlines() if line.endswith(b"<" + graph + b"> ."))
        leaves[graph] = hashlib.sha256(b"".join(lines)).hexdigest().encode()
    rows = b"".join(graph + b" " + leaf + b"\n" for graph, leaf in sorted(leaves.items()))
    assert merkle.root(merkle.of_store(store)) == hashlib.sha256(rows).hexdigest()


def test_a_triple_in_another_graph_gives_another_digest() -> None:
    roots = set()
    for content in (CONTENT, CONTENT.replace(b"<http://e.org/g2> .", b"<http://e.org/g3> .")):
        store = Store()
        store.bulk_load(content, format=RdfFormat.N_QUADS)
        roots.add(merkle.root(merkle.of_store(store)))
    assert len(roots) == 2


def _quads(text: bytes) -> list[Quad]:
    return list(parse(text, RdfFormat.N_QUADS))
